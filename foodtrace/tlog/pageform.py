"""What stands on a page of foodtrace's, and what never does: a page that is checked must show what was checked. Pure.

Rules:

1. A browser and this reader must see one page. So a page is tags in one spelling, each closed where it was opened, each inside one that
   holds such, with the attributes that foodtrace writes and no others; text stands where text is shown; there are no comments.
   Anything else is named, and with the first such thing the reading ends: what follows it may be seen in another way.
2. Looks are among :data:`SHEETS`, the style sheets that foodtrace writes or wrote: none of them hides, moves or adds
   anything but a sentence that is for paper.
3. Hashes of records stand in the rows that are compared, and nowhere else, in whatever digits.
"""

from __future__ import annotations

import html
import re
import unicodedata
from hashlib import sha256
from typing import Final

__all__ = ["SHEETS", "other_hash", "strange"]

SHEETS: Final = frozenset(
    {
        "bf269b29c95ca1c5bb6cf2c55cdd6d4edb9072ef307e6cacd7187af6b57f1f02",
        "e9477622a9bd026a6c9228c4482f1c4a36c78997318177d7f200e7d8eafc372f",
        "7dd805595c3ad2cc17a28f1ab44ad916f52663f80980998209a92436d6d0eb53",
        "080ee9806a631c669699e9211726d15157726fe0c92fe7bb5364ca864c6eb070",
        "d2767503cfde4fdacfadd10e25b7b2c28338a341a817f24e6e38d2b729598013",
        "bb046872970f22a23991f900be94f780cd385b102bde1698a8b4f9a9105044b8",
    }
)
"""SHA-256 of each style sheet of a page: of the report, of the chain's picture, of the curve. Whoever changes one adds its own here, so
that pages made before are still read."""

_DIGITS: Final = "-?[0-9]+(?:\\.[0-9]+)?"
_NUMBER: Final = re.compile(f"{_DIGITS}(?: {_DIGITS}){{0,3}}")
_TEXT: Final = re.compile("[^<>]*")
_CLASSES: Final = re.compile("[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_POINTS: Final = re.compile("[MLCQHVZhvlz0-9., -]*")
_COLOUR: Final = re.compile("#[0-9a-f]{3,6}|none")


def _word(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)))


_ATTRIBUTES: Final[dict[str, dict[str, re.Pattern[str]]]] = {
    "p": {"class": _word("sub", "note", "paper")},
    "div": {"class": _word("rates")},
    "table": {"class": _word("k")},
    "td": {"class": _word("n", "c")},
    "section": {"class": _word("wide")},
    "svg": {
        "xmlns": _word("http://www.w3.org/2000/svg"),
        "class": _word("chain", "curve"),
        "viewBox": _NUMBER,
        "width": _NUMBER,
        "height": _NUMBER,
        "role": _word("img"),
        "aria-label": _TEXT,
    },
    "line": {"class": _CLASSES, "x1": _NUMBER, "x2": _NUMBER, "y1": _NUMBER, "y2": _NUMBER},
    "text": {"x": _NUMBER, "y": _NUMBER, "text-anchor": _word("start", "middle", "end"), "class": _CLASSES},
    "path": {"class": _CLASSES, "d": _POINTS, "fill": _COLOUR, "marker-end": _word("url(#arrow)")},
    "marker": {
        "id": _word("arrow"),
        "viewBox": _NUMBER,
        "refX": _NUMBER,
        "refY": _NUMBER,
        "markerWidth": _NUMBER,
        "markerHeight": _NUMBER,
        "orient": _word("auto"),
    },
    "rect": {
        "class": _CLASSES,
        "x": _NUMBER,
        "y": _NUMBER,
        "rx": _NUMBER,
        "width": _NUMBER,
        "height": _NUMBER,
        "fill": _COLOUR,
        "style": re.compile("stroke-width:[0-9.]+"),
    },
    "circle": {"class": _CLASSES, "cx": _NUMBER, "cy": _NUMBER, "r": _NUMBER, "fill": _COLOUR},
    "g": {"class": _CLASSES, "transform": re.compile(f"translate\\({_DIGITS} {_DIGITS}\\)")},
}
"""Attributes a tag may have, and what they may say; a tag that is not named has none."""
_DRAWN: Final = frozenset({"svg", "g"})
_INSIDE: Final[dict[str, frozenset[str]]] = {
    "head": frozenset({"html"}),
    "body": frozenset({"html"}),
    "meta": frozenset({"head"}),
    "title": frozenset({"head", *_DRAWN}),
    "style": frozenset({"head", "svg"}),
    "h1": frozenset({"body"}),
    "h2": frozenset({"body", "section"}),
    "p": frozenset({"body", "section"}),
    "br": frozenset({"p", "td", "pre"}),
    "div": frozenset({"body", "div"}),
    "b": frozenset({"div"}),
    "a": frozenset({"p"}),
    "section": frozenset({"body"}),
    "figure": frozenset({"body", "section"}),
    "details": frozenset({"body"}),
    "summary": frozenset({"details"}),
    "table": frozenset({"body", "section", "details"}),
    "thead": frozenset({"table"}),
    "tbody": frozenset({"table"}),
    "tr": frozenset({"thead", "tbody"}),
    "th": frozenset({"tr"}),
    "td": frozenset({"tr"}),
    "pre": frozenset({"td"}),
    "svg": frozenset({"figure"}),
    "defs": frozenset({"svg"}),
    "marker": frozenset({"defs"}),
    "path": frozenset({*_DRAWN, "marker"}),
    **dict.fromkeys(("g", "text", "rect", "line", "circle"), _DRAWN),
}
"""What a tag stands in."""
_ALONE: Final = frozenset({"meta", "br", "path", "rect", "line", "circle"})
"""Tags that hold nothing: those of pictures are written ``<path/>``, the others ``<br>``."""
_SHOWS: Final = frozenset({"title", "h1", "h2", "p", "div", "b", "a", "summary", "th", "td", "pre", "text"})
"""Tags that hold text; in another a browser would show it elsewhere."""
_METAS: Final = frozenset(
    {
        ' charset="utf-8"',
        " http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"",
        ' name="viewport" content="width=device-width,initial-scale=1"',
    }
)
_BEGINNING: Final = re.compile('<!DOCTYPE html><html lang="(?:zh-CN|en)">')
_TAG: Final = re.compile('<(/?)([a-z][a-z0-9]*)((?: [A-Za-z][A-Za-z0-9:-]*="[^"<>]*")*)(/?)>')
_ATTRIBUTE: Final = re.compile(' ([A-Za-z0-9:-]+)="([^"<>]*)"')
_CONTROL: Final = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f]")
_APART: Final = re.compile("</?(?:td|th|tr|p|h1|h2|text|title|summary|div)\\b[^<>]*>")
_ANY_TAG: Final = re.compile("<[^<>]*>")
_HASH: Final = re.compile("[0-9a-f]{64}")
_LIKE_A_HASH: Final = re.compile("[0-9a-f]{60,}")
"""What a reader takes for a hash: a few digits less, and nobody sees it."""
_LETTERS: Final = 8
"""Letters a hash has at least, but for one in a hundred thousand."""
_NO_ASCII: Final = re.compile("[^\\x00-\\x7f]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Mc", "Zs", "Zl", "Zp", "Pd"})
_BLANK: Final = frozenset("\ufffd\u115f\u1160\u3164\uffa0\u2800\u00b7\u30fb\u3002\uff0c")
"""Fillers, Braille without a dot, dots and commas."""
_LOOKS: Final = dict(
    zip(
        "\u0430\u0410\u03b1\u0391\u0251\u0412\u0392\u042c\u044c\u0441\u0421\u03f2\u03f9\u0501\u0435\u0415\u0395\u0451\u0401\u0192\u03dc"
        "\u043e\u041e\u03bf\u039f\u0417\u0437\u0431\u0456\u0406\u0399",
        "aaaaabbbbccccdeeeeeff0000336111",
        strict=True,
    )
)
"""Cyrillic, Greek and Latin letters that look like a digit of a hash."""
_LONGEST: Final = 40
"""Characters of a strange thing that are shown."""


def strange(page: str) -> str | None:
    """Return the first thing that stands on no page of foodtrace's (rules 1 and 2); none: all of it is as foodtrace writes it.

    :param page: without the link that carries the proofs, which is ``<a>`` here.
    """
    begins = _BEGINNING.match(page)
    if begins is None:
        return _shown(page)
    control = _CONTROL.search(page)
    if control is not None:
        return f"U+{ord(control[0]):04X}"
    inside = ["html"]
    at = begins.end()
    while True:
        tag = _TAG.search(page, at)
        words = page[at : len(page) if tag is None else tag.start()]
        if not inside:
            return None if not words.strip() and tag is None else _shown(page[at:])
        if not _may_say(inside[-1], words) or tag is None:
            return _shown(words.strip() or f"<{inside[-1]}>")
        if not _may_stand(tag, inside):
            return _shown(tag[0])
        at = tag.end()


def _may_say(holder: str, words: str) -> bool:
    """Say whether a text may stand right inside a tag (rule 1), a style sheet in ``style`` (rule 2)."""
    if holder == "style":
        return sha256(words.encode()).hexdigest() in SHEETS
    return "<" not in words and (holder in _SHOWS or not words.strip())


def _may_stand(tag: re.Match[str], inside: list[str]) -> bool:
    """Say whether a tag may stand where it does (rule 1); opens and closes ``inside``."""
    closes, name, attributes, alone = tag.groups()
    if closes:
        return inside.pop() == name and not attributes and not alone
    if inside[-1] not in _INSIDE.get(name, ()) or bool(alone) != (name in _ALONE and name not in {"meta", "br"}):
        return False
    if name not in _ALONE:
        inside.append(name)
    if name == "meta":
        return attributes in _METAS
    may = _ATTRIBUTES.get(name, {})
    said = _ATTRIBUTE.findall(attributes)
    return len({key for key, _ in said}) == len(said) and all(key in may and may[key].fullmatch(value) for key, value in said)


def other_hash(page: str) -> str | None:
    """Return a hash that stands on a page outside the rows that are compared (rule 3), whatever digits and letters it is written in.

    :param page: as for :func:`strange`, and without the rows that are compared.
    """
    words = html.unescape(_ANY_TAG.sub("", _APART.sub("|", page)))
    if not words.isascii():
        words = _NO_ASCII.sub(lambda found: _as_read(found[0]), words)
    found = _HASH.search(re.sub("[ \\n\\t-]", "", words).lower())
    if found is not None:
        return found[0]
    like = _LIKE_A_HASH.findall(re.sub("[\\s\\x00-\\x1f.,_~'-]", "", words).lower())  # numbers in a row have no letters
    return next((each for each in like if sum(map(str.isalpha, each)) >= _LETTERS), None)


def _as_read(letter: str) -> str:
    """Return what a reader takes a letter beyond ASCII for: nothing if it does not show, the digit it looks like."""
    plain = _LOOKS.get(letter) or unicodedata.normalize("NFKC", letter)
    unseen = unicodedata.category(plain[0]) in _UNSEEN or plain[0] in _BLANK
    return "" if unseen else _LOOKS.get(plain, plain)


def _shown(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}.."
