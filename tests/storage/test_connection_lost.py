"""A server that goes away in the middle of a record: one error says so, and nothing else is printed."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger, errors
from foodtrace.storage.postgressession import PostgresSession
from tests.keeping.ownlog import clock, fill, move


@pytest.fixture
def losing(pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Give a ledger whose server ends the connection when the head of the log is about to be locked."""
    ledger = Ledger.open(pg_url, keys=tmp_path / "keys", clock=clock)
    fill(ledger)
    lock = PostgresSession.lock

    def lose(self: PostgresSession, sql: str, params: tuple[object, ...]) -> object:
        with psycopg.connect(pg_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", self.rows("SELECT pg_backend_pid()")[0])
        return lock(self, sql, params)

    monkeypatch.setattr(PostgresSession, "lock", lose)
    return ledger


def test_the_driver_prints_nothing_of_its_own(losing: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [])  # nobody set logging up: Python prints what nobody takes
        with pytest.raises(errors.Storage) as caught:
            losing.record([move("t1")])
    assert caught.value.code == "storage.failed"
    assert capsys.readouterr() == ("", "")


def test_a_program_that_set_logging_up_is_told_what_the_driver_has_to_say(losing: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(errors.Storage):
        losing.record([move("t1")])
    assert "error ignored terminating" in caplog.text
