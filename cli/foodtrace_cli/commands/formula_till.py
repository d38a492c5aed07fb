"""``formula sell``, ``check`` and ``return``: the till, can by can.

Rules of the loops that read codes line by line:

1. A code that an input method has eaten, or that names nothing, is said and the next one is asked for.
2. A scanner reads twice: the can just sold, within seconds, is no second sale and no answer about a can sold before. A case is received
   once in a run. Codes without a serial number are alike on every can and never taken for a repetition.
3. Ctrl-D ends a loop; the exit code is 1 if anything in it was "no".
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.quantity import Quantity
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_error, emit_json, say, verdict
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.formula import TillDecision
    from foodtrace.ledger import Ledger
    from foodtrace.operations.cans import Scanned

_LONGEST = 500
"""Characters of one scanned line."""
_SAME_SCAN = 5.0
"""Seconds within which the can just sold is read a second time, as at the gate."""


def scans(ctx: Context, prompt: str) -> Iterator[str]:
    """Yield scanned lines until the input ends; what is asked stands before each, on a pipe too."""
    while True:
        click.echo(f"{ctx.t(prompt)}> ", nl=not sys.stdin.isatty(), err=True)
        line = sys.stdin.readline(_LONGEST)
        if not line:
            if sys.stdin.isatty():
                click.echo(err=True)  # what comes next does not stand behind the question
            return
        if line.strip():
            yield line.strip()


def each_scan(ctx: Context, prompt: str, one: Callable[[str], int]) -> int:
    """Do something for every scanned line; an error is said and the next can is scanned. Return 1 if anything was "no"."""
    worst = 0
    for line in scans(ctx, prompt):
        try:
            check_typed(line)
            worst = max(worst, one(line))
        except FoodtraceError as error:
            if error.exit_code >= 3:  # noqa: PLR2004 - the ledger itself; no can can be asked about
                raise
            emit_error(error, ctx.lang, as_json=False)
            worst = 1
    return worst


def check_typed(line: str) -> None:
    """Raise ``BadData`` (``scan.input_method``) for a line that an input method has made of a scan: no code of ours has such letters."""
    from foodtrace.certificate.typed import eaten  # noqa: PLC0415
    from foodtrace.graph.directory import folded  # noqa: PLC0415

    if eaten(folded(line)):
        raise BadData("scan.input_method", value=line, expected="(01)..(10)..(21)..")


class Repeats:
    """Knows a code that a scanner has just read (rule 2)."""

    def __init__(self, within: float = float("inf")) -> None:
        """Take the seconds after which the same code is another scan."""
        self._within = within
        self._done: dict[object, float] = {}

    def again(self, code: object) -> bool:
        """Say whether this code was done within the time."""
        return code in self._done and time.monotonic() - self._done[code] <= self._within

    def done(self, code: object) -> None:
        """Remember that a code was done now."""
        if self._within < float("inf"):
            self._done.clear()
        self._done[code] = time.monotonic()


def scanned_of(lot: str, serial: str) -> Scanned:
    """Return what LOT says: a lot, or a whole code as a scanner types it."""
    import msgspec  # noqa: PLC0415

    from foodtrace.operations.cans import read  # noqa: PLC0415

    found = read(lot)
    return msgspec.structs.replace(found, serial=serial) if serial else found


def _print(ctx: Context, decision: TillDecision, lot: str, quantity: str, serial: str, stop: Any) -> int:
    """Print what the till says; return the exit code."""
    may = decision.answer == "sell"
    say(f"{verdict(ctx.t(f'till.answer.{decision.answer}'), 'green' if may else 'red')}  {lot}  {quantity}  {serial}".rstrip())
    for reason in (*decision.reasons, *decision.notes):
        say(f"  {reason.message(ctx.lang)}  {reason.code}")
    if stop is not None:
        say("  " + ctx.t("cli.stoplist.used", made=f"{stop.made:%m-%d %H:%M}", origin=stop.origin))
    for sentence in () if may else decision.tell(ctx.lang):
        say(f"  {ctx.t('cli.formula.tell')} {sentence}")
    return 0 if may else 1


@click.command()
@click.argument("lot", required=False, metavar="[LOT]")
@click.option("--shop", default=None, help="Shop that sells; by default the only one.")
@click.option("--serial", default="", help="Can code.")
@click.option("--cans", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many cans, where LOT is a batch.")
@click.option("--override", default="", metavar="NUMBER", help="The owner's number, who answers for a stop list that is too old.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("formula-sell")
@click.pass_context
def sell(
    click_ctx: click.Context, lot: str | None, shop: str | None, serial: str, cans: int, override: str, event_id: str, *, as_json: bool
) -> None:
    """Sell cans to a consumer, or say why not: recalled, unreleased, expired, sold before. Exit 1 when it may not be sold.

    LOT is a batch, or a whole code as a scanner types it. Without LOT codes are read line by line, one can each.
    """
    ctx: Context = click_ctx.obj
    if serial and cans != 1:
        raise BadData("cli.one_can", value=cans, expected=1)
    with ctx.open() as ledger:
        if lot is None:
            sold = Repeats(within=_SAME_SCAN)

            def one(line: str) -> int:
                can = scanned_of(line, "")
                if not as_json and can.serial and sold.again(can):
                    say(ctx.t("cli.formula.twice_can"))
                    return 0
                answer = _sell(ctx, ledger, line, shop, "", 1, override, "", as_json=as_json)
                if answer == 0:
                    sold.done(can)
                return answer

            code = each_scan(ctx, "cli.formula.scan_can", one)
        else:
            code = _sell(ctx, ledger, lot, shop, serial, cans, override, event_id, as_json=as_json)
    click_ctx.exit(code)


def _sell(
    ctx: Context, ledger: Ledger, lot: str, shop: str | None, serial: str, cans: int, override: str, event_id: str, *, as_json: bool
) -> int:
    from foodtrace.operations import shopdesk, stoplist, till  # noqa: PLC0415
    from foodtrace.operations.cans import batch_of  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    scanned = scanned_of(lot, serial)
    stop = stoplist.in_use(ledger.keys)
    doing = Doing(now=local(ledger.clock()), id=event_id, log=ledger.writer().number if event_id else 0)
    _, (event, decision) = ledger.act(
        lambda session: till.sell(
            session,
            doing,
            batch_of(session, scanned),
            Quantity(cans, "piece"),
            shopdesk.shop_of(session, shop),
            serial=scanned.serial,
            stop=stop,
            override=override,
        )
    )
    if not as_json:
        return _print(ctx, decision, event.lot, event.quantity.in_words(ctx.lang), scanned.serial, stop)
    from foodtrace.operations.tillsaid import sold_said  # noqa: PLC0415 - the forms of answers, only for --json

    emit_json(sold_said(decision, event.id, event.lot))
    return 0 if decision.answer == "sell" else 1


@click.command()
@click.argument("lot", required=False, metavar="[LOT]")
@click.option("--shop", default=None, help="Shop that asks; by default the only one.")
@click.option("--serial", default="", help="Can code.")
@prints("formula-check")
@click.pass_context
def check(click_ctx: click.Context, lot: str | None, shop: str | None, serial: str, *, as_json: bool) -> None:
    """Ask whether a can may be sold, and record nothing. Exit 1 when it may not.

    LOT is a batch, or a whole code as a scanner types it. Without LOT codes are read line by line, one can each.
    """
    ctx: Context = click_ctx.obj
    with ctx.open() as ledger:
        if lot is None:
            code = each_scan(ctx, "cli.formula.scan_can", lambda line: _check(ctx, ledger, line, shop, "", as_json=as_json))
        else:
            code = _check(ctx, ledger, lot, shop, serial, as_json=as_json)
    click_ctx.exit(code)


def _check(ctx: Context, ledger: Ledger, lot: str, shop: str | None, serial: str, *, as_json: bool) -> int:
    from foodtrace.operations import shopdesk, stoplist, till  # noqa: PLC0415
    from foodtrace.operations.cans import batch_of  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    scanned = scanned_of(lot, serial)
    stop = stoplist.in_use(ledger.keys)
    with ledger.reading() as session:
        full = batch_of(session, scanned)
        place = shopdesk.shop_of(session, shop)
        decision = till.check(session, Doing(now=local(ledger.clock())), full, place, serial=scanned.serial, stop=stop)
    if not as_json:
        return _print(ctx, decision, full, "", scanned.serial, stop)
    from foodtrace.operations.tillsaid import may_sell_said  # noqa: PLC0415 - the forms of answers, only for --json

    emit_json(may_sell_said(decision, full, scanned.serial))
    return 0 if decision.answer == "sell" else 1


@click.command("return")
@click.argument("lot", metavar="LOT")
@click.argument("cans", type=click.IntRange(1, 1000), default=1)
@click.option("--shop", default=None, help="Shop it was brought to; by default the only one.")
@click.option("--serial", default="", help="Can code.")
@click.option("--receipt", default="", help="Number of the till receipt; without one it is accepted all the same.")
@click.option("--elsewhere", is_flag=True, help="It was bought elsewhere; it is accepted all the same.")
@click.option("--again", is_flag=True, help="The same can is here once more, and you have looked.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("formula-return")
@click.pass_obj
def return_(
    ctx: Context,
    lot: str,
    cans: int,
    *,
    shop: str | None,
    serial: str,
    receipt: str,
    elsewhere: bool,
    again: bool,
    event_id: str,
    as_json: bool,
) -> None:
    """Take CANS cans back from a consumer: no receipt, bought elsewhere, unknown here, all is accepted, and said as a finding.

    What was brought back goes into custody and is never sold again. No consumer data is recorded.
    """
    from foodtrace.operations import shopdesk  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    scanned = scanned_of(lot, serial)
    if scanned.serial and cans != 1:
        raise BadData("cli.one_can", value=cans, expected=1)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id, log=ledger.writer().number if event_id else 0)
        _, found = ledger.act(
            lambda session: shopdesk.bring_back(
                session, doing, scanned, cans, shopdesk.shop_of(session, shop), receipt=receipt, elsewhere=elsewhere, again=again
            )
        )
    if as_json:
        emit_json(found)
        return
    say(ctx.t("cli.formula.returned", lot=found.lot, cans=found.cans, serial=found.serial).rstrip())
    for note in found.notes:
        say(f"  {ctx.t(note)}  {note}")
    for case in found.cases:
        say("  " + ctx.t("cli.formula.returned_recalled", case=case))
    say("  " + ctx.t("cli.formula.custody"))
