"""Origin exit against market entry: certificates that no gate has seen, and goods that gates let in without one.

Rules:

1. A certificate is **met** when some gate let in goods of its lot on its serial. One that was issued and not met is told, not judged: its
   goods may be on the way, or went where no gate is. One that was voided, and what a later correction undid, is not told.
2. An entry is **without certificate** when the gate let goods in and names no serial: on a voucher, a test, or nothing.
3. Both are told of the window and the site that were asked for, by their own time; what meets them may lie outside of it.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from foodtrace.certificate.serials import differ
from foodtrace.events import CertificateIssued, CertificateVoided, Event, MarketEntry
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.edges import micros
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
    """A certificate that no gate has seen, or an entry without certificate."""

    at: str
    """When it was issued, or the goods came in."""
    lot: str
    product: str
    serial: str
    """Of an entry empty."""
    site: str
    """Where it was issued, or the goods came in."""
    name: str
    quantity: int
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
        self.without_certificate: tuple[Paper, ...] = ()

    def look(self) -> None:
        """Find both."""
        let_in = [
            (place, each) for place, each in self._told("gate ", MarketEntry) if each.decision == "admitted" and micros(each.at) <= self.now
        ]
        seen: dict[tuple[str, str], list[MarketEntry]] = {}
        for _, each in let_in:
            if each.serial:
                seen.setdefault((each.lot, each.serial), []).append(each)
        void = {(each.lot, each.serial) for _, each in self._told("certificate ", CertificateVoided)}
        unmet: list[Paper] = []
        for place, issued in self._told("certificate ", CertificateIssued):
            if (issued.lot, issued.serial) in void or micros(issued.at) > self.now:
                continue
            body = issued_body(issued)
            if all(differ(body, spent_body(entry)) for entry in seen.get((issued.lot, issued.serial), ())):
                unmet += self._paper(place, issued, issued.site)
        self.not_entered = _in_order(unmet)
        bare = [paper for place, each in let_in if not each.serial for paper in self._paper(place, each, each.stall or each.site)]
        self.without_certificate = _in_order(bare)

    def _told(self, subject: str, kind: type[_Kind]) -> list[tuple[tuple[int, int], _Kind]]:
        """Return what entries of a kind say that are about subjects of a beginning, each once."""
        rows = self.session.rows(_ABOUT, (subject, subject[:-1] + "!", ABOUT[kind]))
        said = {(int(log), int(seq)): _said(bytes(data)) for log, seq, data in rows}
        return [(place, each) for place, each in said.items() if isinstance(each, kind)]

    def _paper(self, place: tuple[int, int], event: CertificateIssued | MarketEntry, at: str) -> list[Paper]:
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
                quantity=event.quantity.value,
                unit=event.quantity.unit,
                entry=f"{self.names.origins.get(log, log)}#{seq}",
            )
        ]


def _in_order(papers: list[Paper]) -> tuple[Paper, ...]:
    return tuple(sorted(papers, key=lambda each: (each.at, each.lot, each.serial, each.entry)))


def _said(data: bytes) -> Event:
    event = decode_alone(event_bytes(data))
    said: Event = getattr(event, "replacement", None) or event
    return said


__all__ = ["Paper", "Papers"]
