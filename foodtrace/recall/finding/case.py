"""Findings about a case: what happened in spite of it, and who does not answer (RECALL sections 3 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

import msgspec

from foodtrace.graph.flows import CLEARED, DELIVERED, SAMPLE, UNKNOWN_TIME, UNNAMED, Flow, FlowKind
from foodtrace.recall.affected import Affected
from foodtrace.recall.blocking import Doing, Mark, blocker, known_sites, marks
from foodtrace.recall.custody import Freed, freed
from foodtrace.recall.deadlines import Calendar, local_day, working_days_between
from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.finding.look import Entry, Finding, Look
from foodtrace.recall.heard import Heard, heard_of
from foodtrace.recall.settings import Settings

ASKS: Mapping[int, Doing] = {
    FlowKind.SOLD: "sale",
    FlowKind.DISPATCH: "transfer",
    FlowKind.CONSUMED: "use",
    FlowKind.USED: "use",
    FlowKind.BORN: "certificate",
}
"""Kind of a flow -> what was done that a block is for."""

MAKING: Final[Doing] = "use"
"""What making more of a lot is asked for as: what it is made of is used for it."""


class Fact(NamedTuple):
    """Something recorded of affected goods that an ask would have been judged for."""

    doing: Doing
    lot: int
    site: int
    t: int
    entry: Entry
    amount: tuple[int, int]
    """(quantity, unit); the unit is -1 where it is not about a quantity."""
    booked: bool = False
    """Of a receipt: booked as sealed."""


def against(look: Look) -> Iterator[Finding]:
    """before_known, after_notice: what RECALL section 7 would have refused had it been asked."""
    case = look.case
    if case is None:
        return
    for fact, found in marked_facts(look, case):
        yield from found_in(fact.lot, fact.site, fact.entry, fact.amount, found)


def marked_facts(look: Look, case: Case) -> Iterator[tuple[Fact, tuple[Mark, ...]]]:
    """Iterate over the facts that a case marks.

    Making more of a lot of the case is one, of other goods; whoever used goods of the case for it is marked for that.
    """
    judge = judge_of(look, case)
    used: set[Entry] = set()
    for fact in _facts_of(look, case):
        found = judge.marks(fact.doing, fact.lot, fact.site, fact.t)
        if found:
            used |= {fact.entry} if fact.doing == "use" else set()
            yield fact, found
    for fact in _made(look, case):
        if fact.entry not in used and (found := judge.marks(fact.doing, fact.lot, fact.site, fact.t)):
            yield fact, found


def _made(look: Look, case: Case) -> Iterator[Fact]:
    corrected = _corrected(look, case)
    for flow in look.found.flows:
        if flow.kind == FlowKind.PRODUCED and flow.t >= case.opened and (flow.log, flow.seq) not in corrected:
            yield Fact(MAKING, flow.lot, flow.site, flow.t, (flow.log, flow.seq), (flow.q, flow.unit))


def _facts_of(look: Look, case: Case) -> Iterator[Fact]:
    """Iterate over what is recorded of affected lots and that an ask would have been judged for, marked or not; :func:`_made` apart."""
    corrected = _corrected(look, case)
    for flow in look.found.flows:
        doing = ASKS.get(flow.kind)
        if doing is None or flow.flags & (UNNAMED | SAMPLE) or (flow.log, flow.seq) in corrected:
            continue
        t = min(flow.t, flow.recorded) if flow.flags & UNKNOWN_TIME else flow.t
        yield Fact(doing, flow.lot, flow.site, t, (flow.log, flow.seq), (flow.q, flow.unit))
    for move in look.found.moves:
        # The gate's entry of a verified certificate speaks for the sender too: it is an entry into a market.
        if move.arrived and move.dst and not move.recall:
            own = next((f for f in look.in_entries(move.entries) if f.kind == FlowKind.RECEIPT), None) if move.t_in >= case.opened else None
            doing = "market_entry" if own is not None and own.flags & DELIVERED else "receipt"
            yield Fact(doing, move.lot, move.dst, move.t_in, move.entries[-1], (move.received, move.unit_in), move.custody)
    for act in look.facts.acts([name for lot in look.found.lots for name in look.found.names[lot]]):
        lot = look.representative.get(act.lot, act.lot)
        yield Fact(act.doing, lot, act.site, act.t, act.entry, (0, -1))


def judge_of(look: Look, case: Case) -> Judge:
    """Return who marks facts in a case."""
    return Judge(case, look.settings, look.now, [(_named(each, hit), _since(hit)) for each, hit in look.matter.parts])


def _since(hit: Affected) -> Callable[[int, int], int | None]:
    def since(lot: int, site: int) -> int | None:
        link = hit.holdings.get((lot, site))
        return None if link is None else link.since

    return since


def _named(case: Case, hit: Affected) -> Case:
    """Return a case whose clearings name lots as the affected set does."""
    lots = {name: lot for lot, names in hit.names.items() for name in names}
    return msgspec.structs.replace(case, cleared=tuple(sorted({each._replace(lot=lots.get(each.lot, each.lot)) for each in case.cleared})))


class Judge:
    """Marks facts by the case's clock at each site.

    :param parts: what it stands against (:func:`foodtrace.recall.clearing.standing`): the case as far as its clearings count, and of a lot
        and a site since when goods there are affected, none: never.
    """

    def __init__(self, case: Case, settings: Settings, now: int, parts: Sequence[tuple[Case, Callable[[int, int], int | None]]]) -> None:
        self.case = case
        self.settings = settings
        self.now = now
        self._parts = [(blocker(each, settings), since) for each, since in parts]
        self._known = known_sites(case, settings=settings)

    def blocks(self, lot: int, site: int, t: int) -> bool:
        """Say whether the case stands in the way of goods at a moment."""
        return any(since(lot, site) is not None and blocks(lot, site, t) for blocks, since in self._parts)

    def _stands(self, lot: int, site: int, t: int) -> bool:
        for blocks, since in self._parts:
            reached = since(lot, site)
            if reached is not None and t >= reached and blocks(lot, site, t):
                return True
        return False

    def marks(self, doing: Doing, lot: int, site: int, t: int) -> tuple[Mark, ...]:
        """Return the marks of one fact, none where the case does not stand against it."""
        if t < self.case.opened or t > self.now:
            return ()
        if not self._stands(lot, site, t):
            return ()
        return marks(doing, t, self.case.opened, self._known(site))

    def fact(self, doing: Doing, lot: int, site: int, t: int, entry: Entry, amount: tuple[int, int]) -> Iterator[Finding]:
        """Return the findings of one fact."""
        return found_in(lot, site, entry, amount, self.marks(doing, lot, site, t))


def found_in(lot: int, site: int, entry: Entry, amount: tuple[int, int], marks: Iterable[Mark]) -> Iterator[Finding]:
    """Yield the findings that marks of one fact are; ``sealed`` is how it should be booked, not a finding."""
    for mark in marks:
        if mark != "sealed":
            yield Finding(kind=mark, lot=lot, site=site, entries=(entry,), value=amount[0], unit=amount[1])


def restocked(look: Look) -> Iterator[Finding]:
    """Recalled goods that are free again: what was sealed, came back or was brought back went out as ordinary goods."""
    case = look.case
    if case is None:
        return
    judge = judge_of(look, case)
    corrected = _corrected(look, case)
    for each in freed(look.found.moves, look.found.flows, look.found.holdings, corrected=corrected, ranks=look.facts.ranks()):
        if each.t >= case.opened and judge.blocks(each.lot, each.site, each.t):
            yield again(each)


def again(each: Freed) -> Finding:
    """Return the finding of goods that left custody as ordinary ones."""
    return Finding(kind="restocked", lot=each.lot, site=each.site, entries=(each.entry,), value=each.q, unit=each.unit)


def found_elsewhere(case: Case, now: int, sites: Collection[int]) -> Iterator[Finding]:
    """same_lot_no_path: a visit found goods where none of the case are on record. :param sites: where some are."""
    for step in case.steps:
        if found_there(step, now) and step.site not in sites:
            yield Finding(kind="same_lot_no_path", site=step.site, entries=(step.entry,), value=step.amount[0], unit=step.amount[1])


def visited(look: Look) -> Iterator[Finding]:
    """same_lot_no_path of visits."""
    if look.case is not None:
        yield from found_elsewhere(look.case, look.now, {site for _, site in look.found.holdings})


def unanswered(look: Look) -> Iterator[Finding]:
    """no_answer after ``answer_limit`` working days; calendar_missing where no table says which days those are."""
    if look.case is not None:
        yield from silent(heard_of(look.case, look.now, look.found, look.matter), look.now, look.settings, look.calendar)


def silent(heard: Heard, now: int, settings: Settings, calendar: Calendar) -> Iterator[Finding]:
    """Yield what :func:`unanswered` finds in a case."""
    today = local_day(now)
    waited = cache(lambda day: working_days_between(calendar, day, today))  # thousands were told on one day
    for site, (arrived, entry) in heard.waiting().items():
        if arrived > now:
            continue
        entries = (entry,) if entry[0] else ()
        days = waited(local_day(arrived))
        if days is None:
            yield Finding(kind="calendar_missing", site=site, entries=entries)
        elif days > settings.answer_limit:
            yield Finding(kind="no_answer", site=site, entries=entries, value=days)


def _corrected(look: Look, case: Case) -> set[Entry]:
    """Return the relabellings this case approved: goods corrected, no use in spite of the case."""
    entries = {(flow.log, flow.seq) for flow in look.found.flows if flow.kind == FlowKind.CONSUMED and flow.t >= case.opened}
    return {(flow.log, flow.seq) for flow in look.facts.entries(entries) if _approved(flow, case)} if entries else set()


def _approved(flow: Flow, case: Case) -> bool:
    return bool(flow.flags & CLEARED) and flow.pair == case.case
