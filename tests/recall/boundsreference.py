"""Least, proportional and most straight from the words of RECALL section 4, on records whose times are all different.

It shares no code with the engine but the answer to which holdings are affected, which has a reference of its own. A record is one of
these; times are numbers, no two alike, and quantities are in the lot's unit::

    ("birth", lot, site, q, t)
    ("move", lot, source, target, q, out, into, received)   into none: no receipt; source none: the receipt names none, out is not said
    ("papers", lot, other, source, target, q, out, into, received)   one number: the lot that left, the other lot that is said to have come
    ("make", site, ((lot, q), ..), ((lot, q), ..), lost, t)  lost: q of loss in the unit of the inputs, 0 for none said
    ("sell" | "use" | "count" | "back", lot, site, q, t)
    ("unnamed", id, source, target, q, t)                    in grams
    ("alias", lot, lot)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import find
from foodtrace.recall.measure import measure
from foodtrace.recall.memory import MemoryFacts
from tests.recall.notation import SETTINGS, Build, at, clauses

M = 1_000_000


class Bounds:
    """What a set of records says of how much can be of a scope.

    :param units: lot -> unit, grams where it is not in it. :param content: lot -> (q, unit) in one piece.
    :param held: affected holdings (lot, site) -> whether only presumption brings them in.
    :param scope: ("lots", lots), ("left", site, from, to) or ("through", site, from, to), any number of them.
    """

    def __init__(
        self,
        records: Sequence[tuple],
        scope: Sequence[tuple],
        held: Mapping[tuple[str, str], bool],
        *,
        units: Mapping[str, str],
        content: Mapping[str, tuple[int, str]],
    ) -> None:
        self.same: dict[str, str] = {}
        for record in records:
            if record[0] == "alias":
                one, two = sorted(self.top(each) for each in record[1:])
                if one != two:
                    self.same[two] = one
        self.units, self.content, self.held = units, content, held
        self.records = [record for record in records if record[0] != "alias"]
        self.scope = scope
        self.pools: dict[tuple[str, str], list[int]] = {}
        self.owed: dict[tuple[str, str], int] = {}
        self.more: dict[tuple[str, str], int] = {}
        self.less: dict[tuple[str, str], int] = {}
        """How much more and less may lie there than the book says, by the other paper of a load; the most in pools is of all that may."""
        self.sold: dict[tuple[str, str], list[int]] = {}
        self.counts: dict[tuple[str, str], int] = {}
        self.came: set[tuple[str, str]] = set()
        self.whole = {self.top(lot) for clause in scope if clause[0] == "lots" for lot in clause[1]}
        self.full = self._full()
        acts: list[tuple[float, int, Any]] = []
        for record in self.records:
            acts += getattr(self, "_" + record[0])(*record[1:])
        acts += [(clause[2], -1, lambda site=clause[1]: self.opens(site)) for clause in scope if clause[0] == "through"]
        for _, _, act in sorted(acts, key=lambda each: each[:2]):
            act()

    def top(self, lot: str) -> str:
        while lot in self.same:
            lot = self.same[lot]
        return lot

    def unit(self, lot: str) -> str:
        return self.units.get(lot, "g")

    def result(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """Holding -> (quantity, least, proportional, most)."""
        found = {}
        for key, (q, lo, p, hi) in self.pools.items():
            if key in self.held:
                least, most = max(0, lo - self.less.get(key, 0)), min(q, hi)
                found[key] = (q, q, q, q) if key[0] in self.full else (q, least, (2 * p + M) // (2 * M), most)
        return found

    def _full(self) -> set[str]:
        births: dict[str, list[tuple]] = {}
        for record in self.records:
            if record[0] == "birth":
                births.setdefault(self.top(record[1]), []).append((set(), True))
            if record[0] == "make":
                taken, made = record[2], record[3]
                units = {self.unit(lot) for lot, _ in (*taken, *made)}
                gains = len(units) == 1 and sum(q for _, q in made) > sum(q for _, q in taken)
                for lot, _ in made:
                    births.setdefault(self.top(lot), []).append(({self.top(each) for each, _ in taken}, gains))
        pairs = [(self.top(one), self.top(two)) for kind, one, two, *_ in self.records if kind == "papers"]
        not_all: set[str] = set()
        full = set(self.whole)
        while True:
            more = {
                lot
                for lot, each in births.items()
                if lot not in not_all and all(taken and not bad and taken <= full for taken, bad in each)
            } | full
            if more != full:
                full = more
                continue
            # A lot made only of full ones is none where a paper names another in its place that is not.
            odd = {one for pair in pairs for one, two in (pair, pair[::-1]) if one in full - self.whole and two not in full}
            if not odd:
                return full
            not_all |= odd
            full = set(self.whole)

    # -- pools: [Q, lo, p, hi] -------------------------------------------------------------------------------------------------

    def put(self, lot: str, site: str, parcel: Sequence[int], t: float) -> None:
        key = (self.top(lot), site)
        self.came.add(key)
        q, lo, p, hi = parcel
        if key[0] in self.full or any(c[0] == "through" and c[1] == site and c[2] <= t <= c[3] for c in self.scope):
            lo, p, hi = q, q * M, q
        elif self.held.get(key):
            hi = q  # all of what only presumption makes affected may be, and so may what leaves it
        paid = min(self.owed.get(key, 0), q)
        arrived, book = hi, self.pools.get(key, [0, 0, 0, 0])[0]
        if paid:
            self.owed[key] -= paid
            _, (q, lo, p, hi) = self.split((q, lo, p, hi), paid)
        mine = self.pools.setdefault(key, [0, 0, 0, 0])
        all_of_it = mine[3] + arrived
        self.pools[key] = [a + b for a, b in zip(mine, (q, lo, p, hi), strict=True)]
        if self.more.get(key):
            self.pools[key][3] = min(all_of_it, max(0, book + q - self.owed.get(key, 0) + self.more[key]))

    @staticmethod
    def split(pool: Sequence[int], q: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        whole, lo, p, hi = pool
        part = p * q // whole if whole else 0
        return (q, max(0, lo - (whole - q)), part, min(q, hi)), (whole - q, max(0, lo - q), p - part, min(hi, whole - q))

    def take(self, lot: str, site: str, q: int) -> tuple[int, ...]:
        key = (self.top(lot), site)
        pool = self.pools.setdefault(key, [0, 0, 0, 0])
        more, less = self.more.get(key, 0), self.less.get(key, 0)
        if q <= pool[0]:
            gone, rest = self.split(pool, q)
            self.pools[key] = list(rest)
        else:
            x = q - pool[0]
            gone = (q, pool[1], pool[2], pool[3] + x)
            self.pools[key] = [0, 0, 0, 0]
            self.owed[key] = self.owed.get(key, 0) + x
        if more or less:
            # As if all that may lie there did: more of another kind may go. And as if as little did as may: what goes is from nowhere.
            remain = max(0, pool[0] + more - q)
            gone = (q, max(0, pool[1] - max(remain, less)), gone[2], min(q, pool[3] + max(0, q - pool[0] + less)))
            self.pools[key][3] = min(pool[3], remain)
        if key[0] in self.full:
            return (q, q, q * M, q)
        return gone if any(lot_ == key[0] for lot_, _ in self.held) else (q, 0, 0, 0)

    @staticmethod
    def become(parcel: Sequence[int], y: int) -> tuple[int, ...]:
        x, lo, p, hi = parcel
        if y <= x:
            return (y, max(0, lo - (x - y)), p * y // x if x else 0, min(hi, y))
        return (y, lo, p, min(y, hi + y - x))

    def scaled(self, parcel: Sequence[int], y: int, lost: int) -> tuple[int, ...]:
        x, lo, p, hi = self.become(parcel, max(0, parcel[0] - lost))
        return (y, 0, 0, y) if not x else (y, lo * y // x, p * y // x, -((-hi * y) // x))

    # -- records ---------------------------------------------------------------------------------------------------------------

    def opens(self, site: str) -> None:
        for key, pool in self.pools.items():
            if key[1] == site:
                self.pools[key] = [pool[0], pool[0], pool[0] * M, pool[0] + self.more.get(key, 0)]

    def _birth(self, lot: str, site: str, q: int, t: float) -> list:
        return [(t, 0, lambda: self.put(lot, site, (q, 0, 0, 0), t))]

    def _move(self, lot: str, source: Any, target: str, q: int, out: float, into: Any, received: int) -> list:
        road: list[Any] = []

        def leaves() -> None:
            gone = self.take(lot, source, q)
            if any(c[0] == "left" and c[1] == source and c[2] <= out <= c[3] for c in self.scope):
                gone = (q, q, q * M, q)
            road.append(gone)

        def arrives() -> None:
            if source is None:
                road.append((received, 0, 0, received if (self.top(lot), target) in self.held else 0))
            self.put(lot, target, self.become(road[0], received), into)

        return [*([(out, 0, leaves)] if source else []), *([(into, 0, arrives)] if into is not None else [])]

    def _papers(self, lot: str, other: str, source: str, target: str, q: int, out: float, into: float, received: int) -> list:
        if self.top(lot) == self.top(other):
            return self._move(lot, source, target, q, out, into, received)
        ours, there = (self.top(lot), source), (self.top(other), source)
        known = {ours, there, (ours[0], target), (there[0], target)} & {*self.held}
        one_load = {(ours[0], target), (there[0], target)} <= known and not {ours, there}.isdisjoint(known)
        # What left by its sender's paper as one lot does not lower his stock of the other.
        both = min(q, received) if one_load and self.unit(lot) == self.unit(other) else 0

        counted: list[int] = []

        def doubts(kinds: Sequence[tuple[str, str]]) -> None:
            if counted == [self.counts.get(there, 0)]:
                return
            counted[:] = [self.counts.get(there, 0)]
            if ours in kinds:
                self.more[ours] = self.more.get(ours, 0) + q
            self.more[there] = self.more.get(there, 0) + received - both
            self.less[there] = self.less.get(there, 0) + both

        def arrives() -> None:
            _, lo, p, hi = self.take(other, source, received - both)
            parcel = (received, 0, p, received) if known else (received, lo, p, hi + both)
            if any(c[0] == "left" and c[1] == source and c[2] <= out and into <= c[3] for c in self.scope):
                parcel = (received, received, received * M, received)
            self.put(other, target, parcel, into)

        # Somebody may have counted the other lot before it left by its own paper.
        begun = [(out, -0.5, lambda: doubts([ours])), (into, -0.5, lambda: doubts([]))] if known else []
        return [*begun, (out, 0, lambda: self.take(lot, source, q)), (into, 0, arrives)]

    def _make(self, site: str, taken: Sequence[tuple[str, int]], made: Sequence[tuple[str, int]], lost: int, t: float) -> list:
        def turns() -> None:
            inputs = [(self.take(lot, site, q), self.unit(lot), lot) for lot, q in taken]
            if len({unit for _, unit, _ in inputs}) > 1:
                # A declared factor makes units alike.
                inputs = [
                    (tuple(term * self.content[lot][0] for term in parcel), self.content[lot][1], lot)
                    if lot in self.content and unit != self.content[lot][1]
                    else (parcel, unit, lot)
                    for parcel, unit, lot in inputs
                ]
            units, outs = {unit for _, unit, _ in inputs}, {self.unit(lot) for lot, _ in made}
            result: tuple[int, ...]
            whole = tuple(map(sum, zip((0, 0, 0, 0), *(parcel for parcel, _, _ in inputs), strict=True)))
            for unit in ("g", "ml", "piece"):
                group = [(lot, q) for lot, q in made if self.unit(lot) == unit]
                y = sum(q for _, q in group)
                if not group:
                    continue
                if len(units) > 1 or len(outs) > 1:
                    every = all(parcel[1] == parcel[0] for parcel, _, _ in inputs)
                    result = (y, y if every else 0, y * M, y) if any(parcel[3] for parcel, _, _ in inputs) else (y, 0, 0, 0)
                elif unit in units:
                    result = self.become(whole, y)
                else:
                    result = self.scaled(whole, y, lost)
                for lot, q in group:
                    part, result = self.split(result, q)
                    self.put(lot, site, part, t)

        return [(t, 0, turns)]

    def _sell(self, lot: str, site: str, q: int, t: float) -> list:
        def sells() -> None:
            key = (self.top(lot), site)
            self.sold[key] = [a + b for a, b in zip(self.sold.get(key, (0, 0, 0, 0)), self.take(lot, site, q), strict=True)]

        return [(t, 0, sells)]

    def _use(self, lot: str, site: str, q: int, t: float) -> list:
        return [(t, 0, lambda: self.take(lot, site, q))]

    def _back(self, lot: str, site: str, q: int, t: float) -> list:
        def back() -> None:
            key = (self.top(lot), site)
            bought = self.sold.get(key, [0, 0, 0, 0])
            gone, rest = self.split(bought, q) if q <= bought[0] else (bought, (0, 0, 0, 0))
            self.sold[key] = list(rest)
            self.put(lot, site, (q, 0, gone[2], q) if key in self.held else (q, 0, 0, 0), t)

        return [(t, 0, back)]

    def _count(self, lot: str, site: str, q: int, t: float) -> list:
        def counts() -> None:
            key = (self.top(lot), site)
            self.owed[key] = 0
            there, least, _, most = self.pools.setdefault(key, [0, 0, 0, 0])
            more, less = self.more.pop(key, 0), self.less.pop(key, 0)
            self.counts[key] = self.counts.get(key, 0) + 1
            if q <= there:
                self.take(lot, site, there - q)
            else:
                mine = self.pools[key]
                self.pools[key] = [mine[0] + q - there, mine[1], mine[2], mine[3] + q - there]
            if more or less:
                self.pools[key][1] = max(0, least - max(0, there + more - q, less))
                self.pools[key][3] = min(q, most + max(0, q - there + less))
            self.came.add(key)
            if key[0] in self.full:
                self.pools[key] = [q, q, q * M, q]

        return [(t, 0, counts)]

    def _unnamed(self, name: str, source: str, target: str, q: int, t: float) -> list:
        def leaves() -> None:
            at = [key for key in self.came if key[1] == source]
            alike = [self.pools[key] for key in at if self.unit(key[0]) == "g"]
            there, _, p, hi = map(sum, zip((0, 0, 0, 0), *alike, strict=True))
            hi += sum(self.less.get(key, 0) for key in at if self.unit(key[0]) == "g")
            most = min(q, hi + max(0, q - there))
            if any(self.unit(key[0]) != "g" and self.pools[key][3] + self.less.get(key, 0) for key in at):
                most = q  # what lies there in another unit may be what was weighed
            part = min(q * p // there if there else 0, most * M)
            if any(c[0] == "left" and c[1] == source and c[2] <= t <= c[3] for c in self.scope):
                self.put(name, target, (q, q, q * M, q), t)
            else:
                self.put(name, target, (q, 0, part, most), t)

        return [(t, 0, leaves)]


def notation(records: Sequence[tuple]) -> tuple[str, list[tuple[int, str, str, int, float]], list[int]]:
    """Return records in the notation of the worlds, and (line, lot, site, q, t) of each loss that was said.

    Third come the lines of receipts that bear the number of the dispatch in the line before.
    """
    lines: list[str] = []
    numbered: list[int] = []
    lost: list[tuple[int, str, str, int, float]] = []
    for kind, *rest in records:
        if kind == "birth":
            lines.append("{}:{} {} @{}".format(*rest))
        elif kind == "move":
            lot, source, target, q, out, into, received = rest
            if source is None:
                lines.append(f"?->{target} {lot}*{received} @{into} got")
            elif into is None:
                lines.append(f"{source}->{target} {lot}*{q} @{out} sent")
            else:
                lines.append(f"{source}->{target} {lot}*{q} @{out}/{into} received {received}")
        elif kind == "papers":
            lot, other, source, target, q, out, into, received = rest
            lines += [f"{source}->{target} {lot}*{q} @{out} sent", f"{source}->{target} {other}*{received} @{into} got"]
            numbered.append(len(lines))
        elif kind == "make":
            site, taken, made, loss, t = rest
            sides = (" + ".join(f"{lot}{q}" for lot, q in side) for side in (taken, made))
            lines.append(f"{site}: {' = '.join(sides)} @{t}")
            if loss:
                lost.append((len(lines), taken[0][0], site, loss, t))
        elif kind == "unnamed":
            _, source, target, q, t = rest
            lines.append(f"{source}->{target} {q} @{t} unnamed")
        elif kind == "alias":
            lines.append("{} ~ {}".format(*rest))
        else:
            verb = {"sell": "sells", "use": "uses", "count": "counts", "back": "takes"}[kind]
            lot, site, q, t = rest
            lines.append(f"{site} {verb} {lot}{q} @{t}")
    return "\n".join(lines).replace("*", ""), lost, numbered


def measured(
    records: Sequence[tuple],
    scope: Sequence[tuple],
    *,
    units: Mapping[str, str],
    described: Callable[[MemoryFacts], MemoryFacts] = lambda facts: facts,
) -> tuple[dict[tuple[str, str], tuple[int, int, int, int]], dict[tuple[str, str], bool], str]:
    """Return what the engine says of each holding, the affected holdings -> whether only presumption brings them in, and the records' text.

    :param described: says more of the lots.
    """
    text, lost, numbered = notation(records)
    build = Build(text, units=dict(units))
    for line in numbered:
        build.flows = [msgspec.structs.replace(flow, pair=f"T{line - 1}") if flow.seq == line else flow for flow in build.flows]
    for build.seq, lot, site, q, t in lost:
        build.add(FlowKind.DISCARDED, lot, site, q, at(t), item=2000)
    facts = described(build.facts(40))
    asked = clauses(";".join(" ".join(each[1]) if each[0] == "lots" else " ".join(map(str, each)) for each in scope))
    found = find(facts, asked, settings=SETTINGS)
    texts = facts.texts({number for holding in found.holdings for number in holding})

    def name(lot: int) -> str:
        return texts[lot].rpartition("/")[2]

    got = {
        (name(lot), texts[site]): (each.quantity, each.least, each.proportional, each.most)
        for (lot, site, _), each in measure(facts, found, asked).items()
    }
    return got, {(name(lot), texts[site]): link.presumed for (lot, site), link in found.holdings.items()}, text


__all__ = ["Bounds", "measured", "notation"]
