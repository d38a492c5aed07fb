"""What operations share: the moment, new ids, answers with their events."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from typing import Any, Final

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import AnyEvent, Correction, Event
from foodtrace.graph.copies import events_once
from foodtrace.graph.flows import NEVER
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
"""China Standard Time: one zone, no summer time since 1991."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something and when."""

    now: dt.datetime
    """With the offset of the place."""
    by: str = ""
    """Staff or device number."""
    id: str = ""
    """Event id given by the caller, for retries; empty: a new one."""
    log: int = 0
    """Number of the log that will be written, where it matters whose word it is; 0: not said."""

    def event_id(self, suffix: str = "") -> str:
        """Return the id of the (first) event."""
        return (self.id + suffix) if self.id else new_id(self.now)


class Outcome(msgspec.Struct, kw_only=True):
    """What an operation came to: an answer for the caller and the events that put it on record."""

    events: list[Event] = []
    personal: dict[str, dict[str, str]] = {}
    answer: Any = None
    refused: FoodtraceError | None = None
    """Raised once the events are durable: a refusal is an entry of its own (RECALL section 7)."""


def local(microseconds: int) -> dt.datetime:
    """Return a time in China's zone."""
    return (_EPOCH + dt.timedelta(microseconds=microseconds)).astimezone(CHINA)


def new_id(now: dt.datetime) -> str:
    """Return a new time-ordered id (UUID version 7, RFC 9562)."""
    milliseconds = (now - _EPOCH) // dt.timedelta(milliseconds=1)
    value = (milliseconds & (2**48 - 1)) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Found(msgspec.Struct, frozen=True):
    """An entry about a subject."""

    log: int
    seq: int
    event: AnyEvent


def about(session: Session, subject: str, *kinds: type[Event]) -> list[Found]:
    """Return the live events about a subject, of some kinds (all if none), in the order of their logs."""
    number = find(session, [subject]).get(subject)
    if number is None:
        return []
    wanted = [ABOUT[kind] for kind in kinds] or list(ABOUT.values())
    marks = ",".join("?" * len(wanted))
    rows = session.rows(
        "SELECT a.log, a.seq, e.bytes, a.ended FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "  # noqa: S608 - only marks
        f"WHERE a.subject = ? AND a.kind IN ({marks}) AND a.ended <= 0 ORDER BY a.log, a.seq",
        (number, *wanted),
    )
    standing = SqlFacts(session, NEVER).in_force([(log, seq, ended) for log, seq, _, ended in rows])
    return [Found(log, seq, said(event_of(session, log, seq, data))) for log, seq, data, _ in rows if (log, seq) in standing]


def once(session: Session, found: list[Found]) -> list[Found]:
    """Return what was found with each event once, whichever logs tell it (:mod:`foodtrace.graph.copies`)."""
    if len({each.log for each in found}) < 2:  # noqa: PLR2004 - within one log ids are unique
        return found
    kept = {entry for entry, _ in events_once(SqlFacts(session, NEVER), [((each.log, each.seq), each.event) for each in found])}
    return [each for each in found if (each.log, each.seq) in kept]


def about_each(session: Session, subjects: Collection[str], kind: type[Event]) -> dict[str, list[Found]]:
    """Return what :func:`about` does, of one kind, for each of several subjects that anything live is about; an entry is read once."""
    texts = {number: subject for subject, number in find(session, subjects).items()}
    if not texts:
        return {}
    rows = session.each(
        "SELECT a.subject, a.log, a.seq, a.ended FROM {ids} CROSS JOIN about AS a "
        "WHERE a.subject = f.value AND a.kind = ? AND a.ended <= 0",
        list(texts),
        (ABOUT[kind],),
    )
    standing = SqlFacts(session, NEVER).in_force(list({row[1:] for row in rows}))
    entries: dict[tuple[int, int], AnyEvent] = {}
    for log, seq in sorted(standing):
        row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
        if row is not None:
            entries[log, seq] = said(event_of(session, log, seq, row[0]))
    found: dict[str, list[Found]] = {}
    for subject, log, seq, _ in sorted(rows, key=lambda row: row[1:3]):
        if (log, seq) in entries:
            found.setdefault(texts[subject], []).append(Found(log, seq, entries[log, seq]))
    return found


def latest(session: Session, subject: str, *kinds: type[Event]) -> Any:
    """Return the newest event about a subject by its own time, or none."""
    found = about(session, subject, *kinds)
    return max(found, key=lambda each: (each.event.at, each.log, each.seq)).event if found else None


def said(event: AnyEvent) -> AnyEvent:
    """Return what an entry says: of a correction, the event it puts in place, with the personal fields it commits to."""
    if not isinstance(event, Correction) or event.replacement is None:
        return event
    return msgspec.structs.replace(event.replacement, commitments={**event.replacement.commitments, **event.commitments})
