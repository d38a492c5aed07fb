"""The two clocks of a recall, the holiday tables behind them, and the rule packs that set them (RECALL section 6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from foodtrace.errors import BadData
from foodtrace.recall.calendars import calendar, read_year
from foodtrace.recall.deadlines import (
    LOCAL,
    Clock,
    DueDay,
    completion_clock,
    end_of,
    local_day,
    nth_working_day,
    start_clock,
    unpublished,
    working_days_between,
)
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import choose, read_pack, shipped
from foodtrace.recall.settings import DEFAULT, HOUR, Settings

CN = calendar()
D = dt.date


def at(text: str) -> int:
    """Microseconds of a local time."""
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def case(**changes: Any) -> Case:
    return Case(
        **{
            "case": "C",
            "versions": (),
            "level": 1,
            "reason": "-",
            "opened": at("2025-09-24T09:00"),
            "known": at("2025-09-24T08:00"),
            **changes,
        }
    )


def complete(published: str, now: str, level: int = 1, settings: Settings = DEFAULT, **changes: Any) -> Clock:
    return completion_clock(case(level=level, published=at(published), **changes), settings, CN, at(now))


def test_the_example_of_recall_section_6_and_both_wrong_ways_to_count_it() -> None:
    published = D(2025, 9, 24)
    assert nth_working_day(CN, published, 10) == DueDay(D(2025, 10, 14))
    assert nth_working_day(CN, published, 10, count_start=True) == DueDay(D(2025, 10, 13))
    weekdays = read_year("year = 2025\nsource = 'weekdays only'\nverified = false\nholiday = []")
    bare = type(CN)({2025: weekdays})
    assert nth_working_day(bare, published, 10) == DueDay(D(2025, 10, 8))


def test_the_clock_of_that_example_runs_to_midnight_of_the_due_day() -> None:
    clock = complete("2025-09-24T16:30", "2025-10-13T12:00")
    assert clock.due == at("2025-10-15T00:00")
    assert (clock.due_day, clock.first_due_day, clock.late, clock.late_by, clock.left) == (D(2025, 10, 14), D(2025, 10, 14), False, 0, 1)
    assert complete("2025-09-24T16:30", "2025-10-15T00:00").late is False
    over = complete("2025-09-24T16:30", "2025-10-15T00:01")
    assert (over.late, over.late_by, over.left) == (True, 1, None)
    assert complete("2025-09-24T16:30", "2025-10-20T00:00", settings=Settings(count_publication_day=True)).due_day == D(2025, 10, 13)


def test_late_by_counts_working_days_and_may_be_none_of_them_on_a_weekend() -> None:
    published = "2025-09-16T10:00"  # ten working days later: 2025-09-29, since 09-28 is a worked Sunday
    assert complete(published, "2025-09-29T20:00").due_day == D(2025, 9, 29)
    closed = complete(published, "2025-12-01T00:00", closed=at("2025-10-08T10:00"))
    assert (closed.late, closed.late_by, closed.done) == (True, 1, at("2025-10-08T10:00"))  # only 09-30 was worked in between
    in_time = complete(published, "2025-12-01T00:00", closed=at("2025-09-29T23:59"))
    assert (in_time.late, in_time.late_by, in_time.left) == (False, 0, None)


@pytest.mark.parametrize(("level", "hours"), [(1, 24), (2, 48), (3, 72)])
def test_the_start_clock_is_exact_and_late_by_begun_hours(level: int, hours: int) -> None:
    known = at("2025-09-24T08:00")
    for over, late in ((0, 0), (1, 1), (HOUR, 1), (HOUR + 1, 2)):
        clock = start_clock(case(level=level, known=known, opened=known + hours * HOUR + over), DEFAULT)
        assert (clock.due, clock.late, clock.late_by) == (known + hours * HOUR, over > 0, late)


@pytest.mark.parametrize(("level", "due"), [(1, D(2026, 10, 14)), (2, D(2026, 10, 28)), (3, D(2026, 11, 11))])
def test_completion_by_level_across_national_day_2026(level: int, due: D) -> None:
    # 2026: 09-25..27 and 10-01..07 are off, 10-10 is a worked Saturday.
    assert complete("2026-09-23T10:00", "2026-09-24T10:00", level).due_day == due


def test_before_publication_there_is_no_completion_date() -> None:
    assert completion_clock(case(), DEFAULT, CN, at("2025-10-01T00:00")) == Clock(name="complete", due=None)
    assert complete("2025-09-24T16:30", "2025-09-24T16:29") == Clock(name="complete", due=None)


def test_the_publication_day_is_the_local_day_not_that_of_utc() -> None:
    assert local_day(at("2025-09-24T07:59")) == D(2025, 9, 24)
    assert local_day(at("2025-09-24T00:00")) == D(2025, 9, 24)
    assert end_of(D(2025, 12, 31)) == at("2026-01-01T00:00")


def test_a_year_without_table_gives_the_finding_and_no_date() -> None:
    clock = complete("2026-12-28T10:00", "2026-12-29T10:00")
    assert (clock.due, clock.due_day, clock.late, clock.late_by, clock.missing) == (None, None, False, None, (2027,))
    assert complete("2026-12-15T10:00", "2026-12-29T10:00").due_day == D(2026, 12, 29)
    late = complete("2026-12-15T10:00", "2027-01-04T10:00")
    assert (late.late, late.late_by, late.missing) == (True, None, (2027,))
    assert working_days_between(CN, D(2026, 12, 30), D(2027, 1, 2)) is None


def test_an_extension_holds_once_published_and_the_first_date_stays_visible() -> None:
    until, told = at("2025-10-31T00:00"), at("2025-10-10T09:00")
    published = "2025-09-24T16:30"
    clock = complete(published, "2025-10-20T00:00", extended=((until, told),))
    assert (clock.due_day, clock.first_due_day, clock.late) == (D(2025, 10, 31), D(2025, 10, 14), False)
    assert complete(published, "2025-10-09T00:00", extended=((until, told),)).due_day == D(2025, 10, 14)
    assert complete(published, "2025-10-20T00:00", extended=((until, None),)).due_day == D(2025, 10, 14)
    earlier = at("2025-10-12T00:00")
    assert complete(published, "2025-10-20T00:00", extended=((earlier, told),)).due_day == D(2025, 10, 14)


def test_an_extension_never_shortens_a_deadline_that_a_missing_table_leaves_open() -> None:
    """30 working days from the end of November end in a year without table: no extension within the year is the later date."""
    published, now = "2026-12-28T10:00", "2026-12-29T10:00"
    told = at("2026-12-28T12:00")
    within = complete(published, now, extended=((at("2026-12-30T00:00"), told),))
    assert (within.due_day, within.missing) == (None, (2027,))
    beyond = complete(published, now, extended=((at("2027-03-01T00:00"), told),))
    assert (beyond.due_day, beyond.first_due_day, beyond.missing) == (D(2027, 3, 1), None, (2027,))


@pytest.mark.parametrize(
    ("year", "off", "worked"),
    [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)],
)
def test_the_tables_have_as_many_days_as_the_notices(year: int, off: int, worked: int) -> None:
    table = CN.years[year]
    assert table.verified
    assert "国务院办公厅" in table.source
    assert (len(table.holidays), len(table.working)) == (off, worked)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (D(2024, 2, 9), True),  # the eve was only encouraged to be off
        (D(2024, 2, 18), True),
        (D(2024, 9, 16), False),
        (D(2025, 1, 26), True),
        (D(2025, 1, 28), False),
        (D(2025, 10, 8), False),
        (D(2025, 10, 11), True),
        (D(2026, 1, 2), False),
        (D(2026, 1, 4), True),
        (D(2026, 2, 23), False),
        (D(2026, 2, 28), True),
        (D(2026, 11, 21), False),
        (D(2027, 1, 1), None),
    ],
)
def test_days_by_day(day: D, working: bool | None) -> None:
    assert CN.is_working(day) is working


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("year = ", "Invalid value"),
        ("year = 2027\nsource = 'x'\nverified = true", "missing required field `holiday`"),
        ("year = 2027\nsource = 'x'\nverified = true\nworking = [2027-01-04]\nholiday = []", "2027-01-04"),
        ("year = 2027\nsource = 'x'\nverified = true\nworking = [2026-01-03]\nholiday = []", "2026-01-03"),
        (
            "year = 2027\nsource = 'x'\nverified = true\n[[holiday]]\nname = 'a'\nfirst = 2027-01-02\nlast = 2027-01-01",
            "2027-01-02 > 2027-01-01",
        ),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadData) as wrong:
        read_year(text)
    assert wrong.value.code == "deadline.calendar_form"
    assert reason in str(wrong.value.params["reason"])


def test_a_local_table_fills_a_year_or_takes_the_place_of_ours() -> None:
    local = "year = 2027\nsource = 'city notice'\nverified = false\n[[holiday]]\nname = 'a'\nfirst = 2027-01-01\nlast = 2027-01-03"
    clock = completion_clock(case(published=at("2026-12-28T10:00")), DEFAULT, calendar([local]), at("2026-12-29T10:00"))
    assert clock.due_day == D(2027, 1, 12)


def test_counting_from_nothing_is_a_bug_of_the_caller() -> None:
    with pytest.raises(TypeError):
        nth_working_day(CN, D(2025, 1, 2), 0)


def test_the_pack_is_chosen_by_date_and_names_the_newer_text_nobody_read() -> None:
    old = choose(D(2025, 9, 24))
    assert (old.pack.id, old.pack.verified, old.gaps, old.settings) == ("cn-recall-2015", True, (), DEFAULT)
    new = choose(D(2026, 11, 24))
    assert (new.pack.id, [(gap.id, gap.verified, gap.settings) for gap in new.gaps]) == (
        "cn-recall-2015",
        [("cn-recall-2026", False, None)],
    )
    assert [each.id for each in shipped()] == ["cn-recall-2015", "cn-recall-2026"]


@pytest.mark.parametrize(
    ("day", "name", "code"),
    [
        (D(2014, 1, 1), "", "deadline.pack_none"),
        (D(2025, 1, 1), "cn-recall-1999", "deadline.pack_unknown"),
        (D(2026, 5, 1), "cn-recall-2026", "deadline.pack_gap"),
    ],
)
def test_no_pack_is_an_answer_and_never_a_guess(day: D, name: str, code: str) -> None:
    with pytest.raises(BadData) as wrong:
        choose(day, id=name)
    assert wrong.value.code == code


LOCAL_PACK = """
id = "cn-recall-2026"
title = "t"
effective_from = 2026-04-20
source = "s"
verified = false
[law]
start_hours = [12, 24, 48]
complete_days = [5, 10, 15]
[chosen]
sealed_counts = false
"""


def test_a_local_pack_takes_the_place_of_a_gap() -> None:
    made = choose(D(2026, 5, 1), own=[read_pack(LOCAL_PACK)])
    assert (made.pack.id, made.pack.verified, made.gaps) == ("cn-recall-2026", False, ())
    assert (made.settings.start_hours, made.settings.complete_days, made.settings.sealed_counts) == ((12, 24, 48), (5, 10, 15), False)


@pytest.mark.parametrize(
    "change", [("[12, 24, 48]", "[0, 24, 48]"), ("sealed_counts", "seald_counts"), ('id = "cn-recall-2026"', "id = 7")]
)
def test_a_pack_that_breaks_its_form_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(BadData) as wrong:
        read_pack(LOCAL_PACK.replace(*change))
    assert wrong.value.code == "rules.pack"


def test_an_extension_that_was_published_since_is_not_said_to_be_unpublished() -> None:
    first, later = at("2025-10-31T00:00"), at("2025-11-15T00:00")
    case = Case(case="C", versions=(), level=1, reason="x", opened=0, known=0)
    for extended, left in (
        (((first, None),), [first]),
        (((first, None), (first, 5)), []),
        (((first, 5), (later, None), (later, None)), [later]),
    ):
        assert unpublished(msgspec.structs.replace(case, extended=extended)) == left
