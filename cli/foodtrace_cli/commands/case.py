"""``case``: a recall carried to its end."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.goods import amount, portion
from foodtrace_cli.commands.recall import print_rates, write
from foodtrace_cli.commands.report import report
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say

if TYPE_CHECKING:
    from foodtrace.recall.facts import Case


@click.group()
def case() -> None:
    """Recall cases: open, notify, acknowledge, seal, return, destroy, status, close."""


@case.command("open")
@click.argument("lots", nargs=-1, required=True, metavar="LOT...")
@click.option("--class", "level", type=click.IntRange(1, 3), required=True, help="Class of the recall, 1 the gravest.")
@click.option("--known", required=True, help="When the risk was known: 2026-11-24T09:10 (China time unless an offset is given).")
@click.option("--reason", required=True, help="What is wrong with the goods.")
@click.option("--operator", default="", help="Who recalls; by default the lot's producer.")
@click.option("--advice", default="", help="What to tell customers.")
@click.pass_obj
def open_(ctx: Context, lots: tuple[str, ...], level: int, known: str, reason: str, operator: str, advice: str) -> None:
    """Open a case for LOT and everything made from it: from now on it can be neither transferred nor sold."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.recall.cases import load_case  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        when = _time(known)
        _, event = ledger.act(
            lambda session: cases.open_case(
                session, doing, list(lots), level=level, known=when, reason=reason, operator=operator, advice=advice
            )
        )
    with ctx.open() as ledger, ledger.reading() as session:
        state = load_case(session, event.case)
        now = ledger.clock()
    say(ctx.t("cli.case.opened", case=event.case))
    _deadlines(ctx, state, now)


@case.command()
@click.argument("case_id", required=False, metavar="[CASE]")
@click.argument("lots", nargs=-1, metavar="LOT...")
@click.option("--reason", required=True, help="Why the scope grows.")
@click.pass_obj
def widen(ctx: Context, case_id: str | None, lots: tuple[str, ...], reason: str) -> None:
    """Add lots to the scope of a case: a new version, the old one stays on record."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    if not lots:
        raise BadData("case.no_lots", value="-", expected="LOT")
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, event = ledger.act(lambda session: cases.widen(session, doing, case_id, list(lots), reason))
    say(ctx.t("cli.case.widened", case=event.case, version=event.version))


@case.command()
@click.argument("case_id", required=False, metavar="[CASE]")
@click.option("--channel", default="", help="Where it was published.")
@click.pass_obj
def publish(ctx: Context, case_id: str | None, channel: str) -> None:
    """Record that the public notice was published: starts the completion clock."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, event = ledger.act(lambda session: cases.publish(session, doing, case_id, channel))
    say(ctx.t("cli.case.published", case=event.case))


@case.command()
@click.argument("case_id", required=False, metavar="[CASE]")
@click.pass_obj
def notify(ctx: Context, case_id: str | None) -> None:
    """Record a notice to every affected site that has none yet."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, (full, notices) = ledger.act(lambda session: cases.notify(session, doing, case_id))
    say(ctx.t("cli.case.notified", case=full, count=len(notices)))


@case.command()
@click.argument("site")
@click.option("--case", "case_id", default=None, help="Case; by default the only one.")
@click.option("--on-hand", multiple=True, metavar="LOT=QUANTITY", help="What the site says it held when the notice arrived.")
@click.pass_obj
def acknowledge(ctx: Context, site: str, case_id: str | None, on_hand: tuple[str, ...]) -> None:
    """Record a site's answer to its notice."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    held = [portion(each) for each in on_hand]
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, event = ledger.act(lambda session: cases.acknowledge(session, doing, case_id, site, held))
    say(ctx.t("cli.case.acknowledged", case=event.case, site=event.site))


def _dispose(
    ctx: Context,
    what: str,
    site: str,
    case_id: str | None,
    lot: str | None,
    quantity: str | None,
    *,
    short: bool,
    to: str = "",
    witness: str = "",
) -> None:
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity) if quantity else None
    if size is not None and lot is None:
        raise BadData("case.which_lot", value=quantity, expected="--lot LOT")
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, events = ledger.act(
            lambda session: cases.dispose(session, doing, what, case_id, site, lot, size, to=to, witness=witness, allow_short=short)
        )
    for event in events:
        say(ctx.t(f"cli.case.{what}", case=event.case, site=event.site, lot=event.lot, quantity=amount(event.quantity)))


_SITE = click.argument("site")
_CASE = click.option("--case", "case_id", default=None, help="Case; by default the only one.")
_LOT = click.option("--lot", default=None, help="Lot; by default every affected lot that the site holds.")
_QUANTITY = click.option("--quantity", default=None, help="How much; by default all that is there by the book.")
_SHORT = click.option("--allow-short", is_flag=True, help="Record it although the book says that less was there.")


@case.command()
@_SITE
@_CASE
@_LOT
@_QUANTITY
@_SHORT
@click.pass_obj
def seal(ctx: Context, site: str, case_id: str | None, lot: str | None, quantity: str | None, *, allow_short: bool) -> None:
    """Record that goods of the case were sealed at SITE."""
    _dispose(ctx, "seal", site, case_id, lot, quantity, short=allow_short)


@case.command("return")
@_SITE
@_CASE
@_LOT
@_QUANTITY
@_SHORT
@click.option("--to", required=True, help="Where the goods go back to.")
@click.pass_obj
def return_(ctx: Context, site: str, case_id: str | None, lot: str | None, quantity: str | None, to: str, *, allow_short: bool) -> None:
    """Record that goods of the case went back from SITE."""
    _dispose(ctx, "return", site, case_id, lot, quantity, short=allow_short, to=to)


@case.command()
@_SITE
@_CASE
@_LOT
@_QUANTITY
@_SHORT
@click.option("--witness", default="", help="Number of the witness.")
@click.pass_obj
def destroy(
    ctx: Context, site: str, case_id: str | None, lot: str | None, quantity: str | None, witness: str, *, allow_short: bool
) -> None:
    """Record that goods of the case were destroyed at SITE."""
    _dispose(ctx, "destroy", site, case_id, lot, quantity, short=allow_short, witness=witness)


@case.command()
@click.argument("case_id", required=False, metavar="[CASE]")
@click.option("--outlets", is_flag=True, help="Print every outlet.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(ctx: Context, case_id: str | None, *, outlets: bool, as_json: bool) -> None:
    """Show how far a case has come: R1-R6, each with numerator and denominator, and who has not answered."""
    from foodtrace.recall.answer import recall  # noqa: PLC0415
    from foodtrace.recall.cases import load_case, resolve_case  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        state = load_case(session, resolve_case(session, case_id))
        now = ledger.clock()
        answer = recall(session, (), now=now, case=state)
    if as_json:
        emit_json(answer)
        return
    word = "withdrawn" if state.withdrawn is not None else "closed" if state.closed is not None else "open"
    say(
        ctx.t(
            "cli.case.status",
            case=state.case,
            product=answer.product,
            level=state.level,
            version=answer.version,
            state=ctx.t("cli.case.is_" + word),
        )
    )
    if outlets:
        write(ctx, answer, csv_file=None, xlsx_file=None, show_all=True, as_json=False, positions=False)
    else:
        print_rates(ctx, answer)
    silent = [row.name or row.site for row in answer.outlets if row.acknowledged is None]
    if silent:
        say(ctx.t("cli.case.silent", count=len(silent), names=", ".join(silent[:8]) + (" .." if len(silent) > 8 else "")))  # noqa: PLR2004
    _deadlines(ctx, state, now)


@case.command()
@click.argument("case_id", required=False, metavar="[CASE]")
@click.option("--override", default="", help="Reason for closing although a condition does not hold.")
@click.pass_obj
def close(ctx: Context, case_id: str | None, override: str) -> None:
    """Close a case whose goods are all accounted for. Its lots stay blocked until they are cleared."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, event = ledger.act(lambda session: cases.close(session, doing, case_id, override))
    say(ctx.t("cli.case.closed", case=event.case))


case.add_command(report)


def _deadlines(ctx: Context, state: Case, now: int) -> None:
    """Print both clocks of a case by its rule pack, how late they are, and what the pack does not know."""
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.recall.calendars import calendar  # noqa: PLC0415
    from foodtrace.recall.deadlines import completion_clock, start_clock  # noqa: PLC0415
    from foodtrace.recall.packs import choose  # noqa: PLC0415

    chosen = choose(local(state.opened).date(), id=state.rule_pack)
    settings = chosen.settings
    start = start_clock(state, settings)
    line = ctx.t("deadline.start", due=f"{local(start.due or 0):%Y-%m-%d %H:%M}", hours=settings.start_hours[state.level - 1])
    say("  " + line + (", " + ctx.t("deadline.late_hours", late=start.late_by) if start.late else ""))
    clock = completion_clock(state, settings, calendar(), now)
    days = settings.complete_days[state.level - 1]
    if clock.missing:
        say("  " + ctx.t("deadline.calendar_missing", years=", ".join(map(str, clock.missing))))
    if clock.due_day is None:
        if not clock.missing:
            say("  " + ctx.t("deadline.not_published", days=days))
    else:
        line = ctx.t("deadline.complete", due=clock.due_day, days=days)
        late = ctx.t("deadline.late_days", late=clock.late_by if clock.late_by is not None else "?") if clock.late else ""
        left = ctx.t("deadline.days_left", left=clock.left) if clock.left is not None else ""
        say("  " + ", ".join(each for each in (line, late or left) if each))
    for newer in chosen.gaps:
        say("  " + ctx.t("deadline.superseded", pack=chosen.pack.id, newer=newer.id))


def _time(text: str) -> dt.datetime:
    from foodtrace.operations.common import CHINA  # noqa: PLC0415

    try:
        when = dt.datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise BadData("cli.time", value=text, expected="2026-11-24T09:10") from None
    return when if when.tzinfo is not None else when.replace(tzinfo=CHINA)
