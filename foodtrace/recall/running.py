"""The completion of a case kept up to date in an open process: a return, a sale, a sealing costs what it touches (RECALL section 5).

Rules:

1. What :meth:`Running.completion` returns is always what :func:`foodtrace.recall.metrics.completion` makes of all records up to the
   positions of the session: F(positions, version, T, rule pack), whichever way it was reached (tests/recall/test_running.py).
2. Entries are folded in by log position. Folded in are dispatches, receipts, recall returns, sales, consumer returns, losses,
   destructions, sealings and counts of holdings that are in the answer already and confirmed, and entries that have nothing to do
   with it. Whatever else happens (a birth, a blend, another name, a correction, a notice, a case event, a new holding) is
   computed from nothing once, and the folding goes on from there.
3. T moves on: what becomes true by time alone (goods that were to come, a recall return too long on the road) is looked ahead to,
   and computed from nothing when it is due.
4. Scopes that are not whole lots, dispatches without lot, transfers whose papers name unlike lots, records that other logs object to,
   relabellings, returns reworked into other lots, goods that may be told twice (:mod:`foodtrace.recall.twice`), goods that were cleared
   and found goods without lot are computed from nothing each time. So is a numbered receipt without dispatch, and a dispatch to where
   one is.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from foodtrace.events import (
    Acknowledgement,
    BatchReleased,
    CertificateIssued,
    CertificateVoided,
    ConsumerReturn,
    ContactsShown,
    Destroyed,
    DestructionPlanned,
    Erasure,
    FormulaBatch,
    GateShift,
    Listing,
    Loss,
    LotsClause,
    MarketEntry,
    Operator,
    Packing,
    RecallOpened,
    Receipt,
    Refusal,
    Returned,
    Sale,
    SamplingCommitted,
    SamplingOpened,
    Sealing,
    SellerFile,
    Site,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
    TruckExpected,
    VoucherLines,
)
from foodtrace.events import Key as KeyEvent
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.flows import ALWAYS, LEAVING, NEVER, UNNAMED, Flow, FlowKind, happened
from foodtrace.graph.names import find as numbers_of
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.rows import ENDED, FLOW
from foodtrace.graph.times import micros
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import MANAGED, Told, case_events, load_case
from foodtrace.recall.facts import Case
from foodtrace.recall.metrics import Completion, rows_of, sites_told
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import flowed, moved
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.runningsums import RunningBooks, RunningCount
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import Count, notice_times, said_at_notice
from foodtrace.recall.tally import Tally
from foodtrace.recall.twice import Doubts, once
from foodtrace.recall.unlikelots import transfer_of
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

MANY: Final = 5000
"""New entries beyond which computing from nothing is no dearer."""
_DAY: Final = 86_400_000_000
_FOLDED: Final = frozenset(
    {
        FlowKind.DISPATCH,
        FlowKind.RECEIPT,
        FlowKind.RETURN,
        FlowKind.SOLD,
        FlowKind.CONSUMER_RETURN,
        FlowKind.DESTROYED,
        FlowKind.LOST,
        FlowKind.USED,
        FlowKind.SEALED,
        FlowKind.COUNT,
    }
)
_GOODS: Final = (
    BatchReleased,
    CertificateIssued,
    CertificateVoided,
    ConsumerReturn,
    Destroyed,
    FormulaBatch,
    Loss,
    MarketEntry,
    Packing,
    Receipt,
    Returned,
    Sale,
    Sealing,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
)
"""Events that matter by their flows alone."""
_NOTHING: Final = (
    ContactsShown,
    DestructionPlanned,
    Erasure,
    GateShift,
    KeyEvent,
    Listing,
    Operator,
    Refusal,
    SamplingCommitted,
    SamplingOpened,
    SellerFile,
    TruckExpected,
    VoucherLines,
)
"""Events that change no completion."""
_SPEAK: Final = (BatchReleased, MarketEntry, Packing, Refusal, TestRecorded)
"""Events that say goods were somewhere and move none (:mod:`foodtrace.graph.spoken`)."""
_CASES: Final = 8
"""Cases that are kept up to date; of more, the one asked for longest ago is computed from nothing again."""
_OF_CASES: Final = (*MANAGED, RecallOpened, Acknowledgement)
"""Events of which those about another case change nothing here."""


class FromNothing(Exception):
    """Something happened that is not folded in (rule 2)."""


class Running:
    """The completion of one case."""

    def __init__(self, case: str) -> None:
        self.number = case
        self._state: _State | None = None

    def completion(self, session: Session, now: int) -> Completion:
        """Return how far the case has come. Raises ``NotFound`` (``case.not_found``).

        :param session: an open snapshot; it may be another one each time, but never an older one. :param now: T, microseconds UTC.
        """
        if self._state is not None:
            try:
                return self._state.completion(session, now)
            except FromNothing:
                self._state = None
        self._state = _State(session, self.number, now)
        return self._state.figures()


class Completions:
    """The completion of the cases that were asked for last. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Running] = {}
        """The one asked for longest ago comes first."""

    def completion(self, session: Session, case: str, now: int) -> Completion:
        """Return how far a case has come, as :meth:`Running.completion` does. Raises ``NotFound`` (``case.not_found``)."""
        with self._lock:
            running = self._kept.pop(case, None) or Running(case)
        found = running.completion(session, now)
        with self._lock:
            self._kept[case] = running
            while len(self._kept) > _CASES:
                del self._kept[next(iter(self._kept))]
        return found


class _State:
    """What is known of a case at some positions."""

    def __init__(self, session: Session, number: str, now: int) -> None:
        self.positions = _positions(session)
        self.number = number
        self.now = now
        told = case_events(session, number)
        self.case: Case = load_case(session, number, until=now, told=told)
        self.settings: Settings = for_case(self.case, session.rules).settings
        facts = self.facts = SqlFacts(session, now)
        clauses = self.case.versions[-1].clauses
        self.found = found = reach_of_case(facts, self.case, self.settings)
        self.told = sites_told(found, self.case, now)
        self.single = once(found, self.settings.clock_slack)
        self.doubts = Doubts(found, self.settings.clock_slack)
        self.rep = {name: lot for lot, names in found.names.items() for name in names}
        self.ranks = facts.ranks()
        self.codes = {facts.texts([name])[name].rpartition("/")[2] for name in self.rep}
        self.simple = (
            all(isinstance(each, LotsClause) for each in clauses)
            and self.single is None
            and not self.case.cleared
            and not (facts.crossed or found.copies or found.code_only or found.partial or found.unlike)
            and all(link.since == ALWAYS for link in found.holdings.values())
            and not any(flow.flags & UNNAMED for flow in found.flows)
        )
        self.until = _until(session, self.case, told, self.settings, found, now)
        said = said_at_notice(facts, found, self.case, self.settings)
        self.books = RunningBooks(found.moves, found.flows, said=said)
        everything = {holding: link.since for holding, link in found.holdings.items()}
        self.sure = {holding: link.since for holding, link in found.holdings.items() if link.link == "confirmed"}
        both = self.settings.count_possible and len(self.sure) < len(everything)
        self.counted = [self.sure, everything] if both else [self.sure]
        self.counts = [RunningCount(facts, found, each, self.case, self.settings, self.books) for each in self.counted]
        self.simple = self.simple and not any(count.corrected or count.reworked or count.unsaid for count in self.counts)
        self.groups: dict[tuple[int, str], list[Flow]] = defaultdict(list)
        for flow in found.flows:
            if flow.pair and (flow.kind in LEAVING or flow.kind == FlowKind.RECEIPT):
                self.groups[flow.lot, flow.pair].append(flow)
        self.unanswered = {(move.lot, move.dst) for move in found.moves if move.evidence == "receipt"}
        self.transfers = {key for flow in found.flows if (key := transfer_of(flow)) is not None}

    def completion(self, session: Session, now: int) -> Completion:
        """Return the completion, with what is new folded in."""
        new = _positions(session)
        if now < self.now or now >= self.until:
            raise FromNothing
        if new != self.positions or now != self.now:
            if not self.simple:
                raise FromNothing
            self._fold(session, new, now)
            self.positions, self.now = new, now
        return self.figures()

    def figures(self) -> Completion:
        """Return the completion as far as it is known."""
        rows = [
            rows_of(self.found.infos, self.found.names, count.settled(), self.settings, once=self._once(holdings))
            for count, holdings in zip(self.counts, self.counted, strict=True)
        ]
        notified, answered, effective = self.told
        return Completion(rows=rows[-1], confirmed_only=rows[0], notified=notified, answered=answered, effective=effective)

    def _once(self, holdings: Mapping[tuple[int, int], int]) -> Mapping[tuple[int, int], Tally] | None:
        """Return the tallies if goods that may be told twice are counted once, none where none may be."""
        if self.single is None:
            return None
        return Count(self.facts, self.single, holdings, self.case, self.settings).tallies()

    # -- what is new -------------------------------------------------------------------------------------------------------

    def _fold(self, session: Session, positions: Mapping[int, int], now: int) -> None:
        flows: list[Flow] = []
        if positions.keys() != self.positions.keys() or session.row("SELECT 1 FROM cross_correction LIMIT 1") is not None:
            raise FromNothing
        for log, size in positions.items():
            known = self.positions[log]
            if size < known or size - known > MANY:
                raise FromNothing
            if size > known:
                self._check(session, log, known)
                flows += self._read(session, log, known, now)
        moves, rest = [flow for flow in flows if _is_side(flow)], [flow for flow in flows if not _is_side(flow)]
        old, new = self._paired(moves)
        for move in (*old, *new):
            if move.recall and move.travelling and move.t_out >= now - self.settings.transit_limit:
                self.until = min(self.until, move.t_out + self.settings.transit_limit + 1)
        keys = {key for move in (*old, *new) for key, _ in moved(move)} | {(flow.lot, flow.site, flow.unit) for flow in rest}
        for count in self.counts:
            count.limit = now - self.settings.transit_limit
        parts = [count.part(old, [], keys) for count in self.counts]
        for move in old:
            self.books.take(moved(move))
        for move in new:
            self.books.put(moved(move))
        for flow in rest:
            self.books.put([((flow.lot, flow.site, flow.unit), flowed(flow))])
        for count, before in zip(self.counts, parts, strict=True):
            count.change(before, count.part(new, rest, keys))

    def _check(self, session: Session, log: int, known: int) -> None:
        """See that new entries are such as can be folded in (rule 2)."""
        for name, data in session.rows("SELECT id, bytes FROM entry WHERE log = ? AND seq >= ? ORDER BY seq", (log, known)):
            event: Any = decode_alone(event_bytes(bytes(data)))
            if isinstance(event, _SPEAK) and self._joins(session, event.lot, event.site):
                raise FromNothing
            if isinstance(event, _NOTHING) or (getattr(event, "case", self.number) != self.number and isinstance(event, _OF_CASES)):
                continue
            if isinstance(event, Site):
                if numbers_of(session, [event.site]).get(event.site, 0) in self.found.sites:
                    raise FromNothing
            elif not isinstance(event, _GOODS) or self._told_elsewhere(session, log, name):
                raise FromNothing

    def _joins(self, session: Session, lot: str, site: str) -> bool:
        """Say whether a record puts goods of an affected lot where none were on record."""
        found = numbers_of(session, [lot, site])
        return found.get(lot) in self.rep and (self.rep[found[lot]], found.get(site, 0)) not in self.found.holdings

    def _told_elsewhere(self, session: Session, log: int, name: str) -> bool:
        """Say whether another log carries an event of the same id."""
        return any(session.row("SELECT 1 FROM entry WHERE log = ? AND id = ?", (other, name)) for other in self.positions if other != log)

    def _read(self, session: Session, log: int, known: int, now: int) -> list[Flow]:
        """Return the new flows of affected lots."""
        rows = session.rows(f"SELECT {FLOW} FROM move AS m WHERE m.log = ? AND m.seq >= ?", (log, known))  # noqa: S608 - constants
        found: list[Flow] = []
        said = session.rows("SELECT lot FROM lot_fact WHERE log = ? AND seq >= ?", (log, known))
        if any(row[0] in self.rep for row in said):
            raise FromNothing  # what the lot is may be another thing now
        strange = {row[1] for row in rows if row[1] not in self.rep}
        if strange and any(text.rpartition("/")[2] in self.codes for text in _texts(session, strange)):
            raise FromNothing  # another lot of the same code
        for row in rows:
            if row[ENDED] or row[12] & UNNAMED:
                raise FromNothing
            lot = self.rep.get(row[1])
            if lot is None:
                if _is_side(told := Flow(*row[:ENDED])) and transfer_of(told) in self.transfers:
                    raise FromNothing  # another lot, under the number of these goods
                continue
            flow = Flow(row[0], lot, *row[2:ENDED])
            if not happened(flow.kind, flow.t, flow.flags, now):
                raise FromNothing
            if flow.kind not in _FOLDED or not all((lot, site) in self.sure for site in (flow.site, flow.other) if site):
                raise FromNothing
            if flow.kind == FlowKind.SOLD and flow.site not in self.found.outlets:
                raise FromNothing  # a site that sells to consumers is an outlet from now on
            found.append(flow)
        if any(other.lot not in self.rep for other in SqlFacts(session, now).other_papers(found)):
            raise FromNothing  # a paper of these goods' transfers may name another lot
        self.transfers.update(key for flow in found if (key := transfer_of(flow)) is not None)
        return found

    def _may_answer(self, move: Move) -> bool:
        """Say whether a new move by one side may have its other side under another number (:mod:`foodtrace.graph.numbers`)."""
        if len(move.entries) > 1:
            return False
        if move.evidence == "receipt":
            self.unanswered.add((move.lot, move.dst))
            return True
        return any(lot == move.lot and move.dst in (0, site) for lot, site in self.unanswered)

    def _paired(self, new: Sequence[Flow]) -> tuple[list[Move], list[Move]]:
        """Return the moves that new dispatches and receipts replace, and those that stand in their place."""
        before: list[Move] = []
        after: list[Move] = []
        alone = [flow for flow in new if not flow.pair]
        after += pair(alone, {}, self.ranks)
        numbered: list[Move] = []
        for number in {(flow.lot, flow.pair) for flow in new if flow.pair}:
            group = self.groups[number]
            before += pair(group, {}, self.ranks)
            group += [flow for flow in new if (flow.lot, flow.pair) == number]
            numbered += pair(group, {}, self.ranks)
        after += numbered
        if any(self._may_answer(move) for move in numbered if move not in before):
            raise FromNothing  # it may name the other side by another number
        for move in after:
            if move not in before and self.doubts.add(move):
                raise FromNothing
        return before, after


def _positions(session: Session) -> dict[int, int]:
    return dict(session.rows("SELECT log, size FROM head"))


def _texts(session: Session, lots: Iterable[int]) -> list[str]:
    return [row[0] for row in session.each("SELECT n.text FROM {ids} CROSS JOIN name AS n WHERE n.id = f.value", list(lots))]


def _is_side(flow: Flow) -> bool:
    return flow.kind in LEAVING or flow.kind == FlowKind.RECEIPT


def _until(session: Session, case: Case, told: Sequence[Told], settings: Settings, found: Affected, now: int) -> int:
    """Return the first moment at which time alone changes something (rule 3)."""
    due = [NEVER]
    names = [name for each in found.names.values() for name in each]
    later = session.each(
        "SELECT m.kind, m.t, m.flags FROM {ids} CROSS JOIN move AS m WHERE m.lot = f.value AND m.t > ? AND m.ended <= 0", names, (now,)
    )
    due += [t - _DAY for kind, t, flags in later if not happened(kind, t, flags, now)]
    due += [micros(event.at) for _, event, _ in told if micros(event.at) > now]
    due += [arrived for arrived in notice_times(case).values() if arrived > now]
    limit = now - settings.transit_limit
    due += [move.t_out + settings.transit_limit + 1 for move in found.moves if move.recall and move.travelling and move.t_out >= limit]
    return min(due)


__all__ = ["Completions", "Running"]
