"""Lot codes for goods that have none in law: made at the gate, easy to say on the phone.

Farm produce has no batch number in law; its lot is seller, product, entry and certificate (DOMAIN section 7, rule 1).

Rules:

1. Form ``YYMMDD-G-NNNN-C``: day of entry, gate (1-99), running number of that gate and day (at least four digits), check
   digit. Digits and ``-`` only: letters cost minutes on the phone (O and 0, B and P).
2. The check digit is ISO 7064 MOD 11,10 over the digits before it (as in licence numbers): every single wrong digit and
   nearly every swap of two neighbours shows.
3. Strict: ``parse`` accepts what ``format`` writes and nothing else, but for full-width characters and blanks as typed.
4. The year stands for 2000-2099. The authority before the code (the market's operator) makes it unique.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, typed

FORM: Final = "YYMMDD-G-NNNN-C"
MOST: Final = 999_999
"""Largest running number of one gate and day."""

_CODE: Final = re.compile(r"([0-9]{6})-([1-9][0-9]?)-([0-9]{4}|[1-9][0-9]{4,5})-([0-9])")
_MOST_GATES: Final = 99
_CENTURY: Final = range(2000, 2100)


class GateLot(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a gate's lot code."""

    day: dt.date
    gate: int
    """Number of the gate, 1-99."""
    number: int
    """Running number at this gate on this day, from 1."""

    def __str__(self) -> str:
        return format(self)


def format(lot: GateLot) -> str:  # noqa: A001 - the same verb in every identifier module
    """Return the code, for example ``261124-1-0042-1``. Raises ``BadData`` (``gate_lot.range``)."""
    if lot.day.year not in _CENTURY or not 1 <= lot.gate <= _MOST_GATES or not 1 <= lot.number <= MOST:
        raise BadData("gate_lot.range", value=f"{lot.day} {lot.gate} {lot.number}", expected=f"2000-2099, 1-99, 1-{MOST}")
    body = f"{lot.day:%y%m%d}-{lot.gate}-{lot.number:04d}"
    return f"{body}-{check_digit(body)}"


def parse(text: str) -> GateLot:
    """Read a code. Raises ``BadData`` (``gate_lot.form``, ``gate_lot.day``, ``gate_lot.check_digit``, ``gate_lot.range``)."""
    plain = typed.plain(text, code="gate_lot.form", expected=FORM)
    match = _CODE.fullmatch(plain)
    if match is None:
        raise BadData("gate_lot.form", value=plain, expected=FORM)
    expected = check_digit(plain[:-2])
    if match[4] != expected:
        raise BadData("gate_lot.check_digit", value=plain, expected=expected)
    try:
        day = dt.date(2000 + int(match[1][:2]), int(match[1][2:4]), int(match[1][4:]))
    except ValueError:
        raise BadData("gate_lot.day", value=plain, expected="YYMMDD") from None
    lot = GateLot(day=day, gate=int(match[2]), number=int(match[3]))
    if not lot.number:
        raise BadData("gate_lot.range", value=plain, expected=f"1-{MOST}")
    return lot


def is_valid(text: str) -> bool:
    """Say whether :func:`parse` accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check digit of a code without it (``261124-1-0042``). Raises ``BadData`` (``gate_lot.form``)."""
    digits = body.replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        raise BadData("gate_lot.form", value=body, expected=FORM)
    return checksums.mod_11_10(digits)
