"""Opens a ledger's file as who owns it can: without the guards of the sealed tables, and puts them back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from foodtrace.storage.schema import triggers


def unsealed(path: Path) -> sqlite3.Connection:
    """Open a database as somebody who owns the file does: without its guards."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def sealed_again(connection: sqlite3.Connection) -> None:
    """Put the guards back."""
    for statement in triggers("sqlite"):
        connection.execute(statement)
