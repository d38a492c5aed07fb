"""Dates and times as Chinese files write them.

Rules, in order:

1. The year comes first: ``2026-11-23``, ``2026/11/23``, ``2026.11.23``, ``2026年11月23日``, ``二〇二六年十一月二十三日``,
   ``20261123``, then a time:
   ``05:12``, ``05:12:33``, ``5时12分``, ``下午 5:12``, ``5:12 PM``, with or without an offset.
2. A number of 5 digits is the day count of a spreadsheet (1900 or 1904 system, as its workbook says), decimals the time.
3. A date alone, and a date at exactly midnight (how spreadsheets and databases export a date alone), is known to the day.
4. Without an offset the time is the file's zone's, China's by default.
5. A date that does not exist is explained (``2026-11-31``: November has 30 days); one that can be read in two ways
   (``05/11/2026``, ``26-11-23``) or lacks its year is refused, never guessed. Years are 2000 to 2099.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Final, Literal

from foodtrace.errors import BadData
from foodtrace.intake.model import Cell

_FIRST, _LAST = 2000, 2099
_FORM: Final = "2026-11-23 05:12"
_WEEKDAY: Final = re.compile(r"\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?\s*")
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*(?:日|号)?\s*(?:[T,]\s*)?(.*)", re.DOTALL)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ T]?(\d{2}):?(\d{2}):?(\d{2})?)?")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
_SHORT: Final = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*(?:日|号)?(?:\s+(.*)|([上下中凌早晚].*)|)")
_OTHER_ORDER: Final = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2,4}(?:\D.*)?", re.DOTALL)
_TIME: Final = re.compile(
    r"(上午|下午|凌晨|早上|早晨|中午|傍晚|晚上|[AaPp][Mm])?\s*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?\s*"
    r"(?:[:]?\s*(\d{1,2})(?:\.(\d{1,9}))?\s*秒?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_WIDE: Final = {0xFF1A: ":", 0x3000: " ", 0xA0: " ", 0xFF0F: "/", 0xFF0D: "-", **{0xFF10 + i: str(i) for i in range(10)}}
_LATE: Final = frozenset({"下午", "傍晚", "晚上", "pm"})
_EARLY: Final = frozenset({"上午", "凌晨", "早上", "早晨", "am"})

_CHINESE: Final = re.compile(r"\s*([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})(?=[日号])")
_DIGITS: Final = {**{word: i for i, word in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0}

When = tuple[dt.datetime, Literal["instant", "day"]]
"""A moment with its offset, and how exactly it is known."""


def read_time(cell: Cell, *, zone: dt.tzinfo, epoch: dt.datetime, time: Cell = None, year: int = 0) -> When:
    """Return the moment of a cell, or of a date cell and a time cell of the same row.

    :param epoch: day 0 of the workbook's day counts. :param time: the cell of a column of times, if there is one.
    :param year: year for dates written without one; 0: they are refused.
    :raises BadData: ``record.time`` and its kinds (rule 5).
    """
    when = _moment(cell, zone, epoch, year)
    if time is not None and time != "":
        when = dt.datetime.combine(when.date(), _clock_of(time, epoch), when.tzinfo)
    if not _FIRST <= when.year <= _LAST:
        raise BadData("record.time_year", value=str(cell), expected=f"{_FIRST}-{_LAST}")
    return when, "day" if when.time() == dt.time.min else "instant"


def _moment(cell: Cell, zone: dt.tzinfo, epoch: dt.datetime, year: int) -> dt.datetime:
    if isinstance(cell, str):
        return _text(cell, zone, epoch, year)
    if isinstance(cell, dt.datetime) and _FIRST <= cell.year <= _LAST:
        rounded = cell + dt.timedelta(microseconds=500)  # day counts are floats: 05:12:00 may arrive as 05:11:59.999997
        return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000, tzinfo=cell.tzinfo or zone)
    if isinstance(cell, dt.date):  # a datetime outside the years too: the caller refuses it
        return dt.datetime.combine(cell, dt.time.min, zone)
    if isinstance(cell, int) and len(str(cell)) in (8, 12, 14):
        return _text(str(cell), zone, epoch, year)
    if isinstance(cell, (int, float)):
        return _serial(cell, zone, epoch)
    raise BadData("record.time", value=str(cell), expected=_FORM)


def _in_digits(match: re.Match[str]) -> str:
    """Return a date in Chinese numerals in digits: 二〇二六年十一月二十七 is 2026年11月27."""
    year = "".join(str(_DIGITS[each]) for each in match[1])
    return f"{year}年{_below_hundred(match[2])}月{_below_hundred(match[3])}"


def _below_hundred(numeral: str) -> int:
    tens, ten, ones = numeral.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 99  # 十一十, 二三: no day and no month has this number
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)


def _text(given: str, zone: dt.tzinfo, epoch: dt.datetime, year: int) -> dt.datetime:
    text = given.translate(_WIDE).strip() if not given.isascii() else given
    if len(text) > 64:  # noqa: PLR2004
        raise BadData("record.time", value=given, expected=_FORM)
    text = _CHINESE.sub(_in_digits, _WEEKDAY.sub(" ", text).strip(), count=1)
    if match := _DATE.fullmatch(text):
        return _join(given, match[1], match[2], match[3], match[4], zone)
    if match := _COMPACT.fullmatch(text):
        clock = f"{match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return _join(given, match[1], match[2], match[3], clock, zone)
    if _SERIAL.fullmatch(text):
        return _serial(float(text), zone, epoch)
    if match := _SHORT.fullmatch(text):
        if not year:
            raise BadData("record.time_no_year", value=given, expected=_FORM)
        return _join(given, str(year), match[1], match[2], match[3] or match[4] or "", zone)
    if _OTHER_ORDER.fullmatch(text):
        raise BadData("record.time_order", value=given, expected=_FORM)
    if text and not text.strip("#"):
        raise BadData("record.hashes", value=given, expected=_FORM)
    raise BadData("record.time", value=given, expected=_FORM)


def _join(given: str, year: str, month: str, day: str, clock: str, zone: dt.tzinfo) -> dt.datetime:
    y, m, d = int(year), int(month), int(day)
    if not _FIRST <= y <= _LAST:
        raise BadData("record.time_year", value=given, expected=f"{_FIRST}-{_LAST}")
    if not 1 <= m <= 12:  # noqa: PLR2004
        raise BadData("record.time_month", value=given, month=m)
    days = calendar.monthrange(y, m)[1]
    if not 1 <= d <= days:
        raise BadData("record.time_day", value=given, month=str(m), month_name=calendar.month_name[m], days=days, year=year)
    moment = _clock(given, clock) if clock else dt.time.min
    return dt.datetime.combine(dt.date(y, m, d), moment, moment.tzinfo or zone).replace(fold=0)


def _clock_of(cell: Cell, epoch: dt.datetime) -> dt.time:
    """Read the cell of a column of times."""
    if isinstance(cell, dt.datetime):
        return cell.time()
    if isinstance(cell, dt.time):
        return cell.replace(tzinfo=None)
    if isinstance(cell, dt.timedelta):
        cell = cell / dt.timedelta(days=1)
    if isinstance(cell, (int, float)) and 0 <= cell < 1:
        return _serial(40_000 + cell, dt.UTC, epoch).time()
    text = str(cell).translate(_WIDE).strip()
    if match := _DATE.fullmatch(text):  # some exports repeat the date in the column of times
        text = match[4]
    elif text.isdigit() and len(text) in (4, 6):
        text = ":".join(re.findall("..", text))
    return _clock(str(cell), text)


def _clock(given: str, clock: str) -> dt.time:
    match = _TIME.fullmatch(clock.strip())
    if match is None or (match[3] is None and "时" not in clock and "点" not in clock):
        raise BadData("record.time", value=given, expected=_FORM)
    half = (match[1] or match[6] or "").lower()
    hour, minute, second = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    if half in _LATE and hour < 12:  # noqa: PLR2004
        hour += 12
    elif half in _EARLY and hour == 12:  # noqa: PLR2004 - 上午 12:05 is five past midnight
        hour = 0
    elif half == "中午" and hour in (1, 2):
        hour += 12
    if hour > 23 or minute > 59 or second > 59 or (half == "晚上" and match[2] == "12"):  # noqa: PLR2004
        raise BadData("record.time_clock", value=given, expected="00:00 .. 23:59")
    micro = int((match[5] or "0")[:6].ljust(6, "0"))
    return dt.time(hour, minute, second, micro, _offset(given, match[7]))


def _offset(given: str, text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:  # noqa: PLR2004
        raise BadData("record.time", value=given, expected="+08:00")
    size = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-size if text[0] == "-" else size)


def _serial(days: float, zone: dt.tzinfo, epoch: dt.datetime) -> dt.datetime:
    """Rule 2: days since the workbook's day 0, to the millisecond."""
    if not 30_000 <= days <= 80_000:  # noqa: PLR2004 - 1982 to 2119
        raise BadData("record.time", value=str(days), expected=_FORM)
    milliseconds = round(days * 86_400_000)
    if abs(milliseconds % 1000 - 500) > 490:  # noqa: PLR2004 - decimals of a day rarely hit the second
        milliseconds = (milliseconds + 500) // 1000 * 1000
    return (epoch + dt.timedelta(milliseconds=milliseconds)).replace(tzinfo=zone)
