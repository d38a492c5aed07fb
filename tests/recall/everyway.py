"""All ways the units of a few records can have gone, tried one by one: what least and most have to enclose (RECALL section 9, law 9).

Records are those of :mod:`tests.recall.boundsreference`, in grams, a unit each. What lies at a holding is a number of units and how many of
them are of the scope; whatever the records leave open is tried both ways, and so is each load that two papers call by unlike lots: by the
one paper the sender's lot left and stands at the receiver under the other name, by the other paper that lot left and the sender's stayed.
It shares no code with the engine but the answer to which holdings are affected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

Holding: TypeAlias = tuple[str, str]
State: TypeAlias = dict[Any, tuple[int, ...]]
"""Holding -> (units by the book, units there, of the scope, owed, owed by the book); ("road", n, paper) -> (of the scope,)."""
Made: TypeAlias = Iterator[State]
_NOTHING = (0, 0, 0, 0, 0)


class TooManyWays(Exception):
    """There are more ways than a test has time for."""


class Ways:
    """Every way.

    :param held: affected holdings (lot, site) -> whether only presumption brings them in.
    :param full: lots under whose name everything is of the scope.
    """

    def __init__(
        self, records: Sequence[tuple], scope: Sequence[tuple], held: Mapping[Holding, bool], full: set[str], *, limit: int = 2000
    ) -> None:
        self.held, self.scope, self.full = held, scope, full
        self.lots = {lot for lot, _ in held}
        acts: list[tuple[float, int, Callable[[State], Iterable[State]]]] = []
        for n, record in enumerate(records):
            acts += getattr(self, "_" + record[0])(n, *record[1:])
        acts += [(c[2], -1, partial(self.opens, c[1])) for c in scope if c[0] == "through"]
        states: set[frozenset] = {frozenset()}
        for _, _, act in sorted(acts, key=lambda each: each[:2]):
            states = {frozenset(made.items()) for state in states for made in act(dict(state))}
            if len(states) > limit:
                raise TooManyWays
        self.states = states

    def result(self) -> dict[Holding, tuple[int, int]]:
        """Affected holding -> fewest and most units of the scope, these of no more than its book has."""
        lies = {key: [dict(state).get(key, _NOTHING) for state in self.states] for key in self.held}
        return {key: (min(each[2] for each in all_), max(min(each[2], each[0]) for each in all_)) for key, all_ in lies.items()}

    def within(self, kind: str, site: str, *times: float) -> bool:
        return any(c[0] == kind and c[1] == site and all(c[2] <= t <= c[3] for t in times) for c in self.scope)

    @staticmethod
    def some(whole: int, ours: int, q: int) -> range:
        """How many of q units may be ours where ours of the whole are."""
        return range(max(0, ours - (whole - q)), min(q, ours) + 1)

    def becomes(self, q: int, ours: int, y: int) -> range:
        return self.some(q, ours, y) if y <= q else range(ours, ours + y - q + 1)

    def put(self, state: State, lot: str, site: str, q: int, ours: int, t: float) -> Made:
        key = (lot, site)
        book, there, mine, owed, book_owed = state.get(key, _NOTHING)
        paid, told = min(owed, q), min(book_owed, q)
        if lot in self.full or self.within("through", site, t):
            ways: Iterable[int] = [q]
        else:
            ways = range(ours, q + 1) if self.held.get(key) else [ours]
        for each in ways:
            for gone in self.some(q, each, paid):
                yield {**state, key: (book + q - told, there + q - paid, mine + each - gone, owed - paid, book_owed - told)}

    def take(self, state: State, lot: str, site: str, q: int, *, book: bool = True, goods: bool = True) -> Iterator[tuple[State, int]]:
        """Let q leave by the book, in fact, or both; what was not there may be of anything."""
        key = (lot, site)
        told, there, mine, owed, book_owed = state.get(key, _NOTHING)
        if book:
            told, book_owed = max(0, told - q), book_owed + max(0, q - told)
        if not goods:
            yield {**state, key: (told, there, mine, owed, book_owed)}, 0
            return
        leaves = min(q, there)
        for gone in self.some(there, mine, leaves):
            left = {**state, key: (told, there - leaves, mine - gone, owed + q - leaves, book_owed)}
            for more in range(q - leaves + 1):
                yield left, q if lot in self.full else gone + more if lot in self.lots else 0

    def opens(self, site: str, state: State) -> Made:
        yield {key: (each[0], each[1], each[1], *each[3:]) if key[1] == site else each for key, each in state.items()}

    # -- records: each gives (time, 0, act) ------------------------------------------------------------------------------------

    def _birth(self, _n: int, lot: str, site: str, q: int, t: float) -> list:
        return [(t, 0, lambda state: self.put(state, lot, site, q, 0, t))]

    def _move(self, n: int, lot: str, source: Any, target: str, q: int, out: float, into: Any, received: int) -> list:
        def leaves(state: State) -> Made:
            for left, ours in self.take(state, lot, source, q):
                yield {**left, ("road", n): (q if self.within("left", source, out) else ours,)}

        def arrives(state: State) -> Made:
            road = state.pop(("road", n), None)
            ways: Iterable[int] = range(received + 1 if (lot, target) in self.held else 1)
            for ours in ways if road is None else self.becomes(q, road[0], received):
                yield from self.put(state, lot, target, received, ours, into)

        return [*([(out, 0, leaves)] if source else []), *([(into, 0, arrives)] if into is not None else [])]

    def _papers(self, n: int, lot: str, other: str, source: str, target: str, q: int, out: float, into: float, received: int) -> list:
        if lot == other:
            return self._move(n, lot, source, target, q, out, into, received)
        one_load = {(lot, target), (other, target)} <= {*self.held} and not {(lot, source), (other, source)}.isdisjoint(self.held)
        kept = min(q, received) if one_load else 0
        """So much of the other lot the sender's book keeps (ADR 35)."""

        def leaves(state: State) -> Made:
            for left, ours in self.take(state, lot, source, q):
                yield {**left, ("road", n, "sender"): (ours,)}
            for left, _ in self.take(state, lot, source, q, goods=False):
                yield {**left, ("road", n, "receiver"): (0,)}

        def arrives(state: State) -> Made:
            road = state.pop(("road", n, "sender"), None)
            came: list[tuple[State, int]] = []
            state.pop(("road", n, "receiver"), None)
            for left, _ in self.take(state, other, source, received - kept, goods=False):
                if road is not None:
                    came += [(left, ours) for ours in self.becomes(q, road[0], received)]
                else:
                    came += self.take(left, other, source, received, book=False)
            for left, ours in came:
                for meant in {self.within("left", source, out), self.within("left", source, into)}:
                    yield from self.put(left, other, target, received, received if meant else ours, into)

        return [(out, 0, leaves), (into, 0, arrives)]

    def _make(self, _n: int, site: str, taken: Sequence[tuple[str, int]], made: Sequence[tuple[str, int]], _loss: int, t: float) -> list:
        def spread(state: State, outputs: Sequence[tuple[str, int]], whole: int, ours: int) -> Made:
            if not outputs:
                yield state
                return
            (lot, q), *rest = outputs
            for part in self.some(whole, ours, q):
                for put in self.put(state, lot, site, q, part, t):
                    yield from spread(put, rest, whole - q, ours - part)

        def turns(state: State) -> Made:
            ways = [(state, 0)]
            for lot, q in taken:
                ways = [(left, ours + more) for each, ours in ways for left, more in self.take(each, lot, site, q)]
            whole, out = sum(q for _, q in taken), sum(q for _, q in made)
            for left, ours in ways:
                for into in self.becomes(whole, ours, out):
                    yield from spread(left, made, out, into)

        return [(t, 0, turns)]

    def _sell(self, _n: int, lot: str, site: str, q: int, t: float) -> list:
        return [(t, 0, lambda state: (left for left, _ in self.take(state, lot, site, q)))]

    def _back(self, _n: int, lot: str, site: str, q: int, t: float) -> list:
        ways = range(q + 1 if (lot, site) in self.held else 1)
        return [(t, 0, lambda state: (put for ours in ways for put in self.put(state, lot, site, q, ours, t)))]

    def _count(self, _n: int, lot: str, site: str, q: int, t: float) -> list:
        def counts(state: State) -> Made:
            _, there, mine, _, _ = state.get((lot, site), _NOTHING)
            for ours in [q] if lot in self.full else self.becomes(there, mine, q):
                yield {**state, (lot, site): (q, q, ours, 0, 0)}

        return [(t, 0, counts)]

    def _unnamed(self, _n: int, name: str, source: str, target: str, q: int, t: float) -> list:
        def leaves(state: State) -> Made:
            """No lot's book and no holding loses what nobody can say it was of."""
            lies = [each for key, each in state.items() if key[0] != "road" and key[1] == source]
            there, ours = sum(each[1] for each in lies), sum(each[2] for each in lies)
            ways = [q] if self.within("left", source, t) else range(min(q, ours + max(0, q - there)) + 1)
            for each in ways:
                yield from self.put(state, name, target, q, each, t)

        return [(t, 0, leaves)]


__all__ = ["TooManyWays", "Ways"]
