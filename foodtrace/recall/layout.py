"""Places boxes in columns, left to right, so that arrows can be followed by eye: a small layered layout. Pure geometry.

Steps (after Sugiyama, Tagawa and Toda 1981):

1. **Cycles** are cut where a walk from the beginnings comes back to a box it is still inside; the arrow cut is drawn backwards. So are
   arrows said to lead back, unless their end stands farther right without them: a return moves nothing to the right.
2. **Columns**: each box stands one right of the last box that leads to it. A box that nothing leads to moves up to one left of
   where it leads first.
3. An arrow over several columns passes a **bend** in each of those between.
4. **Order** within a column: by the mean place of the neighbours, sweeping right and left; the order with the fewest crossings stays.
5. **Heights**: each box as near as may be to the mean of its neighbours, the more so the more it has (beside the first of very many,
   so that a long picture begins at its top; where both sides are far apart, beside the larger) without overlapping, which isotonic
   regression (pool adjacent violators) gives exactly, column by column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

_SWEEPS: Final = 12
_SETTLE: Final = 10
_FIRST: Final = 8
"""Of more than twice as many neighbours, these count (step 5)."""
_SCREEN: Final = 900
"""Neighbours farther below the first one do not count: a box in the middle of nowhere is beside none of them (step 5)."""
_BEND: Final = 10
"""Height of a bend."""


class Item(msgspec.Struct, frozen=True):
    """A box to place."""

    key: int
    height: float


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything stands. Columns count from 0; y is the middle of a box, and may be negative."""

    column: Mapping[int, int]
    y: Mapping[int, float]
    bends: Mapping[tuple[int, int], tuple[tuple[int, float], ...]]
    """Arrow -> (column, y) of its bends, in the direction of the arrow."""
    backwards: frozenset[tuple[int, int]]
    """Arrows that were cut to end a cycle."""
    columns: int


def lay_out(items: Sequence[Item], arrows: Sequence[tuple[int, int]], *, gap: int, back: Sequence[tuple[int, int]] = ()) -> Laid:
    """Place boxes.

    :param arrows: pairs of keys; an arrow from a box to itself is ignored.
    :param gap: least space between two boxes of a column.
    :param back: arrows that lead back; one that is also among ``arrows`` is none.
    """
    keys = [item.key for item in items]
    pairs = sorted({pair for pair in arrows if pair[0] != pair[1]})
    backwards = _cut(keys, pairs)
    returned = sorted({pair for pair in back if pair[0] != pair[1]} - set(pairs))
    if returned:
        forward = sorted({(b, a) if (a, b) in backwards else (a, b) for a, b in pairs})
        place = {key: (column, n) for n, (key, column) in enumerate(_columns(keys, forward).items())}
        backwards |= {(a, b) for a, b in returned if place[a] > place[b]}
        pairs = sorted({*pairs, *returned})
    forward = sorted({(b, a) if (a, b) in backwards else (a, b) for a, b in pairs})
    column = _columns(keys, forward)
    height = {item.key: item.height for item in items}
    segments, bends, rows = _bends(column, forward, height)
    rows = _ordered(rows, segments)
    y = _heights(rows, segments, height, gap)
    made: dict[tuple[int, int], tuple[tuple[int, float], ...]] = {}
    for (a, b), inner in bends.items():
        path = tuple((column[a] + 1 + n, y[bend]) for n, bend in enumerate(inner))
        if (a, b) in pairs:
            made[a, b] = path
        if (b, a) in backwards:
            made[b, a] = path[::-1]
    return Laid(
        column={key: column[key] for key in keys},
        y={key: y[key] for key in keys},
        bends=made,
        backwards=frozenset(backwards),
        columns=max(column.values(), default=-1) + 1,
    )


def _cut(keys: Sequence[int], pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the arrows that close a cycle (step 1)."""
    out: dict[int, list[int]] = defaultdict(list)
    led = set()
    for a, b in pairs:
        out[a].append(b)
        led.add(b)
    state: dict[int, int] = {}
    cut: set[tuple[int, int]] = set()
    for root in [key for key in keys if key not in led] + list(keys):
        if root in state:
            continue
        stack = [(root, iter(out[root]))]
        state[root] = 1
        while stack:
            key, rest = stack[-1]
            for there in rest:
                if state.get(there) == 1:
                    cut.add((key, there))
                elif there not in state:
                    state[there] = 1
                    stack.append((there, iter(out[there])))
                    break
            else:
                state[key] = 2
                stack.pop()
    return cut


def _columns(keys: Sequence[int], forward: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the column of every box (step 2)."""
    into: dict[int, list[int]] = defaultdict(list)
    out: dict[int, list[int]] = defaultdict(list)
    for a, b in forward:
        out[a].append(b)
        into[b].append(a)
    waiting = {key: len(into[key]) for key in keys}
    column = dict.fromkeys(keys, 0)
    ready = [key for key in keys if not waiting[key]]
    while ready:
        key = ready.pop()
        for there in out[key]:
            column[there] = max(column[there], column[key] + 1)
            waiting[there] -= 1
            if not waiting[there]:
                ready.append(there)
    for key in keys:
        if not into[key] and out[key]:
            column[key] = max(0, min(column[there] for there in out[key]) - 1)
    return column


def _bends(
    column: Mapping[int, int], forward: Sequence[tuple[int, int]], height: dict[int, float]
) -> tuple[list[tuple[int, int]], dict[tuple[int, int], list[int]], list[list[int]]]:
    """Cut long arrows into steps of one column (step 3); return (steps, bends of each arrow, boxes and bends by column)."""
    rows: list[list[int]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for key in column:
        rows[column[key]].append(key)
    fresh = max(column, default=0) + 1
    segments: list[tuple[int, int]] = []
    bends: dict[tuple[int, int], list[int]] = {}
    for a, b in forward:
        last = a
        bends[a, b] = []
        for place in range(column[a] + 1, column[b]):
            height[fresh] = _BEND
            rows[place].append(fresh)
            bends[a, b].append(fresh)
            segments.append((last, fresh))
            last, fresh = fresh, fresh + 1
        segments.append((last, b))
    return segments, bends, rows


def _neighbours(segments: Sequence[tuple[int, int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    left: dict[int, list[int]] = defaultdict(list)
    right: dict[int, list[int]] = defaultdict(list)
    for a, b in segments:
        right[a].append(b)
        left[b].append(a)
    return left, right


def _ordered(rows: list[list[int]], segments: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the columns in an order with few crossings (step 4)."""
    left, right = _neighbours(segments)
    best, least = [row.copy() for row in rows], _crossings(rows, right)
    current = [row.copy() for row in rows]
    for sweep in range(_SWEEPS):
        if not least:
            break
        towards, order = (left, range(1, len(current))) if sweep % 2 == 0 else (right, range(len(current) - 2, -1, -1))
        for place in order:
            beside = current[place - 1] if sweep % 2 == 0 else current[place + 1]
            at = {key: n for n, key in enumerate(beside)}
            now = {key: n for n, key in enumerate(current[place])}
            mean = {key: _mean([at[each] for each in towards[key]], now[key]) for key in current[place]}
            current[place].sort(key=lambda key: (mean[key], now[key]))
        crossings = _crossings(current, right)
        if crossings < least:
            best, least = [row.copy() for row in current], crossings
    return best


def _mean(places: Sequence[float], default: float) -> float:
    return sum(places) / len(places) if places else default


def _crossings(rows: Sequence[Sequence[int]], right: Mapping[int, Sequence[int]]) -> int:
    """Count the pairs of arrows that cross, with a Fenwick tree per column (Barth, Juenger and Mutzel 2002)."""
    total = 0
    for row, beside in pairwise(rows):
        at = {key: n for n, key in enumerate(beside)}
        tree = [0] * (len(beside) + 1)
        seen = 0
        for key in row:
            ends = sorted(at[there] for there in right.get(key, ()))
            for end in ends:
                place, before = end + 1, 0
                while place:
                    before += tree[place]
                    place &= place - 1
                total += seen - before
            for end in ends:
                place = end + 1
                while place < len(tree):
                    tree[place] += 1
                    place += place & -place
            seen += len(ends)
    return total


def _heights(rows: Sequence[Sequence[int]], segments: Sequence[tuple[int, int]], height: Mapping[int, float], gap: int) -> dict[int, float]:
    """Return the middle of every box and bend (step 5)."""
    left, right = _neighbours(segments)
    y: dict[int, float] = {}
    for row in rows:
        at = 0.0
        for key in row:
            y[key] = at + height[key] / 2
            at += height[key] + gap
    for turn in range(_SETTLE):
        order = rows if turn % 2 == 0 else rows[::-1]
        for row in order:
            wanted = [_wish(key, y, left, right, both=turn >= _SETTLE - 2, forward=turn % 2 == 0) for key in row]
            weights = [max(1, len(left.get(key, ())) + len(right.get(key, ()))) for key in row]
            _settle(row, list(zip(wanted, weights, strict=True)), y, height, gap)
    return y


def _wish(
    key: int, y: Mapping[int, float], left: Mapping[int, Sequence[int]], right: Mapping[int, Sequence[int]], *, both: bool, forward: bool
) -> float:
    """Return where a box would like to be: beside the boxes before it, on the way back beside those after it.

    In the end beside both; where they are farther apart than can be looked at together, beside those of which there are more.
    """
    before, after = sorted(y[each] for each in left.get(key, ())), sorted(y[each] for each in right.get(key, ()))
    if both and before and after and abs(before[0] - after[0]) >= _SCREEN:
        both, forward = False, len(before) > len(after)
    places = sorted([*before, *after]) if both else before if forward else after
    if len(places) > 2 * _FIRST:
        places = places[:_FIRST]
    return _mean([each for each in places if each - places[0] < _SCREEN], y[key])


def _settle(row: Sequence[int], wanted: Sequence[tuple[float, int]], y: dict[int, float], height: Mapping[int, float], gap: int) -> None:
    """Move a column's boxes as near to where they want to be as their order and sizes allow: least squares, in one pass.

    :param wanted: place and weight of each. A box with twenty neighbours is not to be drawn away from them by a bend beside it.
    """
    offsets: list[float] = []
    at = 0.0
    for place, key in enumerate(row):
        at += height[key] / 2 if place == 0 else (height[row[place - 1]] + height[key]) / 2 + gap
        offsets.append(at)
    pools: list[tuple[float, int, int]] = []
    """(place, weight, boxes)."""
    for (wish, heavy), offset in zip(wanted, offsets, strict=True):
        pools.append((wish - offset, heavy, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value, weight, some = pools.pop()
            before, size, more = pools.pop()
            pools.append(((before * size + value * weight) / (size + weight), size + weight, more + some))
    base = [value for value, _, boxes in pools for _ in range(boxes)]
    for key, start, offset in zip(row, base, offsets, strict=True):
        y[key] = start + offset
