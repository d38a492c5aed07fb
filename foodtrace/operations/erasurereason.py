"""What the words of an erasure, or the note of a correction, must not say: they are an entry, and stand in the log for ever.

Rules:

1. Reason, staff number and id hold none of the values that are to be erased, nor a name, telephone or number that such a value consists of,
   however it is spaced, in whatever width or case.
2. The reason holds nothing that looks like a telephone or identity number, whoever's it is: 7 digits or more in a row that are no day,
   a telephone with an area code, a mobile number, an identity number.
3. Nothing was changed when it is refused, and the refusal does not repeat the value.
4. The note of a correction, or of a dispute, holds no value that the entry it names has, and no telephone or identity number. Any other
   long number may be that of a voucher, which is what such a note is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from foodtrace.errors import BadData
from foodtrace.operations.sameperson import in_digits

__all__ = ["check_note", "check_words"]

_DAY: Final = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)")
_PERSONS: Final = (
    r"(?<!\d)1[3-9]\d(?:[ .\u00b7\u2010-\u2015-]?\d){8}(?!\d)"
    r"|(?<!\d)\(?0\d{2,3}[ .)-]*\d{3,4}[ .-]?\d{4}(?!\d)"
    r"|(?<!\d)\d{6}[ .-]?(?:19|20)\d{2}[ .-]?\d{4}[ .-]?\d{3}[\dXx](?!\d)"
    r"|\+\d(?:[ ().-]{0,2}\d){7,}"
)
_NUMBERS: Final = re.compile(rf"\d{{7,}}|{_PERSONS}")
"""Rule 2: any long run, mobile, area code and number, identity number, international."""
_OF_PERSONS: Final = re.compile(_PERSONS)
"""Rule 4."""
_PARTS: Final = re.compile(r"[\s,;:/\u3001\u3002\uff0c\uff1b]+")
_SHORT_ASCII: Final = 4
_SHORT: Final = 2
"""Characters from which on a part of a value counts by itself: of ASCII, of anything else."""


def check_words(values: Iterable[tuple[str, str]], reason: str, by: str = "", event_id: str = "") -> None:
    """Refuse an erasure whose own words hold what is erased (rules 1 and 2).

    :param values: (field, value) of what is to be erased. :raises BadData: ``erase.says_value``, ``erase.says_number``.
    """
    for where, text in (("--reason", reason), ("--by", by), ("--id", event_id)):
        said = _plain(text)
        for field, value in values:
            if any(each in said for each in _pieces(value)):
                raise BadData("erase.says_value", value=where, field=field)
    if _NUMBERS.search(_DAY.sub(" ", in_digits(reason))):
        raise BadData("erase.says_number", value="--reason")


def check_note(values: Iterable[tuple[str, str]], note: str) -> None:
    """Refuse the note of a correction or dispute that holds personal values (rule 4).

    :param values: (field, value) that the entry it names still has. :raises BadData: ``correction.says_value``, ``correction.says_number``.
    """
    said = _plain(note)
    for field, value in values:
        if any(each in said for each in _pieces(value)):
            raise BadData("correction.says_value", value="--note", field=field)
    if _OF_PERSONS.search(_DAY.sub(" ", in_digits(note))):
        raise BadData("correction.says_number", value="--note")


def _plain(text: str) -> str:
    """Return the letters and digits of a text alone, of one width and case."""
    return "".join(each for each in in_digits(text).casefold() if each.isalnum())


def _pieces(value: str) -> Iterable[str]:
    """Return what of a value says who is meant: the whole, and its parts that are long enough."""
    for each in (value, *_PARTS.split(value)):
        piece = _plain(each)
        if len(piece) >= (_SHORT_ASCII if piece.isascii() else _SHORT):
            yield piece
