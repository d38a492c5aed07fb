"""``blast``: the lots of a range of days by how many outlets their recall would reach."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace.oneshot import uncollected
from foodtrace_cli.commands.recall_screen import rules_said
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, table
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.operations.blast import Blast, Radius

_DAY = dt.timedelta(days=1)


@click.command()
@click.option("--from", "start", default=None, metavar="DATE", help="First day, in China; by default the last day of the range.")
@click.option("--to", "end", default=None, metavar="DATE", help="Last day; by default today.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Print so many lots; JSON has them all.")
@prints("blast")
@click.pass_obj
def blast(ctx: Context, start: str | None, end: str | None, limit: int, *, as_json: bool) -> None:
    """Say of every lot of a range of days how many outlets its recall would reach, the worst first."""
    from foodtrace.graph.times import micros  # noqa: PLC0415
    from foodtrace.operations.blast import blast as measure  # noqa: PLC0415
    from foodtrace.operations.common import CHINA, local  # noqa: PLC0415
    from foodtrace_cli.commands.case_common import day  # noqa: PLC0415

    with uncollected(), ctx.open() as ledger, ledger.reading() as session:
        now = ledger.clock()
        last = day(end) if end is not None else local(now).date()
        first = day(start) if start is not None else last
        if first > last:
            raise BadData("cli.blast.range", value=first.isoformat(), expected=last.isoformat())
        begin, over = (dt.datetime.combine(each, dt.time(), CHINA) for each in (first, last + _DAY))
        found = measure(session, start=micros(begin), end=micros(over) - 1, now=now)
    if as_json:
        emit_json(found)
    else:
        _screen(ctx, found, limit, f"{first}" if first == last else f"{first} - {last}")


def _screen(ctx: Context, found: Blast, limit: int, days: str) -> None:
    say(ctx.t("cli.blast.head", days=days, lots=len(found.lots), most=found.lots[0].outlets if found.lots else 0))
    for line in rules_said(ctx, found):
        say(line)
    unknown = max((each.unknown_kind for each in found.lots), default=0)
    if unknown:
        say(ctx.t("cli.blast.unknown", count=unknown))
    if found.lots:
        headings = [ctx.t("cli.blast." + name) for name in ("lot", "product", "outlets", "lots")]
        rows = [[clean(each.lot), clean(each.product or "-"), _outlets(each), f"{each.lots:,}"] for each in found.lots[:limit]]
        say(table(headings, rows, right=(2, 3)))
    if len(found.lots) > limit:
        say(ctx.t("cli.blast.more", count=len(found.lots) - limit))
    if found.without_origin:
        say(ctx.t("cli.blast.without_origin", count=found.without_origin))
    if found.ahead:
        say(ctx.t("cli.blast.ahead", count=len(found.ahead), names=", ".join(map(clean, found.ahead))))
    oldest = min(found.positions, key=lambda each: each.newest, default=None)
    if oldest is not None:
        say(ctx.t("cli.blast.seen", logs=len(found.positions), log=oldest.log, newest=oldest.newest))


def _outlets(radius: Radius) -> str:
    return f"{radius.outlets:,}" + (f" + {radius.unknown_kind:,}?" if radius.unknown_kind else "")
