"""Several processes at one log: one chain, nothing acknowledged is lost, nobody starves."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fork import MOST_SECONDS, run


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_processes_that_write_one_log_make_one_chain(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if engine == "sqlite" else request.getfixturevalue("pg_url")
    got = run(url, tmp_path, processes=4, appends=25)
    assert (got.entries, got.acknowledged, got.lost, got.broken, got.verified) == (2 + 100, 100, 0, 0, True)
    assert got.waits[-1] < MOST_SECONDS
    assert got.ok
