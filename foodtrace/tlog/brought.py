"""Which entries of a log came here in a copy, without the checkpoints of their batches.

Rules:

1. A copy in tiles has the newest checkpoint and those right after key entries. So of entries that were brought home from one
   (:mod:`foodtrace.keeping.homecoming`), batches have ended where no checkpoint is on record; of all others each end of a batch has one.
2. Whoever brings entries says in the database which ones. That is a word of whoever owns the database, not a proof: ``verify`` counts
   the checkpoints that are not there on its account, and its answer has the count.
3. A word that cannot be read excuses nothing, and is a finding: another spelling, of a log that is not there, of entries it has not.
"""

from __future__ import annotations

import itertools
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


def is_brought(key: object, value: object, sizes: Mapping[str, int] | None) -> bool:
    """Say whether a row of settings is such a word as :func:`say_brought` writes it (rule 3).

    :param sizes: entries of each log, by origin; none: nothing says so, and it is not looked at.
    """
    if not (isinstance(key, str) and isinstance(value, str) and key.startswith(_KEY)):
        return False
    came = _parsed(value)
    in_order = all(before < after for before, after in came) and all(one[1] <= two[0] for one, two in itertools.pairwise(came))
    spelt = " ".join(f"{before}-{after}" for before, after in came) == value
    there = bool(came) and (sizes is None or came[-1][1] <= sizes.get(key.removeprefix(_KEY), 0))
    return there and in_order and spelt


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
