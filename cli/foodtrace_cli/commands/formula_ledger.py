"""``formula ledger``: the purchase and sales ledger (台账) of a shop, on the screen and as a PDF."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace_cli.commands.places_edit import day
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, replace_file, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE

if TYPE_CHECKING:
    from foodtrace.operations.shopledger import Purchase, Statement
    from foodtrace.recall.shortcodes import Written

_SHOWN = 10
"""Gaps that are named on the screen."""


@click.command()
@click.option("--shop", default=None, help="Shop; by default the only one.")
@click.option("--from", "start", default=None, metavar="DAY", help="First day; by default the first of this month.")
@click.option("--to", "end", default=None, metavar="DAY", help="Last day, included; by default today.")
@click.option(
    "--pdf", default=None, type=OUT_FILE, metavar="FILE", help="Write it as A4 pages that end with the log's checkpoint as a QR code."
)
@prints("formula-ledger")
@click.pass_obj
def ledger(ctx: Context, *, shop: str | None, start: str | None, end: str | None, pdf: str | None, as_json: bool) -> None:
    """Print the purchase and sales ledger: what came in from whom, what went out, what is missing in the records.

    No consumer data is in it. It ends with the newest signed checkpoint of the log.
    """
    from foodtrace.operations import shopdesk, shopledger  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415

    with ctx.open() as opened:
        today = local(opened.clock()).date()
        with opened.reading() as session:
            place = shopdesk.shop_of(session, shop)
            found = shopledger.statement(session, place, day(start) or today.replace(day=1), day(end) or today, opened.clock())
    if pdf is not None:
        replace_file(Path(pdf), _pdf(ctx, found))
    if as_json:
        emit_json(found)
    else:
        _print(ctx, found)
    if pdf is not None:
        say(ctx.t("cli.written", path=pdf), err=True)


def _head(ctx: Context, found: Statement) -> list[str]:
    lines = [ctx.t("ledger.head", name=found.name, shop=found.shop, start=found.start, end=found.end)]
    until = ctx.t("ledger.until", until=found.licence_until or "?")
    lines.append(ctx.t("ledger.licence", licence=found.licence, until=until) if found.licence else ctx.t("till.licence_missing"))
    sums = {kind: found.total(kind) for kind in ("sale", "consumer_return", "loss", "destroyed", "sent", "shortage", "over")}
    bought = sum(each.cans for each in found.purchases)
    named = {"opening": found.opening, "bought": bought, "batches": found.batches, "closing": found.closing, "gaps": found.gaps}
    lines.append(ctx.t("ledger.sums", **named, **sums))
    return lines


def _print(ctx: Context, found: Statement) -> None:
    for each in _head(ctx, found):
        say(each)
    gaps = [(each, name) for each in found.purchases for name in each.missing]
    for purchase, name in gaps[:_SHOWN]:
        say("  " + ctx.t("ledger.gap", day=purchase.day, lot=purchase.lot, field=ctx.t("ledger.gap." + name), entry=purchase.entry))
    if len(gaps) > _SHOWN:
        say("  " + ctx.t("ledger.more", count=len(gaps) - _SHOWN))


def _pdf(ctx: Context, found: Statement) -> bytes:
    from foodtrace.certificate.sheet import Table, sheet  # noqa: PLC0415 - only to draw
    from foodtrace.recall.shortcodes import short_codes  # noqa: PLC0415

    came = tuple((ctx.t("ledger.col." + name), share) for name, share in _CAME)
    went = tuple((ctx.t("ledger.col." + name), share) for name, share in _WENT)
    written = short_codes([*(each.lot for each in found.purchases), *(each.lot for each in found.outgoings)])
    purchases = [[_cell(ctx, each, name, written) for name, _ in _CAME] for each in found.purchases]
    outgoings = [
        [each.day, ctx.t("ledger.kind." + each.kind), each.product, written(each.lot), str(each.cans), str(each.count)]
        for each in found.outgoings
    ]
    tables = [
        Table(title=ctx.t("ledger.came"), columns=came, rows=purchases),
        Table(title=ctx.t("ledger.went"), columns=went, rows=outgoings),
    ]
    ending = [ctx.t("ledger.ends", log=found.log), *found.checkpoint.splitlines()]
    # A note has a dash that is no ASCII; a data URL is read by any scanner and taken apart by anything.
    code = "data:text/plain;charset=utf-8;base64," + b64encode(found.checkpoint.encode()).decode() if found.checkpoint else ""
    return sheet(ctx.t("ledger.title"), _head(ctx, found), tables, ending, code)


_CAME = (
    ("day", 10), ("product", 12), ("spec", 6), ("lot", 12), ("produced", 10), ("expiry", 10), ("cans", 5), ("supplier", 14),
    ("address", 16), ("contact", 14), ("doc", 10), ("certificate", 10),
)  # fmt: skip
_WENT = (("day", 10), ("kind", 10), ("product", 16), ("lot", 14), ("cans", 6), ("count", 6))


def _cell(ctx: Context, purchase: Purchase, name: str, written: Written) -> str:
    value = str(getattr(purchase, name))
    if name == "lot":
        return written(value)
    return value or (ctx.t("ledger.no") if name in purchase.missing else "")
