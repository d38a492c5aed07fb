"""Opening a log for writing: which log, which key, and whether the database knows less than this host has signed.

Rules (DESIGN section 5):

1. A host writes a log only with the key that its newest key entry names; the key lies in the key directory.
2. Before anything is written or answered, the database is compared with this host's anchors (:mod:`foodtrace.reading`).
3. Before anything is written, it is compared with what ``verify`` saw on this host too: an anchor can be lost, and one made by writing on
   would vouch for a ledger that was set back.
4. And at every append, with what this program remembers of it (:mod:`foodtrace.tlog.lastseen`): a ledger can be set back under a program
   that has it open.
5. A log that a recovery left for another (:mod:`foodtrace.sealed`) is not written, although its key be found again; it can be ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace.errors import Integrity, NotFound, Refused
from foodtrace.keyfiles import list_keys, load
from foodtrace.keys import SigningKey
from foodtrace.reading import LogState, check_anchors, logs, origins, read_anchors
from foodtrace.sealed import Seal
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import Anchor, anchor_path
from foodtrace.tlog.lastseen import LastSeen
from foodtrace.tlog.vouched import Seen

BACKUP: Final = "backup"
"""Setting of a database that is a backup: when it was made. It is not written before ``foodtrace recover`` took it off."""


class Writer(NamedTuple):
    """A log this host can write: what an append needs besides the database."""

    number: int
    origin: str
    key: SigningKey
    anchor: Anchor
    last: LastSeen
    """What this program remembers of the log's end."""


def refuse_backup(session: Session) -> None:
    """Refuse to write in a backup. Raises ``Refused`` (``ledger.is_backup``)."""
    row = session.row("SELECT value FROM setting WHERE key = ?", (BACKUP,))
    if row is not None:
        raise Refused("ledger.is_backup", value=str(row[0]))


def check_seen(session: Session, states: Iterable[LogState], seen: Mapping[str, Seen]) -> None:
    """Compare logs with what ``verify`` saw of them on this host (rule 3). It must have been read before ``session`` was opened.

    :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``, as where an anchor says so.
    """
    for state in states:
        before = seen.get(state.origin)
        if before is None:
            continue
        if before.size > state.size:
            raise Integrity("ledger.rolled_back", value=state.size, expected=before.size, log=state.origin)
        row = session.row("SELECT leaf FROM entry WHERE log = ? AND seq = ?", (state.number, before.size - 1))
        if row is None or bytes(row[0]) != before.leaf:  # by the chain it depends on every entry before
            raise Integrity("ledger.forked_log", value=state.origin, expected=before.size)


def chosen(states: list[LogState], keys: Path, wanted: str | None, seals: Mapping[str, Seal] | None = None) -> LogState:
    """Return the log this host writes: the one asked for, or the only one (else the first made) whose key lies here.

    :raises NotFound: ``log.missing`` for an unknown origin, ``key.missing`` where this host has no key for it.
    :param seals: logs that a recovery left (rule 5).
    :raises Refused: ``log.ended`` for a log whose key was revoked, ``log.sealed`` for one that a recovery left.
    """
    if wanted is not None:
        states = [state for state in states if state.origin == wanted or state.origin.rsplit("/", 1)[-1] == wanted]
        if not states:
            raise NotFound("log.missing", value=wanted)
        if seals and all(state.origin in seals for state in states):
            # Whether its key is here, lost or ended: what it had to say goes on in the other one.
            raise Refused("log.sealed", value=states[0].origin, expected=seals[states[0].origin].into)
        if not any(state.key_id for state in states):
            raise Refused("log.ended", value=states[0].origin)
    here = {stored.verifier.key_id for stored in list_keys(keys)}
    held = sorted((state for state in states if state.key_id in here), key=lambda state: state.number)
    mine = [state for state in held if state.origin not in (seals or {})]
    if states and not any(state.key_id for state in states):
        raise Refused("log.ended", value=states[0].origin)
    if not mine:
        states = [state for state in states if state.key_id and state.origin not in (seals or {})] or states
        # Nothing is said of keys for other logs: a key is never shared between logs.
        raise NotFound(
            "key.missing", value=states[0].key_id.hex() if states else "-", path=str(keys), near=sorted(each.hex() for each in here)
        )
    return mine[0]


def choose(
    states: list[LogState], keys: Path, wanted: str | None, passphrase: str | None, seals: Mapping[str, Seal] | None = None
) -> Writer:
    """Return the log to write, with its key. Raises as :func:`chosen`, and what opening the key raises."""
    state = chosen(states, keys, wanted, seals)
    anchor = Anchor(anchor_path(keys, state.origin))
    return Writer(state.number, state.origin, load(keys, state.key_id, passphrase), anchor, LastSeen(state.origin, anchor))


__all__ = [
    "BACKUP",
    "LogState",
    "Writer",
    "check_anchors",
    "check_seen",
    "choose",
    "chosen",
    "logs",
    "origins",
    "read_anchors",
    "refuse_backup",
]
