"""A ledger that has a row of every kind, and every way in which one value or one row of it can be other than foodtrace wrote it.

Rules:

1. The ledger has two logs, corrections of every kind (so rows of the projection that are zero), another log's word, events in parts,
   personal values, an erasure, and a new key. A test sees to it that no table is empty.
2. A value is altered into one of another type, half a number more, one more and one less, the same with something behind it, nothing, and
   what is no text. A row is taken away, or stands there again under another key, as of a log or an entry that is not there.
3. What the database itself refuses is no alteration. On PostgreSQL that are all other types.
4. The note that entries came in a copy excuses a missing checkpoint, and none is missing here: that it is taken away is no alteration.
5. Everything is done in a transaction that is rolled back, as the owner of the database does it: guards off, and on again.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from foodtrace import Ledger, Quantity
from foodtrace.events import Event, Operator, SellerFile, Site, StockCount
from foodtrace.keeping.rotation import rotate_anew
from foodtrace.operations import erasing
from foodtrace.operations.common import Doing, local
from foodtrace.storage.schema import triggers
from foodtrace.storage.session import Row, Session
from foodtrace.storage.tables import metadata
from foodtrace.tlog.brought import say_brought
from tests.ledger.rich import AT, MIX, grow

FIRST: Final = "city/one"
NOW: Final = (AT + dt.timedelta(hours=1) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
_MANY: Final = 2_400
"""Codes that make a count longer than one entry."""


def whole(url: str, keys: Path) -> Ledger:
    """Make the ledger of rule 1, and leave it open."""
    ledger = Ledger.open(url, keys=keys, clock=lambda: NOW)
    grow(ledger)
    ledger.record(_more(), log=FIRST, personal={"b1": {"phone": "0451-555-0199", "contact": "王桂芳"}, "b2": {"phone": "0451-555-0104"}})
    writer = ledger.writer(FIRST)
    doing = Doing(now=local(NOW), by="07")
    ledger.act(lambda s: erasing.erase(s, doing, writer.number, FIRST, "B-2", reason="退出市场"), log=FIRST)
    rotate_anew(ledger, log=FIRST)
    with ledger.store.write() as session:
        say_brought(session, FIRST, 0, 1)
    return ledger


def _more() -> list[Event]:
    codes = tuple(f"86901234{number:022d}" for number in range(_MANY))
    return [
        Operator(id="b0", at=AT, operator="B-1", name="个体户"),
        Site(id="b1", at=AT, site="B-1", operator="B-1", kind="shop", name="大超市"),
        Site(id="b2", at=AT, site="B-2", operator="B-2", kind="shop", name="小超市"),
        SellerFile(id="b3", at=AT, site="F-1", seller="B-1"),
        StockCount(id="b4", at=AT, site="P-1", lot=MIX, quantity=Quantity(1, "piece"), missing=codes),
    ]


class Change(NamedTuple):
    """One alteration."""

    name: str
    table: str
    statements: tuple[tuple[str, tuple[object, ...]], ...]


def changes(session: Session, *, every: int = 1, rows: int = 1_000_000) -> Iterator[Change]:
    """Give the alterations of every table.

    :param every: of the alterations of values only every n-th, other ones from row to row. :param rows: most rows of a kind.
    """
    count = 0
    for table in metadata.sorted_tables:
        names = [column.name for column in table.columns]
        key = [column.name for column in table.primary_key.columns]
        where = " AND ".join(f"{each} = ?" for each in key)
        for row in _some(session, table, rows):
            place = tuple(row[names.index(each)] for each in key)
            said = f"{table.name} {place!r:.60}"
            if place != (f"brought {FIRST}",):  # rule 4
                yield Change(f"{said} taken away", table.name, ((f"DELETE FROM {table.name} WHERE {where}", place),))
            for index, column in enumerate(names):
                for value in _others(row[index], session.dialect):
                    count += 1
                    same = type(value) is type(row[index]) and value == row[index]
                    if count % every == 0 and not same:
                        sql = f"UPDATE {table.name} SET {column} = ? WHERE {where}"
                        yield Change(f"{said} {column}: {row[index]!r:.30} -> {value!r:.30}", table.name, ((sql, (value, *place)),))
            for column in key:
                again = list(row)
                value = row[names.index(column)]
                again[names.index(column)] = value + 1000 if isinstance(value, int) else f"{value}-zz"
                marks = ", ".join("?" * len(names))
                sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
                yield Change(f"{said} again, {column} + 1000", table.name, ((sql, tuple(again)),))


def _some(session: Session, table: Table, most: int) -> list[Row]:
    """Return rows of a table, at most so many of each kind: by event, by kind, and whether there is anything in it."""
    names = [column.name for column in table.columns]
    found: dict[object, list[Row]] = {}
    for row in session.rows(f"SELECT {', '.join(names)} FROM {table.name}"):
        row = tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)  # noqa: PLW2901
        found.setdefault(_kind(dict(zip(names, row, strict=True))), []).append(row)
    return [row for kind in found.values() for row in kind[:most]]


def _kind(row: dict[str, Any]) -> object:
    if "bytes" in row:
        data = row["bytes"]
        return data[data.find(b'"type":') :][:24], b'"commitments"' in data, b'"part"' in data
    return row.get("kind") if isinstance(row.get("kind"), int) else None, row.get("n"), row.get("flows") == 0, row.get("ended", 0) > 0


def _others(value: Any, dialect: str) -> Sequence[object]:
    """Return what a value can be altered into (rule 2)."""
    typed = dialect == "sqlite"
    if isinstance(value, int):
        other = (value + 0.5, value - 0.25, f"{value}x", b"\0", 9e999) if typed else ()
        return (value + 1, value - 1, value | 1 << 30, *other, *(("", b"") if typed else ()))
    if isinstance(value, str):
        return (value + " ", "", value.swapcase(), "\u5e02", f"{value}\0x", *((value.encode(), b"", 7) if typed else ()))
    if isinstance(value, bytes):
        changed = [bytes((*value[:at], value[at] ^ 1, *value[at + 1 :])) for at in {0, len(value) // 2, len(value) - 1} if value]
        return (*changed, value[:-1], value + b"\0", b"", b"\0", *((value.hex(), "", 7) if typed else ()))
    return ("x", *((7, b"x") if typed else ()))


def carried_out(session: Session, change: Change) -> bool:
    """Carry an alteration out with the guards off and on again; false where the database refuses it (rule 3)."""
    try:
        with session.savepoint():
            _guards(session, change.table, on=False)
            changed = sum(session.run(sql, params) for sql, params in change.statements)
            _guards(session, change.table, on=True)
    except Exception as error:
        if isinstance(error, sqlite3.IntegrityError) or type(error).__module__.startswith("psycopg"):
            return False
        raise
    return changed > 0


def _guards(session: Session, table: str, *, on: bool) -> None:
    if session.dialect == "postgresql":
        session.run(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER")
        return
    for statement in triggers("sqlite"):
        name = statement.split()[2]
        if name.rsplit("_no_", 1)[0] == table:
            session.run(statement if on else f"DROP TRIGGER {name}")
