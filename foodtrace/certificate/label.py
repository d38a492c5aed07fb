"""What stands on a label, and where: one layout in whole printer dots, whatever it is drawn as. Pure.

Rules:

1. What code and words both say comes from one :class:`~foodtrace.certificate.payload.Payload`: they cannot differ.
2. On every label, in Chinese: 承诺达标合格证, product, weight (kg and 斤), origin, issuer, date, basis, serial, lot
   (DOMAIN section 1.2). Contact and the commitment's words stand there when given or asked for.
3. Every length is a whole number of dots of the printer: a module of the QR code is n dots, never 3.7, so that a thermal
   printer at 203 or 300 dpi leaves no uneven bars. The quiet zone of four modules is inside the label.
4. Words are wrapped, then made smaller, down to 1.7 mm; what does not fit then is refused (``label.no_room``), never cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from foodtrace.certificate.payload import Payload
from foodtrace.errors import BadData
from foodtrace.quantity import jin, thousands
from foodtrace.texts import text

QUIET: Final = 4
"""Quiet zone around the code, in modules (ISO/IEC 18004)."""
LABEL_MM: Final = (70.0, 50.0)
"""Width and height of a single label."""
SMALLEST_MM: Final = 1.7
BODY_MM: Final = 2.5
"""Size of ordinary words where there is room."""
CODE_MM: Final = 31.5
"""Largest side of the code with its quiet zone: 30 mm and a bit at 203 dpi, as DESIGN section 7 has it."""
_LEAST_MODULE_MM: Final = 0.33

Width: TypeAlias = Callable[[str], int]
"""Text -> its width in thousandths of its size."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate with the words that the code does not carry."""

    payload: Payload
    """Signed."""
    product: str
    """Product name as people say it."""
    origin: str
    """Origin (产地), to the county, better the village."""
    issuer: str
    """Committing party (承诺主体): enterprise, co-op, farmer or collector."""
    contact: str = ""
    """Phone of the issuer, as it shall be printed; empty: none."""
    statement: bool = True
    """Whether the words of the commitment are printed."""


class Words(NamedTuple):
    """One line of text: left end and baseline in dots from the label's upper left corner, size in dots."""

    x: int
    y: int
    size: int
    text: str


class Layout(NamedTuple):
    """A label in dots."""

    width: int
    height: int
    dpi: int
    code: tuple[int, int]
    """Upper left module of the code, without its quiet zone."""
    module: int
    """Side of a module."""
    words: tuple[Words, ...]


class _Block(NamedTuple):
    text: str
    scale: float
    """Size in ordinary words."""


def amounts(payload: Payload) -> tuple[str, ...]:
    """Return the certified quantity as people say it: ``500.0 kg`` and ``1,000 斤``."""
    value, unit = payload.quantity, payload.unit
    if unit == "piece":
        return (f"{value:,} 个",)
    if unit == "ml":
        return (f"{thousands(value)} L",)
    return (f"{thousands(value)} kg", f"{jin(value)} 斤")


def side_words(label: Label) -> list[_Block]:
    """Return what stands beside the code."""
    p = label.payload
    bases = "; ".join(text(f"label.basis.{name}", "zh") for name in p.bases)
    return [
        _Block(label.product, 1.7),
        *(_Block(amount, 1.35) for amount in amounts(p)),
        _Block(f"{text('label.issued', 'zh')} {p.issued}", 1),
        _Block(f"{text('label.valid_until', 'zh')} {p.valid_until}", 1),
        _Block(f"{text('label.serial', 'zh')} {p.serial}", 1),
        _Block(f"{text('label.lot', 'zh')} {p.lot}", 1),
        _Block(f"{text('label.basis', 'zh')}: {bases}", 1),
    ]


def foot_words(label: Label) -> list[_Block]:
    """Return what stands below the code."""
    p = label.payload
    rows = [
        f"{text('label.origin', 'zh')}: {label.origin}",
        f"{text('label.issuer', 'zh')}: {label.issuer}",
        *([f"{text('label.contact', 'zh')}: {label.contact}"] if label.contact else []),
    ]
    if label.statement:
        rows.append(text(f"label.statement.{p.style}", "zh"))
    return [_Block(row, 1) for row in rows]


def lay_out(
    label: Label, modules: int, width: Width, *, dpi: int, size_mm: tuple[float, float] = LABEL_MM, margin_mm: float = 1.5
) -> Layout:
    """Place everything.

    :param modules: modules on a side of the code, without its quiet zone.
    :raises BadData: ``label.no_room``.
    """
    page = _Page(round(size_mm[0] * dpi / 25.4), round(size_mm[1] * dpi / 25.4), dpi, round(margin_mm * dpi / 25.4))
    biggest = int(CODE_MM * dpi / 25.4) // (modules + 2 * QUIET)
    for module in range(biggest, 0, -1):
        if module * 25.4 / dpi < _LEAST_MODULE_MM:
            break
        for tenths in range(10, 0, -1):
            size_mm_now = SMALLEST_MM + (BODY_MM - SMALLEST_MM) * (tenths - 1) / 9
            words = _fit(label, page, module * (modules + 2 * QUIET), round(size_mm_now * dpi / 25.4), width)
            if words is not None:
                corner = (page.margin + module * QUIET, _title_end(page) + module * QUIET)
                return Layout(page.width, page.height, dpi, corner, module, words)
    raise BadData("label.no_room", value=label.product, expected=f"{size_mm[0]:g} x {size_mm[1]:g} mm")


class _Page(NamedTuple):
    width: int
    height: int
    dpi: int
    margin: int


def _title_size(page: _Page) -> int:
    return round(min(page.height * 0.105, page.width * 0.09))


def _title_end(page: _Page) -> int:
    return page.margin // 2 + round(_title_size(page) * 1.2)


def _fit(label: Label, page: _Page, code: int, size: int, width: Width) -> tuple[Words, ...] | None:
    """Return all lines at one size of ordinary words, or None when they do not fit."""
    title = text("label.title", "zh")
    big = _title_size(page)
    start = max(page.margin, (page.width - big * width(title) // 1000) // 2)
    words = [Words(start, page.margin // 2 + big, big, title)]
    top = _title_end(page)
    side = page.margin + code + page.dpi // 100  # a glyph may lean a dot to the left of its origin
    beside = _stack(side_words(label), (side, top + size // 2, page.width - page.margin - side), size, width)
    if beside is None:
        return None
    foot_top = top + code
    if beside and _bottom(beside) > foot_top:
        return None
    below = _stack(foot_words(label), (page.margin, foot_top, page.width - 2 * page.margin), size, width)
    if below is None or _bottom(below) > page.height - page.margin // 2:
        return None
    return (*words, *beside, *below)


def _bottom(words: Sequence[Words]) -> int:
    last = words[-1]
    return last.y + last.size // 5


def _stack(blocks: Sequence[_Block], box: tuple[int, int, int], size: int, width: Width) -> list[Words] | None:
    """Set blocks one under the other into a column ``(x, y, width)``; None when a single character is too wide."""
    x, y, room = box
    out: list[Words] = []
    for block in blocks:
        dots = round(size * block.scale)
        for line in _wrap(block.text, room * 1000 // dots, width):
            if width(line) * dots > room * 1000:
                return None
            y += round(dots * 1.18)
            out.append(Words(x, y - dots // 6, dots, line))
    return out


def _wrap(words: str, room: int, width: Width) -> list[str]:
    """Break a text into lines of at most ``room`` thousandths; ASCII words stay whole, Chinese breaks anywhere."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(words):
        if line and width(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece.lstrip() if not line else piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(words: str) -> list[str]:
    """Split where a line may be broken: after blanks, and around each character that is not ASCII."""
    out: list[str] = []
    for character in words:
        joins = bool(out) and character.isascii() and out[-1][-1].isascii() and not out[-1][-1].isspace()
        stop = bool(out) and character in ",;:.)" and not out[-1][-1].isspace()
        if out and (joins or stop or character.isspace()):
            out[-1] += character
        else:
            out.append(character)
    return out
