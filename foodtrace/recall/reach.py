"""What a recall case reaches: its scope's affected set, and what sites said lies with them. Pure.

An answer is a record of goods (RECALL section 7: facts are never lost). Of a lot that the scope reaches it makes a holding where no other
record put one: possible, for nobody knows how the goods came there, and over, for no book had them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from foodtrace.events import Clause
from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected, find
from foodtrace.recall.facts import Case, Cleared, Facts, found_there
from foodtrace.recall.settings import Settings
from foodtrace.recall.visited import visits


def reach_of_case(
    facts: Facts, case: Case, settings: Settings, clauses: Sequence[Clause] | None = None, *, lifted: Collection[Cleared] = ()
) -> Affected:
    """Return the affected set of a case, or of other clauses for it.

    :param clauses: by default those of its last version. :param lifted: goods that are not followed from where they were cleared.
    """
    return find(
        facts,
        case.versions[-1].clauses if clauses is None else clauses,
        settings=settings,
        own_operator=case.operator,
        case=case.case,
        said=places_said(case, facts.now),
        lifted=lifted,
        visits=visits(case, facts.now),
    )


def places_said(case: Case, now: int) -> frozenset[Holding]:
    """Return (name of a lot, site) of what sites said lies with them by a moment, their last word; of nothing no place.

    So is where a visit found goods of a lot.
    """
    last: dict[Holding, int] = {}
    for step in sorted(
        (step for step in case.steps if step.kind == "acknowledgement" and step.at <= now), key=lambda s: (s.at, s.recorded)
    ):
        here: dict[Holding, int] = {}
        for lot, _, q in step.on_hand:
            here[lot, step.site] = here.get((lot, step.site), 0) + q
        last |= here
    found = {(lot, step.site) for step in case.steps if found_there(step, now) for lot in step.lots}
    return frozenset({place for place, q in last.items() if q} | found)


__all__ = ["places_said", "reach_of_case"]
