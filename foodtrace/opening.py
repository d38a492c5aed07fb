"""Opening a log for writing: which log, which key, and whether the database knows less than this host has signed.

Rules (DESIGN section 5):

1. A host writes a log only with the key that its newest key entry names; the key lies in the key directory.
2. Before anything is written or answered, every anchor of this host for a log of this database is compared with it: a
   database that is behind its anchor, or has another checkpoint at that size, is refused. Nothing is repaired silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace.errors import Integrity, NotFound, Refused
from foodtrace.keyfiles import list_keys, load
from foodtrace.keys import SigningKey
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import anchor_path, read_anchor

BACKUP: Final = "backup"
"""Setting of a database that is a backup: when it was made. It is not written before ``foodtrace recover`` took it off."""


class LogState(NamedTuple):
    """A log of the database, as its head says."""

    number: int
    origin: str
    size: int
    time: int
    key_id: bytes


class Writer(NamedTuple):
    """A log this host can write: what an append needs besides the database."""

    number: int
    origin: str
    key: SigningKey
    anchor: Path


def logs(session: Session) -> list[LogState]:
    """Return every log of the database that has a head, by origin.

    :raises Integrity: ``storage.mistyped`` where a row of ``log`` or ``head`` has values that foodtrace never writes.
    """
    found = session.rows("SELECT l.id, l.origin, h.size, h.time, h.key_id FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin")
    for row in found:
        # SQLite stores any type in any column; whoever wrote this was not foodtrace.
        for value, wanted in zip(row, (int, str, int, int, bytes), strict=True):
            if not isinstance(value, (bytes, memoryview) if wanted is bytes else wanted):
                raise Integrity("storage.mistyped", value=f"head {row[0]}", expected=wanted.__name__, got=type(value).__name__)
    return [LogState(number, origin, size, time, bytes(key_id)) for number, origin, size, time, key_id in found]


def origins(session: Session) -> list[str]:
    """Return the origins of all logs, those whose head is gone as well."""
    return [str(row[0]) for row in session.rows("SELECT origin FROM log ORDER BY origin")]


def refuse_backup(session: Session) -> None:
    """Refuse to write in a backup. Raises ``Refused`` (``ledger.is_backup``)."""
    row = session.row("SELECT value FROM setting WHERE key = ?", (BACKUP,))
    if row is not None:
        raise Refused("ledger.is_backup", value=str(row[0]))


def read_anchors(keys: Path, origins: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Return this host's anchors of some logs: origin -> (size, checkpoint). Raises ``Integrity`` (``anchor.damaged``)."""
    found = {origin: read_anchor(anchor_path(keys, origin)) for origin in origins}
    return {origin: anchored for origin, anchored in found.items() if anchored is not None}


def check_anchors(session: Session, anchors: Mapping[str, tuple[int, bytes]]) -> None:
    """Compare every log with this host's anchor of it. Raises ``Integrity`` (``ledger.rolled_back``, ``ledger.forked_log``).

    The anchors must have been read before ``session`` was opened: an anchor moves on after the commit it is about, so one that
    is read later may speak of a commit that this snapshot does not see yet.
    """
    states = logs(session)
    for hidden in sorted(anchors.keys() & set(origins(session)) - {state.origin for state in states}):
        raise Integrity("ledger.rolled_back", value=0, expected=anchors[hidden][0], log=hidden)
    for state in states:
        if state.origin not in anchors:
            continue
        size, checkpoint = anchors[state.origin]
        if size > state.size:
            raise Integrity("ledger.rolled_back", value=state.size, expected=size, log=state.origin)
        row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, size))
        if row is None or bytes(row[0]) != checkpoint:
            raise Integrity("ledger.forked_log", value=state.origin, expected=size)


def choose(states: list[LogState], keys: Path, wanted: str | None, passphrase: str | None) -> Writer:
    """Return the log to write: the one asked for, or the only one (else the first made) whose key lies here.

    :raises NotFound: ``log.missing`` for an unknown origin, ``key.missing`` where this host has no key for it.
    :raises Refused: ``log.ended`` for a log whose key was revoked.
    """
    if wanted is not None:
        states = [state for state in states if state.origin == wanted or state.origin.rsplit("/", 1)[-1] == wanted]
        if not states:
            raise NotFound("log.missing", value=wanted)
        if not any(state.key_id for state in states):
            raise Refused("log.ended", value=states[0].origin)
    here = {stored.verifier.key_id for stored in list_keys(keys)}
    mine = sorted((state for state in states if state.key_id in here), key=lambda state: state.number)
    if not mine:
        # Nothing is said of keys for other logs: a key is never shared between logs.
        raise NotFound(
            "key.missing", value=states[0].key_id.hex() if states else "-", path=str(keys), near=sorted(each.hex() for each in here)
        )
    state = mine[0]
    return Writer(state.number, state.origin, load(keys, state.key_id, passphrase), anchor_path(keys, state.origin))
