"""The code on an entry slip: which entry of which log it is about. Pure.

``foodtrace-entry:ORIGIN:SEQ:HASH``, ASCII; HASH is the first 16 bytes of the entry's leaf hash, hex. Whoever holds the log
sees at once whether the slip is of this entry; a slip alone proves nothing, a proof bundle does.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

PREFIX: Final = "foodtrace-entry:"
HASH: Final = 32
"""Hex digits of the leaf hash."""
_FORM: Final = re.compile(rf"{PREFIX}([!-9;-~]{{1,200}}):([0-9]{{1,16}}):([0-9a-f]{{{HASH}}})")


class Slip(NamedTuple):
    """What a slip's code says."""

    origin: str
    seq: int
    leaf: str
    """First digits of the leaf hash."""


def format_slip(origin: str, seq: int, leaf: bytes) -> str:
    """Return the text of the code."""
    return f"{PREFIX}{origin}:{seq}:{leaf.hex()[:HASH]}"


def parse_slip(text: str) -> Slip | None:
    """Return what a slip says, none if the text is none; forced or swapped case is put right."""
    plain = text.strip()[:400]
    match = next((found for each in (plain, plain.lower(), plain.swapcase()) if (found := _FORM.fullmatch(each))), None)
    return Slip(match[1], int(match[2]), match[3]) if match else None
