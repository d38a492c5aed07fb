"""Laws 8, 9, 11, 12 and 14 of RECALL section 9, against a count unit by unit.

A simulation moves single units about, each with its own fate, and writes the records a perfect bookkeeper would write, in the
notation of the worlds. What the engine says of the records must then be what a count of the units says.
"""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import find
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import completion, sums_with_said
from foodtrace.recall.reach import reach_of_case
from tests.recall.mixing import CONTENT, Mixer
from tests.recall.notation import OWN, SETTINGS, UNITS, Build, at, clauses
from tests.recall.unitwise import Trade


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9), until=st.integers(2, 24))
def test_figures_equal_a_count_unit_by_unit(seed: int, until: int) -> None:
    """Laws 11, 12 and 14."""
    world = Trade(random.Random(seed), until)
    records = "\n".join(world.lines)
    build = Build(records, units={"L": "piece"})
    facts = build.facts(until)
    case = world.case(build)
    found = reach_of_case(facts, case, SETTINGS)
    for (_, number, _), sums in sums_with_said(facts, found, case, settings=SETTINGS).items():
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
    rows = completion(facts, found, case, settings=SETTINGS).rows
    got = (rows[0].distributed, rows[0].should, rows[0].retrieved, rows[0].retrieved_strict) if rows else (0, 0, 0, 0)
    assert got == world.figures(), records
    if rows:
        assert 0 <= rows[0].retrieved <= rows[0].should <= rows[0].distributed
        assert rows[0].rates["R3"].numerator <= rows[0].distributed


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 10**9), scope=st.sampled_from(["L", "left S 3 5", "through S 3 5"]), declared=st.booleans())
def test_any_true_allocation_lies_within_the_bounds(seed: int, scope: str, declared: bool) -> None:
    """Laws 8 and 9; also where pieces are blended with grams, whether or not anything says what a piece holds."""
    world = Mixer(random.Random(seed), scope)
    records = "\n".join(world.lines)
    build = Build(records, units=world.units)
    for build.seq, source, place, q, when in world.losses:
        build.add(FlowKind.DISCARDED, source, place, q, at(when), item=2000)
    facts = build.facts(20)
    if declared and "H" in build.lots:
        number = build.lots["H"]
        facts._lots[number] = msgspec.structs.replace(facts._lots[number], content=CONTENT, content_unit=UNITS["g"])
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
