"""Find rule packs: those that come with foodtrace and those in a folder of the user's. The one part that reads files.

Rules:

1. Every ``*.toml`` of a folder is a pack; any that cannot be read as one is an error, never left out silently.
2. A local pack replaces the one of the same id that comes with foodtrace, and goes before the others.
3. Two packs of one place must not start on the same day, nor share an id: which of them holds would be chance.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Final

from foodtrace.errors import BadData, NotFound, Storage
from foodtrace.gate.pack import Rulebook, RulePack
from foodtrace.gate.rules.read import LIMIT, read

MOST: Final = 200
"""Most pack files in one folder."""
_OURS: Final = "foodtrace"
"""Place of the packs that come along; those of one's own are named with their path."""


def load(directory: str | Path | None = None) -> Rulebook:
    """Return every pack that comes with foodtrace, and before them the local ones in ``directory``.

    :raises NotFound: ``rules.directory``, no such folder.
    :raises BadData: ``rules.pack``, ``rules.overlap``, ``rules.too_many``.
    :raises Storage: ``rules.unreadable``.
    """
    shipped = _read_all(resources.files("foodtrace.gate").joinpath("rules"), _OURS)
    if directory is None:
        return Rulebook(shipped)
    folder = Path(directory)
    if not folder.is_dir():
        raise NotFound("rules.directory", value=str(folder))
    local = _read_all(folder, str(folder))
    replaced = {pack.id for pack in local}
    return Rulebook((*local, *(pack for pack in shipped if pack.id not in replaced)))


def _read_all(folder: Traversable, place: str) -> tuple[RulePack, ...]:
    try:
        files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
        if len(files) > MOST:
            raise BadData("rules.too_many", value=place, expected=MOST, count=len(files))
        packs = [read(_bounded(f), str(f) if isinstance(f, Path) and place != _OURS else f.name) for f in files]
    except OSError as error:
        raise Storage("rules.unreadable", value=place, reason=error.strerror or type(error).__name__) from None
    packs.sort(key=lambda pack: (pack.effective_from, pack.id), reverse=True)
    for later, earlier in pairwise(packs):
        if later.effective_from == earlier.effective_from:
            raise BadData("rules.overlap", value=later.id, other=earlier.id, start=later.effective_from)
    ids = [pack.id for pack in packs]
    for name in ids:
        if ids.count(name) > 1:
            raise BadData("rules.same_id", value=name, place=place)
    return tuple(packs)


def _bounded(file: Traversable) -> bytes:
    with file.open("rb") as stream:
        return bytes(stream.read(LIMIT + 1))
