"""A file as a table: headings, and rows that can be read again and again.

Rules:

1. The row of headings is the one, among the first 40, that equals a remembered set of headings; else the one with most known
   headings, at least two; else one with a heading that the reader of a short list needs; else the first with at least two
   cells, all of them words, none a number or a date.
   Rows above it are titles and are skipped.
2. Headings are shown as written, stripped; a second of the same name gets ``.2``, one without name is ``#N`` (its column).
3. The reason column that foodtrace adds to a file of bad rows is no column of the table.
4. A merged cell's value is that of all the rows it spans, in its first column; a row in which nothing else stands stays blank.
5. A row with more cells than headings is a bad row: a comma inside a name, most often.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, Literal

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.intake import delimited, headings, workbook
from foodtrace.intake.cells import words
from foodtrace.intake.model import Ask, Cell
from foodtrace.intake.sheetxml import Beside, Merge
from foodtrace.intake.source import Path_, Source, encoding_of, format_of, open_source, shown

REASON: Final = {"zh": "原因 (foodtrace)", "en": "reason (foodtrace)"}
"""Heading of the column added to a file of bad rows; either is ignored when read."""
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a calendar, not a moment
_MAX_ROWS: Final = 2_000_000
_NO_WORD: Final = re.compile(r"[-+\d.,:/年月日时分秒%¥￥\s]*")

Row = tuple[int, Sequence[Cell], FoodtraceError | None]
"""(row number, cells under the headings, what is wrong with the row as a whole)."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A file's headings, and where its rows are."""

    source: Source
    format: Literal["csv", "xlsx"]
    encoding: str
    """For people: ``UTF-8``, ``GB18030``, ``UTF-16``, ``XLSX``."""
    codec: str
    """Python name of the codec; empty for XLSX."""
    delimiter: str
    sheet: str
    headings: tuple[str, ...]
    """Names of the columns (rule 2), the reason column left out."""
    written: tuple[str, ...]
    """The row of headings as it stands in the file."""
    first_row: int
    """Row number of the first row under the headings."""
    total: int
    """About how many rows there are; 0 when not known."""
    epoch: dt.datetime
    """Day 0 of day counts."""
    reason: int
    """Index of the reason column, or -1."""
    beside: Beside = Beside()
    """Merged cells and formulas without result of a sheet."""

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.source.name

    def rows(self) -> Iterator[Row]:
        """Yield every row under the headings that is not blank, as wide as the headings (or wider: rule 5)."""
        if self.format == "xlsx":
            every: Iterator[Row] = _unmerged(workbook.read_sheet(self.source, self.sheet, self.beside.formulas), self.beside.merges)
        else:
            every = delimited.read_rows(self.source, self.codec, self.delimiter)
        width, blank = len(self.headings), [""] * len(self.headings)
        for row, cells, fault in every:
            if row < self.first_row or not _filled(cells):
                continue
            if row > _MAX_ROWS:
                raise BadData("record.too_many_rows", value=self.name, expected=_MAX_ROWS)
            if self.reason >= 0:
                cells = [*cells[: self.reason], *cells[self.reason + 1 :]]  # noqa: PLW2901
            size = len(cells)
            if size > width and not fault:
                cells, fault = _cut(cells, width)  # noqa: PLW2901
            yield row, ([*cells, *blank[size:]] if size < width else cells), fault

    def merged(self, heading: str) -> list[tuple[int, int]]:
        """Return the stretches of rows, first and last, whose cell in a column is one of several that are merged; in order, apart."""
        index = self.headings.index(heading)
        place = index + (0 <= self.reason <= index)
        found: list[tuple[int, int]] = []
        for first, last in sorted((merge.first, merge.last) for merge in self.beside.merges if merge.column == place):
            if found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((first, last))
        return found

    def shown(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        """Return cells as text."""
        return tuple(words(cell) for cell in cells)


def _unmerged(rows: Iterator[Row], merges: Sequence[Merge]) -> Iterator[Row]:
    """Give every row the value of the merged cells it is in (rule 4)."""
    begins: dict[int, list[Merge]] = {}
    for merge in merges:
        begins.setdefault(merge.first, []).append(merge)
    now: dict[int, tuple[int, Cell]] = {}
    for row, cells, fault in rows:
        now = {column: held for column, held in now.items() if held[0] >= row}
        for merge in begins.get(row, ()):
            if merge.column < len(cells):
                now[merge.column] = (merge.last, cells[merge.column])
        if now and _filled(cells):
            wide = [*cells, *[None] * (max(now) + 1 - len(cells))]
            for column, (_, value) in now.items():
                wide[column] = value if wide[column] in ("", None) else wide[column]
            cells = wide  # noqa: PLW2901
        yield row, cells, fault


def _filled(cells: Sequence[Cell]) -> bool:
    return any(cell not in ("", None) and (not isinstance(cell, str) or not cell.isspace()) for cell in cells)


def _cut(cells: Sequence[Cell], width: int) -> tuple[Sequence[Cell], FoodtraceError | None]:
    """Cut empty cells beyond the headings; others are a fault (rule 5)."""
    if not _filled(cells[width:]):
        return cells[:width], None
    count = len(cells)
    while not _filled(cells[count - 1 : count]):
        count -= 1
    return cells, BadData("record.columns", value=" | ".join(words(cell) for cell in cells[width:count]), got=count, expected=width)


def open_table(
    path: Path_ | Source,
    sheet: str | None = None,
    *,
    known: Collection[frozenset[str]] = (),
    encoding: str = "",
    ask: Ask | None = None,
    alone: Callable[[str], bool] | None = None,
) -> Table:
    """Open a CSV or XLSX file and find its headings.

    :param path: a path, the bytes themselves, or a binary stream.
    :param known: sets of headings that are remembered. :param encoding: what a person said about a text file.
    :param alone: says of a heading that it is enough by itself to make a row of headings.
    :raises BadData: ``record.*``: not a table, no headings, an encoding that does not hold, a workbook out of bounds.
    :raises NotFound: ``record.no_file``. :raises Storage: ``record.unreadable``.
    """
    source = path if isinstance(path, Source) else open_source(path)
    if format_of(source) == "xlsx":
        workbook.check_archive(source)
        title, total, epoch = workbook.choose_sheet(source, sheet, headings.known, ask)
        beside = workbook.beside(source, title)
        every: Iterator[Row] = _unmerged(workbook.read_sheet(source, title, beside.formulas), beside.merges)
        codec = delimiter = ""
    else:
        if sheet is not None:
            raise BadData("record.no_sheets", value=source.name)
        beside = Beside()
        codec = encoding_of(source, encoding=encoding, ask=ask)
        delimiter = delimited.find_delimiter(source, codec, headings.known)
        total, title, epoch = delimited.count_lines(source), "", _EPOCH
        every = delimited.read_rows(source, codec, delimiter)
    first: list[tuple[int, tuple[str, ...]]] = []
    for row, cells, fault in every:
        first.append((row, () if fault else tuple(words(cell) for cell in cells)))
        if len(first) >= delimited.HEAD:
            break
    row, written = _find_headings(source, first, known, alone)
    names, reason = _named(written)
    return Table(
        source=source,
        format="csv" if codec else "xlsx",
        encoding=shown(codec) if codec else "XLSX",
        codec=codec,
        delimiter=delimiter,
        sheet=title,
        headings=names,
        written=written,
        first_row=row + 1,
        total=max(total - row, 0),
        epoch=epoch,
        reason=reason,
        beside=beside,
    )


def _find_headings(
    source: Source, rows: list[tuple[int, tuple[str, ...]]], known: Collection[frozenset[str]], alone: Callable[[str], bool] | None
) -> tuple[int, tuple[str, ...]]:
    """Rule 1."""
    rows = [(row, _stripped(cells)) for row, cells in rows]
    for row, cells in rows:
        if known and frozenset(_named(cells)[0]) in known:
            return row, cells
    best = max(rows, key=lambda each: headings.known(list(each[1])), default=None)
    if best is not None and headings.known(list(best[1])) >= 2:  # noqa: PLR2004
        return best
    for row, cells in rows:
        if alone is not None and any(alone(cell) for cell in cells):
            return row, cells
    for row, cells in rows:
        full = [cell for cell in cells if cell]
        if len(full) >= 2 and all(_NO_WORD.fullmatch(cell) is None for cell in full):  # noqa: PLR2004
            return row, cells
    shown_ = next((" | ".join(cells) for _, cells in rows if any(cells)), "")
    raise BadData("record.no_headings", value=source.name, shown=shown_)


def _stripped(cells: tuple[str, ...]) -> tuple[str, ...]:
    count = len(cells)
    while count and not cells[count - 1]:
        count -= 1
    return tuple(" ".join(cell.split()) for cell in cells[:count])


def _named(cells: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns (rules 2 and 3) and the index of the reason column, or -1."""
    reason = next((i for i, cell in enumerate(cells) if cell in REASON.values()), -1)
    names: list[str] = []
    taken: set[str] = set()
    for i, cell in enumerate(cells):
        if i == reason:
            continue
        name, again = cell or f"#{i + 1}", 2
        while name in taken:
            name, again = f"{cell}.{again}", again + 1
        taken.add(name)
        names.append(name)
    return tuple(names), reason
