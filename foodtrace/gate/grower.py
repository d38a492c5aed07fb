"""What is written down of a self-grower (自产自销, DOMAIN section 1.2 rule 2), and the form it must have. Pure.

Rules:

1. A resident identity number (GB 11643-1999) has 17 digits and a check character, 0-9 or X; it holds a day of birth. On a numeric
   pad ``*`` is the X. The area code in it is not looked at: areas come and go.
2. Another paper is named (:data:`PAPERS`) before its number, and stands with its name: ``passport E12345678``.
3. A telephone is a mobile number, or a landline with or without its area code; ``+86`` in front, blanks and ``-`` do not count.
4. A product's name and an address hold letters: signs and digits alone are a key pressed by mistake, or a code scanned there.
5. An error shows nothing of a personal value but how long it is.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Literal, TypeAlias

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums

Field: TypeAlias = Literal["identity", "phone", "address"]

FIELDS: Final[tuple[Field, ...]] = ("identity", "phone", "address")
"""What the law asks to be recorded in place of a purchase voucher."""
PAPERS: Final = ("passport", "residence_permit", "travel_permit", "other")
"""Identity papers that are no resident identity card."""

_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE: Final = re.compile(r"(?:0[0-9]{2,3})?[2-9][0-9]{6,7}")
_PAPER: Final = re.compile(r"[A-Z0-9()/-]{5,24}")
_LETTERS: Final = 2
"""Fewest letters of an address."""
_LENGTH: Final = 18


def read(field: str, given: str, paper: str = "") -> str:
    """Return a value as it is kept.

    :param paper: one of :data:`PAPERS`; empty: a resident identity card.
    :raises BadData: ``grower.*``.
    """
    if field == "identity":
        return _paper(given, paper) if paper else identity(given)
    return phone(given) if field == "phone" else address(given)


def identity(given: str) -> str:
    """Return a resident identity number (rule 1).

    :raises BadData: ``grower.identity_length``, ``grower.identity_form``, ``grower.identity_day``, ``grower.identity_check``.
    """
    number = re.sub(r"[\s-]", "", given).upper().replace("*", "X")
    if len(number) != _LENGTH:
        raise BadData("grower.identity_length", value=len(number), expected=_LENGTH)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise BadData("grower.identity_form", value=_LENGTH, expected="0-9, X")
    try:
        dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadData("grower.identity_day", value=_LENGTH, expected="YYYYMMDD") from None
    check = checksums.mod_11_2(number[:17])
    if check != number[17]:
        raise BadData("grower.identity_check", value=number[17], expected=check)
    return number


def phone(given: str) -> str:
    """Return a telephone number as written, without blanks (rule 3). Raises ``BadData`` (``grower.phone``)."""
    written = re.sub(r"\s", "", given)
    digits = re.sub(r"^\+?86(?=1[3-9][0-9]{9}$|0)", "", written.replace("-", ""))
    if not _MOBILE.fullmatch(digits) and not _LANDLINE.fullmatch(digits):
        raise BadData("grower.phone", value=len(digits), expected="13812345678 / 0451-5550104")
    return written


def address(given: str) -> str:
    """Return an address (rule 4). Raises ``BadData`` (``grower.address``)."""
    written = " ".join(given.split())
    if sum(each.isalpha() for each in written) < _LETTERS or "://" in written:
        raise BadData("grower.address", value=len(written), expected="-")
    return written


def is_name(given: str) -> bool:
    """Say whether a text may be a product's name (rule 4)."""
    return any(each.isalpha() for each in given) and "://" not in given


def _paper(given: str, paper: str) -> str:
    if paper not in PAPERS:
        raise BadData("grower.paper", value=paper, expected=", ".join(PAPERS))
    number = re.sub(r"\s", "", given).upper()
    if not _PAPER.fullmatch(number) or not any(each.isdigit() for each in number):
        raise BadData("grower.paper_number", value=len(number), expected="E12345678")
    return f"{paper} {number}"
