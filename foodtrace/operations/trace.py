"""Following a lot back to farms and ingredient lots, and forward to what became of it, with quantities.

Rules:

1. **Lots**: everything a lot was made from, and everything made from it, nearest first; exact on cycles, each lot once, whatever names it
   has: it stands under the first of those that say where it began, or of all.
2. **Way**: the places goods passed and the arrows between them (:mod:`foodtrace.recall.chain`). Back, only what could have come in
   time is on the way; forward it is the affected set of a recall of the whole lot.
3. What came from no source, went to nobody, is too much or missing at a place stands at it: no arrow can say it.
4. A lot nothing on record made, and that no certificate or gate entry begins, is where the trace ends: that is said, not hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import LotsClause
from foodtrace.graph.copies import flows_once
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.fitting import named
from foodtrace.graph.flows import BIRTHS
from foodtrace.graph.inorder import in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.walk import KNOT, Holding
from foodtrace.quantity import Quantity
from foodtrace.recall import chain as chains
from foodtrace.recall.affected import find
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.chain import Amounts, Chain, Unseen
from foodtrace.recall.chainback import backward, drawn_from
from foodtrace.recall.grouping import depths
from foodtrace.recall.packs import for_day
from foodtrace.recall.settings import Settings
from foodtrace.storage.session import Session

Direction = Literal["both", "back", "forward"]


class TracedLot(msgspec.Struct, frozen=True, kw_only=True):
    """A lot on the way."""

    lot: str
    product: str
    site: str
    """Name of the site it was born at, as far as the records say."""
    kind: str
    """Kind of that site."""
    depth: int
    """Transformations between it and the lot asked for."""
    born: tuple[Quantity, ...]
    """How much of it was made, per unit; empty where no record says where it began."""
    other_names: tuple[str, ...] = ()
    """Full ids that are names of this lot too."""


class UnseenGoods(msgspec.Struct, frozen=True, kw_only=True):
    """What came to a place or left it by no way on record: no arrow says it."""

    what: Unseen
    """``from_nowhere``: came from no source; ``to_nowhere``: was sent to nobody; ``over``: left, or was counted, beyond all that came;
    ``unaccounted``: fewer counted than the book says."""
    quantity: tuple[Quantity, ...]


class TracedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A lot at a site, or a transformation of several lots (kind ``process``)."""

    id: int
    lot: str
    also: tuple[str, ...] = ()
    """Other names that the lot has there, and the one that was asked for."""
    product: str
    site: str
    name: str
    kind: str
    link: Literal["confirmed", "possible", ""]
    """Forward: how sure it is that the lot is there; empty on the way back."""
    born: tuple[Quantity, ...]
    on_hand: tuple[Quantity, ...]
    unseen: tuple[UnseenGoods, ...] = ()
    """Back, only what can be in what is traced: what came from no source, and what was too much."""
    beside: tuple[Quantity, ...] = ()
    """Of a transformation: what else went in, of lots that are no part of the way."""


class TracedArrow(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that went from one place to another."""

    source: int
    to: int
    way: chains.Way
    quantity: tuple[Quantity, ...]
    """What arrived, or was sent and travels; per unit."""
    taken: tuple[Quantity, ...]
    """Of one lot made into one other: how much went in."""
    travelling: tuple[Quantity, ...]
    records: int
    beside: tuple[Quantity, ...] = ()
    """What else went in, of lots that are no part of the way; pieces of unlike products each by themselves."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A lot with its ancestors and descendants, and the way of the goods; its JSON is ``schemas/trace.json``."""

    lot: str
    other_names: tuple[str, ...] = ()
    """Full ids that are names of this lot too."""
    product: str
    site: str
    born: tuple[Quantity, ...]
    back: tuple[TracedLot, ...]
    forward: tuple[TracedLot, ...]
    places: tuple[TracedPlace, ...]
    arrows: tuple[TracedArrow, ...]
    beginnings: tuple[str, ...]
    """Lots of the way back that no record begins: there the records end, not the goods."""
    rule_pack: str = ""
    """Rule pack that says how late a record may be and still be on the way, of one's own with the hash of its text."""


def trace(session: Session, lot: str, *, now: int, direction: Direction = "both", at: str = "") -> tuple[Trace, Chain]:
    """Return what a lot was made from and what was made of it, and the chain to draw.

    :param at: a site that holds or held the lot: back, the way of the goods that came there; empty: the way to where the lot was made.
    :raises NotFound: ``lot.*``, ``site.*``, ``trace.not_there``. :raises Ambiguous: ``lot.*``, ``site.*``.
    """
    facts = SqlFacts(session, now)
    text = resolve_lot(session, lot)
    number = facts.lot(text)
    start = with_aliases(facts, {number} if number is not None else ())
    back: dict[int, int] = {}
    onward: dict[int, int] = {}
    chosen = for_day(now, session.rules)
    drawn = _chain(facts, text, number, start, direction, chosen.settings, at)
    if direction != "forward":
        there = with_aliases(facts, {place.key[0] for place in drawn.places if place.key[1] != KNOT})
        back = _follow(start, lambda lots: _led(facts, lots, there), facts)
    if direction != "back":
        onward = _follow(start, facts.children, facts)
    number_of = {place.key: n for n, place in enumerate(drawn.places)}
    shown = _Shown(facts, {*start, *back, *onward})
    first = shown.lot(tuple(start), 0) if start else None
    begun = {*start, *back} if direction != "forward" else set()
    begun -= {lot for lot, _ in drawn_from(facts, facts.flows(begun))} if begun else set()
    return Trace(
        lot=text,
        other_names=tuple(sorted({first.lot, *first.other_names} - {text}, key=in_order)) if first else (),
        product=first.product if first else "",
        site=first.site if first else "",
        born=first.born if first else (),
        back=shown.lots(back),
        forward=shown.lots(onward),
        places=_places(drawn, number_of),
        arrows=_arrows(drawn, number_of),
        beginnings=tuple(sorted((shown.first(names) for names in shown.classes(begun) if not shown.born(names)), key=in_order)),
        rule_pack=chosen.pack.name,
    ), drawn


def _chain(facts: SqlFacts, text: str, number: int | None, start: set[int], direction: Direction, settings: Settings, at: str) -> Chain:
    asked = () if number is None else (number,)
    if direction == "back":
        site = resolve_place(facts.session, at) if at else ""
        drawn = backward(facts, asked, settings=settings, at=(facts.site(site) or -1) if site else 0)
        if at and not drawn.places:
            raise NotFound("trace.not_there", value=text, site=site)
        return drawn
    found = find(facts, (LotsClause(lots=(text,)),), settings=settings)
    ahead = chains.forward(facts, found, asked=start, settings=settings)
    return ahead if direction == "forward" else chains.joined(backward(facts, asked, settings=settings), ahead)


def _led(facts: SqlFacts, lots: set[int], there: Collection[int]) -> list[tuple[int, int]]:
    """Return (lot, lot it was made from, or that goods without lot may have been).

    :param there: lots of the chain back: what came to a sender in time.
    """
    drawn = [pair for pair in drawn_from(facts, facts.flows(lots)) if pair[1] in there]
    return [*((dst, src) for src, dst in facts.parents(lots)), *drawn]


class _Shown:
    """What is said of lots."""

    def __init__(self, facts: SqlFacts, lots: set[int]) -> None:
        self.facts = facts
        self.infos = facts.lots(lots)
        self.texts = facts.texts(lots)
        self.births: dict[int, list[tuple[int, int, int]]] = {}
        one = {name: names[0] for names in self.classes(lots) for name in names}
        for flow in flows_once(facts, facts.flows(lots), one)[0]:
            if flow.kind in BIRTHS:
                self.births.setdefault(flow.lot, []).append((flow.unit, flow.q, flow.site))
        self.sites = facts.sites({site for births in self.births.values() for _, _, site in births})

    def classes(self, lots: Iterable[int]) -> list[tuple[int, ...]]:
        """Return these lots, each with all of its names."""
        return named(self.facts.aliases, list(lots))

    def born(self, names: Iterable[int]) -> bool:
        """Say whether any record begins a lot under one of its names."""
        return any(name in self.births for name in names)

    def first(self, names: Iterable[int]) -> str:
        """Return the name under which a lot stands (rule 1)."""
        return self.texts[min(names, key=lambda name: (name not in self.births, in_order(self.texts[name])))]

    def lot(self, names: tuple[int, ...], depth: int) -> TracedLot:
        births = [birth for name in names for birth in self.births.get(name, ())]
        sites = [self.sites[site] for _, _, site in births if site]
        shown = self.first(names)
        said = [name for name in names if self.infos[name].product]
        first = min(said, key=lambda name: (self.texts[name] != shown, in_order(self.texts[name])), default=0)
        return TracedLot(
            lot=shown,
            product=self.infos[first].product if first else "",
            site=", ".join(sorted({info.name or info.text for info in sites})),
            kind=min((info.kind for info in sites), default=""),
            depth=depth,
            born=_quantities(_added((unit, q) for unit, q, _ in births)),
            other_names=tuple(sorted({self.texts[name] for name in names} - {shown}, key=in_order)),
        )

    def lots(self, depths: dict[int, int]) -> tuple[TracedLot, ...]:
        made = [self.lot(names, min(depths[name] for name in names if name in depths)) for names in self.classes(depths)]
        return tuple(sorted(made, key=lambda each: (each.depth, in_order(each.lot))))


def _added(parts: Iterable[tuple[int, int]]) -> Amounts:
    """Return sums per unit."""
    sums: dict[int, int] = {}
    for unit, q in parts:
        sums[unit] = sums.get(unit, 0) + q
    return tuple(sorted(sums.items()))


def _places(drawn: Chain, number: dict[Holding, int]) -> tuple[TracedPlace, ...]:
    return tuple(
        TracedPlace(
            id=number[each.key],
            lot=each.lot,
            also=each.also,
            product=each.product,
            site=each.site,
            name=each.name,
            kind=each.kind,
            link=each.link,
            born=_quantities(each.born),
            on_hand=_quantities(each.on_hand),
            beside=_besides(each.beside),
            unseen=tuple(UnseenGoods(what=what, quantity=_quantities(parts)) for what, parts in each.unseen),
        )
        for each in drawn.places
    )


def _arrows(drawn: Chain, number: dict[Holding, int]) -> tuple[TracedArrow, ...]:
    """Return the arrows from the beginning on, recall returns last."""
    far = depths(drawn)
    order = sorted(drawn.arrows, key=lambda each: (each.way == "return", far[each.here], number[each.here], number[each.there]))
    return tuple(
        TracedArrow(
            source=number[each.here],
            to=number[each.there],
            way=each.way,
            quantity=_quantities(each.amounts),
            taken=_quantities(each.taken),
            beside=_besides(each.beside),
            travelling=_quantities(each.travelling),
            records=each.count,
        )
        for each in order
    )


def _besides(parts: chains.Beside) -> tuple[Quantity, ...]:
    return tuple(Quantity(q, UNIT_NAMES[unit]) for unit, _, q in parts)


def _quantities(amounts: Amounts) -> tuple[Quantity, ...]:
    return tuple(Quantity(q, UNIT_NAMES[unit]) for unit, q in amounts)


def _follow(start: set[int], step: Callable[[set[int]], Iterable[tuple[int, int]]], facts: SqlFacts) -> dict[int, int]:
    found: dict[int, int] = {}
    level, depth, seen = set(start), 0, set(start)
    while level:
        depth += 1
        level = with_aliases(facts, {there for _, there in step(level)} - seen) - seen
        seen |= level
        found.update(dict.fromkeys(level, depth))
    return found
