"""The order of what happens at one instant (RECALL section 4, "Bounds").

Rules:

1. What flows into a pool precedes what flows out of it: dependency order; what that leaves open goes by id, the smallest first.
2. A cycle within one instant is cut at its smallest id: that one goes first, as if its inflows came later.

The order is found in O(n log n) but for cycles, which cost one more walk each.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import Protocol


class Act(Protocol):
    """Something that happens to pools at one instant."""

    @property
    def id(self) -> tuple[str, int, int, int]:
        """Its place among the records."""
        ...

    @property
    def takes(self) -> Sequence[Hashable]:
        """Pools it takes from."""
        ...

    @property
    def adds(self) -> Sequence[Hashable]:
        """Pools it adds to."""
        ...


class _Order:
    def __init__(self, acts: Sequence[Act]) -> None:
        self.acts = sorted(acts, key=lambda act: act.id)
        self.adders: dict[Hashable, set[int]] = defaultdict(set)
        self.takers: dict[Hashable, list[int]] = defaultdict(list)
        for n, act in enumerate(self.acts):
            for pool in set(act.adds):
                self.adders[pool].add(n)
        self.waits: list[set[Hashable]] = []
        for n, act in enumerate(self.acts):
            self.waits.append({pool for pool in act.takes if pool in self.adders and self.adders[pool] - {n}})
            for pool in self.waits[n]:
                self.takers[pool].append(n)
        self.left = set(range(len(self.acts)))
        self.ready = [n for n in sorted(self.left) if not self.waits[n]]

    def done(self, n: int) -> None:
        """Mark an act as done; whoever waited only for it becomes ready."""
        self.left.discard(n)
        for pool in set(self.acts[n].adds):
            self.adders[pool].discard(n)
            if len(self.adders[pool]) > 1:
                continue
            for taker in self.takers[pool]:
                if taker in self.left and pool in self.waits[taker] and not self.adders[pool] - {taker}:
                    self.waits[taker].discard(pool)
                    if not self.waits[taker]:
                        heapq.heappush(self.ready, taker)

    def cut(self) -> int:
        """Return where to cut a cycle: walk back along what is waited for until the walk meets itself (rule 2)."""
        path: list[int] = []
        met: dict[int, int] = {}
        here = min(self.left)
        while here not in met:
            met[here] = len(path)
            path.append(here)
            here = min(min(self.adders[pool] - {here}) for pool in self.waits[here])
        return min(path[met[here] :])


def in_order(acts: Sequence[Act]) -> Iterator[int]:
    """Yield positions in ``sorted(acts, key=id)`` in the order they happen."""
    order = _Order(acts)
    while order.left:
        n = heapq.heappop(order.ready) if order.ready else order.cut()
        if n in order.left:
            yield n
            order.done(n)
