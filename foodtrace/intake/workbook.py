"""XLSX, read row by row, and never trusted: a workbook is a ZIP of XML that anybody may have made.

Rules, in order:

1. Bounds before anything is unpacked: 1,000 members, 256 MiB for one sheet, 64 MiB for the shared strings, 16 MiB for every
   other part that is read whole, and no member over 16 MiB that unpacks to more than 200 times its size.
2. No document type declarations in its XML (they define entities).
3. At most 1,048,576 rows and 256 columns; the size a sheet claims is not believed (some programs write ``A1``).
4. The sheet asked for; else the only visible one with content; else the only one with known headings; else a person says.
5. Cells are values as last saved, never formulas. Whatever the reading library trips over is bad data here.
6. What the reading library does not tell is read from the sheet's XML (:mod:`foodtrace.intake.sheetxml`): merged cells, and formulas
   saved without their result, which come as :class:`Formula`.
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.intake.model import Ask, Cell, Question
from foodtrace.intake.sheetxml import MAX_COLUMNS, Beside, Formula, scan
from foodtrace.intake.source import Source

MAX_ROWS: Final = 1_048_576
_MEMBERS: Final = 1_000
_SHEET: Final = 256 << 20
_STRINGS: Final = 64 << 20
_PART: Final = 16 << 20
_RATIO: Final = 200
_HEAD: Final = 40

SheetRow = tuple[int, Sequence[Cell], FoodtraceError | None]


def check_archive(source: Source) -> None:
    """Apply rules 1 and 2. Raises ``BadData`` (``record.workbook``, ``record.workbook_size``)."""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            for member in members[: _MEMBERS + 1]:
                _check_member(source, archive, member)
    except FoodtraceError:
        raise
    except Exception as error:  # noqa: BLE001 - zipfile and zlib document no closed set of exceptions
        raise BadData("record.workbook", value=source.name, reason=type(error).__name__) from None
    if len(members) > _MEMBERS:
        raise BadData("record.workbook_size", value=source.name, part="ZIP", expected=f"{_MEMBERS}")


def _check_member(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    name = member.filename.lower()
    if not name.endswith((".xml", ".rels")):
        return  # pictures, printer settings: never opened
    most = _SHEET if "/worksheets/" in name else _STRINGS if name.endswith("sharedstrings.xml") else _PART
    if member.file_size > most:
        raise BadData("record.workbook_size", value=source.name, part=member.filename, expected=f"{most >> 20} MB")
    if member.file_size > _PART and member.file_size > _RATIO * max(member.compress_size, 1):
        raise BadData("record.workbook_size", value=source.name, part=member.filename, expected=f"1:{_RATIO}")
    with archive.open(member) as part:
        if b"<!DOCTYPE" in part.read(4096).upper():
            raise BadData("record.workbook", value=source.name, reason="DOCTYPE")


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    """Open the workbook; rule 5 for whatever happens inside."""
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second that CSV need not pay

    try:
        with source.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing styles, unknown extensions: no matter here
            book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            try:
                yield book
            finally:
                book.close()
    except (FoodtraceError, GeneratorExit):
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever the XML made it do
        raise BadData("record.workbook", value=source.name, reason=f"{type(error).__name__}: {error}") from None


def _sheets(book: Any) -> list[Any]:
    """Return the sheets that have cells; chart sheets have none."""
    return [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]


def _rows(sheet: Any, last: int = MAX_ROWS) -> Iterator[tuple[Any, ...]]:
    # Both bounds are given, so what the sheet claims of its size is never used.
    yield from sheet.iter_rows(max_row=last, max_col=MAX_COLUMNS, values_only=True)


def choose_sheet(source: Source, sheet: str | None, known: Callable[[list[str]], int], ask: Ask | None) -> tuple[str, int, dt.datetime]:
    """Return (title of the sheet, rows it claims to have, day 0 of its day counts), by rule 4.

    :raises BadData: ``record.sheet``, ``record.sheet_which``, ``record.workbook``, ``record.empty``.
    """
    with _opened(source) as book:
        sheets = _sheets(book)
        epoch = book.epoch
        titles = [each.title for each in sheets]
        if sheet is not None:
            found = [each for each in sheets if each.title.strip() == sheet.strip()]
            if not found:
                raise BadData("record.sheet", value=sheet, expected=", ".join(titles))
            return found[0].title, found[0].max_row or 0, epoch
        full: dict[str, int] = {}
        sizes: dict[str, int] = {}
        for each in (each for each in sheets if each.sheet_state == "visible"):
            sizes[each.title] = each.max_row or 0
            best = max((known([_shown(cell) for cell in row]) for row in _rows(each, _HEAD) if any(c is not None for c in row)), default=-1)
            if best >= 0:
                full[each.title] = best
    title = _only(source, full, ask)
    return title, sizes[title], epoch


def _only(source: Source, full: dict[str, int], ask: Ask | None) -> str:
    if not full:
        raise BadData("record.empty", value=source.name)
    likely = [title for title, best in full.items() if best >= 2]  # noqa: PLR2004
    if len(full) == 1 or len(likely) == 1:
        return next(iter(likely or full))
    options = tuple((title, title) for title in likely or full)
    answer = ask(Question(about="sheet", options=options, params={"file": source.name})) if ask else None
    if answer not in full:
        raise BadData("record.sheet_which", value=source.name, expected=", ".join(title for title, _ in options))
    return answer


def beside(source: Source, title: str) -> Beside:
    """Return a sheet's merged cells and its formulas without result (rule 6). Raises ``BadData`` (``record.workbook_size``)."""
    with _opened(source) as book:
        sheet = next(each for each in _sheets(book) if each.title == title)
        with sheet._get_source() as stream:  # noqa: SLF001 - where the library itself reads this sheet from
            return scan(stream, source.name)


def read_sheet(source: Source, title: str, formulas: Mapping[int, Mapping[int, Formula]]) -> Iterator[SheetRow]:
    """Yield every row of a sheet, blank ones as ``()``, with its number from 1; ``formulas`` by row and column stand where nothing does."""
    with _opened(source) as book:
        sheet = next(each for each in _sheets(book) if each.title == title)
        for row, read in enumerate(_rows(sheet), start=1):
            cells: Sequence[Cell] = read
            if row in formulas:
                cells = [formulas[row].get(i, cell) if cell is None else cell for i, cell in enumerate(read)]
            width = len(cells)
            while width and (cells[width - 1] is None or cells[width - 1] == ""):
                width -= 1
            yield row, cells[:width], None


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)
