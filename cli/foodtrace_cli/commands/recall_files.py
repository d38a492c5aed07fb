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


_BOUNDS = ["proportional", "bounds"]
"""Columns more where bounds were asked for; least and most are never added up, so that they stand lot by lot."""
_AMOUNTS = frozenset(_FILE[_FILE.index("unit") : _FILE.index("notified")])
"""What stands in a row's amounts, one per unit."""


def _records(answer: Any) -> list[list[Any]]:
    """Return headings and rows; one without quantities stands there as well, all of them unknown."""
    parts = {(site.site, site.unit): site for site in answer.bounds or ()}
    names = [*_FILE, *_BOUNDS] if answer.bounds is not None else _FILE
    rows: list[list[Any]] = [names]
    for row in (*answer.outlets, *answer.others):
        for amount in row.amounts or (None,):
            cells = [_value(row, amount, name) for name in _FILE]
            rows.append(cells if names is _FILE else [*cells, *_shares(parts.get((row.site, amount.unit if amount else "")))])
    return rows


def _shares(site: Any) -> list[Any]:
    """Return what of a site's goods can stem from the scope: the share of them all, least and most by lot."""
    if site is None:
        return [None, None]
    return [site.proportional, "; ".join(f"{each.lot} {each.least}..{each.most}" for each in site.holdings)]


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
    for row in _records(answer):
        try:
            sheet.append(["?" if value is None else _escaped(value) for value in row])
        except IllegalCharacterError:
            raise BadData("cli.xlsx_character", value=str(row[0])) from None
    book.save(name)
    say(ctx.t("cli.written", path=name), err=True)
