"""The two clocks of a recall, as RECALL section 6 and RCL15 Art. 13 and 18 have them. Pure: the calendar is handed in.

Rules:

1. **Start**: knowledge of the risk plus 24, 48 or 72 hours by level, exact to the microsecond. Late by hours, begun ones count.
2. **Completion**: the n-th working day after the day of publication, until 24:00 local time. The day of publication is not
   counted (Civil Code Art. 201) unless the pack says so; then it is day one if it is a working day itself.
3. A **working day** is a weekday that is no listed holiday, or a listed swapped weekend day (调休).
4. A year without table gives no date: the due day is none and the years that are wanting are named. Nothing is guessed, nor counted: of a
   date that an extension sets there, nobody knows how many working days are left.
5. An **extension** needs approval, publication and a new date. The later date holds; the first one stays visible. Where the first is not
   known for want of a year's table, it lies in that year or after: an extension to a day before that year is not the later date.
6. Completion is late by working days after the due day, up to the day of closing or, while the case is open, up to T.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from foodtrace.recall.facts import Case
from foodtrace.recall.settings import HOUR, Settings

LOCAL: Final = dt.timezone(dt.timedelta(hours=8))
"""China has one time zone and no summer time."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ONE: Final = dt.timedelta(days=1)
_MICRO: Final = dt.timedelta(microseconds=1)
_SATURDAY: Final = 5


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """The holiday table of one year."""

    year: int
    holidays: frozenset[dt.date]
    """Days off by the notice, weekend days included."""
    working: frozenset[dt.date]
    """Weekend days that are worked (调休)."""
    source: str
    verified: bool
    """True when the dates were read in the text of the notice itself."""
    own: bool = False
    """It does not come with foodtrace: somebody here gave it."""


class Calendar(msgspec.Struct, frozen=True):
    """Holiday tables by year."""

    years: Mapping[int, Year]

    def is_working(self, day: dt.date) -> bool | None:
        """Say whether a day is worked (rule 3); none when its year has no table."""
        table = self.years.get(day.year)
        if table is None:
            return None
        return day in table.working or (day.weekday() < _SATURDAY and day not in table.holidays)

    def wanting(self, first: dt.date, last: dt.date) -> tuple[int, ...]:
        """Return the years between two days that have no table."""
        return tuple(year for year in range(first.year, last.year + 1) if year not in self.years)

    def given(self, first: dt.date, last: dt.date) -> tuple[int, ...]:
        """Return the years between two days whose table somebody here gave."""
        return tuple(year for year in range(first.year, last.year + 1) if year in self.years and self.years[year].own)


class DueDay(msgspec.Struct, frozen=True):
    """A due day, or the years whose tables are wanting."""

    day: dt.date | None
    missing: tuple[int, ...] = ()


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline of a case."""

    name: Literal["start", "complete"]
    due: int | None
    """Last moment, microseconds UTC; none: not running yet, or no table (``missing``)."""
    due_day: dt.date | None = None
    """Local day whose 24:00 is ``due``; completion only."""
    first_due_day: dt.date | None = None
    """What was due before any extension."""
    done: int | None = None
    """When it was done, microseconds UTC."""
    late: bool = False
    late_by: int | None = 0
    """Hours (start) or working days (completion); none when a table is wanting."""
    left: int | None = None
    """While running and not late: whole hours (start), or working days to go after today (completion)."""
    missing: tuple[int, ...] = ()
    """Years without holiday table that it leans on, be it for its day or for what is left: the finding ``calendar_missing``."""
    own: tuple[int, ...] = ()
    """Years it leans on whose table does not come with foodtrace."""


def local_day(moment: int) -> dt.date:
    """Return the local calendar day of microseconds UTC."""
    return (_EPOCH + dt.timedelta(microseconds=moment)).astimezone(LOCAL).date()


def end_of(day: dt.date) -> int:
    """Return 24:00 local of a day in microseconds UTC."""
    midnight = dt.datetime.combine(day + _ONE, dt.time(), LOCAL)
    return (midnight - _EPOCH) // _MICRO


def nth_working_day(calendar: Calendar, start: dt.date, n: int, *, count_start: bool = False) -> DueDay:
    """Return the n-th working day after ``start`` (or from it, with ``count_start``); rules 2-4.

    :param n: at least 1; anything else is a caller's bug.
    """
    if n < 1:
        message = f"nth_working_day counts from 1, not {n}"
        raise TypeError(message)
    day = start if count_start else start + _ONE
    while True:
        working = calendar.is_working(day)
        if working is None:
            return DueDay(None, (day.year,))
        n -= working
        if n == 0:
            return DueDay(day)
        day += _ONE


def working_days_between(calendar: Calendar, after: dt.date, until: dt.date) -> int | None:
    """Return how many working days lie in ``after`` < day <= ``until``; none when a table is wanting."""
    total = 0
    day = after + _ONE
    while day <= until:
        working = calendar.is_working(day)
        if working is None:
            return None
        total += working
        day += _ONE
    return total


def start_clock(case: Case, settings: Settings) -> Clock:
    """Return the start clock (rule 1): known + 24/48/72 h, done when the case was opened."""
    due = case.known + settings.start_hours[case.level - 1] * HOUR
    over = case.opened - due
    return Clock(name="start", due=due, done=case.opened, late=over > 0, late_by=max(0, -(-over // HOUR)))


def completion_clock(case: Case, settings: Settings, calendar: Calendar, now: int) -> Clock:
    """Return the completion clock as of ``now`` (rules 2-6); not running before publication."""
    if case.published is None or case.published > now:
        return Clock(name="complete", due=None)
    first = nth_working_day(
        calendar,
        local_day(case.published),
        settings.complete_days[case.level - 1],
        count_start=settings.count_publication_day,
    )
    later = [local_day(until) for until, published in case.extended if published is not None and published <= now]
    least = dt.date(first.missing[0], 1, 1) if first.day is None else dt.date.min
    days = [*(day for day in later if day >= least), *([first.day] if first.day is not None else [])]
    closed = case.closed if case.closed is not None and case.closed <= now else None
    start, today = local_day(case.published), local_day(now if closed is None else closed)
    if not days:
        own = calendar.given(start, dt.date(first.missing[0], 1, 1))
        return Clock(name="complete", due=None, done=closed, late_by=None, missing=first.missing, own=own)
    day = max(days)
    own = calendar.given(start, max(day, today))
    clock = Clock(name="complete", due=end_of(day), due_day=day, first_due_day=first.day, done=closed, missing=first.missing, own=own)
    return _judge(clock, calendar, now)


def unpublished(case: Case) -> list[int]:
    """Return until when extensions that were not published reach beyond those that were, microseconds UTC; the earliest first."""
    reached = max((until for until, published in case.extended if published is not None), default=0)
    return sorted({until for until, published in case.extended if published is None and until > reached})


def _judge(clock: Clock, calendar: Calendar, now: int) -> Clock:
    """Add lateness or the days left to a completion clock whose due day is known (rule 6)."""
    if clock.due is None or clock.due_day is None:
        return clock
    end = now if clock.done is None else clock.done
    today = local_day(end)
    if end <= clock.due:
        if clock.done is not None:
            return clock
        years = {*clock.missing, *calendar.wanting(today, clock.due_day)}
        return msgspec.structs.replace(clock, left=working_days_between(calendar, today, clock.due_day), missing=tuple(sorted(years)))
    over = working_days_between(calendar, clock.due_day, today)
    years = {*clock.missing, *calendar.wanting(clock.due_day, today)}
    return msgspec.structs.replace(clock, late=True, late_by=over, missing=tuple(sorted(years)))
