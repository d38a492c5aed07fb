"""Numbers of food licences and of registered infant formula.

=====  ==========================================  =========================================================
kind   what                                        form
=====  ==========================================  =========================================================
SC     production licence (食品生产许可证)           ``SC`` category(3) province(2) city(2) county(2) serial(4) check(1)
JY     business permit (食品经营许可证)              ``JY`` form(1) province(2) city(2) county(2) serial(6) check(1)
YP     formula registration (配方注册号)             ``国食注字YP`` year(4, 20xx) serial(4); no check digit
=====  ==========================================  =========================================================

Rules: the prefix decides the kind (``licence.prefix``); then the form (``licence.form``); then, for SC and JY, the
check digit, ISO 7064 MOD 11,10 (``licence.check_digit``: refused, or noted when lenient; of seven real SC numbers
printed on products two fail). Region and category digits are never judged. Sources: 食品生产许可管理办法 Art. 29;
the JY and YP forms are from memory of the rules and from real numbers.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, typed
from foodtrace.identifiers.typed import CheckWarning

Kind: TypeAlias = Literal["SC", "JY", "YP"]

_FORMS: Final[dict[Kind, str]] = {"SC": "SC + 14 x [0-9]", "JY": "JY + 14 x [0-9]", "YP": "国食注字YP + 20[0-9][0-9] + 4 x [0-9]"}
_PREFIXES: Final[dict[Kind, str]] = {"SC": "SC", "JY": "JY", "YP": "国食注字YP"}
_SHAPES: Final[dict[Kind, re.Pattern[str]]] = {
    "SC": re.compile(r"[0-9]{14}"),
    "JY": re.compile(r"[0-9]{14}"),
    "YP": re.compile(r"20[0-9]{6}"),
}
_ANY: Final = "SC.. / JY.. / 国食注字YP.."
_INFANT_FORMULA: Final = "129"


class Licence(msgspec.Struct, frozen=True):
    """A licence, permit or registration number."""

    kind: Kind
    """``SC`` production, ``JY`` business, ``YP`` formula registration."""
    digits: str
    """The digits after the prefix: 14, or 8 for ``YP``."""
    warnings: tuple[CheckWarning, ...] = ()
    """``licence.check_digit`` (lenient only)."""

    @property
    def number(self) -> str:
        """The whole number with its prefix, as printed."""
        return _PREFIXES[self.kind] + self.digits

    @property
    def category(self) -> str | None:
        """SC: three digits of the food category (1xx food, 2xx additive, 129 infant formula). JY: the form of trade, one
        digit (1 sales, 2 catering, 3 canteen). YP: none.
        """  # noqa: D205
        return {"SC": self.digits[:3], "JY": self.digits[:1], "YP": None}[self.kind]

    @property
    def region(self) -> str | None:
        """Six digits of province, city and county as issued, not checked against any table; none for ``YP``."""
        return {"SC": self.digits[3:9], "JY": self.digits[1:7], "YP": None}[self.kind]

    @property
    def serial(self) -> str:
        """The running number: 4 digits (SC, YP) or 6 (JY)."""
        return {"SC": self.digits[9:13], "JY": self.digits[7:13], "YP": self.digits[4:]}[self.kind]

    @property
    def year(self) -> int | None:
        """Year of the formula registration; none for licences."""
        return int(self.digits[:4]) if self.kind == "YP" else None

    @property
    def makes_infant_formula(self) -> bool:
        """Whether it is a production licence for infant formula powder (category 129)."""
        return self.kind == "SC" and self.category == _INFANT_FORMULA

    def __str__(self) -> str:
        return self.number


def parse(text: str, *, lenient: bool = False) -> Licence:
    """Read a licence number; its prefix says which.

    :param lenient: keep a wrong check digit and note it, for data somebody else printed.
    :raises BadData: ``licence.prefix``, ``licence.form``, and unless lenient ``licence.check_digit``.
    """
    compacted = typed.compact(text, code="licence.form", expected=_ANY)
    kind, digits = _split(compacted)
    if _SHAPES[kind].fullmatch(digits) is None:
        raise BadData("licence.form", value=compacted, expected=_FORMS[kind])
    if kind == "YP":
        return Licence(kind, digits)
    expected = checksums.mod_11_10(digits[:13])
    if digits[13] == expected:
        return Licence(kind, digits)
    if not lenient:
        raise BadData("licence.check_digit", value=compacted, expected=expected, got=digits[13])
    return Licence(kind, digits, (CheckWarning("licence.check_digit", compacted, expected),))


def _split(compacted: str) -> tuple[Kind, str]:
    for kind, prefix in _PREFIXES.items():
        if compacted.startswith(prefix):
            return kind, compacted[len(prefix) :]
    raise BadData("licence.prefix", value=compacted, expected=_ANY)


def format(licence: Licence | str) -> str:  # noqa: A001 - the same verb in every identifier module
    """Return the number as printed, of a licence or of a text that is one (strictly read)."""
    return licence.number if isinstance(licence, Licence) else parse(licence).number


def is_valid(text: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check digit of an SC or JY number without it: 13 digits, with or without the two letters.

    :raises BadData: ``licence.form``.
    """
    compacted = typed.compact(body, code="licence.form", expected=_ANY)
    digits = compacted.removeprefix("SC").removeprefix("JY")
    if re.fullmatch(r"[0-9]{13}", digits) is None:
        raise BadData("licence.form", value=compacted, expected="[SC|JY] + 13 x [0-9]")
    return checksums.mod_11_10(digits)
