"""What every rule of a finding is given to look at, and the finding it yields.

Rules:

1. Every finding names the entries behind it, in the order of time; of more than :data:`MOST` the newest. A finding about
   something that is missing names the entries by which it should be there: the notice nobody answered, the goods that came.
2. What is looked up by several rules is looked up once, and only when a rule needs it: most recalls have few findings.
3. What an outlet answered is a count at its notice (RECALL section 4): the stock that rules look at is the one with answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.flows import BIRTHS, DAY, LEAVING, NEVER, UNKNOWN_TIME, UNNAMED, Flow, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.deadlines import Calendar
from foodtrace.recall.entries import MOST, Entry, newest
from foodtrace.recall.facts import Case, Facts, found_there
from foodtrace.recall.matter import Matter
from foodtrace.recall.quantities import HoldingSum, Key
from foodtrace.recall.settings import Settings
from foodtrace.recall.silence import by_case, unheard
from foodtrace.recall.sums import answers_of, sums_with_said

_LAST: Final = 86_400_000_000 - 1


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that was missing, contradictory or too much."""

    kind: str
    """Kind of RECALL section 3."""
    lot: int = 0
    site: int = 0
    entries: tuple[Entry, ...] = ()
    """(log, seq) of the entries behind it (rule 1)."""
    value: int = 0
    """The quantity or difference it is about, in base units; 0 where none. Where it is no quantity: a number of things."""
    unit: int = -1
    """Unit of the quantity; -1 where ``value`` is none."""
    reason: str = ""
    """Of ``lot_missing`` at the receiver: ``not_held``; at the sender ``counted``, where it had the goods by a count or a word only.
    Of ``same_lot_no_path``: ``when``, where goods came that may have left in the window asked about, and may as well not have.
    Of ``disputed``: ``described``, where it is about whose a site is, or what.
    Of ``quantity_differs``, ``time_contradiction`` and ``duplicate_conflict``: ``told_twice``, where several logs tell one transfer.
    Of ``duplicate_conflict`` also ``lots``: the papers of one transfer name unlike lots.

    Of ``log_behind`` why: ``not_seen`` since the case was opened, or :attr:`foodtrace.graph.flows.LogInfo.state`."""


Answers: TypeAlias = Mapping[Holding, Sequence[tuple[int, Entry]]]
"""(lot, site) -> when its site answered what lay there, and the entries that say so."""


class Look:
    """The records of one answer, as the rules see them.

    :param sums: quantities of every holding with answers as counts (rule 3), ``answers``, and ``matter``, where who asks has them already;
        otherwise those of the case.
    """

    def __init__(
        self,
        facts: Facts,
        found: Affected,
        settings: Settings,
        case: Case | None,
        calendar: Calendar,
        *,
        sums: Mapping[Key, HoldingSum] | None = None,
        answers: Answers | None = None,
        matter: Matter | None = None,
    ) -> None:
        self.facts = facts
        self.found = found
        self.settings = settings
        self.case = case
        self.calendar = calendar
        self._sums = sums
        self._answers = answers
        self._matter = matter

    @cached_property
    def sums(self) -> Mapping[Key, HoldingSum]:
        """Quantities of every holding, with what outlets answered as counts."""
        return sums_with_said(self.facts, self.found, self.case, settings=self.settings) if self._sums is None else self._sums

    @cached_property
    def answers(self) -> Answers:
        """What outlets answered about each holding."""
        if self._answers is not None:
            return self._answers
        return {} if self.case is None else answers_of(self.case, self.now, self.representative)

    @cached_property
    def by_case(self) -> Mapping[int, int]:
        """Site -> when it was last recorded what was sealed there, went back or was destroyed."""
        return by_case((flow.kind, flow.site, flow.recorded) for flow in self.found.flows)

    @cached_property
    def unheard(self) -> frozenset[int]:
        """Sites that do not say what became of these goods."""
        return unheard(self.facts, self.found, self.sums)

    @cached_property
    def matter(self) -> Matter:
        """What of the affected set the case still stands against."""
        return Matter(self.facts, self.found, self.case, self.settings) if self._matter is None else self._matter

    @property
    def now(self) -> int:
        """T, microseconds UTC."""
        return self.facts.now

    @cached_property
    def pseudo(self) -> set[int]:
        """Lots that stand for a dispatch without lot."""
        return {flow.lot for flow in self.found.flows if flow.flags & UNNAMED}

    @cached_property
    def representative(self) -> Mapping[int, int]:
        """Name of an affected lot -> the lot."""
        return {name: lot for lot, names in self.found.names.items() for name in names}

    @cached_property
    def births(self) -> Mapping[int, list[Flow]]:
        """Lot -> its births."""
        made: dict[int, list[Flow]] = defaultdict(list)
        for flow in self.found.flows:
            if flow.kind in BIRTHS:
                made[flow.lot].append(flow)
        return made

    @cached_property
    def brought_back(self) -> Mapping[tuple[int, int, int], list[tuple[int, Entry]]]:
        """(lot, site, unit) -> when consumers brought goods back, and the entries that say so."""
        made: dict[tuple[int, int, int], list[tuple[int, Entry]]] = defaultdict(list)
        for flow in self.found.flows:
            if flow.kind == FlowKind.CONSUMER_RETURN:
                made[flow.lot, flow.site, flow.unit].append((flow.t, (flow.log, flow.seq)))
        return made

    @cached_property
    def _timed(self) -> tuple[dict[Holding, list[tuple[int, Entry]]], dict[int, list[tuple[int, Entry]]], dict[Entry, list[Flow]]]:
        holdings: dict[Holding, list[tuple[int, Entry]]] = defaultdict(list)
        lots: dict[int, list[tuple[int, Entry]]] = defaultdict(list)
        entries: dict[Entry, list[Flow]] = defaultdict(list)
        for flow in self.found.flows:
            entry = (flow.log, flow.seq)
            entries[entry].append(flow)
            if flow.kind == FlowKind.DISCARDED:
                continue
            lots[flow.lot].append((flow.t, entry))
            if flow.site and not flow.flags & UNNAMED:
                holdings[flow.lot, flow.site].append((flow.t, entry))
        for holding, told in self.found.spoken.items():
            holdings[holding] += told
            lots[holding[0]] += told
        for move in self.found.moves:
            for site, t in ((move.src, move.t_out), (move.dst, move.t_in)):
                if site and not (site == move.src and move.unnamed):
                    holdings[move.lot, site] += [(t, entry) for entry in move.words or move.entries]
        return holdings, lots, entries

    def at(self, holding: Holding) -> tuple[Entry, ...]:
        """Return the entries about a holding: what came, what left, what was counted."""
        return self.newest(self._timed[0].get(holding, ()))

    def counted(self, holding: Holding) -> tuple[Entry, ...]:
        """Return the entries about a holding and what its site answered."""
        return self.newest([*self._timed[0].get(holding, ()), *self.answers.get(holding, ())])

    def visits(self, holding: Holding) -> tuple[Entry, ...]:
        """Return the entries of visits that found goods of a lot at a site."""
        lot, site = holding
        steps = self.case.steps if self.case is not None else ()
        mine = (step for step in steps if step.site == site and found_there(step, self.now))
        return self.newest((step.at, step.entry) for step in mine if lot in {self.representative.get(each, each) for each in step.lots})

    def of(self, lot: int) -> tuple[Entry, ...]:
        """Return the entries about a lot."""
        return self.newest(self._timed[1].get(lot, ()))

    def in_entries(self, entries: Iterable[Entry]) -> Iterator[Flow]:
        """Iterate over the flows of some entries, as far as they are about lots of this answer."""
        for entry in entries:
            yield from sorted(self._timed[2].get(entry, ()), key=lambda flow: flow.item)

    @cached_property
    def _ranks(self) -> Mapping[int, int]:
        return self.facts.ranks()

    def place(self, entry: Entry) -> Entry:
        """Return where an entry stands among those of one moment: by the name of its log, then by its number there."""
        return self._ranks.get(entry[0], entry[0]), entry[1]

    def newest(self, timed: Iterable[tuple[int, Entry]]) -> tuple[Entry, ...]:
        """Return entries in the order of time, each once; of too many the newest."""
        return newest(timed, self.place)

    def goods(self, entries: Iterable[Entry]) -> Holding:
        """Return the lot and site that stand for some entries, the first by text; zeros where they are about nothing here."""
        some = {(flow.lot, flow.site) for flow in self.in_entries(entries)}
        texts = self.facts.texts({number for pair in some for number in pair if number})
        return min(some, key=lambda pair: (in_order(texts.get(pair[0], "")), texts.get(pair[1], "")), default=(0, 0))

    def registered(self, site: int) -> bool:
        """Say whether any record describes this site; one that was only ever named is nobody's, and nobody can be called there."""
        info = self.found.sites.get(site)
        return info is None or bool(info.kind)


Rule: TypeAlias = Callable[[Look], Iterator[Finding]]


def earliest(flow: Flow) -> int:
    """Return the earliest moment a flow may have happened; what arrives counts early already."""
    return flow.t - _LAST if flow.kind in LEAVING and flow.flags & DAY else -NEVER if flow.flags & UNKNOWN_TIME else flow.t


def latest(flow: Flow) -> int:
    """Return the latest moment a flow may have happened; what leaves counts late already."""
    return flow.t + _LAST if flow.kind == FlowKind.RECEIPT and flow.flags & DAY else NEVER if flow.flags & UNKNOWN_TIME else flow.t


__all__ = ["MOST", "Entry", "Finding", "Look", "Rule", "earliest", "latest"]
