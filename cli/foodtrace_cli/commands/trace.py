"""``trace``: where a lot came from, what became of it, and a picture of both."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from foodtrace.errors import BadData
from foodtrace_cli.commands.recall_screen import rules_said, width_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, wrapped
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE

_SHOWN = 60
"""Lots and arrows printed; the rest is in --json and in the picture."""


@click.command()
@click.argument("lot")
@click.option("--back", "way", flag_value="back", help="Only back, to farms and ingredient lots.")
@click.option("--forward", "way", flag_value="forward", help="Only forward, to what was made of it and who got it.")
@click.option("--at", "site", default="", metavar="SITE", help="With --back: the way of what is on record at SITE.")
@click.option("--picture", default=None, type=OUT_FILE, metavar="FILE.svg", help="Draw the chain, left to right, quantities on the arrows.")
@click.option("--all", "show_all", is_flag=True, help="Print every lot and every arrow.")
@prints("trace")
@click.pass_obj
def trace(ctx: Context, lot: str, way: str | None, site: str, picture: str | None, *, show_all: bool, as_json: bool) -> None:
    """Show the lots LOT was made from and the lots made from it, where each was born, and the way of the goods.

    Back, that is the way to where LOT was made, or with --at to a site; where LOT went from there is forward.
    """
    from foodtrace.operations.trace import trace as follow  # noqa: PLC0415

    if picture is not None and not picture.lower().endswith(".svg"):
        raise BadData("trace.picture", value=picture, expected="FILE.svg")
    if site and way != "back":
        raise BadData("trace.at", value=site, expected="--back")
    with ctx.open() as ledger, ledger.reading() as session:
        found, chain = follow(session, lot, now=ledger.clock(), direction=way or "both", at=site)  # type: ignore[arg-type]
    if picture is not None:
        from foodtrace.recall.picture import svg  # noqa: PLC0415

        title = f"{found.lot} {found.product}".strip()
        whole = ctx.t("report.picture.whole_trace", command=_command(found.lot, way, site))
        Path(picture).write_text(svg(chain, lang=ctx.lang, title=title, beside=_named(found), whole=whole), encoding="utf-8")
        say(ctx.t("cli.written", path=picture), err=True)
    if as_json:
        emit_json(found)
        return
    limit = None if show_all else _SHOWN
    if way != "forward":
        _lots(ctx, "cli.trace.back", found.back, limit)
        for each in found.beginnings:
            _put("  " + ctx.t("cli.trace.unborn", lot=clean(each)))
    also = "  " + ctx.t("cli.trace.also", names=", ".join(found.other_names)) if found.other_names else ""
    _put(clean(f"{found.lot}  {found.product}  {found.site}  {_amounts(ctx, found.born)}".rstrip() + also))
    if way != "back":
        _lots(ctx, "cli.trace.forward", found.forward, limit)
    _way(ctx, found, limit)
    for line in rules_said(ctx, found):
        _put(line)


def _command(lot: str, way: str | None, site: str) -> str:
    """Return the command that prints every place and arrow of a picture."""
    return shlex.join(["foodtrace", "trace", lot, *([f"--{way}"] if way else []), *(["--at", site] if site else []), "--all"])


def _put(line: str) -> None:
    """Print a line, broken where it is wider than the terminal."""
    for part in wrapped(line, width_of()):
        say(part)


def _lots(ctx: Context, heading: str, lots: Any, limit: int | None) -> None:
    _put(ctx.t(heading, count=len(lots)))
    for each in lots[:limit]:
        line = f"  {each.lot}  {each.product}  {each.site}  {_amounts(ctx, each.born)}".rstrip()
        also = "  " + ctx.t("cli.trace.also", names=", ".join(each.other_names)) if each.other_names else ""
        _put("  " * each.depth + clean(line + also))
    if limit is not None and len(lots) > limit:
        _put("  " + ctx.t("cli.trace.more", count=len(lots) - limit))


def _way(ctx: Context, found: Any, limit: int | None) -> None:
    """Print who gave how much to whom."""
    from foodtrace.recall.picturewords import kind_word  # noqa: PLC0415
    from foodtrace.recall.shortcodes import short_codes  # noqa: PLC0415

    places = {place.id: place for place in found.places}
    code = short_codes(_named(found))
    of_name: dict[str, set[str]] = defaultdict(set)
    for place in found.places:
        of_name[place.name].add(place.site)

    def name(number: int) -> str:
        place = places[number]
        lot = " = ".join(map(code, (place.lot, *place.also)))
        where = place.name or place.site or kind_word(place.kind, ctx.lang)
        # Shops of one name are told apart by their ids.
        site = f"({place.site})" if place.name and len(of_name[place.name]) > 1 else ""
        return clean(" ".join(each for each in (where, site, lot) if each))

    def beside(what: Any) -> str:
        return " (" + ctx.t("report.picture.beside", quantity=_amounts(ctx, what)) + ")" if what else ""

    _put(ctx.t("cli.trace.way", count=len(found.arrows)))
    for arrow in found.arrows[:limit]:
        taken = _amounts(ctx, arrow.taken)
        taken = f"{taken}{beside(arrow.beside)} -> " if taken else ""
        line = f"  {name(arrow.source)} -> {name(arrow.to)}  {taken}{_amounts(ctx, arrow.quantity)}{beside(places[arrow.to].beside)}"
        if arrow.travelling:
            line += "  " + ctx.t("cli.trace.travelling", quantity=_amounts(ctx, arrow.travelling))
        if arrow.way in ("return", "unnamed", "unlike"):
            line += "  " + ctx.t("cli.trace." + arrow.way)
        _put(line)
    if limit is not None and len(found.arrows) > limit:
        _put("  " + ctx.t("cli.trace.more", count=len(found.arrows) - limit))
    unseen = [(place, each) for place in found.places for each in place.unseen]
    if unseen:
        _put(ctx.t("cli.trace.unseen", count=len(unseen)))
    for place, each in unseen[:limit]:
        _put(f"  {name(place.id)}  " + ctx.t(f"cli.trace.{each.what}", quantity=_amounts(ctx, each.quantity)))
    if limit is not None and len(unseen) > limit:
        _put("  " + ctx.t("cli.trace.more", count=len(unseen) - limit))


def _named(found: Any) -> Iterator[str]:
    """Iterate over every name of every lot of a trace."""
    yield from (found.lot, *found.other_names)
    for each in (*found.back, *found.forward):
        yield from (each.lot, *each.other_names)
    for place in found.places:
        yield from (place.lot, *place.also)


def _amounts(ctx: Context, quantities: Any) -> str:
    return " + ".join(each.in_words(ctx.lang) for each in quantities)
