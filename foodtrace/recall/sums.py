"""Reads the records of an affected set into tallies (the rules are those of :mod:`foodtrace.recall.tally`). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from foodtrace.graph.flows import ALWAYS, BIRTHS, CLEARED, NEVER, UNNAMED, Flow, FlowKind
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.heard import meant_all
from foodtrace.recall.matter import Matter
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import Books, HoldingSum
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.tally import Brought, Sale, Tally, undo
from foodtrace.recall.visited import of_no_lot

Key: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""
_LATER: int = NEVER + 1
"""After everything: the notice of a site that got none, the opening of a case there is not."""
_BACK, _REWORKED, _OUT = range(3)
_LOSS = frozenset({FlowKind.LOST, FlowKind.USED})


def notice_times(case: Case | None) -> dict[int, int]:
    """Return when the notice of every notified site arrived: its delivery, else its sending."""
    times: dict[int, int] = {}
    for step in case.steps if case else ():
        if step.kind == "notice" and step.direction == "downstream":
            arrived = step.at if step.delivered is None else step.delivered
            times[step.site] = min(times.get(step.site, arrived), arrived)
    return times


def known_since(case: Case | None, settings: Settings = DEFAULT) -> Callable[[int], int]:
    """Return N(s): when the notice of a site arrived, or publication where a pack lets it stand for the notice of every site.

    A site that neither reached knows of it later than everything.
    """
    times = notice_times(case)
    public = _LATER
    if case is not None and case.published is not None and settings.publication_is_notice:
        public = case.published
    return lambda site: min(times.get(site, _LATER), public)


def told_of_all(found: Affected, case: Case | None, now: int, matter: Matter | None = None) -> set[int]:
    """Return the sites that notices have told of every affected lot they have or had; goods without lot need no more than a notice.

    :param matter: of every lot that is still the matter of the case; by default, as in R4, of those that it cleared too.

    A scope that grew, or goods that came later, leave a site untold of those however often it was told of others. Publication tells
    nobody what lies on his own shelf: R4 counts notices, whatever a pack lets publication stand for.
    """
    pseudo = {move.lot for move in found.moves if move.unnamed}
    holdings = (holding for holding in found.holdings if holding[0] not in pseudo)
    if matter is not None and not matter.everything:
        holdings = (holding for holding in holdings if matter(*holding))
    return told_of(case, now, holdings, found.names)


def told_of(case: Case | None, now: int, holdings: Iterable[tuple[int, int]], names: Mapping[int, Sequence[int]]) -> set[int]:
    """Return what :func:`told_of_all` does, of holdings whose lots have names."""
    named, whole = named_to(case, now)
    told = {site for site, t in notice_times(case).items() if t <= now}
    untold = {
        site for lot, site in holdings if site in told and site not in whole and named.get(site, set()).isdisjoint(names.get(lot, (lot,)))
    }
    return told - untold


def named_to(case: Case | None, now: int, direction: str = "downstream") -> tuple[dict[int, set[int]], set[int]]:
    """Return what notices sent by a moment named to each site, and the sites of one that means all of the scope in force.

    A notice that names no lot means all that the scope of its moment means. Once the scope is wider it does not say of which of the
    lots it told, so that it tells of none (as in :mod:`foodtrace.recall.heard`).
    """
    named: dict[int, set[int]] = {}
    whole: set[int] = set()
    for step in case.steps if case else ():
        if step.kind == "notice" and step.direction == direction and step.at <= now:
            named.setdefault(step.site, set()).update(step.lots)
            if not step.lots and meant_all(case, step.at):
                whole.add(step.site)
    return named, whole


def said_at_notice(facts: Facts, found: Affected, case: Case | None, settings: Settings = DEFAULT) -> dict[Key, tuple[int, int]]:
    """Return what outlets said lay there when the notice arrived: (lot, site, unit) -> (N(s), quantity). The last word counts.

    What was said before any notice arrived is a count of that moment.
    """
    rep = {name: lot for lot, names in found.names.items() for name in names}
    return answered(case, facts.now, rep, settings) if case else {}


def answered(case: Case, now: int, rep: Mapping[int, int], settings: Settings = DEFAULT) -> dict[Key, tuple[int, int]]:
    """Return what sites answered by a moment, as :func:`said_at_notice` does. :param rep: name of a lot -> the one it is counted under.

    What one answer says of a lot under several of its names is one figure, their sum.
    """
    known = known_since(case, settings)
    said: dict[Key, tuple[int, int]] = {}
    for step in sorted(case.steps, key=lambda step: (step.at, step.recorded)):
        if step.kind == "acknowledgement" and step.at <= now:
            mine: dict[Key, int] = defaultdict(int)
            for lot, unit, q in step.on_hand:
                mine[rep.get(lot, lot), step.site, unit] += q
            # N(s); what was said before, on the phone, is a count of that moment: it knows nothing of what came until the notice.
            t = min(known(step.site), step.at if step.latest is None else step.latest)
            said |= {key: (t, q) for key, q in mine.items()}
    return said


def answers_of(case: Case, now: int, rep: Mapping[int, int]) -> dict[tuple[int, int], list[tuple[int, tuple[int, int]]]]:
    """Return (lot, site) -> when its site answered what lay there by a moment, and the (log, seq) of that answer."""
    made: dict[tuple[int, int], list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for step in case.steps:
        if step.kind == "acknowledgement" and step.at <= now:
            for lot in {rep.get(lot, lot) for lot, _, _ in step.on_hand}:
                made[lot, step.site].append((step.at, step.entry))
    return made


def sums_with_said(facts: Facts, found: Affected, case: Case | None, *, settings: Settings = DEFAULT) -> dict[Key, HoldingSum]:
    """Return the quantities of every holding, with outlets' own figures as counts at their notice (RECALL section 4).

    Half a dozen parts of one answer about a case ask for them; they are worked out once for an affected set, a case and a moment.
    """
    kept: list[tuple[Case | None, Settings, int, dict[Key, HoldingSum]]] = found.__dict__.setdefault("sums_with_said", [])
    for of_case, by, now, sums in kept:
        if of_case is case and by is settings and now == facts.now:
            return dict(sums)
    said = said_at_notice(facts, found, case, settings)
    sums = Books(found.moves, found.flows, said=said).all() if said else dict(found.sums)
    kept.append((case, settings, facts.now, sums))
    return dict(sums)


class Count:
    """One count of the trade.

    :param holdings: the affected holdings that count -> τ. :param matter: what is still the matter of the case, if it is at hand.
    """

    def __init__(
        self,
        facts: Facts,
        found: Affected,
        holdings: Mapping[tuple[int, int], int],
        case: Case | None,
        settings: Settings,
        matter: Matter | None = None,
    ) -> None:
        pseudo = {move.lot for move in found.moves if move.unnamed}
        self.found = found
        self.unsaid = of_no_lot(case, facts.now, found.flows)
        """What visits found that nobody said the lot of: counted under whichever lot, for rows add lots up."""
        self.limit = facts.now - settings.transit_limit
        self.opened = case.opened if case else _LATER
        self.known = known_since(case, settings)
        let_go = case is not None and bool(case.cleared)
        self.matter = (matter or Matter(facts, found, case, settings)) if let_go else None
        self.trade = {h: since for h, since in holdings.items() if h[1] not in found.own and h[0] not in pseudo}
        self.own = {h: since for h, since in holdings.items() if h[1] in found.own and h[0] not in pseudo}
        self.astray = frozenset(found.astray)
        self.into, corrected = self._uses(facts, case)
        self.corrected = corrected
        said = said_at_notice(facts, found, case, settings)
        # The sums of the affected set serve as they are, unless something here changes or cuts them.
        cut = said or corrected or any(since != ALWAYS for since in self.trade.values())
        self.books = Books(found.moves, found.flows, corrected=corrected, said=said) if cut else None
        self.made: dict[tuple[int, int], Tally] = defaultdict(Tally)
        self.home: list[tuple[int, int, int, int, int, tuple[int, int]]] = []
        """At own sites since opening: (time, 0 back 1 reworked 2 sent out or sold, lot, unit, q, entry)."""
        self.sales: dict[tuple[int, int], tuple[list[Sale], list[Brought]]] = defaultdict(lambda: ([], []))

    def _uses(self, facts: Facts, case: Case | None) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        """Return the transformations whose output is affected, and those by which goods were corrected (rule 4)."""
        affected = {lot for lot, _ in self.trade} | {lot for lot, _ in self.own}
        into = {(flow.log, flow.seq) for flow in self.found.flows if flow.kind == FlowKind.PRODUCED and flow.lot in affected}
        others = {(flow.log, flow.seq) for flow in self.found.flows if flow.kind == FlowKind.CONSUMED} - into
        return into, {(flow.log, flow.seq) for flow in facts.entries(others) if _cleared(flow, case)} if others else set()

    def tallies(self) -> dict[tuple[int, int], Tally]:
        """Return the tally of every (lot, unit)."""
        self.gather()
        for key, (sales, returns) in self.sales.items():
            undo(sales, returns, self.made[key])
        self._settle_home()
        return self.mine(self.made)

    def gather(self) -> None:
        """Add up whatever is a plain sum: all but undone sales and what came home."""
        for move in self.found.moves:
            if not move.unnamed:
                self._move(move)
        for flow in self.found.flows:
            if not flow.flags & UNNAMED:
                self._flow(flow)
        for place in self.found.sums if self.books is None else self.books:
            if place[:2] in self.trade:
                self._stock(place)
        lots = [lot for lot, _ in self.trade or self.own]
        for (_, unit), q in self.unsaid.items() if lots else ():
            self.made[min(lots), unit].over += q

    def mine(self, made: Mapping[tuple[int, int], Tally]) -> dict[tuple[int, int], Tally]:
        """Return the tallies of affected lots, those of nothing left out where there is any other."""
        affected = {lot for lot, _ in (*self.trade, *self.own)}
        mine = {key: tally for key, tally in made.items() if key[0] in affected}
        return {key: tally for key, tally in mine.items() if tally != Tally()} or mine

    def _stock(self, key: Key) -> None:
        """Add what lay in trade at τ, what is over since, and custody (rule 1)."""
        tally = self.made[key[0], key[2]]
        since = self.trade[key[:2]]
        now = self.found.sums[key] if self.books is None else self.books.sum(key)
        over = now.over
        tally.sealed += now.sealed
        tally.custody += now.back
        if since != ALWAYS and self.books is not None:
            then = self.books.sum(key, before=since)
            tally.stock += then.on_hand
            over -= then.over
        tally.over += over
        tally.unrecorded += max(0, min(over, now.dispatched + now.consumed + now.returned_out + now.destroyed + now.sealed))

    def _move(self, move: Move) -> None:
        """Rules 2, 3, 6 and 8."""
        here, there = (move.lot, move.src), (move.lot, move.dst)
        inside = here in self.trade and move.leaves >= self.trade[here]
        sent = self.made[move.lot, move.unit]
        got = self.made[move.lot, move.unit_in]
        alike = move.unit == move.unit_in
        surplus = max(move.received - move.sent, 0) if alike else 0
        strange = self._left_as_strange(move)
        if inside:
            if move.recall and move.travelling and move.t_out >= self.limit:
                sent.returning += move.travelling
            if there in self.trade or there in self.own:
                got.over += surplus
                got.unrecorded += surplus if there in self.own else 0
                if not alike:
                    sent.used_into += move.sent
                    got.entered += move.received
            if there in self.trade and move.arrived and move.t_in < self.trade[there]:
                got.entered -= move.came - strange
            elif there in self.trade:
                got.entered += strange
            elif move.dst in self.found.own and move.arrived:
                self._came_back(
                    (move.lot, move.unit_in), move.came - move.of_others, move.t_in, late=move.t_out if move.recall else move.t_in
                )
        elif there in self.trade and (not move.arrived or move.t_in >= self.trade[there]):
            q = (move.sent if alike else move.received) - self._told_under_another(move)
            if here in self.own and move.t_out >= max(self.opened, self.own[here]):
                got.entered += strange
                self.home.append((move.t_out, _OUT, move.lot, move.unit if alike else move.unit_in, q - strange, (0, 0)))
            else:
                got.entered += q
            got.over += surplus
        elif not move.dst and (self._left_own(move) or move in self.astray):
            if self._left_own(move) and move.t_out >= self.opened:
                self.home.append((move.t_out, _OUT, move.lot, move.unit, move.sent, (0, 0)))
            else:
                sent.entered += move.sent

        for lot, q in move.instead:
            if (lot, move.src) in self.trade and move.t_out >= self.trade[lot, move.src] and move.dst in self.found.own and move.arrived:
                self._came_back((move.lot, move.unit_in), q, move.t_in, late=move.t_out if move.recall else move.t_in)

    def _left_own(self, move: Move) -> bool:
        """Say whether goods left an own site as affected ones."""
        since = self.own.get((move.lot, move.src))
        return since is not None and move.t_out >= since

    def _left_as_strange(self, move: Move) -> int:
        """Return how much of a move left its sender under a lot that nobody asks for there: it enters where it stands under this one."""
        return sum(q for lot, q in move.instead if (lot, move.src) not in self.trade and (lot, move.src) not in self.own)

    def _told_under_another(self, move: Move) -> int:
        """Return how much of what enters the trade is counted as another lot (:mod:`foodtrace.recall.standsin`)."""
        if not (move.instead or move.under):
            return 0

        def ours(lot: int, site: int) -> bool:
            return (lot, site) in self.trade or (lot, site) in self.own

        instead = sum(q for lot, q in move.instead if ours(lot, move.src) and ours(lot, move.dst))
        under = sum(q for lot, q in move.under if not ours(move.lot, move.src) and (lot, move.dst) in self.trade)
        return min(instead + under, move.sent)

    def _came_back(self, key: tuple[int, int], q: int, t: int, late: int) -> None:
        """Take in what came back to an own site; a recall return of the opening day, time unknown, came since."""
        if max(t, late) >= self.opened:
            self.home.append((t, _BACK, *key, q, (0, 0)))
        else:
            self.made[key].back_before += q

    def _settle_home(self) -> None:
        """Follow in time what came back to own sites, what was made of it, and what went out again (rule 3)."""
        outputs: dict[tuple[int, int], list[Flow]] = defaultdict(list)
        for flow in self.found.flows:
            if flow.kind == FlowKind.PRODUCED and (flow.log, flow.seq) in self.into:
                outputs[flow.log, flow.seq].append(flow)
        for _, kind, lot, unit, q, entry in sorted(self.home):
            tally = self.made[lot, unit]
            part = min(q, tally.back)
            if kind == _BACK:
                tally.back += q
            elif kind == _OUT:
                tally.back -= part
                tally.entered += q - part
            else:
                for flow in sorted(outputs[entry], key=lambda each: each.item):
                    moved = min(part, flow.q) if flow.unit == unit else 0
                    part -= moved
                    self._rename(tally, self.made[flow.lot, unit], moved)

    @staticmethod
    def _rename(old: Tally, new: Tally, q: int) -> None:
        """Count goods that came back under the name they have now: distributed and retrieved stay what they were in all."""
        old.back -= q
        old.used_into += q
        new.back += q
        new.entered += q

    def _flow(self, flow: Flow) -> None:
        holding = (flow.lot, flow.site)
        since = self.trade.get(holding)
        if since is None:
            self._own(flow)
            return
        if flow.t < since:
            return
        tally = self.made[flow.lot, flow.unit]
        if flow.kind in BIRTHS:
            tally.entered += flow.q
        elif flow.kind in (FlowKind.SOLD, FlowKind.CONSUMER_RETURN):
            self._sale(flow, tally)
        elif flow.kind == FlowKind.DESTROYED:
            self._destroyed(flow, tally)
        elif flow.kind == FlowKind.CONSUMED and (flow.log, flow.seq) in self.into:
            tally.used_into += flow.q
        elif flow.kind == FlowKind.CONSUMED and (flow.log, flow.seq) in self.corrected:
            self._destroyed(flow, tally)
        elif flow.kind in _LOSS or flow.kind == FlowKind.CONSUMED:
            if self._before(flow):
                tally.lost_before += flow.q
            else:
                tally.lost_after += flow.q

    def _destroyed(self, flow: Flow, tally: Tally) -> None:
        if flow.t < self.opened:
            tally.destroyed_before += flow.q
        else:
            tally.destroyed_since += flow.q

    def _own(self, flow: Flow) -> None:
        """Sales to consumers at own sites, what consumers bring back there, and what is made of it (rule 3)."""
        since = self.own.get((flow.lot, flow.site))
        if since is None or flow.t < since:
            return
        if flow.kind == FlowKind.CONSUMED and flow.t >= self.opened and (flow.log, flow.seq) in self.into:
            self.home.append((flow.t, _REWORKED, flow.lot, flow.unit, flow.q, (flow.log, flow.seq)))
        if flow.kind not in (FlowKind.SOLD, FlowKind.CONSUMER_RETURN):
            return
        tally = self.made[flow.lot, flow.unit]
        self._sale(flow, tally)
        if flow.kind == FlowKind.SOLD and flow.t >= self.opened:
            self.home.append((flow.t, _OUT, flow.lot, flow.unit, flow.q, (0, 0)))
        elif flow.kind == FlowKind.SOLD:
            tally.sold_own += flow.q
        else:
            self._came_back((flow.lot, flow.unit), flow.q, flow.t, flow.t)

    def _knew(self, site: int) -> int:
        """Return N(s); whoever recalls knows of it when the case is opened."""
        return min(self.known(site), self.opened) if site in self.found.own else self.known(site)

    def _before(self, flow: Flow) -> bool:
        """Say whether goods left before N(s). Who sells what was cleared needs no notice; for them the clearing stands for it (ADR 36)."""
        return flow.t < self._knew(flow.site) and (self.matter is None or self.matter(flow.lot, flow.site, flow.t))

    def _sale(self, flow: Flow, tally: Tally) -> None:
        sales, returns = self.sales[flow.lot, flow.unit]
        if flow.kind == FlowKind.CONSUMER_RETURN:
            returns.append(Brought(site=flow.site, t=flow.t, q=flow.q, serial=flow.pair))
            return
        before = self._before(flow)
        sales.append(Sale(site=flow.site, t=flow.t, q=flow.q, serial=flow.pair, before=before))
        if before:
            tally.sold_before += flow.q
        else:
            tally.sold_after += flow.q


def _cleared(flow: Flow, case: Case | None) -> bool:
    return case is not None and bool(flow.flags & CLEARED) and flow.pair == case.case
