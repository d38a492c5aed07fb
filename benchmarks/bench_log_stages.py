"""What one event's commit is made of: each stage by the clock and in processor time, beside a raw commit of one row.

Rules:

1. Timers are put around the library's own functions for the time of the measurement; a stage counts its own time, less what stages
   inside it take. What stands in no stage is the last row: the library's own code between them.
2. The clock includes waiting for the disk, processor time does not. Timers cost about a microsecond each, so the sum is a little
   above what ``record`` takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import foodtrace.ledger
from benchmarks.measure import table
from foodtrace import Ledger, recording
from foodtrace.events import Event
from foodtrace.graph import projection
from foodtrace.keys import SigningKey
from foodtrace.storage import sqlite
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.tlog.anchor import Anchor

WHOLE: Final = "record, all of it"
REST: Final = "the library's own code between"


class _Stage(NamedTuple):
    """A stage and where the library carries it out."""

    name: str
    places: tuple[tuple[Any, str], ...]


_STAGES: Final = (
    _Stage("every field checked, encoded", ((foodtrace.ledger, "prepare"),)),
    _Stage("BEGIN IMMEDIATE", ((sqlite, "_begin_immediate"),)),
    _Stage("head, ids and names read", tuple((SqliteSession, each) for each in ("row", "rows", "each"))),
    _Stage("entry and tree hashed, checkpoint made", ((recording, "append"),)),
    _Stage("signature", ((SigningKey, "sign"),)),
    _Stage("projection worked out", ((projection, "told"), (projection, "apply"))),
    _Stage("rows written into the database's memory", tuple((SqliteSession, each) for each in ("run", "many", "insert", "merge"))),
    _Stage("COMMIT, with its sync", ((sqlite, "_commit"),)),
    _Stage("anchor", ((Anchor, "news"), (Anchor, "move"))),
)


class _Times:
    """Nanoseconds by stage, of one record after another: (clock, processor)."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, list[int]]] = []
        self._inner: list[list[int]] = []

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function timed as a stage."""

        def timed(*args: Any, **named: Any) -> Any:
            self._inner.append([0, 0])
            start, used = time.perf_counter_ns(), time.process_time_ns()
            try:
                return work(*args, **named)
            finally:
                took = (time.perf_counter_ns() - start, time.process_time_ns() - used)
                inner = self._inner.pop()
                own = self.rounds[-1].setdefault(name, [0, 0])
                for place in (0, 1):
                    own[place] += took[place] - inner[place]
                    if self._inner:
                        self._inner[-1][place] += took[place]

        return timed

    def of(self, name: str) -> tuple[float, float]:
        """Return median microseconds by the clock, and mean microseconds of processor time."""
        spent = [each.get(name, [0, 0]) for each in self.rounds]
        return statistics.median(each[0] for each in spent) / 1e3, statistics.mean(each[1] for each in spent) / 1e3


@contextmanager
def _timed(times: _Times) -> Iterator[None]:
    """Put the timers in place meanwhile."""
    real = [(owner, attribute, getattr(owner, attribute)) for stage in _STAGES for owner, attribute in stage.places]
    try:
        for stage in _STAGES:
            for owner, attribute in stage.places:
                setattr(owner, attribute, times.around(stage.name, getattr(owner, attribute)))
        yield
    finally:
        for owner, attribute, work in real:
            setattr(owner, attribute, work)


def measured(
    ledger: Ledger, batches: Sequence[Sequence[Event]], raw: Callable[[int], object], *, warm: int
) -> list[tuple[str, float, float]]:
    """Record batches, turn about with a raw commit; return (stage, us by the clock, us of processor), the raw commit last."""
    ours, bare = _Times(), _Times()
    whole, one = ours.around(REST, ledger.record), bare.around("raw", raw)
    for number, batch in enumerate(batches):
        if number == warm:
            ours.rounds.clear()
            bare.rounds.clear()
        ours.rounds.append({})
        bare.rounds.append({})
        with _timed(ours):
            whole(batch)
        one(number)
    for each in ours.rounds:
        each[WHOLE] = [sum(spent[place] for spent in each.values()) for place in (0, 1)]
    names = [stage.name for stage in _STAGES]
    return [(name, *ours.of(name)) for name in (*names, REST, WHOLE)] + [("a raw commit of the entry row", *bare.of("raw"))]


def section(ledger: Ledger, batches: Sequence[Sequence[Event]], raw: Callable[[int], object], *, warm: int) -> str:
    """Return the table of stages."""
    rows = measured(ledger, batches, raw, warm=warm)
    return table(
        ["one event per commit, by stage", "us by the clock (median)", "us of processor (mean)"],
        [[name, f"{clock:.0f}", f"{used:.0f}"] for name, clock, used in rows],
    )
