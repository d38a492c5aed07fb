"""Goods that came to a site without lot, and a lot that its answer says is there and no record brought: perhaps the same, told twice.

Rules:

1. Nobody can tell. Both are counted, and who reads it is told which they are, and by which answer they are counted once.
2. It is asked of a site that has answered of a lot more than its book had, and has goods of the same product and unit that came without
   lot.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.inorder import in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import said_at_notice, sums_with_said


class MaybeSame(msgspec.Struct, frozen=True, kw_only=True):
    """A lot at a site that may be goods which came there without lot."""

    site: str
    name: str
    lot: str
    """Full id."""
    over: int
    """How much more of it the site answered than its book had."""
    unit: str
    goods: str
    """What came without lot, by the name by which an answer and a sealing speak of it (``?LOG#SEQ``)."""
    quantity: int
    """How much of that is there by the book."""


def maybe_same(facts: SqlFacts, found: Affected, case: Case, settings: Settings) -> Iterator[MaybeSame]:
    """Iterate over what may be told twice (rule 2), by site id, lot and goods."""
    said = said_at_notice(facts, found, case, settings)
    unnamed = {move.lot for move in found.moves if move.unnamed}
    if not said or not unnamed:
        return
    sums = sums_with_said(facts, found, case, settings=settings)
    over = [key for key in said if key[0] not in unnamed and key in sums and sums[key].over]
    texts = facts.texts({key[0] for key in over} | unnamed)
    for lot, site, unit in sorted(over, key=lambda key: (found.sites[key[1]].text if key[1] in found.sites else "", texts[key[0]])):
        for goods in sorted(unnamed, key=lambda each: in_order(texts[each])):
            there = sums.get((goods, site, unit))
            if there is not None and there.on_hand and found.product(goods) in ("", found.product(lot)):
                yield MaybeSame(
                    site=found.sites[site].text,
                    name=found.sites[site].name or found.sites[site].text,
                    lot=found.called.name(lot, site),
                    over=sums[lot, site, unit].over,
                    unit=UNIT_NAMES[unit],
                    goods=texts[goods],
                    quantity=there.on_hand,
                )
