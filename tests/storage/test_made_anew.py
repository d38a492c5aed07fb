"""A table that an owner made anew, without its key: it is named, and rows that stand twice in it are, whatever the table says of itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.keeping.doctor import Surroundings, examine
from foodtrace.storage.around import altered
from foodtrace.storage.session import Session
from foodtrace.storage.strange import TABLES
from foodtrace.verification import verify_ledger
from tests.ledger.rich import LOT, MIX, grow

AROUND = Surroundings("utf-8", "en", passphrase=False)

ONE = "(SELECT id FROM name WHERE text = '{}')"
TWICE = {
    "a name": ("name", [f"INSERT INTO name SELECT 500, text, code FROM name WHERE text = '{LOT}'"]),
    "the number of a name": ("name", [f"INSERT INTO name SELECT id, 'x' || text, 'x' || code FROM name WHERE text = '{MIX}'"]),
    "a holding, split in two": (
        "holding",
        [
            "INSERT INTO holding (lot, site, unit, log, flows) SELECT lot, site, unit, log, 1 FROM holding WHERE flows > 1 LIMIT 1",
            (
                "UPDATE holding SET flows = flows - 1 WHERE delivered + sent + born + sold > 0 AND (lot, site, unit, log) IN "
                "(SELECT lot, site, unit, log FROM holding GROUP BY 1, 2, 3, 4 HAVING COUNT(*) > 1)"
            ),
        ],
    ),
    "the newest time of a site": ("site_seen", ["INSERT INTO site_seen SELECT * FROM site_seen LIMIT 1"]),
    "an alias and its opposite": (
        "alias",
        [
            (
                f"INSERT INTO alias SELECT a.id, b.id, 1, n.value FROM {ONE.format(LOT)} AS a, {ONE.format(MIX)} AS b, "
                "(SELECT 1 AS value UNION ALL SELECT -1) AS n"
            )
        ],
    ),
    "an edge twice": ("lot_edge", ["INSERT INTO lot_edge SELECT src, dst, site, log, 0 FROM lot_edge LIMIT 1"]),
}


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        grow(opened)
        assert opened.verify(full=True, files=True).ok
        with opened.reading() as session:
            assert altered(session) == []
        yield opened


class _BackError(Exception):
    """Take back what was done."""


def made_anew(session: Session, table: str) -> None:
    """Take a table's keys away."""
    if session.dialect == "sqlite":
        session.run(f"CREATE TABLE copy AS SELECT * FROM {table}")
        session.run(f"DROP TABLE {table}")
        session.run(f"ALTER TABLE copy RENAME TO {table}")
        return
    keys = "SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = CAST(? AS text)::regclass"
    for (key,) in session.rows(keys, (table,)):
        session.run(f"ALTER TABLE {table} DROP CONSTRAINT {key}")


def doctor(ledger: Ledger, folder: Path) -> set[tuple[str, str]]:
    path = folder / "x.db" if ledger.store.dialect == "sqlite" else None
    return {(each.code, each.state) for each in examine(lambda: ledger, path, folder / "keys", AROUND).checks if each.topic == "ledger"}


def test_what_stands_twice_is_named_beside_the_table(ledger: Ledger) -> None:
    for table, statements in TWICE.values():
        with suppress(_BackError), ledger.store.write() as session:
            made_anew(session, table)
            for each in statements:
                session.run(each)
            found = verify_ledger(session)
            assert not found.ok
            assert {"tlog.table_altered", "projection.twice"} <= {each.code for each in found.findings}, table
            twice = [each.got for each in found.findings if each.code == "projection.twice"]
            assert any(each.startswith(f"{table}: ") and each.endswith("(2)") for each in twice)
            raise _BackError
    assert ledger.verify(full=True).ok


def test_it_is_named_by_every_run_though_no_row_stands_twice(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.store.write() as session:
        for table in ("name", "holding", "setting"):
            made_anew(session, table)
    for full in (True, False):
        codes = [(each.code, each.got.split(": ")[0]) for each in ledger.verify(full=full).findings]
        assert {code for code, _ in codes} == {"tlog.table_altered"}
        assert {"name", "holding", "setting"} == {name.removeprefix("table ").split(" (")[0] for _, name in codes} - {"index name_code"}
    assert doctor(ledger, tmp_path) & {("tables_altered", "bad"), ("keys_gone", "bad")}
    if ledger.store.dialect == "sqlite":
        ledger.rebuild()
        assert [each.got.split(": ")[0] for each in ledger.verify().findings] == ["table name", "table setting"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("text TEXT NOT NULL", "text TEXT NOT NULL COLLATE NOCASE"),
        ("UNIQUE (text)", "UNIQUE (text) ON CONFLICT REPLACE"),
        ("UNIQUE (text)", "CHECK (1)"),
        ("PRIMARY KEY (id)", '"PRIMARY" KEY (id)'),
    ],
)
def test_so_is_one_that_says_something_else(tmp_path: Path, old: str, new: str) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        with ledger.store.write() as session:
            session.run("PRAGMA writable_schema = ON")
            session.run("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'name'", (old, new))
            session.run("PRAGMA writable_schema = OFF")
        with ledger.reading() as session:
            (found,) = altered(session)
        assert found.name == "table name"
        assert old in found.expected
        assert new in found.got


def test_an_index_put_back_by_hand_in_other_letters_is_the_same_index(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("x/a")
    connection = sqlite3.connect(tmp_path / "x.db")
    for sql, found in (
        ("create index if not exists name_code on name( code )", []),
        ("CREATE INDEX name_code ON name (id)", ["index name_code"]),
    ):
        connection.execute("DROP INDEX name_code")
        connection.execute(sql)
        connection.commit()
        with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger, ledger.reading() as session:
            assert [each.name for each in altered(session)] == found


def test_a_row_written_past_an_index_is_found_though_the_table_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Ledger.open(path, keys=tmp_path / "keys") as ledger:
        grow(ledger)
    connection = sqlite3.connect(path, isolation_level=None)
    (table,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'name'").fetchone()
    index = connection.execute("SELECT * FROM sqlite_master WHERE name = 'sqlite_autoindex_name_1'").fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_name_1'")
    connection.execute("UPDATE sqlite_master SET sql = replace(sql, ', \n\tUNIQUE (text)', '') WHERE name = 'name'")
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"INSERT INTO name SELECT 500, text, code FROM name WHERE text = '{LOT}'")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'name'", (table,))
    connection.execute("INSERT INTO sqlite_master VALUES (?,?,?,?,?)", index)
    connection.close()
    with Ledger.open(path, keys=tmp_path / "keys") as ledger:
        with ledger.reading() as session:
            assert altered(session) == []
        assert {each.code for each in ledger.verify().findings} == {"projection.twice"}


def test_every_table_is_compared(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        with ledger.store.write() as session:
            for table in TABLES:
                session.run(f"ALTER TABLE {table} ADD COLUMN more TEXT")
            assert [each.name for each in altered(session)] == [f"table {each}" for each in sorted(TABLES)]
