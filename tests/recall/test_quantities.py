"""The identity of RECALL section 4 on single holdings: counts, over, custody, and what lay there when the notice came."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace.graph.flows import ALWAYS, DAY, NEVER, UNKNOWN_TIME, Flow, FlowKind
from foodtrace.recall.moves import pair
from foodtrace.recall.quantities import Books, HoldingSum, holdings
from tests.recall.notation import Build, at


def sums(records: str, lot: str, site: str, *, before: float | None = None) -> HoldingSum:
    build = Build(records)
    made = holdings(pair(build.flows, {}, {}), build.flows, before=None if before is None else at(before))
    found = made.get((build.lots[lot], build.sites[site], 0), HoldingSum())
    assert found.inflow == found.outflow
    return found


def terms(records: str, **given: Any) -> dict[str, int]:
    found = sums(records, "L", "X", **given)
    return {name: value for name in found.__struct_fields__ if (value := getattr(found, name)) and name != "counted"}


IN = "P->X L10 @2\n"
CASES = {
    "nothing is clipped when too much is sold": (IN + "X sells L15 @3", {"received": 10, "sold": 15, "over": 5}),
    "a later arrival repays it": (IN + "X sells L15 @3\nP->X L8 @4", {"received": 18, "sold": 15, "on_hand": 3}),
    "a count below the book": (IN + "X counts L7 @3", {"received": 10, "on_hand": 7, "unaccounted": 3}),
    "a count above the book": (IN + "X counts L12 @3", {"received": 10, "over": 2, "on_hand": 12}),
    "a count over an oversold book": (IN + "X sells L15 @3\nX counts L2 @4", {"received": 10, "sold": 15, "over": 7, "on_hand": 2}),
    "flows after a count are added": (IN + "X counts L7 @3\nX sells L2 @4", {"received": 10, "sold": 2, "unaccounted": 3, "on_hand": 5}),
    "two counts add up both ways": (
        IN + "X counts L7 @3\nX counts L9 @4",
        {"received": 10, "unaccounted": 3, "over": 2, "on_hand": 9},
    ),
    "a count of the same instant comes last": (IN + "X counts L6 @3\nX sells L4 @3", {"received": 10, "sold": 4, "on_hand": 6}),
    "use and loss are told apart": (IN + "X uses L1 @3\nX loses L2 @3", {"received": 10, "used": 1, "lost": 2, "on_hand": 7}),
    "sealed goods are on hand": (IN + "X seals L4 @3", {"received": 10, "on_hand": 10, "sealed": 4, "marked": 4}),
    "what is sealed beyond the book is over": (
        IN + "X seals L40 @3",
        {"received": 10, "over": 30, "on_hand": 40, "sealed": 40, "marked": 40},
    ),
    "a second sealing is of other goods": (
        IN + "X seals L8 @3\nX seals L3 @4",
        {"received": 10, "over": 1, "on_hand": 11, "sealed": 11, "marked": 11},
    ),
    "what came back is sealed where it lies": (
        IN + "X sells L10 @3\nX takes L2 @4\nX seals L2 @5",
        {"received": 10, "sold": 10, "brought_back": 2, "on_hand": 2, "back": 2, "marked": 2},
    ),
    "free goods are sold before sealed ones": (
        IN + "X seals L4 @3\nX sells L8 @4",
        {"received": 10, "sold": 8, "on_hand": 2, "sealed": 2, "marked": 2},
    ),
    "destruction takes custody first, what came back before what was sealed": (
        IN + "X sells L3 @3\nX takes L2 @4\nX seals L4 @5\nX destroys L5 @6",
        {"received": 10, "sold": 3, "brought_back": 2, "destroyed": 5, "on_hand": 4, "sealed": 1, "marked": 1},
    ),
    "a recall return takes custody first": (IN + "X seals L4 @3\nX=>P L6 @4", {"received": 10, "returned_out": 6, "on_hand": 4}),
    "a count below the book takes free goods first": (
        IN + "X seals L4 @3\nX counts L5 @4",
        {"received": 10, "unaccounted": 5, "on_hand": 5, "sealed": 4, "marked": 4},
    ),
    "custody repays what was oversold": (
        IN + "X sells L13 @3\nX takes L5 @4",
        {"received": 10, "sold": 13, "brought_back": 5, "on_hand": 2, "back": 2},
    ),
    "what travels is no stock": ("P->X L10 @2 sent", {"travelling": 10}),
    "received less than sent": ("P->X L10 @2/3 received 8", {"received": 8, "on_hand": 8, "travelling": 2}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_identity_and_custody(case: str) -> None:
    records, expected = CASES[case]
    assert terms("L:P 100\n" + records) == expected


def test_one_side_of_a_move_is_enough_for_both_books() -> None:
    records = "L:P 100\nP->X L10 @2 got"
    assert terms(records) == {"received": 10, "on_hand": 10}
    assert sums(records, "L", "P").dispatched == 10


def test_stock_before_a_moment_leaves_out_what_happens_at_it() -> None:
    records = "L:P 100\nP->X L10 @2\nX sells L3 @4"
    assert terms(records, before=4) == {"received": 10, "on_hand": 10}
    assert terms(records, before=2) == {}


def test_on_hand_at_notice_has_what_came_by_then_and_not_lost_what_left_at_that_moment() -> None:
    build = Build("L:P 100\nP->X L10 @2\nX sells L3 @4\nP->X L5 @5\nX sells L2 @5\nP->X L1 @6")
    key = (build.lots["L"], build.sites["X"], 0)
    books = Books(pair(build.flows, {}, {}), build.flows)
    assert books.at_notice(key, at(5)) == 12
    said = Books(pair(build.flows, {}, {}), build.flows, said={key: (at(5), 4)})
    assert said.at_notice(key, at(5)) == 9
    found = said.sum(key)
    assert (found.on_hand, found.unaccounted, found.counted) == (8, 3, True)


def test_a_move_known_to_the_day_leaves_before_a_count_of_that_evening_and_after_the_morning() -> None:
    day, evening = at(3), at(3) + 86_400_000_000 - 1
    flows = [
        Flow(FlowKind.BORN, 1, 1, 0, 0, 10, day, day, 1, 1, 0, "", DAY),
        Flow(FlowKind.DISPATCH, 1, 1, 2, 0, 4, evening, day, 1, 2, 0, "T", DAY),
        Flow(FlowKind.RECEIPT, 1, 2, 1, 0, 4, day, day, 1, 3, 0, "T", DAY),
        Flow(FlowKind.SOLD, 1, 2, 0, 0, 3, evening, day, 1, 4, 0, "", DAY),
        Flow(FlowKind.COUNT, 1, 1, 0, 0, 6, day + 1, day, 1, 5, 0, "", 0),
    ]
    made = holdings(pair(flows, {}, {}), flows)
    assert (made[1, 1, 0].on_hand, made[1, 1, 0].unaccounted, made[1, 1, 0].over) == (6, 0, 0)
    assert (made[1, 2, 0].on_hand, made[1, 2, 0].sold) == (1, 3)


def test_times_that_are_not_known_are_booked_all_the_same() -> None:
    flows = [
        Flow(FlowKind.BORN, 1, 1, 0, 0, 10, ALWAYS, 5, 1, 1, 0, "", UNKNOWN_TIME),
        Flow(FlowKind.SOLD, 1, 1, 0, 0, 3, NEVER, 5, 1, 2, 0, "", UNKNOWN_TIME),
    ]
    assert holdings([], flows)[1, 1, 0].on_hand == 7


def test_unlike_units_are_kept_in_books_of_their_own() -> None:
    flows = [
        Flow(FlowKind.DISPATCH, 1, 1, 2, 0, 9000, 3, 3, 1, 1, 0, "T"),
        Flow(FlowKind.RECEIPT, 1, 2, 1, 2, 10, 4, 4, 1, 2, 0, "T"),
    ]
    made = holdings(pair(flows, {}, {}), flows)
    assert (made[1, 1, 0].dispatched, made[1, 1, 0].over) == (9000, 9000)
    assert (made[1, 2, 2].received, made[1, 2, 2].on_hand, made[1, 2, 2].travelling) == (10, 10, 0)
