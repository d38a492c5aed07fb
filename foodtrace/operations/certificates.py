"""Issuing, recording and voiding certificates (承诺达标合格证, DOMAIN section 1.2).

Rules:

1. A commitment's basis is never defaulted: whoever commits says on what. ``self_declared`` stands on older papers only.
2. The issuer's key signs the code. It is an entry of the log (``use="issuer"``), so that anybody can see it was in force. The
   first key that signs for an issuer is registered with the certificate; once an issuer has a key, another one signs only after
   it was registered as well. A revoked or outdated key signs nothing.
3. One production batch, one lot: the code is the day and a running number, under the issuer's id or the product's GTIN. The serial is
   the same text, or the day's next number where the key signed that one for another product: ``(kid, serial)`` is what a gate spends,
   so it must be unique among all certificates of a key.
4. The site is registered. Where goods are processed a production licence is due and must be in force (FSL Art. 35; the same
   article asks for none to sell edible farm produce, so farms and collectors need none).
5. Style 2 is a collector's who mixed or repacked, and names what it took in: lots of this ledger with the quantity of each, or
   the numbers of papers. More certified than came in is a finding in the answer, not an error: the paper may come later.
6. Older papers (自我承诺, 产地证明) and papers of other platforms are recorded as what they are: no key, no code, no label.
7. A certificate is made void by whoever has the issuer's key, once, with a reason.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.certificate.balance import OverCertified
from foodtrace.certificate.payload import BASES, STYLE_2, Payload, Test, encode
from foodtrace.errors import BadData, Conflict, NotFound
from foodtrace.events import CertificateIssued, CertificateVoided, Portion
from foodtrace.graph.edges import micros
from foodtrace.graph.names import in_use, used
from foodtrace.graph.reader import SqlFacts
from foodtrace.keys import SigningKey, kid
from foodtrace.operations import serials
from foodtrace.operations.blocking import refused
from foodtrace.operations.certificaterules import (
    certifying_site,
    check_goods,
    check_licence,
    check_style,
    checked_bases,
    last_day,
    signing_key,
)
from foodtrace.operations.certificatestate import certificates_of, shown
from foodtrace.operations.collected import collected, findings_about
from foodtrace.operations.common import Doing, Outcome, latest
from foodtrace.operations.newgoods import new_goods
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

HOST = "trace.example"
"""Host of the page behind the code where the caller names none; ``.example`` never resolves."""
COMMITTED: Final = ("quality_control", "own_test", "commissioned_test")
"""Bases of a new commitment (rule 1)."""

LONGEST_NUMBER: Final = 80
"""Longest number of a paper, in characters."""

Form: TypeAlias = Literal["commitment", "self_commitment", "origin_proof"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a new certificate says beside product, quantity and basis."""

    origin: str = ""
    """Origin (产地), to the county, better the village; empty: the county of the site on record."""
    region: str = ""
    """Area code of 6 or 12 digits; empty: the site's."""
    issued: dt.date | None = None
    """Papers that are not ours: the date on the paper, not in the future; none: the paper was not read for it. Ours are issued today."""
    harvested: dt.date | None = None
    """None: the day of issue."""
    valid_days: int = 30
    valid_until: dt.date | None = None
    """Wins over ``valid_days``."""
    host: str = HOST
    stem: str = ""
    gtin: str = ""
    """GTIN-14 of the product where it has a real one: the lot is then named under it."""
    code: str = ""
    """Code of the lot; empty: the next one of the day."""
    test: Test | None = None
    """A test that the commitment rests on, named in the code."""
    style: Literal[1, 2] = 1
    upstream: tuple[Portion, ...] = ()
    """Style 2: what was taken in and went into these goods."""
    papers: tuple[str, ...] = ()
    """Style 2: numbers of upstream certificates that are not on this ledger."""
    new_key: bool = False
    """Register this key beside the one the issuer has (rule 2)."""


class Issued(msgspec.Struct, frozen=True):
    """An issued certificate."""

    event: CertificateIssued
    text: str
    """The text of its QR code."""
    findings: tuple[OverCertified, ...] = ()
    """What does not add up about the lots it was made from (rule 5)."""


def next_code(session: Session, issuer: str, day: dt.date) -> str:
    """Return the next free lot code ``YYMMDD-N`` under an issuer."""
    return _next_number(session, f"{issuer}/", day)


def free_serial(session: Session, kid: str, wanted: str, day: dt.date) -> str:
    """Return a serial that nothing on record names with a key: the one wanted, else the day's next number (rule 3)."""
    if not in_use(session, [serials.subject(kid, wanted)]):
        return wanted
    return _next_number(session, serials.subject(kid, ""), day)


def _next_number(session: Session, before: str, day: dt.date) -> str:
    """Return ``YYMMDD-N`` with the first N after those of the day's names that begin with ``before``."""
    start = f"{before}{day:%y%m%d}-"
    rows = session.rows(f"SELECT n.text FROM name AS n WHERE n.text >= ? AND n.text < ? AND {used('n')}", (start, start + "\x7f"))  # noqa: S608
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
    terms: Terms | None = None,
) -> Outcome:
    """Issue a certificate; the answer is :class:`Issued`. Registers the issuer's key on first use.

    :param terms: everything else a certificate says; the four parameters before it are short for it.
    :raises BadData: ``certificate.*``, ``quantity.zero``. :raises Refused: ``certificate.licence_*``, ``certificate.key_*``.
    :raises Conflict: ``certificate.exists``.
    """
    asked = terms or Terms(origin=origin, valid_days=valid_days, host=host, code=code)
    place = certifying_site(session, site)
    bases = checked_bases(basis, COMMITTED)
    check_goods(product, quantity)
    check_style(asked.style, asked.upstream, asked.papers)
    issuer, day = place.operator, doing.now.date()
    check_licence(session, place, day)
    key_id, events = signing_key(session, doing, key, place, new=asked.new_key)
    authority = asked.gtin or issuer
    lot_code = asked.code or next_code(session, authority, day)
    lot = f"{authority}/{lot_code}"
    # A recalled lot gets no new paper, nor what is made from one, nor what a case's rule means (RECALL section 7); asked before all else.
    said = _said(doing, place.site, lot, issuer, product, quantity, asked)
    new = new_goods(SqlFacts(session, micros(doing.now)), said)
    goods = [(lot, quantity), *((each.lot, each.quantity) for each in asked.upstream)]
    against = refused(session, doing, "certificate", goods, place.site, new=new)
    if against is not None:
        return against
    if any(each.kid or each.serial == lot_code for each in certificates_of(session, lot)[0]):
        raise Conflict("certificate.exists", value=lot)
    serial = free_serial(session, key_id.hex(), lot_code, day)
    payload = Payload(
        host=asked.host,
        stem=asked.stem,
        gtin=asked.gtin,
        operator="" if asked.gtin else issuer,
        lot=lot_code,
        serial=serial,
        kid=key_id,
        quantity=quantity.value,
        unit=quantity.unit,
        region=(asked.region or place.region or "0" * 12).ljust(12, "0"),
        harvested=asked.harvested or day,
        issued=day,
        valid_until=asked.valid_until or last_day(day, asked.valid_days),
        basis=sum(BASES[each] for each in bases) | (STYLE_2 if asked.style == 2 else 0),  # noqa: PLR2004 - style 2
        test=asked.test,
    )
    text = encode(payload, key.sign)
    event = CertificateIssued(
        id=doing.event_id("-certificate"),
        at=doing.now,
        by=doing.by,
        site=place.site,
        lot=payload.lot_id,
        serial=serial,
        issuer=issuer,
        style=asked.style,
        product=product,
        quantity=quantity,
        origin=asked.origin or place.county,
        region=payload.region,
        harvested=payload.harvested,
        issued=day,
        valid_until=payload.valid_until,
        basis=bases,  # type: ignore[arg-type]  # checked above
        upstream=asked.upstream,
        upstream_serials=asked.papers,
        kid=key_id.hex(),
        payload=text,
    )
    found = _findings(session, doing, event)
    return Outcome(events=[*events, event], answer=Issued(event, text, tuple(found)))


def _said(doing: Doing, site: str, lot: str, issuer: str, product: str, quantity: Quantity, asked: Terms) -> CertificateIssued:
    """Return what a certificate would say of its goods."""
    return CertificateIssued(
        id=doing.event_id("-certificate"),
        at=doing.now,
        site=site,
        lot=lot,
        serial=lot.rpartition("/")[2],
        issuer=issuer,
        style=asked.style,
        product=product,
        quantity=quantity,
        harvested=asked.harvested or doing.now.date(),
        upstream=asked.upstream,
    )


def record_paper(
    session: Session,
    doing: Doing,
    site: str,
    form: Form,
    product: str,
    quantity: Quantity,
    *,
    number: str = "",
    basis: tuple[str, ...] = (),
    terms: Terms | None = None,
) -> Outcome:
    """Record a paper that is not ours as what it is (rule 6); the answer is :class:`Issued` without text.

    :param site: where the goods come from. :param number: the paper's own number as printed, often in Chinese; its lot gets a
        code of the day, which is the serial as well where the number is not visible ASCII or missing.
        A date of issue that nobody read off the paper stays unknown; the day of recording stands in the entry anyway.
    :raises BadData: ``certificate.*``, ``quantity.zero``. :raises Conflict: ``certificate.exists``.
    """
    asked = terms or Terms()
    place = certifying_site(session, site)
    check_goods(product, quantity)
    if form not in ("commitment", "self_commitment", "origin_proof"):
        raise BadData("certificate.form", value=form, expected="commitment, self_commitment, origin_proof")
    bases = checked_bases(basis, tuple(BASES)) if basis or form == "commitment" else ()
    if form == "commitment":
        check_style(asked.style, asked.upstream, asked.papers)
    day = doing.now.date()
    if asked.issued is not None and asked.issued > day:
        raise BadData("certificate.issued_ahead", value=asked.issued, expected=day)
    if asked.valid_until is not None and asked.issued is not None and asked.valid_until < asked.issued:
        raise BadData("certificate.valid_until", value=asked.valid_until, expected=f">= {asked.issued}")
    lot_code = asked.code or next_code(session, place.operator, day)
    lot = f"{place.operator}/{lot_code}"
    printed = number.strip()
    if len(printed) > LONGEST_NUMBER or not printed.isprintable():
        raise BadData("certificate.number", value=number, expected=LONGEST_NUMBER)
    serial = printed if printed and all("!" <= each <= "~" for each in printed) else lot_code
    if latest(session, f"certificate {lot} {serial}", CertificateIssued) is not None:
        raise Conflict("certificate.exists", value=f"{lot} {serial}")
    event = CertificateIssued(
        id=doing.event_id("-certificate"),
        at=doing.now,
        by=doing.by,
        site=place.site,
        lot=lot,
        serial=serial,
        issuer=place.operator,
        style=asked.style,
        form=form,
        product=product,
        quantity=quantity,
        origin=asked.origin or place.county,
        region=asked.region,
        harvested=asked.harvested,
        issued=asked.issued,
        valid_until=asked.valid_until,
        basis=bases,  # type: ignore[arg-type]  # checked above
        upstream=asked.upstream,
        upstream_serials=asked.papers,
        number=printed,
    )
    return Outcome(events=[event], answer=Issued(event, "", tuple(_findings(session, doing, event))))


def void(session: Session, doing: Doing, key: SigningKey, lot: str, reason: str, *, serial: str = "") -> Outcome:
    """Make a certificate void (rule 7); the answer is :class:`foodtrace.operations.certificatestate.Shown` as it stands then.

    :param serial: which one, where a lot has several. :raises NotFound: ``certificate.none``.
    :raises BadData: ``certificate.reason_missing``, ``certificate.which``. :raises Conflict: ``certificate.already_void``.
    :raises Refused: ``certificate.key_*``.
    """
    if not reason.strip():
        raise BadData("certificate.reason_missing", value="-", expected="--reason")
    issued, voided = certificates_of(session, lot)
    found = [each for each in issued if not serial or each.serial == serial]
    if not found:
        raise NotFound("certificate.none", value=f"{lot} {serial}".strip())
    living = [each for each in found if each.serial not in {one.serial for one in voided}]
    if not living:
        raise Conflict("certificate.already_void", value=f"{lot} {found[-1].serial}")
    if len(living) > 1:
        raise BadData("certificate.which", value=len(living), expected=", ".join(each.serial for each in living))
    event = living[0]
    if event.kid and kid(event.issuer, key.public).hex() != event.kid:
        signing_key(session, doing, key, certifying_site(session, event.site), new=False, register=False)
    done = CertificateVoided(
        id=doing.event_id("-void"), at=doing.now, by=doing.by, site=event.site, lot=lot, serial=event.serial, reason=reason.strip()
    )
    answer = msgspec.structs.replace(shown(session, event, doing.now), state="voided", voided=done)
    return Outcome(events=[done], answer=answer)


def _findings(session: Session, doing: Doing, event: CertificateIssued) -> list[OverCertified]:
    if event.style == 1:
        return []
    return findings_about(session, [each.lot for each in event.upstream], event.site, micros(doing.now), collected(event))
