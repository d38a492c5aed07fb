"""Entry slips and shift reports as a receipt printer's paper: 72 mm wide, PNG or PDF, with a QR code if there is one.

Rules:

1. One bit a dot, 203 dpi, nothing scaled: what a thermal printer prints. A PDF holds the same dots.
2. Long lines are broken, never cut; a character that the font lacks is printed as ``?``: a slip must come out.
3. A file appears whole or not at all.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from foodtrace.certificate import font
from foodtrace.certificate.draw import matrix
from foodtrace.errors import BadData, Storage

DPI: Final = 203
WIDTH: Final = 576
"""Dots: 72 mm, what an 80 mm receipt printer prints."""
_MARGIN: Final = 16
_TITLE: Final = 44
_TEXT: Final = 26
_MODULE: Final = 6
_WORD: Final = 16
"""Words up to so many characters are not broken."""


def receipt(title: str, lines: Sequence[str], path: str | Path, *, code: str = "", private: bool = False) -> None:
    """Draw a receipt into a file; the ending of its name says whether PNG or PDF.

    :param private: nobody else on this machine may read the file (mode 0600): the code holds a secret.
    :raises Storage: ``label.storage``. :raises BadData: ``label.code``.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only to draw

    shown = [(part, _TITLE) for part in _broken(_known(title), _TITLE)]
    shown += [(part, _TEXT) for line in lines for part in _broken(_known(line), _TEXT)]
    rows = matrix(code) if code else []
    words = sum(size * 3 // 2 for _, size in shown)
    height = _MARGIN * 2 + words + (len(rows) + 8) * _MODULE * bool(rows)
    picture = Image.new("1", (WIDTH, height), 1)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    y = _MARGIN
    for text, size in shown:
        pen.text((_MARGIN, y + size), text, fill=0, font=font.pillow(size), anchor="ls")
        y += size * 3 // 2
    left = (WIDTH - len(rows) * _MODULE) // 2
    for line, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                x, top = left + column * _MODULE, y + (line + 4) * _MODULE
                picture.paste(0, (x, top, x + _MODULE, top + _MODULE))
    _write(picture, Path(path), 0o600 if private else 0o666)


def _known(text: str) -> str:
    try:
        return font.check(text)
    except BadData as error:
        missing = set(str(error.value))
        return "".join("?" if c in missing else c for c in text)


def _broken(text: str, size: int) -> list[str]:
    """Break a line where it reaches the paper's edge (rule 2)."""
    room = (WIDTH - 2 * _MARGIN) * 1_000 // size
    parts, part = [], ""
    for character in text:
        if part and font.width(part + character) > room:
            head, blank, tail = part.rpartition(" ")
            whole = blank and character != " " and len(tail) < _WORD and head.strip()
            parts.append(head if whole else part)
            part = tail if whole else ""
        part += character
    return [*parts, part]


def _write(picture: Any, path: Path, mode: int) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    kind = "PDF" if path.suffix.lower() == ".pdf" else "PNG"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            picture.save(file, kind, **({"resolution": DPI} if kind == "PDF" else {"dpi": (DPI, DPI), "optimize": True}))
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, "not a file")  # a device or a pipe is not given up for a file of its name
        aside.replace(path)
    except OSError as error:
        raise Storage("label.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
