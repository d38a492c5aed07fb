"""Files that appear whole or not at all, and folders that one process at a time changes.

Rules:

1. A file is written aside, synced, and given its name only then; the folder is synced before :func:`publish` returns.
2. Who changes a folder holds its lock; readers need none (rule 1).
3. What the disk refuses raises ``Storage`` (``files.io``).
4. A device or a pipe (``--out /dev/null``, ``/dev/stdout``) is written to and never given up for a file of its name.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foodtrace.errors import Storage

__all__ = ["changing", "disk", "publish", "sync_folder"]


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a path into an error of ours (rule 3)."""
    try:
        yield
    except OSError as error:
        raise Storage("files.io", value=str(path), reason=error.strerror or type(error).__name__) from None


def publish(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Give a file this content, in place of what it had (rule 1). Raises ``Storage``.

    :param mode: who may read and write it, less what the process's umask takes away.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with disk(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)  # rule 4
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: a file that was just named is then found after a power cut. Raises ``OSError``."""
    if os.name != "posix":  # other systems cannot open a folder
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Make a folder if it is missing and hold its lock (rule 2). Raises ``Storage``."""
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY) if os.name == "posix" else None
    if handle is None:
        yield
        return
    import fcntl  # noqa: PLC0415 - POSIX only

    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
