"""What this host knows of a database's logs besides the database: what ``verify`` saw of them, and which of them it signs itself.

Rules:

1. What was seen stands at the head of the mark's file (:mod:`foodtrace.verification.mark`), in the key directory: a line for each log, and
   a hash of these lines. Whoever answers a question reads this head alone, never the whole mark.
2. It is true of whatever program reads it: size, root and leaf hash of a log do not depend on who looks.
3. It must have been read before the snapshot it is compared with was opened: a run that ends in between has seen entries that the
   snapshot does not.
4. A head that is damaged vouches for nothing, and whoever asks is told that nothing vouches: it is never taken for "no mark yet".
5. This module loads no structs and no cryptography: a recall from the shell pays for every import.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.tlog.anchor import anchor_path, wrote

if TYPE_CHECKING:
    from foodtrace.storage.session import Store

MAGIC: Final = b"foodtrace verified 2\n"
_HEX: Final = 64
_FIRST: Final = 8192
"""Bytes read at first: enough for 40 logs."""


class Seen(NamedTuple):
    """What ``verify`` last saw of a log."""

    size: int
    """Entries."""
    root: bytes
    """Root of the tree at that size."""
    leaf: bytes
    """Leaf hash of the last entry; by the chain it depends on every entry before."""
    time: int
    """When that run was, microseconds since 1970 UTC."""


class Vouched:
    """What this host knows of the logs of one database."""

    def __init__(self, keys: Path, mark: Path) -> None:
        """Read the head of the mark (rule 3). :param keys: key directory. :param mark: see :func:`mark_path`."""
        self._keys = keys
        self._read = _head_of(mark)

    @cached_property
    def seen(self) -> Mapping[str, Seen]:
        """Origin -> what was seen of the log; of a damaged mark nothing."""
        return (self._read and parse_head(self._read)) or {}

    @cached_property
    def damaged(self) -> bool:
        """Whether there is a mark that cannot be read (rule 4)."""
        return self._read is not None and parse_head(self._read) is None

    def signs(self, origin: str) -> bool:
        """Say whether this host has an anchor of a log: what was compared with it when the ledger was opened."""
        return anchor_path(self._keys, origin).exists()

    def wrote(self, origin: str) -> bool:
        """Say whether this host has, or had, an anchor of a log: it wrote it."""
        return wrote(self._keys, origin)

    def gone(self, here: Mapping[str, object]) -> dict[int, str]:
        """Return the logs that ``verify`` saw and that are not in the database any more, under numbers that no log has.

        :param here: by origin, the logs that are there.
        """
        return {-place: origin for place, origin in enumerate(sorted(self.seen.keys() - here.keys()), 1)}


def mark_path(keys: Path, url: str, schema: str | None) -> Path:
    """Return where the mark of a database lies.

    :param url: as :attr:`foodtrace.storage.session.Store.url`; the user in it makes no difference.
    """
    if url.startswith("sqlite:///"):
        return _mark_at(keys, str(Path(url.removeprefix("sqlite:///")).resolve()))
    scheme, mark, rest = url.partition("://")
    main, question, query = rest.partition("?")
    return _mark_at(keys, f"{scheme}{mark}{main.rpartition('@')[2]}{question}{query} {schema or ''}")


def mark_of(keys: Path, store: Store, schema: str | None) -> Path:
    """Return where the mark of an open database lies, and bring one there that an older version left (:attr:`Store.former_url`)."""
    path = mark_path(keys, store.url, schema)
    former = store.former_url
    if former and not path.exists():
        with suppress(OSError):
            _mark_at(keys, f"{former} {schema or ''}").replace(path)
    return path


def _mark_at(keys: Path, place: str) -> Path:
    return keys / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.verified"


def read_seen(mark: Path) -> Mapping[str, Seen]:
    """Return what was seen of each log, by origin; empty where nothing was, or it cannot be read."""
    head = _head_of(mark)
    return (head and parse_head(head)) or {}


def format_head(seen: Mapping[str, Seen]) -> bytes:
    """Return the head of a mark's file, with its hash."""
    lines = [f"{each.size} {each.root.hex()} {each.leaf.hex()} {each.time} {origin}\n" for origin, each in sorted(seen.items())]
    text = MAGIC + "".join(lines).encode() + b"\n"
    return text + hashlib.sha256(text).hexdigest().encode() + b"\n"


def head_size(data: bytes) -> int:
    """Return how long the head at the beginning of a mark's file is; 0: it has none, or not the whole of one."""
    end = data.find(b"\n\n") if data.startswith(MAGIC) else -1
    size = end + 2 + _HEX + 1
    return size if end >= 0 and len(data) >= size else 0


def parse_head(head: bytes) -> dict[str, Seen] | None:
    """Return what :func:`format_head` printed, none for anything else."""
    body, _, check = head[:-1].rpartition(b"\n")
    if head[-1:] != b"\n" or hashlib.sha256(body + b"\n").hexdigest().encode() != check:
        return None
    found: dict[str, Seen] = {}
    try:
        for line in body[len(MAGIC) :].decode().split("\n")[:-1]:
            size, root, leaf, time, origin = line.split(" ", 4)
            found[origin] = Seen(int(size), bytes.fromhex(root), bytes.fromhex(leaf), int(time))
    except ValueError:
        return None
    return found if format_head(found) == head else None


def _head_of(mark: Path) -> bytes | None:
    """Return the head of a mark's file, empty where it is damaged, none where nothing was ever seen by a program that says it here."""
    try:
        with mark.open("rb", buffering=0) as file:
            data = file.read(_FIRST)
            if not head_size(data):
                data += file.readall()
    except FileNotFoundError:
        return None
    except OSError:
        return b""
    size = head_size(data)
    if not size and hashlib.sha256(data[32:]).digest() == data[:32]:
        return None  # made before marks had a head: `verify` does not use it either
    return data[:size]


__all__ = ["MAGIC", "Seen", "Vouched", "format_head", "head_size", "mark_of", "mark_path", "parse_head", "read_seen"]
