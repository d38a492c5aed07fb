"""Makes a chain small enough to be read: places that play the same part become one, with their number (RECALL section 3). Pure.

Rules:

1. As many places as can be read one by one (:data:`READABLE`) are drawn one by one. Of more, only an overview can be read, of
   :data:`OVERVIEW` boxes at most: the list has the rest. Each of the following is tried only while there are more.
2. Ends (nothing goes on from them; recall returns do not count) with the same senders, of one lot, are one group; then of any lot.
3. Places that goods came to by the same way (that of their senders, or of their senders' groups) and of one lot are one; then of one
   product. Before what was asked about the way goes on counts instead: to whom they delivered.
4. Places at the same distance from the beginning, of one product, are one; then of any; then of some distances beside each other.
5. Whatever the rule, places of unlike kinds stay apart as long as there is room, and those that are *possible*, and own sites, always:
   neither may be taken for something else. What was asked about stands by itself, or beside its like where that alone were too many.
6. Quantities of what was put together are added up, each unit by itself, pieces by product; an arrow says how many arrows it stands
   for, and one within a group is a line from it to itself. Nothing disappears: the numbers of a picture add up to those of the chain.

Cost: O(n log n) in places and arrows.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.walk import KNOT, Holding
from foodtrace.recall.chain import Amounts, Arrow, Chain, Place, Unseen, Way

READABLE: Final = 300
"""Places a picture shows one by one at most, on a screen; paper takes fewer."""
OVERVIEW: Final = 80
"""Boxes of a picture of more places than that: one in which the way can be followed."""
_LEAST: Final = 3
_PIECE: Final = 2
Sums: TypeAlias = tuple[tuple[int, str, int], ...]
"""(unit, product of pieces, base units), by unit and product: what of a group may be added up."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the picture: a place of the chain, or several."""

    key: int
    place: Place
    """The place, or the first of the group."""
    count: int = 1
    lots: int = 1
    products: int = 1
    born: Sums = ()
    on_hand: Sums = ()
    unknown: bool = False
    """Nobody knows what is on hand at one of them; it may be as much as ``on_hand`` says."""
    unseen: tuple[tuple[Unseen, Sums], ...] = ()
    """What came or left by no way on record, see :attr:`foodtrace.recall.chain.Place.unseen`."""
    beside: Sums = ()
    """What else went into the processes, of lots that are no part of the chain."""
    possible: int = 0
    """How many of them are only possibly affected."""
    kinds: tuple[tuple[str, int], ...] = ()
    """(kind of site, number) of a group."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One arrow of the picture."""

    here: int
    there: int
    way: Way
    amounts: Sums
    taken: Sums
    travelling: Sums
    beside: Sums
    """What else went into the transformations, of lots that are no part of the chain."""
    count: int
    """Pairs of places it stands for."""


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A chain as it will be drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    places: int
    """Places of the whole chain."""


_Key: TypeAlias = Callable[[Place], tuple[Hashable, ...]]


def sketch(chain: Chain, *, most: int = READABLE) -> Sketch:
    """Return a chain with as many boxes as can be read.

    :param most: places that are drawn one by one at most; of more, there are so many boxes, or :data:`OVERVIEW` if that is less.
    """
    if len(chain.places) <= most:
        return _drawn(chain, {place.key: place.key for place in chain.places})
    few = min(most, OVERVIEW)
    ways = _Ways(chain, few)
    return _drawn(chain, next((part for part in ways.tried() if len(set(part.values())) <= few), ways.columns(few)))


class _Ways:
    """The ways to put places together, from the finest on (rules 2-4). A group is whatever its places are mapped to."""

    def __init__(self, chain: Chain, few: int) -> None:
        self.places = chain.places
        asked = [place.key for place in chain.places if place.asked]
        self.alone = frozenset(asked if len(asked) <= few // 2 else ())
        self.into: dict[Holding, list[Holding]] = defaultdict(list)
        self.out: dict[Holding, list[Holding]] = defaultdict(list)
        for arrow in chain.arrows:
            if arrow.here != arrow.there and arrow.way != "return":
                self.into[arrow.there].append(arrow.here)
                self.out[arrow.here].append(arrow.there)
        self.far = depths(chain)

    def tried(self) -> Iterator[dict[Holding, Hashable]]:
        """Iterate over the ways of rules 2 to 4 but the last."""
        yield self._ends(lambda place: (place.lot, place.kind, *_apart(place)), _LEAST)
        yield self._ends(lambda place: (place.product, place.kind, *_apart(place)), 2)
        yield self._same_way(lambda place: (place.lot, place.product, place.kind, *_apart(place)))
        yield self._same_way(lambda place: (place.product, place.kind, *_apart(place)))
        yield self._alike(lambda place: (self.far[place.key], place.product, place.kind, *_apart(place)))
        yield self._alike(lambda place: (self.far[place.key], place.kind, *_apart(place)))

    def columns(self, few: int) -> dict[Holding, Hashable]:
        """Return groups of some distances beside each other, however long the chain is: as many as may be, one at least of each grade."""
        rows = max(1, len({_apart(place) for place in self.places}))
        width = -(-(1 + max(self.far.values(), default=0)) // max(1, few // rows))
        return self._alike(lambda place: (self.far[place.key] // width, *_apart(place)))

    def _alike(self, of: _Key) -> dict[Holding, Hashable]:
        return {place.key: place.key if place.key in self.alone else of(place) for place in self.places}

    def _ends(self, of: _Key, least: int) -> dict[Holding, Hashable]:
        ends = {
            place.key: (frozenset(self.into[place.key]), *of(place))
            for place in self.places
            if place.key not in self.alone and not self.out[place.key]
        }
        sizes = Counter(ends.values())
        return {place.key: place.key for place in self.places} | {key: group for key, group in ends.items() if sizes[group] >= least}

    def _same_way(self, of: _Key) -> dict[Holding, Hashable]:
        """Return groups by the groups beside them on the way from what was asked about, the nearest first (rule 3)."""
        place = {each.key: each for each in self.places}
        groups: dict[Hashable, int] = {}
        part: dict[Holding, Hashable] = {}
        for key, beside, back in self._nearest_first():
            own: Hashable = key if key in self.alone else (back, frozenset(part[each] for each in beside), *of(place[key]))
            # A number for each: keys that hold the keys before them would grow with every step.
            part[key] = groups.setdefault(own, len(groups))
        return part

    def _nearest_first(self) -> Iterator[tuple[Holding, list[Holding], bool]]:
        """Iterate over (place, those beside it that are nearer to what was asked about, whether goods went from it to them)."""
        steps: dict[Holding, int] = {}
        for back, beside, before in ((False, self.out, self.into), (True, self.into, self.out)):
            fresh = list(steps) or [each.key for each in self.places if each.asked]
            done = set(steps)
            steps.update(dict.fromkeys(fresh, 0))
            queue = deque(fresh)
            while queue:
                key = queue.popleft()
                if key not in done:
                    done.add(key)
                    yield key, [each for each in before[key] if steps.get(each, steps[key]) < steps[key]], back
                for there in beside[key]:
                    if there not in steps:
                        steps[there] = steps[key] + 1
                        queue.append(there)
        rest = sorted((self.far[place.key], n) for n, place in enumerate(self.places) if place.key not in steps)
        for far, n in rest:
            key = self.places[n].key
            yield key, [each for each in self.into[key] if each in steps or self.far[each] < far], False


def _apart(place: Place) -> tuple[str, str, bool]:
    """Return what never goes into one group (rule 5): own sites with others, possible with confirmed, what was asked about."""
    return place.role, place.link, place.asked


def depths(chain: Chain) -> dict[Holding, int]:
    """Return how many arrows each place is from the beginning, at least; what nothing leads to is the beginning."""
    out: dict[Holding, list[Holding]] = defaultdict(list)
    led: set[Holding] = set()
    for arrow in chain.arrows:
        if arrow.here != arrow.there and arrow.way != "return":
            out[arrow.here].append(arrow.there)
            led.add(arrow.there)
    found: dict[Holding, int] = {}
    # A cycle that nothing leads into begins wherever it is met first.
    beginnings = [[place.key for place in chain.places if place.key not in led], *([place.key] for place in chain.places)]
    for start in beginnings:
        queue = deque((key, 0) for key in start if key not in found)
        while queue:
            key, depth = queue.popleft()
            if key in found:
                continue
            found[key] = depth
            queue += [(there, depth + 1) for there in out[key] if there not in found]
    return {place.key: found[place.key] for place in chain.places}


def _drawn(chain: Chain, part: Mapping[Holding, Hashable]) -> Sketch:
    groups: dict[Hashable, list[Place]] = defaultdict(list)
    for place in chain.places:
        groups[part[place.key]].append(place)
    number = {key: n for n, key in enumerate(groups)}
    product = {place.key: place.product for place in chain.places}
    lines: dict[tuple[int, int, Way], list[Arrow]] = defaultdict(list)
    for arrow in chain.arrows:
        here, there = number[part[arrow.here]], number[part[arrow.there]]
        lines[here, there, arrow.way].append(arrow)
    return Sketch(
        boxes=tuple(_box(number[key], places) for key, places in groups.items()),
        lines=tuple(
            Line(
                here=here,
                there=there,
                way=way,
                amounts=added((_of(product, arrow.there, arrow.here), arrow.amounts) for arrow in arrows),
                taken=added((_of(product, arrow.here, arrow.there), arrow.taken) for arrow in arrows),
                travelling=added((_of(product, arrow.there, arrow.here), arrow.travelling) for arrow in arrows),
                beside=together(part for arrow in arrows for part in arrow.beside),
                count=len(arrows),
            )
            for (here, there, way), arrows in sorted(lines.items())
        ),
        places=sum(place.key[1] != KNOT for place in chain.places),
    )


def _box(key: int, places: list[Place]) -> Box:
    unseen: dict[Unseen, list[tuple[Place, Amounts]]] = defaultdict(list)
    for place in places:
        for what, each in place.unseen:
            unseen[what].append((place, each))
    return Box(
        key=key,
        place=places[0],
        count=len(places),
        lots=len({place.lot for place in places if place.lot}),
        products=len({place.product for place in places if place.lot}),
        born=added((place.product, place.born) for place in places),
        on_hand=added((place.product, place.on_hand) for place in places),
        unknown=any(place.unknown for place in places),
        unseen=tuple((what, added((place.product, each) for place, each in parts)) for what, parts in sorted(unseen.items())),
        beside=together(part for place in places for part in place.beside),
        possible=sum(place.link == "possible" for place in places),
        kinds=tuple(sorted(Counter(place.kind for place in places).items())),
    )


def _of(product: Mapping[Holding, str], *ends: Holding) -> str:
    """Return the product of the first of an arrow's ends that is no process."""
    return next((product[end] for end in ends if end[1] != KNOT), "")


def added(amounts: Iterable[tuple[str, Amounts]]) -> Sums:
    """Return sums of (product, amounts); unlike units, and pieces of unlike products, are never added up."""
    return together((unit, product if unit == _PIECE else "", q) for product, each in amounts for unit, q in each)


def together(sums: Iterable[tuple[int, str, int]]) -> Sums:
    """Return (unit, product, base units) added up as far as they may be."""
    made: dict[tuple[int, str], int] = defaultdict(int)
    for unit, product, q in sums:
        made[unit, product] += q
    return tuple((unit, product, q) for (unit, product), q in sorted(made.items()))
