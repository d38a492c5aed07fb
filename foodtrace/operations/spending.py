"""Finds certificates that gates overspent, and serials that stand for two certificates (:mod:`foodtrace.operations.reconciling`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from foodtrace.certificate.serials import Body, apart, differ
from foodtrace.events import CertificateIssued, Event, Key, MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.copies import events_once
from foodtrace.graph.edges import UNITS, micros
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.keys import kid as key_id
from foodtrace.operations.serials import holds, issued_body, spent_body
from foodtrace.recall.breaks import Asked, Break, Names
from foodtrace.recall.finding.look import Entry
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

Word: TypeAlias = CertificateIssued | MarketEntry | Refusal
Told: TypeAlias = tuple[Body, tuple[Entry, Word]]
"""A record of a certificate, with which one it is."""


class Certificates:
    """Looks through the records of all logs."""

    def __init__(self, session: Session, names: Names, asked: Asked) -> None:
        self.session = session
        self.names = names
        self.asked = asked
        self.open: list[Break] = []
        self.counts = {"certificates": 0, "certificates_unknown": 0}

    def look(self) -> None:
        """Find certificates that gates let in beyond what they say (rule 6), and serials of two certificates (rule 7)."""
        rows = self.session.rows(
            "SELECT n.text, a.log, a.seq, e.bytes FROM name AS n JOIN about AS a ON a.subject = n.id "
            "JOIN entry AS e ON e.log = a.log AND e.seq = a.seq JOIN log AS g ON g.id = a.log "
            "WHERE n.text >= 'spent ' AND n.text < 'spent!' AND a.kind IN (?, ?, ?) AND a.ended = 0 ORDER BY n.text, g.origin, a.seq",
            (ABOUT[MarketEntry], ABOUT[Refusal], ABOUT[CertificateIssued]),
        )
        for text, group in groupby(rows, key=lambda row: str(row[0])):
            told = [((log, seq), _said(data)) for _, log, seq, data in group]
            words = [(entry, event) for entry, event in told if isinstance(event, Word)]
            self._serial(text.split(" ")[1], events_once(self.names.facts, words))

    def _serial(self, kid: str, told: list[tuple[Entry, Word]]) -> None:
        """Look at everything under one key and serial."""
        issued: list[Told] = [(issued_body(word), (entry, word)) for entry, word in told if isinstance(word, CertificateIssued)]
        spent: list[Told] = [(spent_body(word), (entry, word)) for entry, word in told if not isinstance(word, CertificateIssued)]
        seen = [each for each in spent if each[0].hash or getattr(each[1][1], "certified", False)]
        if len(issued) + len(seen) > 1:
            # Who knows most of a certificate comes first: what knows less then falls to it.
            known = sorted([*self._signed(kid, issued), *seen], key=lambda each: (not each[0].hash, not each[0].product))
            groups = apart(known)
            if len(groups) > 1:
                self._twice([each for _, group in groups for each in group])
        admitted = [each for each in spent if getattr(each[1][1], "decision", "") == "admitted"]
        for _, group in apart(sorted(admitted, key=lambda each: (not each[0].hash, each[0].quantity is None))):
            self._certificate([(entry, word) for entry, word in group if isinstance(word, MarketEntry)])

    def _signed(self, kid: str, issued: Sequence[Told]) -> list[Told]:
        """Leave out issues that the key did not sign; where no record names the key, nobody here can tell."""
        rows = self.session.rows(
            "SELECT e.bytes FROM name AS n JOIN about AS a ON a.subject = n.id JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
            "WHERE n.text = ? AND a.kind = ?",
            (f"kid {kid}", ABOUT[Key]),
        )
        found = (_said(data) for (data,) in rows)
        # A key id binds issuer and key: whoever recorded it, no other key has it.
        publics = {
            event.public for event in found if isinstance(event, Key) and key_id(event.issuer, bytes.fromhex(event.public)).hex() == kid
        }
        public = bytes.fromhex(min(publics)) if publics else None
        return [each for each in issued if public is None or not isinstance(each[1][1], CertificateIssued) or holds(each[1][1], public)]

    def _twice(self, found: list[tuple[Entry, Word]]) -> None:
        found.sort(key=lambda each: (each[1].at, self.names.origins.get(each[0][0], ""), each[0][1]))
        lots = [event.lot for _, event in found]
        numbers = find(self.session, [*lots, *(event.site for _, event in found)])
        times = [micros(event.at) for _, event in found]
        if not self.asked.wants(numbers.values(), times):
            return
        last = found[-1][1]
        self.open.append(
            self.names.break_(
                "serial_twice",
                lot=numbers.get(lots[-1], 0),
                product=last.product,
                site=numbers.get(last.site, 0),
                at=times[-1],
                document=last.serial,
                entries=[entry for entry, _ in found],
            )
        )

    def _certificate(self, entries: list[tuple[Entry, MarketEntry]]) -> None:
        first = entries[0][1]
        issued = self._issued(first)
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

    def _issued(self, entry: MarketEntry) -> CertificateIssued | None:
        subject = f"certificate {entry.lot} {entry.serial}"
        number = find(self.session, [subject]).get(subject)
        rows = self.session.rows(
            "SELECT e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
            "JOIN log AS g ON g.id = a.log WHERE a.subject = ? AND a.kind = ? AND a.ended = 0 ORDER BY g.origin, a.seq",
            (number or 0, ABOUT[CertificateIssued]),
        )
        found = [event for (data,) in rows if isinstance(event := _said(data), CertificateIssued)]
        return next((each for each in found if not differ(issued_body(each), spent_body(entry))), None)


def _said(data: bytes) -> Event:
    event = decode_alone(event_bytes(bytes(data)))
    said: Event = getattr(event, "replacement", None) or event
    return said
