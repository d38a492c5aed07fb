"""What recall cases make of one entry about goods (RECALL section 7; the rules are those of :mod:`foodtrace.recall.marked`).

The cases that may be about its lots are asked, open and closed ones: a mark is of the moment at which the thing happened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, TypeAlias

from foodtrace.errors import NotFound
from foodtrace.events import AnyEvent
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import behind
from foodtrace.operations.managing import reach_of
from foodtrace.recall.cases import load_cases
from foodtrace.recall.facts import Case
from foodtrace.recall.finding.look import Look
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.marked import marked
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session

Shown: TypeAlias = Literal["sealed", "booked", "before_known", "after_notice"]


def marks_of(session: Session, event: AnyEvent, places: Collection[tuple[int, int]], now: int) -> Iterator[tuple[str, tuple[Shown, ...]]]:
    """Iterate over (case, marks) of an entry, cases that say nothing of it left out.

    :param event: what counts of it. :param places: (log, seq) of the entry and of its corrections. :param now: T, microseconds UTC.
    """
    facts = SqlFacts(session, now)
    for number in sorted({case for lot in lots_of(event) for case in behind(session, lot, now)}):
        for case in _cases(session, number, now):
            look = Look(facts, reach_of(facts, case), for_case(case, session.rules).settings, case, NO_TABLES)
            mine = [fact for fact in marked(look) if fact.entry in places]
            shown = {"booked" if mark == "sealed" and fact.booked else mark for fact in mine for mark in fact.marks}
            if shown:
                order: tuple[Shown, ...] = ("sealed", "booked", "before_known", "after_notice")
                yield case.name or case.case, tuple(mark for mark in order if mark in shown)


def lots_of(event: AnyEvent) -> Iterable[str]:
    """Return the lots that an event names."""
    portions = (*getattr(event, "inputs", ()), *getattr(event, "outputs", ()))
    return {lot for lot in (getattr(event, "lot", ""), *(each.lot for each in portions)) if lot}


def _cases(session: Session, number: str, now: int) -> list[Case]:
    try:
        return load_cases(session, number, until=now)
    except NotFound:
        return []  # opened later
