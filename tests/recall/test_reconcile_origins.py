"""A reconciliation of lots that began more than once, sides in unlike units, times that contradict each other, and of nothing at all."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import Event, MarketEntry, Output, Portion, Receipt, Sale, StockCount, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.operations.reconciling import Reconciliation
from foodtrace.recall import books
from foodtrace.schemas import schema_of
from tests.recall.dispatched import LOT, certificate, got, grams, hours, ledger, sent, told

__all__ = ["ledger"]


def blend(name: str, site: str, lot: str, q: int, out: int | None = None) -> Transformation:
    made = Output(lot=lot, quantity=grams(q if out is None else out), product="芹菜")
    return Transformation(id=name, at=hours(9), site=site, inputs=(Portion(LOT, grams(q)),), outputs=(made,), kind="blend")


def origins(found: Reconciliation) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.lot, each.words) for each in found.open if each.kind == "several_origins"]


def test_a_lot_that_began_at_two_places_is_open_with_each_of_them(ledger: Ledger) -> None:
    found = told(ledger, certificate(q=100), sent("t", 40), blend("one", "F-1", "F-1/M", 30), blend("two", "X-1", "F-1/M", 20))
    assert origins(found) == [("F-1/M", ("name F-1 F-1: 30 g", "name X-1 X-1: 20 g"))]
    (each,) = [each for each in found.open if each.kind == "several_origins"]
    assert (each.product, each.site, each.difference, each.unit) == ("芹菜", "", 0, "g")
    assert len(each.entries) == 2
    assert (each.at, each.times) == ("2026-11-02T05:00:00Z", ("2026-11-02T05:00:00Z",) * 2)
    jsonschema.validate(json.loads(msgspec.json.encode(found)), schema_of("reconcile"))
    (kind,) = found.finding_kinds
    assert kind.kind == "several_origins"


def test_each_birth_has_its_own_time_and_the_first_is_the_lots(ledger: Ledger) -> None:
    late = msgspec.structs.replace(blend("one", "F-1", "F-1/M", 30), at=hours(11))
    found = told(ledger, certificate(q=100), sent("t", 40), late, blend("two", "X-1", "F-1/M", 20))
    (each,) = [each for each in found.open if each.kind == "several_origins"]
    assert each.at == "2026-11-02T05:00:00Z"
    assert dict(zip(each.words, each.times, strict=True)) == {
        "name F-1 F-1: 30 g": "2026-11-02T07:00:00Z",
        "name X-1 X-1: 20 g": "2026-11-02T05:00:00Z",
    }


def test_it_is_told_of_every_site_that_has_some_of_the_lot_and_in_the_window_of_a_birth(ledger: Ledger) -> None:
    told(ledger, certificate(q=100), blend("one", "F-1", "F-1/M", 30), blend("two", "F-1", "F-1/M", 20))
    told(ledger, Transfer(id="on", at=hours(12), site="F-1", to="X-1", lot="F-1/M", quantity=grams(5)))
    assert len(origins(told(ledger, site="X-1"))) == 1
    assert origins(told(ledger, site="Y-1")) == []
    assert len(origins(told(ledger, start=micros(hours(9)), end=micros(hours(9))))) == 1
    assert origins(told(ledger, start=micros(hours(10)))) == []


def test_two_names_of_one_lot_that_each_began_are_one_lot_of_two_origins(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the portions are that lots are read in."""
    from foodtrace.events import Alias

    monkeypatch.setattr(books, "_PORTION", 1)
    alias = Alias(id="a", at=hours(10), site="F-1", lot="F-1/M", alias="F-1/Z")
    found = told(ledger, certificate(q=100), blend("one", "F-1", "F-1/M", 30), blend("two", "F-1", "F-1/Z", 20), alias)
    assert len(origins(found)) == 1


def test_one_birth_that_two_logs_tell_is_one_origin_and_a_second_one_is_what_a_recall_says_too(ledger: Ledger) -> None:
    entry = MarketEntry(id="in", at=hours(2), site="M-1", seller="F-1", decision="admitted", lot=LOT, product="芹菜", quantity=grams(60))
    assert origins(told(ledger, entry, other=(entry,))) == []
    found = told(ledger, certificate())  # by which nobody let it in: two say that they were the first to have it
    assert len(origins(found)) == 1
    assert "several_origins" in {each.kind for each in ledger.recall(LOT).untraced}


NOWHERE: dict[str, tuple[Event, ...]] = {
    "only sent": (sent("t", 40),),
    "only received": (got("r", 7, doc="D-7"),),
    "received from nobody": (got("r", 7, source=""),),
    "only sold": (Sale(id="s", at=hours(5), site="X-1", lot=LOT, quantity=grams(2)),),
    "only counted": (StockCount(id="c", at=hours(6), site="Y-1", lot=LOT, quantity=grams(25)),),
    "made into something": (blend("one", "F-1", "F-1/M", 30),),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_a_lot_that_began_nowhere_is_open_by_what_shows_of_it(ledger: Ledger, case: str) -> None:
    """Why there is no origin_missing here: it would be said twice."""
    found = told(ledger, *NOWHERE[case])
    assert "origin_missing" not in {each.kind for each in found.open}
    assert LOT in {each.lot for each in found.open}


def test_two_sides_in_unlike_units_keep_both(ledger: Ledger) -> None:
    pieces: dict[str, Any] = {"id": "r", "at": hours(5), "site": "X-1", "source": "F-1", "transfer": "t", "lot": LOT}
    found = told(ledger, certificate(q=12_000), sent("t", 12_000, in_transit=True), Receipt(**pieces, quantity=Quantity(240, "piece")))
    (each,) = [each for each in found.open if each.kind == "unit_differs"]
    assert (each.sent, each.unit, each.received, each.received_unit, each.difference) == (12_000, "g", 240, "piece", 0)
    assert [each.received_unit for each in told(ledger, got("late", 3, doc="D")).open if each.kind == "not_sent"] == [""]


def test_times_that_contradict_each_other_are_both_told(ledger: Ledger) -> None:
    found = told(ledger, certificate(q=100), sent("t", 40, hour=9, in_transit=True), got("r", 40, hour=5, transfer="t"))
    (each,) = [each for each in found.open if each.kind == "time_contradiction"]
    assert (each.at, each.received_at, each.began_at) == (clock(9), clock(5), None)
    found = told(ledger, certificate("F-1/N", q=10, at=hours(20)), sent("u", 4, hour=15, lot="F-1/N"))
    (each,) = [each for each in found.open if each.kind == "time_contradiction" and each.lot == "F-1/N"]
    assert (each.at, each.began_at) == (clock(15), clock(20))


def clock(hour: int) -> str:
    from foodtrace.recall.breaks import shown_time

    return str(shown_time(micros(hours(hour))))


def test_nothing_to_compare_is_no_everything_adds_up(ledger: Ledger) -> None:
    empty = told(ledger)
    assert (empty.nothing, empty.compared, empty.first, empty.last) == (True, 0, None, None)
    whole = told(ledger, certificate(), sent("t", 40, hour=9))
    assert not whole.nothing
    assert (whole.first, whole.last) == (clock(0), clock(9))
    outside = told(ledger, start=micros(hours(60)))
    assert (outside.nothing, outside.compared) == (True, 0)
    assert (outside.first, outside.last) == (whole.first, whole.last)
    assert told(ledger, site="Y-1").nothing
    inside = told(ledger, start=micros(hours(8)), end=micros(hours(10)))
    assert not inside.nothing
    assert 0 < inside.compared < whole.compared
