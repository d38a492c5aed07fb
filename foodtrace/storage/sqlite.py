"""SQLite, the embedded default (DESIGN section 9).

Rules:

1. ``journal_mode=WAL`` and ``synchronous=FULL``: a commit that returned survives the power going. Where WAL is not to be had
   (a network drive) we refuse, because locks are not to be had there either.
2. Writers say BEGIN IMMEDIATE; a plain BEGIN fails under concurrency with "database is locked" after the fact.
3. ``recursive_triggers=ON``, or INSERT OR REPLACE slips past the triggers that protect sealed tables.
4. ``secure_delete=ON``: erased personal values do not linger in free pages.
5. In a place that may only be read, a ledger is read without WAL's files (:mod:`foodtrace.storage.still`).
6. A connection belongs to one thread at a time and never crosses a fork.
7. Reading imports no SQLAlchemy; only creating the schema does.
8. A file that was put in place of the one that is open is another ledger. Whoever has the old one open would go on reading and writing what
   has no name any more, and lose it at the end: that is refused, and what was recorded until then is in the old file.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from foodtrace.errors import BadData, Busy, FoodtraceError, NotFound, Storage
from foodtrace.storage.session import BUSY_SECONDS, VERSION, Dialect, version_of
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.storage.strange import Looked, has_settings, refuse_remains
from foodtrace.storage.sums import MOST, RANGE

if TYPE_CHECKING:
    from foodtrace.storage.still import Stamp

_LEAST_ROOM: Final = 65_536
"""Bytes of a ``-shm`` file and a little more."""
_STILL: Final = "still"
"""No journal mode: nobody here may write to the file."""


class _Connection(sqlite3.Connection):
    """A connection that knows whether SQLite itself waits for others on it."""

    patient = True
    still: Stamp | None = None
    """Of a file that nobody here may write to: how it was when it was opened."""


class SqliteStore:
    """A ledger database in one SQLite file."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str | Path, *, create: bool) -> None:
        self.path = Path(path).expanduser()
        self.url = f"sqlite:///{self.path}"
        self.former_url = ""
        self._create = create
        self._pid = os.getpid()
        self._free: list[_Connection] = []
        self._lock = threading.Lock()
        self._looked = Looked()
        self._file: tuple[int, int] | None = None
        """Device and number of the file that was opened first (rule 8)."""
        try:
            there = self.path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            if not create:
                raise NotFound("ledger.missing", value=str(self.path), expected="foodtrace init") from None
        except OSError as error:
            raise Storage("storage.failed", value=str(self.path), reason=error.strerror or str(error)) from None
        else:
            if not stat.S_ISREG(there):
                raise Storage("storage.not_a_file", value=str(self.path), expected=str(self.path / "foodtrace.db"))

    @contextmanager
    def read(self, ask: str = "") -> Iterator[SqliteSession]:  # noqa: ARG002 - there is no journey here
        """See :class:`foodtrace.storage.session.Store`."""
        connection = self._take()
        try:
            _wait_for_others(connection, patient=True)
            connection.execute("BEGIN")
            try:
                yield SqliteSession(connection)
            finally:
                connection.rollback()
            if connection.still is not None:
                from foodtrace.storage.still import look_again  # noqa: PLC0415 - hardly ever

                look_again(self.path, connection.still)
        except sqlite3.DatabaseError as error:
            raise ours(error, self.path) from None
        finally:
            self._give(connection)

    def write(self) -> _Writing:
        """See :class:`foodtrace.storage.session.Store`."""
        return _Writing(self)

    def version(self) -> int | None:
        """See :class:`foodtrace.storage.session.Store`."""
        with self.read() as session:
            if not has_settings(session):
                refuse_remains(session, str(self.path))
                return None
            return version_of(session.row("SELECT value FROM setting WHERE key='version'"))

    def create(self, layout: int = VERSION) -> None:
        """See :class:`foodtrace.storage.session.Store`; with the guards of an older layout for a copy of such a ledger."""
        from foodtrace.storage.schema import statements  # noqa: PLC0415 - SQLAlchemy loads only to create

        with self.write() as session:
            if not has_settings(session):
                refuse_remains(session, str(self.path))
                for statement in statements("sqlite", layout):
                    session.run(statement)

    def snapshot(self, path: Path) -> None:
        """See :class:`foodtrace.storage.session.Store`; without free pages, so nothing deleted is in it."""
        with self._borrow() as connection, translated(path):
            _wait_for_others(connection, patient=True)
            connection.execute("VACUUM INTO ?", (str(path),))

    def forget(self) -> bool:
        """See :class:`foodtrace.storage.session.Store`: move everything into the file and empty the write-ahead log."""
        deadline = time.monotonic() + BUSY_SECONDS / 2
        with self._borrow() as connection, translated(self.path):
            _wait_for_others(connection, patient=True)
            # Busy while a reader still needs old pages: they lie in the write-ahead log, and so does what was deleted.
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
        return True

    def close(self) -> None:
        """See :class:`foodtrace.storage.session.Store`."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    @contextmanager
    def _borrow(self) -> Iterator[_Connection]:
        connection = self._take()
        try:
            yield connection
        finally:
            self._give(connection)

    def _take(self) -> _Connection:
        if os.getpid() != self._pid:
            raise Storage("ledger.forked", value=str(self.path))
        if self._file is not None and self._file != _file(self.path):
            raise Storage("storage.replaced", value=str(self.path))
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            with translated(self.path):
                connection = self._connect()
            self._file = self._file or _file(self.path)
        return connection

    def _give(self, connection: _Connection) -> None:
        with self._lock:
            self._free.append(connection)

    def _connect(self) -> _Connection:
        mode = "rwc" if self._create else "rw"
        address = f"file:{quote(str(self.path))}?mode={mode}"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        try:
            # A backup stays as its manifest says: switching it to WAL would change the file. Nobody writes in it before `recover`.
            # What is no ledger stays as it is, if we are not to make one of it.
            kind = _kind(connection)
            journal = "wal" if kind == "backup" or (kind == "none" and not self._create) else self._wal(connection)
            if journal == _STILL:
                connection.close()
                return self._connect_still()
            if journal != "wal":
                raise Storage("storage.no_wal", value=str(self.path), expected="wal", got=journal)  # noqa: TRY301
            for pragma in ("synchronous=FULL", "recursive_triggers=ON", "secure_delete=ON", "cache_size=-65536", "temp_store=MEMORY"):
                _pragma(connection, pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def _wal(self, connection: _Connection) -> str:
        """Return the journal mode, WAL where the file can have it."""
        try:
            return str(_pragma(connection, "journal_mode=WAL"))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                from foodtrace.storage.still import is_still  # noqa: PLC0415 - hardly ever

                if is_still(self.path):
                    return _STILL
            raise

    def _connect_still(self) -> _Connection:
        from foodtrace.storage.still import open_still  # noqa: PLC0415 - hardly ever

        connection, seen = open_still(self.path, _Connection)
        connection.still = seen
        return connection


def _file(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another that is put in its place (rule 8); none where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - every commit asks
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Writing:
    """A write transaction. No generator: a commit of one event feels each call."""

    __slots__ = ("_connection", "_store")

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def __enter__(self) -> SqliteSession:
        connection = self._connection = self._store._take()  # noqa: SLF001 - one thing with the store
        try:
            _begin_immediate(connection)
        except BaseException as error:
            self._end(error)
            raise
        return SqliteSession(connection, self._store._looked)  # noqa: SLF001

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            try:
                _commit(self._connection)
                # Durable from here on: a crash now costs nothing that was acknowledged.
            except BaseException as failed:
                self._end(failed)
                raise
            self._store._give(self._connection)  # noqa: SLF001
        else:
            self._end(error)

    def _end(self, error: BaseException) -> None:
        """Undo everything and give the connection back; raise ours in place of the driver's exceptions."""
        path = self._store.path
        try:
            self._connection.rollback()
        except sqlite3.DatabaseError as undoing:
            raise ours(undoing, path) from None
        finally:
            self._store._give(self._connection)  # noqa: SLF001
        if isinstance(error, sqlite3.DatabaseError):
            raise ours(error, path) from None


def _kind(connection: sqlite3.Connection) -> Literal["ledger", "backup", "none", "unread"]:
    """Return what a database is, without changing it; what cannot be read, the next statement says better."""
    try:
        return "ledger" if connection.execute("SELECT 1 FROM setting WHERE key = 'backup'").fetchone() is None else "backup"
    except sqlite3.OperationalError as error:
        return "none" if error.sqlite_errorcode == sqlite3.SQLITE_ERROR else "unread"  # no such table


def _pragma(connection: sqlite3.Connection, pragma: str) -> Any:
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    return row[0] if row else None


def _wait_for_others(connection: _Connection, *, patient: bool) -> None:
    """Let SQLite wait for locks itself, or not at all; told it only when that changes, for a small commit feels each statement."""
    if connection.patient is not patient:
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000) if patient else 0}")
        connection.patient = patient


def _begin_immediate(connection: _Connection) -> None:
    """Take the write lock, polling fairly: SQLite's own handler backs off to 100 ms and starves whoever came first.

    Whoever has the write lock in WAL mode waits for nobody after that, so nothing needs SQLite's patience until the next read.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    _wait_for_others(connection, patient=False)
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.002)
        else:
            return


def _commit(connection: _Connection) -> None:
    connection.execute("COMMIT")  # the driver keeps this statement; that of its own commit() it prepares every time


_GONE: Final = ("no such table: ", "no such column: ")
_LACKS: Final = " has no column named "
"""What SQLite says of a table that was taken away, and of one that lacks a column: it has no number of its own for either."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's exceptions into ours; none of them reaches a caller."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise ours(error, path) from None


def ours(error: sqlite3.DatabaseError, path: Path) -> FoodtraceError:
    """Return what the driver's exception is to our callers."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("storage.busy", value=str(path), seconds=int(BUSY_SECONDS))
    if code == sqlite3.SQLITE_CONSTRAINT and "sealed" in str(error):
        return Storage("storage.sealed", value=str(error))
    if code == sqlite3.SQLITE_CONSTRAINT and RANGE in str(error):
        return BadData("quantity.sum", value=str(path), expected=MOST)
    if code == sqlite3.SQLITE_FULL or (code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _no_room(path)):
        return Storage("storage.full", value=str(path))
    if code == sqlite3.SQLITE_READONLY:
        return Storage("storage.read_only", value=str(path), expected=str(path.parent))
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return Storage("storage.not_a_ledger", value=str(path), reason=str(error))
    gone = str(error).startswith(_GONE) or _LACKS in str(error)
    return Storage("storage.gone" if gone else "storage.failed", value=str(path), reason=str(error))


def _no_room(path: Path) -> bool:
    """Say whether the disk has no room for the files that SQLite puts beside a database."""
    import shutil  # noqa: PLC0415 - hardly ever

    try:
        return shutil.disk_usage(path.absolute().parent).free < _LEAST_ROOM
    except OSError:
        return False
