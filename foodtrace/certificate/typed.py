"""Mending what a keyboard did to a scanned text. Pure.

A keyboard-wedge scanner types what it read. On its way the text meets CapsLock, a Chinese input method, a scanner's own
settings and a clerk who pulls the trigger twice. Rules, in order:

1. At most 8,192 characters. Control characters, the byte order mark and zero-width characters are dropped; CR, LF and TAB
   end a text; blanks around a text are dropped.
2. Full-width forms (U+FF01 .. U+FF5E, U+3000) become their ASCII twins, Chinese punctuation the keys it was typed with
   (``。`` is ``.``, ``、`` is ``/``, ``】`` is ``]``).
3. A symbology identifier at the front (``]Q1``, ISO/IEC 15424) is dropped.
4. A text in which another ``https://`` begins is two scans in one line. A piece that repeats another, or is its beginning
   or end, is dropped: the same code was scanned twice. A text whose two halves are equal is one, and so is a text in which
   every character stands twice (a bouncing line).
5. In an address of our form the case of each character is fixed by its place (:mod:`~foodtrace.certificate.link`): what a
   CapsLock or a scanner's setting does to all letters at once, forced or swapped case, is put right. Letters of which only some
   have the wrong case are no keyboard's work: :data:`MIXED` says so, and such a text is refused.
   Blanks inside an address are dropped. Nothing is changed in other texts.
6. What still has letters that are not ASCII was eaten by an input method: :func:`eaten`.

Nothing here weakens the check that follows: a mended text is decoded as strictly as any, and its signature must hold.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from foodtrace.errors import BadData

MAX_LINE: Final = 8_192

_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_PUNCTUATION: Final = {
    ord(chinese): key
    for chinese, key in {
        "。": ".", "．": ".", "｡": ".", "、": "/", "､": "/", "÷": "/", "【": "[", "】": "]", "「": "[", "」": "]", "『": "{", "』": "}",
        "《": "<", "》": ">", "〈": "<", "〉": ">", "‘": "'", "’": "'", "“": '"', "”": '"', "·": "`", "¥": "$", "￥": "$", "×": "*",
        "‐": "-", "‑": "-", "–": "-", "−": "-", "—": "-",
    }.items()
}  # fmt: skip
_INVISIBLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1c\x1e\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]")
_BREAK: Final = re.compile(r"[\r\n\t]+")
_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_TWO_CODES: Final = 12
"""Shortest text that is halved when both halves are equal; shorter ones (card and weight entries) repeat by chance."""


MIXED: Final = "mixed_case"
"""Of an address of ours: some letters, not all, have the wrong case (rule 5)."""


class Typed(NamedTuple):
    """One text as it was meant, and what had to be mended."""

    text: str
    mended: tuple[str, ...]
    """Of ``wide`` (full-width letters), ``punctuation``, ``prefix`` (symbology identifier), ``twice``, ``case``, ``blanks``,
    and :data:`MIXED`, which must not count as put right."""


def mend(line: str) -> tuple[Typed, ...]:
    """Return the distinct texts of a typed line, in order; none for an empty line.

    :raises BadData: ``scan.too_long``.
    """
    if len(line) > MAX_LINE:
        raise BadData("scan.too_long", value=line, expected=MAX_LINE, length=len(line))
    found: dict[str, tuple[str, ...]] = {}
    dropped = False
    for piece in _BREAK.split(_INVISIBLE.sub("", line)):
        for text, mended in _pieces(piece.strip()):
            dropped = dropped or text in found
            if text not in found or MIXED in found[text]:
                found[text] = mended
    kept = [text for text in found if not any(text != other and _part_of(text, other) for other in found)]
    dropped = dropped or len(kept) < len(found)
    return tuple(Typed(text, _add(found[text], "twice") if dropped else found[text]) for text in kept)


def eaten(text: str) -> bool:
    """Say whether an input method or a foreign keyboard layout has swallowed a mended text (rule 6)."""
    return any(not character.isascii() and character.isalpha() for character in text)


def _add(mended: tuple[str, ...], what: str) -> tuple[str, ...]:
    return mended if what in mended else (*mended, what)


def _part_of(text: str, other: str) -> bool:
    """Say whether ``text`` is what one trigger pull too early left of the address ``other``."""
    return _SCHEME.match(other) is not None and (other.startswith(text) or (len(text) > 3 and other.endswith(text)))  # noqa: PLR2004


def _pieces(piece: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the texts inside one line, rules 2-5 applied."""
    mended: tuple[str, ...] = ()
    narrow = piece.translate(_WIDE)
    if narrow != piece:
        mended = _add(mended, "wide")
    plain = narrow.replace("——", "_").translate(_PUNCTUATION).strip()
    if plain != narrow.strip():
        mended = _add(mended, "punctuation")
    single = _undouble(plain)
    if single != plain:
        mended = _add(mended, "twice")
    bare = _SYMBOLOGY.sub("", single, count=1) if _SYMBOLOGY.match(single) else single
    if bare != single:
        mended = _add(mended, "prefix")
    return _split(bare, mended)


def _split(single: str, mended: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Cut a line where another address begins (rule 4)."""
    starts = [match.start() for match in _SCHEME.finditer(single)]
    cuts = sorted({0, *starts, len(single)})
    out: list[tuple[str, tuple[str, ...]]] = []
    for begin, end in pairwise(cuts):
        text, changes = _one(single[begin:end].strip(), mended)
        if text:
            out.append((text, changes))
    return out


def _undouble(text: str) -> str:
    """Rule 4's last sentence, for texts that say nothing else."""
    half = len(text) // 2
    if len(text) < _TWO_CODES or len(text) % 2:
        return text
    if text[::2] == text[1::2]:
        return text[::2]
    return text[:half] if text[:half] == text[half:] else text


def _one(text: str, mended: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Drop the next scan's symbology identifier from an address's end, blanks, and wrong case (rules 3 and 5)."""
    bare = text[:-3] if _SCHEME.match(text) and _SYMBOLOGY.fullmatch(text[-3:]) else text
    if bare != text:
        mended = _add(mended, "prefix")
    if not _SCHEME.match(bare):
        return bare, mended
    joined = "".join(bare.split(" "))
    if joined != bare:
        mended = _add(mended, "blanks")
    cased, at_once = recase(joined)
    mended = _add(mended, "case") if cased != joined else mended
    return cased, mended if at_once else _add(mended, MIXED)


def recase(address: str) -> tuple[str, bool]:
    """Put an address of our form into its only case; of other addresses only scheme and host.

    :returns: the address, and whether what was done to its case is one thing done to all its letters (rule 5); always true of
        addresses that are not of our form.
    """
    head, mark, query = address.partition("?")
    scheme, _, rest = head.partition("://")
    host, slash, path = rest.partition("/")
    steps = path.split("/")
    known = False
    for count, names in ((6, {0: "01", 2: "10", 4: "21"}), (4, {0: "lot"})):
        tail = steps[-count:]
        if len(tail) == count and all(tail[index].lower() == name for index, name in names.items()):
            stem = [step.lower() for step in steps[:-count]]
            steps = stem + [names.get(index, step.upper()) for index, step in enumerate(tail)]
            known = True
            break
    before = query.split("&")
    after = [_parameter(each) for each in before] if known else before
    front = f"{scheme.lower()}://{host.lower()}{slash}{'/'.join(steps)}"
    meant = "&".join([front, *(each for each in after if each.startswith("c="))])
    typed = "&".join([head, *(each for each in before if each[:2] in ("c=", "C="))])
    at_once = not known or typed in (meant, meant.upper(), meant.lower(), meant.swapcase())
    return f"{front}{mark}{'&'.join(after)}", at_once


def _parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"c={value.upper()}" if equals and name in {"c", "C"} else parameter
