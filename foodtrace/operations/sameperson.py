"""Whether two personal values are one person's, however they were written. Pure.

Rules:

1. A text is the same but for blanks, hyphens, width and case.
2. A number of seven digits or more is the same however it is grouped, with or without the code of country or area, an extension, or other
   numbers and words around it: where the shorter stands in the longer.
3. A name is the same where it stands by itself in a text that has more: ``李四`` in ``李四 13800138000``, not in ``李四光``.
4. An address alone tells a village, not a person: its words are not compared, a number in it is. The code of a notice's receipt tells
   no person at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["SamePerson"]

_PLACES: Final = frozenset({"address"})
_NOBODYS: Final = frozenset({"receipt"})
_BETWEEN: Final = re.compile(r"(?<=\d)[\s.()-]+(?=[\d(])|(?<=\d)\)\s*(?=\d)")
"""What groups the digits of one number."""
_NUMBER: Final = re.compile(r"\d{7,}")
_WORD: Final = re.compile(r"[^\W\d_]+")
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
        self._names = {each for value in persons for each in _names(value)}

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
        return field not in _PLACES and (_plain(even) in self._whole or not self._names.isdisjoint(_names(even)))


def _even(value: str) -> str:
    return unicodedata.normalize("NFKC", value).casefold()


def _plain(even: str) -> str:
    return "".join(even.replace("-", "").split())


def _numbers(even: str) -> set[str]:
    """Return the long numbers of a text (rule 2)."""
    return set(_NUMBER.findall(_BETWEEN.sub("", even)))


def _names(even: str) -> set[str]:
    """Return what may be a name in a text (rule 3): of letters written with blanks between, all of them too."""
    words = [each for each in _WORD.findall(even) if len(each) >= (_SHORT_ASCII if each.isascii() else _SHORT)]
    return {*words, *(["".join(_WORD.findall(even))] if words else [])}
