"""What the gates decided today, for the first screen.

Rules:

1. Today is the day in China; an entry belongs to the day it was recorded. What a correction ended does not count.
2. Where the day begins in a log is found by halving: times never run backwards in it. Then only the day's decisions are read.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from foodtrace.events import MarketEntry, Refusal
from foodtrace.events.canonical import decode
from foodtrace.graph.kinds import ABOUT
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes, parse


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """Trucks of a day by what was decided on them."""

    admitted: int = 0
    held: int = 0
    refused: int = 0


def today(session: Session, now: dt.datetime) -> Today:
    """Count the decisions recorded since midnight, over all logs.

    :param now: the present moment in China's zone.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    count = {"admitted": 0, "held": 0, "refused": 0}
    for log, size in session.rows("SELECT log, size FROM head"):
        for (seq,) in session.rows(
            "SELECT DISTINCT seq FROM about WHERE log = ? AND seq >= ? AND ended = 0 AND kind IN (?, ?)",
            (log, _first(session, log, size, midnight), ABOUT[MarketEntry], ABOUT[Refusal]),
        ):
            event = decode(event_bytes(_entry(session, log, seq)))
            if isinstance(event, MarketEntry):
                count[event.decision] += 1
            elif isinstance(event, Refusal) and event.asked == "market_entry":
                count["refused"] += 1
    return Today(**count)


def _first(session: Session, log: int, size: int, midnight: dt.datetime) -> int:
    """Return the first entry of a log that was recorded on or after a moment (rule 2)."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if parse(_entry(session, log, middle)).time < midnight:
            low = middle + 1
        else:
            high = middle
    return low


def _entry(session: Session, log: int, seq: int) -> bytes:
    (data,) = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq)) or (b"",)
    return bytes(data)
