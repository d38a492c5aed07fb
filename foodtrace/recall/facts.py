"""What a recall asks of the records: the seam between the pure recall engine and whatever holds the records.

Rules:

1. Every method takes a collection and costs O(what it returns), never O(everything on record).
2. Only live records with ``at`` <= T and position <= P are handed out; T and P are the reader's, fixed when it was made.
3. Order of what is returned never matters (RECALL section 8); the engine sorts where it must.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from foodtrace.events import Clause
from foodtrace.graph.flows import NEVER, Act, Copies, Flow, LogInfo, LotInfo, SiteInfo


class Facts(Protocol):
    """The records, as the recall engine reads them."""

    @property
    def now(self) -> int:
        """T: the moment the answer is for, microseconds since 1970 UTC."""
        ...

    def lot(self, text: str) -> int | None:
        """Return the number of a lot id, none if no record names it."""
        ...

    def site(self, text: str) -> int | None:
        """Return the number of a site id, none if no record names it."""
        ...

    def texts(self, ids: Collection[int]) -> Mapping[int, str]:
        """Return the texts of lot or site numbers."""
        ...

    def aliases(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every live alias pair that touches one of these lots."""
        ...

    def children(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every (source, destination) lot pair of live transformations that take one of these lots in."""
        ...

    def parents(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every (source, destination) lot pair of live transformations that put one of these lots out."""
        ...

    def flows(self, lots: Collection[int]) -> Sequence[Flow]:
        """Return every live flow of these lots (without aliases: pass the whole class)."""
        ...

    def entries(self, entries: Collection[tuple[int, int]]) -> Sequence[Flow]:
        """Return every live flow of these (log, seq) entries: the other inputs and outputs of a transformation."""
        ...

    def unnamed(self, sites: Collection[int]) -> Sequence[Flow]:
        """Return the live dispatches without lot from these sites (flag UNNAMED; ``lot`` is the pseudo-lot)."""
        ...

    def sent_to(self, receipts: Collection[tuple[int, str]]) -> Sequence[Flow]:
        """Return the live dispatches without lot, under way by their own record, to the site of a receipt and of its number.

        :param receipts: (site, number).
        """
        ...

    def ahead(self, lots: Collection[int], sites: Collection[int]) -> Sequence[Flow]:
        """Return the live flows of these lots, and dispatches without lot from these sites, dated later than T and than recorded."""
        ...

    def stock_lots(self, sites: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (site, lot) of every lot that has, or had, a holding at these sites."""
        ...

    def lots(self, lots: Collection[int]) -> Mapping[int, LotInfo]:
        """Return what is known of these lots (pseudo-lots included: their product)."""
        ...

    def sites(self, sites: Collection[int]) -> Mapping[int, SiteInfo]:
        """Return what is known of these sites."""
        ...

    def keepers(self, sites: Collection[int]) -> Collection[int]:
        """Return those of some sites that keep books of any goods: that moved, used or counted some by a record of their own."""
        ...

    def same_code(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (lot, other) where other has the same code under an authority that no operator or product on record has."""
        ...

    def somebodys(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (lot, other) where lot has an authority that no operator or product on record has, and other, of one that is, its code."""
        ...

    def lots_like(self, clause: Clause) -> Iterable[tuple[int, bool]]:
        """Return (lot, certain) for every lot a predicate clause fits; certain is false where an attribute is unknown."""
        ...

    def disputed(self, entries: Collection[tuple[int, int]]) -> Iterable[tuple[int, int]]:
        """Return those of these (log, seq) entries that another party objects to, or tried to correct without standing."""
        ...

    def acts(self, lots: Collection[int]) -> Iterable[Act]:
        """Return what was done with these lots that moves nothing: packing, release."""
        ...

    def spoken(self, lots: Collection[int]) -> Iterable[tuple[tuple[int, int], int, tuple[int, int]]]:
        """Return ((lot, site), since when, entry) of live records that say goods were there and move none, unless others tell of them."""
        ...

    def under_one_number(self, flows: Sequence[Flow]) -> Sequence[Flow]:
        """Return flows with receipts under the number of the dispatch that they name by another of its numbers.

        :meth:`flows` does so of one name of a lot; where a lot goes by several, its flows have to be put under one name before.
        """
        ...

    def other_papers(self, flows: Collection[Flow]) -> Sequence[Flow]:
        """Return what else is on record of the transfers that some dispatches and receipts tell, of named lots (ADR 35).

        That is the other side's paper (receipts of a dispatch, dispatches of a receipt, of whatever lot), and of the dispatches what
        other logs tell. What is known from these flows may be left out, of a lot whose records are all among them.
        """
        ...

    def party(self, log: int) -> str:
        """Return who writes a log: logs of one operator are one party."""
        ...

    def ranks(self) -> Mapping[int, int]:
        """Return the place of every log by its origin: ties go by text, the numbers of logs follow the order of arrival."""
        ...

    def ids(self, entries: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], str]:
        """Return the event id of (log, seq) entries, as far as it is known."""
        ...

    def copies(self, entries: Collection[tuple[int, int]]) -> Sequence[Copies]:
        """Return the event ids that more than one of these (log, seq) entries, of several logs, carry."""
        ...

    def logs(self) -> Sequence[LogInfo]:
        """Return every log, how fresh it is, and whether it is what its checkpoints, and what was verified on this host, say."""
        ...


class Cleared(NamedTuple):
    """Goods that were cleared."""

    lot: int
    """One name of the lot."""
    site: int
    """0: wherever the lot lies."""
    since: int
    """From when, microseconds UTC."""
    recorded: int = NEVER
    """When that was sealed, microseconds UTC."""
    entry: tuple[int, int] = (0, 0)
    """(log, seq) of its entry; zeros where the caller does not know."""
    custody: bool = False
    """Of one site: what lay there in custody was examined as well."""
    until: int = NEVER
    """When it lapsed (:mod:`foodtrace.recall.lapsing`)."""


class ScopeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a scope."""

    version: int
    clauses: tuple[Clause, ...]
    """All clauses that hold in this version (earlier ones included, unless it narrows)."""
    at: int
    reason: str = ""
    unknown_to: tuple[Cleared, ...] = ()
    """What was cleared before this version was on record (:mod:`foodtrace.recall.clearing`, rule 4)."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done in a case, at one site (RECALL sections 5 and 7)."""

    kind: str
    """``notice``, ``acknowledgement``, ``sealing``, ``returned``, ``destroyed``, ``check``; ``stop_list``: a till refused goods of it."""
    site: int
    at: int
    """When it happened, microseconds UTC; for a notice its sending."""
    recorded: int
    delivered: int | None = None
    lots: tuple[int, ...] = ()
    """Lots it is about; empty: all of the case."""
    on_hand: tuple[tuple[int, int, int], ...] = ()
    """(lot, unit, q) an acknowledgement says were there when the notice arrived."""
    latest: int | None = None
    """When an acknowledgement was given at the latest, where its moment is not known; none: it is ``at``."""
    result: str = ""
    """Of a check: ``drawn``, ``clean``, ``found``, ``not_notified``, ``closed``."""
    level: str = ""
    """Of a check: level of the sample, A-E."""
    amount: tuple[int, int] = (0, -1)
    """(quantity, unit) that a visit found; the unit is -1 where none did."""
    direction: str = "downstream"
    entry: tuple[int, int] = (0, 0)
    """(log, seq) of its entry; zeros where the caller does not know."""


def found_there(step: Step, now: int) -> bool:
    """Say whether a step is a visit, by a moment, that found goods."""
    return step.kind == "check" and step.result == "found" and step.at <= now


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A destruction that somebody means to carry out (FSL Art. 63: time and place are reported first)."""

    id: str
    site: int
    lot: int
    unit: int
    q: int
    due: int
    """When it is to happen, microseconds UTC."""
    place: str
    method: Literal["destroyed", "rendered_harmless"]
    reported: int | None
    """When time and place were reported; none: not yet."""
    left: int
    """How much of it no destruction on record has carried out."""
    done: bool = False
    """All of it was carried out, or it was called off."""
    witness: str = ""
    """Who is to witness it; empty: nobody was named."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A recall case as its events up to T say."""

    case: str
    versions: tuple[ScopeVersion, ...]
    level: int
    reason: str
    opened: int
    known: int
    published: int | None = None
    producer: str = ""
    operator: str = ""
    """Who recalls: its non-outlet sites are own. Empty: the producer."""
    closed: int | None = None
    withdrawn: int | None = None
    extended: tuple[tuple[int, int | None], ...] = ()
    """(until, published) of each extension."""
    cleared: tuple[Cleared, ...] = ()
    """What was cleared; all goods of the case as what that was then (:mod:`foodtrace.recall.clearing`, rules 1 and 2)."""
    opener: int = 0
    """Log that opened it; 0 where the caller does not know."""
    name: str = ""
    """What names it and no other: ``N@ORIGIN`` where logs that have no say in each other's cases opened one number, else its number."""
    steps: tuple[Step, ...] = ()
    rule_pack: str = ""
    advice: str = ""
    reopened: tuple[int, ...] = ()
    """When it was opened again after a closing."""
    planned: tuple[Planned, ...] = ()
    without_standing: tuple[tuple[int, int], ...] = ()
    """(log, seq) of what logs said about the case that have no say in it; it counts for nothing."""
    unanswered: tuple[tuple[int, int], ...] = ()
    """(log, seq) of clearings, withdrawals, narrowings and extensions without reason, or that nobody answers for: without effect."""
