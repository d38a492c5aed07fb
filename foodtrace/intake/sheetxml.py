"""What stands beside a sheet's values in its XML: merged cells, and formulas that were saved without their result.

Rules:

1. The XML is looked through piece by piece, as bytes; nothing of it is believed but what has the form looked for, within bounds.
2. A merge holds for the rows it spans, in its first column: its upper left cell is the only one with a value, and the merge says that
   the value is that of all of them.
3. A formula without result (a program wrote the file and no spreadsheet ever computed it) has no value at all. Empty it is not.
"""

from __future__ import annotations

import html
import re
from typing import BinaryIO, Final

import msgspec

from foodtrace.errors import BadData

MAX_COLUMNS: Final = 256
MAX_MERGES: Final = 100_000
MAX_FORMULAS: Final = 100_000
_CHUNK: Final = 1 << 20
_LONGEST: Final = 20_000
"""Longest piece looked for: a formula has at most 8,192 characters."""
_MERGE: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")
_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]*>\s*<(?:\w+:)?f(?:\s[^<>]*?)?(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


class Formula(str):
    """A formula that was saved without its result, as a spreadsheet shows it: ``=B2*C2``."""

    __slots__ = ()


class Merge(msgspec.Struct, frozen=True):
    """Cells of one column that are one."""

    column: int
    """From 0."""
    first: int
    """Row with the value, from 1."""
    last: int


class Beside(msgspec.Struct, frozen=True):
    """What one sheet says beside its values."""

    merges: tuple[Merge, ...] = ()
    formulas: dict[int, dict[int, Formula]] = {}
    """Row from 1 -> column from 0 -> formula."""


def scan(stream: BinaryIO, name: str) -> Beside:
    """Look through a sheet's XML. Raises ``BadData`` (``record.workbook_size``) where there are more than the bounds."""
    merges: dict[Merge, None] = {}
    formulas: dict[int, dict[int, Formula]] = {}
    count, kept = 0, b""
    while chunk := stream.read(_CHUNK):
        piece = kept + chunk
        for match in _MERGE.finditer(piece):
            if int(match[4]) > int(match[2]) and _column(match[1]) < MAX_COLUMNS:
                merges[Merge(_column(match[1]), int(match[2]), int(match[4]))] = None
        if b"<f" in piece or b":f" in piece:
            for match in _FORMULA.finditer(piece):
                text = html.unescape((match[3] or b"..").decode("utf-8", "replace"))
                count += 1
                formulas.setdefault(int(match[2]), {})[_column(match[1])] = Formula(f"={text}")
        if len(merges) > MAX_MERGES or count > MAX_FORMULAS:
            raise BadData("record.workbook_size", value=name, part="mergeCell, f", expected=f"{MAX_FORMULAS:,}")
        kept = piece[-_LONGEST:]  # what begins in it may end in the next piece; found twice it is the same
    return Beside(tuple(merges), formulas)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
