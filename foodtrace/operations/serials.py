"""What is on record under a certificate's key and serial: who issued what, and what was done on it (:mod:`foodtrace.certificate.serials`).

Rules:

1. A word that somebody signed something counts only if the signature holds: who writes another log must not be able to make a farm's
   certificates doubtful.
2. Of an entry at a gate, a certificate counts as signed if the gate checked it and found it so.
"""

from __future__ import annotations

from collections.abc import Iterable

from foodtrace.certificate.payload import Payload, verify
from foodtrace.certificate.scan import classify
from foodtrace.certificate.serials import Body, body_of, differ
from foodtrace.errors import FoodtraceError
from foodtrace.events import CertificateIssued, Event, MarketEntry, Refusal
from foodtrace.gate.facts import Twin


def subject(kid: str, serial: str) -> str:
    """Return the subject of everything about one (kid, serial)."""
    return f"spent {kid} {serial}"


def signed(event: CertificateIssued) -> Payload | None:
    """Return what the code of an issued certificate says; none of a paper, or of a text that is no code of ours."""
    payload = classify(event.payload, typed=False).payload if event.payload else None
    return payload if payload is not None and (payload.kid.hex(), payload.serial) == (event.kid, event.serial) else None


def issued_body(event: CertificateIssued) -> Body:
    """Return the body of an issued certificate."""
    payload = signed(event)
    return body_of(payload, event.product) if payload is not None else Body("", event.lot, event.quantity, event.product)


def spent_body(event: MarketEntry | Refusal) -> Body:
    """Return the body of the certificate that an entry at a gate is about."""
    certified = event.certified_quantity if isinstance(event, MarketEntry) else None
    return Body(event.certificate_hash, event.lot, certified)


def holds(event: CertificateIssued, public: bytes) -> bool:
    """Say whether an issued certificate is signed by a key (rule 1)."""
    payload = signed(event)
    if payload is None:
        return False
    try:
        verify(payload, public)
    except FoodtraceError:
        return False
    return True


def twins(body: Body, public: bytes, issued: Iterable[CertificateIssued], entries: Iterable[Event]) -> tuple[Twin, ...]:
    """Return the other certificates that the same key signed under the same serial, each once.

    :param body: the certificate at hand, with the product on record. :param public: the key, 32 bytes.
    """
    found: list[tuple[Body, Twin]] = []
    for each in issued:
        other = issued_body(each)
        if differ(body, other) and holds(each, public) and all(differ(known, other) for known, _ in found):
            found.append((other, Twin(lot=each.lot, product=each.product, quantity=each.quantity, when=each.at)))
    for entry in entries:
        if isinstance(entry, (MarketEntry, Refusal)) and (entry.certificate_hash or getattr(entry, "certified", False)):
            other = spent_body(entry)
            if differ(body, other) and all(differ(known, other) for known, _ in found):
                found.append((other, Twin(lot=entry.lot, product=entry.product, quantity=other.quantity, when=entry.at)))
    return tuple(twin for _, twin in found)


__all__ = ["holds", "issued_body", "signed", "spent_body", "subject", "twins"]
