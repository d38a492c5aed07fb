"""What RECALL section 5 says of completion beyond its worked cases: each clause with a case that breaks without it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from foodtrace.graph.flows import CLEARED, DAY, DELIVERED, Flow, FlowKind, LotInfo
from foodtrace.operations import closing
from foodtrace.recall.affected import find
from foodtrace.recall.measure import measure
from foodtrace.recall.memory import MemoryFacts
from foodtrace.recall.metrics import Figures, PseudoLine, completion, pseudo_lines, sums_with_said
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import Settings
from foodtrace.recall.tally import Brought, Sale, Tally, undo
from tests.recall.notation import OWN, SETTINGS, at, clauses
from tests.recall.story import Story


def four(row: Figures) -> tuple[int, int, int, int]:
    return row.distributed, row.should, row.retrieved, row.retrieved_strict


SOLD = "L:P 100\nP->X L50 @2\n"
# name: (records, (D, B, retrieved, strict), numerator of R3)
CLAUSES = {
    "stock in trade is distributed, stock at the plant is not": (SOLD, (50, 50, 0, 0), 0),
    "goods still on the road are distributed and should be recalled": ("L:P 100\nP->X L50 @2 sent", (50, 50, 0, 0), 0),
    "an ordinary return before opening is taken off again": (SOLD + "X->P L20 @5", (30, 30, 0, 0), 0),
    "an ordinary return since is retrieved like a recall return": (SOLD + "X->P L20 @12", (50, 50, 20, 20), 20),
    "sent out again is retrieved no longer": (SOLD + "X=>P L20 @12\nP->Y L15 @13", (50, 50, 5, 5), 5),
    "sold by who recalls is retrieved no longer either": (SOLD + "X=>P L20 @12\nP sells L15 @13", (50, 50, 5, 5), 20),
    "more sold there than came back was distributed anew": (SOLD + "X=>P L20 @12\nP sells L35 @13", (65, 65, 0, 0), 35),
    "sold there before it came back is of other goods": (SOLD + "P sells L35 @11\nX=>P L20 @12", (85, 85, 20, 20), 55),
    "sold there and brought back is retrieved again": (
        SOLD + "X=>P L20 @12\nP sells L15 @13\nP takes L10 @14\nP sells L12 @15",
        (50, 50, 3, 3),
        20,
    ),
    "more sent out than came back was distributed anew": (SOLD + "X=>P L20 @12\nP->Y L35 @13", (65, 65, 0, 0), 0),
    "what goes out first and comes back later is retrieved": (SOLD + "P->Y L20 @11\nY=>P L20 @13", (70, 70, 20, 20), 20),
    "reworked goods have come back as what they are now": (SOLD + "X=>P L20 @12\nP: L20 = M20 @13", (50, 50, 20, 20), 20),
    "and when that is sent out it is free again": (SOLD + "X=>P L20 @12\nP: L20 = M20 @13\nP->Y M20 @14", (50, 50, 0, 0), 0),
    "sold before the notice is no more to be recalled": (SOLD + "X sells L20 @9", (50, 30, 0, 0), 20),
    "sold at the very moment of the notice is": (SOLD + "X sells L20 @10", (50, 50, 0, 0), 20),
    "a return undoes a before-notice sale first": (SOLD + "X sells L20 @9\nX sells L5 @12\nX takes L22 @13", (50, 50, 22, 22), 25),
    "returns beyond the sales are over": (SOLD + "X sells L2 @9\nX takes L5 @13", (53, 53, 5, 5), 5),
    "destroyed before opening is earlier destroyed": (SOLD + "X destroys L20 @9", (50, 30, 0, 0), 20),
    "destroyed since is retrieved": (SOLD + "X destroys L20 @12", (50, 50, 20, 20), 20),
    "lost or used before the notice": (SOLD + "X loses L3 @9\nX uses L4 @9.5", (50, 43, 0, 0), 7),
    "lost at the very moment of the notice stays in B": (SOLD + "X loses L3 @10", (50, 50, 0, 0), 3),
    "lost or used after it stays in B": (SOLD + "X loses L3 @12\nX uses L4 @12.5", (50, 50, 0, 0), 7),
    "what a count misses stays in B and is accounted for by nobody": (SOLD + "X counts L30 @12", (50, 50, 0, 0), 0),
    "what a count finds above the book is distributed": (SOLD + "X counts L60 @12", (60, 60, 0, 0), 0),
    "sealed goods count, but not strictly": (SOLD + "X seals L30 @12", (50, 50, 30, 0), 30),
    "what is sealed beyond the book is distributed, and sealed": (SOLD + "X seals L75 @12", (75, 75, 75, 0), 75),
    "so it is where nothing of the lot is on record": (SOLD + "Y seals L40 @12", (90, 90, 40, 0), 40),
    "a second sealing is of other goods than the first": (SOLD + "X seals L50 @12\nX seals L3 @13", (53, 53, 53, 0), 53),
    "what consumers brought back is sealed where it lies": (
        SOLD + "X sells L20 @9\nX takes L20 @12\nX seals L50 @13",
        (50, 50, 50, 20),
        50,
    ),
    "a sealing after more was sold than had come finds what it names": (SOLD + "X sells L55 @9\nX seals L10 @12", (65, 10, 10, 0), 65),
    "sealed and destroyed at one moment is sealed first": (SOLD + "X seals L50 @12\nX destroys L50 @12", (50, 50, 50, 50), 50),
    "sealed and sent back at one moment too": (SOLD + "X seals L50 @12\nX=>P L50 @12", (50, 50, 50, 50), 50),
    "sold and sealed at one moment is sold first": (SOLD + "X sells L30 @12\nX seals L20 @12", (50, 50, 20, 0), 50),
    "sealed goods that are sold do not": (SOLD + "X seals L50 @12\nX sells L10 @13", (50, 50, 40, 0), 50),
    "a recall return counts on the road for seven days": (SOLD + "X=>P L20 @13/19", (50, 50, 20, 20), 20),
    "and on the way, not strictly": (SOLD + "X=>P L20 @13/25", (50, 50, 20, 0), 20),
    "then it is lost in transit": (SOLD + "X=>P L20 @12.9/25", (50, 50, 0, 0), 0),
    "more received at home than was sent is distributed too": (SOLD + "X=>P L20 @12 received 22", (52, 52, 22, 22), 22),
    "use into an affected lot is counted there only": (
        "L:P 100\nP->W L50 @2\nW: L50 = M40 @3\nW->X M40 @4",
        (40, 40, 0, 0),
        0,
    ),
    "what the plant sent to nobody on record is on the road, distributed and not retrieved": (
        SOLD + "P->? L30 @3 sent\nX=>P L50 @12",
        (80, 80, 50, 50),
        50,
    ),
    "sent to nobody after it came back is retrieved no longer": (SOLD + "X=>P L50 @12\nP->? L30 @13 sent", (50, 50, 20, 20), 20),
    "and what is more than came back was distributed anew": (SOLD + "X=>P L20 @12\nP->? L30 @13 sent", (60, 60, 0, 0), 0),
    "what a shop sent to nobody was distributed before": (SOLD + "X->? L30 @3 sent\nX=>P L20 @12", (50, 50, 20, 20), 20),
    "goods born in trade are distributed": ("L:W 100\nW->X L50 @2", (100, 100, 0, 0), 0),
    "an own site that sells to consumers has distributed those": ("L:P 100\nP sells L10 @3\nP->X L50 @2", (60, 50, 0, 0), 10),
    "what consumers bring back there is back at own sites": (
        "L:P 100\nP sells L10 @3\nP->X L50 @2\nP takes L4 @12",
        (60, 54, 4, 4),
        10,
    ),
}


@pytest.mark.parametrize("name", CLAUSES)
def test_each_clause(name: str) -> None:
    records, expected, accounted = CLAUSES[name]
    row = Story(records).row()
    assert four(row) == expected
    assert (row.rates["R3"].numerator, row.rates["R3"].denominator) == (accounted, expected[0])
    assert row.strict["R1"].numerator == row.strict["R2"].numerator == expected[3]


def test_a_site_without_notice_sells_before_it_for_good() -> None:
    assert four(Story(SOLD + "X sells L20 @15", notices={}).row()) == (50, 30, 0, 0)
    assert four(Story(SOLD + "X sells L20 @15", notices={"X": 16}).row()) == (50, 30, 0, 0)


def test_the_delivery_of_a_notice_counts_else_its_sending_and_publication_only_if_so_set() -> None:
    story = Story(SOLD + "X sells L20 @12", notices={})
    story.step("notice", "X", 10, delivered=at(13))
    assert four(story.row()) == (50, 30, 0, 0)
    assert four(story.row(Settings(clock_slack=0, publication_is_notice=True))) == (50, 50, 0, 0)


def test_publication_that_is_notice_tells_every_site_and_is_no_notice_of_r4() -> None:
    """Published on day 11; X never got a notice of its own: what it sold since should have been recalled."""
    public = Settings(clock_slack=0, publication_is_notice=True)
    story = Story(SOLD + "X sells L20 @10.9\nX sells L5 @11\nX loses L3 @12", notices={})
    assert four(story.row()) == (50, 22, 0, 0), "a site without notice sells before it for good"
    assert four(story.row(public)) == (50, 30, 0, 0)
    assert (story.done(public).notified.numerator, story.done(public).notified.denominator) == (0, 1)
    # A notice under way when it was published has told nobody yet of his own lots.
    story.step("notice", "X", 10, delivered=at(25))
    assert story.done(public).notified.numerator == 0


# What comes back beyond what any record put there: name -> (records, retrieved, unexplained, R1 without it)
BEYOND = {
    "returned 80 of 50": ("X=>P L80 @12", 80, 30, (50, 50)),
    "returned as ordinary goods": ("X->P L80 @12", 80, 30, (50, 50)),
    "one shop destroys a thousand, the other still sells": ("P->Y L50 @2\nX destroys L1000 @12", 1000, 950, (50, 100)),
    "returned by a shop that never had any": ("Z=>P L500 @12", 500, 500, (0, 50)),
    "sent on beyond what was there, and returned by the next": ("X->Y L80 @3\nY=>P L80 @12", 80, 30, (50, 50)),
    "sold first, then returned all the same": ("X sells L40 @9\nX=>P L50 @12", 50, 40, (10, 50)),
    "the plant received more than was sent to it": ("X=>P L20 @12 received 220", 220, 200, (20, 50)),
    "consumers brought back more than was sold": ("X sells L2 @9\nX takes L50 @13", 50, 48, (2, 50)),
    "turned into another lot beyond what was there": ("X: L80 = M80 @3\nX=>P M80 @12", 80, 30, (50, 50)),
    "sealed beyond what was there": ("X seals L80 @12", 80, 30, (50, 50)),
    "and where nothing was on record": ("Y seals L40 @12", 40, 40, (0, 50)),
    "oversold is nothing retrieved": ("X sells L60 @9", 0, 0, None),
    "oversold first, and then what was left": ("X sells L60 @9\nX=>P L5 @12", 5, 5, (0, 60)),
    "within the books": ("X=>P L20 @12\nX destroys L30 @13", 50, 0, None),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_came_back_beyond_what_was_there_is_told_and_taken_off(name: str) -> None:
    records, retrieved, beyond, without = BEYOND[name]
    row = Story(SOLD + records).row()
    assert (row.retrieved, row.unexplained) == (retrieved, beyond)
    told = row.on_record.get("R1")
    assert (None if told is None else (told.numerator, told.denominator)) == without
    for name_, rate in row.on_record.items():
        assert 0 <= rate.numerator <= rate.denominator, name_
        assert rate.numerator * row.rates[name_].denominator <= row.rates[name_].numerator * rate.denominator, "never better"


def test_sealed_goods_are_left_out_where_the_pack_says_so() -> None:
    row = Story(SOLD + "X seals L30 @12\nX destroys L10 @13").row(Settings(clock_slack=0, sealed_counts=False))
    assert four(row) == (50, 50, 10, 10)
    assert row.rates["R2"].percent == "20.0"


def test_in_a_partial_scope_stock_and_excess_of_before_are_none_of_the_recalls_business() -> None:
    # X oversold before anything affected came; the window's goods repay that first.
    records = "L:P 100\nP->S L50 @1\nS->X L10 @2\nX sells L13 @3\nS->X L20 @5\nX sells L4 @7"
    row = Story(records, scope="left S 5 6").row()
    assert (row.distributed, row.should, row.sold) == (17, 13, 4)


# What left a site for nobody in a window: (records, scope, D, how much of it went to nobody). Stock at τ counts.
GONE = {
    "by the plant, in the window": ("L:P 100\nP->X L40 @5\nP->? L30 @5.5 sent\nP->? L7 @7 sent", "left P 5 6", 70, 30),
    "by a site of the trade": ("L:P 100\nP->S L50 @1\nS->X L10 @5\nS->? L20 @5.5 sent", "left S 5 6", 30, 20),
    "by one to which some came back later": ("L:P 100\nP->S L50 @1\nS->X L10 @5\nS->? L20 @5.5 sent\nX->S L4 @8", "left S 5 6", 50, 20),
    "by one where they lay, before it and since": ("L:P 90\nP->S L90 @2\nS->? L40 @3 sent\nS->? L20 @8 sent", "through S 4 6", 50, 20),
    "by the plant where they lay": ("L:P 90\nP->? L40 @3 sent\nP->? L20 @8 sent", "through P 4 6", 20, 20),
}


@pytest.mark.parametrize("name", GONE)
def test_in_a_partial_scope_what_is_meant_and_went_to_nobody_is_distributed(name: str) -> None:
    records, scope, distributed, gone = GONE[name]
    story = Story(records, scope=scope)
    assert [(row.distributed, row.should, row.retrieved) for row in story.done().rows] == [(distributed, distributed, 0)]
    stands = closing._astray(reach_of_case(story.facts(), story.case(), SETTINGS), lambda *_: True)
    assert sum(move.sent for move in stands) == gone, "the case does not close over them"


def test_the_own_word_of_an_outlet_is_a_count_at_its_notice() -> None:
    story = Story(SOLD + "X sells L5 @12\nX seals L20 @13")
    number = story.build.lots["L"]
    story.step("acknowledgement", "X", 11, on_hand=((number, 0, 44),))
    story.step("acknowledgement", "X", 14, on_hand=((number, 0, 30),))
    assert four(story.row()) == (50, 50, 20, 0)
    facts = story.facts()
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    sums = sums_with_said(facts, found, story.case())[number, story.build.sites["X"], 0]
    assert (sums.on_hand, sums.unaccounted, sums.sealed) == (25, 20, 20)
    story.now = 13.5  # before the second answer was given
    facts = story.facts()
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    assert sums_with_said(facts, found, story.case())[number, story.build.sites["X"], 0].unaccounted == 6


# What a site answers of a lot of the case that no record put there: (scope, answers (day, lot, q), D = B, what lies there).
SAID = {
    "another lot of the case": ("L K", [(11, "K", 30)], 130, 30),
    "its last word counts": ("L K", [(11, "K", 30), (12, "K", 20)], 120, 20),
    "nothing is no goods": ("L K", [(11, "K", 0)], 100, 0),
    "taken back": ("L K", [(11, "K", 30), (12, "K", 0)], 100, 0),
    "said later than now": ("L K", [(30, "K", 30)], 100, 0),
    "a lot that the case is not about": ("L", [(11, "K", 30)], 50, 0),
    "a lot that was made from its own": ("L", [(11, "M", 30)], 80, 30),
    "of a window at a site": ("left P 1 3", [(11, "K", 30)], 130, 30),
}


@pytest.mark.parametrize("name", SAID)
def test_what_a_site_says_lies_there_joins_where_no_record_put_it(name: str) -> None:
    scope, answers, distributed, there = SAID[name]
    records = "L:P 100\nK:P 50\nP->X L50 @2\nP->Y K50 @2" + ("\nP: L20 = M20 @3" if "made" in name else "")
    story = Story(records, scope=scope)
    for when, lot, q in answers:
        story.step("acknowledgement", "X", when, on_hand=((story.build.lot(lot), 0, q),))
    done = story.done()
    assert four(done.rows[0])[:2] == (distributed, distributed)
    assert done.confirmed_only[0].distributed == distributed - there, "nobody knows how it came there"
    facts, case = story.facts(), story.case()
    found = reach_of_case(facts, case, SETTINGS)
    sums = sums_with_said(facts, found, case, settings=SETTINGS)
    number = story.build.lot(answers[0][1])
    held = sums.get((number, story.build.sites["X"], 0))
    assert (held.on_hand if held and (number, story.build.sites["X"]) in found.holdings else 0) == there


def test_goods_the_case_had_corrected_are_retrieved_and_their_new_lot_is_not_followed() -> None:
    story = Story("L:P 100\nP->W L50 @2\nW seals L50 @11")
    build = story.build
    build.seq += 1
    build.add(FlowKind.CONSUMED, "L", "W", 30, at(12))
    build.add(FlowKind.PRODUCED, "N", "W", 30, at(12), item=1000, flags=CLEARED, pair="C")
    row = story.row()
    assert four(row) == (50, 50, 50, 30)


def test_use_into_a_lot_that_is_not_affected_is_use() -> None:
    # W used goods up before its holding was affected by what came later: only the later goods count.
    records = "L:P 100\nP->S L50 @1\nS->W L10 @2\nW: L4 = M4 @3\nS->W L20 @5\nW uses L2 @6"
    row = Story(records, scope="left S 5 6").row()
    assert (row.distributed, row.should, row.lost_before) == (26, 24, 2)


def test_a_recall_return_of_the_opening_day_came_since_and_an_ordinary_one_before() -> None:
    day = 86_400_000_000
    for kind, expected in ((FlowKind.RETURN, (50, 50, 20, 20)), (FlowKind.DISPATCH, (30, 30, 0, 0))):
        story = Story("L:P 100\nP->X L50 @2")
        story.build.seq += 1
        # The case was opened in the course of the day the goods came back on.
        story.build.add(kind, "L", "X", 20, at(9.5) + day - 1, other=story.build.site("P"), pair="R", flags=DAY | DELIVERED)
        assert four(story.row()) == expected


def test_r4_r5_r6_count_outlets_and_the_drawn_sample() -> None:
    story = Story("L:P 100\nP->W L90 @2\nW->X L20 @3\nW->Y L20 @3\nW->Z L20 @3", notices={"W": 10, "X": 10})
    story.step("notice", "Y", 12, delivered=at(25))
    story.step("acknowledgement", "W", 11)
    story.step("acknowledgement", "X", 11)
    for site, when, result in (("X", 12, "drawn"), ("Y", 12, "drawn"), ("Z", 12, "drawn"), ("X", 13, "clean"), ("Y", 13, "found")):
        story.step("check", site, when, result=result)
    done = story.done()
    shown = [(each.numerator, each.denominator, each.percent) for each in (done.notified, done.answered, done.effective)]
    assert shown == [(1, 3, "33.3"), (1, 3, "33.3"), (1, 3, "33.3")]
    story.step("check", "Y", 14, result="clean")
    story.step("check", "X", 14, result="found")
    story.step("check", "Z", 30, result="clean")
    assert (story.done().effective.numerator, story.done().effective.denominator) == (1, 3)


def test_possible_links_count_and_the_confirmed_ones_alone_stand_beside() -> None:
    records = "L:P 100\nP->X L40 @2\n?->Z L15 @3 got"
    done = Story(records).done()
    assert [row.distributed for row in (*done.rows, *done.confirmed_only)] == [55, 40]
    only = Story(records).done(Settings(clock_slack=0, count_possible=False))
    assert [row.distributed for row in only.rows] == [40]


def test_goods_without_lot_have_a_line_of_their_own() -> None:
    story = Story("L:P 40\nK:P 60\nP->S L40 @2\nP->S K60 @2\nS->X 50 @3 unnamed")
    facts = story.facts()
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    (line,) = pseudo_lines(found, measure(facts, found, clauses("L")))
    number = story.build
    assert line == PseudoLine(lot=number.lots["?1"], site=number.sites["X"], unit="g", quantity=50, least=0, most=40)


TWO = "L:P 100\nP->X L10 @2\nP: L50 = M30 @1\nP->Y M30 @2\nX seals L5 @12\nY seals M30 @12"


def test_pieces_of_unlike_products_are_never_added_up_and_the_worst_stands_first() -> None:
    story = Story(TWO, units={"L": "piece", "M": "piece"})
    rows = story.done(infos={"L": {"product": "small can"}, "M": {"product": "big can"}}).rows
    assert [(row.unit, row.product, *four(row)) for row in rows] == [
        ("piece", "small can", 10, 10, 5, 0),
        ("piece", "big can", 30, 30, 30, 0),
    ]


def test_rows_are_merged_only_if_every_lot_declares_its_content() -> None:
    story = Story(TWO, units={"L": "piece", "M": "piece"})
    small: dict[str, Any] = {"product": "small can", "content": 400, "content_unit": 0}
    big: dict[str, Any] = {"product": "big can", "content": 900, "content_unit": 0}
    (row,) = story.done(infos={"L": small, "M": big}).rows
    assert (row.unit, row.product, *four(row)) == ("g", "", 31_000, 31_000, 29_000, 0)
    assert len(story.done(infos={"L": small, "M": {"product": "big can"}}).rows) == 2
    mixed = Story(TWO, units={"M": "piece"})
    assert [row.unit for row in mixed.done(infos={"M": big}).rows] == ["g"]
    assert [row.unit for row in mixed.done().rows] == ["g", "piece"]


def test_one_product_in_pieces_stays_in_pieces() -> None:
    story = Story(SOLD, units={"L": "piece"})
    (row,) = story.done(infos={"L": {"product": "can", "content": 900}}).rows
    assert (row.unit, row.product, row.distributed) == ("piece", "can", 50)


def test_a_receipt_in_another_unit_leaves_one_row_and_enters_the_other() -> None:
    flows = [
        Flow(FlowKind.BORN, 1, 1, 0, 0, 9000, at(1), 0, 1, 1, 0),
        Flow(FlowKind.DISPATCH, 1, 1, 2, 0, 9000, at(2), 0, 1, 2, 0, "A"),
        Flow(FlowKind.RECEIPT, 1, 2, 1, 0, 9000, at(2), 0, 1, 3, 0, "A"),
        Flow(FlowKind.DISPATCH, 1, 2, 3, 0, 5400, at(3), 0, 1, 4, 0, "B"),
        Flow(FlowKind.RECEIPT, 1, 3, 2, 2, 6, at(3), 0, 1, 5, 0, "B"),
        Flow(FlowKind.SEALED, 1, 3, 0, 2, 6, at(12), 0, 1, 6, 0),
    ]
    own = Story("L:P 1").facts()
    sites = [msgspec.structs.replace(own._sites[1], site=1, text="P")]
    facts = MemoryFacts(flows, lots=[LotInfo(lot=1, text=f"{OWN}/L")], sites=sites, now=at(20))
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    rows = completion(facts, found, Story("L:P 1").case(), settings=SETTINGS).rows
    assert {row.unit: four(row) for row in rows} == {"g": (3600, 3600, 0, 0), "piece": (6, 6, 6, 0)}


# A consumer return: (sales, returns, undone before, undone after, beyond); each (site, day, quantity, serial[, before]).
UNDONE = {
    "its own serial, even at another shop and after notice": (
        [(1, 3, 1, "A", True), (1, 4, 1, "", True), (2, 12, 1, "B", False)],
        [(1, 13, 1, "B")],
        (0, 1, 0),
    ),
    "of a can sold twice, the last sale before it": ([(1, 3, 1, "A", True), (1, 12, 1, "A", False)], [(1, 13, 1, "A")], (0, 1, 0)),
    "without serial a sale here, before-notice first": ([(1, 3, 2, "", True), (1, 12, 2, "", False)], [(1, 13, 3, "")], (2, 1, 0)),
    "then a sale of the lot elsewhere": ([(1, 3, 1, "", True), (2, 3, 5, "", True)], [(1, 13, 4, "")], (4, 0, 0)),
    "elsewhere too before-notice sales first": ([(2, 12, 5, "", False), (3, 3, 1, "", True)], [(1, 13, 4, "")], (1, 3, 0)),
    "a shop's own returns before another's": ([(1, 3, 2, "", True)], [(2, 5, 2, ""), (1, 13, 2, "")], (2, 0, 2)),
    "an unknown serial is like none": ([(1, 3, 2, "A", True)], [(1, 13, 1, "Z")], (1, 0, 0)),
    "the rest was never sold on record": ([(1, 3, 2, "", True)], [(1, 13, 3, "")], (2, 0, 1)),
}


@pytest.mark.parametrize("name", UNDONE)
def test_what_a_consumer_return_undoes(name: str) -> None:
    sales, returns, expected = UNDONE[name]
    tally = Tally()
    undo(
        [Sale(site=site, t=t, q=q, serial=serial, before=before) for site, t, q, serial, before in sales],
        [Brought(site=site, t=t, q=q, serial=serial) for site, t, q, serial in returns],
        tally,
    )
    assert (tally.undone_before, tally.undone_after, tally.beyond) == expected


def test_a_hop_of_a_recall_return_changes_no_figure() -> None:
    """Law 13."""
    straight = Story("L:P 100\nP->W L90 @2\nW->X L40 @3\nX=>P L30 @12/14")
    hop = Story("L:P 100\nP->W L90 @2\nW->X L40 @3\nX=>W L30 @12/13\nW=>P L30 @13/14")
    for day in (12.5, 13, 13.5, 14, 20):
        straight.now = hop.now = day
        assert [rate.numerator for rate in straight.row().rates.values()] == [rate.numerator for rate in hop.row().rates.values()]
