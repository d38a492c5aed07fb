"""Makes a chain small enough to be read: places that play the same part become one, with their number (RECALL section 3). Pure.

Rules, each tried only while there are more places than can be read:

1. Ends (nothing goes on from them; recall returns do not count) with the same senders, lot, kind of site and grade are one group.
2. Ends of the same lot, kind and grade are one, whoever sent to them; then ends of any lot.
3. Places at the same distance from the beginning, of the same lot, kind and grade, are one; then of any lot.
4. If that is still too much, the same distance alone makes a group. What was asked about always stands by itself.
5. Under rule 1 two are no group. Quantities of what was put together are added up, each unit by itself, pieces by product; an arrow says
   how many arrows it stands for. Nothing disappears: the numbers of a picture and of its groups add up to those of the chain.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.walk import KNOT, Holding
from foodtrace.recall.chain import Amounts, Arrow, Chain, Place, Unseen, Way

READABLE: Final = 300
"""Places a picture shows one by one at most, on a screen; paper takes fewer."""
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
    born: Sums = ()
    on_hand: Sums = ()
    unknown: bool = False
    """Nobody knows what is on hand at one of them; it may be as much as ``on_hand`` says."""
    unseen: tuple[tuple[Unseen, Sums], ...] = ()
    """What came or left by no way on record, see :attr:`foodtrace.recall.chain.Place.unseen`."""
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
    count: int
    """Pairs of places it stands for."""


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A chain as it will be drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    places: int
    """Places of the whole chain."""


_Key: TypeAlias = Callable[[Place], Hashable]


def sketch(chain: Chain, *, most: int = READABLE) -> Sketch:
    """Return a chain with as many boxes as can be read."""
    senders: dict[Holding, set[Holding]] = defaultdict(set)
    goes_on: set[Holding] = set()
    for arrow in chain.arrows:
        if arrow.here != arrow.there and arrow.way != "return":
            senders[arrow.there].add(arrow.here)
            goes_on.add(arrow.here)
    far = depths(chain)
    part: dict[Holding, Hashable] = {place.key: place.key for place in chain.places}

    def together(of: _Key, *, ends: bool, least: int) -> None:
        chosen = [place for place in chain.places if not place.asked and not (ends and place.key in goes_on)]
        keys = {place.key: of(place) for place in chosen}
        sizes = Counter(keys.values())
        part.update({place: key for place, key in keys.items() if sizes[key] >= least})

    ways: list[tuple[_Key, bool, int]] = [
        (lambda place: (1, frozenset(part[each] for each in senders[place.key]), place.lot, place.kind, place.link), True, _LEAST),
        (lambda place: (2, far[place.key], place.lot, place.kind, place.link), True, 2),
        (lambda place: (3, far[place.key], place.kind), True, 2),
        (lambda place: (4, far[place.key], place.lot, place.kind), False, 2),
        (lambda place: (5, far[place.key], place.kind), False, 2),
        (lambda place: (6, far[place.key]), False, 2),
    ]
    for of, ends, least in ways:
        if len(set(part.values())) <= most:
            break
        together(of, ends=ends, least=least)
    return _drawn(chain, part)


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
                count=len(arrows),
            )
            for (here, there, way), arrows in sorted(lines.items())
            if here != there or len(arrows) > 1
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
        born=added((place.product, place.born) for place in places),
        on_hand=added((place.product, place.on_hand) for place in places),
        unknown=any(place.unknown for place in places),
        unseen=tuple((what, added((place.product, each) for place, each in parts)) for what, parts in sorted(unseen.items())),
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
