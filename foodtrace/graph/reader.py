"""Reads the projection as the recall engine wants it: :class:`SqlFacts` is :class:`foodtrace.recall.facts.Facts` on a database.

Rules:

1. Every query starts from the numbers asked for and looks each up by a primary key or an index: O(affected), never O(total).
2. Only rows that stand are handed out (:mod:`foodtrace.graph.standing`).
3. Times after T are not handed out; records after a position limit neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

from foodtrace.events import BatchReleased, Clause, LotsClause, Packing, PredicateClause
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.content import content
from foodtrace.graph.copies import flows_once
from foodtrace.graph.edges import micros
from foodtrace.graph.fitting import fitting, lot_info
from foodtrace.graph.flowkind import ahead
from foodtrace.graph.flows import LEAVING, Act, Copies, Flow, FlowKind, LogInfo, LotInfo, SiteInfo, ends_of
from foodtrace.graph.heads import LogHead, behind, heads
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.numbers import under_one_number
from foodtrace.graph.papers import Side, another_named, other_sides
from foodtrace.graph.products import rule_fits
from foodtrace.graph.rows import ENDED
from foodtrace.graph.spoken import Spoken, spoken_in
from foodtrace.graph.standing import Standing
from foodtrace.graph.tellers import Transfer, Word, other_words, writers
from foodtrace.storage.session import Row
from foodtrace.tlog.entry import parse, sealed
from foodtrace.tlog.whole import event_of

_PRODUCTS: Final = (
    "WITH RECURSIVE p(v) AS (SELECT min(l.product) FROM lot_fact AS l UNION ALL "
    "SELECT (SELECT min(l.product) FROM lot_fact AS l WHERE l.product > p.v) FROM p WHERE p.v IS NOT NULL) "
    "SELECT v FROM p WHERE v IS NOT NULL"
)
_ACTS: Final = (
    "SELECT a.subject, a.log, a.seq, e.bytes, a.ended FROM {ids} CROSS JOIN about AS a "
    "JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = f.value AND a.kind = ? AND a.ended = 0"
)
_UNSENT: Final = (
    "SELECT DISTINCT m.lot FROM {ids} CROSS JOIN move AS m "  # noqa: S608 - constants
    f"WHERE m.lot = f.value AND m.kind = {int(FlowKind.RECEIPT)} AND m.other = 0 AND m.ended <= 0"
)
_LOTS_OF: Final = "SELECT l.lot FROM {texts} CROSS JOIN lot_fact AS l WHERE l.product = f.value AND l.ended <= 0"


class SqlFacts(Standing):
    """The records of a database, as of a moment: :class:`foodtrace.recall.facts.Facts` from rows."""

    def flows(self, lots: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return under_one_number(self._s, self._settled(self._rows_of(lots)))

    def under_one_number(self, flows: Sequence[Flow]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return under_one_number(self._s, flows)

    def entries(self, entries: Collection[tuple[int, int]]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._settled(self.entry_rows(entries))

    def unnamed(self, sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self.flows(self.pseudo_lots(sites))

    def sent_to(self, receipts: Collection[tuple[int, str]]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._settled(self.bound_for(receipts))

    def ahead(self, lots: Collection[int], sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        rows = [row for row in self._rows_of([*lots, *self.pseudo_lots(sites)]) if ahead(row[0], row[6], row[7], row[12], self._now)]
        standing = self.in_force({(row[8], row[9], row[ENDED]) for row in rows})
        return [Flow(*row[:ENDED]) for row in rows if (row[8], row[9]) in standing]

    def lots(self, lots: Collection[int]) -> Mapping[int, LotInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {lot: lot_info(lot, said) for lot, said in self.lots_said(lots).items()}

    def sites(self, sites: Collection[int]) -> Mapping[int, SiteInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {
            site: SiteInfo(
                site=site,
                text=text,
                kind=kind,
                operator=operator,
                name=name,
                county=county,
                region=region,
                parent=parent,
                last_entry=last,
                words=words,
            )
            for site, (text, kind, operator, name, county, region, parent, last, words) in self.sites_said(sites).items()
        }

    def lots_like(self, clause: Clause) -> Iterable[tuple[int, bool]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        if isinstance(clause, LotsClause):
            return [(number, True) for number in find(self._s, clause.lots).values()]
        if not isinstance(clause, PredicateClause):
            return []
        return self._predicate(clause)

    def disputed(self, entries: Collection[tuple[int, int]]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        if not self._crossed:
            return []
        targets = self._cross_of(entries)
        for entry, target in self._own_corrections(entries).items():
            # What another log says of an entry that its own log has corrected hangs on the correction now.
            claims = self._cross_of([target]).get(target)
            if claims is not None:
                targets.setdefault(entry, []).extend(claims)
        return [target for target, claims in targets.items() if any(not entitled for _, _, entitled, _ in claims)]

    def acts(self, lots: Collection[int]) -> Iterable[Act]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        found: list[Act] = []
        for kind in (Packing, BatchReleased):
            rows = self._acting(_ACTS, lots, ABOUT[kind])
            found += [act for row in rows if (act := self._act(*row[:4])) is not None]
        return found

    def _acting(self, sql: str, lots: Collection[int], kind: int) -> list[Row]:
        return self._s.each(sql, lots, (kind,))

    def _act(self, lot: int, log: int, seq: int, data: bytes) -> Act | None:
        entry = parse(bytes(data))
        event = decode_alone(bytes(entry.event))
        said = getattr(event, "replacement", None) or event
        t = micros(said.at)
        if t > self._now or entry.recorded > self._until or (isinstance(said, Packing) and said.action == "delete"):
            return None  # taking out of a case or pallet is never blocked
        doing: Literal["packing", "release"] = "packing" if isinstance(said, Packing) else "release"
        return Act(doing=doing, lot=lot, site=self.site(said.site) or 0, t=t, entry=(log, seq))

    def spoken(self, lots: Collection[int]) -> Iterable[tuple[tuple[int, int], int, tuple[int, int]]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        said = self._spoken_of(lots)
        sites = self.numbers({each.site for each in said})
        return [((each.lot, sites[each.site]), each.t, each.entry) for each in said if each.site in sites]

    def _spoken_of(self, lots: Collection[int]) -> list[Spoken]:
        rows = self.speaking(lots)
        standing = self.in_force([(log, seq, ended) for _, log, seq, ended in rows])
        return list(spoken_in(self._s, [row for row in rows if (row[1], row[2]) in standing], now=self._now, until=self._until))

    def corrections(self, lots: Collection[int], *, since: int) -> Iterable[tuple[int, tuple[int, int]]]:
        """Return (site, (log, seq) of the correction) of every flow of these lots that its own log corrected, recorded from a moment on.

        The site is where the goods went, of a flow that went nowhere else where it was.
        """
        rows = self._s.each(
            "SELECT m.kind, m.site, m.other, m.log, m.ended, e.bytes FROM {ids} CROSS JOIN move AS m "
            "JOIN entry AS e ON e.log = m.log AND e.seq = m.ended - 1 WHERE m.lot = f.value AND m.ended > 0",
            lots,
        )
        return [
            (other if other and kind in LEAVING else site, (log, ended - 1))
            for kind, site, other, log, ended, data in rows
            if since <= parse(bytes(data)).recorded <= self._until
        ]

    def other_papers(self, flows: Collection[Flow]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        lots = another_named(self._s, {flow.lot for flow in flows if flow.pair})
        sides = [
            Side(Transfer(flow.pair, *ends), flow.kind == FlowKind.RECEIPT, flow.lot, flow.log, flow.seq)
            for flow in flows
            if flow.lot in lots and (ends := ends_of(flow)) is not None
        ]
        # A log that only repeats what another told of these lots may have a word of its own on the transfer.
        _, copies = flows_once(self, list(flows))
        repeats = {entry for group in copies if group.alike for entry in group.entries[1:]}
        words, others = self._told_elsewhere([flow for flow in flows if (flow.log, flow.seq) not in repeats])
        found = {(side.log, side.seq) for side in other_sides(self._s, sides, logs=len(self.ranks()))}
        found |= {(word.log, word.seq) for word in others}
        wanted = {side.transfer for side in sides} | {word.transfer for word in words}
        return [flow for flow in self.entries(found) if (ends := ends_of(flow)) is not None and (flow.pair, *ends) in wanted]

    def _told_elsewhere(self, flows: Collection[Flow]) -> tuple[list[Word], list[Word]]:
        """Return the dispatches among some flows that other logs may tell, and what those tell (:mod:`foodtrace.graph.tellers`)."""
        if len(self.ranks()) == 1:
            return [], []
        sent = [flow for flow in flows if flow.kind in LEAVING]
        written = writers(self._s, {flow.site for flow in sent})
        told = [
            Word(Transfer(flow.pair, *ends), flow.lot, flow.log, flow.seq)
            for flow in sent
            if flow.site in written and (ends := ends_of(flow)) is not None
        ]
        places = self.sites_said({site for word in told for site in (word.transfer.sender, word.transfer.receiver)})
        whose = {site: str(said[2]) for site, said in places.items()}
        return told, other_words(self._s, told, written, whose.__getitem__)

    def party(self, log: int) -> str:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._log_operator(log) or f"#{log}"

    def ids(self, entries: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], str]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        by_log: dict[int, list[int]] = {}
        for log, seq in entries:
            by_log.setdefault(log, []).append(seq)
        found: dict[tuple[int, int], str] = {}
        for log, seqs in by_log.items():
            rows = self._s.each("SELECT e.seq, e.id FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?", seqs, (log,))
            found |= {(log, seq): name for seq, name in rows}
        return found

    def copies(self, entries: Collection[tuple[int, int]]) -> Sequence[Copies]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        by_id: dict[str, list[tuple[int, int]]] = {}
        for entry, name in self.ids(entries).items():
            by_id.setdefault(name, []).append(entry)
        return [self.ranked(name, found) for name, found in sorted(by_id.items()) if len({log for log, _ in found}) > 1]

    def ranked(self, name: str, entries: list[tuple[int, int]]) -> Copies:
        """Put the copies of an event into order: see :mod:`foodtrace.graph.copies`, rule 1."""
        ranked: list[tuple[bool, int, str, tuple[int, int]]] = []
        contents: set[bytes] = set()
        for log, seq in entries:
            row = self._s.row(
                "SELECT e.bytes, l.origin FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.log = ? AND e.seq = ?", (log, seq)
            )
            if row is not None:
                event = event_of(self._s, log, seq, row[0])
                operator = self._operator_of(event.site)
                ranked.append((not operator or operator != self._log_operator(log), sealed(row[0])[1], row[1], (log, seq)))
                contents.add(content(event))
        alike = len(contents) == 1
        ranked.sort(key=lambda each: (each[1] if alike else 0, each[0], each[2]))
        return Copies(id=name, entries=tuple(each[3] for each in ranked), alike=alike)

    def logs(self) -> Sequence[LogInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        found = self.heads()
        doubtful = {each.log for each in behind(found, self._s)}
        return [
            LogInfo(
                log=each.log,
                size=each.size,
                newest=each.time,
                state=each.behind if each.log in doubtful else "",
                off_by=each.off_by,
                verified=each.verified,
            )
            for each in found
        ]

    def heads(self) -> list[LogHead]:
        """Return how far every log has come, and how far it is to be believed."""
        return heads(self._s)

    def products(self) -> list[str]:
        """Return every name of a product on record; one step in an index for each name, whatever the number of lots."""
        return [row[0] for row in self._s.rows(_PRODUCTS) if row[0]]

    # -- predicates --------------------------------------------------------------------------------------------------------

    def _predicate(self, clause: PredicateClause) -> list[tuple[int, bool]]:
        """Evaluate a predicate on every lot that might fit under any of its names; an attribute nobody recorded makes it possible."""
        if clause.product:
            named = [each for each in self.products() if rule_fits(each, clause.product) is not False]
            lots = self._described([*named, ""])
        else:
            lots = self._described(None)
        return self.fitting(clause, [*lots, *self._with_something(clause.product, self._nondescript())])

    def _described(self, products: Collection[str] | None) -> list[int]:
        """Return the lots of which some record says one of these products, or of none anything."""
        every = "SELECT DISTINCT l.lot FROM lot_fact AS l WHERE l.ended <= 0"
        rows = self._s.rows(every) if products is None else self._s.each(_LOTS_OF, products)
        return list(dict.fromkeys(row[0] for row in rows))

    def _nondescript(self) -> list[int]:
        """Return the names that lots may have of which no record says what they are."""
        rows = self._s.rows(
            "SELECT n.id FROM name AS n WHERE n.code IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM lot_fact AS l WHERE l.lot = n.id AND l.ended <= 0)"
        )
        return [row[0] for row in rows]

    def _with_goods(self, names: Collection[int]) -> set[int]:
        """Return those of some names of which any record moves, uses or counts goods."""
        held = self._s.each("SELECT DISTINCT h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.flows <> 0", names)
        return {row[0] for row in held}

    def passed(self, lots: Collection[int], operator: str) -> set[int]:
        """Return those of some lots that lay at a site of an operator or of nobody known, or came on a receipt that names no sender."""
        held = self._s.each("SELECT h.lot, h.site FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value", lots)
        whose = self.operators({site for _, site in held})
        return {lot for lot, site in held if whose[site] in ("", operator)} | {row[0] for row in self._s.each(_UNSENT, lots)}

    def operators(self, sites: Collection[int]) -> dict[int, str]:
        """Return the operator of each site; empty where nobody knows it."""
        said = self.sites_said(set(sites) - {0})
        return {site: str(said[site][2]) if site in said else "" for site in sites}

    def fitting(self, clause: PredicateClause, lots: Collection[int]) -> list[tuple[int, bool]]:
        """Return (lot, certain) of those of these lots that a rule means, and of all their other names."""
        return fitting(self, clause, lots)

    def _with_something(self, product: str, names: Collection[int]) -> list[int]:
        """Return those of names that no record describes with goods on record; another name of the lot may be described.

        Of goods that were only put aside, refused, tested and the like those stay out of which that very record says another product.
        """
        found = self._with_goods(names)
        said: dict[int, list[str]] = {}
        for each in self._spoken_of([name for name in names if name not in found]):
            said.setdefault(each.lot, []).append(each.product)
        for lot, products in said.items():
            named = [each for each in products if each]
            if not product or not named or any(rule_fits(each, product) is not False for each in named):
                found.add(lot)
        return sorted(found)
