"""What the words of an erasure, or the note of a correction, must not say: they are an entry, and stand in the log for ever.

Rules:

1. Reason, staff number and id hold none of the values that are to be erased, nor a name, telephone or number that such a value consists of,
   in any form in which :mod:`foodtrace.operations.sameperson` takes it for the same; a Chinese name not within other words either.
   Titles and labels beside a name are no part of it: ``老板 张三`` forbids ``张三``, not ``老板``.
2. The reason holds nothing that looks like a telephone or identity number, whoever's it is, and no other long number
   (:mod:`foodtrace.operations.privatenumbers`, ``strict``).
3. Nothing was changed when it is refused, and the refusal does not repeat the value.
4. The note of a correction, or of a dispute, holds no value that the entry it names has, and no telephone or identity number. Any other
   long number may be that of a voucher, which is what such a note is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foodtrace.errors import BadData
from foodtrace.operations.digitruns import even
from foodtrace.operations.personnames import ends, is_word, letters, says_nothing, words
from foodtrace.operations.personwords import DOUBLE_SURNAMES, HAN, SURNAMES
from foodtrace.operations.privatenumbers import holds_number
from foodtrace.operations.sameperson import PLACES, Said
from foodtrace.operations.telephones import numbers, same

__all__ = ["check_note", "check_words"]

_PARTS: Final = re.compile(r"[\s,;:/\u3001\u3002\uff0c\uff1b]+")
_SHORT_ASCII: Final = 4
_SHORT: Final = 2
"""Characters from which on a part of a value counts by itself: of ASCII, of anything else."""
_UNIT: Final = re.compile("[省市区县镇乡]")
_STREET: Final = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:路|街|巷|屯|村|大道|胡同)")
_DOTTED: Final = re.compile(r"[\u4e00-\u9fff]{2,}(?:\s*[\u00b7\u2022\u2027\u2219\u30fb]\s*[\u4e00-\u9fff]{2,})+")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]+")
_PLATE: Final = 7
"""Signs of a plate, the one of its province first."""
_LONGEST: Final = 40
"""Letters of the longest name that is looked for across words."""


def check_words(values: Iterable[tuple[str, str]], reason: str, by: str = "", event_id: str = "") -> None:
    """Refuse an erasure whose own words hold what is erased (rules 1 and 2).

    :param values: (field, value) of what is to be erased. :raises BadData: ``erase.says_value``, ``erase.says_number``.
    """
    held = list(values)
    for where, text in (("--reason", reason), ("--by", by), ("--id", event_id)):
        field = _said_of(held, text)
        if field:
            raise BadData("erase.says_value", value=where, field=field)
    if holds_number(reason, strict=True):
        raise BadData("erase.says_number", value="--reason")


def check_note(values: Iterable[tuple[str, str]], note: str) -> None:
    """Refuse the note of a correction or dispute that holds personal values (rule 4).

    :param values: (field, value) that the entry it names still has. :raises BadData: ``correction.says_value``, ``correction.says_number``.
    """
    field = _said_of(values, note)
    if field:
        raise BadData("correction.says_value", value="--note", field=field)
    if holds_number(note):
        raise BadData("correction.says_number", value="--note")


def _said_of(values: Iterable[tuple[str, str]], text: str) -> str:
    """Return the field of a value that a text says (rule 1), nothing if it says none."""
    text = even(text)
    plain, said, told = letters(text), set(_joined(words(text))), numbers(text)
    for field, value in values:
        own = Said(field, value)
        if any(one.digits in plain or any(same(one, other) for other in told) for one in own.numbers):
            return field
        names = own.names | own.signs | {each for longer in own.within for each in ends(longer)}
        if any(each in said if each.isascii() else each in plain for each in names):
            return field
        if any(each in plain for each in (*_pieces(field, value), *_parts(field, value, own))):
            return field
        if any(each in said for each in _surnames(value)):
            return field
    return ""


def _joined(found: list[str]) -> Iterator[str]:
    """Yield every word, and words one after the other as one: a name may be written with blanks within."""
    for first in range(len(found)):
        whole = ""
        for each in found[first:]:
            whole += each
            if len(whole) > _LONGEST:
                break
            yield whole


def _pieces(field: str, value: str) -> Iterator[str]:
    """Return what of a value says who is meant by itself: the whole; of an address its parts too."""
    for each in (value, *(_PARTS.split(value) if field in PLACES else ())):
        text = even(each)
        piece = letters(text)
        if len(piece) >= (_SHORT_ASCII if piece.isascii() else _SHORT) and not says_nothing(text, numbers(text)):
            yield piece


def _parts(field: str, value: str, own: Said) -> Iterator[str]:
    """Return what shows a person as well: a surname of two signs, one with its title, a dotted name's parts, a plate's, a street."""
    text = even(value)
    yield from (each[1:] for each in own.signs if len(each) >= _PLATE and not each.isascii())
    if field in PLACES:
        yield from (street[0] for unit in _UNIT.split(text) if (street := _STREET.search(unit)) is not None)
        return
    yield from (each[:2] for each in own.names if each[:2] in DOUBLE_SURNAMES)
    yield from (part for name in _DOTTED.findall(text) for part in _CHINESE.findall(name) if not says_nothing(part, ()))
    for said in _CHINESE.findall(text):
        titled = said[:1] in SURNAMES and said[1:] in HAN
        if said not in HAN and (titled or (len(said) == _SHORT and said[0] in "小老阿" and said[1] in SURNAMES)):
            yield said


def _surnames(value: str) -> Iterator[str]:
    """Return the single words of a name in other letters than Chinese ones, which is shown by a surname already."""
    return (each for each in words(even(value)) if len(each) >= _SHORT_ASCII and not _CHINESE.search(each) and is_word(each))
