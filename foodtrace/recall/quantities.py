"""Quantities of holdings (RECALL section 4).

Per holding, every term at least 0::

    born + received + returned_in + over
      = dispatched + consumed + sold + returned_out + destroyed + lost + used + on_hand + unaccounted

Rules:

1. Without a count, on_hand = max(book, 0) and over = max(-book, 0): nothing is clipped, what is missing or too much has its own
   column.
2. A count sets on_hand; later flows are added. The difference to the book is booked as ``unaccounted`` or ``over``.
3. Flows of one instant: what arrives, then what leaves, then counts.
4. Custody is the part of on_hand that is sealed, received as a recall return or sealed, or brought back by a consumer; what is
   returned or destroyed leaves custody first, what was brought back before what was sealed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from foodtrace.graph.flows import NEVER, UNNAMED, Flow, FlowKind
from foodtrace.recall.moves import Move

_ORDER: Final[dict[str, int]] = {"in": 0, "seal": 1, "out": 2, "count": 3}
_INFLOWS: Final = {FlowKind.BORN: "born", FlowKind.PRODUCED: "born", FlowKind.CONSUMER_RETURN: "brought_back"}
_OUTFLOWS: Final = {
    FlowKind.CONSUMED: "consumed",
    FlowKind.SOLD: "sold",
    FlowKind.DESTROYED: "destroyed",
    FlowKind.LOST: "lost",
    FlowKind.USED: "used",
}


class HoldingSum(msgspec.Struct, kw_only=True):
    """The identity's terms for one holding and unit, in base units."""

    born: int = 0
    received: int = 0
    brought_back: int = 0
    """Brought back by consumers."""
    return_in: int = 0
    """Recall returns received."""
    over: int = 0
    dispatched: int = 0
    consumed: int = 0
    sold: int = 0
    returned_out: int = 0
    destroyed: int = 0
    lost: int = 0
    used: int = 0
    on_hand: int = 0
    unaccounted: int = 0
    travelling: int = 0
    """On the way to this holding."""
    back: int = 0
    """Custody that came back: consumer returns, recall returns."""
    sealed: int = 0
    """Custody that was sealed here or received as sealed."""
    counted: bool = False

    @property
    def returned_in(self) -> int:
        """Everything that came back."""
        return self.brought_back + self.return_in

    @property
    def inflow(self) -> int:
        """Left side of the identity."""
        return self.born + self.received + self.returned_in + self.over

    @property
    def outflow(self) -> int:
        """Right side of the identity."""
        gone = self.dispatched + self.consumed + self.sold + self.returned_out + self.destroyed + self.lost + self.used
        return gone + self.on_hand + self.unaccounted


def holdings(moves: Iterable[Move], flows: Iterable[Flow], *, before: int | None = None) -> dict[tuple[int, int, int], HoldingSum]:
    """Return the quantities of every holding: (lot, site, unit) -> sums.

    :param before: only what happened strictly before this moment (stock at a moment).
    """
    events: dict[tuple[int, int, int], list[tuple[int, int, str, int, str]]] = defaultdict(list)
    travelling: dict[tuple[int, int, int], int] = defaultdict(int)
    limit = NEVER + 1 if before is None else before

    def add(key: tuple[int, int, int], t: int, phase: str, q: int, term: str) -> None:
        if t < limit:
            events[key].append((t, _ORDER[phase], term, q, phase))

    for move in moves:
        if move.src and not move.unnamed:
            add((move.lot, move.src, move.unit), move.t_out, "out", move.sent, "returned_out" if move.recall else "dispatched")
        if move.dst:
            key = (move.lot, move.dst, move.unit_in)
            if move.arrived:
                term = "return_in" if move.recall else "received_sealed" if move.custody else "received"
                add(key, move.t_in, "in", move.received, term)
            else:
                events[key]  # noqa: B018 - the holding exists, with nothing in it
            if move.travelling and move.t_out < limit:
                travelling[move.lot, move.dst, move.unit] += move.travelling
    for flow in flows:
        key = (flow.lot, flow.site, flow.unit)
        if not flow.site or flow.flags & UNNAMED:
            continue
        if flow.kind in _INFLOWS:
            add(key, flow.t, "in", flow.q, _INFLOWS[FlowKind(flow.kind)])
        elif flow.kind in _OUTFLOWS:
            add(key, flow.t, "out", flow.q, _OUTFLOWS[FlowKind(flow.kind)])
        elif flow.kind == FlowKind.SEALED:
            add(key, flow.t, "seal", flow.q, "seal")
        elif flow.kind == FlowKind.COUNT:
            add(key, flow.t, "count", flow.q, "count")
    made = {key: _sum(sorted(each)) for key, each in events.items()}
    for key, q in travelling.items():
        made.setdefault(key, HoldingSum()).travelling = q
    return made


def _sum(events: list[tuple[int, int, str, int, str]]) -> HoldingSum:
    sums = HoldingSum()
    book = 0
    for _, _, term, q, phase in events:
        if phase == "in":
            book += q
            name = "received" if term == "received_sealed" else term
            setattr(sums, name, getattr(sums, name) + q)
            if term in ("brought_back", "return_in"):
                sums.back += q
            elif term == "received_sealed":
                sums.sealed += q
        elif phase == "out":
            book -= q
            setattr(sums, term, getattr(sums, term) + q)
            if term in ("returned_out", "destroyed"):
                first = min(sums.back, q)
                sums.back -= first
                sums.sealed -= min(sums.sealed, q - first)
        elif phase == "seal":
            # Sealing more than lies free seals what lies free: custody never exceeds the stock.
            sums.sealed += min(q, max(book - sums.back - sums.sealed, 0))
        else:
            sums.counted = True
            if q > book:
                sums.over += q - book
            else:
                sums.unaccounted += book - q
            book = q
    sums.on_hand = max(book, 0)
    sums.over += max(-book, 0)
    # Stock that is gone cannot be in custody.
    sums.back = min(sums.back, sums.on_hand)
    sums.sealed = min(sums.sealed, sums.on_hand - sums.back)
    return sums
