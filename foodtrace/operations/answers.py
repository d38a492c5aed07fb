"""Answers of the gate as programs read them: ``gate --json``, ``gate held --json`` and their kin; ``schemas/`` has their forms."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, TypeAlias

import msgspec

from foodtrace.gate.decision import Decision
from foodtrace.operations.held import Held, Resolved
from foodtrace.operations.market import GateAnswer
from foodtrace.operations.tests import Tested
from foodtrace.quantity import Quantity

Both: TypeAlias = dict[str, str]
"""A text in both languages: ``zh`` and ``en``."""


class ReasonSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A reason; see :class:`foodtrace.gate.reason.Reason`."""

    code: str
    verdict: Literal["note", "hold", "refuse"]
    message: Both
    hint: Both
    article: Both
    rule: str
    verified: bool
    params: dict[str, Any]


class MustSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A duty; see :class:`foodtrace.gate.decision.Must`."""

    id: str
    who: Literal["market", "seller", "regulator"]
    message: Both
    due: dt.datetime | None
    at_once: bool
    law: bool
    article: Both


class DecisionSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A decision; see :class:`foodtrace.gate.decision.Decision`."""

    verdict: Literal["admit", "hold", "refuse"]
    message: Both
    reasons: tuple[ReasonSaid, ...]
    notes: tuple[ReasonSaid, ...]
    must: tuple[MustSaid, ...]
    deadline: dt.datetime | None
    rule_pack: str
    verified: bool
    authority: Both


class GateSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate said to one truck."""

    verdict: Literal["admit", "hold", "refuse"]
    lot: str
    product: str
    goods: str
    quantity: Quantity | None
    seller: str
    entry: str
    """Id of the event on record."""
    at: dt.datetime
    gate: str
    number: int
    remaining: Quantity | None
    drawn: bool | None
    duplicate: bool
    decision: DecisionSaid


def said(answer: GateAnswer) -> GateSaid:
    """Return an answer for a program."""
    return GateSaid(
        verdict=answer.verdict,  # type: ignore[arg-type]
        lot=answer.lot,
        product=answer.product,
        goods=answer.goods,
        quantity=answer.quantity,
        seller=answer.seller,
        entry=answer.entry,
        at=answer.at,
        gate=answer.gate,
        number=answer.number,
        remaining=answer.remaining,
        drawn=answer.drawn,
        duplicate=answer.duplicate,
        decision=decision_said(answer.decision),
    )


def decision_said(decision: Decision) -> DecisionSaid:
    """Return a decision for a program, its texts in both languages."""
    return msgspec.convert(decision.as_dict(), DecisionSaid)


class ResolvedSaid(msgspec.Struct, frozen=True, kw_only=True):
    """How a hold ended, or why it did not."""

    verdict: Literal["admit", "refuse"]
    held: Held
    entry: str
    quantity: Quantity
    late: bool
    reasons: tuple[ReasonSaid, ...]


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a site holds."""

    site: str
    name: str
    quantity: Quantity


class TestSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A test on record, where the lot stands with it, and what must follow."""

    __test__ = False  # not a test case of pytest

    entry: str
    lot: str
    sample: str
    item: str
    rapid: bool
    verdict: Literal["negative", "positive", "invalid"]
    inhibition: int | None
    """Thousandths of a percent."""
    repeats: str
    confirms: str
    state: Literal["none", "negative", "positive", "confirmed", "lifted"]
    repeated: int
    must: tuple[MustSaid, ...]
    stopped: tuple[Holding, ...]
    """Who holds how much of the lot while its sale is stopped."""


def resolved_said(answer: Resolved) -> ResolvedSaid:
    """Return the end of a hold for a program."""
    return ResolvedSaid(
        verdict=answer.verdict,
        held=answer.held,
        entry=answer.entry,
        quantity=answer.quantity,
        late=answer.late,
        reasons=tuple(msgspec.convert(each.as_dict(), ReasonSaid) for each in answer.reasons),
    )


def test_said(answer: Tested, stopped: tuple[Holding, ...]) -> TestSaid:
    """Return a test for a program."""
    event = answer.event
    return TestSaid(
        entry=event.id,
        lot=event.lot,
        sample=event.sample,
        item=event.item,
        rapid=event.rapid,
        verdict=event.verdict,
        inhibition=event.inhibition,
        repeats=event.repeats,
        confirms=event.confirms,
        state=answer.state,
        repeated=answer.repeats,
        must=tuple(msgspec.convert(each.as_dict(), MustSaid) for each in answer.must),
        stopped=stopped,
    )
