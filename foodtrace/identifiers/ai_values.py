"""Judges one AI's value against its form.

1. The whole value fits the parts, in order, with nothing left over (``gs1.ai_value``).
2. Each part holds what its words ask: a date that exists, a number that is not zero ... (``gs1.ai_value``).
3. Check digits agree (``gs1.check_digit``: refused, or noted when lenient).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Final

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums
from foodtrace.identifiers.ai import Ai
from foodtrace.identifiers.typed import CheckWarning

_SETS: Final = {"N": "0-9", "X": re.escape(checksums.CSET82), "Y": "#/0-9A-Z-", "Z": "A-Za-z0-9_=-"}
_PART: Final = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)\]?((?::[a-z0-9]+)*)")
_CENTURY: Final = 2000
_PREFIX: Final = 4
"""Digits at the start that every GS1 company prefix has at least."""


def _is_day(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True


def _day(value: str) -> bool:
    return _is_day(_CENTURY + int(value[:2]), value[2:4], value[4:])


def _two(value: str, top: str) -> bool:
    return value <= top


_WORDS: Final[dict[str, Callable[[str], bool]]] = {
    "day": _day,
    "day0": lambda value: _day(value[:4] + "01") if value.endswith("00") else _day(value),
    "day8": lambda value: value[:4] > "0000" and _is_day(int(value[:4]), value[4:6], value[6:]),
    "hhmm": lambda value: _two(value[:2], "23") and _two(value[2:], "59"),
    "hh": lambda value: _two(value, "23"),
    "mm": lambda value: _two(value, "59"),
    "bool": lambda value: value in {"0", "1"},
    "minus": lambda value: value == "-",
    "zero": lambda value: not value.strip("0"),
    "nonzero": lambda value: bool(value.strip("0")),
    "nolead": lambda value: value == "0" or not value.startswith("0"),
    "part": lambda value: "00" < value[:2] <= value[2:],
    "prefix": lambda value: len(value) >= _PREFIX and value[:_PREFIX].isdigit(),
    "mixed": lambda value: not value.isdigit(),
    "percent": lambda value: re.search(r"%(?![0-9A-Fa-f]{2})", value) is None,
}
"""Word -> whether a part (whose form is right already) holds it. ``day``: YYMMDD; ``day0``: its day may be 00."""

_CHECKS: Final[dict[str, tuple[int, Callable[[str], str]]]] = {"check": (1, checksums.mod_10), "pair": (2, checksums.pair_1021)}
"""Word -> (number of check characters at the end, the function that computes them)."""


@cache
def _compiled(form: str) -> tuple[re.Pattern[str], tuple[tuple[str, ...], ...]]:
    """Return the pattern of a form, one group a part, and each part's words."""
    pattern, words = "", []
    for part in form.split():
        optional, kind, variable, length, tail = _PART.fullmatch(part).groups()  # type: ignore[union-attr] # our own table
        least = 1 if variable else int(length)
        pattern += f"([{_SETS[kind]}]{{{least},{length}}}){'?' if optional else ''}"
        words.append(tuple(tail.split(":")[1:]))
    return re.compile(pattern), tuple(words)


def length(entry: Ai) -> int:
    """Return the number of characters of a value of predefined length."""
    return sum(int(part.split(":")[0].lstrip("N")) for part in entry.form.split())


def validate(entry: Ai, value: str, *, lenient: bool = False) -> tuple[CheckWarning, ...]:
    """Judge a value; return what a lenient parse kept all the same.

    :raises BadData: ``gs1.ai_value``, and unless lenient ``gs1.check_digit``.
    """
    pattern, words = _compiled(entry.form)
    match = pattern.fullmatch(value)
    if match is None:
        raise _refusal(entry, value)
    warnings: list[CheckWarning] = []
    for part, asked in zip(match.groups(), words, strict=True):
        for word in asked if part is not None else ():
            warnings += _judge(entry, value, part, word, lenient=lenient)
    return tuple(warnings)


def _refusal(entry: Ai, value: str) -> BadData:
    return BadData("gs1.ai_value", value=value, expected=entry.shape, ai=entry.code)


def _judge(entry: Ai, value: str, part: str, word: str, *, lenient: bool) -> list[CheckWarning]:
    if word not in _CHECKS:
        if _WORDS[word](part):
            return []
        raise _refusal(entry, value)
    size, compute = _CHECKS[word]
    if len(part) <= size:
        raise _refusal(entry, value)
    expected = compute(part[:-size])
    if part[-size:] == expected:
        return []
    if not lenient:
        raise BadData("gs1.check_digit", value=part, expected=expected, got=part[-size:])
    return [CheckWarning("gs1.check_digit", part, expected)]
