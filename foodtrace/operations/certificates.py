"""Issuing and finding certificates (承诺达标合格证, DOMAIN section 1.2).

Rules:

1. A commitment's basis is never defaulted: whoever commits says on what.
2. The issuer's key signs the code. It is an entry of the log (``use="issuer"``), so that anybody can see it was in force.
3. One production batch, one lot: the code is the day and a running number, under the issuer's id. The serial is the same
   text: ``(kid, serial)`` is what a gate spends, so it must be unique among all certificates of a key.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from foodtrace.certificate.payload import BASES, STYLE_2, Payload, encode
from foodtrace.errors import BadData, Conflict
from foodtrace.events import CertificateIssued, CertificateVoided, Event, Key
from foodtrace.keys import SigningKey, kid
from foodtrace.operations.blocking import refused
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

HOST = "trace.example"
"""Host of the page behind the code where the caller names none; ``.example`` never resolves."""


class Issued(msgspec.Struct, frozen=True):
    """An issued certificate."""

    event: CertificateIssued
    text: str
    """The text of its QR code."""


def next_code(session: Session, issuer: str, day: dt.date) -> str:
    """Return the next free lot code ``YYMMDD-N`` under an issuer."""
    start = f"{issuer}/{day:%y%m%d}-"
    rows = session.rows("SELECT text FROM name WHERE text >= ? AND text < ?", (start, start + "\x7f"))
    numbers = [int(rest) for (text,) in rows if (rest := text[len(start) :]).isdigit()]
    return f"{day:%y%m%d}-{1 + max(numbers, default=0)}"


def issue(
    session: Session,
    doing: Doing,
    key: SigningKey,
    site: str,
    product: str,
    quantity: Quantity,
    basis: tuple[str, ...],
    *,
    origin: str = "",
    valid_days: int = 30,
    host: str = HOST,
    code: str = "",
) -> Outcome:
    """Issue a style 1 certificate; the answer is :class:`Issued`. Registers the issuer's key on first use.

    :raises BadData: ``certificate.*``, ``quantity.zero``. :raises NotFound: ``site.not_found``.
    """
    found = describe(session, site)
    if found is None:
        raise BadData("certificate.no_site", value=site)
    place = found[0]
    if not basis:
        raise BadData("certificate.basis_missing", value="-", expected=", ".join(BASES))
    unknown = [each for each in basis if each not in BASES]
    if unknown:
        raise BadData("certificate.basis_unknown", value=unknown[0], expected=", ".join(BASES))
    if quantity.value == 0:
        raise BadData("quantity.zero", value=str(quantity))
    issuer, day = place.operator, doing.now.date()
    key_id = kid(issuer, key.public)
    events: list[Event] = []
    if latest(session, f"kid {key_id.hex()}", Key) is None:
        events.append(
            Key(
                id=doing.event_id("-key"),
                at=doing.now,
                by=doing.by,
                site=place.site,
                action="register",
                use="issuer",
                public=key.public.hex(),
                issuer=issuer,
                kid=key_id.hex(),
            )
        )
    lot_code = code or next_code(session, issuer, day)
    against = refused(session, doing, "certificate", [(f"{issuer}/{lot_code}", quantity)], place.site)
    if against is not None:
        return against
    if latest(session, f"certificate {issuer}/{lot_code} {lot_code}", CertificateIssued) is not None:
        raise Conflict("certificate.exists", value=f"{issuer}/{lot_code}")
    region = (place.region or "0" * 12).ljust(12, "0")
    payload = Payload(
        host=host,
        operator=issuer,
        lot=lot_code,
        serial=lot_code,
        kid=key_id,
        quantity=quantity.value,
        unit=quantity.unit,
        region=region,
        harvested=day,
        issued=day,
        valid_until=day + dt.timedelta(days=valid_days),
        basis=sum(BASES[each] for each in set(basis)) & ~STYLE_2,
    )
    text = encode(payload, key.sign)
    event = CertificateIssued(
        id=doing.event_id("-certificate"),
        at=doing.now,
        by=doing.by,
        site=place.site,
        lot=f"{issuer}/{lot_code}",
        serial=lot_code,
        issuer=issuer,
        product=product,
        quantity=quantity,
        origin=origin,
        region=region,
        harvested=day,
        issued=day,
        valid_until=payload.valid_until,
        basis=basis,  # type: ignore[arg-type]  # checked above
        kid=key_id.hex(),
        payload=text,
    )
    return Outcome(events=[*events, event], answer=Issued(event, text))


def certificates_of(session: Session, lot: str) -> tuple[list[CertificateIssued], list[CertificateVoided]]:
    """Return the certificates issued for a lot, and the voided ones."""
    found = [each.event for each in about(session, lot, CertificateIssued, CertificateVoided)]
    return [e for e in found if isinstance(e, CertificateIssued)], [e for e in found if isinstance(e, CertificateVoided)]


def issuer_key(session: Session, key_id: str) -> Key | None:
    """Return the key entry of a certificate key id, none if this ledger does not know it."""
    found = latest(session, f"kid {key_id}", Key)
    return found if isinstance(found, Key) else None
