"""Somebody who has the file puts text where bytes belong, or hides a head: a finding or a clear error, never a fault of our own."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from benchmarks import corrupt
from foodtrace import Ledger
from foodtrace.errors import FoodtraceError, Integrity


@pytest.fixture(scope="module")
def ledger_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corrupt.small(tmp_path_factory.mktemp("mistyped"))


def changed(ledger_file: Path, folder: Path, sql: str) -> Path:
    copy = Path(shutil.copy(ledger_file, folder / "x.db"))
    connection = sqlite3.connect(copy)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(sql).rowcount > 0
    connection.commit()
    connection.close()
    return copy


SQL = {
    "entry.bytes": "UPDATE entry SET bytes = CAST(bytes AS TEXT) WHERE seq = 3",
    "entry.leaf": "UPDATE entry SET leaf = 'x' WHERE seq = 3",
    "entry.id": "UPDATE entry SET id = x'00' WHERE seq = 3",
    "node.hash": "UPDATE node SET hash = 'x' WHERE idx = 0",
    "checkpoint.note": "UPDATE checkpoint SET note = CAST(note AS TEXT)",
    "head.prev": "UPDATE head SET prev = 'x'",
}


@pytest.mark.parametrize("place", SQL)
def test_a_value_of_another_type_is_a_finding(ledger_file: Path, tmp_path: Path, place: str) -> None:
    path = changed(ledger_file, tmp_path, SQL[place])
    with Ledger.open(f"sqlite:///{path}", keys=tmp_path / "none", create=False) as ledger:
        answer = ledger.verify()
    assert (answer.ok, answer.empty) == (False, False)
    named = [each for each in answer.findings if each.code == "tlog.mistyped"]
    assert {each.got.partition(":")[0] for each in named} == {place}
    table, log = place.partition(".")[0], answer.logs[0].log
    assert {each.log for each in named} == {log}, "the log by its name"
    assert {each.seq for each in named} >= {"entry": {3}, "checkpoint": {0, 6, 12, 16}}.get(table, {None})
    assert answer.entries == 17, "and the rest is looked at"


@pytest.mark.parametrize("sql", ["UPDATE head SET size = 'many'", "UPDATE head SET key_id = 'x'", "UPDATE log SET origin = x'ff00'"])
def test_a_head_that_cannot_be_read_stops_everything_with_a_clear_error(ledger_file: Path, tmp_path: Path, sql: str) -> None:
    path = changed(ledger_file, tmp_path, sql)
    with pytest.raises(FoodtraceError) as error:
        Ledger.open(f"sqlite:///{path}", keys=tmp_path / "none", create=False).logs()
    assert (error.value.code, error.value.exit_code) == ("storage.mistyped", 3)


def test_a_head_that_is_gone_is_a_rollback_to_whoever_has_the_anchor_and_never_unseen_by_a_recall(
    ledger_file: Path, tmp_path: Path
) -> None:
    path = changed(ledger_file, tmp_path, "DELETE FROM head")
    with pytest.raises(Integrity) as error:
        Ledger.open(f"sqlite:///{path}", keys=ledger_file.parent / "keys", create=False)
    assert error.value.code == "ledger.rolled_back"
    with Ledger.open(f"sqlite:///{path}", keys=tmp_path / "none", create=False) as ledger, ledger.reading() as session:
        lot = str(session.rows("SELECT text FROM name WHERE code IS NOT NULL AND id IN (SELECT lot FROM holding)")[0][0])
        assert "log_behind" in {each.kind for each in ledger.recall(lot).untraced}
