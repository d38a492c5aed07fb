"""The answer of a recall of plain lots, put together from their books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from foodtrace.graph.flows import FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.contacts import contacts
from foodtrace.recall.findings import Finding
from foodtrace.recall.metrics import UNIT_NAMES, Figures, rows_of
from foodtrace.recall.plain.figures import Counted
from foodtrace.recall.plain.findings import Findings
from foodtrace.recall.plain.gather import Gathered
from foodtrace.recall.said import Amount, OutletRow, said_time
from foodtrace.recall.settings import Settings
from foodtrace.recall.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foodtrace.storage.session import Session

_SELLS: Final = frozenset(map(int, (FlowKind.SOLD, FlowKind.COUNT, FlowKind.USED, FlowKind.CONSUMED)))
"""Records by which a site shows that it says what becomes of its goods."""


class PlainAnswer:
    """Everything an answer says of plain lots.

    :param operator: who recalls, where no lot says it. :raises HandOver: the records are not plain.
    """

    def __init__(self, session: Session, facts: SqlFacts, asked: Sequence[str], settings: Settings, operator: str) -> None:
        self.session = session
        self.settings = settings
        numbers = dict(facts.numbers(asked))
        self.numbers = [numbers[text] for text in asked if text in numbers]
        self.gathered = gathered = Gathered(facts, self.numbers)
        own_operator = next((info.producer for lot in self.numbers if (info := gathered.infos[lot]).producer), "") or operator
        held = {site for books in gathered.books.values() for site in books.held}
        sites = gathered.sites
        kinds = settings.outlet_kinds
        own = {site for site in held if own_operator and sites[site].operator == own_operator and sites[site].kind not in kinds}
        sold = {site for books in gathered.books.values() for site, each in books.held.items() if each.sold > 0}
        self.own = own
        self.outlets = ({site for site in held if sites[site].kind in kinds} | sold) - own
        self.findings: set[Finding] = Findings(gathered, settings).all()
        self.rows, self.sure_rows = self._figures()
        self.lots = [lot for lot, books in gathered.books.items() if books.held]
        self.texts: Mapping[int, str] = facts.texts({*self.lots, *held})

    def _figures(self) -> tuple[tuple[Figures, ...], tuple[Figures, ...]]:
        counted = Counted(self.gathered, self.own)
        possible = bool(self.gathered.links.possible)
        sure = self._rows(counted.tallies(sure=True))
        return (self._rows(counted.tallies(sure=False)) if possible and self.settings.count_possible else sure), sure

    def _rows(self, tallies: dict[tuple[int, int], Tally]) -> tuple[Figures, ...]:
        infos = self.gathered.infos
        together: dict[tuple[object, ...], tuple[tuple[int, int], Tally]] = {}
        for (lot, unit), tally in tallies.items():
            info = infos[lot]
            key = (unit, info.product, info.content, info.content_unit)
            if key in together:
                together[key][1].add(tally)
            else:
                together[key] = ((lot, unit), tally)
        return rows_of(infos, {lot: (lot,) for (lot, _), _ in together.values()}, dict(together.values()), self.settings)

    def outlets_told(self) -> dict[str, int]:
        """Return of how many sites R4 to R6 are: without a case nobody was told, and no sample was drawn."""
        return {"R4": len(self.outlets), "R5": len(self.outlets), "R6": 0}

    def product(self) -> str:
        """Return what the lots asked for are."""
        return next((info.product for lot in self.numbers if (info := self.gathered.infos[lot]).product), "")

    # -- rows --------------------------------------------------------------------------------------------------------------

    def outlet_rows(self) -> list[tuple[int, OutletRow]]:
        """Return (site, row) of every affected site."""
        gathered, texts = self.gathered, self.texts
        lots: dict[int, list[str]] = defaultdict(list)
        amounts: dict[int, dict[int, list[int]]] = defaultdict(dict)
        sure: set[int] = set()
        tiers: dict[int, int] = {}
        sells: set[int] = set()
        for lot, books in gathered.books.items():
            possible = gathered.links.possible.get(lot)
            sure.update(books.held.keys() - possible if possible else books.held)
            near = gathered.links.tiers.get(lot)
            text, unit = texts[lot] if books.held else "", books.unit
            sells.update([row[2] for row in books.rows if row[0] in _SELLS])
            for site, each in books.held.items():
                lots[site].append(text)
                tier = 0 if near is None else near.get(site, -1)
                if tier >= 0 and tiers.get(site, tier) >= tier:
                    tiers[site] = tier
                sums = amounts[site].get(unit)
                if sums is None:
                    sums = amounts[site][unit] = [0] * 6
                sums[0] += each.received + each.born
                sums[1] += each.sold
                sums[2] += each.on_hand
                sums[3] += each.destroyed
                sums[4] += each.unaccounted
                sums[5] += each.travelling
        self._sells, self._sure, self._tiers = sells, sure, tiers
        self._suppliers = gathered.suppliers()
        self._contacts = contacts(self.session, list(lots))
        return [(site, self._row(site, sorted(mine), amounts[site])) for site, mine in lots.items()]

    def _row(self, site: int, lots: list[str], amounts: Mapping[int, list[int]]) -> OutletRow:
        sites = self.gathered.sites
        info = sites[site]
        silent = info.last_entry is None and site not in self._sells
        state, fields = self._contacts.get(site, ("missing", {}))
        return OutletRow(
            site=info.text,
            name=info.name,
            operator=info.operator,
            kind=info.kind,
            role="outlet" if site in self.outlets else "own" if site in self.own else "intermediary",
            county=info.county,
            contact=fields.get("contact", ""),
            phone=fields.get("phone", ""),
            address=fields.get("address", ""),
            personal=state,
            lots=tuple(lots),
            suppliers=tuple(sorted(sites[each].name or sites[each].text for each in self._suppliers.get(site, ()))),
            link="confirmed" if site in self._sure else "possible",
            tier=self._tiers.get(site, -1),
            amounts=tuple(_amount(unit, amounts[unit], silent=silent) for unit in sorted(amounts)),
            notified=None,
            acknowledged=None,
            sealed=None,
            returned=None,
            destroyed=None,
            last_entry=said_time(info.last_entry),
        )


def _amount(unit: int, sums: list[int], *, silent: bool) -> Amount:
    received, sold, on_hand, destroyed, unaccounted, travelling = sums
    unknown = silent and on_hand > 0
    return Amount(
        unit=UNIT_NAMES[unit],
        received=received,
        sold=None if unknown else sold,
        on_hand=None if unknown else on_hand,
        at_notice=None,
        likely=on_hand,
        returned=0,
        destroyed=destroyed,
        unaccounted=unaccounted,
        travelling=travelling,
        sealed=0,
    )
