"""Which logs a witness has ever cosigned: a list kept twice, beside its memory and beside its key.

A memory that was deleted looks like one that never was, and a witness that takes the one for the other cosigns a second history. Rules:

1. The list is begun when the key is made, and is complete from then on. A key without a list is not a new one: the list is gone.
2. A list that was begun later, on somebody's word, is not complete: of a log that it does not name it says nothing.
3. Either copy counts, and what either names was cosigned. One that is damaged, or of another key, counts as absent.
4. It is written after the memory of a new log and before the cosignature leaves the witness.

What it cannot know: a folder that was put back whole from an old backup, key and all, is one that remembers less, and nothing in
   it says so.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace.tlog.files import disk, publish

__all__ = ["CosignedLogs", "read_cosigned", "whole", "write_cosigned"]

NAME: Final = "cosigned-logs"
_MAGIC: Final = "foodtrace cosigned logs 1"
_MOST: Final = 10_000_000


class CosignedLogs(NamedTuple):
    """What the list says."""

    origins: frozenset[str] = frozenset()
    """Logs that were cosigned."""
    complete: bool = False
    """Whether no other was (rules 1 and 2)."""


def read_cosigned(folder: Path, vkey: str) -> CosignedLogs | None:
    """Return what the list of a witness says, none where there is none (rule 3). Raises ``Storage`` (``files.io``).

    :param vkey: the witness's verifier key.
    """
    found = [each for each in (_parsed(path, vkey) for path in _paths(folder)) if each is not None]
    if not found:
        return None
    return CosignedLogs(frozenset().union(*(each.origins for each in found)), any(each.complete for each in found))


def write_cosigned(folder: Path, vkey: str, logs: CosignedLogs) -> None:
    """Put both copies of the list on the disk. Raises ``Storage`` (``files.io``)."""
    text = "\n".join([_MAGIC, vkey, "complete" if logs.complete else "incomplete", *sorted(logs.origins), ""]).encode()
    data = text + hashlib.sha256(text).hexdigest().encode() + b"\n"
    for path in _paths(folder):
        with disk(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # as a folder of keys has to be
        publish(path, data)


def whole(folder: Path, vkey: str) -> bool:
    """Say whether both copies are there and say the same."""
    one, other = (_parsed(path, vkey) for path in _paths(folder))
    return one is not None and one == other


def _paths(folder: Path) -> tuple[Path, Path]:
    return folder / "keys" / NAME, folder / NAME


def _parsed(path: Path, vkey: str) -> CosignedLogs | None:
    with disk(path):
        if not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(_MOST)
    text, check = data[:-65], data[-65:]
    if check != hashlib.sha256(text).hexdigest().encode() + b"\n":
        return None
    magic, key, complete, *origins = text.decode("utf-8", "replace").split("\n")[:-1] or ["", "", ""]
    return CosignedLogs(frozenset(origins), complete == "complete") if (magic, key) == (_MAGIC, vkey) else None
