"""What a flow does and how its time is meant, as numbers (see :mod:`foodtrace.graph.flows`); a recall of plain lots loads no more."""

from __future__ import annotations

import enum
from typing import Final

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
    FOUND = 16
    """Not a flow, and in no table: ``q`` of the goods at ``site`` lay there free when somebody looked (:mod:`foodtrace.recall.visited`)."""


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


def ahead(kind: int, t: int, recorded: int, flags: int, now: int) -> bool:
    """Say whether a flow is dated later than ``now`` and than it was recorded: nobody can have seen it happen."""
    return t > recorded and not happened(kind, t, flags, now)
