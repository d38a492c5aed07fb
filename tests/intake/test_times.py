"""Dates and times in the forms Chinese files have them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.intake.model import CHINA, Cell
from foodtrace.intake.times import read_time

EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001


def read(cell: Cell, **options: object) -> tuple[str, str]:
    when, precision = read_time(cell, zone=CHINA, epoch=EPOCH, **options)  # type: ignore[arg-type]
    return when.isoformat(), precision


GOOD = [
    ("2026-11-23 05:12", "2026-11-23T05:12:00+08:00"),
    ("2026-11-23 05:12:33", "2026-11-23T05:12:33+08:00"),
    ("2026-11-23 05:12:33.250", "2026-11-23T05:12:33.250000+08:00"),
    ("2026-11-23T05:12", "2026-11-23T05:12:00+08:00"),
    ("2026-11-22T21:12:00Z", "2026-11-22T21:12:00+00:00"),
    ("2026-11-23 05:12+09:00", "2026-11-23T05:12:00+09:00"),
    ("2026/11/23 5:12", "2026-11-23T05:12:00+08:00"),
    ("2026/1/3 5:02:07", "2026-01-03T05:02:07+08:00"),
    ("2026.11.23 05:12", "2026-11-23T05:12:00+08:00"),
    ("2026年11月23日 5时12分", "2026-11-23T05:12:00+08:00"),
    ("2026年11月23日5时12分33秒", "2026-11-23T05:12:33+08:00"),
    ("2026年11月23日 5时", "2026-11-23T05:00:00+08:00"),
    ("2026年11月23日 星期一 5点12分", "2026-11-23T05:12:00+08:00"),
    ("2026-11-23 上午 5:12", "2026-11-23T05:12:00+08:00"),
    ("2026-11-23 下午 5:12", "2026-11-23T17:12:00+08:00"),
    ("2026/11/23 下午5:12:33", "2026-11-23T17:12:33+08:00"),
    ("2026-11-23 上午 12:05", "2026-11-23T00:05:00+08:00"),
    ("2026-11-23 下午 12:05", "2026-11-23T12:05:00+08:00"),
    ("2026-11-23 凌晨 3:40", "2026-11-23T03:40:00+08:00"),
    ("2026-11-23 5:12 PM", "2026-11-23T17:12:00+08:00"),
    ("２０２６－１１－２３　０５：１２", "2026-11-23T05:12:00+08:00"),
    ("202611230512", "2026-11-23T05:12:00+08:00"),
    ("20261123051233", "2026-11-23T05:12:33+08:00"),
    ("20261123 0512", "2026-11-23T05:12:00+08:00"),
    (20261123051233, "2026-11-23T05:12:33+08:00"),
    ("46349.2166666667", "2026-11-23T05:12:00+08:00"),
    (46349.21666666667, "2026-11-23T05:12:00+08:00"),
    (dt.datetime(2026, 11, 23, 5, 11, 59, 999997), "2026-11-23T05:12:00+08:00"),  # noqa: DTZ001 - a cell has no zone
]


@pytest.mark.parametrize(("cell", "expected"), GOOD, ids=[str(each[0]) for each in GOOD])
def test_reads_a_moment(cell: Cell, expected: str) -> None:
    assert read(cell) == (expected, "instant")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-23",
        "2026/11/23",
        "2026年11月23日",
        "2026年11月23号",
        "20261123",
        20261123,
        "46349",
        46349,
        46349.0,
        dt.date(2026, 11, 23),
        dt.datetime(2026, 11, 23),  # noqa: DTZ001
        "2026-11-23 00:00:00",
        "2026/11/23 0:00",
    ],
)
def test_a_date_alone_is_known_to_the_day(cell: Cell) -> None:
    assert read(cell) == ("2026-11-23T00:00:00+08:00", "day")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("05:12", "05:12:00"),
        ("0512", "05:12:00"),
        ("下午 5:12", "17:12:00"),
        (dt.time(5, 12), "05:12:00"),
        (0.21666666667, "05:12:00"),
        (dt.timedelta(hours=5, minutes=12), "05:12:00"),
        (dt.datetime(1899, 12, 30, 5, 12), "05:12:00"),  # noqa: DTZ001
        ("2026-11-23 05:12", "05:12:00"),
    ],
)
def test_joins_a_column_of_dates_and_one_of_times(time: Cell, expected: str) -> None:
    assert read("2026-11-23", time=time) == (f"2026-11-23T{expected}+08:00", "instant")


@pytest.mark.parametrize(
    ("cell", "code", "message", "zh"),
    [
        (
            "2026-11-31",
            "record.time_day",
            "2026-11-31: November 2026 has 30 days only",
            "2026-11-31: 11 月只有 30 天",
        ),
        ("2027-02-29 05:12", "record.time_day", "2027-02-29 05:12: February 2027 has 28 days only", "2027-02-29 05:12: 2 月只有 28 天"),
        ("2026-13-01", "record.time_month", "2026-13-01: there is no month 13", "2026-13-01: 没有 13 月"),
        ("2026-11-23 24:10", "record.time_clock", None, None),
        ("2026-11-23 05:61", "record.time_clock", None, None),
        ("11-23", "record.time_no_year", "11-23 has no year, expected the form 2026-11-23 05:12", None),
        ("11月23日 5时12分", "record.time_no_year", None, None),
        ("05/11/2026", "record.time_order", None, None),
        ("11/23/2026 05:12", "record.time_order", None, None),
        ("26-11-23", "record.time_order", None, None),
        ("########", "record.hashes", None, None),
        ("1926-11-23", "record.time_year", None, None),
        ("2126-11-23", "record.time_year", None, None),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999999), "record.time_year", None, None),  # noqa: DTZ001
        ("昨天", "record.time", "昨天 is not a time, expected the form 2026-11-23 05:12", "昨天 不是时间, 应如 2026-11-23 05:12"),
        ("2026-11-23 5", "record.time", None, None),
        ("12", "record.time", None, None),
        (12, "record.time", None, None),
        (1e300, "record.time", None, None),
        (float("nan"), "record.time", None, None),
        (True, "record.time", None, None),
    ],
)
def test_says_what_is_wrong_with_a_date(cell: Cell, code: str, message: str | None, zh: str | None) -> None:
    with pytest.raises(BadData) as error:
        read(cell)
    assert error.value.code == code
    assert message is None or error.value.message("en") == message
    assert zh is None or error.value.message("zh") == zh
    assert error.value.hint("zh")


def test_a_year_that_a_person_said_is_used() -> None:
    assert read("11-23 05:12", year=2026) == ("2026-11-23T05:12:00+08:00", "instant")
    assert read("11月23日", year=2026) == ("2026-11-23T00:00:00+08:00", "day")


def test_the_1904_calendar_of_old_macs_counts_from_1904() -> None:
    when, _ = read_time(46349 - 1462, zone=CHINA, epoch=dt.datetime(1904, 1, 1))  # noqa: DTZ001
    assert when.date() == dt.date(2026, 11, 23)


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2099, 12, 31)))  # noqa: DTZ001
def test_every_printed_form_of_a_moment_reads_as_that_moment(moment: dt.datetime) -> None:
    moment = moment.replace(microsecond=0)
    expected = moment.replace(tzinfo=CHINA).isoformat()
    half = "下午" if moment.hour >= 12 else "上午"
    for text in (
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M:%S}",
        f"{moment.year}年{moment.month}月{moment.day}日{moment.hour}时{moment.minute}分{moment.second}秒",
        f"{moment:%Y%m%d%H%M%S}",
        f"{moment:%Y-%m-%d} {half} {(moment.hour + 11) % 12 + 1}:{moment:%M:%S}",
        repr((moment - EPOCH) / dt.timedelta(days=1)),
    ):
        assert read(text)[0] == expected


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9年月日时:/ .-]{1,30}", fullmatch=True), st.floats(), st.integers()))
def test_any_cell_is_a_moment_or_a_domain_error(cell: Cell) -> None:
    try:
        read(cell)
    except FoodtraceError as error:
        assert error.code.startswith("record.")  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇二六年十一月二十七日", "2026-11-27T00:00:00+08:00"),
        ("二零二六年十月十日 5时12分", "2026-10-10T05:12:00+08:00"),
        ("二○二六年一月三十一日 星期六", "2026-01-31T00:00:00+08:00"),
        ("二〇二六年十二月二十日", "2026-12-20T00:00:00+08:00"),
    ],
)
def test_dates_in_chinese_numerals(text: str, day: str) -> None:
    assert read_time(text, zone=CHINA, epoch=dt.datetime(1899, 12, 30))[0].isoformat() == day  # noqa: DTZ001


@pytest.mark.parametrize("text", ["二〇二六年十三月一日", "二〇二六年十一月三十一日", "二〇二六年一二月二三日", "二〇二六年十一月"])
def test_dates_in_chinese_numerals_that_do_not_exist(text: str) -> None:
    with pytest.raises(BadData) as error:
        read_time(text, zone=CHINA, epoch=dt.datetime(1899, 12, 30))  # noqa: DTZ001
    assert error.value.code.startswith("record.time")
