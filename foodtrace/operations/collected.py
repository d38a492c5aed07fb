"""Reads what :mod:`foodtrace.certificate.balance` asks: style 2 certificates, and what came in of the lots they name.

Rules:

1. For one lot the look-up is O(affected): from the upstream lot along the lots made of it at the site.
2. For ``reconcile`` every certificate of the database is read once, in one pass.
3. What came in by the books is what the site's holding shows on its left side, less what it has too much: born, received,
   brought back (RECALL section 4).
"""

from __future__ import annotations

from collections.abc import Iterable

from foodtrace.certificate.balance import At, Came, Collected, OverCertified, over_certified
from foodtrace.events import CertificateIssued, CertificateVoided, Portion
from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Found, about, once, said
from foodtrace.quantity import LIMIT, Quantity, Unit
from foodtrace.recall.aliases import flows_of_lot
from foodtrace.recall.moves import pair
from foodtrace.recall.quantities import holdings
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of

STYLE_2 = 2


def findings(session: Session, now: int) -> list[OverCertified]:
    """Return every finding of the database about style 2 certificates (for ``reconcile``).

    :param now: microseconds UTC; what happened later is not seen.
    """
    rows = session.rows(
        "SELECT DISTINCT a.log, a.seq, e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.kind IN (?, ?) AND a.ended = 0 ORDER BY a.log, a.seq",
        (ABOUT[CertificateIssued], ABOUT[CertificateVoided]),
    )
    issued: list[CertificateIssued] = []
    void: set[tuple[str, str]] = set()
    told = once(session, [Found(log, seq, said(event_of(session, log, seq, data))) for log, seq, data in rows])
    for event in (each.event for each in told):
        if isinstance(event, CertificateVoided):
            void.add((event.lot, event.serial))
        elif isinstance(event, CertificateIssued) and event.style == STYLE_2:
            issued.append(event)
    living = [collected(each) for each in issued if (each.lot, each.serial) not in void]
    return over_certified(living, came_in(session, _pairs(living), now))


def findings_about(
    session: Session, upstream: Iterable[str], site: str, now: int, *more: Collected, certificate: str = ""
) -> list[OverCertified]:
    """Return the findings that some upstream lots and a site are in.

    :param more: certificates about to be issued, which the books do not have yet.
    :param certificate: ``LOT SERIAL`` of one on record, whose own findings are told too.
    """
    lots = list(dict.fromkeys(upstream))
    facts = SqlFacts(session, now)
    numbers = [number for lot in lots if (number := facts.lot(lot)) is not None]
    made = {child for _, child in facts.children(numbers)}
    own = {each.lot for each in more}
    certificates = [each for lot in sorted(facts.texts(made)[number] for number in made) if lot not in own for each in _of(session, lot)]
    living = [each for each in certificates if each.site == site and any(portion.lot in lots for portion in each.upstream)]
    every = [*living, *more]
    wanted = [each for each in _pairs(every) if each[0] in lots]
    found = over_certified(every, came_in(session, wanted, now))
    named = {f"{each.lot} {each.serial}" for each in more} | {certificate}
    return [each for each in found if each.lot in lots or named.intersection(each.certificates)]


def collected(event: CertificateIssued) -> Collected:
    """Return a style 2 certificate as the rules see it."""
    return Collected(lot=event.lot, serial=event.serial, site=event.site, quantity=event.quantity, upstream=event.upstream, entry=event.id)


def came_in(session: Session, pairs: Iterable[At], now: int) -> dict[At, Came]:
    """Return what came in of upstream lots at sites, by the books and by the upstream certificates."""
    facts = SqlFacts(session, now)
    return {(lot, site): Came(booked=_booked(facts, lot, site), certified=_certified(session, lot)) for lot, site in dict.fromkeys(pairs)}


def _booked(facts: SqlFacts, lot: str, site: str) -> tuple[Quantity, ...]:
    number, place = facts.lot(lot), facts.site(site)
    if number is None or place is None:
        return ()
    flows = flows_of_lot(facts, number)
    sums = holdings(pair(flows, {}, facts.ranks()), flows)
    found = {UNIT_NAMES[unit]: each.inflow - each.over for (_, where, unit), each in sums.items() if where == place}
    return tuple(Quantity(min(value, LIMIT), unit) for unit, value in sorted(found.items()) if value > 0)  # type: ignore[arg-type]


def _certified(session: Session, lot: str) -> tuple[Quantity, ...]:
    said = [each.event for each in once(session, about(session, lot, CertificateIssued, CertificateVoided))]
    void = {each.serial for each in said if isinstance(each, CertificateVoided)}
    sums: dict[Unit, int] = {}
    for each in said:
        if isinstance(each, CertificateIssued) and each.lot == lot and each.serial not in void:
            sums[each.quantity.unit] = sums.get(each.quantity.unit, 0) + each.quantity.value
    return tuple(Quantity(min(value, LIMIT), unit) for unit, value in sorted(sums.items()))


def _of(session: Session, lot: str) -> list[Collected]:
    said = [each.event for each in once(session, about(session, lot, CertificateIssued, CertificateVoided))]
    void = {each.serial for each in said if isinstance(each, CertificateVoided)}
    return [collected(each) for each in said if isinstance(each, CertificateIssued) and each.style == STYLE_2 and each.serial not in void]


def _pairs(certificates: Iterable[Collected]) -> list[At]:
    return [(portion.lot, each.site) for each in certificates for portion in each.upstream]


__all__ = ["Portion", "came_in", "collected", "findings", "findings_about"]
