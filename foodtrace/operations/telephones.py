"""Which telephones and identity numbers a text holds, however they are grouped, and which of them are one. Pure.

No library does this: the rules of libphonenumber (package ``phonenumbers``, 48 MB) find a number within prose, written as its owner's
country writes it. Here a value that somebody typed is compared with another: ``138,0013,8000``, ``62345678-801``, ``壹叁捌..`` and seven
digits without an area are missed by it, and a voucher's number behind its word is taken for a telephone.

Rules:

1. A run of groups (:mod:`foodtrace.operations.digitruns`) is read as the numbers that together explain most of its digits; where several
   ways explain as many, all of them count. So ``138 6234 5678`` is a mobile number and no landline ``6234 5678``.
2. China: a mobile number is 11 digits from 13 to 19; a landline has an area code or none, then 7 or 8 digits from 2 on; ``86``, ``+86``,
   ``0086``, ``(0)`` and a carrier's ``179xx`` before them, and up to six digits of an extension behind them, are no part of the number.
   ``62345678/79`` is two numbers: what stands behind the stroke may be the end of another.
3. Abroad: a plus or 00, the country's code, then the number without its trunk 0; ``(212) 555-0100`` without; 8 for Russia's +7.
4. An identity number is 18 digits (the last may be X) or the 15 of before 2000, with a day that exists; both are one without century and
   check digit.
5. A day or a time explains its digits too. What nothing explains is a number of its own from 7 digits on.
6. Two numbers are one if the subscriber's digits are equal and neither country nor area says otherwise; what is not said contradicts
   nothing. A landline is never the end of a mobile number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from foodtrace.operations.digitruns import Group, runs

__all__ = ["Kind", "Number", "numbers", "same"]

Kind: TypeAlias = Literal["mobile", "landline", "foreign", "service", "identity", "other", "time"]

_AREA: Final = r"10|2[0-57-9]|3[134579]\d|4[1235678]\d|5[1-9]\d|6[369]\d|7[0-79]\d|8[1235789]\d|9[013-579]\d"
"""Area codes of China without their 0: the first two digits of each that is in use."""
_MOBILE: Final = re.compile(r"(?:179\d\d|12593)?(?:(?:00)?86)?0?(1[3-9]\d{9})")
_LANDLINE: Final = re.compile(rf"(?P<cc>(?:00)?86)?(?P<trunk>0)?(?P<area>{_AREA})?(?P<own>[2-9]\d{{6,7}})")
_ABROAD: Final = re.compile(
    r"(?P<cc>1|7|2[07]|3[0-469]|4[013-9]|5[1-8]"
    r"|6[0-6]|8[124]|9[0-58]|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[7-9]\d|8[0578]\d|9[679]\d)0?(?P<own>[1-9]\d{5,13})"
)
_SIZES: Final = {
    **dict.fromkeys(("1", "7"), (10,)),
    **dict.fromkeys(("44", "81"), (9, 10)),
    **dict.fromkeys(("65", "852", "853"), (8,)),
    "82": (8, 9, 10),
    "886": (8, 9),
}
"""Digits of a number there, where they are few: what follows is an extension."""
_ANY_SIZE: Final = range(6, 14)
_SUBSCRIBER: Final = re.compile(r"[2-9]\d{6,7}")
_SERVICE: Final = re.compile(r"[48]00\d{7}")
_IDENTITY: Final = re.compile(r"([1-8]\d{5})(?:19|20)(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})[\dx]")
_IDENTITY_OLD: Final = re.compile(r"([1-8]\d{5})(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})")
_DAY: Final = re.compile(r"(?:19|20)\d\d(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01])")
_TIME: Final = re.compile(r"(?:[01]?\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
_AMERICAN: Final = re.compile(r"1?([2-9]\d{2}[2-9]\d{6})")
_AMERICAN_SIZES: Final = ([3, 3, 4], [1, 3, 3, 4])
_ENDING: Final = re.compile(r"\s*[/\u3001]\s*(\d{1,4})(?!\d)")
"""The end of another number, behind a stroke."""
_DIGIT: Final = 2
"""Weight of a digit that a number explains; of a day or time that is grouped as one, one more."""
_FEW: Final = 3
"""Chinese digits that may be a word's."""
_LONGEST: Final = 24
"""Digits of the longest number with all that may stand before and behind it."""
_LEAST: Final = 7
_EXTENSION: Final = 6
_E164: Final = 15
_IDENTITY_DIGITS: Final = 17


class Number(NamedTuple):
    """A number that a text holds."""

    kind: Kind
    digits: str
    """Of the subscriber alone; of an identity number region, day and order."""
    country: str
    """Code of the country, where it is said; ``86`` of a mobile number by its form."""
    area: str
    """Code of the area without its 0, where it is said."""
    start: int
    """Place in the even text."""
    end: int
    groups: tuple[str, ...]
    """As it was grouped."""
    near: bool
    """Written in a row."""

    @property
    def whole(self) -> str:
        """Return all its digits, with area and country as far as they are said."""
        return self.country + self.area + self.digits


def numbers(text: str) -> list[Number]:
    """Return what numbers an even text holds (rule 1), days and times among them."""
    found = [each for run in runs(text) for each in _best(text, run)]
    return found + [other for each in found for other in _endings(text, each)]


def _endings(text: str, number: Number) -> Iterator[Number]:
    """Yield the numbers of which only the end is written (rule 2)."""
    if number.kind not in ("mobile", "landline", "service", "foreign"):
        return
    end = number.end
    while (ending := _ENDING.match(text, end)) is not None:
        end = ending.end()
        yield number._replace(digits=number.digits[: -len(ending[1])] + ending[1], end=end)


def same(one: Number, other: Number) -> bool:
    """Say whether two numbers are one (rule 6)."""
    kinds = {one.kind, other.kind}
    if "time" in kinds:
        return False
    if len(kinds) > 1 and not kinds.isdisjoint({"identity", "mobile"}):
        return _plus_left_out(one, other) or _plus_left_out(other, one)
    if one.digits == other.digits and _fits(one.country, other.country) and _fits(one.area, other.area):
        return True
    return one.whole == other.whole or _as_dialled_there(one, other) or _as_dialled_there(other, one)


def _fits(one: str, other: str) -> bool:
    return not one or not other or one == other


def _plus_left_out(abroad: Number, mobile: Number) -> bool:
    """Say whether a number of another country reads as a Chinese mobile number only because its plus was left out."""
    return abroad.kind == "foreign" and mobile.kind == "mobile" and abroad.whole == mobile.digits


def _as_dialled_there(abroad: Number, other: Number) -> bool:
    """Say whether a number is that of another country without its code."""
    if abroad.kind != "foreign" or other.country or other.kind not in ("landline", "other"):
        return False
    dialled = other.area + other.digits
    return dialled.removeprefix("0") == abroad.digits or (abroad.country == "7" and dialled == f"8{abroad.digits}")


class _Tile(NamedTuple):
    first: int
    last: int
    weight: int
    number: Number


def _best(text: str, run: Sequence[Group]) -> list[Number]:
    """Return the numbers of every reading of a run that explains most of it (rule 1)."""
    count = len(run)
    tiles = list(_tiles(text, run))
    before, after = [0] * (count + 1), [0] * (count + 1)
    for end in range(1, count + 1):
        before[end] = max([before[end - 1], *(before[each.first] + each.weight for each in tiles if each.last == end)])
    for start in range(count - 1, -1, -1):
        after[start] = max([after[start + 1], *(after[each.last] + each.weight for each in tiles if each.first == start)])
    used = [each for each in tiles if before[each.first] + each.weight + after[each.last] == before[count]]
    found = [each.number for each in used]
    explained = {at for each in used for at in range(each.first, each.last)}
    if not explained:
        found += _unread(run)
    return found + [one for at, each in enumerate(run) if explained and at not in explained for one in _unread([each])]


def _unread(groups: Sequence[Group]) -> list[Number]:
    """Return what nothing explains, as a number of its own (rule 5)."""
    digits = "".join(each.digits for each in groups)
    return [_number("other", digits, groups)] if len(digits) >= _LEAST else []


def _number(kind: Kind, digits: str, groups: Sequence[Group], country: str = "", area: str = "") -> Number:
    near = all(each.near for each in groups[1:])
    return Number(kind, digits, country, area, groups[0].start, groups[-1].end, tuple(each.digits for each in groups), near)


def _tiles(text: str, run: Sequence[Group]) -> Iterator[_Tile]:
    """Yield every number that starts and ends where groups do."""
    for first in range(len(run)):
        digits = ""
        for last in range(first, len(run)):
            digits += run[last].digits
            if len(digits) > _LONGEST:
                break
            groups = run[first : last + 1]
            if _of_a_word(groups):
                continue
            weight = _DIGIT * (len(digits) - groups[0].word)
            for number in _read(digits, groups):
                yield _Tile(first, last + 1, weight, number)
                if _extended(number, run[last + 1 : last + 2]):
                    yield _Tile(first, last + 2, weight + _DIGIT * len(run[last + 1].digits), number)
            yield from (_Tile(first, last + 1, weight, each) for each in _identity(text, digits, groups))
            if _is_time(text, digits, groups):
                yield _Tile(first, last + 1, weight + (len(groups) > 1), _number("time", digits, groups))


def _of_a_word(groups: Sequence[Group]) -> bool:
    """Say whether the Chinese digits at an end are those of a name, as others stand beside them: ``李四 6234567``, ``6234567 陆勇``."""
    if all(each.chinese for each in groups):
        return False
    first = next(at for at, each in enumerate(groups) if not each.chinese)
    last = next(at for at, each in enumerate(reversed(groups)) if not each.chinese)
    return 0 < first < _FEW or 0 < last < _FEW


def _extended(number: Number, behind: Sequence[Group]) -> bool:
    """Say whether the group behind a number may be its extension."""
    if not behind or behind[0].near or behind[0].plus or len(behind[0].digits) > _EXTENSION:
        return False
    return number.kind in ("mobile", "landline", "service") or number.country in _SIZES


def _read(digits: str, groups: Sequence[Group]) -> Iterator[Number]:
    """Yield what telephones some digits are (rules 2 and 3)."""
    plus = groups[0].plus
    if not plus or digits.startswith("86"):
        mobile = _MOBILE.fullmatch(digits)
        if mobile is not None:
            yield _number("mobile", mobile[1], groups, "86")
        yield from _landlines(digits, groups)
    if _SERVICE.fullmatch(digits) and not plus:
        yield _number("service", digits, groups)
    american = None if plus else _AMERICAN.fullmatch(digits)
    if american is not None and [len(each.digits) for each in groups] in _AMERICAN_SIZES:
        yield _number("foreign", american[1], groups, "1" if digits[0] == "1" else "")
    dialled = digits if plus else digits.removeprefix("00")
    if (plus or dialled != digits) and len(dialled) <= _E164:
        abroad = _ABROAD.fullmatch(dialled)
        if abroad is not None and len(abroad["own"]) in _SIZES.get(abroad["cc"], _ANY_SIZE):
            yield _number("foreign", abroad["own"], groups, abroad["cc"])


def _landlines(digits: str, groups: Sequence[Group]) -> Iterator[Number]:
    """Yield what landlines some digits are: the area is told by its 0, by the country's code before it, or by standing apart."""
    if _SUBSCRIBER.fullmatch(digits) and not groups[0].plus:
        yield _number("landline", digits, groups)
    form = _LANDLINE.fullmatch(digits)
    if form is None or (groups[0].plus and not form["cc"]) or not (form["area"] or form["cc"]):
        return
    apart = len(groups) == 1 or (groups[0].digits == form["area"] and not groups[1].near)
    if form["cc"] or (form["trunk"] and form["area"]) or (not form["trunk"] and apart):
        yield _number("landline", form["own"], groups, "86" if form["cc"] else "", form["area"] or "")


def _identity(text: str, digits: str, groups: Sequence[Group]) -> Iterator[Number]:
    """Yield the identity number that some digits are (rule 4)."""
    end = groups[-1].end
    letter = re.match(r"[\s-]?x(?![a-z\d])", text[end : end + 3]) if len(digits) == _IDENTITY_DIGITS else None
    whole = _IDENTITY.fullmatch(digits + "x" if letter else digits)
    found = whole or _IDENTITY_OLD.fullmatch(digits)
    if found is not None:
        number = _number("identity", found[1] + found[2], groups)
        yield number._replace(end=end + letter.end()) if letter else number


def _is_time(text: str, digits: str, groups: Sequence[Group]) -> bool:
    """Say whether some digits are a day, or a time with colons (rule 5)."""
    sizes = [len(each.digits) for each in groups]
    if sizes == [8] or (len(sizes) == 3 and sizes[0] == 4 and max(sizes[1:]) <= 2):  # noqa: PLR2004 - 20261124, 2026-11-24
        return _DAY.fullmatch(digits) is not None
    written = re.sub(r"\s", "", text[groups[0].start : groups[-1].end])
    return len(sizes) > 1 and written.count(":") == len(sizes) - 1 and max(sizes) <= 2 and _TIME.fullmatch(digits) is not None  # noqa: PLR2004
