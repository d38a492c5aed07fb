"""Signed notes, checkpoints, verifier keys and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Pure.

Rules for reading a note, in order:

1. Its size is bounded before anything is looked at, and so is its number of signatures.
2. It is UTF-8 without control characters other than LF (signed-note, Format).
3. Text, blank line, signature lines, each ``EM DASH SPACE name SPACE base64 LF``; the last blank line separates them.
   Base64 in its one canonical spelling only, or a note could be changed without breaking a signature.
4. A signature is a known key's if name and key id are. Others are kept apart and never looked into.
5. A known key's signature must verify, also a repeated one; one that does not refuses the whole note.
6. Two different known keys with the same name and id refuse what either may have signed (as Go's note package does).
7. At least one signature must be a known key's. A repeated signature counts once.

And a checkpoint:

8. Its text has the form of :mod:`foodtrace.tlog.checkpoint`.
9. The log's keys are named as its origin (C2SP tlog-policy). Where such a key is known, one of them must have signed: the
   key of another log, or a witness alone, does not stand in for it. Where the caller names the origin, it must be that
   one, and any known Ed25519 key counts as the log's.

Keys and signature lines are in :mod:`foodtrace.tlog.verifier`; the names to use are all here.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from foodtrace.errors import ProofError
from foodtrace.keys import COSIGNATURE_V1, ED25519, KEY_ID_SIZE, SigningKey, check_name, format_vkey, key_id
from foodtrace.tlog._text import base64_bytes
from foodtrace.tlog.checkpoint import TreeHead, format_checkpoint, parse_head
from foodtrace.tlog.ranges import MAX_SIZE
from foodtrace.tlog.verifier import DASH, TIME_SIZE, Signature, Verifier, cosigned, parse_verifier

__all__ = [
    "Checkpoint",
    "Cosigner",
    "Note",
    "NoteSigner",
    "Signature",
    "Signer",
    "TreeHead",
    "Verifier",
    "add_signatures",
    "format_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_verifier",
    "sign_note",
    "signature_line",
]

MAX_NOTE: Final = 1_000_000
"""Longest note read, in bytes: 100 post-quantum signatures take about a third of it."""
MAX_SIGNATURES: Final = 100
_CONTROLS: Final = bytes(each for each in range(0x20) if each != ord("\n"))

Signer = SigningKey
"""What signs a note as a log: a named Ed25519 private key."""


class NoteSigner(Protocol):
    """Anything that can sign a note's text: :data:`Signer`, :class:`Cosigner`, or a key kept in hardware."""

    @property
    def name(self) -> str:
        """Key name of the signature line."""

    @property
    def key_id(self) -> bytes:
        """Key id of the signature line, 4 bytes."""

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature of the note's text, as it follows the key id."""


class Note(msgspec.Struct, frozen=True):
    """A note that at least one known key has signed."""

    text: bytes
    """What was signed, UTF-8 with the final LF."""
    signatures: tuple[Signature, ...]
    """Verified signatures, one of each known key."""
    unverified: tuple[Signature, ...] = ()
    """Signatures of unknown keys; they say nothing."""


class Checkpoint(TreeHead, frozen=True, kw_only=True):
    """A tree head with its signatures."""

    note: Note
    """The note it stands in."""
    by_log: bool
    """Whether a key of the log itself signed (rule 9), not only others that are known."""

    @property
    def signers(self) -> tuple[str, ...]:
        """Verified signers, ``name+c0ffee00``, in the note's order."""
        return tuple(each.key for each in self.note.signatures)


# --- reading -----------------------------------------------------------------------------------------------------


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Return a note's text with its signatures. Raises ``ProofError`` if rules 1 to 7 do not hold."""
    known = _by_line(verifiers)
    text, lines = _split(data)
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown: dict[Signature, None] = {}
    for found in map(_parse_line, lines):
        holders = known.get((found.name, found.key_id))
        if holders is None:
            unknown[found] = None
            continue
        if len(holders) > 1:
            raise ProofError("note.key_ambiguous", value=found.key)
        (verifier,) = holders
        if not verifier.verify(text, found.signature):
            raise ProofError("note.bad_signature", value=found.key)
        verified.setdefault((found.name, found.key_id), msgspec.structs.replace(found, verifier=verifier))
    if not verified:
        signers = ", ".join(each.key for each in unknown)
        raise ProofError("note.no_known_key", value=signers, expected=", ".join(f"{n}+{k.hex()}" for n, k in known))
    return Note(text, tuple(verified.values()), tuple(unknown))


def _by_line(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], set[Verifier]]:
    known: dict[tuple[str, bytes], set[Verifier]] = {}
    for each in verifiers:
        if not isinstance(each, Verifier):
            raise TypeError("verifiers are made by parse_verifier")
        known.setdefault((each.name, each.key_id), set()).add(each)
    return known


def _split(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return text and signature lines after rules 1 to 3."""
    if not isinstance(data, bytes):
        raise TypeError("a note is bytes")
    if len(data) > MAX_NOTE:
        raise ProofError("note.too_long", value=len(data), expected=MAX_NOTE)
    _check_characters(data)
    end = data.rfind(b"\n\n")
    if end < 0 or end + 2 == len(data) or not data.endswith(b"\n"):
        raise ProofError("note.form")
    lines = data[end + 2 : -1].split(b"\n")
    if len(lines) > MAX_SIGNATURES:
        raise ProofError("note.too_many", value=len(lines), expected=MAX_SIGNATURES)
    return data[: end + 1], lines


def _check_characters(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as problem:
        raise ProofError("note.utf8", value=problem.start) from None
    if len(data.translate(None, _CONTROLS)) != len(data):
        raise ProofError("note.control")


def _parse_line(line: bytes) -> Signature:
    text = line.decode()
    name, _, encoded = text.removeprefix(DASH).partition(" ")
    raw = base64_bytes(encoded)
    bad_name = not name or "+" in name or any(map(str.isspace, name))
    if not text.startswith(DASH) or bad_name or raw is None or len(raw) <= KEY_ID_SIZE:
        raise ProofError("note.signature_line", value=text)
    return Signature(name, raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


def parse_checkpoint(data: bytes, verifiers: Iterable[Verifier], *, origin: str | None = None) -> Checkpoint:
    """Return a signed checkpoint's origin, size and root. Raises ``ProofError`` if rules 1 to 9 do not hold.

    :param origin: the log it must be of; then ``verifiers`` holds that log's keys, whatever their names, and witnesses.
    """
    verifiers = tuple(verifiers)
    note = open_note(data, verifiers)
    head = parse_head(note.text)
    if origin is not None and head.origin != origin:
        raise ProofError("checkpoint.other_origin", value=head.origin, expected=origin)
    logs = {each for each in verifiers if each.algorithm == ED25519 and (origin is not None or each.name == head.origin)}
    by_log = any(each.verifier in logs for each in note.signatures)
    if not by_log and (logs or origin is not None):
        signers = ", ".join(each.key for each in note.signatures)
        raise ProofError("checkpoint.not_by_log", value=signers, expected=head.origin)
    return Checkpoint(origin=head.origin, size=head.size, root=head.root, extensions=head.extensions, note=note, by_log=by_log)


# --- signing -----------------------------------------------------------------------------------------------------


class Cosigner:
    """A witness's key that signs checkpoints at one time (cosignature/v1).

    Whoever calls has checked that the checkpoint extends every one of that log cosigned before (tlog-witness). A key
    used here should sign nothing else.

    :param time: POSIX seconds, at most 2^63-1.
    """

    __slots__ = ("_key", "_time")

    def __init__(self, key: SigningKey, time: int) -> None:
        if type(time) is not int or not 0 <= time <= MAX_SIZE:
            raise TypeError("time is in whole POSIX seconds")
        self._key, self._time = key, time

    @property
    def name(self) -> str:
        """Key name of the witness."""
        return self._key.name

    @property
    def key_id(self) -> bytes:
        """Key id for cosignatures; the same key's id for plain signatures differs."""
        return key_id(self._key.name, self._key.public, COSIGNATURE_V1)

    @property
    def vkey(self) -> str:
        """Verifier key text for cosignatures."""
        return format_vkey(self._key.name, self._key.public, COSIGNATURE_V1)

    def sign(self, data: bytes, /) -> bytes:
        """Return time and signature. Raises ``ProofError`` if the text is no checkpoint."""
        parse_head(data)
        return self._time.to_bytes(TIME_SIZE, "big") + self._key.sign(cosigned(data, self._time))


def signature_line(text: bytes, signer: NoteSigner) -> bytes:
    """Return the signature line of one signer under a note's text; it is what a witness sends back."""
    if not isinstance(text, bytes):
        raise TypeError("a note's text is bytes")
    if not text.endswith(b"\n"):
        raise ProofError("note.text")
    _check_characters(text)
    return _before(signer.name) + b2a_base64(signer.key_id + signer.sign(text))  # and LF


@lru_cache(maxsize=16)
def _before(name: str) -> bytes:
    """Return what a signature line begins with; a host signs every commit under the same name. Raises ``BadData`` (``key.name``)."""
    return f"{DASH}{check_name(name)} ".encode()


def sign_note(text: bytes, signers: Iterable[NoteSigner]) -> bytes:
    """Return the note of this text with the signers' lines, in their order. Raises ``ProofError`` for a bad text."""
    lines = dict.fromkeys(signature_line(text, each) for each in signers)
    if not lines:
        raise TypeError("a note has at least one signer")
    return text + b"\n" + b"".join(lines)


def add_signatures(data: bytes, signers: Iterable[NoteSigner]) -> bytes:
    """Return a note with further signatures, a known signer's old line replaced. Verifies nothing."""
    text, lines = _split(data)
    by_key = {(each.name, each.key_id): each.line for each in map(_parse_line, lines)}
    for signer in signers:
        by_key.pop((signer.name, signer.key_id), None)
        by_key[signer.name, signer.key_id] = signature_line(text, signer)
    return text + b"\n" + b"".join(by_key.values())
