"""The anchor: the newest checkpoint this host signed or saw, kept outside the database.

Rules (DESIGN section 5, rollback):

1. One file a log, in the key directory. It is a lower bound: written after COMMIT, forward only, under a file lock.
2. Two slots of 2,048 bytes, written in turn with one ``pwrite`` each: SHA-256, length, checkpoint. A torn write spoils the
   slot being written, never the other one.
3. No fsync: after a power cut the anchor may be older than the database, which loses nothing (rule 1) and keeps a commit at
   the price of a commit.
4. A file with no intact slot is an error, never "no anchor": somebody damaged it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from foodtrace.errors import Integrity, Storage

SLOT: Final = 2048
_OVERHEAD: Final = 34


def anchor_path(directory: str | Path, origin: str) -> Path:
    """Return where the anchor of a log lies."""
    return Path(directory).expanduser() / f"{hashlib.sha256(origin.encode()).hexdigest()[:16]}.anchor"


def read_anchor(path: Path) -> tuple[int, bytes] | None:
    """Return (size, checkpoint) of the newest intact slot; none where there is no anchor.

    :raises Integrity: ``anchor.damaged``. :raises Storage: ``anchor.unreadable``.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Storage("anchor.unreadable", value=str(path), reason=str(error)) from None
    slots = [slot for slot in (_slot(data[:SLOT]), _slot(data[SLOT : 2 * SLOT])) if slot is not None]
    if not slots:
        raise Integrity("anchor.damaged", value=str(path))
    return max(slots)


def move_anchor(path: Path, size: int, checkpoint: bytes) -> None:
    """Move the anchor on to a newer checkpoint; an older one changes nothing."""
    if len(checkpoint) > SLOT - _OVERHEAD:
        raise Storage("anchor.too_long", value=len(checkpoint), expected=SLOT - _OVERHEAD)
    try:
        handle = _opened(path)
        try:
            with _locked(handle):
                data = os.pread(handle, 2 * SLOT, 0)
                first, second = _slot(data[:SLOT]), _slot(data[SLOT:])
                newest = max((slot for slot in (first, second) if slot is not None), default=None)
                if newest is not None and newest[0] >= size:
                    return
                place = SLOT if first is not None and first == newest else 0
                os.pwrite(handle, _pack(checkpoint), place)
        finally:
            os.close(handle)
    except OSError as error:
        raise Storage("anchor.unwritable", value=str(path), reason=str(error)) from None


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _pack(checkpoint: bytes) -> bytes:
    body = len(checkpoint).to_bytes(2, "big") + checkpoint
    return (hashlib.sha256(body).digest() + body).ljust(SLOT, b"\0")


def _slot(data: bytes) -> tuple[int, bytes] | None:
    if len(data) < _OVERHEAD:
        return None
    size = int.from_bytes(data[32:34], "big")
    body = data[32 : 34 + size]
    if hashlib.sha256(body).digest() != data[:32]:
        return None
    checkpoint = body[2:]
    lines = checkpoint.split(b"\n", 2)
    if len(lines) < 3 or not lines[1].isdigit():  # noqa: PLR2004 - origin, size, rest
        return None
    return int(lines[1]), checkpoint


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    """Hold the file's advisory lock, where the system has one."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)
