"""Columns of many rows are what the rows are, whatever somebody wrote there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace.storage.columns import columns
from foodtrace.storage.session import Session
from foodtrace.storage.sqlite import SqliteStore

ODD = [
    *(0, -1, 2**63 - 1, -(2**63), 5.0, -0.0, 1.5, 1e300, float("inf"), None, b"", b"\x00\xff"),
    *("", "5", "甲", 'a"b\\c', "\x00", "a\x00b", "\x1f\x7f\n\t", "\U0001f345", "[1]", "null"),
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with SqliteStore(tmp_path / "x.db", create=True).write() as found:
        found.run("CREATE TABLE t (n INTEGER, value BLOB)")
        yield found


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_value_comes_as_it_would_by_itself_and_of_its_own_type(session: Session, odd: Any) -> None:
    session.many("INSERT INTO t VALUES (?, ?)", [(1, 7), (2, odd), (3, "x")])
    numbers, values = columns(session, ("n", "value"), "t WHERE n >= ? ORDER BY n", (1,))
    (alone,) = session.row("SELECT value FROM t WHERE n = 2") or ()
    assert (numbers, values) == ([1, 2, 3], [7, odd, "x"])
    assert [type(each) for each in values] == [int, type(alone), str]


def test_no_rows_are_as_many_empty_columns_as_were_asked_for(session: Session) -> None:
    assert columns(session, ("n", "value"), "t") == [[], []]


def test_what_cannot_be_read_at_all_is_the_drivers_to_say(session: Session) -> None:
    session.run("INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT))")
    with pytest.raises(sqlite3.OperationalError, match="UTF-8"):
        columns(session, ("value",), "t")
    with pytest.raises(sqlite3.OperationalError, match="no such"):
        columns(session, ("value",), "u")
