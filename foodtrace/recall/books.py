"""Compares the books of every lot, in portions, by the rules of findings (see :mod:`foodtrace.operations.reconciling`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec

from foodtrace.errors import NotFound
from foodtrace.graph.copies import flows_once
from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.flows import ALWAYS, LEAVING, NEVER, STYLE2, UNNAMED, Flow, FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.walk import Holding
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected, Link
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.breaks import Asked, Break, Names, Search, shown_time
from foodtrace.recall.called import Called
from foodtrace.recall.cases import case_ids, load_cases
from foodtrace.recall.deadlines import Calendar
from foodtrace.recall.facts import Case
from foodtrace.recall.finding import lots as about_lots
from foodtrace.recall.finding import moves as about_moves
from foodtrace.recall.finding import stock as about_stock
from foodtrace.recall.finding.look import Answers, Entry, Finding, Look
from foodtrace.recall.findings import RULES
from foodtrace.recall.moves import Move, is_nameless, pair
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import Books as Quantities
from foodtrace.recall.quantities import HoldingSum, Key, holdings
from foodtrace.recall.records import representatives
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import answered, answers_of
from foodtrace.recall.twins import twins
from foodtrace.storage.session import Session

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) lots."""

_PORTION: Final = 2000
"""Lots read at a time."""
_SURE: Final = Link(ALWAYS, "confirmed", False, False, 0)  # noqa: FBT003 - a link of every record
_OF_MOVES: Final = frozenset({*(kind for kind in RULES[about_moves.sides]), *RULES[about_moves.before_birth], "lot_missing"})
"""Findings that are about a move, so that its two sides are shown."""


class Books(Search):
    """The comparison in the making."""

    def __init__(self, session: Session, facts: SqlFacts, names: Names, asked: Asked, settings: Settings) -> None:
        super().__init__(session, facts, names, asked)
        self.settings = settings
        self._cases: list[tuple[Case, Settings]] | None = None
        self._twins: dict[int, int] = {}
        """Lot of a dispatch without lot that several logs tell -> the lot that stands for all their words."""
        self._told_ahead: set[tuple[tuple[str, ...], str, str]] = set()
        self.compared = 0
        """Records of goods that happened in the window, at the site; of every log's telling one."""
        self.first, self.last = NEVER, ALWAYS
        """Between these all of those that were read happened."""
        self.counts = dict.fromkeys(("lots", "holdings", "moves", "both_sides", "only_dispatch", "only_receipt", "without_lot"), 0)

    def read(self, progress: Progress | None) -> None:
        """Compare every lot, in portions; last what no receipt gave a lot to."""
        wanted = self._lots()
        nameless = self._without_lot()
        seen: set[int] = set()
        answered: set[Entry] = set()
        for first in range(0, len(wanted), _PORTION):
            lots = with_aliases(self.facts, {lot for lot in wanted[first : first + _PORTION] if lot not in seen})
            seen |= lots
            answered |= self._portion(lots, nameless)
            self._ahead(lots)
            if progress is not None:
                progress(min(first + _PORTION, len(wanted)), len(wanted))
        rest = [flow for each in nameless.values() for flow in each if (flow.log, flow.seq) not in answered and self._concerns(flow)]
        if rest:
            one = {flow.lot for flow in rest}
            self._compare(one | {name for name, lot in self._twins.items() if lot in one}, rest, named=False)
        self._ahead({row[0] for row in self.session.rows("SELECT DISTINCT lot FROM unnamed WHERE n > 0")})

    def _concerns(self, flow: Flow) -> bool:
        return self.asked.site is None or self.asked.site in (flow.site, flow.other)

    def _lots(self) -> list[int]:
        if self.asked.site is not None:
            found = [lot for _, lot in self.facts.stock_lots([self.asked.site])]
        else:
            found = [row[0] for row in self.session.rows("SELECT DISTINCT lot FROM holding WHERE flows <> 0")]
        pseudo = {row[0] for row in self.session.rows("SELECT DISTINCT lot FROM unnamed")}
        texts = self.facts.texts(found)
        return sorted((lot for lot in set(found) if lot not in pseudo), key=lambda lot: texts[lot])

    def _without_lot(self) -> dict[str, list[Flow]]:
        lots = [row[0] for row in self.session.rows("SELECT DISTINCT lot FROM unnamed WHERE n > 0")]
        found: dict[str, list[Flow]] = defaultdict(list)
        flows = [flow for flow in self.facts.flows(lots) if flow.flags & UNNAMED]
        same = twins(flows, self.facts.lots(lots))
        self._twins = representatives(lots, same, self.facts.texts(lots)) if same else {}
        for flow in flows:
            one = self._twins.get(flow.lot, flow.lot)
            found[flow.pair].append(flow if one == flow.lot else msgspec.structs.replace(flow, lot=one))
        return found

    def _portion(self, lots: set[int], nameless: dict[str, list[Flow]]) -> set[Entry]:
        """Compare some lots; return the entries of dispatches without lot that their receipts answer."""
        flows = list(self.facts.flows(lots))
        numbers = {flow.pair for flow in flows if flow.kind == FlowKind.RECEIPT and flow.pair} & nameless.keys()
        asked = [flow for number in sorted(numbers) for flow in nameless[number] if is_nameless(flow)]
        moves = self._compare(lots, [*flows, *asked], named=True)
        told = {(flow.log, flow.seq) for flow in asked}
        return {entry for move in moves if len(move.entries) > 1 for entry in (*move.entries, *move.words)} & told

    def _compare(self, lots: set[int], flows: list[Flow], *, named: bool) -> list[Move]:
        """Compare lots; ``named``: lots that records name, so that what is still without lot is left for the end."""
        texts = self.facts.texts(lots)
        rep = representatives(lots, self.facts.aliases(lots), texts) | {lot: one for lot, one in self._twins.items() if lot in lots}
        called = Called(rep, texts, flows)
        if len(set(rep.values())) < len(rep):
            flows = list(self.facts.under_one_number([msgspec.structs.replace(flow, lot=rep.get(flow.lot, flow.lot)) for flow in flows]))
        flows, copies = flows_once(self.facts, flows, rep)
        moves = [move for move in pair(flows, rep, self.facts.ranks()) if not named or (move.lot in rep and not move.unnamed)]
        flows = [msgspec.structs.replace(flow, lot=rep.get(flow.lot, flow.lot)) for flow in flows]
        found = msgspec.structs.replace(self._as_affected(lots, rep, called, flows, moves), copies=copies)
        sums, answers = self._with_answers(found, rep)
        look = Look(self.facts, found, self.settings, None, Calendar({}), sums=sums, answers=answers)
        self._count(found, named=named)
        by_entries = {(move.lot, entries): move for move in moves for entries in (move.entries, move.words)}
        for each in self._findings(look, found):
            move = by_entries.get((each.lot, each.entries)) if each.kind in _OF_MOVES else None
            if each.reason and self._one_event(each.entries):
                continue  # its copies are compared as such (rule 5)
            if self._within(each, move, look):
                self.open.append(self._break(each, move, look))
        return moves

    def _with_answers(self, found: Affected, rep: dict[int, int]) -> tuple[Mapping[Key, HoldingSum], Answers]:
        """Return the quantities with what outlets answered to the notices of any case as counts; of several cases the latest count."""
        said: dict[Key, tuple[int, int]] = {}
        answers: dict[Holding, list[tuple[int, Entry]]] = defaultdict(list)
        for case, settings in self._every_case():
            for key, word in answered(case, self.facts.now, rep, settings).items():
                if key[0] in found.names and key[:2] in found.holdings:
                    said[key] = max(said.get(key, word), word)
            for holding, each in answers_of(case, self.facts.now, rep).items():
                answers[holding] += each
        return (Quantities(found.moves, found.flows, said=said).all() if said else found.sums), answers

    def cases(self) -> list[Case]:
        """Return every case on record."""
        return [case for case, _ in self._every_case()]

    def _every_case(self) -> list[tuple[Case, Settings]]:
        if self._cases is None:
            self._cases = []
            for number in case_ids(self.session):
                with suppress(NotFound):  # it opens later
                    self._cases += [
                        (case, for_case(case, self.session.rules).settings)
                        for case in load_cases(self.session, number, until=self.facts.now)
                    ]
        return self._cases

    def _ahead(self, lots: set[int]) -> None:
        """Open what is dated later than it was written and than T: nothing of it is compared before that time (rule 8)."""
        infos = self.facts.lots(lots)
        for flow in sorted(self.facts.ahead(lots, ()), key=lambda each: (each.log, each.seq, each.item)):
            if not self.asked.wants((flow.site, flow.other), (flow.t, flow.recorded)):
                continue
            leaves = flow.kind in LEAVING and flow.other
            made = self.names.break_(
                "time_contradiction",
                lot=0 if flow.flags & UNNAMED else flow.lot,
                product=infos[flow.lot].product if flow.lot in infos else "",
                site=flow.other if leaves else flow.site,
                source=flow.site if leaves else flow.other if flow.kind == FlowKind.RECEIPT else 0,
                unit=flow.unit,
                sent=flow.q if leaves else None,
                difference=flow.q,
                at=flow.t,
                document=flow.pair,
                entries=((flow.log, flow.seq),),
            )
            same = (made.entries, made.lot, made.site)
            if same not in self._told_ahead:  # both sides of one record
                self._told_ahead.add(same)
                self.open.append(made)

    def _as_affected(self, lots: set[int], rep: dict[int, int], called: Called, flows: list[Flow], moves: list[Move]) -> Affected:
        """Return these lots as if all of them were asked about, so that the rules of findings can be put to them."""
        held = {(flow.lot, flow.site) for flow in flows if flow.site and not flow.flags & UNNAMED}
        held |= {(move.lot, move.dst) for move in moves if move.dst} | {
            (move.lot, move.src) for move in moves if move.src and not move.unnamed
        }
        touched = {site for _, site in held} | {move.src for move in moves}
        names: dict[int, list[int]] = defaultdict(list)
        for name, lot in rep.items():
            names[lot].append(name)
        return Affected(
            lots=tuple(sorted(names)),
            names={lot: tuple(sorted(each)) for lot, each in names.items()},
            called=called,
            holdings=dict.fromkeys(held, _SURE),
            flows=flows,
            moves=moves,
            sums=holdings(moves, flows),
            sites=self.names.places(touched),
            infos=self.facts.lots(lots),
            outlets=frozenset(),
            intermediaries=frozenset(),
            own=frozenset(),
            partial=False,
            steps_by_slack=(),
        )

    def _findings(self, look: Look, found: Affected) -> Iterator[Finding]:
        yield from (each for each in about_lots.origins(look) if each.kind == "several_origins")
        for rule in (about_moves.sides, about_moves.alike, about_moves.before_birth, about_stock.stock, about_stock.over_certified):
            yield from rule(look)
        for move in found.moves:
            if move.unnamed:
                entries = move.words or move.entries
                yield Finding(kind="lot_missing", lot=move.lot, site=move.dst, entries=entries, value=move.sent, unit=move.unit)
        style2 = {(flow.log, flow.seq) for flow in found.flows if flow.flags & STYLE2}
        for each in about_lots.transformations(look):
            over = each.kind == "mass_gain" and set(each.entries) <= style2
            yield msgspec.structs.replace(each, kind="over_issued") if over else each
        yield from _over_issued(look)

    def _count(self, found: Affected, *, named: bool) -> None:
        counts = self.counts
        for flow in found.flows:
            self.compared += self.asked.wants((flow.site, flow.other), (flow.t,))
            if ALWAYS < flow.t < NEVER:
                self.first, self.last = min(self.first, flow.t), max(self.last, flow.t)
        counts["lots"] += len(found.lots) if named else 0
        counts["holdings"] += len(found.holdings)
        for move in found.moves:
            counts["moves"] += 1
            counts["without_lot"] += move.unnamed
            counts[{"both": "both_sides", "dispatch": "only_dispatch", "receipt": "only_receipt"}[move.evidence]] += 1

    def _within(self, each: Finding, move: Move | None, look: Look) -> bool:
        """Say whether a break is one that was asked for (rule 11)."""
        if move is not None:
            return self.asked.wants((move.src, move.dst, each.site), (move.t_out, move.t_in))
        if each.kind == "several_origins":  # of every site that has some of the lot, whoever it was that began it once more
            site = self.asked.site
            there = () if site is None or (each.lot, site) not in look.found.holdings else (site,)
            return self.asked.wants(there, (flow.t for flow in look.births[each.lot]))
        return self.asked.wants((each.site,), (flow.t for flow in look.in_entries(each.entries)))

    def _break(self, each: Finding, move: Move | None, look: Look) -> Break:
        flows = list(look.in_entries(each.entries))
        times = [t for t in ([move.t_out, move.t_in] if move is not None else [flow.t for flow in flows][::-1]) if ALWAYS < t < NEVER]
        if each.kind == "several_origins":
            return self._origins(each, look)
        unit = each.unit if each.unit >= 0 else move.unit if move is not None else flows[0].unit if flows else 0
        infos = [look.found.infos[name] for name in look.found.names.get(each.lot, ()) if name in look.found.infos]
        sent = move.sent if move is not None and move.evidence != "receipt" else None
        received = move.received if move is not None and move.arrived else None
        if move is not None and each.reason and each.kind == "quantity_differs":
            sent, received = self._two_words(move, flows, look)
        sides: dict[str, Any] = {}
        if move is not None and move.arrived and move.evidence != "receipt":
            sides["received_unit"] = move.unit_in
            if move.t_in != move.t_out and ALWAYS < move.t_in < NEVER:
                sides["received_at"] = move.t_in
        began = min((flow.t for flow in look.births.get(each.lot, ())), default=ALWAYS) if each.kind == "time_contradiction" else ALWAYS
        if times and times[0] < began < NEVER and not each.reason:
            sides["began_at"] = began
        return self.names.break_(
            each.kind,
            lot=each.lot,
            product=min((info.product for info in infos if info.product), default=""),
            site=each.site,
            source=move.src if move is not None else 0,
            unit=unit,
            sent=sent,
            received=received,
            difference=0 if each.kind == "lot_missing" else each.value,  # that nobody wrote the lot makes no quantity unlike
            at=times[0] if times else None,
            document=next((flow.pair for flow in flows if flow.pair), "") if move is not None else "",
            entries=each.entries,
            reason=each.reason,
            called=look.found.called,
            **sides,
        )

    def _origins(self, each: Finding, look: Look) -> Break:
        """Return a lot that began more than once, with where and when each entry says that, and how much."""
        born: dict[Entry, list[Flow]] = {entry: [] for entry in each.entries}
        for flow in look.births[each.lot]:
            born[flow.log, flow.seq].append(flow)
        words = tuple(", ".join(sorted({self._birth(flow) for flow in flows})) for flows in born.values())
        began = [min((flow.t for flow in flows if ALWAYS < flow.t < NEVER), default=None) for flows in born.values()]
        infos = [look.found.infos[name] for name in look.found.names.get(each.lot, ()) if name in look.found.infos]
        about: dict[str, Any] = {"lot": each.lot, "site": 0, "entries": each.entries, "words": words, "called": look.found.called}
        about["times"] = tuple(shown_time(t) or "" for t in began)
        product = min((info.product for info in infos if info.product), default="")
        return self.names.break_(each.kind, at=min((t for t in began if t is not None), default=None), product=product, **about)

    def _birth(self, flow: Flow) -> str:
        site = self.names.places((flow.site,)).get(flow.site)
        where = " ".join(part for part in (site.name, site.text) if part) if site is not None else "-"
        return f"{where}: {Quantity(flow.q, UNIT_NAMES[flow.unit])}"

    def _one_event(self, entries: Sequence[Entry]) -> bool:
        """Say whether entries of several logs are copies of one event."""
        return len(set(self.facts.ids(entries).values())) == 1

    def _two_words(self, move: Move, flows: Iterable[Flow], look: Look) -> tuple[int, int]:
        """Return what the sender's log says of a transfer that several logs tell, and what the receiver's does (:class:`Break`)."""
        said: dict[int, int] = defaultdict(int)
        for flow in flows:
            if flow.lot == move.lot and flow.site == move.src and flow.kind in LEAVING:
                said[flow.log] += flow.q
        for flow in flows:
            if flow.lot == move.lot and flow.site == move.dst and flow.kind == FlowKind.RECEIPT and flow.log not in said:
                said[flow.log] = sum(each.q for each in flows if (each.log, each.kind, each.lot) == (flow.log, flow.kind, flow.lot))
        parties = {log: self.facts.log_operator(log) for log in said}
        src, dst = (look.found.sites[site].operator for site in (move.src, move.dst))
        sent = [q for log, q in said.items() if parties[log] == src != dst]
        came = [q for log, q in said.items() if parties[log] == dst != src]
        return max(sent or said.values()), min(came or said.values())


def _over_issued(look: Look) -> Iterator[Finding]:
    """over_issued: style-2 certificates of a site together took more of a lot than ever came in (rule 4)."""
    found = look.found
    taken: dict[tuple[int, int, int], list[Flow]] = defaultdict(list)
    for flow in found.flows:
        if flow.kind == FlowKind.CONSUMED and flow.flags & STYLE2:
            taken[flow.lot, flow.site, flow.unit].append(flow)
    for key, flows in taken.items():
        sums = found.sums.get(key)
        came = 0 if sums is None else sums.born + sums.received + sums.returned_in
        beyond = sum(flow.q for flow in flows) - came
        if beyond > 0:
            entries = tuple(sorted({(flow.log, flow.seq) for flow in flows}, key=look.place))
            yield Finding(kind="over_issued", lot=key[0], site=key[1], value=beyond, unit=key[2], entries=entries)
