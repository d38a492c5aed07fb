"""What somebody decided of a case once it was open: closed, closed although something stood against it, reopened, withdrawn, cleared.

Rules:

1. A decision stands with its moment, its reason and the number of who answers for it, and is never replaced by a later one: a case
   that was closed by override and reopened shows both.
2. Only what a log with standing said counts (:mod:`foodtrace.recall.cases`, rule 2).
3. What another program recorded without what the commands demand reads as what it is: a case closed over conditions that did not hold, by
   nobody's override, was not "closed, every condition held"; a clearing or a withdrawal that nobody answers for is without effect
   (:func:`foodtrace.graph.mended.answered_for`).
4. A clearing names what it let go: a few lots in words, all of them as data. One that was written place by place is one decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from foodtrace.events import GoodsCleared, RecallClosed, RecallReopened, RecallWithdrawn
from foodtrace.graph.edges import micros
from foodtrace.graph.mended import answered_for
from foodtrace.recall.cases import Told
from foodtrace.recall.facts import Case
from foodtrace.recall.report_entries import local_time
from foodtrace.texts import Lang, text

_NAMED: Final = 5
"""Lots, and sites, that a line names."""


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
    unmet: int | None = None
    """Of a closing without override: how many things stood against it by the records of that time; none: nobody looked."""
    effect: bool = True
    """False: a clearing or a withdrawal without its reason, or without who answers for it, which lifts nothing."""
    lots: tuple[str, ...] = ()
    """Of a clearing: the lots; empty: all that the case reached then."""
    sites: tuple[str, ...] = ()
    """Of a clearing: where; empty: wherever they are."""

    def words(self, lang: Lang) -> str:
        """Return it as a line for people."""
        moment = self.at[:16].replace("T", " ")
        word = self.kind if self.kind != "closed" or self.unmet == 0 else "closed_over" if self.unmet else "closed_plain"
        who = self.approved_by or ("-" if word in ("closed", "closed_plain", "reopened") else text("decision.nobody", lang))
        what = {"goods": self._goods(lang)} if self.kind == "cleared" else {}
        said = text(f"decision.{word}", lang, at=moment, reason=self.reason.strip() or "-", by=who, count=self.unmet or 0, **what)
        return said if self.effect else text("decision.no_effect", lang, said=said)

    def _goods(self, lang: Lang) -> str:
        """Return what was cleared, and where (rule 4)."""
        lots = _few(self.lots, "decision.more_lots", lang) if self.lots else text("decision.all_goods", lang)
        return text("decision.at", lang, lots=lots, sites=_few(self.sites, "decision.more_sites", lang)) if self.sites else lots


def _few(names: Sequence[str], more: str, lang: Lang) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (text(more, lang, count=left) if left > 0 else "")


def decisions(
    told: Iterable[Told], case: Case, origins: dict[int, str], unmet: Mapping[tuple[int, int], int] | None = None
) -> tuple[Decision, ...]:
    """Return the decisions among the records of a case, in the order of time.

    :param unmet: (log, seq) of closings without override -> how many things stood against each then
        (:func:`foodtrace.operations.sinceclosed.unmet_when_closed`); none: nobody looked.
    """
    made: list[Decision] = []
    ignored = set(case.without_standing)
    for _, event, entry in told:
        where: dict[str, Any] = {"at": local_time(micros(event.at)), "entry": f"{origins.get(entry[0], entry[0])}#{entry[1]}"}
        if entry in ignored:
            continue
        if isinstance(event, RecallClosed):
            kind: Literal["closed", "overridden"] = "overridden" if event.override else "closed"
            over = None if event.override or unmet is None else unmet.get(entry)
            made.append(Decision(kind=kind, reason=event.override, approved_by=event.approved_by, unmet=over, **where))
        elif isinstance(event, RecallReopened):
            made.append(Decision(kind="reopened", reason=event.reason, approved_by=event.approved_by or event.by, **where))
        elif isinstance(event, RecallWithdrawn):
            made.append(Decision(kind="withdrawn", reason=event.reason, approved_by=event.approved_by, effect=answered_for(event), **where))
        elif isinstance(event, GoodsCleared):
            goods: dict[str, Any] = {"lots": event.lots, "sites": (event.site,) if event.site else ()}
            one = Decision(kind="cleared", reason=event.basis, approved_by=event.approved_by, effect=answered_for(event), **where, **goods)
            if made and msgspec.structs.replace(made[-1], entry=one.entry, **goods) == one and bool(made[-1].lots) == bool(one.lots):
                last = made.pop()  # one decision, place by place
                one = msgspec.structs.replace(last, lots=_union(last.lots, one.lots), sites=_union(last.sites, one.sites))
            made.append(one)
    return tuple(made)


def _union(first: tuple[str, ...], then: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))
