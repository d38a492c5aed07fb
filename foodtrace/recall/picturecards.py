"""What stands in the boxes of a chain's picture, and which ends of it are listed beside each other. Pure.

Rules:

1. A box says its name, kind, lot, product, grade, what was made and is on hand there, and what has no arrow, with a question mark.
   Where there are many, ends of the chain are boxes of one line (two on paper), and recall returns are words in the boxes.
2. Many ends of one sender are a **list**: rows with an arrow each, in as many columns as make it about as wide as high. One arrow
   leads to it, with the sum. A fan of forty arrows shows nothing that a list does not, and takes the page.
3. Where two sites of one kind would read alike their ids stand below, and lots of one code have their full ids
   (:mod:`foodtrace.recall.shortcodes`): paper has no mouse to ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain as one_by_one
from typing import Final

import msgspec

from foodtrace.recall.chain import Place
from foodtrace.recall.grouping import Box, Line, Sketch, Sums, together
from foodtrace.recall.picturewords import amounts, cells, halved, kind_word, phrases, shortened
from foodtrace.recall.shortcodes import Written
from foodtrace.texts import Lang, text

LINE: Final = 15
"""Height of a line of text."""
CELL: Final = 6.6
"""Width of a terminal cell of text, about, at 12 px."""
PAD: Final = 8
ROW_GAP: Final = 5
"""Space between two rows of a list, with room for the quantity above the arrow."""
RAIL: Final = 16
"""Space beside a column of a list, for the line its arrows come from."""
_LISTED: Final = 6
"""Ends of one sender from which on they are a list."""
_HIGH: Final = 560
"""A list lower than this has one column."""
_END: Final = 46
"""Cells of a name in an end of one line."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How much room there is."""

    wide: int
    """Cells of a line in a box."""
    lines: int
    """Lines of an end where there are many: 1 or 2."""
    many: int
    """Boxes up to which ends are boxes like the others."""
    across: int
    """Width of the picture; what is wider goes on below (:mod:`foodtrace.recall.picturestrips`)."""


ON_SCREEN: Final = Look(wide=26, lines=1, many=24, across=4200)
ON_PAPER: Final = Look(wide=20, lines=2, many=12, across=1650)


class Card(msgspec.Struct, kw_only=True):
    """A box with its text and size."""

    box: Box
    lines: list[str]
    heads: int = 1
    """Lines that are its name."""
    rows: list[Row] = []
    """Ends that stand within it, if it is a list."""
    columns: int = 1
    width: float = 0
    height: float = 0


class Row(msgspec.Struct, kw_only=True):
    """An end in a list, with the arrow that leads to it."""

    card: Card
    line: Line
    words: str
    """What stands on the arrow."""
    rail: float = 0
    """Where its arrow begins, from the left edge of the list."""
    x: float = 0
    """Left edge of its box, from that of the list."""
    y: float = 0
    """Middle of its box, from the top of the list."""


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """All that is placed and joined."""

    cards: Mapping[int, Card]
    lines: Sequence[Line]
    many: bool


def cards_of(drawn: Sketch, code: Written, look: Look, lang: Lang) -> Cards:
    """Return the boxes of a picture with their text and size, and the arrows between them."""
    many = len(drawn.boxes) > look.many
    lines = [line for line in drawn.lines if line.here != line.there and not (many and line.way == "return")]
    goes_on = {line.here for line in lines}
    into: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        into[line.there].append(line)
    fans = _fans(drawn.boxes, into, goes_on)
    listed = {line.there for fan in fans for line in fan}
    # A group on one line were wider than it is high.
    brief = {box.key for box in drawn.boxes if box.key not in goes_on and (box.count == 1 or look.lines > 1)}
    ends = listed | brief if many else listed
    called = _called(drawn.boxes, ends if look.lines == 1 else (), code, look)
    notes = _notes(drawn.lines, lang, many=many)
    products = {box.key: box.place.product for box in drawn.boxes if box.products == 1}
    cards: dict[int, Card] = {}
    for box in drawn.boxes:
        told = all(products.get(line.here) == box.place.product for line in into[box.key]) and into[box.key] != []
        if box.key in ends:
            cards[box.key] = _end(box, called[box.key], notes[box.key], look, lang, product=not told)
        else:
            cards[box.key] = _card(box, called[box.key], notes[box.key], look, lang)
    lines = [line for line in lines if line.there not in listed]
    for key, fan in enumerate(fans, len(drawn.boxes)):
        cards[key] = _list([Row(card=cards.pop(line.there), line=line, words=on_arrow(line, lang)) for line in fan])
        lines.append(_sum(fan, key))
    return Cards(cards=cards, lines=lines, many=many)


def on_arrow(line: Line, lang: Lang) -> str:
    """Return what stands on an arrow."""
    shown = amounts(line.amounts, lang)
    if line.beside:
        others = text("report.picture.beside", lang, quantity=amounts(line.beside, lang))
        shown = f"{amounts(line.taken, lang)} ({others}) -> {shown}"
    elif line.taken and line.taken != line.amounts:
        shown = f"{amounts(line.taken, lang)} -> {shown}"
    if travels(line):
        shown += " " + text("report.picture.travelling", lang)
    elif line.travelling:
        shown += " " + text("report.picture.some_travelling", lang, quantity=amounts(line.travelling, lang))
    if line.way == "return":
        shown += " " + text("report.picture.returned", lang)
    return shown + (" ?" if line.way in ("unnamed", "unlike") else "")


def travels(line: Line) -> bool:
    """Say whether all that an arrow stands for is still on the way."""
    return line.travelling == line.amounts and any(q for _, _, q in line.amounts)


def _fans(boxes: Iterable[Box], into: Mapping[int, Sequence[Line]], goes_on: Collection[int]) -> list[list[Line]]:
    """Return the arrows to ends that one arrow leads to, by whose and what it is, where they are many (rule 2)."""
    fans: dict[tuple[int, str], list[Line]] = defaultdict(list)
    for box in boxes:
        if box.key not in goes_on and not box.place.asked and len(into[box.key]) == 1:
            fans[into[box.key][0].here, into[box.key][0].way].append(into[box.key][0])
    return [fan for fan in fans.values() if len(fan) >= _LISTED]


def _list(rows: list[Row]) -> Card:
    """Return a list of ends: rows from top to bottom, then the next column (rule 2)."""
    high = max(row.card.height for row in rows) + ROW_GAP
    wide = max(row.card.width + _arrow_width(row) for row in rows)
    columns = 1
    while (each := -(-len(rows) // columns)) * high > max(_HIGH, columns * wide):
        columns += 1
    at = 0.0
    for first in range(0, len(rows), each):
        column = rows[first : first + each]
        rail, at = at + RAIL, at + RAIL + max(map(_arrow_width, column))
        for n, row in enumerate(column):
            row.rail, row.x, row.y = rail, at, PAD + (n + 0.5) * high
        at += max(row.card.width for row in column)
    return Card(box=rows[0].card.box, lines=[], rows=rows, columns=columns, width=at + PAD, height=each * high + 2 * PAD)


def _arrow_width(row: Row) -> float:
    return cells(row.words) * 6.2 + 24


def _sum(fan: Sequence[Line], key: int) -> Line:
    """Return the arrow that leads to a list: all of its arrows together."""

    def of(name: str) -> Sums:
        return together(one_by_one.from_iterable(getattr(line, name) for line in fan))

    sums = {name: of(name) for name in ("amounts", "taken", "travelling", "beside")}
    return Line(here=fan[0].here, there=key, way=fan[0].way, count=sum(line.count for line in fan), **sums)


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """How a box names its place and its lot."""

    name: list[str]
    id: str
    """Site id, where another site reads alike; else empty."""
    lot: str


def _called(boxes: Iterable[Box], ends: Collection[int], code: Written, look: Look) -> dict[int, _Words]:
    """Return how each box names its place and its lot, which no other one is named by (rule 3)."""
    named: dict[int, list[str]] = {}
    for box in boxes:
        name = box.place.name or box.place.site
        named[box.key] = [shortened(name, _END)] if box.key in ends else halved(name, look.wide)
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for box in boxes:
        if box.count == 1:
            sites["".join(named[box.key]), box.place.kind].add(box.place.site)
    found: dict[int, _Words] = {}
    for box in boxes:
        place, name = box.place, "".join(named[box.key])
        alike = len(sites[name, place.kind]) > 1 and name != place.site
        found[box.key] = _Words(name=named[box.key], id=place.site if alike else "", lot=code(place.lot))
    return found


def _notes(lines: Iterable[Line], lang: Lang, *, many: bool) -> dict[int, list[str]]:
    """Return quantities that no arrow shows, by box: what stayed within it, and returns: hundreds of arrows back would hide the rest."""
    found: dict[int, dict[str, list[Sums]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if line.here == line.there:
            found[line.here]["within"].append(line.amounts)
        elif many and line.way == "return":
            found[line.here]["sent_back"].append(line.amounts)
            found[line.there]["came_back"].append(line.amounts)
    notes: dict[int, list[str]] = defaultdict(list)
    for key, each in found.items():
        for what, several in each.items():
            notes[key].append(text(f"report.picture.{what}", lang, quantity=amounts(together(one_by_one.from_iterable(several)), lang)))
    return notes


def _card(box: Box, called: _Words, notes: Iterable[str], look: Look, lang: Lang) -> Card:
    place = box.place
    if box.count > 1:
        heads = _number(box, lang)
        words = [_lots(box, called, lang), shortened(place.product, look.wide) if box.products == 1 else ""]
    elif place.kind == "process":
        heads, words = [text("report.kind.process", lang)], [*called.name, called.id]
    else:
        heads = called.name
        words = [called.id, *phrases([_kind(place, lang), called.lot], look.wide), shortened(place.product, look.wide)]
    words.append(_possible(box, lang))
    if box.beside:
        words.append(text("report.picture.beside", lang, quantity=amounts(box.beside, lang)))
    if box.born:
        words.append(text("report.picture.born", lang, quantity=amounts(box.born, lang)))
    if place.kind != "process" and (box.on_hand or place.role):
        words.append(text("report.picture.on_hand", lang, quantity=_on_hand(box, lang)))
    shown = [line for each in (*words, *_unseen(box, lang), *notes) for line in phrases([each], look.wide)]
    return _sized(box, [*heads, *shown], len(heads))


def _end(box: Box, called: _Words, notes: Iterable[str], look: Look, lang: Lang, *, product: bool) -> Card:
    """Return an end of the chain on one line or two: who, what kind of place, what is there (rule 1)."""
    place = box.place
    if box.count > 1:
        heads = _number(box, lang)
        rest = [_lots(box, called, lang), place.product if product and box.products == 1 else ""]
    else:
        heads, rest = called.name, [called.id, _kind(place, lang), called.lot]
    rest += [_possible(box, lang), _on_hand(box, lang), *_unseen(box, lang), *notes]
    if look.lines == 1:
        return _sized(box, ["  ".join(each for each in (*heads, *rest) if each)], 1, pad=2)
    return _sized(box, [*heads, *phrases(rest, look.wide)], len(heads), pad=3)


def _sized(box: Box, lines: list[str], heads: int, pad: int = PAD) -> Card:
    width = max((cells(line) for line in lines), default=4) * CELL + 2 * PAD
    return Card(box=box, lines=lines, heads=heads, width=width, height=len(lines) * LINE + 2 * pad)


def _lots(box: Box, called: _Words, lang: Lang) -> str:
    return called.lot if box.lots == 1 else text("report.picture.lots", lang, count=box.lots) if box.lots else ""


def _possible(box: Box, lang: Lang) -> str:
    if box.possible in (0, box.count):
        return text("report.picture.is_possible", lang) if box.possible else ""
    return text("report.picture.possible", lang, count=box.possible)


def _kind(place: Place, lang: Lang) -> str:
    """Return the word for the kind of a place, and that it is own, if it is."""
    kind = kind_word(place.kind, lang)
    return text("report.picture.own", lang, kind=kind) if place.role == "own" else kind


def _number(box: Box, lang: Lang) -> list[str]:
    """Return how many of what kinds a group has, a line each: a kind cut off would be one that is not there."""
    return [f"{n:,} x {_kind(msgspec.structs.replace(box.place, kind=kind), lang)}" for kind, n in box.kinds]


def _on_hand(box: Box, lang: Lang) -> str:
    return (amounts(box.on_hand, lang) or "0") + ("?" if box.unknown else "")


def _unseen(box: Box, lang: Lang) -> list[str]:
    """Return what has no arrow in words (rule 1)."""
    return [text(f"report.picture.{what}", lang, quantity=amounts(each, lang)) for what, each in box.unseen]


__all__ = ["CELL", "LINE", "ON_PAPER", "ON_SCREEN", "PAD", "RAIL", "Card", "Cards", "Look", "Row", "cards_of", "on_arrow", "travels"]
