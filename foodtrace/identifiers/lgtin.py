"""LGTIN: a GTIN with the lot its maker gave, one class of goods.

Read from three forms, written in the first:

1. element string ``(01)06901234567892(10)A1``, or as a scanner sends it;
2. GS1 Digital Link ``https://id.gs1.org/01/06901234567892/10/A1``;
3. EPC class URN ``urn:epc:class:lgtin:6901234.056789.A1`` (GS1 EPC Tag Data Standard 6.3.1: company prefix, indicator and item
   reference, lot), which carries no check digit.

A further element (a serial, an expiry date) makes it more than an LGTIN: ``gs1.lgtin``. The lot keeps the maker's case.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import ai_values, checksums, digital_link, elements, typed
from foodtrace.identifiers.elements import Element
from foodtrace.identifiers.typed import CheckWarning

_EXAMPLE: Final = "(01)06901234567892(10)A1"
_URN: Final = re.compile(r"urn:epc:class:lgtin:([0-9]{4,12})\.([0-9])([0-9]{0,8})\.([^.%]*(?:(?:%[0-9A-Fa-f]{2}|\.)[^.%]*)*)")
_PREFIX_AND_ITEM: Final = 12


class Lgtin(msgspec.Struct, frozen=True):
    """A lot of one trade item."""

    gtin: str
    """14 digits."""
    lot: str
    """1 to 20 characters of GS1 set 82, as the maker wrote them."""
    warnings: tuple[CheckWarning, ...] = ()
    """``gs1.check_digit`` and ``digital_link.short_gtin`` (lenient only)."""

    def __str__(self) -> str:
        return format(self)


def parse(text: str, *, lenient: bool = False) -> Lgtin:
    """Read an LGTIN in any of its forms.

    :raises BadData: ``gs1.lgtin``, and what :mod:`.elements` and :mod:`.digital_link` raise.
    """
    given = typed.plain(text, code="gs1.lgtin", expected=_EXAMPLE, limit=elements.LONGEST)
    if given.startswith("urn:"):
        return _from_urn(given)
    if given[:4].lower() == "http":
        link = digital_link.parse(given, lenient=lenient)
        return _from_elements(given, (*link.path, *link.query), link.warnings)
    string = elements.parse(given, lenient=lenient)
    return _from_elements(given, string.elements, string.warnings)


def _from_elements(given: str, found: tuple[Element, ...], warnings: tuple[CheckWarning, ...]) -> Lgtin:
    values = {each.ai: each.value for each in found}
    if values.keys() != {"01", "10"}:
        raise BadData("gs1.lgtin", value=given, expected=_EXAMPLE)
    return Lgtin(values["01"], values["10"], warnings)


def _from_urn(given: str) -> Lgtin:
    match = _URN.fullmatch(given)
    if match is None or len(match[1] + match[3]) != _PREFIX_AND_ITEM:
        raise BadData("gs1.lgtin", value=given, expected=_EXAMPLE)
    body = match[2] + match[1] + match[3]
    lot = digital_link.unescape(match[4])
    ai_values.validate(elements.known("10"), lot)
    return Lgtin(body + checksums.mod_10(body), lot)


def format(lgtin: Lgtin | str) -> str:  # noqa: A001 - the same verb in every identifier module
    """Return the bracketed element string, of an LGTIN or of a text that is one (strictly read)."""
    noun = lgtin if isinstance(lgtin, Lgtin) else parse(lgtin)
    return elements.join((Element("01", noun.gtin), Element("10", noun.lot)))


def is_valid(text: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check digit of the GTIN's first 13 digits; raises ``BadData("checksum.form")``."""
    return checksums.mod_10(typed.compact(body, code="checksum.form", expected="13 x [0-9]"))
