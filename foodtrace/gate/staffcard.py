"""The text on a staff card, and what the log knows of it: a number and the hash of a secret. Pure.

``FTSTAFF-NUMBER-SECRET``: capitals, digits and ``-`` alone, so that no keyboard setting spoils it.

Rules:

1. SECRET is 128 random bits in base32. So many bits cannot be guessed from their hash, which may therefore stand in a log for
   everybody to read; a four-digit PIN could be, which is why there is none.
2. The hash is of market, number and secret: a card of one market, or of one number, is no card of another.
3. A card proves that the card was there, not whose hand held it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from typing import Final, NamedTuple

from foodtrace.errors import BadData

NUMBER: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
"""Staff numbers that a card can carry."""
SECRET_BYTES: Final = 16
_PREFIX: Final = "FTSTAFF-"
_LETTERS: Final = 26
_FORM: Final = re.compile(rf"(?:\][A-Z][0-9A-Z])?{_PREFIX}({NUMBER.pattern})-([A-Z2-7]{{{_LETTERS}}})")
_TYPED: Final = re.compile(r"[!-~]{1,40}")
_PERSONAL: Final = re.compile(r"1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]")
"""Mobile numbers and numbers of identity cards: an entry keeps them for ever."""
_CONTEXT: Final = b"foodtrace-staff/v1\0"
_LONGEST: Final = 200


class Card(NamedTuple):
    """What a card says."""

    number: str
    """Staff number."""
    secret: bytes
    """Never shown, logged or recorded."""


def staff_number(text: str) -> str:
    """Return a staff number as it is typed: 1-40 visible ASCII characters, and nothing that tells who somebody is.

    :raises BadData: ``counter.staff``.
    """
    given = text.strip()
    if not _TYPED.fullmatch(given) or "://" in given or _PERSONAL.fullmatch(given):
        shown = given[:3] + "***" if _PERSONAL.fullmatch(given) else given[:40]
        raise BadData("counter.staff", value=shown, expected="S-07")
    return given


def format_card(card: Card) -> str:
    """Return the text of the card's code."""
    return f"{_PREFIX}{card.number}-{base64.b32encode(card.secret).decode('ascii').rstrip('=')}"


def parse_card(text: str) -> Card | None:
    """Return what a scanned card says, none if the text is no card; case, full-width letters and ``]Q1`` are put right.

    >>> parse_card("ftstaff-s-07-aaaaaaaaaaaaaaaaaaaaaaaaaa").number
    'S-07'
    """
    if len(text) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text).upper().translate({0x2014: "-", 0x2013: "-", 0x2212: "-"})
    match = _FORM.fullmatch("".join(plain.split()))
    if match is None:
        return None
    secret = base64.b32decode(match[2] + "=" * (-_LETTERS % 8))
    card = Card(match[1], secret)
    return card if format_card(card).endswith(match[2]) else None  # spare bits must be zero: one card has one text


def looks_like_card(text: str) -> bool:
    """Say whether a text may hold a card's secret, whole or damaged: it must not get into a record."""
    return _PREFIX.rstrip("-") in unicodedata.normalize("NFKC", text).upper()


def commitment(market: str, card: Card) -> str:
    """Return what the log keeps of a card at a market: SHA-256, hex (rule 2)."""
    return hashlib.sha256(_CONTEXT + market.encode("ascii") + b"\0" + card.number.encode("ascii") + b"\0" + card.secret).hexdigest()
