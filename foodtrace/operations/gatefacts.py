"""What the ledger knows about a truck at the gate: :class:`foodtrace.gate.Facts`, read in one transaction.

Rules:

1. Every look-up starts from this truck's certificate, seller or lot: nothing here grows with the ledger.
2. A certificate is the issuer's own only if the key that signed it is registered to the issuer it names: a signature that
   holds under somebody else's key is that somebody's word, not the issuer's (``foreign_key``).
3. What a certificate was used for is what was admitted on it and not undone; goods that are held have not used it.
4. Tests and recalls are those of this lot and of every lot it was made from.
5. A recall that cannot touch the lot is neither read nor walked: cases are found by the codes of the lot's few ancestors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec

from foodtrace.certificate.payload import Payload
from foodtrace.certificate.scan import Scan as CodeScan
from foodtrace.certificate.scan import authenticate, classify
from foodtrace.events import (
    CertificateIssued,
    Clause,
    Event,
    Key,
    Listing,
    LotsClause,
    MarketEntry,
    Operator,
    PredicateClause,
    RecallOpened,
    RecallWidened,
    RecallWithdrawn,
    Refusal,
    SellerFile,
    TruckExpected,
)
from foodtrace.events.canonical import decode
from foodtrace.gate.facts import Blacklisting, Certificate, Earlier, Facts, Licence, Paper, Recall, Scan, SelfGrown, Seller, Use
from foodtrace.gate.kinds import kind_of
from foodtrace.graph.edges import ABOUT, BY_RULE, day_number, micros, recalled
from foodtrace.graph.flows import LotInfo
from foodtrace.graph.names import find
from foodtrace.graph.predicate import fits
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.certificates import certificates_of, issuer_key
from foodtrace.operations.common import about, latest
from foodtrace.operations.goods import blocks
from foodtrace.operations.lineage import lineage
from foodtrace.operations.tests import tests_behind
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

_PROBLEMS: Final[dict[str, Scan]] = {"scan.unknown_key": "unknown_key", "scan.bad_signature": "bad_signature", "scan.revoked": "revoked"}


class Truck(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at the gate, as the clerk sees it."""

    text: str = ""
    """The certificate's code; empty: none was shown, or one that is not ours."""
    seller: str = ""
    """Operator id from the trader card; empty: the certificate's issuer."""
    goods: str = ""
    """Kind of goods; empty: told by the product's name."""
    product: str = ""
    weight: Quantity | None = None
    gross: Quantity | None = None
    tare: Quantity | None = None
    crates: int | None = None
    written: str = ""
    papers: tuple[Paper, ...] = ()
    shown: str = ""
    """A certificate that is not ours, looked at by a person: ``paper``, ``foreign``, or an older paper that is recorded as what it
    is, ``origin_proof`` or ``self_commitment``."""
    certificate: Certificate | None = None
    """What a person read off such a certificate, if it was written down."""
    grower: dict[str, str] = {}
    """Identity, phone and address of a self-grower: personal values, beside the log."""
    expiry: dt.date | None = None
    batch: str = ""
    source: str = ""
    """Registered site the goods come from, where no certificate says it."""
    lot: str = ""
    """Lot that the goods bring along (packaged food); empty: the certificate's, or one made at the gate."""


class Look(NamedTuple):
    """What a truck's code turned out to be."""

    found: CodeScan | None
    payload: Payload | None
    state: Scan
    issuer: str
    event: CertificateIssued | None
    uses: tuple[Use, ...]
    kid: str
    serial: str
    spent: tuple[Event, ...] = ()
    """Every live entry about the certificate."""

    @property
    def remaining(self) -> Quantity | None:
        """What is left of the certificate, none without one."""
        if self.payload is None:
            return None
        certified = self.payload.amount
        used = sum(use.quantity.value for use in self.uses if use.quantity.unit == certified.unit)
        return Quantity(max(0, certified.value - used), certified.unit)


NOTHING: Final = Look(None, None, "unreadable", "", None, (), "", "")
"""No code of ours was shown."""


def read_code(
    session: Session, text: str, today: dt.date, hosts: Collection[str] = (), *, skip: str = "", until: dt.datetime | None = None
) -> Look:
    """Say what a code is.

    :param hosts: hosts whose pages are trusted; empty: the one in the certificate on record.
    :param skip: id of an entry whose own use does not count (it is being told again). :param until: nor does a later one.
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on.
    """
    found = classify(text, hosts=hosts)
    payload = found.payload
    if payload is None:
        raise found.problem or ValueError(text)
    kid = payload.kid.hex()
    key = issuer_key(session, kid)
    found = authenticate(found, lambda _: bytes.fromhex(key.public) if key else None)
    issued, voided = certificates_of(session, payload.lot_id)
    event = next((each for each in issued if each.serial == payload.serial), None)
    issuer = key.issuer if key is not None and key.issuer else payload.operator
    state = _state(found, payload, key, event, today)
    if state in ("ok", "host") and any(each.serial == payload.serial for each in voided):
        state = "voided"
    told = [one.event for one in about(session, f"spent {kid} {payload.serial}", MarketEntry, Refusal)]
    spent = [each for each in told if each.id != skip and (until is None or each.at <= until)]
    uses = tuple(
        Use(when=each.at, gate=_gate(each), quantity=each.quantity, lot=each.lot)
        for each in spent
        if isinstance(each, MarketEntry) and each.decision == "admitted"
    )
    return Look(found, payload, state, issuer, event, uses, kid, payload.serial, tuple(spent))


def _gate(event: Event) -> str:
    return f"{event.site} {getattr(event, 'gate', '')}".strip()


def resolved(session: Session, ids: Sequence[str]) -> set[str]:
    """Return those of these held entries, by event id, that a live entry ends."""
    numbers = find(session, [f"resolves {each}" for each in ids])
    rows = session.each(
        "SELECT DISTINCT a.subject FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value AND a.ended = 0", list(numbers.values())
    )
    live = {row[0] for row in rows}
    return {text.removeprefix("resolves ") for text, number in numbers.items() if number in live}


def _earlier(session: Session, look: Look, here: str, seller: str) -> tuple[Earlier, ...]:
    """Return the trucks on the same certificate that did not enter: refused, or held and not decided."""
    kept = [each for each in look.spent if isinstance(each, Refusal) or (isinstance(each, MarketEntry) and each.decision == "held")]
    ended = resolved(session, [each.id for each in kept]) if kept else set()
    return tuple(
        Earlier(
            kind="refused" if isinstance(each, Refusal) else "held",
            when=each.at,
            gate=_gate(each),
            seller=each.seller,
            elsewhere=_gate(each) != here or each.seller != seller,
        )
        for each in kept
        if each.id not in ended
    )


def _state(found: CodeScan, payload: Payload, key: Key | None, event: CertificateIssued | None, today: dt.date) -> Scan:
    if found.problem is not None:
        return _PROBLEMS.get(found.problem.code, "unreadable")
    if key is None:
        return "unknown_key"
    if (payload.operator and key.issuer != payload.operator) or (event is not None and event.issuer != key.issuer):
        return "foreign_key"  # rule 2
    if key.action == "revoke" or _outside(key, payload.issued):
        return "revoked"
    if today > payload.valid_until:
        return "expired"
    if found.warnings or (event is not None and event.payload and _host(event.payload) != payload.host):
        return "host"
    return "ok"


def _outside(key: Key, day: dt.date) -> bool:
    return (key.valid_from is not None and day < key.valid_from) or (key.valid_until is not None and day > key.valid_until)


def _host(text: str) -> str:
    return text.removeprefix("https://").partition("/")[0]


def collect(session: Session, now: dt.datetime, market: str, truck: Truck, look: Look, *, lot: str, gate: str = "") -> Facts:
    """Read everything a decision looks at but the draw.

    :param gate: number of the gate the truck stands at.
    :param lot: the goods' lot, or empty where they get one only when they enter.
    """
    payload, event = look.payload, look.event
    seller = truck.seller or look.issuer
    certified = event.product if event else ""
    product = truck.product or certified
    closure = lineage(session, now, lot) if lot else []
    info = SqlFacts(session, micros(now)).lots([closure[0]])[closure[0]] if closure else None
    return Facts(
        when=now,
        market=market,
        goods=truck.goods or kind_of(product),  # type: ignore[arg-type]  # an unknown kind is held by the decision
        product=product,
        lot=lot,
        quantity=truck.weight,
        gross=truck.gross,
        tare=truck.tare,
        certificate=_certificate(truck, look, _earlier(session, look, f"{market} {gate}".strip(), seller)),
        seller=_seller(session, market, seller),
        blacklistings=_blacklistings(session, seller),
        papers=truck.papers,
        self_grown=SelfGrown(**{name: bool(truck.grower.get(name)) for name in ("identity", "phone", "address")}),
        tests=tests_behind(session, closure),
        recalls=_recalls(session, now, lot, closure, _described(payload, product, look.issuer, lot)) if lot else (),
        expiry=truck.expiry or _day(info.expiry if info else None),
        batch=truck.batch,
        expected=_expected(session, market, now.date(), seller),
    )


def _certificate(truck: Truck, look: Look, earlier: tuple[Earlier, ...]) -> Certificate | None:
    payload, event = look.payload, look.event
    if payload is None and truck.certificate is not None:
        return truck.certificate
    if payload is None:
        older = truck.shown in ("origin_proof", "self_commitment")
        return (
            Certificate(scan="paper" if older else truck.shown, form=truck.shown if older else "commitment")  # type: ignore[arg-type]
            if truck.shown
            else None
        )
    return Certificate(
        scan=look.state,
        style=payload.style,  # type: ignore[arg-type]
        form=event.form if event else "commitment",
        basis=payload.bases,
        product=event.product if event else "",
        issuer=look.issuer,
        quantity=payload.amount,
        issued=payload.issued,
        valid_until=payload.valid_until,
        used=look.uses,
        earlier=earlier,
    )


def _seller(session: Session, market: str, seller: str) -> Seller:
    file = latest(session, f"seller {market} {seller}", SellerFile)
    operator = latest(session, f"operator {seller}", Operator)
    risks = [each.event for each in about(session, f"operator {seller}", Listing)]
    grades = [each for each in risks if isinstance(each, Listing) and each.list == "risk"]
    return Seller(
        id=seller,
        known=operator is not None,
        file=file is not None,
        agreement_until=file.agreement_until if file else None,
        licences=tuple(Licence(number=each.number, valid_until=each.valid_until) for each in operator.licences) if operator else (),
        left=file.left if file else None,
        risk=max(grades, key=lambda each: (each.start, each.at)).grade if grades else "",
    )


def _blacklistings(session: Session, seller: str) -> tuple[Blacklisting, ...]:
    found = [each.event for each in about(session, f"operator {seller}", Listing)]
    return tuple(
        Blacklisting(basis=each.basis, start=each.start, end=each.end, repair=each.repair)
        for each in found
        if isinstance(each, Listing) and each.list == "blacklist"
    )


def _described(payload: Payload | None, product: str, issuer: str, lot: str) -> LotInfo:
    """Return what the papers say of a lot the ledger does not know yet."""
    produced = day_number(payload.harvested) if payload else None
    return LotInfo(lot=0, text=lot, product=product, gtin=payload.gtin if payload else "", producer=issuer, produced=produced)


def _recalls(session: Session, now: dt.datetime, lot: str, closure: list[int], papers: LotInfo) -> tuple[Recall, ...]:
    """Return the cases that stand against a lot (rules 4 and 5)."""
    facts = SqlFacts(session, micros(now))
    infos = list(facts.lots(closure).values()) if closure else [papers]
    found: list[Recall] = []
    walk = False
    for case in _candidates(session, [info.text for info in infos]):
        said = [each.event for each in about(session, f"case {case}", RecallOpened, RecallWidened, RecallWithdrawn)]
        opened = next((each for each in said if isinstance(each, RecallOpened)), None)
        if opened is None or opened.at > now or any(isinstance(each, RecallWithdrawn) and each.at <= now for each in said):
            continue
        clauses: tuple[Clause, ...] = ()
        for each in said:
            if isinstance(each, (RecallOpened, RecallWidened)) and each.at <= now:
                # Goods on record are walked, so too much here costs time only; of others nothing but the scope in force speaks.
                clauses = each.scope if isinstance(each, RecallWidened) and each.narrows and not closure else (*clauses, *each.scope)
        hits = [hit for clause in clauses if (hit := _touches(session, clause, infos, closure)) is not None]
        if hits and closure:
            walk = True
        elif hits:
            link = "confirmed" if True in hits else "possible"
            found.append(Recall(case=case, link=link, level=opened.level, lot=lot, advice=opened.advice))  # type: ignore[arg-type]
    if walk:
        found += [
            Recall(case=each.case, link=each.link, level=each.level, lot=lot, advice=each.advice)  # type: ignore[arg-type]
            for each in blocks(session, lot, micros(now))
        ]
    return tuple(found)


def _candidates(session: Session, lots: Sequence[str]) -> list[str]:
    """Return the cases that name one of these lots, or whose scope is a rule: no other case is read."""
    numbers = find(session, list(dict.fromkeys([BY_RULE, *(recalled(lot) for lot in lots)])))
    rows = session.each(
        "SELECT e.bytes FROM {ids} CROSS JOIN about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = f.value AND a.kind IN (?, ?) AND a.ended = 0",
        list(numbers.values()),
        (ABOUT[RecallOpened], ABOUT[RecallWidened]),
    )
    events = [decode(event_bytes(bytes(row[0]))) for row in rows]
    found = [getattr(event, "replacement", None) or event for event in events]
    return sorted({event.case for event in found if isinstance(event, (RecallOpened, RecallWidened))})


def _touches(session: Session, clause: Clause, infos: Collection[LotInfo], closure: list[int]) -> bool | None:
    """Say whether a clause may reach any of these lots: certainly, possibly (false), or not at all (none)."""
    if isinstance(clause, LotsClause):
        if {info.text for info in infos} & set(clause.lots):
            return True
        codes = {each.partition("/")[2] for each in clause.lots}  # an issuer nobody knows may stand before the code
        return False if closure and any(info.text.partition("/")[2] in codes for info in infos) else None
    if isinstance(clause, PredicateClause):
        # Who supplied a lot is told by the walk; here the other attributes alone may rule it out.
        plain = msgspec.structs.replace(clause, supplier="")
        verdicts = [fits(plain, info, ()) for info in infos]
        if all(each is False for each in verdicts):
            return None
        return True in verdicts and not clause.supplier
    site = find(session, [clause.site]).get(clause.site)
    if site is None or not closure:
        return None
    rows = session.each("SELECT h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.site = ?", closure, (site,))
    return False if rows else None


def _expected(session: Session, market: str, day: dt.date, seller: str) -> bool | None:
    """Say whether the seller's truck was announced; none where nobody announces trucks here today."""
    found = announced(session, market, day)
    return any(each.seller == seller for each in found) if found else None


def announced(session: Session, market: str, day: dt.date) -> list[TruckExpected]:
    """Return the trucks announced for a day, in the order of their log."""
    found = [each.event for each in about(session, f"expected {market} {day.isoformat()}", TruckExpected)]
    return [each for each in found if isinstance(each, TruckExpected)]


def _day(number: int | None) -> dt.date | None:
    return None if number is None else dt.date(1970, 1, 1) + dt.timedelta(days=number)
