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
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.events import (
    Listing,
    Operator,
    SellerFile,
    TruckExpected,
)
from foodtrace.gate.facts import Blacklisting, Certificate, Earlier, Facts, Licence, Paper, SelfGrown, Seller, Use
from foodtrace.gate.grower import FIELDS
from foodtrace.gate.kinds import kind_of
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import FlowKind, LotInfo
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.identifiers.lot import gate_code
from foodtrace.operations.common import about, latest
from foodtrace.operations.gatecode import Look, earlier
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.lineage import lineage
from foodtrace.operations.places import describe
from foodtrace.operations.sellers import personal_on_file
from foodtrace.operations.tests import tests_behind
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session


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


def collect(
    session: Session,
    now: dt.datetime,
    market: str,
    truck: Truck,
    look: Look,
    *,
    lot: str,
    gate: str = "",
    number: int = 0,
    keys: KeyList | None = None,
) -> Facts:
    """Read everything a decision looks at but the draw.

    :param gate: number of the gate the truck stands at. :param keys: key list that the gate carries.
    :param lot: the goods' lot, or empty where they get one only when they enter. :param number: the truck's, which that lot's code has.
    """
    event = look.event
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
        certificate=_certificate(session, truck, look, earlier(session, look, f"{market} {gate}".strip(), seller)),
        seller=_seller(session, market, seller),
        blacklistings=_blacklistings(session, seller),
        papers=(*truck.papers, *(each.paper for each in vouchers_on_record(session, closure[:1], market))),
        self_grown=_grown(session, market, seller, truck),
        tests=tests_behind(session, closure),
        recalls=recalls(session, now, lot, closure, _said(session, now, market, truck, look, product, lot, gate, number)),
        keys_ended=keys.until if keys is not None and keys.stale(now.date()) is not None else None,
        expiry=truck.expiry or _day(info.expiry if info else None),
        batch=truck.batch,
        expected=_expected(session, market, now.date(), seller),
    )


def _said(
    session: Session, now: dt.datetime, market: str, truck: Truck, look: Look, product: str, lot: str, gate: str, number: int
) -> LotInfo:
    """Return what is said of the goods; of those that get their lot only when they enter, of the lot that they will get."""
    if lot:
        return described(look.payload, product, look.issuer, lot, truck.expiry)
    owner = _run_by(session, market)
    makers = {_run_by(session, truck.source)} if truck.source else {truck.seller, owner} - {""}
    code = gate_code(now.date(), gate, number) if gate else ""
    said = described(None, product, next(iter(makers)) if len(makers) == 1 else "", f"{owner}/{code}", truck.expiry)
    return msgspec.structs.replace(said, makers=tuple(sorted(makers)))


def _run_by(session: Session, site: str) -> str:
    found = describe(session, site)
    return found[0].operator if found else site


class OnRecord(NamedTuple):
    """An electronic sales voucher to this market that stands in the ledger, and who sent the goods."""

    paper: Paper
    source: str


def vouchers_on_record(session: Session, lots: Sequence[int], market: str) -> list[OnRecord]:
    """Return the sales vouchers of a lot to this market: the seller's record is the buyer's purchase voucher (DOMAIN section 1.2)."""
    place = find(session, [market]).get(market, 0)
    rows = session.each(
        "SELECT m.pair, n.text FROM {ids} CROSS JOIN move AS m JOIN name AS n ON n.id = m.site "
        "WHERE m.lot = f.value AND m.kind = ? AND m.other = ? AND m.ended = 0 LIMIT 20",
        lots,
        (int(FlowKind.DISPATCH), place),
    )
    return [OnRecord(Paper(kind="sales", number=pair), source) for pair, source in rows]


def _certificate(session: Session, truck: Truck, look: Look, earlier: tuple[Earlier, ...]) -> Certificate | None:
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
        used=_named(session, look.uses),
        earlier=_named(session, earlier),
        twins=look.twins,
    )


_Seen = TypeVar("_Seen", Use, Earlier)


def _named(session: Session, seen: Sequence[_Seen]) -> tuple[_Seen, ...]:
    """Return earlier trucks with the market's name in place of its id: a clerk knows it by that."""
    names: dict[str, str] = {}
    for each in seen:
        site = each.gate.partition(" ")[0]
        if site not in names:
            found = describe(session, site)
            names[site] = found[0].name if found and found[0].name else site
    return tuple(
        msgspec.structs.replace(each, gate=" ".join((names[each.gate.partition(" ")[0]], each.gate.partition(" ")[2])).strip())
        for each in seen
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


def _grown(session: Session, market: str, seller: str, truck: Truck) -> SelfGrown:
    """Return what is recorded of a self-grower: with this truck, or in the seller's file here (looked at for such goods only)."""
    kept = personal_on_file(session, market, seller) if truck.goods == "self_grown" and seller else {}
    return SelfGrown(**{field: bool(truck.grower.get(field) or kept.get(field)) for field in FIELDS})


def _blacklistings(session: Session, seller: str) -> tuple[Blacklisting, ...]:
    found = [each.event for each in about(session, f"operator {seller}", Listing)]
    return tuple(
        Blacklisting(basis=each.basis, start=each.start, end=each.end, repair=each.repair)
        for each in found
        if isinstance(each, Listing) and each.list == "blacklist"
    )


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
