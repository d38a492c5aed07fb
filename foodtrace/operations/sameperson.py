"""Whether two personal values are one person's, however they were written. Pure.

Rules:

1. A text is the same but for blanks, hyphens, width, case and what cannot be seen.
2. A number of seven digits or more is the same however it is grouped, in Chinese digits too, with or without the code of country or area,
   an extension, or other numbers and words around it: where the shorter stands in the longer.
3. A name is the same where it stands by itself in a text that has more, or with a title: ``李四`` in ``李四 13800138000`` and in
   ``店长李四``, not in ``李四光``.
4. An address alone tells a village, not a person: its words are looked for nowhere, but a number or a name in it is found. The code of a
   notice's receipt tells no person at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["SamePerson", "in_digits"]

_PLACES: Final = frozenset({"address"})
_NOBODYS: Final = frozenset({"receipt"})
_SIGNS: Final = frozenset({"plate", "identity"})
"""A sign is of letters too, and no part of it is a name."""
_DASHES: Final = r"\s.()_*\u00b7\u2010-\u2015\u2022\u2027\u2212\u30fb-"
_BETWEEN: Final = re.compile(rf"(?<=\d)[{_DASHES}]+(?=\d)")
"""What groups the digits of one number."""
_CHINESE: Final = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_IN_CHINESE: Final = re.compile(rf"[\d零〇一二三四五六七八九幺](?:[{_DASHES}]*[\d零〇一二三四五六七八九幺]){{6,}}")
"""A number in Chinese digits, or in both; a shorter one may be a word."""
_NUMBER: Final = re.compile(r"\d{7,}")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TITLES: Final = (
    *("联系人", "负责人", "先生", "女士", "小姐", "老板娘", "老板", "店长", "经理"),
    *("师傅", "主任", "老师", "同志", "电话", "手机", "微信", "姓名", "收"),
)
_SHORT_ASCII: Final = 4
_SHORT: Final = 2
"""Letters from which on a word by itself may be a name: of ASCII, of anything else."""


class SamePerson:
    """What some values say of a person, to be looked for in others."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """:param values: (field, value)."""
        held = [(field, _even(value)) for field, value in values if field not in _NOBODYS]
        persons = [value for field, value in held if field not in _PLACES]
        self._whole = {_plain(value) for value in persons} - {""}
        self._numbers = {each for _, value in held for each in _numbers(value)}
        self._names = {each for field, value in held if field not in _PLACES | _SIGNS for each in _names(value)}

    def __bool__(self) -> bool:
        """Say whether there is anything to look for."""
        return bool(self._whole or self._numbers or self._names)

    def holds(self, field: str, value: str) -> bool:
        """Say whether another value is this person's as well, as far as it tells."""
        if field in _NOBODYS:
            return False
        even = _even(value)
        if any(one in other or other in one for one in _numbers(even) for other in self._numbers):
            return True
        return (field not in _PLACES and _plain(even) in self._whole) or not self._names.isdisjoint(_names(even))


def in_digits(text: str) -> str:
    """Return a text of one width, without what cannot be seen, its long numbers in digits."""
    seen = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    return _IN_CHINESE.sub(lambda number: number[0].translate(_CHINESE), seen)


def _even(value: str) -> str:
    return in_digits(value).casefold()


def _plain(even: str) -> str:
    return re.sub(rf"[{_DASHES}]", "", even)


def _numbers(even: str) -> set[str]:
    """Return the long numbers of a text (rule 2)."""
    return set(_NUMBER.findall(_BETWEEN.sub("", even)))


def _names(even: str) -> set[str]:
    """Return what may be a name in a text (rule 3): of letters written with blanks between, all of them too."""
    words = {each for each in _WORD.findall(even) if _long(each)}
    words |= {each for each in map(_untitled, words) if _long(each)}
    return words | {"".join(_WORD.findall(even))} if words else words | _spaced(even)


def _long(word: str) -> bool:
    return len(word) >= (_SHORT_ASCII if word.isascii() else _SHORT)


def _untitled(word: str) -> str:
    """Return a word without the titles before and behind it."""
    for title in _TITLES:
        word = word.removeprefix(title).removesuffix(title)
    return word


def _spaced(even: str) -> set[str]:
    """Return a name of letters with blanks between."""
    whole = "".join(_WORD.findall(even))
    return {whole} if _long(whole) else set()
