"""Appends a batch to a log: the one way an entry comes into being.

Rules (DESIGN section 5):

1. Commit = batch = one SQL transaction. The head row is locked first; whoever holds it is the only writer of that log.
2. Sequence numbers are gapless; each entry names the leaf hash of the one before it.
3. Entries, tree nodes, checkpoint and head change together or not at all.
4. ``time`` never runs backwards; which clock may give it says :mod:`foodtrace.tlog.clock`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from foodtrace.errors import Conflict, Integrity, NotFound
from foodtrace.storage.session import Session, not_written
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.entry import ZERO, compose, time_text
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.note import NoteSigner, sign_note
from foodtrace.tlog.ranges import leaf_hash

_HEAD: Final = "SELECT size, prev, frontier, time, key_seq, key_id FROM head WHERE log = ?"
EntryRow: TypeAlias = tuple[int, int, str, bytes, bytes]
"""(log, seq, event id, leaf hash, bytes)."""


class Head(NamedTuple):
    """The end of a log."""

    size: int
    prev: bytes
    """Leaf hash of the last entry."""
    frontier: Frontier
    time: int
    """``time`` of the last entry, microseconds UTC."""
    key_seq: int
    """Sequence number of the latest key entry."""
    key_id: bytes
    """Key id of the key in force, 4 bytes."""


class Appended(NamedTuple):
    """What an append made."""

    first: int
    recorded: int
    """``time`` of the new entries, microseconds UTC."""
    head: Head
    checkpoint: bytes


def log_id(session: Session, origin: str) -> int | None:
    """Return the number of a log, none if it is not here."""
    row = session.row("SELECT id FROM log WHERE origin = ?", (origin,))
    return None if row is None else int(row[0])


def new_log(session: Session, origin: str) -> int:
    """Make a log without entries; return its number.

    :raises Conflict: ``log.exists``. :raises Integrity: ``log.head_in_the_way``: a head row is there that belongs to no log.
    """
    if log_id(session, origin) is not None:
        raise Conflict("log.exists", value=origin)
    astray = session.row("SELECT MIN(log) FROM head WHERE log NOT IN (SELECT id FROM log)")
    if astray is not None and astray[0] is not None:
        raise Integrity("log.head_in_the_way", value=astray[0])
    session.insert("log", "origin", [(origin,)])
    number = log_id(session, origin)
    if number is None:
        raise not_written("log", 1, 0)
    session.insert("head", "log, size, prev, frontier, time, key_seq, key_id", [(number, 0, ZERO, Frontier().to_bytes(), 0, 0, b"")])
    return number


def lock_head(session: Session, log: int) -> Head:
    """Lock and return the end of a log. Raises ``Integrity`` (``storage.strange``) where nothing may be written."""
    row = session.lock(_HEAD, (log,))
    if row is None:
        raise NotFound("log.missing", value=log)
    size, prev, frontier, time, key_seq, key_id = row
    return Head(size, bytes(prev), Frontier.from_bytes(bytes(frontier)), time, key_seq, bytes(key_id))


def append(
    session: Session,
    log: int,
    origin: str,
    head: Head,
    events: Sequence[tuple[str, bytes]],
    recorded: int,
    signers: Sequence[NoteSigner],
    *,
    key_seq: int | None = None,
    key_id: bytes | None = None,
) -> Appended:
    """Seal a batch of (event id, canonical bytes) and sign the new checkpoint; nothing is durable before COMMIT.

    :param signers: the key in force; at a key entry the old and the new one.
    :param key_seq: sequence number of the key entry that ends this batch.
    """
    time = time_text(recorded)
    prev, seq = head.prev, head.size
    rows: list[EntryRow] = []
    leaves: list[bytes] = []
    for event_id, event in events:
        data = compose(event, origin, prev, seq, time)
        prev = leaf_hash(data)
        leaves.append(prev)
        rows.append((log, seq, event_id, prev, data))
        seq += 1
    frontier = head.frontier.copy()
    grow(session, log, frontier, rows, leaves)
    latest = head.key_seq if key_seq is None else key_seq
    note = sign_note(format_checkpoint(origin, seq, frontier.root(), (f"keys {latest}",)), signers)
    new = Head(seq, prev, frontier, recorded, latest, head.key_id if key_id is None else key_id)
    advance(session, log, origin, head, new, [(log, seq, note)])
    return Appended(head.size, recorded, new, note)


def grow(session: Session, log: int, frontier: Frontier, rows: Sequence[EntryRow], leaves: Sequence[bytes]) -> None:
    """Insert entries that follow a frontier, and the nodes they complete; the frontier grows with them (rule 3: then :func:`advance`)."""
    nodes = frontier.extend(leaves)
    session.insert("entry", "log, seq, id, leaf, bytes", rows)
    session.insert("node", "log, level, idx, hash", [(log, *node) for node in nodes])


def advance(session: Session, log: int, origin: str, before: Head, new: Head, notes: Sequence[tuple[int, int, bytes]]) -> None:
    """Insert checkpoints, (log, size, note), and move the head on from where it was locked.

    :raises Conflict: ``log.head_moved``. :raises Storage: ``storage.not_written``: it stands where it stood.
    """
    session.insert("checkpoint", "log, size, note", notes)
    changed = session.run(
        "UPDATE head SET size = ?, prev = ?, frontier = ?, time = ?, key_seq = ?, key_id = ? WHERE log = ? AND size = ?",
        (new.size, new.prev, new.frontier.to_bytes(), new.time, new.key_seq, new.key_id, log, before.size),
    )
    if changed != 1:
        if changed or session.row("SELECT 1 FROM head WHERE log = ? AND size = ?", (log, before.size)) is not None:
            raise not_written("head", 1, changed)
        raise Conflict("log.head_moved", value=origin, expected=before.size)
