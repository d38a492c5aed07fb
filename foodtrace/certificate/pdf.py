"""Labels as PDF: one a page for a label printer, or 28 on A4 sheets.

Rules:

1. The layout is the one of :mod:`~foodtrace.certificate.label`, in whole dots.
2. The characters that are used are embedded, as text that can be searched and copied; the code is one vector shape.
3. Labels come from any iterable and are written one by one; ``progress`` is called after each with the number done.
4. A file appears whole or not at all: it is written beside its place and then renamed.
5. Labels of one certificate that follow each other are one form in the file, used again and again: a thousand crates of one
   batch cost little more than one.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from foodtrace.certificate import font
from foodtrace.certificate.draw import Matrix, prepare, runs
from foodtrace.certificate.label import LABEL_MM, Label, Layout
from foodtrace.errors import BadData, Storage
from foodtrace.texts import text

__all__ = ["SHEET", "Progress", "Target", "pdf", "sheets"]

SHEET: Final = (4, 7)
"""Columns and rows of labels on an A4 sheet."""
A4_MM: Final = (210.0, 297.0)
SHEET_DPI: Final = 300
_SHEET_MARGIN_MM: Final = 3.0

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of labels done."""
Target: TypeAlias = str | os.PathLike[str] | IO[bytes]
"""A path, or a binary file that is open for writing."""


def pdf(
    labels: Iterable[Label], out: Target, *, dpi: int = 203, size_mm: tuple[float, float] = LABEL_MM, progress: Progress | None = None
) -> int:
    """Write a PDF with one label a page, of the label's own size; return the number of pages.

    :raises BadData: as :func:`foodtrace.certificate.draw.png`; nothing is then left at ``out`` if it is a path.
    :raises Storage: ``label.storage``.
    """
    with _writing(out) as file:
        canvas = _canvas(file)
        count = 0
        press = _Press(canvas, dpi, size_mm, 1.5)
        for label in labels:
            layout = press.layout(label)
            canvas.setPageSize((layout.width * 72 / dpi, layout.height * 72 / dpi))
            press.stamp((0.0, layout.height * 72 / dpi))
            canvas.showPage()
            count += 1
            if progress is not None:
                progress(count)
        _finish(canvas, count)
    return count


def sheets(labels: Iterable[Label], out: Target, *, progress: Progress | None = None) -> int:
    """Write a PDF of A4 sheets with 28 labels each (4 across, 7 down, 52.5 x 42.4 mm); return the number of sheets.

    Errors as :func:`pdf`.
    """
    columns, lines = SHEET
    size_mm = (A4_MM[0] / columns, A4_MM[1] / lines)
    points = 72 / 25.4
    with _writing(out) as file:
        canvas = _canvas(file)
        canvas.setPageSize((A4_MM[0] * points, A4_MM[1] * points))
        count = 0
        press = _Press(canvas, SHEET_DPI, size_mm, _SHEET_MARGIN_MM)
        for label in labels:
            place = count % (columns * lines)
            if count and place == 0:
                canvas.showPage()
            press.layout(label)
            left, top = place % columns * size_mm[0], place // columns * size_mm[1]
            press.stamp((_snap(left), A4_MM[1] * points - _snap(top)))
            count += 1
            if progress is not None:
                progress(count)
        if count:
            canvas.showPage()
        _finish(canvas, count)
    return -(-count // (columns * lines))


def _snap(mm: float) -> float:
    """Return a length in points that is a whole number of dots at :data:`SHEET_DPI`."""
    return round(mm * SHEET_DPI / 25.4) * 72 / SHEET_DPI


def _canvas(file: IO[bytes]) -> Any:
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - only to draw

    font.register_pdf()
    canvas: Any = Canvas(file, pageCompression=1, invariant=1)
    canvas.setTitle(text("label.title", "zh"))
    canvas.setCreator("foodtrace")
    return canvas


class _Press:
    """Draws each label once, as a form of the PDF, and stamps it wherever it is wanted: a crate's label repeats (rule 5)."""

    def __init__(self, canvas: Any, dpi: int, size_mm: tuple[float, float], margin_mm: float) -> None:
        self._canvas = canvas
        self._asked = (dpi, size_mm, margin_mm)
        self._last: tuple[Label, Layout] | None = None
        self._forms = 0

    def layout(self, label: Label) -> Layout:
        """Make a label the one that is stamped next; return its layout."""
        if self._last is not None and self._last[0] == label:
            return self._last[1]
        dpi, size_mm, margin_mm = self._asked
        rows, layout = prepare(label, dpi, size_mm, margin_mm=margin_mm)
        self._last = (label, layout)
        self._forms += 1
        self._draw(rows, layout)
        return layout

    def stamp(self, corner: tuple[float, float]) -> None:
        """Put the label with its upper left corner at a point of the page."""
        self._canvas.saveState()
        self._canvas.translate(*corner)
        self._canvas.doForm(f"label{self._forms}")
        self._canvas.restoreState()

    def _draw(self, rows: Matrix, layout: Layout) -> None:
        canvas, scale = self._canvas, 72 / layout.dpi
        canvas.beginForm(f"label{self._forms}", 0, -layout.height * scale, layout.width * scale, 0)
        canvas.scale(scale, scale)
        code = canvas.beginPath()
        for x, y, width, height in runs(rows, layout.code, layout.module):
            code.rect(x, -y - height, width, height)
        canvas.drawPath(code, stroke=0, fill=1)
        for words in layout.words:
            canvas.setFont(font.NAME, words.size)
            canvas.drawString(words.x, -words.y, words.text)
        canvas.endForm()


def _finish(canvas: Any, count: int) -> None:
    if count == 0:
        raise BadData("label.none")
    canvas.save()


@contextmanager
def _writing(out: Target) -> Iterator[IO[bytes]]:
    """Give a file to write to; a path gets it whole after success, and keeps what it had after a failure (rule 5)."""
    if not isinstance(out, (str, os.PathLike)):
        yield out
        return
    path = Path(out)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            yield file
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, "not a file")  # a device or a pipe is not given up for a file of its name
        part.replace(path)
    except OSError as error:
        raise Storage("label.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with suppress(OSError):
            part.unlink()
