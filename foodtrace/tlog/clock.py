"""The clock of whoever writes: which readings are taken, and when a person has to say that one is right. Pure.

Rules (DESIGN section 5, clock):

1. ``time`` of entries never runs backwards in a log, so one entry sealed by a clock that jumped to 2099 would freeze it. All entries of
   a batch have one time, and it is later than that of the batch before, be it by a microsecond: so whoever reads the entries sees where
   each batch ended, and that its checkpoint is there (:mod:`foodtrace.tlog.verify`, step 6).
2. A clock that is behind the last entry by more than :data:`SKEW`, or ahead of it by more than a setting, is refused unless somebody
   confirms that the clock is right. What is sealed while a right clock is behind carries a time just after that of the last entry.
3. A clock from before there was any foodtrace was never set (an empty battery gives 1970 or 2019): nobody can confirm that one.
4. A reading that no calendar has, or none in use, is no time at all: refused before anything is computed with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.errors import BadData, Refused
from foodtrace.tlog.entry import time_text

if TYPE_CHECKING:
    from foodtrace.tlog.append import Head

SKEW: Final = 120_000_000
"""How far behind the last entry a clock may be before we refuse, microseconds: two minutes."""
AHEAD_DAYS: Final = 25
"""How many days ahead of the last entry a clock may be before we refuse: a market that closes over Spring Festival opens again without
a question, and a month or a year too far is caught."""
DAY: Final = 86_400_000_000
EARLIEST: Final = 1_764_547_200_000_000
"""2025-12-01: a clock before it was never set."""
LATEST: Final = 32_503_680_000_000_000
"""3000-01-01: the first reading that is no time."""
_MOST_DAYS: Final = 3660


class ClockRule(NamedTuple):
    """How a clock is held against the last entry (rule 2)."""

    confirmed: bool = False
    """Somebody says that the clock is right."""
    ahead: int = AHEAD_DAYS * DAY
    """How far ahead of the last entry it may be, microseconds."""


def clock_rule(ahead: dt.timedelta | None, *, confirmed: bool) -> ClockRule:
    """Return the rule a caller asks for. Raises ``BadData`` (``clock.ahead``) below an hour or above ten years."""
    if ahead is None:
        return ClockRule(confirmed)
    if not dt.timedelta(hours=1) <= ahead <= dt.timedelta(days=_MOST_DAYS):
        raise BadData("clock.ahead", value=str(ahead), expected=f"1 h .. {_MOST_DAYS} d")
    return ClockRule(confirmed, ahead // dt.timedelta(microseconds=1))


def within(clock: Callable[[], int]) -> Callable[[], int]:
    """Return a clock that refuses what is no time (rule 4): ``BadData`` (``clock.range``)."""

    def now() -> int:
        value = clock()
        if not 0 <= value < LATEST:
            raise BadData("clock.range", value=value, expected=f"0 .. {LATEST - 1}")
        return value

    return now


def sealing_time(head: Head, clock: int, rule: ClockRule) -> int:
    """Return the ``time`` for new entries (rules 1 to 3).

    :raises Refused: ``log.clock_behind``, ``log.clock_ahead``; confirmed or not, ``log.clock_unset``.
    """
    if head.size == 0:
        return clock
    behind = clock < head.time - SKEW
    if behind and clock < EARLIEST:
        raise Refused("log.clock_unset", value=time_text(clock), expected=time_text(head.time))
    if not rule.confirmed:
        if behind:
            raise Refused("log.clock_behind", value=time_text(clock), expected=time_text(head.time))
        if clock > head.time + rule.ahead:
            raise Refused("log.clock_ahead", value=time_text(clock), expected=time_text(head.time), days=rule.ahead // DAY)
    return max(clock, head.time + 1)
