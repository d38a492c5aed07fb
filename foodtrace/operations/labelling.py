"""From a certificate on record to its label.

Rules:

1. A label is drawn from the code that was signed, and from nothing else but the words the code does not carry.
2. Papers that are not ours have no code and so no label: beside a certificate of ours they are left out, and whoever prints is told
   (:func:`papers_of_lot`). A voided certificate is not printed again.
3. The phone stands on a label only when it is asked for: it is a personal value, and a label travels.
4. An origin that nobody stated is a line to write on by hand.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from foodtrace.certificate.label import Label
from foodtrace.certificate.payload import decode
from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import CertificateIssued, Key
from foodtrace.operations import serials
from foodtrace.operations.certificatestate import certificates_of, name_of
from foodtrace.operations.common import about
from foodtrace.operations.places import describe
from foodtrace.storage.session import Session

BLANK: Final = "____________"


def label_of(session: Session, event: CertificateIssued, *, contact: bool = False, statement: bool = True) -> Label:
    """Return the label of a certificate.

    :raises BadData: ``label.no_code``.
    """
    if not event.payload:
        raise BadData("label.no_code", value=f"{event.lot} {event.serial}")
    place = describe(session, event.site)
    phone = place[1].get("phone", "") if place and contact else ""
    return Label(
        payload=decode(event.payload),
        product=event.product,
        origin=event.origin or BLANK,
        issuer=name_of(session, event),
        contact=phone,
        statement=statement,
    )


def labels_of_lot(session: Session, lot: str, *, contact: bool = False, statement: bool = True) -> list[Label]:
    """Return the labels of a lot's living certificates.

    :raises NotFound: ``certificate.none``. :raises BadData: ``label.no_code``. :raises Refused: ``label.voided``.
    """
    issued, voided = certificates_of(session, lot)
    if not issued:
        raise NotFound("certificate.none", value=lot)
    void = {each.serial for each in voided}
    living = [each for each in issued if each.serial not in void]
    if not living:
        raise Refused("label.voided", value=lot)
    ours = [each for each in living if each.payload]
    return [label_of(session, each, contact=contact, statement=statement) for each in ours or living]


def papers_of_lot(session: Session, lot: str) -> list[CertificateIssued]:
    """Return the living papers of a lot that have no code to print (rule 2)."""
    issued, voided = certificates_of(session, lot)
    void = {each.serial for each in voided}
    return [each for each in issued if not each.payload and each.serial not in void]


def issued_on(session: Session, issuer: str, day: dt.date) -> list[str]:
    """Return the lots for which an issuer signed certificates on a day, voided ones left out, in order.

    Lots under a product's GTIN are found by the keys of the issuer: their ids do not begin with its own.
    """
    kids = sorted({each.event.kid for each in about(session, f"keys {issuer}", Key) if isinstance(each.event, Key)})
    found: list[str] = []
    for start in (f"certificate {issuer}/", *(serials.subject(kid, "") for kid in kids)):
        rows = session.rows("SELECT text FROM name WHERE text >= ? AND text < ? ORDER BY text", (start, start + "\x7f"))
        for (subject,) in rows:
            said = [each.event for each in about(session, subject, CertificateIssued)]
            found += [each.lot for each in said if isinstance(each, CertificateIssued) and each.issued == day and each.payload]
    return [lot for lot in dict.fromkeys(found) if _living(session, lot, day)]


def _living(session: Session, lot: str, day: dt.date) -> bool:
    """Say whether a certificate of a day is left of a lot's."""
    issued, voided = certificates_of(session, lot)
    void = {each.serial for each in voided}
    return any(each.issued == day and each.payload and each.serial not in void for each in issued)
