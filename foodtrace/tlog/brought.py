"""Which entries of a log came here in a copy, without the checkpoints of their batches.

Rules:

1. A copy in tiles has the newest checkpoint and those right after key entries. So of entries that were brought home from one
   (:mod:`foodtrace.keeping.homecoming`), batches have ended where no checkpoint is on record; of all others each end of a batch has one.
2. Whoever brings entries says in the database which ones. That is a word of whoever owns the database, not a proof: ``verify`` counts
   the checkpoints that are not there on its account, and its answer has the count.
3. A word that cannot be read excuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from foodtrace.storage.session import Session

Brought: TypeAlias = tuple[tuple[int, int], ...]
"""(size before, size after) of each time that entries came: strictly between the two a checkpoint may be missing."""

_KEY: Final = "brought "


def say_brought(session: Session, origin: str, before: int, after: int) -> None:
    """Put on record that entries of a log, from one size to another, came in a copy; inside an open write transaction."""
    key = _KEY + origin
    row = session.row("SELECT value FROM setting WHERE key = ?", (key,))
    told = [] if row is None else str(row[0]).split()
    told.append(f"{before}-{after}")
    session.run(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, " ".join(told))
    )


def all_brought(session: Session) -> Mapping[str, Brought]:
    """Return what came in copies, by origin."""
    rows = session.rows("SELECT key, value FROM setting")  # a handful
    return {str(key).removeprefix(_KEY): _parsed(value) for key, value in rows if str(key).startswith(_KEY)}


def is_brought(key: object, value: object) -> bool:
    """Say whether a row of settings is such a word, and can be read."""
    return isinstance(key, str) and key.startswith(_KEY) and bool(_parsed(value))


def excused(brought: Brought, size: int) -> bool:
    """Say whether the checkpoint of a size may be missing (rule 1)."""
    return any(before < size < after for before, after in brought)


def _parsed(value: object) -> Brought:
    found = []
    for each in str(value).split():
        before, _, after = each.partition("-")
        if not (before.isdecimal() and after.isdecimal() and before.isascii() and after.isascii()):
            return ()
        found.append((int(before), int(after)))
    return tuple(found)


__all__ = ["Brought", "all_brought", "excused", "is_brought", "say_brought"]
