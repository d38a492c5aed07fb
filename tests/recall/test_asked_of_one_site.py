"""What is asked about one site of a case is what the whole case says of it, whatever is left unread of the others."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace.events import (
    Acknowledgement,
    EffectivenessCheck,
    Event,
    GoodsCleared,
    Held,
    LotsClause,
    Notice,
    RecallOpened,
    RecallPublished,
    Receipt,
    Returned,
    Sale,
    Sealing,
    Site,
    StockCount,
    Transfer,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import casestock, closing, contradicted
from foodtrace.operations.common import Doing
from foodtrace.operations.maybesame import maybe_same
from foodtrace.quantity import Quantity
from foodtrace.recall.cases import load_cases
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import reach_of_case
from tests.recall.casework import World, day, kg

LOTS = ("OP-P/L", "OP-P/M")
CASE = "2026-0001"
SHOPS = [f"S{n:02d}" for n in range(30)] + ["S0"]


def lived(world: World, seed: int, *, cleared: bool) -> World:
    """Put a random trade with a case on record; the answers, seals, returns and counts of many shops go against each other."""
    draw = random.Random(seed)
    made: list[Event] = [Site(id=f"site{name}", at=day(0), site=name, operator="O-S", kind="shop", name=name) for name in SHOPS]
    number = iter(range(10_000))

    def put(kind: type[Event], at: float, site: str, **more: Any) -> None:
        made.append(kind(id=f"h{next(number)}", at=day(at), site=site, **more))

    for name in SHOPS:
        for lot in draw.sample([*LOTS, ""], draw.randint(1, 3)):
            more = {"lot": lot} if lot else {"product": "芹菜"}
            put(Transfer, 1, "P", to=name, quantity=kg(10), **more)
            if lot and draw.random() < 0.4:
                put(Transfer, 2.5, "P", to=name, quantity=kg(4), lot=lot, in_transit=True, transfer=f"t-{name}-{lot[-1]}")
                if draw.random() < 0.5:
                    put(Receipt, 3.5, name, source="P", quantity=kg(4), lot=lot, transfer=f"t-{name}-{lot[-1]}")
    case: dict[str, Any] = {"case": CASE, "scope": (LotsClause(lots=LOTS),), "level": 1, "reason": "x", "producer": "OP-P", "known": day(3)}
    put(RecallOpened, 3, "P", **case)
    put(RecallPublished, 3.1, "P", case=CASE)
    for name in SHOPS:
        if draw.random() < 0.9:
            put(Notice, 3.2, "P", case=CASE, to=name, delivered=day(3.2))
        for lot in LOTS:
            if draw.random() < 0.6:
                put(Acknowledgement, 3.6, name, case=CASE, on_hand=(Held(lot, kg(draw.choice((0, 3, 9, 10, 14)))),))
            if draw.random() < 0.4:
                put(Sealing, 3.7, name, case=CASE, lot=lot, quantity=kg(draw.choice((2, 9, 12))))
            if draw.random() < 0.3:
                put(Returned, 3.8, name, case=CASE, lot=lot, to=draw.choice(("P", "S01")) if name != "S01" else "P", quantity=kg(3))
            if draw.random() < 0.2:
                put(Sale, 3.9, name, lot=lot, quantity=kg(draw.choice((1, 12))))
            if draw.random() < 0.2:
                put(StockCount, 4.0, name, lot=lot, quantity=kg(draw.choice((1, 11))))
            if draw.random() < 0.15:
                put(EffectivenessCheck, 4.1, name, case=CASE, level="A", result="found", lot=lot, quantity=kg(draw.choice((1, 6))))
    if cleared:
        put(GoodsCleared, 3.65, "", case=CASE, lots=(), basis="examined", approved_by="7")
    world.at(5).put(*made)
    return world


@pytest.fixture(params=[(0, False), (1, False), (2, True)], ids=str)
def trade(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    seed, cleared = request.param
    world = World(f"sqlite:///{tmp_path}/t.db", tmp_path / "keys")
    world.sites(P="plant").born("L", "P", 900).born("M", "P", 900)
    yield lived(world, seed, cleared=cleared)
    world.ledger.close()


def test_what_contradicts_at_some_sites_is_what_the_whole_case_says_of_them(trade: World) -> None:
    kinds: Counter[str] = Counter()
    now = micros(trade.now)
    with trade.read() as session:
        state = load_cases(session, CASE)[0]
        facts, settings = SqlFacts(session, now), for_case(state, session.rules).settings
        found = reach_of_case(facts, state, settings)
        whole = closing.conditions(session, now, state, found)
        same = list(maybe_same(facts, found, state, settings))
        for sites in [*({name} for name in SHOPS), {"P"}, set(SHOPS[::2])]:
            told, twice = contradicted.contradicted(session, now, state, sites)
            wanted = [each for each in whole if each.kind == "contradicts" or any(goods.before for goods in each.goods)]
            assert told == [each for each in wanted if each.site in sites], sites
            assert twice == [each for each in same if each.site in sites], sites
            kinds.update(each.kind for each in told)
            kinds.update("same" for _ in twice)
    if not state.cleared:
        assert {"contradicts", "travelling", "same"} <= kinds.keys(), kinds


def test_what_lies_at_a_site_is_the_same_without_the_records_of_the_others(trade: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [(name, lot, but) for name in (*SHOPS[::4], "S0", "P") for lot in LOTS for but in ("", "custody", "seals")]
    with trade.read() as session:
        doing = Doing(now=trade.now)

        def there() -> list[list[Quantity]]:
            return [casestock.lying(session, doing, CASE, name, lot, but=but) for name, lot, but in asked]  # type: ignore[arg-type]

        near = there()
        monkeypatch.setattr(casestock, "load_cases", lambda *given, **more: load_cases(*given, **{**more, "site": ""}))
        assert near == there()
    assert len({str(each) for each in near}) > 5


def test_a_case_read_for_one_site_is_the_case_with_the_steps_there(trade: World) -> None:
    with trade.read() as session:
        numbers = SqlFacts(session, micros(trade.now)).numbers(SHOPS)
        (whole,) = load_cases(session, CASE)
        for name in SHOPS:
            (near,) = load_cases(session, CASE, site=name)
            mine = [step for step in near.steps if step.site == numbers[name]]
            assert mine == [step for step in whole.steps if step.site == numbers[name]]
            assert msgspec.structs.replace(near, steps=()) == msgspec.structs.replace(whole, steps=())
            assert whole.cleared or len(near.steps) < len(whole.steps) / 3, "the others are not decoded"
