"""Laws 8-14 and 18 of RECALL section 9, against a count unit by unit.

A simulation moves single units about, each with its own fate, and writes the records a perfect bookkeeper would write, in the
notation of the worlds. What the engine says of the records must then be what a count of the units says. Where records cannot tell
which units moved, the simulation moves those RECALL section 5 says count as moved.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import find
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import Rate, completion
from foodtrace.recall.parcels import MICRO, Parcel, Pool, convert, divide, resize, unlike
from tests.recall.worlds import OWN, SETTINGS, Build, at, clauses

OPENED: Final = 10
SHOPS: Final = "XYZ"
TRADE: Final = "WXYZ"


class Unit(msgspec.Struct, eq=False):
    """One can: where it is, and what has become of it."""

    place: str = "P"
    state: str = "here"
    """here, travelling, recalled (travelling home), sold, destroyed, lost, vanished."""
    custody: str = ""
    distributed: bool = False
    home_since: bool = False
    """At the own site, back since opening."""
    left: float = 0
    gone: float = 0
    """When it was sold, destroyed or lost."""


class Trade:
    """One lot in trade, unit by unit; ``lines`` are its records."""

    def __init__(self, rng: random.Random, until: int) -> None:
        self.rng = rng
        self.until = until
        self.units: list[Unit] = [Unit() for _ in range(rng.randint(5, 60))]
        self.lines = [f"L:P {len(self.units)} @0.5"]
        self.notice = {site: rng.choice([10, 10.5, 12, 14, None]) for site in TRADE}
        self.now = 1.0
        self.arrivals: list[tuple[float, str, list[Unit]]] = []
        while self.now < until:
            self.arrive()
            self.step()
            self.now = round(self.now + rng.choice([0.125, 0.25, 0.5]), 3)
        self.now = float(until)
        self.arrive()

    def at(self, place: str) -> list[Unit]:
        return [unit for unit in self.units if unit.place == place and unit.state == "here"]

    def some(self, place: str, order: str = "") -> list[Unit]:
        """Draw a number of units at a place: free ones first, or what is in custody first."""
        rank = {"back": 0, "sealed": 1, "": 2} if order == "custody" else {"": 0, "sealed": 1, "back": 2}
        here = sorted(self.at(place), key=lambda unit: (rank[unit.custody], not unit.home_since))
        return here[: self.rng.randint(1, len(here))] if here else []

    def arrive(self) -> None:
        for due, kind, units in [each for each in self.arrivals if each[0] <= self.now]:
            self.arrivals.remove((due, kind, units))
            for unit in units:
                unit.state = "here"
                unit.custody = "back" if kind == "=" and unit.place != "P" else ""
                if unit.place == "P":
                    unit.home_since = due >= OPENED
                    unit.distributed = unit.home_since

    def step(self) -> None:
        do = self.rng.choice(
            [self.send, self.send, self.send, self.sell, self.sell, self.bring, self.seal, self.home, self.destroy, self.lose, self.count]
        )
        do()

    def send(self) -> None:
        source = self.rng.choice("PPWWXYZ")
        target = self.rng.choice([site for site in "PWXYZ" if site != source])
        self.move(source, target, "-", self.some(source))

    def home(self) -> None:
        if self.now >= OPENED:
            source = self.rng.choice(TRADE)
            target = self.rng.choice([site for site in "PW" if site != source])
            self.move(source, target, "=", self.some(source, "custody"))

    def move(self, source: str, target: str, kind: str, units: list[Unit]) -> None:
        if not units:
            return
        due = round(self.now + self.rng.choice([0, 0.0625, 1, 3]), 4)
        lost = self.rng.random() < 0.1
        for unit in units:
            unit.place, unit.state, unit.left = target, "recalled" if kind == "=" else "travelling", self.now
            unit.custody = ""
            if source == "P":
                unit.distributed, unit.home_since = True, False
        if not lost:
            self.arrivals.append((due, kind, units))
        self.lines.append(f"{source}{kind}>{target} L{len(units)} @{self.now}/{due}{' sent' if lost else ''}")
        self.arrive()

    def sell(self) -> None:
        site = self.rng.choice("XYZXYZW")
        self.end(site, "sells", "sold", self.some(site))
        fresh = [unit for unit in self.at("P") if not unit.home_since][: self.rng.randint(0, 2)]
        if self.rng.random() < 0.2:
            self.end("P", "sells", "sold", fresh)

    def end(self, site: str, verb: str, state: str, units: list[Unit]) -> None:
        for unit in units:
            unit.state, unit.gone, unit.custody = state, self.now, ""
            unit.distributed = unit.distributed or (state == "sold" and site == "P")
        if units:
            self.lines.append(f"{site} {verb} L{len(units)} @{self.now}")

    def bring(self) -> None:
        """A consumer brings back what was sold at this site, a before-notice sale first."""
        site = self.rng.choice(SHOPS)
        sold = [unit for unit in self.units if unit.place == site and unit.state == "sold"]
        sold.sort(key=lambda unit: not self.early(unit))
        units = sold[: self.rng.randint(0, len(sold))]
        for unit in units:
            unit.state, unit.custody = "here", "back"
        if units:
            self.lines.append(f"{site} takes L{len(units)} @{self.now}")

    def seal(self) -> None:
        site = self.rng.choice(TRADE)
        free = [unit for unit in self.at(site) if not unit.custody]
        units = free[: self.rng.randint(0, len(free))]
        for unit in units:
            unit.custody = "sealed"
        if units:
            self.lines.append(f"{site} seals L{len(units)} @{self.now}")

    def destroy(self) -> None:
        site = self.rng.choice("PWXYZ")
        if site != "P":
            self.end(site, "destroys", "destroyed", self.some(site, "custody"))

    def lose(self) -> None:
        site = self.rng.choice(TRADE)
        self.end(site, self.rng.choice(["loses", "uses"]), "lost", self.some(site)[:3])

    def count(self) -> None:
        """Some vanish unseen, and a count finds it out."""
        site = self.rng.choice(TRADE)
        if self.now + 0.03125 > self.until:
            return
        for unit in self.some(site)[: self.rng.randint(0, 2)]:
            unit.state, unit.custody = "vanished", ""
        self.now = round(self.now + 0.03125, 5)
        self.arrive()
        if any(unit.place == site for unit in self.units):
            self.lines.append(f"{site} counts L{len(self.at(site))} @{self.now}")

    def early(self, unit: Unit) -> bool:
        notice = OPENED if unit.place == "P" else self.notice[unit.place]
        return notice is None or unit.gone < notice

    # The count, unit by unit.
    def figures(self) -> tuple[int, int, int, int]:
        out = [unit for unit in self.units if unit.distributed]
        spent = [
            unit
            for unit in out
            if (unit.state in ("sold", "lost") and self.early(unit)) or (unit.state == "destroyed" and unit.gone < OPENED)
        ]
        certain = [
            unit
            for unit in out
            if (unit.state == "here" and (unit.home_since or unit.custody == "back")) or (unit.state == "destroyed" and unit.gone >= OPENED)
        ]
        weak = [
            unit
            for unit in out
            if (unit.state == "here" and unit.custody == "sealed") or (unit.state == "recalled" and self.until - unit.left <= 7)
        ]
        return len(out), len(out) - len(spent), len(certain) + len(weak), len(certain)

    def case(self, build: Build) -> Case:
        steps = tuple(
            Step(kind="notice", site=build.site(site), at=at(when), recorded=at(when))
            for site, when in self.notice.items()
            if when is not None
        )
        version = ScopeVersion(version=1, clauses=clauses("L"), at=at(OPENED))
        return Case(case="C", versions=(version,), level=1, reason="-", opened=at(OPENED), known=at(OPENED), operator=OWN, steps=steps)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9), until=st.integers(2, 24))
def test_figures_equal_a_count_unit_by_unit(seed: int, until: int) -> None:
    """Laws 11, 12 and 14."""
    world = Trade(random.Random(seed), until)
    records = "\n".join(world.lines)
    build = Build(records, units={"L": "piece"})
    facts = build.facts(until)
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    for (_, number, _), sums in found.sums.items():
        site = next(name for name, each in build.sites.items() if each == number)
        assert sums.inflow == sums.outflow, records
        assert min(getattr(sums, name) for name in sums.__struct_fields__) >= 0, records
        here = world.at(site)
        assert sums.on_hand == len(here), (site, records)
        if site != "P":
            assert (sums.back, sums.sealed) == tuple(sum(unit.custody == kind for unit in here) for kind in ("back", "sealed")), (
                site,
                records,
            )
    rows = completion(facts, found, world.case(build), settings=SETTINGS).rows
    got = (rows[0].distributed, rows[0].should, rows[0].retrieved, rows[0].retrieved_strict) if rows else (0, 0, 0, 0)
    assert got == world.figures(), records
    if rows:
        assert 0 <= rows[0].retrieved <= rows[0].should <= rows[0].distributed
        assert rows[0].rates["R3"].numerator <= rows[0].distributed


class Mixer:
    """Units of several lots, blended, split, shrunk, scaled, sent about and sold; each unit knows whether it is of the scope."""

    def __init__(self, rng: random.Random, scope: str) -> None:
        self.rng = rng
        self.scope = scope
        self.held: dict[tuple[str, str], list[bool]] = {}
        self.sold: dict[tuple[str, str], list[bool]] = {}
        self.units: dict[str, str] = {}
        self.losses: list[tuple[int, str, str, int, float]] = []
        """(line, lot, site, q, time) of what a change of unit threw away: nobody could see that from the quantities."""
        self.lines: list[str] = []
        self.now = 1.0
        for lot in "LK":
            for site in rng.sample("PQS", rng.randint(1, 2)) if lot == "K" else ["P"]:
                q = rng.randint(1, 30)
                self.held[lot, site] = [scope == "L" and lot == "L"] * q
                self.lines.append(f"{lot}:{site} {q} @0.5")
        for _ in range(rng.randint(3, 25)):
            self.now = round(self.now + 0.25, 2)
            self.window()
            rng.choice([self.send, self.send, self.sell, self.blend, self.blend, self.count, self.bring])()
        if self.now < 3:
            self.now = 3
            self.window()

    def window(self) -> None:
        """The window of a partial scope, days 3 to 5 at S: what lies there when it opens is of the scope."""
        if self.scope.startswith("through") and self.now == 3:
            for (lot, site), units in self.held.items():
                self.held[lot, site] = [True] * len(units) if site == "S" else units

    def draw(self, units: list[bool], q: int) -> list[bool]:
        self.rng.shuffle(units)
        taken = units[:q]
        del units[:q]
        return taken

    def pick(self) -> tuple[tuple[str, str], list[bool]] | None:
        full = sorted(key for key, units in self.held.items() if units)
        key = self.rng.choice(full) if full else None
        return None if key is None else (key, self.draw(self.held[key], self.rng.randint(1, len(self.held[key]))))

    def put(self, lot: str, site: str, units: list[bool]) -> None:
        inside = self.scope.startswith("through") and site == "S" and 3 <= self.now <= 5
        self.held.setdefault((lot, site), []).extend([True] * len(units) if inside else units)

    def send(self) -> None:
        picked = self.pick()
        if picked is None:
            return
        (lot, source), units = picked
        target = self.rng.choice([site for site in "PQSXY" if site != source])
        if self.scope.startswith("left") and source == "S" and 3 <= self.now <= 5:
            units = [True] * len(units)
        got = len(units) - (1 if self.rng.random() < 0.15 else 0)
        self.lines.append(f"{source}->{target} {lot}{len(units)} @{self.now} received {got}")
        self.put(lot, target, self.draw(units, got))

    def sell(self) -> None:
        picked = self.pick()
        if picked:
            (lot, site), units = picked
            self.lines.append(f"{site} {'sells'} {lot}{len(units)} @{self.now}")
            self.sold.setdefault((lot, site), []).extend(units)

    def bring(self) -> None:
        sold = sorted(key for key, units in self.sold.items() if units and not (self.scope != "L" and key[1] == "S"))
        if sold:
            lot, site = self.rng.choice(sold)
            units = self.draw(self.sold[lot, site], self.rng.randint(1, len(self.sold[lot, site])))
            self.lines.append(f"{site} takes {lot}{len(units)} @{self.now}")
            self.put(lot, site, units)

    def count(self) -> None:
        full = sorted(key for key, units in self.held.items() if units)
        if full:
            lot, site = self.rng.choice(full)
            self.draw(self.held[lot, site], self.rng.randint(0, 2))
            self.lines.append(f"{site} counts {lot}{len(self.held[lot, site])} @{self.now}")

    def blend(self) -> None:
        sites = sorted({site for (_, site), units in self.held.items() if units})
        if not sites:
            return
        site = self.rng.choice(sites)
        lots = sorted(lot for (lot, where), units in self.held.items() if where == site and units)
        used = self.rng.sample(lots, self.rng.randint(1, min(2, len(lots))))
        kinds = {self.units.get(lot, "g") for lot in used}
        if len(kinds) > 1:
            return
        parts = [(lot, self.draw(self.held[lot, site], self.rng.randint(1, len(self.held[lot, site])))) for lot in used]
        mixed = [unit for _, units in parts for unit in units]
        loss = self.rng.randint(0, len(mixed) - 1)
        mixed = self.draw(mixed, len(mixed) - loss)
        out = "ml" if kinds == {"g"} and self.rng.random() < 0.2 else kinds.pop()
        lots = [
            lot for lot in "LKMNOABEFG" if self.units.get(lot, out) == out and (out == "g" or lot in self.units or lot not in self.seen())
        ]
        names = self.rng.sample([lot for lot in lots if lot not in "LK"], self.rng.randint(1, 2)) if len(lots) > 3 else []
        if not names:
            for lot, units in parts:
                self.put(lot, site, units[:0])
            self.lines.append(f"{site}: {' + '.join(f'{lot}{len(units)}' for lot, units in parts)} = {'K'}{0} @{self.now}")
            return
        if out == "ml" and "g" in kinds | {self.units.get(lot, "g") for lot, _ in parts}:
            mixed = [unit for unit in mixed for _ in range(3)]
            self.losses.append((len(self.lines) + 1, parts[0][0], site, loss, self.now))
        cut = len(mixed) if len(names) == 1 else self.rng.randint(0, len(mixed))
        made = [(names[0], mixed[:cut]), *([(names[1], mixed[cut:])] if len(names) > 1 else [])]
        self.rng.shuffle(mixed)
        for lot, units in made:
            self.units[lot] = out
            self.put(lot, site, units)
        left = " + ".join(f"{lot}{len(units)}" for lot, units in parts)
        self.lines.append(f"{site}: {left} = {' + '.join(f'{lot}{len(units)}' for lot, units in made)} @{self.now}")

    def seen(self) -> set[str]:
        return {lot for lot, _ in self.held}


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 10**9), scope=st.sampled_from(["L", "left S 3 5", "through S 3 5"]))
def test_any_true_allocation_lies_within_the_bounds(seed: int, scope: str) -> None:
    """Laws 8 and 9."""
    world = Mixer(random.Random(seed), scope)
    records = "\n".join(world.lines)
    build = Build(records, units=world.units)
    for build.seq, source, place, q, when in world.losses:
        build.add(FlowKind.DISCARDED, source, place, q, at(when), item=2000)
    facts = build.facts(20)
    found = find(facts, clauses(scope), settings=SETTINGS, own_operator=OWN)
    lots = {number: name for name, number in build.lots.items()}
    sites = {number: name for name, number in build.sites.items()}
    got = measure(facts, found, clauses(scope))
    for (lot, site, unit), each in got.items():
        true = world.held.get((lots[lot], sites[site]), [])
        assert 0 <= each.least <= each.proportional <= each.most <= each.quantity, records
        assert each.quantity == found.sums[lot, site, unit].on_hand == len(true), (lots[lot], sites[site], records)
        assert each.least <= sum(true) <= each.most, (lots[lot], sites[site], each, records)
    answered = {(lots[lot], sites[site]) for lot, site, _ in got}
    assert not {key for key, units in world.held.items() if any(units)} - answered, records


parcels = st.builds(
    lambda q, a, b, c: Parcel(q, *_ordered(q, a, b, c)),
    st.integers(0, 2**53 - 1),
    st.integers(0, 2**53),
    st.integers(0, 2**53 * MICRO),
    st.integers(0, 2**53),
)


def _ordered(q: int, a: int, b: int, c: int) -> tuple[int, int, int]:
    low, high = sorted((a % (q + 1), c % (q + 1)))
    return low, low * MICRO + b % ((high - low) * MICRO + 1), high


def holds(parcel: Parcel) -> bool:
    return 0 <= parcel.least * MICRO <= parcel.micro <= parcel.most * MICRO <= parcel.q * MICRO


@given(parcels, st.integers(0, 2**53))
def test_taking_splits_the_share_without_remainder(parcel: Parcel, q: int) -> None:
    """Laws 8 and 10."""
    goes, stays = divide(parcel, q % (parcel.q + 1))
    assert holds(goes)
    assert holds(stays)
    assert (goes.q + stays.q, goes.micro + stays.micro) == (parcel.q, parcel.micro)
    assert goes.least + stays.least <= parcel.least
    assert goes.most + stays.most >= parcel.most


@given(parcels, st.integers(0, 2**53), st.integers(0, 2**53))
def test_every_rule_keeps_the_order_of_the_four(parcel: Parcel, y: int, loss: int) -> None:
    assert holds(resize(parcel, y))
    assert holds(convert(parcel, y, loss))
    assert holds(unlike([parcel, Parcel(5, 0, 0, 0)], y))


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "count"]), parcels), max_size=12))
def test_a_pool_keeps_the_order_whatever_happens_to_it(acts: list[tuple[str, Parcel]]) -> None:
    pool = Pool()
    book = 0
    for act, parcel in acts:
        if act == "put":
            pool.put(parcel)
            book += parcel.q
        elif act == "take":
            assert holds(pool.take(parcel.q))
            book -= parcel.q
        else:
            pool.count(parcel.q)
            book = parcel.q
        assert holds(pool.stock)
        assert (pool.stock.q, pool.debt) == (max(book, 0), max(-book, 0))


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_hundred_is_printed_only_for_all_of_something(numerator: int, denominator: int) -> None:
    """Law 18."""
    shown = Rate(numerator=numerator, denominator=denominator, unit="g").percent
    assert (shown == "100.0") == (numerator == denominator > 0)
    assert (shown == "0.0") == (numerator == 0 < denominator)
    assert (shown == "") == (denominator == 0)
