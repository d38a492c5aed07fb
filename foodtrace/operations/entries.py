"""Entries by place: the event, its leaf hash, its history."""

from __future__ import annotations

from foodtrace.errors import NotFound
from foodtrace.events import AnyEvent
from foodtrace.operations.common import said
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of


def event_at(session: Session, log: int, seq: int) -> AnyEvent:
    """Return the event of an entry; of a correction, what it puts in place. Raises ``NotFound`` (``entry.not_found``)."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    if row is None:
        raise NotFound("entry.not_found", value=seq)
    return said(event_of(session, log, seq, row[0]))
