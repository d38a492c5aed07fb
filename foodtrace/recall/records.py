"""The records of every lot a scope can touch, read once and put in order (RECALL sections 1 to 3).

Rules:

1. **Lots**: from the lots a scope can touch, the closure over aliases, transformations, lots of the same code under an unknown
   authority, dispatches without lot from any site the goods came to, and those that are the other side of a receipt of theirs which
   names no source; level by level, every lot's flows read once.
2. **Names**: an alias class goes by its smallest text in here, so that the order of records never matters. By which of its names
   people are told of it says :mod:`foodtrace.recall.called`. What several logs tell of one dispatch without lot are names of one lot as
   well (:mod:`foodtrace.recall.twins`).
3. **Recorded holdings**: wherever any flow of a lot happened or a move begins or ends, and wherever a record that moves nothing says that
   goods are or were: an answer to a notice, a test, a packing, a release, a truck put aside, a refusal (:mod:`foodtrace.graph.spoken`).
4. **Steps**: moves, transformations through one knot each (outputs cleared for this case left out), and the possible steps of
   dispatches without lot: from every holding of that product at the sender that had received goods by then, or short of it by no
   more than the clocks may be wrong, pseudo-lots included. What by any record left, was used, counted or spoken of there had come by
   then, whether or not that was recorded, and whatever is recorded of its coming later (law 2).
   A product that nobody named fits every product; where records say several of a
   lot, each counts: a new record takes nobody off a list. A dispatch without lot
   whose receipt names one is a move of that lot, whether that lot is otherwise read or not: what else a scope holds must not change
   what a record means.
5. **Unlike lots** of one transfer (:mod:`foodtrace.recall.unlikelots`): a possible step from either at the sender to the other at the
   receiver. Lots that other papers name are read with those of the scope; a copy in the same words is no paper.
6. **Copies**: one event id in several logs is one event (:mod:`foodtrace.recall.copies`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.copies import flows_once
from foodtrace.graph.flows import ALWAYS, BIRTHS, CLEARED, DAY, NEVER, UNKNOWN_TIME, UNNAMED, Flow, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.products import may_be
from foodtrace.graph.walk import KNOT, Holding, Step
from foodtrace.recall.called import Called
from foodtrace.recall.facts import Cleared, Facts
from foodtrace.recall.letgo import LetGo
from foodtrace.recall.moves import Move, is_nameless, pair, without_source
from foodtrace.recall.quantities import holdings
from foodtrace.recall.twins import twins
from foodtrace.recall.unlikelots import told_unlike, under_another, whose, without_repeats
from foodtrace.recall.visited import under

_ARRIVALS = BIRTHS | {FlowKind.CONSUMER_RETURN}
"""Flows, besides moves, by which goods come to be there."""
_THERE = frozenset(FlowKind) - _ARRIVALS - {FlowKind.RECEIPT, FlowKind.ALIAS, FlowKind.DISCARDED}
"""Flows by which a record says that goods were there."""
_LAST = 86_400_000_000 - 1


class Records:
    """The records of every lot a scope can touch.

    :param case: id of the case asking; outputs of its own approved relabellings are not followed. :param said: (name of a lot, site) of
        what sites answered that they hold. :param lifted: goods that are not followed from where they were cleared.
        :param visits: what visits found (:func:`foodtrace.recall.visited.visits`), by the lots' names.
    """

    def __init__(
        self,
        facts: Facts,
        clauses: Sequence[Clause],
        case: str = "",
        said: Collection[Holding] = (),
        lifted: Collection[Cleared] = (),
        visits: Iterable[Flow] = (),
    ) -> None:
        self.facts = facts
        self.case = case
        self.partial = any(isinstance(clause, LeftClause | ThroughClause) for clause in clauses)
        self.flows: list[Flow] = []
        self.rep: dict[int, int] = {}
        self.classes: dict[int, set[int]] = {}
        self.fitting: list[dict[int, bool]] = []
        """Per clause on lots: lot -> whether it certainly fits; in the clauses' order, empty for clauses on a site."""
        start: set[int] = set()
        for clause in clauses:
            lots: dict[int, bool] = {}
            if isinstance(clause, LeftClause | ThroughClause):
                start |= self._at(clause.site)
            else:
                for lot, certain in facts.lots_like(clause):
                    lots[lot] = lots.get(lot, False) or certain
            start |= lots.keys()
            self.fitting.append(lots)
        self.spoken: dict[Holding, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
        """Holding -> (since when, entry) of what says that goods were there and moves none; at first by the lots' names."""
        asked = {text for clause in clauses if isinstance(clause, LotsClause) for text in clause.lots}
        codes = self._load(start, said, asked)
        self.unlike = told_unlike(without_repeats(facts, self.flows), self.rep, facts.party, whose(facts))
        """Every two lots of which papers of one transfer contradict each other (rule 5)."""
        self.flows, self.copies = flows_once(facts, self.flows)
        self.codes: dict[int, set[int]] = defaultdict(set)
        """Lot -> lots of the same code under an authority that is on no record."""
        for lot, other in codes:
            self.codes[self.rep[lot]].add(self.rep[other])
        self.fitting = [self._represented(lots) for lots in self.fitting]
        told = [*self.flows, *self._naming(self.flows, self.rep)]
        self.moves = [move for move in pair(told, self.rep, facts.ranks()) if move.lot in self.rep]
        self.recorded = self._recorded()
        self.flows = [*self.flows, *under(visits, self.rep)]
        self.sums = holdings(self.moves, self.flows)
        places = {(self.rep[name], site) for name, site in said if name in self.rep} | self.spoken.keys()
        self.said = {(lot, site) for lot, site in places if site not in self.recorded[lot]}
        """Where records that move nothing say that goods are, or were, and no other record put them (rule 3)."""
        for lot, site in self.said:
            self.recorded[lot].add(site)
        self._cleared = LetGo(lifted, self.rep, self.flows)

    def _at(self, text: str) -> set[int]:
        site = self.facts.site(text)
        if site is None:
            return set()
        gone = self.facts.unnamed([site])
        lots = {lot for _, lot in self.facts.stock_lots([site])} | {flow.lot for flow in gone}
        # A receipt that names the lot of what left here without one, and no sender, makes that lot one that was here.
        return lots | {flow.lot for flow in self._naming(gone, lots)}

    def _represented(self, lots: Mapping[int, bool]) -> dict[int, bool]:
        made: dict[int, bool] = {}
        for lot, certain in lots.items():
            made[self.rep[lot]] = made.get(self.rep[lot], False) or certain
        return made

    def _load(self, start: Collection[int], said: Collection[Holding], asked: Collection[str]) -> set[tuple[int, int]]:
        """Read the closure (rule 1); return the pairs of the same code."""
        lots: set[int] = set()
        fresh = set(start)
        aliases: set[tuple[int, int]] = set()
        codes: set[tuple[int, int]] = set()
        sites: set[int] = set()
        while fresh:
            lots |= fresh
            named, same = set(self.facts.aliases(fresh)), set(self.facts.same_code(fresh))
            aliases |= named
            codes |= same
            flows = self.facts.flows(fresh)
            self.flows += flows
            came = {flow.site for flow in flows} | {flow.other for flow in flows if flow.kind != FlowKind.ALIAS}
            for holding, t, entry in self.facts.spoken(fresh):
                self.spoken[holding].append((t, entry))
                came.add(holding[1])
            new = came - sites - {0}
            sites |= new
            reached = {lot for both in named for lot in both} | {other for _, other in same}
            reached |= {dst for _, dst in self.facts.children(fresh)}
            reached |= {flow.lot for flow in self.facts.unnamed(new)} if new else set()
            reached |= {flow.lot for flow in self.facts.sent_to(without_source(flows))}
            reached |= under_another(self.facts, flows)
            fresh = reached - lots
        self.infos = dict(self.facts.lots(lots))
        texts = self.facts.texts(lots)
        self._name(lots, aliases | twins(self.flows, self.infos), texts)
        self.called = Called(self.rep, texts, self.flows, (*self.spoken, *said), asked)
        spoken = list(self.spoken.items())
        self.spoken.clear()
        for (name, site), told in spoken:
            self.spoken[self.rep[name], site] += told
        self.flows = [
            flow if self.rep[flow.lot] == flow.lot else msgspec.structs.replace(flow, lot=self.rep[flow.lot]) for flow in self.flows
        ]
        if len(self.classes) < len(lots):
            self.flows = list(self.facts.under_one_number(self.flows))
        return codes

    def _name(self, lots: Collection[int], aliases: Iterable[tuple[int, int]], texts: Mapping[int, str]) -> None:
        """Put names into classes (rule 2)."""
        self.rep.update(representatives(lots, aliases, texts))
        for lot in lots:
            self.classes.setdefault(self.rep[lot], set()).add(lot)

    def _naming(self, flows: Iterable[Flow], known: Collection[int]) -> list[Flow]:
        """Return what other lots' records say under the numbers of dispatches without lot: a receipt may name theirs.

        :param known: lots whose records are read anyway.
        """
        nameless = [flow for flow in flows if is_nameless(flow)]
        if not nameless:
            return []
        numbers = {flow.pair for flow in nameless}
        there = {lot for _, lot in self.facts.stock_lots({flow.other or flow.site for flow in nameless})} - set(known)
        return [flow for flow in self.facts.flows(there) if flow.pair in numbers]

    def _recorded(self) -> dict[int, set[int]]:
        """Return the recorded holdings (rule 3): lot -> sites."""
        found: dict[int, set[int]] = defaultdict(set)
        for flow in self.flows:
            if flow.site and flow.kind != FlowKind.DISCARDED and not flow.flags & UNNAMED:
                found[flow.lot].add(flow.site)
        for move in self.moves:
            if move.dst:
                found[move.lot].add(move.dst)
            if move.src and not move.unnamed:
                found[move.lot].add(move.src)
        return found

    def products(self, lot: int) -> set[str]:
        """Return every product that any record says of a lot, under any of its names."""
        return {product for name in self.classes[lot] for product in self.infos[name].all_products}

    def followed(self, flow: Flow) -> bool:
        """Say whether this output of a transformation is followed: not if this case cleared it."""
        return not (flow.flags & CLEARED and self.case and flow.pair == self.case)

    def let_go(self, gone: Flow | Move, holding: Holding | None = None) -> bool:
        """Say whether goods that left a holding had been cleared there (:class:`foodtrace.recall.letgo.LetGo`)."""
        return self._cleared.gone(gone, holding)

    def steps(self) -> dict[Holding, list[Step]]:
        """Return the confirmed steps (rule 4)."""
        steps: dict[Holding, list[Step]] = defaultdict(list)
        for move in self.moves:
            if move.src and move.dst and not move.unnamed and not self.let_go(move):
                steps[move.lot, move.src].append((move.t_out, move.t_in, (move.lot, move.dst)))
        knots: dict[tuple[int, int], Holding] = {}
        for flow in self.flows:
            if flow.kind == FlowKind.CONSUMED and not self.let_go(flow):
                knot = knots.setdefault((flow.log, flow.seq), (len(knots), KNOT))
                steps[flow.lot, flow.site].append((flow.t, ALWAYS, knot))
        for flow in self.flows:
            if flow.kind == FlowKind.PRODUCED and (flow.log, flow.seq) in knots and self.followed(flow):
                steps[knots[flow.log, flow.seq]].append((NEVER, flow.t, (flow.lot, flow.site)))
        return steps

    def unnamed_steps(self, slack: int = 0) -> dict[Holding, list[Step]]:
        """Return the possible steps of dispatches without lot (rule 4).

        :param slack: by how much, in microseconds, goods may have come too late by the clocks.
        """
        steps: dict[Holding, list[Step]] = defaultdict(list)
        unnamed = [move for move in self.moves if move.unnamed and move.src and move.dst]
        if not unnamed:
            return steps
        senders = {move.src for move in unnamed}
        products = {lot: self.products(lot) for lot in self.classes}
        held: dict[int, list[tuple[int, Holding, set[str]]]] = defaultdict(list)
        told = [(holding, t) for holding, words in self.spoken.items() for t, _ in words]
        for (lot, site), since in first_there(self.moves, self.flows, told).items():
            if site in senders:
                held[site].append((since, (lot, site), products[lot]))
        for lot, site in self.said:
            if site in senders:
                held[site].append((ALWAYS, (lot, site), products[lot]))
        for move in unnamed:
            wanted = min(products[move.lot], default="")
            for since, holding, said in held[move.src]:
                if since - slack <= move.t_out and may_be(said, wanted) and not self.let_go(move, holding):
                    steps[holding].append((move.t_out, move.t_in, (move.lot, move.dst)))
        return steps

    def unlike_steps(self) -> dict[Holding, list[Step]]:
        """Return the possible steps from what a sender's paper names to what the receiver's does (rule 5)."""
        steps: dict[Holding, list[Step]] = defaultdict(list)
        for each in self.unlike:
            for here, there in each.steps:
                if not self._cleared.free(here, each.entries, min(each.t_out, each.t_in), each.t_out):
                    steps[here].append((each.t_out, each.t_in, there))
        return steps


def representatives(lots: Collection[int], aliases: Iterable[tuple[int, int]], texts: Mapping[int, str]) -> dict[int, int]:
    """Return the representative of every name: that of its class with the first text."""
    parent = {lot: lot for lot in lots}

    def top(lot: int) -> int:
        while parent[lot] != lot:
            parent[lot] = parent[parent[lot]]
            lot = parent[lot]
        return lot

    for a, b in aliases:
        one, two = top(a), top(b)
        if one != two:
            keep, give = (one, two) if in_order(texts[one]) <= in_order(texts[two]) else (two, one)
            parent[give] = keep
    return {lot: top(lot) for lot in lots}


def first_arrivals(moves: Iterable[Move], flows: Iterable[Flow]) -> dict[Holding, int]:
    """Return when each holding first had goods, by the records of what came to it."""
    came = [((move.lot, move.dst), move.t_in) for move in moves if move.dst]
    came += [((flow.lot, flow.site), flow.t) for flow in flows if flow.kind in _ARRIVALS and flow.site]
    return _first(came)


def first_there(moves: Iterable[Move], flows: Iterable[Flow], told: Iterable[tuple[Holding, int]] = ()) -> dict[Holding, int]:
    """Return since when each holding had goods by any record: at the latest when some came, left, were used or counted (rule 4).

    :param told: (holding, moment) of what else says that they were there.
    """
    moves, flows = list(moves), list(flows)
    there = [*first_arrivals(moves, flows).items(), *told]
    there += [((move.lot, move.src), min(move.t_out, move.t_in, move.early)) for move in moves if move.src and not move.unnamed]
    for flow in flows:
        if flow.kind == FlowKind.RECEIPT and flow.other:
            there.append(((flow.lot, flow.other), flow.t))  # who received them from there says that they had been there
        elif flow.kind in _THERE and flow.site and not flow.flags & UNNAMED:
            there.append(((flow.lot, flow.site), ALWAYS if flow.flags & UNKNOWN_TIME else flow.t - _LAST if flow.flags & DAY else flow.t))
    return _first(there)


def _first(timed: Iterable[tuple[Holding, int]]) -> dict[Holding, int]:
    first: dict[Holding, int] = {}
    for holding, t in timed:
        first[holding] = min(first.get(holding, t), t)
    return first
