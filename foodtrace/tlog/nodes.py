"""Proofs and roots at any size from the nodes a database holds, in O(log n) reads.

Rules:

1. One read is one query for at most 16 rows: leaf hashes from ``entry``, full nodes of the levels 4, 8, 12 ... from ``node``.
   A proof reads at most two blocks for every four levels of the tree (:class:`foodtrace.tlog.frontier.StoredNodes`).
2. A row that is missing ends its block, so a gap is an error and never a shifted node.
3. Nothing read here is trusted: whoever hands a proof out has checked it against a signed root.
"""

from __future__ import annotations

from typing import Final

from foodtrace.storage.session import Session
from foodtrace.tlog.frontier import STORED_STEP, StoredNodes
from foodtrace.tlog.merkle import consistency_proof_from, inclusion_proof_from, root_from

__all__ = ["consistency_at", "inclusion_at", "root_at", "stored_nodes"]

_BLOCK: Final = 1 << STORED_STEP
_LEAVES: Final = "SELECT seq, leaf FROM entry WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq"
_NODES: Final = "SELECT idx, hash FROM node WHERE log = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx"


def stored_nodes(session: Session, log: int) -> StoredNodes:
    """Return the nodes of a log by (level, index); one object for several proofs reads each block once."""

    def read(level: int, block: int) -> list[bytes]:
        first = block * _BLOCK
        if level == 0:
            rows = session.rows(_LEAVES, (log, first, first + _BLOCK))
        else:
            rows = session.rows(_NODES, (log, level, first, first + _BLOCK))
        return [bytes(value) for place, (index, value) in enumerate(rows) if index == first + place]

    return StoredNodes(read)


def root_at(session: Session, log: int, size: int) -> bytes:
    """Return the root of a log at a size. Raises ``Integrity`` (``proof.node_missing``)."""
    return root_from(stored_nodes(session, log), size)


def inclusion_at(session: Session, log: int, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of an entry at a size. Raises ``ProofError`` for an index outside, ``Integrity`` for a gap."""
    return inclusion_proof_from(stored_nodes(session, log), index, size)


def consistency_at(session: Session, log: int, size1: int, size2: int) -> list[bytes]:
    """Return the consistency proof between two sizes, 0 < size1 <= size2. Raises as :func:`inclusion_at`."""
    return consistency_proof_from(stored_nodes(session, log), size1, size2)
