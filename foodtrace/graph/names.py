"""Names: texts of lots, sites and other subjects, and the numbers rows use for them.

Rules (DESIGN section 6):

1. A name is not a fact: it carries no meaning beyond its text, is never deleted, and is the one thing shared across logs.
2. Numbers are sequential. Number 0 is no name (a side that a record does not name).
3. Missing names are inserted sorted, ``ON CONFLICT DO NOTHING``, then read again: unsorted inserts of two writers deadlock. On
   SQLite, where one writer at a time is in, they are simply numbered on.
4. A name says nothing by being there. On PostgreSQL names are made before the batch that needs them: one that is refused, or a crash
   between, leaves names that no row uses; and no entry vouches for the rows of this table. So nobody is answered from a name that no
   record uses: whoever looks for texts, and not for the number of one, looks only among those that are (:func:`used`, :func:`in_use`).
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from foodtrace.errors import Integrity
from foodtrace.storage.session import not_written

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

FIND = "SELECT n.text, n.id FROM {texts} CROSS JOIN name AS n WHERE n.text = f.value"
"""The numbers of texts."""


_MOST: Final = (1 << 62) - 1
"""No name gets a larger number: there must be room for the next ones (on PostgreSQL its sequence sees to that)."""
_USES: Final = (
    *("holding.lot", "about.subject", "site_fact.site", "lot_fact.lot", "move.lot", "lot_edge.src", "lot_edge.dst", "alias.lot"),
    *("site_seen.site", "holding.site", "cross_correction.target"),
)
"""Columns that hold numbers of names and begin an index, those first that have most."""


_ELSEWHERE: Final = ("move.site", "move.other", "lot_fact.site", "lot_edge.site", "alias.other", "unnamed.site", "unnamed.lot")
"""The other columns that hold numbers of names; a test compares."""


def used(name: str) -> str:
    """Return the SQL condition that some row of what was computed from entries uses a name (rule 4).

    One lookup in an index for most names, and a handful for one that nothing uses. No EXISTS: a planner could make tables of all numbers
    of that, and stop being O(asked).

    :param name: what the query calls the table of names.
    """
    looks = (each.split(".") for each in _USES)
    return f"COALESCE({', '.join(f'(SELECT 1 FROM {table} WHERE {column} = {name}.id LIMIT 1)' for table, column in looks)}) IS NOT NULL"  # noqa: S608


_IN_USE: Final = f"SELECT n.text FROM {{texts}} CROSS JOIN name AS n WHERE n.text = f.value AND {used('n')}"  # noqa: S608 - constants

_OF_RECORDS: Final = f"SELECT n.id FROM {{ids}} CROSS JOIN name AS n WHERE n.id = f.value AND {used('n')}"  # noqa: S608 - constants


class Names:
    """Numbers of names, remembered across transactions; only names of committed transactions are remembered."""

    def __init__(self, limit: int = 200_000) -> None:
        self._known: dict[str, int] = {"": 0}
        self._limit = limit

    def all_known(self, texts: Collection[str]) -> bool:
        """Say whether every text has a number that is committed and remembered."""
        return self._known.keys() >= set(texts)

    def intern(self, session: Session, texts: AbstractSet[str]) -> dict[str, int]:
        """Return the number of every text, making those that are missing."""
        known = self._known
        if known.keys() >= texts:
            return {text: known[text] for text in texts}
        missing = [text for text in texts if text not in known]
        found = find(session, missing)
        new = sorted({text for text in missing if text not in found})
        if new:
            found.update(_make(session, new))
        return {text: found[text] if text in found else known[text] for text in texts}

    def remember(self, numbers: dict[str, int]) -> None:
        """Keep numbers that are now committed."""
        if len(self._known) > self._limit:
            self._known = {"": 0}
        self._known.update(numbers)


def hold(session: Session, text: str) -> None:
    """Keep a name to this write transaction until it ends, made if it is missing: writers of other logs wait for it.

    On SQLite the write transaction itself does that. It is the one thing that logs in one database share (DESIGN section 6).
    """
    if session.dialect == "postgresql":
        session.run("INSERT INTO name (text, code) VALUES (?, ?) ON CONFLICT (text) DO NOTHING", (text, code_of(text)))
        session.row("SELECT id FROM name WHERE text = ? FOR UPDATE", (text,))


def find(session: Session, texts: Collection[str]) -> dict[str, int]:
    """Return the numbers of those texts that have one."""
    found: dict[str, int] = dict(session.each(FIND, texts))
    return found


def _make(session: Session, new: list[str]) -> dict[str, int]:
    """Make names that were missing a moment ago, sorted (rule 3)."""
    if session.dialect == "sqlite":
        # Whoever holds the write lock is alone, so the next numbers are ours to give.
        row = session.row("SELECT max(id) FROM name")
        first = 1 if row is None or row[0] is None else int(row[0]) + 1
        if first > _MOST - len(new):
            raise Integrity("tlog.name_number", got=first - 1)
        session.insert("name", "id, text, code", [(number, text, code_of(text)) for number, text in enumerate(new, first)])
        return {text: number for number, text in enumerate(new, first)}
    session.run(
        "INSERT INTO name (text, code) SELECT * FROM unnest(?::text[], ?::text[]) ON CONFLICT (text) DO NOTHING",
        (new, [code_of(text) for text in new]),
    )
    found = find(session, new)
    if len(found) != len(new):
        raise not_written("name", len(new), len(found))
    return found


def in_use(session: Session, texts: Collection[str]) -> bool:
    """Say whether a record uses any of some names."""
    return bool(session.each(_IN_USE, texts))


def of_records(session: Session, numbers: Collection[int]) -> set[int]:
    """Return those numbers whose names a record uses."""
    return {row[0] for row in session.each(_OF_RECORDS, numbers)} if numbers else set()


def unused(session: Session) -> int:
    """Return how many names no row of the projection uses (rule 4)."""
    idle = {row[0] for row in session.rows(f"SELECT n.id FROM name AS n WHERE NOT ({used('n')})")}  # noqa: S608 - constants
    for place in _ELSEWHERE if idle else ():
        table, column = place.split(".")
        idle -= {row[0] for row in session.rows(f"SELECT DISTINCT {column} FROM {table}")}  # noqa: S608 - constants
    return len(idle)


def texts_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the texts of numbers; 0 is the empty text."""
    found: dict[int, str] = dict(session.each("SELECT n.id, n.text FROM {ids} CROSS JOIN name AS n WHERE n.id = f.value", ids))
    found[0] = ""
    return found


def code_of(text: str) -> str | None:
    """Return the bare code of a lot id, by which people ask for it; other names have none."""
    head, slash, code = text.partition("/")
    return code if slash and " " not in text and not head.startswith("?") else None
