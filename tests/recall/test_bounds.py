"""Bounds of RECALL section 4: the fifteen worlds, each rule by itself, and order within one instant."""

from __future__ import annotations

import pytest

from foodtrace.recall.affected import find
from foodtrace.recall.measure import measure
from tests.recall.notation import OWN, SETTINGS, Build, clauses
from tests.recall.worlds import WORLDS, World


def measured(
    records: str, scope: str = "L", *, now: float = 20, units: dict[str, str] | None = None
) -> dict[str, tuple[int, int, int, int]]:
    facts = Build(records, units=units).facts(now)
    found = find(facts, clauses(scope), settings=SETTINGS, own_operator=OWN)
    texts = facts.texts({n for key in found.holdings for n in key})
    return {
        texts[lot].rpartition("/")[2] + texts[site]: (each.quantity, each.least, each.proportional, each.most)
        for (lot, site, _), each in measure(facts, found, clauses(scope)).items()
    }


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_fifteen_worlds(world: World) -> None:
    got = measured(world.records, world.scope, units=world.units)
    expected = {name: (q, *(three or (q, q, q))) for name, (_, q, three) in world.expected.items()}
    # A holding that nothing ever arrived at (a lost truck) has no pool and nothing in it.
    assert {**dict.fromkeys(expected, (0, 0, 0, 0)), **got} == expected


# Each rule by itself: (records, scope, holding, expected (Q, least, proportional, most)).
RULES = {
    "what one branch takes the other may lack": ("L:P 30\nK:P 70\nP: L30 + K70 = M100 @2\nP->X M80 @3", "L", "MX", (80, 10, 24, 30)),
    "growing adds goods of unknown origin": ("L:P 10\nP: L10 = M15 @2\nP->X M15 @3", "L", "MX", (15, 10, 10, 15)),
    "growing of a mixture too": ("L:P 10\nK:P 10\nP: L10 + K10 = M25 @2\nP->X M25 @3", "L", "MX", (25, 10, 10, 15)),
    "lost on the road is discarded in the worst way": (
        "L:P 5\nK:P 5\nP: L5 + K5 = M10 @2\nP->X M10 @3 received 8",
        "L",
        "MX",
        (8, 3, 4, 5),
    ),
    "found on the road is of unknown origin": ("L:P 5\nK:P 5\nP: L5 + K5 = M10 @2\nP->X M10 @3 received 12", "L", "MX", (12, 5, 5, 7)),
    "excess is of unknown origin": ("L:P 4\nK:P 4\nP: L4 + K4 = M8 @2\nP->X M8 @3\nX->Y M10 @4", "L", "MY", (10, 4, 4, 6)),
    "excess is repaid by the next arrival": (
        "L:P 8\nK:P 8\nP: L8 + K8 = M16 @2\nP->X M8 @3\nX->Y M10 @4\nP->X M8 @5",
        "L",
        "MX",
        (6, 0, 3, 6),
    ),
    "a count above the book adds what nobody knows": (
        "L:P 4\nK:P 4\nP: L4 + K4 = M8 @2\nP->X M8 @3\nX counts M11 @4",
        "L",
        "MX",
        (11, 4, 4, 7),
    ),
    "a count below it takes out in the worst way": (
        "L:P 4\nK:P 4\nP: L4 + K4 = M8 @2\nP->X M8 @3\nX counts M5 @4",
        "L",
        "MX",
        (5, 1, 3, 4),
    ),
    "what a consumer brings back may be of any shop": (
        "L:P 4\nK:P 4\nP: L4 + K4 = M8 @2\nP->X M8 @3\nX sells M8 @4\nX takes M2 @5",
        "L",
        "MX",
        (2, 0, 1, 2),
    ),
    "clean goods on the same shelf stay clean": ("L:P 10\nP->S L6 @2\nP->X L4 @3\nS->X L6 @5", "left S 5 6", "LX", (10, 6, 6, 6)),
    "a window opens over what lies there": ("L:P 10\nP->S L4 @2\nP->S L2 @5\nP->S L4 @7\nS->X L8 @8", "through S 4 6", "LX", (8, 4, 5, 6)),
    "when it left counts, not when it arrived": ("L:P 9\nP->S L9 @1\nS->X L2 @5.9/7\nS->X L3 @4/5.5", "left S 5 6", "LX", (5, 2, 2, 2)),
    "the ends of a window are in": ("L:P 9\nP->S L9 @1\nS->X L2 @5\nS->X L3 @6\nS->X L4 @6.1", "left S 5 6", "LX", (9, 5, 5, 5)),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule(rule: str) -> None:
    records, scope, holding, expected = RULES[rule]
    assert measured(records, scope)[holding] == expected


def test_at_one_instant_what_comes_in_precedes_what_goes_out_whatever_the_order_of_records() -> None:
    lines = ["S->X M4 @3", "P->S M8 @3", "P: L4 + K4 = M8 @3", "X->Y M4 @3", "L:P 4 @3", "K:P 4 @3"]
    for turn in range(len(lines)):
        assert measured("\n".join(lines[turn:] + lines[:turn]))["MY"] == (4, 0, 2, 4)


def test_a_cycle_within_one_instant_is_cut_at_its_smallest_id() -> None:
    # W sends to X while X, still empty, sends to W: what the first record sends is there for the second.
    start = "L:P 30\nK:P 30\nP: L30 + K30 = M60 @2\nP->W M60 @2.5\n"
    there = measured(start + "W->X M40 @3\nX->W M20 @3")
    assert (there["MX"], there["MW"]) == ((20, 0, 10, 20), (40, 0, 20, 40))
    back = measured(start + "X->W M20 @3\nW->X M40 @3")
    assert (back["MX"], back["MW"]) == ((20, 0, 8, 20), (40, 0, 15, 40))


def test_unlike_inputs_leave_everything_open_unless_all_or_nothing_is_affected() -> None:
    units = {"K": "ml", "M": "g"}
    assert measured("L:P 5\nK:P 5\nP: L5 + K5 = M9 @2", units=units)["MP"] == (9, 0, 9, 9)
    assert measured("L:P 5\nK:P 5\nP: L5 + K5 = M9 @2", "L K", units=units)["MP"] == (9, 9, 9, 9)


def test_a_quantity_wider_than_a_machine_word_is_split_exactly() -> None:
    q = 2**53 - 1
    got = measured(f"L:P {q}\nK:P {q}\nP: L{q} + K{q} = M{q} @2\nP->X M{q - 7} @3")
    assert got["MX"] == (q - 7, 0, (q - 7) // 2, q - 7)
    assert got["MP"] == (7, 0, 4, 7)


def test_the_share_of_a_dispatch_without_lot_is_capped_by_what_the_lots_can_hold() -> None:
    records = "L:P 4\nK:P 6\nP->S L4 @2\nP->S K6 @2\nS->X {q} @3 unnamed"
    assert measured(records.format(q=5))["?1X"] == (5, 0, 2, 4)
    assert measured(records.format(q=30))["?1X"] == (30, 0, 12, 24)
    assert measured("L:P 4\nK:P 6\nP->S L4 @2\nP->S K6 @9\nS->X 4 @3 unnamed")["?1X"] == (4, 0, 4, 4)


def test_what_came_there_without_lot_is_one_of_the_goods_that_left_without_lot() -> None:
    records = "L:P 1 @1.25\n{here}W->P {q} @{t} unnamed\nP->S 2 @1.75 unnamed"
    assert measured(records.format(here="", q=1, t=1.5))["?2S"] == (2, 0, 1, 2), "nobody knows what W sent: it had nothing"
    assert measured(records.format(here="K:W 9\n", q=1, t=1.5))["?2S"] == (2, 0, 1, 1), "W had clean goods"
    assert measured(records.format(here="K:W 9\n", q=3, t=1.5))["?2S"] == (2, 0, 1, 1)
    assert measured(records.format(here="K:W 9\n", q=1, t=1.9))["?2S"] == (2, 0, 2, 2), "it came after what left"
    further = "K:Y 9\nY->W 9 @1.3 unnamed\nW->P 3 @1.5 unnamed\nL:P 1 @1.25\nP->S 2 @1.75 unnamed"
    assert measured(further)["?3S"] == (2, 0, 1, 1), "and so had who sent to W without lot"
