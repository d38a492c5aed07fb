"""The affected set: which holdings a scope reaches, and how sure that is (RECALL sections 2 and 3).

Steps, with the section's words:

1. **Lots.** From the lots a scope can touch, the closure over aliases and transformations; all their flows are read once.
2. **Steps** between holdings: moves and transformations confirmed; a dispatch without lot is a possible step from every holding
   of that product at the sender that had received goods by then.
3. **Seeds** by clause. **Reach** is a Dijkstra pass over time: exact on cycles, since nothing arrives before it was reached.
4. **E1** from confirmed seeds over confirmed steps; **E2** from all, steps short by at most ``clock_slack`` let in.
5. **A** is E2 closed under lot presumption. The answer is A; a link is confirmed exactly for members of E1.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import ALWAYS, BIRTHS, CLEARED, UNNAMED, Flow, FlowKind, LotInfo, SiteInfo
from foodtrace.recall.facts import Facts
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.quantities import HoldingSum, holdings
from foodtrace.recall.settings import DEFAULT, Settings

Holding: TypeAlias = tuple[int, int]
"""(lot, site); the lot is its alias class's representative."""
Grade: TypeAlias = Literal["confirmed", "possible"]
Step: TypeAlias = tuple[int, int, Holding, bool]
"""(t_out, t_in, where to, confirmed)."""
Seed: TypeAlias = tuple[Holding, int, bool]
"""(holding, from when, confirmed)."""


class Link(msgspec.Struct, frozen=True):
    """How a holding is affected."""

    since: int
    """τ: from when goods there are affected, microseconds; ALWAYS for all of it."""
    link: Grade
    presumed: bool
    """True: in the answer only because its whole lot is presumed affected."""
    seed: bool
    tier: int
    """Fewest moves from a seed; -1 where no path is on record."""


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """The affected set of a scope, with the records it was computed from."""

    lots: tuple[int, ...]
    """Representatives of affected lots, pseudo-lots included."""
    names: Mapping[int, tuple[int, ...]]
    """Representative -> all names of the lot."""
    holdings: Mapping[Holding, Link]
    flows: Sequence[Flow]
    """Every live flow of every lot read, lots as their representatives."""
    moves: Sequence[Move]
    sums: Mapping[tuple[int, int, int], HoldingSum]
    """(lot, site, unit) -> quantities."""
    sites: Mapping[int, SiteInfo]
    infos: Mapping[int, LotInfo]
    outlets: frozenset[int]
    intermediaries: frozenset[int]
    own: frozenset[int]
    partial: bool
    """True: the scope was not whole lots."""
    steps_by_slack: tuple[tuple[Holding, Holding], ...]

    def site_link(self, site: int) -> Grade:
        """Return the best link of a site's holdings."""
        return "confirmed" if any(h[1] == site and link.link == "confirmed" for h, link in self.holdings.items()) else "possible"


class _World:
    """The records of every lot a scope can touch."""

    def __init__(self, facts: Facts, clauses: Sequence[Clause], settings: Settings, case: str) -> None:
        self.facts = facts
        self.settings = settings
        self.case = case
        self.partial = any(isinstance(clause, LeftClause | ThroughClause) for clause in clauses)
        self.rep: dict[int, int] = {}
        self.classes: dict[int, set[int]] = {}
        self.flows: list[Flow] = []
        self.scope_lots: dict[int, bool] = {}
        for clause in clauses:
            for lot, certain in self._touched(clause):
                self.scope_lots[lot] = self.scope_lots.get(lot, False) or certain
        self._load(set(self.scope_lots))
        self.moves = pair(self.flows, self.rep)
        self.sums = holdings(self.moves, self.flows)

    def _touched(self, clause: Clause) -> Iterable[tuple[int, bool]]:
        if isinstance(clause, LeftClause | ThroughClause):
            site = self.facts.site(clause.site)
            return [] if site is None else [(lot, True) for _, lot in self.facts.stock_lots([site])]
        found = list(self.facts.lots_like(clause))
        if isinstance(clause, LotsClause):
            found += [(other, False) for _, other in self.facts.same_code([lot for lot, _ in found])]
        return found

    def _load(self, lots: set[int]) -> None:
        """Close over aliases, transformations and dispatches without lot; read every flow once (step 1)."""
        fresh = set(lots)
        pairs: set[tuple[int, int]] = set()
        seen_sites: set[int] = set()
        while fresh:
            lots |= fresh
            named = set(self.facts.aliases(fresh))
            pairs |= named
            reached = {b for _, b in named} | {dst for _, dst in self.facts.children(fresh)}
            flows = self.facts.flows(fresh)
            self.flows += flows
            sites = {flow.site for flow in flows if flow.site} | {flow.other for flow in flows if flow.other}
            new_sites = sites - seen_sites
            seen_sites |= new_sites
            reached |= {flow.lot for flow in self.facts.unnamed(new_sites)} if new_sites else set()
            fresh = reached - lots
        self._classes(lots, pairs)
        self.flows = [
            flow if self.rep[flow.lot] == flow.lot else msgspec.structs.replace(flow, lot=self.rep[flow.lot]) for flow in self.flows
        ]
        self.infos = dict(self.facts.lots(lots))

    def _classes(self, lots: set[int], pairs: set[tuple[int, int]]) -> None:
        texts = self.facts.texts(lots)
        parent = {lot: lot for lot in lots}

        def top(lot: int) -> int:
            while parent[lot] != lot:
                parent[lot] = parent[parent[lot]]
                lot = parent[lot]
            return lot

        for a, b in pairs:
            one, two = top(a), top(b)
            if one != two:
                # The smallest text names the class, so that the order of records does not matter.
                keep, give = (one, two) if texts[one] <= texts[two] else (two, one)
                parent[give] = keep
        for lot in lots:
            self.rep[lot] = top(lot)
            self.classes.setdefault(self.rep[lot], set()).add(lot)

    def product(self, lot: int) -> str:
        """Return the product of a lot, from whichever of its names says it."""
        return next((self.infos[name].product for name in sorted(self.classes[lot]) if self.infos[name].product), "")


def find(
    facts: Facts,
    clauses: Sequence[Clause],
    *,
    settings: Settings = DEFAULT,
    own_operator: str = "",
    case: str = "",
    outlets_sold: bool = True,
) -> Affected:
    """Return the affected set of a scope.

    :param own_operator: who recalls; its sites that are no outlets are own (RECALL section 3).
    :param case: id of the case, whose approved relabellings are not followed.
    """
    world = _World(facts, clauses, settings, case)
    recorded = _recorded(world)
    possible_steps = _unnamed_steps(world, recorded)
    steps = _steps(world)
    seeds = _seeds(world, clauses, recorded)
    # 4. E1 and E2.
    e1 = _reach([seed for seed in seeds if seed[2]], steps, 0)
    both = {holding: [*steps.get(holding, ()), *possible_steps.get(holding, ())] for holding in {*steps, *possible_steps}}
    e2 = _reach(seeds, both, settings.clock_slack)
    # 5. A.
    answer = _presume(world, clauses, recorded, seeds, both, e2) if settings.lot_presumption == "lot" else dict(e2)
    tiers = _tiers([seed[0] for seed in seeds], both)
    seeded = {seed[0] for seed in seeds}
    links = {
        holding: Link(since, "confirmed" if holding in e1 else "possible", holding not in e2, holding in seeded, tiers.get(holding, -1))
        for holding, since in answer.items()
    }
    return _result(world, links, own_operator, _slack_steps(e2, both), sold=outlets_sold)


def _recorded(world: _World) -> dict[int, set[int]]:
    """Return every recorded holding: lot -> sites."""
    found: dict[int, set[int]] = defaultdict(set)
    for flow in world.flows:
        if flow.kind == FlowKind.DISCARDED:
            continue
        if flow.site and not flow.flags & UNNAMED:
            found[flow.lot].add(flow.site)
    for move in world.moves:
        if move.dst:
            found[move.lot].add(move.dst)
        if move.src and not move.unnamed:
            found[move.lot].add(move.src)
    return found


def _steps(world: _World) -> dict[Holding, list[Step]]:
    """Return the confirmed steps (step 2)."""
    steps: dict[Holding, list[Step]] = defaultdict(list)
    for move in world.moves:
        if move.src and move.dst and not move.unnamed:
            steps[move.lot, move.src].append((move.t_out, move.t_in, (move.lot, move.dst), True))
    inputs: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    outputs: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for flow in world.flows:
        if flow.kind == FlowKind.CONSUMED:
            inputs[flow.log, flow.seq].append(flow)
        elif flow.kind == FlowKind.PRODUCED and not (flow.flags & CLEARED and flow.pair == world.case != ""):
            outputs[flow.log, flow.seq].append(flow)
    for entry, taken in inputs.items():
        for source in taken:
            steps[source.lot, source.site] += [(source.t, made.t, (made.lot, made.site), True) for made in outputs.get(entry, ())]
    return steps


def _unnamed_steps(world: _World, recorded: Mapping[int, set[int]]) -> dict[Holding, list[Step]]:
    """Return the possible steps of dispatches without lot (step 2)."""
    steps: dict[Holding, list[Step]] = defaultdict(list)
    at_site: dict[int, list[int]] = defaultdict(list)
    for lot, sites in recorded.items():
        if not world.facts.texts([lot])[lot].startswith("?"):
            for site in sites:
                at_site[site].append(lot)
    first = _first_arrivals(world)
    for move in world.moves:
        if not move.unnamed or not move.src or not move.dst:
            continue
        wanted = world.product(move.lot)
        for lot in at_site.get(move.src, ()):
            had = first.get((lot, move.src))
            if had is not None and had <= move.t_out and world.product(lot) == wanted:
                steps[lot, move.src].append((move.t_out, move.t_in, (move.lot, move.dst), False))
    return steps


def _first_arrivals(world: _World) -> dict[Holding, int]:
    """Return when each holding first received anything."""
    first: dict[Holding, int] = {}
    for move in world.moves:
        if move.dst:
            holding = (move.lot, move.dst)
            first[holding] = min(first.get(holding, move.t_in), move.t_in)
    for flow in world.flows:
        if flow.kind in BIRTHS or flow.kind in (FlowKind.CONSUMER_RETURN, FlowKind.COUNT):
            holding = (flow.lot, flow.site)
            first[holding] = min(first.get(holding, flow.t), flow.t)
    return first


def _seeds(world: _World, clauses: Sequence[Clause], recorded: Mapping[int, set[int]]) -> list[Seed]:
    """Return the seeds (step 3)."""
    sure = {(flow.lot, flow.site) for flow in world.flows if flow.kind in BIRTHS}
    for move in world.moves:
        if move.src and move.dst and not move.unnamed:
            sure |= {(move.lot, move.src), (move.lot, move.dst)}
    seeds: list[Seed] = []
    for clause in clauses:
        if isinstance(clause, LeftClause):
            site, start, end = world.facts.site(clause.site), micros(clause.start), micros(clause.end)
            seeds += [
                ((move.lot, move.dst), move.t_in, not move.unnamed)
                for move in world.moves
                if move.src == site and move.dst and start <= move.t_out <= end
            ]
        elif isinstance(clause, ThroughClause):
            seeds += _through(world, clause)
        else:
            for lot, certain in _scope_lots(world, clause).items():
                seeds += [((lot, site), ALWAYS, certain and (lot, site) in sure) for site in recorded.get(lot, ())]
    return seeds


def _scope_lots(world: _World, clause: Clause) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for lot, certain in world.facts.lots_like(clause):
        rep = world.rep.get(lot, lot)
        found[rep] = found.get(rep, False) or certain
    if isinstance(clause, LotsClause):
        for _, other in world.facts.same_code(list(found)):
            found.setdefault(world.rep.get(other, other), False)
    return found


def _through(world: _World, clause: ThroughClause) -> list[Seed]:
    site, start, end = world.facts.site(clause.site), micros(clause.start), micros(clause.end)
    if site is None:
        return []
    before = holdings(
        [move for move in world.moves if site in (move.src, move.dst)], [flow for flow in world.flows if flow.site == site], before=start
    )
    seeds: list[Seed] = []
    for lot in {key[0] for key in before if key[1] == site}:
        sums = [each for key, each in before.items() if key[:2] == (lot, site)]
        if any(each.on_hand > 0 for each in sums):
            seeds.append(((lot, site), start, True))
    seeds += [((move.lot, site), move.t_in, not move.unnamed) for move in world.moves if move.dst == site and start <= move.t_in <= end]
    seeds += [
        ((flow.lot, site), flow.t, True) for flow in world.flows if flow.kind in BIRTHS and flow.site == site and start <= flow.t <= end
    ]
    return seeds


def _reach(seeds: Iterable[Seed], steps: Mapping[Holding, Sequence[Step]], slack: int) -> dict[Holding, int]:
    """Return the least τ of every holding reached: a Dijkstra pass over time (step 3)."""
    best: dict[Holding, int] = {}
    queue: list[tuple[int, Holding]] = [(since, holding) for holding, since, _ in seeds]
    heapq.heapify(queue)
    while queue:
        since, holding = heapq.heappop(queue)
        if holding in best:
            continue
        best[holding] = since
        for t_out, t_in, there, _ in steps.get(holding, ()):
            if there not in best and t_out >= since - slack:
                heapq.heappush(queue, (max(since, t_in), there))
    return best


def _presume(
    world: _World,
    clauses: Sequence[Clause],
    recorded: Mapping[int, set[int]],
    seeds: Sequence[Seed],
    steps: Mapping[Holding, Sequence[Step]],
    e2: Mapping[Holding, int],
) -> dict[Holding, int]:
    """Close E2 under lot presumption (step 5)."""
    whole: set[int] = set()
    for clause in clauses:
        if not isinstance(clause, LeftClause | ThroughClause):
            whole |= set(_scope_lots(world, clause))
    extra: list[Seed] = []
    if world.partial:
        for lot in {seed[0][0] for seed in seeds}:
            extra += [((lot, key[1]), ALWAYS, False) for key, each in world.sums.items() if key[0] == lot and each.over > 0]
    made: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for flow in world.flows:
        if flow.kind == FlowKind.PRODUCED and not (flow.flags & CLEARED and flow.pair == world.case != ""):
            made[flow.log, flow.seq].append(flow)
    taken = [flow for flow in world.flows if flow.kind == FlowKind.CONSUMED]
    current = dict(e2)
    while True:
        wanted = set(whole)
        for flow in taken:
            since = current.get((flow.lot, flow.site))
            if since is not None and flow.t >= since - world.settings.clock_slack:
                wanted |= {out.lot for out in made.get((flow.log, flow.seq), ())}
        presumed = [((lot, site), ALWAYS, False) for lot in wanted for site in recorded.get(lot, ())]
        grown = _reach([*seeds, *extra, *presumed], steps, world.settings.clock_slack)
        if grown == current:
            return current
        current = grown


def _tiers(seeds: Iterable[Holding], steps: Mapping[Holding, Sequence[Step]]) -> dict[Holding, int]:
    """Return the fewest steps from a seed."""
    tiers = dict.fromkeys(seeds, 0)
    level = list(tiers)
    while level:
        following: list[Holding] = []
        for holding in level:
            for _, _, there, _ in steps.get(holding, ()):
                if there not in tiers:
                    tiers[there] = tiers[holding] + 1
                    following.append(there)
        level = following
    return tiers


def _slack_steps(e2: Mapping[Holding, int], steps: Mapping[Holding, Sequence[Step]]) -> tuple[tuple[Holding, Holding], ...]:
    """Return the steps that only ``clock_slack`` let in."""
    return tuple(
        sorted({(here, there) for here, since in e2.items() for t_out, _, there, _ in steps.get(here, ()) if t_out < since and there in e2})
    )


def _result(
    world: _World, links: Mapping[Holding, Link], own_operator: str, slack: tuple[tuple[Holding, Holding], ...], *, sold: bool
) -> Affected:
    touched = {site for _, site in links}
    sites = dict(world.facts.sites(touched))
    kinds = world.settings.outlet_kinds
    outlets = {site for site, info in sites.items() if info.kind in kinds}
    if sold:
        outlets |= {site for (lot, site, _), each in world.sums.items() if each.sold > 0 and (lot, site) in links}
    own = {site for site, info in sites.items() if own_operator and info.operator == own_operator and info.kind not in kinds}
    outlets -= own
    lots = tuple(sorted({lot for lot, _ in links}))
    return Affected(
        lots=lots,
        names={lot: tuple(sorted(world.classes[lot])) for lot in lots},
        holdings=links,
        flows=world.flows,
        moves=world.moves,
        sums=world.sums,
        sites=sites,
        infos=world.infos,
        outlets=frozenset(outlets),
        intermediaries=frozenset(touched - outlets - own),
        own=frozenset(own),
        partial=world.partial,
        steps_by_slack=slack,
    )
