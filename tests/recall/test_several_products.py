"""What records say a lot is: where they contradict each other each word counts, for a new one must take nobody off a list (law 2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace.events import CertificateIssued, Event, MarketEntry, Output, Portion, Receipt, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.operations.reconciling import reconcile
from foodtrace.operations.scopes import Given
from foodtrace.recall.answer import Answer, recall
from tests.recall.casework import World, kg

LOT = "OP-P/L"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """L is milk by its certificate; W got 50 kg and sent X 10 kg of milk without lot."""
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    made.sites().born("L", "P", 100, product="牛奶")
    made.at(1).move(LOT, "P", "W", 50)
    made.at(2).put(Transfer(id="on", at=made.now, site="W", to="X", product="牛奶", quantity=kg(10)))
    yield made.at(3)
    made.ledger.close()


def ask(world: World) -> Answer:
    with world.read() as session:
        quick, full = (recall(session, LOT, now=micros(world.now), plain=plain) for plain in (True, False))
        bounds = recall(session, LOT, now=micros(world.now), bounds=True)
    assert quick == full
    assert {row.site for row in bounds.outlets} == {row.site for row in quick.outlets}
    return quick


def record(kind: str, world: World) -> Event:
    at, one = world.now, kg(1)
    events: dict[str, Event] = {
        "receipt": Receipt(id="new", at=at, site="Z", lot=LOT, quantity=one, product="白菜"),
        "entry": MarketEntry(id="new", at=at, site="Z", decision="admitted", lot=LOT, product="白菜", quantity=one),
        "certificate": CertificateIssued(id="new", at=at, site="Z", lot=LOT, serial="2", issuer="OP-P", product="白菜", quantity=one),
        "output": Transformation(
            id="new",
            at=at,
            site="Z",
            kind="repack",
            inputs=(Portion("OP-Z/Q", one),),
            outputs=(Output(lot=LOT, quantity=one, product="白菜"),),
        ),
        "transfer": Transfer(id="new", at=at, site="W", to="Z", lot=LOT, product="白菜", quantity=one),
    }
    return events[kind]


@pytest.mark.parametrize("kind", ["receipt", "entry", "certificate", "output", "transfer"])
def test_a_record_with_another_product_takes_nobody_off(world: World, kind: str) -> None:
    before = ask(world)
    assert {row.site: row.link for row in before.outlets} == {"X": "possible"}
    world.put(record(kind, world))
    after = ask(world)
    assert {row.site for row in after.outlets} == {"X", "Z"}
    assert not [each for each in after.untraced if each.reason == "not_held"], "by the certificate W held milk"
    assert [(line.site, line.most) for line in after.without_lot] == [("X", 10_000)]


@pytest.mark.parametrize("kind", ["receipt", "transfer"])
def test_goods_sent_as_what_only_one_record_calls_the_lot_are_possible(world: World, kind: str) -> None:
    world.put(record(kind, world))
    with world.read() as session:
        (twice,) = (each for each in reconcile(session, now=micros(world.now)).open if each.kind == "described_twice")
    assert twice.words == ("牛奶", "白菜")
    assert world.case(world.open(scope=Given(product="白菜"))).operator == "OP-P", "one word is enough for a rule"
    world.put(Transfer(id="more", at=world.now, site="W", to="Y", product="白菜", quantity=kg(3)))
    assert {row.site: row.link for row in ask(world).outlets if row.site in "XY"} == {"X": "possible", "Y": "possible"}
    world.put(Transfer(id="tea", at=world.now, site="W", to="F", product="茶", quantity=kg(3)))
    assert "F" not in {row.site for row in ask(world).others}
