"""The gate: facts from the ledger, a pure decision, and the entry that puts it on record, in one transaction (DESIGN section 8).

Rules:

1. A certificate's lot keeps its code: one production batch is one lot, however many trucks bring it (docs/adr/0001). Goods
   without a lot in law get a code at the gate, of digits and ``-`` with a check digit (DOMAIN section 7, rule 1).
2. Every truck that is decided on gets the next number of its gate's day; the number is never used again, undone or not.
3. The same certificate within seconds at one gate is one scan: the first answer is given again and nothing is recorded.
4. A retry with the id of an entry gives that entry's answer again, whatever was used up since.
5. The draw of the sampling plan sticks to a certificate for the day: a truck that is undone and scanned again is drawn still.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec

from foodtrace.certificate.scan import Scan as CodeScan
from foodtrace.certificate.scan import authenticate, classify
from foodtrace.errors import BadData, Conflict
from foodtrace.events import AnyEvent, Event, MarketEntry, Refusal, SellerFile, Voucher
from foodtrace.events.canonical import decode
from foodtrace.gate import decide
from foodtrace.gate.decision import Decision
from foodtrace.gate.facts import Facts, Paper
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.reason import Reason
from foodtrace.gate.sampling import drawn
from foodtrace.graph.directory import resolve_site
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.graph.names import find
from foodtrace.identifiers.lot import gate_code
from foodtrace.operations.certificates import issuer_key
from foodtrace.operations.common import Doing, Outcome, latest
from foodtrace.operations.gatefacts import NOTHING, Look, Truck, announced, collect, read_code
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

SAME_SCAN: Final = dt.timedelta(seconds=5)
"""Within this time the same certificate at one gate is one scan (rule 3)."""
_MOST: Final = 999_999


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
    at: dt.datetime
    gate: str = ""
    number: int = 0
    """The truck's number on this day at this gate."""
    goods: str = ""
    remaining: Quantity | None = None
    """What is left of the certificate after this truck; none without one."""
    drawn: bool | None = None
    """Whether the sampling plan draws it; none: no plan in force."""
    duplicate: bool = False
    """The same scan again: this is the first one's answer, and nothing was recorded."""


class Considered(NamedTuple):
    """A decision and what it was made of; nothing is on record yet."""

    decision: Decision
    facts: Facts
    look: Look
    rate: int | None


class Draw(NamedTuple):
    """The seed of a gate's day."""

    seed: bytes
    place: str
    """What the seed draws for: ``SITE/GATE``."""


def scan(session: Session, text: str) -> CodeScan:
    """Say what a scanned text is, with its signature checked against the keys on record."""
    found = classify(text)

    def key_of(key_id: bytes) -> bytes | None:
        key = issuer_key(session, key_id.hex())
        return bytes.fromhex(key.public) if key is not None and key.action != "revoke" else None

    return authenticate(found, key_of)


def consider(
    session: Session,
    now: dt.datetime,
    rules: Rulebook,
    market: str,
    truck: Truck,
    *,
    hosts: Collection[str] = (),
    draw: Draw | None = None,
    number: int = 0,
    skip: str = "",
    gate: str = "",
) -> Considered:
    """Decide on a truck without recording anything.

    :param market: site id. :param draw: the day's seed, for the truck's ``number``.
    :param skip: id of an entry whose own use of the certificate does not count.
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on.
    """
    look = read_code(session, truck.text, now.date(), hosts, skip=skip, until=now if skip else None) if truck.text else NOTHING
    lot = truck.lot or (look.payload.lot_id if look.payload else "")
    facts = collect(session, now, market, truck, look, lot=lot, gate=gate)
    pack = rules.on(facts.day)
    rate = None
    if draw is not None and pack is not None:
        rate = pack.sampling.rate(facts.goods, facts.seller.risk)
        taken = drawn(draw.seed, facts.day, draw.place, number, rate) or _drawn_before(session, look, market, now)
        facts = msgspec.structs.replace(facts, drawn=taken)
    return Considered(decide(facts, rules), facts, look, rate)


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
) -> Outcome:
    """Decide on one truck and record it; the answer is :class:`GateAnswer`.

    :param market: id or name of the market. :param weight: what the scale says; by default what is certified.
    :param truck: everything else the clerk knows; ``text``, ``weight``, ``papers`` and ``goods`` given here go before it.
    :param within: rule 3's time; nothing for a counter that has watched its scanner itself.
    :param weighed: never take what is certified for what the scale says; only a refusal needs no weight.
    :param log: number of the log that will be written: finds the entry that a retry is about (rule 4).
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on; ``gate.product``,
        ``gate.weight_missing``.
    :raises Conflict: ``record.id_conflict``.
    """
    place = resolve_site(session, market)
    told = msgspec.structs.replace(
        truck or Truck(), **{k: v for k, v in (("text", text), ("weight", weight), ("papers", papers), ("goods", goods)) if v}
    )
    before = _retried(session, doing, place, log)
    if before is not None:
        return Outcome(answer=_again(session, rules, place, told, before, hosts))
    number = next_number(session, place, gate, doing.now.date())
    asked = told.weight
    if told.weight is None and told.text and not weighed:
        payload = classify(told.text, hosts=hosts).payload
        told = msgspec.structs.replace(told, weight=payload.amount if payload else None)
    found = consider(session, doing.now, rules, place, told, hosts=hosts, draw=draw, number=number, gate=gate)
    before = _same_scan(session, doing, place, gate, found.look, asked, within)
    if before is not None:
        return Outcome(answer=msgspec.structs.replace(_again(session, rules, place, told, before, hosts), duplicate=True))
    if found.facts.quantity is None and found.decision.verdict != "refuse":
        raise BadData("gate.weight_missing", value="-", expected="--weight 482kg")
    if not found.facts.product and not found.facts.lot:
        raise BadData("gate.product", value="-", expected="--product")
    entry = _entry(session, doing, place, told, found, gate, number)
    outcome = Outcome(events=[entry], answer=_answer(entry, found))
    kept = {field: value for field, value in told.grower.items() if value}
    if kept:
        outcome.personal[entry.id] = kept
    return outcome


def next_number(session: Session, market: str, gate: str, day: dt.date) -> int:
    """Return the number of the next truck of a gate's day (rule 2)."""
    prefix = truck_subject(market, gate, day, 0)[:-6]
    row = session.row(
        "SELECT text FROM name WHERE text >= ? AND text <= ? AND substr(text, 1, ?) = ? ORDER BY text DESC LIMIT 1",
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
        "vouchers": tuple(Voucher(kind=each.kind, number=each.number, valid_until=each.valid_until) for each in truck.papers),
        "written": truck.written,
        "reasons": decision.codes,
        "rule_pack": decision.rule_pack,
        "gate": gate,
        "number": number,
        "goods": facts.goods,
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
        source=(look.event.site if look.event else "") or truck.source,
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


def _answer(entry: MarketEntry | Refusal, found: Considered, *, remaining_known: bool = True) -> GateAnswer:
    left = found.look.remaining if remaining_known else None
    if left is not None and isinstance(entry, MarketEntry) and entry.decision == "admitted" and entry.quantity.unit == left.unit:
        left = Quantity(max(0, left.value - entry.quantity.value), left.unit)
    return GateAnswer(
        verdict=found.decision.verdict,
        decision=found.decision,
        lot=entry.lot,
        product=entry.product,
        quantity=entry.quantity,
        seller=entry.seller,
        entry=entry.id,
        at=entry.at,
        gate=entry.gate,
        number=entry.number,
        goods=entry.goods,
        remaining=left,
        drawn=found.facts.drawn if isinstance(entry, MarketEntry) else None,
    )


# -- the same again ------------------------------------------------------------------------------------------------------


def _retried(session: Session, doing: Doing, market: str, log: int | None) -> MarketEntry | Refusal | None:
    """Return the entry that a retry is about (rule 4)."""
    if not doing.id or log is None:
        return None
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND id = ?", (log, doing.event_id()))
    if row is None:
        return None
    event = _live(decode(event_bytes(bytes(row[0]))))
    if not isinstance(event, (MarketEntry, Refusal)) or event.site != market:
        raise Conflict("record.id_conflict", value=doing.id, field="site", before=event.site, now=market)
    return event


def _same_scan(
    session: Session, doing: Doing, market: str, gate: str, look: Look, weight: Quantity | None, within: dt.timedelta
) -> MarketEntry | Refusal | None:
    """Return the entry of the same scan seconds ago, if there is one (rule 3)."""
    if not look.serial or not within:
        return None
    for event in _spent(session, look, ended=False):
        close = event.site == market and event.gate == gate and abs(doing.now - event.at) <= within
        if close and (weight is None or weight == event.quantity) and not event.resolves:
            return event
    return None


def _again(
    session: Session, rules: Rulebook, market: str, truck: Truck, event: MarketEntry | Refusal, hosts: Collection[str]
) -> GateAnswer:
    """Tell a recorded answer again: its reasons in full where they can still be found, else by their codes."""
    verdict = {"admitted": "admit", "held": "hold"}[event.decision] if isinstance(event, MarketEntry) else "refuse"
    same = msgspec.structs.replace(truck, weight=event.quantity, goods=event.goods, product=event.product, seller=event.seller)
    found = consider(session, event.at, rules, market, same, hosts=hosts, skip=event.id, gate=event.gate)
    if found.look.serial != event.serial or found.look.kid != event.kid:
        raise Conflict("record.id_conflict", value=event.id, field="serial", before=event.serial, now=found.look.serial)
    if found.decision.verdict != verdict or found.decision.codes != event.reasons:
        found = found._replace(decision=_by_codes(event, verdict, rules))
    if isinstance(event, MarketEntry):
        found = found._replace(facts=msgspec.structs.replace(found.facts, drawn=event.drawn if event.rate is not None else None))
    return _answer(event, found)


def _by_codes(event: MarketEntry | Refusal, verdict: str, rules: Rulebook) -> Decision:
    pack = rules.on(event.at.date())
    cited = {rule.code: rule for rule in pack.rules} if pack else {}
    reasons = tuple(
        Reason(code=code, verdict="hold" if verdict == "hold" else "refuse", rule=cited[code].id if code in cited else "")
        for code in event.reasons
    )
    return Decision(
        verdict=verdict,  # type: ignore[arg-type]
        reasons=reasons,
        deadline=event.deadline if isinstance(event, MarketEntry) else None,
        rule_pack=event.rule_pack,
        verified=bool(pack and pack.verified),
    )


def _drawn_before(session: Session, look: Look, market: str, now: dt.datetime) -> bool:
    """Say whether this certificate was drawn today already, on an entry that stands or was undone (rule 5)."""
    if not look.serial:
        return False
    return any(
        isinstance(event, MarketEntry) and event.drawn and event.site == market and event.at.date() == now.date()
        for event in _spent(session, look, ended=True)
    )


def _spent(session: Session, look: Look, *, ended: bool) -> list[MarketEntry | Refusal]:
    """Return the entries about a certificate, newest first; those undone only if asked for."""
    number = find(session, [f"spent {look.kid} {look.serial}"]).get(f"spent {look.kid} {look.serial}")
    if number is None:
        return []
    rows = session.rows(
        "SELECT e.bytes, a.ended FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = ?", (number,)
    )
    events = [_live(decode(event_bytes(bytes(data)))) for data, gone in rows if ended or not gone]
    found = [event for event in events if isinstance(event, (MarketEntry, Refusal))]
    return sorted(found, key=lambda event: event.at, reverse=True)


def _live(event: AnyEvent) -> Event:
    replacement: Event | None = getattr(event, "replacement", None)
    return event if replacement is None else replacement


__all__ = ["SAME_SCAN", "Considered", "Draw", "GateAnswer", "Truck", "admit", "consider", "next_number", "scan"]
