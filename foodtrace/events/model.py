"""Every kind of event, as one tagged union: :data:`AnyEvent` (DESIGN section 5)."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from foodtrace.events.base import Event, Hash, PartCount, Seq, Words
from foodtrace.events.case import (
    Acknowledgement,
    DeadlineExtended,
    Destroyed,
    DestructionPlanned,
    EffectivenessCheck,
    GoodsCleared,
    Notice,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Returned,
    Sealing,
)
from foodtrace.events.formula import BatchReleased, ConsumerReturn, FormulaBatch, Sale
from foodtrace.events.goods import (
    Alias,
    CertificateIssued,
    CertificateVoided,
    GateShift,
    Loss,
    MarketEntry,
    Packing,
    Receipt,
    Refusal,
    SamplingCommitted,
    SamplingOpened,
    StaffCard,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
    TruckExpected,
)
from foodtrace.events.master import Key, Listing, Operator, SellerFile, Site
from foodtrace.events.records import ContactsShown, Dispute, Erasure, Origin, Recovered, VoucherLines

Fact: TypeAlias = (
    Acknowledgement
    | Alias
    | BatchReleased
    | CertificateIssued
    | CertificateVoided
    | ConsumerReturn
    | DeadlineExtended
    | Destroyed
    | DestructionPlanned
    | EffectivenessCheck
    | FormulaBatch
    | GateShift
    | GoodsCleared
    | Listing
    | Loss
    | MarketEntry
    | Notice
    | Operator
    | Packing
    | RecallClosed
    | RecallOpened
    | RecallPublished
    | RecallReopened
    | RecallWidened
    | RecallWithdrawn
    | Receipt
    | Refusal
    | Returned
    | Sale
    | SamplingCommitted
    | SamplingOpened
    | Sealing
    | SellerFile
    | Site
    | StaffCard
    | StockCount
    | TestRecorded
    | Transfer
    | Transformation
    | TruckExpected
)
"""Events that a correction may remove or replace."""


class Correction(Event, frozen=True, kw_only=True, tag="correction"):
    """Removes or replaces an earlier entry (EPCIS errorDeclaration).

    Names the entry by sequence number and leaf hash. A correction is not corrected: record anew. An entry of another log is
    corrected only by the operator of the site it happened at; from anybody else it is disputed and without effect.
    """

    seq: Seq
    leaf: Hash
    log: Origin | Literal[""] = ""
    """Origin of the corrected entry's log; empty: this log."""
    reason: Literal["did_not_occur", "incorrect_data"]
    replacement: Fact | None = None
    """For ``incorrect_data``: the event as it should have been. It may keep its id, so that what names it still finds it."""
    note: Words = ""
    parts: PartCount = 0


AnyEvent: TypeAlias = Fact | Key | Correction | Dispute | Erasure | Recovered | ContactsShown | VoucherLines
"""Everything that can stand in a log."""


def kinds() -> dict[str, type[Event]]:
    """Return every kind of event: its ``type`` in JSON -> its class."""
    return {str(msgspec.inspect.type_info(kind).tag): kind for kind in AnyEvent.__args__}  # type: ignore[attr-defined]
