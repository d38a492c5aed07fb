"""Walks over holdings that respect time (RECALL section 3, "Reach"). Pure: knows holdings, times and steps, no records.

Rules:

1. A step leaves ``here`` at ``t_out`` and arrives at ``there`` at ``t_in``. It can be taken when the goods were there by then:
   ``t_out >= since(here)``, equality counts; ``slack`` lets in steps that are short by at most that much.
2. ``since`` is the least solution of since(there) = min(seeds, max(since(here), t_in)) over the steps that can be taken.
3. Arrivals never precede ``since(here)``, so that taking the earliest holding first settles it: a Dijkstra pass, exact on cycles.
4. ``joins`` names holdings that are in for all time as soon as a holding is in since some moment (lot presumption). They lower
   what was settled before, so a holding may be taken again; labels only ever fall, the least solution stays the same.
5. A knot is a step's end that is no holding (site :data:`KNOT`): every input of a transformation leads to one knot, the knot to
   every output, so that n inputs and m outputs cost n + m steps.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from foodtrace.graph.flowkind import ALWAYS

Holding: TypeAlias = tuple[int, int]
"""(lot, site)."""
Step: TypeAlias = tuple[int, int, Holding]
"""(t_out, t_in, there)."""
Steps: TypeAlias = Mapping[Holding, Sequence[Step]]
Joins: TypeAlias = Callable[[Holding, int], Iterable[Holding]]

KNOT: Final = -1
"""Site of a knot (rule 5)."""


def reach(
    seeds: Iterable[tuple[Holding, int]],
    steps: Steps,
    *,
    slack: int = 0,
    known: Mapping[Holding, int] | None = None,
    joins: Joins | None = None,
) -> dict[Holding, int]:
    """Return since when each holding (or knot) is reached, microseconds.

    :param seeds: (holding, since when).
    :param slack: microseconds a step may be short (rule 1).
    :param known: what was reached already by some of these seeds over these steps; the walk goes on from there.
    :param joins: called for each label that a holding with steps is given; what it names joins for all time (rule 4).
    """
    best: dict[Holding, int] = dict(known) if known is not None else {}
    # Only what leads on is queued: most holdings of a recall are shops, where a walk ends.
    queue = [(since, holding) for holding, since in best.items() if holding in steps] if joins is not None else []
    for holding, since in seeds:
        if since < best.get(holding, since + 1):
            best[holding] = since
            if holding in steps:
                queue.append((since, holding))
    heapq.heapify(queue)
    while queue:
        since, holding = heapq.heappop(queue)
        if since > best[holding]:
            continue
        reaching = since - slack
        for t_out, t_in, there in steps[holding]:
            if t_out < reaching:
                continue
            arrival = max(since, t_in)
            if arrival < best.get(there, arrival + 1):
                best[there] = arrival
                if there in steps:
                    heapq.heappush(queue, (arrival, there))
        for joined in joins(holding, since) if joins is not None else ():
            if best.get(joined, 0) != ALWAYS:
                best[joined] = ALWAYS
                if joined in steps:
                    heapq.heappush(queue, (ALWAYS, joined))
    return best


def tiers(seeds: Iterable[Holding], steps: Steps, since: Mapping[Holding, int], *, slack: int = 0) -> dict[Holding, int]:
    """Return the fewest moves from a seed to each holding, over steps that can be taken; steps to and from knots are no moves."""
    found: dict[Holding, int] = {}
    queue: deque[tuple[int, Holding]] = deque((0, holding) for holding in seeds)
    while queue:
        tier, here = queue.popleft()
        if here in found or here not in since:
            continue
        found[here] = tier
        reaching = since[here] - slack
        for t_out, _, there in steps.get(here, ()):
            if t_out < reaching or there in found:
                continue
            if there[1] == KNOT or here[1] == KNOT:
                queue.appendleft((tier, there))
            else:
                queue.append((tier + 1, there))
    return found


def strained(since: Mapping[Holding, int], steps: Steps, *, slack: int) -> list[tuple[Holding, Holding]]:
    """Return (here, there) of every step that only the slack let in, knots left out of sight."""
    found: list[tuple[Holding, Holding]] = []
    for here, reached in since.items():
        for t_out, _, there in steps.get(here, ()):
            if reached - slack <= t_out < reached:
                ends = [end for _, _, end in steps.get(there, ())] if there[1] == KNOT else [there]
                found += [(here, end) for end in ends]
    return sorted(set(found))
