"""What ``case status`` answers: shapes and units of its parts."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from foodtrace.operations.casedone import Remark, SiteSteps
from foodtrace.operations.closing import Condition, Goods
from foodtrace.operations.maybesame import MaybeSame
from foodtrace.operations.missing import Unaccounted
from foodtrace.recall.answer import FiguresAnswer, FindingAnswer, Position, RateAnswer, WithoutLot
from foodtrace.recall.cleared import ClearedGoods
from foodtrace.recall.decisions import Decision
from foodtrace.recall.effectiveness import VisitsBeyond
from foodtrace.recall.finds import Find
from foodtrace.recall.owncorrections import OwnCorrection
from foodtrace.recall.report import CurvePoint
from foodtrace.recall.said import ToldTwice, Unsealed

What: TypeAlias = Literal[
    "start", "publish", "complete", "answer", "notify", "report", "destroy", "seal", "seal_received",
    "dispose", "seal_own", "dispose_own", "receive", "receive_said", "pass_on", "contradicts", "draw", "visit", "revisit",
    "reopen", "reopen_over",
]  # fmt: skip
State: TypeAlias = Literal["open", "closed", "withdrawn"]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the scope."""

    version: int
    at: str
    reason: str
    clauses: tuple[str, ...]
    """Each in words that need no translation."""


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline."""

    name: Literal["start", "complete"]
    due: str | None
    due_day: str | None
    first_due_day: str | None
    """Before any extension."""
    done: str | None
    late: bool
    late_by: int | None
    """Hours (start) or working days (completion)."""
    left: int | None
    missing: tuple[int, ...]
    """Years without holiday table that it leans on."""
    own: tuple[int, ...]
    """Years it leans on whose table is one of one's own."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done, or late."""

    what: What
    site: str = ""
    name: str = ""
    phone: str = ""
    due: str | None = None
    late_by: int = 0
    """Working days for ``complete`` and ``answer``, else hours; 0: not late."""
    hours: int = 0
    """Hours since it could have been done."""
    quantity: int = 0
    unit: str = ""
    product: str = ""
    """For pieces: the product counted."""
    count: int = 1
    names: tuple[str, ...] = ()
    """Of several parties: who."""
    level: str = ""
    """Of a sample to be drawn."""
    goods: tuple[Goods, ...] = ()
    """What the quantity is made of."""
    unknown: bool = False
    """By the records it is so much; how much is left nobody knows, see :attr:`foodtrace.operations.closing.Condition.unknown`."""


class CaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands; its JSON is ``schemas/case-status.json``."""

    case: str
    """Its number; ``N@ORIGIN`` where several logs opened it."""
    product: str
    level: int
    reason: str
    producer: str
    operator: str
    plan: dict[str, str]
    """What the plan says (RCL15 Art. 15): its day ``plan_date``, days of production ``produced`` and the rest, as in the report."""
    state: State
    opened: str
    known: str
    published: str | None
    version: int
    versions: tuple[Version, ...]
    at: str
    as_known: bool
    """Only what was recorded by then, not all that is on record now."""
    day: int | None
    """Working days since publication; none: not published, or no holiday table."""
    days: int
    """Working days there are."""
    rule_pack: str
    """Id of the pack that computed it; of one of one's own ``ID@HASH``."""
    rule_pack_missing: str
    """The pack that the case was opened under, where it is not here and the other computed; else empty."""
    verified: bool
    superseded_by: tuple[str, ...]
    clocks: tuple[ClockAnswer, ...]
    affected_lots: tuple[str, ...]
    outlets: int
    rates: dict[str, RateAnswer]
    figures: tuple[FiguresAnswer, ...]
    confirmed_only: tuple[FiguresAnswer, ...]
    cleared: ClearedGoods | None
    """How much of what D and B hold the case cleared, where, and who needs no notice, answer or visit for it; none: it cleared nothing."""
    without_lot: tuple[WithoutLot, ...]
    check_level: str
    """Level of the sample in force; empty: none was drawn."""
    visits_beyond: VisitsBeyond
    late: tuple[Task, ...]
    today: tuple[Task, ...]
    closing: tuple[Condition, ...]
    """What stands against closing it."""
    broken: tuple[Condition, ...]
    """Of a closed case: what of that did not stand against it when it was closed; it is to be reopened."""
    closed_over: int
    """Of a closed case: how many things stood against closing it by the records of then, where nobody answered for them; else 0."""
    remarks: tuple[Remark, ...]
    own_corrections: tuple[OwnCorrection, ...]
    """Corrections of the case's own entries, each with what it took back or changed, who and why."""
    decisions: tuple[Decision, ...]
    """Closing, override, reopening, withdrawal and clearing, each with its reason and who answers for it."""
    sites: tuple[SiteSteps, ...]
    curve: tuple[CurvePoint, ...]
    """Completion day by day, as it happened and as it was known; empty where it was not asked for."""
    at_deadline: CurvePoint | None
    """How far it had come when it was due, both ways; none before that."""
    told_twice: tuple[ToldTwice, ...]
    """Goods that may be counted twice in R1 to R3; each rate says what it is if they are one load."""
    unsealed: tuple[Unsealed, ...]
    """Free stock of what sites received after the opening and did not book as sealed, the most first."""
    finds: tuple[Find, ...]
    """What visits found where goods had been cleared, or others of them bear a seal: perhaps the same goods, counted twice."""
    maybe_same: tuple[MaybeSame, ...]
    """Lots that a site's answer says are there, and goods that came there without lot: perhaps the same, counted twice."""
    beyond: int
    """How much of what R1 to R3 divide by is beyond the records, in the unit of ``rates``: an answer, a count or a seal alone says it."""
    unaccounted: tuple[Unaccounted, ...]
    """What is missing at sites by their own word, the most first: no rate counts it as retrieved, and closing does not wait for it."""
    untraced: tuple[FindingAnswer, ...]
    positions: tuple[Position, ...]


__all__ = ["CaseStatus", "ClockAnswer", "State", "Task", "Version", "What"]
