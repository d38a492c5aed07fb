"""A witness: cosigns checkpoints of other logs, each only if it extends the last one (C2SP tlog-witness, tlog-cosignature).

Rules, in the order in which a checkpoint is looked at:

1. It is signed by a key of that log which the witness was given. Nothing else of it is believed.
2. The old size named in the request is the size cosigned last for this origin (0: none); else the witness says what it is.
3. The same size has the same root. Another root is a fork: refused, and both checkpoints are kept as evidence.
4. A greater size comes with a consistency proof that holds. One that does not: refused, and both checkpoints are kept too: they are
   no proof of a fork by themselves, but whoever holds the entries can tell.
5. A smaller size than the one cosigned last: refused, and both are kept. It may be a late request; it may be a log that was put back
   and written to again. Only a consistency proof from it to the cosigned one tells, and that the log has to give.
6. Where the entries come with it (a copy in tiles), they are looked at before it is signed: that the copy holds, and that the key which
   signed was in force. A checkpoint alone shows no such thing: a replaced key the witness was given is still believed there.
7. The new checkpoint is on the disk before the cosignature leaves the witness; looking and writing happen under one lock.
8. Kept and remembered are the signature lines that were verified, and no others: who asks cannot fill the memory.
9. The memory is believed for this witness's own cosignature on it and nothing else: more lines than a note may have, which a request of
   before could bring along, change nothing. One whose text it does not bear out is damaged, and never taken for none.
10. A damaged memory is restored from a checkpoint that this witness cosigned (:meth:`Witness.restore`), not from one smaller than anything
   that can still be read of what it cosigned. The damaged one is kept, and so is all evidence: a fork once seen is not forgotten.
11. A log without a memory is a new one only if the list of cosigned logs (:mod:`foodtrace.tlog.cosignedlogs`) is complete and does not
   name it, and no evidence does. One that is named was forgotten: its memory has to be restored. Where there is no complete list, the
   caller says that it is the first time, or restores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from foodtrace.errors import Conflict, Integrity, ProofError, Refused
from foodtrace.keys import SigningKey
from foodtrace.tlog._text import base64_bytes, base64_of, decimal
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.cosignedlogs import CosignedLogs, read_cosigned, whole, write_cosigned
from foodtrace.tlog.evidence import file_name, keep
from foodtrace.tlog.files import changing, disk, publish
from foodtrace.tlog.merkle import HASH_SIZE, verify_consistency
from foodtrace.tlog.note import (
    MAX_NOTE,
    MAX_SIGNATURES,
    Checkpoint,
    Cosigner,
    Verifier,
    add_signatures,
    parse_checkpoint,
    parse_verifier,
    signature_line,
)
from foodtrace.tlog.ranges import check_hashes
from foodtrace.tlog.said import WitnessSaid

__all__ = ["Request", "Witness", "format_request", "parse_request"]

MAX_LINES: Final = 63
"""Most lines of a consistency proof in a request."""
_LAST: Final = ".checkpoint"
_DASH: Final = "\u2014 ".encode()
"""Begins a signature line of a note."""


class Request(msgspec.Struct, frozen=True):
    """What a log asks a witness."""

    old: int
    """Size the witness cosigned last, as the log believes."""
    proof: tuple[bytes, ...]
    """Consistency proof from there."""
    checkpoint: bytes


def format_request(old: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """Return the body of ``add-checkpoint``."""
    lines = [f"old {old}", *map(base64_of, check_hashes("proof", proof))]
    return ("\n".join(lines) + "\n\n").encode("ascii") + checkpoint


def parse_request(data: bytes) -> Request:
    """Return a request's parts. Raises ``ProofError`` (``witness.request``) for anything but its one spelling."""
    if len(data) > MAX_NOTE + MAX_LINES * 45 + 30:
        raise ProofError("witness.request", value=len(data))
    head, _, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ProofError("witness.request", value=head[:40].decode("ascii", "replace")) from None
    old = decimal(first.removeprefix("old ")) if first.startswith("old ") else None
    proof = [base64_bytes(line) for line in lines]
    if old is None or not checkpoint or len(proof) > MAX_LINES or any(each is None or len(each) != HASH_SIZE for each in proof):
        raise ProofError("witness.request", value=first)
    return Request(old, tuple(each for each in proof if each is not None), checkpoint)


def note_in(data: bytes) -> bytes:
    """Return a checkpoint as it is, or the one of a request (as ``export checkpoint`` prints it). Raises ``ProofError``."""
    return parse_request(data).checkpoint if data.startswith(b"old ") else data


class Witness:
    """A witness with its memory in a folder: the last checkpoint of each origin, and evidence.

    :param key: signs cosignatures and nothing else. :param verifiers: keys of the logs it witnesses.
    :param clock: now, as microseconds since 1970 UTC.
    """

    def __init__(self, key: SigningKey, folder: Path, verifiers: Iterable[Verifier], clock: Callable[[], int]) -> None:
        self._key, self._folder, self._verifiers, self._clock = key, folder, tuple(verifiers), clock
        self._vkey = Cosigner(key, 0).vkey

    def begin(self) -> None:
        """Say that this key has cosigned nothing yet, right after it was made (rule 11).

        :raises Conflict: ``witness.begun``: it has a list of cosigned logs. :raises Storage: ``files.io``.
        """
        with changing(self._folder):
            if read_cosigned(self._folder, self._vkey) is not None:
                raise Conflict("witness.begun", value=str(self._folder))
            write_cosigned(self._folder, self._vkey, CosignedLogs(complete=True))

    def last(self, origin: str) -> bytes | None:
        """Return the checkpoint cosigned last for an origin, with this witness's cosignature; none if there is none.

        :raises Integrity: ``witness.memory``: a damaged memory is never taken for none. :raises Storage: ``files.io``.
        """
        path = self._path(origin)
        with disk(path):
            if not path.exists():
                return None
            data = path.read_bytes()
        try:
            note = self._own(data)
            head = parse_head(_text(note))
        except ProofError as error:
            raise Integrity("witness.memory", value=str(path), reason=error.message("en")) from None
        if head.origin != origin:
            raise Integrity("witness.memory", value=str(path), reason=head.origin)
        return note

    def _own(self, data: bytes) -> bytes:
        """Return a checkpoint that bears this witness's cosignature, with no more lines than a note may have (rule 9)."""
        mine = [parse_verifier(self._vkey)]
        try:
            parse_checkpoint(data, mine)
        except ProofError:
            text, blank, lines = data.partition(b"\n\n")
            named = [(line.removeprefix(_DASH).partition(b" ")[0], line) for line in lines.splitlines(keepends=True)]
            logs = [line for name, line in named if name == text.partition(b"\n")[0]]
            own = [line for name, line in named if name == self._key.name.encode()]
            data = text + blank + b"".join(logs[: MAX_SIGNATURES - 1] + own[-1:])
            parse_checkpoint(data, mine)
        return data

    def restore(self, checkpoint: bytes) -> WitnessSaid:
        """Take a checkpoint that this witness cosigned for the memory of its log, which is damaged or gone (rule 10).

        :raises ProofError: it is not signed by a known key of the log, or not cosigned by this witness. :raises Conflict:
            ``witness.remembers``: the memory is whole. :raises Integrity: ``witness.forgets``: more than that was cosigned;
            ``witness.fork``: another root of that size was. :raises Storage: ``files.io``.
        """
        head = self._read(checkpoint)
        note = self._own(checkpoint)
        with changing(self._folder):
            path, damaged = self._path(head.origin), b""
            try:
                if self.last(head.origin) is not None:
                    raise Conflict("witness.remembers", value=head.origin)
            except Integrity:
                with disk(path):
                    damaged = path.read_bytes()
            for known in [*self._evidence(head.origin), *_legible(damaged, head.origin)]:
                if known.size > head.size:
                    raise Integrity("witness.forgets", value=head.size, expected=known.size, log=head.origin)
                if known.size == head.size and known.root != head.root:
                    raise Integrity("witness.fork", value=head.origin, size=head.size, path=str(self._folder / "evidence"))
            if damaged:
                keep(self._folder, head.origin, damaged=damaged)
            publish(path, note)
            self._list(head.origin)
        vkey = self._vkey
        line = next(each.line for each in parse_checkpoint(note, [parse_verifier(vkey)]).note.signatures)
        return WitnessSaid(log=head.origin, size=head.size, before=head.size, vkey=vkey, line=line.decode(), checkpoint=note.decode())

    def _evidence(self, origin: str) -> list[TreeHead]:
        """Return what this witness had cosigned when it kept evidence about a log."""
        found: list[TreeHead] = []
        for path in sorted((self._folder / "evidence").glob(f"{file_name(origin)}-*/cosigned.checkpoint")):
            with disk(path):
                data = path.read_bytes()
            found += _legible(data, origin)
        return found

    def add(self, request: Request, look: Callable[[], None] | None = None, *, first: bool = False) -> WitnessSaid:
        """Cosign a checkpoint, or refuse.

        :param look: carries out rule 6: raises where the entries do not bear the checkpoint out.
        :param first: the caller's word that this key never cosigned this log, where nothing here can tell (rule 11).
        :raises ProofError: rule 1, and ``witness.request``. :raises Conflict: ``witness.old_size`` (rule 2; ``value`` is the size
            cosigned last). :raises Integrity: ``witness.fork`` (rule 3) , ``witness.not_extended`` (rule 4) and ``witness.older``
            (rule 5), after evidence was kept; ``witness.memory``, ``witness.forgotten``
            and ``witness.unsure`` (rule 11). :raises Storage: ``files.io``.
        """
        head = self._read(request.checkpoint)
        with changing(self._folder):
            last = self.last(head.origin)
            if last is None:
                self._new(head.origin, first=first)
            elif first:
                raise Conflict("witness.remembers", value=head.origin)
            before = None if last is None else parse_head(last[: last.rfind(b"\n\n") + 1])
            self._check(request, head, before, last)
            if look is not None:
                look()
            time = self._clock() // 1_000_000
            signer = Cosigner(self._key, time)
            kept = _verified(head)
            publish(self._path(head.origin), add_signatures(kept, [signer]))
            self._list(head.origin)
            # Others' cosignatures go along in the answer as long as a note may hold them.
            room = len(head.note.signatures) + len(head.note.unverified) < MAX_SIGNATURES
            note = add_signatures(request.checkpoint if room else kept, [signer])
        return WitnessSaid(
            log=head.origin,
            size=head.size,
            before=0 if before is None else before.size,
            vkey=signer.vkey,
            line=signature_line(head.note.text, signer).decode(),
            checkpoint=note.decode(),
        )

    def size_of(self, checkpoint: bytes) -> tuple[Checkpoint, int]:
        """Return what a checkpoint says that a known log signed, and the size cosigned last for that log (0: none)."""
        head = self._read(checkpoint)
        last = self.last(head.origin)
        return head, 0 if last is None else parse_head(last[: last.rfind(b"\n\n") + 1]).size

    def _read(self, checkpoint: bytes) -> Checkpoint:
        """Carry out rule 1."""
        head = parse_checkpoint(checkpoint, self._verifiers)
        if not head.by_log:
            raise ProofError("checkpoint.not_by_log", value=", ".join(head.signers), expected=head.origin)
        if head.size == 0:
            raise Refused("witness.empty", value=head.origin)
        return head

    def _check(self, request: Request, head: Checkpoint, before: TreeHead | None, last: bytes | None) -> None:
        """Carry out rules 2 to 4."""
        size = 0 if before is None else before.size
        if before is not None and last is not None and head.size == size and head.root != before.root:
            raise Integrity("witness.fork", value=head.origin, size=size, path=self._keep(head, last, request.checkpoint))
        if last is not None and head.size < size:
            kept = self._keep(head, last, request.checkpoint)
            raise Integrity("witness.older", value=head.origin, size=head.size, expected=size, path=kept)
        if request.old != size:
            raise Conflict("witness.old_size", value=size, expected=request.old, size=head.size)
        if before is None or last is None:
            if request.proof:
                raise ProofError("witness.request", value="old 0")
            return
        try:
            verify_consistency(size1=size, size2=head.size, root1=before.root, root2=head.root, proof=request.proof)
        except ProofError as error:
            kept = self._keep(head, last, request.checkpoint)
            raise Integrity("witness.not_extended", value=head.origin, size=size, reason=error.message("en"), path=kept) from None

    def _new(self, origin: str, *, first: bool) -> None:
        """Raise ``Integrity`` where a log without a memory is, or may be, one that was cosigned before (rule 11)."""
        known = read_cosigned(self._folder, self._vkey) or CosignedLogs()
        if origin in known.origins or self._evidence(origin):
            raise Integrity("witness.forgotten", value=origin)
        if not known.complete and not first:
            raise Integrity("witness.unsure", value=origin)

    def _list(self, origin: str) -> None:
        """Put a log on both copies of the list of cosigned logs, unless they have it."""
        known = read_cosigned(self._folder, self._vkey) or CosignedLogs(self._remembered())
        if origin not in known.origins or not whole(self._folder, self._vkey):
            write_cosigned(self._folder, self._vkey, known._replace(origins=known.origins | {origin}))

    def _remembered(self) -> frozenset[str]:
        """Return the logs that there is a memory of, for a list that was not begun with the key."""
        found = []
        for path in self._folder.glob("*" + _LAST):
            with disk(path):
                found.append(_text(path.read_bytes()).partition(b"\n")[0].decode("utf-8", "replace"))
        return frozenset(each for each in found if each)

    def _path(self, origin: str) -> Path:
        return self._folder / (file_name(origin) + _LAST)

    def _keep(self, head: TreeHead, last: bytes, other: bytes) -> str:
        """Keep two checkpoints that contradict each other; return the folder they lie in."""
        return keep(self._folder, head.origin, cosigned=last, refused=other)


def _text(note: bytes) -> bytes:
    return note[: note.find(b"\n\n") + 1]


def _legible(data: bytes, origin: str) -> list[TreeHead]:
    """Return what the text of a checkpoint says, none where it cannot be read; nobody vouches for it, and it only ever forbids."""
    try:
        head = parse_head(_text(data))
    except ProofError:
        return []
    return [head] if head.origin == origin else []


def _verified(head: Checkpoint) -> bytes:
    """Return a checkpoint with its verified lines alone, the log's own first, so many that a cosignature still fits (rule 8)."""
    lines = [each.line for each in sorted(head.note.signatures, key=lambda each: each.name != head.origin)]
    return head.note.text + b"\n" + b"".join(lines[: MAX_SIGNATURES - 1])
