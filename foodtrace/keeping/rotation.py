"""Key entries: a new key for a log, the end of a log, the keys of certificate issuers, and the list of them all.

Rules (DESIGN section 5, "Keys are entries"):

1. A key of a log changes by an entry of that log. The batch ends with it, and its checkpoint is signed by the old and the new
   key: who held the old one agreed.
2. An issuer's key that is the same key as the log's changes with it: the new one signs certificates from that day on, the old
   one is good for those issued until that day; if it was stolen it is revoked, and its certificates are refused.
3. Revoking the key of a log ends the log. The last checkpoint is that entry's; nothing more can be appended.
4. A key file made for a change that did not come about is taken away again: it must not lie about as if it were in force. Whether it came
   about, the log says, not the error: what failed after COMMIT, or in it, may be on record. Where the log cannot be asked the file stays.
5. A public key is registered only if it is canonical and not of low order (:func:`foodtrace.keys.check_public_key`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, NotFound, Refused
from foodtrace.events import Event, Key
from foodtrace.events.canonical import checked, decode
from foodtrace.graph import projection
from foodtrace.keeping.host import Host
from foodtrace.keys import SigningKey, check_public_key, key_id, kid
from foodtrace.opening import LogState, Writer, logs
from foodtrace.operations.common import CHINA, Doing, Found, Outcome, about, local
from foodtrace.operations.issuers import heeded, key_word, own_logs
from foodtrace.recording import lock
from foodtrace.sealed import Seal, sealed_logs
from foodtrace.storage.session import Session
from foodtrace.tlog.append import Appended, append, lock_head
from foodtrace.tlog.clock import sealing_time
from foodtrace.tlog.entry import event_bytes
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.note import parse_verifier

State: TypeAlias = Literal["in_force", "replaced", "ended", "left", "revoked", "registered", "not_registered", "no_effect"]

_HEX_KEY: Final = 64
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


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a log's key."""

    log: str
    seq: int
    """Sequence number of the key entry."""
    old: str
    """Key id of the old key, hex."""
    new: str = ""
    """Key id of the new key; empty: the log has ended."""
    vkey: str = ""
    """Verifier key of the new key, for whoever checks this log."""
    issuers: tuple[str, ...] = ()
    """Operators whose certificates the new key signs from now on."""
    checkpoint: str = ""
    """The checkpoint, signed by the old key and the new."""


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


def rotate(host: Host, new: SigningKey, *, reason: str = "", stolen: bool = False, by: str = "", log: str | None = None) -> Changed:
    """Put a new key in force for a log this host writes (rules 1 and 2). The new key's file must be safe on disk already.

    :raises Conflict: ``log.key_changed`` if somebody else changed it meanwhile, ``key.used`` for a key that was in force before.
    :raises BadData: ``key.other_name`` for a key made under another name. :raises Refused: ``log.clock_behind``, ``log.clock_ahead``.
    """
    writer = host.writer(log)
    if new.name != writer.origin:
        raise BadData("key.other_name", value=new.name, expected=writer.origin)
    with host.store.write() as session:
        doing = Doing(now=local(host.clock()), by=by)
        former = _not_used(session, writer, new.public)
        # 1. Issuer keys first: the batch ends at the log's key entry.
        moved = _move_issuers(session, doing, writer, new, stolen=stolen)
        entry = Key(
            id=f"key-{new.key_id.hex()}", at=doing.now, by=by, action="rotate", public=new.public.hex(), issuer=former.issuer, reason=reason
        )
        made, used = _seal(session, host, writer, [*moved, entry], [writer.key, new], new.key_id)
    return _done(host, writer, made, used, new, tuple(sorted({each.issuer for each in moved})))


def rotate_anew(
    host: Host, passphrase: str | None = None, *, reason: str = "", stolen: bool = False, by: str = "", log: str | None = None
) -> Changed:
    """Make a key under the name of the log and put it in force, or leave no file behind (rule 4). Errors as :func:`rotate`.

    :param passphrase: locks the new key file.
    """
    writer = host.writer(log)
    new = keyfiles.create(host.keys, writer.origin, passphrase)
    try:
        return rotate(host, new, reason=reason, stolen=stolen, by=by, log=log)
    except BaseException:
        if not _may_be_on_record(host, writer, new):
            (host.keys / f"{new.key_id.hex()}{keyfiles.SUFFIX}").unlink(missing_ok=True)
        raise


def _may_be_on_record(host: Host, writer: Writer, new: SigningKey) -> bool:
    """Say whether the log's key entries name a key, or cannot be asked (rule 4)."""
    try:
        with host.store.write() as session:
            lock_head(session, writer.number)  # a COMMIT that nobody answered for may still be under way
            return any(event.public == new.public.hex() for _, event in log_keys(session, writer.number))
    except Exception:  # noqa: BLE001 - whatever keeps it from being asked, a key too many is better than one too few
        return True


def end_log(host: Host, *, reason: str, by: str = "", log: str | None = None) -> Changed:
    """Revoke the key of a log this host writes and so end the log (rule 3). Errors as :func:`rotate`.

    No clock keeps it from ending: there is no entry after it that could be frozen out.
    """
    writer = host.writer(log, ending=True)
    with host.store.write() as session:
        doing = Doing(now=local(host.clock()), by=by)
        entry = Key(
            id=doing.event_id(),
            at=doing.now,
            by=by,
            action="revoke",
            public=writer.key.public.hex(),
            issuer=log_keys(session, writer.number)[0][1].issuer,
            reason=reason,
        )
        made, used = _seal(session, host, writer, [entry], [writer.key], b"", ends=True)
    return _done(host, writer, made, used, None, ())


def _not_used(session: Session, writer: Writer, public: bytes) -> Key:
    """Return the newest key entry of the log; refuse a key that was in force before."""
    former = log_keys(session, writer.number)
    if public.hex() in {each.public for _, each in former}:
        raise Conflict("key.used", value=public.hex(), log=writer.origin)
    return former[0][1]


def _move_issuers(session: Session, doing: Doing, writer: Writer, new: SigningKey, *, stolen: bool) -> list[Key]:
    """Return the entries that hand an issuer's certificates over to the new key (rule 2)."""
    made: list[Key] = []
    public = writer.key.public
    issuers = [row[0] for row in session.rows("SELECT text FROM name WHERE text LIKE ? ORDER BY text", ("keys %",))]
    for issuer in (text.removeprefix("keys ") for text in issuers):
        found = [each for each in about(session, f"kid {kid(issuer, public).hex()}", Key) if each.log == writer.number]
        old = found[-1].event if found else None
        if not isinstance(old, Key) or old.action == "revoke":
            continue
        today = doing.now.date()
        changes = {"id": doing.event_id(), "at": doing.now, "by": doing.by, "previous": found[-1].seq}
        if stolen:
            made.append(msgspec.structs.replace(old, action="revoke", **changes))
        else:
            until = today if old.valid_until is None else min(today, old.valid_until)
            made.append(msgspec.structs.replace(old, action="rotate", valid_until=until, **changes))
        changes["id"] = doing.event_id("-new")
        made.append(
            msgspec.structs.replace(
                old, action="rotate", public=new.public.hex(), kid=kid(issuer, new.public).hex(), valid_from=today, **changes
            )
        )
    return made


def _seal(
    session: Session, host: Host, writer: Writer, events: list[Key], signers: list[SigningKey], in_force: bytes, *, ends: bool = False
) -> tuple[Appended, dict[str, int]]:
    """Append key entries inside an open transaction; the last one is of the log's own key."""
    head = lock(session, writer)
    if head.key_id != writer.key.key_id:
        raise Conflict("log.key_changed" if head.key_id else "log.ended", value=writer.origin, expected=head.key_id.hex())
    events = [*events[:-1], msgspec.structs.replace(events[-1], previous=head.key_seq)]
    recorded = sealing_time(head, host.clock(), host.clock_rule._replace(confirmed=ends or host.clock_rule.confirmed))
    items = [(each.id, checked(each)) for each in events]
    last = head.size + len(events) - 1
    made = append(session, writer.number, writer.origin, head, items, recorded, signers, key_seq=last, key_id=in_force)
    sealed = [projection.Sealed(head.size + place, recorded, each) for place, each in enumerate(events)]
    return made, projection.apply(session, host.names, writer.number, writer.origin, sealed)


def _done(host: Host, writer: Writer, made: Appended, used: dict[str, int], new: SigningKey | None, issuers: tuple[str, ...]) -> Changed:
    # Durable from here on.
    host.names.remember(used)
    writer.last.reached(made.head)
    writer.anchor.move(made.head.size, made.checkpoint)
    host.forget_writers()
    return Changed(
        log=writer.origin,
        seq=made.head.key_seq,
        old=writer.key.key_id.hex(),
        new="" if new is None else new.key_id.hex(),
        vkey="" if new is None else new.vkey,
        issuers=issuers,
        checkpoint=made.checkpoint.decode(),
    )


# -- issuers -------------------------------------------------------------------------------------------------------------------


def public_of(given: str) -> bytes:
    """Return the public key of a verifier key text or of 64 hex digits. Raises ``BadData`` (``key.*``) as rule 4 says."""
    text = given.strip()
    if len(text) == _HEX_KEY and set(text.lower()) <= set("0123456789abcdef"):
        return check_public_key(bytes.fromhex(text))
    return parse_verifier(text).public


def register_issuer(
    session: Session,
    doing: Doing,
    public: bytes,
    issuer: str,
    *,
    start: dt.date | None = None,
    until: dt.date | None = None,
    log: int | None = None,
) -> Outcome:
    """Register a key that signs an operator's certificates. Answer: the :class:`Key`.

    :param log: number of the log it will stand in; another operator's word would be without effect (:mod:`foodtrace.operations.issuers`).
    :raises BadData: ``key.weak``, ``key.not_canonical``, ``key.off_curve``, ``key.dates``. :raises Conflict: ``key.registered``.
    :raises Refused: ``key.not_theirs``: the operator has a log of its own, which is the one to say it.
    """
    check_public_key(public)
    if start is not None and until is not None and until < start:
        raise BadData("key.dates", value=until.isoformat(), expected=start.isoformat())
    number = kid(issuer, public).hex()
    if key_word(session, number) is not None:
        raise Conflict("key.registered", value=number, issuer=issuer)
    own = own_logs(session, issuer)
    if own and log is not None and log not in own:
        raise Refused("key.not_theirs", value=issuer, expected=issuer)
    event = Key(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        action="register",
        use="issuer",
        public=public.hex(),
        issuer=issuer,
        kid=number,
        valid_from=start,
        valid_until=until,
    )
    return Outcome(events=[event], answer=event)


def revoke_issuer(session: Session, doing: Doing, given: str, reason: str, *, log: int | None = None) -> Outcome:
    """Revoke a key that signs certificates, by its whole kid: a beginning may be another key's the next day. Answer: the :class:`Key`.

    :raises NotFound: ``key.not_registered``. :raises Conflict: ``key.revoked_before``.
    """
    known = issuer_keys(session)
    found = [row for row in known if row.key_id == given.lower()]
    if not found:
        near = [row.key_id for row in known if given and row.key_id.startswith(given.lower())] or [row.key_id for row in known]
        raise NotFound("key.not_registered", value=given, near=near[:5])
    row = found[0]
    word = key_word(session, row.key_id)
    old = None if word is None else word.event
    if not isinstance(old, Key) or old.action == "revoke":
        raise Conflict("key.revoked_before", value=row.key_id)
    made = Found(-1 if log is None else log, 2**53, msgspec.structs.replace(old, action="revoke", at=doing.now))
    if log is not None and made not in heeded(session, old.issuer, [*about(session, f"kid {row.key_id}", Key), made]):
        raise Refused("key.not_theirs", value=row.key_id, expected=row.log)
    event: Event = msgspec.structs.replace(
        old, id=doing.event_id(), at=doing.now, by=doing.by, action="revoke", reason=reason, previous=None, site=""
    )
    return Outcome(events=[event], answer=event)


# -- lists ---------------------------------------------------------------------------------------------------------------------


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
