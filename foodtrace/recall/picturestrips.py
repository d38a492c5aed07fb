"""Cuts a picture that is too wide into strips, one below the other or a page each, so that it need not be made smaller. Pure.

Rules:

1. A strip is some columns beside each other, as many as there is room for, one at least. Every box stands in one strip, every arrow in
   that of its farther end.
2. What an arrow of a strip comes from, or leads back to, in one before it is repeated there, with a word that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from foodtrace.recall.layout import Laid
from foodtrace.recall.picturecards import CELL, LINE, PAD, Card, Cards
from foodtrace.recall.picturewords import cells
from foodtrace.texts import Lang, text

_REPEATED: Final = 260
"""Room for the repeated boxes at the left of a strip."""


def strips(made: Cards, laid: Laid, left: Sequence[float], right: Sequence[float], across: int, lang: Lang) -> list[Cards]:
    """Return the strips of a picture.

    :param left: left edge of every column. :param right: right edge. :param across: how wide a strip may be.
    """
    strip_of: list[int] = []
    first = 0
    for column in range(laid.columns):
        room = across - (_REPEATED if strip_of and strip_of[-1] else 0)
        begins = column > 0 and right[column] - left[first] > room
        first = column if begins else first
        strip_of.append((strip_of[-1] if strip_of else 0) + begins)
    if not strip_of or not strip_of[-1]:
        return [made]
    own: list[dict[int, Card]] = [{} for _ in range(strip_of[-1] + 1)]
    for key, card in made.cards.items():
        own[strip_of[laid.column[key]]][key] = card
    parts: list[Cards] = []
    for number, cards in enumerate(own):
        lines = [line for line in made.lines if max(strip_of[laid.column[end]] for end in (line.here, line.there)) == number]
        again = {end: _repeated(made.cards[end], lang) for line in lines for end in (line.here, line.there) if end not in cards}
        parts.append(Cards(cards=again | cards, lines=lines, many=made.many))
    return parts


def _repeated(card: Card, lang: Lang) -> Card:
    """Return a box as it stands once more (rule 2)."""
    words = text("report.picture.above", lang)
    width = max(card.width, cells(words) * CELL + 2 * PAD)
    return msgspec.structs.replace(card, lines=[*card.lines, words], width=width, height=card.height + LINE)


__all__ = ["strips"]
