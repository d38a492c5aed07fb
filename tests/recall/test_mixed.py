"""Where nearly all goods go without lot, what lay at a sender is added up once, and looked up once, for everything that it sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.events import Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.answer import recall
from foodtrace.recall.mixed import Mixed
from foodtrace.recall.parcels import Pool, clean, full, join
from tests.recall.casework import World, kg

LOTS, SITE = range(4), 9
CHANGE = st.tuples(st.sampled_from(LOTS), st.integers(0, 1), st.integers(0, 40), st.booleans())


@given(
    first=st.dictionaries(st.sampled_from(LOTS), st.integers(0, 20)),
    affected=st.sets(st.sampled_from(LOTS)),
    acts=st.lists(st.tuples(st.integers(0, 3), st.lists(CHANGE, max_size=3))),
    slack=st.integers(0, 4),
)
def test_what_is_added_up_on_the_way_is_the_sum_of_what_lies_there(
    first: dict[int, int], affected: set[int], acts: list[tuple[int, list[Any]]], slack: int
) -> None:
    sources = [(lot, SITE, 0) for lot in LOTS]
    since = {(lot, SITE): t for lot, t in first.items()}
    mixed = Mixed(sources, since, {(lot, SITE) for lot in affected})
    pools: dict[tuple[int, int, int], Pool] = {}
    t = 0
    for later, changes in acts:
        t += later
        for lot, unit, q, of_scope in changes:
            key = (lot, SITE, unit)
            mixed.change(key)
            pool = pools.setdefault(key, Pool())
            if q % 3:
                pool.put(full(q) if of_scope else clean(q))
            else:
                pool.take(q)
        there = [lot for lot in LOTS if first.get(lot, t + 1) <= t]
        assert mixed.drawn(t, pools) == join([pools[lot, SITE, 0].stock for lot in there if (lot, SITE, 0) in pools])
        other = any((lot, SITE, unit) in pools and pools[lot, SITE, unit].stock.most > 0 for lot in there for unit in (1, 2))
        soon = any(t < first[lot] <= t + slack for lot in affected & first.keys())
        assert mixed.any_most(t, slack) == (other or soon)


def test_a_stall_is_looked_at_once_whatever_it_sold(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Z had nothing but L on record and sells loads of tea: forty ask no more of the records than four do."""
    asked: list[int] = []
    real = SqlFacts.lots

    def counted(facts: SqlFacts, lots: Collection[int]) -> Any:
        asked.append(len(lots))
        return real(facts, lots)

    empty.sites(P="farm", Z="retail_stall", X="shop", Y="shop").born("L", "P", 100).move("OP-P/L", "P", "Z", 100).at(1)
    loads = [Transfer(id=f"t{n}", at=empty.now, site="Z", to="XY"[n % 2], product=f"茶{n % 4}", quantity=kg(1)) for n in range(40)]
    counts: list[int] = []
    told: list[tuple[str, str, int]] = []
    for some in (loads[:4], loads[4:]):
        empty.put(*some)
        with monkeypatch.context() as patch, empty.read() as session:
            patch.setattr(SqlFacts, "lots", counted)
            asked.clear()
            answer = recall(session, "OP-P/L", now=micros(empty.now))
        counts.append(len(asked))
        told = [(each.site, each.reason, each.value) for each in answer.untraced if each.kind == "lot_missing"]
    assert counts[0] == counts[1] > 0
    assert told == [("X", "not_held", 20_000), ("Y", "not_held", 20_000)]
