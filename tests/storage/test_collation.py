"""A PostgreSQL database made in the language of its country, as most are, numbers, finds and sorts as SQLite does.

The server of these tests knows no such language. That the database has one is put on here by the answer to the question whether it sorts by
bytes; what the tables are then made of is PostgreSQL's own.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger
from foodtrace.keeping.backup import backup, restore
from foodtrace.storage import collation
from foodtrace.storage.around import altered
from tests.ledger.rich import LOT, grow

COLUMNS = """SELECT table_name || '.' || column_name, collation_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'text'"""
FOREIGN = "SELECT 'B' < 'a' COLLATE \"C\" AND false"


def orders(url: str) -> dict[str, str | None]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(COLUMNS).fetchall())


def test_every_text_sorts_by_bytes_where_the_database_has_a_language(pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collation, "PROBE", FOREIGN)
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        found = orders(pg_url)
        assert len(found) > 10
        assert set(found.values()) == {"C"}
        assert ledger.verify(full=True).ok
        assert ledger.recall(LOT).outlets
        with ledger.reading() as session:
            assert altered(session) == []
        ledger.rebuild()
        assert set(orders(pg_url).values()) == {"C"}


def test_a_backup_goes_into_such_a_database(pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(tmp_path / "one.db", keys=tmp_path / "keys") as ledger:
        grow(ledger)
        backup(ledger, tmp_path / "copy")
    monkeypatch.setattr(collation, "PROBE", FOREIGN)
    restore(tmp_path / "copy", pg_url, tmp_path / "others")
    assert set(orders(pg_url).values()) == {"C"}


def test_a_ledger_copied_into_such_a_database_is_told_with_what_mends_it(
    pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump carries columns without an order of their own; a text would then be in that of the language."""
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        monkeypatch.setattr(collation, "PROBE", FOREIGN)
        with ledger.reading() as session:
            found = altered(session)
        assert {each.name for each in found} == set(orders(pg_url))
        assert not ledger.verify(full=True).ok
    with psycopg.connect(pg_url, autocommit=True) as owner:
        for each in found:
            owner.execute(each.mend.encode())
    assert set(orders(pg_url).values()) == {"C"}
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        assert ledger.verify(full=True).ok
        monkeypatch.undo()  # and home again: either way is right there
        with ledger.reading() as session:
            assert altered(session) == []


def test_a_database_that_sorts_by_bytes_needs_no_word(pg_url: str, tmp_path: Path) -> None:
    """The server of these tests has no other; its tables are those of before."""
    with psycopg.connect(pg_url) as connection:
        assert connection.execute(collation.PROBE.encode()).fetchone() == (True,)
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
    assert set(orders(pg_url).values()) == {None}
