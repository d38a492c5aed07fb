"""What the signed root says of the bundles of a copy, from the top of the tree down, before they are followed.

Rules:

1. The last tile of each level, where it is partial, has to lead to the root; of a full tile the hash has to stand in the tile above it.
   So whoever signed the root had hashed all the entries below a hash that is vouched for: nobody can make them up as they are asked for.
2. Nothing is found here, only believed or not: what a file has to be, and is not, the audit finds when it comes to it.
3. For the next bundle of a walk this reads at most one tile of each level anew.
"""

from __future__ import annotations

from foodtrace.errors import Integrity, ProofError
from foodtrace.tlog.checkpoint import TreeHead
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.ranges import HASH_SIZE, root_ranges
from foodtrace.tlog.tilenodes import nodes_of
from foodtrace.tlog.tiles import HEIGHT, WIDTH, Tile, hashes_of, subtree
from foodtrace.tlog.tilesource import Source, read_tile

__all__ = ["Vouching"]


class Vouching:
    """The hashes of a copy's bundles that its signed root vouches for."""

    def __init__(self, source: Source, head: TreeHead) -> None:
        self._source, self._head = source, head
        self._held: dict[int, tuple[int, list[bytes]]] = {}
        """The tile that was asked for last of each level, and its hashes; none of them if nothing vouches for it."""

    def edge(self) -> bool:
        """Say whether the copy has the tiles at the end of the tree, and they lead to the root. Raises ``Storage``."""
        size = self._head.size
        node = nodes_of(self._source, size)
        try:
            hashes = b"".join(node(level, index) for level, index in root_ranges(size))
        except Integrity:
            return False
        return Frontier.from_bytes(size.to_bytes(8, "big") + hashes).root() == self._head.root

    def bundle(self, number: int) -> bytes | None:
        """Return what the 256 entries of a full bundle come to, none if nothing vouches for it. Raises ``Storage``.

        It is asked only where :meth:`edge` holds.
        """
        hashes = self._tile(1, number // WIDTH)
        return hashes[number % WIDTH] if hashes else None

    def _tile(self, level: int, index: int) -> list[bytes]:
        held = self._held.get(level)
        if held is None or held[0] != index:
            held = self._held[level] = (index, self._vouched(level, index))
        return held[1]

    def _vouched(self, level: int, index: int) -> list[bytes]:
        width = min(WIDTH, (self._head.size >> HEIGHT * level) - index * WIDTH)
        try:
            data, more = read_tile(self._source, Tile(level, index, width), WIDTH * HASH_SIZE)
            hashes = [] if data is None else hashes_of(data, width, more=more)
        except ProofError:
            return []
        if width < WIDTH or not hashes:  # a partial one is of the edge, which holds
            return hashes
        above = self._tile(level + 1, index // WIDTH)
        return hashes if above and above[index % WIDTH] == subtree(hashes) else []
