"""Every kind of finding as it is typed: records from a file, a recall of them that must say it, and the nearest that must not.

A kind is what a person reads in "could not be traced". The worlds are the smallest in which it must come; beside each stands the same
one but for a word, a number or a day, in which it would be a false alarm.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
import pytest

from foodtrace.events import (
    Event,
    Output,
    Portion,
    StockCount,
    Transformation,
)
from foodtrace.quantity import Quantity
from foodtrace.recall.findings import KINDS
from tests.cli.inside import Inside, here
from tests.cli.typedtrade import (
    CASE,
    CHAIN,
    LOT,
    NOW,
    ON_ROAD,
    START,
    answered,
    back,
    begun,
    born,
    cut,
    day,
    g,
    got,
    kinds,
    notice,
    opened,
    record,
    sealed,
    sent,
    sold,
    type_in,
)
from tests.recall.casework import own_rules

__all__ = ["here"]


Records = tuple[Event, ...]
KINDS_TYPED: Final[dict[str, tuple[Records, Records]]] = {
    "not_received": ((*CHAIN, ON_ROAD), (*CHAIN, sent(20, 14, in_transit=True))),
    "not_sent": ((*CHAIN, got(20, 2, source="W")), (*CHAIN, sent(20, 2))),
    "source_missing": ((*CHAIN, got(20, 2)), (*CHAIN, got(20, 2, source="W"))),
    "destination_missing": ((*CHAIN, sent(20, 2, to="")), (*CHAIN, sent(20, 2))),
    "quantity_differs": ((*CHAIN, ON_ROAD, got(19, 3, source="W", transfer="T")), (*CHAIN, ON_ROAD, got(20, 3, source="W", transfer="T"))),
    "unit_differs": (
        (*CHAIN, ON_ROAD, got(0, 3, source="W", transfer="T", quantity=Quantity(20, "piece"))),
        (*CHAIN, ON_ROAD, got(20, 3, source="W", transfer="T")),
    ),
    "origin_missing": (CHAIN[1:], CHAIN),
    "several_origins": ((*CHAIN, born("L", 1, q=5)), (*CHAIN, born("K", 1, q=5))),
    "same_lot_no_path": ((*CHAIN, got(20, 2)), (*CHAIN, got(20, 2, source="W"))),
    "code_only": ((*CHAIN, got(5, 2, lot="WHO/L")), (*CHAIN, got(5, 2, lot="OP-Q/L"))),
    "lot_missing": ((*CHAIN, sent(5, 2, lot="", product="芹菜")), (*CHAIN, sent(5, -0.5, lot="", product="芹菜"))),
    "mixed_stall": (
        (*CHAIN, born("K", 0, at="Q"), sent(9, 1, source="Q", to="W", lot="OP-Q/K"), sent(5, 2, lot="", product="芹菜")),
        (*CHAIN, born("K", 0, at="Q"), sent(9, 1, source="Q", to="Z", lot="OP-Q/K"), sent(5, 2, lot="", product="芹菜")),
    ),
    "unexplained_stock": ((*CHAIN, sold(101, 2)), (*CHAIN, sold(100, 2))),
    "unaccounted": (
        (*CHAIN, StockCount(id="-", at=day(2), site="W", lot=LOT, quantity=g(99))),
        (*CHAIN, StockCount(id="-", at=day(2), site="W", lot=LOT, quantity=g(100))),
    ),
    "mass_gain": ((*CHAIN, cut(11)), (*CHAIN, cut(10))),
    "over_certified": ((*CHAIN, sent(1, 2, source="P")), (born("L", 0, q=101), *CHAIN[1:], sent(1, 2, source="P"))),
    "time_contradiction": ((*CHAIN, sold(1, -0.1, at="P")), (born("L", 0, q=101), *CHAIN[1:], sold(1, 0, at="P"))),
    "no_answer": ((*CASE, notice(12)), (*CASE, notice(12), answered(13))),
    "before_known": ((*CASE, sold(1, 3, at="X")), (*CASE, sold(1, 2.9, at="X"))),
    "after_notice": ((*CASE, notice(4), sold(1, 4, at="X")), (*CASE, notice(4), sold(1, 3.9, at="X"))),
    "restocked": ((*CASE, sealed(60), sold(1, 5, at="X")), (*CASE, sealed(59), sold(1, 5, at="X"))),
    "returns_exceed_sales": ((*CHAIN, sold(5, 2), back(6, 3)), (*CHAIN, sold(5, 2), back(5, 3))),
}
"""Kind -> (records that raise it on day 20, the nearest that do not)."""


@pytest.mark.parametrize("kind", KINDS_TYPED)
@pytest.mark.parametrize("raises", [True, False])
def test_a_kind_comes_where_it_must_and_not_beside_it(here: Inside, kind: str, raises: bool) -> None:
    record(begun(here), *KINDS_TYPED[kind][0 if raises else 1], ids="e")
    found = kinds(here)
    assert (kind in found) == raises, found
    assert not raises or all(entry.startswith("county/one#") for entry in found[kind])
    assert not raises or found[kind]


@pytest.mark.parametrize(("second", "raises"), [(6, True), (5, False)])
def test_one_event_id_with_two_contents_in_two_logs(here: Inside, second: int, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, *CHAIN, msgspec.structs.replace(sent(5, 2), id="same"), ids="e", log="one")
    record(here, msgspec.structs.replace(sent(second, 2), id="same"), ids="f", log="two")
    assert ("duplicate_conflict" in kinds(here)) == raises


@pytest.mark.parametrize("raises", [True, False])
def test_somebody_else_objects(here: Inside, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, *CHAIN, msgspec.structs.replace(sent(5, 2), id="theirs"), born("K", 1), ids="e", log="one")
    entry = "theirs" if raises else "e-3"
    type_in(here, "correct", entry, "--dispute", "--note", "we never got these", log="two")
    assert ("disputed" in kinds(here)) == raises


@pytest.mark.parametrize(("t", "raises"), [(2.9, True), (3.1, False)])
def test_a_log_that_was_not_heard_of_since_the_case_was_opened(here: Inside, t: float, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, sent(1, 2, lot="OP-Q/K"), ids="f", t=t, log="two")
    record(here, *CASE, ids="e", log="one")
    assert ("log_behind" in kinds(here)) == raises


@pytest.mark.parametrize(("t", "raises"), [(12.9, True), (13.1, False)])
def test_a_site_with_stock_that_wrote_nothing_for_a_week(here: Inside, t: float, raises: bool) -> None:
    record(begun(here), *CHAIN, sold(99, 2), ids="e", t=t)
    assert ("silent_site" in kinds(here)) == raises


@pytest.mark.parametrize(("produced", "raises"), [(None, True), ("2026-03-01", False), ("2026-02-27", False)])
def test_a_rule_asks_for_what_nobody_recorded(here: Inside, produced: str | None, raises: bool) -> None:
    made = None if produced is None else dt.date.fromisoformat(produced)
    record(begun(here), born("L", 0, harvested=made), born("K", 0, at="P", harvested=dt.date(2026, 3, 1)), ids="e")
    found = kinds(here, "--producer", "OP-P", "--produced", "2026-03-01..2026-03-02")
    assert ("attribute_missing" in found) == raises


@pytest.mark.parametrize(("years", "raises"), [(5, True), (0, False)])
def test_working_days_of_a_year_without_a_table(here: Inside, years: int, raises: bool) -> None:
    later = 365 * years
    begun(here, START + later)
    moved = [msgspec.structs.replace(each, at=each.at + dt.timedelta(days=later)) for each in (*CHAIN, sent(60, 2))]
    record(here, *moved, opened(3 + later), notice(4 + later), ids="e", t=NOW + later)
    found = kinds(here, t=NOW + later)
    assert ("calendar_missing" in found, "no_answer" in found) == (raises, not raises)


@pytest.mark.parametrize(("made", "product", "raises"), [(899, "芹菜段", True), (900, "芹菜段", False), (899, "芹菜叶", False)])
def test_a_yield_that_the_rule_pack_of_a_city_calls_odd(here: Inside, made: int, product: str, raises: bool) -> None:
    own_rules(here.folder, '[yields]\n"芹菜段" = { least = 900, most = 950 }')
    out = (Output(lot="OP-W/M", quantity=g(made), product=product),)
    cutting = Transformation(id="-", at=day(2), site="W", kind="process", inputs=(Portion(LOT, g(1000)),), outputs=out)
    record(begun(here), born("L", 0, q=1000), sent(1000, 1, source="P", to="W"), cutting, ids="e")
    assert "yield_odd" not in kinds(here)
    here.set("FOODTRACE_RULES", "rules")
    assert ("yield_odd" in kinds(here)) == raises


def test_no_kind_is_left_out() -> None:
    elsewhere = {"silent_site", "duplicate_conflict", "disputed", "log_behind", "attribute_missing", "calendar_missing"}
    assert KINDS_TYPED.keys() | elsewhere | {"yield_odd"} == KINDS
