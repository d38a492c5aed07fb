"""The seeds of draws in a backup: of a gate's days, and of the checks of a recall. Until they are opened they are secrets like keys.

Rules:

1. They lie in the key directory (``sampling.seed``, ``sample-*.seed``), and go where the keys go: beside them, apart from the ledger, mode
   0600, never without them (``--no-keys``). Without its seed what was committed to is never drawn and never proven.
2. A seed is 64 hex digits, and that of a case fits the beginning of its commitment, which its name says. Whether a gate's is the one that
   the days were committed to, the log says when it is used. One that is damaged is not copied as if it were whole, nor put back.
3. Before anything is put back they are looked at: against their SHA-256 in the manifest, and against rule 2. One of which no hash is known,
   and one that is named and not there although other files are, is told by name.
4. What a key directory has already is not replaced: another seed of the same name is refused before anything is put back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, Integrity
from foodtrace.recall.effectiveness import SEED_BYTES, commit

__all__ = ["SeedsSeen", "look_at_seeds", "refuse_other_seeds", "seeds_of"]

_SUFFIX: Final = ".seed"
_CASE: Final = re.compile(r"sample-([0-9a-f]{16})\.seed")
_TEXT: Final = re.compile(rb"[0-9a-fA-F]{%d}\s*" % (2 * SEED_BYTES))


class SeedsSeen(NamedTuple):
    """What was seen of the seeds that lie in a backup (rule 3)."""

    paths: tuple[Path, ...] = ()
    unknown: tuple[str, ...] = ()
    """Names of those of which the manifest has no hash."""
    missing: tuple[str, ...] = ()
    """Names that the manifest has and that are not there, although other secrets are."""


def seeds_of(keys: Path) -> list[Path]:
    """Return the seeds of a key directory, all of them whole (rule 2).

    :raises BadData: ``backup.seed_damaged``. :raises Storage: ``key.io``.
    """
    paths = _listed(keys)
    for path in paths:
        if not _is_whole(path, keyfiles.read(path)):
            raise BadData("backup.seed_damaged", value=str(path), expected=f"{2 * SEED_BYTES} hex")
    return paths


def look_at_seeds(folder: Path, known: Mapping[str, str] | None, *, others: bool) -> SeedsSeen:
    """Look at the seeds in a backup's directory of secrets (rule 3).

    :param known: file name -> SHA-256, as the manifest has them; none: a program of before made the backup, without seeds.
    :param others: whether key files lie there.
    :raises Integrity: ``backup.key_changed``. :raises Storage: ``key.io``.
    """
    paths, wanted = _listed(folder), known or {}
    unknown = []
    for path in paths:
        data = keyfiles.read(path)
        if path.name not in wanted:
            unknown.append(path.name)
        elif hashlib.sha256(data).hexdigest() != wanted[path.name]:
            raise _changed(folder, path)
        if not _is_whole(path, data):
            raise _changed(folder, path)
    there = {path.name for path in paths}
    missing = tuple(name for name in sorted(wanted) if name not in there) if paths or others else ()
    return SeedsSeen(tuple(paths), tuple(unknown), missing)


def refuse_other_seeds(seen: SeedsSeen, keys: Path) -> None:
    """Refuse another seed that lies in the place of one of a backup (rule 4). Raises ``Conflict`` (``key.exists``)."""
    for path in seen.paths:
        place = keys / path.name
        if place.exists() and keyfiles.read(place) != keyfiles.read(path):
            raise Conflict("key.exists", value=str(place))


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!.]*" + _SUFFIX))


def _is_whole(path: Path, data: bytes) -> bool:
    if _TEXT.fullmatch(data) is None:
        return False
    named = _CASE.fullmatch(path.name)
    return named is None or commit(bytes.fromhex(data.decode().strip())).startswith(named[1])


def _changed(folder: Path, path: Path) -> Integrity:
    return Integrity("backup.key_changed", value=f"{folder.name}/{path.name}")
