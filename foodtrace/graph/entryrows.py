"""The stored rows that belong to entries, read in the order of the entries and compared column by column.

Rules:

1. Rows come by the index on (log, seq), and each is looked up in its table by its key. Whoever adds a verification up also counts the
   rows of every table: a row that no entry leads to does not stay unseen.
2. Rows hold numbers of names. A number is what the table of names says it is, and one that has no name agrees with nothing.
3. ``ended`` is 0, or ``CONDITIONAL`` in what a correction of another log's entry says, until a correction ends all rows of an entry at
   once; then all of them have the same number. What is compared is everything else, and which entries have what ``ended`` is handed on.
4. Integers are integers: SQLite would give 5.0 for a 5 that somebody wrote as a real number, and Python takes the two for equal.
5. Nearly all rows are what their entries say, so what is expected is written as the engine writes it, and a column is compared as it comes,
   in one text; only where texts differ are rows taken apart, and then what they say decides, however it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from foodtrace.events import Correction
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import texts_of
from foodtrace.graph.told import COLUMNS, TABLES, Columns, Told, transposed
from foodtrace.storage.columns import columns, decode, packed, unpacked
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
_ITEM: Final = 1
_SEVERAL: Final = frozenset(n for n, columns_ in enumerate(COLUMNS) if columns_[_ITEM] == "item")
"""Tables that say which row of its entry each is."""
_ABOUT: Final = TABLES.index("about")
_encode: Final = msgspec.json.Encoder().encode
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
            self._learn(session, [table[place] for table, named in zip(rows, _NAMED, strict=True) if table for place in named])
            return told_by(rows, self._texts)

    def names(self, session: Session, columns: Sequence[list[int]]) -> list[list[str]]:
        """Return the names of some columns of numbers. Raises ``KeyError``: a number has no name (rule 2)."""
        text = self._texts.__getitem__
        try:
            return [list(map(text, column)) for column in columns]
        except KeyError:
            self._learn(session, columns)
            return [list(map(self._texts.__getitem__, column)) for column in columns]

    def _learn(self, session: Session, columns_: Sequence[list[int]]) -> None:
        """Look up those names that are not known yet; a number without a name stays unknown."""
        numbers = set[int]().union(*columns_)
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
    asked = (log, start, end)
    return EntryRows(*(_table(n, columns(session, names, _SOURCES[n], asked)) for n, names in enumerate(_STORED)))


def compare(session: Session, known: Known, log: int, start: int, end: int, expected: Told) -> tuple[EntryRows, str]:
    """Return what :func:`read` does, and the table that says something else than the entries do, empty if none does (rule 5).

    :raises TypeError: as there. :raises KeyError: a number has no name (rule 2).
    """
    tables: list[Columns] = []
    differs, asked = "", (log, start, end)
    for n, (names, wanted) in enumerate(zip(_STORED, expected, strict=True)):
        texts = packed(session, names, _SOURCES[n], asked)
        table = None if texts is None else _as_written(session, known, n, texts, wanted)
        if table is None:
            table = _table(n, unpacked(texts, session, names, _SOURCES[n], asked))
            if _told(n, table, known.names(session, [table[place] for place in _NAMED[n]] if table else [])) != wanted:
                differs = differs or TABLES[n]
        tables.append(table)
    return EntryRows(*tables), differs


def _as_written(session: Session, known: Known, n: int, texts: list[str], wanted: Columns) -> Columns | None:
    """Return the rows of a table that come as texts of JSON, if they are the wanted ones, written and ordered as is usual (rule 5)."""
    if not wanted:
        return [] if texts[0] == "[]" else None
    if n in _SEVERAL and any(wanted[_ITEM]):
        return None  # several rows of an entry, and their order is that of the numbers of lots
    named = _NAMED[n]
    if any(_encode(column).decode() != text for place, (column, text) in enumerate(zip(wanted, texts, strict=False)) if place not in named):
        return None
    numbers = [_integers(decode(texts[place])) for place in named]
    if known.names(session, numbers) != [wanted[place] for place in named]:
        return None
    table = wanted[:]
    for place, column in zip(named, numbers, strict=True):
        table[place] = column
    return [*table, _integers(decode(texts[-1]))] if _ENDING[n] else table


def _table(n: int, table: Columns) -> Columns:
    """Return columns that were read, with the rows in order; see :func:`read`."""
    for place, column in enumerate(table):
        if place not in _TEXTS[n]:
            _integers(column)
    seqs = table[0]
    if seqs != sorted(seqs) or (n in _SEVERAL and any(table[_ITEM])):  # else they are in order
        table = transposed(sorted(zip(*table, strict=True)))
    return table if seqs else []


def _integers(column: list[Any]) -> list[int]:
    # The sum of integers is an integer, of anything else it is not, and this costs less than looking at each.
    if type(sum(column)) is not int:
        raise TypeError(column)
    return column


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


def told_by(rows: EntryRows, text: dict[int, str]) -> Told:
    """Return what stored rows say. Raises ``KeyError``: a number has no name (rule 2)."""
    return Told(
        *(
            _told(n, table, [list(map(text.__getitem__, table[place])) for place in _NAMED[n]] if table else [])
            for n, table in enumerate(rows)
        )
    )


def _told(n: int, table: Columns, names: Sequence[list[str]]) -> Columns:
    """Return what the stored rows of a table say, given the names of their numbers."""
    told = table[:-1] if _ENDING[n] else table[:]
    for place, column in zip(_NAMED[n], names, strict=False):
        told[place] = column
    # Numbers of subjects say nothing of the order of their texts.
    return transposed(sorted(zip(*told, strict=True))) if n == _ABOUT else told


__all__ = ["CORRECTION", "EntryRows", "Known", "compare", "ended", "read", "told_by"]
