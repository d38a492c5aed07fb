"""Checks a span of a log that stands between two known edges, so that several processes can each take one.

Rules:

1. A span says only whether all of it holds. What does not hold is named by :mod:`foodtrace.tlog.verify`, which walks alone.
2. It begins at an edge (:class:`foodtrace.tlog.frontier.Frontier`) that the span before it must end at: whoever puts spans together
   compares the two. The leaf before its first entry is the one on record, which the span before has hashed.
3. Sealed rows are read in pieces, so memory does not grow with the log. Rows beyond the span's end are not looked at: they may
   have been appended since.
4. Events in parts are handed on whole, with their last entry; one whose lines stand before the span is put together from there.
5. Entries of a batch have one ``time``, a later batch has a later one: where it changes, a checkpoint of that size is on record. At the
   start of a span whoever puts spans together looks.
6. A *fresh* span checks everything of :mod:`foodtrace.tlog.verify` but signatures and the order of keys. An *old* one was found to
   hold before, and its tree is known from outside the database: it hashes every byte again and compares what no hash covers.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import hexlify
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import Event, Key, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.events.lean import Texts, twins
from foodtrace.events.parts import IN_PARTS, MOST_PARTS, Gathering
from foodtrace.storage.session import Session
from foodtrace.tlog.brought import Brought, excused
from foodtrace.tlog.entry import MAX_BYTES, ZERO, micros, parse
from foodtrace.tlog.frontier import STORED_STEP, Frontier

Entries: TypeAlias = list[tuple[int, int, Any, type[Event]]]
"""(seq, recorded, event, kind) of some entries; an event is a twin of its kind, and whole."""
Each: TypeAlias = Callable[[int, int, Entries], None]


class Marked(NamedTuple):
    """Whom to tell of entries that have some bytes in them."""

    words: bytes
    tell: Callable[[int, int, Sequence[tuple[int, bytes]]], None]
    """Called with the first entry of a piece, one past its last, and (seq, bytes) of those in it."""


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
    brought: Brought = ()
    """What of the log came in copies: there rule 5 cannot hold."""


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
    bare: int = 0
    """Ends of batches without one, of entries that came in a copy (fresh spans)."""


class _Fault(Exception):
    """Something does not hold."""


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """Return the decoder of events as their twins (:mod:`foodtrace.events.lean`)."""
    return msgspec.json.Decoder(twins().union)


_FRONT: Final = b'{"event":'
_BY_ITSELF: Final = frozenset({*IN_PARTS, Key})
"""Kinds of which each event is looked at by itself."""
_encoder: Final = msgspec.json.Encoder(order="sorted")


def look(
    session: Session,
    span: Span,
    *,
    texts: Texts,
    each: Each | None = None,
    note: Callable[[int, bytes], None] | None = None,
    marked: Marked | None = None,
) -> SpanSeen | None:
    """Look at a span; return what it has in it, none if anything does not hold.

    :param texts: what is known of texts from the spans before.
    :param each: called piece by piece with its first entry, one past its last, and what a fresh span has there, once it is known to be
        well-formed; of an old span nothing.
    :param note: called with (size, checkpoint) of every checkpoint in it.
    :param marked: told of entries that have some bytes in them, whatever these mean.
    """
    try:
        return _Look(session, span, texts, each, note, marked).all()
    except (_Fault, FoodtraceError, ValueError, TypeError, AttributeError):
        # A driver's own fault is translated further out; anything wrong with a value means that the span does not hold.
        return None


class _Look:
    """A look at one span."""

    def __init__(
        self,
        session: Session,
        span: Span,
        texts: Texts,
        each: Each | None,
        note: Callable[[int, bytes], None] | None,
        marked: Marked | None,
    ) -> None:
        self.session, self.span, self.each, self.note, self.marked = session, span, each, note, marked
        self.seen = SpanSeen()
        self.frontier = Frontier.from_bytes(span.edge)
        _hold(self.frontier.size == span.start)
        self.nodes: list[tuple[int, int, bytes]] = []
        self.time_text, self.time = b"", -1
        self.ends: list[int] = []
        """Sizes at which batches ended, since the last checkpoints were looked at."""
        self.last_note = span.start
        self.texts = texts
        self.gathering, self.inner = Gathering(), set[int]()
        self.tail = b',"log":%b,"prev":"%%b","seq":%%d,"time":"%%b"}' % _encoder.encode(span.origin).replace(b"%", b"%%")

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
        numbers, ids, leaves, datas = zip(*rows, strict=True)
        _hold(numbers == tuple(range(start, end)) and type(sum(numbers)) is int)  # 5.0 is not 5
        _hold(set(map(type, datas)) == {bytes} and [sha256(b"\0" + data).digest() for data in datas] == list(leaves))
        if span.fresh:
            joined = self._fresh(numbers, ids, leaves, datas)
        else:
            joined = b"\n".join(datas)
            for event_id, data in zip(ids, datas, strict=True):
                self._old(event_id, data)
            if self.each is not None:
                self.each(start, end, [])
        if self.marked is not None and self.marked.words in joined:
            self.marked.tell(start, end, [(seq, data) for seq, data in zip(numbers, datas, strict=True) if self.marked.words in data])
        self.seen.prev = leaves[-1]
        return list(leaves)

    def _old(self, event_id: str, data: bytes) -> None:
        """Compare the one column that no hash covers: the event's id stands in the bytes, once unless an event lies inside another."""
        marked = f'"id":"{event_id}"'.encode()
        if marked not in data or data.count(b'"id":"') > 1:
            event = decode_alone(bytes(parse(data).event))
            _hold(event.id == event_id)

    def _fresh(self, numbers: Sequence[int], ids: Sequence[str], leaves: Sequence[bytes], datas: Sequence[bytes]) -> bytes:
        """Check form, place and links of entries, and hand their events on once all of these are known to be well-formed.

        Return the events' bytes.
        """
        bodies, times = self._frames(numbers, leaves, datas)
        lines = b"\n".join(bodies)
        events = _decoder().decode_lines(lines)
        # Canonical JSON has no line feed in it, so equal lines are equal one by one.
        _hold(len(events) == len(bodies) and _encoder.encode_lines(events) == lines + b"\n")
        _hold([event.id for event in events] == list(ids) and self.texts.hold(events))
        known = twins().kinds
        kinds = [known[type(event)] for event in events]
        found: Entries = list(zip(numbers, times, events, kinds, strict=True))
        if self.gathering.lines or not _BY_ITSELF.isdisjoint(set(kinds)):
            found = self._whole(found)
        if self.each is not None:
            self.each(numbers[0], numbers[-1] + 1, found)
        return lines

    def _whole(self, entries: Entries) -> Entries:
        """Put events in parts together, and note where the log's keys stand."""
        found = []
        for seq, recorded, event, kind in entries:
            whole = event
            if kind in IN_PARTS or self.gathering.lines:
                whole = self.gathering.take(event, kind)
                if whole is None:
                    self.inner.add(seq + 1)  # no checkpoint may lie here: parts are of one batch
                    continue
            elif kind is Key and event.use == "log":
                self.seen.keys.append(seq)
            found.append((seq, recorded, whole, kind))
        return found

    def _frames(self, numbers: Sequence[int], leaves: Sequence[bytes], datas: Sequence[bytes]) -> tuple[list[bytes], list[int]]:
        """Check what stands around each event: place and time decide it to the byte. Return the events' bytes, and the times."""
        bodies, times, prev = [], [], self.seen.prev
        for seq, leaf, data in zip(numbers, leaves, datas, strict=True):
            tail = self.tail % (hexlify(prev), seq, self.time_text)
            if self.time < 0 or not data.endswith(tail):
                self._later(seq, data)
                tail = self.tail % (hexlify(prev), seq, self.time_text)
                _hold(data.endswith(tail))
            _hold(data.startswith(_FRONT))
            bodies.append(data[len(_FRONT) : -len(tail)])
            times.append(self.time)
            prev = leaf
        _hold(max(map(len, datas)) <= MAX_BYTES)
        return bodies, times

    def _later(self, seq: int, data: bytes) -> None:
        """Take the time of an entry that was not sealed together with the one before (rule 5)."""
        text = data[data.rindex(b'"', 0, -2) + 1 : -2]
        recorded = micros(text.decode())
        _hold(recorded >= self.time)
        if self.seen.first_time >= 0:
            self.ends.append(seq)
        self.time_text, self.time = text, recorded
        if self.seen.first_time < 0:
            self.seen.first_time = recorded

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
        bare = {*self.ends}.difference([self.last_note], (size for size, _ in rows))
        _hold(all(excused(self.span.brought, size) for size in bare))
        self.seen.bare += len(bare)
        self.ends, self.last_note = [], done

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


__all__ = ["PIECE", "Marked", "Span", "SpanSeen", "edges", "look", "node_count"]
