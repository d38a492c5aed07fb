"""Which holdings of plain lots are confirmed, and how many moves they lie from a seed (RECALL section 3). Pure.

In a lot scope every holding of every affected lot is in the answer for all time, so that only E1, the seeds nobody can confirm and
the fewest moves are left to find:

1. A holding of a lot asked for is a seed, from all time; confirmed if it has a birth or a move that names both ends.
2. A holding of a lot made from these is confirmed if E1 reaches it: goods of a confirmed holding went in, in time, and moves in time
   lead there from where the lot was made.
3. One that E1 does not reach is presumed. That E2 does not reach it either is certain only where nothing leads to it from any
   other holding; else the engine for everything decides.
4. Fewest moves: every step of the answer counts, whenever it was; steps through a transformation are no moves.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foodtrace.graph.flowkind import ALWAYS, NEVER, FlowKind
from foodtrace.graph.walk import reach
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.lot import LotBooks, Row

_PRODUCED: Final = int(FlowKind.PRODUCED)
_WALK: Final[Any] = reach
"""Within one lot a site stands for the holding."""


class Links:
    """The links of every holding of some plain lots.

    :param asked: the lots asked for; every other lot was made from them, directly or not.
    """

    def __init__(self, books: Mapping[int, LotBooks], asked: Sequence[int]) -> None:
        self.books = books
        self.asked = frozenset(asked)
        self.outputs: dict[tuple[int, int], list[Row]] = defaultdict(list)
        """Entry of a transformation -> its outputs among these lots."""
        for each in books.values():
            for row in each.births:
                if row[0] == _PRODUCED:
                    self.outputs[row[8], row[9]].append(row)
        self.possible: dict[int, set[int]] = {}
        """Lot -> sites whose link is possible; lots all of whose links are confirmed are not in it."""
        self.tiers: dict[int, dict[int, int]] = {}
        """Lot made from others -> site -> fewest moves from a seed; what no step leads to is not in it."""
        self._joined()
        steps = {lot: each.steps() for lot, each in books.items() if lot not in self.asked}
        sure = self._reached(steps)
        self._grade(sure, steps)
        self._count(steps)

    def _joined(self) -> None:
        """Hand over where a lot is in the closure by records that had not happened yet."""
        joined = set(self.asked)
        rim = list(joined)
        while rim:
            made = {out[1] for row in self.books[rim.pop()].consumed for out in self.outputs.get((row[8], row[9]), ())} - joined
            joined |= made
            rim += made
        if any(books.rows for lot, books in self.books.items() if lot not in joined):
            raise HandOver("made later")

    def _reached(self, steps: Mapping[int, Mapping[int, list[tuple[int, int, int]]]]) -> dict[int, dict[int, int]]:
        """Return E1 (rules 1 and 2): lot -> site -> since when."""
        since: dict[int, dict[int, int]] = {}
        for lot in self.asked:
            since[lot] = dict.fromkeys(self.books[lot].connected(), ALWAYS)
        knots: dict[tuple[int, int], int] = {}
        waiting: dict[int, dict[int, int]] = defaultdict(dict)
        queue = deque(self.asked)
        while queue:
            lot = queue.popleft()
            if lot not in self.asked:
                since[lot] = _WALK(waiting.pop(lot, {}).items(), steps[lot], known=since.get(lot))
            there = since[lot]
            for row in self.books[lot].consumed:
                reached = there.get(row[2])
                if reached is None or row[6] < reached or reached >= knots.get((row[8], row[9]), NEVER):
                    continue
                knots[row[8], row[9]] = reached
                for out in self.outputs.get((row[8], row[9]), ()):
                    if out[1] in self.asked:
                        continue
                    arrives = max(reached, out[6])
                    mine = waiting[out[1]]
                    if arrives < min(mine.get(out[2], NEVER), since.get(out[1], {}).get(out[2], NEVER)):
                        if not mine:
                            queue.append(out[1])
                        mine[out[2]] = arrives
        return since

    def _grade(self, sure: Mapping[int, Mapping[int, int]], steps: Mapping[int, Mapping[int, list[tuple[int, int, int]]]]) -> None:
        taken = {(row[8], row[9]) for each in self.books.values() for row in each.consumed}
        for lot, each in self.books.items():
            reached = sure.get(lot, {})
            if len(reached) >= len(each.held) and reached.keys() >= each.held.keys():
                continue
            rest = each.held.keys() - reached.keys()
            self.possible[lot] = rest
            if lot in self.asked:
                continue
            # Rule 3: nothing may lead to them from elsewhere, in time or not.
            if any(row[2] in rest and (row[8], row[9]) in taken for row in each.births if row[0] == _PRODUCED):
                raise HandOver("made of affected goods, not in time")
            if any(dst in rest for src, each_step in steps[lot].items() if src not in rest for _, _, dst in each_step):
                raise HandOver("moved, not in time")

    def _count(self, steps: Mapping[int, Mapping[int, list[tuple[int, int, int]]]]) -> None:
        """Find the fewest moves (rule 4)."""
        waiting: dict[int, dict[int, int]] = defaultdict(dict)
        queue = deque(self.asked)
        while queue:
            lot = queue.popleft()
            if lot not in self.asked:
                _spread(self.tiers.setdefault(lot, {}), waiting.pop(lot, {}), steps[lot])
            for row in self.books[lot].consumed:
                tier = 0 if lot in self.asked else self.tiers[lot].get(row[2])
                for out in self.outputs.get((row[8], row[9]), ()) if tier is not None else ():
                    mine = waiting[out[1]] if out[1] not in self.asked else None
                    if mine is not None and tier < min(mine.get(out[2], NEVER), self.tiers.get(out[1], {}).get(out[2], NEVER)):  # type: ignore[operator]
                        if not mine:
                            queue.append(out[1])
                        mine[out[2]] = tier  # type: ignore[assignment]


def _spread(found: dict[int, int], new: Mapping[int, int], steps: Mapping[int, list[tuple[int, int, int]]]) -> None:
    """Go on from sites that are nearer than was known; nearest first."""
    rim = sorted(((tier, site) for site, tier in new.items()), reverse=True)
    queue: deque[tuple[int, int]] = deque()
    while rim or queue:
        tier, site = queue.popleft() if queue and (not rim or queue[0][0] <= rim[-1][0]) else rim.pop()
        if found.get(site, NEVER) <= tier:
            continue
        found[site] = tier
        further = tier + 1
        for _, _, there in steps.get(site, ()):
            if found.get(there, NEVER) > further:
                if there in steps:
                    queue.append((further, there))
                else:
                    found[there] = further
