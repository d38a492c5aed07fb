"""Corruption: every byte of the sealed rows of a small ledger flipped in turn, and what is done to whole rows; all of it must be found.

    python -m benchmarks.corrupt [--step 1]

Rules:

1. One database file, in one process. Each change is made inside a transaction as the owner of the file makes it (guards
   dropped, row changed, guards put back), verified in that transaction, and rolled back.
2. Every byte of every column of ``entry``, ``node``, ``checkpoint``, ``head`` and ``log`` is changed, one bit of it, a different one
   from byte to byte; integers are changed as their eight bytes.
3. All of it twice: by a full run, and by an incremental one after a full run has left its mark.
4. Found means: ``verify`` has findings, or refuses to read the row; both are exit 3.
5. The same of a ledger with a row of every kind (:mod:`benchmarks.altered`), where each value is altered in other ways too, and each row
   taken away or added; there ``verify`` has to have findings, and stop at nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import altered
from foodtrace import Ledger, Quantity
from foodtrace.errors import FoodtraceError
from foodtrace.events import CertificateIssued, Event, Site, Transfer
from foodtrace.storage.schema import triggers
from foodtrace.storage.session import Session
from foodtrace.storage.sqlite import translated
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.verification import Asked, mark_path, verify_ledger

AT: Final = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LOT: Final = "F-1/261123-1"
_SPARSE: Final = 97
"""Of the bytes of a ledger with long entries one in so many is changed."""
SEALED: Final[dict[str, tuple[str, ...]]] = {
    "entry": ("log", "seq"),
    "node": ("log", "level", "idx"),
    "checkpoint": ("log", "size"),
    "head": ("log",),
    "log": ("id",),
}
"""Tables of the log and their keys."""
ROWS: Final = {
    "tail cut off, checkpoint too": (
        "DELETE FROM entry WHERE seq = (SELECT MAX(seq) FROM entry)",
        "DELETE FROM checkpoint WHERE size = (SELECT MAX(size) FROM checkpoint)",
    ),
    "tail cut off": ("DELETE FROM entry WHERE seq >= 12",),
    "a checkpoint in between taken out": ("DELETE FROM checkpoint WHERE size = 13",),
    "newest checkpoint cut off": ("DELETE FROM checkpoint WHERE size = (SELECT MAX(size) FROM checkpoint)",),
    "an entry in the middle taken out": ("DELETE FROM entry WHERE seq = 7",),
    "bytes of two rows swapped": (
        "UPDATE entry SET bytes = (SELECT bytes FROM entry AS o WHERE o.seq = 9 - entry.seq) WHERE seq IN (4, 5)",
    ),
    "two rows swapped, with leaf and id": (
        "UPDATE entry SET seq = -4 WHERE seq = 4",
        "UPDATE entry SET seq = 4 WHERE seq = 5",
        "UPDATE entry SET seq = 5 WHERE seq = -4",
    ),
    "notes of two checkpoints swapped": (
        "UPDATE checkpoint SET size = -6 WHERE size = 7",
        "UPDATE checkpoint SET size = 7 WHERE size = 13",
        "UPDATE checkpoint SET size = 13 WHERE size = -6",
    ),
    "nodes taken out": ("DELETE FROM node",),
    "a node added": ("INSERT INTO node SELECT log, level, idx + 1, hash FROM node",),
    "head taken out": ("DELETE FROM head",),
    "log hidden": ("DELETE FROM head", "DELETE FROM log"),
    "holding altered": ("UPDATE holding SET sent = sent + 1",),
    "holding taken out": ("DELETE FROM holding WHERE site = (SELECT MAX(site) FROM holding)",),
    "move taken out": ("DELETE FROM move WHERE seq = 5",),
    "move ended": ("UPDATE move SET ended = 1 WHERE seq = 6",),
    "quantity moved from one row to another": ("UPDATE move SET q = q + 1 WHERE seq = 5", "UPDATE move SET q = q - 1 WHERE seq = 6"),
    "product altered": ("UPDATE lot_fact SET product = 'x'",),
    "site renamed": ("UPDATE name SET text = 'S-8' WHERE text = 'S-7'",),
    "a shop's facts altered": ("UPDATE site_fact SET operator = 'X-9' WHERE name = '福安超市'",),
}
"""Changes to whole rows, of the log and of the projection."""


def events() -> list[Event]:
    """Return 16 events: with the key entry the log fills one stored node and goes on."""
    transfers = [Transfer(id=f"t{n}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1000, "g")) for n in range(13)]
    return [
        Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
        Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
        CertificateIssued(id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")),
        *transfers,
    ]


def small(folder: Path) -> Path:
    """Make the small ledger: 17 entries in 4 batches; return its database file, with nothing left in the WAL."""
    path = folder / "x.db"
    with Ledger.open(f"sqlite:///{path}", keys=folder / "keys") as ledger:
        for start in range(0, 16, 6):
            ledger.record(events()[start : start + 6])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def marked(path: Path) -> Asked:
    """Return what an incremental run is asked, after a full one over an untouched ledger has left its mark."""
    with Ledger.open(f"sqlite:///{path}", keys=path.parent / "keys") as ledger:
        assert ledger.verify(full=True).mark == "made"
    return Asked(full=False, mark=mark_path(path.parent / "keys", f"sqlite:///{path}", None))


def found(connection: sqlite3.Connection, path: Path, asked: Asked | None = None) -> bool:
    """Say whether ``verify`` would exit with 3 on what an open transaction shows."""
    try:
        with translated(path):
            answer = verify_ledger(SqliteSession(connection), asked=asked)
    except FoodtraceError as error:
        return error.exit_code == 3
    return not answer.ok and not answer.empty


@contextmanager
def tampered(connection: sqlite3.Connection, *statements: tuple[str, tuple[object, ...]]) -> Iterator[int]:
    """Carry statements out as the file's owner can, guards off and on again; roll all of it back; gives the rows changed."""
    guards = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    wanted = {word for sql, _ in statements for word in sql.split()[1:3]}
    connection.execute("BEGIN IMMEDIATE")
    try:
        for guard in guards:
            if guard.rsplit("_no_", 1)[0] in wanted:
                connection.execute(f"DROP TRIGGER {guard}")
        changed = sum(connection.execute(sql, params).rowcount for sql, params in statements)
        for statement in triggers("sqlite"):
            if statement.split()[2].rsplit("_no_", 1)[0] in wanted:
                connection.execute(statement)
        yield changed
    finally:
        connection.execute("ROLLBACK")


def flips(value: Any) -> Iterator[object]:
    """Yield a value with each of its bytes changed in turn."""
    data = value.to_bytes(8, "big", signed=True) if isinstance(value, int) else value.encode() if isinstance(value, str) else value
    for index in range(len(data)):
        changed = bytearray(data)
        # The top bit of an integer's bytes: another would make one row's key another's, which the engine itself refuses.
        changed[index] ^= 0x80 if isinstance(value, int) else 1 << (7 - index % 8)
        yield int.from_bytes(changed, "big", signed=True) if isinstance(value, int) else bytes(changed)


def sweep(path: Path, table: str, asked: Asked | None = None, step: int = 1) -> tuple[int, list[str]]:
    """Change every byte (or one in ``step``) of a table of the log in turn; return how many were tried, and those that were missed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    key = SEALED[table]
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    where = " AND ".join(f"{part} = ?" for part in key)
    tried, missed = 0, []
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall():
        place = tuple(row[columns.index(part)] for part in key)
        for column, value in zip(columns, row, strict=True):
            mark = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
            for index, forged in list(enumerate(flips(value)))[tried % step :: step]:
                with tampered(connection, (f"UPDATE {table} SET {column} = {mark} WHERE {where}", (forged, *place))) as changed:
                    assert changed == 1
                    tried += 1
                    if not found(connection, path, asked):
                        missed.append(f"{table}.{column} {place} byte {index}")
    connection.close()
    return tried, missed


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Undo what is done inside."""
    session.run("SAVEPOINT altered")
    try:
        yield
    finally:
        session.run("ROLLBACK TO SAVEPOINT altered")
        session.run("RELEASE SAVEPOINT altered")


def alter(path: Path, asked: Asked | None = None, every: int = 1, rows: int = 1_000_000) -> tuple[int, list[str]]:
    """Do the alterations of :mod:`benchmarks.altered`; return how many were tried, and those that were missed or stopped ``verify``."""
    tried, missed = 0, []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        session = SqliteSession(connection)
        connection.execute("BEGIN IMMEDIATE")
        for change in altered.changes(session, every=every, rows=rows):
            with undone(session):
                if altered.carried_out(session, change):
                    tried += 1
                    try:
                        answer = verify_ledger(session, asked=asked)
                        if answer.ok or not answer.findings:
                            missed.append(change.name)
                    except Exception as error:  # noqa: BLE001 - whatever it is, verify should have gone on
                        missed.append(f"{change.name}: {type(error).__name__} {error}")
        connection.execute("ROLLBACK")
    return tried, missed


def rows(path: Path, asked: Asked | None = None) -> tuple[int, list[str]]:
    """Do each of :data:`ROWS`; return how many were tried, and those that ``verify`` missed."""
    connection = sqlite3.connect(path, isolation_level=None)
    missed = []
    for name, statements in ROWS.items():
        with tampered(connection, *((each, ()) for each in statements)) as changed:
            assert changed, name
            if not found(connection, path, asked):
                missed.append(name)
    connection.close()
    return len(ROWS), missed


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--step", type=int, default=1, help="change only every n-th byte")
    step = options.parse_args().step
    with tempfile.TemporaryDirectory() as folder:
        path = small(Path(folder))
        total, bad = 0, list[str]()
        start = time.perf_counter()
        for name, asked in (("full", None), ("since the mark", marked(path))):
            print(f"{name:26} tried   missed")
            for table in SEALED:
                tried, missed = sweep(path, table, asked, step)
                print(f"every byte of {table:10} {tried:7,} {len(missed):8,}", flush=True)
                total, bad = total + tried, bad + missed
            tried, missed = rows(path, asked)
            print(f"rows altered             {tried:7,} {len(missed):8,}")
            total, bad = total + tried, bad + missed
        whole = Path(folder) / "whole"
        whole.mkdir()
        altered.whole(f"sqlite:///{whole / 'x.db'}", whole / "keys").close()
        for name, asked in (("full", None), ("since the mark", marked(whole / "x.db"))):
            print(f"{name:26} tried   missed   (a ledger with corrections, parts, personal values and a new key)")
            tried, missed = sweep(whole / "x.db", "entry", asked, step * _SPARSE)
            print(f"one byte in {step * _SPARSE:<3} of entry   {tried:7,} {len(missed):8,}", flush=True)
            total, bad = total + tried, bad + missed
            tried, missed = alter(whole / "x.db", asked, step)
            print(f"values and rows altered  {tried:7,} {len(missed):8,}", flush=True)
            total, bad = total + tried, bad + missed
        print(f"{total:,} changes, {total - len(bad):,} found, {time.perf_counter() - start:.0f} s")
        for each in bad[:50]:
            print(f"  MISSED {each}")
        raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
