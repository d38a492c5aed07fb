"""Checks a span of a log that stands between two known edges, so that several processes can each take one.

Rules:

1. A span says only whether all of it holds. What does not hold is named by :mod:`foodtrace.tlog.verify`, which walks alone.
2. It begins at an edge (:class:`foodtrace.tlog.frontier.Frontier`) that the span before it must end at: whoever puts spans together
   compares the two. The leaf before its first entry is the one on record, which the span before has hashed.
3. Sealed rows are read in pieces, so memory does not grow with the log. Rows beyond the span's end are not looked at: they may
   have been appended since.
4. Events in parts are handed on whole, with their last entry; one whose lines stand before the span is put together from there.
5. A *fresh* span checks everything of :mod:`foodtrace.tlog.verify` but signatures and the order of keys. An *old* one was found to
   hold before, and its tree is known from outside the database: it hashes every byte again and compares what no hash covers.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any, Final, TypeAlias

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import Event, Key, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.events.lean import Texts, twins
from foodtrace.events.parts import IN_PARTS, MOST_PARTS, Gathering
from foodtrace.storage.session import Row, Session
from foodtrace.tlog.entry import MAX_BYTES, ZERO, micros, parse
from foodtrace.tlog.frontier import STORED_STEP, Frontier

Each: TypeAlias = Callable[[int, int, Any, type[Event]], None]

PIECE: Final = 512
"""Entries read at once: few enough to stay in the processor's cache from one step to the next."""
_TOP: Final = 60
"""Highest level that a stored node can have."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to look at, and from which edge on."""

    log: int
    origin: str
    start: int
    end: int
    """One past the last entry."""
    edge: bytes
    """:meth:`Frontier.to_bytes` at ``start``."""
    fresh: bool = True


class SpanSeen(msgspec.Struct, kw_only=True):
    """What a span that holds has in it."""

    edge: bytes = b""
    """:meth:`Frontier.to_bytes` at the end."""
    prev: bytes = ZERO
    """Leaf hash of the last entry."""
    first_time: int = -1
    last_time: int = -1
    keys: list[int] = msgspec.field(default_factory=list)
    """Sequence numbers of entries of the log's own keys (fresh spans)."""
    sizes: int = 0
    """Checkpoints in it."""


class _Fault(Exception):
    """Something does not hold."""


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """Return the decoder of entries whose events are twins (:mod:`foodtrace.events.lean`)."""
    fields = [("event", twins().union), ("log", str), ("prev", str), ("seq", int), ("time", str)]
    return msgspec.json.Decoder(msgspec.defstruct("Loose", fields, forbid_unknown_fields=True, gc=False))


_encoder: Final = msgspec.json.Encoder(order="sorted")


def look(
    session: Session,
    span: Span,
    *,
    each: Each | None = None,
    note: Callable[[int, bytes], None] | None = None,
) -> SpanSeen | None:
    """Look at a span; return what it has in it, none if anything does not hold.

    :param each: called with (seq, recorded, event, kind) of every entry of a fresh span; the event is a twin of its kind.
    :param note: called with (size, checkpoint) of every checkpoint in it.
    """
    try:
        return _Look(session, span, each, note).all()
    except (_Fault, FoodtraceError, ValueError, TypeError, AttributeError):
        # A driver's own fault is translated further out; anything wrong with a value means that the span does not hold.
        return None


class _Look:
    """A look at one span."""

    def __init__(
        self,
        session: Session,
        span: Span,
        each: Each | None,
        note: Callable[[int, bytes], None] | None,
    ) -> None:
        self.session, self.span, self.each, self.note = session, span, each, note
        self.seen = SpanSeen()
        self.frontier = Frontier.from_bytes(span.edge)
        _hold(self.frontier.size == span.start)
        self.nodes: list[tuple[int, int, bytes]] = []
        self.time_text, self.time = "", -1
        self.read, self.texts = _decoder().decode, Texts()
        self.gathering, self.inner = Gathering(), set[int]()

    def all(self) -> SpanSeen:
        span, seen = self.span, self.seen
        if span.start:
            row = self.session.row("SELECT leaf FROM entry WHERE log = ? AND seq = ?", (span.log, span.start - 1))
            _hold(row is not None)
            seen.prev = row[0] if row is not None else b""
            if span.fresh:
                self._lines_before()
        for start in range(span.start, span.end, PIECE):
            end = min(start + PIECE, span.end)
            leaves = self._entries(start, end)
            self._checkpoints(start, end, leaves)
            self._compare_nodes(start, end)
        seen.edge, seen.last_time = self.frontier.to_bytes(), self.time
        return seen

    def _lines_before(self) -> None:
        """Read the lines that stand before the span and belong to an event in it; the span before has checked them."""
        place = self.span.start
        lines: list[VoucherLines] = []
        for _ in range(MOST_PARTS):
            row = self.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (self.span.log, place - 1 - len(lines)))
            event = None if row is None else decode_alone(bytes(parse(row[0]).event))
            if not isinstance(event, VoucherLines):
                break
            lines.append(event)
            if event.part == 1:
                break
        for each in reversed(lines):
            self.gathering.take(each)

    def _entries(self, start: int, end: int) -> list[bytes]:
        span = self.span
        rows = self.session.rows(
            "SELECT seq, id, leaf, bytes FROM entry WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq", (span.log, start, end)
        )
        _hold(len(rows) == end - start)
        leaves = [row[2] for row in rows]
        _hold([row[0] for row in rows] == list(range(start, end)))
        for _, _, leaf, data in rows:
            _hold(type(data) is bytes and type(leaf) is bytes and sha256(b"\0" + data).digest() == leaf)
        if span.fresh:
            self._fresh(rows)
        else:
            for _, event_id, _, data in rows:
                self._old(event_id, data)
        self.seen.prev = leaves[-1]
        return leaves

    def _old(self, event_id: str, data: bytes) -> None:
        """Compare the one column that no hash covers: the event's id stands in the bytes, once unless an event lies inside another."""
        marked = f'"id":"{event_id}"'.encode()
        if marked not in data or data.count(b'"id":"') > 1:
            event = decode_alone(bytes(parse(data).event))
            _hold(event.id == event_id)

    def _fresh(self, rows: list[Row]) -> None:
        """Check form, place and links of entries, and hand their events on once all of these are known to be well-formed."""
        read, write, origin = self.read, _encoder.encode, self.span.origin
        prev = self.seen.prev.hex()
        found: list[tuple[int, int, Any]] = []
        for seq, event_id, leaf, data in rows:
            entry = read(data)
            event = entry.event
            if write(entry) != data or len(data) > MAX_BYTES or entry.seq != seq or entry.log != origin:
                raise _Fault
            if entry.prev != prev or event.id != event_id:
                raise _Fault
            prev = leaf.hex()
            if entry.time != self.time_text:
                recorded = micros(entry.time)
                _hold(recorded >= self.time)
                self.time_text, self.time = entry.time, recorded
                if self.seen.first_time < 0:
                    self.seen.first_time = recorded
            found.append((seq, self.time, event))
        _hold(self.texts.hold([event for _, _, event in found]))
        kinds = twins().kinds
        for seq, recorded, event in found:
            kind = kinds[type(event)]
            whole = event
            if kind in IN_PARTS or self.gathering.lines:
                whole = self.gathering.take(event, kind)
                if whole is None:
                    self.inner.add(seq + 1)  # no checkpoint may lie here: parts are of one batch
                    continue
            elif kind is Key and event.use == "log":
                self.seen.keys.append(seq)
            if self.each is not None:
                self.each(seq, recorded, whole, kind)

    def _checkpoints(self, start: int, end: int, leaves: list[bytes]) -> None:
        """Grow the tree to each checkpoint on the way and compare size, root and origin with the note's text."""
        rows = self.session.rows(
            "SELECT size, note FROM checkpoint WHERE log = ? AND size > ? AND size <= ? ORDER BY size", (self.span.log, start, end)
        )
        done = start
        for size, note in rows:
            _hold(type(size) is int and type(note) is bytes and size not in self.inner)
            self.nodes += self.frontier.extend(leaves[done - start : size - start])
            done = size
            head = f"{self.span.origin}\n{size}\n{b64encode(self.frontier.root()).decode()}\nkeys "
            _hold(note.startswith(head.encode()))
            if self.note is not None:
                self.note(size, note)
        self.nodes += self.frontier.extend(leaves[done - start :])
        self.seen.sizes += len(rows)

    def _compare_nodes(self, start: int, end: int) -> None:
        """Compare the nodes that these leaves completed with those on record."""
        made = sorted(self.nodes)
        self.nodes = []
        stored: list[tuple[int, int, bytes]] = []
        for level in range(STORED_STEP, _TOP, STORED_STEP):
            low, high = start >> level, end >> level
            if low < high:
                stored += self.session.rows(
                    "SELECT level, idx, hash FROM node WHERE log = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx",
                    (self.span.log, level, low, high),
                )
        _hold(made == [tuple(each) for each in stored] and all(type(each[2]) is bytes for each in stored))


def _hold(holds: bool) -> None:  # noqa: FBT001 - it asserts, and reads as a sentence
    if not holds:
        raise _Fault


def edges(session: Session, log: int, size: int, every: int) -> list[tuple[int, bytes]]:
    """Return the edges of a log at 0, ``every``, 2*``every`` .. below ``size``, as the nodes on record have them (rule 2).

    :param every: a power of two, at least 2^12, so that the nodes of level 12 suffice.
    """
    level = 12
    top = Frontier()
    found = [(0, Frontier().to_bytes())]
    rows = session.rows("SELECT hash FROM node WHERE log = ? AND level = ? AND idx < ? ORDER BY idx", (log, level, size >> level))
    for number, (value,) in enumerate(rows, 1):
        if type(value) is not bytes or len(value) != len(ZERO):
            break  # the span before will not end where this one begins
        top.append(value)
        at = number << level
        if at % every == 0 and at < size:
            found.append((at, at.to_bytes(8, "big") + b"".join(top.hashes)))
    return found


def node_count(size: int) -> int:
    """Return how many nodes a log of this size has on record."""
    return sum(size >> level for level in range(STORED_STEP, _TOP, STORED_STEP))


__all__ = ["PIECE", "Span", "SpanSeen", "edges", "look", "node_count"]
