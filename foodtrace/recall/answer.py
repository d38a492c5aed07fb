"""The recall answer: outlets with quantities, rates, what could not be traced, and the positions it was computed at.

Rules:

1. It is complete or says what it could not see: every finding is in it, and for each source how fresh it is.
2. Unknown is never zero: a site that records nothing itself has unknown sales, and all it received counts as remaining.
3. Rows are ordered by likely remaining stock, unknown counted as all of it. Quantities of unlike units are never added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal

import msgspec

from foodtrace.events import Clause, LeftClause, LotsClause, PredicateClause, ThroughClause
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.inorder import in_order
from foodtrace.graph.known import KnownFacts, facts_by
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import Affected, find
from foodtrace.recall.aliases import maker_of, product_of
from foodtrace.recall.amounts import Lines, by_product, products_said
from foodtrace.recall.bounds import Bounds
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.cleared import ClearedGoods, Goods, cleared_of
from foodtrace.recall.contacts import contacts
from foodtrace.recall.facts import Case
from foodtrace.recall.findings import NO_TABLES, findings_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import UNIT_NAMES, Completion, Rate, completion, pseudo_lines
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.told import PlainAnswer
from foodtrace.recall.quantities import Books
from foodtrace.recall.reach import places_said
from foodtrace.recall.said import (
    Amount,
    Answer,
    FiguresAnswer,
    FindingAnswer,
    OutletRow,
    Position,
    RateAnswer,
    ToldTwice,
    WithoutLot,
    finding_kinds,
)
from foodtrace.recall.saying import figures_said, findings_said, likely_first, positions, rate_said, said_time, twice_said
from foodtrace.recall.scope import scope_words
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.shares import SiteBounds, site_bounds
from foodtrace.recall.silence import unheard
from foodtrace.recall.sums import known_since, notice_times, said_at_notice
from foodtrace.recall.twice import twice
from foodtrace.recall.visited import visits
from foodtrace.storage.session import Session


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
    plain: bool = True,
) -> Answer:
    """Answer for one lot (full id or bare code), several, or a case's scope.

    :param scope: further clauses: a rule, what left or passed a site. :param operator: who recalls, where no lot says it.
    :param bounds: also say how much at each site can stem from the scope.
    :param plain: answer from rows where the records are plain (:mod:`foodtrace.recall.plain`); the answer is the same without.
    :raises NotFound: ``lot.not_found`` with ``near``. :raises Ambiguous: ``lot.ambiguous`` with ``candidates``.
    """
    facts = facts_by(session, now, recorded_until)
    if case is None:
        asked = tuple(resolve_lot(session, each) for each in ([lot] if isinstance(lot, str) else lot))
        clauses: Sequence[Clause] = (*((LotsClause(lots=asked),) if asked or not scope else ()), *scope)
    else:
        clauses = case.versions[-1].clauses
        asked = tuple(each for clause in clauses if isinstance(clause, LotsClause) for each in clause.lots)
    if plain and not bounds and not isinstance(facts, KnownFacts):
        with suppress(HandOver):
            return plain_answer(facts, asked, settings, operator, scope) if case is None else case_answer(facts, case, settings)
    return Answering(session, facts, clauses, asked, case, settings, operator).answer(bounds=bounds)


def plain_answer(
    facts: SqlFacts, asked: Sequence[str], settings: Settings = DEFAULT, operator: str = "", scope: Sequence[Clause] = ()
) -> Answer:
    """Answer for whole lots without a case whose records are plain. Raises :class:`HandOver` where they are not.

    :param asked: full ids. :param scope: further clauses; a rule is plain where every lot either fits it or does not.
    """
    if settings.lot_presumption != "lot" or settings.clock_slack > DEFAULT.clock_slack:
        raise HandOver("settings")
    found = PlainAnswer(
        facts,
        asked,
        outlet_kinds=settings.outlet_kinds,
        transit_limit=settings.transit_limit,
        silent_after=settings.silent_after,
        operator=operator,
        more=[lot for clause in scope for lot in _whole_lots(facts, clause)],
        scope=[scope_words(clause) for clause in (*((LotsClause(lots=tuple(asked)),) if asked else ()), *scope)],
    )
    _no_more_to_say(found, settings)
    return msgspec.convert(found.told(count_possible=settings.count_possible), Answer)


def case_answer(facts: SqlFacts, case: Case, settings: Settings = DEFAULT) -> Answer:
    """Answer for a case whose scope is whole lots and whose records are plain. Raises :class:`HandOver` where they are not."""
    if settings.lot_presumption != "lot":
        raise HandOver("settings")
    from foodtrace.recall.plain.incase import CaseAnswer  # noqa: PLC0415 - most recalls are of no case

    clauses = case.versions[-1].clauses
    asked = tuple(lot for clause in clauses if isinstance(clause, LotsClause) for lot in clause.lots)
    more = [lot for clause in clauses if not isinstance(clause, LotsClause) for lot in _whole_lots(facts, clause)]
    found = CaseAnswer(facts, asked, case, settings, more=more, scope=tuple(map(scope_words, clauses)))
    _no_more_to_say(found, settings)
    return msgspec.convert(found.told(count_possible=settings.count_possible), Answer)


def _no_more_to_say(found: PlainAnswer, settings: Settings) -> None:
    """Hand over what rows do not compare: yields with what is usual by the pack, and times that two logs give of one transfer."""
    if any(books.apart > settings.clock_slack for books in found.gathered.books.values()):
        raise HandOver("one transfer told at unlike times")
    if settings.yields and not settings.yields.keys().isdisjoint(found.products):
        raise HandOver("yields")


def _whole_lots(facts: SqlFacts, clause: Clause) -> list[int]:
    """Return the lots that a clause means as wholes. Raises :class:`HandOver` where it does not, or where nobody can say which."""
    if isinstance(clause, LeftClause | ThroughClause):
        raise HandOver("a window at a site")
    fitting = list(facts.lots_like(clause))
    if not all(certain for _, certain in fitting):
        raise HandOver("an attribute nobody recorded")
    lots = [lot for lot, _ in fitting]
    texts = facts.texts(lots) if isinstance(clause, PredicateClause) else {}
    if any(texts[lot].startswith("?") for lot in lots if lot in texts):
        raise HandOver("goods without lot that a rule means")
    return lots


class Answering:
    """One answer in the making."""

    def __init__(
        self,
        session: Session,
        facts: SqlFacts,
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
        self.recalls = self._own_operator(asked, case) or operator
        self.found: Affected = find(
            facts,
            clauses,
            settings=settings,
            own_operator=self.recalls,
            case=case.case if case else "",
            said=() if case is None else places_said(case, facts.now),
            visits=() if case is None else visits(case, facts.now),
        )
        said = said_at_notice(facts, self.found, case, settings) if case is not None else {}
        self.notices = notice_times(case)
        self.known = known_since(case, settings)
        told = self.notices or (settings.publication_is_notice and case is not None and case.published is not None)
        self.books = Books(self.found.moves, self.found.flows, said=said) if told or said else None
        self.said = said
        self.sums = self.books.all() if self.books is not None and said else self.found.sums
        self.matter = Matter(facts, self.found, case, settings)
        self.done: Completion = completion(facts, self.found, case, settings=settings, matter=self.matter)
        self.called = self.found.called

    def _own_operator(self, asked: tuple[str, ...], case: Case | None) -> str:
        """Return who recalls: the case says it, else the producer of the lot asked for."""
        if case is not None:
            return case.operator
        return maker_of(self.facts, [number for text in asked if (number := self.facts.lot(text)) is not None])

    def answer(self, *, bounds: bool = False) -> Answer:
        """Put the answer together."""
        rows = {site: self._row(site, held) for site, held in self._by_site().items()}
        outlets = sorted((row for site, row in rows.items() if site in self.found.outlets), key=likely_first)
        others = sorted((row for site, row in rows.items() if site not in self.found.outlets), key=likely_first)
        products = self._products()
        figures = tuple(figures_said(row) for row in self.done.rows)
        nothing = rate_said(Rate(numerator=0, denominator=0, unit="g"))
        rates = dict(figures[0].rates) if figures else dict.fromkeys(("R1", "R2", "R3"), nothing)
        rates |= {"R4": rate_said(self.done.notified), "R5": rate_said(self.done.answered), "R6": rate_said(self.done.effective)}
        untraced = self._untraced()
        return Answer(
            lots=self.asked,
            case=self.case.case if self.case else "",
            version=self.case.versions[-1].version if self.case else 0,
            scope=tuple(map(scope_words, self.clauses)),
            operator=self.recalls,
            at=said_time(self.facts.now) or "",
            product=self._product(products),
            products=by_product(products),
            affected_lots=self.called.every(self.found.lots),
            same_lots=self.called.same(self.found.lots),
            outlets=tuple(outlets),
            others=tuple(others),
            unknown_kind=sum(not row.kind for row in others),
            figures=figures,
            confirmed_only=tuple(figures_said(row) for row in self.done.confirmed_only),
            rates=rates,
            cleared=self._cleared(),
            without_lot=self._without_lot(),
            told_twice=self._twice(),
            untraced=untraced,
            finding_kinds=finding_kinds((each.kind, each.reason) for each in untraced),
            positions=positions(self.session, self.facts.heads()),
            partial=self.found.partial,
            bounds=self._bounds(rows) if bounds else None,
        )

    def _cleared(self) -> ClearedGoods | None:
        if self.case is None or self.matter.everything:
            return None
        rows = {(row.unit, row.product) for row in self.done.rows}
        goods = Goods(sums=self.sums, said=self.said, silent=self.silent, key=self.lines.key, rows=rows)
        return cleared_of(self.found, self.case, self.matter, goods, self.facts.now, count_possible=self.settings.count_possible)

    def _twice(self) -> tuple[ToldTwice, ...]:
        found = twice(self.found, self.settings.clock_slack) if self.case is not None else []
        names = {site: info.name for site, info in self.names.items()}
        return twice_said(self.session, self.facts, found, names, self.found.flows, self.called)

    def _measured(self) -> Mapping[tuple[int, int, int], Bounds]:
        return measure(self.facts, self.found, self.clauses, said=self.said, sums=self.sums)

    def _bounds(self, rows: Mapping[int, OutletRow]) -> tuple[SiteBounds, ...]:
        silent = {
            (site, (UNIT_NAMES.index(each.unit), each.product, each.without_lot))
            for site, row in rows.items()
            for each in row.amounts
            if each.on_hand is None
        }
        return site_bounds(self.found, self._measured(), self.lines.key, silent)

    def _products(self) -> list[tuple[str, str]]:
        """Return (lot asked for, what it is by any of its names)."""
        numbers = {text: self.facts.lot(text) for text in self.asked}
        infos = self.facts.lots([number for number in numbers.values() if number is not None])

        def said(number: int | None) -> str:
            info = infos.get(number or 0)
            return info.product if info is not None and info.product else product_of(self.facts, [number]) if number else ""

        return [(text, said(number)) for text, number in numbers.items()]

    def _product(self, asked: Sequence[tuple[str, str]]) -> str:
        """Return what the lots asked for are; of a rule or a window only where everything affected is one thing."""
        if asked:
            return products_said(product for _, product in asked)
        names = {name for lot in self.found.lots for name in self.found.names[lot]}
        products = {info.product for name, info in self.found.infos.items() if info.product and name in names}
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
        self.silent = unheard(self.facts, self.found, self.sums)
        self.lines = Lines(self.found, self.sums, self.said, self._at_notice)
        self.contacts = contacts(self.session, list(held), self.facts.seen)
        self.times = self._times()
        return held

    def _row(self, site: int, held: list[tuple[int, int]]) -> OutletRow:
        info = self.found.sites[site]
        # A site that keeps no books sells and wastes unseen: its stock is unknown, never zero (rule 2).
        silent = site in self.silent
        contact = self.contacts.get(site)
        fields = contact[1] if contact else {}
        links = [self.found.holdings[holding] for holding in held]
        times = self.times.get(site, {})
        lots = {name for lot, _ in held for name in self.called.names(lot, site)}
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
            lots=tuple(sorted(lots, key=in_order)),
            also=tuple(sorted({name for lot, _ in held for name in self.called.names(lot)} - lots)),
            suppliers=tuple(sorted(self.names[each].name or self.names[each].text for each in self.suppliers.get(site, ()))),
            link=self.found.site_link(site),
            tier=min((link.tier for link in links if link.tier >= 0), default=-1),
            amounts=self.lines.amounts(held, silent=silent),
            notified=times.get("notice"),
            acknowledged=times.get("acknowledgement"),
            sealed=times.get("sealing"),
            returned=times.get("returned"),
            destroyed=times.get("destroyed"),
            cleared=self._let_go(held),
            last_entry=said_time(info.last_entry),
        )

    def _let_go(self, held: Sequence[tuple[int, int]]) -> Literal["", "part", "all"]:
        """Return what of the goods at a site the case cleared."""
        left = sum(self.matter(*holding) for holding in held)
        return "" if left == len(held) else "part" if left else "all"

    def _at_notice(self, keys: Sequence[tuple[int, int, int]]) -> int | None:
        """Return what lay at a site when its notice arrived, none where none arrived."""
        arrived = self.known(keys[0][1])
        if arrived > self.facts.now or self.books is None:
            return None
        return sum(self.books.at_notice(key, arrived) for key in keys)

    def _times(self) -> dict[int, dict[str, str]]:
        times: dict[int, dict[str, str]] = {}
        for site, arrived in self.notices.items():
            times.setdefault(site, {})["notice"] = said_time(arrived) or ""
        for step in self.case.steps if self.case else ():
            if step.kind != "notice":
                times.setdefault(step.site, {}).setdefault(step.kind, said_time(step.at) or "")
        for site, first in self._booked_sealed().items():
            sealing = times.setdefault(site, {}).get("sealing")
            times[site]["sealing"] = min(filter(None, (sealing, said_time(first))))
        return times

    def _booked_sealed(self) -> dict[int, int]:
        """Return site -> when goods first came there after the opening and were booked as sealed: nobody seals them once more."""
        first: dict[int, int] = {}
        for move in self.found.moves if self.case else ():
            here = move.custody and not move.recall and move.arrived and (move.lot, move.dst) in self.found.holdings
            if here and self.case and move.t_in >= self.case.opened:
                first[move.dst] = min(move.t_in, first.get(move.dst, move.t_in))
        return first

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
                goods=self.called.name(line.lot, line.site),
            )
            for line in lines
        ]
        return tuple(sorted(made, key=lambda line: (line.site, line.unit, line.quantity, line.least, line.most, in_order(line.goods))))

    def _untraced(self) -> tuple[FindingAnswer, ...]:
        tables = calendar_of(self.session.rules) if self.case is not None else NO_TABLES
        found = findings_of(
            self.facts, self.found, settings=self.settings, case=self.case, calendar=tables, sums=self.sums, matter=self.matter
        )
        elsewhere = self.facts.sites({each.site for each in found if each.site} - self.names.keys())
        names = {site: info.name for site, info in (*self.names.items(), *elsewhere.items())}
        return findings_said(self.session, self.facts, found, names, self.called)


__all__ = ["Amount", "Answer", "FiguresAnswer", "FindingAnswer", "OutletRow", "Position", "RateAnswer", "WithoutLot", "recall"]
