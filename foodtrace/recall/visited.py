"""Goods that a visit found, as a count of what lay free there at least (RECALL section 4). Pure.

Rules:

1. What a visit found lay free at the site, or nobody would have found it: where the book knows of less, the rest is ``over`` as with any
   count above the book, distributed and to be recalled, until it is sealed, sent back or destroyed. A second visit that finds the
   same goods adds nothing, and one that finds none takes nothing away: goods are where a record puts them.
2. Of found goods of which nobody says which lot they are no holding is made. They are distributed and to be recalled all the same, until as
   much is sealed, sent back or destroyed at that site, or a later visit there says the lot of what it found. A visit after that which
   finds some again finds others: they lie free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.recall.facts import Case, found_there


def visits(case: Case, now: int) -> Iterator[Flow]:
    """Iterate over what visits had found by a moment, each under the name of the lot that was said (rule 1)."""
    for step in case.steps:
        quantity, unit = step.amount
        if found_there(step, now) and unit >= 0:
            for number, lot in enumerate(step.lots):
                yield Flow(FlowKind.FOUND, lot, step.site, 0, unit, quantity, step.at, step.recorded, *step.entry, number)


def of_no_lot(case: Case | None, now: int, flows: Iterable[Flow]) -> dict[tuple[int, int], int]:
    """Return how much of what visits found and nobody named stands open: (site, unit) -> q (rule 2). :param flows: of the affected lots."""
    steps = [step for step in case.steps if found_there(step, now) and step.amount[1] >= 0] if case is not None else []
    told: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    """(site, unit) -> (moment, 0 found 1 dealt with, quantity)."""
    for step in steps:
        quantity, unit = step.amount
        if not step.lots and not any(each.site == step.site and each.lots and each.at >= step.at for each in steps):
            told[step.site, unit].append((step.at, 0, quantity))
    if not told:
        return {}
    for flow in flows:
        key = flow.site, flow.unit
        if flow.kind in _DEALT_WITH and key in told:
            told[key].append((flow.t, 1, flow.q))
    return {key: q for key, events in told.items() if (q := _open(events))}


def _open(events: Iterable[tuple[int, int, int]]) -> int:
    """Return how much of what was found stands open after all that was dealt with since."""
    q = 0
    for _, dealt_with, size in sorted(events):
        q = max(0, q - size) if dealt_with else max(q, size)
    return q


_DEALT_WITH: Final = frozenset({FlowKind.SEALED, FlowKind.DESTROYED, FlowKind.RETURN})


def under(flows: Iterable[Flow], rep: Mapping[int, int]) -> list[Flow]:
    """Return flows under the names by which lots are counted; those of lots that nobody reads are left out."""
    return [Flow(f.kind, rep[f.lot], f.site, f.other, f.unit, f.q, f.t, f.recorded, f.log, f.seq, f.item) for f in flows if f.lot in rep]


__all__ = ["of_no_lot", "under", "visits"]
