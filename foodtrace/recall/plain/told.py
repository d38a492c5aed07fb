"""The answer of a recall of plain lots, as the JSON of :class:`foodtrace.recall.said.Answer` has it.

Rules:

1. Dicts, lists and numbers alone: the command line prints them as they are, and a library's user gets structs made of them.
2. This module and what it imports load neither structs nor events: a recall from the shell pays for every import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from foodtrace.graph.heads import heads
from foodtrace.graph.inorder import in_order
from foodtrace.graph.rows import Rows
from foodtrace.graph.subjects import CASES
from foodtrace.recall.contacts import contacts
from foodtrace.recall.explained import kinds_told
from foodtrace.recall.plain.figures import UNIT_NAMES, Counted, Told, rate
from foodtrace.recall.plain.findings import Findings, ordered
from foodtrace.recall.plain.gather import COUNTY, KIND, LAST_ENTRY, NAME, OPERATOR, TEXT, Gathered
from foodtrace.recall.plain.lot import Held, Recalled
from foodtrace.recall.plain.sources import behind_told, positions_told, said_time
from foodtrace.recall.silence import free, silent_sites

if TYPE_CHECKING:
    from foodtrace.graph.heads import LogHead

_PRODUCT, _GTIN, _PRODUCER, _MAKERS = 1, 2, 3, 10
"""Where these stand in what is said of a lot."""
_PIECE: Final = 2
_Line: TypeAlias = tuple[int, str]
"""(unit, product of pieces): what may be added up."""


class PlainAnswer:
    """Everything an answer says of plain lots.

    :param asked: full ids. :param outlet_kinds, transit_limit, silent_after: of the rule pack's settings.
    :param operator: who recalls, where no lot says it. :param more: numbers of further lots that the scope means, those a rule fits.
    :param scope: the scope in words; by default the lots asked for. :param in_case: goods may be in custody, and who recalls is the
        operator, whatever the lots say. :raises HandOver: the records are not plain.
    """

    def __init__(
        self,
        rows: Rows,
        asked: Sequence[str],
        *,
        outlet_kinds: frozenset[str],
        transit_limit: int,
        silent_after: int,
        operator: str = "",
        more: Sequence[int] = (),
        scope: Sequence[str] = (),
        in_case: bool = False,
    ) -> None:
        self.rows = rows
        self.asked = tuple(asked)
        numbers = rows.numbers((*self.asked, CASES))  # the last one for :func:`foodtrace.recall.plain.cases.none_about`
        self._known = {text: numbers[text] for text in self.asked if text in numbers}
        self.numbers = list(self._known.values())
        self.scope = tuple(scope) or (" ".join(self.asked),)
        self.gathered = gathered = Gathered(rows, list(dict.fromkeys((*self.numbers, *more))), () if more else self.asked, in_case=in_case)
        sites = gathered.sites
        held = {site for books in gathered.books.values() for site in books.held}
        producer = next((info[_PRODUCER] for lot in self.numbers if (info := gathered.infos[lot])[_MAKERS]), "")
        recalls = operator if in_case else producer or operator
        own = {site for site in held if recalls and sites[site][OPERATOR] == recalls and sites[site][KIND] not in outlet_kinds}
        sold = {site for books in gathered.books.values() for site, each in books.held.items() if each.sold > 0}
        self.own = own
        self.recalls = recalls
        self.outlets = {site for site in held if sites[site][KIND] in outlet_kinds} | sold
        self.findings = Findings(gathered, transit_limit=transit_limit, silent_after=silent_after)
        self.counted = Counted(gathered, own)
        self.lots = [lot for lot, books in gathered.books.items() if books.held]
        self.findings.unheard = lambda: self.silent
        self.texts: Mapping[int, str] = rows.texts({*self.lots, *self.numbers})

    def told(self, *, count_possible: bool = True) -> Told:
        """Return the answer."""
        sources = heads(self.rows.session)
        untraced = ordered([*self.findings.told(), *behind_told(sources, self.rows.session)])
        sure = self.counted.told(sure=True)
        figures = self.counted.told(sure=False) if self.gathered.links.possible and count_possible else sure
        many = len(self.outlets)
        rates = {"R4": rate(0, many, "site"), "R5": rate(0, many, "site"), "R6": rate(0, 0, "site")}
        return self.assembled(sources, untraced, sure, figures, rates)

    def assembled(self, sources: Sequence[LogHead], untraced: list[Told], sure: list[Told], figures: list[Told], rates: Told) -> Told:
        """Return an answer's fields. :param rates: R4 to R6."""
        rows = list(self._rows())
        return {
            "lots": self.asked,
            "case": "",
            "version": 0,
            "cases": (),
            "scope": self.scope,
            "operator": self.recalls,
            "at": said_time(self.rows.now),
            "rule_pack": "",
            "rule_pack_missing": "",
            "product": self._product(),
            "products": self._products(),
            "affected_lots": tuple(sorted([self.texts[lot] for lot in self.lots], key=in_order)),
            "same_lots": (),  # a lot that goes by several names is handed over
            "outlets": ordered_rows([row for site, row in rows if site in self.outlets]),
            "others": ordered_rows([row for site, row in rows if site not in self.outlets]),
            "unknown_kind": sum(not row["kind"] for site, row in rows if site not in self.outlets),
            "figures": figures,
            "confirmed_only": sure,
            "rates": {**figures[0]["rates"], **rates},
            "cleared": None,  # a case that cleared goods is handed over
            "without_lot": (),
            "told_twice": (),
            "untraced": untraced,
            "finding_kinds": kinds_told((each["kind"], each["reason"]) for each in untraced),
            "positions": positions_told(sources),
            "partial": False,
            "later": None,
            "at_remark": "",
            "bounds": None,
        }

    @property
    def products(self) -> set[str]:
        """Names and GTINs of what the affected lots are."""
        return {said for lot in self.lots for said in (self.gathered.infos[lot][_PRODUCT], self.gathered.infos[lot][_GTIN])} - {""}

    def _product(self) -> str:
        """Return what the lots asked for are; of a rule only where everything affected is one thing."""
        infos = self.gathered.infos
        if self.numbers:
            return ", ".join(dict.fromkeys([said for lot in self.numbers if (said := infos[lot][_PRODUCT])]))
        products = {infos[lot][_PRODUCT] for lot in self.lots} - {""}
        return products.pop() if len(products) == 1 else ""

    def _products(self) -> list[Told]:
        """Return the lots asked for by what they are."""
        made: dict[str, list[str]] = {}
        for text in dict.fromkeys(self.asked):
            lot = self._known.get(text)
            made.setdefault("" if lot is None else self.gathered.infos[lot][_PRODUCT], []).append(text)
        return [{"product": product, "lots": lots} for product, lots in made.items()]

    # -- rows --------------------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[tuple[int, Told]]:
        """Return (site, row) of every affected site."""
        gathered, texts = self.gathered, self.texts
        lots: dict[int, list[str]] = defaultdict(list)
        numbers: dict[_Line, int] = {}
        """Lines have numbers here: a number is found faster than what it stands for."""
        amounts: dict[int, dict[int, list[Held]]] = defaultdict(dict)
        sure: set[int] = set()
        tiers: dict[int, int] = {}
        for lot, books in gathered.books.items():
            if not books.held:
                continue
            possible = gathered.links.possible.get(lot)
            sure.update(books.held.keys() - possible if possible else books.held)
            near = gathered.links.tiers.get(lot)
            text, line = texts[lot], numbers.setdefault(self.line(lot), len(numbers))
            for site, each in books.held.items():
                lots[site].append(text)
                tier = 0 if near is None else near.get(site, -1)
                if tier >= 0 and tiers.get(site, tier) >= tier:
                    tiers[site] = tier
                here = amounts[site]
                if line in here:
                    here[line].append(each)
                else:
                    here[line] = [each]
        added = {site: {line: _added(each) for line, each in lines.items()} for site, lines in amounts.items()}
        order = sorted(numbers.items())
        suppliers = gathered.suppliers()
        called = contacts(self.rows.session, sorted(lots))
        sites = gathered.sites
        for site, mine in lots.items():
            info = sites[site]
            mine.sort(key=in_order)
            state, fields = called.get(site, ("missing", {}))
            yield (
                site,
                {
                    "site": info[TEXT],
                    "name": info[NAME],
                    "operator": info[OPERATOR],
                    "kind": info[KIND],
                    "role": "outlet" if site in self.outlets else "own" if site in self.own else "intermediary",
                    "county": info[COUNTY],
                    "contact": fields.get("contact", ""),
                    "phone": fields.get("phone", ""),
                    "address": fields.get("address", ""),
                    "personal": state,
                    "lots": mine,
                    "also": (),
                    "suppliers": sorted([sites[each][NAME] or sites[each][TEXT] for each in suppliers.get(site, ())]),
                    "link": "confirmed" if site in sure else "possible",
                    "tier": tiers.get(site, -1),
                    "amounts": [_amount(line, added[site][n], silent=site in self.silent) for line, n in order if n in added[site]],
                    "notified": None,
                    "acknowledged": None,
                    "sealed": None,
                    "returned": None,
                    "destroyed": None,
                    "cleared": "",
                    "last_entry": None if info[LAST_ENTRY] is None else said_time(info[LAST_ENTRY]),
                },
            )

    def line(self, lot: int) -> _Line:
        """Return the line that a lot is counted in (:mod:`foodtrace.recall.amounts`, rule 2)."""
        unit = self.gathered.books[lot].unit
        return unit, self.gathered.infos[lot][_PRODUCT] if unit == _PIECE else ""

    @cached_property
    def silent(self) -> frozenset[int]:
        """Sites that do not say what became of these goods."""
        books = [self.gathered.books[lot] for lot in self.lots]
        held = {site for mine in books for site, each in mine.held.items() if each.travelling or (each.on_hand and free(each))}
        never = {site for site in held if self.gathered.sites[site][LAST_ENTRY] is None}

        def said() -> Iterator[tuple[int, int, int]]:
            return ((row[0], row[2], row[12]) for each in books for row in each.rows)

        return silent_sites(held, never, said, self.rows.keepers)


def _amount(line: _Line, each: Held, *, silent: bool) -> Told:
    """Return a line of a row (:mod:`foodtrace.recall.amounts`)."""
    on_hand, travelling = each.on_hand, each.travelling
    unheard_of = silent and travelling > 0
    unknown = silent and (free(each) > 0 or unheard_of)
    return {
        "unit": UNIT_NAMES[line[0]],
        "product": line[1],
        "without_lot": False,
        "born": each.born,
        "received": None if unheard_of else each.received,
        "returned_in": each.brought_back + each.return_in,
        "over": each.over,
        "dispatched": each.dispatched,
        "consumed": each.consumed + each.used,
        "sold": None if unknown else each.sold,
        "on_hand": None if unknown else on_hand,
        "at_notice": None,
        "likely": on_hand + travelling if unheard_of else on_hand,
        "returned": each.returned,
        "destroyed": each.destroyed,
        "lost": each.lost,
        "unaccounted": each.unaccounted,
        "travelling": travelling,
        "sealed": each.sealed + each.back,
    }


def _added(held: Sequence[Held]) -> Held:
    """Return holdings added up; most have few of the terms, and to look costs less than to add."""
    if len(held) == 1:
        return held[0]
    sums = Recalled()
    received = dispatched = sold = on_hand = 0
    for each in held:
        received += each.received
        on_hand += each.on_hand
        if each.sold:
            sold += each.sold
        if each.dispatched:
            dispatched += each.dispatched
        if each.born:
            sums.born += each.born
        if each.over:
            sums.over += each.over
        if each.consumed:
            sums.consumed += each.consumed
        if each.used:
            sums.used += each.used
        if each.destroyed:
            sums.destroyed += each.destroyed
        if each.lost:
            sums.lost += each.lost
        if each.unaccounted:
            sums.unaccounted += each.unaccounted
        if each.travelling:
            sums.travelling += each.travelling
        if type(each) is Recalled:
            _add_custody(sums, each)
    sums.received, sums.dispatched, sums.sold, sums.on_hand = received, dispatched, sold, on_hand
    return sums


def _add_custody(sums: Recalled, each: Recalled) -> None:
    sums.brought_back += each.brought_back
    sums.return_in += each.return_in
    sums.returned += each.returned
    sums.sealed += each.sealed
    sums.back += each.back


def ordered_rows(rows: list[Told]) -> list[Told]:
    """Put rows into order: likely remaining stock first, unknown counted as all of it."""

    def place(row: Told) -> tuple[int, Any]:
        there = [each["likely"] + (0 if each["received"] is None else each["travelling"]) for each in row["amounts"]]
        return -max(there, default=0), row["site"]

    rows.sort(key=place)
    return rows
