"""The affected set equals the reference on random worlds of every shape and every kind of scope; and the laws of RECALL section 9."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.edges import moment
from foodtrace.graph.flows import (
    ALWAYS,
    NEVER,
    Flow,
    FlowKind,
)
from foodtrace.recall.affected import Affected, find
from foodtrace.recall.settings import HOUR, Settings
from tests.recall.notation import BASE
from tests.recall.reference import INF, Reference
from tests.recall.shapes import (
    HOURS,
    LOT,
    PRODUCT_MAPS,
    SITE,
    Flows,
    _micros,
    records,
    scopes,
)


def _clauses(scope: list[tuple]) -> list[Clause]:
    made: list[Clause] = []
    for clause in scope:
        if clause[0] == "lots":
            made.append(LotsClause(lots=tuple(f"FT-A/{lot}" for lot in clause[1])))
        else:
            kind = LeftClause if clause[0] == "left" else ThroughClause
            made.append(kind(site=clause[1], start=moment(_micros(clause[2])), end=moment(_micros(clause[3]))))
    return made


def _find(
    world: Flows, scope: list[tuple], *, slack: int = 0, case: str = "", path: bool = False, flows: list[Flow] | None = None
) -> Affected:
    rules = Settings(clock_slack=slack * HOUR, lot_presumption="path" if path else "lot")
    return find(world.facts(flows), _clauses(scope), settings=rules, case=case)


def _named(found: Affected, world: Flows) -> dict[tuple[str, str], tuple[float, str]]:
    lots, sites = {n: text for text, n in world.lots.items()}, {n: text for text, n in world.sites.items()}
    made: dict[tuple[str, str], tuple[float, str]] = {}
    for (lot, site), link in found.holdings.items():
        since = -INF if link.since == ALWAYS else INF if link.since == NEVER else (link.since - BASE) / HOUR
        made[lots[lot], sites[site]] = (since, link.link)
    return made


def test_another_name_with_another_product_is_one_of_the_goods_that_left_without_lot() -> None:
    some: list[tuple] = [
        ("birth", "L", "P", 1, 0, "instant"),
        ("alias", "L", "M"),
        ("unnamed", "?6-0", "b", "P", "S", 1, 0, "instant", None),
    ]
    products, scope = {"L": "a", "K": "", "M": "b", "N": ""}, [("lots", ("L",))]
    world, reference = Flows(some, products), Reference(some, products)
    assert set(_named(_find(world, scope, slack=0, case=""), world)) == set(reference.answer(scope)[0]) == {("L", "P"), ("?6-0", "S")}


@settings(max_examples=400)
@given(records(), PRODUCT_MAPS, scopes(), st.sampled_from([0, 24]), st.sampled_from(["", "C"]))
def test_equals_the_reference(some: list[tuple], products: dict[str, str], scope: list[tuple], slack: int, case: str) -> None:
    world, reference = Flows(some, products), Reference(some, products, slack=slack, case=case)
    answer, e1, e2 = reference.answer(scope)
    got = _named(_find(world, scope, slack=slack, case=case), world)
    assert got == {holding: (since, "confirmed" if holding in e1 else "possible") for holding, since in answer.items()}
    assert set(_named(_find(world, scope, slack=slack, case=case, path=True), world)) == e2
    assert e1 <= e2 <= set(answer)  # law 4


@settings(max_examples=150)
@given(records(), PRODUCT_MAPS, scopes(), st.randoms(use_true_random=False))
def test_law_1_order_and_repetition(some: list[tuple], products: dict[str, str], scope: list[tuple], shuffle: random.Random) -> None:
    world = Flows(some, products)
    flows = list(world.flows)
    shuffle.shuffle(flows)
    assert _named(_find(world, scope, flows=flows), world) == _named(_find(world, scope), world)


@settings(max_examples=200)
@given(records(), records(most=3), PRODUCT_MAPS, st.sets(LOT, min_size=1, max_size=2))
def test_law_2_a_new_record_removes_nothing(some: list[tuple], more: list[tuple], products: dict[str, str], lots: set[str]) -> None:
    # What names a missing lot, or a name of a lot that it had not, is left out: the law excepts the one, law 15 is about the other.
    more = [each for each in more if each[0] != "alias" and not (each[0] == "unnamed" and each[8])]
    more = [(each[0], f"{each[1]}+", *each[2:]) if each[0] == "unnamed" else each for each in more]
    scope = [("lots", tuple(sorted(lots)))]
    before, after = Flows(some, products), Flows([*some, *more], products)
    assert _named(_find(before, scope), before).keys() <= _named(_find(after, scope), after).keys()


@settings(max_examples=200)
@given(records(), PRODUCT_MAPS, scopes(), scopes(), st.sampled_from([0, 24]))
def test_law_3_a_clause_removes_nothing(
    some: list[tuple], products: dict[str, str], scope: list[tuple], more: list[tuple], slack: int
) -> None:
    world = Flows(some, products)
    assert _find(world, scope, slack=slack).holdings.keys() <= _find(world, [*scope, *more], slack=slack).holdings.keys()


@settings(max_examples=200)
@given(records(), PRODUCT_MAPS, LOT)
def test_law_5_a_lot_scope_is_the_lot_closure(some: list[tuple], products: dict[str, str], lot: str) -> None:
    # Goods without lot and what stands under another lot by the receiver's paper are beside the closure (ADR 35).
    instant = [each for each in some if each[0] not in ("unnamed", "papers")]
    world = Flows(instant, products)
    names, closure = {lot}, set[str]()
    while names != closure:
        closure = set(names)
        for each in instant:
            if each[0] == "alias" and names & set(each[1:]):
                names |= set(each[1:])
            if each[0] == "make" and names & set(each[2]):
                names |= set(each[3])
    top = {each: min(names) for each in names}
    found = _find(world, [("lots", (lot,))])
    assert {n for each in found.lots for n in found.names[each]} <= {world.lots[each] for each in top}
    used = {(flow.lot, flow.site) for flow in world.flows if flow.site and flow.kind != FlowKind.ALIAS}
    reached = {n for each in found.lots for n in found.names[each]}
    assert {site for each, site in used if each in {world.lots[name] for name in names}} <= {site for _, site in found.holdings}
    assert reached >= {each for each, _ in used if each in {world.lots[name] for name in names}}


@settings(max_examples=200)
@given(records(), PRODUCT_MAPS, LOT)
def test_law_5_beside_the_closure_is_only_what_other_papers_name(some: list[tuple], products: dict[str, str], lot: str) -> None:
    """Of a lot that only the other paper of a transfer names no holding joins that no step leads to."""
    named = [each for each in some if each[0] != "unnamed"]
    world, reference = Flows(named, products), Reference(named, products)
    found = _find(world, [("lots", (lot,))])
    closure, fresh = set[str](), {reference.top(lot)}
    while fresh:
        closure |= fresh
        fresh = {b for inputs, outputs, *_ in reference.makes if {a for a, _ in inputs} & fresh for b, _ in outputs} - closure
    assert {holding for holding in reference.held if holding[0] in closure} <= _named(found, world).keys()
    for (other, _), link in found.holdings.items():
        name = next(text for text, n in world.lots.items() if n == other)
        if reference.top(name) not in closure:
            assert link.link == "possible"
            assert reference.unlike, "nothing else leads beyond the closure"


@settings(max_examples=200)
@given(records(), PRODUCT_MAPS, SITE, HOURS, st.integers(0, 48), st.integers(0, 48), st.integers(0, 48))
def test_law_6_a_larger_window_reaches_more(
    some: list[tuple], products: dict[str, str], site: str, first: int, length: int, before: int, after: int
) -> None:
    world = Flows(some, products)
    small = _find(world, [("left", site, first, first + length)])
    large = _find(world, [("left", site, first - before, first + length + after)])
    assert small.holdings.keys() <= large.holdings.keys()


@settings(max_examples=150)
@given(records(), PRODUCT_MAPS, scopes(), LOT)
def test_law_15_renaming_changes_only_names(some: list[tuple], products: dict[str, str], scope: list[tuple], lot: str) -> None:
    # Half of the records say Z for this lot, and one record says that Z is a name of it.
    def renamed(record: tuple, n: int) -> tuple:
        if n % 2 or record[0] == "alias":
            return record
        return tuple(
            "Z"
            if part == lot and record[0] != "unnamed"
            else tuple("Z" if each == lot else each for each in part)
            if isinstance(part, tuple)
            else part
            for part in record
        )

    world = Flows(some, products)
    again = Flows([], products)
    again.lots["Z"], again.products["Z"] = 99, products[lot]
    again = _more(again, [*(renamed(each, n) for n, each in enumerate(some)), ("alias", "Z", lot)])
    assert _named(_find(again, scope), again) == _named(_find(world, scope), world)


def _more(world: Flows, some: list[tuple]) -> Flows:
    for record in some:
        world.seq += 1
        getattr(world, "_" + record[0])(*record[1:])
    return world


@settings(max_examples=100)
@given(records(), PRODUCT_MAPS, scopes(), st.integers(0, 10**6))
def test_law_16_recording_later_changes_nothing(some: list[tuple], products: dict[str, str], scope: list[tuple], later: int) -> None:
    now, then = Flows(some, products), Flows(some, products, recorded=later)
    assert _named(_find(now, scope), now) == _named(_find(then, scope), then)
