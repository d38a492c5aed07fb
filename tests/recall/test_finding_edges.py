"""Every kind of finding at its edge: a world that raises it, and the nearest one that must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
import pytest

from foodtrace.events import PredicateClause
from foodtrace.graph.flows import Act, Copies, FlowKind, LogInfo, LotInfo
from foodtrace.recall.calendars import calendar
from foodtrace.recall.deadlines import Calendar
from foodtrace.recall.findings import KINDS
from tests.recall.asked import CHAIN, CUSTODY, YIELDS, Told
from tests.recall.notation import NOTICE, OWN, at

World: TypeAlias = Callable[[], Told]


def case(records: str, *, notice: float = 12, now: float = 20) -> Told:
    return Told(CHAIN + records, case=True, now=now).notice("W", day=notice)


def unanswered(now: float) -> Told:
    return Told(CHAIN, case=True, now=now).notice("W", answered=False)


def sites(last: float | None) -> Told:
    told = Told(CHAIN)
    known = told.build.facts().sites(list(told.sites)).values()
    told.more["sites"] = [msgspec.structs.replace(each, last_entry=None if last is None else at(last)) for each in known]
    return told


def coded(authority: str, producer: str = "") -> Told:
    told = Told(CHAIN + "W->X M5 @4")
    told.more["lots"] = [LotInfo(lot=100, text=f"{OWN}/L", producer=OWN), LotInfo(lot=101, text=f"{authority}/L", producer=producer)]
    return told


def copied(*, alike: bool) -> Told:
    told = Told(CHAIN)
    first = next(flow for flow in told.build.flows if flow.kind == FlowKind.RECEIPT)
    told.build.flows.append(msgspec.structs.replace(first, log=2, q=first.q if alike else 99))
    told.more["copies"] = [Copies(id="E", entries=((first.log, first.seq), (2, first.seq)), alike=alike)]
    return told


def objected(entry: tuple[int, int]) -> Told:
    told = Told(CHAIN + "K:P 5")
    told.more["disputes"] = [entry]
    return told


def logged(newest: int) -> Told:
    told = Told(CHAIN, case=True)
    told.more["logs"] = [LogInfo(log=7, size=3, newest=newest)]
    return told


def packed(day: float) -> Told:
    told = Told(CHAIN, case=True)
    lots, places = ({name: number for number, name in each.items()} for each in (told.lots, told.sites))
    told.more["acts"] = [Act(doing="packing", lot=lots["L"], site=places["W"], t=at(day), entry=(1, 50))]
    return told


def certified(sent: int) -> Told:
    return Told(f"L:P 100\nP->W L60 @2\nP->X L{sent} @2").change(FlowKind.BORN, pair="0001")


TWO: Final = "L:P 40\nK:P 60\nP->S L40 @2\n"

EDGES: Final[dict[str, tuple[World, World]]] = {
    "not_received": (lambda: Told(CHAIN + "W->X L20 @12.99 sent"), lambda: Told(CHAIN + "W->X L20 @13 sent")),
    "not_sent": (lambda: Told(CHAIN + "W->X L20 @4 got"), lambda: Told(CHAIN + "W->X L20 @4")),
    "source_missing": (lambda: Told(CHAIN + "?->X L20 @4 got"), lambda: Told(CHAIN + "W->X L20 @4 got")),
    "destination_missing": (lambda: Told(CHAIN + "W->? L20 @4 sent"), lambda: Told(CHAIN + "W->X L20 @4 sent")),
    "quantity_differs": (lambda: Told(CHAIN + "W->X L20 @4 received 19"), lambda: Told(CHAIN + "W->X L20 @4 received 20")),
    "unit_differs": (lambda: Told(CHAIN + "W->X L20 @4").change(FlowKind.RECEIPT, 1, unit=2), lambda: Told(CHAIN + "W->X L20 @4")),
    "origin_missing": (lambda: Told("P->X L20 @4"), lambda: Told("L:P 20\nP->X L20 @4")),
    "several_origins": (lambda: Told("L:P 10\nL:P 10"), lambda: Told("L:P 10\nK:P 10")),
    "same_lot_no_path": (lambda: Told(CHAIN + "?->X L20 @4 got"), lambda: Told(CHAIN + "W->X L20 @4 got")),
    "code_only": (lambda: coded("WHO"), lambda: coded("OTHER", "OTHER")),
    "lot_missing": (lambda: Told(TWO + "S->X 50 @3 unnamed"), lambda: Told(TWO + "S->X 50 @1 unnamed")),  # L came on day 2
    "mixed_stall": (lambda: Told(TWO + "P->S K60 @2\nS->X 50 @3 unnamed"), lambda: Told(TWO + "P->S K60 @3.1\nS->X 50 @3 unnamed")),
    "unexplained_stock": (lambda: Told(CHAIN + "W sells L101 @5"), lambda: Told(CHAIN + "W sells L100 @5")),
    "unaccounted": (lambda: Told(CHAIN + "W counts L99 @5"), lambda: Told(CHAIN + "W counts L100 @5")),
    "mass_gain": (lambda: Told("L:P 10\nP: L10 = M11 @2"), lambda: Told("L:P 10\nP: L10 = M10 @2")),
    "yield_odd": (
        lambda: Told("L:P 1000\nP: L1000 = M899 @2", settings=YIELDS),
        lambda: Told("L:P 1000\nP: L1000 = M900 @2", settings=YIELDS),
    ),
    "over_certified": (lambda: certified(41), lambda: certified(40)),
    "time_contradiction": (lambda: Told("L:P 10 @5\nP sells L3 @4.9"), lambda: Told("L:P 10 @5\nP sells L3 @5")),
    "silent_site": (lambda: sites(12.99), lambda: sites(13)),
    "log_behind": (lambda: logged(at(NOTICE) - 1), lambda: logged(at(NOTICE))),
    "no_answer": (lambda: unanswered(14), lambda: unanswered(13)),  # day 10 is a Sunday: four and three working days later
    "before_known": (lambda: case("W sells L5 @10"), lambda: case("W sells L5 @9.99")),
    "after_notice": (lambda: case("W sells L5 @12"), lambda: case("W sells L5 @11.99")),
    "restocked": (
        lambda: Told(CUSTODY + "X sells L1 @12", case=True),
        lambda: Told(CUSTODY.replace("seals L60", "seals L59") + "X sells L1 @12", case=True),
    ),
    "returns_exceed_sales": (lambda: Told(CHAIN + "W sells L5 @5\nW takes L6 @6"), lambda: Told(CHAIN + "W sells L5 @5\nW takes L5 @6")),
    "duplicate_conflict": (lambda: copied(alike=False), lambda: copied(alike=True)),
    "disputed": (lambda: objected((1, 1)), lambda: objected((1, 3))),
}
"""Kind -> (a world that raises it, the nearest that does not). Two more need more than a world, below."""


@pytest.mark.parametrize("kind", EDGES)
def test_a_kind_is_raised_on_one_side_of_its_edge_and_not_on_the_other(kind: str) -> None:
    tables = calendar()
    raised, missed = ({each.kind: each for each in world().found(tables)} for world in EDGES[kind])
    assert kind in raised
    assert raised[kind].entries, "it names the entries behind it"
    assert kind not in missed


def test_what_was_packed_at_the_opening_is_in_spite_of_it_and_before_it_is_not() -> None:
    assert [[each.kind for each in packed(day).found()] for day in (NOTICE, NOTICE - 0.01)] == [["before_known"], []]


def test_a_year_without_table_is_said_and_one_with_a_table_is_not() -> None:
    for tables, expected in ((Calendar({}), True), (calendar(), False)):
        assert ("calendar_missing" in {each.kind for each in unanswered(15).found(tables)}) == expected


def test_an_attribute_on_record_is_not_missing() -> None:
    def kinds(gtin: str) -> set[str]:
        told = Told(CHAIN)
        told.more["lots"] = [LotInfo(lot=100, text=f"{OWN}/L", product="goods", gtin=gtin, producer=OWN)]
        return {each.kind for each in told.found(clause=PredicateClause(product="goods", gtin="06909999000012"))}

    assert ["attribute_missing" in kinds(gtin) for gtin in ("", "06909999000012", "06909999000029")] == [True, False, False]


def test_no_kind_is_left_out() -> None:
    assert EDGES.keys() | {"calendar_missing", "attribute_missing"} == KINDS
