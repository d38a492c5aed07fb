"""What a program that has a ledger open was shown of it: a database set back under it is found at its next read, not at its next open.

Rules:

1. Asked of every snapshot, before anything is answered from it: one small query about the heads of all logs. Where a head is not as it was
   the entry is looked up that was the last one before: not there, the log is set back; another one, it is a fork. A head that does not
   fit its entries is for others to find, and is not remembered.
2. What was seen before is taken down before a snapshot is opened: another thread may see more while this one still looks.
3. What this program wrote itself counts as seen (:mod:`foodtrace.tlog.lastseen`).
4. Nothing is taken back: numbers of names and sums that this program keeps may mean something else in a database that was set back.
   Who did it on purpose opens the ledger anew, which asks the anchors.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from foodtrace.errors import Integrity

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

__all__ = ["HEADS", "Ends", "LastRead"]

Ends: TypeAlias = Mapping[str, tuple[int, bytes]]
"""Origin -> (entries, leaf hash of the last)."""
HEADS: Final = "SELECT l.origin, h.size, h.prev, l.id FROM log AS l LEFT JOIN head AS h ON h.log = l.id"
"""What is asked of every snapshot."""
_MANY: Final = 200
"""Entries looked up in one query."""


class LastRead:
    """The ends of all logs as this program saw them last. Threads may share it."""

    __slots__ = ("_ends", "_lock")

    def __init__(self) -> None:
        self._ends: Ends = {}
        self._lock = threading.Lock()

    def before(self, wrote: Ends) -> Ends:
        """Return what is remembered now, for a snapshot that is opened afterwards (rule 2). :param wrote: see rule 3."""
        ends = self._ends
        more = {origin: end for origin, end in wrote.items() if end[0] > ends.get(origin, (0, b""))[0]}
        return {**ends, **more} if more else ends

    def look(self, session: Session, before: Ends) -> list[Integrity]:
        """Compare a snapshot with what was remembered before it was opened, and remember it if nothing contradicts that.

        :return: ``ledger.rolled_back``, ``ledger.forked_log``, one for each log that they are true of.
        """
        now: dict[str, tuple[int, bytes]] = {}
        sizes: dict[str, int] = {}
        asked: list[tuple[str, int, int]] = []
        gone = set(before)
        for origin, size, leaf, log in session.rows(HEADS):
            gone.discard(origin)
            if isinstance(size, int) and isinstance(leaf, (bytes, memoryview)):
                now[origin] = (size, bytes(leaf))
            seen = before.get(origin, (0, b""))
            if seen[0] and now.get(origin) != seen:
                sizes[origin] = size if isinstance(size, int) else 0
                asked += [(origin, log, seen[0]), (origin, log, sizes[origin])]
        leaves = _leaves(session, asked)
        wrong = [Integrity("ledger.rolled_back", value=0, expected=before[origin][0], log=origin) for origin in sorted(gone)]
        for origin, size in sizes.items():
            there = leaves[origin, before[origin][0]]
            if there is None:
                wrong.append(Integrity("ledger.rolled_back", value=size, expected=before[origin][0], log=origin))
            elif there != before[origin][1]:
                wrong.append(Integrity("ledger.forked_log", value=origin, expected=before[origin][0]))
            if origin in now and leaves[origin, size] != now[origin][1]:
                del now[origin]  # a head that does not fit its entries is not remembered
        if not wrong:
            self._remember(now)
        return wrong

    def _remember(self, now: Ends) -> None:
        with self._lock:
            news = {origin: end for origin, end in now.items() if end[0] > self._ends.get(origin, (-1, b""))[0]}
            if news:
                self._ends = {**self._ends, **news}


def _leaves(session: Session, asked: list[tuple[str, int, int]]) -> dict[tuple[str, int], bytes | None]:
    """Return, by (origin, size), the leaf hash of the entry that is the last one of a log of that size; none: it is not there.

    :param asked: (origin, number, size).
    """
    found: dict[tuple[str, int], bytes | None] = {}
    for start in range(0, len(asked), _MANY):
        part = asked[start : start + _MANY]
        rows = session.rows(
            f"WITH v(log, size) AS (VALUES {', '.join(['(?, ?)'] * len(part))}) "  # noqa: S608 - marks
            "SELECT v.log, v.size, (SELECT e.leaf FROM entry AS e WHERE e.log = v.log AND e.seq = v.size - 1) FROM v",
            [value for _, log, size in part for value in (log, size)],
        )
        leaves = {(log, size): bytes(leaf) for log, size, leaf in rows if isinstance(leaf, (bytes, memoryview))}
        found |= {(origin, size): leaves.get((log, size)) for origin, log, size in part}
    return found
