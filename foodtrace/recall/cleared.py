"""What a case cleared, as a figure of its own beside its rates (ADR 36). Pure.

Rules:

1. D, B, what is retrieved and R1 to R6 are what RECALL section 5 says, cleared goods in them. Of what is on hand or travelling in
   trade, all of which stands in B, this says how much is cleared; of that, how much is in custody, and so retrieved as well. What lies
   at sites of whoever recalls is in no B. What was sold since it was cleared is told, and what was sold at a place before: that was not
   examined.
2. A clearing that lapsed is none (:mod:`foodtrace.recall.matter`): what it covered is in no figure here.
3. A line for each unit, for pieces each product; where a rate's row has what pieces hold, the line has it too. Goods without lot apart:
   they stand in no B. Of a site that keeps no books it is at most so much, and how much was sold nobody knows.
4. Who lacks in R4, R5 and R6 only because its goods were cleared is named: it needs no notice, no answer, no visit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from foodtrace.graph.edges import UNIT_NAMES, moment
from foodtrace.graph.flows import FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.effectiveness import standing
from foodtrace.recall.facts import Case
from foodtrace.recall.finding.look import earliest
from foodtrace.recall.finds import words_on
from foodtrace.recall.heard import heard_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.quantities import HoldingSum, Key
from foodtrace.recall.shares import LineKey
from foodtrace.recall.silence import free
from foodtrace.recall.sums import told_of_all

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_PIECE: Final = UNIT_NAMES.index("piece")


class ClearedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Goods at a site that the case cleared, of one line of its row; quantities in base units."""

    site: str
    name: str
    role: Literal["outlet", "intermediary", "own"]
    """``own``: a site of whoever recalls that is no outlet; what lies there is in no B."""
    lots: tuple[str, ...]
    """By the names that they have there."""
    unit: str
    product: str = ""
    """For pieces: the product counted."""
    without_lot: bool = False
    """True: goods that some record dispatched without naming their lot."""
    on_hand: int
    """What lies there by the book, in custody or not."""
    unknown: bool
    """The site keeps no books: how much of it is left nobody knows."""
    custody: int
    """Of what is on hand: sealed, or kept apart as come back."""
    travelling: int
    """On the way there."""
    sold: int | None
    """Sold there since it was cleared. None: unknown."""
    sold_before: int | None
    """Sold there before it was cleared, and so not examined. None: unknown."""


class ClearedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a case cleared of all that may be added up; quantities in base units."""

    unit: str
    product: str = ""
    """For pieces: the product counted."""
    without_lot: bool = False
    """True: goods that some record dispatched without naming their lot; they stand in no D or B."""
    quantity: int
    """On hand or travelling in trade; all of it stands in B (``should_be_recalled``)."""
    custody: int
    """Of it: sealed, or kept apart as come back; this stands in what is retrieved too."""
    own: int
    """On hand at, or travelling to, sites of whoever recalls; in no B."""
    sold: int
    """Sold since it was cleared, as far as it is on record; it stands in B, whether or not a notice came before."""
    sold_before: int
    """Sold, at the places where the rest was cleared, before that, as far as it is on record."""
    unknown: bool
    """Some of it lies at sites that keep no books: it is at most so much."""


class Lapsed(msgspec.Struct, frozen=True, kw_only=True):
    """A clearing of what lay at a site that holds no more (:mod:`foodtrace.recall.lapsing`): its goods are the case's matter again."""

    site: str
    name: str
    lots: tuple[str, ...]
    """By the names that they have there."""
    cleared: str
    """When they were cleared."""
    lapsed: str
    """Since when that holds no more; the same moment: it never held, for goods lay there in custody."""


class ClearedGoods(msgspec.Struct, frozen=True, kw_only=True):
    """What a case cleared, and whom that lets off; of a clearing that lapsed nothing."""

    lines: tuple[ClearedLine, ...]
    """What may be added up, each; empty: nothing is cleared now."""
    places: tuple[ClearedPlace, ...]
    """The same where it lies, by site."""
    outlets: tuple[str, ...]
    """Ids of the outlets all of whose goods are cleared."""
    no_notice: tuple[str, ...]
    """Ids of the outlets that R4 does not count and that need no notice (any more)."""
    no_answer: tuple[str, ...]
    """Ids of the outlets that R5 does not count and that need not answer."""
    no_visit: tuple[str, ...]
    """Ids of the drawn sites that R6 does not count and that need no visit."""
    lapsed: tuple[Lapsed, ...] = ()
    """Clearings that hold no more, in the order of time."""


NOTHING: Final = ClearedGoods(lines=(), places=(), outlets=(), no_notice=(), no_answer=(), no_visit=())
"""Of a case that cleared nothing."""


class Goods(NamedTuple):
    """What :func:`cleared_of` reads of an answer."""

    sums: Mapping[Key, HoldingSum]
    """With what sites answered as counts."""
    said: Collection[Key]
    """Holdings of which their site answered."""
    silent: Collection[int]
    """Sites that keep no books."""
    key: Callable[[int, int], LineKey]
    """(lot, unit) -> the line it is counted in."""
    rows: Collection[tuple[str, str]]
    """(unit, product) of the rows of R1 to R3."""


def cleared_of(found: Affected, case: Case, matter: Matter, goods: Goods, now: int, *, count_possible: bool) -> ClearedGoods:
    """Return what a case cleared of its affected set. O(affected); nothing where nothing was cleared.

    :param count_possible: possible links count in B.
    """
    if matter.everything:
        return NOTHING
    parts = list(_parts(found, matter, goods))
    told, asked = told_of_all(found, case, now), told_of_all(found, case, now, matter)
    answered, waited = heard_of(case, now, found).answered, heard_of(case, now, found, matter).answered
    matters = matter.sites
    missed = {site for site, state in standing(case.steps, now).items() if state != "clean"}
    needed = {site for site, state in standing(words_on(case, matter, now), now).items() if state != "clean" and site in matters}

    def named(sites: Collection[int]) -> tuple[str, ...]:
        return tuple(sorted(found.sites[site].text for site in sites if site in found.sites))

    return ClearedGoods(
        lines=_lines(found, parts, count_possible=count_possible),
        places=_places(found, parts),
        outlets=named(found.outlets - matters),
        no_notice=named({site for site in found.outlets - told if site in asked or site not in matters}),
        no_answer=named({site for site in found.outlets - answered if site in waited or site not in matters}),
        no_visit=named(missed - needed),
        lapsed=_lapsed(found, matter, now),
    )


def _lapsed(found: Affected, matter: Matter, now: int) -> tuple[Lapsed, ...]:
    """Return the clearings that hold no more, of places where none holds now."""
    names = {name: lot for lot, mine in found.names.items() for name in mine}
    ended: dict[tuple[int, int, int], set[str]] = defaultdict(set)
    for each in matter.parts[0][0].cleared if matter.parts else ():
        lot = names.get(each.lot, each.lot)
        if each.site and each.until <= now and (lot, each.site) in found.holdings and matter(lot, each.site):
            ended[each.since, each.until, each.site].add(found.called.name(lot, each.site))
    return tuple(
        Lapsed(
            site=found.sites[site].text,
            name=found.sites[site].name or found.sites[site].text,
            lots=tuple(sorted(lots, key=in_order)),
            cleared=f"{moment(since):{_TIME}}",
            lapsed=f"{moment(until):{_TIME}}",
        )
        for (since, until, site), lots in sorted(ended.items())
    )


class _Part(NamedTuple):
    """A holding that was cleared, in one unit."""

    lot: int
    site: int
    line: LineKey
    row: LineKey
    """The line, in the unit of the rates' row."""
    factor: int
    """How much of the row's unit one of the line's is."""
    sums: HoldingSum
    unknown: bool
    sold: int
    before: int


def _parts(found: Affected, matter: Matter, goods: Goods) -> Iterator[_Part]:
    """Iterate over what is cleared now."""
    held = {holding for holding in found.holdings if not matter(*holding)}
    since, before = _sold(found, held, matter)
    for lot, site in held:
        for unit in range(3):
            sums = goods.sums.get(key := (lot, site, unit))
            if sums is not None:
                line = goods.key(lot, unit)
                row, factor = _row(found, lot, line, goods.rows)
                unsaid = site in goods.silent and key not in goods.said
                yield _Part(lot, site, line, row, factor, sums, unsaid and bool(free(sums) or sums.travelling), since[key], before[key])


def _sold(found: Affected, held: Collection[Holding], matter: Matter) -> tuple[dict[Key, int], dict[Key, int]]:
    """Return what was sold of it: since it was cleared, and before. A time counts at its earliest: nobody knows that it was after."""
    since: dict[Key, int] = defaultdict(int)
    before: dict[Key, int] = defaultdict(int)
    for flow in found.flows:
        if flow.kind == FlowKind.SOLD and (flow.lot, flow.site) in held:
            of = before if matter(flow.lot, flow.site, earliest(flow)) else since
            of[flow.lot, flow.site, flow.unit] += flow.q
    return since, before


def _row(found: Affected, lot: int, line: LineKey, rows: Collection[tuple[str, str]]) -> tuple[LineKey, int]:
    """Return the line in the unit of its rates' row, and the factor (rule 3): pieces stand there as what they hold if all lots say that."""
    unit, product, without_lot = line
    if unit != _PIECE or without_lot or ("piece", product) in rows:
        return line, 1
    said = next((info for name in found.names[lot] if (info := found.infos.get(name)) is not None and info.content), None)
    return (line, 1) if said is None or said.content is None else ((said.content_unit, "", False), said.content)


def _places(found: Affected, parts: Iterable[_Part]) -> tuple[ClearedPlace, ...]:
    """Return what was cleared, by site and line."""
    together: dict[tuple[int, LineKey], list[_Part]] = defaultdict(list)
    for part in parts:
        together[part.site, part.line].append(part)
    made = [
        ClearedPlace(
            site=found.sites[site].text,
            name=found.sites[site].name or found.sites[site].text,
            role="outlet" if site in found.outlets else "own" if site in found.own else "intermediary",
            lots=tuple(sorted({found.called.name(part.lot, site) for part in mine}, key=in_order)),
            unit=UNIT_NAMES[unit],
            product=product,
            without_lot=without_lot,
            on_hand=sum(part.sums.on_hand for part in mine),
            unknown=any(part.unknown for part in mine),
            custody=sum(part.sums.sealed + part.sums.back for part in mine),
            travelling=sum(part.sums.travelling for part in mine),
            sold=None if any(part.unknown for part in mine) else sum(part.sold for part in mine),
            sold_before=None if any(part.unknown for part in mine) else sum(part.before for part in mine),
        )
        for (site, (unit, product, without_lot)), mine in together.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.on_hand - each.travelling, each.site, each.unit, each.product, each.without_lot)))


def _lines(found: Affected, parts: Iterable[_Part], *, count_possible: bool) -> tuple[ClearedLine, ...]:
    """Return what may be added up of what was cleared (rules 1 and 3)."""
    together: dict[LineKey, list[_Part]] = defaultdict(list)
    for part in parts:
        together[part.row].append(part)
    made: list[ClearedLine] = []
    for (unit, product, without_lot), mine in sorted(together.items(), key=lambda each: (each[0][2], each[0])):
        trade = [
            part
            for part in mine
            if part.site not in found.own and (count_possible or found.holdings[part.lot, part.site].link == "confirmed")
        ]
        own = [part for part in mine if part.site in found.own]
        made.append(
            ClearedLine(
                unit=UNIT_NAMES[unit],
                product=product,
                without_lot=without_lot,
                quantity=sum(part.factor * (part.sums.on_hand + part.sums.travelling) for part in trade),
                custody=sum(part.factor * (part.sums.sealed + part.sums.back) for part in trade),
                own=sum(part.factor * (part.sums.on_hand + part.sums.travelling) for part in own),
                sold=sum(part.factor * part.sold for part in mine),
                sold_before=sum(part.factor * part.before for part in mine),
                unknown=any(part.unknown for part in mine),
            )
        )
    return tuple(made)


__all__ = ["NOTHING", "ClearedGoods", "ClearedLine", "ClearedPlace", "Goods", "Lapsed", "cleared_of"]
