"""Times and days as the numbers that rows hold. Pure, and it loads no kind of event: everything that reads rows needs it."""

from __future__ import annotations

import datetime as dt
from typing import Final

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY0: Final = dt.date(1970, 1, 1)
ONE_DAY: Final = 86_400_000_000
"""Microseconds of a day."""
UNKNOWN_DAY: Final = -1


def micros(moment: dt.datetime) -> int:
    """Return a time as microseconds since 1970 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # half the cost of dividing


def moment(microseconds: int) -> dt.datetime:
    """Return microseconds since 1970 as a UTC time."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def day_number(day: dt.date | None) -> int:
    """Return a day as days since 1970-01-01, -1 for none."""
    return UNKNOWN_DAY if day is None else (day - _DAY0).days
