"""Events of a recall case, from opening to clearing (RECALL sections 2, 5-7; RCL15)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec

from foodtrace.events.base import (
    CaseId,
    Document,
    Event,
    GoodsId,
    Held,
    LotId,
    OptionalCase,
    OptionalCode,
    OptionalHash,
    OptionalLot,
    OptionalOperator,
    OptionalSite,
    PartCount,
    SiteId,
    When,
    Words,
)
from foodtrace.quantity import Quantity


class LotsClause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="clause", tag="lots"):
    """Scope: these lots."""

    lots: Annotated[tuple[LotId, ...], msgspec.Meta(min_length=1, max_length=1000)]


class PredicateClause(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="clause", tag="predicate"
):
    """Scope: every lot that all given attributes fit; an attribute unknown for a lot makes it possible."""

    product: Words = ""
    gtin: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{14})?$(?!\n)")] = ""
    producer: OptionalOperator = ""
    supplier: OptionalOperator = ""
    """Operator of an input lot's authority or source."""
    produced_from: dt.date | None = None
    produced_to: dt.date | None = None
    expiring_from: dt.date | None = None
    expiring_to: dt.date | None = None
    code: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Pattern for the lot's code: ``?`` one character, ``*`` any run, ``[0-9]`` a class, ``|`` between alternatives."""


class LeftClause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="clause", tag="left"):
    """Scope: what left a site in a window, both ends inclusive."""

    site: SiteId
    start: When
    end: When


class ThroughClause(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="clause", tag="through"
):
    """Scope: what lay in a site at the start of a window or came in during it."""

    site: SiteId
    start: When
    end: When


Clause: TypeAlias = LotsClause | PredicateClause | LeftClause | ThroughClause


class RecallOpened(Event, frozen=True, kw_only=True, tag="recall_opened"):
    """A recall case is opened; ``at`` is the moment from which its lots are blocked."""

    case: CaseId
    scope: Annotated[tuple[Clause, ...], msgspec.Meta(min_length=1, max_length=100)]
    level: Literal[1, 2, 3]
    """Class of the recall, 1 the gravest (RCL15 Art. 13)."""
    reason: Words
    producer: OptionalOperator = ""
    operator: OptionalOperator = ""
    """Who recalls; its non-outlet sites are "own" in RECALL section 3."""
    known: When
    """When the risk was known: starts the 24/48/72 h clock."""
    published: When | None = None
    harm: Words = ""
    process: Words = ""
    area: Words = ""
    refund: Words = ""
    advice: Words = ""
    """What to tell a parent or customer."""
    expected: Words = ""
    """Expected effect of the recall (RCL15 Art. 15)."""
    rule_pack: OptionalCode = ""
    product: Words = ""
    """The goods as the public notice names them; empty: as the records do."""
    brand: Words = ""
    spec: Words = ""
    """Specification (规格), e.g. 900 g a can."""
    produced: Words = ""
    """Days of production (生产日期) as the plan says them."""
    plan_date: dt.date | None = None
    """Day of the plan (RCL15 Art. 15)."""
    quantity: Quantity | None = None
    """How much is recalled, by the plan."""
    duties: Words = ""
    """What operators who hold the goods have to do."""
    disposal: Words = ""
    """How the goods are disposed of."""
    cost: Words = ""
    """Who bears the cost."""
    channel: Words = ""
    """Where the public notice is published."""
    ends: dt.date | None = None
    """Last day of the recall, as the notice says it."""
    sample: OptionalHash = ""
    """Commitment to the seed that will draw the effectiveness checks (:mod:`foodtrace.recall.effectiveness`)."""
    parts: PartCount = 0


class RecallWidened(Event, frozen=True, kw_only=True, tag="recall_widened"):
    """A new version of a scope: clauses added, or, with a named reason, put in place of the old ones."""

    case: CaseId
    version: Annotated[int, msgspec.Meta(ge=2)]
    scope: Annotated[tuple[Clause, ...], msgspec.Meta(min_length=1, max_length=100)]
    narrows: bool = False
    """True: these clauses replace all earlier ones; ``reason`` is then due."""
    reason: Words = ""
    approved_by: OptionalCode = ""
    """Number of who approved it; due where it narrows."""
    parts: PartCount = 0


class RecallPublished(Event, frozen=True, kw_only=True, tag="recall_published"):
    """The public notice (召回公告) is published: starts the completion clock (RCL15 Art. 18)."""

    case: CaseId
    channel: Words = ""
    text: Words = ""


class RecallClosed(Event, frozen=True, kw_only=True, tag="recall_closed"):
    """A case ends; does not lift the block (RECALL section 7)."""

    case: CaseId
    override: Words = ""
    """Reason for closing although a condition does not hold."""
    approved_by: OptionalCode = ""


class RecallReopened(Event, frozen=True, kw_only=True, tag="recall_reopened"):
    """A closed case goes on."""

    case: CaseId
    reason: Words
    approved_by: OptionalCode = ""


class RecallWithdrawn(Event, frozen=True, kw_only=True, tag="recall_withdrawn"):
    """A case was opened in error; lifts its block."""

    case: CaseId
    reason: Words
    approved_by: OptionalCode = ""


class GoodsCleared(Event, frozen=True, kw_only=True, tag="goods_cleared"):
    """Goods of a case may be sold again; lifts the block for these lots (and, if named, only at ``site``)."""

    case: CaseId
    lots: tuple[GoodsId, ...] = ()
    """Empty: all lots that the case reached then, by what was on record (docs/recall.md)."""
    basis: Words = ""
    approved_by: OptionalCode = ""
    custody: bool = False
    """Of one ``site``: what lay there in custody (sealed, come back) was examined as well. Without it no custody is let go there."""
    parts: PartCount = 0


class DeadlineExtended(Event, frozen=True, kw_only=True, tag="deadline_extended"):
    """The completion deadline is moved with approval and publication; the later date holds, the old one stays visible."""

    case: CaseId
    until: When
    approval: Document
    published: When | None = None


class Notice(Event, frozen=True, kw_only=True, tag="notice"):
    """A notice is sent to one party: a site that holds goods of the case, or a supplier upstream."""

    case: CaseId
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    to: OptionalSite = ""
    operator: OptionalOperator = ""
    direction: Literal["downstream", "upstream"] = "downstream"
    channel: Words = ""
    delivered: When | None = None
    """When it arrived; none: sending counts (RECALL section 5, N(s))."""
    lots: tuple[LotId, ...] = ()
    """The receipt code on the paper is a commitment ``receipt``."""
    parts: PartCount = 0


class Acknowledgement(Event, frozen=True, kw_only=True, tag="acknowledgement"):
    """A notified site answers; what it says it holds is a count at the moment the notice arrived."""

    case: CaseId
    notice: OptionalCode = ""
    on_hand: tuple[Held, ...] = ()
    evidence: OptionalHash = ""
    parts: PartCount = 0


class Sealing(Event, frozen=True, kw_only=True, tag="sealing"):
    """Goods are sealed (封存) at ``site``; free stock becomes custody."""

    case: OptionalCase = ""
    lot: GoodsId
    quantity: Quantity
    evidence: OptionalHash = ""


class Returned(Event, frozen=True, kw_only=True, tag="returned"):
    """Recalled goods go back from ``site`` to ``to``."""

    case: CaseId
    lot: GoodsId
    quantity: Quantity
    to: SiteId
    in_transit: bool = False
    """True: under way; a receipt with the same transfer id says what arrived."""
    transfer: OptionalCode = ""
    doc: Document = ""
    evidence: OptionalHash = ""


class DestructionPlanned(Event, frozen=True, kw_only=True, tag="destruction_planned"):
    """Goods are to be destroyed at ``site``: time and place are reported before it happens (FSL Art. 63, RCL15 Art. 24)."""

    case: CaseId
    lot: GoodsId
    quantity: Quantity
    due: When
    """When it is to happen."""
    place: Words = ""
    method: Literal["destroyed", "rendered_harmless"] = "destroyed"
    reported: When | None = None
    """When time and place were reported to the authority; none: not yet."""
    doc: Document = ""
    """Number of the report."""
    plan: OptionalCode = ""
    """Event id of the plan that this one takes the place of."""
    cancelled: bool = False
    witness: OptionalCode = ""
    """Staff or inspector number of who is to witness it."""


class Destroyed(Event, frozen=True, kw_only=True, tag="destroyed"):
    """Goods are destroyed or rendered harmless (无害化处理) at ``site``."""

    lot: GoodsId
    quantity: Quantity
    case: OptionalCase = ""
    method: Literal["destroyed", "rendered_harmless"] = "destroyed"
    place: Words = ""
    witness: OptionalCode = ""
    """Staff or inspector number of the witness."""
    reported: When | None = None
    """When time and place were reported before it happened (FSL Art. 63)."""
    evidence: OptionalHash = ""
    plan: OptionalCode = ""
    """Event id of the plan carried out."""


class EffectivenessCheck(Event, frozen=True, kw_only=True, tag="effectiveness_check"):
    """An outlet of a case was drawn into the sample, visited, or found with goods."""

    case: CaseId
    level: Literal["A", "B", "C", "D", "E"] = "A"
    result: Literal["drawn", "clean", "found", "not_notified", "closed"]
    quantity: Quantity | None = None
    """What was found, if anything."""
    sample: OptionalCode = ""
    """Of a draw: the number of sites it was made from, and how many were drawn, ``FRAME-SIZE``."""
    seed: OptionalHash = ""
    """Of a draw: the opened seed, whose commitment stands in the opening of the case."""
    lot: OptionalLot = ""
    """Lot that was found."""
    evidence: OptionalHash = ""
