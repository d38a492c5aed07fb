"""What an event does to the projection, as texts, and the few ways in which goods move. Pure.

Rules:

1. Texts here, not numbers: storage gives numbers to names, and replay compares texts (DESIGN section 6).
2. An effect that leaves counts late and one that arrives counts early when its time is known to the day only (RECALL section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from foodtrace.events import Event, Output, Portion, Site
from foodtrace.graph.flows import ALWAYS, CLEARED, DAY, NEVER, UNKNOWN_TIME, FlowKind
from foodtrace.graph.times import ONE_DAY, UNKNOWN_DAY, day_number, micros
from foodtrace.quantity import Quantity

UNITS: Final = {"g": 0, "ml": 1, "piece": 2}
"""Unit -> its number in rows."""
UNIT_NAMES: Final = ("g", "ml", "piece")
_new: Final = tuple.__new__
_CONSUMED, _PRODUCED, _DISCARDED = (int(each) for each in (FlowKind.CONSUMED, FlowKind.PRODUCED, FlowKind.DISCARDED))


class FlowText(NamedTuple):
    """A flow with its names as texts; see :class:`foodtrace.graph.flows.Flow`."""

    kind: int
    lot: str
    site: str
    other: str
    unit: int
    q: int
    t: int
    pair: str = ""
    flags: int = 0


class LotText(NamedTuple):
    """What an entry says a lot is."""

    lot: str
    site: str
    product: str
    gtin: str
    produced: int
    expiry: int
    content: int
    content_unit: int


class Effects:
    """What one event does to the projection. Thousands are made at once, and each is asked for all that is in it."""

    __slots__ = ("about", "aliases", "cross", "edges", "flows", "lots", "site", "unnamed")

    def __init__(self) -> None:
        self.flows: list[FlowText] = []
        self.about: list[str] = []
        """Subjects besides the flows' lots."""
        self.lots: Sequence[LotText] = ()
        self.edges: Sequence[tuple[str, str, str]] = ()
        """(source lot, destination lot, site)."""
        self.aliases: Sequence[tuple[str, str]] = ()
        self.unnamed: Sequence[tuple[str, str]] = ()
        """(site it left, pseudo-lot)."""
        self.site: Site | None = None
        self.cross: tuple[str, int] | None = None
        """(origin, seq) of an entry of another log that this one corrects or disputes."""


Place: TypeAlias = tuple[str, int]
"""Where an entry stands: origin of its log, sequence number."""
Effect: TypeAlias = Callable[[Any, Effects, Place], None]
"""Adds what one kind of event does: (event, effects to add to, place of its entry, should a pseudo-lot be needed)."""

Plain: TypeAlias = Callable[[Any], tuple[FlowText, str] | None]
"""Returns what most events of a kind do: one flow, and what else the entry is found by, if anything; none of an event that does other
things too. Nearly all entries of a log are so, and their effects then cost half."""


def pseudo_lot(place: Place) -> str:
    """Return the name that goods without a lot have, by the entry that they left with."""
    origin, seq = place
    return f"?{origin}#{seq}"


def moving(
    kind: int,
    event: Event,
    lot: str,
    quantity: Quantity,
    site: str,
    other: str = "",
    pair: str = "",
    flags: int = 0,
    *,
    leaves: bool = True,
) -> FlowText:
    """Return one flow of a :class:`FlowKind`; ``leaves`` says which way a time known to the day only counts (rule 2).

    Every entry that moves goods comes through here when it is recorded and when it is verified: no call that can be spared.
    """
    if event.precision == "instant":
        t = micros(event.at)
    else:
        t, inexact = _out(event) if leaves else _in(event)
        flags |= inexact
    return _new(FlowText, (kind, lot, site, other, UNITS[quantity.unit], quantity.value, t, pair, flags))


def flow(
    made: Effects,
    kind: int,
    event: Event,
    lot: str,
    quantity: Quantity,
    *,
    site: str | None = None,
    other: str = "",
    pair: str = "",
    flags: int = 0,
    leaves: bool = True,
) -> None:
    """Add one flow, by default at the event's site; see :func:`moving`."""
    made.flows.append(moving(kind, event, lot, quantity, event.site if site is None else site, other, pair, flags, leaves=leaves))


def born(made: Effects, event: Event, lot: str, product: str, *, site: str | None = None, produced: int = UNKNOWN_DAY) -> None:
    """Add that a lot is of a product, and of a day, as said where it came to be."""
    where = event.site if site is None else site
    made.lots = [*made.lots, LotText(lot, where, product, "", produced, UNKNOWN_DAY, -1, 0)]


def transformed(
    made: Effects, event: Event, inputs: tuple[Portion, ...], outputs: tuple[Output, ...], loss: Quantity | None, flags: int, case: str = ""
) -> None:
    """Add that every input went into every output (RECALL section 1)."""
    for portion in inputs:
        flow(made, _CONSUMED, event, portion.lot, portion.quantity, flags=flags & ~CLEARED)
    lots = [*made.lots]
    for out in outputs:
        flow(made, _PRODUCED, event, out.lot, out.quantity, flags=flags, pair=case, leaves=False)
        content = out.content
        lots.append(
            LotText(
                out.lot,
                event.site,
                out.product,
                out.gtin,
                day_number(out.produced),
                day_number(out.expiry),
                -1 if content is None else content.value,
                0 if content is None else UNITS[content.unit],
            )
        )
    made.lots = lots
    if loss is not None and outputs:
        flow(made, _DISCARDED, event, outputs[0].lot, loss)
    pairs = {(portion.lot, out.lot, event.site): None for portion in inputs for out in outputs if portion.lot != out.lot}
    made.edges = [*made.edges, *pairs]


def about_case(made: Effects, case: str) -> None:
    """Let everything about a case be found by it."""
    if case:
        made.about.append(f"case {case}")


def _out(event: Event) -> tuple[int, int]:
    """Return time and flags of what leaves, its time not known to the instant: as late as the record allows."""
    if event.precision == "day":
        return micros(event.at.replace(hour=0, minute=0, second=0, microsecond=0)) + ONE_DAY - 1, DAY
    return NEVER, UNKNOWN_TIME


def _in(event: Event) -> tuple[int, int]:
    """Return time and flags of what arrives, its time not known to the instant: as early as the record allows."""
    if event.precision == "day":
        return micros(event.at.replace(hour=0, minute=0, second=0, microsecond=0)), DAY
    return ALWAYS, UNKNOWN_TIME
