"""A case report as a workbook: one sheet per table.

Rules:

1. Codes are text, quantities are exact numbers in the unit of their row, unknown ones are text with ``?``.
2. A cell that a stranger wrote never runs: what begins like a formula gets an apostrophe, and what a workbook cannot carry
   (control characters) is left out.
3. Columns are as wide as what stands in them, within reason; headings stay in sight and filter their columns.
"""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any, Final

from foodtrace.recall.picturewords import cells
from foodtrace.recall.report import Report
from foodtrace.recall.report_tables import Cell, Grid, Measured, grids
from foodtrace.texts import Lang, text

_NEVER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST: Final = 32_767
"""Characters a cell can hold."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NARROWEST: Final = 6
_WIDEST: Final = 66
"""Characters a column is wide at most: a leaf hash fits, and what is longer runs on within its cell."""
_LOOKED_AT: Final = 2000
"""Rows that decide how wide a column is."""


def workbook(report: Report, *, lang: Lang = "en") -> bytes:
    """Return the workbook, with a sheet per table."""
    return workbook_of(grids(report, lang), lang=lang)


def workbook_of(tables: list[Grid], *, lang: Lang = "en") -> bytes:
    """Return a workbook of some tables."""
    from openpyxl import Workbook  # noqa: PLC0415 - only for this
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    book.remove(book.worksheets[0])
    for grid in tables:
        sheet: Any = book.create_sheet(text(f"report.table.{grid.name}", lang)[:31])
        sheet.append([text(f"report.column.{name}", lang) for name in grid.columns])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for row in grid.rows:
            sheet.append([_value(cell) for cell in row])
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        for place in range(len(grid.columns)):
            shown = [str(sheet.cell(1, place + 1).value), *(_shown(row[place]) for row in grid.rows[:_LOOKED_AT])]
            width = max(cells(line) for each in shown for line in each.splitlines() or [""]) + 2
            sheet.column_dimensions[get_column_letter(place + 1)].width = min(max(width, _NARROWEST), _WIDEST)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _shown(cell: Cell) -> str:
    return cell.shown() if isinstance(cell, Measured) else str(cell)


def _value(cell: Cell) -> str | int | Decimal:
    if isinstance(cell, int):
        return cell
    if isinstance(cell, Measured):
        if cell.unknown:
            return cell.shown()
        return cell.value if cell.unit == "piece" else Decimal(cell.value) / 1000
    return safe(cell)


def safe(value: str) -> str:
    """Return a text that no spreadsheet runs and every workbook carries (rule 2)."""
    kept = _NEVER.sub("", value)[: _LONGEST - 1]
    # A lone dash is how nothing is written here, and no formula.
    return "'" + kept if kept.startswith(_FORMULA) and kept != "-" else kept
