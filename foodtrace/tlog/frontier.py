"""Growing a tree and reading its nodes back from a store. Pure: the caller reads and writes.

Rules:

1. Stored are the leaf hashes and the full nodes of the levels 4, 8, 12 ... (DESIGN §5); node (level, index) is the hash
   of the leaves [index * 2^level, (index + 1) * 2^level). A stored node is written once, when its last leaf comes.
2. The head row keeps the frontier, so appending reads no node at all.
3. Any other full node is hashed again from at most 8 stored ones that lie in one block of 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from struct import unpack
from typing import Final, Self

from foodtrace.errors import Integrity, ProofError
from foodtrace.tlog.ranges import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, NODE, Subtree, check_number, node_hash, parents

STORED_STEP: Final = 4
"""Full nodes of every 4th level from 4 up are stored (DESIGN §5)."""


class Frontier:
    """The right edge of a growing tree: its size and the full subtrees it consists of.

    Enough to append and to give the root, in 8 + 32·popcount(size) bytes. Mutable; :meth:`copy` before a transaction
    that may roll back. A failed :meth:`extend` changes nothing. The hashes stay side by side in one string of bytes, as they
    are stored: a commit of one event takes few of them apart.
    """

    __slots__ = ("_edge", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._edge = b""

    @property
    def size(self) -> int:
        """Number of leaves appended so far."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Hashes of the full subtrees, left (largest) to right, as :func:`foodtrace.tlog.ranges.root_ranges` names them."""
        edge = self._edge
        return unpack("32s" * (len(edge) // HASH_SIZE), edge)

    def copy(self) -> Frontier:
        """Return an independent frontier of the same tree."""
        twin = Frontier()
        twin._size, twin._edge = self._size, self._edge
        return twin

    def append(self, leaf_hash: bytes) -> list[tuple[int, int, bytes]]:
        """Append one leaf; see :meth:`extend`. It is hashed with what stands alone, from the lowest level up."""
        if len(leaf_hash) != HASH_SIZE:
            raise ProofError("proof.hash_length", value=len(leaf_hash), expected=HASH_SIZE, what="leaf")
        node, edge, index, level, stored = leaf_hash, self._edge, self._size, 0, []
        grown = check_number("size", index + 1)
        while index & 1:
            node, edge = node_hash(edge[-HASH_SIZE:], node), edge[:-HASH_SIZE]
            index >>= 1
            level += 1
            if level % STORED_STEP == 0:
                stored.append((level, index, node))
        self._size, self._edge = grown, edge + node
        return stored

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        """Append leaves and return the nodes to store that this completed: (level, index, hash), lowest level first.

        Level by level instead of leaf by leaf: all pairs of a level are hashed in one comprehension.
        """
        nodes = list(leaf_hashes)
        if len(nodes) == 1:
            return self.append(nodes[0])
        if not set(map(len, nodes)) <= {HASH_SIZE}:
            wrong = next(each for each in nodes if len(each) != HASH_SIZE)
            raise ProofError("proof.hash_length", value=len(wrong), expected=HASH_SIZE, what="leaf")
        grown = check_number("size", self._size + len(nodes))
        peaks, stored, level = self._by_level(), [], 0
        while nodes:
            if len(nodes) == 1 and not self._size >> level & 1:  # nothing to hash it with: where every batch soon ends
                if level and level % STORED_STEP == 0:
                    stored.append((level, self._size >> level, nodes[0]))
                peaks[level : level + 1] = nodes
                break
            first = self._size >> level  # complete nodes of this level so far
            if level and level % STORED_STEP == 0:
                stored += [(level, first + i, each) for i, each in enumerate(nodes)]
            if level == len(peaks):
                peaks.append(b"")
            if first & 1:
                nodes.insert(0, peaks[level])
            peaks[level] = nodes[-1] if len(nodes) & 1 else b""
            nodes = parents(nodes)
            level += 1
        self._size, self._edge = grown, b"".join(peaks[::-1])
        return stored

    def _by_level(self) -> list[bytes]:
        """Return the hashes by level, b"" where the size has a 0 bit."""
        peaks, hashes = [], iter(self.hashes[::-1])
        rest = self._size
        while rest:
            peaks.append(next(hashes) if rest & 1 else b"")
            rest >>= 1
        return peaks

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        smallest_first = self.hashes[::-1]
        if not smallest_first:
            return EMPTY_ROOT
        out, *larger = smallest_first
        sha, prefix = sha256, NODE
        for each in larger:  # node_hash(), without the call: every commit comes through here
            out = sha(prefix + each + out).digest()
        return out

    def to_bytes(self) -> bytes:
        """Return size (8 bytes, big endian) and hashes, left to right."""
        return self._size.to_bytes(8, "big") + self._edge

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the frontier that :meth:`to_bytes` wrote. Raises ``Integrity`` for anything else."""
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_SIZE * size.bit_count() or size > MAX_SIZE:
            raise Integrity("proof.frontier", value=len(data), expected=8 + HASH_SIZE * size.bit_count())
        out = cls()
        out._size, out._edge = size, data[8:]
        return out

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frontier) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Frontier(size={self._size}, root={self.root().hex()})"


class StoredNodes:
    """``node(level, index)`` over a store that keeps leaf hashes and the full nodes of levels 4, 8, 12 ...

    ``read(level, block)`` returns the nodes [16·block, 16·block + 16) of one stored level (level 0: the leaf hashes), in
    order and without gaps, fewer only at the right edge of the tree. Each block is read once; a proof needs at most two
    blocks for every four levels.
    Nodes in between are hashed again from at most 8 read ones.
    """

    def __init__(self, read: Callable[[int, int], Sequence[bytes]]) -> None:
        self._read = read
        self._blocks: dict[Subtree, Sequence[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of one full subtree. Raises ``Integrity`` if a node it needs is not in the store."""
        base = level - level % STORED_STEP
        count = 1 << (level - base)
        start = index * count
        key = (base, start >> STORED_STEP)
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = self._read(*key)
        at = start % (1 << STORED_STEP)
        nodes = block[at : at + count]
        if len(nodes) != count:
            raise Integrity("proof.node_missing", level=base, index=start + len(nodes))
        while len(nodes) > 1:
            nodes = parents(nodes)
        return nodes[0]
