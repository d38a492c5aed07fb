"""Answers of the till as programs read them: ``formula sell --json`` and ``formula check --json``; ``schemas/`` has their forms."""

from __future__ import annotations

from typing import Literal

import msgspec

from foodtrace.formula.till import TillDecision
from foodtrace.operations.answers import Both, ReasonSaid


class TillSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A decision at the till; see :meth:`foodtrace.formula.till.TillDecision.as_dict`."""

    answer: Literal["sell", "hold", "refuse"]
    message: Both
    reasons: tuple[ReasonSaid, ...]
    notes: tuple[ReasonSaid, ...]
    tell: dict[str, list[str]]
    """What to tell the customer, by language."""
    override: str
    """Number of the owner who answers for it; empty where nobody had to."""


class SoldSaid(TillSaid, frozen=True, kw_only=True):
    """What ``formula sell`` said; its JSON is ``schemas/formula-sell.json``."""

    entry: str
    """Id of the event on record: the sale, or the refusal."""
    lot: str


class MaySell(TillSaid, frozen=True, kw_only=True):
    """What ``formula check`` said; its JSON is ``schemas/formula-check.json``. Nothing was recorded."""

    lot: str
    serial: str


def sold_said(decision: TillDecision, entry: str, lot: str) -> SoldSaid:
    """Return what programs read of a sale, or of its refusal."""
    return msgspec.convert({**decision.as_dict(), "entry": entry, "lot": lot}, SoldSaid)


def may_sell_said(decision: TillDecision, lot: str, serial: str) -> MaySell:
    """Return what programs read of a question at the till."""
    return msgspec.convert({**decision.as_dict(), "lot": lot, "serial": serial}, MaySell)
