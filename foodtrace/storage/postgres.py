"""PostgreSQL through psycopg 3 (an extra: ``pip install foodtrace[postgres]``), the same code path as SQLite.

Rules (DESIGN section 9):

1. Writers lock the log's head row (``SELECT .. FOR UPDATE``); a transaction is READ COMMITTED. Readers get one snapshot
   (REPEATABLE READ, read only). Whoever writes waits for a lock as long as on SQLite, then says ``Busy``.
2. Tables live in the schema asked for; nothing is created outside it.
3. What a transaction is asked, and how rows are written in it: :mod:`foodtrace.storage.postgressession`.
4. A connection belongs to one thread at a time and never crosses a fork. The URL's password is never shown.
5. A connection that was lost is told by one error. What the driver has to add goes to the logging of the application, if it has any;
   it is not printed beside it.
"""

from __future__ import annotations

import itertools
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from foodtrace.addresses import repeatable, without_passwords
from foodtrace.errors import BadData, Busy, Conflict, Storage
from foodtrace.storage.postgressession import BEGIN, PostgresSession
from foodtrace.storage.session import BUSY_SECONDS, Dialect, Row, Session, version_of
from foodtrace.storage.strange import Looked, has_settings, refuse_remains
from foodtrace.storage.sums import MOST

if TYPE_CHECKING:
    from sqlalchemy import Engine


UTF8: Final = 6
"""PostgreSQL's number of the one encoding that holds every name."""
_ENCODING: Final = "SELECT encoding FROM pg_catalog.pg_database WHERE datname = current_database()"
_SILENT: Final = logging.NullHandler()
"""Keeps Python from printing what nobody takes (rule 5); who set logging up is told as before."""


def _patience(scope: str = "LOCAL", seconds: float | None = None) -> str:
    """Return the statement that bounds how long is waited for a lock (rule 1)."""
    return f"SET {scope} lock_timeout = {int((BUSY_SECONDS if seconds is None else seconds) * 1000)}"


class PostgresStore:
    """A ledger database in one schema of a PostgreSQL database."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str, *, schema: str | None = None, engine: Engine | None = None) -> None:
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise Storage("storage.no_psycopg", value="psycopg", expected="pip install foodtrace[postgres]") from None
        if schema is not None and not schema.replace("_", "a").isalnum():
            raise BadData("storage.schema", value=schema, expected="a-z 0-9 _")
        self._psycopg = psycopg
        logging.getLogger("psycopg").addHandler(_SILENT)  # the same one again changes nothing
        self._address = "postgresql://" + url.split("://", 1)[1]
        self.url = without_passwords(self._address)
        former = "postgresql://" + url.split("://", 1)[1].rpartition("@")[2]
        self.former_url = "" if without_passwords(former) == former else former
        self._schema = schema
        self._engine = engine
        self._pid = os.getpid()
        self._free: list[Any] = []
        self._lock = threading.Lock()
        self._looked = Looked()

    @contextmanager
    def read(self, ask: str = "") -> Iterator[PostgresSession]:
        """See :class:`foodtrace.storage.session.Store`."""
        with self._borrow() as connection, self._translated():
            session = PostgresSession(connection, looks_up="look up")
            try:
                session.begin(ask)
                yield session
            finally:
                try:
                    session.settle()
                finally:
                    # Nothing was written. After a ROLLBACK the driver forgets every statement the server has prepared.
                    connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[PostgresSession]:
        """See :class:`foodtrace.storage.session.Store`."""
        with self._borrow() as connection, self._translated():
            connection.execute(f"BEGIN ISOLATION LEVEL READ COMMITTED; {_patience()}; {BEGIN}")
            try:
                yield PostgresSession(connection, looked=self._looked)
                connection.execute("COMMIT")
                # Durable from here on.
            except BaseException:
                if not connection.closed:
                    connection.execute("ROLLBACK")
                raise

    def version(self) -> int | None:
        """See :class:`foodtrace.storage.session.Store`."""
        with self.read() as session:
            if not has_settings(session):
                refuse_remains(session, self.url)
                return None
            row = session.row("SELECT value FROM setting WHERE key = 'version'")
            if row is not None and isinstance(row[0], bytes) and session.rows(_ENCODING)[0][0] != UTF8:
                # Without an encoding (SQL_ASCII) every text comes as bytes: nothing in it is wrong, but no name can be read.
                raise Storage("storage.encoding", value=self.url, expected="UTF8")
            return version_of(row)

    def create(self) -> None:
        """See :class:`foodtrace.storage.session.Store`."""
        from foodtrace.storage.schema import statements_for  # noqa: PLC0415 - SQLAlchemy loads only to create

        with self.write() as session:
            # By number: in a database without an encoding texts come as bytes.
            if session.rows(_ENCODING)[0][0] != UTF8:
                raise Storage("storage.encoding", value=self.url, expected="UTF8")
            # One creator at a time; the lock goes with the transaction.
            session.run("SELECT pg_advisory_xact_lock(20261124)")
            if not has_settings(session):
                refuse_remains(session, self.url)
                if self._schema is not None:
                    session.run(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
                for statement in statements_for(session):
                    session.run(statement.replace("%", "%%"))

    def snapshot(self, path: Path) -> None:
        """See :class:`foodtrace.storage.session.Store`: the same tables and rows, in one snapshot of the server."""
        from foodtrace.storage.schema import layout_of  # noqa: PLC0415 - SQLAlchemy loads only to create
        from foodtrace.storage.sqlite import SqliteStore  # noqa: PLC0415
        from foodtrace.storage.tables import metadata  # noqa: PLC0415

        copy = SqliteStore(path, create=True)
        try:
            with self.read() as source:
                copy.create(layout_of(source))
                with copy.write() as target:
                    target.run("DELETE FROM setting")
                    for table in metadata.sorted_tables:
                        columns = [column.name for column in table.columns]
                        into = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({','.join('?' * len(columns))})"  # noqa: S608 - our tables
                        rows = source.stream(f"SELECT {', '.join(columns)} FROM {table.name}")  # noqa: S608
                        while chunk := list(itertools.islice(rows, 5000)):
                            target.many(into, chunk)
        finally:
            copy.close()

    def fill(self, path: Path) -> None:
        """Make the schema and put the rows of a ledger's SQLite file into it, all in one transaction.

        :raises Conflict: ``backup.there``: there is a ledger already, and it is not this very backup.
        """
        from foodtrace.storage.schema import layout_of, statements_for  # noqa: PLC0415 - SQLAlchemy loads only to create
        from foodtrace.storage.sqlite import translated  # noqa: PLC0415
        from foodtrace.storage.sqlitesession import SqliteSession  # noqa: PLC0415
        from foodtrace.storage.tables import metadata  # noqa: PLC0415

        # Read only, in the strictest way: opening a ledger to write would change the file, and its manifest would no longer fit.
        source = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        rows = SqliteSession(source)
        try:
            with translated(path), self._borrow() as connection, self._translated(), connection.transaction():
                connection.execute(_patience())
                connection.execute("SELECT pg_advisory_xact_lock(20261124)")
                if connection.execute("SELECT to_regclass('setting')").fetchone()[0] is not None:
                    if _stands(rows) != _stands(PostgresSession(connection)):
                        raise Conflict("backup.there", value=self.url)
                    return  # this very backup, and nobody has recovered yet
                if self._schema is not None:
                    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
                for statement in statements_for(PostgresSession(connection), layout_of(rows)):
                    connection.execute(statement)
                connection.execute("DELETE FROM setting")
                for table in metadata.sorted_tables:
                    columns = ", ".join(column.name for column in table.columns)
                    with connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                        for row in rows.stream(f"SELECT {columns} FROM {table.name}"):  # noqa: S608 - our tables
                            copy.write_row(row)
                for numbered in ("log", "name"):
                    # The next number comes after the last one that is taken.
                    connection.execute(f"SELECT setval('{numbered}_id_seq', (SELECT COALESCE(MAX(id), 0) + 1 FROM {numbered}), false)")  # noqa: S608
        finally:
            source.close()

    def forget(self) -> bool:
        """See :class:`foodtrace.storage.session.Store`: rewrite the side table, which drops dead rows and their pages."""
        with self._borrow() as connection, self._translated():
            owner = connection.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('personal')").fetchone()
            if not owner or not owner[0]:
                return False  # VACUUM passes over a table of somebody else's with a warning
            # No transaction, so for the connection; it waits for readers as well.
            connection.execute(_patience("SESSION", BUSY_SECONDS / 2))
            try:
                connection.execute("VACUUM FULL personal")
            except self._psycopg.errors.LockNotAvailable:
                return False
            finally:
                connection.execute("RESET lock_timeout")
            connection.execute("CHECKPOINT") if self._may_checkpoint(connection) else None
        return True

    @staticmethod
    def _may_checkpoint(connection: Any) -> bool:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """See :class:`foodtrace.storage.session.Store`."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    @contextmanager
    def _borrow(self) -> Iterator[Any]:
        if os.getpid() != self._pid:
            raise Storage("ledger.forked", value=self.url)
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None or connection.closed:
            with self._translated():
                connection = self._psycopg.connect(self._address, autocommit=True)
                if self._schema is not None:
                    connection.execute(f'SET search_path TO "{self._schema}"')
        try:
            yield connection
        finally:
            if not connection.closed:
                with self._lock:
                    self._free.append(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the driver's exceptions into ours."""
        errors = self._psycopg.errors
        try:
            yield
        except (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure):
            raise Busy("storage.busy", value=self.url, seconds=int(BUSY_SECONDS)) from None
        except (errors.CheckViolation, errors.NumericValueOutOfRange):
            raise BadData("quantity.sum", value=self.url, expected=MOST) from None
        except errors.RestrictViolation as error:
            raise Storage("storage.sealed", value=str(error).splitlines()[0]) from None
        except errors.DiskFull:
            raise Storage("storage.full", value=self.url) from None
        except self._psycopg.Error as error:
            reason = (str(error).splitlines() or ["?"])[0]
            if not repeatable(reason, self._address):
                reason = type(error).__name__
            gone = isinstance(error, errors.UndefinedTable | errors.UndefinedColumn)
            raise Storage("storage.gone" if gone else "storage.failed", value=self.url, reason=reason) from None


def _stands(session: Session) -> list[list[Row]]:
    """Return what tells a backup from any other ledger: when it was made, which nobody writes in before ``recover``, and where it ends."""
    return [
        session.rows("SELECT key, value FROM setting ORDER BY key"),
        session.rows("SELECT l.origin, h.size, h.time FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.id"),
    ]
