"""The recall answer: outlets with quantities, rates, what could not be traced, and the positions it was computed at.

Rules:

1. It is complete or says what it could not see: every finding is in it, and for each source how fresh it is.
2. Unknown is never zero: a site that records nothing itself has unknown sales, and all it received counts as remaining.
3. Rows are ordered by likely remaining stock, unknown counted as all of it. Quantities of unlike units are never added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from foodtrace.events import Clause, LotsClause
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.edges import moment
from foodtrace.graph.flows import FlowKind, LotInfo
from foodtrace.graph.reader import SqlFacts
from foodtrace.personal import Secret, State, fits
from foodtrace.recall.affected import Affected, find
from foodtrace.recall.bounds import Bounds
from foodtrace.recall.calendars import calendar
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.findings import NO_TABLES, findings_of
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import UNIT_NAMES, Completion, Figures, Rate, completion, notice_times, pseudo_lines, said_at_notice
from foodtrace.recall.quantities import Books
from foodtrace.recall.scope import scope_words
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.shares import SiteBounds, site_bounds
from foodtrace.storage.session import Session


class RateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with its two numbers."""

    numerator: int
    denominator: int
    unit: str
    percent: str
    """One decimal; empty where the denominator is 0: nothing left to retrieve, or nothing sampled."""


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One outlet's quantities in one unit, in base units."""

    unit: str
    received: int
    sold: int | None
    """None: unknown, the site records no sales."""
    on_hand: int | None
    """None: unknown; ``likely`` says how much it may be."""
    at_notice: int | None
    """On hand when the notice arrived, by the site's own word or else the book; None: unknown, or no notice arrived."""
    likely: int
    """Likely remaining: what is on hand, or, unknown, all that was received and is not accounted for."""
    returned: int
    destroyed: int
    unaccounted: int
    travelling: int
    sealed: int


class OutletRow(msgspec.Struct, frozen=True, kw_only=True):
    """One affected site."""

    site: str
    name: str
    operator: str
    kind: str
    role: Literal["outlet", "intermediary", "own"]
    """``own``: a site of the recalling operator that is no outlet (RECALL section 3)."""
    county: str
    contact: str
    phone: str
    address: str
    personal: Literal["present", "erased", "missing", "tampered"]
    """How the contact fields stand; a value that does not fit the entry's commitment is not shown."""
    lots: tuple[str, ...]
    suppliers: tuple[str, ...]
    """Names of the sites it received from."""
    link: Literal["confirmed", "possible"]
    tier: int
    amounts: tuple[Amount, ...]
    notified: str | None
    acknowledged: str | None
    sealed: str | None
    returned: str | None
    destroyed: str | None
    last_entry: str | None
    """Newest recorded time of any entry that happened at this site; none: it never recorded anything."""


class FindingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that could not be traced, or contradicts."""

    kind: str
    lot: str
    site: str
    site_name: str
    value: int
    """The quantity or difference it is about, in base units of ``unit``; else a number of things; 0 where none."""
    unit: str
    """Unit of the quantity; empty where ``value`` is none."""
    entries: tuple[str, ...]
    """``ORIGIN#SEQ`` of the entries behind it."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log had come when the answer was computed."""

    log: str
    size: int
    newest: str
    """``time`` of its last entry."""


class FiguresAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The completion figures of one unit."""

    unit: str
    distributed: int
    should_be_recalled: int
    retrieved: int
    retrieved_strict: int
    sold: int
    rates: dict[str, RateAnswer]


class WithoutLot(msgspec.Struct, frozen=True, kw_only=True):
    """A holding of goods that some record dispatched without naming their lot; least and most are never added up."""

    site: str
    name: str
    unit: str
    quantity: int
    least: int
    most: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A recall answer; its JSON is ``schemas/recall.json``."""

    lots: tuple[str, ...]
    """Lots asked for."""
    case: str
    version: int
    """Version of the case's scope; 0 without a case."""
    cases: tuple[str, ...] = ()
    """Other cases about these lots, what they were made from or what was made of them: their steps are not in this answer."""
    scope: tuple[str, ...]
    """What was asked for, one clause each, in words that need no translation."""
    at: str
    """T: the moment the answer is for."""
    product: str
    affected_lots: tuple[str, ...]
    outlets: tuple[OutletRow, ...]
    others: tuple[OutletRow, ...]
    """Affected sites that are no outlets: own sites and intermediaries."""
    figures: tuple[FiguresAnswer, ...]
    """Per unit, the worst first; never added up."""
    confirmed_only: tuple[FiguresAnswer, ...]
    rates: dict[str, RateAnswer]
    """R1-R6; R1-R3 of the first unit."""
    without_lot: tuple[WithoutLot, ...]
    """Goods dispatched without lot, which stand in no sum: between least and most of each line may be affected."""
    untraced: tuple[FindingAnswer, ...]
    positions: tuple[Position, ...]
    partial: bool
    bounds: tuple[SiteBounds, ...] | None = None
    """Least, proportional and most at every affected site; none: not asked for, they cost a replay of all records."""


def recall(
    session: Session,
    lot: str | Sequence[str],
    *,
    now: int,
    case: Case | None = None,
    settings: Settings = DEFAULT,
    recorded_until: int | None = None,
    scope: Sequence[Clause] = (),
    operator: str = "",
    bounds: bool = False,
) -> Answer:
    """Answer for one lot (full id, bare code or unique prefix), several, or a case's scope.

    :param scope: further clauses: a rule, what left or passed a site. :param operator: who recalls, where no lot says it.
    :param bounds: also say how much at each site can stem from the scope.
    :raises NotFound: ``lot.not_found`` with ``near``. :raises Ambiguous: ``lot.ambiguous`` with ``candidates``.
    """
    facts = SqlFacts(session, now) if recorded_until is None else SqlFacts(session, now, recorded_until=recorded_until)
    if case is None:
        asked = tuple(resolve_lot(session, each) for each in ([lot] if isinstance(lot, str) else lot))
        clauses: Sequence[Clause] = (*((LotsClause(lots=asked),) if asked or not scope else ()), *scope)
    else:
        clauses = case.versions[-1].clauses
        asked = tuple(each for clause in clauses if isinstance(clause, LotsClause) for each in clause.lots)
    return Answering(session, facts, clauses, asked, case, settings, operator).answer(bounds=bounds)


class Answering:
    """One answer in the making."""

    def __init__(
        self,
        session: Session,
        facts: Facts,
        clauses: Sequence[Clause],
        asked: tuple[str, ...],
        case: Case | None,
        settings: Settings,
        operator: str = "",
    ) -> None:
        self.session = session
        self.facts = facts
        self.asked = asked
        self.clauses = clauses
        self.case = case
        self.settings = settings
        own = self._own_operator(asked, case) or operator
        self.found: Affected = find(facts, clauses, settings=settings, own_operator=own, case=case.case if case else "")
        said = said_at_notice(facts, self.found, case, settings) if case is not None else {}
        self.notices = notice_times(case, settings)
        self.books = Books(self.found.moves, self.found.flows, said=said) if self.notices or said else None
        self.said = said
        self.sums = self.books.all() if self.books is not None and said else self.found.sums
        self.done: Completion = completion(facts, self.found, case, settings=settings)
        self.texts = facts.texts({name for lot in self.found.lots for name in self.found.names[lot]} | set(self.found.sites))

    def _own_operator(self, asked: tuple[str, ...], case: Case | None) -> str:
        """Return who recalls: the case says it, else the producer of the lot asked for."""
        if case is not None:
            return case.operator
        numbers = [number for number in (self.facts.lot(text) for text in asked) if number is not None]
        return next((info.producer for info in self.facts.lots(numbers).values() if info.producer), "")

    def answer(self, *, bounds: bool = False) -> Answer:
        """Put the answer together."""
        rows = {site: self._row(site, held) for site, held in self._by_site().items()}
        outlets = sorted((row for site, row in rows.items() if site in self.found.outlets), key=_order)
        others = sorted((row for site, row in rows.items() if site not in self.found.outlets), key=_order)
        asked = [self.facts.lot(text) for text in self.asked]
        infos = self.facts.lots([number for number in asked if number is not None])
        figures = tuple(_figures(row) for row in self.done.rows)
        rates = (
            dict(figures[0].rates) if figures else {name: _rate(Rate(numerator=0, denominator=0, unit="g")) for name in ("R1", "R2", "R3")}
        )
        rates |= {"R4": _rate(self.done.notified), "R5": _rate(self.done.answered), "R6": _rate(self.done.effective)}
        return Answer(
            lots=self.asked,
            case=self.case.case if self.case else "",
            version=self.case.versions[-1].version if self.case else 0,
            scope=tuple(map(scope_words, self.clauses)),
            at=_time(self.facts.now) or "",
            product=self._product(infos),
            affected_lots=tuple(sorted(self.texts[lot] for lot in self.found.lots)),
            outlets=tuple(outlets),
            others=tuple(others),
            figures=figures,
            confirmed_only=tuple(_figures(row) for row in self.done.confirmed_only),
            rates=rates,
            without_lot=self._without_lot(),
            untraced=self._untraced(),
            positions=self._positions(),
            partial=self.found.partial,
            bounds=self._bounds(rows) if bounds else None,
        )

    def _measured(self) -> Mapping[tuple[int, int, int], Bounds]:
        return measure(self.facts, self.found, self.clauses, said=self.said, sums=self.sums)

    def _bounds(self, rows: Mapping[int, OutletRow]) -> tuple[SiteBounds, ...]:
        silent = {(site, UNIT_NAMES.index(each.unit)) for site, row in rows.items() for each in row.amounts if each.on_hand is None}
        return site_bounds(self.found, self._measured(), self.texts, silent)

    def _product(self, infos: Mapping[int, LotInfo]) -> str:
        """Return what the lots asked for are; of a rule or a window only where everything affected is one thing."""
        if infos:
            return next((info.product for info in infos.values() if info.product), "")
        products = {info.product for info in self.found.infos.values() if info.product}
        return products.pop() if len(products) == 1 else ""

    def _by_site(self) -> dict[int, list[tuple[int, int]]]:
        held: dict[int, list[tuple[int, int]]] = {}
        for holding in self.found.holdings:
            held.setdefault(holding[1], []).append(holding)
        suppliers: dict[int, set[int]] = {}
        for move in self.found.moves:
            if (move.lot, move.dst) in self.found.holdings and move.src:
                suppliers.setdefault(move.dst, set()).add(move.src)
        self.suppliers = suppliers
        missing = {site for each in suppliers.values() for site in each} - self.found.sites.keys()
        self.names = {**self.found.sites, **self.facts.sites(missing)}
        self.sells = {
            flow.site for flow in self.found.flows if flow.kind in (FlowKind.SOLD, FlowKind.COUNT, FlowKind.USED, FlowKind.CONSUMED)
        }
        self.contacts = self._contacts(list(held))
        self.times = self._times()
        return held

    def _row(self, site: int, held: list[tuple[int, int]]) -> OutletRow:
        info = self.found.sites[site]
        # A site that never recorded an entry of its own sells and wastes unseen: its stock is unknown, never zero (rule 2).
        silent = info.last_entry is None and site not in self.sells
        contact = self.contacts.get(site)
        fields = contact[1] if contact else {}
        links = [self.found.holdings[holding] for holding in held]
        times = self.times.get(site, {})
        return OutletRow(
            site=info.text,
            name=info.name,
            operator=info.operator,
            kind=info.kind,
            role="outlet" if site in self.found.outlets else "own" if site in self.found.own else "intermediary",
            county=info.county,
            contact=fields.get("contact", ""),
            phone=fields.get("phone", ""),
            address=fields.get("address", ""),
            personal=contact[0] if contact else "missing",
            lots=tuple(sorted(self.texts[lot] for lot, _ in held)),
            suppliers=tuple(sorted(self.names[each].name or self.names[each].text for each in self.suppliers.get(site, ()))),
            link=self.found.site_link(site),
            tier=min((link.tier for link in links if link.tier >= 0), default=-1),
            amounts=self._amounts(held, silent=silent),
            notified=times.get("notice"),
            acknowledged=times.get("acknowledgement"),
            sealed=times.get("sealing"),
            returned=times.get("returned"),
            destroyed=times.get("destroyed"),
            last_entry=_time(info.last_entry),
        )

    def _amounts(self, held: list[tuple[int, int]], *, silent: bool) -> tuple[Amount, ...]:
        keys = [key for holding in held for key in ((*holding, unit) for unit in range(3)) if key in self.sums]
        made: list[Amount] = []
        for unit in sorted({key[2] for key in keys}):
            mine = [key for key in keys if key[2] == unit]
            sums = [self.sums[key] for key in mine]
            on_hand = sum(each.on_hand for each in sums)
            # A silent site's own word at its notice is the one thing that is known of it.
            unknown = silent and any(self.sums[key].on_hand > 0 and key not in self.said for key in mine)
            made.append(
                Amount(
                    unit=UNIT_NAMES[unit],
                    received=sum(each.received + each.born + each.return_in for each in sums),
                    sold=None if unknown else sum(each.sold for each in sums),
                    on_hand=None if unknown else on_hand,
                    at_notice=None if silent and not self.said.keys() >= set(mine) else self._at_notice(mine),
                    likely=on_hand,
                    returned=sum(each.returned_out for each in sums),
                    destroyed=sum(each.destroyed for each in sums),
                    unaccounted=sum(each.unaccounted for each in sums),
                    travelling=sum(each.travelling for each in sums),
                    sealed=sum(each.sealed + each.back for each in sums),
                )
            )
        return tuple(made)

    def _at_notice(self, keys: Sequence[tuple[int, int, int]]) -> int | None:
        """Return what lay at a site when its notice arrived, none where none arrived."""
        arrived = self.notices.get(keys[0][1])
        if arrived is None or arrived > self.facts.now or self.books is None:
            return None
        return sum(self.books.at_notice(key, arrived) for key in keys)

    def _contacts(self, sites: list[int]) -> dict[int, tuple[State, dict[str, str]]]:
        """Return, per site, how the personal fields of its newest description stand, and those that are still there."""
        rows = self.session.each(
            "SELECT s.site, s.log, s.seq FROM {ids} CROSS JOIN site_fact AS s JOIN log AS g ON g.id = s.log "
            "WHERE s.site = f.value AND s.ended = 0 ORDER BY s.recorded, g.origin, s.seq",
            sites,
        )
        newest = {site: (log, seq) for site, log, seq in rows}
        found: dict[int, tuple[State, dict[str, str]]] = {}
        for site, place in newest.items():
            kept = self.session.rows("SELECT field, salt, value FROM personal WHERE log = ? AND seq = ?", place)
            row = self.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", place)
            entry = b"" if row is None else bytes(row[0])
            # Somebody will call this number: one that was changed beside the log is worse than none.
            sound = all(fits(entry, Secret(field, bytes(salt), value)) for field, salt, value in kept)
            state: State = ("present" if sound else "tampered") if kept else "erased" if b'"commitments":{' in entry else "missing"
            found[site] = (state, {field: value for field, _, value in kept} if sound else {})
        return found

    def _times(self) -> dict[int, dict[str, str]]:
        times: dict[int, dict[str, str]] = {}
        for site, arrived in notice_times(self.case, self.settings).items():
            times.setdefault(site, {})["notice"] = _time(arrived) or ""
        for step in self.case.steps if self.case else ():
            if step.kind != "notice":
                times.setdefault(step.site, {}).setdefault(step.kind, _time(step.at) or "")
        return times

    def _without_lot(self) -> tuple[WithoutLot, ...]:
        if not any(move.unnamed and (move.lot, move.dst) in self.found.holdings for move in self.found.moves):
            return ()  # the bounds cost a replay; most recalls need none
        lines = pseudo_lines(self.found, self._measured())
        made = [
            WithoutLot(
                site=self.names[line.site].text,
                name=self.names[line.site].name,
                unit=line.unit,
                quantity=line.quantity,
                least=line.least,
                most=line.most,
            )
            for line in lines
        ]
        return tuple(sorted(made, key=lambda line: (line.site, line.unit, line.quantity, line.least, line.most)))

    def _untraced(self) -> tuple[FindingAnswer, ...]:
        tables = calendar() if self.case is not None else NO_TABLES
        found = findings_of(self.facts, self.found, settings=self.settings, case=self.case, calendar=tables)
        texts = self.facts.texts({each.lot for each in found} | {each.site for each in found} | {0})
        origins: dict[int, str] = dict(self.session.rows("SELECT id, origin FROM log"))
        names: Mapping[int, str] = {site: info.name for site, info in self.names.items()}
        made = [
            FindingAnswer(
                kind=each.kind,
                lot=texts[each.lot] if each.lot else "",
                site=texts[each.site] if each.site else "",
                site_name=names.get(each.site, ""),
                value=each.value,
                unit=UNIT_NAMES[each.unit] if each.unit >= 0 else "",
                entries=tuple(f"{origins.get(log, log)}#{seq}" for log, seq in each.entries),
            )
            for each in found
        ]
        # By text: the numbers of names follow the order of arrival, which must not be seen (RECALL section 8).
        return tuple(sorted(made, key=lambda each: (each.kind, each.lot, each.site, each.unit, each.value, each.entries)))

    def _positions(self) -> tuple[Position, ...]:
        rows = self.session.rows("SELECT l.origin, h.size, h.time FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin")
        return tuple(Position(log=origin, size=size, newest=_time(time) or "") for origin, size, time in rows)


def _order(row: OutletRow) -> tuple[int, str]:
    """Likely remaining stock first, unknown counted as all of it."""
    return (-max((amount.likely + amount.travelling for amount in row.amounts), default=0), row.site)


def _rate(rate: Rate) -> RateAnswer:
    return RateAnswer(numerator=rate.numerator, denominator=rate.denominator, unit=rate.unit, percent=rate.percent)


def _figures(row: Figures) -> FiguresAnswer:
    return FiguresAnswer(
        unit=row.unit,
        distributed=row.distributed,
        should_be_recalled=row.should,
        retrieved=row.retrieved,
        retrieved_strict=row.retrieved_strict,
        sold=row.sold,
        rates={name: _rate(rate) for name, rate in row.rates.items()},
    )


def _time(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return moment(microseconds).strftime("%Y-%m-%dT%H:%M:%SZ")
