"""How much at each affected site can stem from the scope, as an answer shows it (RECALL section 4, "Bounds").

Rules:

1. One line per holding: least and most hold for each holding by itself and are never added up; of several lots at one site only
   the proportional shares are, as far as quantities may be (:mod:`foodtrace.recall.amounts`).
2. Goods dispatched without lot are in no sum with others: they left no lot's book, so they would count twice.
3. What a site said lay there when its notice arrived counts as a count at that moment, here as everywhere else.
4. At a site that records nothing itself the stock is unknown: bounds are then of all that may lie there, and say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.inorder import in_order
from foodtrace.recall.affected import Affected
from foodtrace.recall.bounds import Bounds, Key

LineKey: TypeAlias = tuple[int, str, bool]
"""(unit, product of pieces, without lot): what may be added up."""


class HoldingBounds(msgspec.Struct, frozen=True, kw_only=True):
    """Least, proportional and most of one lot at one site, in base units; least <= proportional <= most <= quantity."""

    lot: str
    """By a name that it has at the site; ``?..`` for goods that some record dispatched without naming their lot."""
    link: Literal["confirmed", "possible"]
    quantity: int
    """What lies there by the records."""
    least: int
    proportional: int
    """Share by even mixing, rounded half up."""
    most: int


class SiteBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What of the goods of one line of an answer's row (:class:`foodtrace.recall.said.Amount`) can stem from the scope."""

    site: str
    name: str
    role: Literal["outlet", "intermediary", "own"]
    unit: str
    product: str = ""
    """For pieces: the product counted."""
    without_lot: bool = False
    """True: goods that some record dispatched without naming their lot."""
    quantity: int
    """Of the holdings below."""
    proportional: int
    """Of the same, added up; least and most are valid by holding only."""
    unknown: bool
    """The site records no sales: quantities and bounds are of all that may be there."""
    holdings: tuple[HoldingBounds, ...]


def site_bounds(
    found: Affected,
    measured: Mapping[Key, Bounds],
    line: Callable[[int, int], LineKey],
    silent: Collection[tuple[int, LineKey]],
) -> tuple[SiteBounds, ...]:
    """Return the bounds of every affected site and line of its row, by the site's text.

    :param measured: (lot, site, unit) -> bounds. :param line: of a lot and unit: what it may be added up with.
    :param silent: (site, line) of unknown stock.
    """
    lines: dict[tuple[int, LineKey], list[HoldingBounds]] = defaultdict(list)
    for (lot, site, unit), each in measured.items():
        lines[site, line(lot, unit)].append(
            HoldingBounds(
                lot=found.called.name(lot, site),
                link=found.holdings[lot, site].link,
                quantity=each.quantity,
                least=each.least,
                proportional=each.proportional,
                most=each.most,
            )
        )
    made = [_site(found, site, key, each, unknown=(site, key) in silent) for (site, key), each in lines.items()]
    return tuple(sorted(made, key=lambda each: (each.site, each.unit, each.product, each.without_lot)))


def _site(found: Affected, site: int, line: LineKey, lines: Sequence[HoldingBounds], *, unknown: bool) -> SiteBounds:
    info = found.sites[site]
    return SiteBounds(
        site=info.text,
        name=info.name,
        role="outlet" if site in found.outlets else "own" if site in found.own else "intermediary",
        unit=UNIT_NAMES[line[0]],
        product=line[1],
        without_lot=line[2],
        quantity=sum(each.quantity for each in lines),
        proportional=sum(each.proportional for each in lines),
        unknown=unknown,
        holdings=tuple(sorted(lines, key=lambda each: in_order(each.lot))),
    )
