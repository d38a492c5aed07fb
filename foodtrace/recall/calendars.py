"""Reads the holiday tables that come with foodtrace (and local ones) into a :class:`~foodtrace.recall.deadlines.Calendar`.

Rules:

1. One table is one year: ``year``, ``source``, ``verified``, ``working`` (swapped weekend days) and ``[[holiday]]`` spans.
2. Every date lies in the year; a swapped day is a weekend day and no holiday; a span does not end before it starts.
3. A local table replaces the one that came with foodtrace for its year. No year is ever derived from another.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from foodtrace.errors import BadData
from foodtrace.recall.deadlines import Calendar, Year


class _Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    first: dt.date
    last: dt.date


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    year: int
    source: str
    published: dt.date | None = None
    verified: bool
    working: tuple[dt.date, ...] = ()
    holiday: tuple[_Span, ...]


def read_year(text: str) -> Year:
    """Read one table (rules 1, 2).

    :raises BadData: ``deadline.calendar_form``.
    """
    try:
        table = msgspec.convert(tomllib.loads(text), _Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise BadData("deadline.calendar_form", value=text.partition("\n")[0], reason=str(wrong)) from None
    days: set[dt.date] = set()
    for span in table.holiday:
        if not span.first <= span.last:
            raise BadData("deadline.calendar_form", value=span.name, reason=f"{span.first} > {span.last}")
        days.update(span.first + dt.timedelta(days=n) for n in range((span.last - span.first).days + 1))
    working = frozenset(table.working)
    wrong_days = sorted(
        {day for day in days | working if day.year != table.year} | {day for day in working if day in days or day.weekday() < 5}  # noqa: PLR2004
    )
    if wrong_days:
        raise BadData("deadline.calendar_form", value=table.year, reason=", ".join(map(str, wrong_days)))
    return Year(year=table.year, holidays=frozenset(days), working=working, source=table.source, verified=table.verified)


@cache
def _shipped() -> tuple[Year, ...]:
    folder = files("foodtrace.recall") / "calendar"
    return tuple(read_year(each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml"))


def calendar(local: Iterable[str] = ()) -> Calendar:
    """Return the tables that come with foodtrace, with local ones (TOML texts) in their place where given (rule 3)."""
    years = {each.year: each for each in _shipped()}
    years.update({each.year: each for each in map(read_year, local)})
    return Calendar(years)
