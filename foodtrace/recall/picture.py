"""Draws a chain of goods as SVG: left to right, quantities on the arrows, words first. Pure: no files, no fonts of its own.

Rules:

1. One file that needs nothing else: no script, no style sheet, no font and no picture from elsewhere. Every text is escaped; what
   XML cannot carry (control characters) is left out.
2. Colour only repeats what words and lines say: the kind of a site is written in its box, *possible* is a dashed line and the word,
   a group is a stack with its number, goods that all travel are a dotted arrow with the word. Where some do, their quantity stands with
   it. Own sites say that they are.
3. The quantity stands where an arrow ends, beside the box it leads to, so that many arrows from one box can be told apart.
4. Where there are many, ends of the chain are boxes of one line, and recall returns are written into the boxes. More places than
   can be read are put together (:mod:`foodtrace.recall.grouping`); the caption says how many, by what, and where all of them are listed;
   what went from one place of a group to another stands in its box.
5. What came from no source or went to nobody has no arrow: it stands in the box, with a question mark, and so does what is too much or
   missing there by the records. A box without one is all that its arrows say.
6. A name that is too long keeps its beginning and its end: the shops of a chain differ at the end. Where two sites of one kind would
   still read alike their ids stand below, and lots of one code have their full ids (:mod:`foodtrace.recall.shortcodes`): paper has no
   mouse to ask.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import chain as one_by_one
from itertools import pairwise
from typing import Final

import msgspec

from foodtrace.quantity import thousands
from foodtrace.recall.chain import Chain, Place
from foodtrace.recall.grouping import READABLE, Box, Line, Sketch, Sums, sketch, together
from foodtrace.recall.layout import Item, Laid, lay_out
from foodtrace.recall.shortcodes import Written, short_codes
from foodtrace.texts import Lang, has, text

_LINE: Final = 15
"""Height of a line of text."""
_CELL: Final = 6.6
"""Width of a terminal cell of text, about, at 12 px."""
_PAD: Final = 8
_PORT: Final = 15
"""Least distance of two arrows at one side of a box."""
_GAP: Final = 16
_WIDEST: Final = 34
"""Cells of a line in a box."""
_WIDE_END: Final = 46
"""Cells of a name in an end of one line."""
_MARGIN: Final = 24
_TALL: Final = 160
"""A box grows to this for what leaves it."""
_MANY: Final = 60
"""Boxes from which on ends are drawn on one line."""
_FONT: Final = "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC','Source Han Sans SC',SimHei,sans-serif"

_FILLS: Final = {
    "farm": "#e3f1dd",
    "collector": "#e3f1dd",
    "plant": "#dfe9f7",
    "processor": "#dfe9f7",
    "process": "#f1ecf8",
    "market": "#fdf2d5",
    "stall": "#fdf2d5",
    "warehouse": "#fdf2d5",
    "distributor": "#fdf2d5",
}
_OUTLET: Final = "#fbe3df"
_NO_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STYLE: Final = "".join(
    f".chain {each}"
    for each in (
        f"text{{font:12px {_FONT};fill:#111}}",
        "text.k{fill:#555;font-size:11px}",
        "text.n{font-weight:600}",
        "text.h{font-size:14px;font-weight:600}",
        "text.q{font-size:11px;fill:#222;paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}",
        ".b{stroke:#444;stroke-width:1}",
        ".p{stroke-dasharray:5 3}",
        ".a{fill:none;stroke:#555;stroke-width:1.2}",
        ".r{stroke:#9a3412}",
        ".u{stroke-dasharray:5 3}",
        ".t{stroke-dasharray:1.5 3}",
    )
)


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """How a box names its place and its lot."""

    name: str
    id: str
    """Site id, where another site reads alike; else empty."""
    lot: str


class _Card(msgspec.Struct, kw_only=True):
    """A box with its text and size."""

    box: Box
    lines: list[str]
    width: float = 0
    height: int = 0


def svg(chain: Chain, *, lang: Lang = "en", title: str = "", most: int = READABLE, beside: Iterable[str] = (), whole: str = "") -> str:
    """Return the picture of a chain as one SVG document.

    :param most: boxes to draw at most; beyond it places are put together.
    :param beside: full ids of lots that are named beside the picture: a code that one of them bears too tells nothing.
    :param whole: where all places are listed, for a picture of groups.
    """
    drawn = sketch(chain, most=most)
    many = len(drawn.boxes) > _MANY
    lines = [line for line in drawn.lines if line.here != line.there and not (many and line.way == "return")]
    goes_on = {line.here for line in lines}
    ends = {box.key for box in drawn.boxes if many and box.count == 1 and box.key not in goes_on}
    called = _called(drawn.boxes, ends, short_codes((*(place.lot for place in chain.places), *beside)))
    cards = {box.key: (_end if box.key in ends else _card)(box, called[box.key], lang) for box in drawn.boxes}
    _note(cards, "within", [(line.here, line.amounts) for line in drawn.lines if line.here == line.there], lang)
    if many:
        back = [line for line in drawn.lines if line.way == "return" and line.here != line.there]
        _note(cards, "sent_back", [(line.here, line.amounts) for line in back], lang)
        _note(cards, "came_back", [(line.there, line.amounts) for line in back], lang)
    _grow(cards, lines)
    laid = lay_out(
        [Item(key, card.height) for key, card in cards.items()],
        [(line.here, line.there) for line in lines],
        gap=_GAP // 2 if many else _GAP,
    )
    return _Canvas(cards, lines, laid, lang).document(_caption(drawn, title, whole, lang), title)


def amounts(each: Sums, lang: Lang) -> str:
    """Return quantities for people: ``500.0 kg``, ``1,200 件``; unlike units beside each other, and pieces of several products by name."""
    several = len({product for unit, product, _ in each if unit == 2}) > 1  # noqa: PLR2004
    shown = [
        f"{q:,} {text('unit.piece', lang)}" + (f" {product}" if several and product else "")
        if unit == 2  # noqa: PLR2004
        else f"{thousands(q)} {'kg' if unit == 0 else 'L'}"
        for unit, product, q in each
    ]
    return " + ".join(shown)


def kind_word(kind: str, lang: Lang) -> str:
    """Return the word for a kind of site."""
    return text(f"report.kind.{kind}", lang) if has(f"report.kind.{kind}") else kind or text("report.kind.unknown", lang)


def escaped(value: str) -> str:
    """Return a text as it stands in XML, in content and in attributes; what XML cannot carry is left out (rule 1)."""
    kept = _NO_XML.sub("", value)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")


def cells(value: str) -> int:
    """Return the width of a text in cells: a Chinese character is two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in value)


def cut(value: str, width: int) -> str:
    """Return a text cut with ``..`` to a width in cells."""
    if cells(value) <= width:
        return value
    while value and cells(value) > width - 2:
        value = value[:-1]
    return value + ".."


def shortened(value: str, width: int) -> str:
    """Return a name in at most so many cells, its beginning and its end with ``..`` between (rule 6)."""
    if cells(value) <= width:
        return value
    begins = ends = ""
    for each in value:
        if cells(begins + each) > (width - 1) // 2:
            break
        begins += each
    for each in reversed(value):
        if cells(each + ends) > width - 2 - cells(begins):
            break
        ends = each + ends
    return f"{begins.rstrip()}..{ends.lstrip()}"


def _called(boxes: Iterable[Box], ends: Collection[int], code: Written) -> dict[int, _Words]:
    """Return how each box names its place and its lot, which no other one is named by (rule 6)."""
    named = {box.key: shortened(box.place.name or box.place.site, _WIDE_END if box.key in ends else _WIDEST) for box in boxes}
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for box in boxes:
        if box.count == 1:
            sites[named[box.key], box.place.kind].add(box.place.site)
    found: dict[int, _Words] = {}
    for box in boxes:
        place, name = box.place, named[box.key]
        alike = len(sites[name, place.kind]) > 1 and name != place.site
        found[box.key] = _Words(name=name, id=place.site if alike else "", lot=code(place.lot))
    return found


def _card(box: Box, called: _Words, lang: Lang) -> _Card:
    place = box.place
    if box.count > 1:
        lots = text("report.picture.lots", lang, count=box.lots) if box.lots else ""
        lines = [*_number(box, lang), called.lot if box.lots == 1 else lots]
        lines.append(shortened(place.product, _WIDEST) if box.products == 1 else "")
        if box.possible:
            lines.append(text("report.picture.possible", lang, count=box.possible))
    elif place.kind == "process":
        lines = [text("report.kind.process", lang), called.name, called.id]
    else:
        lines = [called.name, called.id, f"{_kind(place, lang)}  {called.lot}", shortened(place.product, _WIDEST)]
        if place.link == "possible":
            lines.append(text("report.picture.is_possible", lang))
    words: list[str] = []
    if box.born:
        words.append(text("report.picture.born", lang, quantity=amounts(box.born, lang)))
    if place.kind != "process" and (box.on_hand or place.role):
        words.append(text("report.picture.on_hand", lang, quantity=_on_hand(box, lang)))
    # Ids are whole, however long: half of one is nobody's.
    shown = [line for line in (*lines, *(cut(each, _WIDEST) for each in (*words, *_unseen(box, lang)))) if line]
    width = max((cells(line) for line in shown), default=4) * _CELL + 2 * _PAD
    return _Card(box=box, lines=shown, width=width, height=len(shown) * _LINE + 2 * _PAD)


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
    """Return what has no arrow in words (rule 5)."""
    return [text(f"report.picture.{what}", lang, quantity=amounts(each, lang)) for what, each in box.unseen]


def _end(box: Box, called: _Words, lang: Lang) -> _Card:
    """Return an end of the chain on one line: who, what kind of place, what is there."""
    place = box.place
    possible = text("report.picture.is_possible", lang) if place.link == "possible" else ""
    parts = (called.name, called.id, _kind(place, lang), called.lot, possible)
    line = "  ".join(each for each in parts if each)
    line += "  ".join(["", _on_hand(box, lang), *_unseen(box, lang)])
    return _Card(box=box, lines=[line], width=cells(line) * _CELL + 2 * _PAD, height=_LINE + _PAD)


def _note(cards: dict[int, _Card], what: str, each: Iterable[tuple[int, Sums]], lang: Lang) -> None:
    """Write quantities into the boxes that no arrow shows: hundreds of arrows back would hide what they are about (rule 4)."""
    found: dict[int, list[Sums]] = defaultdict(list)
    for key, sums in each:
        found[key].append(sums)
    for key, several in found.items():
        card = cards[key]
        words = text(f"report.picture.{what}", lang, quantity=amounts(together(one_by_one.from_iterable(several)), lang))
        if len(card.lines) == 1:
            card.lines[0] += "  " + words
        else:
            card.lines.append(words)
            card.height += _LINE
        card.width = max(cells(line) for line in card.lines) * _CELL + 2 * _PAD


def _grow(cards: dict[int, _Card], lines: Iterable[Line]) -> None:
    """Make boxes high enough for their arrows."""
    into: dict[int, int] = defaultdict(int)
    out: dict[int, int] = defaultdict(int)
    for line in lines:
        out[line.here] += 1
        into[line.there] += 1
    for key, card in cards.items():
        card.height = max(card.height, into[key] * _PORT + _PAD, min(out[key] * 5, _TALL) + _PAD)


def _caption(drawn: Sketch, title: str, whole: str, lang: Lang) -> list[str]:
    shown = [title] if title else []
    if any(box.count > 1 for box in drawn.boxes):
        shown.append(text("report.picture.grouped", lang, places=drawn.places, boxes=len(drawn.boxes)))
        shown.append(text("report.picture.apart", lang) + (" " + whole if whole else ""))
    return shown


def _travels(line: Line) -> bool:
    """Say whether all that an arrow stands for is still on the way."""
    return line.travelling == line.amounts and any(q for _, _, q in line.amounts)


class _Canvas:
    """The picture in the making."""

    def __init__(self, cards: dict[int, _Card], lines: Sequence[Line], laid: Laid, lang: Lang) -> None:
        self.cards = cards
        self.lines = lines
        self.laid = laid
        self.lang = lang
        self.x, self.width = self._columns()
        top = min((laid.y[key] - card.height / 2 for key, card in cards.items()), default=0.0)
        ys = [y for path in laid.bends.values() for _, y in path]
        self.shift = _MARGIN - min([top, *ys])
        bottom = max([*(laid.y[key] + card.height / 2 for key, card in cards.items()), *ys], default=0.0)
        self.height = bottom + self.shift + _MARGIN

    def _columns(self) -> tuple[list[float], float]:
        """Return the left edge of every column and the whole width; between two columns there is room for the quantities."""
        widest = [0.0] * self.laid.columns
        room = [60.0] * self.laid.columns
        back = [0.0] * self.laid.columns
        for key, card in self.cards.items():
            column = self.laid.column[key]
            widest[column] = max(widest[column], card.width)
        for line in self.lines:
            column = self.laid.column[line.there]
            words = cells(self._label(line)) * 6.2
            if (line.here, line.there) not in self.laid.backwards:
                room[column] = max(room[column], words + 64)
            elif column + 1 < self.laid.columns:
                back[column + 1] = max(back[column + 1], words)
        x, at = [], float(_MARGIN)
        for column in range(self.laid.columns):
            at += room[column] + back[column] if column else 0
            x.append(at)
            at += widest[column]
        # An arrow that closes a cycle ends at the right of its box, and needs the room beside it.
        return x, at + _MARGIN + (60 if self.laid.backwards else 0)

    def document(self, caption: Sequence[str], title: str) -> str:
        """Return the SVG."""
        head = 20 * len(caption)
        named = bool(title)
        width = max(self.width, *(cells(line) * 7.5 + 2 * _MARGIN for line in caption), 160.0)
        height = self.height + head
        title = escaped(title or "foodtrace")
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chain" viewBox="0 0 {width:.0f} {height:.0f}" ',
            f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{title}">',
            f"<title>{title}</title><style>{_STYLE}</style>",
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
            '<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
        ]
        parts += [
            f'<text x="{_MARGIN}" y="{18 + 20 * n}" class="{"k" if n or not named else "h"}">{escaped(line)}</text>'
            for n, line in enumerate(caption)
        ]
        parts.append(f'<g transform="translate(0 {head})">')
        labels: list[str] = []
        for line, start, end in self._ports():
            arrow, label = self._arrow(line, start, end)
            parts.append(arrow)
            labels.append(label)
        parts += [self._box(key, card) for key, card in self.cards.items()]
        return "".join([*parts, *labels, "</g></svg>\n"])

    def _ports(self) -> Iterable[tuple[Line, float, float]]:
        """Give every arrow its place at both boxes, in the order of where it comes from and goes to."""
        out: dict[int, list[tuple[float, int]]] = defaultdict(list)
        into: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for n, line in enumerate(self.lines):
            path = self.laid.bends.get((line.here, line.there), ())
            y = self.laid.y
            out[line.here].append((path[0][1] if path else y[line.there], n))
            into[line.there].append((path[-1][1] if path else y[line.here], n))
        starts, ends = self._spread(out), self._spread(into)
        for n, line in enumerate(self.lines):
            yield line, starts[n], ends[n]

    def _spread(self, sides: dict[int, list[tuple[float, int]]]) -> dict[int, float]:
        made: dict[int, float] = {}
        for key, each in sides.items():
            card, middle = self.cards[key], self.laid.y[key] + self.shift
            step = min(float(_PORT), (card.height - 8) / max(len(each), 1))
            for place, (_, n) in enumerate(sorted(each)):
                made[n] = middle + (place - (len(each) - 1) / 2) * step
        return made

    def _arrow(self, line: Line, start: float, end: float) -> tuple[str, str]:
        here, there = self.laid.column[line.here], self.laid.column[line.there]
        back = (line.here, line.there) in self.laid.backwards
        x0 = self.x[here] if back else self.x[here] + self.cards[line.here].width
        x1 = self.x[there] + self.cards[line.there].width if back else self.x[there]
        points = [(x0, start)]
        for column, y in self.laid.bends.get((line.here, line.there), ()):
            left, right = self.x[column], self.x[column] + 20
            points += [(right, y + self.shift), (left, y + self.shift)] if back else [(left, y + self.shift), (right, y + self.shift)]
        words = self._label(line)
        # The quantity stands on a level piece of its arrow.
        level = cells(words) * 6.2 + 14
        points.append((x1 + level if back else x1 - level, end))
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for (ax, ay), (bx, by) in pairwise(points):
            bow = max(abs(bx - ax) / 2, 24.0) * (-1 if back else 1)
            path += f"C{ax + bow:.1f} {ay:.1f} {bx - bow:.1f} {by:.1f} {bx:.1f} {by:.1f}"
        path += f"L{x1:.1f} {end:.1f}"
        classes = "a" + {"return": " r", "unnamed": " u"}.get(line.way, "") + (" t" if _travels(line) else "")
        at = (x1 + 10, "start") if back else (x1 - 10, "end")
        label = f'<text x="{at[0]:.1f}" y="{end - 3:.1f}" text-anchor="{at[1]}" class="q">{escaped(words)}</text>' if words else ""
        return f'<path d="{path}" class="{classes}" marker-end="url(#arrow)"/>', label

    def _label(self, line: Line) -> str:
        shown = amounts(line.amounts, self.lang)
        if line.taken and line.taken != line.amounts:
            shown = f"{amounts(line.taken, self.lang)} -> {shown}"
        if _travels(line):
            shown += " " + text("report.picture.travelling", self.lang)
        elif line.travelling:
            shown += " " + text("report.picture.some_travelling", self.lang, quantity=amounts(line.travelling, self.lang))
        if line.way == "return":
            shown += " " + text("report.picture.returned", self.lang)
        return shown + (" ?" if line.way == "unnamed" else "")

    def _box(self, key: int, card: _Card) -> str:
        x, y = self.x[self.laid.column[key]], self.laid.y[key] + self.shift - card.height / 2
        place = card.box.place
        fill = _OUTLET if place.role == "outlet" else _FILLS.get(place.kind, "#f4f4f4")
        classes = "b p" if place.link == "possible" or (card.box.possible and card.box.possible == card.box.count) else "b"
        frame = f'width="{card.width:.1f}" height="{card.height}" rx="3" fill="{fill}" class="{classes}"'
        stroke = ' style="stroke-width:2.5"' if place.asked else ""
        parts = [f"<g><title>{escaped(self._hint(card))}</title>"]
        if card.box.count > 1:
            parts.append(f'<rect x="{x + 4:.1f}" y="{y + 4:.1f}" {frame}/>')
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {frame}{stroke}/>')
        first = y + card.height / 2 - (len(card.lines) - 1) * _LINE / 2 + 4
        for n, line in enumerate(card.lines):
            parts.append(f'<text x="{x + _PAD:.1f}" y="{first + n * _LINE:.1f}" class="{"k" if n else "n"}">{escaped(line)}</text>')
        return "".join([*parts, "</g>"])

    def _hint(self, card: _Card) -> str:
        """Return what a mouse over the box shows: its ids in full."""
        place = card.box.place
        return (
            "  ".join(each for each in (place.site, place.name, place.lot, place.product) if each) if card.box.count == 1 else card.lines[0]
        )
