"""The affected set: which holdings a scope reaches, and how sure that is (RECALL sections 2 and 3).

Steps, with the section's words:

1. **Records** of every lot the scope can touch are read once (:mod:`foodtrace.recall.records`), its clauses made into **seeds**
   (:mod:`foodtrace.recall.scope`).
2. **E1** is reached from confirmed seeds over confirmed steps; **E2** from all seeds over all steps, those short by at most
   ``clock_slack`` let in. What stands under another lot by the receiver's paper is reached by a possible step, like goods without lot
   (ADR 35): that holding and what became of it, not the rest of that lot, which was never in the transfer.
3. **A** is E2 closed under lot presumption: once a lot is in a lot scope or is an output of an affected transformation, all its
   recorded holdings join for all time, and those of lots of the same code under an unknown authority; in partial scopes a
   holding with unexplained stock joins, of a seed lot or of one that lay at the site in the window. So does what a site answered that
   it holds, or any record says was there, where no move put it.
4. The answer is A (E2 where ``lot_presumption`` is ``path``); a link is confirmed exactly for members of E1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from foodtrace.events import Clause, LeftClause, ThroughClause
from foodtrace.graph.flows import ALWAYS, UNNAMED, Copies, Flow, FlowKind, LotInfo, SiteInfo
from foodtrace.graph.walk import KNOT, Holding, Joins, Step, reach, strained, tiers
from foodtrace.recall.called import Called
from foodtrace.recall.facts import Cleared, Facts
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import HoldingSum, holdings
from foodtrace.recall.records import Records
from foodtrace.recall.scope import Seed, lots_there, seeds, vague_departures, went_astray
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.standsin import counted_once
from foodtrace.recall.unlikelots import Unlike

Grade: TypeAlias = Literal["confirmed", "possible"]


class Link(msgspec.Struct, frozen=True):
    """How a holding is affected."""

    since: int
    """τ: from when goods there are affected, microseconds; ALWAYS for all of it."""
    link: Grade
    presumed: bool
    """True: in the answer only because its whole lot is presumed affected."""
    seed: bool
    tier: int
    """Fewest moves from a seed (in a lot scope every recorded holding of the lot is one); -1 where no path is on record."""


class Affected(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The affected set of a scope, with the records it was computed from.

    What is worked out of it again and again may be kept beside its fields (:func:`foodtrace.recall.sums.sums_with_said`).
    """

    lots: tuple[int, ...]
    """Representatives of affected lots, pseudo-lots included."""
    names: Mapping[int, tuple[int, ...]]
    """Representative -> all names of the lot."""
    called: Called
    """By which of these people are told of it, and where."""
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
    """Sites of who recalls that are of no outlet's kind; one of them with a consumer sale of affected goods is an outlet as well."""
    partial: bool
    """True: the scope was not whole lots."""
    steps_by_slack: tuple[tuple[Holding, Holding], ...]
    """Steps without which a holding would not be in the answer by any path, and that only ``clock_slack`` lets in."""
    sure_sites: frozenset[int] = frozenset()
    """Sites with a confirmed holding."""
    uncertain: tuple[int, ...] = ()
    """Lots that a predicate fits only if an attribute nobody recorded does."""
    code_only: tuple[tuple[int, int], ...] = ()
    """(affected lot, lot of the same code under an authority on no record)."""
    meant: frozenset[int] = frozenset()
    """Every name of the lots that the scope means as wholes, and of their codes under other authorities, held anywhere or not."""
    astray: tuple[Move, ...] = ()
    """Moves of a ``left`` clause that name no registered destination: what the scope means went where nobody can look."""
    vague: frozenset[Holding] = frozenset()
    """Possible seeds: goods came there that may have left the site of a ``left`` clause in its window, and may as well not have."""
    slack: int = 0
    """By how much clocks may have been wrong, microseconds."""
    spoken: Mapping[Holding, Sequence[tuple[int, tuple[int, int]]]] = {}
    """Holding -> (since when, (log, seq)) of records that say goods were there and move none."""
    unlike: tuple[Unlike, ...] = ()
    """Transfers whose papers contradict each other on the lot, by two lots each, one of them at least among these goods there."""
    beside: frozenset[int] = frozenset()
    """Lots, in a scope of whole lots, of which not every holding is affected: reached as what papers of a transfer may have meant."""
    copies: tuple[Copies, ...] = ()
    """Event ids that several logs carry; the copies that do not count are not among ``flows``."""

    def product(self, lot: int) -> str:
        """Return the product of a lot, from whichever of its names says it."""
        said = (self.infos[name].product for name in self.names.get(lot, (lot,)) if name in self.infos)
        return min(filter(None, said), default="")

    def products(self, lot: int) -> set[str]:
        """Return every product that any record says of a lot, under any of its names."""
        return {each for name in self.names.get(lot, (lot,)) if name in self.infos for each in self.infos[name].all_products}

    def site_link(self, site: int) -> Grade:
        """Return the best link of a site's holdings."""
        return "confirmed" if site in self.sure_sites else "possible"


def find(
    facts: Facts,
    clauses: Sequence[Clause],
    *,
    settings: Settings = DEFAULT,
    own_operator: str = "",
    case: str = "",
    said: Collection[Holding] = (),
    lifted: Collection[Cleared] = (),
    outlets_sold: bool = True,
    visits: Iterable[Flow] = (),
) -> Affected:
    """Return the affected set of a scope.

    :param own_operator: who recalls; its sites of no outlet's kind are own (RECALL section 3).
    :param case: id of the case, whose approved relabellings are not followed.
    :param said: (name of a lot, site) of what sites answered that they hold (:func:`foodtrace.recall.reach.places_said`).
    :param lifted: goods that are not followed from where they were cleared (:mod:`foodtrace.recall.clearing`, rule 3).
    :param visits: what visits found (:func:`foodtrace.recall.visited.visits`).
    """
    records = Records(facts, clauses, case, said, lifted, visits)
    # 1. Seeds and steps.
    sown = seeds(records, clauses)
    steps = records.steps()
    # 2. E1 and E2.
    e1 = reach([(holding, since) for holding, since, certain in sown if certain], steps)
    both = _merged(_merged(steps, records.unnamed_steps(settings.clock_slack)), records.unlike_steps())
    start = [(holding, since) for holding, since, _ in sown]
    e2 = reach(start, both, slack=settings.clock_slack)
    # 3. A.
    answer = e2
    if settings.lot_presumption == "lot":
        presumed = _presumed(records, clauses, sown)
        answer = reach(presumed, both, slack=settings.clock_slack, known=e2, joins=_joins(records, settings.clock_slack))
    # 4. Links.
    tier = tiers([seed[0] for seed in sown], both, answer, slack=settings.clock_slack)
    seeded = {seed[0] for seed in sown}
    links = {
        holding: Link(since, "confirmed" if holding in e1 else "possible", holding not in e2, holding in seeded, tier.get(holding, -1))
        for holding, since in answer.items()
        if holding[1] != KNOT
    }
    slack = _by_slack(e2, start, both, settings.clock_slack)
    unclear = went_astray(records, clauses), vague_departures(records, clauses)
    return _result(records, links, own_operator, slack, sold=outlets_sold, settings=settings, unclear=unclear)


def _merged(steps: dict[Holding, list[Step]], more: Mapping[Holding, list[Step]]) -> dict[Holding, list[Step]]:
    return {**steps, **{holding: [*steps.get(holding, ()), *each] for holding, each in more.items()}} if more else steps


def _presumed(records: Records, clauses: Sequence[Clause], sown: Sequence[Seed]) -> list[tuple[Holding, int]]:
    """Return what joins besides the seeds before anything is walked (step 3)."""
    found: list[tuple[Holding, int]] = []
    partial_lots: set[int] = set()
    for clause, fitting in zip(clauses, records.fitting, strict=True):
        found += [((other, site), ALWAYS) for lot in fitting for other in records.codes.get(lot, ()) for site in records.recorded[other]]
        if isinstance(clause, LeftClause | ThroughClause):
            partial_lots |= {holding[0] for holding, _, _ in sown} | lots_there(records, clause)
    found += [((lot, site), ALWAYS) for (lot, site, _), each in records.sums.items() if each.over > 0 and lot in partial_lots]
    found += [(holding, ALWAYS) for holding in records.said if holding[0] in partial_lots]
    return found


def _joins(records: Records, slack: int) -> Joins:
    """Return what joins when a holding is affected: all holdings of the lots made from it (step 3)."""
    made: dict[tuple[int, int], set[int]] = defaultdict(set)
    for flow in records.flows:
        if flow.kind == FlowKind.PRODUCED and records.followed(flow):
            made[flow.log, flow.seq].add(flow.lot)
    taken: dict[Holding, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for flow in records.flows:
        if flow.kind == FlowKind.CONSUMED and (flow.log, flow.seq) in made and not records.let_go(flow):
            taken[flow.lot, flow.site].append((flow.t, (flow.log, flow.seq)))
    done: set[int] = set()

    def joins(holding: Holding, since: int) -> Iterable[Holding]:
        fresh: set[int] = set()
        for t, entry in taken.get(holding, ()):
            if t >= since - slack:
                fresh |= made[entry]
        fresh -= done
        done.update(fresh)
        wanted = fresh | {other for lot in fresh for other in records.codes.get(lot, ())}
        return [(lot, site) for lot in wanted for site in records.recorded.get(lot, ())]

    return joins


def _by_slack(
    e2: Mapping[Holding, int], start: Sequence[tuple[Holding, int]], both: Mapping[Holding, list[Step]], slack: int
) -> tuple[tuple[Holding, Holding], ...]:
    """Return the steps that need the slack: what they lead to is reached by no other path."""
    short = strained(e2, both, slack=slack) if slack else []
    if not short:
        return ()
    exact = reach(start, both)
    return tuple((here, there) for here, there in short if there not in exact and here[1] != KNOT)


def _result(
    records: Records,
    links: Mapping[Holding, Link],
    own_operator: str,
    slack: tuple[tuple[Holding, Holding], ...],
    *,
    sold: bool,
    settings: Settings,
    unclear: tuple[tuple[Move, ...], frozenset[Holding]],
) -> Affected:
    touched = {site for _, site in links}
    sites = dict(records.facts.sites(touched))
    kinds = settings.outlet_kinds
    outlets = {site for site, info in sites.items() if info.is_outlet(kinds)}
    if sold:
        outlets |= {site for (lot, site, _), each in records.sums.items() if each.sold > 0 and (lot, site) in links}
    own = {site for site, info in sites.items() if own_operator and info.operator == own_operator and not info.is_outlet(kinds)}
    lots = tuple(sorted({lot for lot, _ in links}))
    unlike = tuple(each for each in records.unlike if any(here in links or there in links for here, there in each.steps))
    moves = counted_once(records.moves, unlike, links) if unlike else records.moves
    return Affected(
        lots=lots,
        names={lot: tuple(sorted(records.classes[lot])) for lot in lots},
        called=records.called,
        holdings=links,
        flows=records.flows,
        moves=moves,
        sums=holdings(moves, records.flows) if any(move.under for move in moves) else records.sums,
        sites=sites,
        infos=records.infos,
        outlets=frozenset(outlets),
        intermediaries=frozenset(touched - outlets - own),
        own=frozenset(own),
        partial=records.partial,
        steps_by_slack=slack,
        sure_sites=frozenset(site for (_, site), link in links.items() if link.link == "confirmed"),
        uncertain=_uncertain(records, lots),
        code_only=_code_only(records, lots),
        meant=_meant(records),
        astray=unclear[0],
        vague=unclear[1],
        slack=settings.clock_slack,
        spoken={holding: told for holding, told in records.spoken.items() if holding in records.said},
        unlike=unlike,
        beside=_beside(records, links, lots, settings),
        copies=records.copies,
    )


def _beside(records: Records, links: Mapping[Holding, Link], lots: Collection[int], settings: Settings) -> frozenset[int]:
    if records.partial or not records.unlike or settings.lot_presumption != "lot":
        return frozenset()
    return frozenset(lot for lot in lots if any((lot, site) not in links for site in records.recorded[lot]))


def _uncertain(records: Records, lots: Collection[int]) -> tuple[int, ...]:
    # Goods without lot that came nowhere, or that a receipt names the lot of, are no lot of this answer.
    unheld = {flow.lot for flow in records.flows if flow.flags & UNNAMED}.difference(lots)
    return tuple(sorted({lot for fitting in records.fitting for lot, certain in fitting.items() if not certain} - unheld))


def _meant(records: Records) -> frozenset[int]:
    lots = {each for fitting in records.fitting for lot in fitting for each in (lot, *records.codes.get(lot, ()))}
    return frozenset(name for lot in lots for name in records.classes.get(lot, (lot,)))


def _code_only(records: Records, lots: Collection[int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted({(lot, other) for lot in lots for other in records.codes.get(lot, ()) if other in records.recorded}))
