"""Pages that a commit of one event writes into the write-ahead log, and whose they are, beside a raw commit of one row.

Rules:

1. Between two commits the write-ahead log is emptied; then it holds the pages of one commit, each once, and nothing else.
2. Whose a page is says SQLite's own ``dbstat``; a SQLite without it gives totals alone.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.measure import table

_HEADER: Final = 32
"""Bytes before the first frame of a write-ahead log."""
_FRAME: Final = 24
"""Bytes before the page in each frame; the first four are its number."""
_SHOWN: Final = 12


class Written:
    """Counts pages by number, of one commit after the other."""

    def __init__(self, path: Path) -> None:
        """Watch the database of a file."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._log = path.with_name(path.name + "-wal")
        self._pages: Counter[int] = Counter()
        self.commits = 0

    def by(self, commit: Callable[[], object]) -> None:
        """Count the pages of a commit."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        commit()
        data = self._log.read_bytes()
        (size,) = struct.unpack_from(">I", data, 8)
        self._pages.update(struct.unpack_from(">I", data, at)[0] for at in range(_HEADER, len(data) - size, _FRAME + size))
        self.commits += 1

    def each(self) -> dict[str, float]:
        """Return pages a commit, by table and index; ``all`` of them first."""
        found: Counter[str] = Counter({"all": self._pages.total()})
        try:
            owners = dict(self._connection.execute("SELECT pageno, name FROM dbstat").fetchall())
        except sqlite3.OperationalError:
            owners = {}
        for page, count in self._pages.items():
            if page in owners:
                found[owners[page]] += count
        self._connection.close()
        return {name: count / self.commits for name, count in found.most_common()}


def section(ours: Path, record: Callable[[int], object], bare: Path, raw: Callable[[int], object], rounds: int) -> str:
    """Return the table: pages of a recorded event and of a raw commit of its entry row, both by number of the round."""
    recorded, one = Written(ours), Written(bare)
    for number in range(rounds):
        recorded.by(lambda number=number: record(number))  # type: ignore[misc]
        one.by(lambda number=number: raw(number))  # type: ignore[misc]
    mine, theirs = recorded.each(), one.each()
    return table(
        ["pages written by a commit", "record", "the entry row raw"],
        [[name, f"{pages:.2f}", f"{theirs.get(name, 0):.2f}"] for name, pages in list(mine.items())[:_SHOWN]],
    )
