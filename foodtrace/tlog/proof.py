"""Proofs that one entry is in a log, as text that stands for itself (C2SP tlog-proof, version 1). Pure.

Rules:

1. The first line is ``c2sp.org/tlog-proof@v1``. A second line ``extra BASE64`` may follow.
2. ``index N``, then one line of base64 for each hash of the inclusion proof, sibling first, then a blank line.
3. The rest is the log's checkpoint, verbatim, with whatever cosignatures it has.
4. Size first; numbers and base64 in their one spelling; what was parsed prints as the same bytes.
5. It holds if the checkpoint is of a log the caller knows and signed by that log's key (not by another known log's, not
   by witnesses alone), every known key's signature verifies, as many witnesses as asked for signed, and the hashes lead
   from the entry's bytes to the signed root.
6. No signature covers the ``extra`` line, so it has to follow from what the checkpoint covers: it is the log's key entries
   (:mod:`foodtrace.tlog.keyentries`), and they put the key in force that signed. Any other is refused; a proof without it holds.

No other part of foodtrace is loaded for it than errors, texts, keys and what is beside this file in ``tlog``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.keys import COSIGNATURE_V1, ED25519
from foodtrace.tlog._text import base64_bytes, base64_of, decimal
from foodtrace.tlog.entry import parse
from foodtrace.tlog.keyentries import decode_keys, follow
from foodtrace.tlog.merkle import HASH_SIZE, MAX_PROOF, leaf_hash, verify_inclusion
from foodtrace.tlog.note import MAX_NOTE, Checkpoint, Verifier, parse_checkpoint
from foodtrace.tlog.ranges import check_hashes, check_number

__all__ = ["Proof", "ProvenEntry", "check_proof", "format_proof", "in_form", "parse_proof"]

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_TEXT: Final = 2 * MAX_NOTE
"""Longest proof read, in bytes."""


class Proof(msgspec.Struct, frozen=True):
    """A proof's parts; nothing of it is checked yet but the form."""

    index: int
    """Position of the entry in the log, from 0."""
    hashes: tuple[bytes, ...]
    """Inclusion proof, sibling of the leaf first, 32 bytes each."""
    checkpoint: bytes
    """The log's signed note."""
    extra: bytes | None = None
    """What somebody put beside it; not looked into yet."""


class ProvenEntry(msgspec.Struct, frozen=True):
    """An entry that stands in a log."""

    origin: str
    """Identity of the log."""
    index: int
    """Position in the log, from 0."""
    size: int
    """Number of entries in the log when the checkpoint was signed."""
    entry: bytes
    """The entry's exact bytes."""
    signers: tuple[str, ...]
    """Known keys that signed the checkpoint, ``name+c0ffee00``, in its order."""
    checkpoint: Checkpoint
    """The checkpoint it was proven under."""
    key_shown: bool
    """Whether the log's key entries that came with the proof put the key in force that signed. Where they did not come, nothing shows that
    the key was not replaced or revoked before: whoever found an old key can sign any tree with it. ``check-proof`` says no then."""
    in_form: bool
    """Whether the bytes are an entry as foodtrace writes them, of this log and with this number; false for another program's log, and for
    what nobody could have recorded."""


def format_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """Return the proof's text. Raises ``ProofError`` for parts that cannot make one; it does not check that it holds."""
    check_number("index", index)
    path = check_hashes("proof", hashes)
    if len(path) > MAX_PROOF:
        raise ProofError("proof.length", value=len(path))
    if not checkpoint:
        raise ProofError("proof.text_form")
    if extra == b"":  # «If no extra data is present, this line is omitted»
        extra = None
    lines = [HEADER, *([] if extra is None else [f"extra {base64_of(extra)}"]), f"index {index}", *map(base64_of, path)]
    text = ("\n".join(lines) + "\n\n").encode("ascii") + checkpoint
    if len(text) > MAX_TEXT:
        raise ProofError("proof.too_long", value=len(text), expected=MAX_TEXT)
    return text


def parse_proof(data: bytes) -> Proof:
    """Return the parts of a proof's text. Raises ``ProofError`` for anything but its one spelling."""
    if not isinstance(data, bytes):
        raise TypeError("a proof is bytes")
    if len(data) > MAX_TEXT:
        raise ProofError("proof.too_long", value=len(data), expected=MAX_TEXT)
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not checkpoint or not head.isascii():
        raise ProofError("proof.text_form")
    header, *lines = head.decode("ascii").split("\n")
    if header != HEADER:
        raise ProofError("proof.version", value=header, expected=HEADER)
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
    index = decimal(lines[0].removeprefix("index ")) if lines and lines[0].startswith("index ") else None
    if index is None:
        raise ProofError("proof.index_line", value=lines[0] if lines else "")
    if len(lines) > 1 + MAX_PROOF:
        raise ProofError("proof.length", value=len(lines) - 1)
    return Proof(index, tuple(map(_hash, lines[1:])), checkpoint, extra)


def _extra(line: str) -> bytes:
    extra = base64_bytes(line.removeprefix("extra "))
    if not extra:
        raise ProofError("proof.extra_line", value=line)
    return extra


def _hash(line: str) -> bytes:
    found = base64_bytes(line)
    if found is None or len(found) != HASH_SIZE:
        raise ProofError("proof.hash_line", value=line, expected=HASH_SIZE)
    return found


def check_proof(proof: bytes, entry: bytes, verifiers: Iterable[Verifier], *, origin: str | None = None, witnesses: int = 0) -> ProvenEntry:
    """Check that these exact bytes are an entry of a log one knows the key of. Raises ``ProofError`` if not.

    Key entries that come with the proof are checked as well, and no other ``extra`` line is let pass (rule 6). Whether they came is for the
    caller to look at: without them a proof by a key that was replaced long ago holds too, and ``key_shown`` of the answer is false.

    :param verifiers: the keys one trusts: of logs (named as the log's origin) and of witnesses.
    :param origin: the log it must be of; needed where the log's key has another name than the log.
    :param witnesses: how many different known witnesses must have cosigned.
    """
    if not isinstance(entry, bytes):
        raise TypeError("an entry is bytes")
    if type(witnesses) is not int or witnesses < 0:  # with nan, or -1, no number of them would be too few
        raise TypeError("witnesses is a whole number, 0 or more")
    parts = parse_proof(proof)
    # Steps as numbered in tlog-proof, «Verifying a tlog proof». Step 1: the leaf hash.
    leaf = leaf_hash(entry)
    # Step 2: the origin is acceptable and its own key signed. Step 3: all known cosignatures verify, and are enough.
    checkpoint = parse_checkpoint(parts.checkpoint, verifiers, origin=origin)
    if not checkpoint.by_log:
        raise ProofError("checkpoint.not_by_log", value=", ".join(checkpoint.signers), expected=checkpoint.origin)
    cosigned = _witnesses(checkpoint)
    if len(cosigned) < witnesses:
        raise ProofError("proof.witnesses", value=len(cosigned), expected=witnesses)
    # Step 4: the hashes bind the leaf to the signed root.
    verify_inclusion(index=parts.index, size=checkpoint.size, leaf_hash=leaf, proof=parts.hashes, root=checkpoint.root)
    keys = decode_keys(parts.extra)
    if keys:
        follow(keys, checkpoint, parts.checkpoint)
    return ProvenEntry(
        origin=checkpoint.origin,
        index=parts.index,
        size=checkpoint.size,
        entry=entry,
        signers=checkpoint.signers,
        checkpoint=checkpoint,
        key_shown=bool(keys),
        in_form=in_form(entry, checkpoint.origin, parts.index),
    )


def in_form(entry: bytes, origin: str, index: int) -> bool:
    """Say whether bytes are an entry in its one spelling that says this place (:mod:`foodtrace.tlog.entry`), whatever its event is."""
    try:
        said = parse(entry)
    except BadData:
        return False
    return (said.log, said.seq) == (origin, index)


def _witnesses(checkpoint: Checkpoint) -> set[bytes]:
    """Return the public keys that cosigned: one key under two names is one witness, and no log is its own."""
    signed = [each.verifier for each in checkpoint.note.signatures if each.verifier is not None]
    own = {each.public for each in signed if each.algorithm == ED25519}
    return {each.public for each in signed if each.algorithm == COSIGNATURE_V1} - own
