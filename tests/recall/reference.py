"""The affected set straight from the words of RECALL sections 1 to 3, by repeating until nothing changes. Slow, and shares no code.

A record is one of these; hours count from 0, ``how`` is the precision of its times ("instant", "day", "unknown")::

    ("birth", lot, site, q, hour, how)
    ("move", lot, source, target, q, out, into, how)     out or into none: that side is not on record; source or target none
    ("unnamed", id, product, source, target, q, hour, how, named)   named: the lot a later receipt says it was, or none
    ("papers", sent, got, source, target, q, out, into, how)     one number: lots the sender's paper names, lots the receiver's does
    ("make", site, inputs, outputs, q, hour, how, case)  case: approved as relabelling by that case, or empty
    ("alias", lot, lot)
    ("sell", lot, site, q, hour, how)
    ("back", lot, site, q, hour, how)                    brought back by a consumer
    ("count", lot, site, q, hour, how)                   what lay there

Quantities above six are told in pieces, others in grams; the receiver of three or six says the other unit than the sender.

Of a dispatch without lot whose receipt names one, the two need not both name the other's site; what of them is on record is drawn by the
quantity (:func:`parties`). They are one move all the same.

Clauses: ("lots", lots), ("left", site, first, last), ("through", site, first, last).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

INF = float("inf")
INSTANT = Fraction(1, 3_600_000_000)
"""One microsecond, in hours."""


def unit_of(q: int) -> int:
    """Return the unit a record says its quantity in."""
    return 2 if q > 6 else 0


def unit_in(q: int) -> int:
    """Return the unit in which the receiver says it."""
    return 2 - unit_of(q) if q in (3, 6) else unit_of(q)


def parties(source: str, target: str, q: int) -> tuple[str | None, str | None]:
    """Return whom a dispatch without lot names as receiver, and whom its receipt names as sender; one of them at least."""
    return (None if q % 3 == 0 else target), (None if q % 3 == 1 else source)


def late(hour: int, how: str) -> Any:
    """When something may have left at the latest."""
    return {"instant": hour, "day": hour // 24 * 24 + 24 - INSTANT, "unknown": INF}[how]


def early(hour: int, how: str) -> Any:
    """When something may have arrived at the earliest."""
    return {"instant": hour, "day": hour // 24 * 24, "unknown": -INF}[how]


class Reference:
    """What a set of records means."""

    def __init__(self, records: Sequence[tuple], products: dict[str, str], *, slack: int = 0, case: str = "") -> None:
        self.slack = slack
        self.products = dict(products)
        self.name: dict[str, str] = {}
        for record in records:
            if record[0] == "alias":
                one, two = sorted((self.top(record[1]), self.top(record[2])))
                if one != two:
                    self.name[two] = one
        self.held: set[Any] = set()
        self.sure: set[Any] = set()
        self.came: dict[tuple[str, str], list] = {}
        self.book: dict[tuple[str, str], dict[int, list]] = {}
        """Holding -> unit -> (time, 0 in 1 out 2 counted, q)."""
        self.moves: list[tuple] = []
        """(from, to, earliest and latest departure, arrival, whether the lot is named)."""
        self.makes: list[tuple] = []
        self.unlike: list[tuple] = []
        """(from, to, departure, arrival) of what one paper of a transfer names and the other does not."""
        self.either: list[tuple] = []
        """(moves of the two, holdings there, sender, arrival) of every two lots of which the papers of a transfer contradict each other."""
        self.births: list[tuple] = []
        self.backs: list[tuple] = []
        self.returned: list[tuple] = []
        self.sold_and_back: dict[Any, list[int]] = {}
        for record in records:
            getattr(self, "_" + record[0])(*record[1:])
        self.steps = [(a, out, into, b, True) for a, b, _, out, into, named in self.moves if named and a[1] and b[1]]
        for inputs, outputs, out, into, approved in self.makes:
            if not (approved and approved == case):
                self.steps += [(a, out, into, b, True) for a in inputs for b in outputs]
        self.case = case
        self.steps += [(a, out, into, b, False) for a, b, out, into in self.unlike]
        for here, there, _, out, into, named in self.moves:
            product = self.product(here[0])
            for holding, times in () if named else self.came.items():
                fits = not product or not self.every_product(holding[0]) or product in self.every_product(holding[0])
                if holding[1] == here[1] and fits and min(t for t, _ in times) - slack <= out:
                    self.steps.append((holding, out, into, there, False))

    def top(self, lot: str) -> str:
        while lot in self.name:
            lot = self.name[lot]
        return lot

    def every_product(self, lot: str) -> set[str]:
        """What any record says a lot is, under any of its names (law 2: a further record takes no holding away)."""
        return {p for other, p in self.products.items() if p and self.top(other) == lot}

    def product(self, lot: str) -> str:
        return min((p for other, p in self.products.items() if p and self.top(other) == lot), default="")

    # -- reading -----------------------------------------------------------------------------------------------------------

    def _write(self, lot: Any, site: Any, q: Any, t: Any, what: int, unit: int) -> None:
        self.held.add((lot, site))
        self.book.setdefault((lot, site), {}).setdefault(unit, []).append((t, what, q))

    def _in(self, lot: Any, site: Any, q: Any, t: Any, unit: int | None = None) -> None:
        self._write(lot, site, q, t, 0, unit_of(q) if unit is None else unit)
        self.came.setdefault((lot, site), []).append((t, q))

    def _was(self, lot: Any, site: Any, t: Any) -> None:
        """Whoever let go of goods, used or counted them had received them by then, whether or not that was recorded."""
        self.came.setdefault((lot, site), []).append((t, 0))

    def _out(self, lot: Any, site: Any, q: Any, t: Any, unit: int | None = None) -> None:
        self._write(lot, site, q, t, 1, unit_of(q) if unit is None else unit)

    def _count(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self._write(self.top(lot), site, q, late(hour, how), 2, unit_of(q))
        self._was(self.top(lot), site, early(hour, how))

    def _alias(self, *_names: Any) -> None:
        pass

    def _birth(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self._in(self.top(lot), site, q, early(hour, how))
        self.births.append(((self.top(lot), site), early(hour, how)))
        self.sure.add((self.top(lot), site))

    def _back(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self._in(self.top(lot), site, q, early(hour, how))
        self.backs.append(((self.top(lot), site), early(hour, how)))
        # A return known to the day only may have come as late as that day ends.
        self.returned.append(((self.top(lot), site), early(hour, how), late(hour, how), unit_of(q)))
        self.sold_and_back.setdefault(((self.top(lot), site), unit_of(q)), [0, 0])[1] += q

    def _sell(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self._out(self.top(lot), site, q, late(hour, how))
        self._was(self.top(lot), site, early(hour, how))
        self.sold_and_back.setdefault(((self.top(lot), site), unit_of(q)), [0, 0])[0] += q

    def _move(self, lot: Any, source: Any, target: Any, q: Any, out: Any, into: Any, how: Any) -> None:
        lot = self.top(lot)
        leaves = late(into if out is None else out, how)
        arrives = early(out if into is None else into, how)
        if source:
            # For stock a move leaves no later than it arrives; at an unknown time it arrives before and leaves after everything.
            for hour in {out, into} - {None}:
                self._was(lot, source, early(hour, how))
            said = unit_in(q) if out is None else unit_of(q)
            self._out(lot, source, q, leaves if into is None or arrives == -INF else min(leaves, arrives), said)
        if target:
            self._in(lot, target, 0 if into is None else q, arrives, unit_of(q) if into is None else unit_in(q))
        earliest = arrives if out is None or into is None else early(out, how)
        self.moves.append(((lot, source), (lot, target), earliest, leaves, arrives, True))
        if source and target:
            self.sure |= {(lot, source), (lot, target)}

    def _papers(self, sent: Any, got: Any, source: Any, target: Any, q: Any, out: Any, into: Any, how: Any) -> None:
        left, came = [self.top(lot) for lot in sent], [self.top(lot) for lot in got]
        begin = len(self.moves)
        for lot in {*left, *came}:
            for n in range(max(left.count(lot), came.count(lot))):
                sides = out if n < left.count(lot) else None, into if n < came.count(lot) else None
                self._move(lot, source, target, q, *sides, how)
        # What only the one paper names may be what only the other names.
        for a in {*left} - {*came}:
            for b in {*came} - {*left}:
                mine = [move for move in self.moves[begin:] if move[0][0] in (a, b)]
                self.either.append((mine, ((a, target), (b, target)), source, early(into, how)))
                for here, there in ((a, b), (b, a)):
                    self.unlike.append(((here, source), (there, target), late(out, how), early(into, how)))

    def _unnamed(self, id_: Any, product: Any, source: Any, target: Any, q: Any, hour: Any, how: Any, named: Any) -> None:
        if named:
            self._move(named, source, target, q, hour, hour, how)
            return
        self.products[id_] = product
        self._in(id_, target, q, early(hour, how))
        self.moves.append(((id_, source), (id_, target), early(hour, how), late(hour, how), early(hour, how), False))

    def _make(self, site: Any, inputs: Any, outputs: Any, q: Any, hour: Any, how: Any, case: Any) -> None:
        into, out = [(self.top(lot), site) for lot in inputs], [(self.top(lot), site) for lot in outputs]
        for holding in into:
            self._out(*holding, q, late(hour, how))
            self._was(*holding, early(hour, how))
        for holding in out:
            self._in(*holding, q, early(hour, how))
            self.births.append((holding, early(hour, how)))
            self.sure.add(holding)
        self.makes.append((into, out, late(hour, how), early(hour, how), case))

    # -- answering ---------------------------------------------------------------------------------------------------------

    def seeds(self, clauses: Any) -> list[tuple]:
        found = []
        for clause in clauses:
            if clause[0] == "lots":
                lots = {self.top(lot) for lot in clause[1]}
                found += [(holding, -INF, holding in self.sure) for holding in self.held if holding[0] in lots]
                continue
            _, site, first, last = clause
            for (_, source), target, earliest, leaves, arrives, _ in self.moves:
                if clause[0] == "left" and source == site and target[1]:
                    if first <= leaves <= last:
                        found.append((target, arrives, True))
                    elif earliest <= last and leaves >= first:
                        found.append((target, arrives, False))
                if clause[0] == "through" and target[1] == site and first <= arrives <= last:
                    found.append((target, arrives, True))
            if clause[0] == "through":
                found += self._lay(site, first, last)
            found += self.either_of(clause)
            found += self.wayless(clause)
        return found

    def either_of(self, clause: Any) -> list[tuple]:
        """What left or came in a window under one of two lots that papers name for it may stand there under the other."""
        kind, site, first, last = clause
        found = []
        for moves, holdings, source, arrival in self.either:
            left = kind == "left" and source == site and any(m[2] <= last and m[3] >= first for m in moves)
            came = holdings[0][1] == site and any(first <= m[4] <= last for m in moves)
            lay = holdings[0][1] == site and arrival < first and any(q > 0 for h in holdings for q, _ in self.stock(h, before=first))
            if left or (came and kind == "through"):
                found += [(holding, arrival, False) for holding in holdings]
            if lay and kind == "through":
                found += [(holding, first, False) for holding in holdings]
        return found

    def there(self, clause: Any) -> set:
        """Lots that left the site of a window, lay at it or came to it in it, or may have."""
        _, site, first, last = clause
        lots = {holding[0] for holding, _, _ in self._lay(site, first, last)}
        for (lot, source), target, earliest, leaves, arrives, _ in self.moves:
            if target[1] == site and first <= arrives <= last:
                lots.add(target[0])
            if clause[0] == "left" and source == site and earliest <= last and leaves >= first:
                lots.add(lot)
        as_through = self.either_of(("through", *clause[1:]))
        return lots | {holding[0] for holding, _, _ in (*self.either_of(clause), *as_through)}

    def wayless(self, clause: Any) -> list[tuple]:
        """What came from nowhere, or from consumers beyond what was sold to them, and may be of the window."""
        _, site, first, _ = clause
        came = [(target, arrives, leaves) for (_, source), target, _, leaves, arrives, _ in self.moves if not source and target[1]]
        for holding, t, latest, unit in self.returned:
            if self.sold_and_back[holding, unit][1] > self.sold_and_back[holding, unit][0]:
                came.append((holding, t, latest))
        found = []
        for holding, t, latest in came:
            out = [earliest for (lot, source), _, earliest, _, _, _ in self.moves if source == site and lot == holding[0]]
            for moves, holdings, source, _ in self.either:
                if source == site and holding[0] in (holdings[0][0], holdings[1][0]):
                    out += [move[2] for move in moves]
            if holding[0] in self.there(clause) and latest >= first and (holding[1] != site or any(each <= latest for each in out)):
                found.append((holding, t, False))
        return found

    def _lay(self, site: Any, first: Any, last: Any) -> list[tuple]:
        found = []
        for holding in self.held:
            if holding[1] != site:
                continue
            if any(book > 0 for book, _ in self.stock(holding, before=first)):
                found.append((holding, first, True))
            if self.unexplained(holding):
                found.append((holding, first, False))
            found += [(holding, t, True) for came, t in (*self.births, *self.backs) if came == holding and first <= t <= last]
        return found

    def unexplained(self, holding: Any) -> bool:
        return any(over > 0 for _, over in self.stock(holding))

    def stock(self, holding: Any, before: Any = None) -> list[tuple[Any, Any]]:
        """Return (what lies there, what there is too much of) in each unit, as the records say step by step."""
        found = []
        for events in self.book.get(holding, {}).values():
            book = over = 0
            for t, what, q in sorted(events):
                if before is not None and t >= before:
                    continue
                if what == 2:
                    over += max(q - book, 0)
                    book = q
                else:
                    book += q if what == 0 else -q
            found.append((max(book, 0), over + max(-book, 0)))
        return found

    def reach(self, start: dict, *, certain: bool, slack: int) -> dict:
        best = dict(start)
        while True:
            before = dict(best)
            for here, out, into, there, sure in self.steps:
                if here in best and out >= best[here] - slack and (sure or not certain):
                    best[there] = min(best.get(there, INF), max(best[here], into))
            if best == before:
                return best

    @staticmethod
    def least(seeds: Any) -> dict:
        best: dict = {}
        for holding, since, _ in seeds:
            best[holding] = min(best.get(holding, INF), since)
        return best

    def answer(self, clauses: Any) -> tuple[dict, set, set]:
        """Return (A with since, E1, E2)."""
        seeds = self.seeds(clauses)
        e1 = self.reach(self.least([seed for seed in seeds if seed[2]]), certain=True, slack=0)
        e2 = self.reach(self.least(seeds), certain=False, slack=self.slack)
        start = self.least(seeds)
        if any(clause[0] != "lots" for clause in clauses):
            lots = {holding[0] for holding, _, _ in seeds}
            for clause in clauses:
                lots |= self.there(clause) if clause[0] != "lots" else set()
            start |= {holding: -INF for holding in self.held if holding[0] in lots and self.unexplained(holding)}
        current = self.reach(start, certain=False, slack=self.slack)
        while True:
            wanted = set()
            for inputs, outputs, out, _, approved in self.makes:
                touched = any(holding in current and out >= current[holding] - self.slack for holding in inputs)
                if touched and not (approved and approved == self.case):
                    wanted |= {lot for lot, _ in outputs}
            grown = self.reach(
                {**start, **current, **{holding: -INF for holding in self.held if holding[0] in wanted}}, certain=False, slack=self.slack
            )
            if grown == current:
                return current, set(e1), set(e2)
            current = grown
