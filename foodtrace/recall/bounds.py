"""Least, proportional and most: how much of each affected holding can stem from the scope (RECALL section 4, "Bounds"). Pure.

Rules, beyond the arithmetic of :mod:`foodtrace.recall.parcels`:

1. Live records are replayed in time order, one instant at a time (:mod:`foodtrace.recall.instants`). A move leaves no later than
   it arrives and a transformation takes in no later than it puts out, whatever a time known to the day only would allow.
2. All of the scope: any quantity of a lot in the scope; what left, or lay at and came to, a site in a scope's window.
3. Nothing of it: any other birth, and any input of a lot that is not affected.
4. Nothing is known of: a lot the scope fits only if an unknown attribute does; what comes without source into an affected holding;
   whatever comes into a holding that only the presumption for its lot makes affected.
5. **Full lots**, in the scope or made only from full lots without mass gain, are all scope and are not replayed.
6. A dispatch without lot is drawn from every holding of its product at the sender that had received goods by then, and takes
   nothing from any of them. What came there without lot is such a holding, affected or not, and is drawn so itself. Where affected
   goods came within what the clocks may be wrong after it, or lie there in another unit, all of it may be theirs.
7. What came under one of two lots that papers name for one load may be all or nothing of the scope: most is what came, least 0; but all of
   the scope where it left in a window by every paper. At the sender either lot may have stayed or gone, since the earliest that any of
   them says (:mod:`foodtrace.recall.parcels`, rule 7). Under the name of a lot in the scope everything is of the scope (rule 2); a lot made
   only from full lots is not full where a paper names another in its place that is not.

Bounds hold for each holding by itself and are not always the tightest; of several holdings only the proportional shares add up.
The replay costs O(k log k) in the records it is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

import msgspec

from foodtrace.graph.flows import ALWAYS, DAY, UNKNOWN_TIME, UNNAMED, Flow, FlowKind
from foodtrace.recall.full import made_full
from foodtrace.recall.instants import in_order
from foodtrace.recall.mixed import Mixed
from foodtrace.recall.moves import Move
from foodtrace.recall.parcels import MICRO, Parcel, Pool, clean, convert, divide, full, join, resize, unknown, unlike, unnamed

Key: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""
_DAY_LESS_ONE: Final = 86_400_000_000 - 1
_GONE: Final = frozenset({FlowKind.DESTROYED, FlowKind.LOST, FlowKind.USED})


class Bounds(msgspec.Struct, frozen=True):
    """How much of one holding can stem from the scope, in base units; least <= proportional <= most <= quantity."""

    quantity: int
    least: int
    proportional: int
    """Share by even mixing, rounded half up."""
    most: int


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """What a scope means for quantities (rule 2), and which holdings it reaches."""

    whole: frozenset[int] = frozenset()
    """Lots in the scope as wholes."""
    uncertain: frozenset[int] = frozenset()
    """Lots in it if an unknown attribute fits (rule 4)."""
    left: tuple[tuple[int, int, int], ...] = ()
    """(site, from, to), both ends inclusive, of what left."""
    through: tuple[tuple[int, int, int], ...] = ()
    """(site, from, to) of what lay there or came in."""
    affected: frozenset[tuple[int, int]] = frozenset()
    """(lot, site) of every affected holding."""
    presumed: frozenset[tuple[int, int]] = frozenset()
    """Those of them that only lot presumption brings in (not in E2)."""
    unlike: Mapping[tuple[int, tuple[int, int]], tuple[int, int]] = {}
    """(lot, (log, seq)) of a word on a load that another paper calls by another lot -> when it left, earliest and latest (rule 7)."""
    pairs: frozenset[tuple[int, int]] = frozenset()
    """Every two lots that papers name for one load."""
    slack: int = 0
    """By how much clocks may have been wrong, microseconds (rule 6)."""


class _Act(NamedTuple):
    """Something that happens to pools at one instant."""

    t: int
    phase: int
    """0 a window opens, 1 goods flow, 2 a sealing finds more than was booked, 3 a count."""
    id: tuple[str, int, int, int]
    """(event id, log, seq, item): ties go by event id; the rest only tells apart what has no id here."""
    takes: tuple[Key, ...]
    adds: tuple[Key, ...]
    run: Callable[..., None]
    given: tuple[object, ...]


def bounds(
    moves: Iterable[Move],
    flows: Iterable[Flow],
    extent: Extent,
    *,
    candidates: Mapping[int, Collection[int]] | None = None,
    content: Mapping[int, tuple[int, int]] | None = None,
    stock: Mapping[Key, int] | None = None,
    ids: Mapping[tuple[int, int], str] | None = None,
) -> dict[Key, Bounds]:
    """Return the bounds of every affected holding and unit.

    :param moves: moves of every lot read, lots by representative.
    :param flows: the same lots' flows (of sealings only what they found beyond the book), **and** the other inputs and outputs of their
        transformations, each flow once.
    :param candidates: pseudo-lot -> lots its dispatch may have been (rule 6); their records must be among ``moves`` and ``flows``.
    :param content: lot -> (quantity, unit) in one piece, the factor declared for inputs of unlike units.
    :param stock: what lies at each holding, for full lots (rule 5).
    :param ids: (log, seq) -> event id, for ties.
    """
    replay = _Replay(extent, list(flows), dict(candidates or {}), dict(content or {}), ids or {})
    replay.read(moves)
    replay.run()
    return replay.result(stock or {})


class _Replay:
    def __init__(
        self,
        extent: Extent,
        flows: list[Flow],
        candidates: dict[int, Collection[int]],
        content: dict[int, tuple[int, int]],
        ids: Mapping[tuple[int, int], str],
    ) -> None:
        self.ids = ids
        self.extent = extent
        self.flows = list({(flow.log, flow.seq, flow.item): flow for flow in flows}.values())
        self.candidates = candidates
        self.content = content
        self.entries: dict[tuple[int, int], list[Flow]] = defaultdict(list)
        for flow in self.flows:
            if flow.kind in (FlowKind.CONSUMED, FlowKind.PRODUCED, FlowKind.DISCARDED):
                self.entries[flow.log, flow.seq].append(flow)
        self.lots = {lot for lot, _ in extent.affected}
        self.full = self._full()
        self.skipped = self.full - {lot for lots in self.candidates.values() for lot in lots}
        self.pools: dict[Key, Pool] = defaultdict(Pool)
        self.sold: dict[Key, Pool] = defaultdict(Pool)
        self.first: dict[tuple[int, int], int] = {}
        self._sources: dict[tuple[int, int, int], tuple[Key, ...]] = {}
        """(which lots, by identity; they are kept for as long as this is), sender and unit -> the holdings drawn from."""
        self._mixes: dict[tuple[Key, ...], Mixed] = {}
        self._mixed_at: dict[tuple[int, int], list[Mixed]] = defaultdict(list)
        self.acts: list[_Act] = []

    def _full(self) -> set[int]:
        """Return the full lots (rules 5 and 7)."""
        whole, barred = self.extent.whole, self.extent.uncertain
        both = [pair for one, two in self.extent.pairs for pair in ((one, two), (two, one))]
        while True:
            found = {*whole} | made_full(self.flows, self.entries, whole=whole, uncertain=barred)
            odd = {lot for lot, other in both if lot in found and lot not in whole and other not in found}
            if not odd:
                return found
            barred |= odd

    def _mark(self, log: int, seq: int, item: int = 0) -> tuple[str, int, int, int]:
        return (self.ids.get((log, seq), ""), log, seq, item)

    def _entering(self, key: Key, parcel: Parcel, t: int) -> Parcel:
        """Return what a parcel counts as where it comes in (rules 2 and 4)."""
        lot, site, _ = key
        if lot in self.full or _within(self.extent.through, site, t):
            return full(parcel.q)
        if lot in self.extent.uncertain:
            return unknown(parcel.q)
        if (lot, site) in self.extent.presumed:
            return parcel._replace(most=parcel.q)
        return parcel

    def _changes(self, key: Key) -> None:
        for each in self._mixed_at.get(key[:2], ()):
            each.change(key)

    def _pool(self, key: Key) -> Pool:
        """Return a pool that is about to change."""
        if self._mixed_at:
            self._changes(key)
        return self.pools[key]

    def _put(self, key: Key, parcel: Parcel, t: int) -> None:
        if key[0] not in self.skipped:
            self._pool(key).put(self._entering(key, parcel, t))

    def _take(self, key: Key, q: int) -> Parcel:
        lot = key[0]
        if lot in self.skipped:
            return full(q)
        gone = self._pool(key).take(q)
        # Rule 3: a lot that is not affected brings nothing, also where its own records do not show where it came from.
        return full(q) if lot in self.full else gone if lot in self.lots else clean(q)

    # Rule 1: records become acts.
    def read(self, moves: Iterable[Move]) -> None:
        """Turn records into acts."""
        for n, (site, start, _) in enumerate(self.extent.through):
            self.acts.append(_Act(start, 0, ("", 0, n, 0), (), (), self._open, (site,)))
        for move in moves:
            if move.lot not in self.skipped:
                self._move(move)
        for flow in self.flows:
            if flow.site and flow.lot not in self.skipped and not flow.flags & UNNAMED:
                self._flow(flow)
        for entry, flows in self.entries.items():
            self._entry(entry, flows)

    def _seen(self, lot: int, site: int, t: int) -> None:
        self.first[lot, site] = min(self.first.get((lot, site), t), t)

    def _move(self, move: Move) -> None:
        source = (move.lot, move.src, move.unit)
        target = (move.lot, move.dst, move.unit_in)
        leaves = move.leaves
        takes = self._drawn(move) if move.unnamed else (source,) if move.src else ()
        mark = self._mark(move.log, move.seq)
        left = self._unlike(move)
        if left is not None and move.src:
            counted: list[int] = []
            for t in {min(left[0], leaves), leaves}:
                self.acts.append(_Act(t, 0, mark, (), (), self._doubts, (source, move, counted)))
        if not move.dst or not move.arrived:
            self.acts.append(_Act(leaves, 1, mark, takes, (), self._departs, (move, leaves)))
            return
        self._seen(move.lot, move.dst, move.t_in)
        if leaves == move.t_in:
            self.acts.append(_Act(leaves, 1, mark, takes, (target,), self._passes, (move,)))
        else:
            road: list[Parcel] = []
            self.acts.append(_Act(leaves, 1, mark, takes, (), self._departs, (move, leaves, road)))
            self.acts.append(_Act(move.t_in, 1, mark, (), (target,), self._arrives, (move, road)))

    def _unlike(self, move: Move) -> tuple[int, int] | None:
        """Return when the load of a move left by any paper, earliest and latest, where another calls it by another lot (rule 7)."""
        if not self.extent.unlike:
            return None
        words = (self.extent.unlike.get((move.lot, entry)) for entry in move.words or move.entries)
        told = [each for each in words if each is not None]
        return (min(first for first, _ in told), max(last for _, last in told)) if told else None

    def _doubts(self, source: Key, move: Move, counted: list[int]) -> None:
        """Let goods be in doubt from when they may have left, and again where somebody counted before they left by their own paper."""
        pool = self._pool(source)
        if counted == [pool.counted]:
            return
        counted[:] = [pool.counted]
        pool.may_not_have_left(move.left)
        pool.may_have_left(move.of_others)

    def _passes(self, move: Move) -> None:
        """Let a move leave and arrive at one instant."""
        self._arrives(move, [self._parcel(move, move.t_in)])

    def _departs(self, move: Move, t: int, road: list[Parcel] | None = None) -> None:
        parcel = self._parcel(move, t)
        if road is not None:
            road.append(parcel)

    def _arrives(self, move: Move, road: list[Parcel]) -> None:
        came = road[0] if road else unknown(move.left)  # at an unknown time it arrives first of all
        parcel = resize(came, move.came) if move.unit == move.unit_in else convert(came, move.came)
        self._put((move.lot, move.dst, move.unit_in), parcel, move.t_in)

    def _drawn(self, move: Move) -> tuple[Key, ...]:
        lots = self.candidates.get(move.lot, ())
        key = (id(lots), move.src, move.unit)  # all that a sender sent of one product was drawn from the same lots
        if key not in self._sources:
            self._sources[key] = tuple((lot, move.src, move.unit) for lot in sorted(lots))
        return self._sources[key]

    def _parcel(self, move: Move, t: int) -> Parcel:
        """Return what leaves with a move (rules 2, 4, 6)."""
        if move.unnamed:
            parcel = self._without_lot(move, t)
        elif move.src:
            parcel = self._take((move.lot, move.src, move.unit), move.left)
            parcel = join((parcel, unknown(move.of_others))) if move.instead else parcel
        else:
            parcel = unknown(move.sent) if (move.lot, move.dst) in self.extent.affected else clean(move.sent)
        left = self._unlike(move)
        if left is not None:
            parcel = parcel._replace(least=0, most=parcel.q)
        first, last = left or (move.t_out, move.t_out)
        inside = any(site == move.src and start <= first and last <= end for site, start, end in self.extent.left)
        return full(move.sent) if inside else parcel

    def _without_lot(self, move: Move, t: int) -> Parcel:
        """Return what a dispatch without lot may hold (rule 6)."""
        mixed = self._mixed(self._drawn(move))
        parcel = unnamed(move.sent, [mixed.drawn(t, self.pools)])
        return parcel._replace(most=move.sent) if mixed.any_most(t, self.extent.slack) else parcel

    def _mixed(self, drawn: tuple[Key, ...]) -> Mixed:
        found = self._mixes.get(drawn)
        if found is None:
            found = self._mixes[drawn] = Mixed(drawn, self.first, self.extent.affected)
            for key in drawn:
                self._mixed_at[key[:2]].append(found)
        return found

    def _flow(self, flow: Flow) -> None:
        key = (flow.lot, flow.site, flow.unit)
        mark = self._mark(flow.log, flow.seq, flow.item)
        if flow.kind == FlowKind.BORN:
            self._seen(flow.lot, flow.site, flow.t)
            self.acts.append(_Act(flow.t, 1, mark, (), (key,), self._put, (key, clean(flow.q), flow.t)))
        elif flow.kind == FlowKind.CONSUMER_RETURN:
            self._seen(flow.lot, flow.site, flow.t)
            self.acts.append(_Act(flow.t, 1, mark, (), (key,), self._brought_back, (key, flow.q, flow.t)))
        elif flow.kind == FlowKind.SOLD:
            self.acts.append(_Act(flow.t, 1, mark, (key,), (), self._sell, (key, flow.q)))
        elif flow.kind in _GONE:
            self.acts.append(_Act(flow.t, 1, mark, (key,), (), self._drop, (key, flow.q)))
        elif flow.kind == FlowKind.COUNT:
            self._seen(flow.lot, flow.site, flow.t)
            self.acts.append(_Act(flow.t, 3, mark, (), (), self._count, (key, flow.q)))
        elif flow.kind == FlowKind.SEALED:
            self._seen(flow.lot, flow.site, flow.t)
            self.acts.append(_Act(flow.t, 2, mark, (), (), self._found, (key, flow.q)))

    def _sell(self, key: Key, q: int) -> None:
        self.sold[key].put(self._take(key, q))

    def _drop(self, key: Key, q: int) -> None:
        self._take(key, q)

    def _brought_back(self, key: Key, q: int, t: int) -> None:
        """Take back what consumers bring: mixed like what was sold here, but it may have been bought anywhere (rule 4)."""
        bought = self.sold[key]
        back = bought.take(q)
        bought.debt = 0
        self._put(key, Parcel(q, 0, back.micro, q) if key[:2] in self.extent.affected else clean(q), t)

    def _count(self, key: Key, q: int) -> None:
        self._pool(key).count(q)
        self._settle(key)

    def _found(self, key: Key, beyond: int) -> None:
        """Take in what a sealing found beyond the book: excess, as if counted (rule 4)."""
        pool = self._pool(key)
        pool.count(pool.stock.q + beyond - pool.debt)
        self._settle(key)

    def _settle(self, key: Key) -> None:
        """Give a full lot's pool back its meaning after excess came in."""
        pool = self._pool(key)
        if key[0] in self.full:
            pool.stock = full(pool.stock.q)

    def _open(self, site: int) -> None:
        """Open a window over what lies at a site: all of it is scope (rule 2)."""
        for key, pool in self.pools.items():
            if key[1] == site:
                self._changes(key)
                pool.fill()

    def _entry(self, entry: tuple[int, int], flows: list[Flow]) -> None:
        taken = [flow for flow in flows if flow.kind == FlowKind.CONSUMED]
        made = [flow for flow in flows if flow.kind == FlowKind.PRODUCED]
        losses = {flow.unit: flow.q for flow in flows if flow.kind == FlowKind.DISCARDED}
        if not taken and not made:
            return
        t = min(_early(flow) for flow in (*taken, *made))
        for flow in made:
            self._seen(flow.lot, flow.site, t)
        takes = tuple((flow.lot, flow.site, flow.unit) for flow in taken)
        adds = tuple((flow.lot, flow.site, flow.unit) for flow in made)
        self.acts.append(_Act(t, 1, self._mark(*entry), takes, adds, self._transform, (taken, made, losses, t)))

    def _transform(self, taken: list[Flow], made: list[Flow], losses: dict[int, int], t: int) -> None:
        inputs = [self._input(flow) for flow in taken]
        units = {unit for _, unit in inputs}
        if len(units) > 1:
            inputs = [self._declared(parcel, unit, flow.lot) for (parcel, unit), flow in zip(inputs, taken, strict=True)]
            units = {unit for _, unit in inputs}
        parcels = [parcel for parcel, _ in inputs]
        for unit, outs in groupby(sorted(made, key=lambda flow: (flow.unit, flow.item)), key=lambda flow: flow.unit):
            group = list(outs)
            total = sum(flow.q for flow in group)
            if not parcels:
                whole = clean(total)
            elif len(units) > 1 or len({flow.unit for flow in made}) > 1:
                whole = unlike(parcels, total)
            elif unit in units:
                whole = resize(join(parcels), total)
            else:
                whole = convert(join(parcels), total, losses.get(next(iter(units)), 0))
            for flow in group:
                part, whole = divide(whole, flow.q)
                self._put((flow.lot, flow.site, flow.unit), part, t)

    def _input(self, flow: Flow) -> tuple[Parcel, int]:
        return self._take((flow.lot, flow.site, flow.unit), flow.q), flow.unit

    def _declared(self, parcel: Parcel, unit: int, lot: int) -> tuple[Parcel, int]:
        """Return an input by what one piece of its lot holds, where the lot says so."""
        each = self.content.get(lot)
        if each is None or unit == each[1]:
            return parcel, unit
        return Parcel(*(term * each[0] for term in parcel)), each[1]

    def run(self) -> None:
        """Let everything happen, instant by instant (rule 1)."""
        for act in _ordered(self.acts):
            act.run(*act.given)

    def result(self, stock: Mapping[Key, int]) -> dict[Key, Bounds]:
        """Return the bounds of the affected holdings; those of full lots are what lies there (rule 5)."""
        found = {key: Bounds(q, q, q, q) for key, q in stock.items() if key[0] in self.skipped and key[:2] in self.extent.affected}
        for key, pool in self.pools.items():
            if key[:2] in self.extent.affected:
                q, least, micro, most = pool.told
                found[key] = Bounds(q, least, (micro + MICRO // 2) // MICRO, most)
        return found


def _within(windows: Iterable[tuple[int, int, int]], site: int, t: int) -> bool:
    return any(where == site and start <= t <= end for where, start, end in windows)


def _early(flow: Flow) -> int:
    """Return the earliest a flow of a transformation may have happened."""
    if flow.flags & UNKNOWN_TIME:
        return ALWAYS
    return flow.t - _DAY_LESS_ONE if flow.flags & DAY and flow.kind == FlowKind.CONSUMED else flow.t


def _ordered(acts: list[_Act]) -> Iterator[_Act]:
    acts.sort(key=itemgetter(0, 1, 2))
    for _, each in groupby(acts, key=itemgetter(0, 1)):
        group = list(each)
        filled = {pool for act in group for pool in act.adds}
        if len(group) == 1 or not any(pool in filled for act in group for pool in act.takes):
            yield from group
        else:
            yield from (group[n] for n in in_order(group))
