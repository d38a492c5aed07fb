"""Single cells: text, codes and quantities, with the damage spreadsheets do to them called by its name.

Rules:

1. What only protects a code in a spreadsheet is taken off: ``="0012"``, a leading ``'``, a leading tab, invisible marks.
2. A number of more than 15 digits in a cell has lost digits; so has text such as ``9.12302E+17``; a date in a code's
   column was a code once. All three are refused with the cause (TRANSCRIPTS, "Easily forgotten" 10).
3. A number cell is read as the decimal number it shows (15 significant digits), never as a binary fraction.
4. In a column that may stay empty, ``-``, ``/``, ``无`` and the like mean empty.
5. When a file is written, a cell that begins with ``= + - @`` or a control character gets a leading ``'`` (rule 1 takes
   it off again): no spreadsheet then runs it as a formula.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Final

from foodtrace.errors import BadData
from foodtrace.intake.model import Cell
from foodtrace.quantity import Quantity

NOTHING: Final = frozenset({"", "-", "--", "---", "/", "\\", "无", "空", "n/a", "na", "null", "none", "nil", "不详", "未知"})
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_INVISIBLE: Final = dict.fromkeys((0xFEFF, 0x200B, 0x200C, 0x200D, 0x2060, 0x00AD))
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[Ee]\+(\d{1,3})")
_EXCEL_ERROR: Final = re.compile(r"#(?:VALUE!|N/A|REF!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)|#+")
_COMMA: Final = re.compile(r"(\d+),(\d{1,2}|\d{4,})")
_SPOKEN: Final = re.compile(r"(?:(\d+(?:\.\d+)?)市?斤(?:(\d+(?:\.\d+)?)两|半)|(半)市?斤)")
"""3斤2两, 3斤半, 半斤."""
_MOST_DIGITS: Final = 10**15


def words(cell: Cell) -> str:
    """Return a cell as text, without what rule 1 takes off."""
    if isinstance(cell, str):
        text = cell.strip()
        if text and (text[0] in "='" or not text.isascii()):
            text = _unwrapped(text.translate(_INVISIBLE).strip())
        return text
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return number(cell)
    return cell.isoformat(sep=" ") if isinstance(cell, dt.datetime) else str(cell)


def _unwrapped(text: str) -> str:
    if text.startswith('="') and text.endswith('"') and len(text) > 2:  # noqa: PLR2004
        return text[2:-1].strip()
    return text[1:] if len(text) > 1 and text[0] == "'" else text


def number(value: float) -> str:
    """Return a float as a spreadsheet shows it: at most 15 significant digits, no exponent."""
    text = f"{value:.15g}"
    return format(Decimal(text), "f") if "e" in text and "n" not in text else text


def code(cell: Cell, *, optional: bool = False) -> str:
    """Return the text of a cell that holds a code, in plain letters (full-width ones read as ASCII).

    :raises BadData: ``record.excel_number``, ``record.excel_digits``, ``record.excel_date``, ``record.excel_error``.
    """
    if isinstance(cell, (dt.date, dt.time, dt.timedelta)):
        raise BadData("record.excel_date", value=words(cell))
    text = words(cell)
    if not isinstance(cell, str) and isinstance(cell, (int, float)) and abs(cell) >= _MOST_DIGITS:
        raise BadData("record.excel_digits", value=text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).strip()
    if text and (text[0].isdigit() or text[0] == "#"):
        if match := _SCIENTIFIC.fullmatch(text):
            raise BadData("record.excel_number", value=text, digits=int(match[1]) + 1)
        if _EXCEL_ERROR.fullmatch(text):
            raise BadData("record.excel_error", value=text)
    return "" if optional and text.lower() in NOTHING else text


def name(cell: Cell, *, optional: bool = True) -> str:
    """Return the text of a cell that holds a name. Raises ``BadData`` (``record.excel_error``, ``record.too_long``)."""
    text = words(cell)
    if text.startswith("#") and _EXCEL_ERROR.fullmatch(text):
        raise BadData("record.excel_error", value=text)
    if len(text) > 200:  # noqa: PLR2004
        raise BadData("record.too_long", value=text, expected=200)
    if not text.isprintable():
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "" if optional and text.lower() in NOTHING else text


def has_unit(text: str) -> bool:
    """Say whether a quantity's text ends in a unit word."""
    return bool(text) and not (text[-1].isdigit() or text[-1] in ".,，．")


@lru_cache(maxsize=65_536)
def quantity(text: str, unit: str) -> Quantity:
    """Return the quantity of a text; ``unit`` is the word for one without. A wrong text says what is wrong with it.

    :raises BadData: ``quantity.*``, ``record.decimal_comma``, ``record.negative``, ``record.excel_error``.
    """
    try:
        return Quantity.parse(text, unit)
    except BadData as error:
        if error.code not in {"quantity.form", "quantity.unit_unknown"}:
            raise
        plain = unicodedata.normalize("NFKC", text[:64]).strip()
        if (spoken := _SPOKEN.fullmatch(plain)) and (spoken[1] or spoken[3]):
            parts = [f"{spoken[1] or 0}斤", "0.5斤" if spoken[3] or not spoken[2] else f"{spoken[2]}两"]
            return Quantity.parse(parts[0]) + Quantity.parse(parts[1])
        if error.code != "quantity.form":
            raise
        if match := _COMMA.fullmatch(plain):
            raise BadData("record.decimal_comma", value=text, expected=f"{match[1]}.{match[2]}") from None
        if re.fullmatch(r"[-−(]\s*\d.*", plain):
            raise BadData("record.negative", value=text) from None
        if _EXCEL_ERROR.fullmatch(plain):
            raise BadData("record.excel_error", value=text) from None
        if re.fullmatch(r"\.\d+\D*", plain):
            return quantity("0" + plain, unit)
        raise


def escaped(cell: Cell) -> str:
    """Return a cell as text that no spreadsheet runs as a formula (rule 5)."""
    text = cell if isinstance(cell, str) else words(cell)
    return "'" + text if text.startswith(_RISKY) else text
