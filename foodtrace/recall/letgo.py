"""Which goods left a place where they had been cleared (:mod:`foodtrace.recall.clearing`, rule 3). Pure.

Rules:

1. A clearing lets go what leaves from its moment on until it lapses. When something left is taken at its earliest for the one and at its
   latest for the other; of what has no time nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from foodtrace.graph.flows import DAY, UNKNOWN_TIME, Flow
from foodtrace.graph.walk import Holding
from foodtrace.recall.facts import Cleared
from foodtrace.recall.moves import Move

_DAY: Final = 86_400_000_000 - 1


class LetGo:
    """What was cleared, asked by what left. :param rep: name of a lot -> the one it goes by. :param flows: every flow that may be asked."""

    def __init__(self, cleared: Iterable[Cleared], rep: Mapping[int, int], flows: Iterable[Flow]) -> None:
        self._free: dict[Holding, list[tuple[int, int]]] = {}
        """(lot, site) -> from when until when goods that leave there are followed no more; site 0: wherever the lot lies."""
        for each in cleared:
            if each.since < each.until:
                self._free.setdefault((rep.get(each.lot, each.lot), each.site), []).append((each.since, each.until))
        self._vague = {(f.log, f.seq): f.flags for f in flows if f.flags & (DAY | UNKNOWN_TIME)} if self._free else {}

    def gone(self, gone: Flow | Move, holding: Holding | None = None) -> bool:
        """Say whether goods that left a holding had been cleared there. :param holding: where, by default what the record names."""
        if not self._free:
            return False
        entries: tuple[tuple[int, int], ...]
        if isinstance(gone, Flow):
            entries, place, first, last = ((gone.log, gone.seq),), (gone.lot, gone.site), gone.t, gone.t
        else:
            entries, place, first, last = gone.entries, (gone.lot, gone.src), min(gone.t_out, gone.early, gone.t_in), gone.t_out
        return self.free(holding or place, entries, first, last)

    def free(self, holding: Holding, entries: Iterable[tuple[int, int]], first: int, last: int) -> bool:
        """Say whether goods of a holding that left between two moments, by these (log, seq) entries, had been cleared there."""
        lot, site = holding
        free = [*self._free.get((lot, 0), ()), *self._free.get((lot, site), ())]
        if not free:
            return False
        flags = [self._vague.get(entry, 0) for entry in entries]
        if any(each & UNKNOWN_TIME for each in flags):
            return False
        first -= _DAY if any(each & DAY for each in flags) else 0
        return any(since <= first and last < until for since, until in free)


__all__ = ["LetGo"]
