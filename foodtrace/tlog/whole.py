"""Reads an event whole: from its entry, and from those before it where it stands in parts (:mod:`foodtrace.events.parts`)."""

from __future__ import annotations

from foodtrace.errors import Integrity
from foodtrace.events import AnyEvent, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

__all__ = ["event_of", "first_part", "last_part"]


def event_of(session: Session, log: int, seq: int, data: bytes | memoryview) -> AnyEvent:
    """Return the event of an entry, whole. Of lines, which are no event by themselves, return what the entry says.

    :param data: bytes of the entry ``seq`` of the log.
    :raises Integrity: ``event.parts``: a part is missing or does not fit. :raises BadData: ``entry.form``, ``event.form``,
        ``event.not_canonical``.
    """
    event = decode_alone(event_bytes(bytes(data)))
    first = first_part(event, seq)
    if first == seq or isinstance(event, VoucherLines):
        return event
    gathering = Gathering()
    for place in range(first, seq):
        # One by one: a replay reads through a session that knows single rows only, and there are few.
        row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, place))
        lines = None if row is None else decode_alone(event_bytes(bytes(row[0])))
        if not isinstance(lines, VoucherLines):
            raise Integrity("event.parts", value=event.id, expected=seq - first + 1, got=place - first)
        gathering.take(lines)
    found: AnyEvent = gathering.take(event)
    return found


def first_part(event: AnyEvent, seq: int) -> int:
    """Return the sequence number of the first entry that an event stands in; of most events its own."""
    if isinstance(event, VoucherLines):
        return seq - event.part + 1
    return seq - max(getattr(event, "parts", 0) - 1, 0)


def last_part(event: AnyEvent, seq: int) -> int:
    """Return the sequence number of the event that lines belong to; of an event its own."""
    return seq + event.parts - event.part if isinstance(event, VoucherLines) else seq
