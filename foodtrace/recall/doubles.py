"""Finds events told twice and certificates overspent, across logs (see :mod:`foodtrace.recall.reconcile`)."""

from __future__ import annotations

from collections import defaultdict

from foodtrace.events import CertificateIssued, MarketEntry
from foodtrace.events.canonical import decode
from foodtrace.graph.edges import UNITS, micros
from foodtrace.graph.flows import ALWAYS, NEVER, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.breaks import Asked, Break, Names
from foodtrace.recall.finding.look import Entry
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


class Doubles:
    """Looks through the records of all logs."""

    def __init__(self, session: Session, facts: SqlFacts, names: Names, asked: Asked) -> None:
        self.session = session
        self.facts = facts
        self.names = names
        self.asked = asked
        self.open: list[Break] = []
        self.counts = {"certificates": 0, "certificates_unknown": 0}

    def twice(self) -> None:
        """Find event ids that stand in several logs (rule 5)."""
        if len(self.names.origins) < 2:  # noqa: PLR2004 - within one log ids are unique
            return
        for (name,) in self.session.rows("SELECT id FROM entry GROUP BY id HAVING COUNT(*) > 1 ORDER BY id"):
            found: list[Entry] = []
            for log in self.names.origins:
                row = self.session.row("SELECT seq FROM entry WHERE log = ? AND id = ?", (log, name))
                if row is not None:
                    found.append((log, int(row[0])))
            group = self.facts.ranked(name, found)
            flows = sorted(self.facts.entries(group.entries), key=lambda flow: (group.entries.index((flow.log, flow.seq)), flow.item))
            times = [flow.t for flow in flows]
            sites = {site for flow in flows for site in (flow.site, flow.other if flow.kind != FlowKind.ALIAS else 0)}
            if not self.asked.wants(sites, times):
                continue
            first = flows[0] if flows else None
            self.open.append(
                self.names.break_(
                    "same_id" if group.alike else "duplicate_conflict",
                    lot=first.lot if first else 0,
                    site=first.site if first else 0,
                    unit=first.unit if first else 0,
                    at=first.t if first and ALWAYS < first.t < NEVER else None,
                    document=name,
                    entries=group.entries,
                )
            )

    def certificates(self) -> None:
        """Find certificates that gates let in beyond what they say (rule 6)."""
        rows = self.session.rows(
            "SELECT a.subject, a.log, a.seq, e.bytes FROM name AS n JOIN about AS a ON a.subject = n.id "
            "JOIN entry AS e ON e.log = a.log AND e.seq = a.seq JOIN log AS g ON g.id = a.log "
            "WHERE n.text >= 'spent ' AND n.text < 'spent!' AND a.kind = ? AND a.ended = 0 ORDER BY n.text, g.origin, a.seq",
            (ABOUT[MarketEntry],),
        )
        spent: dict[int, list[tuple[Entry, MarketEntry]]] = defaultdict(list)
        for subject, log, seq, data in rows:
            event = decode(event_bytes(bytes(data)))
            event = getattr(event, "replacement", None) or event
            if isinstance(event, MarketEntry) and event.decision == "admitted":
                spent[subject].append(((log, seq), event))
        for entries in spent.values():
            self._certificate(entries)

    def _certificate(self, entries: list[tuple[Entry, MarketEntry]]) -> None:
        first = entries[0][1]
        issued = self._issued(first.lot, first.serial)
        if issued is None:
            self.counts["certificates_unknown"] += 1
            return
        self.counts["certificates"] += 1
        let_in = sum(event.quantity.value for _, event in entries if event.quantity.unit == issued.quantity.unit)
        numbers = find(self.session, [first.lot, *(event.site for _, event in entries)])
        times = [micros(event.at) for _, event in entries]
        if let_in <= issued.quantity.value or not self.asked.wants(numbers.values(), times):
            return
        # Entries stand by the name of their log, so that the first of those at one moment is the same wherever they came first.
        last = max(entries, key=lambda each: each[1].at)[1]
        self.open.append(
            self.names.break_(
                "over_certified",
                lot=numbers.get(first.lot, 0),
                product=first.product,
                site=numbers.get(last.site, 0),
                unit=UNITS[issued.quantity.unit],
                sent=issued.quantity.value,
                received=let_in,
                difference=let_in - issued.quantity.value,
                at=micros(last.at),
                document=first.serial,
                entries=[entry for entry, _ in entries],
            )
        )

    def _issued(self, lot: str, serial: str) -> CertificateIssued | None:
        subject = f"certificate {lot} {serial}"
        number = find(self.session, [subject]).get(subject)
        row = number and self.session.row(
            "SELECT e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
            "JOIN log AS g ON g.id = a.log WHERE a.subject = ? AND a.kind = ? AND a.ended = 0 ORDER BY g.origin, a.seq LIMIT 1",
            (number, ABOUT[CertificateIssued]),
        )
        if not row:
            return None
        event = decode(event_bytes(bytes(row[0])))
        said = getattr(event, "replacement", None) or event
        return said if isinstance(said, CertificateIssued) else None
