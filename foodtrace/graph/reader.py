"""Reads the projection as the recall engine wants it: :class:`SqlFacts` is :class:`foodtrace.recall.facts.Facts` on a database.

Rules:

1. Every query starts from the numbers asked for and looks each up by a primary key or an index: O(affected), never O(total).
2. Rows with ``ended = 0`` are live. Conditional rows (-1) and rows that another log's correction names are settled here:
   such a correction counts only if its log belongs to the operator of the site (RECALL section 1); the latest one wins.
3. Times after T are not handed out; records after a position limit neither.
4. A relabelling frees its output from a case only if the case could approve it: one of false labels (level 3), said by the log that
   opened it or another of the same operator. Of any other the output is followed like that of every transformation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from foodtrace.events import BatchReleased, Clause, Correction, LotsClause, Packing, PredicateClause, RecallOpened
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.content import content
from foodtrace.graph.edges import micros
from foodtrace.graph.flowkind import CLEARED, NEVER, ahead, happened
from foodtrace.graph.flows import LEAVING, Act, Copies, Flow, LogInfo, LotInfo, SiteInfo
from foodtrace.graph.heads import behind, heads
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.predicate import may_fit
from foodtrace.graph.projection import CONDITIONAL
from foodtrace.graph.rows import ENDED, Rows
from foodtrace.storage.session import Row, Session
from foodtrace.tlog.entry import event_bytes, parse
from foodtrace.tlog.whole import event_of

_LOG: Final = 8
_PAIR: Final = 11
_FLAGS: Final = 12
FALSE_LABEL: Final = 3
"""Level of a recall whose goods may be corrected and sold again (RCL15 Art. 13, 25)."""


class SqlFacts(Rows):
    """The records of a database, as of a moment: :class:`foodtrace.recall.facts.Facts` from rows."""

    def __init__(self, session: Session, now: int, *, recorded_until: int = NEVER) -> None:
        """See :class:`foodtrace.graph.rows.Rows`."""
        super().__init__(session, now, recorded_until=recorded_until)
        self._openings: dict[str, tuple[int, int]] = {}
        self._ranks: Mapping[int, int] = {}

    def flows(self, lots: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._settled(self._rows_of(lots))

    def entries(self, entries: Collection[tuple[int, int]]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._settled(self.entry_rows(entries))

    def unnamed(self, sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self.flows(self.pseudo_lots(sites))

    def ahead(self, lots: Collection[int], sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        rows = [row for row in self._rows_of([*lots, *self.pseudo_lots(sites)]) if ahead(row[0], row[6], row[7], row[12], self._now)]
        standing = self.in_force({(row[8], row[9], row[ENDED]) for row in rows})
        return [Flow(*row[:ENDED]) for row in rows if (row[8], row[9]) in standing]

    def lots(self, lots: Collection[int]) -> Mapping[int, LotInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {lot: _info(lot, said) for lot, said in self.lots_said(lots).items()}

    def sites(self, sites: Collection[int]) -> Mapping[int, SiteInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {
            site: SiteInfo(
                site=site, text=text, kind=kind, operator=operator, name=name, county=county, region=region, parent=parent, last_entry=last
            )
            for site, (text, kind, operator, name, county, region, parent, last) in self.sites_said(sites).items()
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
            rows = self._s.each(
                "SELECT a.subject, a.log, a.seq, e.bytes FROM {ids} CROSS JOIN about AS a "
                "JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = f.value AND a.kind = ? AND a.ended = 0",
                lots,
                (ABOUT[kind],),
            )
            found += [act for row in rows if (act := self._act(*row)) is not None]
        return found

    def _act(self, lot: int, log: int, seq: int, data: bytes) -> Act | None:
        entry = parse(bytes(data))
        event = decode_alone(bytes(entry.event))
        said = getattr(event, "replacement", None) or event
        t = micros(said.at)
        if t > self._now or entry.recorded > self._until or (isinstance(said, Packing) and said.action == "delete"):
            return None  # taking out of a case or pallet is never blocked
        doing: Literal["packing", "release"] = "packing" if isinstance(said, Packing) else "release"
        return Act(doing=doing, lot=lot, site=self.site(said.site) or 0, t=t, entry=(log, seq))

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
        """Put the copies of an event into order: the site operator's log first, else the smallest log name."""
        ranked: list[tuple[bool, str, tuple[int, int]]] = []
        contents: set[bytes] = set()
        for log, seq in entries:
            row = self._s.row(
                "SELECT e.bytes, l.origin FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.log = ? AND e.seq = ?", (log, seq)
            )
            if row is not None:
                event = event_of(self._s, log, seq, row[0])
                operator = self._operator_of(event.site)
                ranked.append((not operator or operator != self._log_operator(log), row[1], (log, seq)))
                contents.add(content(event))
        return Copies(id=name, entries=tuple(each[2] for each in sorted(ranked)), alike=len(contents) == 1)

    def logs(self) -> Sequence[LogInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        found = heads(self._s)
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

    # -- corrections of other logs' entries ------------------------------------------------------------------------------

    def _settled(self, rows: Iterable[Row]) -> list[Flow]:
        """Drop what is not live by rule 2 and what happened after T."""
        kept = [row for row in rows if row[6] <= self._now or happened(row[0], row[6], row[12], self._now)]
        if self._crossed and kept:
            kept = self._cross_settled(kept)
        return [Flow(*self._relabelled(row)[:ENDED]) for row in kept if self._crossed or row[ENDED] == 0]

    def _relabelled(self, row: Row) -> Row:
        """Take the mark of a case's relabelling off where that case did not approve it (rule 4)."""
        if not row[_FLAGS] & CLEARED:
            return row
        opener, level = self._opening(row[_PAIR])
        log = row[_LOG]
        entitled = log == opener or self._log_operator(log) == self._log_operator(opener) != ""
        return row if level == FALSE_LABEL and entitled else (*row[:_FLAGS], row[_FLAGS] & ~CLEARED, *row[_FLAGS + 1 :])

    def _opening(self, case: str) -> tuple[int, int]:
        """Return the log that opened a case and the case's level; zeros where it was never opened."""
        if case not in self._openings:
            rows = self._s.rows(
                "SELECT e.bytes, a.log, a.seq, a.ended FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
                "WHERE a.subject = ? AND a.kind = ? AND a.ended <= 0",
                (find(self._s, [f"case {case}"]).get(f"case {case}", 0), ABOUT[RecallOpened]),
            )
            standing = self.in_force([(log, seq, ended) for _, log, seq, ended in rows])
            told: list[tuple[int, int, str, int, int]] = []
            for data, log, seq, _ in rows:
                entry = parse(bytes(data))
                event = decode_alone(bytes(entry.event))
                said = getattr(event, "replacement", None) or event
                if (log, seq) in standing and isinstance(said, RecallOpened):
                    told.append((entry.recorded, micros(said.at), said.id, log, said.level))
            first = min(told, default=(0, 0, "", 0, 0))
            # Who has opened the number as well, and is nobody of theirs, may not say what leaves their case, nor they of his.
            rivals = {self._log_operator(log) or str(log) for _, _, name, log, _ in told if name != first[2]}
            alone = rivals <= {self._log_operator(first[3]) or str(first[3])}
            self._openings[case] = first[3:] if alone else (0, 0)
        return self._openings[case]

    def _cross_settled(self, rows: list[Row]) -> list[Row]:
        plain = [row for row in rows if row[ENDED] == 0]
        replaced = {
            target for target, claims in self._cross_of({(row[8], row[9]) for row in plain}).items() if any(claim[2] for claim in claims)
        }
        winners = self._winners({(row[8], row[9]) for row in rows if row[ENDED] == CONDITIONAL})
        return [row for row in rows if ((row[8], row[9]) not in replaced if row[ENDED] == 0 else (row[8], row[9]) in winners)]

    def in_force(self, entries: Collection[tuple[int, int, int]]) -> set[tuple[int, int]]:
        """Return which entries stand: not corrected away by an entitled log, and replacements of other logs' entries that won.

        :param entries: (log, seq, ended) as the projection has them.
        """
        plain = [(log, seq) for log, seq, ended in entries if ended == 0]
        if not self._crossed or not entries:
            return set(plain)
        gone = {target for target, claims in self._cross_of(plain).items() if any(claim[2] for claim in claims)}
        return (set(plain) - gone) | self._winners({(log, seq) for log, seq, ended in entries if ended == CONDITIONAL})

    def entitled(self, log: int, seq: int) -> list[tuple[int, int]]:
        """Return the corrections of an entry by other logs that are entitled to it, (log, seq), the one that counts last."""
        claims = self._cross_of([(log, seq)]).get((log, seq), [])
        return [(each[1], each[3]) for each in sorted(claims, key=self._place) if each[2]]

    def _place(self, claim: tuple[int, int, bool, int]) -> tuple[int, int, int]:
        """Return what decides between corrections: recorded time, log, number there. Logs go by name: their numbers follow arrival."""
        self._ranks = self._ranks or self.ranks()
        recorded, log, _, seq = claim
        return recorded, self._ranks.get(log, log), seq

    def _cross_of(self, entries: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[tuple[int, int, bool, int]]]:
        """Return, for entries that other logs correct or dispute: (recorded, log, entitled, seq) of each claim."""
        by_log: dict[int, list[int]] = {}
        for log, seq in entries:
            by_log.setdefault(log, []).append(seq)
        found: dict[tuple[int, int], list[tuple[int, int, bool, int]]] = {}
        for log, seqs in by_log.items():
            rows = self._s.each(
                "SELECT c.target_seq, c.log, c.seq FROM {ids} CROSS JOIN cross_correction AS c "
                "WHERE c.target_seq = f.value AND c.target = "
                "(SELECT n.id FROM log AS l JOIN name AS n ON n.text = l.origin WHERE l.id = ?)",
                seqs,
                (log,),
            )
            for seq, other, other_seq in rows:
                found.setdefault((log, seq), []).append(self._claim(log, seq, other, other_seq))
        return found

    def _winners(self, conditional: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Return which replacements count: those of the winning entitled correction of their target."""
        won: set[tuple[int, int]] = set()
        for log, seq in conditional:
            row = self._s.row(
                "SELECT l.id, c.target_seq FROM cross_correction AS c JOIN name AS n ON n.id = c.target JOIN log AS l ON l.origin = n.text "
                "WHERE c.log = ? AND c.seq = ?",
                (log, seq),
            )
            if row is None:
                continue  # the corrected entry has not been seen here: nothing says who its site's operator is
            claims = [claim for claim in self._cross_of([(row[0], row[1])]).get((row[0], row[1]), []) if claim[2]]
            if claims and max(claims, key=self._place)[1:4:2] == (log, seq):
                won.add((log, seq))
        return won

    def _claim(self, log: int, seq: int, other: int, other_seq: int) -> tuple[int, int, bool, int]:
        target = self._s.row("SELECT bytes, leaf FROM entry WHERE log = ? AND seq = ?", (log, seq))
        claim = self._s.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (other, other_seq))
        if target is None or claim is None:
            return (0, other, False, other_seq)
        entry = parse(bytes(claim[0]))
        event = decode_alone(bytes(entry.event))
        entitled = (
            isinstance(event, Correction)
            and event.leaf == bytes(target[1]).hex()
            and entry.recorded <= self._until
            and not self._corrected_by_its_own(log, seq)
            and self._operator_of(decode_alone(event_bytes(bytes(target[0]))).site) == self._log_operator(other) != ""
        )
        return (entry.recorded, other, entitled, other_seq)

    def _corrected_by_its_own(self, log: int, seq: int) -> bool:
        """Say whether an entry's own log corrects it: that word stands, or two corrections made apart would both count."""
        row = self._s.row(
            "SELECT 1 FROM log AS l JOIN name AS n ON n.text = 'corrected ' || l.origin || ' ' || CAST(? AS TEXT) "
            "JOIN about AS a ON a.subject = n.id AND a.kind = ? AND a.log = l.id WHERE l.id = ?",
            (seq, ABOUT[Correction], log),
        )
        return row is not None

    def _own_corrections(self, entries: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
        """Return which of the entries correct an entry of their own log, and which one."""
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for log, seq in entries:
            row = self._s.row(
                "SELECT n.text FROM about AS a JOIN name AS n ON n.id = a.subject WHERE a.log = ? AND a.seq = ? AND a.kind = ?",
                (log, seq, ABOUT[Correction]),
            )
            if row is not None:
                found[log, seq] = (log, int(str(row[0]).rpartition(" ")[2]))
        return found

    def _operator_of(self, site: str) -> str:
        number = self.site(site) if site else None
        return self.sites([number])[number].operator if number is not None else ""

    def _log_operator(self, log: int) -> str:
        row = self._s.row("SELECT bytes FROM entry WHERE log = ? AND seq = 0", (log,))
        if row is None:
            return ""
        key = decode_alone(event_bytes(bytes(row[0])))
        return getattr(key, "issuer", "")

    # -- predicates --------------------------------------------------------------------------------------------------------

    def _predicate(self, clause: PredicateClause) -> list[tuple[int, bool]]:
        """Evaluate a predicate on every lot whose facts might fit; an attribute nobody recorded makes it possible."""
        where, params = ["l.ended <= 0"], []
        if clause.product:
            where.append("(l.product = ? OR l.product = '')")
            params.append(clause.product)
        sql = f"SELECT DISTINCT l.lot FROM lot_fact AS l WHERE {' AND '.join(where)}"  # noqa: S608 - constants
        lots = [row[0] for row in self._s.rows(sql, params)] + self._undescribed()
        infos = self.lots(lots)
        words = {lot: [_info(lot, each) for each in said] for lot, said in self.lots_each_said(lots).items() if len(said) > 1}
        suppliers = self._suppliers(lots) if clause.supplier else {}
        found: list[tuple[int, bool]] = []
        for lot, info in infos.items():
            if info.text.startswith("?"):
                continue
            verdict = may_fit(clause, info, words.get(lot, ()), suppliers.get(lot, set()))
            if verdict is not False:
                found.append((lot, verdict is True))
        return found

    def _undescribed(self) -> list[int]:
        """Return the lots with goods on record of which no record says what they are, under none of their names."""
        rows = self._s.rows(
            "SELECT n.id FROM name AS n WHERE n.code IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM lot_fact AS l WHERE l.lot = n.id AND l.ended <= 0)"
        )
        held = self._s.each(
            "SELECT DISTINCT h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.flows <> 0", [row[0] for row in rows]
        )
        lots = {row[0] for row in held}
        renamed = {name for both in self.aliases(lots) for name in both}
        found = list(lots - renamed)
        for lot in lots & renamed:
            names, rim = {lot}, {lot}
            while rim:
                rim = {other for _, other in self.aliases(rim)} - names
                names |= rim
            told = names - {lot}
            if not told or not self._s.each(
                "SELECT l.lot FROM {ids} CROSS JOIN lot_fact AS l WHERE l.lot = f.value AND l.ended <= 0", told
            ):
                found.append(lot)
        return sorted(found)

    def _suppliers(self, lots: Collection[int]) -> dict[int, set[str]]:
        """Return the operators whose lots went into each lot."""
        pairs = list(self.parents(lots))
        texts = self.texts({src for src, _ in pairs})
        born = self.lots({src for src, _ in pairs})
        found: dict[int, set[str]] = {}
        for src, dst in pairs:
            found.setdefault(dst, set()).update({texts[src].partition("/")[0], born[src].producer} - {""})
        return found


def _info(lot: int, said: Sequence[Any]) -> LotInfo:
    text, product, gtin, producer, harvested, produced, expiry, content, unit = said
    return LotInfo(
        lot=lot,
        text=text,
        product=product,
        gtin=gtin,
        producer=producer,
        harvested=harvested,
        produced=produced,
        expiry=expiry,
        content=content,
        content_unit=unit,
    )
