"""The label's typeface: Noto Sans SC Medium, cut to 8,474 characters, in the package (docs/adr/0004-label-font.md).

It has every character of GB 2312 and of the 通用规范汉字表 (2013, 8,105 characters: what names may be registered with).
A text with a character that is not in it is refused, never printed as an empty box.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Final

from foodtrace.errors import BadData

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FILE: Final = "NotoSansSC-label.ttf"
NAME: Final = "NotoSansSC"
_DESIGN: Final = 1_000
"""Units of one em in the file."""


@cache
def data() -> bytes:
    """Return the font file."""
    return files("foodtrace.certificate").joinpath("fonts", FILE).read_bytes()


@cache
def _ttf() -> Any:
    """Return the parsed font; read once, only looked at afterwards."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only to draw

    with as_file(files("foodtrace.certificate").joinpath("fonts", FILE)) as path:
        return TTFont(path)


@cache
def _glyphs() -> tuple[dict[int, str], Any, Any]:
    font = _ttf()
    return font.getBestCmap(), font["hmtx"], font.getGlyphSet()


def check(text: str) -> str:
    """Return the text when every character can be printed. Raises ``label.glyph``."""
    known = _glyphs()[0]
    missing = sorted({character for character in text if ord(character) not in known})
    if missing:
        raise BadData("label.glyph", value="".join(missing), text=text)
    return text


def width(text: str) -> int:
    """Return a text's width in thousandths of its size."""
    known, advances, _ = _glyphs()
    return sum(advances[known[ord(character)]][0] for character in text)


def outline(text: str) -> list[tuple[int, str]]:
    """Return for each visible character its offset in thousandths of an em and its SVG path, y upwards."""
    from fontTools.pens.svgPathPen import SVGPathPen  # noqa: PLC0415

    known, advances, glyphs = _glyphs()
    out: list[tuple[int, str]] = []
    offset = 0
    for character in text:
        name = known[ord(character)]
        pen = SVGPathPen(glyphs)
        glyphs[name].draw(pen)
        commands = pen.getCommands()
        if commands:
            out.append((offset, commands))
        offset += advances[name][0]
    return out


@cache
def pillow(size: int) -> FreeTypeFont:
    """Return the font for Pillow at a size in pixels."""
    from io import BytesIO  # noqa: PLC0415

    from PIL import ImageFont  # noqa: PLC0415

    return ImageFont.truetype(BytesIO(data()), size)


@cache
def register_pdf() -> str:
    """Make the font known to reportlab, which puts the used characters alone into a PDF; return its name there."""
    from io import BytesIO  # noqa: PLC0415

    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415

    pdfmetrics.registerFont(TTFont(NAME, BytesIO(data())))
    return NAME
