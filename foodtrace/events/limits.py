"""Says which limit an event goes beyond: the field, how much was given, how much it may be. Pure.

The decoder's own words ("Expected `array` of length <= 10000") say neither what was given nor what to do, and its path is for programs.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData

__all__ = ["beyond_limit"]

_LENGTH: Final = re.compile(r"Expected `(array|object|str)` of length (<=|>=) ([0-9]+) - at `\$\.?(.*)`", re.DOTALL)
_NUMBER: Final = re.compile(r"Expected `int` (<=|>=) (-?[0-9]+) - at `\$\.?(.*)`", re.DOTALL)
_STEP: Final = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_CODES: Final = {
    ("array", "<="): "event.too_many",
    ("object", "<="): "event.too_many",
    ("array", ">="): "event.too_few",
    ("object", ">="): "event.too_few",
    ("str", "<="): "event.too_long",
    ("str", ">="): "event.too_short",
}


def beyond_limit(told: str, data: bytes) -> BadData | None:
    """Return the error for a decoder's refusal, none if it is about something else than a limit, or the field cannot be looked at.

    :param told: what the decoder said. :param data: the JSON it read.
    """
    length, number = _LENGTH.fullmatch(told), _NUMBER.fullmatch(told)
    match = length or number
    if match is None:
        return None
    try:
        given = _at(msgspec.json.decode(data), match[match.lastindex or 0])
        if length is not None:
            return BadData(_CODES[length[1], length[2]], value=len(given), expected=int(length[3]), field=length[4])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return None
    code = "event.too_great" if match[1] == "<=" else "event.too_small"
    return BadData(code, value=given, expected=int(match[2]), field=match[3])


def _at(found: Any, path: str) -> Any:
    """Return what stands at a path such as ``scope[0].lots``."""
    for name, place in _STEP.findall(path):
        found = found[name] if name else found[int(place)]
    return found
