"""What happens to the goods of a case at each site: sealed, returned, destroyed (RCL15 Art. 19, 24).

Rules:

1. These are facts: they are recorded of any case, open or closed, with quantity, place, who and the hash of the evidence.
2. Of which lots and how much of them, :mod:`foodtrace.operations.casestock` says; of a sealing without a quantity it is all that lies free.
3. How a destruction stands to its plan and its report, :mod:`foodtrace.operations.destruction` says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from foodtrace.errors import BadData, Refused
from foodtrace.events import Event, Returned, Sealing
from foodtrace.graph.directory import resolve_place
from foodtrace.graph.flows import BIRTHS
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.asplanned import Meant
from foodtrace.operations.casestock import amount_of, lots_meant, lying
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.destruction import destroyed
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Quantity
from foodtrace.recall.aliases import flows_of_lot
from foodtrace.recall.cases import load_cases, resolve_case
from foodtrace.recall.moves import pair
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session


def dispose(
    session: Session,
    doing: Doing,
    what: str,
    case: str | None,
    site: str,
    lot: str | None,
    quantity: Quantity | None,
    *,
    to: str = "",
    in_transit: bool = False,
    witness: str = "",
    place: str = "",
    method: str = "",
    reported: dt.datetime | None = None,
    plan: str = "",
    evidence: str = "",
    allow_short: bool = False,
) -> Outcome:
    """Seal, return or destroy goods of a case at a site (rules 1-3); the answer is the events.

    :param what: ``seal``, ``return``, ``destroy``. :param in_transit: of a return: under way, a receipt says what arrived.
    :param plan: id of the planned destruction; by default the one that stands for this site and lot.
    :param method: of a destruction; empty: as planned, else ``destroyed``. :param reported: when time and place of all of it were reported;
        none: as far as the plan was, and covers what happens.
    :raises Refused: ``case.holds_less``, ``case.quantity_needed``, ``case.nothing_there``, ``case.all_sealed``, ``case.sealed_already``.
    :raises NotFound: ``case.not_affected``.
    :raises BadData: ``case.return_to``, ``case.return_same_site``, ``case.report_late``, ``quantity.*``.
    :raises Ambiguous: ``case.which_lot_here``.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    back = resolve_place(session, to) if to else ""
    if what == "return" and back == at:
        raise BadData("case.return_same_site", value=at, name=site_name(session, at))
    events: list[Event] = []
    sealed = False
    for each in lots_meant(session, doing, full, at, lot, quantity):
        bare = what == "seal" and quantity is not None
        amount = amount_of(session, doing, full, at, each, quantity, allow_short=allow_short, bare=bare)
        if amount is not None and what == "seal" and quantity is None:
            free = [left for left in lying(session, doing, full, at, each, but="custody") if left.unit == amount.unit]
            amount, sealed = (free[0] if free else None), sealed or not free
        if amount is None:
            continue
        common: dict[str, Any] = {"id": doing.event_id(f"-{len(events) + 1}"), "at": doing.now, "by": doing.by, "site": at, "lot": each}
        common |= {"quantity": amount, "evidence": evidence, "case": full}
        if what == "seal":
            events.append(Sealing(**common))
        elif what == "return":
            if not to:
                raise BadData("case.return_to", value=at, name=site_name(session, at))
            events.append(Returned(to=back, in_transit=in_transit, **common))
        else:
            said = Meant(doing.now, place, method, witness)
            for more in destroyed(session, doing, common, said, reported=reported, plan=plan):
                events.append(msgspec.structs.replace(more, id=doing.event_id(f"-{len(events) + 1}")))
    if not events:
        raise Refused("case.all_sealed" if sealed else "case.nothing_there", value=at, case=full, name=site_name(session, at))
    return Outcome(events=events, answer=events)


def strange_returns(session: Session, events: Sequence[Event], now: int) -> list[str]:
    """Return the sites that goods went back to although, by the records, they came from there to nobody, and nobody there recalls them.

    Where such goods are destroyed they may go from anywhere.

    :param events: what :func:`dispose` answered.
    """
    facts = SqlFacts(session, now)
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, Returned):
            to = facts.site(event.to) or 0
            flows = flows_of_lot(facts, facts.lot(event.lot) or 0)
            begun = any(flow.kind in BIRTHS and flow.site == to for flow in flows)
            sent = any(move.src == to and not move.recall for move in pair(flows, {}, facts.ranks()))
            if not begun and not sent and not _keeps(facts, event, to):
                found[event.to] = None
    return list(found)


def _keeps(facts: SqlFacts, event: Returned, to: int) -> bool:
    """Say whether goods went to whoever recalls them, and no outlet of his, by every case of the number; or where they are destroyed."""
    info = facts.sites([to])[to]
    if info.kind == "disposal":
        return True
    opened = load_cases(facts.session, event.case, until=facts.now, site=event.site)
    return all(
        info.operator == state.operator != "" and not info.is_outlet(for_case(state, facts.session.rules).settings.outlet_kinds)
        for state in opened
    )
