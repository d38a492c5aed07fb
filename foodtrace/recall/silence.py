"""Which sites say nothing of what became of the goods of a question. Pure but for one look at other goods.

Rules:

1. A site says it by any record of its own of these goods that moves, uses or counts them. Another name for a lot moves nothing, and a
   sample is taken by whoever tests. What was sealed, went back under a recall or was destroyed is no word on the rest, whoever wrote it:
   mostly whoever recalls did. It is known itself, so that nothing is unknown of a site with nothing but goods in custody.
2. A site that never recorded an entry of its own keeps no books; nor does one whose entries move, use or count no goods at all: a test of
   some other lot is no word on what was sold. One that keeps books of other goods is believed to keep them of these.
3. What such a site received, sold and has free is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from foodtrace.graph.flowkind import SAMPLE, FlowKind

if TYPE_CHECKING:
    from foodtrace.recall.affected import Affected
    from foodtrace.recall.facts import Facts
    from foodtrace.recall.plain.lot import Held
    from foodtrace.recall.quantities import HoldingSum

SELLS: Final = frozenset(map(int, (FlowKind.SOLD, FlowKind.COUNT, FlowKind.USED, FlowKind.CONSUMED)))
"""Records by which a site shows that it says what becomes of its goods, even if others wrote them."""
OF_CUSTODY: Final = frozenset(map(int, (FlowKind.SEALED, FlowKind.RETURN, FlowKind.DESTROYED)))
"""Records of what was sealed, went back or was destroyed."""
NO_WORD: Final = OF_CUSTODY | {int(FlowKind.ALIAS), int(FlowKind.DISCARDED)}
"""Records that say nothing of what became of the rest (rule 1)."""
Said: TypeAlias = Iterable[tuple[Any, ...]]
"""(kind, site, flags) of records of affected lots."""


def free(each: HoldingSum | Held) -> int:
    """Return what lies free of a holding by the records: at a silent site nobody knows whether it does (rule 1)."""
    return each.on_hand - each.sealed - each.back


def tells(kind: int, flags: int) -> bool:
    """Say whether a record at a site is its word on what became of goods (rule 1)."""
    return kind not in NO_WORD and not flags & SAMPLE


def silent_sites(
    held: Collection[int], never: Collection[int], said: Callable[[], Said], keepers: Callable[[Collection[int]], Collection[int]]
) -> frozenset[int]:
    """Return those of the sites of a question that say nothing of its goods.

    :param held: sites where some of them lie free, or to which they are on the way, by the records. :param never: sites that never
        recorded an entry of their own. :param said: the records of these goods. :param keepers: tells which of some sites keep books of
        any goods.
    """
    if not held:
        return frozenset()
    there = set(held)
    for kind, site, flags in said():
        if site in there and (kind in SELLS if site in never else True) and tells(kind, flags):
            there.discard(site)
    books = there.difference(never)
    return frozenset(there.difference(keepers(sorted(books)))) if books else frozenset(there)


def unheard(facts: Facts, found: Affected, sums: Mapping[tuple[int, int, int], HoldingSum]) -> frozenset[int]:
    """Return the silent sites of an affected set. :param sums: (lot, site, unit) -> quantities."""
    holdings = found.holdings
    held = {site for (lot, site, _), each in sums.items() if (free(each) or each.travelling) and (lot, site) in holdings}
    never = {site for site in held if site in found.sites and found.sites[site].last_entry is None}
    mine = [(flow.kind, flow.site, flow.flags) for flow in found.flows if (flow.lot, flow.site) in holdings]
    return silent_sites(held, never, lambda: mine, facts.keepers)


def by_case(said: Said) -> dict[int, int]:
    """Return when it was last recorded what was sealed, went back or was destroyed: site -> recorded; none of it is a site's own word.

    :param said: (kind, site, recorded) of records of affected lots.
    """
    found: dict[int, int] = {}
    for kind, site, recorded in said:
        if kind in OF_CUSTODY:
            found[site] = max(recorded, found.get(site, recorded))
    return found


__all__ = ["NO_WORD", "OF_CUSTODY", "SELLS", "by_case", "free", "silent_sites", "tells", "unheard"]
