"""The digits of a text as people type them, before anybody says what number they are. Pure.

Rules:

1. A text is looked at in one width and case, without accents and what cannot be seen; digits of any script, and Chinese ones (capital
   too), are digits.
2. A *group* is digits in a row. Every Chinese digit is a group of its own: the last sign of ``李四`` may stand right before a number.
3. Groups belong to one *run* while nothing but blanks and at most two other signs stand between them: ``138/0013/8000``, ``(010) - 6234``.
   Letters end a run, and so do three signs: ``138****8000`` is no number. The three dots of one sign count as one.
4. Telephones written without anything between (22 digits, 33) are groups of 11.
5. ``O`` and ``l`` among digits alone are 0 and 1: ``l38 OO13 8OOO``; at the end ``l`` is litres.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

__all__ = ["Group", "digits", "even", "runs", "shown", "told"]

_CHINESE: Final = {
    **dict.fromkeys("零〇", "0"),
    **dict.fromkeys("一壹弌幺", "1"),
    **dict.fromkeys("二贰貳弍", "2"),
    **dict.fromkeys("三叁參叄弎", "3"),
    **dict.fromkeys("四肆", "4"),
    **dict.fromkeys("五伍", "5"),
    **dict.fromkeys("六陆陸", "6"),
    **dict.fromkeys("七柒", "7"),
    **dict.fromkeys("八捌", "8"),
    **dict.fromkeys("九玖", "9"),
}
_AS_IT_IS: Final = re.compile(r"[\x00-\x7f\u4e00-\u9fff\u3001\u3002]*")
"""Nothing in it has another width, or cannot be seen."""
_GROUP: Final = re.compile(rf"\d+|[{''.join(_CHINESE)}]")
_LOOKS_SO: Final = re.compile(r"(?<![a-z\d])(?=[oil]*\d)(?=\d*[oil])[oil\d]{2,}[o\d](?![a-z\d])")
_DIGITS_OF: Final = str.maketrans("oil", "011")
"""Rule 5."""
_SIGNS: Final = 2
"""Signs between two groups of one run (rule 3)."""
_MOBILES: Final = re.compile(r"(?:1[3-9]\d{9}){2,}")
_MOBILE: Final = 11
_BEFORE: Final = 4
"""Characters in which a plus stands before its digits."""


class Group(NamedTuple):
    """Digits in a row (rule 2)."""

    digits: str
    start: int
    """Place in the even text."""
    end: int
    plus: bool
    """A plus stands before it."""
    near: bool
    """Nothing stands between it and the group before."""
    word: bool
    """A Chinese digit right behind a letter: it may be the end of a word."""
    chinese: bool


def even(text: str) -> str:
    """Return a text as it is looked at (rule 1)."""
    return shown(text).casefold()


def shown(text: str) -> str:
    """Return a text as it is looked at, capital letters kept: as long as the even one."""
    if _AS_IT_IS.fullmatch(text):
        return text
    return "".join(_plain(each) for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")


def _plain(sign: str) -> str:
    """Return a letter without its accents, a digit of any script as one of ours."""
    base = unicodedata.normalize("NFD", sign)[0]
    if base.isascii() and base.isalpha():
        return base
    folded = sign.casefold()
    return folded[0] if len(folded) > 1 else str(unicodedata.decimal(sign, sign))


def digits(text: str) -> str:
    """Return every digit of an even text, whatever stands between."""
    return "".join(_CHINESE.get(each, each) for each in _GROUP.findall(_typed(text)))


def told(text: str) -> str:
    """Return an even text with its Chinese digits, and what stands for digits, as ours."""
    return "".join(_CHINESE.get(each, each) for each in _typed(text))


def _typed(text: str) -> str:
    """Return an even text with the digits that letters stand for (rule 5), as long as it was."""
    return _LOOKS_SO.sub(lambda word: word[0].translate(_DIGITS_OF), text)


def runs(text: str) -> list[list[Group]]:
    """Return the runs of an even text, each of at least one group (rules 2 to 4)."""
    found: list[list[Group]] = []
    text = _typed(text)
    end = -1
    for match in _GROUP.finditer(text):
        between = text[end : match.start()] if end >= 0 else ""
        groups = list(_groups(text, match, near=end == match.start()))
        signs = [each for each in between.replace("...", ".") if not each.isspace()]
        if end < 0 or len(signs) > _SIGNS or any(each.isalnum() for each in signs):
            found.append(groups)
        else:
            found[-1] += groups
        end = match.end()
    return found


def _groups(text: str, match: re.Match[str], *, near: bool) -> list[Group]:
    """Return what was written in a row as one group, or as several telephones (rule 4)."""
    before = text[max(0, match.start() - _BEFORE) : match.start()].rstrip()
    said = _CHINESE.get(match[0], match[0])
    size = _MOBILE if _MOBILES.fullmatch(said) else len(said)
    chinese = match[0] in _CHINESE
    word = chinese and not near and text[match.start() - 1 : match.start()].isalpha()
    return [
        Group(
            said[at : at + size],
            match.start() + at,
            match.start() + at + size,
            plus=before.endswith("+") and not at,
            near=near or bool(at),
            word=word,
            chinese=chinese,
        )
        for at in range(0, len(said), size)
    ]
