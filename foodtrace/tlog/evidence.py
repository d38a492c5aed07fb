"""Keeps checkpoints that contradict each other: whoever has both can show that a log told two histories."""

from __future__ import annotations

import hashlib
from pathlib import Path

from foodtrace.tlog.files import publish

__all__ = ["file_name", "keep"]


def keep(folder: Path, origin: str, **notes: bytes) -> str:
    """Keep checkpoints of a log as ``NAME.checkpoint`` below ``folder/evidence``; return the folder they lie in. Raises ``Storage``.

    The same ones are kept in the same place, so that looking twice leaves one piece of evidence.
    """
    digest = hashlib.sha256(b"".join(notes.values())).hexdigest()[:16]
    place = folder / "evidence" / f"{file_name(origin)}-{digest}"
    for name, note in notes.items():
        publish(place / f"{name}.checkpoint", note)
    return str(place)


def file_name(origin: str) -> str:
    """Return a file name for an origin: readable, and different for different origins."""
    readable = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "-" for each in origin)[-60:]
    return f"{readable}-{hashlib.sha256(origin.encode()).hexdigest()[:12]}"
