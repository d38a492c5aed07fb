"""Which other open cases are about goods that a case is opened for.

Rules:

1. A case is named if it reaches a lot that the new one reaches: the same, what it was made from or into, or another way to the same blend.
2. Two cases are never one: each has notices, answers and rates of its own (:mod:`foodtrace.operations.recalling`, rule 2). So they are told
   of, not merged, and goods that both reach are blocked until both let them go.
3. An open case of the very same scope and class is most likely the same one told twice: it is asked for before another is opened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from foodtrace.errors import NotFound, Refused
from foodtrace.events import Clause, LotsClause
from foodtrace.graph.edges import moment
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import about, blocks
from foodtrace.operations.common import CHINA
from foodtrace.operations.recallcases import touches
from foodtrace.recall.cases import case_ids, load_cases
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import reach_of_case
from foodtrace.storage.session import Session


def also_about(session: Session, facts: SqlFacts, lots: Collection[int], now: int, *, but: str) -> list[Case]:
    """Return the open cases that reach one of some lots, in the order of their numbers (rule 1). O(affected of these cases).

    :param lots: numbers of the lots that the new case reaches. :param but: the number of the new case. :param now: microseconds UTC.
    """
    every = facts.texts(lots)
    texts = [every[lot] for lot in lots]
    return [case for case in _going(session, about(session, facts, lots), now) if case.case != but and touches(session, case, texts, now)]


def still_blocked(session: Session, state: Case, lots: Sequence[str], now: int, *, site: str = "") -> dict[str, tuple[str, ...]]:
    """Return which cases still stand against goods that one let go: number -> the lots, closed cases too. O(lots).

    :param state: the case that cleared them. :param lots: full ids; none: all that it reaches. :param site: only what lies there.
    """
    facts = SqlFacts(session, now)
    if not lots:
        found = reach_of_case(facts, state, for_case(state, session.rules).settings)
        texts = facts.texts(found.lots)
        lots = sorted(texts[lot] for lot in found.lots if not texts[lot].startswith("?"))
        if not any(case != state.case for case in about(session, facts, found.lots)):
            return {}  # no other case can be about any of them
    held: dict[str, list[str]] = {}
    for lot in lots:
        for each in blocks(session, lot, now, site):
            held.setdefault(each.case, []).append(lot)
    return {case: tuple(mine) for case, mine in sorted(held.items())}


def check_again(session: Session, clauses: Sequence[Clause], level: int, now: int) -> None:
    """See that no case of the same scope and class is open (rule 3). Raises ``Refused`` (``case.open_already``)."""
    asked = _scope(clauses)
    for case in _going(session, case_ids(session), now):
        if case.level == level and _scope(case.versions[-1].clauses) == asked:
            opened = f"{moment(case.opened).astimezone(CHINA):%Y-%m-%d %H:%M}"
            raise Refused("case.open_already", value=case.name, level=level, opened=opened, expected="--again")


def _going(session: Session, numbers: Collection[str], now: int) -> list[Case]:
    found: list[Case] = []
    for number in sorted(numbers):
        try:
            opened = load_cases(session, number, until=now)
        except NotFound:
            continue  # opened later than now, or only spoken about
        found += [case for case in opened if case.closed is None and case.withdrawn is None]
    return found


def _scope(clauses: Sequence[Clause]) -> tuple[frozenset[str], frozenset[Clause]]:
    """Return what a scope says, in whatever order and however its lots are divided among clauses."""
    lots = frozenset(lot for clause in clauses if isinstance(clause, LotsClause) for lot in clause.lots)
    return lots, frozenset(clause for clause in clauses if not isinstance(clause, LotsClause))
