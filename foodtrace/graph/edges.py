"""Event -> what it does to the projection. Pure: a function of the event and its place (origin, seq) alone.

Rules:

1. Texts here, not numbers: storage gives numbers to names, and replay compares texts (DESIGN section 6).
2. One event has the same effects whatever came before it; what depends on other entries is computed at read.
3. An effect that leaves counts late and one that arrives counts early when its time is known to the day only (RECALL section 1).
"""

from __future__ import annotations

import datetime as dt
from functools import singledispatch
from typing import Final, NamedTuple

from foodtrace.events import (
    Acknowledgement,
    Alias,
    BatchReleased,
    CertificateIssued,
    CertificateVoided,
    Clause,
    ConsumerReturn,
    ContactsShown,
    Correction,
    DeadlineExtended,
    Destroyed,
    DestructionPlanned,
    Dispute,
    EffectivenessCheck,
    Event,
    FormulaBatch,
    GateShift,
    GoodsCleared,
    Key,
    Listing,
    Loss,
    LotsClause,
    MarketEntry,
    Notice,
    Operator,
    Output,
    Packing,
    Portion,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Receipt,
    Refusal,
    Returned,
    Sale,
    SamplingCommitted,
    SamplingOpened,
    Sealing,
    SellerFile,
    Site,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
    TruckExpected,
)
from foodtrace.graph.flows import ALWAYS, CLEARED, CUSTODY, DAY, DELIVERED, NEVER, SAMPLE, STYLE2, UNKNOWN_TIME, UNNAMED, FlowKind
from foodtrace.quantity import Quantity

UNITS: Final = {"g": 0, "ml": 1, "piece": 2}
"""Unit -> its number in rows."""
UNIT_NAMES: Final = ("g", "ml", "piece")

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY0: Final = dt.date(1970, 1, 1)
_MICRO: Final = dt.timedelta(microseconds=1)
_ONE_DAY: Final = 86_400_000_000
UNKNOWN_DAY: Final = -1


class FlowText(NamedTuple):
    """A flow with its names as texts; see :class:`foodtrace.graph.flows.Flow`."""

    kind: int
    lot: str
    site: str
    other: str
    unit: int
    q: int
    t: int
    pair: str = ""
    flags: int = 0


class LotText(NamedTuple):
    """What an entry says a lot is."""

    lot: str
    site: str
    product: str
    gtin: str
    produced: int
    expiry: int
    content: int
    content_unit: int


class Effects:
    """What one event does to the projection."""

    __slots__ = ("about", "aliases", "cross", "edges", "flows", "lots", "site", "unnamed")

    def __init__(self) -> None:
        self.flows: list[FlowText] = []
        self.edges: list[tuple[str, str, str]] = []
        """(source lot, destination lot, site)."""
        self.aliases: list[tuple[str, str]] = []
        self.unnamed: list[tuple[str, str]] = []
        """(site it left, pseudo-lot)."""
        self.lots: list[LotText] = []
        self.site: Site | None = None
        self.about: list[str] = []
        """Subjects besides the flows' lots."""
        self.cross: tuple[str, int] | None = None
        """(origin, seq) of an entry of another log that this one corrects or disputes."""


def effects(event: Event, origin: str, seq: int) -> Effects:
    """Return what an entry does to the projection.

    :param event: the event of the entry (for a correction of this log: only its replacement counts here, see
        :mod:`foodtrace.graph.projection`).
    :param origin: origin of the log, which names pseudo-lots.
    :param seq: sequence number of the entry.
    """
    made = Effects()
    _effects(event, made, f"?{origin}#{seq}")
    return made


def micros(moment: dt.datetime) -> int:
    """Return a time as microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICRO


def moment(microseconds: int) -> dt.datetime:
    """Return microseconds since 1970 as a UTC time."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def day_number(day: dt.date | None) -> int:
    """Return a day as days since 1970-01-01, -1 for none."""
    return UNKNOWN_DAY if day is None else (day - _DAY0).days


def _out(event: Event) -> tuple[int, int]:
    """Return time and flags of what leaves: as late as the record allows."""
    if event.precision == "instant":
        return micros(event.at), 0
    if event.precision == "day":
        return micros(event.at.replace(hour=0, minute=0, second=0, microsecond=0)) + _ONE_DAY - 1, DAY
    return NEVER, UNKNOWN_TIME


def _in(event: Event) -> tuple[int, int]:
    """Return time and flags of what arrives: as early as the record allows."""
    if event.precision == "instant":
        return micros(event.at), 0
    if event.precision == "day":
        return micros(event.at.replace(hour=0, minute=0, second=0, microsecond=0)), DAY
    return ALWAYS, UNKNOWN_TIME


def _flow(
    made: Effects,
    kind: FlowKind,
    event: Event,
    lot: str,
    quantity: Quantity,
    *,
    site: str | None = None,
    other: str = "",
    pair: str = "",
    flags: int = 0,
    leaves: bool = True,
) -> None:
    t, precision = _out(event) if leaves else _in(event)
    where = event.site if site is None else site
    made.flows.append(FlowText(kind, lot, where, other, UNITS[quantity.unit], quantity.value, t, pair, flags | precision))


def _born(made: Effects, event: Event, lot: str, product: str, *, site: str | None = None) -> None:
    where = event.site if site is None else site
    made.lots.append(LotText(lot, where, product, "", UNKNOWN_DAY, UNKNOWN_DAY, -1, 0))


def _transformed(
    made: Effects, event: Event, inputs: tuple[Portion, ...], outputs: tuple[Output, ...], loss: Quantity | None, flags: int, case: str = ""
) -> None:
    for portion in inputs:
        _flow(made, FlowKind.CONSUMED, event, portion.lot, portion.quantity, flags=flags & ~CLEARED)
    for out in outputs:
        _flow(made, FlowKind.PRODUCED, event, out.lot, out.quantity, flags=flags, pair=case, leaves=False)
        content = out.content
        made.lots.append(
            LotText(
                out.lot,
                event.site,
                out.product,
                out.gtin,
                day_number(out.produced),
                day_number(out.expiry),
                -1 if content is None else content.value,
                0 if content is None else UNITS[content.unit],
            )
        )
    if loss is not None and outputs:
        _flow(made, FlowKind.DISCARDED, event, outputs[0].lot, loss)
    made.edges.extend({(portion.lot, out.lot, event.site): None for portion in inputs for out in outputs if portion.lot != out.lot})


@singledispatch
def _effects(event: Event, made: Effects, pseudo: str) -> None:
    """Events without effect on goods: keys, erasures, marks."""


@_effects.register
def _(event: Operator, made: Effects, _pseudo: str) -> None:
    made.about.append(f"operator {event.operator}")


@_effects.register
def _(event: Listing, made: Effects, _pseudo: str) -> None:
    made.about.append(f"operator {event.operator}")


@_effects.register
def _(event: Site, made: Effects, _pseudo: str) -> None:
    made.site = event
    made.about.append(f"sites {event.operator}")


@_effects.register
def _(event: Key, made: Effects, _pseudo: str) -> None:
    if event.use == "issuer":
        made.about += [f"kid {event.kid}", f"keys {event.issuer}"]


@_effects.register
def _(event: SellerFile, made: Effects, _pseudo: str) -> None:
    made.about += [f"seller {event.site} {event.seller}", f"sellers {event.site}"]
    if event.card:
        made.about.append(f"card {event.site} {event.card}")


@_effects.register
def _(event: CertificateIssued, made: Effects, _pseudo: str) -> None:
    made.about += [f"certificate {event.lot} {event.serial}", event.lot]
    if event.style == 2 and event.upstream:  # noqa: PLR2004 - style 2 of the certificate
        _transformed(made, event, event.upstream, (Output(lot=event.lot, quantity=event.quantity, product=event.product),), None, STYLE2)
    else:
        _flow(made, FlowKind.BORN, event, event.lot, event.quantity, pair=event.serial, leaves=False)
        _born(made, event, event.lot, event.product)


@_effects.register
def _(event: CertificateVoided, made: Effects, _pseudo: str) -> None:
    made.about += [f"certificate {event.lot} {event.serial}", event.lot]


@_effects.register
def _(event: TestRecorded, made: Effects, _pseudo: str) -> None:
    made.about.append(event.lot)
    if event.quantity is not None:
        _flow(made, FlowKind.USED, event, event.lot, event.quantity, flags=SAMPLE)


@_effects.register
def _(event: MarketEntry, made: Effects, _pseudo: str) -> None:
    made.about += [event.lot, f"gate {event.site}"]
    if event.serial:
        made.about.append(f"spent {event.kid or event.lot} {event.serial}")
    _at_gate(made, event)
    if event.decision != "admitted":
        made.about.append(f"held {event.site}")
        return
    where = event.stall or event.site
    if event.certified or event.source:
        pair = next((each.number for each in event.vouchers if each.kind in ("purchase", "sales", "transport") and each.number), "")
        # A verified certificate is the sender's own word that these goods left: both sides are on record.
        flags = DELIVERED if event.certified else 0
        _flow(
            made, FlowKind.RECEIPT, event, event.lot, event.quantity, site=where, other=event.source, pair=pair, flags=flags, leaves=False
        )
    else:
        _flow(made, FlowKind.BORN, event, event.lot, event.quantity, site=where, leaves=False)
    _born(made, event, event.lot, event.product, site=event.source or ("" if event.certified else where))


@_effects.register
def _(event: Refusal, made: Effects, _pseudo: str) -> None:
    made.about.append(f"gate {event.site}" if event.asked == "market_entry" else f"refused {event.site}")
    if event.lot:
        made.about.append(event.lot)
    if event.serial:
        made.about.append(f"spent {event.kid or event.lot} {event.serial}")
    if event.case:
        made.about.append(f"case {event.case}")
    _at_gate(made, event)


def truck(site: str, gate: str, day: dt.date, number: int) -> str:
    """Return the subject of everything about one truck of a gate's day."""
    return f"truck {site} {gate} {day.isoformat()} {number:06d}"


def _at_gate(made: Effects, event: MarketEntry | Refusal) -> None:
    if event.number:
        made.about.append(truck(event.site, event.gate, event.at.date(), event.number))
    if event.resolves:
        made.about.append(f"resolves {event.resolves}")


@_effects.register
def _(event: TruckExpected, made: Effects, _pseudo: str) -> None:
    made.about.append(f"expected {event.site} {event.day.isoformat()}")


@_effects.register(SamplingCommitted)
@_effects.register(SamplingOpened)
def _(event: SamplingCommitted, made: Effects, _pseudo: str) -> None:
    made.about.append(f"sampling {event.site} {event.gate} {event.day.isoformat()}")


@_effects.register
def _(event: GateShift, made: Effects, _pseudo: str) -> None:
    made.about.append(f"shift {event.site} {event.gate}")


@_effects.register
def _(event: Transfer, made: Effects, pseudo: str) -> None:
    flags = 0 if event.in_transit or not event.to else DELIVERED
    if not event.lot:
        flags |= UNNAMED
        made.unnamed.append((event.site, pseudo))
        made.lots.append(LotText(pseudo, "", event.product, "", UNKNOWN_DAY, UNKNOWN_DAY, -1, 0))
    pair = event.transfer or event.doc or event.id
    _flow(made, FlowKind.DISPATCH, event, event.lot or pseudo, event.quantity, other=event.to, pair=pair, flags=flags)


@_effects.register
def _(event: Receipt, made: Effects, _pseudo: str) -> None:
    flags = CUSTODY if event.sealed else 0
    _flow(
        made,
        FlowKind.RECEIPT,
        event,
        event.lot,
        event.quantity,
        other=event.source,
        pair=event.transfer or event.doc,
        flags=flags,
        leaves=False,
    )
    if event.product:
        _born(made, event, event.lot, event.product, site="")
    if event.case:
        made.about.append(f"case {event.case}")


@_effects.register
def _(event: Transformation, made: Effects, _pseudo: str) -> None:
    flags = CLEARED if event.kind == "relabel" and event.case else 0
    _transformed(made, event, event.inputs, event.outputs, event.loss, flags, event.case)
    if event.case:
        made.about.append(f"case {event.case}")


@_effects.register
def _(event: Loss, made: Effects, _pseudo: str) -> None:
    kind = FlowKind.LOST if event.reason in ("lost", "spoiled") else FlowKind.USED
    _flow(made, kind, event, event.lot, event.quantity, flags=SAMPLE if event.reason == "sample" else 0)


@_effects.register
def _(event: StockCount, made: Effects, _pseudo: str) -> None:
    _flow(made, FlowKind.COUNT, event, event.lot, event.quantity)


@_effects.register
def _(event: Alias, made: Effects, _pseudo: str) -> None:
    if event.lot != event.alias:
        made.aliases += [(event.lot, event.alias), (event.alias, event.lot)]


@_effects.register
def _(event: Packing, made: Effects, _pseudo: str) -> None:
    made.about.append(f"pack {event.parent}")
    if event.lot:
        made.about.append(event.lot)


@_effects.register
def _(event: FormulaBatch, made: Effects, _pseudo: str) -> None:
    made.about.append(event.lot)
    out = Output(
        lot=event.lot, quantity=event.quantity, product=event.product, produced=event.produced, expiry=event.expiry, content=event.content
    )
    _transformed(made, event, event.inputs, (out,), event.loss, 0)


@_effects.register
def _(event: BatchReleased, made: Effects, _pseudo: str) -> None:
    made.about.append(event.lot)


@_effects.register
def _(event: Sale, made: Effects, _pseudo: str) -> None:
    _flow(made, FlowKind.SOLD, event, event.lot, event.quantity, pair=event.serial)
    if event.serial:
        made.about.append(f"serial {event.lot} {event.serial}")


@_effects.register
def _(event: ConsumerReturn, made: Effects, _pseudo: str) -> None:
    _flow(made, FlowKind.CONSUMER_RETURN, event, event.lot, event.quantity, pair=event.serial, leaves=False)
    if event.serial:
        made.about.append(f"serial {event.lot} {event.serial}")


@_effects.register
def _(event: Sealing, made: Effects, _pseudo: str) -> None:
    _flow(made, FlowKind.SEALED, event, event.lot, event.quantity)
    _case(made, event.case)


@_effects.register
def _(event: Returned, made: Effects, _pseudo: str) -> None:
    flags = 0 if event.in_transit else DELIVERED
    pair = event.transfer or event.doc or event.id
    _flow(made, FlowKind.RETURN, event, event.lot, event.quantity, other=event.to, pair=pair, flags=flags)
    _case(made, event.case)


@_effects.register
def _(event: Destroyed, made: Effects, _pseudo: str) -> None:
    _flow(made, FlowKind.DESTROYED, event, event.lot, event.quantity)
    _case(made, event.case)


@_effects.register
def _(event: RecallOpened, made: Effects, _pseudo: str) -> None:
    _case(made, event.case)
    made.about.append("cases")
    _scoped(made, event.scope)


@_effects.register
def _(event: RecallWidened, made: Effects, _pseudo: str) -> None:
    _case(made, event.case)
    _scoped(made, event.scope)


BY_RULE: Final = "recalled by rule"
"""Subject of every recall whose scope is not a list of lots."""


def recalled(lot: str) -> str:
    """Return the subject of every recall that names a lot, or one of the same code under another issuer."""
    return f"recalled {lot.rpartition('/')[2]}"


def _scoped(made: Effects, scope: tuple[Clause, ...]) -> None:
    """Let a gate find the recalls that may touch its goods without reading every case."""
    for clause in scope:
        made.about += [recalled(lot) for lot in clause.lots] if isinstance(clause, LotsClause) else [BY_RULE]


@_effects.register(RecallPublished)
@_effects.register(RecallClosed)
@_effects.register(RecallReopened)
@_effects.register(RecallWithdrawn)
@_effects.register(GoodsCleared)
@_effects.register(DeadlineExtended)
@_effects.register(DestructionPlanned)
@_effects.register(Notice)
@_effects.register(Acknowledgement)
@_effects.register(EffectivenessCheck)
@_effects.register(ContactsShown)
def _(event: RecallClosed, made: Effects, _pseudo: str) -> None:
    _case(made, event.case)


@_effects.register
def _(event: Correction, made: Effects, pseudo: str) -> None:
    if event.log:
        made.cross = (event.log, event.seq)
    if event.replacement is not None:
        _effects(event.replacement, made, pseudo)


@_effects.register
def _(event: Dispute, made: Effects, _pseudo: str) -> None:
    made.cross = (event.log, event.seq)


def _case(made: Effects, case: str) -> None:
    if case:
        made.about.append(f"case {case}")
