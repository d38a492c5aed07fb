"""The anchor: the newest checkpoint this host signed or saw, kept outside the database.

Rules (DESIGN section 5, rollback; ADR 13):

1. One file a log, in the key directory. It is a lower bound: written after COMMIT, forward only, under a file lock.
2. Two slots, each in a page of its own, written with one ``pwrite`` each: SHA-256, length, checkpoint, and a last byte that is set when
   the slot is known to be on the disk. A torn write spoils the slot being written, never the other one.
3. The newest slot is written over until it has been synced; then it is the other's turn. So a slot is written only while the other one
   is on the disk, and whatever moment the power goes, one intact slot is there, not older than the last sync.
4. The file appears with its first slot in it, on the disk. It is synced at a process's first move, once a second at most after that, and
   by :meth:`Anchor.settle` when the ledger is closed; not at every commit, for that would double the price of one. After a power cut the
   anchor may be older than the database, which loses nothing (rule 1). A process that is killed loses none of it: what it wrote is the
   system's.
5. A file with no intact slot is an error, never "no anchor": somebody damaged it.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace.errors import Integrity, Storage

try:
    from fcntl import LOCK_EX, flock
except ImportError:  # Windows
    flock = None  # type: ignore[assignment]

__all__ = ["Anchor", "anchor_path", "move_anchor", "read_anchor", "wrote"]

PAGE: Final = 4096
SLOT: Final = 2048
_FORMER: Final = SLOT
"""Where the second slot lay in files of before; it is read, and not written any more."""
_HEAD: Final = 34
_LONGEST: Final = SLOT - _HEAD - 1
_ON_DISK: Final = b"\1"
EVERY: Final = 1.0
"""Seconds after which a move syncs again."""

_sync: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


def anchor_path(directory: str | Path, origin: str) -> Path:
    """Return where the anchor of a log lies."""
    return Path(directory).expanduser() / f"{hashlib.sha256(origin.encode()).hexdigest()[:16]}.anchor"


def wrote(directory: str | Path, origin: str) -> bool:
    """Say whether a host has, or had, an anchor of a log; a recovery that lost entries keeps the old one as evidence, beside its place."""
    path = anchor_path(directory, origin)
    return path.exists() or any(path.parent.glob(f"{path.stem}.evidence-*.anchor"))


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
    # Whoever writes does not wait for readers: what was torn by one that was met in the middle is read again under the lock.
    newest = _newest(data) or _newest(_locked_read(path))
    if newest is None:
        raise Integrity("anchor.damaged", value=str(path))
    return newest.size, newest.checkpoint


def move_anchor(path: Path, size: int, checkpoint: bytes) -> None:
    """Move the anchor on to a newer checkpoint, on the disk when this returns; an older one changes nothing."""
    Anchor(path).move(size, checkpoint)


class Anchor:
    """The anchor of one log as a process that writes the log moves it on; threads may share it."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.monotonic) -> None:
        """Use a file that need not be there yet; nothing is opened before the first move."""
        self.path = path
        self._file = str(path)
        self._now = now
        self._synced_at: float | None = None
        self._dirty = False
        self._image = b""
        """The file as this process left it, and ``_left`` the newest slot in it."""
        self._left: _Slot | None = None
        self._lock = threading.Lock()

    def move(self, size: int, checkpoint: bytes) -> None:
        """Move on to a newer checkpoint; an older one changes nothing.

        :raises Storage: ``anchor.too_long``, ``anchor.unwritable``; what the checkpoint is about stays durable all the same.
        """
        if len(checkpoint) > _LONGEST:
            raise Storage("anchor.too_long", value=len(checkpoint), expected=_LONGEST)
        try:
            with self._lock:
                handle = self._opened(checkpoint)
                try:
                    _lock_file(handle)
                    self._move(handle, size, checkpoint)
                finally:
                    os.close(handle)  # and with it the lock
        except OSError as error:
            raise Storage("anchor.unwritable", value=self._file, reason=str(error)) from None

    def news(self) -> tuple[int, bytes] | None:
        """Return (size, checkpoint) if the file is not as this process left it or last saw it, none if it is, or there is none.

        :raises Integrity: ``anchor.damaged``. :raises Storage: ``anchor.unreadable``.
        """
        with self._lock:
            try:
                handle = os.open(self._file, os.O_RDONLY)
                try:
                    found = os.pread(handle, PAGE + SLOT, 0)
                finally:
                    os.close(handle)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise Storage("anchor.unreadable", value=self._file, reason=str(error)) from None
            if found == self._image:
                return None
            newest = _newest(found)
            if newest is None:
                return read_anchor(self.path)
            self._image, self._left = found, newest
            return newest.size, newest.checkpoint

    def _opened(self, checkpoint: bytes) -> int:
        """Open the file; where there is none, it is made with the checkpoint in it."""
        try:
            return os.open(self._file, os.O_RDWR)
        except FileNotFoundError:
            self._make(checkpoint)
            return os.open(self._file, os.O_RDWR)

    def _make(self, checkpoint: bytes) -> None:
        from foodtrace.tlog.files import changing, publish  # noqa: PLC0415 - once in a log's life; readers need none of it

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with changing(self.path.parent):
                if not self.path.exists():  # nobody else has made it meanwhile
                    publish(self.path, _pack(checkpoint)[:-1] + _ON_DISK, mode=0o600)
            self._synced_at = self._now()
        except Storage as error:
            raise Storage("anchor.unwritable", value=self._file, reason=error.params["reason"]) from None

    def _move(self, handle: int, size: int, checkpoint: bytes) -> None:
        found = os.pread(handle, PAGE + SLOT, 0)
        # Mostly nobody else wrote meanwhile: what this process left there is not taken apart again.
        newest = self._left if found == self._image else _newest(found)
        if newest is not None and newest.size >= size:
            return
        now = self._now()
        due = self._synced_at is None or now - self._synced_at >= EVERY
        place = 0
        if newest is not None:
            settled = newest.settled
            if not settled and (due or newest.place == _FORMER):
                _sync(handle)
                settled = True
            # One that is not settled is written over: then the other is on the disk, or this one would not have been written.
            place = newest.place if not settled else PAGE if newest.place < PAGE else 0
        self._dirty = True
        packed = _pack(checkpoint)
        os.pwrite(handle, packed, place)
        self._image = found[:place].ljust(place, b"\0") + packed + found[place + SLOT :]
        self._left = _Slot(size, checkpoint, place, settled=False)
        if due:
            self._settle(handle, place)
            self._image = self._image[: place + SLOT - 1] + _ON_DISK + self._image[place + SLOT :]
            self._left = self._left._replace(settled=True)

    def _settle(self, handle: int, place: int) -> None:
        _sync(handle)
        # It may be said from here on. That this byte reaches the disk does not matter: what is read after a power cut was there.
        os.pwrite(handle, _ON_DISK, place + SLOT - 1)
        self._synced_at, self._dirty = self._now(), False

    def settle(self) -> None:
        """See to it that what this process wrote is on the disk. Raises ``Storage`` (``anchor.unwritable``)."""
        with self._lock:
            if not self._dirty:
                return
            try:
                handle = os.open(self._file, os.O_RDWR)
                try:
                    _lock_file(handle)
                    newest = _newest(os.pread(handle, PAGE + SLOT, 0))
                    self._settle(handle, 0 if newest is None else newest.place)
                finally:
                    os.close(handle)
            except FileNotFoundError:
                self._dirty = False  # put aside by a recovery, or deleted: nothing of ours is to be kept
            except OSError as error:
                raise Storage("anchor.unwritable", value=self._file, reason=str(error)) from None


class _Slot(NamedTuple):
    """An intact slot."""

    size: int
    checkpoint: bytes
    place: int
    settled: bool
    """It is known to be on the disk."""


def _pack(checkpoint: bytes) -> bytes:
    body = len(checkpoint).to_bytes(2, "big") + checkpoint
    return (hashlib.sha256(body).digest() + body).ljust(SLOT, b"\0")


def _newest(data: bytes) -> _Slot | None:
    """Return the newest intact slot."""
    return max((slot for slot in (_slot(data, 0), _slot(data, PAGE), _slot(data, _FORMER)) if slot is not None), default=None)


def _slot(data: bytes, place: int) -> _Slot | None:
    start = place + _HEAD
    end = start + int.from_bytes(data[start - 2 : start], "big")
    if len(data) < start or hashlib.sha256(data[start - 2 : end]).digest() != data[place : start - 2]:
        return None
    checkpoint = data[start:end]
    lines = checkpoint.split(b"\n", 2)
    if len(lines) < 3 or not lines[1].isdigit():  # noqa: PLR2004 - origin, size, rest
        return None
    return _Slot(int(lines[1]), checkpoint, place, data[place + SLOT - 1 : place + SLOT] == _ON_DISK)


def _locked_read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            _lock_file(file.fileno())
            return file.read(PAGE + SLOT)
    except OSError as error:
        raise Storage("anchor.unreadable", value=str(path), reason=str(error)) from None


def _lock_file(handle: int) -> None:
    """Take the file's advisory lock, where the system has one; closing the file gives it back."""
    if flock is not None:
        flock(handle, LOCK_EX)
