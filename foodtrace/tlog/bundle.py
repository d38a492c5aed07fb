"""A proof with the key entries that came with it: whether the key was in force, and whether the caller has reason to trust it. Pure.

What stands in the ``extra`` line is read and checked by :mod:`foodtrace.tlog.keyentries`, for whoever checks a proof. Here:

1. Whoever knows **any** key the log ever had follows it, hand to hand, to the one that signed.
2. Without a key of the log the log's own word for its key is taken, and the answer says so.
3. Without the line the proof still holds; it only does not say why this key. A line that is there but is not this one spelling is
   refused: a bundle with a changed bit must not pass for one that came without keys.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foodtrace.errors import ProofError
from foodtrace.keys import ED25519
from foodtrace.tlog.keyentries import KeyEntry, decode_keys, encode_keys, key_in
from foodtrace.tlog.merkle import leaf_hash, verify_inclusion
from foodtrace.tlog.note import Verifier
from foodtrace.tlog.proof import Proof, ProvenEntry, check_proof, in_form, parse_proof

__all__ = ["Checked", "KeyEntry", "check_bundle", "check_sibling", "decode_keys", "encode_keys", "verifier_in"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that holds."""

    proven: ProvenEntry
    key_shown: bool
    """Whether the key entries that come with it show the signing key in force."""
    key_entry: int | None
    """Sequence number of the entry that put it in force; none if not shown."""
    by: str
    """The log's key that signed, as verifier key text."""
    trusted: bool
    """Whether that key, or one that handed over to it, was given by the caller; else it is the log's own word only."""


def verifier_in(proof: bytes) -> Verifier | None:
    """Return the newest key that a proof's own key entries name, unchecked; none without them. Raises ``ProofError``."""
    keys = decode_keys(parse_proof(proof).extra)
    return key_in(keys[-1]) if keys else None


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
    newest = key_in(keys[-1]) if keys else None
    added = [] if newest is None or newest in logs else [newest]
    proven = check_proof(proof, entry, [*known, *added], origin=origin, witnesses=witnesses)
    own = {each.verifier for each in proven.checkpoint.note.signatures if each.verifier is not None}
    by = newest or next(each for each in logs if each in own)
    # Every handover was checked: one trusted key among them is as good as the last.
    trusted = by in logs or any(key_in(each) in logs for each in keys)
    if logs and not trusted:
        raise ProofError("proof.key_unknown", value=by.vkey, expected=", ".join(each.vkey for each in logs))
    return Checked(proven=proven, key_shown=proven.key_shown, key_entry=keys[-1].index if keys else None, by=by.vkey, trusted=trusted)


def check_sibling(parts: Proof, entry: bytes, first: Checked) -> Checked:
    """Check a proof whose checkpoint and ``extra`` are byte for byte those of one that :func:`check_bundle` found to hold.

    What is left to check is that the hashes lead from this entry to the root that was signed. Raises ``ProofError`` if not.

    :param parts: the proof, parsed. :param first: the answer about the other one.
    """
    known = first.proven
    verify_inclusion(index=parts.index, size=known.size, leaf_hash=leaf_hash(entry), proof=parts.hashes, root=known.checkpoint.root)
    there = msgspec.structs.replace(known, index=parts.index, entry=entry, in_form=in_form(entry, known.origin, parts.index))
    return msgspec.structs.replace(first, proven=there)
