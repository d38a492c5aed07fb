"""Which of many codes is near one that was mistyped.

Ranks, best first: 0 equal once look-alikes are folded and punctuation dropped; 1 and 2 that many slips away (optimal
string alignment: insert, drop, replace, swap neighbours); 3 the text is a piece of the code. Equal ranks in text order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from foodtrace.identifiers import typed

_FOLD: Final = str.maketrans("OQDILSZB", "00011528", "-. /")
_SLIPS: Final = 2
_FAR: Final = 9
_PIECE: Final = 3
_LONG_ENOUGH: Final = 5
"""Two slips in a shorter text leave too little of it."""


def nearest(text: str, codes: Iterable[str], *, limit: int) -> list[str]:
    """Return at most ``limit`` of ``codes``, best first; the text itself is left out."""
    wanted = text[: typed.LIMIT].translate(typed.UPPER_PLAIN)
    folded = wanted.translate(_FOLD)
    ranked = ((rank(folded, code), code) for code in codes if code != wanted)
    return [code for _, code in heapq.nsmallest(limit, {pair for pair in ranked if pair[0] < _FAR})]


def rank(folded: str, code: str) -> int:
    """Return 0-3 as the module says, 9 when the code is not near. ``folded`` is folded already."""
    other = code.translate(_FOLD)
    if other == folded:
        return 0
    allowed = _SLIPS if len(folded) >= _LONG_ENOUGH else 1
    slips = distance(folded, other, allowed)
    if slips <= allowed:
        return slips
    return _PIECE if len(folded) >= _PIECE and folded in other else _FAR


def distance(one: str, two: str, most: int) -> int:
    """Return the number of slips between two texts, or any number above ``most`` when there are more."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        last, row, before = before, [i], row
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if last and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return row[-1]
