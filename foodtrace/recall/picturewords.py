"""Words of the pictures: quantities, kinds and names as they stand in a box or on an arrow. Pure.

Rules:

1. Every text is escaped; what XML cannot carry (control characters) is left out.
2. A name that is too long keeps its beginning and its end: the shops of a chain differ at the end. Nothing else is ever shortened: a
   quantity or an id cut off is another one. What does not fit a line goes on in the next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from foodtrace.quantity import thousands
from foodtrace.recall.grouping import Sums
from foodtrace.texts import Lang, has, text

_NO_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACE: Final = re.compile(" +(?!(?:kg|L|pcs|件)(?![A-Za-z]))")
"""Where a line may break: never between a number and its unit."""
_PIECE: Final = 2


def amounts(each: Sums, lang: Lang) -> str:
    """Return quantities for people: ``500.0 kg``, ``1,200 件``; unlike units beside each other, and pieces of several products by name."""
    several = len({product for unit, product, _ in each if unit == _PIECE}) > 1
    shown = [
        f"{q:,} {text('unit.piece', lang)}" + (f" {product}" if several and product else "")
        if unit == _PIECE
        else f"{thousands(q)} {'kg' if unit == 0 else 'L'}"
        for unit, product, q in each
    ]
    return " + ".join(shown)


def kind_word(kind: str, lang: Lang) -> str:
    """Return the word for a kind of site."""
    return text(f"report.kind.{kind}", lang) if has(f"report.kind.{kind}") else kind or text("report.kind.unknown", lang)


def escaped(value: str) -> str:
    """Return a text as it stands in XML, in content and in attributes; what XML cannot carry is left out (rule 1)."""
    kept = _NO_XML.sub("", value)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")


def cells(value: str) -> int:
    """Return the width of a text in cells: a Chinese character is two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in value)


def shortened(value: str, width: int) -> str:
    """Return a name in at most so many cells, its beginning and its end with ``..`` between (rule 2)."""
    if cells(value) <= width:
        return value
    begins = ends = ""
    for each in value:
        if cells(begins + each) > (width - 1) // 2:
            break
        begins += each
    for each in reversed(value):
        if cells(each + ends) > width - 2 - cells(begins):
            break
        ends = each + ends
    return f"{begins.rstrip()}..{ends.lstrip()}"


def wrapped(value: str, width: int) -> list[str]:
    """Return a text in lines of so many cells, broken at its spaces; a word that is longer is whole, on a line of its own (rule 2)."""
    return _filled(_SPACE.split(value.strip()), " ", width)


def phrases(parts: Iterable[str], width: int) -> list[str]:
    """Return phrases in lines of so many cells, two spaces between: one is broken only if a line is too little for it."""
    each = [line for part in parts if part for line in ([part] if cells(part) <= width else wrapped(part, width))]
    return _filled(each, "  ", width)


def _filled(words: Iterable[str], space: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and cells(lines[-1] + space + word) <= width:
            lines[-1] += space + word
        else:
            lines.append(word)
    return lines


def halved(name: str, width: int) -> list[str]:
    """Return a name in two lines at most of so many cells, shortened if that is too little; broken at a space, if there is one."""
    if cells(name) <= width:
        return [name]
    lines = wrapped(name, width)
    if len(lines) == 2 and max(map(cells, lines)) <= width:  # noqa: PLR2004
        return lines
    # Wide characters may leave the last cell of a line empty.
    kept = shortened(name, 2 * width - 2)
    first = ""
    for each in kept:
        if cells(first + each) > width:
            break
        first += each
    return [first.rstrip(), kept[len(first) :].lstrip()]


__all__ = ["amounts", "cells", "escaped", "halved", "kind_word", "phrases", "shortened", "wrapped"]
