"""What the gate has put aside, who ends it, and taking back what was recorded by mistake.

Rules:

1. A hold ends by an entry that names it (``resolves``): admitted or refused. It has a deadline; after it the answer says how late.
2. The gate is asked again, with what is known by now (a test, a key, the weight that is left). If it would admit, anybody on duty
   may; else to admit is an override and needs a second person, other than the one who decides and the one who held. Where staff
   cards are in use, both are who their cards say, whatever is decided (:mod:`foodtrace.operations.staff`).
3. No override reaches goods that the gate would refuse, goods under recall, goods with a positive test that stands, or goods past
   their shelf life: asking for that is refused, and the refusal is an entry; the hold stays.
4. To undo is to correct: the entry stays and a correction beside it says that it did not occur. What was moved on since is not
   undone, nor a hold that somebody has ended, nor another log's entry.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import msgspec

from foodtrace.certificate.serials import differ
from foodtrace.errors import Ambiguous, BadData, NotFound, Refused
from foodtrace.events import Correction, Event, MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.gate.facts import Paper
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.reason import Reason
from foodtrace.graph.edges import micros
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.operations.certificatestate import certificates_of
from foodtrace.operations.common import Doing, Found, Outcome, about
from foodtrace.operations.considering import consider
from foodtrace.operations.gatecode import resolved
from foodtrace.operations.gatefacts import Truck
from foodtrace.operations.goods import stock_of
from foodtrace.operations.serials import issued_body, spent_body
from foodtrace.operations.staff import Person, in_use, prove
from foodtrace.quantity import Amount, Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

NO_OVERRIDE: Final = frozenset({"gate.recalled", "gate.recall_possible", "gate.test_positive", "gate.test_confirmed", "gate.expired"})
"""Reasons that no second person lifts (rule 3)."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Goods put aside that nobody has decided on."""

    id: str
    at: dt.datetime
    gate: str
    number: int
    lot: str
    product: str
    quantity: Quantity
    seller: str
    reasons: tuple[str, ...]
    by: str
    deadline: dt.datetime | None
    late: bool


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """How a hold ended, or why it did not."""

    verdict: Literal["admit", "refuse"]
    held: Held
    entry: str
    """Id of the event on record."""
    quantity: Quantity
    late: bool
    reasons: tuple[Reason, ...] = ()
    """What stood in the way of admitting; the hold stays then."""


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is to be, or was, corrected."""

    event: MarketEntry | Refusal
    seq: int


def held(session: Session, market: str, now: dt.datetime) -> list[Held]:
    """Return what is held at a market and not decided, the most urgent first."""
    found = [each.event for each in about(session, f"held {market}", MarketEntry)]
    events = [each for each in found if isinstance(each, MarketEntry) and each.decision == "held"]
    ended = resolved(session, [each.id for each in events])
    return sorted(
        (_held(each, now) for each in events if each.id not in ended), key=lambda each: (each.deadline or each.at, each.at, each.id)
    )


def _held(event: MarketEntry, now: dt.datetime) -> Held:
    return Held(
        id=event.id,
        at=event.at,
        gate=event.gate,
        number=event.number,
        lot=event.lot,
        product=event.product,
        quantity=event.quantity,
        seller=event.seller,
        reasons=event.reasons,
        by=event.by,
        deadline=event.deadline,
        late=event.deadline is not None and event.deadline < now,
    )


def resolve(
    session: Session,
    doing: Doing,
    rules: Rulebook,
    market: str,
    given: str,
    verdict: str,
    *,
    second: str = "",
    quantity: Quantity | None = None,
) -> Outcome:
    """End a hold; the answer is :class:`Resolved`.

    :param given: id of the held entry, the end of it, the truck's number, or the lot's code. :param verdict: ``admit``, ``refuse``.
    :param doing: ``by`` is the number, or the scanned card, of who decides. :param second: the same of the second person.
    :param quantity: admit only so much; by default all of it.
    :raises NotFound: ``gate.not_held``. :raises Ambiguous: ``gate.held_which``.
    :raises Refused: ``gate.second_person``, ``staff.*``. :raises BadData: ``gate.resolve``, ``gate.resolve_more``.
    """
    if verdict not in ("admit", "refuse"):
        raise BadData("gate.resolve", value=verdict, expected="admit / refuse")
    today = doing.now.date()
    needed = in_use(session, market, doing.log)
    first = prove(session, market, doing.log, doing.by, today) if doing.by or needed else Person("")
    other = prove(session, market, doing.log, second, today) if second else Person("")
    doing = msgspec.structs.replace(doing, by=first.number)
    one = _choose(held(session, market, doing.now), given)
    event = next(
        each.event
        for each in about(session, f"held {market}", MarketEntry)
        if isinstance(each.event, MarketEntry) and each.event.id == one.id
    )
    size = quantity or event.quantity
    if verdict == "refuse":
        refusal = _refusal(doing, event, event.reasons, resolves=event.id, first=first, second=other)
        return _ended(refusal, one, "refuse", event.quantity)
    if size.unit != event.quantity.unit or not 0 < size.value <= event.quantity.value:
        raise BadData("gate.resolve_more", value=size, expected=event.quantity)
    reasons, open_ = _asked_again(session, doing, rules, market, event, size)
    if reasons:
        codes = tuple(dict.fromkeys(each.code for each in reasons))
        return _ended(_refusal(doing, event, codes, resolves="", first=first, second=other), one, "refuse", size, reasons)
    if not open_ and (not other.number or other.number.casefold() in (first.number.casefold(), event.by.casefold())):
        raise Refused("gate.second_person", value=other.number or "-", by=doing.by or "-", held=event.by or "-")
    entry = msgspec.structs.replace(
        event,
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        decision="admitted",
        quantity=size,
        gross=None,
        tare=None,
        crates=None,
        deadline=None,
        number=0,
        commitments={},
        resolves=event.id,
        approved_by=other.number,
        by_card=first.card,
        approved_card=other.card,
    )
    return _ended(entry, one, "admit", size)


def _ended(
    event: MarketEntry | Refusal, one: Held, verdict: Literal["admit", "refuse"], size: Quantity, against: tuple[Reason, ...] = ()
) -> Outcome:
    answer = Resolved(verdict=verdict, held=one, entry=event.id, quantity=size, late=one.late, reasons=against)
    return Outcome(events=[event], answer=answer)


def _refusal(doing: Doing, event: MarketEntry, reasons: tuple[str, ...], *, resolves: str, first: Person, second: Person) -> Refusal:
    return Refusal(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=event.site,
        asked="market_entry",
        lot=event.lot,
        product=event.product,
        quantity=event.quantity,
        seller=event.seller,
        serial=event.serial,
        kid=event.kid,
        reasons=reasons,
        rule_pack=event.rule_pack,
        resolves=resolves,
        approved_by=second.number,
        by_card=first.card,
        approved_card=second.card,
        gate=event.gate,
        goods=event.goods,
        certificate_hash=event.certificate_hash,
    )


def _asked_again(
    session: Session, doing: Doing, rules: Rulebook, market: str, event: MarketEntry, size: Quantity
) -> tuple[tuple[Reason, ...], bool]:
    """Ask the gate again (rules 2 and 3): what no second person lifts, and whether the gate would admit by itself."""
    issued = certificates_of(session, event.lot)[0] if event.serial else []
    named = [each for each in issued if (each.serial, each.kid) == (event.serial, event.kid)]
    text = next((each.payload for each in named if not differ(spent_body(event), issued_body(each))), "")
    truck = Truck(
        text=text,
        seller=event.seller,
        goods=event.goods or "produce",
        product=event.product,
        weight=size,
        papers=tuple(Paper(kind=each.kind, number=each.number, valid_until=each.valid_until) for each in event.vouchers),
        grower=dict.fromkeys(event.commitments, "-"),
        expiry=event.expiry,
        batch=event.batch,
        lot=event.lot,
    )
    decision = consider(session, doing.now, rules, market, truck, skip=event.id, gate=event.gate).decision
    known = bool(text) or not event.serial  # a certificate that is on no record here cannot be read again
    hard = tuple(each for each in decision.reasons if each.code in NO_OVERRIDE or (known and each.verdict == "refuse"))
    return hard, known and decision.verdict == "admit"


def _choose(waiting: list[Held], given: str) -> Held:
    text = given.strip()
    ways = (
        [each for each in waiting if each.id == text],
        [each for each in waiting if text.isdigit() and each.number == int(text)],
        [each for each in waiting if text.upper() in (each.lot, each.lot.rpartition("/")[2])],
        [each for each in waiting if len(text) >= 4 and each.id.endswith(text)],  # noqa: PLR2004 - shorter ends say nothing
    )
    found = next((way for way in ways if way), [])
    if len(found) == 1:
        return found[0]
    shown = [Amount(f"{each.id} {each.number:04d} {each.product} ", each.quantity) for each in (found or waiting)]
    if found:
        raise Ambiguous("gate.held_which", value=given, candidates=shown)
    raise NotFound("gate.not_held", value=given, near=shown[:5] or ["-"])


# -- undoing -------------------------------------------------------------------------------------------------------------


def undoable(session: Session, log: int, market: str, gate: str, day: dt.date, number: int, now: dt.datetime) -> Undone:
    """Return the entry of a truck that may be undone (rule 4).

    :raises NotFound: ``gate.no_truck``. :raises Refused: ``gate.undo_resolved``, ``gate.undo_moved``, ``gate.undo_log``.
    """
    found: list[Found] = about(session, truck_subject(market, gate, day, number), MarketEntry, Refusal)
    event = found[-1].event if found else None
    if not isinstance(event, (MarketEntry, Refusal)):
        raise NotFound("gate.no_truck", value=f"{number:04d}", day=day, before=f"{day - dt.timedelta(days=1):%m%d}")
    one = found[-1]
    if one.log != log:
        raise Refused("gate.undo_log", value=f"{number:04d}")
    if resolved(session, [event.id]):
        raise Refused("gate.undo_resolved", value=f"{number:04d}")
    if isinstance(event, MarketEntry) and event.decision == "admitted":
        there = event.stall or event.site
        nothing = Quantity(0, event.quantity.unit)
        left = next((each.quantity for each in stock_of(session, event.lot, micros(now)) if each.site == there), nothing)
        if left.value < event.quantity.value:
            raise Refused("gate.undo_moved", value=f"{number:04d}", expected=event.quantity, left=left)
    return Undone(event=event, seq=one.seq)


def undo(session: Session, doing: Doing, log: int, market: str, gate: str, day: dt.date, number: int) -> Outcome:
    """Correct a truck's entry: it did not occur. The answer is :class:`Undone`; errors as :func:`undoable`."""
    target = undoable(session, log, market, gate, day, number, doing.now)
    row = session.row("SELECT leaf, bytes FROM entry WHERE log = ? AND seq = ?", (log, target.seq))
    if row is None or isinstance(decode_alone(event_bytes(bytes(row[1]))), Correction):
        raise Refused("gate.undo_log", value=f"{number:04d}")  # an entry that a correction put here: correct the first one
    event: Event = Correction(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=market,
        seq=target.seq,
        leaf=bytes(row[0]).hex(),
        reason="did_not_occur",
    )
    return Outcome(events=[event], answer=target)
