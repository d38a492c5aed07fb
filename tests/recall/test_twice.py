"""Goods told twice: shipped under one number, received under another or none. No rate reaches 100 % by them without saying so (law 14)."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foodtrace.graph.flows import DELIVERED
from foodtrace.recall import twice as module
from foodtrace.recall.affected import find
from foodtrace.recall.metrics import Rate, completion
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import DEFAULT
from foodtrace.recall.twice import twice
from tests.recall.notation import OWN, SETTINGS, Build, clauses
from tests.recall.story import Story
from tests.recall.unitwise import Trade

SOLD = "L:P 100\nP->X L60 @2\n"

# name: (records, R1 by the letter, R1 if it is one load)
LOADS: dict[str, tuple[str, str, str]] = {
    "shipped home and received there without its number": ("X=>P L30 @12 sent\nX->P L30 @13 got", "100.0", "50.0"),
    "said to have come home by who sent it": ("X=>P L30 @12/12.5\nX->P L30 @13 got", "100.0", "50.0"),
    "received twice, one of several": ("X=>P L20 @12/12.5\nX=>P L10 @13 sent\nX->P L30 @14 got", "100.0", "50.0"),
    "an ordinary return is one as well, and what is sealed then lay there": (
        "X->P L30 @12 sent\nX->P L30 @13 got\nX seals L30 @14",
        "66.7",
        "",
    ),
    "one receipt may be three returns": ("X=>P L10 @12 sent\nX=>P L10 @12.5 sent\nX=>P L10 @13 sent\nX->P L30 @14 got", "100.0", "50.0"),
    "three receipts may be one return": ("X=>P L30 @13 sent\nX->P L10 @13.5 got\nX->P L10 @14 got\nX->P L10 @15 got", "100.0", "50.0"),
    "less came than was sent": ("X=>P L30 @14 sent\nX->P L20 @15 got", "83.3", "50.0"),
    "more came than was sent": ("X=>P L20 @14 sent\nX->P L30 @15 got", "83.3", "50.0"),
    "received as sealed on the way home": ("P->W L10 @2\nX=>W L30 @14 sent\nX->W L30 @15 got\nW seals L30 @16", "85.7", "57.1"),
    "no receipt alone": ("X=>P L30 @14 sent", "50.0", ""),
    "from somebody else": ("P->Y L30 @2\nX=>P L30 @14 sent\nY->P L30 @15 got", "66.7", ""),
    "to somebody else": ("X=>P L30 @14 sent\nX->W L30 @15 got\nW seals L30 @16", "100.0", ""),
    "before it was sent": ("X->P L30 @12 got\nX=>P L30 @14 sent", "100.0", ""),
    "named by its number": ("X=>P L30 @14/15", "50.0", ""),
    "too long on the way to be counted": ("X=>P L30 @11 sent\nX->P L30 @12 got", "50.0", ""),
}


@pytest.mark.parametrize("name", LOADS)
def test_a_rate_says_what_it_is_if_two_records_are_one_load(name: str) -> None:
    records, letter, single = LOADS[name]
    story = Story(SOLD + records, now=20 if "too long" in name else 18)
    rate = story.row().rates["R1"]
    assert (rate.percent, rate.at_least) == (letter, single)
    assert all((each.once is None) == (single == "") for each in story.row().rates.values()), "all three"
    assert {each.rates["R1"].at_least for each in story.done().confirmed_only} == {single}


def test_who_sends_says_that_it_arrived_and_who_receives_writes_a_paper_of_its_own() -> None:
    story = Story(SOLD + "X=>P L30 @12 sent\nX->P L30 @13 got", now=18)
    story.build.flows = [msgspec.structs.replace(each, flags=DELIVERED) if each.pair == "T3" else each for each in story.build.flows]
    assert (story.row().rates["R1"].percent, story.row().rates["R1"].at_least) == ("100.0", "50.0")


def test_clocks_that_are_wrong_by_less_than_the_slack_make_no_difference() -> None:
    story = Story(SOLD + "X->P L30 @13.5 got\nX=>P L30 @14 sent", now=18)
    assert story.row(DEFAULT).rates["R1"].at_least == "50.0"
    assert story.row(SETTINGS).rates["R1"].at_least == ""


class Slip(Trade):
    """A trade in which one return is written under another number by who receives it."""

    nobody = ""  # what was sent to nobody might be that return too

    def __init__(self, rng: random.Random, until: int) -> None:
        self.slip = ""
        super().__init__(rng, until)

    def move(self, source: str, target: str, kind: str, units: list[Any]) -> None:
        before = len(self.lines)
        super().move(source, target, kind, units)
        if self.slip or len(self.lines) == before or source == "P" or self.lines[-1].endswith("sent") or self.rng.random() < 0.3:
            return
        what, when = self.lines.pop().split(" @")
        out, came = when.split("/")
        self.slip = f"{source}{kind}>{target}"
        self.lines += [f"{what} @{out} sent", f"{source}->{target}{what[4:]} @{came} got"]


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9), until=st.integers(11, 24))
def test_counted_once_figures_equal_a_count_unit_by_unit(seed: int, until: int) -> None:
    """Law 14, where a receiver wrote another number: what stands beside a rate is the truth, or the rate itself is no more than that."""
    world = Slip(random.Random(seed), until)
    same = [line for line in world.lines if line.startswith((world.slip, world.slip.replace("=", "-"))) and line.endswith("sent")]
    assume(world.slip and len(same) == 1)
    build = Build("\n".join(world.lines), units={"L": "piece"})
    facts = build.facts(until)
    case = world.case(build)
    rows = completion(facts, reach_of_case(facts, case, SETTINGS), case, settings=SETTINGS).rows
    distributed, should, retrieved, _ = world.figures()
    for name, true in (("R1", (retrieved, distributed)), ("R2", (retrieved, should))):
        rate = rows[0].rates[name] if rows else Rate(numerator=0, denominator=0, unit="piece")
        if rate.once is not None:
            assert rate.once == true, "\n".join(world.lines)
        elif rate.denominator and true[1]:
            assert Fraction(rate.numerator, rate.denominator) <= Fraction(*true), "\n".join(world.lines)


def test_what_may_be_told_twice_is_named_with_both_records() -> None:
    story = Story(SOLD + "X=>P L30 @12 sent\nX->P L20 @13 got", now=18)
    (line,) = twice(find(story.facts(), clauses("L"), settings=SETTINGS, own_operator=OWN), 0)
    sites = story.build.sites
    assert (line.src, line.dst, line.q, line.left, line.came) == (sites["X"], sites["P"], 20, ((1, 3),), ((1, 4),))


@pytest.mark.parametrize("src", ["named", "nameless"])
def test_what_may_be_told_twice_is_found_without_holding_everything_against_everything(src: str, monkeypatch: pytest.MonkeyPatch) -> None:
    many = 300
    lines = [f"X=>P L1 @{12 + n / 1000} sent\n{'X' if src == 'named' else '?'}->P L1 @{13 + n / 1000} got" for n in range(many)]
    found = find(Story(SOLD + "\n".join(lines), now=18).facts(), clauses("L"), settings=SETTINGS, own_operator=OWN)
    looks: list[Any] = []
    whole = module.may_be

    def counted(*given: Any) -> bool:
        looks.append(given)
        return whole(*given)

    monkeypatch.setattr(module, "may_be", counted)
    assert sum(each.q for each in twice(found, 0)) == many
    assert len(looks) <= 2 * many
