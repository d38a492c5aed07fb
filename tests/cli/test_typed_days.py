"""One parser for every day and time that is typed at a command."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from foodtrace.operations.typed import CHINA, Year, typed_day, typed_moment

NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=CHINA)

# What is typed -> (the moment in China's time, whether it is a day alone); none: it is none.
TYPED: dict[str, tuple[str, bool] | None] = {
    "2026-03-04": ("2026-03-04 00:00", True),
    "2026/03/04": ("2026-03-04 00:00", True),
    "2026/3/4": ("2026-03-04 00:00", True),
    "20260304": ("2026-03-04 00:00", True),
    "2026年3月4日": ("2026-03-04 00:00", True),
    "二〇二六年三月四日": ("2026-03-04 00:00", True),
    "２０２６－０３－０４": ("2026-03-04 00:00", True),
    "3月4日": ("2026-03-04 00:00", True),
    "3-4": ("2026-03-04 00:00", True),
    "3月11日": ("2025-03-11 00:00", True),
    "3月4日 下午5点": ("2026-03-04 17:00", False),
    "3月10日 9:30": ("2025-03-10 09:30", False),
    "2026-03-04T00:00": ("2026-03-04 00:00", False),
    "2026年3月4日 0:00": ("2026-03-04 00:00", False),
    "2026-03-04T09:10": ("2026-03-04 09:10", False),
    "2026-03-04T01:10Z": ("2026-03-04 09:10", False),
    "2062-03-04": ("2062-03-04 00:00", True),
    "2-30": None,
    "2月29日": None,
    "2026-11-31": None,
    "yesterday": None,
    "46000": None,
    "46000.5": None,
    "05/11/2026": None,
    "": None,
}


@pytest.mark.parametrize("text", TYPED)
def test_days_and_times_as_they_are_typed(text: str) -> None:
    expected = TYPED[text]
    if expected is None:
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            typed_moment(text, NOW)
        return
    when, alone = typed_moment(text, NOW)
    assert (f"{when.astimezone(CHINA):%Y-%m-%d %H:%M}", alone) == expected


@pytest.mark.parametrize(("year", "expected"), [("last", "2025-03-11"), ("this", "2026-03-11"), ("", None)])
def test_a_year_that_was_left_out(year: Year, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="3月11日"):
            typed_day("3月11日", NOW, year=year)
    else:
        assert str(typed_day("3月11日", NOW, year=year)) == expected
    assert str(typed_day("2026年3月11日", NOW, year=year)) == "2026-03-11"
    with pytest.raises(ValueError, match="T09:00"):
        typed_day("2026-03-11T09:00", NOW, year=year)
