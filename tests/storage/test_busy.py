"""A writer waits for another one a while and then says so, on both databases alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger, errors
from foodtrace.storage import postgres, sqlite
from tests.ledger.deliveries import events


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Be another writer, which does not come to its end."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url) as server:
            server.execute("SELECT size FROM head FOR UPDATE")
            yield


def test_who_waits_too_long_for_another_writer_says_busy_and_may_try_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.record(events(1))
        size = ledger.logs()[0].size
        for module in (sqlite, postgres):
            assert module.BUSY_SECONDS == 10
            monkeypatch.setattr(module, "BUSY_SECONDS", 0.3)
        with writing(url), pytest.raises(errors.Busy) as caught:
            ledger.record(events(2))
        assert (caught.value.code, caught.value.hint("en")) == ("storage.busy", "try again, the same id is harmless")
        assert caught.value.message("en").endswith(" is being written by somebody else")
        assert ledger.logs()[0].size == size
        assert ledger.record(events(2)).new == 1
        assert ledger.verify().ok


@pytest.mark.postgres
def test_a_reader_of_the_side_table_makes_forgetting_not_yet_and_nobody_wait_for_ever(
    pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.record(events(1))
        monkeypatch.setattr(postgres, "BUSY_SECONDS", 0.4)
        with psycopg.connect(pg_url) as reader:
            reader.execute("SELECT value FROM personal")
            assert not ledger.store.forget()
        assert ledger.store.forget()
        with ledger.store.read() as session:
            assert session.rows("SHOW lock_timeout") == [("0",)], "what reads afterwards waits as the server has it"
