"""The gate: facts from the ledger, a pure decision, and the entry that puts it on record, in one transaction (DESIGN section 8).

Rules:

1. A certificate's lot keeps its code: one production batch is one lot, however many trucks bring it (docs/adr/0001). Goods
   without a lot in law get a code at the gate, of digits and ``-`` with a check digit (DOMAIN section 7, rule 1).
2. Every truck that is decided on gets the next number of its gate's day; the number is never used again, undone or not.
3. The same certificate within seconds at one gate is one scan: the first answer is given again and nothing is recorded. Another
   event id, weight, paper or seller is another truck, and a forged code that names the certificate is another code.
4. A retry with the id of an entry gives that entry's answer again, whatever was used up since.
5. The draw of the sampling plan sticks to a certificate for the day: a truck that is undone and scanned again is drawn still.
6. A certificate is kept to one transaction at a time, also where two gates with logs of their own write one database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.certificate.scan import classify
from foodtrace.errors import BadData
from foodtrace.events import MarketEntry, Refusal, SellerFile, Voucher
from foodtrace.gate.facts import Facts, Paper
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.pad import MOST
from foodtrace.gate.staffcard import looks_like_card
from foodtrace.graph.directory import resolve_site
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.graph.names import find, hold, used
from foodtrace.identifiers.lot import gate_code
from foodtrace.operations.again import again, retried, same_scan
from foodtrace.operations.common import Doing, Outcome, latest
from foodtrace.operations.considering import Considered, Draw, GateAnswer, answer_of, consider
from foodtrace.operations.gatecode import Look
from foodtrace.operations.gatefacts import Truck, announced, vouchers_on_record
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

SAME_SCAN: Final = dt.timedelta(seconds=5)
"""Within this time the same certificate at one gate is one scan (rule 3)."""


_MOST: Final = 999_999


def admit(
    session: Session,
    doing: Doing,
    rules: Rulebook,
    text: str,
    market: str,
    *,
    weight: Quantity | None = None,
    papers: tuple[Paper, ...] = (),
    goods: str = "",
    truck: Truck | None = None,
    gate: str = "1",
    draw: Draw | None = None,
    hosts: Collection[str] = (),
    within: dt.timedelta = dt.timedelta(0),
    log: int | None = None,
    weighed: bool = False,
    keys: KeyList | None = None,
) -> Outcome:
    """Decide on one truck and record it; the answer is :class:`GateAnswer`.

    :param market: id or name of the market. :param weight: what the scale says; by default what is certified.
    :param truck: everything else the clerk knows; ``text``, ``weight``, ``papers`` and ``goods`` given here go before it.
    :param within: rule 3's time; nothing for a counter that has watched its scanner itself.
    :param keys: key list that the gate carries.
    :param weighed: never take what is certified for what the scale says; only a refusal needs no weight.
    :param log: number of the log that will be written: finds the entry that a retry is about (rule 4).
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on; ``gate.product``,
        ``gate.weight_missing``, ``counter.too_much`` (more than any truck brings).
    :raises Conflict: ``record.id_conflict``.
    """
    place = resolve_site(session, market)
    told = msgspec.structs.replace(
        truck or Truck(), **{k: v for k, v in (("text", text), ("weight", weight), ("papers", papers), ("goods", goods)) if v}
    )
    before = retried(session, doing, place, log)
    if before is not None:
        return Outcome(answer=again(session, rules, place, told, before, hosts, keys))
    if told.weight is not None and told.weight.value > MOST[told.weight.unit]:
        raise BadData("counter.too_much", value=str(told.weight), expected=str(Quantity(MOST[told.weight.unit], told.weight.unit)))
    if looks_like_card(doing.by):
        raise BadData("counter.staff", value="-", expected="S-07")  # a card's secret is no number, and entries are for ever
    number = next_number(session, place, gate, doing.now.date())
    asked = told.weight
    payload = classify(told.text, hosts=hosts).payload if told.text else None
    if payload is not None:
        hold(session, f"spent {payload.kid.hex()} {payload.serial}")  # rule 6
    if told.weight is None and told.text and not weighed:
        told = msgspec.structs.replace(told, weight=payload.amount if payload else None)
    found = consider(session, doing.now, rules, place, told, hosts=hosts, draw=draw, number=number, gate=gate, keys=keys)
    before = same_scan(session, doing, rules, place, gate, msgspec.structs.replace(told, weight=asked), found.look, within, hosts, keys)
    if before is not None:
        return Outcome(answer=msgspec.structs.replace(again(session, rules, place, told, before, hosts, keys), duplicate=True))
    if found.facts.quantity is None and found.decision.verdict != "refuse":
        raise BadData("gate.weight_missing", value="-", expected="--weight 482kg")
    if not found.facts.product and not found.facts.lot:
        raise BadData("gate.product", value="-", expected="--product")
    entry = _entry(session, doing, place, told, found, gate, number)
    outcome = Outcome(events=[entry], answer=answer_of(entry, found))
    kept = {field: value for field, value in told.grower.items() if value}
    if kept:
        outcome.personal[entry.id] = kept
    return outcome


def next_number(session: Session, market: str, gate: str, day: dt.date) -> int:
    """Return the number of the next truck of a gate's day (rule 2)."""
    prefix = truck_subject(market, gate, day, 0)[:-6]
    row = session.row(
        f"SELECT n.text FROM name AS n WHERE n.text >= ? AND n.text <= ? AND substr(n.text, 1, ?) = ? AND {used('n')} "  # noqa: S608
        "ORDER BY n.text DESC LIMIT 1",
        (f"{prefix}000000", f"{prefix}{_MOST}", len(prefix), prefix),
    )
    number = 1 if row is None else int(row[0][-6:]) + 1
    if number > _MOST:
        raise BadData("gate.numbers", value=number, expected=_MOST)
    return number


def _entry(session: Session, doing: Doing, market: str, truck: Truck, found: Considered, gate: str, number: int) -> MarketEntry | Refusal:
    facts, decision, look = found.facts, found.decision, found.look
    common: dict[str, Any] = {
        "id": doing.event_id(),
        "at": doing.now,
        "by": doing.by,
        "site": market,
        "quantity": facts.quantity,
        "seller": facts.seller.id,
        "serial": look.serial,
        "kid": look.kid,
        "vouchers": tuple(Voucher(kind=each.kind, number=each.number, valid_until=each.valid_until) for each in facts.papers),
        "written": truck.written,
        "reasons": decision.codes,
        "rule_pack": decision.rule_pack,
        "gate": gate,
        "number": number,
        "goods": facts.goods,
        "certificate_hash": look.hash,
    }
    if decision.verdict == "refuse":
        return Refusal(**common, asked="market_entry", lot=facts.lot, product=facts.product)
    lot = facts.lot or f"{_operator(session, market)}/{gate_code(facts.day, gate, number)}"
    return MarketEntry(
        **common,
        decision="admitted" if decision.verdict == "admit" else "held",
        lot=lot,
        product=facts.product or lot,
        stall=_stall(session, facts.seller.id, market),
        source=(look.event.site if look.event else "") or truck.source or _sender(session, market, facts.lot),
        certified=look.state in ("ok", "host"),
        basis=_basis(facts, look),  # type: ignore[arg-type]  # one of the event's words
        gross=facts.gross,
        tare=facts.tare,
        crates=truck.crates,
        deadline=decision.deadline,
        rate=found.rate,
        drawn=bool(facts.drawn),
        expiry=truck.expiry,
        batch=truck.batch,
        expected=_answered(session, market, facts),
        certified_quantity=look.payload.amount if look.payload and look.state in ("ok", "host") else None,
    )


def _operator(session: Session, market: str) -> str:
    found = describe(session, market)
    return found[0].operator if found else market


def _stall(session: Session, seller: str, market: str) -> str:
    """Return the stall that takes the goods in, as the seller file has it; empty: the market itself holds them."""
    file = latest(session, f"seller {market} {seller}", SellerFile) if seller else None
    return file.stall if file is not None else ""


def _sender(session: Session, market: str, lot: str) -> str:
    """Return the site whose sales voucher brought the goods, where one is on record: they arrive, they are not born here."""
    number = find(session, [lot]).get(lot) if lot else None
    return next((each.source for each in vouchers_on_record(session, [number], market)), "") if number is not None else ""


def _basis(facts: Facts, look: Look) -> str:
    kinds = {each.kind for each in facts.papers}
    if look.payload is not None or (facts.certificate and facts.certificate.scan in ("paper", "foreign")):
        return "certificate"
    for kind, basis in (("animal_quarantine", "quarantine"), ("customs", "customs")):
        if kind in kinds:
            return basis
    if facts.goods == "self_grown":
        return "self_grown"
    if any(each.verdict == "negative" for each in facts.tests):
        return "test"
    return "voucher" if kinds else ""


def _answered(session: Session, market: str, facts: Facts) -> str:
    if not facts.expected:
        return ""
    return next((each.id for each in announced(session, market, facts.day) if each.seller == facts.seller.id), "")


__all__ = ["SAME_SCAN", "Considered", "Draw", "GateAnswer", "Truck", "admit", "consider", "next_number"]
