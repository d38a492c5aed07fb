"""Which other entries held the values of a person when some of them were erased: once a value is gone, nobody can look for it any more.

Rules:

1. It is kept in the database's settings, beside the log and never in it: places and fields, no value. Whoever erases the rest takes it
   away, so that nothing says any more that these entries were about one person.
2. What it names is said only while it still is in the side table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

from foodtrace.storage.session import Session
from foodtrace.storage.settingrows import LEFT

Place: TypeAlias = tuple[int, int]
"""(log, seq)."""
_PUT: Final = "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


def note_held(session: Session, erased: Collection[Place], held: Mapping[Place, tuple[str, ...]]) -> None:
    """Note, for entries whose values were deleted just now, what else holds the same; and forget what of earlier notes is gone (rule 1)."""
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    if held:
        for log, seq in erased:
            both = {**held_before(session, [(log, seq)])}
            for place, names in held.items():
                both[place] = tuple(sorted({*names, *both.get(place, ())}))
            session.run(_PUT, (f"{LEFT}{origins[log]} {seq}", _written(origins, both)))
    for key, value in session.rows("SELECT key, value FROM setting WHERE key LIKE ?", (f"{LEFT}%",)):
        there = _there(session, _read(origins, str(value)))
        if not there:
            session.run("DELETE FROM setting WHERE key = ?", (key,))
        elif _written(origins, there) != value:
            session.run(_PUT, (key, _written(origins, there)))


def held_before(session: Session, erased: Collection[Place]) -> dict[Place, tuple[str, ...]]:
    """Return what still holds the values that were erased from some entries, by what was noted then (rule 2)."""
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    found: dict[Place, tuple[str, ...]] = {}
    for log, seq in erased:
        row = session.row("SELECT value FROM setting WHERE key = ?", (f"{LEFT}{origins.get(log, '')} {seq}",))
        if row is not None:
            for place, names in _there(session, _read(origins, str(row[0]))).items():
                found[place] = tuple(sorted({*names, *found.get(place, ())}))
    return found


def _there(session: Session, held: Mapping[Place, tuple[str, ...]]) -> dict[Place, tuple[str, ...]]:
    found = {}
    for place, names in sorted(held.items()):
        here = {row[0] for row in session.rows("SELECT field FROM personal WHERE log = ? AND seq = ?", place)}
        if here.intersection(names):
            found[place] = tuple(sorted(here.intersection(names)))
    return found


def _written(origins: Mapping[int, str], held: Mapping[Place, tuple[str, ...]]) -> str:
    return " ".join(f"{origins[log]}#{seq}:{'+'.join(names)}" for (log, seq), names in sorted(held.items()))


def _read(origins: Mapping[int, str], value: str) -> dict[Place, tuple[str, ...]]:
    numbers = {origin: number for number, origin in origins.items()}
    found = {}
    for each in value.split():
        place, _, names = each.partition(":")
        origin, _, seq = place.rpartition("#")
        if origin in numbers and seq.isdecimal():
            found[numbers[origin], int(seq)] = tuple(names.split("+"))
    return found


__all__ = ["held_before", "note_held"]
