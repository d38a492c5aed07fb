"""One changed byte, one lost or altered row: found, whatever it was, or nobody can rely on any row."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks import corrupt
from foodtrace import Ledger
from foodtrace.storage.schema import triggers


@pytest.fixture(scope="module")
def ledger_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corrupt.small(tmp_path_factory.mktemp("corrupt"))


def test_the_untouched_ledger_verifies(ledger_file: Path) -> None:
    connection = sqlite3.connect(ledger_file, isolation_level=None)
    assert not corrupt.found(connection, ledger_file), "or finding damage below would mean nothing"
    connection.close()


@pytest.mark.parametrize(("table", "step"), [("entry", 19), ("node", 1), ("checkpoint", 11), ("head", 3), ("log", 1)])
def test_a_flipped_byte_is_found_in_every_column_of_every_row(ledger_file: Path, table: str, step: int) -> None:
    # Other bytes of each row and column; every byte: python -m benchmarks.corrupt
    tried, missed = corrupt.sweep(ledger_file, table, step=step)
    assert missed == []
    assert tried >= {"entry": 270, "node": 50, "checkpoint": 60, "head": 30, "log": 15}[table], "the sweep itself shrank"


def test_rows_cut_off_swapped_hidden_or_altered_are_found(ledger_file: Path) -> None:
    tried, missed = corrupt.rows(ledger_file)
    assert (tried, missed) == (len(corrupt.ROWS), [])


def test_old_bytes_flipped_and_rows_altered_are_found_by_the_incremental_run_too(ledger_file: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(ledger_file, tmp_path / "x.db"))
    asked = corrupt.marked(copy)
    for table in corrupt.SEALED:
        tried, missed = corrupt.sweep(copy, table, asked, step=53)
        assert missed == []
        assert tried
    assert corrupt.rows(copy, asked) == (len(corrupt.ROWS), [])


def test_a_flipped_byte_is_exit_3_and_names_the_log_the_entry_and_both_values(ledger_file: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(ledger_file, tmp_path / "x.db"))
    connection = sqlite3.connect(copy)
    connection.execute("DROP TRIGGER entry_no_update")
    leaf = connection.execute("SELECT leaf FROM entry WHERE seq = 5").fetchone()[0]
    forged = bytes([leaf[0] ^ 1]) + leaf[1:]
    connection.execute("UPDATE entry SET leaf = ? WHERE seq = 5", (forged,))
    connection.execute(next(each for each in triggers("sqlite") if "entry_no_update" in each))
    connection.commit()
    connection.close()
    program = [sys.executable, "-m", "foodtrace_cli.main", "--db", str(copy), "verify"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "NOT verified" in done.stdout
    assert "#5  tlog.leaf_mismatch" in done.stdout
    assert f"expected {forged.hex()}  got {leaf.hex()}" in done.stdout


def test_the_whole_database_put_back_to_yesterday_is_a_finding_with_exit_3(ledger_file: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(ledger_file, tmp_path / "x.db"))
    shutil.copytree(ledger_file.parent / "keys", tmp_path / "keys")
    with Ledger.open(f"sqlite:///{copy}", keys=tmp_path / "keys") as ledger:
        ledger.record([msgspec.structs.replace(corrupt.events()[-1], id="late")])
    for suffix in ("-wal", "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    shutil.copy(ledger_file, copy)
    program = [sys.executable, "-m", "foodtrace_cli.main", "--db", str(copy), "--keys", str(tmp_path / "keys"), "verify"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "tlog.rolled_back" in done.stdout
