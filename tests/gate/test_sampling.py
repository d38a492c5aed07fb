"""The sampling plan: neither clerk nor trader can pick, and anyone can check it afterwards."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData, ProofError
from foodtrace.gate import sampling
from foodtrace.gate.sampling import Draw

SEED = bytes(range(32))
DAY = dt.date(2026, 11, 24)


def test_golden_values_that_must_never_change() -> None:
    assert sampling.commit(SEED) == "ee928a427bad53f02c68cc9f376fd4c2bcda0be9fbc8287561e3926bfb889a9f"
    assert sampling.day_seed(SEED, DAY, "L-0002").hex() == "46dddc59f27fdaa8a700e021cd5398c6d995e3d16a7a52f8d980ca08aa7ade65"
    assert [n for n in range(1, 101) if sampling.drawn(SEED, DAY, "L-0002", n, 1000)] == [6, 7, 13, 15, 34, 44, 46, 47, 65, 81, 98, 99]


def test_the_share_drawn_is_the_rate() -> None:
    drawn = sum(sampling.drawn(SEED, DAY, "L-0002", n, 500) for n in range(1, 20_001))
    assert 900 <= drawn <= 1100  # 1,000 expected, 31 standard deviation


@given(st.binary(min_size=32, max_size=32), st.dates(), st.integers(1, 2**53 - 1), st.integers(0, 10_000))
def test_a_truck_drawn_at_one_rate_is_drawn_at_every_higher_one(seed: bytes, day: dt.date, number: int, rate: int) -> None:
    if sampling.drawn(seed, day, "L-0002", number, rate):
        assert sampling.drawn(seed, day, "L-0002", number, min(10_000, rate + 1))
    assert sampling.drawn(seed, day, "L-0002", number, 10_000)
    assert not sampling.drawn(seed, day, "L-0002", number, 0)


def test_seed_day_market_and_number_all_matter() -> None:
    def pattern(seed: bytes = SEED, day: dt.date = DAY, market: str = "L-0002", start: int = 1) -> list[bool]:
        return [sampling.drawn(seed, day, market, n, 5000) for n in range(start, start + 64)]

    others = [pattern(seed=bytes(32)), pattern(day=dt.date(2026, 11, 25)), pattern(market="L-0003"), pattern(start=2)]
    assert all(other != pattern() for other in others)
    at_night = dt.datetime(2026, 11, 24, 3, 40, tzinfo=dt.UTC)
    assert pattern(day=at_night) == pattern()
    assert sampling.day_seed(SEED, at_night, "L-0002") == sampling.day_seed(SEED, DAY, "L-0002")
    assert sampling.day_seed(SEED, DAY, "L-0002") != sampling.day_seed(SEED, dt.date(2026, 11, 25), "L-0002")


def test_a_day_is_checked_after_its_seed_was_opened() -> None:
    seed = sampling.day_seed(SEED, DAY, "L-0002")
    said = sampling.commit(seed)
    draws = [Draw(number=n, rate=500, drawn=sampling.drawn(seed, DAY, "L-0002", n, 500)) for n in range(1, 50)]
    assert sampling.check(said, seed, DAY, "L-0002", draws) == 49
    with pytest.raises(ProofError) as caught:
        sampling.check(said, bytes(32), DAY, "L-0002", draws)
    assert caught.value.code == "sampling.commitment"
    favour = [Draw(number=d.number, rate=d.rate, drawn=False) for d in draws]
    with pytest.raises(ProofError) as caught:
        sampling.check(said, seed, DAY, "L-0002", favour)
    first = next(d.number for d in draws if d.drawn)
    assert caught.value.message() == f"the draw of truck {first} is not what the seed says: recorded False, expected True"
    with pytest.raises(ProofError, match=r"sampling\.commitment"):
        sampling.check("no hash 证", seed, DAY, "L-0002", [])


@pytest.mark.parametrize(
    ("seed", "market", "number", "rate", "code"),
    [
        (b"short", "L-0002", 1, 500, "sampling.seed"),
        (SEED, "", 1, 500, "sampling.market"),
        (SEED, "a\0b", 1, 500, "sampling.market"),
        (SEED, "北河", 1, 500, "sampling.market"),
        (SEED, "L-0002", 0, 500, "sampling.number"),
        (SEED, "L-0002", 2**53, 500, "sampling.number"),
        (SEED, "L-0002", 1, 10_001, "sampling.rate"),
        (SEED, "L-0002", 1, -1, "sampling.rate"),
    ],
)
def test_what_cannot_be_drawn_is_refused(seed: bytes, market: str, number: int, rate: int, code: str) -> None:
    with pytest.raises(BadData) as caught:
        sampling.drawn(seed, DAY, market, number, rate)
    assert caught.value.code == code
    assert caught.value.message("zh") != code
    assert caught.value.hint("zh")
