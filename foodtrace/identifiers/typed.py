"""Text as people type and paste it, brought to plain ASCII before anything is judged; and what a lenient parse notes.

Rules:

1. A text longer than the caller's bound is refused before it is looked at.
2. Full-width letters, digits and signs, and what a Chinese input method gives for ``.`` ``/`` and ``-``, become their
   ASCII twins. Nothing else is folded: a superscript or a Roman numeral sign is not a digit.
3. Zero-width characters (pasted from chat programs) vanish, and so do spaces.
4. Where the identifier has no lower case, a-z become A-Z; only those 26.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.texts import Lang, has, text

LIMIT: Final = 64
"""Longest text read as one number or code, in characters, blanks included."""

_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SIGNS: Final = {
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), ord("-")),
    0x3001: ord("/"),
    0x3002: ord("."),
}
# Blanks are named one by one: str.isspace also holds for GS (1D), which separates GS1 element strings.
_BLANK: Final = dict.fromkeys((0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x1680, *range(0x2000, 0x200E), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF))
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}

_PLAIN: Final = {**_WIDE, **_SIGNS, **_BLANK}
UPPER_PLAIN: Final = {**_PLAIN, **_UPPER, **{code + 0xFEE0: upper for code, upper in _UPPER.items()}}
"""What :func:`upper` does, for :meth:`str.translate`."""
_COMPACT: Final = {**UPPER_PLAIN, **dict.fromkeys((ord("-"), *(code for code, sign in _PLAIN.items() if sign == ord("-"))))}

_EXCEL: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?E\+[0-9]+|[0-9]\.[0-9]+E[0-9]+")


class CheckWarning(msgspec.Struct, frozen=True):
    """A doubt about an identifier that was kept all the same; its text stands in the catalogue under ``code``."""

    code: str
    """Stable code, the same a strict parse raises, such as ``uscc.check_digit``."""
    value: str
    """What was read, canonical form."""
    expected: str
    """What stands there in a sound identifier: the check character, or the whole text."""

    def message(self, lang: Lang = "en") -> str:
        """Return what is doubtful, in one sentence."""
        return text(self.code, lang, value=self.value, expected=self.expected, got=self.value[-1:])

    def hint(self, lang: Lang = "en") -> str:
        """Return what to do next, or an empty string."""
        key = f"{self.code}.hint"
        return text(key, lang, value=self.value, expected=self.expected) if has(key) else ""


def _bounded(given: object, code: str, expected: str, limit: int) -> str:
    if not isinstance(given, str):
        message = f"an identifier is read from str, not {type(given).__name__}"
        raise TypeError(message)
    if len(given) > limit:
        raise BadData(code, value=given, expected=expected)
    return given


def plain(given: str, *, code: str, expected: str, limit: int = LIMIT) -> str:
    """Return the text in ASCII twins and without blanks; case and hyphens stay.

    :param code: error raised when the text is longer than ``limit``; ``expected`` goes with it.
    :raises BadData: ``code``. ``TypeError`` when ``given`` is no ``str``.
    """
    return _bounded(given, code, expected, limit).translate(_PLAIN)


def upper(given: str, *, code: str, expected: str, limit: int = LIMIT) -> str:
    """Return :func:`plain` in capitals."""
    return _bounded(given, code, expected, limit).translate(UPPER_PLAIN)


def compact(given: str, *, code: str, expected: str, limit: int = LIMIT) -> str:
    """Return :func:`upper` without hyphens: for numbers whose hyphens only group."""
    return _bounded(given, code, expected, limit).translate(_COMPACT)


def is_excel(compacted: str) -> bool:
    """Say whether a compact text is a number as a spreadsheet shows it, such as ``9.1E+17``: its digits are lost."""
    return _EXCEL.fullmatch(compacted) is not None
