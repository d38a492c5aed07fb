"""In which order names of lots and places of entries stand, in every answer. Pure; a recall of plain lots loads it."""

from __future__ import annotations

from typing import TypeAlias

InOrder: TypeAlias = tuple[str, int, str]


def in_order(text: str) -> InOrder:
    """Return by what names of lots, and places of entries, are put in order: by text, but ``..#9`` before ``..#10``.

    So goods without lot, which are named by the entry they left with, stand as they were recorded, whatever the numbers are.
    """
    head, mark, number = text.rpartition("#")
    return (head, int(number), text) if mark and number.isascii() and number.isdigit() else (text, -1, "")


__all__ = ["InOrder", "in_order"]
