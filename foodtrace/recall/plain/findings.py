"""What is missing, contradictory or too much in plain lots; the rules are those of :mod:`foodtrace.recall.finding`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

from foodtrace.graph.flowkind import FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.rows import ENDED
from foodtrace.recall.entries import Entry, newest
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.figures import UNIT_NAMES
from foodtrace.recall.plain.gather import KIND, LAST_ENTRY, NAME, Gathered
from foodtrace.recall.plain.lot import BOTH, RECEIVED, LotBooks
from foodtrace.recall.silence import by_case, free

Found: TypeAlias = tuple[str, int, int, int, int, tuple[Entry, ...]]
"""(kind, lot, site, unit or -1, value, entries), as :class:`foodtrace.recall.finding.look.Finding` says."""

_PRODUCED: Final = int(FlowKind.PRODUCED)
_CONSUMED: Final = int(FlowKind.CONSUMED)
_DISCARDED: Final = int(FlowKind.DISCARDED)
_BORN: Final = int(FlowKind.BORN)
_LEAVING: Final = (FlowKind.DISPATCH, FlowKind.RETURN)
_OUT: Final = frozenset(map(int, (*_LEAVING, FlowKind.CONSUMED, FlowKind.SOLD, FlowKind.DESTROYED, FlowKind.LOST, FlowKind.USED)))
_NONE: Final = -1
_RECORDED: Final = 7
_BY_COUNT: Final = frozenset({"unexplained_stock", "unaccounted"})
"""What a count shows, and so an answer."""


class Findings:
    """The findings of one answer.

    :param transit_limit, silent_after: microseconds, see :class:`foodtrace.recall.settings.Settings`.
    """

    def __init__(self, gathered: Gathered, *, transit_limit: int, silent_after: int) -> None:
        self.gathered = gathered
        self.more: Collection[Found] = ()
        """Further findings about goods: those of a case."""
        self.answers: Mapping[tuple[int, int], Sequence[tuple[int, Entry]]] = {}
        """(lot, site) -> when its site answered what lay there, and the entries that say so: those of a case."""
        now = gathered.rows.now
        self.late = now - transit_limit
        self.unregistered = {site for site, said in gathered.sites.items() if not said[KIND]}
        early = now - silent_after
        self.unheard: Callable[[], Collection[int]] = frozenset
        """Tells which sites do not say what became of these goods (:mod:`foodtrace.recall.silence`)."""
        self.silent = {site for site, said in gathered.sites.items() if said[LAST_ENTRY] is None or said[LAST_ENTRY] < early}

    def all(self) -> set[Found]:
        """Return every finding about goods, each once; those about logs are told by :mod:`foodtrace.recall.plain.sources`."""
        found: set[Found] = set(self.more)
        for books in self.gathered.books.values():
            found.update(self._moves(books))
            found.update(self._holdings(books))
            found.update(self._origins(books))
        found.update(self._transformations())
        return found

    def told(self) -> list[dict[str, Any]]:
        """Return every finding about goods as an answer tells it, by text."""
        found = self.all()
        texts = self.gathered.rows.texts({each[1] for each in found} | {each[2] for each in found})
        origins = self.gathered.rows.origins()
        sites = self.gathered.sites | self.gathered.rows.sites_said({each[2] for each in found} - self.gathered.sites.keys() - {0})
        return [
            {
                "kind": kind,
                "lot": texts[lot],
                "site": texts[site],
                "site_name": sites[site][NAME] if site else "",
                "value": value,
                "unit": UNIT_NAMES[unit] if unit >= 0 else "",
                "entries": tuple([f"{origins.get(log, log)}#{seq}" for log, seq in entries]),
                "reason": "",
            }
            for kind, lot, site, unit, value, entries in found
        ]

    @cached_property
    def _by_case(self) -> Collection[int]:
        """Sites that keep no books, and whose last entry only says what was sealed there, went back or was destroyed."""
        sites = self.gathered.sites
        said = by_case((row[0], row[2], row[_RECORDED]) for books in self.gathered.books.values() for row in books.rows)
        last = {site for site, recorded in said.items() if site in sites and (sites[site][LAST_ENTRY] or recorded + 1) <= recorded}
        return last.intersection(self.unheard()) if last else ()

    def _place(self, entry: Entry) -> Entry:
        return self.gathered.ranks.get(entry[0], entry[0]), entry[1]

    # -- moves -------------------------------------------------------------------------------------------------------------

    def _moves(self, books: LotBooks) -> Iterator[Found]:
        """not_received, not_sent, source_missing, destination_missing, quantity_differs, receipt before dispatch."""
        lot, unit = books.lot, books.unit
        alone: dict[tuple[int, int], int] = {}
        if self.unregistered and not self.unregistered.isdisjoint(books.held):
            for row in books.clean:
                if row[3] in self.unregistered:
                    yield "destination_missing", lot, row[3], unit, row[5], ((row[8], row[9]),)
        for src, dst, sent, received, t_out, t_in, arrived, evidence, entries, _, _ in books.odd:
            site = dst or src
            if evidence != RECEIVED and (not dst or dst in self.unregistered):
                yield "destination_missing", lot, site, unit, sent, entries
            if dst and not arrived and t_out < self.late:
                yield "not_received", lot, site, unit, sent, entries
            if arrived and not src:
                yield "source_missing", lot, site, unit, received, entries
            if evidence == RECEIVED and alone.setdefault((dst, received), entries[0][0]) != entries[0][0]:
                raise HandOver("receipts that may be alike")
            if evidence == RECEIVED and src:
                yield "not_sent", lot, site, unit, received, entries
            if arrived and evidence == BOTH and sent != received:
                yield "quantity_differs", lot, site, unit, received - sent, entries
            if len(entries) > 1 and t_in < t_out:
                yield "time_contradiction", lot, site, _NONE, 0, entries

    # -- holdings ----------------------------------------------------------------------------------------------------------

    def _holdings(self, books: LotBooks) -> Iterator[Found]:
        """unexplained_stock, unaccounted, silent_site, same_lot_no_path, and what left before the lot began."""
        lot, unit, silent = books.lot, books.unit, self.silent
        possible = self.gathered.links.possible.get(lot, ())
        told: list[tuple[str, int, int]] = []
        for site, each in books.held.items():
            if each.over:
                told.append(("unexplained_stock", site, each.over))
            if each.unaccounted:
                told.append(("unaccounted", site, each.unaccounted))
            if each.on_hand and (site in silent or (site in self._by_case and free(each) > 0 and (lot, site) not in self.answers)):
                told.append(("silent_site", site, each.on_hand))
        if told or possible:
            every = books.timed({*(site for _, site, _ in told), *possible})
            entries = {site: newest(timed, self._place) for site, timed in every.items()}
            for kind, site, value in told:
                said = self.answers.get((lot, site)) if kind in _BY_COUNT else None
                yield kind, lot, site, unit, value, newest([*every[site], *said], self._place) if said else entries[site]
            for site in possible:
                yield "same_lot_no_path", lot, site, _NONE, 0, entries[site]
        begun = min((row[6] for row in books.births), default=None)
        if begun is not None and min(row[6] for row in books.rows) < begun:
            yield from _too_early(books, begun)
        certified = {row[2] for row in books.births if row[0] == _BORN and row[11]}
        for site in certified:
            each = books.held[site]
            if each.dispatched + each.returned + each.consumed + each.sold + each.destroyed + each.lost + each.used > each.born:
                raise HandOver("more left than was certified")

    # -- lots --------------------------------------------------------------------------------------------------------------

    def _origins(self, books: LotBooks) -> Iterator[Found]:
        """origin_missing, several_origins."""
        if not books.held:
            return
        if not books.births:
            timed = [(row[6], (row[8], row[9])) for row in books.rows if row[0] != _DISCARDED]
            yield "origin_missing", books.lot, 0, _NONE, 0, newest(timed, self._place)
        elif len(books.births) > 1:
            births: set[Entry] = {(row[8], row[9]) for row in books.births}
            if len(births) > 1:
                yield "several_origins", books.lot, 0, _NONE, len(births), tuple(sorted(births, key=self._place))

    def _transformations(self) -> Iterator[Found]:
        """mass_gain, unit_differs of inputs."""
        outputs = self.gathered.links.outputs
        if not outputs:
            return
        sides: dict[Entry, tuple[list[Any], list[Any]]] = {entry: ([], []) for entry in outputs}
        for row in self.gathered.rows.entry_rows(outputs):
            if row[0] in (_CONSUMED, _PRODUCED) and not row[ENDED] and row[6] <= self.gathered.rows.now:
                sides[row[8], row[9]][row[0] == _PRODUCED].append(row)
        for entry, (taken, made) in sides.items():
            if taken and made:
                yield from self._made(entry, taken, made)

    def _made(self, entry: Entry, taken: list[Any], made: list[Any]) -> Iterator[Found]:
        units = {row[4] for row in taken}
        alike = made if len(units) > 1 else [row for row in made if row[4] in units]
        gain = sum([row[5] for row in alike]) - sum([row[5] for row in taken])
        if len(units) == 1 and gain <= 0:
            return
        # By text, not by number: numbers differ from one database to the next.
        texts = self.gathered.rows.texts([row[1] for row in alike])
        lot = min(alike, key=lambda row: texts[row[1]])[1]
        if len(units) > 1:
            yield "unit_differs", lot, made[0][2], _NONE, 0, (entry,)
        else:
            yield "mass_gain", lot, made[0][2], alike[0][4], gain, (entry,)


def ordered(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put findings into order by text: the numbers of names follow the order of arrival, which must not be seen (RECALL section 8)."""
    return sorted(told, key=_place_in_answer)


def _place_in_answer(each: dict[str, Any]) -> tuple[Any, ...]:
    entries = [*map(in_order, each["entries"])]
    return each["kind"], in_order(each["lot"]), each["site"], each["unit"], each["value"], entries, each["reason"]


def _too_early(books: LotBooks, begun: int) -> Iterator[Found]:
    for row in books.rows:
        if row[0] in _OUT and row[6] < begun:
            yield "time_contradiction", books.lot, row[2], _NONE, 0, ((row[8], row[9]),)
    for move in books.odd:
        if move.evidence == RECEIVED and move.t_out < begun:
            yield "time_contradiction", books.lot, move.dst, _NONE, 0, move.entries
