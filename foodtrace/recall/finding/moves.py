"""Findings about moves: a side that is missing, sides that disagree, times that cannot be (RECALL section 3)."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from foodtrace.graph.flows import ALWAYS, LEAVING, NEVER, UNNAMED, Flow, FlowKind
from foodtrace.graph.products import may_be
from foodtrace.graph.walk import Holding
from foodtrace.recall.finding.look import Finding, Look, earliest, latest
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.records import first_arrivals, first_there, representatives
from foodtrace.recall.twins import twins

_OUT = LEAVING | {FlowKind.CONSUMED, FlowKind.SOLD, FlowKind.DESTROYED, FlowKind.LOST, FlowKind.USED}


_Candidate: TypeAlias = tuple[int, int, set[str]]
"""(lot, when goods of it first came, every product that records say of it)."""


def sides(look: Look) -> Iterator[Finding]:
    """not_received, not_sent, source_missing, destination_missing, quantity_differs, unit_differs, receipt before dispatch; told twice."""
    for move in look.found.moves:
        if (move.lot, move.src) not in look.found.holdings and (move.lot, move.dst) not in look.found.holdings:
            continue
        about: dict[str, Any] = {"lot": move.lot, "site": move.dst or move.src, "entries": move.entries}
        if move.evidence != "receipt" and (not move.dst or not look.registered(move.dst)):
            yield Finding(kind="destination_missing", value=move.sent, unit=move.unit, **about)
        if move.dst and not move.arrived and look.now - _left(look, move) > look.settings.transit_limit:
            yield Finding(kind="not_received", value=move.sent, unit=move.unit, **about)
        if move.arrived and not move.src:
            yield Finding(kind="source_missing", value=move.received, unit=move.unit_in, **about)
        elif move.evidence == "receipt":
            yield Finding(kind="not_sent", value=move.received, unit=move.unit_in, **about)
        if move.unit != move.unit_in:
            yield Finding(kind="unit_differs", **about)
        elif move.arrived and move.evidence == "both" and move.sent != move.received and not move.unlike:
            yield Finding(kind="quantity_differs", value=move.received - move.sent, unit=move.unit, **about)
        if len(move.entries) > 1 and move.t_in < move.t_out and _came_first(look, move):
            yield Finding(kind="time_contradiction", **about)
        if move.words:
            yield from _told_unlike(look, move)


def _told_unlike(look: Look, move: Move) -> Iterator[Finding]:
    """quantity_differs, time_contradiction, duplicate_conflict: several logs tell this one transfer, each in its own way."""
    about: dict[str, Any] = {"lot": move.lot, "site": move.dst or move.src, "entries": move.words, "reason": "told_twice"}
    if move.unlike:
        yield Finding(kind="quantity_differs", value=-move.unlike, unit=move.unit, **about)
    if move.apart > look.settings.clock_slack:
        yield Finding(kind="time_contradiction", **about)
    if move.elsewhere and not any(set(move.words) <= set(group.entries) for group in look.found.copies):
        yield Finding(kind="duplicate_conflict", **about)


def alike(look: Look) -> Iterator[Finding]:
    """duplicate_conflict: logs each tell a receipt that no dispatch answers, alike in all but the number. Both count (ADR 39)."""
    came: dict[tuple[int, int, int, int], list[Move]] = defaultdict(list)
    for move in look.found.moves:
        if move.evidence == "receipt" and move.received and (move.lot, move.dst) in look.found.holdings:
            came[move.lot, move.dst, move.unit_in, move.received].append(move)
    for (lot, site, unit, q), moves in came.items():
        rest = sorted(moves, key=lambda move: (move.t_in, *look.place(move.entries[0])))
        while rest:
            first = rest[0]
            same = [each for each in rest if first.t_in <= ALWAYS or each.t_in - first.t_in <= look.settings.clock_slack]
            same = [each for each in same if first.src in (0, each.src) or not each.src]
            if len({each.log for each in same}) > 1:
                entries = tuple(entry for each in same for entry in each.words or each.entries)
                yield Finding(kind="duplicate_conflict", lot=lot, site=site, unit=unit, value=q, entries=entries, reason="alike")
            rest = [each for each in rest if each not in same]


def astray(look: Look) -> Iterator[Finding]:
    """destination_missing: what a scope means by "left this site" names no registered destination."""
    for move in look.found.astray:
        if (move.lot, move.src) not in look.found.holdings:
            about: dict[str, Any] = {"lot": 0 if move.unnamed else move.lot, "site": move.src, "entries": move.entries}
            yield Finding(kind="destination_missing", value=move.sent, unit=move.unit, **about)
            if move.unnamed:
                yield Finding(kind="lot_missing", value=move.sent, unit=move.unit, **about)


def ahead(look: Look) -> Iterator[Finding]:
    """time_contradiction: a record of these goods, or of what is to be made of them, dated later than it was written and than T.

    Nothing of it is in the answer until that time comes: a clock that is ahead must not hide where goods went. A lot of which nothing but
    such records is there has no holding; it is the scope that means it.
    """
    lots = (set(look.representative) | look.found.meant) - look.pseudo
    rim = lots
    while rim:
        rim = {dst for _, dst in look.facts.children(rim)} - lots
        lots |= rim
    sites = {site for _, site in look.found.holdings}
    for flow in look.facts.ahead(lots, sites):
        lot = 0 if flow.flags & UNNAMED else look.representative.get(flow.lot, flow.lot)
        about: dict[str, Any] = {"lot": lot, "entries": ((flow.log, flow.seq),), "value": flow.q, "unit": flow.unit}
        there = flow.other if flow.kind in LEAVING and flow.other else flow.site
        yield Finding(kind="time_contradiction", site=there, **about)


def _left(look: Look, move: Move) -> int:
    """Return when goods left; at an unknown time they left before anybody wrote it down."""
    if move.t_out < NEVER:
        return move.t_out
    return min((flow.recorded for flow in look.in_entries(move.entries)), default=move.t_out)


def _came_first(look: Look, move: Move) -> bool:
    """Say whether the receipt was before the dispatch however their times are read (a day only, or not known)."""
    flows = list(look.in_entries(move.words or move.entries))
    came = [latest(flow) for flow in flows if flow.kind == FlowKind.RECEIPT]
    went = [earliest(flow) for flow in flows if flow.kind in LEAVING]
    return bool(came and went) and max(came) < min(went)


def before_birth(look: Look) -> Iterator[Finding]:
    """time_contradiction: goods left, were used or arrived before their lot began anywhere."""
    births = {lot: min(flow.t for flow in flows) for lot, flows in look.births.items()}
    for flow in look.found.flows:
        if flow.kind not in _OUT or flow.flags & UNNAMED or (flow.lot, flow.site) not in look.found.holdings:
            continue
        if flow.t < births.get(flow.lot, ALWAYS):
            yield Finding(kind="time_contradiction", lot=flow.lot, site=flow.site, entries=((flow.log, flow.seq),))
    for move in look.found.moves:
        if move.evidence == "receipt" and move.t_out < births.get(move.lot, ALWAYS) and (move.lot, move.dst) in look.found.holdings:
            yield Finding(kind="time_contradiction", lot=move.lot, site=move.dst, entries=move.entries)


def by_slack(look: Look) -> Iterator[Finding]:
    """time_contradiction: a step that only the allowed clock error lets in."""
    for here, there in look.found.steps_by_slack:
        entries = tuple(sorted(set(_between(look, here, there)), key=look.place))
        yield Finding(kind="time_contradiction", lot=there[0], site=there[1] or here[1], entries=entries)


def _between(look: Look, here: Holding, there: Holding) -> Iterator[tuple[int, int]]:
    """Iterate over the entries of the steps from one holding to another: moves, or transformations of the one into the other."""
    for move in look.found.moves:
        if (move.lot, move.dst, move.src) == (*there, here[1]):
            yield from move.entries
    taken = {(f.log, f.seq) for f in look.found.flows if f.kind == FlowKind.CONSUMED and (f.lot, f.site) == here}
    for flow in look.found.flows if taken else ():
        if flow.kind == FlowKind.PRODUCED and (flow.lot, flow.site) == there and (flow.log, flow.seq) in taken:
            yield flow.log, flow.seq


def without_lot(look: Look) -> Iterator[Finding]:
    """lot_missing, mixed_stall: dispatches without lot, and which holdings they may have come from.

    time_contradiction: of these goods it can have been only what came after it had left, as far as clocks may be wrong.
    """
    unnamed = [move for move in look.found.moves if move.unnamed and (move.lot, move.dst) in look.found.holdings]
    yield from _for_nowhere(look)
    if not unnamed:
        return
    senders = {move.src for move in unnamed}
    candidates = _candidates(look, senders)
    came = _came(look, senders)
    for move in unnamed:
        entries = move.words or move.entries
        had_come = came(move, look.settings.clock_slack)
        reason = "counted" if had_come is False else ""
        yield Finding(kind="lot_missing", site=move.src, entries=entries, value=move.sent, unit=move.unit, reason=reason)
        if had_come and not came(move, 0):
            yield Finding(kind="time_contradiction", lot=move.lot, site=move.dst, entries=entries)
        lots = candidates.count(move)
        if lots > 1:
            yield Finding(kind="mixed_stall", site=move.src, entries=entries, value=lots)


def _came(look: Look, senders: set[int]) -> Callable[[Move, int], bool | None]:
    """Return what says whether goods of this answer that a dispatch without lot may have been had come to its sender, by a record of that.

    It is asked with how much later they may have come. False: it only counted them, or some record speaks of them there: they were
    there, and nobody knows since when. None: no goods of this answer were there; what left is itself what a rule or a window means.
    """
    there: dict[int, list[tuple[int, int, set[str]]]] = defaultdict(list)
    for (lot, site), since in first_arrivals(look.found.moves, look.found.flows).items():
        if site in senders and (lot, site) in look.found.holdings:
            there[site].append((since, lot, look.found.products(lot)))

    known: dict[int, list[tuple[int, set[str]]]] = defaultdict(list)
    for lot, site in look.found.holdings:
        if site in senders:
            known[site].append((lot, look.found.products(lot)))

    def came(move: Move, slack: int) -> bool | None:
        wanted, by = _product(look, move), move.t_out + slack
        if any(since <= by and lot != move.lot and may_be(said, wanted) for since, lot, said in there[move.src]):
            return True
        return False if any(lot != move.lot and may_be(said, wanted) for lot, said in known[move.src]) else None

    return came


class _Candidates:
    """What senders may have sent: of each product their lots by the time they first had goods of them, put into order once for all moves.

    :param there: by sender, every (lot, since when, what it is).
    """

    def __init__(self, look: Look, there: Mapping[int, Sequence[_Candidate]]) -> None:
        self._look = look
        self._there = there
        self._known: dict[tuple[int, str], tuple[list[int], list[int], Mapping[int, int]]] = {}

    def _of(self, move: Move) -> tuple[list[int], list[int], Mapping[int, int]]:
        """Return the moments from which on there was one more lot that it can have been, those lots, and lot -> since when."""
        key = (move.src, wanted := _product(self._look, move))
        if key not in self._known:
            since: dict[int, int] = {}
            for lot, came, products in self._there.get(move.src, ()):
                if came < since.get(lot, came + 1) and may_be(products, wanted):
                    since[lot] = came
            order = sorted(since.items(), key=lambda each: each[1])
            self._known[key] = [came for _, came in order], [lot for lot, _ in order], since
        return self._known[key]

    def _by(self, move: Move) -> int:
        return move.t_out + self._look.settings.clock_slack

    def count(self, move: Move) -> int:
        """Return of how many lots a dispatch without lot may have been."""
        moments, _, since = self._of(move)
        by = self._by(move)
        return bisect_right(moments, by) - (since.get(move.lot, by + 1) <= by)

    def affected(self, move: Move) -> bool:
        """Say whether one of them was affected there."""
        moments, lots, _ = self._of(move)
        holdings = self._look.found.holdings
        return any((lot, move.src) in holdings for lot in lots[: bisect_right(moments, self._by(move))])


def _product(look: Look, move: Move) -> str:
    return look.found.infos[move.lot].product if move.lot in look.found.infos else ""


def not_held(look: Look) -> Iterator[Finding]:
    """lot_missing: goods without lot left a site of these goods, of a product of which the records know none there by then.

    No record makes them these goods, and none makes them others: they may be these under another name, or made of them. The finding is
    about who got them.
    """
    gone = [move for move in look.found.moves if move.unnamed and (move.lot, move.dst) not in look.found.holdings]
    sites = {site for _, site in look.found.holdings} & {move.src for move in gone}
    if not sites:
        return
    slack = look.settings.clock_slack
    first = first_arrivals(look.found.moves, look.found.flows)
    begun = _begun(look)
    since: dict[int, int] = {}
    for holding, link in look.found.holdings.items():
        if holding[1] in sites:
            came = first.get(holding, begun.get(holding[0], ALWAYS))
            since[holding[1]] = min(since.get(holding[1], NEVER), max(link.since, came))
    late = [move for move in gone if move.src in sites and since[move.src] <= move.t_out + slack]
    held = _Held(look, first_there(look.found.moves, look.found.flows), late)
    open_ = [move for move in late if not held(move)]
    sums: dict[tuple[int, int], list[Move]] = defaultdict(list)
    for move in open_:
        sums[move.dst or move.src, move.unit].append(move)
    for (site, unit), moves in sums.items():
        entries = look.newest([(move.t_out, entry) for move in moves for entry in (move.words or move.entries)])
        value = sum(move.sent for move in moves)
        yield Finding(kind="lot_missing", site=site, entries=entries, value=value, unit=unit, reason="not_held")


def _begun(look: Look) -> dict[int, int]:
    """Return when each lot is first heard of: goods whose coming to a site nobody recorded came no earlier."""
    begun: dict[int, int] = {}
    for flow in look.found.flows:
        begun[flow.lot] = min(begun.get(flow.lot, NEVER), flow.t)
    return begun


class _Held:
    """Tells whether any record puts goods at a sender by then that a dispatch without lot can have been.

    In a market nearly everything goes without lot. So what lay at a sender is read once for all that it sent, earliest lots first, and no
    further than it takes to know; then it is known for each product from when on there was some.

    :param first: when each affected holding first had goods. :param moves: which will be asked about.
    """

    def __init__(self, look: Look, first: Mapping[Holding, int], moves: Iterable[Move]) -> None:
        self._look = look
        self._slack = look.settings.clock_slack
        self._affected: dict[int, list[tuple[int, int, set[str]]]] = defaultdict(list)
        """Site -> (since when, lot, what it is) of affected lots."""
        senders = {move.src for move in moves}
        products: dict[int, set[str]] = {}
        for (lot, site), since in first.items():
            if site in senders:
                if lot not in products:
                    products[lot] = look.found.products(lot)
                self._affected[site].append((since, lot, products[lot]))
        self._known: dict[tuple[int, str], list[tuple[int, int]]] = {}
        """(site, product) -> (since when, lot) of the first two affected lots that can have been it."""
        asked: dict[int, dict[str, int]] = defaultdict(dict)
        """Site -> product -> by when at the latest there must have been some."""
        for move in moves:
            if not self._among_affected(move):
                mine, wanted = asked[move.src], _product(look, move)
                mine[wanted] = min(self._by(move), mine.get(wanted, NEVER))
        self._since = self._read(asked)

    def __call__(self, move: Move) -> bool:
        """Tell it of one of the moves."""
        return self._among_affected(move) or self._since[move.src, _product(self._look, move)] <= self._by(move)

    def _by(self, move: Move) -> int:
        return move.t_out + self._slack

    def _among_affected(self, move: Move) -> bool:
        key = (move.src, wanted := _product(self._look, move))
        if key not in self._known:
            can = ((since, lot) for since, lot, said in self._affected[move.src] if may_be(said, wanted))
            self._known[key] = heapq.nsmallest(2, can)
        return any(since <= self._by(move) for since, lot in self._known[key] if lot != move.lot)

    def _read(self, asked: Mapping[int, Mapping[str, int]]) -> dict[tuple[int, str], int]:
        """Return since when sites had goods, on record elsewhere, that can have been a product; not the first where that is enough."""
        facts = self._look.facts
        since = {(site, each): NEVER + 1 for site, mine in asked.items() for each in mine}
        stock: dict[int, list[int]] = defaultdict(list)
        for site, lot in sorted(facts.stock_lots(asked.keys())) if asked else ():
            if lot not in self._look.representative:
                stock[site].append(lot)
        place = 0
        while stock:  # of every site some more lots, all in one go
            portion = {site: lots[place : place + _PORTION] for site, lots in stock.items()}
            infos = facts.lots({lot for lots in portion.values() for lot in lots})
            fitting = {
                (site, lot): mine
                for site, lots in portion.items()
                for lot in lots
                if (mine := [each for each in asked[site] if may_be(infos[lot].all_products, each)])
            }
            flows = facts.flows({lot for _, lot in fitting})
            for (lot, site), came in first_there(pair(flows, {}, facts.ranks()), flows).items():
                for each in fitting.get((site, lot), ()):
                    since[site, each] = min(came, since[site, each])
            place += _PORTION
            stock = {
                site: lots
                for site, lots in stock.items()
                if place < len(lots) and any(since[site, each] > by for each, by in asked[site].items())
            }
        return since


_PORTION: Final = 50
"""Lots of a site looked at in one go for goods that a dispatch may have been."""


def _for_nowhere(look: Look) -> Iterator[Finding]:
    """lot_missing and destination_missing: a dispatch that may be of these goods and says neither what nor where to."""
    gone = [move for move in look.found.moves if move.unnamed and not move.dst and move not in look.found.astray]
    if not gone:
        return
    candidates = _candidates(look, {move.src for move in gone})
    for move in gone:
        if candidates.affected(move):
            about: dict[str, Any] = {"site": move.src, "entries": move.entries, "value": move.sent, "unit": move.unit}
            yield Finding(kind="lot_missing", **about)
            yield Finding(kind="destination_missing", **about)


def _candidates(look: Look, senders: set[int]) -> _Candidates:
    """Return what these senders may have sent, affected or not."""
    named = look.representative
    there = {lot for _, lot in look.facts.stock_lots(senders)}
    others = there - named.keys()
    flows: list[Flow] = [flow for flow in look.facts.flows(others) if flow.site in senders or flow.other in senders]
    infos = {**look.facts.lots(others), **look.found.infos}
    aliases = [*look.facts.aliases(others), *twins(flows, infos)]
    names = others | {lot for both in aliases for lot in both}
    one = representatives(names, aliases, look.facts.texts(names))
    first = first_there([*look.found.moves, *pair(flows, one, look.facts.ranks())], [*flows, *look.found.flows])
    products = {lot: look.found.products(lot) for lot in look.found.names}
    made: dict[int, list[_Candidate]] = defaultdict(list)
    for (lot, site), since in first.items():
        if site in senders:
            made[site].append((one.get(lot, lot), since, products.get(lot, set(infos[lot].all_products) if lot in infos else set())))
    return _Candidates(look, made)
