r"""GS1 element strings: application identifiers and their values in a row, as barcodes carry them.

Two written forms, one noun:

=========  ===========================================  ==========================================================
form       example                                      where
=========  ===========================================  ==========================================================
brackets   ``(01)06901234567892(10)A1(21)7``            printed under the code, typed by people; ``\(`` is a bracket
FNC1       ``^010690123456789210A1^217``                what a scanner sends: GS (1D) or ``^`` separates values
=========  ===========================================  ==========================================================

1. At most 64 elements and 4,096 characters.
2. A scanner's symbology identifier (``]d2`` ``]C1`` ``]Q3`` ``]J1`` ``]e0``) and the first FNC1 may stand in front.
3. Every AI is known (``gs1.ai_unknown``) and every value has its form (:mod:`.ai_values`).
4. The same AI twice must say the same (``gs1.repeated``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import ai, ai_values, typed
from foodtrace.identifiers.typed import CheckWarning

MOST: Final = 64
"""Most elements in one code (the bound of the GS1 syntax engine too)."""
LONGEST: Final = 4096
"""Longest text read, in characters; a QR code holds 4,296."""
GS: Final = "\x1d"
"""The character scanners send for FNC1."""

_EXAMPLE: Final = "(01)06901234567892(10)A1"
_CARRIERS: Final = ("]d2", "]C1", "]Q3", "]J1", "]e0")
_BRACKETED: Final = re.compile(r"\(([0-9]{2,4})\)((?:[^(\\]|\\\(|\\(?!\())+)")


class Element(msgspec.Struct, frozen=True):
    """One application identifier with its value."""

    ai: str
    """2 to 4 digits."""
    value: str
    """The value, unescaped."""


class ElementString(msgspec.Struct, frozen=True):
    """What one code says, in the order it says it."""

    elements: tuple[Element, ...]
    warnings: tuple[CheckWarning, ...] = ()
    """``gs1.check_digit`` (lenient only)."""

    def get(self, code: str) -> str | None:
        """Return the value of an AI, or ``None``."""
        return next((each.value for each in self.elements if each.ai == code), None)

    def __str__(self) -> str:
        return format(self)


def parse(text: str, *, lenient: bool = False) -> ElementString:
    """Read an element string in either form.

    :param lenient: keep wrong check digits and note them.
    :raises BadData: ``gs1.elements``, ``gs1.ai_unknown``, ``gs1.ai_value``, ``gs1.repeated``, and unless lenient
        ``gs1.check_digit``.
    """
    given = typed.plain(text, code="gs1.elements", expected=_EXAMPLE, limit=LONGEST)
    for carrier in _CARRIERS:
        given = given.removeprefix(carrier)
    pairs = list(_bracketed(given) if given.startswith("(") else _separated(given))
    if len(pairs) > MOST or not pairs:
        raise BadData("gs1.elements", value=given, expected=_EXAMPLE)
    warnings: dict[CheckWarning, None] = {}
    seen: dict[str, str] = {}
    for entry, value in pairs:
        warnings |= dict.fromkeys(ai_values.validate(entry, value, lenient=lenient))
        if seen.setdefault(entry.code, value) != value:
            raise BadData("gs1.repeated", value=value, expected=seen[entry.code], ai=entry.code)
    return ElementString(tuple(Element(entry.code, value) for entry, value in pairs), tuple(warnings))


def known(code: str) -> ai.Ai:
    """Return the AI of these digits; raises ``BadData("gs1.ai_unknown")``."""
    entry = ai.lookup(code)
    if entry is None:
        raise BadData("gs1.ai_unknown", value=code[: ai.LONGEST], expected="01, 10, 17, 21 ...")
    return entry


def _bracketed(given: str) -> Iterator[tuple[ai.Ai, str]]:
    end = 0
    while end < len(given):
        match = _BRACKETED.match(given, end)
        if match is None:
            raise BadData("gs1.elements", value=given, expected=_EXAMPLE)
        yield known(match[1]), match[2].replace("\\(", "(")
        end = match.end()


def _separated(given: str) -> Iterator[tuple[ai.Ai, str]]:
    separator = "^" if given.startswith("^") else GS
    rest = given.removeprefix(separator)
    while rest:
        entry = ai.leading(rest) or known(rest)
        rest = rest[len(entry.code) :]
        if entry.predefined:
            size = ai_values.length(entry)
            value, rest = rest[:size], rest[size:].removeprefix(separator)
        else:
            value, _, rest = rest.partition(separator)
        yield entry, value


def join(elements: tuple[Element, ...], fnc1: str | None = None) -> str:
    """Return elements in brackets, or with ``fnc1`` in front and after each value whose length is not predefined."""
    if fnc1 is None:
        return "".join(f"({each.ai})" + each.value.replace("(", "\\(") for each in elements)
    out, pending = "", fnc1
    for each in elements:
        out += pending + each.ai + each.value
        pending = "" if known(each.ai).predefined else fnc1
    return out


def format(elements: ElementString | str, *, fnc1: str | None = None) -> str:  # noqa: A001 - the same verb everywhere
    """Return an element string in brackets, or in the FNC1 form with the character given (``GS`` or ``^``)."""
    noun = elements if isinstance(elements, ElementString) else parse(elements)
    return join(noun.elements, fnc1)


def is_valid(text: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True
