"""Bounds of RECALL section 4: the fifteen worlds, each rule by itself, and order within one instant."""

from __future__ import annotations

import pytest

from foodtrace.recall.affected import find
from foodtrace.recall.measure import measure
from tests.recall.worlds import OWN, SETTINGS, WORLDS, Build, World, clauses


def measured(
    records: str, scope: str = "L", *, now: float = 20, units: dict[str, str] | None = None
) -> dict[str, tuple[int, int, int, int]]:
    facts = Build(records, units=units).facts(now)
    found = find(facts, clauses(scope), settings=SETTINGS, own_operator=OWN)
    texts = facts.texts({n for key in found.holdings for n in key})
    return {
        texts[lot].rpartition("/")[2] + texts[site]: (each.quantity, each.least, each.proportional, each.most)
        for (lot, site, _), each in measure(facts, found, clauses(scope)).items()
    }


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_fifteen_worlds(world: World) -> None:
    got = measured(world.records, world.scope, units=world.units)
    expected = {name: (q, *(three or (q, q, q))) for name, (_, q, three) in world.expected.items()}
    # A holding that nothing ever arrived at (a lost truck) has no pool and nothing in it.
    assert {**dict.fromkeys(expected, (0, 0, 0, 0)), **got} == expected
