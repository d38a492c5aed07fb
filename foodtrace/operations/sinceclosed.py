"""What stands against a case that was closed: a record that was corrected, or came late, since.

Rules:

1. A case closes when nothing stands against it, or over what somebody answers for. What stands against it now and did not then was not
   looked at by whoever closed it: a closed case is no all-clear for it, and is to be reopened.
2. What was closed over is what stood by the records of that moment; of goods, as many. More of them is not what was answered for.
"""

from __future__ import annotations

from collections.abc import Sequence

from foodtrace.events import RecallClosed
from foodtrace.graph.edges import micros
from foodtrace.operations.closing import Condition, conditions
from foodtrace.recall.cases import Told, load_case
from foodtrace.recall.facts import Case
from foodtrace.storage.session import Session


def since_closed(session: Session, case: Case, told: Sequence[Told], against: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return what stands against a closed case that did not when it was closed; nothing of one that is open or withdrawn.

    :param told: the records of the case. :param against: what stands against closing it now.
    """
    if case.closed is None or case.withdrawn is not None or not against:
        return ()
    ignored = set(case.without_standing)
    closings = [
        (recorded, event)
        for recorded, event, entry in told
        if isinstance(event, RecallClosed) and micros(event.at) == case.closed and entry not in ignored
    ]
    overridden = [recorded for recorded, event in closings if event.override]
    if not overridden:
        return tuple(against)
    recorded = max(overridden)
    then = load_case(session, case.name or case.case, until=case.closed, known_by=recorded, told=told)
    stood: dict[tuple[str, str, str], int] = {}
    for each in conditions(session, case.closed, then, recorded_until=recorded):
        stood[each.kind, each.site, each.unit] = stood.get((each.kind, each.site, each.unit), 0) + each.quantity
    return tuple(each for each in against if each.quantity > stood.get((each.kind, each.site, each.unit), -1))
