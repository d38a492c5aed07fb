"""Origin exit against market entry: certificates that no gate has seen, goods that gates did not let in, and goods let in without one.

Rules:

1. A certificate is **met** when some gate let in goods of its lot on its serial. One that was issued and not met is told, not judged: its
   goods may be on the way, or went where no gate is. One that was voided, and what a later correction undid, is not told.
2. An entry is **without certificate** when the gate let goods in and names no serial: on a voucher, a test, or nothing.
3. A gate that puts a load aside, or refuses it, has **seen** its certificate. The load is told as not let in, unless it was decided or
   came again and was let in since: where it stands is on record, and a decision is what is due.
4. All are told of the window and the site that were asked for, by their own time; what meets them may lie outside of it.
5. An event that several logs tell is told once (:mod:`foodtrace.graph.copies`); a decision in any of them ends a load that was put aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from foodtrace.certificate.serials import differ
from foodtrace.events import CertificateIssued, CertificateVoided, Event, MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.copies import events_once
from foodtrace.graph.edges import micros
from foodtrace.graph.inorder import in_order
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.operations.serials import issued_body, spent_body
from foodtrace.recall.breaks import Asked, Names, shown_time
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

_Kind = TypeVar("_Kind", bound=Event)
_ABOUT: Final = (
    "SELECT e.log, e.seq, e.bytes FROM name AS n JOIN about AS a ON a.subject = n.id JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
    "JOIN log AS g ON g.id = a.log WHERE n.text >= ? AND n.text < ? AND a.kind = ? AND a.ended = 0 ORDER BY n.text, g.origin, a.seq"
)


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that no gate has seen, a load that a gate did not let in, or an entry without certificate."""

    at: str
    """When it was issued, or the goods came."""
    lot: str
    product: str
    serial: str
    """Empty: it came without."""
    site: str
    """Where it was issued, or the goods came."""
    name: str
    quantity: int | None
    """None: a refusal that does not say."""
    unit: str
    entry: str
    """``ORIGIN#SEQ``."""


class Papers:
    """Looks through the certificates and gates of all logs.

    :param now: T, microseconds UTC: what happened later is not told.
    """

    def __init__(self, session: Session, names: Names, asked: Asked, now: int) -> None:
        self.session = session
        self.names = names
        self.asked = asked
        self.now = now
        self.not_entered: tuple[Paper, ...] = ()
        self.not_let_in: tuple[Paper, ...] = ()
        self.without_certificate: tuple[Paper, ...] = ()

    def look(self) -> None:
        """Find all three."""
        came = [(place, each) for place, each in self._told("gate ", MarketEntry) if micros(each.at) <= self.now]
        refused = [
            (place, each)
            for place, each in self._told("gate ", Refusal)
            if each.asked == "market_entry" and each.lot and micros(each.at) <= self.now
        ]
        let_in = [(place, each) for place, each in came if each.decision == "admitted"]
        held = self._undecided(came, [*came, *refused])
        came, refused, let_in = self._once(came), self._once(refused), self._once(let_in)
        entered = {(each.lot, each.serial) for _, each in let_in}
        turned: list[tuple[tuple[int, int], MarketEntry | Refusal]] = [
            *held,
            *((place, each) for place, each in refused if (each.lot, each.serial) not in entered),
        ]
        self.not_let_in = _in_order([paper for place, each in turned for paper in self._paper(place, each, each.site)])
        seen: dict[tuple[str, str], list[MarketEntry]] = {}
        for _, entry in came:
            if entry.serial:
                seen.setdefault((entry.lot, entry.serial), []).append(entry)
        gone = {(each.lot, each.serial) for _, each in self._told("certificate ", CertificateVoided)}
        gone |= {(each.lot, each.serial) for _, each in refused}
        unmet: list[Paper] = []
        for place, issued in self._once(self._told("certificate ", CertificateIssued)):
            if (issued.lot, issued.serial) in gone or micros(issued.at) > self.now:
                continue
            body = issued_body(issued)
            if all(differ(body, spent_body(entry)) for entry in seen.get((issued.lot, issued.serial), ())):
                unmet += self._paper(place, issued, issued.site)
        self.not_entered = _in_order(unmet)
        bare = [paper for place, each in let_in if not each.serial for paper in self._paper(place, each, each.stall or each.site)]
        self.without_certificate = _in_order(bare)

    def _undecided(
        self, came: list[tuple[tuple[int, int], MarketEntry]], decisions: Iterable[tuple[tuple[int, int], MarketEntry | Refusal]]
    ) -> list[tuple[tuple[int, int], MarketEntry]]:
        """Return the loads put aside that nothing has decided in a log that tells of them."""
        resolved = {(log, each.resolves) for (log, _), each in decisions if each.resolves}
        held = [(place, each) for place, each in came if each.decision == "held"]
        decided = {(each.id, each.lot, each.serial) for (log, _), each in held if (log, each.id) in resolved}
        return self._once([(place, each) for place, each in held if (each.id, each.lot, each.serial) not in decided])

    def _once(self, told: list[tuple[tuple[int, int], _Kind]]) -> list[tuple[tuple[int, int], _Kind]]:
        """Return what is told with each event once (rule 5)."""
        return events_once(self.names.facts, told)

    def _told(self, subject: str, kind: type[_Kind]) -> list[tuple[tuple[int, int], _Kind]]:
        """Return what entries of a kind say that are about subjects of a beginning, each once."""
        rows = self.session.rows(_ABOUT, (subject, subject[:-1] + "!", ABOUT[kind]))
        said = {(int(log), int(seq)): _said(bytes(data)) for log, seq, data in rows}
        return [(place, each) for place, each in said.items() if isinstance(each, kind)]

    def _paper(self, place: tuple[int, int], event: CertificateIssued | MarketEntry | Refusal, at: str) -> list[Paper]:
        numbers = find(self.session, [at, event.site])
        if not self.asked.wants(numbers.values(), [micros(event.at)]):
            return []
        info = self.names.places([numbers[at]]).get(numbers[at]) if at in numbers else None
        log, seq = place
        return [
            Paper(
                at=shown_time(micros(event.at)) or "",
                lot=event.lot,
                product=event.product,
                serial=event.serial,
                site=at,
                name=info.name if info is not None else "",
                quantity=None if event.quantity is None else event.quantity.value,
                unit="" if event.quantity is None else event.quantity.unit,
                entry=f"{self.names.origins.get(log, log)}#{seq}",
            )
        ]


def _in_order(papers: list[Paper]) -> tuple[Paper, ...]:
    return tuple(sorted(papers, key=lambda each: (each.at, each.lot, each.serial, in_order(each.entry))))


def _said(data: bytes) -> Event:
    event = decode_alone(event_bytes(data))
    said: Event = getattr(event, "replacement", None) or event
    return said


__all__ = ["Paper", "Papers"]
