"""What clearing lets go: what was there to be examined, and nothing that the case takes in, or that is recorded, later (RECALL section 7).

Clearing everything is tried in both forms: as the operation writes it, with the lots by name, and as an event that names none.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.errors import NotFound, Refused
from foodtrace.events import CertificateIssued, GoodsCleared, LotsClause, Output, Portion, RecallWidened, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import cases, stoplist
from foodtrace.operations.blocking import blocks
from foodtrace.operations.closing import conditions
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.scopes import Given
from foodtrace.operations.standing import Standing
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import load_case
from tests.recall.casework import World, day, kg

LOT, OTHER, MADE = "OP-P/L", "OP-Q/K", "OP-W/M"
Clear: TypeAlias = Callable[[World, str], None]


def by_name(world: World, case: str) -> None:
    world.do(cases.clear, case, [], "lab", "9")


def bare(world: World, case: str) -> None:
    world.put(GoodsCleared(id=world.name(), at=world.now, case=case, basis="lab", approved_by="9"))


@pytest.fixture(params=[by_name, bare])
def clear_all(request: pytest.FixtureRequest) -> Clear:
    made: Clear = request.param
    return made


def stopped(world: World, lot: str, site: str = "") -> bool:
    with world.read() as session:
        return bool(blocks(session, lot, micros(world.now), site))


def listed(world: World) -> set[str]:
    with world.read() as session:
        return {each.lot for each in stoplist.make(session, micros(world.now), "o").lines}


def made_of(world: World, lot: str, output: str, at: float, site: str = "W") -> None:
    world.put(
        Transformation(
            id=world.name(),
            at=day(at),
            site=site,
            kind="repack",
            inputs=(Portion(lot, kg(2)),),
            outputs=(Output(lot=output, quantity=kg(2)),),
        )
    )


def test_a_lot_the_case_takes_in_later_was_never_examined(world: World, clear_all: Clear) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "Z", 5)
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    assert not stopped(world, LOT)
    assert listed(world) == set()
    world.at(6).do(cases.widen, case, [OTHER], "also found")
    assert stopped(world, OTHER)
    assert stopped(world, OTHER, "Z")
    assert listed(world) == {OTHER}
    assert not stopped(world, LOT, "X")
    clear_all(world.at(7), case)
    assert not stopped(world, OTHER)
    assert listed(world) == set()


def test_a_lot_that_a_rule_fits_later_was_never_examined_on_record_or_by_its_papers(world: World, clear_all: Clear) -> None:
    case = world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="x", scope=Given(product="芹菜", producer="OP-P")).case
    clear_all(world.at(5), case)
    world.at(6)
    with world.read() as session:
        at_gate = recalls(session, world.now, "OP-P/L9", [], described(None, "芹菜", "OP-P", "OP-P/L9"))
    assert [(each.case, each.link) for each in at_gate] == [(case, "confirmed")]
    world.born("L9", "P", 10)
    assert stopped(world, "OP-P/L9", "P")
    assert not stopped(world, LOT, "X")
    assert listed(world) == {"OP-P/L9"}


def test_a_lot_of_before_that_is_recorded_later_was_never_examined(world: World, clear_all: Clear) -> None:
    case = world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="x", scope=Given(producer="OP-P")).case
    clear_all(world.at(5), case)
    late: dict[str, Any] = {"lot": "OP-P/L7", "issuer": "OP-P", "product": "芹菜", "serial": "L7", "quantity": kg(9)}
    world.at(6).put(CertificateIssued(id="late", at=day(2), site="P", **late))
    made_of(world, LOT, MADE, 3)
    assert stopped(world, "OP-P/L7", "P")
    assert stopped(world, MADE, "W")
    assert listed(world) == {"OP-P/L7", MADE}


def test_a_widening_dated_before_a_clearing_that_did_not_know_it_is_not_cleared(world: World) -> None:
    world.born("K", "Q", 10)
    case = world.at(4).open(LOT)
    bare(world.at(6), case)
    scope = (LotsClause(lots=(OTHER,)),)
    world.at(7).put(RecallWidened(id="w", at=day(5), case=case, version=2, scope=scope, reason="dated back"))
    assert stopped(world, OTHER, "Q")


def test_what_is_made_of_cleared_goods_since_is_free_and_bears_no_mark(world: World, clear_all: Clear) -> None:
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    world.at(6)
    made_of(world, LOT, MADE, 6)
    world.move(MADE, "W", "Z", 2).at(7).sell(MADE, "Z", 1)
    assert not stopped(world, MADE, "W")
    assert not stopped(world, MADE)
    assert listed(world) == set()
    answer = world.answer(case)
    assert MADE in answer.affected_lots, "whoever asks where the goods went is told all of it"
    assert not [each for each in answer.untraced if each.lot == MADE and each.kind in ("before_known", "after_notice")]
    with world.read() as session:
        left = conditions(session, micros(world.now), load_case(session, case))
    assert not [each for each in left if each.goods], "cleared goods are no matter of the case"


def test_what_is_made_of_goods_that_were_never_cleared_is_stopped_and_marked(world: World, clear_all: Clear) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "W", 5)
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    world.at(5.5).do(cases.widen, case, [OTHER], "also found")
    world.at(6)
    made_of(world, OTHER, MADE, 6)
    world.at(7).sell(MADE, "W", 1)
    assert stopped(world, MADE, "W")
    assert listed(world) == {OTHER, MADE}
    marks = {(each.lot, each.kind) for each in world.answer(case).untraced if each.kind in ("before_known", "after_notice")}
    assert (MADE, "before_known") in marks


def test_rows_and_engine_say_the_same_of_a_case_that_cleared_goods(world: World, clear_all: Clear) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "W", 5)
    case = world.at(4).open(LOT, OTHER)
    clear_all(world.at(5), case)
    world.at(6).sell(LOT, "X", 5)
    made_of(world, LOT, MADE, 6)
    with world.read() as session:
        told = load_case(session, case)
        plain, engine = (recall(session, (), now=micros(world.now), case=told, plain=each) for each in (True, False))
    assert plain == engine


def test_goods_without_lot_are_cleared_as_they_were_and_not_those_sent_later_of_what_was_not(world: World, clear_all: Clear) -> None:
    world.put(Transfer(id="t1", at=day(3), site="W", to="Z", product="芹菜", quantity=kg(5)))
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    world.at(6).put(Transfer(id="t2", at=day(3.5), site="X", to="Y", product="芹菜", quantity=kg(5)))
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        told = load_case(session, case)
        names = {text for text in facts.texts(Standing(facts, told).reached()).values() if text.startswith("?")}
    held = {name: stopped(world, name) for name in names}
    assert sorted(held.values()) == [False, True], held


def opened_on_a_window(world: World) -> str:
    scope = Given(left="W", start="2026-03-04", end="2026-03-04")  # day 2: to X and Y
    return str(world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="cold room", scope=scope).case)


def test_of_a_window_the_goods_are_cleared_where_they_lie(world: World, clear_all: Clear) -> None:
    case = opened_on_a_window(world)
    assert stopped(world, LOT, "X")
    assert stopped(world, LOT, "Y")
    clear_all(world.at(5), case)
    assert not stopped(world, LOT, "X")
    assert not stopped(world, LOT, "Y")
    assert listed(world) == set()
    world.at(6).move(LOT, "X", "F", 5)
    assert not stopped(world, LOT, "F"), "sent on after it was cleared"
    world.put(Transfer(id="late", at=day(2), site="W", to="Z", lot=LOT, quantity=kg(5)))
    assert stopped(world, LOT, "Z")
    assert listed(world) == {LOT}
    assert not stopped(world, LOT, "X")


def test_a_window_added_later_is_a_new_suspicion(world: World, clear_all: Clear) -> None:
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    scope = Given(left="W", start="2026-03-04", end="2026-03-04")
    world.at(6).do(cases.widen, case, [], "cold room", scope=scope)
    assert stopped(world, LOT, "X")
    assert listed(world) == {LOT}
    assert not stopped(world, LOT, "P"), "it never left the cold room"
    world.at(7).sell(LOT, "X", 1)
    assert "before_known" in {each.kind for each in world.answer(case).untraced if each.site == "X"}
    clear_all(world.at(8), case)
    assert not stopped(world, LOT, "X")
    assert listed(world) == set()


def mixed_of(world: World, *inputs: str, at: float) -> None:
    world.put(
        Transformation(
            id=world.name(),
            at=day(at),
            site="W",
            kind="blend",
            inputs=tuple(Portion(lot, kg(1)) for lot in inputs),
            outputs=(Output(lot=MADE, quantity=kg(2)),),
        )
    )


def test_a_lot_added_later_is_a_new_suspicion_of_all_that_was_made_of_it(world: World, clear_all: Clear) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "W", 5)
    mixed_of(world, LOT, OTHER, at=3)
    world.at(3.5).move(MADE, "W", "Y", 2)
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    assert not stopped(world, MADE, "Y")
    world.at(6).do(cases.widen, case, [OTHER], "salmonella in K")
    assert stopped(world, MADE, "Y")
    assert stopped(world, MADE)
    assert listed(world) == {OTHER, MADE}
    assert not stopped(world, LOT, "X"), "nothing was said of it since it was cleared"
    with world.read() as session:
        left = conditions(session, micros(world.now), load_case(session, case))
    assert ("free", "Y", 2000) in {(each.kind, each.site, each.quantity) for each in left}
    world.at(7).sell(MADE, "Y", 1)
    assert "before_known" in {each.kind for each in world.answer(case).untraced if each.lot == MADE}
    clear_all(world.at(8), case)
    assert listed(world) == set()


def test_a_rule_added_later_is_a_new_suspicion_of_a_lot_it_fits_although_it_was_cleared(world: World, clear_all: Clear) -> None:
    case = world.at(4).open(LOT)
    clear_all(world.at(5), case)
    world.at(6).do(cases.widen, case, [], "all of P", scope=Given(producer="OP-P"))
    assert stopped(world, LOT, "X")
    assert listed(world) == {LOT}


def test_a_scope_narrowed_to_fewer_of_the_same_lots_is_no_new_suspicion_and_one_taken_in_again_is(world: World, clear_all: Clear) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "Z", 5)
    case = world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="x", scope=Given(product="芹菜")).case
    clear_all(world.at(5), case)
    world.at(6).do(cases.narrow, case, [LOT], reason="only this one", approved_by="9")
    assert listed(world) == set()
    world.at(7).do(cases.widen, case, [OTHER], "after all")
    assert listed(world) == {OTHER}


def test_goods_no_record_names_that_were_cleared_by_name_are_stopped_by_what_is_added_later(world: World) -> None:
    case = world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="x", scope=Given(producer="OP-P")).case
    world.at(5).put(GoodsCleared(id="c", at=world.now, case=case, lots=("OP-P/L9",), basis="lab", approved_by="9"))

    def at_gate() -> list[str]:
        with world.read() as session:
            return [each.case for each in recalls(session, world.now, "OP-P/L9", [], described(None, "芹菜", "OP-P", "OP-P/L9"))]

    assert at_gate() == []
    world.at(6).do(cases.widen, case, [], "all celery", scope=Given(product="芹菜"))
    assert at_gate() == [case]


def test_nothing_is_cleared_where_the_case_reaches_nothing(world: World) -> None:
    rule = Given(product="白菜")
    case = world.at(4).do(cases.open_case, [], level=2, known=world.now, reason="x", scope=rule, nothing_yet=True).case
    with pytest.raises(NotFound) as error:
        by_name(world, case)
    assert error.value.code == "case.nothing_to_clear"


PLACES: Final = "PWXYZ"


class Days:
    """A case lived through at random: goods born, moved and made, some of it recorded late; widened, narrowed, cleared."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.examined: set[str] = set()
        self.good: set[str] = set()
        """Lots made of what had been examined by then."""
        self.lots = [LOT, OTHER]
        self.made: dict[str, str] = {}
        """Lot -> what it was made of."""
        world.sites().born("L", "P", 100).born("K", "Q", 100)
        self.case = world.at(2).open(LOT)

    def live(self, steps: int) -> None:
        for step in range(steps):
            self.world.at(3 + step)
            self.rng.choice([self.born, self.moved, self.mixed, self.mixed, self.widened, self.narrowed, self.cleared, self.cleared])()
            self.check()

    def when(self) -> Any:
        return self.world.now if self.rng.random() < 0.6 else day(self.rng.uniform(0, 3))

    def born(self) -> None:
        name = f"L{len(self.lots)}"
        here = self.rng.choice("PQ")
        lot = f"OP-{here}/{name}"
        said: dict[str, Any] = {"lot": lot, "serial": name, "issuer": f"OP-{here}", "product": "芹菜", "quantity": kg(50)}
        self.world.put(CertificateIssued(id=self.world.name(), at=self.when(), site=here, **said))
        self.lots.append(lot)

    def moved(self) -> None:
        here, there = self.rng.sample(PLACES, 2)
        self.world.put(Transfer(id=self.world.name(), at=self.when(), site=here, to=there, lot=self.rng.choice(self.lots), quantity=kg(1)))

    def mixed(self) -> None:
        lot, output, at = self.rng.choice(self.lots), f"OP-W/M{len(self.lots)}", self.when()
        self.world.put(
            Transformation(
                id=self.world.name(),
                at=at,
                site=self.rng.choice(PLACES),
                kind="repack",
                inputs=(Portion(lot, kg(1)),),
                outputs=(Output(lot=output, quantity=kg(1)),),
            )
        )
        if lot in self.good or (at == self.world.now and lot in self.examined):
            self.good.add(output)
        self.lots.append(output)
        self.made[output] = lot

    def widened(self) -> None:
        scope = self.rng.choice([Given(lots=(self.rng.choice(self.lots),)), Given(producer="OP-P"), Given(producer="OP-Q", product="芹菜")])
        if self.tried(cases.widen, scope=scope, reason="more"):
            self.suspected(scope.lots)

    def suspected(self, lots: Sequence[str]) -> None:
        """Whatever was examined before in another suspicion was not examined in this one, nor what was made of it."""
        anew = set(lots)
        for output, lot in self.made.items():  # in the order in which they were made
            anew |= {output} if lot in anew else set()
        self.examined -= anew
        self.good -= anew

    def tried(self, operation: Callable[..., Any], **more: Any) -> bool:
        try:
            self.world.do(operation, self.case, [], **more)
        except Refused as error:
            assert error.code == "case.scope_same"  # noqa: PT017 - whether it is refused is no matter here
            return False
        return True

    def narrowed(self) -> None:
        scope = Given(lots=(self.rng.choice(self.lots),), code=self.rng.choice(["", "L*"]))
        self.tried(cases.narrow, scope=scope, reason="less", approved_by="9")

    def cleared(self) -> None:
        reached = self.reached()
        if self.rng.random() < 0.2:
            lot = self.rng.choice(sorted(reached))
            self.world.do(cases.clear, self.case, [lot], "lab", "9")
            self.examined.add(lot)
        else:
            self.rng.choice([by_name, bare])(self.world, self.case)
            self.examined |= reached
            still = {lot for lot in reached if stopped(self.world, lot)}
            assert not still, "what was examined is free"

    def reached(self) -> set[str]:
        with self.world.read() as session:
            facts = SqlFacts(session, micros(self.world.now))
            found = Standing(facts, load_case(session, self.case)).reached()
            texts = facts.texts(found)
            return {texts[lot] for lot in found}

    def check(self) -> None:
        """Law 17: whatever the case reaches and nobody examined is stopped."""
        for lot in self.reached() - self.examined - self.good:
            assert stopped(self.world, lot), lot


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_is_recorded_widened_and_cleared_in_whatever_order_nothing_is_sold_that_was_never_examined(seed: int) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        world = World(f"sqlite:///{name}/x.db", Path(name) / "keys")
        Days(world, random.Random(seed)).live(9)
        world.ledger.close()
