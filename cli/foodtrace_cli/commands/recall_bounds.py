"""How much at each site can stem from the scope (RECALL section 4), on the screen and as columns of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from foodtrace_cli.commands.recall_table import shown_quantity, shown_unit
from foodtrace_cli.context import Context
from foodtrace_cli.output import say, table, terminal_width

if TYPE_CHECKING:
    from foodtrace.recall.shortcodes import Written

COLUMNS: Final = ("proportional", "bounds")
"""Columns more of a file where bounds were asked for; least and most are never added up, so that they stand lot by lot."""
_SUMMARY: Final = 10


def print_bounds(ctx: Context, answer: Any, code: Written, *, everything: bool) -> None:
    """Print how much at each site can stem from the scope, one line per holding; where all of it does, only how many do."""
    lines = [(site, each) for site in answer.bounds for each in site.holdings]
    open_lines = [(site, each) for site, each in lines if each.least < each.quantity]
    say(ctx.t("cli.bounds.head", whole=len(lines) - len(open_lines), part=len(open_lines)))
    shown = open_lines if everything or not sys.stdout.isatty() else open_lines[:_SUMMARY]
    rows = [
        [
            site.name or site.site,
            code(each.lot),
            shown_unit(ctx, site.unit),
            *(
                shown_quantity(amount, site.unit) + ("?" if site.unknown else "")
                for amount in (each.quantity, each.least, each.proportional, each.most)
            ),
            ctx.t("cli.link." + each.link),
        ]
        for site, each in shown
    ]
    if rows:
        headings = [ctx.t("cli.col." + name) for name in ("outlet", "lots", "unit", "on_hand", "least", "proportional", "most", "link")]
        say(table(headings, rows, right=[3, 4, 5, 6], width=terminal_width() if sys.stdout.isatty() else None))
    if len(shown) < len(open_lines):
        say(ctx.t("cli.bounds.more", count=len(open_lines) - len(shown)))


def shares(site: Any) -> list[Any]:
    """Return what of a site's goods can stem from the scope: the share of them all, least and most by lot."""
    if site is None:
        return [None, None]
    return [site.proportional, "; ".join(f"{each.lot} {each.least}..{each.most}" for each in site.holdings)]
