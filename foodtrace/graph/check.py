"""Rebuilds the projection, and checks that every row of it follows from the sealed bytes.

The check replays each log into an empty database in memory and compares row by row, by text: numbers of names may differ
between two databases, texts may not (DESIGN section 6).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from typing import Final

from foodtrace.events import AnyEvent
from foodtrace.graph import projection
from foodtrace.graph.names import Names
from foodtrace.storage.session import Row, Session
from foodtrace.storage.sqlite import SqliteSession

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "holding": ("lot", "site"),
    "move": ("lot", "site", "other"),
    "lot_edge": ("src", "dst", "site"),
    "alias": ("lot", "other"),
    "unnamed": ("site", "lot"),
    "lot_fact": ("lot", "site"),
    "site_fact": ("site",),
    "site_seen": ("site",),
    "about": ("subject",),
    "cross_correction": ("target",),
}
"""Projection table -> its columns that hold numbers of names."""

_BATCH: Final = 2000
_SHOWN: Final = 20


class Replay:
    """A second projection, in memory, grown entry by entry from what the log says."""

    def __init__(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        with closing(sqlite3.connect(":memory:")) as empty:
            empty.deserialize(_empty())
            empty.backup(connection)
        self.session = SqliteSession(connection)
        self._names = Names()
        self._pending: list[projection.Sealed] = []
        self._log = 0
        self._origin = ""

    def begin(self, log: int, origin: str) -> None:
        """Go on with the next log; numbers of logs are those of the checked database."""
        self.flush()
        self._log, self._origin = log, origin

    def copy_entries(self, rows: Iterable[Row]) -> None:
        """Keep a log's entries: corrections read their target back."""
        self.session.many("INSERT OR IGNORE INTO entry (log, seq, id, leaf, bytes) VALUES (?,?,?,?,?)", [(self._log, *row) for row in rows])

    def rows(self) -> int:
        """Return how many rows the replayed projection has."""
        self.flush()
        return sum(int(self.session.rows(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in TABLES)  # noqa: S608 - constants

    def take(self, seq: int, recorded: int, event: AnyEvent) -> None:
        """Apply one entry."""
        self._pending.append(projection.Sealed(seq, recorded, event))
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Apply what is pending."""
        if self._pending:
            self._names.remember(projection.apply(self.session, self._names, self._log, self._origin, self._pending))
            self._pending = []


def differences(session: Session, replay: Replay) -> list[tuple[str, int, str, str]]:
    """Return (table, log, "stored"|"expected", row) for every row that is in one projection and not in the other."""
    replay.flush()
    here, there = _texts(session), _texts(replay.session)
    found: list[tuple[str, int, str, str]] = []
    for table, named in TABLES.items():
        columns = [row[1] for row in replay.session.rows(f"PRAGMA table_info({table})")]
        select = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - constants
        places = [columns.index(name) for name in named]
        log = columns.index("log")
        stored = Counter(_by_text(session.stream(select), places, here))
        expected = Counter(_by_text(replay.session.stream(select), places, there))
        found += [(table, row[log], "stored", _line(row)) for row in list(stored - expected)[:_SHOWN]]
        found += [(table, row[log], "expected", _line(row)) for row in list(expected - stored)[:_SHOWN]]
    return found


def clear(session: Session, log: int) -> None:
    """Throw one log's projection away."""
    for table in TABLES:
        session.run(f"DELETE FROM {table} WHERE log = ?", (log,))  # noqa: S608 - constants


@cache
def _empty() -> bytes:
    """Return an empty ledger database; copying it costs a hundredth of making it."""
    from foodtrace.storage.schema import statements  # noqa: PLC0415 - SQLAlchemy loads only to verify

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements("sqlite"):
            connection.execute(statement)
        return connection.serialize()


def _texts(session: Session) -> dict[int, str]:
    found: dict[int, str] = dict(session.rows("SELECT id, text FROM name"))
    found[0] = ""
    return found


def _by_text(rows: Iterable[Row], places: list[int], texts: dict[int, str]) -> Iterable[Row]:
    for row in rows:
        changed = list(row)
        for place in places:
            changed[place] = texts.get(row[place], f"#{row[place]}")
        yield tuple(changed)


def _line(row: Row) -> str:
    return " ".join(str(each) for each in row)
