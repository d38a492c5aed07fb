"""The unit of a quantity: never guessed.

Rules, in order: the unit in the cell; the unit column; the unit in the heading; ``--unit``; the remembered one. When none
says it, a person is asked once, with the range of values shown, and the answer is remembered; without a person the file is
refused (``quantity.unit_missing``). Where there is a unit column, an empty cell in it is a fault of its row.
A ``--unit`` that contradicts the heading is refused. A unit cell that contradicts the unit written beside the number, or the one in
the heading, is a fault of its row: which of the two is meant, nobody can know.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.intake import headings
from foodtrace.intake.cells import has_unit, words
from foodtrace.intake.mapping import Block, as_toml
from foodtrace.intake.model import Ask, Mapping, Question
from foodtrace.intake.table import Table
from foodtrace.quantity import FACTORS
from foodtrace.texts import Lang
from foodtrace.texts import text as text_of

_LETTERS: Final = re.compile(r"[\d.,\s半]+")
"""What is no letter of a unit in the text of a quantity."""
OFFERED: Final = ("kg", "斤", "g", "件", "罐")


class Units:
    """What the unit of a bare number is, for one file."""

    def __init__(self, table: Table, mapping: Mapping, unit: str | None, ask: Ask | None) -> None:
        self._table, self._ask = table, ask
        self._heading = mapping.column("quantity")
        self._has_column = bool(mapping.column("unit"))
        self.mapping = mapping
        """The mapping, with the unit that was answered."""
        said = headings.unit_of(self._heading) if self._heading else ""
        unit = unicodedata.normalize("NFKC", unit) if unit else unit
        if unit and unit.strip().lower() not in FACTORS:
            raise BadData("quantity.unit_unknown", value=unit, expected="kg, 斤, g, t, L, ml, can, 个")
        if unit and said and FACTORS[unit.strip().lower()] != FACTORS[said]:
            raise BadData("record.unit_contradicts", value=unit, expected=said, heading=self._heading)
        self._said = said
        self.default = said or unit or mapping.unit
        self._told = "" if said or not unit else unit.strip()
        """The unit of ``--unit``: remembered with the columns once a row needed it."""

    def of(self, text: str, cell: str) -> str:
        """Return the unit for a quantity's text, given the text of the row's unit cell (empty: none)."""
        self._one(text, cell)
        if cell or has_unit(text):
            return unicodedata.normalize("NFKC", cell)  # typed with a Chinese input method on: the same letters, full width
        if not self.default and self._has_column:
            raise BadData("quantity.unit_missing", value=text, expected=f"{text}kg / {text}斤")
        if not self.default:
            self.default = self._asked()
        if self._told:
            self.mapping = msgspec.structs.replace(self.mapping, unit=self._told)
        return self.default

    def _one(self, text: str, cell: str) -> None:
        """Refuse two units in one row. Raises ``record.units_two``."""
        if not cell:
            return
        words_ = [each for each in _LETTERS.split(unicodedata.normalize("NFKC", text)) if each]
        beside = words_[0] if has_unit(text) and words_ else self._said
        if _same(beside) in FACTORS.values() and _same(beside) != _same(cell):
            where = text if has_unit(text) else self._heading
            raise BadData("record.units_two", value=f"{where} / {cell}", one=where, other=cell)

    def _asked(self) -> str:
        low, high = self._range()
        options = tuple((word, word) for word in OFFERED)
        params: dict[str, object] = {"heading": self._heading, "low": low, "high": high}
        answer = self._ask(Question(about="unit", options=options, params=params)) if self._ask else None
        if answer and answer.strip().lower() in FACTORS:
            self.mapping = msgspec.structs.replace(self.mapping, unit=answer.strip())
            return answer.strip()
        block = Block(as_toml(msgspec.structs.replace(self.mapping, unit="kg")))
        expected = "--unit kg / --unit 斤"
        raise UnitMissing("quantity.unit_missing", value=f"{self._heading} {low}-{high}", expected=expected, block=block, **params)

    def _range(self) -> tuple[str, str]:
        """Return the smallest and the largest bare number of the column."""
        index = self._table.headings.index(self._heading)
        seen: tuple[Decimal, Decimal] | None = None
        for _, cells, fault in self._table.rows():
            text = "" if fault else words(cells[index])
            if text and (value := _value(text)) is not None:
                seen = (value, value) if seen is None else (min(seen[0], value), max(seen[1], value))
        return (f"{seen[0]:f}", f"{seen[1]:f}") if seen else ("?", "?")


def _same(word: str) -> object:
    """Return what two words for one unit have in common."""
    plain = unicodedata.normalize("NFKC", word).strip().lower()
    return FACTORS.get(plain, plain)


def _value(text: str) -> Decimal | None:
    """Return a bare number, none if it is something else."""
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


class UnitMissing(BadData):
    """No cell, heading, mapping or option says the unit of a column (code ``quantity.unit_missing``)."""

    def message(self, lang: Lang = "en") -> str:
        """Return which column it is, with the range of values that have no unit."""
        return text_of("record.unit_missing_column", lang, **self.params)

    def hint(self, lang: Lang = "en") -> str:
        """Return what to do."""
        return text_of("record.unit_missing_column.hint", lang, **self.params)
