"""Who has to know of a case: each party with what is its own, by what is on record (RCL15 Art. 16, 20).

Rules:

1. Downstream: every affected site that is not of whoever recalls.
   Of goods that the case cleared nobody is told (:mod:`foodtrace.recall.matter`): a notice would ask for what may be sold. But where goods
   without lot lie that are its matter all lots there are named: nobody knows which of them those are.
2. Upstream: each supplier one step up; who made the goods where only what left or lay at a site is recalled (RCL15 Art. 20); and who
   recalls where somebody else opened the case. Nobody twice, and nobody of what it supplied to itself; nor who supplied to nothing but
   lots of which nothing is the matter of the case any more.
3. One party is one site, told once: who got goods of the case and supplied what they were made of reads of both in one notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.flows import BIRTHS, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.walk import Holding
from foodtrace.operations.managing import reach_of
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import log_operator
from foodtrace.recall.facts import Case
from foodtrace.recall.matter import Matter
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import Key
from foodtrace.recall.silence import unheard
from foodtrace.recall.sums import said_at_notice, sums_with_said
from foodtrace.storage.session import Session

_NOTHING: Final[Mapping[Key, int]] = MappingProxyType({})


class PartyLot(msgspec.Struct, frozen=True, kw_only=True):
    """What a party has, or had, of one lot, in base units."""

    lot: str
    """Full id, by a name that the goods have at the party's; empty: goods that were dispatched without lot."""
    also: tuple[str, ...] = ()
    """Other names of the lot that records give it there, and those that were asked for."""
    product: str
    unit: str
    received: int | None
    """From others; for a supplier: what of its goods went in. None: goods are on the way to a site that keeps no books, nobody knows."""
    born: int = 0
    """Came to be there: made, repacked, let in at its gate."""
    on_hand: int | None
    """By the book; what the party itself knows may differ, that is what it is asked. None: it keeps no books, and has not said; or a
    supplier's, of which nobody asked the books."""
    travelling: int = 0
    """Sent to it, and not received by any record."""
    link: str
    recorded: int = 0
    """Where ``received`` is unknown: what came from others by the records; the unknown is how much of what travels came too."""
    goods: str = ""
    """Of goods without lot: the name by which an answer, a sealing and a return speak of them (``?LOG#SEQ``)."""


Direction: TypeAlias = Literal["downstream", "upstream"]
"""Why somebody is told: for what he got, or for what he supplied."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told."""

    site: str
    operator: str
    name: str
    kind: str
    outlet: bool
    lots: tuple[PartyLot, ...] = ()
    """What it got and holds, or held."""
    supplied: tuple[PartyLot, ...] = ()
    """What it supplied, or made, or let in at its gate: rule 2."""
    contact: str = ""
    phone: str = ""
    address: str = ""
    cleared: tuple[str, ...] = ()
    """Lots there that the case cleared: the notice says nothing of them."""

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Why it is told (rules 1 and 2); both where it is told of both (rule 3)."""
        return tuple(way for way in _FIELDS if self.said(way))

    def said(self, direction: Direction) -> tuple[PartyLot, ...]:
        """Return what it is told of, one way."""
        return self.lots if direction == "downstream" else self.supplied

    def only(self, *directions: Direction) -> Party:
        """Return the party as one who is told of these ways alone."""
        return msgspec.structs.replace(self, **{name: () for way, name in _FIELDS.items() if way not in directions})


_FIELDS: Final[Mapping[Direction, str]] = {"downstream": "lots", "upstream": "supplied"}


def parties(session: Session, now: int, state: Case) -> list[Party]:
    """Return everybody who has to know (rules 1 and 2), without contact data: outlets, other sites, suppliers; by site id in each."""
    facts = SqlFacts(session, now)
    return parties_of(session, facts, reach_of(facts, state), state)


def parties_of(session: Session, facts: SqlFacts, found: Affected, state: Case, matter: Matter | None = None) -> list[Party]:
    """Return :func:`parties` of facts that were looked up, and what was found in them. :param matter: of the case, if it is at hand."""
    made: list[Party] = []
    there: dict[int, list[int]] = defaultdict(list)
    for lot, site in found.holdings:
        there[site].append(lot)
    silent = unheard(facts, found, found.sums)
    settings = for_case(state, session.rules).settings
    asked = Matter(facts, found, state, settings) if matter is None else matter
    said = said_at_notice(facts, found, state, settings)
    sums = sums_with_said(facts, found, state, settings=settings)
    unnamed = {move.lot for move in found.moves if move.unnamed}
    told = {key: each.on_hand for key, each in sums.items() if key in said and key[1] in silent}
    for site, info in found.sites.items():
        if site in found.own and site not in found.outlets:
            continue
        held = [(lot, site) for lot in there[site]]
        let_go = [] if asked.everything else [holding for holding in held if not asked(*holding)]
        if let_go and not any(lot in unnamed and asked(lot, site) for lot, site in held):
            held = [holding for holding in held if asked(*holding)]
        else:
            let_go = []
        lots = _lots(found, held, silent, told)
        if lots:
            made.append(
                Party(
                    site=info.text,
                    operator=info.operator,
                    name=info.name or info.text,
                    kind=info.kind,
                    outlet=site in found.outlets,
                    lots=lots,
                    cleared=tuple(sorted((found.called.name(*holding) for holding in let_go), key=in_order)),
                )
            )
    up = {party.site: party for party in _upstream(session, facts, found, state, asked)}
    both = [each if each.site not in up else msgspec.structs.replace(each, supplied=up.pop(each.site).supplied) for each in made]
    return sorted((*both, *up.values()), key=lambda party: (not party.lots, not party.outlet, party.site))


def _lots(
    found: Affected, holdings: Sequence[Holding], silent: Collection[int] = (), told: Mapping[Key, int] = _NOTHING
) -> tuple[PartyLot, ...]:
    """Return what some sites have or had of each affected lot.

    :param holdings: (lot, site) of theirs. :param silent: sites that keep no books: what came there by the word of who sent it may be
        sold, and nobody says how much. :param told: what is left by a site's own answer.
    """
    made: list[PartyLot] = []
    called = found.called
    for lot, site in holdings:
        link, text = found.holdings[lot, site], called.name(lot, site)
        units = [unit for unit in range(3) if (lot, site, unit) in found.sums]
        quiet = site in silent
        for unit in units or [0]:
            key = lot, site, unit
            sums = found.sums.get(key)
            unknown = sums is not None and quiet and key not in told
            on_the_way = sums is not None and unknown and sums.travelling > 0
            made.append(
                PartyLot(
                    lot=text if not text.startswith("?") else "",
                    also=called.others(lot, site),
                    product=found.product(lot),
                    unit=UNIT_NAMES[unit],
                    received=None if sums is None or on_the_way else sums.received,
                    recorded=sums.received if sums is not None and on_the_way else 0,
                    born=sums.born if sums else 0,
                    on_hand=None if sums is None or (unknown and (sums.travelling or sums.on_hand)) else told.get(key, sums.on_hand),
                    travelling=sums.travelling if sums else 0,
                    link=link.link,
                    goods=text if text.startswith("?") else "",
                )
            )
    return tuple(sorted(made, key=lambda each: (not each.lot, each.lot, each.product, each.unit, in_order(each.goods))))


def _upstream(session: Session, facts: SqlFacts, found: Affected, state: Case, matter: Matter) -> Iterable[Party]:
    """Return who supplied what went into the recalled lots, who made them, and who recalls where somebody else opened the case.

    Who recalls is told of nothing that it supplied to itself.
    """
    matters = matter.lots
    scope = {lot for (lot, _), link in found.holdings.items() if link.seed and lot in matters}
    entries = {(flow.log, flow.seq) for flow in found.flows if flow.kind == FlowKind.PRODUCED and flow.lot in scope}
    names = {name for lot in scope for name in found.names[lot]}
    affected = {name for lot in found.lots for name in found.names[lot]}
    parents = {src for src, _ in facts.parents(names)} - affected
    went: dict[int, tuple[int, int]] = {}
    births: dict[int, set[int]] = defaultdict(set)
    for flow in facts.flows(parents):
        if flow.kind == FlowKind.CONSUMED and (flow.log, flow.seq) in entries:
            went[flow.lot] = (flow.unit, went.get(flow.lot, (0, 0))[1] + flow.q)
        elif flow.kind in BIRTHS:
            births[flow.site].add(flow.lot)
    infos = facts.lots(parents)
    for site, info in facts.sites(births).items():
        if info.operator == state.operator != "":
            continue
        lots = tuple(
            PartyLot(
                lot=infos[lot].text,
                product=infos[lot].product,
                unit=UNIT_NAMES[went.get(lot, (0, 0))[0]],
                received=went.get(lot, (0, 0))[1],
                on_hand=None,
                link="confirmed",
            )
            for lot in sorted(births[site], key=lambda each: in_order(infos[each].text))
        )
        yield _up(info.text, info.operator, info.name, info.kind, lots)
    elsewhere = log_operator(session, state.opener) != state.operator
    own_goods = [holding for holding in found.holdings if holding[1] in found.own and holding[0] in matters]
    recalls = _lots(found, own_goods) if elsewhere else ()
    if recalls:
        # To who recalls it is told what it brought into the world, made or bought: of one lot at one site these are different goods.
        recalls = tuple(msgspec.structs.replace(each, received=(each.received or 0) + each.born, born=0) for each in recalls)
        born = sorted(flow.site for flow in found.flows if flow.kind in BIRTHS and flow.site in found.own)
        own = found.sites[born[0] if born else min(found.own)]
        yield _up(own.text, own.operator, own.name, own.kind, recalls)
    for party in _makers(facts, found, set(births), matters):
        if party.operator != state.operator or (elsewhere and not recalls):
            yield party


def _makers(facts: SqlFacts, found: Affected, known: set[int], matters: Collection[int]) -> Iterable[Party]:
    """Return the sites where affected lots were born that are not affected themselves: what left one site says nothing of them."""
    lots = set(found.lots).intersection(matters)
    made: dict[int, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for flow in found.flows:
        if flow.kind in BIRTHS and flow.lot in lots and flow.site and flow.site not in known and flow.site not in found.sites:
            made[flow.site][flow.lot, flow.unit] += flow.q
    called = found.called
    for site, info in facts.sites(made).items():
        portions = [
            PartyLot(
                lot=called.name(lot, site),
                also=called.others(lot, site),
                product=found.product(lot),
                unit=UNIT_NAMES[unit],
                received=quantity,
                on_hand=None,
                link="confirmed",
            )
            for (lot, unit), quantity in made[site].items()
        ]
        portions.sort(key=lambda each: (in_order(each.lot), each.unit))
        yield _up(info.text, info.operator, info.name, info.kind, tuple(portions))


def _up(site: str, operator: str, name: str, kind: str, lots: tuple[PartyLot, ...]) -> Party:
    return Party(site=site, operator=operator, name=name or site, kind=kind, outlet=False, supplied=lots)
