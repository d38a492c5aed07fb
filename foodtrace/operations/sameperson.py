"""Whether two personal values are one person's, however they were written. Pure.

Rules:

1. Two values are one person's if they share a number (:mod:`foodtrace.operations.telephones`), a name
   (:mod:`foodtrace.operations.personnames`), a plate or a mail address, in whatever field and whatever else they say.
2. Or if they are the same but for blanks, signs, width and case, and say anything at all: ``老板`` and ``不详`` say nothing of anybody.
3. An address alone tells a village, not a person: its words are looked for nowhere, but a number or a name in it is found. The code of a
   notice's receipt tells no person at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from foodtrace.operations.digitruns import digits, even, shown
from foodtrace.operations.personnames import is_named, letters, names, says_nothing
from foodtrace.operations.telephones import Number, numbers, same

__all__ = ["NO_PERSON", "PLACES", "Said", "SamePerson"]

PLACES: Final = frozenset({"address"})
NO_PERSON: Final = frozenset({"receipt"})
_SIGNS: Final = frozenset({"plate", "identity", "email"})
"""A sign is of letters too, and no part of it is a name."""
_NUMBERS: Final = frozenset({"phone", "identity"})
_SUBSCRIBERS: Final = frozenset({7, 8})
_PLATE: Final = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z]\W*[a-z\d]{5,6}(?![a-z\d])")
_MAIL: Final = re.compile(r"[^\s@<>():,;/]+@[a-z\d-]+(?:\.[a-z\d-]+)+")


_END: Final = 7
"""Digits at the end of a number that every form of it has in a row."""
_BEGUN: Final = 3
"""Of these as many stand there where the rest is written behind a stroke (``62345678/79``)."""
_STROKES: Final = re.compile(r"\d\s*[/\u3001]\s*\d")


_FULL: Final = 3
_SHORT: Final = 2
"""Signs of a whole name, of the shortest."""


class Said:
    """What one value says of a person."""

    def __init__(self, field: str, value: str) -> None:
        text = even(value)
        found = numbers(text)
        days = {(each.start, each.end) for each in found if each.kind == "time"}
        others = [each for each in found if (each.start, each.end) not in days and not _is_filler(each)]
        if field in _NUMBERS and not others:
            others = [each for each in found if each.kind != "time" and not _is_filler(each)]
        self.numbers: list[Number] = others
        """Telephones, identity numbers and other long numbers; ``20261124`` is one only where a number is meant, and no other stands."""
        said = names("" if field in _SIGNS else shown(value), found)
        self.names: frozenset[str] = said.full
        self.within: frozenset[str] = said.within
        """Words in which a name may stand."""
        self.signs: set[str] = {letters(each) for each in (*_PLATE.findall(text), *_MAIL.findall(text))}
        nothing = field in PLACES or says_nothing(text, found)
        self.whole: str = "" if nothing else letters(text)
        """Letters and digits of a value that says who is meant (rule 2)."""


def _is_filler(number: Number) -> bool:
    """Say whether a number is one digit over and over, as people type where they know none, and no subscriber's."""
    digits = "".join(number.groups)
    return len(set(digits)) == 1 and (digits[0] in "01" or len(digits) not in _SUBSCRIBERS)


class SamePerson:
    """What some values say of a person, to be looked for in others."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """:param values: (field, value)."""
        held = [(field, Said(field, value)) for field, value in values if field not in NO_PERSON]
        self._numbers = {each for _, said in held for each in said.numbers}
        self._names = {each for field, said in held if field not in PLACES for each in said.names}
        self._signs = {each for _, said in held for each in said.signs}
        self._whole = {said.whole for _, said in held} - {""}
        self._within = {each for field, said in held if field not in PLACES for each in said.within}
        # Most values of a ledger are other persons', and are known to be from their digits and letters alone.
        self._ends = {each.digits[-_END:] for each in self._numbers}
        self._signed = {frozenset(each) for each in self._names | self._signs | self._whole}
        self._seen = [set(each) for each in self._within]

    def __bool__(self) -> bool:
        """Say whether there is anything to look for."""
        return bool(self._whole or self._numbers or self._names or self._signs)

    def holds(self, field: str, value: str) -> bool:
        """Say whether another value is this person's as well, as far as it tells."""
        if field in NO_PERSON:
            return False
        text = even(value)
        all_digits, seen = digits(text), set(text)
        ends = {each[:_BEGUN] for each in self._ends} if _STROKES.search(text) else self._ends
        maybe = any(each in all_digits for each in ends) or any(each <= seen for each in self._signed)
        if not maybe and not any(len(each & seen) >= _SHORT for each in self._seen):
            return False
        said = Said(field, value)
        if said.whole in self._whole or not self._names.isdisjoint(said.names) or not self._signs.isdisjoint(said.signs):
            return True
        if any(same(one, other) for one in said.numbers for other in self._numbers):
            return True
        if field in PLACES:  # a village may bear a name of two signs
            return _stands_in({each for each in self._names if len(each) >= _FULL}, said.within)
        return _stands_in(self._names, said.within) or _stands_in(said.names, self._within)


def _stands_in(names: Iterable[str], within: Iterable[str]) -> bool:
    """Say whether a Chinese name stands in longer words."""
    return any(each in words for words in within for each in names if is_named(each))
