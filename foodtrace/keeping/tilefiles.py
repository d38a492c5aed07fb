"""The files of a copy in tiles: what belongs into each, and which of an earlier export are not as they were left.

Rules:

1. What a path of a copy holds never changes: a tile or bundle of that width, the checkpoint after a key entry. So what differs is damage:
   it is put back from the log, and named.
2. Looked into is every file that was changed after the checkpoint, which each export writes last, by the time that the system keeps of
   every change and nobody sets by hand. So an export costs a look at each name, and reads what somebody touched. What a bad disk changes
   without the system knowing, ``--full`` finds, and ``verify --tiles``: these read everything.
3. A partial tile whose full one is there need not be: readers take the full one.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from foodtrace.errors import Integrity
from foodtrace.opening import LogState
from foodtrace.storage.session import Session
from foodtrace.tlog.files import disk, publish
from foodtrace.tlog.frontier import StoredNodes
from foodtrace.tlog.merkle import leaf_hash
from foodtrace.tlog.tiles import CHECKPOINT, HEIGHT, WIDTH, Tile, bundle, tiles_at

__all__ = ["Copy", "levels"]

_ENTRIES: Final = "SELECT seq, leaf, bytes FROM entry WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq"


def levels(size: int) -> range:
    """Return the levels of the tiles of a log of this size, bundles (-1) first."""
    return range(-1, max((size.bit_length() + HEIGHT - 1) // HEIGHT, 1))


class Copy:
    """A folder with a log in tiles, and the log itself to fill it from."""

    def __init__(self, session: Session, state: LogState, node: StoredNodes, folder: Path) -> None:
        self._session, self._state, self._node = session, state, node
        self.folder = folder
        self.mended: list[str] = []
        """Paths that held something else than belongs there, or were missing, and were written anew."""

    def put(self, path: str, data: bytes) -> None:
        """Write a file, and name it if there was another in its place (rule 1). Raises ``Storage`` (``files.io``)."""
        there = self.read(path)
        if there is not None and there != data:
            self.mended.append(path)
        publish(self.folder / path, data)

    def read(self, path: str) -> bytes | None:
        """Return what a file holds, none where there is none. Raises ``Storage`` (``files.io``)."""
        place = self.folder / path
        with disk(place):
            return place.read_bytes() if place.exists() else None

    def pair(self, number: int, width: int) -> tuple[bytes, bytes]:
        """Return the entry bundle and the level-0 tile of a number. Raises ``Integrity`` (``prove.broken``)."""
        first = number * WIDTH
        rows = self._session.rows(_ENTRIES, (self._state.number, first, first + width))
        entries, leaves = [bytes(row[2]) for row in rows], [bytes(row[1]) for row in rows]
        if [row[0] for row in rows] != list(range(first, first + width)) or [leaf_hash(each) for each in entries] != leaves:
            raise Integrity("prove.broken", value=self._state.origin, reason=f"entries {first} .. {first + width - 1}")
        return bundle(entries), b"".join(leaves)

    def data(self, tile: Tile) -> bytes:
        """Return what belongs into a tile or bundle."""
        if tile.level <= 0:
            return self.pair(tile.number, tile.width)[0 if tile.level < 0 else 1]
        at = tile.number * WIDTH
        return b"".join(self._node(HEIGHT * tile.level, at + place) for place in range(tile.width))

    def mend(self, size: int, *, full: bool) -> None:
        """Put back what an earlier export of this size left and somebody changed since (rule 2).

        :param full: everything of that size is about to be written anew; look at what lies beside it, whatever its time.
        :raises Integrity: ``prove.broken``. :raises Storage: ``files.io``.
        """
        place = self.folder / CHECKPOINT
        with disk(place):
            since = 0 if full else _changed(place)
        for tile in self._earlier(size, full=full):
            path = self.folder / tile.path
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                if tile.width < WIDTH and (self.folder / tile.full_path).is_file():
                    continue  # rule 3
            except OSError:
                pass  # reading it says what is the matter
            else:
                if stat.S_ISREG(found.st_mode) and max(found.st_ctime_ns, found.st_mtime_ns) < since:
                    continue
            data = self.data(tile)
            if self.read(tile.path) != data:
                self.mended.append(tile.path)
                publish(path, data)

    def _earlier(self, size: int, *, full: bool) -> Iterator[Tile]:
        """Yield what an export of this size has written, and the partial tiles before it that are still there."""
        for level in levels(size):
            last: Tile | None = None
            for last in tiles_at(level, size):
                if not full:
                    yield last
            if last is None or last.width == WIDTH:
                continue
            beside = self.folder / (last.full_path + ".p")
            with disk(beside):
                names = sorted(each.name for each in beside.iterdir()) if beside.is_dir() else []
            for name in names:
                if name.isascii() and name.isdigit() and name[0] != "0" and int(name) < last.width:
                    yield last._replace(width=int(name))


def _changed(path: Path) -> int:
    """Return when a file was changed last, whatever about it, in nanoseconds."""
    found = path.stat()
    return max(found.st_ctime_ns, found.st_mtime_ns)
