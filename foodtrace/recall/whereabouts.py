"""Goods that are where no book put them, and sites that logs describe in two ways (see :mod:`foodtrace.operations.reconciling`).

Rules:

1. Goods are ``same_lot_no_path`` where a record that moves nothing tells of them (:mod:`foodtrace.graph.spoken`), an outlet's answer or a
   visit, and no record under any name of the lot puts any there.
2. A site is ``described_twice`` where the words that count on whose it is, or what it is, contradict each other
   (:mod:`foodtrace.graph.described`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from foodtrace.graph.flows import ALWAYS, UNNAMED
from foodtrace.graph.subjects import SPOKEN
from foodtrace.graph.walk import Holding
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.breaks import Search
from foodtrace.recall.facts import Case
from foodtrace.recall.finding.look import Entry
from foodtrace.recall.reach import places_said
from foodtrace.recall.records import representatives
from foodtrace.recall.sums import answers_of

_SPEAKING: Final = "SELECT DISTINCT a.subject FROM about AS a WHERE " + SPOKEN.partition("f.value AND ")[2]  # noqa: S608 - constants
_TWICE: Final = "SELECT s.site FROM site_fact AS s WHERE s.ended = 0 GROUP BY s.site HAVING COUNT(DISTINCT s.log) > 1"
"""Sites of several logs: one log has one word."""


class Whereabouts(Search):
    """Looks through the records of all logs."""

    def look(self, cases: Iterable[Case]) -> None:
        """Find both. :param cases: every case on record."""
        self._goods(list(cases))
        self._sites()

    def _goods(self, cases: list[Case]) -> None:
        told: dict[Holding, list[tuple[int, Entry]]] = defaultdict(list)
        subjects = self.facts.texts({int(row[0]) for row in self.session.rows(_SPEAKING)})
        # Such entries are found by other subjects too, a truck's number or a certificate's; only a lot's id has a slash and no space.
        lots = [number for number, name in subjects.items() if "/" in name and " " not in name]
        for holding, t, entry in self.facts.spoken(lots):
            told[holding].append((t, entry))
        for case in cases:
            answers = answers_of(case, self.facts.now, {})
            visits = [step for step in case.steps if step.kind == "check"]
            for lot, site in places_said(case, self.facts.now):
                found = [(step.at, step.entry) for step in visits if step.site == site and lot in step.lots]
                told[lot, site] += [*answers.get((lot, site), ()), *found]
        if not told:
            return
        named = with_aliases(self.facts, {lot for lot, _ in told})
        one = representatives(named, self.facts.aliases(named), self.facts.texts(named))
        held = {(one[flow.lot], site) for flow in self.facts.flows(named) if not flow.flags & UNNAMED for site in (flow.site, flow.other)}
        open_: dict[Holding, list[tuple[int, Entry]]] = defaultdict(list)
        for (lot, site), entries in told.items():
            if (one[lot], site) not in held:
                open_[one[lot], site] += entries
        infos = self.facts.lots({lot for lot, _ in open_})
        for (lot, site), entries in open_.items():
            times = [t for t, _ in entries]
            if self.asked.wants((site,), times):
                product = infos[lot].product
                at = max((t for t in times if t > ALWAYS), default=None)
                places = list(dict.fromkeys(entry for _, entry in sorted(entries)))
                self.open.append(self.names.break_("same_lot_no_path", lot=lot, site=site, at=at, product=product, entries=places))

    def _sites(self) -> None:
        for site, info in self.names.places([int(row[0]) for row in self.session.rows(_TWICE)]).items():
            if info.words and self.asked.wants((site,), ()):
                self.open.append(
                    self.names.break_("described_twice", lot=0, site=site, entries=[(log, seq) for *_, log, seq in info.words])
                )


__all__ = ["Whereabouts"]
