"""What stands against a case that was closed: a record that was corrected, or came late, since.

Rules:

1. A case closes when nothing stands against it, or over what somebody answers for. What stands against it now and did not then was not
   looked at by whoever closed it: a closed case is no all-clear for it, and is to be reopened.
2. A closing without override says that nothing stood against it. By what was on record then something may have: another program closed
   it, or a log that is here now was not there.
3. What was closed over is what stood by the records of that moment; of goods, as many. More of them is not what was answered for.
"""

from __future__ import annotations

from collections.abc import Sequence

from foodtrace.events import RecallClosed
from foodtrace.graph.edges import micros
from foodtrace.operations.closing import Condition, conditions
from foodtrace.operations.notdone import things
from foodtrace.recall.cases import Told, case_events, load_case
from foodtrace.recall.facts import Case
from foodtrace.storage.session import Session


def closings_of(case: Case, told: Sequence[Told]) -> list[tuple[int, RecallClosed, tuple[int, int]]]:
    """Return (recorded, event, (log, seq)) of what closed a case that is closed."""
    ignored = set(case.without_standing)
    return [
        (recorded, event, entry)
        for recorded, event, entry in told
        if isinstance(event, RecallClosed) and micros(event.at) == case.closed and entry not in ignored
    ]


def unmet_when_closed(session: Session, case: Case, told: Sequence[Told]) -> dict[tuple[int, int], int]:
    """Return how many things stood against each closing without override, by the records of its time: (log, seq) of its entry -> count.

    O(affected) for each such closing. :param told: the records of the case.
    """
    ignored = set(case.without_standing)
    found: dict[tuple[int, int], int] = {}
    for recorded, event, entry in told:
        if isinstance(event, RecallClosed) and not event.override.strip() and entry not in ignored:
            at = micros(event.at)
            then = load_case(session, case.name or case.case, until=at, known_by=recorded, told=told)
            found[entry] = things(conditions(session, at, then, recorded_until=recorded))
    return found


def unmet_at(session: Session, case: str, now: int) -> dict[tuple[int, int], int]:
    """Return :func:`unmet_when_closed` of a case by its number or name, as of a moment."""
    told = [each for each in case_events(session, case.partition("@")[0]) if micros(each[1].at) <= now]
    return unmet_when_closed(session, load_case(session, case, until=now, told=told), told)


def since_closed(session: Session, case: Case, told: Sequence[Told], against: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return what stands against a closed case that did not when it was closed; nothing of one that is open or withdrawn.

    :param told: the records of the case. :param against: what stands against closing it now.
    """
    if case.closed is None or case.withdrawn is not None or not against:
        return ()
    overridden = [recorded for recorded, event, _ in closings_of(case, told) if event.override]
    if not overridden:
        return tuple(against)
    recorded = max(overridden)
    then = load_case(session, case.name or case.case, until=case.closed, known_by=recorded, told=told)
    stood: dict[tuple[str, str, str], int] = {}
    for each in conditions(session, case.closed, then, recorded_until=recorded):
        stood[each.kind, each.site, each.unit] = stood.get((each.kind, each.site, each.unit), 0) + each.quantity
    return tuple(each for each in against if each.quantity > stood.get((each.kind, each.site, each.unit), -1))
