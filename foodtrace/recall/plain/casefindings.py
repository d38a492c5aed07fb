"""What was done in spite of a case, and who does not answer, over the books of plain lots; the rules are those of the engine's findings.

What goods in custody, counts and answers of outlets change in the stock is in the books already (:mod:`foodtrace.recall.plain.casebooks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from foodtrace.graph.flowkind import ALWAYS, DELIVERED, SAMPLE, FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.custody import freed
from foodtrace.recall.entries import Entry, newest
from foodtrace.recall.facts import Case
from foodtrace.recall.finding.case import ASKS, MAKING, Judge, again, found_elsewhere, silent
from foodtrace.recall.finding.look import Finding
from foodtrace.recall.heard import Heard
from foodtrace.recall.plain.casebooks import CaseBooks
from foodtrace.recall.plain.findings import Found
from foodtrace.recall.plain.lot import LotBooks
from foodtrace.recall.settings import Settings

_PRODUCED: Final = int(FlowKind.PRODUCED)
_RECEIPT: Final = int(FlowKind.RECEIPT)
_BROUGHT: Final = int(FlowKind.CONSUMER_RETURN)


def case_findings(facts: SqlFacts, books: CaseBooks, case: Case, settings: Settings) -> set[Found]:
    """Return the findings that only the answer of a case has."""
    gathered = books.gathered

    def since(lot: int, site: int) -> int | None:
        each = gathered.books.get(lot)
        return ALWAYS if each is not None and site in each.held else None

    judge = Judge(case, settings, books.now, [(case, since)])
    held = [(lot, site) for lot, each in gathered.books.items() for site in each.held]
    found: list[Finding] = [
        *silent(Heard(case, books.now, held, {}), books.now, settings, calendar_of(facts.session.rules)),
        *found_elsewhere(case, books.now, {site for _, site in held}),
        *_restocked(books, judge),
        *_acts(facts, books, judge),
    ]
    entitled = _Receipts(books)
    for each in gathered.books.values():
        found += _against(each, judge, entitled)
    found += _made(gathered.books.values(), judge)
    made = {(each.kind, each.lot, each.site, each.unit, each.value, each.entries) for each in found}
    return made | {each for lot in gathered.books.values() for each in _brought_back(lot, facts)}


class _Receipts:
    """Flags of receipts by entry: the gate's entry of a verified certificate is an entry into a market."""

    def __init__(self, books: CaseBooks) -> None:
        self._books = books
        self._first: dict[Entry, tuple[int, int]] | None = None

    def doing(self, entries: Iterable[Entry]) -> bool:
        """Say whether the first receipt of some entries is an entry into a market."""
        if self._first is None:
            self._first = {}
            for lot in self._books.gathered.books.values():
                for row in lot.rows:
                    if row[0] == _RECEIPT:
                        entry, told = (row[8], row[9]), (row[10], row[12])
                        self._first[entry] = min(self._first.get(entry, told), told)
        flags = next((self._first[entry][1] for entry in entries if entry in self._first), 0)
        return bool(flags & DELIVERED)


def _against(books: LotBooks, judge: Judge, receipts: _Receipts) -> Iterator[Finding]:
    """before_known, after_notice."""
    opened, lot, unit = judge.case.opened, books.lot, books.unit
    if not books.rows or max(row[6] for row in books.rows) < opened:
        return
    for row in books.rows:
        doing = ASKS.get(row[0]) if row[6] >= opened and not row[12] & SAMPLE else None
        if doing is not None:
            yield from judge.fact(doing, lot, row[2], row[6], (row[8], row[9]), (row[5], row[4]))
    for move in books.all_moves():
        if move.arrived and move.dst and not move.recall and move.t_in >= opened:
            told = "market_entry" if receipts.doing(move.entries) else "receipt"
            yield from judge.fact(told, lot, move.dst, move.t_in, move.entries[-1], (move.received, unit))  # type: ignore[arg-type]


def _made(lots: Iterable[LotBooks], judge: Judge) -> Iterator[Finding]:
    """Find where more of a lot of the case was made of other goods; who used goods of the case for it was found already."""
    made = [(each, row) for each in lots for row in each.births if row[0] == _PRODUCED and row[6] >= judge.case.opened]
    used: set[Entry] = set()
    for each in lots if made else ():
        for row in each.consumed:
            if judge.marks("use", each.lot, row[2], row[6]):
                used.add((row[8], row[9]))
    for each, row in made:
        if (row[8], row[9]) not in used:
            yield from judge.fact(MAKING, each.lot, row[2], row[6], (row[8], row[9]), (row[5], row[4]))


def _acts(facts: SqlFacts, books: CaseBooks, judge: Judge) -> Iterator[Finding]:
    for act in facts.acts(list(books.gathered.books)):
        yield from judge.fact(act.doing, act.lot, act.site, act.t, act.entry, (0, -1))


def _restocked(books: CaseBooks, judge: Judge) -> Iterator[Finding]:
    """Custody that left as ordinary goods; only replayed holdings ever had any."""
    for lot, replay in books.replays.items():
        custody = books.gathered.books[lot].custody
        holdings = {(lot, site) for site in custody}
        for each in freed(replay.moves, replay.flows, holdings, ranks=books.gathered.ranks) if holdings else ():
            if each.t >= judge.case.opened and judge.blocks(each.lot, each.site, each.t):
                yield again(each)


def _brought_back(books: LotBooks, facts: SqlFacts) -> Iterator[Found]:
    """returns_exceed_sales."""
    ranks = facts.ranks() if books.custody else {}
    for site in books.custody:
        each = books.held[site]
        if each.brought_back > each.sold:
            timed = [(row[6], (row[8], row[9])) for row in books.rows if row[0] == _BROUGHT and row[2] == site]
            entries = newest(timed, lambda entry: (ranks.get(entry[0], entry[0]), entry[1]))
            yield "returns_exceed_sales", books.lot, site, books.unit, each.brought_back - each.sold, entries
