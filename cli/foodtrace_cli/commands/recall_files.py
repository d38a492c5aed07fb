"""A recall answer as a table for a spreadsheet: CSV and XLSX, one row per outlet and unit, for pieces per product, goods without lot apart.

Rules (TRANSCRIPTS "Easily forgotten" 18 and 19):

1. Names, phones and addresses are masked unless asked for; whoever asks has that put on record before anything is written.
2. A cell that a spreadsheet would run is escaped, codes are text, unknown is a question mark and never empty or zero.
3. Quantities are in base units, as everywhere in files: ``unit`` says which.
4. A file is there whole or not at all.
5. Headings are in the reader's language; in English they are the names that programs know. Codes and quantities never change.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foodtrace.errors import BadData
from foodtrace_cli.commands.recall import Files, details_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import say

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace_cli.commands.recall_screen import View

HEADINGS: Final = (
    "site", "name", "operator", "operator_name", "credit_code", "licence", "licence_until", "kind", "county", "contact", "phone",
    "address", "lots", "suppliers", "first_received", "last_received", "link", "unit", "received", "sold", "on_hand", "at_notice",
    "likely", "returned", "destroyed", "unaccounted", "travelling", "sealed", "product", "without_lot", "born", "returned_in", "over",
    "dispatched", "consumed", "lost", "notified", "acknowledged", "sealed_at", "returned_at",
    "destroyed_at", "last_entry", "also", "cleared",
)  # fmt: skip
_AMOUNTS: Final = frozenset(HEADINGS[HEADINGS.index("unit") : HEADINGS.index("notified")])
"""What stands in a row's amounts, one per unit."""
_DETAILS: Final = {
    "operator_name": "operator_name",
    "credit_code": "credit_code",
    "licence": "licence",
    "licence_until": "licence_until",
    "first_received": "first",
    "last_received": "last",
}
_RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins so may be run, also in full width."""


_CELL_MOST: Final = 32_000
"""Characters of a cell; Excel takes 32,767."""


def write_files(ctx: Context, ledger: Ledger, answer: Any, files: Files, view: View, known: int | None = None) -> None:
    """Write an answer to the files asked for. Raises ``BadData`` (``cli.xlsx_character``)."""
    from foodtrace_cli.commands.recall_screen import chosen  # noqa: PLC0415

    if files.contacts:
        _put_on_record(ctx, ledger, answer, files.by)
        shown = answer
    else:
        from foodtrace.recall.report import masked  # noqa: PLC0415

        shown = masked(answer)
    rows = [*chosen(shown, view), *(() if view.late else shown.others)]
    records = _records(ctx, shown, rows, details_of(ledger, shown, rows, known))
    if files.csv:
        _write_csv(ctx, records, files.csv)
    if files.xlsx:
        _write_xlsx(ctx, {"recall": records, ctx.t("recall.file.findings"): _findings(ctx, shown)}, files.xlsx)
    if not files.contacts and any(row.contact or row.phone or row.address for row in rows):
        say(ctx.t("cli.recall.masked"), err=True)


def _put_on_record(ctx: Context, ledger: Ledger, answer: Any, by: str) -> None:
    """Say in the log that people's contacts leave it, before they do (rule 1)."""
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.contacts import show_list  # noqa: PLC0415

    doing = Doing(now=local(ledger.clock()), by=by)
    receipt, _ = ledger.act(lambda _session: show_list(doing, answer))
    if receipt is not None:
        say(ctx.t("cli.report.contacts", log=receipt.log, seq=receipt.last), err=True)


def _records(ctx: Context, answer: Any, rows: Sequence[Any], details: Mapping[str, Any]) -> list[list[Any]]:
    """Return headings and rows; one without quantities stands there as well, all of them unknown."""
    made: list[list[Any]] = [[ctx.t(f"recall.file.{name}") for name in HEADINGS]]
    for row in rows:
        made += [[_value(row, amount, details[row.site], name) for name in HEADINGS] for amount in row.amounts or (None,)]
    if answer.bounds is None:
        return made
    from foodtrace_cli.commands.recall_bounds import COLUMNS, shares  # noqa: PLC0415 - only where they were asked for

    parts = {(each.site, each.unit, each.product, each.without_lot): each for each in answer.bounds}
    key = [HEADINGS.index(name) for name in ("site", "unit", "product", "without_lot")]
    heads = [*made[0], *(ctx.t(f"recall.file.{name}") for name in COLUMNS)]
    return [heads, *([*row, *shares(parts.get(tuple(row[place] for place in key)))] for row in made[1:])]


def _value(row: Any, amount: Any, details: Any, name: str) -> Any:
    if name in _AMOUNTS:
        said = getattr(amount, name, None)
        return int(said) if isinstance(said, bool) else said
    if name in _DETAILS:
        return getattr(details, _DETAILS[name])
    value = getattr(row, name.removesuffix("_at"))
    return " ".join(value) if isinstance(value, tuple) else value


def escaped(value: Any) -> Any:
    """Keep a spreadsheet from running a cell that a stranger wrote (rule 2)."""
    return "'" + value if isinstance(value, str) and value.lstrip(" ")[:1] in _RUN else value


def _write_csv(ctx: Context, records: Sequence[Sequence[Any]], name: str) -> None:
    """Write CSV: with a byte order mark for Excel; ``-`` is standard output, plain UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([["?" if value is None else escaped(value) for value in row] for row in records])
    data = stream.getvalue().encode("utf-8", "replace")
    if name == "-":
        sys.stdout.buffer.write(data)
        return
    _write(ctx, name, b"\xef\xbb\xbf" + data)


def _findings(ctx: Context, answer: Any) -> list[list[Any]]:
    """Return headings and what could not be traced: the kind, what it is, by which rule, what to do, and the entries behind it."""
    from foodtrace.recall.explained import rule_key  # noqa: PLC0415

    heads = ("kind_of_finding", "finding", "lot", "site", "name", "value", "unit", "rule", "hint", "entries")
    made: list[list[Any]] = [[ctx.t(f"recall.file.{name}") for name in heads]]
    for each in answer.untraced:
        said = [ctx.t(each.word), each.lot, each.site, each.site_name, each.value or "", each.unit]
        entries = " ".join(each.entries)
        cut = entries if len(entries) <= _CELL_MOST else entries[: _CELL_MOST - 3] + " .."
        made.append([each.word.removeprefix("finding."), *said, ctx.t(rule_key(each.word)), ctx.t(f"finding.{each.kind}.hint"), cut])
    return made


def _write_xlsx(ctx: Context, sheets: Mapping[str, Sequence[Sequence[Any]]], name: str) -> None:
    """Write a workbook; codes are cells of text, so that Excel makes no ``9.1E+17`` of a credit code."""
    from openpyxl import Workbook  # noqa: PLC0415 - only for this option
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.utils.exceptions import IllegalCharacterError  # noqa: PLC0415

    book = Workbook(write_only=True)
    for title, records in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "C2"
        for row in records:
            made = []
            for value in row:
                try:
                    cell = WriteOnlyCell(sheet, value="?" if value is None else escaped(value))
                except IllegalCharacterError:
                    raise BadData("cli.xlsx_character", value=str(row[0])) from None
                if isinstance(value, str):
                    cell.data_type, cell.number_format = "s", "@"
                made.append(cell)
            sheet.append(made)
    data = io.BytesIO()
    book.save(data)
    _write(ctx, name, data.getvalue())


def _write(ctx: Context, name: str, data: bytes) -> None:
    """Put a file there whole (rule 4)."""
    from foodtrace_cli.output import replace_file  # noqa: PLC0415

    replace_file(Path(name), data)
    say(ctx.t("cli.written", path=name), err=True)
