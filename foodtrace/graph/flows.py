"""The nouns between the log and a recall: flows of goods, and what is known of lots and sites.

A flow is one quantity of one lot doing one thing at one site. Events become flows in :mod:`foodtrace.graph.edges`; storage
keeps them as rows of the table ``move``; the recall engine reads nothing else about goods. Rules:

1. Lots and sites are numbers here (``name`` ids), opaque: only their equality means something. Texts are looked up for people.
2. ``q`` is in base units of ``unit`` and >= 0. ``t`` is microseconds since 1970 UTC; a time known to the day only counts late
   for what leaves (end of the day) and early for what arrives (its start); unknown is :data:`NEVER` for what leaves and
   :data:`ALWAYS` for what arrives (RECALL section 1).
3. A live flow is one whose entry no live correction removed. Readers hand out live flows only.
4. A dispatch and a receipt are one move when they share lot and ``pair`` (transfer id, else document number) and no party of
   one contradicts the other's. The receipt then says what arrived.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from foodtrace.graph.flowkind import (
    ALWAYS,
    BIRTHS,
    CLEARED,
    CUSTODY,
    DAY,
    DELIVERED,
    LEAVING,
    NEVER,
    SAMPLE,
    STYLE2,
    UNKNOWN_TIME,
    UNNAMED,
    FlowKind,
    happened,
)


class Flow(msgspec.Struct, frozen=True, gc=False):
    """One quantity of one lot doing one thing at one site; see the rules above."""

    kind: int
    """A :class:`FlowKind`."""
    lot: int
    site: int
    """0 where the record names no site."""
    other: int
    """The other site of a DISPATCH, RECEIPT or RETURN; 0: not named or not registered."""
    unit: int
    """0 g, 1 ml, 2 piece."""
    q: int
    t: int
    """Microseconds since 1970 UTC, by rule 2."""
    recorded: int
    """``time`` of the entry, microseconds since 1970 UTC."""
    log: int
    seq: int
    item: int
    """Number of the flow within its entry: (log, seq, item) names it."""
    pair: str = ""
    """Transfer id, else document number: what a DISPATCH or RETURN shares with its RECEIPT."""
    flags: int = 0

    def happened(self, now: int) -> bool:
        """Say whether it had happened by ``now``: what is known to a day has happened from that day's beginning on."""
        return happened(self.kind, self.t, self.flags, now)


def ends_of(flow: Flow) -> tuple[int, int] | None:
    """Return sender and receiver of the numbered transfer that a flow tells of a named lot, none where it tells of none."""
    if not (flow.pair and flow.site and flow.other) or flow.flags & UNNAMED:
        return None
    if flow.kind in LEAVING:
        return flow.site, flow.other
    return (flow.other, flow.site) if flow.kind == FlowKind.RECEIPT else None


class LotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of a lot; unknown is empty or none, never a guess."""

    lot: int
    text: str
    """``AUTHORITY/CODE``, or ``?..`` for a pseudo-lot."""
    product: str = ""
    gtin: str = ""
    producer: str = ""
    """Who made it, by operator id: of the site it was born at; empty where nobody, or none of several, is known to
    (:mod:`foodtrace.graph.makers`)."""
    harvested: bool = False
    """It was born at farms alone, so that no lot went into it unless one is on record."""
    produced: int | None = None
    """Day as days since 1970-01-01."""
    expiry: int | None = None
    content: int | None = None
    """Grams or ml in one piece."""
    content_unit: int = 0
    products: tuple[str, ...] = ()
    """Every product that any record says, where more is known than ``product``."""

    makers: tuple[str, ...] = ()
    """Every operator at whose sites it was born, where more is known than ``producer``."""

    @property
    def all_makers(self) -> tuple[str, ...]:
        """Every operator at whose sites it was born; empty: none is known."""
        return self.makers or ((self.producer,) if self.producer else ())

    @property
    def all_products(self) -> tuple[str, ...]:
        """Every product that any record says of it; empty: none says any."""
        return self.products or ((self.product,) if self.product else ())


class SiteInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of a site: the word of who has the say over it (:mod:`foodtrace.graph.described`)."""

    site: int
    text: str
    kind: str = ""
    operator: str = ""
    name: str = ""
    county: str = ""
    region: str = ""
    parent: str = ""
    last_entry: int | None = None
    """Recorded time of the newest entry that happened at this site, microseconds; none: the site never recorded anything."""
    words: tuple[tuple[str, str, int, int], ...] = ()
    """(kind, operator, log, seq) of words of equal say that contradict each other on what it is or whose."""

    def is_outlet(self, kinds: Collection[str]) -> bool:
        """Say whether it is of an outlet's kind by any word that counts."""
        return self.kind in kinds or any(kind in kinds for kind, _, _, _ in self.words)

    def disputed(self, kinds: Collection[str]) -> bool:
        """Say whether it is open whose it is, or whether it is an outlet."""
        return len({(kind in kinds, operator) for kind, operator, _, _ in self.words}) > 1


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something done with a lot that moves no quantity."""

    doing: Literal["packing", "release"]
    lot: int
    site: int
    t: int
    entry: tuple[int, int]
    """(log, seq)."""


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """One event id in several logs."""

    id: str
    entries: tuple[tuple[int, int], ...]
    """(log, seq) of each; first the one that counts: of the site operator's log, else of the log with the smallest name; of copies that say
    the same the one recorded first."""
    alike: bool
    """True: the same content; an event told twice, no contradiction."""


class LogInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log has come here, and whether its head can be believed."""

    log: int
    """Its number; negative: ``verify`` saw it, and it is not here any more."""
    size: int
    newest: int
    """``time`` of its last entry, microseconds."""
    state: str = ""
    """Why it is not to be believed, as :data:`foodtrace.graph.heads.Trust` has it; empty: nothing speaks against it."""
    off_by: int = 0
    """See :attr:`foodtrace.graph.heads.LogHead.off_by`."""
    verified: int = 0
    """Entries that ``verify`` saw on this host."""


__all__ = [
    "ALWAYS",
    "BIRTHS",
    "CLEARED",
    "CUSTODY",
    "DAY",
    "DELIVERED",
    "LEAVING",
    "NEVER",
    "SAMPLE",
    "STYLE2",
    "UNKNOWN_TIME",
    "UNNAMED",
    "Act",
    "Copies",
    "Flow",
    "FlowKind",
    "LogInfo",
    "LotInfo",
    "SiteInfo",
    "ends_of",
    "happened",
]
