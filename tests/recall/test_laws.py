"""The laws of RECALL section 9: which test says each, and the tests of those that no other module has.

1. Permuting logs or repeating entries: ``test_replay_order`` (whole answers, whole ledgers), ``test_affected_shapes.test_law_1_..``.
2. A new record removes nothing: ``test_affected_shapes.test_law_2_..``.
3. A clause removes nothing: ``test_affected_shapes.test_law_3_..``.
4. E1 within E2 within A: ``test_affected_shapes.test_equals_the_reference``.
5. A lot scope is the lot closure: ``test_affected_shapes.test_law_5_..``; on record ``test_shapes_on_record``.
6. A larger window reaches more: ``test_affected_shapes.test_law_6_..``.
7. Reach equals the enumeration of time-respecting walks: here.
8. least <= proportional <= most <= quantity: ``test_quantity_laws.test_any_true_allocation_..``,
   ``test_parcel_laws.test_every_rule_keeps_the_order_..``.
9. Any true allocation lies within the bounds: ``test_quantity_laws.test_any_true_allocation_..``; by every allocation there is: here.
10. Taking splits without remainder: ``test_parcel_laws.test_taking_splits_..``.
11. The identity holds at every T: ``test_quantity_laws.test_figures_equal_..``, ``test_worlds.test_the_identity_holds``; whatever the
    records: here.
12. 0 <= retrieved <= B <= D: ``test_quantity_laws.test_figures_equal_..``; whatever the records: here.
13. An internal hop of a recall return changes no default R1-R3: here, and by example in ``test_completion``.
14. Figures equal a count unit by unit: ``test_quantity_laws.test_figures_equal_..``.
15. An alias changes nothing but names: ``test_affected_shapes.test_law_15_..``.
16. Recording later changes nothing: ``test_affected_shapes.test_law_16_..``; figures: here.
17. A fact is never lost by a block, an ask for a confirmed lot never allowed: here, and way by way in ``test_asks``.
18. 100.0 only for all of something: ``test_parcel_laws.test_a_hundred_..``.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import LotsClause, Sale, StockCount, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.walk import Holding, Step, reach
from foodtrace.operations.blocking import refused
from foodtrace.operations.common import Doing
from foodtrace.recall.affected import find
from foodtrace.recall.blocking import BLOCKED
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import completion
from tests.recall.casework import World, kg
from tests.recall.drawn import worlds
from tests.recall.notation import OWN, SETTINGS, Build, clauses
from tests.recall.story import Story

HOLDING = st.tuples(st.integers(1, 2), st.integers(1, 3))
MOMENT = st.integers(0, 6)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(HOLDING, MOMENT, MOMENT, HOLDING), max_size=7),
    st.lists(st.tuples(HOLDING, MOMENT), max_size=2),
    st.integers(0, 1),
)
def test_reach_is_the_earliest_end_of_every_walk_there_is(
    given_steps: list[tuple[Holding, int, int, Holding]], seeds: list[tuple[Holding, int]], slack: int
) -> None:
    """Law 7: walks are written out one by one, each step at most once; what comes first at each holding is since when it is reached."""
    steps: dict[Holding, list[Step]] = defaultdict(list)
    for here, out, into, there in given_steps:
        steps[here].append((out, into, there))
    first: dict[Holding, int] = {}

    def walk(here: Holding, since: int, left: frozenset[int]) -> None:
        first[here] = min(first.get(here, since), since)
        for n in left:
            source, out, into, there = given_steps[n]
            if source == here and out >= since - slack:
                walk(there, max(since, into), left - {n})

    for holding, since in seeds:
        walk(holding, since, frozenset(range(len(given_steps))))
    assert reach(seeds, steps, slack=slack) == first


class Few:
    """A few units of two lots at a plant and two shops; every act is done in every way in which it can have been done."""

    def __init__(self, rng: random.Random) -> None:
        self.lines = ["L:P 2 @1", "K:P 2 @1"]
        # A state says which units are of the scope, holding by holding: {(lot, site): (of the scope, of others)}.
        self.states = {frozenset({(("L", "P"), (2, 0)), (("K", "P"), (0, 2))})}
        self.day = 2
        self.blend("P", [("L", rng.randint(1, 2)), ("K", rng.randint(1, 2))], "M", rng.randint(0, 1))
        for _ in range(rng.randint(1, 4)):
            lot = rng.choice("MMMLK")
            source, to = rng.sample("PXY", 2)
            held = self.held(lot, source)
            if held:
                self.send(lot, source, to, rng.randint(1, held))
        if rng.random() < 0.5 and (held := self.held("M", "X")):
            left = rng.randint(0, held)
            self.day += 1
            self.lines.append(f"X counts M{left} @{self.day}")
            self.take(("M", "X"), held - left, None)

    def held(self, lot: str, site: str) -> int:
        return sum(dict(next(iter(self.states))).get((lot, site), (0, 0)))

    def take(self, source: tuple[str, str], q: int, to: tuple[str, str] | None) -> None:
        """Take q units away in every way there is, and put them somewhere."""
        made = set()
        for state in self.states:
            now = dict(state)
            mine, others = now.get(source, (0, 0))
            for of_scope in range(max(0, q - others), min(q, mine) + 1):
                after = {**now, source: (mine - of_scope, others - q + of_scope)}
                if to is not None:
                    there = after.get(to, (0, 0))
                    after[to] = (there[0] + of_scope, there[1] + q - of_scope)
                made.add(frozenset(after.items()))
        self.states = made

    def send(self, lot: str, source: str, to: str, q: int) -> None:
        self.day += 1
        self.lines.append(f"{source}->{to} {lot}{q} @{self.day}")
        self.take((lot, source), q, (lot, to))

    def blend(self, site: str, inputs: list[tuple[str, int]], out: str, loss: int) -> None:
        self.day += 1
        total = sum(q for _, q in inputs)
        loss = min(loss, total - 1)
        self.lines.append(f"{site}: {' + '.join(f'{lot}{q}' for lot, q in inputs)} = {out}{total - loss} @{self.day}")
        for lot, q in inputs:
            self.take((lot, site), q, (out, site))
        self.take((out, site), loss, None)


@settings(max_examples=150)
@given(st.integers(0, 10**9))
def test_every_allocation_that_fits_the_records_lies_within_the_bounds(seed: int) -> None:
    """Laws 8 and 9 by enumeration; where no split meets again the bounds are also the tightest."""
    world = Few(random.Random(seed))
    records = "\n".join(world.lines)
    facts = Build(records).facts(40)
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    texts = facts.texts({number for holding in found.holdings for number in holding})
    for (lot, site, _), each in measure(facts, found, clauses("L")).items():
        key = (texts[lot].rpartition("/")[2], texts[site])
        true = [dict(state).get(key, (0, 0)) for state in world.states]
        assert {sum(units) for units in true} == {each.quantity}, records
        assert 0 <= each.least <= each.proportional <= each.most <= each.quantity, records
        assert each.least <= min(units[0] for units in true), (key, records)
        assert each.most >= max(units[0] for units in true), (key, records)


@settings(max_examples=200)
@given(worlds(), st.integers(1, 14), st.sampled_from(["L", "L K", "left P 2 6", "through W 2 6"]))
def test_the_identity_and_the_order_of_the_figures_hold_whatever_the_records(records: str, day: int, scope: str) -> None:
    """Laws 11 and 12."""
    story = Story(records, now=day, scope=scope)
    found = find(story.facts(), clauses(scope), settings=SETTINGS, own_operator=OWN)
    for sums in found.sums.values():
        assert sums.inflow == sums.outflow, records
        assert min(getattr(sums, name) for name in sums.__struct_fields__) >= 0, records
    for row in story.done().rows:
        assert 0 <= row.retrieved_strict <= row.retrieved <= row.should <= row.distributed, records


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 10), st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_a_hop_of_a_recall_return_changes_no_figure(q: int, seals: int, sold: int, first: int, second: int, partly: bool) -> None:
    """Law 13: the goods go home by way of W, in time, at once or in two lots, sealed before or not."""
    start = f"L:P 100\nP->W L90 @2\nW->X L{40 + sold} @3\n" + (f"X sells L{sold} @4\n" if sold else "")
    start += f"X seals L{min(seals, 40)} @11\n" if seals else ""
    leaves, hop, home = 12, 12 + first / 2, 12 + (first + second) / 2
    straight = Story(start + f"X=>P L{q} @{leaves}/{home}")
    parts = [q // 2, q - q // 2] if partly and q > 1 else [q]
    by_way_of_w = "".join(f"X=>W L{part} @{leaves}/{hop}\nW=>P L{part} @{hop}/{home}\n" for part in parts)
    stories = (straight, Story(start + by_way_of_w))
    for day in itertools.chain((11, 11.5), (leaves + n / 2 for n in range(10)), (18,)):
        for story in stories:
            story.now = day
        one, two = (story.row() for story in stories)
        assert {name: (rate.numerator, rate.denominator) for name, rate in one.rates.items()} == {
            name: (rate.numerator, rate.denominator) for name, rate in two.rates.items()
        }, (day, start, by_way_of_w)


@settings(max_examples=60)
@given(worlds(), st.integers(0, 10**9))
def test_recording_later_changes_no_figure(records: str, seed: int) -> None:
    """Law 16, of figures."""
    rng = random.Random(seed)
    story, late = Story(records), Story(records)
    moments = {flow.seq: rng.randint(0, 10**12) for flow in late.build.flows}
    late.build.flows = [msgspec.structs.replace(flow, recorded=flow.recorded + moments[flow.seq]) for flow in late.build.flows]
    one, two = (
        completion(each.facts(), find(each.facts(), clauses("L"), settings=SETTINGS, own_operator=OWN), each.case(), settings=SETTINGS)
        for each in (story, late)
    )
    assert one == two


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**9))
def test_facts_are_booked_in_spite_of_a_block_and_no_ask_for_a_confirmed_lot_is_allowed(seed: int) -> None:
    """Law 17."""
    rng = random.Random(seed)
    kinds = ["sell", "move", "count"]
    facts: list[Any] = [(rng.choice(kinds), *rng.sample("WXYZ", 2), rng.randint(1, 20), rng.randint(2, 6)) for _ in range(6)]
    booked = []
    for blocked in (False, True):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            world = World(f"sqlite:///{name}/x.db", Path(name) / "keys")
            world.sites().born("L", "P", 100)
            world.at(1).move("OP-P/L", "P", "W", 100)
            if blocked:
                world.at(1.5).open("OP-P/L")
            for n, (kind, here, there, q, day) in enumerate(sorted(facts, key=lambda each: each[-1])):
                world.at(day)
                base: dict[str, Any] = {"id": f"f{n}", "at": world.now, "site": here, "lot": "OP-P/L", "quantity": kg(q)}
                if kind == "move":
                    world.put(Transfer(**base, to=there))
                else:
                    world.put((Sale if kind == "sell" else StockCount)(**base))
            with world.at(7).read() as session:
                found = find(SqlFacts(session, micros(world.now)), (LotsClause(lots=("OP-P/L",)),), settings=SETTINGS)
                booked.append(dict(found.sums))
                for (lot, site), link in found.holdings.items():
                    place = found.sites[site].text
                    for asked in BLOCKED:
                        outcome = refused(session, Doing(now=world.now, by="7"), asked, [("OP-P/L", None)], place)  # type: ignore[arg-type]
                        assert (outcome is not None and outcome.refused is not None) == blocked, (asked, place, link, lot)
            world.ledger.close()
    assert booked[0] == booked[1]
