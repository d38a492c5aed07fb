"""Events about other entries: disputes, erasures, marks of recovery, lines of a long voucher.

Corrections stand in :mod:`foodtrace.events.model`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from foodtrace.events.base import Code, Document, Event, EventId, GoodsId, Hash, Held, OptionalCase, Output, Portion, Seq, Words
from foodtrace.events.case import Clause

Origin = Annotated[str, msgspec.Meta(pattern=r"^[^\s+]{1,200}$(?!\n)", description="origin of a log")]


class Dispute(Event, frozen=True, kw_only=True, tag="dispute"):
    """A party objects to an entry, of any log; changes no sums."""

    log: Origin
    seq: Seq
    leaf: Hash
    reason: Words


class Erasure(Event, frozen=True, kw_only=True, tag="erasure"):
    """Personal values of an earlier entry of this log, or of a log that it continues, were deleted; its commitments and proofs stay."""

    seq: Seq
    log: Origin | Literal[""] = ""
    """Origin of the log that the entry stands in, one that a recovery left for this log; empty: this log."""
    fields: Annotated[tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,20}$(?!\n)")], ...], msgspec.Meta(min_length=1)]
    reason: Words = ""


class Recovered(Event, frozen=True, kw_only=True, tag="recovered"):
    """The log goes on after an honest restore: the mark that ``foodtrace recover`` leaves (DESIGN section 5)."""

    kind: Literal["restored", "new_log"]
    lost_from: Seq
    """First sequence number that was signed once and is not here."""
    lost_to: Seq
    """One past the last."""
    checkpoint: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    """The newest checkpoint that was known, as text."""
    former: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Origin of the sealed log that this one continues, for ``new_log``."""
    reason: Words = ""


class ContactsShown(Event, frozen=True, kw_only=True, tag="contacts_shown"):
    """Names, phones and addresses of people were written into a file in full; ``by`` says who asked, never the values."""

    case: OptionalCase = ""
    """Empty: of a recall's list on which no case stands; ``scope`` says of what."""
    what: Literal["case_report", "notices", "recall"]
    scope: tuple[Words, ...] = ()
    """What was asked for, one clause each (``recall`` only)."""
    sites: Annotated[int, msgspec.Meta(ge=0)]
    """How many sites' contacts were in it."""


class VoucherLines(Event, frozen=True, kw_only=True, tag="voucher_lines"):
    """Lines of an event that is too long for one entry; they stand right before it and do nothing without it.

    Made by foodtrace, never given by a caller: see :mod:`foodtrace.events.parts`.
    """

    doc: EventId
    """Id of the event they belong to."""
    part: Annotated[int, msgspec.Meta(ge=1, le=998)]
    """Its place among the parts, from 1; the event itself is the last part."""
    parts: Annotated[int, msgspec.Meta(ge=2, le=999)]
    """Entries that the event stands in, itself among them."""
    kind: Literal[
        "acknowledgement",
        "certificate_issued",
        "correction",
        "formula_batch",
        "goods_cleared",
        "notice",
        "packing",
        "recall_opened",
        "recall_widened",
        "stock_count",
        "transformation",
    ]
    """Kind of the event they belong to; of a correction, they are lines of its replacement."""
    inputs: tuple[Portion, ...] = ()
    outputs: tuple[Output, ...] = ()
    upstream: tuple[Portion, ...] = ()
    upstream_serials: tuple[Document, ...] = ()
    children: tuple[Code, ...] = ()
    missing: tuple[Code, ...] = ()
    scope: tuple[Clause, ...] = ()
    lots: tuple[GoodsId, ...] = ()
    on_hand: tuple[Held, ...] = ()
