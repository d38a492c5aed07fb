"""CSV as programs write it: delimiter, quotes, and what to do where a quote is left open.

Rules:

1. A row's number is the one a spreadsheet shows: records are counted, blank ones too, a cell with line breaks is one row.
2. The delimiter is ``,`` ``;`` tab, ``|`` or the full-width comma: the one under which some row of the first 40 has most
   known headings, then most columns. A first line ``sep=;`` decides and is no row of the table.
3. A record spans at most 50 lines. Where a quote is opened and not closed, its line alone is a bad row and reading goes
   on with the next line: one stray quote must not swallow the rest of the file.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.intake.source import Source

DELIMITERS: Final = (",", "\t", ";", "，", "|")
HEAD: Final = 40
"""Rows looked at to find delimiter and headings."""
_SPAN: Final = 50
_LINE: Final = 1_000_000

TextRow = tuple[int, list[str], FoodtraceError | None]
"""Row number, cells, and what is wrong with the row as a whole."""


class _Open(Exception):
    """A quote was opened and not closed within a record's bound."""


class _Lines:
    """Lines of a text, with those of the record that is being read kept to be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._stream.readline(_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        if len(self.taken) > _SPAN:
            raise _Open
        return line

    def back(self) -> str:
        """Give all lines of this record back but its first, which is returned."""
        first = self.taken[0]
        self._again.extendleft(reversed(self.taken[1:]))
        return first


def read_rows(source: Source, codec: str, delimiter: str) -> Iterator[TextRow]:
    """Yield every row of a text, blank ones too (as ``[]``), with its number from 1."""
    with io.TextIOWrapper(source.open(), encoding=codec, errors="strict", newline="") as stream:
        if not _takes_sep(stream):
            stream.seek(0)
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        row = 0
        while True:
            lines.taken.clear()
            row += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _Open) as error:
                whole, fault = _failed(lines, error, delimiter)
                if isinstance(error, _Open):  # its state is in the middle of the record
                    reader = csv.reader(lines, delimiter=delimiter, strict=True)
                yield row, whole, fault
            else:
                yield row, cells, None


def _failed(lines: _Lines, error: Exception, delimiter: str) -> tuple[list[str], FoodtraceError]:
    """Return the first line of a record that could not be read, cut at every delimiter, and what is wrong with it."""
    first = lines.back().rstrip("\r\n")
    about = str(error)
    if "NUL" in about:
        fault = BadData("record.nul", value=first)
    elif "field limit" in about:
        fault = BadData("record.too_long", value=first, expected=csv.field_size_limit())
    else:
        fault = BadData("record.quote", value=first)
    return first[:_LINE].split(delimiter), fault


def _takes_sep(stream: TextIO) -> bool:
    return stream.readline(_LINE).strip().lower()[:-1] == "sep="


def head(source: Source, codec: str, delimiter: str) -> list[list[str]]:
    """Return the first rows under one delimiter; rows that cannot be read are empty."""
    out: list[list[str]] = []
    for _, cells, fault in read_rows(source, codec, delimiter):
        out.append([] if fault else cells)
        if len(out) >= HEAD:
            break
    return out


def find_delimiter(source: Source, codec: str, known: Callable[[list[str]], int]) -> str:
    """Return the delimiter of a text (rule 2); ``known`` counts the known headings in a row."""
    with io.TextIOWrapper(source.open(), encoding=codec, newline="") as stream:
        first = stream.readline(_LINE).strip()
    if first.lower().startswith("sep=") and len(first) == 5:  # noqa: PLR2004
        return first[-1]
    best, chosen = (-1, -1), DELIMITERS[0]
    for delimiter in DELIMITERS:
        rows = head(source, codec, delimiter)
        score = max(((known(row), sum(1 for cell in row if cell.strip())) for row in rows), default=(0, 0))
        if score > best:
            best, chosen = score, delimiter
    return chosen


def count_lines(source: Source) -> int:
    """Return about how many rows a text has, for the progress."""
    with source.open() as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
