"""What does not add up: one break of a reconciliation, and how it is made of the records (see :mod:`foodtrace.operations.reconciling`)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foodtrace.graph.edges import UNIT_NAMES, moment
from foodtrace.graph.flows import ALWAYS, NEVER, SiteInfo
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.called import Called
from foodtrace.recall.finding.look import Entry
from foodtrace.storage.session import Session


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not add up."""

    kind: str
    """Kind of RECALL section 3, ``over_issued``, ``serial_twice``, ``described_twice`` or ``same_id``.

    Its text stands under ``finding.KIND``."""
    lot: str
    """By a name that it has there."""
    also: tuple[str, ...] = ()
    """Other names that records give the lot there."""
    product: str
    site: str
    """Where it is open: the receiver of a move, else where the goods are."""
    name: str
    source: str
    """The sender of a move."""
    source_name: str
    unit: str
    sent: int | None
    """Of a move what the sender says; of a certificate what it says."""
    received: int | None
    """Of a move what the receiver says; of a certificate what the gates let in."""
    received_unit: str = ""
    """Unit of ``received`` where it is unlike ``unit``, which is then that of ``sent`` alone."""
    difference: int
    """How much is open, in base units; 0 where it is not about a quantity."""
    at: str | None
    """When it happened, as far as known: departure of a move, else the last record."""
    received_at: str | None = None
    """Of a move when it arrived, where a record says so and it is another time."""
    began_at: str | None = None
    """Of ``time_contradiction`` where goods left, were used or arrived before their lot began anywhere: when it began."""
    document: str
    """Transfer or document number, event id, or serial."""
    entries: tuple[str, ...]
    """``ORIGIN#SEQ`` of the entries behind it."""
    reason: str = ""
    """``told_twice``: two logs tell one transfer, each in its own way; ``sent`` and ``received`` are then the sender's log's word and the
    receiver's, or, where neither log is theirs, the largest and the smallest. ``lots``: they tell it of unlike lots.
    ``alike``: logs each tell a receipt that no dispatch answers, the number apart alike.

    Of ``described_twice`` of a lot what records say in unlike ways: ``product``, ``gtin``, ``produced``, ``expiry`` or ``content``."""
    words: tuple[str, ...] = ()
    """Of ``described_twice`` of a lot: what each of ``entries`` says of it, in their order; the last one recorded counts.
    Of ``several_origins``: where each of ``entries`` says that it began, and how much."""
    times: tuple[str, ...] = ()
    """Of ``several_origins``: when each of ``entries`` says that, in their order; empty where it says no time. ``at`` is the first."""

    @property
    def word(self) -> str:
        """Key of the catalogue's text for it."""
        return f"finding.{self.kind}.{self.reason}" if self.reason else f"finding.{self.kind}"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which breaks are reported: of a site, in a window of time (both ends inclusive)."""

    site: int | None = None
    start: int = ALWAYS
    end: int = NEVER

    def wants(self, sites: Iterable[int], times: Iterable[int]) -> bool:
        """Say whether a break at these sites and times was asked for; one of no known time is in no window but the whole."""
        if self.site is not None and self.site not in set(sites):
            return False
        return (self.start, self.end) == (ALWAYS, NEVER) or any(self.start <= t <= self.end for t in times)


class Names:
    """Names of lots, sites and logs, read once."""

    def __init__(self, session: Session, facts: SqlFacts) -> None:
        self.facts = facts
        self.origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
        self._places: dict[int, SiteInfo] = {}

    def places(self, sites: Iterable[int]) -> dict[int, SiteInfo]:
        """Return what is known of sites."""
        wanted = set(sites) - {0}
        missing = wanted - self._places.keys()
        if missing:
            self._places.update(self.facts.sites(missing))
        return {site: self._places[site] for site in wanted}

    def break_(
        self,
        kind: str,
        *,
        lot: int,
        site: int,
        entries: Iterable[Entry],
        source: int = 0,
        unit: int = 0,
        sent: int | None = None,
        received: int | None = None,
        difference: int = 0,
        at: int | None = None,
        document: str = "",
        product: str = "",
        reason: str = "",
        words: tuple[str, ...] = (),
        times: tuple[str, ...] = (),
        called: Called | None = None,
        received_unit: int | None = None,
        received_at: int | None = None,
        began_at: int | None = None,
    ) -> Break:
        """Return a break with its names; times are none, or moments that are known. :param called: what lots are called there."""
        places = self.places({site, source})
        here, there = places.get(site), places.get(source)
        return Break(
            kind=kind,
            lot=((called.name(lot, site) if called else "") or self.facts.texts([lot])[lot]) if lot else "",
            also=called.others(lot, site) if called and lot else (),
            product=product,
            site=here.text if here else "",
            name=here.name if here else "",
            source=there.text if there else "",
            source_name=there.name if there else "",
            unit=UNIT_NAMES[unit],
            sent=sent,
            received=received,
            received_unit="" if received_unit in (None, unit) else UNIT_NAMES[received_unit],
            difference=difference,
            at=shown_time(at),
            received_at=shown_time(received_at),
            began_at=shown_time(began_at),
            document=document,
            entries=tuple(f"{self.origins.get(log, log)}#{seq}" for log, seq in entries),
            reason=reason,
            words=words,
            times=times,
        )


def shown_time(microseconds: int | None) -> str | None:
    """Return a moment as the answers of recalls write it."""
    if microseconds is None:
        return None
    return moment(microseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


class Search:
    """One way of looking for breaks: what it reads, what was asked for, and what it found."""

    def __init__(self, session: Session, facts: SqlFacts, names: Names, asked: Asked) -> None:
        self.session = session
        self.facts = facts
        self.names = names
        self.asked = asked
        self.open: list[Break] = []
