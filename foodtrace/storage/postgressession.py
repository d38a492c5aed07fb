"""One open transaction on PostgreSQL: questions, how the planner goes about them, and rows that are counted when they are written.

Rules (:class:`foodtrace.storage.session.Session`):

1. Queries with ids start from them and look each up; the planner is told so where it would do otherwise.
2. New rows go by COPY inside the transaction, sums by one INSERT from arrays: a statement a row costs five times as much.
3. What is asked ahead goes in one journey to the server.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from foodtrace.storage.session import LEFT_ALONE, Ask, Dialect, Row, not_written
from foodtrace.storage.strange import CATALOGUE, HELD, Looked

if TYPE_CHECKING:
    from foodtrace.tlog.vouched import Vouched

_RELATION: Final = "unnest(%s::bigint[]) AS f(value)"
_AMONG: Final = "= ANY(%s::bigint[])"
BEGIN: Final = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
_Way: TypeAlias = Literal["begun", "look up", "join"]
"""How the planner may go about a question."""
_WAYS: Final[dict[_Way, tuple[str, str, str]]] = {
    "begun": ("off", "on", "auto"),
    "look up": ("off", "off", "force_generic_plan"),
    "join": ("on", "on", "auto"),
}
"""Way -> whether it may hash and merge, whether it may read a table from end to end, and for whom it plans.

Queries with ids start from them and look each up (rule 2 of :mod:`foodtrace.storage.session`). Left alone, without statistics or with
many ids, the planner would rather read the whole table: O(total) for a question about a few. However many ids there are the plan is
the same, so that it is made once for a connection: a small recall took longer to plan than to carry out."""
_OF_LOGS: Final = "FROM log AS"
"""Queries that start from the logs, of which there are few, look up what they join as well."""
_TEXTS: Final = "unnest(%s::text[]) AS f(value)"
_AHEAD: Final = 5_000
"""Ids beyond which a question is not asked ahead: its answer is long, and the journey is the least of it."""
_COPY_FROM: Final = 4
"""Fewer rows than this are not worth a COPY's round trips."""


class PostgresSession:
    """One open transaction on PostgreSQL."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: Any, *, looks_up: _Way = "begun", looked: Looked | None = None) -> None:
        """:param looks_up: how the planner is to go about questions with ids; to tell it costs a statement."""
        self._c = connection
        self._looked = looked or Looked()
        self.vouched: Vouched | None = None
        self.rules: Path | None = None
        self._looks_up = looks_up
        self._way: _Way = "begun"
        self._pipeline: Any = None
        self._asked: dict[tuple[object, ...], Any] = {}
        """What was asked ahead -> the cursor that has the answer, or will."""

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        known = self._known(sql, None, params)
        if known is not None:
            return known
        if "JOIN" in sql and _OF_LOGS not in sql:
            self._plan("join")
        found: list[Row] = self._run(sql, params).fetchall()
        return found

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`."""
        known = self._known(sql, None, params)
        if known is not None:
            return known[0] if known else None
        found: Row | None = self._run(sql, params).fetchone()
        return found

    def lock(self, sql: str, params: Sequence[object]) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`: one journey for the head, the tables and the look.

        In this order: who waits for a head holds nothing yet. The look comes last, so that nothing is put there behind it.
        """
        self.settle()
        with self._c.pipeline():
            head = self._send(f"{sql} FOR UPDATE", params)
            self._send(HELD, ())
            catalogue = self._send(CATALOGUE, ())
        found: Row | None = head.fetchone()
        if found is not None:
            self._looked.again(self, catalogue.fetchone()[0])
        return found

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterable[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        self.settle()
        if self._way == "look up":
            self._plan("begun")
        with self._c.cursor() as cursor:
            yield from cursor.stream(_marks(sql), params)

    def each(self, sql: str, ids: Collection[int] | Collection[str], params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        if not ids:
            return []
        known = self._known(sql, ids, params)
        if known is not None:
            return known
        self._plan(self._looks_up)
        found: list[Row] = self._run(_related(sql), (_array(ids), *params)).fetchall()
        return found

    def ahead(self, *asks: Ask) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        self.settle()
        self._pipeline = self._c.pipeline()
        self._pipeline.__enter__()
        self._plan(self._looks_up)
        for sql, ids, params in asks:
            if ids is None or 0 < len(ids) <= _AHEAD:
                given = params if ids is None else (_array(ids), *params)
                self._asked[_key(sql, ids, params)] = self._send(_related(sql), given)

    def begin(self, ask: str) -> None:
        """Open a snapshot, and ask the first question in the same journey; see :meth:`foodtrace.storage.session.Store.read`."""
        cursor = self._c.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + BEGIN + (f"; {ask}" if ask else ""))
        if ask:
            while cursor.nextset():
                pass  # the answers to those before it
            self._asked[_key(ask, None, ())] = cursor

    def settle(self) -> None:
        """Wait for what was asked ahead."""
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            pipeline.__exit__(None, None, None)

    def _known(self, sql: str, ids: Collection[int] | Collection[str] | None, params: Sequence[object]) -> list[Row] | None:
        """Return the answer to what was asked ahead in the same words, none if it was not; an answer is given once."""
        if not self._asked:
            return None
        cursor = self._asked.pop(_key(sql, ids, params), None)
        if cursor is None:
            return None
        self.settle()
        found: list[Row] = cursor.fetchall()
        return found

    def _plan(self, way: _Way) -> None:
        """Tell the planner how to go about what is asked next, if it does not know."""
        if self._way != way:
            joins, scans, plans = _WAYS[way]
            self._c.execute(
                "SELECT set_config('enable_hashjoin', %s, true), set_config('enable_mergejoin', %s, true), "
                "set_config('enable_seqscan', %s, true), set_config('plan_cache_mode', %s, true)",
                (joins, joins, scans, plans),
            )
            self._way = way

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """See :class:`foodtrace.storage.session.Session`."""
        return int(self._run(sql, params).rowcount)

    def many(self, sql: str, params: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        if params:
            with self._c.cursor() as cursor:
                cursor.executemany(_marks(sql), list(params))

    def insert(self, table: str, columns: str, rows: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        if len(rows) < _COPY_FROM:
            marks = ",".join("?" * (columns.count(",") + 1))
            written = sum(self._run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row).rowcount for row in rows)  # noqa: S608 - our tables
        else:
            with self._c.cursor() as cursor:
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                written = cursor.rowcount
        if written != len(rows):
            raise not_written(table, len(rows), written)

    def merge(self, table: str, columns: str, rows: Collection[Sequence[int]], conflict: str) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        if not rows:
            return
        arrays = [_array(column) for column in zip(*rows, strict=True)]
        marks = ",".join(["?::bigint[]"] * len(arrays))
        statement = f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({marks}) {conflict}"  # noqa: S608 - our tables
        written = self._run(statement, arrays).rowcount
        if written != len(rows) and conflict != LEFT_ALONE:
            raise not_written(table, len(rows), written)

    def lenient(self) -> AbstractContextManager[None]:
        """See :class:`foodtrace.storage.session.Session`: the server keeps no such text."""
        return nullcontext()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See :class:`foodtrace.storage.session.Session`."""
        with self._c.transaction():
            yield

    def _run(self, sql: str, params: Sequence[object]) -> Any:
        self.settle()
        return self._send(sql, params)

    def _send(self, sql: str, params: Sequence[object]) -> Any:
        # Numbers and bytes come as they are: as text they cost both sides half as much again.
        return self._c.execute(_marks(sql), params, binary=True)


def _array(values: Collection[int] | Collection[str]) -> object:
    """Return values as a parameter: integers as the text of an array, far cheaper than the driver's way with a list."""
    given = list(values)
    return given if given and isinstance(given[0], str) else "{" + ",".join(map(str, given)) + "}"


def _key(sql: str, ids: Collection[int] | Collection[str] | None, params: Sequence[object]) -> tuple[object, ...]:
    return sql, None if ids is None else tuple(ids), tuple(params)


def _related(sql: str) -> str:
    return sql.replace("{ids}", _RELATION).replace("{texts}", _TEXTS).replace("{among}", _AMONG)


def _marks(sql: str) -> str:
    return sql.replace("?", "%s")


__all__ = ["BEGIN", "PostgresSession"]
