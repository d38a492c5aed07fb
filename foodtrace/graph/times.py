"""Times and days as the numbers that rows hold. Pure, and it loads no kind of event: everything that reads rows needs it."""

from __future__ import annotations

import datetime as dt
from typing import Final

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY0: Final = dt.date(1970, 1, 1)
ONE_DAY: Final = 86_400_000_000
"""Microseconds of a day."""
UNKNOWN_DAY: Final = -1
_ZONES: Final = 200
"""Most offsets remembered: the world has about forty."""


class _Epochs(dict[dt.tzinfo | None, dt.datetime]):
    """1970 UTC as each fixed offset writes it: two times of one zone subtract at a fifth of what two of different zones cost."""

    def __missing__(self, zone: dt.tzinfo | None) -> dt.datetime:
        if type(zone) is not dt.timezone:
            return _EPOCH  # a zone with summer time: its own hours do not subtract
        if len(self) >= _ZONES:
            self.clear()
        found = self[zone] = _EPOCH.astimezone(zone)
        return found


_epochs: Final = _Epochs()


def micros(moment: dt.datetime) -> int:
    """Return a time as microseconds since 1970 UTC."""
    since = moment - _epochs[moment.tzinfo]
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # half the cost of dividing


def moment(microseconds: int) -> dt.datetime:
    """Return microseconds since 1970 as a UTC time."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def day_number(day: dt.date | None) -> int:
    """Return a day as days since 1970-01-01, -1 for none."""
    return UNKNOWN_DAY if day is None else (day - _DAY0).days
