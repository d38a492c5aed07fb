"""What a proof carries beside itself: the key entries that show the signing key was in force. Pure.

The ``extra`` line of a tlog-proof (:mod:`foodtrace.tlog.proof`) holds it as JSON; nothing vouches for that line, so every part of
it is checked here against the signed checkpoint of the proof. Rules:

1. ``keys`` lists every key entry of the log up to the latest, in order; each stands in the proof's own tree.
2. Followed from the first to the last (:mod:`foodtrace.tlog.keychain`), they put the key in force that signed the checkpoint, and
   the last of them is the one that the checkpoint's line ``keys SEQ`` names: none can be left out.
3. A key entry that replaced a key comes with its handover: the checkpoint right after it, signed by the old and the new key, and
   the consistency proof from there. So who knows only an old key can follow to the new one, hand to hand.
4. Without the line the proof still holds; it only does not say why this key. A line that is there but is not this one spelling is
   refused: a bundle with a changed bit must not pass for one that came without keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.events import Key
from foodtrace.events.canonical import decode
from foodtrace.keys import ED25519, format_vkey
from foodtrace.tlog.entry import parse
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.merkle import leaf_hash, verify_consistency, verify_inclusion
from foodtrace.tlog.note import Checkpoint, Verifier, parse_checkpoint, parse_verifier
from foodtrace.tlog.proof import Proof, ProvenEntry, check_proof, parse_proof

__all__ = ["Checked", "KeyEntry", "check_bundle", "check_sibling", "decode_keys", "encode_keys", "verifier_in"]

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


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that holds."""

    proven: ProvenEntry
    key_shown: bool
    """Whether the key entries that come with it show the signing key in force (rules 1 and 2)."""
    key_entry: int | None
    """Sequence number of the entry that put it in force; none if not shown."""
    by: str
    """The log's key that signed, as verifier key text."""
    trusted: bool
    """Whether that key, or one that handed over to it, was given by the caller; else it is the log's own word only."""


_decoder: Final = msgspec.json.Decoder(_Extra)


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


def verifier_in(proof: bytes) -> Verifier | None:
    """Return the newest key that a proof's own key entries name, unchecked; none without them. Raises ``ProofError``."""
    keys = decode_keys(parse_proof(proof).extra)
    return _verifier(keys[-1])[1] if keys else None


def check_bundle(
    proof: bytes, entry: bytes, verifiers: Iterable[Verifier] = (), *, origin: str | None = None, witnesses: int = 0
) -> Checked:
    """Check a proof and the key entries that come with it. Raises ``ProofError`` if anything does not hold.

    :param verifiers: keys one trusts, of the log (its present key, or an earlier one of its handovers) and of witnesses. If
        none of them is a log's, the log's own word for its key is taken, and the answer is not ``trusted``.
    :param origin: the log it must be of. :param witnesses: how many known witnesses must have cosigned.
    """
    known = tuple(verifiers)
    keys = decode_keys(parse_proof(proof).extra)
    logs = [each for each in known if each.algorithm == ED25519]
    newest = _verifier(keys[-1])[1] if keys else None
    added = [] if newest is None or newest in logs else [newest]
    proven = check_proof(proof, entry, [*known, *added], origin=origin, witnesses=witnesses)
    own = {each.verifier for each in proven.checkpoint.note.signatures if each.verifier is not None}
    chain = _follow(keys, proven.checkpoint) if keys else []
    if keys and newest not in own:
        raise ProofError("proof.key_not_in_force", value=", ".join(proven.signers), expected=newest.vkey if newest else "")
    by = newest or next(each for each in logs if each in own)
    trusted = by in logs or _handed_over(keys, chain, logs, proven.checkpoint)
    if logs and not trusted:
        raise ProofError("proof.key_unknown", value=by.vkey, expected=", ".join(each.vkey for each in logs))
    return Checked(proven=proven, key_shown=bool(keys), key_entry=keys[-1].index if keys else None, by=by.vkey, trusted=trusted)


def check_sibling(parts: Proof, entry: bytes, first: Checked) -> Checked:
    """Check a proof whose checkpoint and ``extra`` are byte for byte those of one that :func:`check_bundle` found to hold.

    What is left to check is that the hashes lead from this entry to the root that was signed. Raises ``ProofError`` if not.

    :param parts: the proof, parsed. :param first: the answer about the other one.
    """
    known = first.proven
    verify_inclusion(index=parts.index, size=known.size, leaf_hash=leaf_hash(entry), proof=parts.hashes, root=known.checkpoint.root)
    return msgspec.structs.replace(first, proven=msgspec.structs.replace(known, index=parts.index, entry=entry))


def _follow(keys: Sequence[KeyEntry], checkpoint: Checkpoint) -> list[Verifier]:
    """Check rules 1 and 2; return the key that each entry put in force."""
    chain, found = KeyChain(), []
    for each in keys:
        verify_inclusion(index=each.index, size=checkpoint.size, leaf_hash=leaf_hash(each.entry), proof=each.hashes, root=checkpoint.root)
        event, verifier = _verifier(each)
        wrong = chain.take(each.index, event)
        if wrong or verifier.name != checkpoint.origin:
            raise ProofError("proof.keys_chain", value=each.index, reason=", ".join(wrong) or verifier.name)
        found.append(verifier)
    if checkpoint.key_entry != chain.seq or not chain.signers(checkpoint.size):
        raise ProofError("proof.keys_other", value=chain.seq, expected=checkpoint.key_entry)
    return found


def _handed_over(keys: Sequence[KeyEntry], chain: Sequence[Verifier], trusted: Sequence[Verifier], checkpoint: Checkpoint) -> bool:
    """Say whether a trusted key handed over, one key to the next, to the one in force (rule 3)."""
    start = max((place for place, each in enumerate(chain) if each in trusted), default=None)
    if start is None:
        return False
    for place in range(start + 1, len(chain)):
        key, old = keys[place], chain[place - 1]
        if chain[place] == old:  # a revocation ends the log with the same key
            continue
        note = parse_checkpoint(key.handover, [old], origin=checkpoint.origin)
        if note.size != key.index + 1 or note.key_entry != key.index:
            raise ProofError("proof.handover", value=note.size, expected=key.index + 1)
        verify_consistency(size1=note.size, size2=checkpoint.size, root1=note.root, root2=checkpoint.root, proof=key.consistency)
    return True


def _verifier(key: KeyEntry) -> tuple[Key, Verifier]:
    try:
        entry = parse(key.entry)
        event = decode(bytes(entry.event))
        if not isinstance(event, Key) or event.use != "log" or entry.seq != key.index:
            raise ProofError("proof.keys_chain", value=key.index, reason="not a key entry")
        return event, parse_verifier(format_vkey(entry.log, bytes.fromhex(event.public)))
    except BadData as error:
        raise ProofError("proof.keys_chain", value=key.index, reason=error.message("en")) from None
