"""What a case makes of recorded facts about its goods (RECALL section 7): they are recorded whatever they say, and marked. Pure.

Rules:

1. The marks are those of :mod:`foodtrace.recall.blocking`; a fact of before the opening, of goods that were cleared, or of a site the case
   did not reach yet has none.
2. A receipt after the opening should have been booked as sealed. One that was not stays free stock until somebody seals it: how much of
   what lies free at a site may be of such receipts is said plainly (:func:`unsealed`), for sites of the trade; what came home to whoever
   recalls is his to dispose of. Of goods that were cleared since, nothing has to be sealed.
3. What lies free at a site of whoever recalls, never sent or come back as ordinary goods, is to be sealed or cleared
   (:func:`free_at_own`): it stands in no figure of section 5, and nothing but the block keeps it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from foodtrace.recall.blocking import Doing, Mark
from foodtrace.recall.finding.case import judge_of, marked_facts
from foodtrace.recall.finding.look import Entry, Look

Place: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded fact about goods of a case, after its opening."""

    doing: Doing
    lot: int
    site: int
    t: int
    """When it happened, microseconds UTC."""
    q: int
    """Base units; 0 where it is not about a quantity."""
    unit: int
    """-1 where it is not about a quantity."""
    marks: tuple[Mark, ...]
    booked: bool
    """Of a receipt: it was booked as sealed."""
    entry: Entry


def marked(look: Look) -> Iterator[Marked]:
    """Iterate over the facts that the case of an answer marks (rule 1), in no order; none without a case."""
    case = look.case
    if case is None:
        return
    for fact, marks in marked_facts(look, case):
        yield Marked(
            doing=fact.doing,
            lot=fact.lot,
            site=fact.site,
            t=fact.t,
            q=fact.amount[0],
            unit=fact.amount[1],
            marks=marks,
            booked=fact.booked,
            entry=fact.entry,
        )


def unsealed(look: Look, facts: Iterable[Marked]) -> dict[Place, int]:
    """Return what lies free of goods that were received after the opening and not booked as sealed (rule 2)."""
    if look.case is None:
        return {}
    received: dict[Place, int] = defaultdict(int)
    judge = judge_of(look, look.case)
    for fact in facts:
        if fact.doing == "receipt" and "sealed" in fact.marks and not fact.booked and fact.site not in look.found.own:
            received[fact.lot, fact.site, fact.unit] += fact.q
    free = {key: each.on_hand - each.sealed - each.back for key in received if (each := look.sums.get(key)) is not None}
    return {
        key: min(received[key], there) for key, there in free.items() if there > 0 and received[key] and judge.blocks(*key[:2], look.now)
    }


def free_at_own(look: Look) -> dict[Place, int]:
    """Return what lies free at sites of whoever recalls (rule 3)."""
    if look.case is None:
        return {}
    judge = judge_of(look, look.case)
    free = {key: each.on_hand - each.sealed - each.back for key, each in look.sums.items() if key[1] in look.found.own}
    return {key: there for key, there in free.items() if there > 0 and judge.blocks(*key[:2], look.now)}


__all__ = ["Marked", "free_at_own", "marked", "unsealed"]
