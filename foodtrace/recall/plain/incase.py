"""The answer of a recall case whose scope is whole lots and whose records are plain but for what a recall does to goods.

Rules, those of :mod:`foodtrace.recall.answer`, :mod:`foodtrace.recall.sums` and :mod:`foodtrace.recall.finding.case`:

1. Where goods were sealed, sent back, brought back or received as sealed, and where an outlet said what lay there, that holding is
   replayed in time (:mod:`foodtrace.recall.plain.replay`). All others are sums of rows, with the clock of the case held against them.
2. Whatever else is not plain is handed over, relabellings and returns reworked into other lots among it. The two must agree in every
   field (tests/recall/test_plain_in_case.py).
3. A case loads structs and events in any case; so this module may.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from foodtrace.graph.heads import heads
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.facts import Case
from foodtrace.recall.heard import Heard
from foodtrace.recall.metrics import rows_of, site_rates
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.casebooks import CaseBooks
from foodtrace.recall.plain.casecount import CaseCount
from foodtrace.recall.plain.casefindings import case_findings
from foodtrace.recall.plain.figures import UNIT_NAMES, Told
from foodtrace.recall.plain.findings import ordered
from foodtrace.recall.plain.lot import RECEIVED, Held
from foodtrace.recall.plain.sources import behind_told, said_time
from foodtrace.recall.plain.told import PlainAnswer
from foodtrace.recall.saying import figures_said, rate_said
from foodtrace.recall.settings import Settings
from foodtrace.recall.silence import free
from foodtrace.recall.sums import answers_of, told_of

_Kept: TypeAlias = tuple[int, tuple[str, str], Held]
"""(lot, line of the row, holding)."""
_Amounts: TypeAlias = Mapping[tuple[int, tuple[str, str]], int]
"""By site and line of its row: (unit, product of pieces)."""
_FIELDS: Final = {"acknowledgement": "acknowledged", "sealing": "sealed", "returned": "returned", "destroyed": "destroyed"}
"""Kind of a step -> where its time stands in a row."""


class CaseAnswer(PlainAnswer):
    """Everything the answer of a case says of plain lots.

    :param asked: full ids that the scope names. :param more: further lots that it means, those a rule fits. :param scope: it in words.
    :raises HandOver: the records are not plain.
    """

    def __init__(
        self, facts: SqlFacts, asked: Sequence[str], case: Case, settings: Settings, *, more: Sequence[int] = (), scope: Sequence[str] = ()
    ) -> None:
        if case.cleared:
            raise HandOver("goods were cleared")  # what that still covers the engine says (:mod:`foodtrace.recall.clearing`)
        super().__init__(
            facts,
            asked,
            outlet_kinds=settings.outlet_kinds,
            transit_limit=settings.transit_limit,
            silent_after=settings.silent_after,
            operator=case.operator,
            more=more,
            scope=scope,
            in_case=True,
        )
        self.facts = facts
        self.case = case
        self.settings = settings
        self._told_once()
        self.books = CaseBooks(self.gathered, case, settings)
        self.books.settle()

    def _told_once(self) -> None:
        """Hand over where goods may be told twice (:mod:`foodtrace.recall.twice`)."""
        for books in self.gathered.books.values():
            came = [move for move in books.odd if move.evidence == RECEIVED and move.received > 0]
            named = {(each.src, each.dst) for each in came}
            senders = {src for src, _ in named if src}
            for move in books.all_moves() if came else ():
                if move.evidence == RECEIVED or not move.src or move.src in self.own:
                    continue
                if (move.src in senders) if not move.dst else not named.isdisjoint(((0, move.dst), (move.src, move.dst))):
                    raise HandOver("goods that may be told twice")

    def told(self, *, count_possible: bool = True) -> Told:
        """Return the answer."""
        sources = heads(self.rows.session)
        self.books.believe()
        self.findings.answers = answers_of(self.case, self.rows.now, {})
        self.findings.more = case_findings(self.facts, self.books, self.case, self.settings)
        untraced = ordered([*self.findings.told(), *behind_told(sources, self.rows.session, opened=self.case.opened)])
        possible = self.gathered.links.possible
        sure = self._figures(possible)
        figures = self._figures({}) if possible and count_possible else sure
        return self.assembled(sources, untraced, sure, figures, self._rates()) | {
            "case": self.case.case,
            "version": self.case.versions[-1].version,
        }

    def _figures(self, left_out: Mapping[int, Collection[int]]) -> list[Told]:
        if any(len(sites) >= len(self.gathered.books[lot].held) for lot, sites in left_out.items()):
            raise HandOver("a lot nobody can confirm")
        tallies = CaseCount(self.books, self.case, self.settings, self.own, left_out).tallies()
        made = rows_of(self.facts.lots(self.lots), {}, tallies, self.settings)
        return [msgspec.to_builtins(figures_said(row)) for row in made]

    def _rates(self) -> Told:
        """Return R4, R5 and R6."""
        holdings = [(lot, site) for lot in self.lots for site in self.gathered.books[lot].held]
        case, now = self.case, self.rows.now
        rates = site_rates(case, now, told_of(case, now, holdings, {}), Heard(case, now, holdings, {}).answered, self.outlets)
        return {name: msgspec.to_builtins(rate_said(rate)) for name, rate in zip(("R4", "R5", "R6"), rates, strict=True)}

    # -- rows --------------------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[tuple[int, Told]]:
        """Return (site, row) of every affected site, with what was done there and what lay there when its notice arrived."""
        times = self._times()
        at_notice = self._at_notice()
        kept: dict[int, list[_Kept]] = defaultdict(list)
        """Site with a replayed holding -> all its holdings."""
        replayed = {site for lot in self.lots for site in self.books.sites[lot]}
        for lot in self.lots if replayed else ():
            books = self.gathered.books[lot]
            said = self._said_line(lot)
            for site in replayed & books.held.keys():
                kept[site].append((lot, said, books.held[site]))
        for site, row in super()._rows():
            row.update(times.get(site, {}))
            silent = site in self.silent
            for amount in row["amounts"]:
                amount["at_notice"] = None if silent else at_notice.get((site, (amount["unit"], amount["product"])))
            if silent and site in kept:
                self._amend(site, row["amounts"], kept[site], at_notice)
            yield site, row

    def _said_line(self, lot: int) -> tuple[str, str]:
        """Return the line of a row that a lot is counted in, as the row says it."""
        unit, product = self.line(lot)
        return UNIT_NAMES[unit], product

    def _amend(self, site: int, amounts: list[Told], kept: Sequence[_Kept], at_notice: _Amounts) -> None:
        """Say of a site that records nothing what it said itself: its own word is the one thing that is known of it."""
        for amount in amounts:
            line = (amount["unit"], amount["product"])
            mine = [(lot, held) for lot, each, held in kept if each == line]
            unsaid = [held for lot, held in mine if (lot, site) not in self.books.said]
            unheard_of = any(held.travelling > 0 for held in unsaid)
            unknown = unheard_of or any(free(held) > 0 for held in unsaid)
            on_hand, travelling = (sum([getattr(held, name) for _, held in mine]) for name in ("on_hand", "travelling"))
            amount["received"] = None if unheard_of else sum([held.received for _, held in mine])
            amount["likely"] = on_hand + travelling if unheard_of else on_hand
            amount["sold"] = None if unknown else sum([held.sold for _, held in mine])
            amount["on_hand"] = None if unknown else on_hand
            amount["at_notice"] = None if unsaid else at_notice.get((site, line))

    def _at_notice(self) -> _Amounts:
        """Return what lay at every site when its notice arrived, by line of its row; a site that none has reached is left out."""
        found: dict[tuple[int, tuple[str, str]], int] = defaultdict(int)
        for lot in self.lots:
            books = self.gathered.books[lot]
            line = self._said_line(lot)
            for site, held in books.held.items():
                if self.books.known(site) <= self.rows.now:
                    found[site, line] += self.books.at_notice(lot, site, held)
        return found

    def _times(self) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {site: {"notified": said_time(t)} for site, t in self.books.notices.items()}
        for step in self.case.steps:
            if step.kind in _FIELDS:
                found.setdefault(step.site, {}).setdefault(_FIELDS[step.kind], said_time(step.at))
        for lot in self.lots:
            for site, t in self.gathered.books[lot].booked_sealed():
                if t >= self.case.opened:
                    times = found.setdefault(site, {})
                    times["sealed"] = min(filter(None, (times.get("sealed"), said_time(t))))
        return found
