"""Days and times as people type them, for every command and option alike.

Rules:

1. ISO 8601 (``2026-11-24``, ``2026-11-24T09:10``, with or without an offset) comes first, then whatever a file may say
   (:mod:`foodtrace.intake.times`): ``2026/11/24 9:10``, ``2026年11月24日``, ``11月24日 下午5点``, in full width too. A bare number is none.
2. Without an offset a time is China's.
3. A day without its year (``11-24``, ``3月4日``) is the last such day, where what happened is asked for (``year="last"``), or that of this
   year (``year="this"``); where something is still to come (``year=""``) it is refused, for no guess is safe.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Final, Literal, TypeAlias

from foodtrace.errors import BadData

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
Year: TypeAlias = Literal["", "last", "this"]
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's day 0; no typed text is a day count (rule 1)


def typed_moment(text: str, now: dt.datetime, *, year: Year = "last") -> tuple[dt.datetime, bool]:
    """Return the moment that was typed, and whether it is a day alone, then its first instant. Raises ``ValueError`` where it is none.

    :param now: with an offset: by it a year that was left out is told.
    """
    plain = text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    iso = plain.replace("/", "-")
    try:
        when = dt.datetime.fromisoformat(iso)
    except ValueError:
        return _written(plain, now.astimezone(CHINA), year)
    try:
        alone = bool(dt.date.fromisoformat(iso))
    except ValueError:
        alone = False
    return (when if when.tzinfo is not None else when.replace(tzinfo=CHINA)), alone


def typed_day(text: str, now: dt.datetime, *, year: Year = "last") -> dt.date:
    """Return the day that was typed. Raises ``ValueError`` where it is none, or a time of a day."""
    when, alone = typed_moment(text, now, year=year)
    if not alone:
        raise ValueError(text)
    return when.date()


def _written(text: str, now: dt.datetime, year: Year) -> tuple[dt.datetime, bool]:
    from foodtrace.intake.times import read_time  # noqa: PLC0415 - most people type ISO 8601

    if text.replace(".", "", 1).isdecimal():
        raise ValueError(text)
    try:
        when, precision = read_time(text, zone=CHINA, epoch=_EPOCH)
    except BadData as error:
        if error.code != "record.time_no_year" or not year:
            raise ValueError(text) from None
        return _of_a_year(text, now, year)
    return when, precision == "day" and not _clocked(text)


def _of_a_year(text: str, now: dt.datetime, year: Year) -> tuple[dt.datetime, bool]:
    """Read a day without its year (rule 3)."""
    from foodtrace.intake.times import read_time  # noqa: PLC0415

    for each in (now.year, now.year - 1) if year == "last" else (now.year,):
        try:
            when, precision = read_time(text, zone=CHINA, epoch=_EPOCH, year=each)
        except BadData:
            break
        if year == "this" or when <= now:
            return when, precision == "day" and not _clocked(text)
    raise ValueError(text)


def _clocked(text: str) -> bool:
    """Say whether a time of the day was typed; midnight is one."""
    return any(each in text for each in ":点时")


__all__ = ["typed_day", "typed_moment"]
