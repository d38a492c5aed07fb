"""What lies where in a case, over the books of plain lots: custody, what outlets said, and what lay there when the notice arrived. Pure.

Rules:

1. Holdings with goods in custody are replayed in time; their sums take the place of those of rows (:meth:`CaseBooks.settle`).
2. What an outlet said lay there when the notice arrived is a count at that moment (:meth:`CaseBooks.believe`): it changes quantities and
   figures, and what is missing or too much by it is a finding as after any count.
3. On hand at the notice is what is on hand now without what has happened since; where goods were counted, said or in custody, a replay up
   to that moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.gather import Gathered
from foodtrace.recall.plain.lot import Held, LotBooks, Recalled
from foodtrace.recall.plain.replay import Replay
from foodtrace.recall.quantities import HoldingSum
from foodtrace.recall.reach import places_said
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import answered, known_since, notice_times


class CaseBooks:
    """The case's view of the books of some plain lots."""

    def __init__(self, gathered: Gathered, case: Case, settings: Settings) -> None:
        self.gathered = gathered
        self.now = now = gathered.rows.now
        self.notices = notice_times(case)
        self.known: Callable[[int], int] = known_since(case, settings)
        self.said: dict[tuple[int, int], tuple[int, int]] = {}
        """(lot, site) -> when, and what the site said lay there."""
        if any(found_there(step, now) and step.amount[1] >= 0 for step in case.steps):
            raise HandOver("goods a visit found")
        for lot, site in places_said(case, now):
            if lot in gathered.books and site not in gathered.books[lot].held:
                raise HandOver("goods said or found where nothing is on record")
        for (lot, site, unit), word in answered(case, now, {}, settings).items():
            books = gathered.books.get(lot)
            if books is not None and site not in books.held and word[1]:
                raise HandOver("an answer where nothing is on record")
            if books is None or site not in books.held:
                continue
            if unit != books.unit:
                raise HandOver("an answer in another unit")
            self.said[lot, site] = word
        said_at: dict[int, set[int]] = defaultdict(set)
        for lot, site in self.said:
            said_at[lot].add(site)
        self.replays: dict[int, Replay] = {}
        """Of lots with sites that have to be replayed."""
        for lot, books in gathered.books.items():
            sites = books.custody | said_at.get(lot, frozenset()) | books.counted
            if sites:
                self.replays[lot] = Replay(books.rows, sites, gathered.ranks)
        self.sites = {lot: books.custody | said_at.get(lot, frozenset()) | books.counted for lot, books in gathered.books.items()}
        self._late = {lot: _since(books, self.known, now) for lot, books in gathered.books.items()}

    def settle(self) -> None:
        """Put the sums of replayed holdings into the books (rule 1)."""
        for lot, books in self.gathered.books.items():
            for site in books.custody:
                books.held[site] = _held(self.replays[lot].sum(site), books.held[site])

    def believe(self) -> None:
        """Put what outlets said into the books (rule 2)."""
        for (lot, site), word in self.said.items():
            held = self.gathered.books[lot].held
            held[site] = _held(self.replays[lot].sum(site, said=word), held[site])

    def at_notice(self, lot: int, site: int, held: Held) -> int:
        """Return what lay there when the notice arrived (rule 3); nobody asks where none has."""
        arrived = self.known(site)
        if site in self.sites[lot]:
            return self.replays[lot].sum(site, said=self.said.get((lot, site)), arrived=arrived).on_hand
        return max(held.on_hand - held.over - self._late[lot].get(site, 0), 0)


def _held(sums: HoldingSum, before: Held) -> Recalled:
    made = Recalled()
    made.born, made.received, made.return_in = sums.born, sums.received, sums.return_in
    made.dispatched, made.returned, made.consumed, made.sold = sums.dispatched, sums.returned_out, sums.consumed, sums.sold
    made.destroyed, made.lost, made.used, made.brought_back = sums.destroyed, sums.lost, sums.used, sums.brought_back
    made.on_hand, made.over, made.unaccounted = sums.on_hand, sums.over, sums.unaccounted
    made.back, made.sealed, made.travelling = sums.back, sums.sealed, before.travelling
    return made


def _since(books: LotBooks, known: Callable[[int], int], now: int) -> Mapping[int, int]:
    """Return what came less what left at each site since its notice: what comes at that moment is there, what leaves is not gone yet."""
    changed: dict[int, int] = defaultdict(int)
    if not books.rows or max(row[6] for row in books.rows) < min((t for site in books.held if (t := known(site)) <= now), default=now + 1):
        return changed
    for row in books.births:
        if row[6] > known(row[2]):
            changed[row[2]] += row[5]
    for row in books.goes():
        if row[6] >= known(row[2]):
            changed[row[2]] -= row[5]
    for row in books.clean:
        if row[6] >= known(row[2]):
            changed[row[2]] -= row[5]
        if row[6] > known(row[3]):
            changed[row[3]] += row[5]
    for move in books.odd:
        if move.src and move.leaves >= known(move.src):
            changed[move.src] -= move.sent
        if move.dst and move.arrived and move.t_in > known(move.dst):
            changed[move.dst] += move.received
    return changed
