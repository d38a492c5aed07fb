"""Checks that every row of it follows from the sealed bytes.

The exact check replays each log into an empty database of its own and compares row by row, by text: numbers of names may differ
between two databases, texts may not (DESIGN section 6).
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from typing import Final, Literal, NamedTuple, Self

from foodtrace.errors import FoodtraceError
from foodtrace.events import AnyEvent
from foodtrace.graph import projection
from foodtrace.graph.names import Names, code_of
from foodtrace.storage.session import Row, Session
from foodtrace.storage.sqlitesession import SqliteSession

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

_UNREADABLE: Final = (FoodtraceError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError, sqlite3.IntegrityError)
"""What a replay can meet in entries that are not what was sealed; the last where an entry stands there twice."""
_BATCH: Final = 2000
_SHOWN: Final = 20
"""Most rows named of a table and side; of the others it is said how many there are."""


class _ReplaySession(SqliteSession):
    """The second projection; a correction reads its target's bytes where they are sealed."""

    def __init__(self, connection: sqlite3.Connection, source: Session) -> None:
        super().__init__(connection)
        self._source = source

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        return self._source.row(sql, params) if " FROM entry " in sql else super().row(sql, params)


class Replay:
    """A second projection, grown entry by entry from what the logs say, in a temporary file that nobody else sees."""

    def __init__(self, source: Session) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        with closing(sqlite3.connect(":memory:")) as empty:
            empty.deserialize(_empty())
            empty.backup(self._connection)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self.session = _ReplaySession(self._connection, source)
        self._names = Names()
        self._pending: list[projection.Sealed] = []
        self._log = 0
        self._origin = ""
        self.failed: dict[str, str] = {}
        """Origin -> why its entries cannot be replayed further: the bytes of one are not what was sealed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def begin(self, log: int, origin: str) -> None:
        """Go on with the next log; numbers of logs are those of the checked database."""
        self.flush()
        self._log, self._origin = log, origin

    def rows(self, without: Collection[str] = ()) -> int:
        """Return how many rows the replayed projection has, without some of its tables."""
        self.flush()
        counted = [table for table in TABLES if table not in without]
        return sum(int(self.session.rows(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in counted)  # noqa: S608 - constants

    def take(self, seq: int, recorded: int, event: AnyEvent) -> None:
        """Apply one entry."""
        self._pending.append(projection.Sealed(seq, recorded, event))
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Apply what is pending."""
        pending, self._pending = self._pending, []
        if not pending or self._origin in self.failed:
            return
        self.session.run("BEGIN")
        try:
            used = projection.apply(self.session, self._names, self._log, self._origin, pending)
        except _UNREADABLE as error:
            self.session.run("ROLLBACK")
            self.failed[self._origin] = f"{type(error).__name__}: {error}"
            return
        self._names.remember(used)
        self.session.run("COMMIT")


class Difference(NamedTuple):
    """A row that is in one projection and not in the other, or how many more there are of one table."""

    table: str
    log: int
    """Number of the log; 0 for a name, which is of none."""
    side: Literal["stored", "expected", "twice"]
    """Where it is; ``twice``: a key that stands more than once, as only a table that lost its key can have it, or a name that does."""
    row: str
    """Its values; ``twice``: the key and how often."""
    more: int = 0
    """How many others of this table and side there are that are not named; then there is no row."""


def differences(session: Session, replay: Replay, others: Collection[int] = (), without: Collection[str] = ()) -> list[Difference]:
    """Return the rows that are in one projection and not in the other, a few of each table and side, and how many more.

    The stored rows go into the temporary file too, by text, and the file compares: memory does not grow with the ledger.

    :param others: numbers of logs whose rows are not compared. :param without: tables that are not.
    """
    replay.flush()
    scratch = replay.session
    found = _some("name", "stored", ((0, f"{text} {code}") for text, code in _bad_codes(session)))
    scratch.run("CREATE TEMP TABLE stored_name (id, text)")  # without a key of its own: the table it is of may have lost its
    past = " NOT INDEXED" if session.dialect == "sqlite" else ""  # an index may lack a row that somebody wrote past it
    for piece in _pieces(session.stream(f"SELECT id, text FROM name{past}")):  # noqa: S608
        scratch.many("INSERT INTO stored_name VALUES (?,?)", piece)
    scratch.run("CREATE INDEX temp.stored_name_id ON stored_name (id)")
    for column in ("text", "id"):
        sql = f"SELECT {column}, COUNT(*) FROM stored_name GROUP BY {column} HAVING COUNT(*) > 1"  # noqa: S608
        found += _some("name", "twice", ((0, _line(row)) for row in scratch.stream(sql)))
    for table, named in TABLES.items():
        if table in without:
            continue
        described = scratch.rows(f"PRAGMA table_info({table})")
        columns, keys = [row[1] for row in described], [row[1] for row in described if row[5]]
        listed = ", ".join(columns)
        scratch.run(f"CREATE TEMP TABLE stored_{table} ({listed})")
        into = f"INSERT INTO stored_{table} VALUES ({','.join('?' * len(columns))})"  # noqa: S608 - constants
        for piece in _pieces(session.stream(f"SELECT {listed} FROM {table}")):  # noqa: S608 - constants
            scratch.many(into, piece)
        stored = _by_text(f"stored_{table}", "stored_name", columns, named)
        expected = _by_text(table, "name", columns, named)
        log = columns.index("log")
        sides: list[tuple[Literal["stored", "expected"], str, str]] = [("stored", stored, expected), ("expected", expected, stored)]
        for side, one, other in sides:
            rows = scratch.stream(f"SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})")  # noqa: S608 - constants
            found += _some(table, side, ((row[log], _line(row)) for row in rows if row[log] not in others))
        rows = scratch.stream(_twice(stored, keys))
        found += _some(table, "twice", ((row[0], _line(row[1:])) for row in rows if row[0] not in others))
        scratch.run(f"DROP TABLE stored_{table}")
    return found


def _some(table: str, side: Literal["stored", "expected", "twice"], rows: Iterable[tuple[int, str]]) -> list[Difference]:
    """Return the first rows, and how many more there are."""
    each = iter(rows)
    found = [Difference(table, log, side, row) for log, row in itertools.islice(each, _SHOWN)]
    more = sum(1 for _ in each)
    return [*found, Difference(table, 0, side, "", more)] if more else found


@cache
def _empty() -> bytes:
    """Return an empty ledger database; copying it costs a hundredth of making it."""
    from foodtrace.storage.schema import statements  # noqa: PLC0415 - SQLAlchemy loads only to verify

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements("sqlite"):
            connection.execute(statement)
        return connection.serialize()


def _by_text(table: str, names: str, columns: Sequence[str], named: Collection[str]) -> str:
    """Return the query for a table's rows with texts in place of numbers; 0 is no name, and a number without a name shows as it is."""
    texts = [
        f"CASE WHEN {each} = 0 THEN '' ELSE COALESCE((SELECT n.text FROM {names} AS n WHERE n.id = {each}), '#' || {each}) END AS {each}"  # noqa: S608
        if each in named
        else each
        for each in columns
    ]
    return f"SELECT {', '.join(texts)} FROM {table}"  # noqa: S608 - constants


def _twice(rows: str, keys: Sequence[str]) -> str:
    listed = ", ".join(keys)
    return f"SELECT log, {listed}, COUNT(*) FROM ({rows}) GROUP BY {listed} HAVING COUNT(*) > 1"  # noqa: S608 - constants


def _bad_codes(session: Session) -> Iterator[Row]:
    """Return names whose code, by which people look lots up, is not that of their text."""
    return ((text, code) for text, code in session.stream("SELECT text, code FROM name") if code != code_of(str(text)))


def _pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    each = iter(rows)
    while piece := list(itertools.islice(each, _BATCH)):
        yield piece


def _line(row: Row) -> str:
    return " ".join(str(each) for each in row)
