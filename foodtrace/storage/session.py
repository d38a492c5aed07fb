"""The interface that everything above storage is written against.

Rules:

1. SQL is written once, with ``?`` for parameters; what differs between engines stands in the engine.
2. ``{ids}`` in a query stands for a relation ``f(value)`` of 64-bit integers handed over as one parameter, ``{texts}`` for one of
   texts, so that a query about a million lots is one statement and the plan stays: look each up. (With a list of marks SQLite
   prefers to read a whole log to looking up two ids in it.) ``key {among}`` says of a column that begins a key that it is one of such
   integers: an index is gone through in order, and PostgreSQL begins anew at its root for few of them.
3. A transaction is read (a snapshot) or write (SQLite: BEGIN IMMEDIATE). Nothing is committed by accident: an exception
   rolls back.
4. Whoever writes locks a log's head first, and nothing is written where somebody put something on the tables that is not foodtrace's
   (:mod:`foodtrace.storage.strange`).
5. What was to be written is counted as it is written. A trigger or rule of somebody else can keep a row out without a word, and what is
   not there must not be acknowledged: ``storage.not_written``, and nothing of the transaction stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from foodtrace.errors import Integrity, Storage

if TYPE_CHECKING:
    from foodtrace.tlog.vouched import Vouched

VERSION: Final = 3
"""Version of the schema that this program writes; it goes up with every change of a table, and of what entries call for in the projection,
and :func:`foodtrace.storage.schema.renew` brings a ledger of an older one over."""
_LONGEST_VERSION: Final = 6
"""Digits; a number with more is no version."""

BUSY_SECONDS: Final = 10.0
"""How long a writer waits for another before it gives up with ``Busy``, on either database."""
LEFT_ALONE: Final = "ON CONFLICT DO NOTHING"
"""The clause of :meth:`Session.merge` that leaves a row alone whose key is there already."""
Row: TypeAlias = tuple[Any, ...]
Dialect: TypeAlias = Literal["sqlite", "postgresql"]
Ask: TypeAlias = tuple[str, Collection[int] | Collection[str] | None, Sequence[object]]
"""(query, ids or texts if it has any, other parameters)."""


class Session(Protocol):
    """One open transaction."""

    dialect: Dialect
    vouched: Vouched | None
    """What the host that opened it knows of the logs besides the database; none: nobody in particular opened it."""
    rules: Path | None
    """Folder of rule packs of one's own, of whoever opened it; none: those that come with foodtrace."""

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query."""
        ...

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, none if it has no rows."""
        ...

    def lock(self, sql: str, params: Sequence[object]) -> Row | None:
        """Return the row that a query finds, locked until the transaction ends (on SQLite all of the database is).

        :raises Integrity: ``storage.strange`` (rule 4).
        """
        ...

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterable[Row]:
        """Return the rows of a query one after another, without holding them all."""
        ...

    def each(self, sql: str, ids: Collection[int] | Collection[str], params: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query with ``{ids}``, ``{texts}`` or ``{among}``; these are its first parameter."""
        ...

    def ahead(self, *asks: Ask) -> None:
        """Begin to ask what :meth:`rows`, :meth:`row` and :meth:`each` will be asked next, all at once, in a read transaction.

        Where a question is a journey to a server, several make it together and are answered while the caller goes on; elsewhere, and
        where one is about very many ids, nothing happens. Whoever then asks in the same words, ids and parameters gets that answer.
        """
        ...

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """Carry out one statement; return the number of rows it changed (on SQLite with those that triggers changed)."""
        ...

    def many(self, sql: str, params: Collection[Sequence[object]]) -> None:
        """Carry out one statement for every row of parameters."""
        ...

    def insert(self, table: str, columns: str, rows: Collection[Sequence[object]]) -> None:
        """Insert rows whose keys are new, in bulk.

        :param columns: names, separated by ``, ``, in the order of the rows' values.
        :raises Storage: ``storage.not_written`` (rule 5).
        """
        ...

    def merge(self, table: str, columns: str, rows: Collection[Sequence[int]], conflict: str) -> None:
        """Insert rows of integers, none twice; ``conflict`` is the ON CONFLICT clause for a row whose key is there already.

        :raises Storage: ``storage.not_written`` (rule 5), where the clause changes such a row; one that leaves it alone cannot tell.
        """
        ...

    def lenient(self) -> AbstractContextManager[None]:
        """Give texts that are no UTF-8, as only somebody else can have written them, with marks in place of what cannot be read."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what is done inside when it raises, and go on."""
        ...


def not_written(table: str, expected: int, got: int) -> Storage:
    """Return the error for rows that were not written as they should have been (rule 5).

    :param expected: rows that were to be written. :param got: rows that changed, by the database's count.
    """
    return Storage("storage.not_written", value=table, expected=expected, got=got)


def version_of(row: Row | None) -> int:
    """Return the schema version that stands in a ledger's settings.

    :raises Integrity: ``storage.mistyped`` for what foodtrace never writes there, and where nothing is.
    """
    value = "-" if row is None or row[0] is None else row[0]
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > _LONGEST_VERSION or value[0] == "0":
        raise Integrity("storage.mistyped", value="setting.version", expected="1, 2 ..", got=str(value))
    return int(value)


class Store(Protocol):
    """A database that holds ledgers."""

    dialect: Dialect
    url: str
    """The database's address without any password."""
    former_url: str
    """The address by which an older version named its mark, where that is another (it had kept the password of a parameter); else empty."""

    def read(self, ask: str = "") -> AbstractContextManager[Session]:
        """Open a read transaction: one consistent snapshot.

        :param ask: what :meth:`Session.rows` will be asked first, without parameters: on a server it goes along with the opening.
        """
        ...

    def write(self) -> AbstractContextManager[Session]:
        """Open a write transaction; commits at the end of the block, rolls back on an exception."""
        ...

    def version(self) -> int | None:
        """Return the schema version on record, none where there is no ledger.

        :raises Integrity: ``storage.mistyped``; ``ledger.no_settings``: of a ledger whose table of settings is gone.
        """
        ...

    def create(self) -> None:
        """Create the schema where there is none."""
        ...

    def snapshot(self, path: Path) -> None:
        """Copy one moment of the database into a new SQLite file."""
        ...

    def forget(self) -> bool:
        """See to it that deleted rows are gone from the files too; false if somebody else still holds them open."""
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...
