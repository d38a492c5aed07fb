"""The key entries that a proof carries in its ``extra`` line, and what they show about the checkpoint of the proof. Pure.

Nothing vouches for that line but the checkpoint itself, so every byte of it has to follow from what was signed there. Rules:

1. JSON in one spelling: ``keys`` lists every key entry of the log up to the latest, in order; each stands in the proof's own tree.
2. Followed from the first to the last (:mod:`foodtrace.tlog.keychain`), they put the key in force that signed the checkpoint, and
   the last of them is the one that the checkpoint's line ``keys SEQ`` names: nobody but who signs can leave one out. Where
   one of them ends the log, the checkpoint is the one right after it: nothing is proven of a log that had ended and was written on.
3. A key entry that replaced a key comes with its handover: the checkpoint right after it, signed by the old and the new key and
   nobody else, and the consistency proof from there. So who knows only an old key can follow to the new one, hand to hand. The
   other key entries come with none.
4. The checkpoint of the proof is signed by the key in force, right after a change of key by the one before too; a line in the log's
   own name that is neither's is refused. Lines of others are witnesses': they count where the caller knows them.
5. A key entry is read here with no part of foodtrace but this folder: which fields an event may have else is not looked into.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.keys import format_vkey
from foodtrace.tlog.entry import parse
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.merkle import leaf_hash, verify_consistency, verify_inclusion
from foodtrace.tlog.note import Checkpoint, Verifier, parse_checkpoint, parse_verifier

__all__ = ["KeyEntry", "decode_keys", "encode_keys", "follow", "key_in"]

MAX_KEYS: Final = 1000
"""More key entries than this are refused."""


class KeyEntry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One key entry and where it stands."""

    index: int
    entry: bytes
    """Exact bytes of the entry."""
    hashes: tuple[bytes, ...] = ()
    """Inclusion proof in the tree of the proof's checkpoint."""
    handover: bytes = b""
    """Checkpoint of size index + 1, signed by the old and the new key; of a key that replaced another."""
    consistency: tuple[bytes, ...] = ()
    """From the size of ``handover`` to the proof's checkpoint."""


class _Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="foodtrace/keys/v1", tag_field="format"):
    keys: tuple[KeyEntry, ...]


class _Said(msgspec.Struct, frozen=True, tag="key", tag_field="type"):
    """What matters here of a key event (rule 5)."""

    action: Literal["register", "rotate", "revoke"]
    public: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    use: Literal["log", "issuer"] = "log"
    previous: int | None = None


_decoder: Final = msgspec.json.Decoder(_Extra)
_said: Final = msgspec.json.Decoder(_Said)


def encode_keys(keys: Sequence[KeyEntry]) -> bytes:
    """Return the ``extra`` of a proof."""
    return msgspec.json.encode(_Extra(tuple(keys)), order="sorted")


def decode_keys(extra: bytes | None) -> tuple[KeyEntry, ...]:
    """Return the key entries of an ``extra``; none without one. Raises ``ProofError`` (``proof.keys_form``) for any other line."""
    if extra is None:
        return ()
    try:
        found = _decoder.decode(extra).keys
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProofError("proof.keys_form", reason=str(error).replace("`", "'")) from None
    if not 0 < len(found) <= MAX_KEYS or encode_keys(found) != extra:
        raise ProofError("proof.keys_form", reason=f"{len(found)} keys")
    return found


def key_in(key: KeyEntry) -> Verifier:
    """Return the key that a key entry names, unchecked. Raises ``ProofError`` (``proof.keys_chain``)."""
    return _read(key)[1]


def follow(keys: Sequence[KeyEntry], checkpoint: Checkpoint, note: bytes) -> list[Verifier]:
    """Carry out rules 1 to 4; return the key that each entry put in force. Raises ``ProofError``.

    :param checkpoint: the proof's, signed by a key of the log that the caller knows. :param note: its bytes.
    """
    chain = KeyChain()
    found: list[Verifier] = []
    for each in keys:
        verify_inclusion(index=each.index, size=checkpoint.size, leaf_hash=leaf_hash(each.entry), proof=each.hashes, root=checkpoint.root)
        event, verifier = _read(each)
        wrong = chain.take(each.index, event)
        if wrong or verifier.name != checkpoint.origin:
            raise ProofError("proof.keys_chain", value=each.index, reason=", ".join(wrong) or verifier.name)
        if chain.past_end(checkpoint.size):
            raise ProofError("proof.after_end", value=checkpoint.size, expected=chain.seq)
        _handover(each, event, verifier, found[-1] if found else None, checkpoint)
        found.append(verifier)
    signers = [parse_verifier(format_vkey(checkpoint.origin, each)) for each in chain.signers(checkpoint.size)]
    if checkpoint.key_entry != chain.seq or not signers:
        raise ProofError("proof.keys_other", value=chain.seq, expected=checkpoint.key_entry)
    _all_signed(note, signers, checkpoint.origin)
    return found


def _all_signed(note: bytes, signers: Sequence[Verifier], origin: str, code: str = "proof.key_not_in_force") -> Checkpoint:
    """Check that these keys signed a checkpoint, and no other in the log's name (rule 4); else raise ``ProofError`` of this code."""
    wanted = ", ".join(each.vkey for each in signers)
    try:
        got = parse_checkpoint(note, signers, origin=origin)
    except ProofError as error:
        if error.code != "note.no_known_key":
            raise
        raise ProofError(code, value=error.value, expected=wanted) from None
    own = {each.verifier for each in got.note.signatures}
    if not own.issuperset(signers) or any(each.name == origin for each in got.note.unverified):
        lines = [*got.note.signatures, *got.note.unverified]
        raise ProofError(code, value=", ".join(each.key for each in lines if each.name == origin), expected=wanted)
    return got


def _handover(key: KeyEntry, event: _Said, new: Verifier, old: Verifier | None, checkpoint: Checkpoint) -> None:
    """Carry out rule 3."""
    if old is None or event.action != "rotate":
        if key.handover or key.consistency:
            raise ProofError("proof.handover", value=key.index, expected=0)
        return
    note = _all_signed(key.handover, [old, new], checkpoint.origin, "proof.handover_signer")
    if note.size != key.index + 1 or note.key_entry != key.index or note.note.unverified:
        raise ProofError("proof.handover", value=note.size, expected=key.index + 1)
    verify_consistency(size1=note.size, size2=checkpoint.size, root1=note.root, root2=checkpoint.root, proof=key.consistency)


def _read(key: KeyEntry) -> tuple[_Said, Verifier]:
    try:
        entry = parse(key.entry)
        said = _said.decode(entry.event)
        if msgspec.json.encode(msgspec.json.decode(entry.event), order="sorted") != bytes(entry.event):
            raise ProofError("proof.keys_chain", value=key.index, reason="not canonical")
        if said.use != "log" or entry.seq != key.index:
            raise ProofError("proof.keys_chain", value=key.index, reason="not a key entry")
        return said, parse_verifier(format_vkey(entry.log, bytes.fromhex(said.public)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ProofError("proof.keys_chain", value=key.index, reason="not a key entry") from None
    except BadData as error:
        raise ProofError("proof.keys_chain", value=key.index, reason=error.message("en")) from None
