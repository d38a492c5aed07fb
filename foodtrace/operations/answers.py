"""Answers of the gate as programs read them: ``gate --json``, ``gate held --json`` and their kin; ``schemas/`` has their forms."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, TypeAlias

import msgspec

from foodtrace.gate.decision import Decision
from foodtrace.operations.market import GateAnswer
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
