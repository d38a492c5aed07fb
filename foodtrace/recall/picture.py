"""Draws a chain of goods as SVG: left to right, quantities on the arrows, words first. Pure: no files, no fonts of its own.

Rules:

1. One file that needs nothing else: no script, no style sheet, no font and no picture from elsewhere. Every text is escaped.
2. Colour only repeats what words and lines say: the kind of a site is written in its box, *possible* is a dashed line and the word,
   a group is a stack with its number, goods that all travel are a dotted arrow with the word. Where some do, their quantity stands with
   it. Own sites say that they are.
3. The quantity stands where an arrow ends, beside the box it leads to, so that many arrows from one box can be told apart. What leads
   back ends below all that leaves the box.
4. Where there are many, ends of one sender are a list (:mod:`foodtrace.recall.picturecards`). More places than can be read are put
   together (:mod:`foodtrace.recall.grouping`); the caption says how many, by what, and where all of them are listed.
5. What came from no source or went to nobody has no arrow: it stands in the box, with a question mark, and so does what is too much or
   missing there by the records. A box without one is all that its arrows say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from foodtrace.recall.chain import Chain
from foodtrace.recall.grouping import READABLE, Line, Sketch, sketch
from foodtrace.recall.layout import Item, Laid, lay_out
from foodtrace.recall.picturecards import LINE, ON_SCREEN, PAD, Card, Cards, Look, cards_of, on_arrow, travels
from foodtrace.recall.picturestrips import strips
from foodtrace.recall.picturewords import cells, escaped, wrapped
from foodtrace.recall.shortcodes import Written, short_codes
from foodtrace.texts import Lang, text

_PORT: Final = 15
"""Least distance of two arrows that end at one side of a box."""
_GAP: Final = 16
_MARGIN: Final = 24
_LEAVES: Final = 5
"""Least distance of two arrows that begin at one side of a box."""
_TALL: Final = 160
"""A box grows to this for what leaves it."""
_LETTER: Final = 6.2
"""Width of a cell of a quantity."""
_ROOM: Final = 40
"""Space between two columns, beside the quantities."""
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
        ".l{fill:none;stroke:#bbb}",
    )
)


def svg(
    chain: Chain,
    *,
    lang: Lang = "en",
    title: str = "",
    most: int = READABLE,
    beside: Iterable[str] = (),
    whole: str = "",
    look: Look = ON_SCREEN,
) -> str:
    """Return the picture of a chain as one SVG document.

    :param most: places that are drawn one by one at most; beyond it they are put together.
    :param beside: full ids of lots that are named beside the picture: a code that one of them bears too tells nothing.
    :param whole: where all places are listed, for a picture of groups.
    """
    drawn = sketch(chain, most=most)
    parts = _parts(drawn, short_codes((*(place.lot for place in chain.places), *beside)), look, lang)
    canvases: list[_Canvas] = []
    for part in parts:
        canvases.append(_Canvas(part, lang, top=canvases[-1].bottom if canvases else 0))
    return _document(canvases, _caption(drawn, title, whole, lang), title)


def pages(
    chain: Chain, *, lang: Lang = "en", most: int = READABLE, beside: Iterable[str] = (), whole: str = "", look: Look = ON_SCREEN
) -> list[str]:
    """Return the picture of a chain as SVG documents, one for each strip of it; see :func:`svg`."""
    drawn = sketch(chain, most=most)
    parts = _parts(drawn, short_codes((*(place.lot for place in chain.places), *beside)), look, lang)
    return [_document([_Canvas(part, lang)], [] if n else _caption(drawn, "", whole, lang), "") for n, part in enumerate(parts)]


def _parts(drawn: Sketch, code: Written, look: Look, lang: Lang) -> list[Cards]:
    """Return the strips of a picture, most often one."""
    made = cards_of(drawn, code, look, lang)
    _grow(made.cards, made.lines, _laid(made).backwards)
    canvas = _Canvas(made, lang)
    return strips(made, canvas.laid, canvas.x, canvas.right, look.across, lang)


def _laid(made: Cards) -> Laid:
    return lay_out(
        [Item(key, card.height) for key, card in made.cards.items()],
        [(line.here, line.there) for line in made.lines if line.way != "return"],
        gap=_GAP // 2 if made.many else _GAP,
        back=[(line.here, line.there) for line in made.lines if line.way == "return"],
    )


def _grow(cards: Mapping[int, Card], lines: Iterable[Line], backwards: Collection[tuple[int, int]]) -> None:
    """Make boxes high enough for their arrows: for the quantities of those that end at a side, and for those that begin there."""
    ends: dict[tuple[int, bool], int] = defaultdict(int)
    begins: dict[tuple[int, bool], int] = defaultdict(int)
    for line in lines:
        back = (line.here, line.there) in backwards
        begins[line.here, not back] += 1
        ends[line.there, back] += 1
    for key, card in cards.items():
        for right in (False, True):
            high = ends[key, right] * _PORT + min(begins[key, right] * _LEAVES, _TALL)
            card.height = max(card.height, high + PAD)


def _caption(drawn: Sketch, title: str, whole: str, lang: Lang) -> list[str]:
    shown = [title] if title else []
    if any(box.count > 1 for box in drawn.boxes):
        shown.append(text("report.picture.grouped", lang, places=drawn.places, boxes=len(drawn.boxes)))
        shown += [text("report.picture.apart", lang), *filter(None, [whole])]
    return shown


class _Canvas:
    """The picture in the making."""

    def __init__(self, made: Cards, lang: Lang, *, top: float = 0) -> None:
        self.cards = cards = made.cards
        self.lines = made.lines
        self.laid = laid = _laid(made)
        self.words = [on_arrow(line, lang) for line in made.lines]
        self.x, self.right, self.width = self._columns()
        above = top
        top = min((laid.y[key] - card.height / 2 for key, card in cards.items()), default=0.0)
        ys = [y for path in laid.bends.values() for _, y in path]
        self.shift = above + _MARGIN - min([top, *ys])
        bottom = max([*(laid.y[key] + card.height / 2 for key, card in cards.items()), *ys], default=0.0)
        self.bottom = bottom + self.shift + _MARGIN

    def _back(self, line: Line) -> bool:
        """Say whether an arrow leads from right to left."""
        return (line.here, line.there) in self.laid.backwards

    def _columns(self) -> tuple[list[float], list[float], float]:
        """Return the left and the right edge of every column and the whole width; between two there is room for the quantities."""
        widest = [0.0] * self.laid.columns
        room = [float(_ROOM)] * self.laid.columns
        back = [0.0] * self.laid.columns
        for key, card in self.cards.items():
            column = self.laid.column[key]
            widest[column] = max(widest[column], card.width)
        for line, said in zip(self.lines, self.words, strict=True):
            column, words = self.laid.column[line.there], cells(said) * _LETTER
            if not self._back(line):
                room[column] = max(room[column], words + _ROOM)
            elif column + 1 < self.laid.columns:
                back[column + 1] = max(back[column + 1], words)
        x, at = [], float(_MARGIN)
        for column in range(self.laid.columns):
            at += room[column] + back[column] if column else 0
            x.append(at)
            at += widest[column]
        # An arrow that closes a cycle ends at the right of its box, and needs the room beside it.
        return x, [left + wide for left, wide in zip(x, widest, strict=True)], at + _MARGIN + (60 if self.laid.backwards else 0)

    def content(self) -> str:
        """Return all that is drawn."""
        parts: list[str] = []
        labels: list[str] = []
        starts, ends = self._ports()
        for n, line in enumerate(self.lines):
            arrow, label = self._arrow(line, self.words[n], starts[n], ends[n])
            parts.append(arrow)
            labels.append(label)
        for key, card in self.cards.items():
            x, y = self.x[self.laid.column[key]], self.laid.y[key] + self.shift - card.height / 2
            parts.append(self._listed(card, x, y) if card.rows else _box(card, x, y))
        return "".join([*parts, *labels])

    def _ports(self) -> tuple[dict[int, float], dict[int, float]]:
        """Give every arrow its place at both boxes, in the order of where it comes from and goes to; return (starts, ends).

        At each side of a box the arrows of one direction stand together, those that lead from right to left below.
        """
        sides: dict[tuple[int, bool], tuple[list[tuple[float, int]], list[tuple[float, int]]]] = defaultdict(lambda: ([], []))
        y = self.laid.y
        for n, line in enumerate(self.lines):
            path, back = self.laid.bends.get((line.here, line.there), ()), self._back(line)
            sides[line.here, not back][back].append((path[0][1] if path else y[line.there], n))
            sides[line.there, back][back].append((path[-1][1] if path else y[line.here], n))
        starts: dict[int, float] = {}
        ends: dict[int, float] = {}
        for (key, right), (onward, backward) in sides.items():
            begin = onward if right else backward
            room = self.cards[key].height - PAD - _PORT * (len(onward) + len(backward) - len(begin))
            step = min(float(_PORT), room / max(1, len(begin)))
            steps = [(n, step if each is begin else _PORT, each is begin) for each in (onward, backward) for _, n in sorted(each)]
            at = y[key] + self.shift - sum(size for _, size, _ in steps) / 2
            for n, size, begins in steps:
                (starts if begins else ends)[n] = at + size / 2
                at += size
        return starts, ends

    def _arrow(self, line: Line, words: str, start: float, end: float) -> tuple[str, str]:
        here, there = self.laid.column[line.here], self.laid.column[line.there]
        back = self._back(line)
        x0 = self.x[here] if back else self.x[here] + self.cards[line.here].width
        x1 = self.x[there] + self.cards[line.there].width if back else self.x[there]
        # Across a column an arrow is level, whatever is wider there than what it leaves or passes: it meets no other box.
        points = [(x0, start), (self.x[here] if back else self.right[here], start)]
        for column, y in self.laid.bends.get((line.here, line.there), ()):
            edges = (self.right[column], self.x[column]) if back else (self.x[column], self.right[column])
            points += [(x, y + self.shift) for x in edges]
        # The quantity stands on a level piece of its arrow.
        level = cells(words) * _LETTER + 14
        points.append((max(x1 + level, self.right[there]) if back else x1 - level, end))
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for (ax, ay), (bx, by) in pairwise(points):
            bow = max(abs(bx - ax) / 2, 24.0) * (-1 if back else 1)
            curved = f"C{ax + bow:.1f} {ay:.1f} {bx - bow:.1f} {by:.1f} {bx:.1f} {by:.1f}"
            path += f"L{bx:.1f} {by:.1f}" if ay == by else curved
        return _path(line, path + f"L{x1:.1f} {end:.1f}"), _label(words, x1 + 10 if back else x1 - 10, end, back=back)

    def _listed(self, card: Card, x: float, y: float) -> str:
        """Return the rows of a list, each with its arrow from the line beside its column."""
        parts = [f'<rect x="{x:.1f}" y="{y:.1f}" width="{card.width:.1f}" height="{card.height}" rx="3" class="l" fill="none"/>']
        rails: dict[float, list[float]] = defaultdict(list)
        for row in card.rows:
            left, middle = x + row.x, y + row.y
            rail = x + row.rail
            rails[rail].append(middle)
            parts.append(_path(row.line, f"M{rail:.1f} {middle:.1f}L{left:.1f} {middle:.1f}"))
            parts.append(_box(row.card, left, middle - row.card.height / 2))
            parts.append(_label(row.words, left - 10, middle, back=False))
        for rail, ys in rails.items():
            parts.insert(1, f'<path d="M{rail:.1f} {ys[0]:.1f}L{rail:.1f} {ys[-1]:.1f}" class="a"/>')
        return "".join(parts)


def _document(canvases: Sequence[_Canvas], caption: Sequence[str], title: str) -> str:
    """Return the SVG of some strips, one below the other."""
    named = bool(title)
    width = max(340.0, *(canvas.width for canvas in canvases))
    room = int((width - 2 * _MARGIN) / 7.5)
    first = wrapped(caption[0], room) if named and caption else []
    shown = [*first, *(line for each in caption[named:] for line in wrapped(each, room))]
    width = max(width, *(cells(line) * 7.5 + 2 * _MARGIN for line in shown), 0)
    head = 20 * len(shown)
    height = canvases[-1].bottom + head
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
        f'<text x="{_MARGIN}" y="{18 + 20 * n}" class="{"h" if n < len(first) else "k"}">{escaped(line)}</text>'
        for n, line in enumerate(shown)
    ]
    parts.append(f'<g transform="translate(0 {head})">')
    return "".join([*parts, *(canvas.content() for canvas in canvases), "</g></svg>\n"])


def _path(line: Line, points: str) -> str:
    classes = "a" + {"return": " r", "unnamed": " u", "unlike": " u"}.get(line.way, "") + (" t" if travels(line) else "")
    return f'<path d="{points}" class="{classes}" marker-end="url(#arrow)"/>'


def _label(words: str, x: float, y: float, *, back: bool) -> str:
    anchor = "start" if back else "end"
    return f'<text x="{x:.1f}" y="{y - 3:.1f}" text-anchor="{anchor}" class="q">{escaped(words)}</text>' if words else ""


def _box(card: Card, x: float, y: float) -> str:
    place = card.box.place
    fill = _OUTLET if place.role == "outlet" else _FILLS.get(place.kind, "#f4f4f4")
    classes = "b p" if place.link == "possible" or (card.box.possible and card.box.possible == card.box.count) else "b"
    frame = f'width="{card.width:.1f}" height="{card.height}" rx="3" fill="{fill}" class="{classes}"'
    stroke = ' style="stroke-width:2.5"' if place.asked else ""
    parts = [f"<g><title>{escaped(_hint(card))}</title>"]
    if card.box.count > 1:
        parts.append(f'<rect x="{x + 4:.1f}" y="{y + 4:.1f}" {frame}/>')
    parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {frame}{stroke}/>')
    first = y + card.height / 2 - (len(card.lines) - 1) * LINE / 2 + 4
    for n, line in enumerate(card.lines):
        kind = "n" if n < card.heads else "k"
        parts.append(f'<text x="{x + PAD:.1f}" y="{first + n * LINE:.1f}" class="{kind}">{escaped(line)}</text>')
    return "".join([*parts, "</g>"])


def _hint(card: Card) -> str:
    """Return what a mouse over the box shows: its ids in full."""
    place = card.box.place
    return "  ".join(each for each in (place.site, place.name, place.lot, place.product) if each) if card.box.count == 1 else card.lines[0]


__all__ = ["pages", "svg"]
