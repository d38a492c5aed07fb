"""Says which rows of the projection stand where logs correct each other's entries.

Rules:

1. Rows with ``ended = 0`` are live. Conditional rows (-1) and rows that another log's correction names are settled here:
   such a correction counts only if its log belongs to the operator of the site (RECALL section 1), or continues the corrected
   entry's log by what entries say (:mod:`foodtrace.sealed`, rule 8); the latest one wins.
2. An entry that its own log has corrected is nobody else's to correct: that word stands. Only the log that continues it goes on from
   there, by naming the last such correction (ADR 30): whoever names an earlier one, or the entry, has not seen it, and both would count.
3. A relabelling frees its output from a case only if the case could approve it: one of false labels (level 3), said by the log that
   opened it or another of the same operator, approved by somebody and not by a correction (ADR 37). Of any other the output is
   followed like that of every transformation.
4. Logs are told apart by name, never by number: numbers follow the order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from foodtrace.events import Correction, Event, RecallOpened
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.casewords import lets_go, words_about
from foodtrace.graph.described import callers
from foodtrace.graph.edges import micros
from foodtrace.graph.flowkind import CLEARED, NEVER, happened
from foodtrace.graph.flows import Flow
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.projection import CONDITIONAL
from foodtrace.graph.rows import ENDED, Rows
from foodtrace.graph.words import SITE_LENGTH
from foodtrace.sealed import follows, only_heirs
from foodtrace.storage.session import Row, Session
from foodtrace.tlog.entry import event_bytes, parse

_LOG: Final = 8
_PAIR: Final = 11
_FLAGS: Final = 12
_OPERATOR: Final = 2
"""Place of the operator in what is said of a site (:data:`foodtrace.graph.words.SiteSaid`)."""
FALSE_LABEL: Final = 3
"""Level of a recall whose goods may be corrected and sold again (RCL15 Art. 13, 25)."""


class Standing(Rows):
    """Rows, and which of them stand."""

    def __init__(self, session: Session, now: int, *, recorded_until: int = NEVER) -> None:
        """See :class:`foodtrace.graph.rows.Rows`."""
        super().__init__(session, now, recorded_until=recorded_until)
        self._openings: dict[str, tuple[int, int]] = {}
        self._letting: dict[tuple[int, int], bool] = {}
        self._ranks: Mapping[int, int] = {}
        self._heirs: Mapping[str, str] | None = None

    def _settled(self, rows: Iterable[Row]) -> list[Flow]:
        """Drop what is not live by rule 2 and what happened after T."""
        kept = [row for row in rows if row[6] <= self._now or happened(row[0], row[6], row[12], self._now)]
        if self._crossed and kept:
            kept = self._cross_settled(kept)
        return [Flow(*self._relabelled(row)[:ENDED]) for row in kept if self._crossed or row[ENDED] == 0]

    def _relabelled(self, row: Row) -> Row:
        """Take the mark of a case's relabelling off where that case did not approve it (rule 3)."""
        if not row[_FLAGS] & CLEARED:
            return row
        opener, level = self._opening(row[_PAIR])
        log = row[_LOG]
        entitled = log == opener or self._log_operator(log) == self._log_operator(opener) != ""
        lifts = level == FALSE_LABEL and entitled and self._lets_go(log, row[_LOG + 1])
        return row if lifts else (*row[:_FLAGS], row[_FLAGS] & ~CLEARED, *row[_FLAGS + 1 :])

    def _lets_go(self, log: int, seq: int) -> bool:
        if (log, seq) not in self._letting:
            self._letting[log, seq] = lets_go(self, log, seq)
        return self._letting[log, seq]

    def _opening(self, case: str) -> tuple[int, int]:
        """Return the log that opened a case and the case's level; zeros where it was never opened."""
        if case not in self._openings:
            told = [
                (word.recorded, micros(said.at), said.id, word.entry[0], said.level)
                for word in words_about(self, self._s, f"case {case}", (ABOUT[RecallOpened],))
                if isinstance(said := word.event, RecallOpened)
            ]
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
            and self._may(decode_alone(event_bytes(bytes(target[0]))), (log, seq), other, event.log)
        )
        return (entry.recorded, other, entitled, other_seq)

    def _may(self, named: Event, place: tuple[int, int], other: int, origin: str) -> bool:
        """Say whether a log may correct this entry of another log at this (log, seq), by rules 1 and 2."""
        log, seq = place
        if isinstance(named, Correction):
            return not named.log and self._last_by_its_own(log, named.seq) == seq and self._continues(other, origin)
        if self._last_by_its_own(log, seq) is not None:
            return False
        return self._operator_of(named.site) == self._log_operator(other) != "" or self._continues(other, origin)

    def _continues(self, other: int, former: str) -> bool:
        """Say whether a log continues another after a recovery; who does is looked up once, and only where it is asked."""
        if self._heirs is None:
            self._heirs = only_heirs(self._s)
        row = self._s.row("SELECT origin FROM log WHERE id = ?", (other,))
        return row is not None and follows(str(row[0]), former, self._heirs)

    def continues(self, other: int, log: int) -> bool:
        """Say whether a log continues another one after a recovery."""
        return self._continues(other, self.origins().get(log, ""))

    def _last_by_its_own(self, log: int, seq: int) -> int | None:
        """Return the last correction of an entry by its own log, none where there is none: that word stands (rule 2)."""
        rows = self._s.rows(
            "SELECT a.seq FROM log AS l JOIN name AS n ON n.text = 'corrected ' || l.origin || ' ' || CAST(? AS TEXT) "
            "JOIN about AS a ON a.subject = n.id AND a.kind = ? AND a.log = l.id WHERE l.id = ?",
            (seq, ABOUT[Correction], log),
        )
        return max((int(row[0]) for row in rows if self.seen(log, int(row[0]))), default=None)

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

    def _party(self, log: int) -> tuple[str, str]:
        """Return who writes a log, and its operator: logs of one operator are one party, and so are those that continue each other."""
        operator = self._log_operator(log)
        if operator:
            return operator, operator
        origin = here = self.origins().get(log, "")
        heirs = self._heirs = only_heirs(self._s) if self._heirs is None else self._heirs
        while here in heirs and heirs[here] != origin:
            here = heirs[here]
        return f"log {here}", ""

    def describing(self, site: int) -> tuple[int, int] | None:
        """Return the (log, seq) of the entry whose word on a site counts, where several describe it."""
        self.sites_said([site])
        return self._describing.get(site)

    def calling(self, site: int, entries: Collection[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """Return which (log, seq) of a site's descriptions say whom to call there (:func:`foodtrace.graph.described.callers`)."""
        mine = set(entries)
        words = [row[2:SITE_LENGTH] for row in self._site_rows([site]) if tuple(row[8:SITE_LENGTH]) in mine]
        return tuple((log, seq) for *_, log, seq in callers(words, self._party)) if words else ()

    def operator_of(self, site: str) -> str:
        """Return whose a site is by its id; empty: no record says it, or they contradict each other."""
        return self._operator_of(site)

    def log_operator(self, log: int) -> str:
        """Return whose a log is, by operator id; empty: it does not say."""
        return self._log_operator(log)

    def _operator_of(self, site: str) -> str:
        number = self.site(site) if site else None
        return str(self.sites_said([number])[number][_OPERATOR]) if number is not None else ""

    def _log_operator(self, log: int) -> str:
        row = self._s.row("SELECT bytes FROM entry WHERE log = ? AND seq = 0", (log,))
        if row is None:
            return ""
        key = decode_alone(event_bytes(bytes(row[0])))
        return getattr(key, "issuer", "")
