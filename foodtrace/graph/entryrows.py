"""The stored rows that belong to entries, read in the order of the entries and compared column by column.

Rules:

1. Rows come by the index on (log, seq), and each is looked up in its table by its key. Whoever adds a verification up also counts the
   rows of every table: a row that no entry leads to does not stay unseen.
2. Rows hold numbers of names. A number is what the table of names says it is, and one that has no name agrees with nothing.
3. ``ended`` is 0, or ``CONDITIONAL`` in what a correction of another log's entry says, until a correction ends all rows of an entry at
   once; then all of them have the same number. What is compared is everything else, and which entries have what ``ended`` is handed on.
4. Integers are integers: SQLite would give 5.0 for a 5 that somebody wrote as a real number, and Python takes the two for equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from foodtrace.events import Correction
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import texts_of
from foodtrace.graph.told import COLUMNS, TABLES, Columns, Told, transposed
from foodtrace.storage.columns import columns
from foodtrace.storage.session import Row, Session

CORRECTION: Final = ABOUT[Correction]
"""Rows of ``about`` under this kind say that something was corrected, and are never ended."""
_KEPT: Final = 200_000
"""Most names kept at hand at once."""
_CLOSE: Final = 4
"""Numbers of names are read as one range if that holds at most so many times what is wanted."""
_AHEAD: Final = 2_000
"""Numbers read beyond such a range: the entries that come next use them."""
_TEXTS: Final = ((10,), (5, 6), (3, 4, 5, 6, 7, 8), (), ())
"""Places of texts in :data:`foodtrace.graph.told.COLUMNS` as they are stored; all others are integers."""
_NAMED: Final = ((4, 5, 6), (3, 4), (2,), (2,), (1,))
"""Places of numbers of names."""
_ENDING: Final = (True, True, True, True, False)
"""Whether the table's rows can be ended; then that is a last column."""
_STORED: Final = tuple((*columns, "ended") if ending else columns for columns, ending in zip(COLUMNS, _ENDING, strict=True))
_SOURCES: Final = tuple(f"{table} WHERE log = ? AND seq >= ? AND seq < ?" for table in TABLES)


class EntryRows(NamedTuple):
    """Rows of some entries by table, sorted; the columns are :data:`foodtrace.graph.told.COLUMNS`, then ``ended``."""

    moves: Columns
    lots: Columns
    sites: Columns
    about: Columns
    cross: Columns


class Known:
    """Names that have been met, by number."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {0: ""}

    def told(self, session: Session, rows: EntryRows) -> Told:
        """Return what stored rows say. Raises ``KeyError``: a number has no name (rule 2)."""
        try:
            return told_by(rows, self._texts)
        except KeyError:
            self._learn(session, rows)
            return told_by(rows, self._texts)

    def _learn(self, session: Session, rows: EntryRows) -> None:
        """Look up those names in some rows that are not known yet; a number without a name stays unknown."""
        numbers: set[int] = set()
        for table, named in zip(rows, _NAMED, strict=True):
            if table:
                numbers.update(*(table[place] for place in named))
        missing = numbers.difference(self._texts)
        if len(self._texts) + len(missing) + _AHEAD > _KEPT:
            self._texts = {0: ""}
            missing = numbers.difference(self._texts)
        low, high = min(missing), max(missing)
        if high - low < _CLOSE * len(missing):
            found: Iterable[Row] = zip(
                *columns(session, ("id", "text"), "name WHERE id BETWEEN ? AND ?", (low, high + _AHEAD)), strict=True
            )
        else:
            found = texts_of(session, missing).items()
        self._texts.update(found)


def read(session: Session, log: int, start: int, end: int) -> EntryRows:
    """Return the rows of the entries from ``start`` to below ``end``.

    :raises TypeError: a value is of another type than its column (rule 4).
    """
    tables: list[Columns] = []
    for names, source, texts in zip(_STORED, _SOURCES, _TEXTS, strict=True):
        table = columns(session, names, source, (log, start, end))
        for place, column in enumerate(table):
            # The sum of integers is an integer, of anything else it is not, and this costs less than looking at each.
            if place not in texts and type(sum(column)) is not int:
                raise TypeError(place)
        seqs = table[0]
        if seqs != sorted(seqs) or (names[1] == "item" and any(table[1])):  # else they are in order
            table = transposed(sorted(zip(*table, strict=True)))
        tables.append(table if seqs else [])
    return EntryRows(*tables)


def ended(rows: EntryRows) -> dict[int, int]:
    """Return what ``ended`` is, by entry, where it is not 0. Raises ``ValueError`` where rows of one entry differ in it (rule 3)."""
    if not any(any(table[-1]) for table in rows[:-1] if table):
        return {}
    pairs: list[tuple[int, int]] = []
    for table in (rows.moves, rows.lots, rows.sites):
        pairs += zip(table[0], table[-1], strict=True) if table else ()
    for seq, kind, _, state in zip(*rows.about, strict=True):
        if kind != CORRECTION:
            pairs.append((seq, state))
        elif state:
            raise ValueError(seq)
    found = {seq: state for seq, state in pairs if state}
    if any(state != found.get(seq, 0) for seq, state in pairs):
        raise ValueError(found)
    return found


def compare(stored: Told, expected: Told) -> str:
    """Compare what stored rows say with what entries say; return the table that differs, empty if none does."""
    if stored == expected:
        return ""
    return next(table for table, one, other in zip(TABLES, stored, expected, strict=True) if one != other)


def told_by(rows: EntryRows, text: dict[int, str]) -> Told:
    """Return what stored rows say. Raises ``KeyError``: a number has no name (rule 2)."""
    tables: list[Columns] = []
    for table, named, ending in zip(rows, _NAMED, _ENDING, strict=True):
        told = table[:-1] if ending else table[:]
        for place in named if told else ():
            told[place] = list(map(text.__getitem__, told[place]))
        tables.append(told)
    moves, lots, sites, about, cross = tables
    # Numbers of subjects say nothing of the order of their texts.
    return Told(moves, lots, sites, transposed(sorted(zip(*about, strict=True))), cross)


__all__ = ["CORRECTION", "EntryRows", "Known", "compare", "ended", "read", "told_by"]
