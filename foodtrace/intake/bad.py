"""The file of bad rows: what to mend and send again.

Rules:

1. It lies next to the file: ``结算.错行.csv`` in Chinese, ``NAME.bad.csv`` in English. A CSV keeps its encoding, delimiter and
   headings (UTF-8 gets a byte order mark, so that Excel shows Chinese); a workbook gives a workbook, so that codes stay text;
   JSON lines keep their lines, each with its reasons in a ``#`` line above.
2. One column is added, the first, with the reasons; it is ignored when the mended file is read.
3. Cells that a spreadsheet would run as a formula get a leading ``'``, which reading takes off again.
4. It is written whole or not at all. A mended file's own bad rows go back into that file's place: ``结算.错行.csv`` again.
5. Any other file that is there is left as it is (somebody may be mending it): the next is ``结算.错行-2.csv``. Where the rows that
   would be written stand in it already, nothing is written.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from foodtrace.errors import BadData, Storage
from foodtrace.intake.cells import escaped
from foodtrace.intake.model import BadRow, Cell, Intake
from foodtrace.intake.source import encoding_of, format_of, open_source
from foodtrace.intake.table import REASON, Table, open_table
from foodtrace.texts import Lang

_SUFFIX: Final = {"zh": "错行", "en": "bad"}
_TEXT_WIDTH: Final = 60
_MOST: Final = 99
"""Files of bad rows of one file, side by side."""


def bad_path(path: str | os.PathLike[str], lang: Lang = "en") -> Path:
    """Return where the bad rows of a file go, if nothing is there (rules 1, 4 and 5)."""
    file = Path(path)
    if re.search(rf"\.{_SUFFIX[lang]}(-\d+)?$", file.stem):
        return file
    stem = re.sub(r"\.(错行|bad)(-\d+)?$", "", file.stem)
    return file.with_name(f"{stem}.{_SUFFIX[lang]}{file.suffix or '.csv'}")


def write_bad(path: str | os.PathLike[str], intake: Intake, *, lang: Lang = "en", to: Path | None = None) -> Path:
    """Write the bad rows of a file that was read, and return where.

    :param path: the file that was read, still as it was. :param to: another place than beside it; what is there is replaced.
    :raises Storage: ``record.unwritable``; nothing is left behind then.
    """
    source = open_source(path)
    if intake.mapping is None:
        codec = encoding_of(source)
        data = _lines(intake.bad, lang).encode("utf-8" if codec == "utf-8-sig" else codec, "replace")
        return _place(path, data, lang, to)
    known = {frozenset(intake.mapping.columns)}
    if format_of(source) == "xlsx":
        table = open_table(source, intake.sheet, known=known)
    else:
        table = open_table(source, known=known, encoding=_name(intake.encoding))
    return write_bad_rows(path, table, intake.bad, lang=lang, to=to)


def write_bad_rows(path: str | os.PathLike[str], table: Table, bad: Sequence[BadRow], *, lang: Lang = "en", to: Path | None = None) -> Path:
    """Write bad rows of a table, and return where; ``path``, ``to`` and errors as in :func:`write_bad`."""
    if table.format == "xlsx":
        return _place(path, _workbook(table, bad, lang), lang, to)
    codec = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(table.codec, table.codec)
    return _place(path, _csv(table, bad, lang).encode(codec), lang, to)


def _place(path: str | os.PathLike[str], data: bytes, lang: Lang, to: Path | None) -> Path:
    """Write to where it belongs (rules 1, 4 and 5), and return that."""
    target = to or bad_path(path, lang)
    if to is not None or target == Path(path):
        _put(target, data)
        return target
    return _beside(target, data)


def _name(encoding: str) -> str:
    return "" if encoding == "UTF-16" else encoding


def reasons(row: BadRow, lang: Lang = "en") -> str:
    """Return everything wrong with a row, in one line: column, what, what to do."""
    said = []
    for fault in row.faults:
        hint = fault.hint(lang)
        said.append((f"{fault.column}: " if fault.column else "") + fault.message(lang) + (f" ({hint})" if hint else ""))
    return "; ".join(said).replace("\n", " ")


def _headings(table: Table, lang: Lang) -> list[str]:
    written = [*table.written[: table.reason], *table.written[table.reason + 1 :]] if table.reason >= 0 else list(table.written)
    return [REASON[lang], *written]


def _csv(table: Table, rows: Sequence[BadRow], lang: Lang) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\r\n")
    writer.writerow([escaped(heading) for heading in _headings(table, lang)])
    for row in rows:
        writer.writerow([f"{row.row}: {reasons(row, lang)}", *(escaped(cell) for cell in row.cells)])
    return out.getvalue()


def _workbook(table: Table, rows: Sequence[BadRow], lang: Lang) -> bytes:
    """Return a workbook with one sheet; text is text, dates and numbers stay what they are."""
    from openpyxl import Workbook  # noqa: PLC0415 - only for workbooks
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.sheet)
    sheet.column_dimensions["A"].width = _TEXT_WIDTH

    def put(cell: Cell) -> Cell:
        return ILLEGAL_CHARACTERS_RE.sub(" ", escaped(cell)) if isinstance(cell, str) else cell

    sheet.append([put(heading) for heading in _headings(table, lang)])
    for row in rows:
        sheet.append([put(f"{row.row}: {reasons(row, lang)}"), *(put(cell) for cell in row.cells)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(rows: Sequence[BadRow], lang: Lang) -> str:
    return "".join(f"# {row.row}: {reasons(row, lang)}\n{row.cells[0]}\n" for row in rows)


def _beside(target: Path, data: bytes) -> Path:
    """Write to the first place that is free, or has these very rows (rule 5), and return it."""
    place = target
    for number in range(2, _MOST + 2):
        if place.is_dir():
            raise BadData("record.folder", value=place.name)
        try:
            with place.open("xb"):  # taken: two that write at once take two places
                pass
        except FileExistsError:
            if _holds(place, data):
                return place
            place = target.with_name(f"{target.stem}-{number}{target.suffix}")
            continue
        except OSError as error:
            raise Storage("record.unwritable", value=place.name, reason=error.strerror or "") from None
        try:
            _put(place, data)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        return place
    raise BadData("record.bad_files", value=target.name, expected=_MOST)


def _holds(place: Path, data: bytes) -> bool:
    """Say whether a file holds this; of workbooks the parts are compared, without the one that says when it was made."""
    try:
        there = place.read_bytes()
        return there == data or (data[:2] == there[:2] == b"PK" and _parts(there) == _parts(data))
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _parts(data: bytes) -> dict[str, int]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {member.filename: member.CRC for member in archive.infolist() if member.filename != "docProps/core.xml"}


def _put(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise BadData("record.folder", value=target.name)
    try:
        with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=".bad", delete=False) as out:
            out.write(data)
        os.replace(out.name, target)  # noqa: PTH105 - the one call that swaps files in one step
    except OSError as error:
        raise Storage("record.unwritable", value=target.name, reason=error.strerror or "") from None
