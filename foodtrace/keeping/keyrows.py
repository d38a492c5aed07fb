"""Which keys stand on record: the keys of each log in their order, the newest word on each issuer's key, and the files here.

What each key answers for is shown with it: of a log's key the entries from the one that put it in force to the one that replaces it; of a
log that a recovery left, up to where its word ends (:mod:`foodtrace.sealed`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace import keyfiles
from foodtrace.events import Key
from foodtrace.events.canonical import decode
from foodtrace.keys import key_id
from foodtrace.opening import LogState, logs
from foodtrace.operations.common import CHINA, Found, about, local
from foodtrace.operations.issuers import key_word
from foodtrace.sealed import Seal, sealed_logs
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes
from foodtrace.tlog.keychain import KeyChain

State: TypeAlias = Literal["in_force", "replaced", "ended", "left", "revoked", "registered", "not_registered", "no_effect"]

_KEYS_SQL: Final = "SELECT seq, bytes FROM entry WHERE log = ? AND seq = ?"


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key as ``foodtrace key list`` shows it."""

    key_id: str
    """Key id, 8 hex digits; of an issuer's key its kid, 16 hex digits."""
    use: Literal["log", "issuer", "none"]
    name: str
    """Origin of the log, operator of an issuer's key, or the name in the key file."""
    state: State
    public: str
    """Ed25519 public key, hex."""
    log: str = ""
    """Origin of the log its entry stands in."""
    seq: int | None = None
    """Sequence number of the entry that says so."""
    since: dt.datetime | None = None
    """When that entry says it happened."""
    last: int | None = None
    """Of a log's key that is not in force any more: sequence number of the last entry that it answers for, from ``seq`` on. Of a log that a
    recovery left (``left``): the last one then, or, of what came later, the last one that the log that goes on says is known."""
    into: str = ""
    """Of a log that a recovery left: the log that goes on."""
    rivals: tuple[str, ...] = ()
    """Of such a log: other logs that say they continue it, and are not plainly wrong (:mod:`foodtrace.sealed`, rule 7)."""
    beyond: int = 0
    """Of such a log: entries that were written afterwards and that nobody has said are known."""
    known: int = 0
    """Of such a log: entries that were written afterwards and are known (``recover --beyond``)."""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    reason: str = ""
    path: str = ""
    """Key file on this host; empty if it is not here."""
    encrypted: bool = False
    """Whether that file needs a passphrase."""


def log_keys(session: Session, log: int) -> list[tuple[int, Key]]:
    """Return the key entries of a log's own keys, newest first, following what each says of the one before it."""
    row = session.row("SELECT key_seq FROM head WHERE log = ?", (log,))
    found: list[tuple[int, Key]] = []
    seq = None if row is None else int(row[0])
    while seq is not None:
        row = session.row(_KEYS_SQL, (log, seq))
        event = None if row is None else decode(event_bytes(bytes(row[1])))
        if not isinstance(event, Key) or (found and seq >= found[-1][0]):
            break  # a broken chain is verify's business
        found.append((seq, event))
        seq = event.previous
    return found


def own_keys(session: Session, directory: Path | None = None) -> list[KeyRow]:
    """Return every key that was ever in force for a log of this database, log by log, in order.

    :param directory: key directory of this host, which says whose word that a log goes on in another one counts here.
    """
    rows: list[KeyRow] = []
    seals = sealed_logs(session, directory)
    for state in logs(session):
        story = log_keys(session, state.number)[::-1]
        rows += _with_seal(_zones(state, story), state, seals.get(state.origin))
    return rows


def _zones(state: LogState, story: Sequence[tuple[int, Key]]) -> list[KeyRow]:
    """Return the keys of a log, each with the last entry it answers for where it is not in force any more."""
    chain = KeyChain()
    for seq, event in story:
        chain.take(seq, event)
    rows = []
    for place, (seq, event) in enumerate(story):
        if event.action == "revoke":
            continue
        now: State = "replaced" if bytes.fromhex(event.public) != chain.current else "ended" if chain.ended else "in_force"
        rows.append(
            KeyRow(
                key_id=key_id(state.origin, bytes.fromhex(event.public)).hex(),
                use="log",
                name=state.origin,
                state=now,
                public=event.public,
                log=state.origin,
                seq=seq,
                since=event.at.astimezone(CHINA),
                # The entry that replaces or revokes it is the last one that it signs.
                last=story[place + 1][0] if place + 1 < len(story) else None,
                reason=story[-1][1].reason if now == "ended" else event.reason,
            )
        )
    return rows


def _with_seal(rows: list[KeyRow], state: LogState, seal: Seal | None) -> list[KeyRow]:
    """Say of the newest key of a log that a recovery left where its word ends, and what stands beyond."""
    if seal is None or not rows:
        return rows
    newest = rows[-1]
    known = sum(each.size - each.first for each in seal.known)
    ends = 1 if newest.state == "ended" and state.size > seal.size and not seal.taken else 0  # ending it is no writing beyond
    told = msgspec.structs.replace(newest, into=seal.into, rivals=seal.rivals, known=known, beyond=max(state.size - seal.size - ends, 0))
    if newest.state == "in_force":
        told = msgspec.structs.replace(told, state="left", last=seal.size - 1)
    return [*rows[:-1], told]


def issuer_keys(session: Session) -> list[KeyRow]:
    """Return the newest word on every issuer's key on record, by operator."""
    origins = {state.number: state.origin for state in logs(session)}
    found: dict[str, Found] = {}
    unheeded: set[str] = set()
    for (text,) in session.rows("SELECT text FROM name WHERE text LIKE ? ORDER BY text", ("kid %",)):
        said = about(session, text, Key)
        if said:
            number = text.removeprefix("kid ")
            counts = key_word(session, number)
            found[number] = counts or max(said, key=lambda each: (each.event.at, each.log, each.seq))
            if counts is None:
                unheeded.add(number)
    rows = [
        _issuer_row(number, each, origins.get(each.log, ""), heeded=number not in unheeded)
        for number, each in found.items()
        if isinstance(each.event, Key)
    ]
    return sorted(rows, key=lambda row: (row.name, row.since or local(0), row.key_id))


def _issuer_row(number: str, found: Found, origin: str, *, heeded: bool) -> KeyRow:
    event = found.event
    if not isinstance(event, Key):
        raise TypeError("issuer_keys reads key entries")
    return KeyRow(
        key_id=number,
        use="issuer",
        name=event.issuer,
        state="no_effect" if not heeded else "revoked" if event.action == "revoke" else "registered",
        public=event.public,
        log=origin,
        seq=found.seq,
        since=event.at.astimezone(CHINA),
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        reason=event.reason,
    )


def all_keys(session: Session | None, directory: Path) -> list[KeyRow]:
    """Return every key on record, and those in the key directory that no entry speaks of; files are named where they are here."""
    files = {each.verifier.public.hex(): each for each in keyfiles.list_keys(directory)}
    rows: list[KeyRow] = [] if session is None else [*own_keys(session, directory), *issuer_keys(session)]
    shown = [
        msgspec.structs.replace(row, path=files[row.public].path, encrypted=files[row.public].encrypted) if row.public in files else row
        for row in rows
    ]
    known = {row.public for row in rows}
    return shown + [
        KeyRow(
            key_id=each.verifier.key_id.hex(),
            use="none",
            name=each.verifier.name,
            state="not_registered",
            public=public,
            path=each.path,
            encrypted=each.encrypted,
        )
        for public, each in sorted(files.items(), key=lambda pair: pair[1].path)
        if public not in known
    ]
