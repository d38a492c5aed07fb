"""The mock recall: both sides of the balance are equal whatever the records, the draw is nobody's choice, and nothing is touched."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, ConsumerReturn, Event, Output, Portion, Receipt, Sale, Site, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.recall.affected import find
from foodtrace.recall.balance import Balance, accounted, balances, total
from foodtrace.recall.chain import Chain
from foodtrace.recall.drill import Drill, draw, drill
from foodtrace.recall.drill_html import accounted_words, html
from foodtrace.schemas import schema_of
from tests.recall.notation import OWN, SETTINGS, Build, at, clauses
from tests.recall.shapes import LOT, PRODUCT_MAPS, Flows, records
from tests.recall.worlds import WORLDS, World

AT = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def weigh(world: World) -> dict[str, Balance]:
    facts = world.facts()
    found = find(facts, world.clauses(), settings=SETTINGS, own_operator=OWN)
    made = balances(found, overdue_before=at(13))
    return {facts.texts([lot])[lot].rpartition("/")[2]: row for (lot, _), row in made.items()}


@pytest.mark.parametrize("world", [each for each in WORLDS if each.scope == "L"], ids=lambda world: world.name)
def test_both_sides_are_equal_in_every_world(world: World) -> None:
    for row in weigh(world).values():
        assert row.came == row.became
        assert min(getattr(row, name) for name in row.__struct_fields__) >= 0
        assert 0 <= row.missing <= row.came


@settings(max_examples=200)
@given(records(most=16), PRODUCT_MAPS, LOT)
def test_both_sides_are_equal_whatever_the_records(some: list[tuple], products: dict[str, str], lot: str) -> None:
    world = Flows(some, products)
    found = find(world.facts(), clauses_of(lot))
    made = balances(found, overdue_before=at(2), unknown={1, 2})
    for row in made.values():
        assert row.came == row.became
        numerator, denominator = accounted(row)
        assert numerator <= denominator
    whole = total(made.values())
    assert (whole.came, whole.became) == (sum(row.came for row in made.values()), sum(row.became for row in made.values()))


def clauses_of(lot: str) -> list:
    from foodtrace.events import LotsClause

    return [LotsClause(lots=(f"FT-A/{lot}",))]


def test_what_counts_as_not_accounted_for() -> None:
    build = Build("L:P 100\nP->W L90 @2\nW->X L30 @3 sent\nW->Y L20 @15 sent\nW->? L5 @4 sent\nW counts L30 @18\nP: L10 = M8 @2")
    found = find(build.facts(), clauses("L"), settings=SETTINGS, own_operator=OWN)
    made = balances(found, overdue_before=at(13), unknown={build.site("W")})
    row = made[build.lot("L"), 0]
    assert (row.travelling, row.overdue, row.to_nowhere, row.unaccounted, row.on_hand_unknown) == (50, 30, 5, 5, 30)
    assert (row.consumed, row.consumed_into) == (10, 10)
    assert accounted(row) == (20, 90), "what went into M is counted with M"
    assert accounted(made[build.lot("M"), 0]) == (8, 8)


def story() -> list[Event]:
    def site(name: str, kind: str) -> Site:
        return Site(id=f"s-{name}", at=AT, site=name, operator=name, kind=kind, name=f"<{name}>")  # type: ignore[arg-type]

    made: list[Event] = [site("F-1", "farm"), site("P-1", "plant"), site("X-1", "shop"), site("Y-1", "shop")]
    for n in range(6):
        lot = f"F-1/L{n}"
        size = Quantity(1000 * (n + 1), "g")
        made.append(
            CertificateIssued(id=f"c{n}", at=AT, site="F-1", lot=lot, serial="1", issuer="F-1", product="芹菜", quantity=size),
        )
        made.append(Transfer(id=f"t{n}", at=AT, site="F-1", to="P-1" if n == 0 else "X-1", lot=lot, quantity=size))
    out = Output(lot="P-1/M", quantity=Quantity(800, "g"), product="罐头")
    kept = (Portion("F-1/L0", Quantity(1000, "g")),)
    made.append(Transformation(id="make", at=AT, site="P-1", kind="process", inputs=kept, outputs=(out,), loss=Quantity(200, "g")))
    made.append(Transfer(id="m", at=AT, site="P-1", to="Y-1", lot="P-1/M", quantity=Quantity(800, "g")))
    made.append(Sale(id="sale", at=AT, site="Y-1", lot="P-1/M", quantity=Quantity(300, "g")))
    made.append(
        CertificateIssued(id="home", at=AT, site="F-1", lot="F-1/HOME", serial="1", issuer="F-1", product="葱", quantity=Quantity(5, "g"))
    )
    return made


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: micros(AT + dt.timedelta(days=2))) as opened:
        opened.record(story(), personal={"s-X-1": {"phone": "13900001234"}})
        yield opened


def practise(ledger: Ledger, seed: str, lot: str | None = None) -> Drill:
    clock = itertools.count(0, 7_000)
    with ledger.reading() as session:
        return drill(session, seed, now=ledger.clock(), timer=lambda: next(clock), lot=lot)[0]


def test_the_draw_can_be_made_again_by_anybody(ledger: Ledger) -> None:
    candidates = sorted([*(f"F-1/L{n}" for n in range(6)), "P-1/M"])
    with ledger.reading() as session:
        for seed in ("2026-Q4", "", "x" * 500, "种子"):
            number = int(hashlib.sha256(b"foodtrace/drill/v1\0" + seed.encode()).hexdigest(), 16)
            assert draw(session, seed) == (candidates[number % 7], 7), "a lot that never left its farm is not drawn"
        assert len({draw(session, str(n))[0] for n in range(200)}) == 7


def test_what_a_drill_finds(ledger: Ledger) -> None:
    found = practise(ledger, "s", lot="F-1/L0")
    assert (found.lot, found.candidates, found.affected_lots, found.outlets, found.reachable) == ("F-1/L0", 0, 2, 1, 0)
    assert found.milliseconds == 7
    assert [(rate.unit, rate.numerator, rate.denominator, rate.percent) for rate in found.accounted] == [("g", 800, 800, "100.0")]
    assert [(row.lot, row.born, row.used, row.used_into, row.sold, row.on_hand) for row in found.balances] == [
        ("F-1/L0", 1000, 1000, 1000, 0, 0),
        ("P-1/M", 800, 0, 0, 300, 500),
    ]
    silent = practise(ledger, "s", lot="F-1/L1")
    assert silent.accounted[0].numerator == 0, "a shop that records nothing has unknown stock"
    assert silent.reachable == 1
    assert "13900001234" not in msgspec.json.encode(silent).decode()
    jsonschema.validate(json.loads(msgspec.json.encode(silent)), schema_of("drill"))


def test_goods_of_unexplained_origin_are_said_beside_the_percentage(ledger: Ledger) -> None:
    ledger.record([Receipt(id="r-9", at=AT, site="P-1", lot="P-1/M", quantity=Quantity(30, "g"))])
    found = practise(ledger, "s", lot="F-1/L0")
    assert [(rate.denominator, rate.unexplained) for rate in found.accounted] == [(830, 30)]
    assert "of which up to 0.03 kg is of unexplained origin" in accounted_words(found, 0, "en")


def test_what_consumers_bring_back_beyond_what_was_sold_has_no_origin_either(ledger: Ledger) -> None:
    """Nobody sold these, so nobody knows which lot they are of: a case says up to so many, and a drill said none of it."""
    ledger.record([ConsumerReturn(id="b-9", at=AT, site="X-1", lot="P-1/M", quantity=Quantity(340, "g"))])
    (rate,) = practise(ledger, "s", lot="F-1/L0").accounted
    assert rate.unexplained == 40, "300 were sold"


def test_pieces_of_unlike_products_are_accounted_for_apart(ledger: Ledger) -> None:
    outs = tuple(
        Output(lot=f"X-1/{code}", quantity=Quantity(q, "piece"), product=name) for code, q, name in (("C", 100, "罐"), ("B", 7, "袋"))
    )
    used = (Portion("F-1/L1", Quantity(2000, "g")),)
    ledger.record([Transformation(id="can", at=AT, site="X-1", kind="process", inputs=used, outputs=outs)])
    found = practise(ledger, "s", lot="F-1/L1")
    counted = {(rate.unit, rate.product): (rate.numerator, rate.denominator) for rate in found.accounted if rate.unit == "piece"}
    assert counted == {("piece", "罐"): (100, 100), ("piece", "袋"): (7, 7)}
    page = html(found, Chain(places=(), arrows=()), lang="zh")
    assert "107" not in page
    assert "100 / 100 件 罐" in page


def test_nothing_is_recorded_and_the_report_is_only_text(ledger: Ledger) -> None:
    before = [(each.origin, each.size) for each in ledger.logs()]
    with ledger.reading() as session:
        found, chain = drill(session, "s<b>", now=ledger.clock(), timer=lambda: 0, lot="F-1/L2")
    for lang in ("zh", "en"):
        page = html(found, chain, lang=lang)
        assert "s&lt;b&gt;" in page
        assert "<b>" not in page
        assert "&lt;X-1&gt;" in page
        assert "report." not in page
    assert [(each.origin, each.size) for each in ledger.logs()] == before
    assert ledger.verify().ok


def test_a_ledger_in_which_nothing_has_moved(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/y.db", keys=tmp_path / "keys") as ledger:
        ledger.record(story()[:1])
        with ledger.reading() as session, pytest.raises(errors.NotFound) as caught:
            draw(session, "x")
    assert caught.value.code == "drill.no_lots"
