"""Recovery: the only way on after a restore, a failover, a lost key. It always leaves a mark that stays.

Rules (DESIGN section 5, rollback):

1. First the database has to hold by itself: ``verify`` finds nothing. Recovery mends no tampering. One of an older version is brought
   over before that.
2. Lost is what this host signed (its anchor says so) or verified (its mark of ``verify`` says so) and the database has not.
   Nothing lost: a mark entry in the same log. A host that kept neither knows of nothing newer, and says that and no more.
3. Something lost: whoever holds the newer checkpoint sees two histories. Either the same log goes on, and the mark explains the
   fork to them; or a new log begins, whose mark names the old one, and the old one is never written again. The caller chooses.
4. The old log of a new one is ended by an entry where nothing was lost and its key is here; else its key file is put aside.
5. The checkpoint that the database contradicts is kept beside the anchor as evidence, and so is the mark of ``verify``: the next
   run checks everything in full and makes a new one.
6. A log is continued once (:mod:`foodtrace.sealed`, rule 7): a second new log for it is refused. One that broke off after its mark is
   carried to its end when it is asked for again; so is one whose old key was lost then and has turned up: the old log is ended with it,
   for the log that goes on. Where signed entries are lost, then or now, it is put aside instead: what it signs now would contradict them.
7. A log that is whole (its key here, nothing lost, no backup, its last entry not in the future) is ended for a new one only where the
   caller names one of them: to end it is for ever, and it was not needed.
8. What was locked stays locked: where the old key's file is here and needs a passphrase, it is opened before anything is made, and the new
   key's file is locked too. A passphrase that is lost is a lost key: its file is moved away first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from foodtrace.errors import BadData, Conflict, Integrity, NotFound, Refused, Storage
from foodtrace.events import Recovered
from foodtrace.keeping import rotation
from foodtrace.keeping.host import Host
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keeping.lostbeside import lost_beside
from foodtrace.keyfiles import list_keys
from foodtrace.opening import BACKUP, LogState, logs
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.operations.entries import event_at
from foodtrace.recording import Receipt
from foodtrace.sealed import ENDED_FOR, heirs
from foodtrace.storage.session import VERSION, Session
from foodtrace.tlog.anchor import anchor_path, move_anchor, read_anchor, wrote
from foodtrace.tlog.clock import EARLIEST, SKEW
from foodtrace.tlog.entry import time_text
from foodtrace.tlog.nodes import root_at
from foodtrace.tlog.vouched import Seen, read_seen
from foodtrace.verification import Asked, put_aside, rebuild_ledger, verify_ledger

_NEXT: Final = re.compile(r"(.*)-r([0-9]{1,6})")
_MOST_NOTE: Final = 2000
_MOST_WORDS: Final = 400


class Recovering(Host, Protocol):
    """A ledger that was opened in spite of its anchors."""

    def init(self, origin: str | None = None, *, operator: str = "", passphrase: str | None = None) -> tuple[object, object]:
        """Make a log."""
        ...

    def passphrase_of(self, public: bytes) -> str | None:
        """Return the passphrase that opens this host's file of a public key; none where it has no lock, or is not here."""
        ...

    def act(self, decide: Callable[[Session], Outcome], *, log: str | None = None) -> tuple[Receipt | None, object]:
        """Decide and record in one transaction."""
        ...


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What recovery did for one log."""

    log: str
    """The log that was continued or left."""
    kind: Literal["restored", "new_log"]
    lost_from: int
    lost_to: int
    """Entries ``lost_from .. lost_to - 1`` were signed once and are not here; equal: none that this host knows of (``compared``)."""
    compared: tuple[Literal["anchor", "mark"], ...] = ()
    """What this host had kept of the log to compare it with: its anchor, the mark of ``verify``. Nothing: then it knows of nothing newer,
    and that is no sign that nothing newer was signed."""
    mark: int
    """Sequence number of the mark entry."""
    into: str
    """Log that the mark stands in."""
    evidence: str = ""
    """File with the checkpoint that the database contradicts."""
    old_key: Literal["in_force", "ended", "put_aside", "not_here"] = "in_force"
    locked: bool | None = None
    """Of a new log: whether the file of its key needs a passphrase."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """How a log stands against this host's anchor of it."""

    log: str
    size: int
    signed: int
    """Size of the newest checkpoint this host knows, at least ``size``."""
    forked: bool
    """The database has another checkpoint at a size this host signed."""
    checkpoint: str
    key_here: bool
    ended: bool
    anchored: bool
    """Whether this host has an anchor of it."""
    marked: bool
    """Whether ``verify`` left a mark of it."""

    @property
    def compared(self) -> tuple[Literal["anchor", "mark"], ...]:
        """What it was compared with."""
        return (*(("anchor",) if self.anchored else ()), *(("mark",) if self.marked else ()))


def survey(host: Host, mark: Path | None = None) -> list[Lost]:
    """Return how every log stands against this host's anchors and its mark, without changing anything.

    :param mark: where ``verify`` leaves its mark; none: only the anchors are asked.
    """
    here = {each.verifier.key_id for each in list_keys(host.keys)}
    seen = {} if mark is None else read_seen(mark)
    with host.store.read() as session:
        return [_lost(session, host.keys, state, here, seen.get(state.origin)) for state in logs(session)]


def _lost(session: Session, keys: Path, state: LogState, here: set[bytes], seen: Seen | None) -> Lost:
    newest = session.row("SELECT note FROM checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1", (state.number,))
    known = bytes(newest[0]) if newest is not None else b""
    anchored = read_anchor(anchor_path(keys, state.origin))
    size, forked = state.size, False
    if anchored is not None:
        row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, anchored[0]))
        forked = anchored[0] <= state.size and (row is None or bytes(row[0]) != anchored[1])
        if anchored[0] > state.size or forked:
            size, known = max(anchored[0], state.size), anchored[1]
    if seen is not None:
        forked = forked or (seen.size <= state.size and root_at(session, state.number, seen.size) != seen.root)
        size = max(size, seen.size)
    return Lost(
        log=state.origin,
        size=state.size,
        signed=size,
        forked=forked,
        checkpoint=known.decode(errors="replace"),
        key_here=state.key_id in here,
        ended=not state.key_id,
        anchored=anchored is not None,
        marked=seen is not None,
    )


def recover(
    host: Recovering, log: str | None, *, new_log: bool | None, name: str = "", reason: str, by: str = "", passphrase: str | None = None
) -> Recovery:
    """Go on after a restore (rules 1 to 5), for one log.

    :param log: origin or the last part of it; by default the only log that needs it, else the only one of this host.
    :param new_log: true: begin a new log; false: go on in the same; none: the same if nothing was lost.
    :param passphrase: locks the new log's key file; by default it is locked as the old one's is (rule 8).
    :raises BadData: ``recover.which``, ``recover.choose`` (entries are lost and ``new_log`` is none), ``recover.no_key``
        (its key is not here, or it has ended, and ``new_log`` is none), ``recover.whole`` (rule 7), ``recover.reason``.
    :raises Refused: ``recover.continued``, ``log.ended``, ``log.clock_unset``, ``key.passphrase_needed``, ``key.passphrase_wrong``.
    :raises Integrity: ``recover.broken``. :raises NotFound: ``key.missing``: the same log needs its key.
    """
    if not reason.strip():
        raise BadData("recover.reason", value="-", expected="--reason")
    now = host.clock()
    if now < EARLIEST:
        raise Refused("log.clock_unset", value=time_text(now), expected=time_text(EARLIEST))
    if (host.store.version() or VERSION) < VERSION:
        with host.store.write() as session:
            rebuild_ledger(session)  # a backup of before: its tables and what it computed are brought over, its log is not touched
    with host.store.read() as session:
        checked = verify_ledger(session, asked=Asked(keys=host.keys))
    if not checked.ok:
        raise Integrity("recover.broken", value=len(checked.findings), expected="foodtrace verify --full")
    lost = _chosen(survey(host, host.mark), log)
    gone = lost.signed > lost.size or lost.forked
    if new_log is None:
        if lost.ended or not lost.key_here:  # to go on in the same log is no choice then
            raise BadData("recover.no_key", value=lost.log, expected="--new-log", lost=max(lost.signed - lost.size, 0))
        if gone:
            raise BadData("recover.choose", value=lost.log, expected="--same-log, --new-log", lost=lost.signed - lost.size)
        new_log = False
    if not new_log and lost.ended:
        raise Refused("log.ended", value=lost.log)
    if not new_log and not lost.key_here:
        raise NotFound("key.missing", value=lost.log, path=str(host.keys))
    into = _continued(host, lost.log) if new_log else ""
    unfinished = bool(into) and wrote(host.keys, into) and (gone or (lost.key_here and not lost.ended))
    if into and not unfinished:
        raise Refused("recover.continued", value=lost.log, expected=into)
    if new_log and not (into or gone or log or name) and _is_whole(host, lost, now):
        raise BadData("recover.whole", value=lost.log, expected="--log")
    doing = Doing(now=local(now), by=by)
    mark = Recovered(
        id=doing.event_id(),
        at=doing.now,
        by=by,
        kind="new_log" if new_log else "restored",
        lost_from=lost.size,
        lost_to=lost.signed,
        checkpoint=lost.checkpoint[:_MOST_NOTE],
        former=lost.log if new_log else "",
        reason=reason,
    )
    # The mark first: a crash after it leaves a ledger that asks for recovery again, never one that forgot why.
    if not new_log:
        receipt = _mark(host, mark, lost.log)
        evidence = _keep_evidence(host, lost) if gone else ""
        move_anchor(anchor_path(host.keys, lost.log), receipt.last + 1, receipt.checkpoint)
        return _done(lost, mark, receipt, evidence, "in_force")
    if into:
        return _broken_off(host, lost, mark, _mark_of(host, into), into, gone=gone)
    return _in_new_log(host, lost, mark, name, gone=gone, passphrase=passphrase)


def _is_whole(host: Recovering, lost: Lost, now: int) -> bool:
    """Say whether a log of which nothing is lost can be written as it is (rule 7)."""
    with host.store.read() as session:
        backup = session.row("SELECT 1 FROM setting WHERE key = ?", (BACKUP,))
        state = next(each for each in logs(session) if each.origin == lost.log)
    return lost.key_here and not lost.ended and backup is None and now >= state.time - SKEW


def _mark(host: Recovering, mark: Recovered, log: str) -> Receipt:
    """Record the mark; with it, in the same transaction, a backup becomes the ledger."""

    def decide(session: Session) -> Outcome:
        session.run("DELETE FROM setting WHERE key = ?", (BACKUP,))
        return Outcome(events=[mark])

    receipt, _ = host.act(decide, log=log)
    if receipt is None:
        raise Storage("storage.failed", value=log, reason="no receipt")
    return receipt


def _in_new_log(host: Recovering, lost: Lost, mark: Recovered, name: str, *, gone: bool, passphrase: str | None) -> Recovery:
    """Begin a log that names the old one, and see to it that the old one is never written again (rule 4)."""
    with host.store.read() as session:
        state = next(each for each in logs(session) if each.origin == lost.log)
        story = log_keys(session, state.number)
        taken = {each.origin for each in logs(session)}
    proven = host.passphrase_of(bytes.fromhex(story[0][1].public)) if story else None
    phrase = passphrase or proven
    # Nothing was made or changed up to here: a passphrase that is wrong leaves all as it was.
    operator = story[-1][1].issuer if story else ""
    origin = name or next_origin(lost.log, taken)
    host.init(origin, operator=operator, passphrase=phrase)
    receipt = _mark(host, mark, origin)
    old: Literal["ended", "put_aside", "not_here"] = "not_here"
    if lost.ended:
        old = "ended"
    elif lost.key_here and not gone:
        _end_for(host, lost.log, origin, mark)
        old = "ended"
    elif lost.key_here:
        _put_aside(host.keys / f"{state.key_id.hex()}.key")
        old = "put_aside"
    host.forget_writers()
    evidence = _keep_evidence(host, lost) if gone else ""
    return _done(lost, mark, receipt, evidence, old, locked=phrase is not None)


def _end_for(host: Recovering, log: str, into: str, mark: Recovered) -> None:
    """End the old log by an entry that names the new one."""
    ending = f"{ENDED_FOR}{into}"
    rotation.end_log(host, reason=mark.reason[: _MOST_WORDS - len(ending)] + ending, by=mark.by, log=log)


def _continued(host: Recovering, log: str) -> str:
    """Return the log that continues a log already, empty if none does (rule 6)."""
    with host.store.read() as session:
        found = heirs(session, partial(wrote, host.keys)).get(log)
    return found[0].into if found else ""


def _mark_of(host: Recovering, into: str) -> Recovered:
    """Return the mark that a log began with: the entry after its key."""
    with host.store.read() as session:
        number = next(each.number for each in logs(session) if each.origin == into)
        event = event_at(session, number, 1)
    if not isinstance(event, Recovered):
        raise TypeError("a log that continues another begins with its mark")
    return event


def _broken_off(host: Recovering, lost: Lost, mark: Recovered, before: Recovered, into: str, *, gone: bool) -> Recovery:
    """End the old log, or put its key and the contradicted checkpoint aside, where a recovery of before did not come to it (rule 6)."""
    told = partial(Recovery, log=lost.log, kind="new_log", mark=1, into=into, compared=lost.compared)
    with host.store.read() as session:
        lost_then = lost_beside(session, host.keys, lost.log) is not None
    if not gone and not lost_then:
        _end_for(host, lost.log, into, mark)
        return told(lost_from=mark.lost_from, lost_to=mark.lost_to, old_key="ended")
    with host.store.read() as session:
        state = next(each for each in logs(session) if each.origin == lost.log)
    if lost.key_here:
        _put_aside(host.keys / f"{state.key_id.hex()}.key")
    host.forget_writers()
    old: Literal["ended", "put_aside", "not_here"] = "ended" if lost.ended else "put_aside" if lost.key_here else "not_here"
    if not gone:  # what contradicts the ledger was put aside then
        return told(lost_from=before.lost_from, lost_to=before.lost_to, old_key=old)
    return told(lost_from=mark.lost_from, lost_to=mark.lost_to, evidence=_keep_evidence(host, lost), old_key=old)


def _done(
    lost: Lost,
    mark: Recovered,
    receipt: Receipt,
    evidence: str,
    old: Literal["in_force", "ended", "put_aside", "not_here"],
    *,
    locked: bool | None = None,
) -> Recovery:
    return Recovery(
        log=lost.log,
        kind=mark.kind,
        lost_from=mark.lost_from,
        lost_to=mark.lost_to,
        mark=receipt.last,
        into=receipt.log,
        compared=lost.compared,
        evidence=evidence,
        old_key=old,
        locked=locked,
    )


def next_origin(origin: str, taken: set[str]) -> str:
    """Return the origin of the log that follows: ``NAME-r2``, ``NAME-r3`` ..."""
    match = _NEXT.fullmatch(origin)
    stem, number = (match.group(1), int(match.group(2)) + 1) if match else (origin, 2)
    while f"{stem}-r{number}" in taken:
        number += 1
    return f"{stem}-r{number}"


def _chosen(found: list[Lost], log: str | None) -> Lost:
    if log is not None:
        named = [each for each in found if each.log == log or each.log.rsplit("/", 1)[-1] == log]
        if not named:
            raise NotFound("log.missing", value=log)
        return named[0]
    needy = [each for each in found if each.signed > each.size or each.forked]
    mine = needy or [each for each in found if each.key_here] or [each for each in found if not each.ended] or found
    if len(mine) != 1:
        raise BadData("recover.which", value=len(mine), expected="--log", logs=", ".join(each.log for each in mine))
    return mine[0]


def _keep_evidence(host: Recovering, lost: Lost) -> str:
    """Put the contradicted checkpoint, its anchor and the mark aside (rule 5); return the file of the checkpoint, none if only marked."""
    put_aside(host.mark)
    if not lost.anchored:
        return ""
    anchor = anchor_path(host.keys, lost.log)
    kept = anchor.with_suffix(f".evidence-{lost.signed}.note")
    if kept.exists() and kept.read_text(encoding="utf-8") != lost.checkpoint:
        raise Conflict("key.exists", value=str(kept))
    try:
        kept.write_text(lost.checkpoint, encoding="utf-8")
        anchor.replace(anchor.with_suffix(f".evidence-{lost.signed}.anchor"))
    except OSError as error:
        raise Storage("anchor.unwritable", value=str(anchor), reason=str(error)) from None
    return str(kept)


def _put_aside(key: Path) -> None:
    """Keep a key that must sign nothing more under a name that nobody loads."""
    try:
        key.replace(key.with_suffix(".key-retired"))
    except OSError as error:
        raise Storage("key.io", value=str(key), expected=error.strerror or "") from None
