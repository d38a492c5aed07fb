"""What a clerk types at the gate: commands and weights, every one of them on the numeric pad. Pure.

Rules:

1. A line is folded first: full-width forms and the punctuation a Chinese input method types in place of a key (``。`` for
   ``.``, ``、`` for ``/``) become the keys themselves, blanks around it go.
2. ``.`` help, ``*`` details, ``+`` slip, ``-`` undo (``-43``: today's truck 43, ``-43/1123``: that of 23 November), ``/`` other
   unit, ``**`` end of shift; the words 撤销 交班 帮助 打单 详情 换单位 and their English twins do the same.
3. A weight is ``482``, ``600-118`` (gross less tare), ``600-24*5`` (24 crates of 5 each are the tare) or ``24*20`` (24 crates
   of 20 each). A unit word may follow a number; without one the desk's unit holds. The words are kept as they were typed.
4. More than a truck can carry is refused: it is a bar code scanned at the wrong moment, or a digit too many.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity

Command: TypeAlias = Literal["help", "details", "slip", "undo", "unit", "end"]

MOST: Final = {"g": 100_000_000, "ml": 100_000_000, "piece": 1_000_000}
"""More than any truck brings, in base units: 100 t, 100 m3, a million pieces."""
LINE: Final = 8_192

_KEYS: Final = str.maketrans({"。": ".", "、": "/", "÷": "/", "×": "*", "—": "-", "–": "-", "−": "-", "·": "."})
_COMMANDS: Final[dict[str, Command]] = {
    **dict.fromkeys((".", "?", "帮助", "help"), "help"),
    **dict.fromkeys(("*", "详情", "details"), "details"),
    **dict.fromkeys(("+", "打单", "slip"), "slip"),
    **dict.fromkeys(("-", "撤销", "undo"), "undo"),
    **dict.fromkeys(("/", "换单位", "unit"), "unit"),
    **dict.fromkeys(("**", "交班", "end"), "end"),
}
_NUMBER: Final = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([^\W\d_]{0,8})"
_NET: Final = re.compile(_NUMBER)
_TARE: Final = re.compile(rf"{_NUMBER}\s*-\s*{_NUMBER}")
_CRATE_TARE: Final = re.compile(rf"{_NUMBER}\s*-\s*([0-9]{{1,6}})\s*\*\s*{_NUMBER}")
_CRATES: Final = re.compile(rf"([0-9]{{1,6}})\s*\*\s*{_NUMBER}")


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A weight as the scale and the clerk gave it."""

    net: Quantity
    gross: Quantity | None = None
    tare: Quantity | None = None
    crates: int | None = None
    written: str = ""
    """The words as typed."""


def folded(line: str) -> str:
    """Return a typed line as it was meant (rule 1); never longer than :data:`LINE` characters."""
    plain = unicodedata.normalize("NFKC", line[:LINE]).translate(_KEYS)
    return "".join(c if c.isprintable() else " " for c in plain).strip()


def command(line: str) -> tuple[Command, int] | None:
    """Return the command a line is, with the truck's number for ``undo`` (0: the last one); none if it is none (rule 2)."""
    text = folded(line).lower()
    found = _COMMANDS.get(text)
    if found is not None:
        return found, 0
    match = re.fullmatch(r"(?:-|撤销|undo)\s*([0-9]{1,6})", text)
    return ("undo", int(match.group(1))) if match else None


def dated(line: str, today: dt.date) -> tuple[int, dt.date] | None:
    """Return the truck that ``-43/1123`` undoes, its number and its day; none if the line is no such command (rule 2).

    :raises BadData: ``counter.day``.
    """
    match = re.fullmatch(r"(?:-|撤销|undo)\s*([0-9]{1,6})\s*/\s*([0-9]{4}|[0-9]{6}|[0-9]{8})", folded(line).lower())
    if match is None:
        return None
    found = day(match[2], today)
    if found > today and len(match[2]) == 4:  # noqa: PLR2004 - MMDD
        # Trucks have been here already: a day without a year that is still to come was last year's.
        found = day(f"{found.year - 1}{match[2]}", today)
    return int(match[1]), found


def digit(line: str) -> int | None:
    """Return the number a short answer is, none if it is no number of one or two digits."""
    text = folded(line)
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else None


def weight(line: str, unit: str) -> Weighed:
    """Read a weight (rule 3).

    :param unit: unit word of numbers without one: ``kg``, ``斤``, ``piece``, ``ml``.
    :raises BadData: ``counter.weight``, ``counter.tare``, ``counter.too_much``, and what :meth:`Quantity.parse` raises.
    """
    text = folded(line)
    weighed = _read(text, unit, line.strip()[:80])
    if weighed.net.value == 0:
        raise BadData("counter.weight", value=text[:40], expected="482 / 600-118")
    most = MOST[weighed.net.unit]
    if max(weighed.net.value, weighed.gross.value if weighed.gross else 0) > most:
        raise BadData("counter.too_much", value=text[:40], expected=str(Quantity(most, weighed.net.unit)))
    return weighed


def _read(text: str, unit: str, written: str) -> Weighed:
    if match := _NET.fullmatch(text):
        return Weighed(net=_amount(match[1], match[2], unit), written=written)
    if match := _TARE.fullmatch(text):
        word = match[4] or match[2]
        return _netto(_amount(match[1], match[2] or match[4], unit), _amount(match[3], word, unit), None, written)
    if match := _CRATE_TARE.fullmatch(text):
        word = match[5] or match[2]
        each, crates = _amount(match[4], word, unit), int(match[3])
        return _netto(_amount(match[1], match[2] or match[5], unit), _times(each, crates, text), crates, written)
    if match := _CRATES.fullmatch(text):
        crates = int(match[1])
        return Weighed(net=_times(_amount(match[2], match[3], unit), crates, text), crates=crates or None, written=written)
    raise BadData("counter.weight", value=text[:40], expected="482 / 600-118 / 600-24*5 / 24*20")


def _amount(number: str, word: str, unit: str) -> Quantity:
    return Quantity.parse(number + (word or unit))


def _times(each: Quantity, count: int, text: str) -> Quantity:
    if each.value * count > MOST[each.unit]:
        raise BadData("counter.too_much", value=text[:40], expected=str(Quantity(MOST[each.unit], each.unit)))
    return Quantity(each.value * count, each.unit)


def _netto(gross: Quantity, tare: Quantity, crates: int | None, written: str) -> Weighed:
    if gross.unit != tare.unit or tare.value >= gross.value:
        raise BadData("counter.tare", value=str(tare), expected=str(gross))
    return Weighed(net=Quantity(gross.value - tare.value, gross.unit), gross=gross, tare=tare, crates=crates or None, written=written)


def day(line: str, today: dt.date, *, future: bool = False) -> dt.date:
    """Read a date from the pad: ``1125``, ``261125`` or ``20261125``.

    :param today: its year is meant where none is typed; a day more than half a year back is then next year's.
    :param future: four digits are year and month: the month's last day (``2705``), as shelf lives are printed.
    :raises BadData: ``counter.day``.
    """
    text = re.sub(r"[-./年月日 ]", "", folded(line))
    if not re.fullmatch(r"[0-9]{4}|[0-9]{6}|[0-9]{8}", text):
        raise BadData("counter.day", value=text[:20], expected="1125 / 261125")
    try:
        if len(text) == 4 and future:  # noqa: PLR2004 - YYMM
            year, month = 2000 + int(text[:2]), int(text[2:])
            return (dt.date(year + month // 12, month % 12 + 1, 1)) - dt.timedelta(days=1)
        if len(text) == 4:  # noqa: PLR2004 - MMDD
            found = dt.date(today.year, int(text[:2]), int(text[2:]))
            return found if found > today - dt.timedelta(days=182) else found.replace(year=today.year + 1)
        year = int(text[:-4]) + (2000 if len(text) == 6 else 0)  # noqa: PLR2004 - YYMMDD
        return dt.date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError:
        raise BadData("counter.day", value=text, expected="1125 / 261125") from None
