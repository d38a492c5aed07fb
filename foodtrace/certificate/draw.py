"""Labels as PNG and SVG; :mod:`~foodtrace.certificate.pdf` has pages and sheets.

Rules:

1. Every form is drawn from the one layout of :mod:`~foodtrace.certificate.label`: whole printer dots, nothing scaled.
2. The QR code has error level M, ASCII text, and mixed modes (``optimize=20``: the base32 part in the denser mode).
3. PNG is black and white, one bit a dot, with its resolution in the file. SVG has outlines for words, so that it looks the
   same where the font is missing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from foodtrace.certificate import font
from foodtrace.certificate.label import LABEL_MM, Label, Layout, lay_out
from foodtrace.certificate.payload import encode
from foodtrace.errors import BadData

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DPI", "Matrix", "matrix", "png", "prepare", "qr_png", "runs", "svg"]

DPI: Final = (203, 300)
"""Resolutions of label printers."""

Matrix: TypeAlias = list[list[bool]]


def matrix(text: str) -> Matrix:
    """Return the modules of the QR code, dark is true, without quiet zone. Raises ``label.code`` when it does not fit."""
    from qrcode import QRCode  # noqa: PLC0415 - only to draw
    from qrcode.constants import ERROR_CORRECT_M  # noqa: PLC0415
    from qrcode.exceptions import DataOverflowError  # noqa: PLC0415

    if not text.isascii():
        raise BadData("label.code", value=text, expected="ASCII")
    code: Any = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=20)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        raise BadData("label.code", value=len(text), expected=2_331) from None
    return [[bool(module) for module in row] for row in code.get_matrix()]


def qr_png(text: str, *, dpi: int = 203, module: int = 4) -> bytes:
    """Return a PNG of the code alone, with its quiet zone; ``module`` in dots."""
    from PIL import Image  # noqa: PLC0415

    rows = matrix(text)
    side = (len(rows) + 8) * module
    picture = Image.new("1", (side, side), 1)
    _paint_code(picture, rows, (4 * module, 4 * module), module)
    return _png_bytes(picture, dpi)


def png(label: Label, *, dpi: int = 203, size_mm: tuple[float, float] = LABEL_MM) -> bytes:
    """Return a label as PNG, one bit a dot.

    :raises BadData: ``label.no_room``, ``label.glyph``, ``label.code``.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415

    rows, layout = prepare(label, dpi, size_mm)
    picture = Image.new("1", (layout.width, layout.height), 1)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"  # no grey edges on a thermal printer
    for words in layout.words:
        pen.text((words.x, words.y), words.text, fill=0, font=font.pillow(words.size), anchor="ls")
    _paint_code(picture, rows, layout.code, layout.module)
    return _png_bytes(picture, dpi)


def svg(label: Label, *, dpi: int = 203, size_mm: tuple[float, float] = LABEL_MM) -> str:
    """Return a label as SVG, in millimetres, one unit a dot. Errors as :func:`png`."""
    rows, layout = prepare(label, dpi, size_mm)
    size = f'width="{layout.width * 25.4 / dpi:.3f}mm" height="{layout.height * 25.4 / dpi:.3f}mm"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {layout.width} {layout.height}">',
        f'<path fill="#fff" d="M0 0h{layout.width}v{layout.height}H0z"/>',
    ]
    path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in runs(rows, layout.code, layout.module))
    out.append(f'<path shape-rendering="crispEdges" d="{path}"/>')
    for words in layout.words:
        scale = words.size / 1000
        glyphs = "".join(f'<path transform="translate({offset} 0)" d="{d}"/>' for offset, d in font.outline(words.text))
        out.append(
            f'<g aria-label="{_escape(words.text)}" transform="translate({words.x} {words.y}) scale({scale:g} -{scale:g})">{glyphs}</g>'
        )
    return "\n".join([*out, "</svg>\n"])


def prepare(label: Label, dpi: int, size_mm: tuple[float, float], margin_mm: float = 1.5) -> tuple[Matrix, Layout]:
    """Return a label's code and its layout. Errors as :func:`png`."""
    rows = matrix(encode(label.payload))
    layout = lay_out(label, len(rows), lambda text: font.width(font.check(text)), dpi=dpi, size_mm=size_mm, margin_mm=margin_mm)
    return rows, layout


def runs(rows: Matrix, corner: tuple[int, int], module: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the dark stretches of each row as ``x, y, width, height`` in dots."""
    for line, row in enumerate(rows):
        start = 0
        while start < len(row):
            end = start
            while end < len(row) and row[end]:
                end += 1
            if end > start:
                yield corner[0] + start * module, corner[1] + line * module, (end - start) * module, module
            start = end + 1


def _paint_code(picture: Image.Image, rows: Matrix, corner: tuple[int, int], module: int) -> None:
    for x, y, width, height in runs(rows, corner, module):
        picture.paste(0, (x, y, x + width, y + height))


def _png_bytes(picture: Image.Image, dpi: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
