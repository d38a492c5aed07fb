"""RECALL.md's fifteen worlds: affected holdings, links, outlets, stock; figures as far as they need no bounds."""

from __future__ import annotations

import pytest

from foodtrace.recall.affected import find
from foodtrace.recall.facts import Facts
from foodtrace.recall.findings import findings_of
from foodtrace.recall.metrics import completion
from tests.recall.notation import OWN, SETTINGS, lot_id
from tests.recall.worlds import WORLDS, World


def _name(facts: Facts, lot: int, site: int) -> str:
    texts = facts.texts([lot, site])
    return texts[lot].rpartition("/")[2] + texts[site]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_affected_links_and_stock(world: World) -> None:
    facts = world.facts()
    found = find(facts, world.clauses(), settings=SETTINGS, own_operator=OWN)
    got = {}
    for (lot, site), link in found.holdings.items():
        q = sum(each.on_hand for key, each in found.sums.items() if key[:2] == (lot, site))
        got[_name(facts, lot, site)] = (link.link, q)
    assert got == {name: (link, q) for name, (link, q, _) in world.expected.items()}
    assert sorted(facts.texts(found.outlets)[site] for site in found.outlets) == sorted(world.outlets.split())


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_findings(world: World) -> None:
    facts = world.facts()
    found = find(facts, world.clauses(), settings=SETTINGS, own_operator=OWN)
    names = set()
    for each in findings_of(facts, found, settings=SETTINGS):
        if each.lot and each.site:
            where = _name(facts, each.lot, each.site)
        else:
            where = facts.texts([each.lot or each.site])[each.lot or each.site].rpartition("/")[2]
        names.add(f"{each.kind} {where}")
    assert names == set(world.findings)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_figures(world: World) -> None:
    facts = world.facts()
    found = find(facts, world.clauses(), settings=SETTINGS, own_operator=OWN)
    case = world.case(facts, {facts.texts([site])[site] for _, site in found.holdings})
    done = completion(facts, found, case, settings=SETTINGS)
    row = done.rows[0]
    assert (row.distributed, row.should, row.sold_before) == world.figures
    assert row.rates["R1"].numerator == 0


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_identity_holds(world: World) -> None:
    for day in range(1, 21):
        facts = world.facts(day)
        found = find(facts, world.clauses(), settings=SETTINGS, own_operator=OWN)
        for each in found.sums.values():
            assert each.inflow == each.outflow
            assert min(getattr(each, name) for name in each.__struct_fields__) >= 0


def test_lot_ids_of_the_notation() -> None:
    assert lot_id("L") == "FT-OWN/L"
