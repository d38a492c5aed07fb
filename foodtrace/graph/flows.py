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

import enum
from typing import Final, Literal

import msgspec

ALWAYS: Final = -(2**62)
"""Time before every time."""
NEVER: Final = 2**62
"""Time after every time."""


class FlowKind(enum.IntEnum):
    """What a quantity does at its site."""

    BORN = 1
    """Certificate or gate entry without certificate: the lot begins here."""
    PRODUCED = 2
    """Output of a transformation (a birth too); its inputs are the CONSUMED flows of the same entry."""
    DISPATCH = 3
    """Leaves ``site`` for ``other``; with ``DELIVERED`` the same record says that it arrived."""
    RECEIPT = 4
    """Arrives at ``site`` from ``other``."""
    CONSUMED = 5
    """Input of a transformation, discarded parts included (how much was: ``DISCARDED`` of the same entry)."""
    SOLD = 6
    """Sold to a consumer."""
    CONSUMER_RETURN = 7
    """Brought back by a consumer: custody, not free stock."""
    DESTROYED = 8
    """Destroyed or rendered harmless."""
    LOST = 9
    """Lost or spoiled."""
    USED = 10
    """Used without output: a kitchen, a sample."""
    COUNT = 11
    """Not a flow: ``q`` is what lay at ``site`` when it was counted."""
    SEALED = 12
    """Not a flow: ``q`` of the stock at ``site`` passes into custody."""
    RETURN = 13
    """Recall return: leaves ``site`` for ``other``; with ``DELIVERED`` it arrived. Its RECEIPT pairs like a move's."""
    ALIAS = 14
    """Not a flow: ``lot`` and ``other`` (here a lot) are names of one lot."""
    DISCARDED = 15
    """Not a flow: ``q`` of what the transformation of this entry took in was thrown away (its ``loss``). Stands under the
    entry's first output lot; read it with ``Facts.entries``."""


BIRTHS: Final = frozenset({FlowKind.BORN, FlowKind.PRODUCED})
LEAVING: Final = frozenset({FlowKind.DISPATCH, FlowKind.RETURN})

_ARRIVES: Final = BIRTHS | {FlowKind.RECEIPT, FlowKind.CONSUMER_RETURN}
"""Kinds whose time counts early (rule 2); all others count late."""
_LAST: Final = 86_400_000_000 - 1
"""From the beginning of a day to its last microsecond."""

DELIVERED: Final = 1
"""Flag of DISPATCH and RETURN: the same record speaks for both sides. Of RECEIPT: a verified certificate speaks for the sender."""
CUSTODY: Final = 2
"""Flag of RECEIPT: received as sealed."""
UNNAMED: Final = 4
"""Flag of DISPATCH: the record named no lot; ``lot`` is a pseudo-lot and nothing leaves any lot's book."""
DAY: Final = 8
"""Flag: the time is known to the day only; ``t`` already counts as rule 2 says."""
UNKNOWN_TIME: Final = 16
"""Flag: the time is not known at all."""
CLEARED: Final = 32
"""Flag of PRODUCED: output of a relabelling that a case approved; that case (``pair`` holds its id) does not follow it."""
STYLE2: Final = 64
"""Flag of PRODUCED and CONSUMED: a collector's certificate, style 2."""
SAMPLE: Final = 128
"""Flag of USED: taken as a sample."""


def happened(kind: int, t: int, flags: int, now: int) -> bool:
    """Say whether a flow had happened by ``now`` (its ``at`` <= T, RECALL section 8).

    ``t`` of what leaves at a time known to the day only is that day's end, and the day has begun long before.
    """
    if t <= now or t == NEVER:
        return True
    return bool(flags & DAY) and kind not in _ARRIVES and t - _LAST <= now


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


class LotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of a lot; unknown is empty or none, never a guess."""

    lot: int
    text: str
    """``AUTHORITY/CODE``, or ``?..`` for a pseudo-lot."""
    product: str = ""
    gtin: str = ""
    producer: str = ""
    """Operator id of the site it was born at."""
    harvested: bool = False
    """It was born at a farm, so that no lot went into it unless one is on record."""
    produced: int | None = None
    """Day as days since 1970-01-01."""
    expiry: int | None = None
    content: int | None = None
    """Grams or ml in one piece."""
    content_unit: int = 0


class SiteInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of a site, the latest word of each field."""

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
    """(log, seq) of each; first the one that counts: of the site operator's log, else of the log with the smallest name."""
    alike: bool
    """True: the same content; an event told twice, no contradiction."""


class LogInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log has come here, and whether its head can be believed."""

    log: int
    size: int
    newest: int
    """``time`` of its last entry, microseconds."""
    state: Literal["", "unverified", "forked"] = ""
    """``unverified``: its newest checkpoint does not cover its head; ``forked``: what was verified once is not what is there."""
