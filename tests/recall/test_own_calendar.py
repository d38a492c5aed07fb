"""Holiday tables of one's own, from the folder of rules: what is wrong with one is named, and a year without one is never guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.errors import FoodtraceError
from foodtrace.recall.calendars import calendar, calendar_of
from foodtrace.recall.deadlines import Calendar, completion_clock, end_of
from foodtrace.recall.facts import Case
from foodtrace.recall.settings import DEFAULT

TABLE = """year = 2027
source = "国务院办公厅关于 2027 年部分节假日安排的通知"
verified = true
working = [2027-02-20]

[[holiday]]
name = "元旦"
first = 2027-01-01
last = 2027-01-03
"""
D = dt.date


def given(folder: Path, *texts: str | bytes) -> Path:
    """Write tables into a folder of rules."""
    place = folder / "rules" / "calendar"
    place.mkdir(parents=True)
    for number, text in enumerate(texts):
        (place / f"{number}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "rules"


def test_a_year_of_ones_own_is_counted_and_a_table_of_a_year_that_came_along_takes_its_place(tmp_path: Path) -> None:
    other = TABLE.replace("2027", "2026").replace("working = [2026-02-20]", "working = [2026-01-10]")
    tables = calendar_of(given(tmp_path, TABLE, other))
    assert [tables.is_working(day) for day in (D(2027, 1, 1), D(2027, 1, 4), D(2027, 2, 20), D(2027, 2, 21))] == [False, True, True, False]
    assert (tables.is_working(D(2026, 1, 4)), tables.is_working(D(2026, 1, 10))) == (False, True), "not as the one that came along says"
    assert [(year, table.own) for year, table in sorted(tables.years.items())][-3:] == [(2025, False), (2026, True), (2027, True)]
    assert calendar_of(None) == calendar()
    assert calendar_of(tmp_path) == calendar(), "a folder without such a part"


WRONG: dict[str, str | bytes] = {
    "no TOML": "year =",
    "not UTF-8": b"year = 2027\nsource = '\xff'",
    "larger than": b"#" * (256 * 1024 + 1),
    "Object contains unknown field `holidays`": TABLE.replace("[[holiday]]", "[[holidays]]"),
    "missing required field `source`": TABLE.replace("source", "# source"),
    "Invalid RFC3339 encoded date - at `$.working[0]`": TABLE.replace("2027-02-20", '"soon"'),
    "[[holiday]]: none": TABLE.partition("[[")[0] + "holiday = []",
    "元旦: 2027-01-01 > 2026-01-03": TABLE.replace("2027-01-03", "2026-01-03"),
    "元旦: 2026-12-30 .. 2027-01-03 is not in 2027": TABLE.replace("2027-01-01", "2026-12-30"),
    "not a weekend day of the year, or a holiday: 2027-02-22": TABLE.replace("2027-02-20", "2027-02-22"),
    "a holiday: 2026-02-21": TABLE.replace("2027-02-20", "2026-02-21"),
    "a holiday: 2027-01-02": TABLE.replace("2027-02-20", "2027-01-02"),
}


@pytest.mark.parametrize("reason", WRONG)
def test_what_is_wrong_with_a_table_is_said_with_its_file(tmp_path: Path, reason: str) -> None:
    rules = given(tmp_path, WRONG[reason])
    with pytest.raises(FoodtraceError) as wrong:
        calendar_of(rules)
    assert wrong.value.code == "deadline.calendar_form"
    assert wrong.value.value == str(rules / "calendar" / "0.toml")
    assert reason == "no TOML" or reason in str(wrong.value.params["reason"])


def test_two_tables_of_a_year_and_a_folder_in_the_place_of_one_are_errors(tmp_path: Path) -> None:
    rules = given(tmp_path, TABLE, TABLE)
    with pytest.raises(FoodtraceError) as wrong:
        calendar_of(rules)
    assert (wrong.value.code, wrong.value.params["year"], wrong.value.params["other"]) == (
        "deadline.calendar_twice",
        2027,
        str(rules / "calendar" / "0.toml"),
    )
    folder = given(tmp_path / "b", TABLE)
    (folder / "calendar" / "z.toml").mkdir()
    with pytest.raises(FoodtraceError) as wrong:
        calendar_of(folder)
    assert wrong.value.code == "rules.unreadable"


def test_a_ledger_opens_with_a_folder_of_tables_alone(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", rules=given(tmp_path, TABLE))
    ledger.writer()  # its first entry makes the database
    with ledger.reading() as session:
        assert 2027 in calendar_of(session.rules).years


def _case(published: dt.date, *, until: dt.date | None = None) -> Case:
    at = end_of(published) - 1
    extended = () if until is None else ((end_of(until) - 1, at),)
    return Case(case="C", versions=(), level=1, reason="-", opened=at, known=at, published=at, extended=extended)


def test_what_is_left_until_a_day_of_a_year_without_table_is_not_counted_and_the_year_is_named(tmp_path: Path) -> None:
    """Published on 1 December 2026: due on the 15th, extended into a year of which nobody knows the holidays."""
    case = _case(D(2026, 12, 1), until=D(2027, 1, 8))
    clock = completion_clock(case, DEFAULT, calendar(), end_of(D(2026, 12, 14)))
    assert (clock.due_day, clock.first_due_day, clock.left, clock.missing) == (D(2027, 1, 8), D(2026, 12, 15), None, (2027,))
    tables = calendar_of(given(tmp_path, TABLE))
    clock = completion_clock(case, DEFAULT, tables, end_of(D(2026, 12, 14)) - 1)
    assert (clock.left, clock.missing, clock.own) == (18, (), (2027,))
    assert completion_clock(_case(D(2026, 12, 1)), DEFAULT, tables, end_of(D(2026, 12, 2))).own == (), "it leans on no table of theirs"
    late = completion_clock(_case(D(2026, 12, 1)), DEFAULT, tables, end_of(D(2027, 1, 4)))
    assert (late.late, late.late_by, late.own) == (True, 14, (2027,))
    assert completion_clock(_case(D(2026, 12, 1)), DEFAULT, Calendar({}), end_of(D(2026, 12, 2))).due_day is None
