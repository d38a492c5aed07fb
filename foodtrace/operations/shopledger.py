"""The purchase and sales ledger (台账) of a formula shop for a span of days (DOMAIN section 1.1 and 1.4).

Rules:

1. A purchase line has what the law asks for: name, specification, quantity, batch or production date, shelf life, day, supplier with
   address and contact, voucher. What is not on record is named as a gap, line by line; an empty field is never left to be overlooked.
2. Sales are told by day and batch, in numbers: who bought is not in them, and nothing of a consumer is ever here.
3. Opening stock + purchases + consumer returns - sales - other outgoings - shortage + over = closing stock; the lines add up to it.
4. It ends with the newest checkpoint of the log, so that whoever holds the paper can see later that nothing was changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from foodtrace.errors import BadData
from foodtrace.events import BatchReleased, FormulaBatch, Receipt, Transfer
from foodtrace.graph.copies import flows_once
from foodtrace.graph.edges import UNITS, micros, moment
from foodtrace.graph.flows import ALWAYS, NEVER, Flow, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.names import find, texts_of
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import CHINA, latest
from foodtrace.operations.entries import event_at
from foodtrace.operations.places import describe
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.quantities import holdings
from foodtrace.storage.session import Session

_PIECE: Final = UNITS["piece"]
_DAY: Final = dt.timedelta(days=1)
_OUT: Final[dict[int, Literal["sale", "loss", "destroyed"]]] = {
    FlowKind.SOLD: "sale",
    FlowKind.LOST: "loss",
    FlowKind.USED: "loss",
    FlowKind.CONSUMED: "loss",
    FlowKind.DESTROYED: "destroyed",
}
GAPS: Final = ("product", "spec", "expiry", "supplier", "address", "contact", "doc", "certificate")
"""Fields of a purchase line that may be missing (rule 1), each with a text ``ledger.gap.FIELD``."""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """Cans of one batch that came in on one day."""

    day: str
    lot: str
    product: str
    spec: str
    """What one can holds."""
    produced: str
    expiry: str
    cans: int
    supplier: str
    """Name over the supplier's door, and its id."""
    address: str
    contact: str
    """Contact and telephone of the supplier."""
    doc: str
    """Number of the voucher."""
    certificate: str
    """Number of the batch's inspection certificate."""
    missing: tuple[str, ...]
    entry: str
    """``ORIGIN#SEQ`` of the entry."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """Cans of one batch that went out, came back or were missing on one day."""

    day: str
    kind: Literal["sale", "consumer_return", "loss", "destroyed", "sent", "shortage", "over"]
    lot: str
    product: str
    cans: int
    count: int
    """Records behind the line."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger; its JSON is ``schemas/formula-ledger.json``."""

    shop: str
    name: str
    operator: str
    licence: str
    licence_until: str
    start: str
    """First day."""
    end: str
    """Last day, included."""
    opening: int
    purchases: tuple[Purchase, ...]
    outgoings: tuple[Outgoing, ...]
    closing: int
    batches: int
    """Batches that came in."""
    gaps: int
    """Fields that are missing in purchase lines."""
    log: str
    checkpoint: str
    """Newest signed checkpoint of the shop's log, as text."""

    def total(self, *kinds: str) -> int:
        """Return the cans of some kinds of outgoing."""
        return sum(each.cans for each in self.outgoings if each.kind in kinds)


def statement(session: Session, shop: str, start: dt.date, end: dt.date, now: int) -> Statement:
    """Return a shop's ledger for the days from ``start`` to ``end``.

    The checkpoint that ends it is of the log that last wrote for this shop. :raises BadData: ``ledger.span``.
    """
    if end < start:
        raise BadData("ledger.span", value=f"{start}..{end}", expected="--from <= --to")
    first, last = (micros(dt.datetime.combine(day, dt.time(), CHINA)) for day in (start, end + _DAY))
    place = find(session, [shop]).get(shop, 0)
    lots = _lots(session, place, min(last - 1, now))
    facts = SqlFacts(session, min(last - 1, now))
    flows, _ = flows_once(facts, facts.flows(lots.keys()))
    moves = pair(flows, {}, facts.ranks())
    found = describe(session, shop)
    licence = found[0].licence if found else None
    bought = sorted(_purchases(session, place, lots, moves, first, last), key=lambda each: (each.day, each.lot, in_order(each.entry)))
    closing, missed = _stock(place, flows, moves)
    before = SqlFacts(session, first - 1)
    early, _ = flows_once(before, before.flows(lots.keys()))
    opening, missed_before = _stock(place, early, pair(early, {}, before.ranks()))
    gone = [*_outgoings(place, lots, flows, moves, first, last), *_missing(lots, missed, missed_before, str(end))]
    origin, note = _checkpoint(session, place)
    return Statement(
        shop=shop,
        name=found[0].name if found else "",
        operator=found[0].operator if found else "",
        licence=licence.number if licence else "",
        licence_until=str(licence.valid_until) if licence and licence.valid_until else "",
        start=str(start),
        end=str(end),
        opening=sum(opening.values()),
        purchases=tuple(bought),
        outgoings=tuple(sorted(gone, key=lambda each: (each.day, each.kind, each.lot))),
        closing=sum(closing.values()),
        batches=len({each.lot for each in bought}),
        gaps=sum(len(each.missing) for each in bought),
        log=origin,
        checkpoint=note,
    )


def _lots(session: Session, place: int, now: int) -> dict[int, FormulaBatch]:
    """Return the formula batches that were ever at a site."""
    held = texts_of(session, {lot for _, lot in SqlFacts(session, now).stock_lots([place])})
    batches = {number: latest(session, text, FormulaBatch) for number, text in held.items() if text and not text.startswith("?")}
    return {number: batch for number, batch in batches.items() if batch is not None}


def _purchases(
    session: Session, place: int, lots: dict[int, FormulaBatch], moves: Sequence[Move], first: int, last: int
) -> Iterable[Purchase]:
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    names = texts_of(session, {move.src for move in moves if move.src})
    for move in moves:
        if move.dst != place or not move.received or move.unit_in != _PIECE or not first <= move.t_in < last:
            continue
        batch = lots[move.lot]
        released = latest(session, batch.lot, BatchReleased)
        supplier = describe(session, names[move.src]) if move.src else None
        personal = supplier[1] if supplier else {}
        told = [event_at(session, log, seq) for log, seq in move.entries]
        fields = {
            "product": batch.product,
            "spec": str(batch.content) if batch.content else "",
            "expiry": str(batch.expiry or ""),
            "supplier": f"{supplier[0].name} {supplier[0].site}" if supplier else "",
            "address": personal.get("address", ""),
            "contact": " ".join(each for each in (personal.get("contact", ""), personal.get("phone", "")) if each),
            "doc": next((event.doc for event in told if isinstance(event, Receipt | Transfer) and event.doc), ""),
            "certificate": released.certificate if released else "",
        }
        yield Purchase(
            day=_day(move.t_in),
            lot=batch.lot,
            produced=str(batch.produced or ""),
            cans=move.received,
            missing=tuple(name for name in GAPS if not fields[name]),
            entry=f"{origins.get(move.log, move.log)}#{move.seq}",
            **fields,
        )


def _outgoings(
    place: int, lots: dict[int, FormulaBatch], flows: Iterable[Flow], moves: Sequence[Move], first: int, last: int
) -> Iterable[Outgoing]:
    """Yield what went out or came back, by day, kind and batch (rule 2)."""
    sums: dict[tuple[str, str, int], list[int]] = {}

    def add(t: int, kind: str, lot: int, cans: int) -> None:
        if first <= t < last:
            line = sums.setdefault((_day(t), kind, lot), [0, 0])
            line[0] += cans
            line[1] += 1

    for flow in flows:
        if flow.site != place or flow.unit != _PIECE:
            continue
        if flow.kind in _OUT:
            add(flow.t, _OUT[flow.kind], flow.lot, flow.q)
        elif flow.kind == FlowKind.CONSUMER_RETURN:
            add(flow.t, "consumer_return", flow.lot, flow.q)
    for move in moves:
        if move.src == place and move.unit == _PIECE:
            add(move.t_out, "sent", move.lot, move.sent)
    for (day, kind, lot), (cans, count) in sums.items():
        yield Outgoing(day=day, kind=kind, lot=lots[lot].lot, product=lots[lot].product, cans=cans, count=count)  # type: ignore[arg-type]


def _stock(place: int, flows: Sequence[Flow], moves: Sequence[Move]) -> tuple[dict[int, int], dict[int, int]]:
    """Return, per lot, what is on hand at a site, and what counts found over (positive) or short (negative)."""
    sums = {lot: each for (lot, site, unit), each in holdings(moves, flows).items() if site == place and unit == _PIECE}
    return {lot: each.on_hand for lot, each in sums.items()}, {lot: each.over - each.unaccounted for lot, each in sums.items()}


def _missing(lots: dict[int, FormulaBatch], now: dict[int, int], before: dict[int, int], day: str) -> Iterable[Outgoing]:
    """Yield what counts in the span found short or over, on its last day: a count says how much, never when it went."""
    for lot, found in now.items():
        short = found - before.get(lot, 0)
        if short:
            batch = lots[lot]
            kind: Literal["shortage", "over"] = "shortage" if short < 0 else "over"
            yield Outgoing(day=day, kind=kind, lot=batch.lot, product=batch.product, cans=abs(short), count=1)


def _checkpoint(session: Session, place: int) -> tuple[str, str]:
    """Return (origin, newest checkpoint) of the log that last wrote for a site."""
    seen = session.row(
        "SELECT v.log FROM site_seen AS v JOIN log AS l ON l.id = v.log WHERE v.site = ? ORDER BY v.recorded DESC, l.origin LIMIT 1",
        (place,),
    )
    row = session.row(
        "SELECT l.origin, c.note FROM checkpoint AS c JOIN log AS l ON l.id = c.log WHERE c.log = ? ORDER BY c.size DESC LIMIT 1",
        (seen[0] if seen else -1,),
    )
    return ("", "") if row is None else (str(row[0]), bytes(row[1]).decode())


def _day(t: int) -> str:
    return "" if t in (ALWAYS, NEVER) else moment(t).astimezone(CHINA).date().isoformat()
