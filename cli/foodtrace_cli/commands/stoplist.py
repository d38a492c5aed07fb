"""``stoplist``: which lots must not be sold, how old that knowledge is, and how a shop without the cases gets it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, replace_file, say, table
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.operations.stoplist import StopList

_SPEAK, _STOP = 24, 24 * 7
"""Hours; the till's defaults (foodtrace.formula.till)."""


@click.command()
@click.option("--out", default=None, type=OUT_FILE, metavar="FILE", help="Write it as a signed file for shops; - is standard output.")
@click.option("--take", default=None, metavar="FILE", help="Put a signed list into use at this host's till.")
@click.option("--key", "vkey", default="", metavar="VKEY", help="With --take: the publisher's verifier key; remembered.")
@click.option("--in-use", "used", is_flag=True, help="Show the list that this host has taken, not the one its ledger makes.")
@prints("stoplist")
@click.pass_obj
def stoplist(ctx: Context, out: str | None, take: str | None, vkey: str, *, used: bool, as_json: bool) -> None:
    """Print the lots that must not be sold, and how old the list is.

    It is made from the recall cases in this ledger. A shop that keeps a ledger of its own takes it as a signed file; its till then
    says how old the list is after 24 hours and stops after 7 days.
    """
    from foodtrace.errors import NotFound  # noqa: PLC0415
    from foodtrace.operations import stoplist as lists  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415

    with ctx.open(create=False) as ledger:
        if take is not None:
            found = lists.take(ledger.keys, Path(take).read_bytes(), vkey, local(ledger.clock()))
            say(ctx.t("cli.stoplist.taken", made=f"{found.made:%Y-%m-%d %H:%M}", count=len(found.lines)), err=as_json)
            if as_json:
                emit_json(found)
            return
        if used:
            taken = lists.in_use(ledger.keys)
            if taken is None:
                raise NotFound("till.stop_list_missing", value=str(ledger.keys))
            found = taken
        else:
            found = _made(ledger, out)
        if out is not None:
            _write(ctx, lists.sign(found, [ledger.writer().key]), out)
        elif as_json:
            emit_json(found)
        else:
            _print(ctx, found, ledger.clock())


def _made(ledger: Ledger, out: str | None) -> StopList:
    from foodtrace.operations import stoplist as lists  # noqa: PLC0415

    # Whoever only looks needs no key; whoever signs says which log it is.
    origin = ledger.writer().origin if out is not None else ""
    with ledger.reading() as session:
        return lists.make(session, ledger.clock(), origin)


def _write(ctx: Context, data: bytes, out: str) -> None:
    if out == "-":
        sys.stdout.buffer.write(data)
        return
    replace_file(Path(out), data)
    say(ctx.t("cli.written", path=out), err=True)


def _print(ctx: Context, found: StopList, now: int) -> None:
    from foodtrace.operations.common import local  # noqa: PLC0415

    hours = int((local(now) - found.made).total_seconds() // 3600)
    age = ctx.t("cli.stoplist.age", hours=hours) if hours else ctx.t("cli.stoplist.now")
    say(ctx.t("cli.stoplist.head", count=len(found.lines), made=f"{found.made:%Y-%m-%d %H:%M}", age=age, origin=found.origin).rstrip())
    if hours >= _SPEAK:
        say(ctx.t("cli.stoplist.stale" if hours >= _STOP else "cli.stoplist.old"))
    if not found.lines:
        say(ctx.t("cli.stoplist.none"))
        return
    rows = [[each.lot, each.product, each.case, str(each.level), ctx.t("cli.link." + each.link), each.opened[:16]] for each in found.lines]
    names = ("cli.col.lots", "cli.head.product", "cli.head.case", "cli.head.level", "cli.col.link", "cli.head.since")
    say(table([ctx.t(name) for name in names], rows))
