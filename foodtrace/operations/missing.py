"""Goods of a case that are unaccounted: by the records they came to a site, by its word they are neither there nor anywhere else.

Rules:

1. Closing does not wait for them, and no rate counts them as retrieved; so whoever closes, and whoever lists cases, is told of them.
2. What whoever recalls has not disposed of, missing or not, stands against closing and is told there.
3. Of a lot that was cleared wherever it lies nothing is missing that anybody looks for. What was cleared at one site is what lay there:
   goods that were missing there were not examined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.operations.closing import Condition
from foodtrace.recall.affected import Affected
from foodtrace.recall.amounts import PIECE
from foodtrace.recall.matter import Matter
from foodtrace.recall.quantities import HoldingSum, Key


class Unaccounted(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that by the records came to a site, and by its word are neither there nor anywhere else (RECALL section 4)."""

    site: str
    name: str
    quantity: int
    unit: str
    product: str
    """For pieces: the product counted."""


def undisposed_at(against: Iterable[Condition]) -> set[str]:
    """Return the sites of rule 2 by what stands against closing a case."""
    return {each.site for each in against if each.kind == "undisposed"}


def unaccounted(
    found: Affected, sums: Mapping[Key, HoldingSum], matter: Matter, disposed_elsewhere: Collection[str]
) -> tuple[Unaccounted, ...]:
    """Return what is missing at sites by their own word, the most first.

    :param sums: quantities with what sites answered. :param disposed_elsewhere: ids of the sites of rule 2.
    """
    made: dict[tuple[int, int, str], int] = defaultdict(int)
    for (lot, site, unit), each in sums.items():
        if each.unaccounted and (lot, site) in found.holdings and matter.missing(lot, site):
            made[site, unit, found.product(lot) if unit == PIECE else ""] += each.unaccounted
    told = [
        Unaccounted(
            site=found.sites[site].text,
            name=found.sites[site].name or found.sites[site].text,
            quantity=quantity,
            unit=UNIT_NAMES[unit],
            product=product,
        )
        for (site, unit, product), quantity in made.items()
        if found.sites[site].text not in disposed_elsewhere
    ]
    return tuple(sorted(told, key=lambda each: (-each.quantity, each.site, each.unit, each.product)))


__all__ = ["Unaccounted", "unaccounted", "undisposed_at"]
