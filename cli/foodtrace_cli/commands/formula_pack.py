"""``formula pack``, ``unpack`` and ``contents``: cans into cases, cases onto pallets, and out again."""

from __future__ import annotations

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints

_SHOWN = 12
"""Can codes that are named."""


@click.command()
@click.argument("parent", metavar="CODE")
@click.argument("lot", required=False, metavar="[LOT]")
@click.option("--at", "site", required=True, help="Site that packs.")
@click.option("--cans", type=click.IntRange(1, 100_000), default=None, help="How many cans; by default as many as can codes are given.")
@click.option("--serial", "serials", multiple=True, help="Can code; may be repeated.")
@click.option("--case", "cases", multiple=True, metavar="CODE", help="Without LOT: code of a case for this pallet; may be repeated.")
@click.option("--by", default="", help="Staff number.")
@click.pass_obj
def pack(
    ctx: Context, parent: str, lot: str | None, site: str, cans: int | None, serials: tuple[str, ...], cases: tuple[str, ...], by: str
) -> None:
    """Put cans of LOT into the case CODE, or cases onto the pallet CODE. Packing moves no quantity."""
    from foodtrace.errors import BadData  # noqa: PLC0415
    from foodtrace.operations import packing  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    if lot and cases:
        raise BadData("pack.mixed", value=parent, expected="LOT | --case")
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        _, event = ledger.act(
            lambda session: packing.pack(session, doing, parent, site, lot=lot or "", cans=cans or 0, children=serials or cases)
        )
    if event.lot:
        say(ctx.t("cli.pack.cans", code=parent, cans=event.quantity.value, lot=event.lot))
    else:
        say(ctx.t("cli.pack.cases", code=parent, count=len(event.children)))


@click.command()
@click.argument("parent", metavar="CODE")
@click.option("--at", "site", required=True, help="Site that unpacks.")
@click.option("--serial", "--case", "children", multiple=True, help="Can or case to take out; by default everything. May be repeated.")
@click.option("--by", default="", help="Staff number.")
@click.pass_obj
def unpack(ctx: Context, parent: str, site: str, children: tuple[str, ...], by: str) -> None:
    """Take cans or cases out of the case or pallet CODE."""
    from foodtrace.operations import packing  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        _, event = ledger.act(lambda session: packing.unpack(session, doing, parent, site, children=children))
    count = event.quantity.value if event.quantity is not None else len(event.children)
    say(ctx.t("cli.pack.out", code=parent, count=count))


@click.command()
@click.argument("code", metavar="CODE")
@prints("formula-contents")
@click.pass_obj
def contents(ctx: Context, code: str, *, as_json: bool) -> None:
    """Show what a case or pallet holds now. Exit 1 for a code that holds nothing on record."""
    from foodtrace.errors import NotFound  # noqa: PLC0415
    from foodtrace.operations import packing  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = packing.contents(session, code)
    if not found:
        raise NotFound("pack.unknown", value=code)
    if as_json:
        emit_json(found)
        return
    for each in found:
        codes = " ".join(each.serials[:_SHOWN]) + (" .." if len(each.serials) > _SHOWN else "")
        say(ctx.t("cli.pack.holds", lot=each.lot, cans=each.cans, serials=codes).rstrip())
