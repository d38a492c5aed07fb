"""Nodes of a tree from a copy in tiles, for proofs made without the log's database. Nothing read is trusted: verify the proof."""

from __future__ import annotations

from foodtrace.errors import Integrity, ProofError
from foodtrace.tlog.ranges import HASH_SIZE, Node, parents
from foodtrace.tlog.tiles import HEIGHT, WIDTH, Tile, hashes_of
from foodtrace.tlog.tilesource import Source, read_tile

__all__ = ["nodes_of"]


def nodes_of(source: Source, size: int) -> Node:
    """Return ``node(level, index)`` over a copy of this size; each tile is read once.

    :raises Integrity: ``proof.node_missing`` where the copy lacks a tile or has one of another width.
    """
    tiles: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, index: int) -> list[bytes]:
        if (level, index) not in tiles:
            width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
            try:
                data, more = read_tile(source, Tile(level, index, width), WIDTH * HASH_SIZE)
                tiles[level, index] = [] if data is None else hashes_of(data, width, more=more)
            except ProofError:
                tiles[level, index] = []
        return tiles[level, index]

    def node(level: int, index: int) -> bytes:
        base, rest = divmod(level, HEIGHT)
        count = 1 << rest
        first = index * count
        nodes = tile(base, first // WIDTH)[first % WIDTH : first % WIDTH + count]
        if len(nodes) != count:
            raise Integrity("proof.node_missing", level=level, index=index)
        while len(nodes) > 1:
            nodes = parents(nodes)
        return nodes[0]

    return node
