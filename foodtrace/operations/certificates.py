"""Issuing, recording, voiding and finding certificates (承诺达标合格证, DOMAIN section 1.2).

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
from foodtrace.certificate.serials import differ
from foodtrace.errors import BadData, Conflict, NotFound, Refused
from foodtrace.events import CertificateIssued, CertificateVoided, Event, Key, Licence, MarketEntry, Operator, Portion, Site
from foodtrace.graph.edges import micros
from foodtrace.graph.names import find
from foodtrace.identifiers import licence as licences
from foodtrace.keys import SigningKey, kid
from foodtrace.operations import serials
from foodtrace.operations.blocking import refused
from foodtrace.operations.collected import collected, findings_about
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.issuers import heeded, key_word
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

HOST = "trace.example"
"""Host of the page behind the code where the caller names none; ``.example`` never resolves."""
LICENCE_DUE: Final[dict[str, licences.Kind]] = {"processor": "SC", "plant": "SC"}
"""Kind of site -> kind of licence that is due there before it may certify goods (rule 4)."""
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


def next_code(session: Session, issuer: str, day: dt.date) -> str:
    """Return the next free lot code ``YYMMDD-N`` under an issuer."""
    start = f"{issuer}/{day:%y%m%d}-"
    rows = session.rows("SELECT text FROM name WHERE text >= ? AND text < ?", (start, start + "\x7f"))
    numbers = [int(rest) for (text,) in rows if (rest := text[len(start) :]).isdigit()]
    return f"{day:%y%m%d}-{1 + max(numbers, default=0)}"


def free_serial(session: Session, kid: str, wanted: str, day: dt.date) -> str:
    """Return a serial that nothing on record names with a key: the one wanted, else the day's next number (rule 3)."""
    if not find(session, [serials.subject(kid, wanted)]):
        return wanted
    start = serials.subject(kid, f"{day:%y%m%d}-")
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
    terms: Terms | None = None,
) -> Outcome:
    """Issue a certificate; the answer is :class:`Issued`. Registers the issuer's key on first use.

    :param terms: everything else a certificate says; the four parameters before it are short for it.
    :raises BadData: ``certificate.*``, ``quantity.zero``. :raises Refused: ``certificate.licence_*``, ``certificate.key_*``.
    :raises Conflict: ``certificate.exists``.
    """
    asked = terms or Terms(origin=origin, valid_days=valid_days, host=host, code=code)
    place = _place(session, site)
    bases = _bases(basis, COMMITTED)
    _check_goods(product, quantity)
    _check_style(asked)
    issuer, day = place.operator, doing.now.date()
    _licensed(session, place, day)
    key_id, events = _signing(session, doing, key, place, new=asked.new_key)
    authority = asked.gtin or issuer
    lot_code = asked.code or next_code(session, authority, day)
    lot = f"{authority}/{lot_code}"
    # A recalled lot gets no new paper, nor does what is made from one (RECALL section 7); asked before anything else is answered.
    against = refused(session, doing, "certificate", [(lot, quantity), *((each.lot, each.quantity) for each in asked.upstream)], place.site)
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
        valid_until=asked.valid_until or _until(day, asked.valid_days),
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
    place = _place(session, site)
    _check_goods(product, quantity)
    if form not in ("commitment", "self_commitment", "origin_proof"):
        raise BadData("certificate.form", value=form, expected="commitment, self_commitment, origin_proof")
    bases = _bases(basis, tuple(BASES)) if basis or form == "commitment" else ()
    if form == "commitment":
        _check_style(asked)
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
    """Make a certificate void (rule 7); the answer is :class:`Shown` as it stands then.

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
        _signing(session, doing, key, _place(session, event.site), new=False, register=False)
    done = CertificateVoided(
        id=doing.event_id("-void"), at=doing.now, by=doing.by, site=event.site, lot=lot, serial=event.serial, reason=reason.strip()
    )
    answer = msgspec.structs.replace(shown(session, event, doing.now), state="voided", voided=done)
    return Outcome(events=[done], answer=answer)


def shown(session: Session, event: CertificateIssued, now: dt.datetime) -> Shown:
    """Return a certificate as it stands now, with what was used of it and what does not add up."""
    _, voided = certificates_of(session, event.lot)
    gone = next((each for each in voided if each.serial == event.serial), None)
    entries = [each.event for each in about(session, serials.subject(event.kid or event.lot, event.serial), MarketEntry)]
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


def _findings_of(session: Session, event: CertificateIssued, now: dt.datetime) -> list[OverCertified]:
    upstream = [each.lot for each in event.upstream]
    return findings_about(session, upstream, event.site, micros(now), certificate=f"{event.lot} {event.serial}")


def name_of(session: Session, event: CertificateIssued) -> str:
    """Return the committing party's name: the operator's where it is public, else its site's trading name, else its id."""
    operator = latest(session, f"operator {event.issuer}", Operator)
    if isinstance(operator, Operator) and operator.name:
        return operator.name
    place = describe(session, event.site)
    return place[0].name if place else event.issuer


def certificates_of(session: Session, lot: str) -> tuple[list[CertificateIssued], list[CertificateVoided]]:
    """Return the certificates issued for a lot, and the voided ones."""
    found = [each.event for each in about(session, lot, CertificateIssued, CertificateVoided)]
    return [e for e in found if isinstance(e, CertificateIssued)], [e for e in found if isinstance(e, CertificateVoided)]


def issuer_key(session: Session, key_id: str) -> Key | None:
    """Return the key entry of a certificate key id, none if this ledger knows of no word about it that counts."""
    found = key_word(session, key_id)
    return found.event if found is not None and isinstance(found.event, Key) else None


def keys_in_force(session: Session, issuer: str, day: dt.date) -> list[Key]:
    """Return the keys that may sign an issuer's certificates on a day."""
    newest: dict[str, Key] = {}
    for each in heeded(session, issuer, about(session, f"keys {issuer}", Key)):
        if isinstance(each.event, Key):
            newest[each.event.kid] = each.event
    return [each for each in newest.values() if _in_force(each, day)]


# -- what must hold before anything is signed ----------------------------------------------------------------------------------


def _place(session: Session, site: str) -> Site:
    found = describe(session, site)
    if found is None or found[0].closed:
        raise BadData("certificate.no_site", value=site)
    return found[0]


def _bases(basis: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the bases, each once, in the order of the form (rule 1)."""
    if not basis:
        raise BadData("certificate.basis_missing", value="-", expected=", ".join(known))
    unknown = [each for each in basis if each not in known]
    if unknown:
        raise BadData("certificate.basis_unknown", value=unknown[0], expected=", ".join(known))
    return tuple(each for each in BASES if each in basis)


def _check_goods(product: str, quantity: Quantity) -> None:
    if not product.strip():
        raise BadData("certificate.product", value=product)
    if quantity.value == 0:
        raise BadData("quantity.zero", value=quantity)


def _check_style(asked: Terms) -> None:
    """Rule 5: a collector names what it took in, a producer takes nothing in."""
    named = bool(asked.upstream or asked.papers)
    if asked.style == 2 and not named:  # noqa: PLR2004 - style 2
        raise BadData("certificate.no_upstream", value="-", expected="--from LOT=500kg, --paper NUMBER")
    if asked.style == 1 and named:
        raise BadData("certificate.style", value=1, expected=2)
    zero = next((each for each in asked.upstream if each.quantity.value == 0), None)
    if zero is not None:
        raise BadData("quantity.zero", value=zero.quantity)


def _until(day: dt.date, valid_days: int) -> dt.date:
    try:
        return day + dt.timedelta(days=valid_days)
    except OverflowError:
        raise BadData("certificate.dates", value=valid_days, expected="2020-01-01 .. 2119-12-31") from None


def _licensed(session: Session, place: Site, day: dt.date) -> None:
    """Rule 4."""
    due = LICENCE_DUE.get(place.kind)
    if due is None:
        return
    operator = latest(session, f"operator {place.operator}", Operator)
    every: list[Licence] = [*([place.licence] if place.licence else []), *(operator.licences if isinstance(operator, Operator) else ())]
    named = [each for each in every if each.number.upper().startswith(due)]
    if not named:
        raise Refused("certificate.licence_missing", value=place.site, expected=due)
    sound = [each for each in named if licences.is_valid(each.number)]
    if not sound:
        raise Refused("certificate.licence_form", value=named[0].number, expected=due)
    if all(each.valid_until is not None and each.valid_until < day for each in sound):
        last = max(each.valid_until for each in sound if each.valid_until is not None)
        raise Refused("certificate.licence_expired", value=sound[0].number, expected=last.isoformat())


def _signing(
    session: Session, doing: Doing, key: SigningKey, place: Site, *, new: bool, register: bool = True
) -> tuple[bytes, list[Event]]:
    """Return the key's id for this issuer, and the entry that registers it if it is new (rule 2)."""
    issuer, day = place.operator, doing.now.date()
    key_id = kid(issuer, key.public)
    found = issuer_key(session, key_id.hex())
    if found is not None:
        if found.action == "revoke":
            raise Refused("certificate.key_revoked", value=key_id.hex(), expected=issuer)
        if not _in_force(found, day):
            raise Refused("certificate.key_outdated", value=key_id.hex(), expected=f"{found.valid_from or ''} .. {found.valid_until or ''}")
        return key_id, []
    others = keys_in_force(session, issuer, day)
    if not register or (others and not new):
        raise Refused(
            "certificate.key_not_issuers", value=key_id.hex(), expected=", ".join(each.kid for each in others) or "-", issuer=issuer
        )
    entry = Key(
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
    return key_id, [entry]


def _in_force(key: Key, day: dt.date) -> bool:
    starts = key.valid_from is None or key.valid_from <= day
    return key.action != "revoke" and starts and (key.valid_until is None or day <= key.valid_until)


def _findings(session: Session, doing: Doing, event: CertificateIssued) -> list[OverCertified]:
    if event.style == 1:
        return []
    return findings_about(session, [each.lot for each in event.upstream], event.site, micros(doing.now), collected(event))
