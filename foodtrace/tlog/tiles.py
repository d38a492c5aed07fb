"""The layout of a log as static files (C2SP tlog-tiles). Pure.

Rules:

1. ``checkpoint``; ``tile/L/N`` with 256 hashes of full subtrees of 256^L leaves; ``tile/entries/N`` with the 256 entries of the
   level-0 tile N, each after its length in two bytes. N is in groups of three digits, all but the last with an ``x``.
2. At a size the last tile of a level is partial: ``.p/W`` with W hashes, 1 to 255. Empty tiles do not exist, and a partial tile
   has no hash in the level above.
3. ``keys/SIZE`` is the checkpoint right after a key entry, signed by the old and the new key. It is ours: other readers pass over it, and
   whoever takes the log in needs it, because the newest checkpoint says nothing of the keys before its own.
4. Reading is strict: a tile has exactly its width, a bundle exactly its entries and no byte more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from foodtrace.errors import ProofError
from foodtrace.tlog.entry import MAX_BYTES
from foodtrace.tlog.ranges import HASH_SIZE, parents

__all__ = [
    "CHECKPOINT",
    "MAX_BUNDLE",
    "WIDTH",
    "Tile",
    "bundle",
    "hashes_of",
    "key_path",
    "split_bundle",
    "subtree",
    "tile_path",
    "tiles_at",
]

WIDTH: Final = 256
HEIGHT: Final = 8
CHECKPOINT: Final = "checkpoint"
MAX_BUNDLE: Final = WIDTH * (2 + MAX_BYTES)
"""Longest entry bundle, in bytes."""


class Tile(NamedTuple):
    """One tile of a tree of some size; level -1 is the entry bundles."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where it lies below the prefix."""
        return tile_path(self.level, self.number, self.width)

    @property
    def full_path(self) -> str:
        """Where the full tile lies that a partial one grows into."""
        return tile_path(self.level, self.number)


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile, ``tile/0/x001/234`` or ``tile/entries/000.p/7``."""
    number = f"{index % 1000:03d}"
    while index >= 1000:  # noqa: PLR2004 - three digits a folder
        index //= 1000
        number = f"x{index % 1000:03d}/{number}"
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{'entries' if level < 0 else level}/{number}{partial}"


def key_path(size: int) -> str:
    """Return the path of the checkpoint of this size, at whose end a key entry stands (rule 3)."""
    return f"keys/{size}"


def tiles_at(level: int, size: int, start: int = 0) -> Iterator[Tile]:
    """Yield the tiles of one level (-1: bundles) of a tree of this size, from tile ``start`` on (rule 2)."""
    count = size >> HEIGHT * max(level, 0)
    for index in range(start, count // WIDTH):
        yield Tile(level, index, WIDTH)
    if count % WIDTH and count // WIDTH >= start:
        yield Tile(level, count // WIDTH, count % WIDTH)


def subtree(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of the full subtree over 256 hashes: what a full tile is in the level above."""
    nodes = list(hashes)
    while len(nodes) > 1:
        nodes = parents(nodes)
    return nodes[0]


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return the entry bundle of up to 256 entries."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)


def split_bundle(data: bytes, width: int, *, more: bool = False) -> list[bytes]:
    """Return the entries of a bundle. Raises ``ProofError`` (``tiles.bundle``).

    :param more: take the first ``width`` entries of a longer bundle: the full one in place of the partial one.
    """
    entries: list[bytes] = []
    at = 0
    while len(entries) < width and at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            break
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width or (at != len(data) and not more):
        raise ProofError("tiles.bundle", value=len(entries), expected=width)
    return entries


def hashes_of(data: bytes, width: int, *, more: bool = False) -> list[bytes]:
    """Return the hashes of a tile. Raises ``ProofError`` (``tiles.tile``). ``more`` as in :func:`split_bundle`."""
    wanted = HASH_SIZE * (WIDTH if more else width)
    if len(data) != wanted:
        raise ProofError("tiles.tile", value=len(data), expected=wanted)
    return [data[at : at + HASH_SIZE] for at in range(0, HASH_SIZE * width, HASH_SIZE)]
