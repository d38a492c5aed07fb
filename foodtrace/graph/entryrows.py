"""The stored rows that belong to entries, read in the order of the entries and compared as tuples.

Rules:

1. Rows come by the index on (log, seq), and each is looked up in its table by its key. Whoever adds a verification up also counts the
   rows of every table: a row that no entry leads to does not stay unseen.
2. Rows hold numbers of names. A number is what the table of names says it is, and one that has no name agrees with nothing.
3. ``ended`` is 0, or ``CONDITIONAL`` in what a correction of another log's entry says, until a correction ends all rows of an entry at
   once; then all of them have the same number. What is compared is everything else, and which entries have what ``ended`` is handed on.
4. Integers are integers: SQLite would give 5.0 for a 5 that somebody wrote as a real number, and Python takes the two for equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, cast

from foodtrace.events import Correction
from foodtrace.graph.effects import FlowText, LotText
from foodtrace.graph.gathered import CONDITIONAL
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import texts_of
from foodtrace.graph.told import TABLES, SiteText, Told
from foodtrace.storage.session import Row, Session

CORRECTION: Final = ABOUT[Correction]
"""Rows of ``about`` under this kind say that something was corrected, and are never ended."""
_KEPT: Final = 200_000
"""Most names kept at hand at once."""
_CLOSE: Final = 4
"""Numbers of names are read as one range if that holds at most so many times what is wanted."""
_COLUMNS: Final = (
    "seq, item, lot, kind, site, other, unit, q, t, recorded, pair, flags, ended",
    "seq, item, lot, site, product, gtin, produced, expiry, content, content_unit, recorded, ended",
    "seq, site, operator, kind, name, county, region, parent, recorded, ended",
    "seq, kind, subject, ended",
    "seq, target, target_seq",
)
"""Of each of :data:`TABLES`."""
_TEXTS: Final = ((10,), (4, 5), (2, 3, 4, 5, 6, 7), (), ())
"""Places of texts in these columns; all others are integers."""
_NAMED: Final = ((2, 4, 5), (2, 3), (1,), (2,), (1,))
"""Places of numbers of names."""
_QUERIES: Final = tuple(
    f"SELECT {columns} FROM {table} WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq"  # noqa: S608 - constants
    for table, columns in zip(TABLES, _COLUMNS, strict=True)
)
_SEQ: Final = itemgetter(0)


class EntryRows(NamedTuple):
    """Rows of some entries by table, sorted; the columns are :data:`_COLUMNS`."""

    moves: list[Row]
    lots: list[Row]
    sites: list[Row]
    about: list[Row]
    cross: list[Row]


class Known:
    """Names that have been met, by text and by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}
        self.texts: dict[int, str] = {0: ""}

    def learn(self, session: Session, numbers: set[int]) -> None:
        """Look up the names of these numbers that are not known yet; a number without a name stays unknown."""
        missing = numbers.difference(self.texts)
        if not missing:
            return
        if len(self.texts) + len(missing) > _KEPT:
            self.numbers, self.texts = {"": 0}, {0: ""}
            missing = numbers.difference(self.texts)
        low, high = min(missing), max(missing)
        if high - low < _CLOSE * len(missing):
            found: Iterable[Row] = session.rows("SELECT id, text FROM name WHERE id BETWEEN ? AND ?", (low, high))
        else:
            found = texts_of(session, missing).items()
        for number, text in found:
            self.texts[number] = text
            self.numbers[text] = number


def read(session: Session, log: int, start: int, end: int) -> tuple[EntryRows, set[int]]:
    """Return the rows of the entries from ``start`` to below ``end``, and the numbers of names in them.

    :raises TypeError: a value is of another type than its column (rule 4).
    """
    tables: list[list[Row]] = []
    named: set[int] = set()
    for sql, texts, names in zip(_QUERIES, _TEXTS, _NAMED, strict=True):
        rows = session.rows(sql, (log, start, end))
        rows.sort()
        for place, column in enumerate(zip(*rows, strict=True)):
            if place in names:
                named.update(column)
            # The sum of integers is an integer, of anything else it is not, and this costs less than looking at each.
            if place not in texts and type(sum(column)) is not int:
                raise TypeError(place)
        tables.append(rows)
    return EntryRows(*tables), named


def ended(rows: EntryRows) -> dict[int, int]:
    """Return what ``ended`` is, by entry, where it is not 0. Raises ``ValueError`` where rows of one entry differ in it (rule 3)."""
    tables = (rows.moves, rows.lots, rows.sites, [row for row in rows.about if row[1] != CORRECTION])
    found = {row[0]: row[-1] for table in tables for row in table if row[-1]}
    if any(row[-1] != found.get(row[0], 0) for table in tables for row in table):
        raise ValueError(found)
    if any(row[-1] for row in rows.about if row[1] == CORRECTION):
        raise ValueError(found)
    return found


def compare(stored: EntryRows, expected: EntryRows) -> tuple[str, dict[int, int]]:
    """Compare stored rows with those that entries call for; return the table that differs, none if none does, and :func:`ended`.

    :param expected: with ``ended`` as it is before any correction.
    """
    if stored == expected:
        return "", ended(stored) if any(row[-1] for table in expected[:4] for row in table) else {}
    try:
        found = ended(stored)
    except ValueError:
        return "ended", {}
    for name, one, other in zip(TABLES, stored, expected, strict=True):
        keep = len(other[0]) if other and name == "cross_correction" else -1
        if [row[:keep] for row in one] != [row[:keep] for row in other]:
            return name, {}
    return "", found


def rows_of(told: Told, number: dict[str, int], moves: list[Row], conditional: set[int]) -> EntryRows:
    """Return the rows of what is told, with numbers for names; ``moves`` are made already, where their sums are.

    :param conditional: entries that correct another log's. :raises KeyError: a name has no number among these (rule 2).
    """
    lots, sites, about = [], [], []
    for seq, recorded, facts in told.lots:
        state = CONDITIONAL if seq in conditional else 0
        for item, fact in enumerate(facts):
            lots.append((seq, item, number[fact[0]], number[fact[1]], *fact[2:], recorded, state))
    for seq, recorded, (site, *words) in told.sites:
        sites.append((seq, number[site], *words, recorded, CONDITIONAL if seq in conditional else 0))
    if conditional:
        about = [
            (seq, kind, number[text], CONDITIONAL if seq in conditional and kind != CORRECTION else 0) for seq, kind, text in told.about
        ]
    else:
        about = [(seq, kind, number[text], 0) for seq, kind, text in told.about]
    about.sort()
    return EntryRows(moves, lots, sites, about, [(seq, number[target], target_seq) for seq, target, target_seq in told.cross])


def told_by(rows: EntryRows, text: dict[int, str]) -> Told:
    """Return what stored rows say, as their entries would.

    :raises KeyError: a number has no name (rule 2). :raises ValueError: no entry has such rows.
    """
    flows: list[tuple[int, int, Sequence[FlowText]]] = []
    for seq, recorded, each in _by_entry(rows.moves, 9):
        said = []
        for _, _, lot, kind, site, other, unit, q, t, _, pair, flags, _ in each:
            said.append(FlowText(kind, text[lot], text[site], text[other], unit, q, t, pair, flags))
        flows.append((seq, recorded, said))
    lots: list[tuple[int, int, Sequence[LotText]]] = [
        (seq, recorded, [LotText(text[lot], text[site], *rest) for _, _, lot, site, *rest, _, _ in each])
        for seq, recorded, each in _by_entry(rows.lots, 10)
    ]
    sites = [(seq, recorded, cast("SiteText", (text[site], *words))) for seq, site, *words, recorded, _ in rows.sites]
    about = sorted((seq, kind, text[subject]) for seq, kind, subject, _ in rows.about)
    return Told(flows, lots, sites, about, [(seq, text[target], target_seq) for seq, target, target_seq in rows.cross])


def _by_entry(rows: list[Row], recorded: int) -> Iterable[tuple[int, int, Sequence[Row]]]:
    """Group rows by entry; items of an entry count from 0, and it was recorded once."""
    for seq, group in groupby(rows, _SEQ):
        each = list(group)
        if [row[1] for row in each] != list(range(len(each))) or any(row[recorded] != each[0][recorded] for row in each):
            raise ValueError(seq)
        yield seq, each[0][recorded], each


__all__ = ["CORRECTION", "EntryRows", "Known", "compare", "ended", "read", "rows_of", "told_by"]
