"""Rapid tests: the boundary, repeats, the laboratory's word, and what must follow."""

import datetime as dt
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.gate import rapid, rules
from foodtrace.gate.facts import Test

PACK = rules.load().packs[0]
START = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)


def run(name: str, verdict: str, minute: int = 0, **more: object) -> Test:
    return Test(id=name, when=START + dt.timedelta(minutes=minute), verdict=verdict, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("blank", "sample", "verdict", "inhibition"),
    [
        (8000, 4000, "positive", 50_000),  # 50.0 % is positive
        (8000, 4001, "negative", 49_988),
        (8000, 3999, "positive", 50_013),
        (100_000, 50_001, "negative", 49_999),  # prints 49.9, never 50.0
        (100_000, 49_999, "positive", 50_001),
        (3, 2, "negative", 33_333),
        (3, 1, "positive", 66_667),
        (8000, 8000, "negative", 0),
        (8000, 0, "positive", 100_000),
        (8000, -80, "positive", 101_000),
        (8000, 8080, "negative", -1_000),
        (0, 0, "invalid", None),
        (-1, -100, "invalid", None),
    ],
)
def test_reading(blank: int, sample: int, verdict: str, inhibition: int | None) -> None:
    assert rapid.read(blank, sample) == rapid.Reading(verdict=verdict, inhibition=inhibition)  # type: ignore[arg-type]


@given(st.integers(1, rapid.LIMIT), st.integers(-rapid.LIMIT, rapid.LIMIT))
def test_positive_is_decided_on_the_exact_fraction(blank: int, sample: int) -> None:
    reading = rapid.read(blank, sample)
    exact = Fraction(blank - sample, blank) * 100
    assert (reading.verdict == "positive") == (exact >= 50)
    assert reading.inhibition is not None
    assert abs(reading.inhibition - exact * 1000) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("given_", "shown"), [(50_000, "50.0"), (49_999, "49.9"), (0, "0.0"), (-1_000, "-1.0"), (-1, "-0.1"), (100_000, "100.0")]
)
def test_printing_never_rounds_up_to_the_limit(given_: int, shown: str) -> None:
    assert rapid.percent(given_) == shown


def test_readings_outside_the_instrument_are_refused_and_floats_are_a_bug() -> None:
    with pytest.raises(BadData) as caught:
        rapid.read(100_001, 0)
    assert caught.value.message() == "absorbance change 100001 is outside -100000 .. 100000 (in units of 0.0001)"
    with pytest.raises(TypeError):
        rapid.read(0.8, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        rapid.read(True, 0)


@pytest.mark.parametrize(
    ("tests", "state", "repeats"),
    [
        ([], "none", 0),
        ([run("1", "invalid")], "none", 0),
        ([run("1", "negative")], "negative", 0),
        ([run("1", "positive")], "positive", 0),
        ([run("1", "negative"), run("2", "positive", 1)], "positive", 0),
        # repeats never lift a positive, however often they are negative
        ([run("1", "positive"), run("2", "negative", 1, repeats="1"), run("3", "negative", 2, repeats="1")], "positive", 2),
        ([run("1", "positive"), run("2", "invalid", 1, repeats="1")], "positive", 0),
        # a laboratory does, whether it names the test or one of its repeats
        ([run("1", "positive"), run("2", "negative", 9, rapid=False, confirms="1")], "lifted", 0),
        (
            [run("1", "positive"), run("2", "positive", 1, repeats="1"), run("3", "negative", 9, rapid=False, confirms="2")],
            "lifted",
            0,
        ),
        (
            [run("1", "positive"), run("2", "positive", 1, repeats="1"), run("3", "negative", 9, rapid=False, confirms="1")],
            "lifted",
            0,
        ),
        # another test's result, an invalid one or one that names nothing lifts nothing
        ([run("1", "positive"), run("2", "negative", 9, rapid=False)], "positive", 0),
        ([run("1", "positive"), run("2", "invalid", 9, rapid=False, confirms="1")], "positive", 0),
        ([run("1", "positive"), run("4", "positive"), run("2", "negative", 9, rapid=False, confirms="4")], "positive", 0),
        # a laboratory positive stands alone
        ([run("2", "positive", 9, rapid=False)], "confirmed", 0),
        (
            [
                run("1", "positive"),
                run("2", "positive", 9, rapid=False, confirms="1"),
                run("3", "negative", 10, rapid=False, confirms="1"),
            ],
            "confirmed",
            0,
        ),
    ],
)
def test_standing_in_any_order(tests: list[Test], state: str, repeats: int) -> None:
    for order in permutations(tests):
        found = rapid.standing(order)
        assert (found.state, found.repeats) == (state, repeats)


def test_what_follows_and_that_done_repeats_are_not_asked_for_again() -> None:
    one = [run("1", "positive")]
    assert rapid.follow_up(rapid.standing(one), PACK.rapid) == (
        "stop_sale",
        "report_regulator",
        "repeat_test",
        "lab_confirm",
        "offer_recheck",
        "official_test",
    )
    done = [*one, run("2", "positive", 1, repeats="1"), run("3", "negative", 2, repeats="1")]
    assert "repeat_test" not in rapid.follow_up(rapid.standing(done), PACK.rapid)
    assert rapid.follow_up(rapid.standing([run("2", "positive", rapid=False)]), PACK.rapid) == (
        "stop_sale",
        "seal_goods",
        "report_regulator",
    )
    assert rapid.follow_up(rapid.standing([run("1", "negative")]), PACK.rapid) == ()


def test_the_recheck_may_be_asked_for_to_the_last_minute() -> None:
    assert rapid.asked_recheck_in_time(START + dt.timedelta(hours=4), START, 4)
    assert not rapid.asked_recheck_in_time(START + dt.timedelta(hours=4, seconds=1), START, 4)
    assert not rapid.asked_recheck_in_time(START - dt.timedelta(seconds=1), START, 4)
