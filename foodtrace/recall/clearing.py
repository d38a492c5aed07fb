"""What a clearing lets go, and what it does not (RECALL section 7). Pure.

Rules:

1. Whoever clears examined what there was: **all goods of a case** are the lots it reached at that moment, by what was on record then. A lot
   that the case takes in later, or that is recorded later, was never examined and is blocked.
2. Where a scope means whole lots a lot is cleared wherever it lies. Where it means what left or passed a site, goods are suspect for where
   they were: what was cleared is each lot where it lay on record.
3. Goods that left a place where they had been cleared are not followed (ADR 31): what is sent on from there, and what is made of them
   there, was examined. When something left is taken at its earliest; of what has no time nobody knows that it was after.
4. A clearing covers the suspicion of the scope that it was given for. What is added to the scope later, a lot, a rule or a window, is a new
   suspicion: of everything it reaches clearings from before say nothing, goods that were cleared then among it. A version that narrows
   adds none by naming fewer of the same lots.
5. What was cleared at one site is what lay there. Goods of the lot that come there later make all of it there blocked again, for nobody can
   tell them apart (:mod:`foodtrace.recall.lapsing`).
6. Of one site nothing in custody is let go, unless whoever cleared says that it was examined as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

import msgspec

from foodtrace.events import Clause, LeftClause, ThroughClause
from foodtrace.recall.affected import Affected
from foodtrace.recall.blocking import blocker
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.lapsing import lapsed
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import Settings

Place: TypeAlias = tuple[int, int]
"""(name of a lot, site); site 0: wherever it lies."""


def windows(clauses: Iterable[Clause]) -> tuple[LeftClause | ThroughClause, ...]:
    """Return the clauses that mean goods by where they were."""
    return tuple(each for each in clauses if isinstance(each, LeftClause | ThroughClause))


def all_goods(facts: Facts, case: Case, settings: Settings, site: int = 0) -> set[Place]:
    """Return what a clearing of all goods of a case lets go (rules 1 and 2). O(affected).

    :param facts: as they were on record then. :param case: as it stood then; of a narrowed one also what it reached before.
    :param site: only what lies there; 0: wherever it is.
    """
    *earlier, last = case.versions
    found: set[Place] = set()
    for version in (last, *(each for each in earlier if not set(each.clauses) <= set(last.clauses))):
        partial = windows(version.clauses)
        whole = tuple(each for each in version.clauses if each not in partial)
        if whole:
            hit = reach_of_case(facts, case, settings, whole)
            found |= {(name, site) for lot in hit.lots for name in hit.names[lot]}
        if partial:
            hit = reach_of_case(facts, case, settings, version.clauses)
            found |= {(name, there) for lot, there in hit.holdings if site in (0, there) for name in hit.names[lot]}
    lots = {lot for lot, where in found if where == site}
    return {place for place in found if place[1] == site or place[0] not in lots}


def later_parts(facts: Facts, case: Case, clauses: Collection[Clause]) -> list[tuple[Case, tuple[Clause, ...]]]:
    """Return what was added to a scope after something had been cleared, each with what was cleared since (rule 4)."""
    found: list[tuple[Case, tuple[Clause, ...]]] = []
    last: tuple[Clause, ...] = ()
    for version in case.versions:
        added = [each for each in version.clauses if each not in last]
        if added and version.unknown_to and not set(last) <= set(version.clauses):
            meant = _lots(facts, last)
            added = [each for each in added if windows((each,)) or not _lots(facts, (each,)) <= meant]
        last = version.clauses
        added = [each for each in added if each in clauses]
        if added and version.unknown_to:
            before = set(version.unknown_to)
            since = tuple(each for each in case.cleared if each not in before)
            found.append((msgspec.structs.replace(case, cleared=since), tuple(added)))
    return found


def _lots(facts: Facts, clauses: Iterable[Clause]) -> set[int]:
    """Return the lots that clauses name, or fit, as wholes."""
    return {lot for clause in clauses if not windows((clause,)) for lot, _ in facts.lots_like(clause)}


def standing(facts: Facts, case: Case, settings: Settings, found: Affected) -> list[tuple[Case, Affected]]:
    """Return what a case still stands against: it, as far as its clearings count, with what it reaches of what was not let go (rules 3, 4).

    :param found: the affected set of the case, which is the answer where nothing was cleared.
    """
    if not case.cleared:
        return [(case, found)]
    clauses = case.versions[-1].clauses
    meant = [(with_lapses(facts, case, settings, clauses, found), clauses)]
    meant += [(with_lapses(facts, each, settings, part), part) for each, part in later_parts(facts, case, clauses)]
    return [(each, reach_of_case(facts, each, settings, part, lifted=each.cleared)) for each, part in meant]


def with_lapses(facts: Facts, case: Case, settings: Settings, clauses: Sequence[Clause], found: Affected | None = None) -> Case:
    """Return a case with until when each of its clearings holds (rules 5 and 6). :param found: what these clauses reach, if at hand."""
    if not any(each.site for each in case.cleared):
        return case
    whole = reach_of_case(facts, case, settings, clauses) if found is None else found
    return msgspec.structs.replace(case, cleared=lapsed(whole, case.cleared))


def still_counts(parts: Sequence[tuple[Case, Affected]], settings: Settings, at: int) -> Callable[[int, int], bool]:
    """Return which holdings, by (lot, site), are still the matter of a case at a moment. :param parts: see :func:`standing`."""
    asked = [(blocker(each, settings), hit) for each, hit in parts]

    def counts(lot: int, site: int) -> bool:
        return any((lot, site) in hit.holdings and all(blocks(name, site, at) for name in hit.names[lot]) for blocks, hit in asked)

    return counts


__all__ = ["Place", "all_goods", "later_parts", "standing", "still_counts", "windows", "with_lapses"]
