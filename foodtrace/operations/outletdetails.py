"""What a list for vans and telephones says of a site besides its quantities: who answers for it, its licence, when goods came.

Rules:

1. Read only for the rows that are shown or written to a file; the recall answer itself needs none of it. O(rows and their flows).
2. The latest description of a site, and of its operator, counts; a licence on the site outranks one on its operator.
3. Nothing personal is here: the names of sole traders and self-growers stand beside the log (DESIGN section 5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from foodtrace.events import Event, Licence, Operator, Site
from foodtrace.events.canonical import decode
from foodtrace.graph.edges import moment
from foodtrace.graph.flows import BIRTHS, DELIVERED, LEAVING, UNKNOWN_TIME, Flow, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.known import facts_by
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import CHINA, said
from foodtrace.recall.aliases import flows_of_lot
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

_CODE: Final = 18
"""Characters of a unified social credit code."""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What else is known of a site; empty where nothing is on record."""

    operator_name: str = ""
    """Registered name of a legal person."""
    credit_code: str = ""
    """Unified social credit code of the operator; empty where it has a local id only."""
    licence: str = ""
    licence_until: str = ""
    """Last day of the licence, ``YYYY-MM-DD``."""
    first: str = ""
    """Local day on which the first of the affected goods came, ``YYYY-MM-DD``."""
    last: str = ""


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lot began, or the gate by which it came to market."""

    site: str
    """Trading name, else the id."""
    at: str
    """Moment as ISO text, UTC; empty where it is not known."""
    quantity: int
    unit: int
    """0 g, 1 ml, 2 piece."""
    began: bool = True
    """False: not where it began, but the first place outside that it came to."""


NOTHING: Final = Details()


def details(
    session: Session, sites: Mapping[str, Collection[str]], operators: Mapping[str, str], now: int, recorded_until: int | None = None
) -> dict[str, Details]:
    """Return what else is known of sites.

    :param sites: site id -> full ids of its affected lots. :param operators: site id -> operator id.
    :param now: T, microseconds UTC: what came later is not seen. :param recorded_until: nor what was recorded later than this.
    """
    facts = facts_by(session, now, recorded_until)
    numbers = find(session, list(sites))
    described = _latest_sites(session, numbers, facts)
    known = _operators(session, set(operators.values()), facts)
    days = _days(session, {lot for lots in sites.values() for lot in lots}, facts)
    made: dict[str, Details] = {}
    for site in sites:
        operator = operators.get(site, "")
        answers = known.get(operator)
        licence = _licence(described.get(numbers.get(site, 0)), answers)
        first, last = days.get(numbers.get(site, 0), ("", ""))
        made[site] = Details(
            operator_name=answers.name if answers else "",
            credit_code=operator if len(operator) == _CODE else "",
            licence=licence.number if licence else "",
            licence_until=str(licence.valid_until) if licence and licence.valid_until else "",
            first=first,
            last=last,
        )
    return made


def births(session: Session, lot: str, now: int, recorded_until: int | None = None) -> tuple[Birth, ...]:
    """Return where a lot began, and the first place outside that site it came to: what a caller is told first.

    Where it began at several sites, each of them and no more, the first by time; what began at one site in several records is added up.
    """
    facts = facts_by(session, now, recorded_until)
    number = facts.lot(lot)
    if number is None:
        return ()
    known = flows_of_lot(facts, number)
    texts = facts.texts({site for each in known for site in (each.site, each.other)})
    # By what they say, not by where it stands: who wrote first does not matter.
    flows = sorted(known, key=lambda each: (each.t, texts[each.site], texts[each.other], each.q, each.kind))
    born: dict[tuple[int, int], Flow] = {}
    for each in flows:
        if each.kind in BIRTHS:
            first = born.setdefault((each.site, each.unit), each)
            born[each.site, each.unit] = first if first is each else msgspec.structs.replace(first, q=first.q + each.q)
    began = list(born.values())
    shown = [(each.site, each, True) for each in began]
    if len({each.site for each in began}) == 1:
        # A receipt, or a dispatch that speaks for both sides; from where the lot began, if any says so: whichever was first.
        came = [(where, each, False) for each in flows if (where := _arrived_at(each)) not in (0, began[0].site)]
        straight = [place for place in came if _sender(place[1]) == began[0].site]
        shown = [*shown[:1], *(straight or came)[:1]]
    names = facts.sites({site for site, _, _ in shown})
    return tuple(
        Birth(
            site=names[site].name or names[site].text,
            at="" if each.flags & UNKNOWN_TIME else moment(each.t).isoformat(),
            quantity=each.q,
            unit=each.unit,
            began=first,
        )
        for site, each, first in shown
    )


def _sender(flow: Flow) -> int:
    return flow.other if flow.kind == FlowKind.RECEIPT else flow.site


def _arrived_at(flow: Flow) -> int:
    """Return the site at which goods came by a flow, 0 if they came nowhere."""
    if flow.kind == FlowKind.RECEIPT:
        return flow.site
    return flow.other if flow.kind in LEAVING and flow.flags & DELIVERED else 0


def _latest_sites(session: Session, numbers: Mapping[str, int], facts: SqlFacts) -> dict[int, Site]:
    rows = session.each(
        "SELECT s.site, s.log, s.seq, e.bytes FROM {ids} CROSS JOIN site_fact AS s JOIN log AS g ON g.id = s.log "
        "JOIN entry AS e ON e.log = s.log AND e.seq = s.seq WHERE s.site = f.value AND s.ended = 0 ORDER BY s.recorded, g.origin, s.seq",
        list(numbers.values()),
    )
    latest = {site: bytes(data) for site, log, seq, data in rows if facts.seen(log, seq)}
    return {site: event for site, data in latest.items() if isinstance(event := _event(data), Site)}


def _operators(session: Session, operators: Collection[str], facts: SqlFacts) -> dict[str, Operator]:
    rows = session.each(
        "SELECT a.log, a.seq, e.bytes FROM {ids} CROSS JOIN about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = f.value AND a.kind = ? AND a.ended <= 0",
        list(find(session, [f"operator {each}" for each in operators]).values()),
        (ABOUT[Operator],),
    )
    seen = [bytes(data) for log, seq, data in rows if facts.seen(log, seq)]
    found = [event for data in seen if isinstance(event := _event(data), Operator)]
    return {event.operator: event for event in sorted(found, key=lambda each: (each.at, each.id))}


def _event(data: bytes) -> Event:
    event: Event = said(decode(event_bytes(data)))
    return event


def _licence(site: Site | None, operator: Operator | None) -> Licence | None:
    if site is not None and site.licence is not None:
        return site.licence
    return operator.licences[0] if operator is not None and operator.licences else None


def _days(session: Session, lots: Collection[str], facts: SqlFacts) -> dict[int, tuple[str, str]]:
    """Return, per site, the first and last local day on which any of some lots came there."""
    numbers = set(find(session, list(lots)).values())
    numbers |= {other for _, other in facts.aliases(numbers)}
    spans: dict[int, tuple[int, int]] = {}
    for flow in facts.flows(numbers):
        site = _arrived(flow)
        if not site or flow.flags & UNKNOWN_TIME:
            continue
        first, last = spans.get(site, (flow.t, flow.t))
        spans[site] = (min(first, flow.t), max(last, flow.t))
    return {site: (_day(first), _day(last)) for site, (first, last) in spans.items()}


def _arrived(flow: Flow) -> int:
    """Return the site a flow brings goods to; 0 for none."""
    if flow.kind in (FlowKind.DISPATCH, FlowKind.RETURN):
        return flow.other if flow.flags & DELIVERED else 0
    return flow.site if flow.kind in BIRTHS or flow.kind == FlowKind.RECEIPT else 0


def _day(microseconds: int) -> str:
    return moment(microseconds).astimezone(CHINA).date().isoformat()
