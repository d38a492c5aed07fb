"""Quantities: integers in a base unit, never floats.

Rules:

1. Three base units: ``g``, ``ml`` and ``piece``. A quantity of one is never added to another.
2. A quantity is a whole number of its base unit, 0 .. 9,007,199,254,740,991 (2^53 - 1, RFC 8785's safe integers).
3. Text needs a unit; one is never guessed. ``斤`` is 500 g, ``公斤`` and ``kg`` 1,000 g, ``两`` 50 g, ``吨`` and
   ``t`` 1,000,000 g (Chinese market units of mass). Full-width digits and letters are read as their ASCII twins.
4. A text finer than the base unit (``12.3456 kg``) is refused, not rounded.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Final, Literal, Self, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.texts import Lang, text

Unit: TypeAlias = Literal["g", "ml", "piece"]

LIMIT: Final = 2**53 - 1
"""Largest quantity, in base units (RFC 8785 / RFC 7493 safe integer)."""

FACTORS: Final[dict[str, tuple[Unit, int]]] = {
    **dict.fromkeys(("g", "gram", "grams", "克"), ("g", 1)),
    **dict.fromkeys(("kg", "kgs", "kilo", "公斤", "千克"), ("g", 1_000)),
    **dict.fromkeys(("斤", "市斤", "jin"), ("g", 500)),
    **dict.fromkeys(("两", "市两"), ("g", 50)),
    **dict.fromkeys(("t", "ton", "tonne", "tonnes", "吨"), ("g", 1_000_000)),
    **dict.fromkeys(("ml", "毫升"), ("ml", 1)),
    **dict.fromkeys(("l", "litre", "liter", "litres", "liters", "升"), ("ml", 1_000)),
    **dict.fromkeys(
        ("piece", "pieces", "pcs", "pc", "can", "cans", "head", "个", "件", "只", "头", "罐", "听", "瓶", "袋", "盒", "包"), ("piece", 1)
    ),
}
"""Unit word -> (base unit, base units in one). Words are compared in lower case."""

_TEXT: Final = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?\s*([^\W\d_]*)")


class Quantity(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """An amount of goods: a whole number of one base unit."""

    value: int
    """Number of base units, 0 .. 2^53 - 1."""
    unit: Unit
    """Base unit: ``g``, ``ml`` or ``piece``."""

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            message = f"Quantity.value is a whole number of base units, not {type(self.value).__name__}"
            raise TypeError(message)
        if not 0 <= self.value <= LIMIT:
            raise BadData("quantity.range", value=self.value, expected=f"0 .. {LIMIT}")
        if self.unit not in ("g", "ml", "piece"):
            raise BadData("quantity.unit_unknown", value=self.unit, expected="g, ml, piece")

    @classmethod
    def parse(cls, given: str, unit: str | None = None) -> Quantity:
        """Read ``"500 kg"``, ``"12 斤"``, ``"240 can"``; a text that is a number alone needs ``unit``.

        :param given: what a person or a file wrote.
        :param unit: unit word for a text without one; a unit in the text wins.
        :raises BadData: ``quantity.form``, ``quantity.unit_missing``, ``quantity.unit_unknown``,
            ``quantity.not_integer``, ``quantity.range``.
        """
        plain = unicodedata.normalize("NFKC", given).strip() if len(given) <= 64 else given  # noqa: PLR2004
        match = _TEXT.fullmatch(plain) if len(plain) <= 64 else None  # noqa: PLR2004
        if match is None:
            raise BadData("quantity.form", value=given, expected="500 kg")
        whole, decimals, word = match.groups()
        name = (word or unit or "").strip().lower()
        if not name:
            raise BadData("quantity.unit_missing", value=given, expected=f"{plain}kg / {plain}斤")
        if name not in FACTORS:
            raise BadData("quantity.unit_unknown", value=word or unit, expected="kg, 斤, g, t, L, ml, can, 个")
        base, factor = FACTORS[name]
        exact = Fraction(whole.replace(",", "") + ("." + decimals if decimals else "")) * factor
        if exact.denominator != 1:
            raise BadData("quantity.not_integer", value=given, expected=base)
        return cls(int(exact), base)

    def format(self) -> str:
        """Return the text in English: ``500.0 kg``, ``35 g``, ``1.5 L``, ``240 pcs``."""
        return self.in_words("en")

    def in_words(self, lang: Lang) -> str:
        """Return the text for people: as :meth:`format`, in Chinese ``240 件``. A text of the catalogue asks for it by itself."""
        if self.unit == "piece":
            return f"{self.value:,} {unit_word(self.unit, lang)}"
        if self.value < 1_000:  # noqa: PLR2004
            return f"{self.value} {self.unit}"
        return f"{thousands(self.value)} {'kg' if self.unit == 'g' else 'L'}"

    def __str__(self) -> str:
        return self.format()

    def __add__(self, other: Quantity) -> Quantity:
        if self.unit != other.unit:
            raise BadData("quantity.unit_differs", value=str(other), expected=self.unit)
        return Quantity(self.value + other.value, self.unit)


class Amount(str):
    """A line that ends in a quantity, for the list of an error: English as a text, said in the reader's language by :meth:`in_words`."""

    __slots__ = ("before", "quantity")

    before: str
    quantity: Quantity

    def __new__(cls, before: str, quantity: Quantity) -> Self:
        """Make the line of what stands before the quantity, and the quantity."""
        made = super().__new__(cls, f"{before}{quantity}")
        made.before, made.quantity = before, quantity
        return made

    def __getnewargs__(self) -> tuple[str, Quantity]:  # type: ignore[override]  # an error crosses processes with its list
        return self.before, self.quantity

    def in_words(self, lang: Lang) -> str:
        """Return the line in one language."""
        return self.before + self.quantity.in_words(lang)


def unit_word(unit: str, lang: Lang) -> str:
    """Return the word of the unit that people read a base unit in: kg, L, pieces."""
    return text("unit.piece", lang) if unit == "piece" else {"g": "kg", "ml": "L"}.get(unit, unit)


def thousands(value: int) -> str:
    """Print base units as thousands of them, exact, with at least one decimal: 482000 -> ``482.0``, 12345 -> ``12.345``."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    decimals = f"{size % 1000:03d}".rstrip("0") or "0"
    return f"{sign}{size // 1000:,}.{decimals}"


def jin(value: int) -> str:
    """Print grams as 斤 (500 g), exact: 482000 -> ``964``, 12250 -> ``24.5``."""
    whole, rest = divmod(value, 500)
    decimals = f"{rest * 2:03d}".rstrip("0")
    return f"{whole:,}" + (f".{decimals}" if decimals else "")
