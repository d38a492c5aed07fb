"""``trace LOT``: where a lot came from and what became of it."""

from __future__ import annotations

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say


@click.command()
@click.argument("lot")
@click.option("--back", "way", flag_value="back", help="Only back, to farms and ingredient lots.")
@click.option("--forward", "way", flag_value="forward", help="Only forward, to what was made of it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def trace(ctx: Context, lot: str, way: str | None, *, as_json: bool) -> None:
    """Show the lots LOT was made from and the lots made from it, with where each was born."""
    from foodtrace.operations.trace import trace as follow  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = follow(session, lot, now=ledger.clock())
    if as_json:
        emit_json(found)
        return
    if way != "forward":
        say(ctx.t("cli.trace.back", count=len(found.back)))
        for each in found.back:
            say("  " * each.depth + f"  {each.lot}  {each.product}  {each.site}".rstrip())
    say(f"{found.lot}  {found.product}  {found.site}".rstrip())
    if way != "back":
        say(ctx.t("cli.trace.forward", count=len(found.forward)))
        for each in found.forward:
            say("  " * each.depth + f"  {each.lot}  {each.product}  {each.site}".rstrip())
