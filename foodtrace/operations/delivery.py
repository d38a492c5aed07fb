"""What a delivery note says beside what arrived."""

from __future__ import annotations

import datetime as dt

from foodtrace.errors import NotFound
from foodtrace.graph.copies import flows_once
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import FlowKind
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session


def noted(session: Session, lot: str, site: str, doc: str, now: dt.datetime) -> int | None:
    """Return how much of a lot a sender's dispatch under a document number says for a site; none: no such dispatch is on record."""
    facts = SqlFacts(session, micros(now))
    try:
        number = facts.lot(resolve_lot(session, lot))
    except NotFound:
        return None  # nobody has named it before
    place = find(session, [site]).get(site)
    if number is None or place is None:
        return None
    told, _ = flows_once(facts, facts.flows([number]))
    sent = [each.q for each in told if each.kind == FlowKind.DISPATCH and each.pair == doc and each.other == place]
    return sum(sent) if sent else None
