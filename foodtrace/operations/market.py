"""The gate: facts from the ledger, a pure decision, and the entry that puts it on record, in one transaction (DESIGN section 8).

A certificate's lot keeps its code: one production batch is one lot, however many trucks bring it. Goods without a lot in law
get a code at the gate (DOMAIN section 7, rule 1).
"""

from __future__ import annotations

import msgspec

from foodtrace.certificate.scan import Scan as CodeScan
from foodtrace.certificate.scan import authenticate, classify
from foodtrace.events import Event, Listing, MarketEntry, Operator, Refusal, SellerFile, TestRecorded
from foodtrace.gate import decide
from foodtrace.gate.decision import Decision
from foodtrace.gate.facts import Blacklisting, Certificate, Facts, Licence, Paper, Recall, Seller, Test, Use
from foodtrace.gate.pack import Rulebook
from foodtrace.graph.directory import resolve_site
from foodtrace.graph.edges import micros
from foodtrace.operations.certificates import certificates_of, issuer_key
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.goods import blocks
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session


class GateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate said to one truck."""

    verdict: str
    """``admit``, ``hold`` or ``refuse``."""
    decision: Decision
    lot: str
    product: str
    quantity: Quantity | None
    seller: str
    entry: str
    """Id of the event on record."""


def scan(session: Session, text: str) -> CodeScan:
    """Say what a scanned text is, with its signature checked against the keys on record."""
    found = classify(text)

    def key_of(key_id: bytes) -> bytes | None:
        key = issuer_key(session, key_id.hex())
        return bytes.fromhex(key.public) if key is not None and key.action != "revoke" else None

    return authenticate(found, key_of)


def admit(
    session: Session,
    doing: Doing,
    rules: Rulebook,
    text: str,
    market: str,
    *,
    weight: Quantity | None = None,
    papers: tuple[Paper, ...] = (),
    goods: str = "produce",
) -> Outcome:
    """Decide on one truck from the text of its code; the answer is :class:`GateAnswer`.

    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on.
    """
    place = resolve_site(session, market)
    found = scan(session, text)
    payload = found.payload
    if payload is None:
        raise found.problem or ValueError(text)
    issued, voided = certificates_of(session, payload.lot_id)
    event = next((each for each in issued if each.serial == payload.serial), None)
    seller = payload.operator or (event.issuer if event else "")
    uses = _uses(session, payload.kid.hex(), payload.serial)
    state = "ok"
    if found.problem is not None:
        state = {"scan.unknown_key": "unknown_key", "scan.bad_signature": "bad_signature"}.get(found.problem.code, "unreadable")
    elif any(each.serial == payload.serial for each in voided):
        state = "voided"
    elif doing.now.date() > payload.valid_until:
        state = "expired"
    weighed = weight or payload.amount
    product = event.product if event else ""
    facts = Facts(
        when=doing.now,
        market=place,
        goods=goods,  # type: ignore[arg-type]
        product=product,
        lot=payload.lot_id,
        quantity=weighed,
        certificate=Certificate(
            scan=state,  # type: ignore[arg-type]
            style=payload.style,  # type: ignore[arg-type]
            basis=payload.bases,
            product=product,
            issuer=payload.operator,
            quantity=payload.amount,
            issued=payload.issued,
            valid_until=payload.valid_until,
            used=uses,
        ),
        seller=_seller(session, place, seller),
        blacklistings=_blacklistings(session, seller),
        papers=papers,
        tests=_tests(session, payload.lot_id),
        recalls=tuple(
            Recall(case=each.case, link=each.link, level=each.level, lot=payload.lot_id)  # type: ignore[arg-type]
            for each in blocks(session, payload.lot_id, micros(doing.now))
        ),
    )
    decision = decide(facts, rules)
    entry = _entry(doing, place, facts, decision, payload.kid.hex(), payload.serial, seller, event.site if event else "")
    answer = GateAnswer(
        verdict=decision.verdict, decision=decision, lot=payload.lot_id, product=product, quantity=weighed, seller=seller, entry=entry.id
    )
    return Outcome(events=[entry], answer=answer)


def _entry(doing: Doing, market: str, facts: Facts, decision: Decision, kid: str, serial: str, seller: str, source: str) -> Event:
    if decision.verdict == "refuse" or facts.quantity is None:
        return Refusal(
            id=doing.event_id(),
            at=doing.now,
            by=doing.by,
            site=market,
            asked="market_entry",
            lot=facts.lot,
            product=facts.product,
            quantity=facts.quantity,
            seller=seller,
            serial=serial,
            kid=kid,
            reasons=decision.codes,
            rule_pack=decision.rule_pack,
        )
    return MarketEntry(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=market,
        decision="admitted" if decision.verdict == "admit" else "held",
        lot=facts.lot,
        product=facts.product or facts.lot,
        quantity=facts.quantity,
        seller=seller,
        source=source,
        serial=serial,
        kid=kid,
        certified=True,
        basis="certificate",
        reasons=decision.codes,
        rule_pack=decision.rule_pack,
        deadline=decision.deadline,
    )


def _uses(session: Session, kid: str, serial: str) -> tuple[Use, ...]:
    found = [each.event for each in about(session, f"spent {kid} {serial}", MarketEntry)]
    return tuple(
        Use(when=each.at, gate=each.site, quantity=each.quantity, lot=each.lot)
        for each in found
        if isinstance(each, MarketEntry) and each.decision == "admitted"
    )


def _seller(session: Session, market: str, seller: str) -> Seller:
    file = latest(session, f"seller {market} {seller}", SellerFile)
    operator = latest(session, f"operator {seller}", Operator)
    return Seller(
        id=seller,
        known=operator is not None,
        file=file is not None,
        agreement_until=file.agreement_until if file else None,
        licences=tuple(Licence(number=each.number, valid_until=each.valid_until) for each in operator.licences) if operator else (),
        left=file.left if file else None,
    )


def _blacklistings(session: Session, seller: str) -> tuple[Blacklisting, ...]:
    found = [each.event for each in about(session, f"operator {seller}", Listing)]
    return tuple(
        Blacklisting(basis=each.basis, start=each.start, end=each.end, repair=each.repair)
        for each in found
        if isinstance(each, Listing) and each.list == "blacklist"
    )


def _tests(session: Session, lot: str) -> tuple[Test, ...]:
    found = [each.event for each in about(session, lot, TestRecorded)]
    return tuple(
        Test(
            id=each.id,
            when=each.at,
            item=each.item,
            rapid=each.rapid,
            verdict=each.verdict,
            inhibition=each.inhibition,
            repeats=each.repeats,
            confirms=each.confirms,
        )
        for each in found
        if isinstance(each, TestRecorded)
    )
