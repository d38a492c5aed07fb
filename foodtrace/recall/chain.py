"""The chain of goods as places and arrows: what a picture draws and a trace prints (RECALL section 3, seen forward and back). Pure.

Rules:

1. A **place** is a holding: one lot at one site. A transformation of several lots, or into several, is a place of its own (a
   *process*) between what went in and what came out; one lot into one is a single arrow. What else went in, of lots that are no part
   of the chain, stands with the arrow or the process: 30 kg do not become 45 by themselves.
2. An **arrow** is everything that went one way between two places, by the records: how much arrived (what is still travelling
   counts as sent), in each unit by itself.
3. **Forward** is the affected set with the moves inside it. **Back** is walked against time: a holding counts as a source only
   if goods left it in time to be in what is traced (``clock_slack`` let in), so that a farm that delivered afterwards is none. It begins
   where the lot came to be, when it last did; where it went from there is forward, and what came back from there afterwards is
   none of it, whatever clocks may be wrong by. Where the lot is on record and no record leads there
   from such a place, the way it came by is part of the way back; so it is to a site that is asked for.
   Goods that came without lot may have been any of what lay at their sender by then, of their product: each of these is a source.
4. Moves in and out of nowhere (no source, no destination named) have no arrow. What they moved stands at the place they came to or left, as
   **unseen**, and so does what left or was counted beyond all that came, and what a count missed: half a way must not look like all of it.
   Back, only what can have come there in time, and is in what went on.
5. Where the papers of a transfer name unlike lots, an arrow of its own (``unlike``) leads from what the one names to what the other does,
   with what of it stands there under that name (:mod:`foodtrace.recall.standsin`). Forward and back it is a possible way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from foodtrace.graph.flows import ALWAYS, NEVER, Flow, FlowKind, LotInfo, SiteInfo
from foodtrace.graph.inorder import InOrder, in_order
from foodtrace.graph.products import may_be
from foodtrace.graph.walk import KNOT, Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.called import Called
from foodtrace.recall.facts import Facts
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import HoldingSum
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.silence import free, unheard
from foodtrace.recall.unlikelots import Unlike

_PIECE = 2
Way: TypeAlias = Literal["move", "return", "unnamed", "unlike", "made"]
"""``made``: into, out of, or through a transformation. ``unlike``: the receiver's paper names another lot than the sender's (ADR 35)."""
Amounts: TypeAlias = tuple[tuple[int, int], ...]
"""(unit, base units), by unit."""


Beside: TypeAlias = tuple[tuple[int, str, int], ...]
"""(unit, product of pieces, base units) of other lots, by unit and product."""
Unseen: TypeAlias = Literal["from_nowhere", "to_nowhere", "over", "unaccounted"]
"""Why a quantity has no arrow (rule 4)."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A lot at a site, or a process."""

    key: Holding
    """(lot, site); a process has the site :data:`~foodtrace.graph.walk.KNOT`."""
    lot: str = ""
    also: tuple[str, ...] = ()
    """Other names that the lot has there, and those that were asked for."""
    product: str = ""
    site: str = ""
    name: str = ""
    kind: str = ""
    """Kind of the site; ``process`` for a process."""
    role: Literal["outlet", "intermediary", "own", ""] = ""
    link: Literal["confirmed", "possible", ""] = ""
    asked: bool = False
    """Where a lot that the question was about begins."""
    born: Amounts = ()
    on_hand: Amounts = ()
    unknown: bool = False
    """The site records nothing, so that nobody knows what is on hand; it may be as much as ``on_hand`` says."""
    unseen: tuple[tuple[Unseen, Amounts], ...] = ()
    """What came to or left this place by no way on record, and why there is none."""
    beside: Beside = ()
    """Of a process: what went in that is no part of the chain."""


class Arrow(msgspec.Struct, frozen=True, kw_only=True):
    """What went from one place to another."""

    here: Holding
    there: Holding
    way: Way
    amounts: Amounts
    """How much arrived, or was sent and travels."""
    taken: Amounts = ()
    """Of one lot made into one other: how much went in."""
    beside: Beside = ()
    """Then, too: what else went in, of lots that are no part of the chain."""
    travelling: Amounts = ()
    count: int = 1
    """Records behind it."""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Places and arrows, in a fixed order."""

    places: tuple[Place, ...]
    arrows: tuple[Arrow, ...]


def forward(
    facts: Facts,
    found: Affected,
    asked: Collection[int] = (),
    *,
    settings: Settings = DEFAULT,
    sums: Mapping[tuple[int, int, int], HoldingSum] | None = None,
) -> Chain:
    """Return the chain of an affected set.

    :param asked: numbers of the lots the question was about.
    :param sums: quantities of every holding where they are others than the records alone say: what sites answered is a count.
    """
    wanted = set(found.holdings)
    entries = {(flow.log, flow.seq) for flow in found.flows if flow.kind in (FlowKind.CONSUMED, FlowKind.PRODUCED)}
    rep = {name: lot for lot, names in found.names.items() for name in names}
    flows = [msgspec.structs.replace(flow, lot=rep.get(flow.lot, flow.lot)) for flow in facts.entries(entries)] if entries else []
    infos = {lot: info_of(found.infos, names) for lot, names in found.names.items()}
    drawn = Drawing(found.called, wanted, infos, found.sites, found.sums if sums is None else sums)
    silent = unheard(facts, found, found.sums if sums is None else sums)
    for place, link in found.holdings.items():
        role = "outlet" if place[1] in found.outlets else "own" if place[1] in found.own else "intermediary"
        drawn.place(place, role=role, link=link.link, asked=place[0] in asked, silent=place[1] in silent)
    since = {place: link.since - settings.clock_slack for place, link in found.holdings.items()}
    # What left before anything affected was there is no part of the chain (a partial scope).
    moves = [move for move in found.moves if move.t_out >= since.get((move.lot, move.src), ALWAYS)]
    drawn.moves(moves)
    drawn.unlike(found.unlike, found.moves, since)
    drawn.unseen(moves)
    inside = {flow for flow in flows if flow.kind == FlowKind.PRODUCED or flow.t >= since.get((flow.lot, flow.site), NEVER)}
    drawn.made([flow for flow in flows if flow in inside], [flow for flow in flows if flow not in inside], facts)
    return drawn.chain()


def joined(one: Chain, two: Chain) -> Chain:
    """Return both chains as one: what led to a lot and what became of it."""
    places = {place.key: place for place in (*one.places, *two.places) if place.key[1] != KNOT}
    shift = 1 + max((place.key[0] for place in one.places if place.key[1] == KNOT), default=-1)

    def moved(key: Holding) -> Holding:
        return (key[0] + shift, KNOT) if key[1] == KNOT else key

    knots = [place for place in one.places if place.key[1] == KNOT]
    knots += [msgspec.structs.replace(place, key=moved(place.key)) for place in two.places if place.key[1] == KNOT]
    arrows = {(a.here, a.there, a.way): a for a in one.arrows}
    for a in two.arrows:
        other = msgspec.structs.replace(a, here=moved(a.here), there=moved(a.there))
        arrows[other.here, other.there, other.way] = other
    return Chain(
        places=tuple(sorted((*places.values(), *knots), key=_by_text)),
        arrows=tuple(sorted(arrows.values(), key=lambda a: (a.here, a.there, a.way))),
    )


class Drawing:
    """A chain in the making."""

    def __init__(
        self,
        called: Called,
        wanted: set[Holding],
        infos: Mapping[int, LotInfo],
        sites: Mapping[int, SiteInfo],
        sums: Mapping[tuple[int, int, int], HoldingSum],
    ) -> None:
        self._called = called
        self._wanted = wanted
        self._infos = infos
        self._sites = sites
        self._sums: dict[Holding, list[tuple[int, HoldingSum]]] = defaultdict(list)
        for (lot, site, unit), each in sorted(sums.items()):
            self._sums[lot, site].append((unit, each))
        self._places: dict[Holding, Place] = {}
        self._arrows: dict[tuple[Holding, Holding, Way], list[tuple[int, int, int, int]]] = defaultdict(list)
        """(unit, arrived or travelling, travelling, taken)."""
        self._beside: Mapping[tuple[int, int], list[tuple[int, str, int]]] = {}
        """Entry of a transformation -> (unit, product, q) of what else went in."""
        self._besides: dict[tuple[Holding, Holding], list[tuple[int, str, int]]] = defaultdict(list)
        """Ends of an arrow through transformations -> the same of all of them."""

    def place(self, key: Holding, *, asked: bool, silent: bool = False, **more: object) -> None:
        lot, site = key
        info, where = self._infos.get(lot), self._sites.get(site)
        sums = self._sums.get(key, [])
        self._places[key] = Place(
            key=key,
            lot=self._called.name(lot, site),
            also=self._called.others(lot, site),
            product=info.product if info else "",
            site=where.text if where else "",
            name=where.name if where else "",
            kind=where.kind if where else "",
            asked=asked and any(each.born for _, each in sums),
            born=tuple((unit, each.born) for unit, each in sums if each.born),
            on_hand=tuple((unit, each.on_hand) for unit, each in sums if each.on_hand),
            unknown=silent and any(free(each) and not each.counted for _, each in sums),
            **more,  # type: ignore[arg-type]
        )

    def moves(self, moves: Iterable[Move]) -> None:
        for move in moves:
            here, there = (move.lot, move.src), (move.lot, move.dst)
            if there in self._places and (here in self._places or move.unnamed):
                way: Way = "return" if move.recall else "unnamed" if move.unnamed else "move"
                drawn = sum(q for lot, q in move.instead if (lot, move.src) in self._places)  # by an arrow of its own (rule 5)
                unit, q = (move.unit_in, move.came - drawn) if move.arrived else (move.unit, move.sent - move.under_others)
                for source in self._senders(move) if move.unnamed else (here,):
                    self._arrows[source, there, way].append((unit, q + (move.travelling if move.arrived else 0), move.travelling, 0))

    def unlike(self, unlike: Iterable[Unlike], moves: Iterable[Move], since: Mapping[Holding, int]) -> None:
        """Draw what papers of a transfer name in place of one another (rule 5). :param since: from when on goods at a place count."""
        by_entry: dict[tuple[int, tuple[int, int]], list[Move]] = defaultdict(list)
        apart = list(unlike)
        for move in moves if apart else ():
            for entry in dict.fromkeys((*move.entries, *move.words)):
                by_entry[move.lot, entry].append(move)
        for each in apart:
            for here, there in each.steps:
                if here in self._places and there in self._places and each.t_out >= since.get(here, ALWAYS):
                    came = [move for entry in each.entries for move in by_entry.get((there[0], entry), ()) if move.dst == there[1]]
                    for move in {id(move): move for move in came}.values():
                        self._arrows[here, there, "unlike"].append(_under_this_name(move, here[0]))

    def unseen(self, moves: Iterable[Move], *, out: bool = True) -> None:
        """Note what these moves brought from nowhere or took there, and what is too much; ``out``: also what is gone (rule 4)."""
        found: dict[Holding, dict[tuple[Unseen, int], int]] = defaultdict(lambda: defaultdict(int))
        for move in moves:
            if move.arrived and not move.src and not move.unnamed:
                found[move.lot, move.dst]["from_nowhere", move.unit_in] += move.received
            elif out and not move.dst and not move.unnamed:
                found[move.lot, move.src]["to_nowhere", move.unit] += move.sent
        for key in self._places:
            for unit, each in self._sums.get(key, ()):
                found[key]["over", unit] += each.over
                found[key]["unaccounted", unit] += each.unaccounted if out else 0
        for key, parts in found.items():
            if key in self._places and any(parts.values()):
                kinds = {what: tuple(sorted((unit, q) for (why, unit), q in parts.items() if why == what and q)) for what, _ in parts}
                told = tuple(sorted((what, each) for what, each in kinds.items() if each))
                self._places[key] = msgspec.structs.replace(self._places[key], unseen=told)

    def _senders(self, move: Move) -> list[Holding]:
        """Return the holdings that a dispatch without lot may have come from, as far as they are drawn: of its product."""
        wanted = self._infos[move.lot].product if move.lot in self._infos else ""
        there = [key for key in self._places if key[1] == move.src and key[0] != move.lot]
        return [key for key in there if key[0] not in self._infos or may_be(self._infos[key[0]].all_products, wanted)]

    def made(self, flows: Iterable[Flow], others: Collection[Flow] = (), facts: Facts | None = None) -> None:
        """Draw transformations. :param others: inputs of them that are no part of the chain; whose products ``facts`` knows."""
        self._beside = self._other_inputs(others, facts) if others and facts is not None else {}
        entries: dict[tuple[int, int], tuple[list[Flow], list[Flow]]] = defaultdict(lambda: ([], []))
        for flow in flows:
            if (flow.lot, flow.site) in self._places and flow.kind in (FlowKind.CONSUMED, FlowKind.PRODUCED):
                entries[flow.log, flow.seq][flow.kind == FlowKind.PRODUCED].append(flow)
        knots: dict[tuple[frozenset[Holding], frozenset[Holding]], list[tuple[list[Flow], list[Flow]]]] = defaultdict(list)
        for taken, out in entries.values():
            if taken and out:
                sources = frozenset((flow.lot, flow.site) for flow in taken)
                knots[sources, frozenset((flow.lot, flow.site) for flow in out)].append((taken, out))
        by_text = sorted(knots.items(), key=lambda knot: [sorted(_by_text(self._places[key]) for key in side) for side in knot[0]])
        for number, ((sources, results), each) in enumerate(by_text):
            if len(sources) == len(results) == 1:
                (here,), (there,) = sources, results
                self._through(here, there, each)
                self._besides[here, there] += self._beside_of(each)
            else:
                self._process(number, each)

    def _other_inputs(self, others: Iterable[Flow], facts: Facts) -> dict[tuple[int, int], list[tuple[int, str, int]]]:
        """Return what else went into each transformation, by its entry; pieces by product."""
        infos = facts.lots({flow.lot for flow in others if flow.unit == _PIECE})
        found: dict[tuple[int, int], list[tuple[int, str, int]]] = defaultdict(list)
        for flow in others:
            product = infos[flow.lot].product if flow.unit == _PIECE and flow.lot in infos else ""
            found[flow.log, flow.seq].append((flow.unit, product, flow.q))
        return found

    def _beside_of(self, each: Iterable[tuple[list[Flow], list[Flow]]]) -> list[tuple[int, str, int]]:
        return [part for taken, _ in each for part in self._beside.get((taken[0].log, taken[0].seq), ())]

    def _through(self, here: Holding, there: Holding, each: Iterable[tuple[list[Flow], list[Flow]]]) -> None:
        if here == there:
            return
        for taken, out in each:
            self._arrows[here, there, "made"] += [(flow.unit, flow.q, 0, 0) for flow in out] + [(flow.unit, 0, 0, flow.q) for flow in taken]

    def _process(self, number: int, each: list[tuple[list[Flow], list[Flow]]]) -> None:
        knot = (number, KNOT)
        where = self._sites.get(each[0][1][0].site)
        name, text = (where.name, where.text) if where else ("", "")
        self._places[knot] = Place(key=knot, site=text, name=name, kind="process", beside=_together(self._beside_of(each)))
        for taken, out in each:
            for flow in taken:
                self._arrows[(flow.lot, flow.site), knot, "made"].append((flow.unit, flow.q, 0, 0))
            for flow in out:
                self._arrows[knot, (flow.lot, flow.site), "made"].append((flow.unit, flow.q, 0, 0))

    def chain(self) -> Chain:
        arrows: list[Arrow] = []
        for (here, there, way), parts in sorted(self._arrows.items()):
            sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
            for unit, *values in parts:
                sums[unit] = [a + b for a, b in zip(sums[unit], values, strict=True)]
            by_unit = sorted(sums.items())
            arrows.append(
                Arrow(
                    here=here,
                    there=there,
                    way=way,
                    amounts=tuple((unit, each[0]) for unit, each in by_unit if each[0] or not each[2]),
                    travelling=tuple((unit, each[1]) for unit, each in by_unit if each[1]),
                    taken=tuple((unit, each[2]) for unit, each in by_unit if each[2]),
                    beside=_together(self._besides[here, there]) if way == "made" else (),
                    count=max(1, sum(1 for part in parts if not part[3])),
                )
            )
        return Chain(places=tuple(sorted(self._places.values(), key=_by_text)), arrows=tuple(arrows))


def _together(parts: Iterable[tuple[int, str, int]]) -> Beside:
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for unit, product, q in parts:
        sums[unit, product] += q
    return tuple((unit, product, q) for (unit, product), q in sorted(sums.items()))


def _under_this_name(move: Move, lot: int) -> tuple[int, int, int, int]:
    """Return (unit, quantity, travelling, 0) of what stands, or is to come, under a move's lot and may be goods of another one."""
    instead = sum(q for other, q in move.instead if other == lot)
    if instead:
        return move.unit_in, instead, 0, 0
    return (
        (move.unit_in, move.came + move.travelling, move.travelling, 0)
        if move.arrived
        else (move.unit, move.travelling, move.travelling, 0)
    )


def _by_text(place: Place) -> tuple[InOrder, str, Holding]:
    return in_order(place.lot), place.site, place.key


def info_of(infos: Mapping[int, LotInfo], names: Iterable[int]) -> LotInfo:
    """Return what is known of a lot under any of its names."""
    known = sorted((infos[name] for name in names if name in infos), key=lambda info: in_order(info.text))
    return next((info for info in known if info.product), known[0] if known else LotInfo(lot=0, text=""))


__all__ = ["Amounts", "Arrow", "Beside", "Chain", "Place", "Unseen", "Way", "forward", "joined"]
