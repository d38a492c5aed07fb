"""How a lot is written where room is scarce: by its code alone, unless another lot of the same answer has that code too. Pure.

Two growers may number alike, and a buyer may write down a code whose origin is not the one it has elsewhere: "L" beside "L" would say
that they are one lot, or leave open which is meant. Rules:

1. A code that one full id of an answer bears stands alone; one that several bear never does: each of them is written ``ORIGIN/CODE``.
2. All lots of an answer count, not only those of one table: it is read as a whole.
3. Of goods without lot the whole name is written: no code is theirs.
4. What stands on one page is one answer: a picture takes the lots of the tables beside it, steps those of the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from foodtrace.recall.answer import Answer

Written: TypeAlias = Callable[[str], str]
"""Full id -> how it is written."""


def short_codes(lots: Iterable[str]) -> Written:
    """Return how lots are written. :param lots: full ids of every lot of the answer, as often as it names them; empty ones too."""
    bearer: dict[str, str] = {}
    several: set[str] = set()
    for lot in lots:
        code = _code(lot)
        if bearer.setdefault(code, lot) != lot:
            several.add(code)

    def written(lot: str) -> str:
        code = _code(lot)
        return lot if code in several or bearer.get(code, lot) != lot else code

    return written


def answer_codes(answer: Answer) -> Written:
    """Return how the lots of a recall answer are written."""
    return short_codes(named_in(answer))


def named_in(answer: Answer) -> Iterator[str]:
    """Iterate over every lot that a recall answer names anywhere (rule 2), as often as it does."""
    yield from answer.lots
    yield from answer.affected_lots
    for row in (*answer.outlets, *answer.others):
        yield from row.lots
    for each in answer.untraced:
        yield each.lot
    for site in answer.bounds or ():
        for holding in site.holdings:
            yield holding.lot


def _code(lot: str) -> str:
    return lot if lot.startswith("?") else lot.rpartition("/")[2]


__all__ = ["Written", "answer_codes", "named_in", "short_codes"]
