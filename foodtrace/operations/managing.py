"""Whether something may be said of a case here and now, and what the case is about (RECALL sections 2, 7).

Rules:

1. A case is found by its number, or is the only open one. Of several that logs opened under one number the log that speaks decides.
2. Only a log with standing says what becomes of a case (:mod:`foodtrace.recall.cases`, rule 2); nobody of a withdrawn one.
3. What lets goods go, narrows or overrides needs a reason and the number of who answers for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from foodtrace.errors import BadData, Refused
from foodtrace.events import Clause
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import behind
from foodtrace.operations.common import Doing
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import load_cases, name_case, one_of, standing_of
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import reach_of_case
from foodtrace.storage.session import Session


def managed(session: Session, doing: Doing, given: str | None, *, closed: bool = False) -> Case:
    """Return the case that something is said about, if it may be said here and now (rule 2).

    :param closed: whether it may be said of a closed case.
    :raises Refused: ``case.closed``, ``case.withdrawn``, ``case.no_standing``. :raises NotFound: ``case.not_found``.
    :raises Ambiguous: ``case.opened_twice``, where it is not said for which log this is.
    """
    full = name_case(session, given)
    opened = load_cases(session, full, until=micros(doing.now))
    if doing.log:
        opened = [each for each in opened if standing_of(session, each.opener)(doing.log)]
        if not opened:
            raise Refused("case.no_standing", value=full)
    state = one_of(opened)
    if state.withdrawn is not None:
        raise Refused("case.withdrawn", value=full)
    if state.closed is not None and not closed:
        raise Refused("case.closed", value=full)
    return state


def reach_of(facts: SqlFacts, state: Case, clauses: Sequence[Clause] | None = None) -> Affected:
    """Return the affected set of a case, or of other clauses for it."""
    return reach_of_case(facts, state, for_case(state, facts.session.rules).settings, clauses)


def concerned(session: Session, case: str, lot: str, now: int) -> bool:
    """Say whether a case can be about a lot; of goods without lot, whether it reaches them.

    :param case: full number. :param lot: full id. :param now: microseconds UTC.
    """
    if case not in behind(session, lot, now):
        return False
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    return not lot.startswith("?") or any(
        number == reached for state in load_cases(session, case, until=now) for reached, _ in reach_of(facts, state).holdings
    )


def check_reason(reason: str) -> None:
    """Refuse an empty reason. :raises BadData: ``case.reason``."""
    if not reason.strip():
        raise BadData("case.reason", value="-", expected="--reason")


def check_approved(number: str) -> None:
    """Refuse an empty number of who answers for it. :raises BadData: ``case.approved_by``."""
    if not number.strip():
        raise BadData("case.approved_by", value="-", expected="--approved-by")
