"""What is missing, contradictory or too much in plain lots; the rules are those of :mod:`foodtrace.recall.finding`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.recall.affected import Affected
from foodtrace.recall.finding import lots as about_lots
from foodtrace.recall.finding import records as about_records
from foodtrace.recall.finding.look import Entry, Finding, Look
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.gather import Gathered
from foodtrace.recall.plain.lot import BOTH, RECEIVED, LotBooks
from foodtrace.recall.settings import Settings

_PRODUCED: Final = int(FlowKind.PRODUCED)
_BORN: Final = int(FlowKind.BORN)
_OUT: Final = frozenset(map(int, (FlowKind.DISPATCH, FlowKind.CONSUMED, FlowKind.SOLD, FlowKind.DESTROYED, FlowKind.LOST, FlowKind.USED)))


class Findings:
    """The findings of one answer."""

    def __init__(self, gathered: Gathered, settings: Settings) -> None:
        self.gathered = gathered
        self.settings = settings
        self.now = gathered.facts.now
        self.look = Look(gathered.facts, _nothing(gathered), settings, None, NO_TABLES)
        sites = gathered.sites.values()
        self.unregistered = {info.site for info in sites if not info.kind}
        early = self.now - settings.silent_after
        self.silent = {info.site for info in sites if info.last_entry is None or info.last_entry < early}

    def all(self) -> set[Finding]:
        """Return every finding, each once."""
        found: set[Finding] = set()
        for books in self.gathered.books.values():
            found.update(self._moves(books))
            found.update(self._holdings(books))
            found.update(self._origins(books))
        found.update(about_lots.transformations(self.look))
        found.update(about_records.behind(self.look))
        return found

    # -- moves -------------------------------------------------------------------------------------------------------------

    def _moves(self, books: LotBooks) -> Iterator[Finding]:
        """not_received, not_sent, source_missing, destination_missing, quantity_differs, receipt before dispatch."""
        lot, unit, late = books.lot, books.unit, self.now - self.settings.transit_limit
        if self.unregistered and not self.unregistered.isdisjoint(books.held):
            for row in books.clean:
                if row[3] in self.unregistered:
                    yield Finding(kind="destination_missing", lot=lot, site=row[3], entries=((row[8], row[9]),), value=row[5], unit=unit)
        for src, dst, sent, received, t_out, t_in, arrived, evidence, entries in books.odd:
            site = dst or src
            if evidence != RECEIVED and (not dst or dst in self.unregistered):
                yield Finding(kind="destination_missing", lot=lot, site=site, entries=entries, value=sent, unit=unit)
            if dst and not arrived and t_out < late:
                yield Finding(kind="not_received", lot=lot, site=site, entries=entries, value=sent, unit=unit)
            if arrived and not src:
                yield Finding(kind="source_missing", lot=lot, site=site, entries=entries, value=received, unit=unit)
            elif evidence == RECEIVED:
                yield Finding(kind="not_sent", lot=lot, site=site, entries=entries, value=received, unit=unit)
            if arrived and evidence == BOTH and sent != received:
                yield Finding(kind="quantity_differs", lot=lot, site=site, entries=entries, value=received - sent, unit=unit)
            if len(entries) > 1 and t_in < t_out:
                yield Finding(kind="time_contradiction", lot=lot, site=site, entries=entries)

    # -- holdings ----------------------------------------------------------------------------------------------------------

    def _holdings(self, books: LotBooks) -> Iterator[Finding]:
        """unexplained_stock, unaccounted, silent_site, same_lot_no_path, and what left before the lot began."""
        lot, unit, silent = books.lot, books.unit, self.silent
        possible = self.gathered.links.possible.get(lot, ())
        told: list[tuple[str, int, int]] = []
        for site, each in books.held.items():
            if each.over:
                told.append(("unexplained_stock", site, each.over))
            if each.unaccounted:
                told.append(("unaccounted", site, each.unaccounted))
            if each.on_hand and site in silent:
                told.append(("silent_site", site, each.on_hand))
        if told or possible:
            entries = {site: self.look.newest(timed) for site, timed in books.timed({*(site for _, site, _ in told), *possible}).items()}
            for kind, site, value in told:
                yield Finding(kind=kind, lot=lot, site=site, entries=entries[site], value=value, unit=unit)
            for site in possible:
                yield Finding(kind="same_lot_no_path", lot=lot, site=site, entries=entries[site])
        begun = min((row[6] for row in books.births), default=None)
        if begun is not None and min(row[6] for row in books.rows) < begun:
            yield from _too_early(books, begun)
        certified = {row[2] for row in books.births if row[0] == _BORN and row[11]}
        for site in certified:
            each = books.held[site]
            if each.dispatched + each.consumed + each.sold + each.destroyed + each.gone > each.born:
                raise HandOver("more left than was certified")

    # -- lots --------------------------------------------------------------------------------------------------------------

    def _origins(self, books: LotBooks) -> Iterator[Finding]:
        """origin_missing, several_origins."""
        if not books.held:
            return
        if not books.births:
            timed = [(row[6], (row[8], row[9])) for row in books.rows if row[0] != FlowKind.DISCARDED]
            yield Finding(kind="origin_missing", lot=books.lot, entries=self.look.newest(timed))
        elif len(books.births) > 1:
            births: set[Entry] = {(row[8], row[9]) for row in books.births}
            if len(births) > 1:
                entries = tuple(sorted(births, key=self.look.place))
                yield Finding(kind="several_origins", lot=books.lot, entries=entries, value=len(births))


def _too_early(books: LotBooks, begun: int) -> Iterator[Finding]:
    for row in books.rows:
        if row[0] in _OUT and row[6] < begun:
            yield Finding(kind="time_contradiction", lot=books.lot, site=row[2], entries=((row[8], row[9]),))
    for move in books.odd:
        if move.evidence == RECEIVED and move.t_out < begun:
            yield Finding(kind="time_contradiction", lot=books.lot, site=move.dst, entries=move.entries)


def _nothing(gathered: Gathered) -> Affected:
    """Return what the rules about transformations and logs look at: the outputs, nothing else."""
    made: Iterable[Flow] = [Flow(*row[:13]) for books in gathered.books.values() for row in books.births if row[0] == _PRODUCED]
    names: Mapping[int, tuple[int, ...]] = {lot: (lot,) for lot, books in gathered.books.items() if books.held}
    return Affected(
        lots=tuple(sorted(names)),
        names=names,
        holdings={},
        flows=list(made),
        moves=(),
        sums={},
        sites=gathered.sites,
        infos=gathered.infos,
        outlets=frozenset(),
        intermediaries=frozenset(),
        own=frozenset(),
        partial=False,
        steps_by_slack=(),
    )
