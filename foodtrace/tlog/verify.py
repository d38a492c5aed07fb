"""Checks a log against itself: every byte of every sealed row has to follow from the entries, and the entries from the keys.

What is checked of a log, in order of its entries:

1. Sequence numbers run from 0 without a gap.
2. The leaf hash on record is the hash of the entry's bytes.
3. The bytes are an entry in canonical form, of this log, with this sequence number and the event id on record.
4. ``prev`` is the leaf hash of the entry before; ``time`` does not run backwards.
5. Every stored tree node is on record with the hash the leaves give, and no other node is.
6. Every checkpoint on record has the root of its size, names the latest key entry, and is signed by the key then in force
   (:mod:`foodtrace.tlog.keychain`); a batch ends at a key entry, so there is a checkpoint right after it. A batch also ends where
   ``time`` changes: all its entries have one, and the next batch a later one (:mod:`foodtrace.tlog.clock`). So there is a checkpoint
   there too, but for entries that came in a copy (:mod:`foodtrace.tlog.brought`).
7. The last checkpoint covers the last entry, and the head row says what the entries say.
8. The triggers that keep sealed tables sealed are there.
9. The parts of an event in parts stand side by side in one batch, all of them (:mod:`foodtrace.events.parts`).

All findings are collected. An empty log is a finding of its own: nothing was verified.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from foodtrace import keys
from foodtrace.errors import FoodtraceError, Integrity
from foodtrace.events import AnyEvent, Key
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.keys import format_vkey
from foodtrace.storage.session import Session
from foodtrace.storage.strange import trigger_names
from foodtrace.storage.types import raw
from foodtrace.tlog.brought import Brought, excused
from foodtrace.tlog.checkpoint import TreeHead
from foodtrace.tlog.entry import ZERO, Entry, parse
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import AFTER_END, CHAIN, KeyChain
from foodtrace.tlog.note import Verifier, parse_checkpoint, parse_verifier
from foodtrace.tlog.ranges import HASH_SIZE, leaf_hash

Progress = Callable[[int, int], None]
"""Called with (done, total) entries."""

_BATCH: Final = 1000


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not hold."""

    code: str
    """Stable code, ``tlog.*`` or ``projection.*``; its text stands in the catalogue."""
    log: str
    seq: int | None = None
    expected: str = ""
    got: str = ""


class LogReport(msgspec.Struct, kw_only=True):
    """What was verified of one log."""

    log: str
    entries: int = 0
    """Entries whose bytes, links and place were checked."""
    checkpoints: int = 0
    """Checkpoints whose root and signature were checked."""
    bare: int = 0
    """Ends of batches without one, of entries that came in a copy."""
    findings: list[Finding] = msgspec.field(default_factory=list)


class _Walk:
    """State of a walk over one log: the steps above, as far as they have come."""

    def __init__(
        self,
        origin: str,
        notes: dict[int, bytes],
        nodes: dict[tuple[int, int], bytes],
        roots: Mapping[int, bytes],
        brought: Brought,
    ) -> None:
        self.report = LogReport(log=origin)
        self.origin = origin
        self.notes, self.sizes, self.brought = notes, sorted(notes), brought
        self.nodes = nodes
        self.roots = roots
        self.frontier = Frontier()
        self.prev = ZERO
        self.time = -1
        self.size = 0
        self.gap = False
        """Entries before this one are missing: where the batch before it ended is not known."""
        self.keys = KeyChain()
        self.gathering = Gathering()

    def find(self, code: str, seq: int | None, expected: object = "", got: object = "") -> None:
        self.report.findings.append(Finding(code=code, log=self.origin, seq=seq, expected=str(expected), got=str(got)))

    def take(self, seq: int, event_id: str, leaf: bytes, data: bytes) -> AnyEvent | None:
        """Check one row (steps 1-6, 9); return its event, whole, if it can be read and is not lines of the one to come."""
        if seq != self.size:
            self.find("tlog.gap", seq, self.size, seq)
            self.size, self.gap = seq, True
        actual = leaf_hash(data)
        if actual != leaf:
            self.find("tlog.leaf_mismatch", seq, leaf.hex(), actual.hex())
        event: AnyEvent | None = None
        try:
            entry = parse(data)
            event = decode_alone(bytes(entry.event))
        except FoodtraceError as error:
            self.find("tlog.entry_form", seq, "canonical", error.message("en"))
        else:
            self._place(seq, event_id, entry, event)
            self.gap = False
        for level, index, value in self.frontier.extend([actual]):
            if self.nodes.pop((level, index), None) != value:
                self.find("tlog.node_mismatch", seq, value.hex(), f"{level}/{index}")
        # The leaf on record links on: one changed entry is one finding, not a finding for every entry after it.
        self.prev = leaf
        self.size += 1
        self.report.entries += 1
        if self.size in self.roots and self.frontier.root() != self.roots[self.size]:
            self.find("tlog.forked", seq, self.roots[self.size].hex(), self.frontier.root().hex())
        whole = event if event is None else self._whole(seq, event)
        if self.size in self.notes:
            self.together(seq)
            self._checkpoint(self.notes.pop(self.size))
        return whole

    def _whole(self, seq: int, event: AnyEvent) -> AnyEvent | None:
        """Put parts of an event together (step 9)."""
        try:
            found: AnyEvent | None = self.gathering.take(event)
        except Integrity as error:
            self.find("tlog.parts", seq, error.expected, f"{error.value}: {error.params['got']}")
            return None
        return found

    def together(self, seq: int) -> None:
        """Say that no part may be missing here (step 9)."""
        try:
            self.gathering.end()
        except Integrity as error:
            self.find("tlog.parts", seq, error.expected, f"{error.value}: {error.params['got']}")

    def _place(self, seq: int, event_id: str, entry: Entry, event: AnyEvent) -> None:
        if entry.log != self.origin:
            self.find("tlog.other_log", seq, self.origin, entry.log)
        if entry.seq != seq:
            self.find("tlog.other_seq", seq, seq, entry.seq)
        if event.id != event_id:
            self.find("tlog.other_id", seq, event.id, event_id)
        if entry.prev != self.prev.hex():
            self.find("tlog.broken_link", seq, self.prev.hex(), entry.prev)
        if entry.recorded < self.time:
            self.find("tlog.time_backwards", seq, self.time, entry.recorded)
        elif entry.recorded > self.time >= 0 and not self.gap:
            self._batch_end(seq)
        self.time = max(self.time, entry.recorded)
        if self.keys.past_end(seq + 1):
            self.find(AFTER_END, seq, self.keys.seq, seq)
        elif isinstance(event, Key) and event.use == "log":
            before = self.keys.seq
            for code in self.keys.take(seq, event):
                self.find(code, seq, before, event.previous if code == CHAIN else event.public)
            if seq + 1 not in self.notes:
                self.find("tlog.key_batch", seq, seq + 1)

    def _batch_end(self, size: int) -> None:
        """Step 6: a batch has ended at a size."""
        place = bisect_left(self.sizes, size)
        if self.sizes[place : place + 1] == [size] or (self.keys.current is not None and self.keys.seq == size - 1):
            return  # a key entry without one has been named
        if excused(self.brought, size):
            self.report.bare += 1
        else:
            around = (self.sizes[each] if 0 <= each < len(self.sizes) else "-" for each in (place - 1, place))
            self.find("tlog.no_checkpoint", size - 1, size, " .. ".join(map(str, around)))

    def _checkpoint(self, note: bytes) -> None:
        """Step 6: the checkpoint of the size just reached."""
        signers = self.keys.signers(self.size)
        if not signers:
            self.find("tlog.no_key", self.size - 1)
            return
        try:
            heads = [parse_checkpoint(note, [verifier_of(self.origin, public)], origin=self.origin) for public in signers]
        except FoodtraceError as error:
            self.find("tlog.checkpoint_signature", self.size - 1, "", error.message("en"))
            return
        head: TreeHead = heads[0]
        if head.size != self.size:
            self.find("tlog.checkpoint_size", self.size - 1, self.size, head.size)
        elif head.root != self.frontier.root():
            self.find("tlog.root_mismatch", self.size - 1, self.frontier.root().hex(), head.root.hex())
        if head.key_entry != self.keys.seq:
            self.find("tlog.checkpoint_keys", self.size - 1, self.keys.seq, head.key_entry)
        self.report.checkpoints += 1


def verifier_of(origin: str, public: bytes) -> Verifier:
    """Return the verifier of a log's key."""
    return parse_verifier(format_vkey(origin, public))


def verify_log(
    session: Session,
    log: int,
    origin: str,
    *,
    progress: Progress | None = None,
    each: Callable[[int, int, AnyEvent], None] | None = None,
    roots: Mapping[int, bytes] | None = None,
    brought: Brought = (),
) -> LogReport:
    """Check one log from its first entry to its head; collect all findings.

    :param each: called with (seq, recorded, event) for every readable entry, for whoever checks the projection.
    :param roots: size -> root that is known from outside the database: a checkpoint somebody kept.
    :param brought: which of its entries came in a copy.
    """
    # Values of another type than their column are findings by themselves (foodtrace.storage.types): what has no place here is left out.
    stored = session.rows("SELECT size, note FROM checkpoint WHERE log = ?", (log,))
    notes = {size: raw(note) for size, note in stored if isinstance(size, int)}
    hashes = session.rows("SELECT level, idx, hash FROM node WHERE log = ?", (log,))
    nodes = {(level, index): raw(value) for level, index, value in hashes if isinstance(level, int) and isinstance(index, int)}
    walk = _Walk(origin, notes, nodes, roots or {}, brought)
    total = max(walk.sizes, default=0)
    for seq, event_id, leaf, data in _entries(session, log):
        event = walk.take(seq, event_id, leaf, data)
        if each is not None and event is not None:
            each(seq, walk.time, event)
        if progress is not None and walk.size % _BATCH == 0:
            progress(walk.size, total)
    _end(session, log, walk, total)
    if progress is not None:
        progress(walk.size, max(total, walk.size))
    return walk.report


def key_event(session: Session, log: int, seq: int) -> Key | None:
    """Return the key entry at a place, none if there is no entry or another one."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    event = None if row is None else decode_alone(bytes(parse(bytes(row[0])).event))
    return event if isinstance(event, Key) else None


def _entries(session: Session, log: int) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Yield the rows of a log in pieces, so that whoever takes one can ask the database too."""
    last: object = None
    while True:
        where, params = ("", (log, _BATCH)) if last is None else (" AND seq > ?", (log, last, _BATCH))
        rows = session.rows(f"SELECT seq, id, leaf, bytes FROM entry WHERE log = ?{where} ORDER BY seq LIMIT ?", params)  # noqa: S608
        for seq, event_id, leaf, data in rows:
            if isinstance(seq, int):
                yield seq, str(event_id), raw(leaf), raw(data)
        if len(rows) < _BATCH or rows[-1][0] is None:  # no number at all comes last
            return
        last = rows[-1][0]


def _end(session: Session, log: int, walk: _Walk, newest: int) -> None:
    """Step 7, and what of steps 5 and 6 is left over."""
    for size in sorted(walk.notes):
        walk.find("tlog.truncated" if size > walk.size else "tlog.checkpoint_size", size - 1, size, walk.size)
    for level, index in sorted(walk.nodes):
        walk.find("tlog.node_mismatch", None, "", f"{level}/{index}")
    if walk.size == 0:
        walk.find("tlog.empty", None)
        return
    walk.together(walk.size - 1)
    for (event_id,) in session.rows("SELECT id FROM entry WHERE log = ? GROUP BY id HAVING COUNT(*) > 1 ORDER BY id LIMIT 20", (log,)):
        walk.find("tlog.id_twice", None, 1, event_id)
    if newest < walk.size:
        walk.find("tlog.uncovered", walk.size - 1, walk.size, newest)
    row = session.row("SELECT size, prev, frontier, time, key_seq, key_id FROM head WHERE log = ?", (log,))
    current = None if walk.keys.ended else walk.keys.current
    key_id = b"" if current is None else keys.key_id(walk.origin, current)
    wanted = (walk.size, walk.prev, walk.frontier.to_bytes(), walk.time, walk.keys.seq, key_id)
    got = None if row is None else (row[0], raw(row[1]), raw(row[2]), row[3], row[4], raw(row[5]))
    if got != wanted:
        walk.find("tlog.head_mismatch", walk.size - 1, _shown(wanted, got), "-" if got is None else _shown(got, wanted))


_HEAD: Final = ("size", "prev", "frontier", "time", "key_seq", "key_id")


def _shown(head: tuple[object, ...], other: tuple[object, ...] | None) -> str:
    """Return what of a head row is not as in the other; of the frontier the root, and the first hash that differs."""
    told = []
    for place, (name, value) in enumerate(zip(_HEAD, head, strict=True)):
        if other is not None and value == other[place]:
            continue
        if name == "frontier" and isinstance(value, bytes):
            told.append(f"root {_root(value)}")
            counter = other[place] if other is not None else b""
            told.extend(_first_difference(value, counter if isinstance(counter, bytes) else b""))
        else:
            told.append(f"{name} {value.hex() if isinstance(value, bytes) else value}")
    return ", ".join(told)


def _root(frontier: bytes) -> str:
    try:
        return Frontier.from_bytes(frontier).root().hex()
    except Integrity:
        return "-"


def _first_difference(value: bytes, other: bytes) -> list[str]:
    """Return the first hash of a frontier (after its 8 bytes of size) that the other has not in that place."""
    hashes = [value[at : at + HASH_SIZE] for at in range(8, len(value), HASH_SIZE)]
    others = [other[at : at + HASH_SIZE] for at in range(8, len(other), HASH_SIZE)]
    place = next((place for place, each in enumerate(hashes) if others[place : place + 1] != [each]), None)
    return [] if place is None else [f"frontier[{place}] {hashes[place].hex()}"]


def missing_triggers(session: Session) -> list[str]:
    """Return which of the triggers that seal tables are not there, are switched off or were altered (step 8)."""
    from foodtrace.storage.schema import guarding  # noqa: PLC0415 - SQLAlchemy loads only to verify

    return sorted(trigger_names(session.dialect) - guarding(session))
