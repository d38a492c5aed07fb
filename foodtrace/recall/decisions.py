"""What somebody decided of a case once it was open: closed, closed although something stood against it, reopened, withdrawn, cleared.

Rules:

1. A decision stands with its moment, its reason and the number of who answers for it, and is never replaced by a later one: a case
   that was closed by override and reopened shows both.
2. Only what a log with standing said counts (:mod:`foodtrace.recall.cases`, rule 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from foodtrace.events import GoodsCleared, RecallClosed, RecallReopened, RecallWithdrawn
from foodtrace.graph.edges import micros
from foodtrace.recall.cases import Told
from foodtrace.recall.facts import Case
from foodtrace.recall.report_entries import local_time
from foodtrace.texts import Lang, text


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on a case."""

    kind: Literal["closed", "overridden", "reopened", "withdrawn", "cleared"]
    """``overridden``: closed although a condition did not hold."""
    at: str
    reason: str = ""
    approved_by: str = ""
    """Number of who answers for it."""
    entry: str = ""
    """``LOG#SEQ``."""

    def words(self, lang: Lang) -> str:
        """Return it as a line for people."""
        moment = self.at[:16].replace("T", " ")
        return text(f"decision.{self.kind}", lang, at=moment, reason=self.reason or "-", by=self.approved_by or "-")


def decisions(told: Iterable[Told], case: Case, origins: dict[int, str]) -> tuple[Decision, ...]:
    """Return the decisions among the records of a case, in the order of time."""
    made: list[Decision] = []
    ignored = set(case.without_standing)
    for _, event, entry in told:
        where = {"at": local_time(micros(event.at)), "entry": f"{origins.get(entry[0], entry[0])}#{entry[1]}"}
        if entry in ignored:
            continue
        if isinstance(event, RecallClosed):
            kind: Literal["closed", "overridden"] = "overridden" if event.override else "closed"
            made.append(Decision(kind=kind, reason=event.override, approved_by=event.approved_by, **where))
        elif isinstance(event, RecallReopened):
            made.append(Decision(kind="reopened", reason=event.reason, approved_by=event.approved_by or event.by, **where))
        elif isinstance(event, RecallWithdrawn):
            made.append(Decision(kind="withdrawn", reason=event.reason, approved_by=event.approved_by, **where))
        elif isinstance(event, GoodsCleared):
            one = Decision(kind="cleared", reason=event.basis, approved_by=event.approved_by, **where)
            if not made or msgspec.structs.replace(made[-1], entry=one.entry) != one:  # one decision, place by place
                made.append(one)
    return tuple(made)
