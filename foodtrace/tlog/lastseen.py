"""What a program remembers of the end of a log it writes: a database set back under it is found at the next append, not at the next open.

Rules:

1. Asked under the head lock, before anything is decided. Nothing that was committed before may be missing then: this program's own
   commits, and those that this host's anchor tells of.
2. The end as this program saw it last: not smaller; of the same size the same last entry; beyond it, that entry still where it was. Only
   where another program wrote meanwhile does that take a statement.
3. The anchor: mostly the file is as this program left it, byte for byte, and says nothing new. Else what it says has to stand in the
   database: another program of this host wrote, and perhaps what it wrote is gone.
4. What was remembered outlives a change of key, and is never taken back: who set the database back on purpose opens the ledger anew,
   after ``foodtrace recover``. Ids of names that this program has in its memory may mean other names since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from foodtrace.errors import Integrity

if TYPE_CHECKING:
    from foodtrace.storage.session import Session
    from foodtrace.tlog.anchor import Anchor
    from foodtrace.tlog.append import Head

__all__ = ["LastSeen"]

_LEAF: Final = "SELECT leaf FROM entry WHERE log = ? AND seq = ?"
_NOTE: Final = "SELECT note FROM checkpoint WHERE log = ? AND size = ?"


class LastSeen:
    """The end of one log as this program last saw it. Threads may share it: whoever asks holds the head lock."""

    __slots__ = ("_anchor", "_at", "_origin", "_owed")

    def __init__(self, origin: str, anchor: Anchor | None) -> None:
        """Remember nothing yet. :param anchor: of this host; none: it is not to be asked (recovery has done so)."""
        self._origin = origin
        self._anchor = anchor
        self._at: tuple[int, bytes] = (0, b"")
        self._owed: tuple[int, bytes] | None = None
        """What the anchor said and the database has not: asked again, for the anchor says its news once."""

    @property
    def at(self) -> tuple[int, bytes]:
        """Entries of the log, and leaf hash of the last; 0 where nothing is remembered."""
        return self._at

    def check(self, session: Session, log: int, head: Head) -> None:
        """Compare the end of the log, just locked, with what is remembered.

        :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``.
        """
        size, leaf = self._at
        if head.size < size:
            raise Integrity("ledger.rolled_back", value=head.size, expected=size, log=self._origin)
        if head.size == size:
            same = head.prev == leaf or not size
        else:
            row = session.row(_LEAF, (log, size - 1)) if size else None
            same = not size or (row is not None and bytes(row[0]) == leaf)
        if not same:
            raise Integrity("ledger.forked_log", value=self._origin, expected=size)
        self._owed = (None if self._anchor is None else self._anchor.news()) or self._owed
        if self._owed is not None:
            self._compare(session, log, head, *self._owed)
            self._owed = None
        self._at = (head.size, head.prev)

    def _compare(self, session: Session, log: int, head: Head, size: int, checkpoint: bytes) -> None:
        """Carry out rule 3."""
        if size > head.size:
            raise Integrity("ledger.rolled_back", value=head.size, expected=size, log=self._origin)
        row = session.row(_NOTE, (log, size))
        if row is None or bytes(row[0]) != checkpoint:
            raise Integrity("ledger.forked_log", value=self._origin, expected=size)

    def reached(self, head: Head) -> None:
        """Remember what this program wrote; after COMMIT, or what never was would be missed for ever."""
        if head.size > self._at[0]:
            self._at = (head.size, head.prev)
