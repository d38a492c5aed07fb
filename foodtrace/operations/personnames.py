"""Which names of persons a text holds, and in what forms they are the same. Pure.

Rules:

1. A name is what is left of a part of a text without numbers, mail addresses, labels, titles, kin, trades, shifts and remarks
   (:mod:`foodtrace.operations.personwords`), before and behind it. Of nothing but these, or of a word for "not known", no name is left.
2. Parts end at signs (brackets, commas, slashes, colons) and at a change of script. Of Chinese, a blank ends one as well, but signs
   standing alone are one name: ``李 四``; dots within it are none: ``买买提·艾力``.
3. A Chinese name of two signs or more is compared as a whole: ``李四光`` is not ``李四``. ``张三和李四`` are two.
4. A name of other letters is compared as its words one after the other, whichever is first, without lone initials: ``Li Si`` is ``Si Li``;
   ``Wang Xiaoming`` is not ``Wang Fang``.
5. A surname alone, with a title or without, names nobody by itself: only the whole value, as it was written, may be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from foodtrace.operations.personwords import HAN, HAN_BEHIND, HAN_PLACES, LATIN, NOBODY, SOFT
from foodtrace.operations.telephones import Number

__all__ = ["is_word", "letters", "names", "says_nothing", "words"]

_HAN: Final = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_MAIL: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_DOT: Final = re.compile(rf"(?<=[{_HAN}])\s*[\u00b7\u2022\u2027\u2219\u30fb.*_-]\s*(?=[{_HAN}])")
_PART: Final = re.compile(rf"[{_HAN}]+(?:\s+[{_HAN}]+)*|[^\W\d_{_HAN}]+(?:(?:[\s.'\u2019_-]+|,\s*)[^\W\d_{_HAN}]+)*")
_TOGETHER: Final = re.compile("[和与及或跟]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORT: Final = 2
_SURNAME: Final = 6
"""Letters of the longest Chinese surname of one sign, written alone (``Zhuang``)."""
_MANY: Final = 8


def letters(text: str) -> str:
    """Return the letters and digits of an even text alone."""
    return "".join(each for each in text if each.isalnum())


def words(text: str) -> list[str]:
    """Return the words of an even text."""
    return _WORD.findall(text)


def is_word(word: str) -> bool:
    """Say whether a word of other letters than Chinese ones may be part of a name (rule 1)."""
    return word not in LATIN and word not in SOFT


def names(text: str, numbers: Iterable[Number]) -> set[str]:
    """Return the names of an even text, each in every form that another may have (rules 1 to 5). :param numbers: those of the text."""
    found: set[str] = set()
    text = _DOT.sub("", _MAIL.sub(" ; ", _without(text, numbers, "0")))
    for part in _PART.finditer(text):
        before = text[part.start() - 1 : part.start()]
        if re.match(rf"[{_HAN}]", part[0]):
            found |= _chinese(part[0].split(), after_code=before.isalnum())
        else:
            found |= _latin(part[0])
    return found


def says_nothing(text: str, numbers: Iterable[Number]) -> bool:
    """Say whether an even text has no word but those of rule 1."""
    text = _without(text, numbers, " ")
    return all(
        not (_bare(run) if re.match(rf"[{_HAN}]", run) else (is_word(run) and len(run) > 1))
        for word in words(text)
        for run in re.findall(rf"[{_HAN}]+|[^{_HAN}]+", word)
    )


def _without(text: str, numbers: Iterable[Number], sign: str) -> str:
    """Return a text with a sign for every character of a number; of readings that overlap the shortest, as the rest may be a name's."""
    cut: set[int] = set()
    for each in sorted(numbers, key=lambda number: number.end - number.start):
        place = range(each.start, each.end)
        if cut.isdisjoint(place):
            cut.update(place)
    return "".join(sign if at in cut else each for at, each in enumerate(text))


def _chinese(pieces: Sequence[str], *, after_code: bool) -> set[str]:
    """Return the names of Chinese pieces with blanks between (rules 2 and 3)."""
    first = pieces[0]
    if after_code:
        place = next((each for each in HAN_PLACES if first.startswith(each)), "")
        pieces = [first.removeprefix(place), *pieces[1:]]
    bare = [_bare(each) for each in pieces if each]
    found = {each for each in bare if len(each) >= _SHORT}
    found |= {each for piece in found for each in _several(piece)}
    left = [each for each in bare if each]
    if len(left) > 1 and (all(len(each) == 1 for each in left) or len(left) == 2):  # noqa: PLR2004 - surname and name, or one and one
        found.add("".join(left))
    return found


def _several(piece: str) -> Iterator[str]:
    """Yield the names of which one word makes several."""
    for sign in _TOGETHER.finditer(piece):
        sides = (_bare(piece[: sign.start()]), _bare(piece[sign.end() :]))
        if all(len(each) >= _SHORT for each in sides):
            yield from sides


def _bare(piece: str) -> str:
    """Return a Chinese piece without the words of rule 1; nothing of one that says that no name is known."""
    while piece not in NOBODY:
        shorter = _without_word(piece)
        if shorter == piece:
            break
        piece = shorter
    if piece in NOBODY:
        return ""
    behind = next((each for each in HAN_BEHIND if piece.endswith(each) and len(piece) > _SHORT), "")
    return piece.removesuffix(behind)


def _without_word(piece: str) -> str:
    for word in HAN:
        if piece.startswith(word):
            return piece.removeprefix(word)
        if piece.endswith(word):
            return piece.removesuffix(word)
    return piece


def _latin(part: str) -> set[str]:
    """Return the name of a part in other letters, in every order that its words turn to (rules 4 and 5)."""
    sides = [_WORD.findall(each) for each in part.split(",")]
    if len(sides) == 2 and all(len([word for word in side if is_word(word)]) == 1 for side in sides):  # noqa: PLR2004 - Smith, John
        sides = [sides[0] + sides[1]]
    return {form for side in sides for form in _forms(side)}


def _forms(said: Sequence[str]) -> set[str]:
    firm = [each for each in said if each not in LATIN]
    left = [each for each in firm if each not in SOFT]
    if len(left) == 1 and len(firm) == 2:  # noqa: PLR2004 - Wang Na
        left = firm
    full = [each for each in left if len(each) > 1] or left
    if len(full) <= 1:
        return {each for each in full if len(each) > _SURNAME}
    if len(full) > _MANY:
        return {"".join(full)}
    return {"".join(full[at:] + full[:at]) for at in range(len(full))}
