"""Which of the records under a case number are about one case, where two logs opened a case of that number.

Rules:

1. What happened to goods is booked under the number, by whoever saw it: it is of the case that reaches these goods. Goods that neither
   reaches are told by both: nobody knows whose they are.
2. An answer to a notice is of the case whose notice that was; one to none is of the case of the lots it names.
3. What becomes of a case is said by those who have a say in it (:mod:`foodtrace.recall.cases`, rule 2), and is not asked here.
"""

from __future__ import annotations

from collections.abc import Sequence

from foodtrace.events import Acknowledgement, Destroyed, DestructionPlanned, Event, Notice, Refusal, Returned, Sealing
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.managing import reach_of
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import Told, load_cases
from foodtrace.recall.facts import Case
from foodtrace.storage.session import Session


def told_of_this(session: Session, facts: SqlFacts, case: Case, told: Sequence[Told], found: Affected) -> list[Told]:
    """Return the records of a case's number that are about this case; all of them where nobody else opened one of that number.

    :param told: every record of the number. :param found: what the case reaches.
    """
    others = [state for state in load_cases(session, case.case, until=facts.now, told=told) if state.opener != case.opener]
    if not others:
        return list(told)
    mine = _names(facts, found)
    theirs = {name for state in others for name in _names(facts, reach_of(facts, state))} - mine
    ignored = set(case.without_standing)
    notices = {event.id for _, event, entry in told if isinstance(event, Notice) and entry in ignored}
    return [each for each in told if not _elsewhere(each[1], theirs, notices)]


def _names(facts: SqlFacts, found: Affected) -> set[str]:
    numbers = {name for names in found.names.values() for name in names} | set(found.lots)
    texts = facts.texts(numbers)
    return {texts[number] for number in numbers}


def _elsewhere(event: Event, lots: set[str], notices: set[str]) -> bool:
    """Tell whether a record is about the other case. :param lots: what only that reaches. :param notices: ids of the notices it sent."""
    if isinstance(event, Acknowledgement):
        return event.notice in notices if event.notice else bool(event.on_hand) and all(each.lot in lots for each in event.on_hand)
    return isinstance(event, (Sealing, Returned, Destroyed, DestructionPlanned, Refusal)) and event.lot in lots
