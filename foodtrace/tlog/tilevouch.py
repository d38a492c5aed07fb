"""What the signed root says of the bundles of a copy, from the top of the tree down, before they are followed.

Rules:

1. The last tile of each level, where it is partial, has to lead to the root; of a full tile the hash has to stand in the tile above it.
   So whoever signed the root had hashed all the entries below a hash that is vouched for: nobody can make them up as they are asked for.
2. Nothing is found here, only believed or not: what a file has to be, and is not, the audit finds when it comes to it.
3. For the next bundle of a walk this reads at most one tile of each level anew.
4. Where the end of the tree does not lead to the root, which of its tiles is to blame is looked for in what they were made of: each hash is
   that of a full tile below it, or of an entry. That is a tile for each hash, at most 255 a level, whatever size somebody wrote down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foodtrace.errors import Integrity, ProofError
from foodtrace.tlog.checkpoint import TreeHead
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.ranges import HASH_SIZE, leaf_hash, root_ranges
from foodtrace.tlog.tilenodes import nodes_of
from foodtrace.tlog.tiles import HEIGHT, MAX_BUNDLE, WIDTH, Tile, hashes_of, split_bundle, subtree
from foodtrace.tlog.tilesource import Source, read_tile

__all__ = ["Vouching", "Wrong"]


class Wrong(NamedTuple):
    """What is wrong with one tile at the end of the tree."""

    code: str
    path: str
    seq: int | None = None
    """First entry below the hash that is not as what it was made of."""
    expected: object = ""
    got: object = ""


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

    def damaged(self) -> Iterator[Wrong]:
        """Yield what is wrong with the tiles at the end of the tree (rule 4). Raises ``Storage``."""
        level = 0
        while count := self._head.size >> HEIGHT * level:
            if count % WIDTH:
                yield from self._compared(Tile(level, count // WIDTH, count % WIDTH))
            level += 1

    def _compared(self, tile: Tile) -> Iterator[Wrong]:
        try:
            hashes = self._hashes(tile)
        except ProofError as error:
            yield Wrong(error.code, tile.path, None, error.expected or "", error.value or "")
            return
        if hashes is None:
            yield Wrong("tiles.missing", tile.path)
            return
        leaves = self._leaves(tile) if tile.level == 0 else []
        for place, got in enumerate(hashes):
            number = tile.number * WIDTH + place
            below = leaves[place : place + 1] if tile.level == 0 else self._whole(Tile(tile.level - 1, number, WIDTH))
            if below and below[0] != got:
                yield Wrong("tiles.hash", tile.path, number << HEIGHT * tile.level, below[0].hex(), got.hex())

    def _hashes(self, tile: Tile) -> list[bytes] | None:
        data, more = read_tile(self._source, tile, WIDTH * HASH_SIZE)
        return None if data is None else hashes_of(data, tile.width, more=more)

    def _whole(self, tile: Tile) -> list[bytes]:
        """Return the hash of a full tile, nothing where it cannot be read."""
        try:
            hashes = self._hashes(tile)
        except ProofError:
            return []
        return [subtree(hashes)] if hashes else []

    def _leaves(self, tile: Tile) -> list[bytes]:
        """Return the hashes of the entries below a tile of the lowest level, nothing where they cannot be read."""
        bundle = Tile(-1, tile.number, tile.width)
        try:
            data, more = read_tile(self._source, bundle, MAX_BUNDLE)
            return [] if data is None else [leaf_hash(each) for each in split_bundle(data, tile.width, more=more)]
        except ProofError:
            return []

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
