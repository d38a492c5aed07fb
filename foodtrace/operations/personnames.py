"""Which names of persons a text holds, and in what forms they are the same. Pure.

Rules:

1. A name is what is left of a part of a text without numbers, mail addresses, labels, titles, kin, trades, shifts and remarks
   (:mod:`foodtrace.operations.personwords`), before and behind it. Of nothing but these, or of a word for "not known", no name is left.
2. Parts end at signs (brackets, commas, slashes, colons) and at a change of script. Of Chinese, a blank or hyphen ends one as well, but
   signs standing alone are one name: ``李 四``; dots within it are none: ``买买提·艾力``. ``张三和李四`` are two.
3. A Chinese name is compared as a whole: ``李四光`` is not ``李四``. Where several parts might be one, those count that begin with a
   surname and are as long as names are, so that ``(已离职)`` names nobody; where none does, the first. A part of three signs or more that
   is no name by this is words, and whoever is looked for may stand within: ``李四已离职``, ``福安超市李四``.
4. A name of other letters is compared as its words one after the other, whichever is first, without lone initials and accents: ``Li Si``
   is ``Si Li``; ``Wang Xiaoming`` is not ``Wang Fang``. A word such as ``before`` ends a name, and what follows one in capital letters in
   small ones is a remark. A Russian name is the same without its patronymic.
5. A surname alone, with a title or without, names nobody by itself: only the whole value, as it was written, may be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from foodtrace.operations.personwords import (
    DOUBLE_SURNAMES,
    HAN,
    HAN_BEHIND,
    HAN_PLACES,
    LATIN,
    NOBODY,
    PLACES_END,
    REMARKS,
    SOFT,
    SURNAMES,
)
from foodtrace.operations.telephones import Number

__all__ = ["Names", "ends", "is_named", "is_word", "letters", "names", "says_nothing", "words"]

_HAN: Final = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_DOTS: Final = "\u00b7\u2022\u2027\u2219\u30fb"
_MAIL: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_DOT: Final = re.compile(rf"\s*[{_DOTS}]\s*")
_PIECE: Final = rf"[{_HAN}]+(?:\s*[{_DOTS}]\s*[{_HAN}]+)*"
_PART: Final = re.compile(rf"{_PIECE}(?:[\s.*_-]+{_PIECE})*|[^\W\d_{_HAN}]+(?:(?:[\s.'\u2019_-]+|,\s*)[^\W\d_{_HAN}]+)*")
_TOGETHER: Final = re.compile("[和与及或跟]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORT: Final = 2
_LONG: Final = 3
"""Signs of the longest Chinese name; of one with a surname of two signs one more."""
_SURNAME: Final = 6
"""Letters of the longest Chinese surname of one sign, written alone (``Zhuang``). A script without capitals writes names whole."""
_MANY: Final = 8
_WHOLE: Final = 3
"""Words of a name with a patronymic."""
_PATRONYMIC: Final = re.compile(
    r".+(?:\u043e\u0432\u0438\u0447|\u0435\u0432\u0438\u0447|\u0438\u0447|\u043e\u0432\u043d\u0430|\u0435\u0432\u043d\u0430"
    r"|\u0438\u0447\u043d\u0430|ovich|evich|ovna|evna|ichna)"
)


class Names(NamedTuple):
    """What a text says of names."""

    full: frozenset[str]
    """Every name, in each form that another may have."""
    within: frozenset[str]
    """Chinese words that are longer than a name, in which one may stand (rule 3)."""


def letters(text: str) -> str:
    """Return the letters and digits of an even text alone."""
    return "".join(each for each in text if each.isalnum())


def words(text: str) -> list[str]:
    """Return the words of an even text."""
    return _WORD.findall(text)


def is_word(word: str) -> bool:
    """Say whether a word of other letters than Chinese ones may be part of a name (rule 1)."""
    return word not in LATIN and word not in SOFT


def is_named(piece: str) -> bool:
    """Say whether Chinese signs are a name as far as surname and length tell (rule 3)."""
    if piece[:2] in DOUBLE_SURNAMES:
        return _LONG <= len(piece) <= _LONG + 1
    return piece[:1] in SURNAMES and _SHORT <= len(piece) <= _LONG and not (len(piece) == _LONG and piece[-1] in PLACES_END)


def names(shown: str, numbers: Iterable[Number]) -> Names:
    """Return the names of a text (rules 1 to 5). :param shown: in one width, capital letters kept. :param numbers: those of the text."""
    shown = _MAIL.sub(lambda mail: ";" * len(mail[0]), _without(shown, numbers, "0"))
    chinese: list[list[str]] = []
    others: list[str] = []
    for part in _PART.finditer(shown):
        if re.match(rf"[{_HAN}]", part[0]):
            after_code = shown[part.start() - 1 : part.start()].isalnum()
            chinese.append([_bare(each) for each in _pieces(part[0], after_code=after_code)])
        else:
            others.append(part[0])
    within = {each for part in chinese for each in part if len(each) >= _LONG and not is_named(each)}
    return Names(frozenset(_chinese(chinese) | _others(others)), frozenset(within))


def ends(words: str) -> set[str]:
    """Return what at the ends of Chinese words is a name as far as can be told."""
    return {each for size in (_SHORT, _LONG) for each in (words[:size], words[-size:]) if is_named(each)}


def says_nothing(text: str, numbers: Iterable[Number]) -> bool:
    """Say whether an even text has no word but those of rule 1."""
    text = _without(text, numbers, " ")
    return all(
        not (_bare(run) if re.match(rf"[{_HAN}]", run) else (is_word(run) and run not in REMARKS and len(run) > 1))
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


def _pieces(part: str, *, after_code: bool) -> list[str]:
    """Return what blanks and hyphens leave of Chinese signs, without dots, and without the word for a place behind its number."""
    pieces = re.split(r"[\s.*_-]+", _DOT.sub("", part))
    if after_code:
        place = next((each for each in HAN_PLACES if pieces[0].startswith(each)), "")
        pieces[0] = pieces[0].removeprefix(place)
    return pieces


def _chinese(parts: Iterable[Sequence[str]]) -> set[str]:
    """Return the Chinese names of a text from what its parts consist of (rules 2 and 3)."""
    maybe: list[str] = []
    whole: set[str] = set()
    for part in parts:
        left = [each for each in part if each]
        joined = "".join(left)
        if len(left) > 1 and (is_named(joined) or all(len(each) >= _SHORT for each in left)):  # 李 四, 欧阳 娜娜; 买买提 艾力
            whole.add(joined)
        maybe += [each for each in left if len(each) >= _SHORT]
        maybe += [each for piece in left for each in _several(piece)]
    named = {each for each in (*maybe, *whole) if is_named(each)}
    return named or {*maybe[:1], *whole}


def _several(piece: str) -> Iterator[str]:
    """Yield the names of which one word makes several."""
    for sign in _TOGETHER.finditer(piece):
        sides = (_bare(piece[: sign.start()]), _bare(piece[sign.end() :]))
        if all(is_named(each) for each in sides):
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


def _others(parts: Iterable[str]) -> set[str]:
    """Return the names in other letters, in every order that their words turn to (rules 4 and 5)."""
    found: set[str] = set()
    capitals = False
    for part in parts:
        sides = [_WORD.findall(each) for each in part.split(",")]
        if len(sides) == 2 and all(sum(is_word(word.casefold()) for word in side) == 1 for side in sides):  # noqa: PLR2004 - Smith, John
            sides = [sides[0] + sides[1]]
        for said in (stretch for side in sides for stretch in _stretches(side)):
            capital = all(word[:1].isupper() for word in said)
            if capital or not capitals:
                forms = _forms([word.casefold() for word in said])
                capitals = capitals or (capital and bool(forms))
                found |= forms
    return found


def _stretches(side: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words between those that make a remark."""
    for remark, stretch in groupby(side, lambda word: word.casefold() in REMARKS):
        if not remark:
            yield list(stretch)


def _forms(said: Sequence[str]) -> set[str]:
    firm = [each for each in said if each not in LATIN]
    left = [each for each in firm if each not in SOFT]
    if len(left) == 1 and len(firm) == 2:  # noqa: PLR2004 - Wang Na
        left = firm
    full = [each for each in left if len(each) > 1] or left
    if len(full) <= 1:
        return {each for each in full if len(each) > (_SURNAME if each.lower() != each.upper() else 1)}
    if len(full) > _MANY:
        return {"".join(full)}
    shorter = [full[:at] + full[at + 1 :] for at, each in enumerate(full) if len(full) == _WHOLE and _PATRONYMIC.fullmatch(each)]
    return {"".join(each[at:] + each[:at]) for each in (full, *shorter) for at in range(len(each))}
