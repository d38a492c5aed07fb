"""Labels as PDF: one a page for a label printer, or 28 on A4 sheets.

Rules:

1. The layout is the one of :mod:`~foodtrace.certificate.label`, in whole dots.
2. The characters that are used are embedded, as text that can be searched and copied; the code is one vector shape.
3. Labels come from any iterable and are written one by one; ``progress`` is called after each with the number done.
4. A file appears whole or not at all: it is written beside its place and then renamed.
"""

from __future__ import annotations

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
        for label in labels:
            rows, layout = prepare(label, dpi, size_mm)
            canvas.setPageSize((layout.width * 72 / dpi, layout.height * 72 / dpi))
            _pdf_label(canvas, rows, layout, (0.0, layout.height * 72 / dpi))
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
        for label in labels:
            place = count % (columns * lines)
            if count and place == 0:
                canvas.showPage()
            rows, layout = prepare(label, SHEET_DPI, size_mm, margin_mm=_SHEET_MARGIN_MM)
            left, top = place % columns * size_mm[0], place // columns * size_mm[1]
            _pdf_label(canvas, rows, layout, (_snap(left), A4_MM[1] * points - _snap(top)))
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


def _pdf_label(canvas: Any, rows: Matrix, layout: Layout, corner: tuple[float, float]) -> None:
    """Draw one label with its upper left corner at a point of the page."""
    scale = 72 / layout.dpi
    canvas.saveState()
    canvas.translate(*corner)
    canvas.scale(scale, scale)
    code = canvas.beginPath()
    for x, y, width, height in runs(rows, layout.code, layout.module):
        code.rect(x, -y - height, width, height)
    canvas.drawPath(code, stroke=0, fill=1)
    for words in layout.words:
        canvas.setFont(font.NAME, words.size)
        canvas.drawString(words.x, -words.y, words.text)
    canvas.restoreState()


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
        part.replace(path)
    except OSError as error:
        raise Storage("label.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with suppress(OSError):
            part.unlink()
