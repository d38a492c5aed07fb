"""``foodtrace record`` under kill -9 and beside another writer: no acknowledged batch is lost, none is half there, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from foodtrace import Ledger
from tests.cli.shell import run

_BATCH = 5000
_ROWS = 11_500
_ROUNDS = 6
_MORE = 12


def lines(path: Path, prefix: str, count: int) -> None:
    event = {"type": "site", "at": "2026-01-02T00:00:00Z", "site": "", "operator": "L-0001", "kind": "shop", "name": "x"}
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            file.write(json.dumps({**event, "id": f"{prefix}-{n}", "site": f"{prefix}{n}"}) + "\n")


def started(folder: Path, file: str) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "FOODTRACE_KEYS": str(folder / "keys"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(folder),
    }
    command = [sys.executable, "-m", "foodtrace_cli.main", "record", file]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def on_record(folder: Path, prefix: str) -> int:
    with sqlite3.connect(folder / "foodtrace.db") as db:
        (count,) = db.execute("SELECT COUNT(*) FROM entry WHERE id LIKE ?", (f"{prefix}-%",)).fetchone()
    return int(count)


def test_killed_at_any_moment_the_file_is_there_in_whole_batches_and_sent_again_it_is_whole(tmp_path: Path) -> None:
    run(tmp_path, "init")
    lines(tmp_path / "whole.jsonl", "W", _ROWS)
    begun = time.monotonic()
    child = started(tmp_path, "whole.jsonl")
    child.communicate(timeout=120)
    assert child.returncode == 0
    whole = time.monotonic() - begun
    moments = random.Random(7)
    seen: set[int] = set()
    prefix = ""
    for number in range(_ROUNDS + _MORE):
        if number >= _ROUNDS and len(seen) > 1:
            break  # more rounds only where the machine had become slower than it was when it was measured
        prefix = f"K{number}"
        lines(tmp_path / "k.jsonl", prefix, _ROWS)
        child = started(tmp_path, "k.jsonl")
        # Stratified over the whole run, the start of Python included, so that every part of it is hit.
        time.sleep(whole * (number + moments.random()) / _ROUNDS)
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout is not None
        with child.stdout:
            said = child.stdout.read().decode()
        child.wait()
        count = on_record(tmp_path, prefix)
        seen.add(count)
        assert count in {0, _BATCH, 2 * _BATCH, _ROWS}, "a batch is whole or not there"
        assert "new" not in said or count == _ROWS, "what was acknowledged is on record"
    assert 0 in seen, "some were killed before the first batch"
    assert len(seen) > 1, "and some later"
    assert f"new {_ROWS - on_record(tmp_path, prefix):,}" in run(tmp_path, "record", "k.jsonl")
    assert on_record(tmp_path, prefix) == _ROWS
    with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys") as ledger:
        assert ledger.verify().ok


def test_two_that_record_at_the_same_time_both_have_everything_on_record(tmp_path: Path) -> None:
    run(tmp_path, "init")
    lines(tmp_path / "one.jsonl", "A", _ROWS)
    lines(tmp_path / "two.jsonl", "B", _ROWS)
    both = [started(tmp_path, "one.jsonl"), started(tmp_path, "two.jsonl")]
    for child in both:
        said, _ = child.communicate(timeout=120)
        assert child.returncode == 0, said
        assert f"new {_ROWS:,}" in said.decode()
    assert (on_record(tmp_path, "A"), on_record(tmp_path, "B")) == (_ROWS, _ROWS)
    with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys") as ledger:
        assert ledger.verify().ok
