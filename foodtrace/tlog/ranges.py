"""Which nodes a Merkle tree, its proofs and its right edge are made of (RFC 9162 §2.1). Pure.

Rules:

1. A leaf is SHA-256(00 || data), an inner node SHA-256(01 || left || right), the empty tree SHA-256 of nothing.
2. Sizes and indexes are integers from 0 to 2^63-1; ``True`` is not an integer here.
3. A *full subtree* is named (level, index): the 2^level leaves from index * 2^level on. Complete, it never changes.
4. Every range of leaves that a proof needs is full subtrees side by side, at most one of each level, the larger ones
   left; its hash folds them from the right.

So a caller that can give the hash of a full subtree (:data:`Node`) gets every proof from O(log size) of them: only one
range of a proof touches the right edge of the tree and consists of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

from foodtrace.errors import Integrity, ProofError

HASH_SIZE: Final = 32
MAX_SIZE: Final = (1 << 63) - 1
"""Largest tree, so that a size fits every database's integer and the witness protocol (tlog-checkpoint)."""
EMPTY_ROOT: Final = sha256(b"").digest()

_LEAF: Final = b"\x00"
NODE: Final = b"\x01"
"""What an inner node's hash begins with (rule 1)."""

Node: TypeAlias = Callable[[int, int], bytes]
"""``node(level, index)`` gives the hash of one full subtree."""
Subtree: TypeAlias = tuple[int, int]


def leaf_hash(data: bytes) -> bytes:
    """Return the leaf hash of an entry's bytes (RFC 9162 §2.1.1)."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162 §2.1.1)."""
    return sha256(NODE + left + right).digest()


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """Hash neighbours in pairs; an odd last one is left out. The hot loop of append and of proofs."""
    sha, prefix, each = sha256, NODE, iter(nodes)
    return [sha(prefix + left + right).digest() for left, right in zip(each, each, strict=False)]


def check_number(what: str, value: object) -> int:
    """Return a size or index, or raise ``ProofError``."""
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        raise ProofError("proof.number", value=value, expected="0 .. 2^63-1", what=what)
    return value


def check_hash(what: str, value: object) -> bytes:
    """Return one hash, or raise ``ProofError``."""
    if not isinstance(value, bytes) or len(value) != HASH_SIZE:
        got = len(value) if isinstance(value, bytes) else type(value).__name__
        raise ProofError("proof.hash_length", value=got, expected=HASH_SIZE, what=what)
    return value


def check_hashes(what: str, values: object) -> list[bytes]:
    """Return the hashes as a list, or raise ``ProofError``."""
    if not isinstance(values, Iterable):
        raise ProofError("proof.form", value=type(values).__name__, what=what)
    return [check_hash(what, each) for each in values]


# --- what a tree is made of --------------------------------------------------------------------------------------


def _subtrees(start: int, end: int) -> list[Subtree]:
    """Split the leaves [start, end) into full subtrees, left to right; start must be aligned as in a tree."""
    out: list[Subtree] = []
    while start < end:
        level = (end - start).bit_length() - 1
        out.append((level, start >> level))
        start += 1 << level
    return out


def _split(count: int) -> int:
    """Return the largest power of two smaller than count (RFC 9162 §2.1.1, k)."""
    return 1 << ((count - 1).bit_length() - 1)


def root_ranges(size: int) -> list[Subtree]:
    """Return the full subtrees that make up the tree of this size, left to right."""
    return _subtrees(0, check_number("size", size))


def proof_ranges_inclusion(index: int, size: int) -> list[list[Subtree]]:
    """Return, for each hash of the inclusion proof from leaf to root, the full subtrees it is folded from.

    PATH(m, D_n) of RFC 9162 §2.1.3.1 as a walk down from the root: at each split the half without m is one hash.
    """
    if check_number("index", index) >= check_number("size", size):
        raise ProofError("proof.index_outside", value=index, expected=size)
    low, high, out = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            out.append(_subtrees(middle, high))
            high = middle
        else:
            out.append(_subtrees(low, middle))
            low = middle
    return out[::-1]


def proof_ranges_consistency(size1: int, size2: int) -> list[list[Subtree]]:
    """Return, for each hash of the consistency proof, the full subtrees it is folded from.

    SUBPROOF(m, D_n, b) of RFC 9162 §2.1.4.1 as a walk down from the root of the larger tree.
    """
    check_sizes(size1, size2)
    low, high, out = 0, size2, []
    while high != size1:
        middle = low + _split(high - low)
        if size1 <= middle:
            out.append(_subtrees(middle, high))
            high = middle
        else:
            out.append(_subtrees(low, middle))
            low = middle
    if low:  # b is false: the verifier does not hold this subtree as its old root
        out.append(_subtrees(low, high))
    return out[::-1]


def check_sizes(size1: int, size2: int) -> None:
    """Check 0 < size1 <= size2, or raise ``ProofError``."""
    check_number("size1", size1)
    check_number("size2", size2)
    if not 0 < size1 <= size2:
        raise ProofError("proof.sizes", value=f"{size1}, {size2}")


def fold(node: Node, subtrees: list[Subtree]) -> bytes:
    """Return the hash of neighbouring full subtrees: the smaller right ones are combined first."""
    out = b""
    for level, index in reversed(subtrees):
        got: object = node(level, index)
        if not isinstance(got, bytes) or len(got) != HASH_SIZE:
            raise Integrity("proof.node_missing", level=level, index=index)
        out = node_hash(got, out) if out else got
    return out
