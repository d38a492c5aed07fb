"""A certificate as it stands on record now: valid, expired or voided, what was used of it, and what does not add up."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from foodtrace.certificate.balance import OverCertified
from foodtrace.certificate.serials import differ
from foodtrace.events import CertificateIssued, CertificateVoided, MarketEntry, Operator
from foodtrace.graph.edges import micros
from foodtrace.operations import serials
from foodtrace.operations.collected import findings_about
from foodtrace.operations.common import about, latest, once
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it stands on record now."""

    event: CertificateIssued
    issuer: str
    """Name of the committing party, as far as it is public; else its site's."""
    site: str
    """Name of the site."""
    state: Literal["valid", "expired", "voided"]
    voided: CertificateVoided | None
    used: tuple[Quantity, ...]
    """Admitted on it at gates this ledger knows, one amount a unit."""
    remaining: Quantity
    findings: tuple[OverCertified, ...]


def shown(session: Session, event: CertificateIssued, now: dt.datetime) -> Shown:
    """Return a certificate as it stands now, with what was used of it and what does not add up."""
    _, voided = certificates_of(session, event.lot)
    gone = next((each for each in voided if each.serial == event.serial), None)
    entries = [each.event for each in once(session, about(session, serials.subject(event.kid or event.lot, event.serial), MarketEntry))]
    body, sums = serials.issued_body(event), dict[str, int]()
    for each in entries:
        if isinstance(each, MarketEntry) and each.decision == "admitted" and not differ(body, serials.spent_body(each)):
            sums[each.quantity.unit] = sums.get(each.quantity.unit, 0) + each.quantity.value
    late = event.valid_until is not None and now.date() > event.valid_until
    place = describe(session, event.site)
    return Shown(
        event=event,
        issuer=name_of(session, event),
        site=place[0].name if place else event.site,
        state="voided" if gone else "expired" if late else "valid",
        voided=gone,
        used=tuple(Quantity(value, unit) for unit, value in sorted(sums.items())),  # type: ignore[arg-type]
        remaining=Quantity(max(0, event.quantity.value - sums.get(event.quantity.unit, 0)), event.quantity.unit),
        findings=() if gone else tuple(_findings_of(session, event, now)),
    )


def certificates_of(session: Session, lot: str) -> tuple[list[CertificateIssued], list[CertificateVoided]]:
    """Return the certificates issued for a lot, and the voided ones."""
    found = [each.event for each in about(session, lot, CertificateIssued, CertificateVoided)]
    return [e for e in found if isinstance(e, CertificateIssued)], [e for e in found if isinstance(e, CertificateVoided)]


def name_of(session: Session, event: CertificateIssued) -> str:
    """Return the committing party's name: the operator's where it is public, else its site's trading name, else its id."""
    operator = latest(session, f"operator {event.issuer}", Operator)
    if isinstance(operator, Operator) and operator.name:
        return operator.name
    place = describe(session, event.site)
    return place[0].name if place else event.issuer


def _findings_of(session: Session, event: CertificateIssued, now: dt.datetime) -> list[OverCertified]:
    upstream = [each.lot for each in event.upstream]
    return findings_about(session, upstream, event.site, micros(now), certificate=f"{event.lot} {event.serial}")
