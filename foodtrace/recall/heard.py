"""Who has answered a case, and of what (R5, ``no_answer``). Pure.

Rules:

1. An answer is to what was asked by then. It speaks of the lots it names, and of those that the notices to its site had named when it was
   given; a notice that names none asks of all that the scope of its moment means. An answer that came before any notice (a call) speaks of
   all that the scope of its moment means.
2. So a site has answered if every affected lot on record there has an answer. What a wider scope brings to it is to be asked about, and
   answered, anew; what is said of one lot is no word on another. Goods without lot need no more than an answer.
3. Who has not answered waits since the first notice that nobody answered arrived; of a lot that no notice named, nobody waits.
4. Of goods that the case cleared nobody waits for an answer (:mod:`foodtrace.recall.matter`): who has to answer is asked with what is still
   its matter. R5 asks of all goods, cleared or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case, Step
from foodtrace.recall.matter import Matter

Notified: TypeAlias = tuple[int, tuple[int, int]]
"""(when it arrived, (log, seq) of the notice)."""


class Heard:
    """What sites answered by a moment.

    :param holdings: (lot, site) of what is affected, goods without lot left out. :param names: lot -> its names.
    :param asked_of: site -> names of the lots that it has to answer for, none: whatever a notice named (rule 4); by default every site.
    """

    def __init__(
        self,
        case: Case | None,
        now: int,
        holdings: Iterable[Holding],
        names: Mapping[int, Sequence[int]],
        asked_of: Mapping[int, Collection[int] | None] | None = None,
    ) -> None:
        self._case = case
        self._now = now
        self._asked_of = asked_of
        self._asked: dict[int, list[Step]] = defaultdict(list)
        self._named: dict[int, set[int]] = defaultdict(set)
        self._last: dict[int, int] = {}
        """Site -> when it answered last."""
        for step in case.steps if case is not None else ():
            if step.kind == "notice" and step.direction == "downstream":
                self._asked[step.site].append(step)
            elif step.kind == "acknowledgement" and step.at <= now:
                self._last[step.site] = max(self._last.get(step.site, step.at), step.at)
                self._named[step.site] |= {lot for lot, _, _ in step.on_hand}
        covered = {site: self._covered(site, t) for site, t in self._last.items()}
        self.open: dict[int, set[int]] = defaultdict(set)
        """Site that has answered -> names of the lots that none of its answers speaks of."""
        for lot, site in holdings:
            spoken, mine = covered.get(site, _ALL), names.get(lot, (lot,))
            if spoken is not _ALL and spoken.isdisjoint(mine):
                self.open[site] |= set(mine)
        self.answered = self._last.keys() - self.open.keys()

    def _covered(self, site: int, t: int) -> frozenset[int]:
        """Return the lots that answers of a site, the last given at t, speak of (rule 1)."""
        asked = [step for step in self._asked.get(site, ()) if step.at <= t]
        if any(meant_all(self._case, step.at) for step in asked if not step.lots) or (not asked and meant_all(self._case, t)):
            return _ALL
        return frozenset(self._named[site].union(*(step.lots for step in asked)))

    def waiting(self) -> dict[int, Notified]:
        """Return the notified sites that have not answered all, each with the first notice that waits for its answer (rule 3)."""
        found: dict[int, Notified] = {}
        for site, asked in self._asked.items():
            waits = [step for step in asked if self._waits(site, step)]
            if waits:
                found[site] = min((step.at if step.delivered is None else step.delivered, step.entry) for step in waits)
        return found

    def _waits(self, site: int, step: Step) -> bool:
        if self._asked_of is not None:
            if site not in self._asked_of:
                return False
            lots = self._asked_of[site]
            if lots is not None and step.lots and set(step.lots).isdisjoint(lots):
                return False
        if site not in self._last:
            return True
        return step.at > self._last[site] and site in self.open and (not step.lots or not self.open[site].isdisjoint(step.lots))


_ALL: frozenset[int] = frozenset({-1})
"""Stands for every lot: no lot has that number."""


def meant_all(case: Case | None, t: int) -> bool:
    """Say whether the scope of a moment meant all that the scope in force means."""
    versions = case.versions if case is not None else ()
    then = [version for version in versions if version.at <= t][-1:] or versions[:1]
    return bool(then) and set(versions[-1].clauses) <= set(then[0].clauses)


def heard_of(case: Case | None, now: int, found: Affected, matter: Matter | None = None) -> Heard:
    """Return what sites of an affected set have answered (rule 2). :param matter: only of what is still the matter of the case (rule 4)."""
    pseudo = {move.lot for move in found.moves if move.unnamed}
    if matter is None or matter.everything:
        return Heard(case, now, (holding for holding in found.holdings if holding[0] not in pseudo), found.names)
    held = [holding for holding in found.holdings if matter(*holding)]
    asked: dict[int, set[int] | None] = {site: set() for _, site in held}
    for lot, site in held:
        lots = asked[site]
        if lot in pseudo:
            asked[site] = None
        elif lots is not None:
            lots |= set(found.names[lot])
    return Heard(case, now, (holding for holding in held if holding[0] not in pseudo), found.names, asked)


__all__ = ["Heard", "Notified", "heard_of", "meant_all"]
