"""Audits a copy of a log in tiles, with nothing but the copy and a key.

What is checked, in the order of the entries:

1. The checkpoint is one of a key the auditor trusts; without one, of the key that the log's own key entries put in force. A witness
   whose key the auditor gave has cosigned it, or the older checkpoint that the copy extends.
2. Every entry bundle and every tile that the checkpoint's size requires is there, whole, and follows from the entries.
3. Every entry is canonical, of this log, in its place; it links to the one before; ``time`` does not run backwards.
4. The key entries form a chain, nothing follows the entry that ends the log, and the checkpoint's key is the one in force at its size.
   The copy has the checkpoint right after each key entry, and the old and the new key have signed it: whoever takes the log in needs all
   of them.
5. The root of the entries is the root that was signed; at the size of an older checkpoint, also the root of that.
6. Where a file could not be read, or not in time, nothing is known of what is beyond it: what was found before is kept, and the answer says
   that it was not looked at to the end (``looked``). It is never a yes.
7. A copy is read no further than its own tiles, from the signed root down, vouch for the entries (:mod:`foodtrace.tlog.tilewalk`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from foodtrace.errors import FoodtraceError, ProofError, Storage
from foodtrace.keys import ED25519
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.note import MAX_NOTE, Verifier, parse_checkpoint
from foodtrace.tlog.tiles import CHECKPOINT
from foodtrace.tlog.tilesource import Source
from foodtrace.tlog.tilewalk import Begin, TileFinding, Walk, verifier_of

__all__ = ["Followed", "TilesAudit", "audit", "examine", "note_of"]


class TilesAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit of a copy found."""

    ok: bool
    """True only if at least one entry was checked and everything holds."""
    looked: bool = True
    """Whether all of the copy could be looked at, as far as it holds; if not, the last finding says what stopped it (``tiles.unreadable``,
    ``tiles.too_slow``), and that is none about the log."""
    log: str
    size: int
    entries: int
    """Entries that were checked."""
    files: int
    """Files that were read."""
    vkey: str
    """The key that signed the checkpoint."""
    trusted: bool
    """Whether the auditor gave that key, or one that handed over to it in this checkpoint; else it is the log's own word."""
    given: str = ""
    """The key that the auditor gave, where it is not ``vkey``: it handed over to ``vkey``, and signed the checkpoint as well."""
    witnesses: int
    """Known witnesses that cosigned the checkpoint."""
    since: int | None = None
    """Size of the older checkpoint that the copy was compared with."""
    since_witnesses: int = 0
    """Known witnesses that cosigned that one: they have seen no other history up to its size."""
    findings: tuple[TileFinding, ...] = ()


class Followed(NamedTuple):
    """What following a copy to its end has shown besides the findings."""

    keys: KeyChain
    notes: dict[int, bytes]
    """Checkpoints right after key entries, by size; each signed by the keys that must have."""
    prev: bytes
    """Leaf hash of the last entry."""
    time: int
    """``time`` of the last entry, microseconds UTC."""


def audit(
    source: Source,
    verifiers: Iterable[Verifier] = (),
    *,
    since: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TilesAudit:
    """Audit a copy from its first entry to its checkpoint.

    :param verifiers: keys of the log, and of witnesses, that the auditor got elsewhere. Without a log's key the log's own word for
        its key is taken.
    :param since: an older checkpoint of the same log that the copy has to extend, by a key that is known or by the one that was in force
        at its size, as the copy shows. A witness that cosigned it need not have cosigned the newest.
    :raises ProofError: a checkpoint is none of a trusted key. :raises Storage: ``tiles.no_checkpoint``; ``tiles.unreadable``,
        ``tiles.too_slow`` for the checkpoint itself. For anything after it these are findings (step 6).
    """
    known = tuple(verifiers)
    trusted = any(each.algorithm == ED25519 for each in known)
    note = note_of(source)
    head = _by_log(note, known) if trusted else parse_head(note[: note.rfind(b"\n\n") + 1])
    older, cosigned, unproven = None, frozenset[Verifier](), b""
    if since is not None:
        from foodtrace.tlog.witness import note_in  # noqa: PLC0415 - hardly ever

        since = note_in(since)
        older = parse_head(since[: since.rfind(b"\n\n") + 1])
        if trusted and not _is_by_log(since, known):
            unproven = since
        cosigned = _cosigned(since, known)
        if older.origin != head.origin:
            raise ProofError("checkpoint.other_origin", value=older.origin, expected=head.origin)
    return examine(
        source, note, head, known, older=older, cosigned=cosigned, unproven=unproven, trusted=trusted, progress=progress, partly=True
    )[0]


def _by_log(note: bytes, known: tuple[Verifier, ...]) -> TreeHead:
    """Return what a checkpoint says that a known key of the log itself has signed, not another log's alone. Raises ``ProofError``."""
    head = parse_checkpoint(note, known)
    if not head.by_log:
        raise ProofError("checkpoint.not_by_log", value=", ".join(head.signers), expected=head.origin)
    return head


def _is_by_log(note: bytes, known: tuple[Verifier, ...]) -> bool:
    """Say whether a known key of the log has signed a checkpoint. Raises ``ProofError`` for none, or a known key's bad signature."""
    try:
        _by_log(note, known)
    except ProofError as error:
        if error.code not in {"note.no_known_key", "checkpoint.not_by_log"}:
            raise
        return False
    return True


def _cosigned(note: bytes, known: tuple[Verifier, ...]) -> frozenset[Verifier]:
    """Return the known witnesses that cosigned a checkpoint. Raises ``ProofError`` for a cosignature that is not what it says."""
    witnesses = [each for each in known if each.algorithm != ED25519]
    try:
        signed = parse_checkpoint(note, witnesses).note.signatures
    except ProofError as error:
        if error.code != "note.no_known_key":
            raise
        return frozenset()
    return frozenset(each.verifier for each in signed if each.verifier is not None)


def note_of(source: Source) -> bytes:
    """Return the checkpoint of a copy, unchecked. Raises ``Storage`` (``tiles.no_checkpoint``, ``tiles.unreadable``)."""
    note = source.read(CHECKPOINT, MAX_NOTE)
    if note is None:
        raise Storage("tiles.no_checkpoint", value=CHECKPOINT)
    return note


def examine(
    source: Source,
    note: bytes,
    head: TreeHead,
    known: tuple[Verifier, ...] = (),
    *,
    older: TreeHead | None = None,
    cosigned: frozenset[Verifier] = frozenset(),
    unproven: bytes = b"",
    trusted: bool = False,
    progress: Callable[[int, int], None] | None = None,
    each: Callable[[int, bytes], None] | None = None,
    begin: Begin | None = None,
    partly: bool = False,
) -> tuple[TilesAudit, Followed]:
    """Audit a copy against one reading of its checkpoint.

    :param head: what ``note`` says. :param older: what an older checkpoint said, which the copy has to extend. :param cosigned: the
        known witnesses that cosigned that one. :param unproven: that one, if no known key of the log signed it: then the key has to
        have signed it that was in force at its size.
    :param each: called with (seq, bytes) of every entry, in order, before it is known whether the copy holds.
    :param begin: where to begin; used up by it.
    :param partly: answer with what was found where a file could not be read (step 6). :raises Storage: otherwise.
    """
    walk = Walk(source, head, older, each, begin)
    walk.files += 1
    if older is not None and older.size > head.size:
        walk.find("tiles.rolled_back", CHECKPOINT, None, older.size, head.size)
    stopped: Storage | None = None
    try:
        walk.bundles(progress)
        walk.upper()
    except Storage as error:
        if not partly:
            raise
        stopped = error
    vkey, signed = _end(walk, note, known, cosigned)
    if unproven and older is not None and (stopped is None or walk.then):
        _then(walk, unproven, older)
    size = walk.frontier.size
    if head.size == 0:
        walk.find("tlog.empty", CHECKPOINT)
    if stopped is not None:
        walk.find(stopped.code, str(stopped.value), None, "", stopped.params.get("reason", stopped.params.get("seconds", "")))
    found = TilesAudit(
        ok=size > 0 and not walk.findings,
        looked=stopped is None,
        log=head.origin,
        size=head.size,
        entries=size,
        files=walk.files,
        vkey=vkey,
        trusted=trusted,
        given=_given(vkey, signed) if trusted else "",
        witnesses=sum(each.algorithm != ED25519 for each in signed),
        since=None if older is None else older.size,
        since_witnesses=len(cosigned),
        findings=tuple(walk.findings),
    )
    return found, Followed(walk.keys, walk.notes, walk.prev, walk.time)


def _given(vkey: str, signed: frozenset[Verifier]) -> str:
    """Return the given key of the log that signed, where it is not the one in force."""
    own = [each.vkey for each in signed if each.algorithm == ED25519]
    return "" if vkey in own else "".join(sorted(own)[:1])


def _then(walk: Walk, note: bytes, older: TreeHead) -> None:
    """Check an older checkpoint against the key that was in force at its size (step 5)."""
    own = [verifier_of(walk.head.origin, public) for public in walk.then[:1]]
    try:
        parse_checkpoint(note, own, origin=walk.head.origin)
    except FoodtraceError as error:
        walk.find("tlog.since_signature", CHECKPOINT, older.size - 1, own[0].vkey if own else "-", error.message("en"))


def _end(walk: Walk, note: bytes, known: tuple[Verifier, ...], earlier: frozenset[Verifier]) -> tuple[str, frozenset[Verifier]]:
    """Carry out steps 1, 4 and 5 at the end; return the key in force, which signed, and which known keys of log and witnesses did.

    :param earlier: the known witnesses that cosigned the older checkpoint.
    """
    head = walk.head
    if walk.frontier.size == head.size and walk.frontier.root() != head.root:
        walk.find("tlog.root_mismatch", CHECKPOINT, head.size - 1, head.root.hex(), walk.frontier.root().hex())
    if walk.frontier.size != head.size:
        return "", frozenset()
    signers = walk.keys.signers(head.size)
    if not signers or head.key_entry != walk.keys.seq:
        walk.find("tlog.no_key", CHECKPOINT, head.size - 1, walk.keys.seq, head.key_entry)
        return "", frozenset()
    try:
        own = verifier_of(head.origin, signers[0])
        signed = parse_checkpoint(note, {own, *known}, origin=head.origin)
        for public in signers:  # the key in force signed, not only another that is trusted; at a key entry the one before it too
            parse_checkpoint(note, [verifier_of(head.origin, public)], origin=head.origin)
    except FoodtraceError as error:
        walk.find("tlog.checkpoint_signature", CHECKPOINT, head.size - 1, "", error.message("en"))
        return "", frozenset()
    by = {each.verifier for each in signed.note.signatures}
    for each in sorted({each for each in known if each.algorithm != ED25519} - by - earlier, key=lambda each: each.vkey):
        walk.find("tiles.not_cosigned", CHECKPOINT, None, each.vkey, ", ".join(signed.signers))
    return own.vkey, frozenset(each for each in known if each in by)
