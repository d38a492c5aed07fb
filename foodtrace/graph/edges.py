"""Event -> what it does to the projection. Pure: a function of the event and its place (origin, seq) alone.

Rules:

1. One event has the same effects whatever came before it; what depends on other entries is computed at read.
2. What each kind does stands by area in ``edges_gate``, ``edges_goods`` and ``edges_case``; a kind that stands nowhere (keys of
   logs, erasures, marks) does nothing to goods.
3. A correction does what its replacement does; taking out what it replaces is :mod:`foodtrace.graph.projection`'s.
"""

from __future__ import annotations

from typing import Final

from foodtrace.events import Correction, Dispute, Event
from foodtrace.graph import edges_case, edges_gate, edges_goods
from foodtrace.graph.edges_gate import truck
from foodtrace.graph.effects import UNIT_NAMES, UNITS, Effect, Effects, FlowText, LotText, Place
from foodtrace.graph.subjects import BY_RULE, recalled
from foodtrace.graph.times import UNKNOWN_DAY, day_number, micros, moment

__all__ = [
    "BY_RULE",
    "UNITS",
    "UNIT_NAMES",
    "UNKNOWN_DAY",
    "Effects",
    "FlowText",
    "LotText",
    "day_number",
    "effects",
    "micros",
    "moment",
    "recalled",
    "truck",
]


def effects(event: Event, origin: str, seq: int, kind: type[Event] | None = None) -> Effects:
    """Return what an entry does to the projection.

    :param event: the event of the entry (for a correction of this log: only its replacement counts here, see
        :mod:`foodtrace.graph.projection`).
    :param origin: origin of the log, which names pseudo-lots.
    :param seq: sequence number of the entry.
    :param kind: of an event that is a twin of its kind (:mod:`foodtrace.events.lean`); by default its type.
    """
    made = Effects()
    effect = _EFFECTS.get(kind or type(event))
    if effect is not None:
        effect(event, made, (origin, seq))
    return made


def _correction(event: Correction, made: Effects, place: Place) -> None:
    if event.log:
        made.cross = (event.log, event.seq)
    effect = _EFFECTS.get(type(event.replacement))
    if effect is not None:
        effect(event.replacement, made, place)


def _dispute(event: Dispute, made: Effects, _place: Place) -> None:
    made.cross = (event.log, event.seq)


_EFFECTS: Final[dict[type, Effect]] = {
    **edges_gate.EFFECTS,
    **edges_goods.EFFECTS,
    **edges_case.EFFECTS,
    Correction: _correction,
    Dispute: _dispute,
}
