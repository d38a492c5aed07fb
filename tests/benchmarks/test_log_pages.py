"""The benchmark of a commit's pages counts what is in the write-ahead log, and says whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import replay
from benchmarks.bench_log_pages import Written


def test_pages_of_commits_are_counted_once_each_and_known_by_their_table(tmp_path: Path) -> None:
    connection = replay.empty(tmp_path / "x.db")
    counted = Written(tmp_path / "x.db")
    for number in range(3):
        counted.by(lambda number=number: connection.execute("INSERT INTO setting (key, value) VALUES (?, ?)", (f"k{number}", "v")))  # type: ignore[misc]
    pages = counted.each()
    assert pages["all"] == 2, "the row's page and that of its key"
    assert sum(pages.values()) in (2, 4), "whose they are, where SQLite can say"
    if len(pages) > 1:
        assert pages["setting"] == pytest.approx(1)
    connection.close()
