"""Lot ids: ``authority/code``, who gave the code and the code.

1. The authority is a GTIN (kept as 14 digits) or an operator: a credit code, or a registered local id such as ``L-0001``
   (2 to 20 of A-Z 0-9 ``-``, no hyphen first).
2. 13 or 14 digits are a GTIN and 18 characters in a credit code's shape are a credit code: their check digits count.
3. A mobile telephone number is personal and never an id (``lot.personal``); neither is a resident identity number.
4. The code has 1 to 20 of A-Z 0-9 ``.`` ``-``; ``.`` and ``..`` are refused (they vanish from web addresses).
5. Lower case, full-width characters and blanks are mended; a hyphen of a code stays, it tells lots apart.

Codes that a gate gives to produce, which has no lot number in law, are digits and ``-`` only and end in a check digit
(ISO 7064 MOD 11,10 over the digits), so that they survive a telephone: :func:`gate_code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, gs1, typed, uscc
from foodtrace.identifiers.typed import CheckWarning

_FORM: Final = "AUTHORITY/CODE"
_CODE: Final = re.compile(r"[A-Z0-9.-]{1,20}")
_CODE_FORM: Final = "1-20 x [A-Z 0-9 . -]"
_LOCAL: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
_AUTHORITY_FORM: Final = "GTIN / USCC / L-0001"
_GTIN: Final = re.compile(r"[0-9]{13,14}")
_USCC: Final = re.compile(r"[A-Z0-9]{2}[0-9]{6}[A-Z0-9]{10}")

_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")

_GATE_CODE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})-([0-9]{1,3})-([0-9]{4,6})([0-9])")
_GATE: Final = re.compile(r"[0-9]{1,3}")
_GATE_FORM: Final = "YYMMDD-GATE-NNNNC"
_CENTURY: Final = 2000
_MOST_A_DAY: Final = 999_999


class Lot(msgspec.Struct, frozen=True, order=True):
    """A lot's identity."""

    authority: str
    """Who gave the code: a GTIN of 14 digits or an operator id."""
    code: str
    """The code, unique for the authority."""
    warnings: tuple[CheckWarning, ...] = ()
    """``gs1.check_digit`` or ``uscc.check_digit`` (lenient only), ``uscc.organisation``."""

    @property
    def has_gtin(self) -> bool:
        """Whether the authority is a GTIN."""
        return _GTIN.fullmatch(self.authority) is not None

    def __str__(self) -> str:
        return f"{self.authority}/{self.code}"


class GateCode(msgspec.Struct, frozen=True):
    """What a gate's lot code says."""

    day: date
    gate: str
    """The gate's number, 1 to 3 digits."""
    number: int
    """Running number of the gate's day, from 0."""


def parse(text: str, *, lenient: bool = False) -> Lot:
    """Read ``authority/code``.

    :param lenient: keep a wrong check digit of the authority and note it.
    :raises BadData: ``lot.form``, ``lot.authority``, ``lot.personal``, what :func:`.uscc.parse` raises for the authority,
        and unless lenient ``gs1.check_digit``, ``uscc.check_digit``.
    """
    given = typed.upper(text, code="lot.form", expected=_FORM)
    authority, slash, code = given.partition("/")
    if not slash:
        parse_code(given)  # a wrong character is said first: it would be wrong behind a slash too
        raise BadData("lot.authority", value=given, expected=_FORM)
    found, warnings = _authority(authority, lenient=lenient)
    return Lot(found, parse_code(code), warnings)


def parse_code(text: str) -> str:
    """Read the code alone; raises ``BadData("lot.form")``."""
    code = typed.upper(text, code="lot.form", expected=_CODE_FORM)
    if _CODE.fullmatch(code) is None or code in {".", ".."}:
        raise BadData("lot.form", value=code, expected=_CODE_FORM)
    return code


def parse_authority(text: str, *, lenient: bool = False) -> str:
    """Read an authority alone: a GTIN (14 digits come back) or an operator id.

    :raises BadData: ``lot.authority``, ``lot.personal``, and unless lenient ``gs1.check_digit``, ``uscc.check_digit``.
    """
    return _authority(typed.upper(text, code="lot.authority", expected=_AUTHORITY_FORM), lenient=lenient)[0]


def parse_operator(text: str, *, lenient: bool = False) -> str:
    """Read an operator id alone: a credit code or a registered local id. A GTIN is none.

    :raises BadData: ``lot.operator``, ``lot.personal``, and unless lenient ``uscc.check_digit``.
    """
    given = typed.upper(text, code="lot.operator", expected="USCC / L-0001")
    if _GTIN.fullmatch(given) or _LOCAL.fullmatch(given) is None:
        raise BadData("lot.operator", value=given, expected="USCC / L-0001")
    return _authority(given, lenient=lenient)[0]


def _authority(given: str, *, lenient: bool) -> tuple[str, tuple[CheckWarning, ...]]:
    """Rules 1 and 2."""
    if _GTIN.fullmatch(given):
        key = gs1.parse(given, lenient=lenient)
        return key.digits, key.warnings
    if _USCC.fullmatch(given):
        credit = uscc.parse(given, lenient=lenient)
        return credit.code, credit.warnings
    if _LOCAL.fullmatch(given) is None:
        raise BadData("lot.authority", value=given, expected=_AUTHORITY_FORM)
    if _MOBILE.fullmatch(given):
        raise BadData("lot.personal", value=given[:3] + "*" * 8, expected="L-0001")
    return given, ()


def format(lot: Lot | str) -> str:  # noqa: A001 - the same verb in every identifier module
    """Return ``authority/code`` of a lot, or of a text that is one (strictly read)."""
    return str(lot if isinstance(lot, Lot) else parse(lot))


def is_valid(text: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check digit of a gate code without it (hyphens do not count); raises ``BadData("checksum.form")``."""
    return checksums.mod_11_10(typed.compact(body, code="checksum.form", expected=_GATE_FORM))


def gate_code(day: date, gate: str, number: int) -> str:
    """Return the lot code ``YYMMDD-GATE-NNNNC`` of a truck that entered: ``261123-1-00315`` is number 31 of gate 1.

    :param gate: the gate's number, 1 to 3 digits.
    :param number: running number of the gate's day, 0 .. 999,999; at least four digits are written.
    :raises BadData: ``lot.gate``.
    """
    if _GATE.fullmatch(gate) is None or not 0 <= number <= _MOST_A_DAY or day.year // 100 != _CENTURY // 100:
        raise BadData("lot.gate", value=f"{day.isoformat()} {gate} {number}", expected=_GATE_FORM)
    body = f"{day:%y%m%d}-{gate}-{number:04d}"
    return body + check_digit(body)


def parse_gate_code(text: str) -> GateCode:
    """Read a gate's lot code; raises ``BadData``: ``lot.form``, ``lot.gate``, ``lot.check_digit``."""
    code = parse_code(text)
    match = _GATE_CODE.fullmatch(code)
    if match is None:
        raise BadData("lot.gate", value=code, expected=_GATE_FORM)
    expected = check_digit(code[:-1])
    if code[-1] != expected:
        raise BadData("lot.check_digit", value=code, expected=expected, got=code[-1])
    year, month, day = (int(each) for each in match.groups()[:3])
    number = match[5]
    try:
        when = date(_CENTURY + year, month, day)
    except ValueError as error:
        raise BadData("lot.gate", value=code, expected=_GATE_FORM) from error
    return GateCode(when, match[4], int(number))


def similar(code: str, codes: Iterable[str], *, limit: int = 5) -> list[str]:
    """Return the codes a person may have meant, best first: for the answer to an unknown lot.

    Nearest are those that look or sound the same (O/0, I/1, punctuation, case), then those one or two slips away
    (a character too much, missing, other, or two swapped), then those of which the text is a piece of 3 or more.
    """
    from foodtrace.identifiers import nearness  # noqa: PLC0415 - only a wrong lot pays for it

    return nearness.nearest(code, codes, limit=limit)
