"""The key of a log changes, or ends the log.

Rules (DESIGN section 5, "Keys are entries"):

1. A key of a log changes by an entry of that log. The batch ends with it, and its checkpoint is signed by the old and the new
   key: who held the old one agreed.
2. An issuer's key that is the same key as the log's changes with it: the new one signs certificates from that day on, the old
   one is good for those issued until that day; if it was stolen it is revoked, and its certificates are refused.
3. Revoking the key of a log ends the log. The last checkpoint is that entry's; nothing more can be appended.
4. A key file made for a change that did not come about is taken away again: it must not lie about as if it were in force. Whether it came
   about, the log says, not the error: what failed after COMMIT, or in it, may be on record. Where the log cannot be asked the file stays.
5. What was locked stays locked: a key whose file needs no passphrase does not take the place of one whose file does.
6. A log that was left, and had signed more than is here, is not ended with its key: that would be a second history
   (:mod:`foodtrace.keeping.lostbeside`).
"""

from __future__ import annotations

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, Refused
from foodtrace.events import Key
from foodtrace.events.canonical import checked
from foodtrace.graph import projection
from foodtrace.keeping.host import Host
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keeping.lostbeside import lost_beside
from foodtrace.keys import SigningKey, kid
from foodtrace.opening import Writer
from foodtrace.operations.common import Doing, about, local
from foodtrace.recording import lock
from foodtrace.storage.session import Session
from foodtrace.tlog.append import Appended, append, lock_head
from foodtrace.tlog.clock import sealing_time


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


def rotate(host: Host, new: SigningKey, *, reason: str = "", stolen: bool = False, by: str = "", log: str | None = None) -> Changed:
    """Put a new key in force for a log this host writes (rules 1 and 2). The new key's file must be safe on disk already.

    :raises Conflict: ``log.key_changed`` if somebody else changed it meanwhile, ``key.used`` for a key that was in force before.
    :raises BadData: ``key.other_name`` for a key made under another name.
    :raises Refused: ``key.lock_lost`` (rule 5), ``log.clock_behind``, ``log.clock_ahead``.
    """
    writer = host.writer(log)
    if new.name != writer.origin:
        raise BadData("key.other_name", value=new.name, expected=writer.origin)
    lock_of = {each.verifier.public: each.encrypted for each in keyfiles.list_keys(host.keys)}
    if lock_of.get(writer.key.public) and lock_of.get(new.public) is False:
        raise Refused("key.lock_lost", value=new.key_id.hex(), expected=writer.key.key_id.hex())
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

    :param passphrase: locks the new key file; needed where the old one is locked.
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
    """Revoke the key of a log this host writes and so end the log (rule 3). Errors as :func:`rotate`, and ``log.lost_beside`` (rule 6).

    No clock keeps it from ending: there is no entry after it that could be frozen out.
    """
    writer = host.writer(log, ending=True)
    with host.store.write() as session:
        lost = lost_beside(session, host.keys, writer.origin)
        if lost is not None:
            raise Refused("log.lost_beside", value=writer.origin, expected=lost.into, first=lost.first, last=max(lost.first, lost.last))
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
