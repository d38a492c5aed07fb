"""A recall answer as a table for a spreadsheet: CSV and XLSX, one row per outlet and unit."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

from foodtrace.errors import BadData
from foodtrace_cli.context import Context
from foodtrace_cli.output import say

_FILE = [
    "site",
    "name",
    "operator",
    "kind",
    "county",
    "contact",
    "phone",
    "address",
    "lots",
    "suppliers",
    "link",
    "unit",
    "received",
    "sold",
    "on_hand",
    "at_notice",
    "likely",
    "returned",
    "destroyed",
    "unaccounted",
    "travelling",
    "sealed",
    "notified",
    "acknowledged",
    "sealed_at",
    "returned_at",
    "destroyed_at",
    "last_entry",
]


_AMOUNTS = frozenset(_FILE[_FILE.index("unit") : _FILE.index("notified")])
"""What stands in a row's amounts, one per unit."""


def _records(answer: Any) -> list[list[Any]]:
    """Return the rows; one without quantities stands there as well, all of them unknown."""
    return [[_value(row, amount, name) for name in _FILE] for row in (*answer.outlets, *answer.others) for amount in row.amounts or (None,)]


def _value(row: Any, amount: Any, name: str) -> Any:
    if name in _AMOUNTS:
        return getattr(amount, name, None)
    value = getattr(row, name.removesuffix("_at"))
    return " ".join(value) if isinstance(value, tuple) else value


def _escaped(value: Any) -> Any:
    """Keep a spreadsheet from running a cell that a stranger wrote."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def write_csv(ctx: Context, answer: Any, name: str) -> None:
    """Write CSV: with a byte order mark for Excel; ``-`` is standard output, plain UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_FILE)
    writer.writerows([["?" if value is None else _escaped(value) for value in row] for row in _records(answer)])
    if name == "-":
        sys.stdout.buffer.write(stream.getvalue().encode())
        return
    Path(name).write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    say(ctx.t("cli.written", path=name), err=True)


def write_xlsx(ctx: Context, answer: Any, name: str) -> None:
    """Write a workbook; codes are text. Raises ``BadData`` (``cli.xlsx_character``)."""
    from openpyxl import Workbook  # noqa: PLC0415 - only for this option
    from openpyxl.utils.exceptions import IllegalCharacterError  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("recall")
    sheet.append(_FILE)
    for row in _records(answer):
        try:
            sheet.append(["?" if value is None else _escaped(value) for value in row])
        except IllegalCharacterError:
            raise BadData("cli.xlsx_character", value=str(row[0])) from None
    book.save(name)
    say(ctx.t("cli.written", path=name), err=True)
