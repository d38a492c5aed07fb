"""A proof, a checkpoint and a tile with any one byte changed: ours refuses every other value of every byte, and so does a verifier from
PyPI, but for the bits under the padding of a signature's base64, which stand for nothing and which it ignores.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator

import proofbundle.checkpoint
import proofbundle.errors
import proofbundle.merkle
import proofbundle.tlogproof

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.note import format_checkpoint, parse_checkpoint, parse_verifier, sign_note
from foodtrace.tlog.proof import check_proof, format_proof
from foodtrace.tlog.tiles import bundle, split_bundle

LOG = SigningKey("e.cn/a", bytes(range(32)))
KNOWN = [parse_verifier(LOG.vkey)]
ENTRIES = [b'{"seq":%d}' % i for i in range(5)]
LEAVES = [merkle.leaf_hash(each) for each in ENTRIES]
CHECKPOINT = sign_note(format_checkpoint(LOG.name, 5, merkle.root(LEAVES), ["keys 0"]), [LOG])
PROOF = format_proof(2, merkle.inclusion_proof(LEAVES, 2), CHECKPOINT)


TEXT = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \n\0\xe2\xff"
"""What the foreign verifier, which is slower, is tried with: what base64 and a note consist of, and a few bytes that no note has."""


def changes(good: bytes, values: Iterable[int] = range(256)) -> Iterator[bytes]:
    """Every other of the values at every byte."""
    for at, byte in enumerate(good):
        for value in values:
            if value != byte:
                yield good[:at] + bytes([value]) + good[at + 1 :]


def padding_only(good: bytes, changed: bytes) -> bool:
    """Say whether the changed text stands for the very same bytes: its signature line differs, in base64 that decodes alike."""
    old, new = good.split(b"\n"), changed.split(b"\n")
    if len(old) != len(new) or old[:-2] != new[:-2]:
        return False
    (head, _, one), (other, _, two) = old[-2].rpartition(b" "), new[-2].rpartition(b" ")
    try:
        return head == other and len(one) == len(two) and base64.b64decode(one) == base64.b64decode(two, validate=True)
    except binascii.Error:
        return False


def accepted(good: bytes, check: Callable[[bytes], bool], values: Iterable[int] = range(256)) -> list[bytes]:
    return [changed for changed in changes(good, values) if check(changed)]


def foreign_proof(text: bytes) -> bool:
    try:
        said = proofbundle.tlogproof.verify_tlog_proof(text.decode(), ENTRIES[2], LOG.vkey, expected_origin=LOG.name)
    except UnicodeDecodeError:
        return False
    return bool(said["ok"])


def foreign_checkpoint(text: bytes) -> bool:
    try:
        return bool(proofbundle.checkpoint.verify_checkpoint(text.decode(), LOG.vkey)["ok"])
    except (UnicodeDecodeError, proofbundle.errors.BundleFormatError):
        return False


def ours(check: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    def holds(text: bytes) -> bool:
        try:
            check(text)
        except ProofError:
            return False
        return True

    return holds


our_proof = ours(lambda text: check_proof(text, ENTRIES[2], KNOWN))
our_checkpoint = ours(lambda text: parse_checkpoint(text, KNOWN))


def test_both_accept_what_nobody_changed() -> None:
    assert our_proof(PROOF)
    assert foreign_proof(PROOF)
    assert our_checkpoint(CHECKPOINT)
    assert foreign_checkpoint(CHECKPOINT)


def test_we_refuse_every_other_byte_of_a_proof() -> None:
    assert accepted(PROOF, our_proof) == []


def test_we_refuse_every_other_byte_of_a_checkpoint() -> None:
    assert accepted(CHECKPOINT, our_checkpoint) == []


def test_another_verifier_ignores_the_bits_under_padding_and_nothing_else() -> None:
    for good, check in ((PROOF, foreign_proof), (CHECKPOINT, foreign_checkpoint)):
        lenient = accepted(good, check, TEXT)
        assert lenient == [each for each in changes(good, TEXT) if padding_only(good, each)]
        assert len(lenient) == 3  # 4 bytes of key id and 64 of signature leave two bits unused


def test_every_other_byte_of_a_tile_gives_another_root() -> None:
    root, tile = merkle.root(LEAVES), b"".join(LEAVES)
    assert proofbundle.merkle.merkle_tree_hash(ENTRIES) == root
    for changed in changes(tile):
        assert merkle.root([changed[at : at + 32] for at in range(0, len(changed), 32)]) != root
    together = bundle(ENTRIES)
    for changed in changes(together):
        try:
            entries = split_bundle(changed, len(ENTRIES))
        except ProofError:
            continue
        assert proofbundle.merkle.merkle_tree_hash(entries) != root
