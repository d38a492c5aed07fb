"""Says which characters of a line print alike on every console and in every file that people here use."""

from __future__ import annotations

import unicodedata


def unprintable(line: str, *, breaks: bool = False) -> str:
    """Return the characters of a line that GBK has not, that have no one width, or that do not print.

    :param breaks: a line break is no fault.
    """
    kept = "\n" if breaks else ""
    return "".join(c for c in line if unicodedata.east_asian_width(c) == "A" or not _in_gbk(c) or not (c.isprintable() or c in kept))


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True
