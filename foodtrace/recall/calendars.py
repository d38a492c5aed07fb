"""Reads the holiday tables that come with foodtrace (and local ones) into a :class:`~foodtrace.recall.deadlines.Calendar`.

Rules:

1. One table is one year: ``year``, ``source``, ``verified``, ``working`` (swapped weekend days) and ``[[holiday]]`` spans.
2. Every date lies in the year; a swapped day is a weekend day and no holiday; a span does not end before it starts.
3. A table of one's own replaces the one that came with foodtrace for its year, and what leans on it says so. No year is ever derived from
   another.
4. Every ``*.toml`` in the ``calendar`` of a folder of rules is such a table; one that cannot be read, has no holiday, or is the second of a
   year is an error with its name, never left out silently.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from foodtrace.errors import BadData, Storage
from foodtrace.recall.deadlines import Calendar, Year
from foodtrace.recall.packfiles import LIMIT, MOST


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


def read_year(text: str, name: str = "") -> Year:
    """Read one table (rules 1, 2).

    :param name: what the error calls it; by default its first line.
    :raises BadData: ``deadline.calendar_form`` with what is wrong, and where.
    """
    called = name or text.partition("\n")[0]
    try:
        table = msgspec.convert(tomllib.loads(text), _Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as wrong:
        raise BadData("deadline.calendar_form", value=called, reason=str(wrong)) from None
    days: set[dt.date] = set()
    for span in table.holiday:
        if not span.first <= span.last:
            raise BadData("deadline.calendar_form", value=name or span.name, reason=f"{span.name}: {span.first} > {span.last}")
        if not span.first.year == span.last.year == table.year:
            reason = f"{span.name}: {span.first} .. {span.last} is not in {table.year}"
            raise BadData("deadline.calendar_form", value=name or span.name, reason=reason)
        days.update(span.first + dt.timedelta(days=n) for n in range((span.last - span.first).days + 1))
    working = frozenset(table.working)
    wrong_days = sorted(day for day in working if day.year != table.year or day in days or day.weekday() < 5)  # noqa: PLR2004
    if wrong_days:
        reason = "working: not a weekend day of the year, or a holiday: " + ", ".join(map(str, wrong_days))
        raise BadData("deadline.calendar_form", value=name or table.year, reason=reason)
    return Year(year=table.year, holidays=frozenset(days), working=working, source=table.source, verified=table.verified)


@cache
def _shipped() -> tuple[Year, ...]:
    folder = Path(__file__).parent / "calendar"  # see foodtrace.recall.packfiles
    return tuple(read_year(each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml"))


def calendar(local: Iterable[str] = ()) -> Calendar:
    """Return the tables that come with foodtrace, with local ones (TOML texts) in their place where given (rule 3)."""
    years = {each.year: each for each in _shipped()}
    years.update({each.year: each for each in map(read_year, local)})
    return Calendar(years)


@lru_cache(maxsize=16)
def calendar_of(rules: Path | None) -> Calendar:
    """Return the tables that come with foodtrace, with those of one's own in their place (rules 3, 4); read once in a process.

    :param rules: folder of rules (:attr:`foodtrace.storage.session.Session.rules`) with ``calendar/*.toml``; none, or no such part: those
        that come along.
    :raises BadData: ``deadline.calendar_form``, ``deadline.calendar_twice``, ``rules.too_many``. :raises Storage: ``rules.unreadable``.
    """
    if rules is None or not (folder := rules / "calendar").is_dir():
        return calendar()
    try:
        found = sorted(each for each in folder.iterdir() if each.name.endswith(".toml"))
        if len(found) > MOST:
            raise BadData("rules.too_many", value=str(folder), expected=MOST, count=len(found))
        texts = [(str(each), _text(each)) for each in found]
    except OSError as error:
        raise Storage("rules.unreadable", value=str(folder), reason=error.strerror or type(error).__name__) from None
    own: dict[int, tuple[str, Year]] = {}
    for name, text in texts:
        table = read_year(text, name)
        if not table.holidays:
            raise BadData("deadline.calendar_form", value=name, reason="[[holiday]]: none, and no year is without")
        if table.year in own:
            raise BadData("deadline.calendar_twice", value=name, year=table.year, other=own[table.year][0])
        own[table.year] = name, table
    return Calendar({**calendar().years, **{year: msgspec.structs.replace(table, own=True) for year, (_, table) in own.items()}})


def _text(file: Path) -> str:
    with file.open("rb") as stream:
        data = stream.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise BadData("deadline.calendar_form", value=str(file), reason=f"larger than {LIMIT} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadData("deadline.calendar_form", value=str(file), reason="not UTF-8") from None
