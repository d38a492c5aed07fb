"""GS1 keys made of digits: GTIN (goods), GLN (parties and places), SSCC (logistic units).

1. A GTIN is read at its printed length, 8, 12, 13 or 14, and kept as 14 digits: leading zeros change nothing.
2. A GLN has 13 digits and looks like a GTIN-13: the caller says which by ``kind``. An SSCC has 18.
3. Check digit: GS1 mod 10 (``gs1.check_digit``: refused, or noted when lenient).
4. All zeros is a placeholder, not a key (``gs1.form``). A spreadsheet's ``6.9E+12`` is named (``gs1.excel``).

A GTIN with its lot is an LGTIN: :mod:`.lgtin`. Source: GS1 General Specifications, chapters 2 and 7.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, typed
from foodtrace.identifiers.typed import CheckWarning

Kind: TypeAlias = Literal["gtin", "gln", "sscc"]

_LENGTHS: Final[dict[str, tuple[int, ...]]] = {"gtin": (8, 12, 13, 14), "gln": (13,), "sscc": (18,)}
_GTIN: Final = 14
_GTIN_8: Final = 8


class Key(msgspec.Struct, frozen=True):
    """A GTIN, GLN or SSCC."""

    kind: Kind
    digits: str
    """14 digits of a GTIN (zeros in front), 13 of a GLN, 18 of an SSCC."""
    warnings: tuple[CheckWarning, ...] = ()
    """``gs1.check_digit`` (lenient only)."""

    @property
    def short(self) -> str:
        """A GTIN as printed on the item: 13 digits unless its packing indicator is not 0, or 8; other keys as they are."""
        if self.kind != "gtin" or self.digits[0] != "0":
            return self.digits
        return self.digits[6:] if self.digits.startswith("000000") else self.digits[1:]

    @property
    def is_restricted(self) -> bool:
        """Whether a GTIN is a shop's or company's own number (prefix 02, 04, 2; 0 or 2 of eight digits): unique only inside it."""
        if self.kind != "gtin":
            return False
        short = self.short
        return short.startswith(("0", "2")) if len(short) == _GTIN_8 else self.digits[1:].startswith(("02", "04", "2"))

    def __str__(self) -> str:
        return self.digits


def parse(text: str, *, kind: Kind = "gtin", lenient: bool = False) -> Key:
    """Read a key of one kind.

    :param lenient: keep a wrong check digit and note it, for data somebody else printed.
    :raises BadData: ``gs1.excel``, ``gs1.form``, ``gs1.length``, and unless lenient ``gs1.check_digit``.
    """
    lengths = _lengths(kind)
    wanted = f"{kind.upper()}: {'/'.join(map(str, lengths))} x [0-9]"
    digits = typed.compact(text, code="gs1.form", expected=wanted)
    if typed.is_excel(digits):
        raise BadData("gs1.excel", value=digits, expected=wanted)
    if not digits.isascii() or not digits.isdigit() or not digits.strip("0"):
        raise BadData("gs1.form", value=digits, expected=wanted)
    if len(digits) not in lengths:
        raise BadData("gs1.length", value=digits, expected=wanted, got=len(digits))
    padded = digits.zfill(_GTIN) if kind == "gtin" else digits
    expected = checksums.mod_10(digits[:-1])
    if digits[-1] == expected:
        return Key(kind, padded)
    if not lenient:
        raise BadData("gs1.check_digit", value=digits, expected=expected, got=digits[-1])
    return Key(kind, padded, (CheckWarning("gs1.check_digit", digits, expected),))


def _lengths(kind: str) -> tuple[int, ...]:
    if kind not in _LENGTHS:
        message = f"kind is one of {', '.join(_LENGTHS)}, not {kind!r}"
        raise TypeError(message)
    return _LENGTHS[kind]


def format(key: Key | str, *, kind: Kind = "gtin") -> str:  # noqa: A001 - the same verb in every identifier module
    """Return a key's digits (a GTIN's fourteen), of a key or of a text that is one (strictly read)."""
    return key.digits if isinstance(key, Key) else parse(key, kind=kind).digits


def is_valid(text: str, *, kind: Kind = "gtin") -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text, kind=kind)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check digit of a key without it; raises ``BadData("checksum.form")``."""
    return checksums.mod_10(typed.compact(body, code="checksum.form", expected="1-17 x [0-9]"))
