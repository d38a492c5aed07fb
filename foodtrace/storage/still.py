"""Reading a SQLite ledger in a place that nobody here may write to: a copy kept as evidence, a disk mounted read-only.

Rules:

1. SQLite reads a file in WAL mode only with two small files beside it. Where those cannot be made, the file is read as one that does
   not change (``immutable``), and whoever has read looks again: changed meanwhile, nothing that was read counts.
2. A ``-wal`` with something in it holds the newest entries, and is not read that way. Without it the ledger would look older than it
   is: refused.
3. Nothing is written, so nothing is locked either.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TypeAlias, TypeVar
from urllib.parse import quote

from foodtrace.errors import Storage

Stamp: TypeAlias = tuple[int, int, int, bool]
"""Inode, size and time of change of a file, and whether it has a write-ahead log."""
_C = TypeVar("_C", bound=sqlite3.Connection)


def is_still(path: Path) -> bool:
    """Say whether a file is there that may be read, and it or its directory not written to."""
    return os.access(path, os.R_OK) and not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))


def stamp(path: Path) -> Stamp:
    """Return what changes when somebody writes to a database (rule 1). Raises ``Storage`` (``storage.failed``)."""
    wal = path.with_name(path.name + "-wal")
    try:
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns, wal.exists() and wal.stat().st_size > 0
    except OSError as error:
        raise Storage("storage.failed", value=str(path), reason=error.strerror or str(error)) from None


def open_still(path: Path, factory: type[_C]) -> tuple[_C, Stamp]:
    """Open a file that nobody here may write to. Raises ``Storage`` (``storage.wal_here``, rule 2)."""
    seen = stamp(path)
    if seen[-1]:
        raise Storage("storage.wal_here", value=str(path), expected=f"{path.name}-wal")
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, factory=factory)
    return connection, seen


def look_again(path: Path, seen: Stamp) -> None:
    """Refuse what was read from a file that somebody else wrote to meanwhile. Raises ``Storage`` (``storage.changed``)."""
    if stamp(path) != seen:
        raise Storage("storage.changed", value=str(path))
