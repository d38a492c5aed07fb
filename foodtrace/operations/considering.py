"""Deciding on a truck from what the ledger knows, recording nothing: the preview, and the first half of the entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.events import AnyEvent, Event, MarketEntry, Refusal
from foodtrace.events.canonical import decode
from foodtrace.gate import decide
from foodtrace.gate.decision import Decision
from foodtrace.gate.facts import Facts
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.sampling import drawn
from foodtrace.graph.flows import NEVER
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.gatecode import NOTHING, Look, read_code
from foodtrace.operations.gatefacts import Truck, collect
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


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

    seed: bytes | None
    """None: the market committed to one, and it is not here."""
    place: str
    """What the seed draws for: ``SITE/GATE``."""


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
    keys: KeyList | None = None,
) -> Considered:
    """Decide on a truck without recording anything.

    :param market: site id. :param draw: the day's seed, for the truck's ``number``.
    :param keys: key list that the gate carries.
    :param skip: id of an entry whose own use of the certificate does not count.
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on.
    """
    look = read_code(session, truck.text, now.date(), hosts, skip=skip, until=now if skip else None, keys=keys) if truck.text else NOTHING
    lot = truck.lot or (look.payload.lot_id if look.payload else "")
    facts = collect(session, now, market, truck, look, lot=lot, gate=gate, number=number, keys=keys)
    pack = rules.on(facts.day)
    rate = None
    if draw is not None and draw.seed is None:
        facts = msgspec.structs.replace(facts, seed_lost=True)
    elif draw is not None and draw.seed is not None and pack is not None:
        rate = pack.sampling.rate(facts.goods, facts.seller.risk)
        taken = drawn(draw.seed, facts.day, draw.place, number, rate) or _drawn_before(session, look, market, now)
        facts = msgspec.structs.replace(facts, drawn=taken)
    return Considered(decide(facts, rules), facts, look, rate)


def answer_of(entry: MarketEntry | Refusal, found: Considered) -> GateAnswer:
    """Return the answer that an entry stands for."""
    left = found.look.remaining
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


def _drawn_before(session: Session, look: Look, market: str, now: dt.datetime) -> bool:
    """Say whether this certificate was drawn today already, on an entry that stands or was undone (rule 5)."""
    if not look.serial:
        return False
    return any(
        isinstance(event, MarketEntry) and event.drawn and event.site == market and event.at.date() == now.date()
        for event in spent_on(session, look, ended=True)
    )


def spent_on(session: Session, look: Look, *, ended: bool) -> list[MarketEntry | Refusal]:
    """Return the entries about a certificate, newest first; those undone only if asked for."""
    number = find(session, [f"spent {look.kid} {look.serial}"]).get(f"spent {look.kid} {look.serial}")
    if number is None:
        return []
    rows = session.rows(
        "SELECT e.bytes, a.ended, a.log, a.seq FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = ?",
        (number,),
    )
    standing = SqlFacts(session, NEVER).in_force([(log, seq, gone) for _, gone, log, seq in rows])
    events = [live(decode(event_bytes(bytes(data)))) for data, gone, log, seq in rows if (log, seq) in standing or (ended and gone >= 0)]
    found = [event for event in events if isinstance(event, (MarketEntry, Refusal))]
    return sorted(found, key=lambda event: event.at, reverse=True)


def live(event: AnyEvent) -> Event:
    """Return an event, or what a correction puts in its place."""
    replacement: Event | None = getattr(event, "replacement", None)
    return event if replacement is None else replacement
