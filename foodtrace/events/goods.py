"""Events about goods: certificates, the gate, moves, transformations, tests, counts, losses."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec

from foodtrace.events.base import (
    CertificateHash,
    Code,
    Document,
    Event,
    GateNumber,
    Goods,
    GoodsId,
    Hash,
    LotId,
    OperatorId,
    OptionalCase,
    OptionalCode,
    OptionalGoods,
    OptionalHash,
    OptionalLot,
    OptionalOperator,
    OptionalSite,
    Output,
    PartCount,
    Portion,
    Region,
    TruckNumber,
    Voucher,
    Words,
)
from foodtrace.quantity import Quantity

Basis: TypeAlias = Literal["quality_control", "own_test", "commissioned_test", "self_declared"]
"""承诺依据: 质量安全控制符合要求, 自行检测合格, 委托检测合格, and the older 自我承诺 (DOMAIN section 1.2)."""


class CertificateIssued(Event, frozen=True, kw_only=True, tag="certificate_issued"):
    """A commitment certificate (承诺达标合格证) is issued at ``site``; the birth of its lot, or, style 2, made from upstream lots."""

    lot: LotId
    serial: Code
    """Serial number under the lot; ``(kid, serial)`` is what is spent at a gate."""
    issuer: OperatorId
    style: Literal[1, 2] = 1
    """1 a producer's, 2 a collector's who mixed or repacked."""
    form: Literal["commitment", "self_commitment", "origin_proof"] = "commitment"
    """``self_commitment`` and ``origin_proof`` are older papers recorded as what they are."""
    product: Words
    quantity: Quantity
    origin: Words = ""
    """Origin (产地), to the county, better the village."""
    region: Region = ""
    harvested: dt.date | None = None
    issued: dt.date | None = None
    valid_until: dt.date | None = None
    basis: tuple[Basis, ...] = ()
    upstream: tuple[Portion, ...] = ()
    """Style 2: the lots taken in, with the quantity of each that went into this one."""
    upstream_serials: tuple[Document, ...] = ()
    kid: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] = ""
    payload: Annotated[str, msgspec.Meta(max_length=600)] = ""
    """The text in the QR code, byte for byte."""
    number: Document = ""
    """Number as printed, of a paper that is not ours; ``serial`` is it too where it can be."""
    parts: PartCount = 0


class CertificateVoided(Event, frozen=True, kw_only=True, tag="certificate_voided"):
    """A certificate is made void by its issuer."""

    lot: LotId
    serial: Code
    reason: Words = ""


class TestRecorded(Event, frozen=True, kw_only=True, tag="test_recorded"):
    """A test of a lot at ``site``; a positive rapid test holds the goods until a laboratory has spoken (FSL Art. 112)."""

    __test__ = False  # not a test case of pytest

    lot: LotId
    sample: Code
    item: Words
    method: Words = ""
    rapid: bool = True
    verdict: Literal["negative", "positive", "invalid"]
    inhibition: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] | None = None
    """Enzyme inhibition in thousandths of a percent (50.0 % = 50000), GB/T 5009.199."""
    value: Words = ""
    """Measured value with its unit, as reported."""
    limit: Words = ""
    kit: OptionalCode = ""
    repeats: OptionalCode = ""
    """Event id of the test this one repeats."""
    confirms: OptionalCode = ""
    """Event id of the rapid test this laboratory result confirms or lifts."""
    quantity: Quantity | None = None
    """What the sample used up, if it was consumed."""


class MarketEntry(Event, frozen=True, kw_only=True, tag="market_entry"):
    """A gate decision that let goods in (admitted) or put them aside (held) at market ``site``.

    An admitted entry with a certificate receives the certificate's lot from its issuing site; without one it is the birth
    of a lot made at the gate (DOMAIN section 7, rule 1).
    """

    decision: Literal["admitted", "held"]
    lot: LotId
    product: Words
    quantity: Quantity
    seller: OptionalOperator = ""
    stall: OptionalSite = ""
    """Site inside the market that takes the goods in; empty: the market itself."""
    source: OptionalSite = ""
    """Registered site the goods come from; empty: not known."""
    serial: OptionalCode = ""
    kid: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] = ""
    certified: bool = False
    """True when a verified certificate stands behind the entry: the lot was born with it."""
    basis: Literal["", "certificate", "voucher", "test", "quarantine", "customs", "self_grown"] = ""
    vouchers: tuple[Voucher, ...] = ()
    gross: Quantity | None = None
    tare: Quantity | None = None
    written: Words = ""
    """The weight as the clerk said it."""
    reasons: tuple[Code, ...] = ()
    rule_pack: OptionalCode = ""
    resolves: OptionalCode = ""
    """Event id of the held entry that this decision ends."""
    approved_by: OptionalCode = ""
    """Second person's number where the decision needs one."""
    by_card: OptionalCode = ""
    """Event id of the staff card by which ``by`` was shown; empty: only said."""
    approved_card: OptionalCode = ""
    """Event id of the staff card by which ``approved_by`` was shown; empty: only said."""
    deadline: dt.datetime | None = None
    gate: GateNumber = ""
    number: TruckNumber = 0
    """The truck's number on this day at this gate; what ends a held entry has the same number."""
    goods: Goods = ""
    rate: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    """Trucks in ten thousand that the sampling plan draws of such goods; none: no plan in force."""
    drawn: bool = False
    """The sampling plan draws this truck."""
    crates: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    expiry: dt.date | None = None
    """Last day of the shelf life, as printed."""
    batch: Document = ""
    """Production date or batch number as printed, for packaged food."""
    expected: OptionalCode = ""
    """Event id of the announcement this truck answers."""
    certified_quantity: Quantity | None = None
    """What the signed certificate is for, so that two gates' entries can be set against it without the issuer's log."""
    certificate_hash: CertificateHash = ""
    """Which certificate: SHA-256 of what its signature covers, 16 bytes, hex; empty: the signature was not checked, or is not good."""


class TruckExpected(Event, frozen=True, kw_only=True, tag="truck_expected"):
    """A truck is announced to market ``site``; its plate is a commitment ``plate``."""

    day: dt.date
    seller: OptionalOperator = ""
    product: Words = ""
    quantity: Quantity | None = None
    doc: Document = ""
    """Booking number."""


class SamplingCommitted(Event, frozen=True, kw_only=True, tag="sampling_committed"):
    """Market ``site`` commits to the seed that will draw the trucks of a day at a gate; it holds if recorded before that day."""

    gate: GateNumber
    day: dt.date
    commitment: Hash


class SamplingOpened(Event, frozen=True, kw_only=True, tag="sampling_opened"):
    """The seed of a day that is over is opened, so that anybody can draw again."""

    gate: GateNumber
    day: dt.date
    seed: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="32 bytes, hex")]


class StaffCard(Event, frozen=True, kw_only=True, tag="staff_card"):
    """A staff card is issued or withdrawn at market ``site``; ``by`` says on whose word. The latest entry on a number holds."""

    staff: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}$(?!\n)", description="staff number, never a name")]
    action: Literal["issue", "withdraw"]
    commitment: OptionalHash = ""
    """Of an issued card: SHA-256 of market, number and the card's secret of 128 random bits (:mod:`foodtrace.gate.staffcard`)."""
    until: dt.date | None = None
    """Last day; none: until it is withdrawn."""


class GateShift(Event, frozen=True, kw_only=True, tag="gate_shift"):
    """Somebody begins or ends a shift at a gate of market ``site``; ``by`` says who, by number."""

    gate: GateNumber
    action: Literal["start", "end"]
    start: OptionalCode = ""
    """Of an end: event id of the beginning."""
    card: OptionalCode = ""
    """Of a beginning: event id of the staff card that was shown; empty: the number was only typed."""
    admitted: Annotated[int, msgspec.Meta(ge=0)] = 0
    held: Annotated[int, msgspec.Meta(ge=0)] = 0
    refused: Annotated[int, msgspec.Meta(ge=0)] = 0
    undone: Annotated[int, msgspec.Meta(ge=0)] = 0


class Refusal(Event, frozen=True, kw_only=True, tag="refusal"):
    """Something asked for was refused; moves no quantity (RECALL section 7)."""

    asked: Literal["market_entry", "sale", "transfer", "receipt", "use", "packing", "release", "certificate", "restock"]
    lot: OptionalGoods = ""
    product: Words = ""
    quantity: Quantity | None = None
    seller: OptionalOperator = ""
    serial: OptionalCode = ""
    kid: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] = ""
    reasons: tuple[Code, ...] = ()
    rule_pack: OptionalCode = ""
    case: OptionalCase = ""
    resolves: OptionalCode = ""
    approved_by: OptionalCode = ""
    by_card: OptionalCode = ""
    approved_card: OptionalCode = ""
    gate: GateNumber = ""
    number: TruckNumber = 0
    goods: Goods = ""
    vouchers: tuple[Voucher, ...] = ()
    written: Words = ""
    certificate_hash: CertificateHash = ""
    """As of :class:`MarketEntry`."""


class Transfer(Event, frozen=True, kw_only=True, tag="transfer"):
    """Goods leave ``site`` for ``to``: the sales voucher.

    One scanned voucher is both the seller's sales record and the buyer's purchase record (DOMAIN section 1.2), so by default
    both sides of the move are on record. With ``in_transit`` the goods are only under way: the buyer's :class:`Receipt`,
    paired by ``transfer`` or by document number, says what arrived.
    """

    lot: OptionalLot = ""
    """Empty when the voucher names no lot: every lot of that product at the sender is then possible."""
    product: Words = ""
    quantity: Quantity
    to: OptionalSite = ""
    """Destination; empty when the buyer is not registered."""
    in_transit: bool = False
    transfer: OptionalCode = ""
    """Transfer id shared with the receipt; empty: the document number is, or else the event's own id."""
    doc: Document = ""
    doc_type: Words = ""
    written: Words = ""


class Receipt(Event, frozen=True, kw_only=True, tag="receipt"):
    """Goods arrive at ``site``; outranks the dispatch it pairs with in what it says."""

    lot: GoodsId
    product: Words = ""
    quantity: Quantity
    source: OptionalSite = ""
    transfer: OptionalCode = ""
    doc: Document = ""
    doc_type: Words = ""
    sealed: bool = False
    """Received into custody because the lot is under recall (RECALL section 7)."""
    case: OptionalCase = ""
    written: Words = ""


class Transformation(Event, frozen=True, kw_only=True, tag="transformation"):
    """Lots become lots at ``site``; every input may be in every output (RECALL section 1)."""

    kind: Literal["repack", "blend", "split", "process", "renumber", "rework", "relabel"]
    inputs: Annotated[tuple[Portion, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    outputs: Annotated[tuple[Output, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    loss: Quantity | None = None
    """Input that was discarded."""
    case: OptionalCase = ""
    """The recall case that approved this correction (relabelling): its outputs are cleared for that case."""
    approved_by: OptionalCode = ""
    """Number of who approved the correction."""
    note: Words = ""
    """What buyers are told of it (RCL15 Art. 25)."""
    parts: PartCount = 0


class Loss(Event, frozen=True, kw_only=True, tag="loss"):
    """Goods leave stock without a buyer: lost, spoiled, used in a kitchen, taken as a sample."""

    lot: LotId
    quantity: Quantity
    reason: Literal["lost", "spoiled", "used", "sample"] = "lost"
    note: Words = ""


class StockCount(Event, frozen=True, kw_only=True, tag="stock_count"):
    """Goods of a lot counted at ``site``; the difference to the book is booked, never clipped (RECALL section 4)."""

    lot: LotId
    quantity: Quantity
    missing: tuple[Code, ...] = ()
    """Serial numbers that should be there and are not."""
    parts: PartCount = 0


class Alias(Event, frozen=True, kw_only=True, tag="alias"):
    """Two names of one lot (can code, case code); has no time and no quantity."""

    lot: LotId
    alias: LotId


class Packing(Event, frozen=True, kw_only=True, tag="packing"):
    """Units are put into, or taken out of, a case or pallet (EPCIS AggregationEvent)."""

    action: Literal["add", "delete"] = "add"
    parent: Code
    """SSCC or case code."""
    lot: OptionalLot = ""
    children: tuple[Code, ...] = ()
    quantity: Quantity | None = None
    parts: PartCount = 0
