"""Entries by place: the event, its leaf hash, its history."""

from __future__ import annotations

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import AnyEvent
from foodtrace.events.canonical import decode
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


def event_at(session: Session, log: int, seq: int) -> AnyEvent:
    """Return the event of an entry; of a correction, what it puts in place. Raises ``NotFound`` (``entry.not_found``)."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    if row is None:
        raise NotFound("entry.not_found", value=seq)
    event = decode(event_bytes(bytes(row[0])))
    replacement = getattr(event, "replacement", None)
    return event if replacement is None else replacement


def by_event_id(session: Session, event_id: str) -> tuple[int, int, bytes]:
    """Return (log, seq, leaf hash) of the entry with an event id, in whatever log.

    :raises NotFound: ``entry.not_found``. :raises Ambiguous: ``entry.ambiguous`` where two logs use the id.
    """
    rows = session.rows("SELECT log, seq, leaf FROM entry WHERE log IN (SELECT id FROM log) AND id = ?", (event_id,))
    if not rows:
        raise NotFound("entry.not_found", value=event_id)
    if len(rows) > 1:
        raise Ambiguous("entry.ambiguous", value=event_id, candidates=[f"{log}/{seq}" for log, seq, _ in rows])
    log, seq, leaf = rows[0]
    return log, seq, bytes(leaf)
