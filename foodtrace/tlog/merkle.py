"""The Merkle tree of a log: hashes, roots, proofs and their verification (RFC 6962, RFC 9162 §2.1). Pure.

Rules:

1. Every hash is 32 bytes long. One exception: two roots of the same size are only compared (transparency-dev
   vectors), nothing is hashed there.
2. An inclusion proof needs index < size. A consistency proof needs 0 < size1 <= size2; for equal sizes it is empty.
3. A proof has exactly the hashes it needs: one more or one less is refused.
4. What does not hold or is out of form raises :class:`ProofError`, whatever it is made of; what is missing from our own
   store raises :class:`foodtrace.errors.Integrity`.

Numbers, hashes and ranges are in :mod:`foodtrace.tlog.ranges`, growing and stored nodes in
:mod:`foodtrace.tlog.frontier`; the names to use are all here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foodtrace.errors import ProofError
from foodtrace.tlog.frontier import STORED_STEP, Frontier, StoredNodes
from foodtrace.tlog.ranges import (
    EMPTY_ROOT,
    HASH_SIZE,
    MAX_SIZE,
    Node,
    check_hash,
    check_hashes,
    check_number,
    check_sizes,
    fold,
    leaf_hash,
    node_hash,
    parents,
    proof_ranges_consistency,
    proof_ranges_inclusion,
    root_ranges,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "MAX_SIZE",
    "STORED_STEP",
    "Frontier",
    "Node",
    "StoredNodes",
    "consistency_proof",
    "consistency_proof_from",
    "inclusion_proof",
    "inclusion_proof_from",
    "leaf_hash",
    "node_hash",
    "proof_ranges_consistency",
    "proof_ranges_inclusion",
    "root",
    "root_from",
    "root_ranges",
    "verify_consistency",
    "verify_inclusion",
]

MAX_PROOF: Final = 64
"""More hashes than this no proof for a tree of at most ``MAX_SIZE`` leaves can have."""

# --- from stored nodes -------------------------------------------------------------------------------------------


def root_from(node: Node, size: int) -> bytes:
    """Return the root of the tree of this size with O(log size) calls of ``node``."""
    return fold(node, root_ranges(size)) or EMPTY_ROOT


def inclusion_proof_from(node: Node, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of leaf ``index`` in the tree of ``size`` with O(log size) calls of ``node``."""
    return [fold(node, each) for each in proof_ranges_inclusion(index, size)]


def consistency_proof_from(node: Node, size1: int, size2: int) -> list[bytes]:
    """Return the consistency proof between two sizes with O(log size2) calls of ``node``."""
    return [fold(node, each) for each in proof_ranges_consistency(size1, size2)]


# --- from all leaf hashes ----------------------------------------------------------------------------------------


def _from_leaves(leaf_hashes: Sequence[bytes]) -> Node:
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    return lambda level, index: levels[level][index]


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree given all its leaf hashes. Raises ``ProofError`` for a hash of wrong length."""
    return root_from(_from_leaves(check_hashes("leaf", leaf_hashes)), len(leaf_hashes))


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion proof of one leaf, its sibling first (RFC 9162 §2.1.3.1)."""
    return inclusion_proof_from(_from_leaves(check_hashes("leaf", leaf_hashes)), index, len(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int) -> list[bytes]:
    """Return the proof that the tree's first ``size1`` leaves were its state before (RFC 9162 §2.1.4.1)."""
    return consistency_proof_from(_from_leaves(check_hashes("leaf", leaf_hashes)), size1, len(leaf_hashes))


# --- verification ------------------------------------------------------------------------------------------------


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf stands at ``index`` in the tree of ``size`` with this root (RFC 9162 §2.1.3.2).

    Raises ``ProofError`` if it does not, or if anything is out of form.
    """
    # Step 1: the index must lie in the tree.
    if check_number("index", index) >= check_number("size", size):
        raise ProofError("proof.index_outside", value=index, expected=size)
    path = _path(proof)
    check_hash("root", root)
    # Steps 2 and 3.
    fn, sn, r = index, size - 1, check_hash("leaf", leaf_hash)
    # Step 4.
    for p in path:
        if sn == 0:
            raise ProofError("proof.length", value=len(path))
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    # Step 5.
    if sn:
        raise ProofError("proof.length", value=len(path))
    if r != root:
        raise ProofError("proof.root_mismatch", value=r.hex(), expected=root.hex(), index=index, size=size)


def verify_consistency(*, size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``size2`` extends the tree of ``size1`` (RFC 9162 §2.1.4.2).

    Raises ``ProofError`` if it does not (a fork, if both roots were signed), or if anything is out of form.
    """
    check_sizes(size1, size2)
    path = _path(proof)
    if size1 == size2:
        if path:
            raise ProofError("proof.length", value=len(path))
        if root1 != root2:
            raise ProofError("proof.roots_differ", value=_shown(root1), expected=_shown(root2), size=size1)
        return
    check_hash("root1", root1)
    check_hash("root2", root2)
    if not path:  # step 1
        raise ProofError("proof.length", value=0)
    if size1 & (size1 - 1) == 0:  # step 2
        path.insert(0, root1)
    fr, sr = _replay(path, size1 - 1, size2 - 1)
    # Step 7.
    if fr != root1:
        raise ProofError("proof.old_root_mismatch", value=fr.hex(), expected=root1.hex(), size=size1)
    if sr != root2:
        raise ProofError("proof.new_root_mismatch", value=sr.hex(), expected=root2.hex(), size=size2)


def _replay(path: list[bytes], fn: int, sn: int) -> tuple[bytes, bytes]:
    """Do steps 4 to 6 of RFC 9162 §2.1.4.2 and return the two roots the path leads to."""
    while fn & 1:  # step 4
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]  # step 5
    for c in path[1:]:  # step 6
        if sn == 0:
            raise ProofError("proof.length", value=len(path))
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError("proof.length", value=len(path))
    return fr, sr


def _path(proof: object) -> list[bytes]:
    """Return the hashes of a proof; its length is bounded before anything is looked at."""
    if isinstance(proof, Sequence) and len(proof) > MAX_PROOF:
        raise ProofError("proof.length", value=len(proof))
    return check_hashes("proof", proof)


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else type(value).__name__
