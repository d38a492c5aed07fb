"""A table as A4 pages that any reader opens: heading, columns, rows over as many pages as they need, and at the end a QR code.

Rules:

1. Characters that the font lacks are printed as ``?``; a line that is too long for its column is broken, never cut.
2. Every page says which it is and of how many; the same input gives the same bytes.
3. A file appears whole or not at all.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from foodtrace.certificate import font
from foodtrace.certificate.draw import matrix
from foodtrace.errors import BadData

_A4: Final = (841.89, 595.28)
"""Landscape, points."""
_MARGIN: Final = 36.0
_SIZE: Final = 8.0
_LEADING: Final = 11.0
_TITLE: Final = 14.0
_FOOT: Final = 24.0
_MODULE: Final = 2.0


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table: a heading, its columns with their share of the width, its rows."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: Sequence[Sequence[str]]


def sheet(title: str, lines: Sequence[str], tables: Sequence[Table], ending: Sequence[str], code: str) -> bytes:
    """Return a PDF. :param code: text of the QR code at the end; empty: none. :raises BadData: ``label.code``."""
    plan = _Plan(title)
    for line in lines:
        plan.text(line)
    for table in tables:
        plan.table(table)
    for line in ending:
        plan.text(line)
    plan.code(code)
    return plan.drawn()


class _Plan:
    """Pages in the making: each a list of things to draw, so that their number is known before the first is drawn."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._pages: list[list[tuple[Any, ...]]] = []
        self._new()
        self._put("text", _MARGIN, _known(title), _TITLE)
        self._y -= _TITLE * 1.6

    def _new(self) -> None:
        self._pages.append([])
        self._y = _A4[1] - _MARGIN - _TITLE

    def _put(self, *what: Any) -> None:
        self._pages[-1].append((what[0], self._y, *what[1:]))

    def _room(self, height: float) -> bool:
        """Go on to a new page where something does not fit; say whether that was done."""
        if self._y - height >= _MARGIN + _FOOT:
            return False
        self._new()
        return True

    def text(self, line: str) -> None:
        for part in _broken(_known(line), _A4[0] - 2 * _MARGIN) or [""]:
            self._room(_LEADING)
            self._put("text", _MARGIN, part, _SIZE)
            self._y -= _LEADING

    def table(self, table: Table) -> None:
        whole = _A4[0] - 2 * _MARGIN
        share = sum(each for _, each in table.columns)
        widths = [whole * each / share for _, each in table.columns]
        self._y -= _LEADING / 2
        self.text(table.title)
        headings = [name for name, _ in table.columns]
        self._row(headings, widths)
        for row in table.rows:
            self._row(row, widths, headings)
        self._y -= _LEADING / 2

    def _row(self, row: Sequence[str], widths: Sequence[float], headings: Sequence[str] = ()) -> None:
        parts = [_broken(_known(cell), width - 4) or [""] for cell, width in zip(row, widths, strict=True)]
        height = _LEADING * max(map(len, parts))
        if self._room(height) and headings:
            self._row(headings, widths)  # a page that is taken apart can still be read
        x = _MARGIN
        self._put("line", x, _A4[0] - _MARGIN)
        for cell, width in zip(parts, widths, strict=True):
            for number, part in enumerate(cell):
                self._pages[-1].append(("text", self._y - number * _LEADING, x, part, _SIZE))
            x += width
        self._y -= height

    def code(self, text: str) -> None:
        if not text:
            return
        rows = matrix(text)
        side = len(rows) * _MODULE
        self._room(side + _LEADING)
        self._put("code", _MARGIN, rows)
        self._y -= side + _LEADING

    def drawn(self) -> bytes:
        """Draw the pages."""
        from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - only to draw

        font.register_pdf()
        out = io.BytesIO()
        canvas: Any = Canvas(out, pagesize=_A4, pageCompression=1, invariant=1)
        canvas.setTitle(self._title)
        canvas.setCreator("foodtrace")
        for number, page in enumerate(self._pages, 1):
            for kind, y, *what in page:
                _DRAW[kind](canvas, y, *what)
            canvas.setFont(font.NAME, _SIZE)
            canvas.drawString(_MARGIN, _MARGIN - _LEADING, f"{number} / {len(self._pages)}")
            canvas.showPage()
        canvas.save()
        return out.getvalue()


def _text(canvas: Any, y: float, x: float, part: str, size: float) -> None:
    canvas.setFont(font.NAME, size)
    canvas.drawString(x, y, part)


def _line(canvas: Any, y: float, left: float, right: float) -> None:
    canvas.setLineWidth(0.25)
    canvas.line(left, y + _LEADING - 2, right, y + _LEADING - 2)


def _code(canvas: Any, y: float, x: float, rows: Sequence[Sequence[bool]]) -> None:
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(x + across * _MODULE, y - (down + 1) * _MODULE, _MODULE, _MODULE, stroke=0, fill=1)


_DRAW: Final[dict[str, Callable[..., None]]] = {"text": _text, "line": _line, "code": _code}


def _known(text: str) -> str:
    """Return a text with ``?`` for what the font lacks (rule 1)."""
    made = ""
    for character in text.replace("\t", " "):
        try:
            made += font.check(character)
        except BadData:
            made += "?"
    return made


def _broken(text: str, width: float) -> list[str]:
    """Return a text in pieces that fit a width in points."""
    pieces: list[str] = []
    for character in text:
        if pieces and font.width(pieces[-1] + character) * _SIZE / 1000 <= width:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
