"""Moves: a dispatch and a receipt of one transfer, put together (RECALL section 1).

Rules:

1. They pair by lot and transfer id (else document number), and only if no party of one contradicts the other's. Nothing is
   matched by resemblance.
2. One side is enough: a missing time is copied from the other side, a missing sent quantity too; a missing received quantity
   is 0, the goods still travel. A voucher that speaks for both sides (``DELIVERED``) says what arrived, unless a receipt does.
3. A date alone counts late for the departure and early for the arrival.
4. A dispatch without lot that is still under way by its own record, and whose receipt names the lot, is a dispatch of that lot:
   the record that was missing is there. One of them must name the other's site: a number alone, with neither lot nor party in
   common, may be anybody's.
5. A transfer told twice, by two logs (same lot, number, sender and receiver, all named), is one move; the word recorded first
   counts. Two in one log are two lines of one voucher.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from foodtrace.graph.flows import ALWAYS, CUSTODY, DAY, DELIVERED, LEAVING, NEVER, UNKNOWN_TIME, UNNAMED, Flow, FlowKind

_LAST: int = 86_400_000_000 - 1


class Move(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Goods of one lot from one site to another."""

    lot: int
    src: int
    """0: no source named."""
    dst: int
    """0: no registered destination."""
    sent: int
    received: int
    t_out: int
    t_in: int
    evidence: Literal["both", "dispatch", "receipt"]
    unit: int
    unit_in: int
    recall: bool
    """A recall return."""
    custody: bool
    """Arrived sealed, or as a recall return."""
    unnamed: bool
    arrived: bool
    """Some record says that goods arrived."""
    log: int
    seq: int
    entries: tuple[tuple[int, int], ...]

    @property
    def travelling(self) -> int:
        """What was sent and has not arrived (0 where the units differ: then nothing can be said)."""
        return max(self.sent - self.received, 0) if self.unit == self.unit_in else 0


def pair(flows: Iterable[Flow], representative: Mapping[int, int], ranks: Mapping[int, int]) -> list[Move]:
    """Return the moves among some flows, in a fixed order; lots are given by their alias class's representative.

    :param ranks: number of a log -> its place by origin, for ties; a log that is not in it goes by its number.
    """
    leaving: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    nameless: dict[str, list[Flow]] = defaultdict(list)
    arriving: list[Flow] = []
    for flow in sorted(flows, key=lambda each: (each.t, ranks.get(each.log, each.log), each.seq, each.item)):
        if flow.kind == FlowKind.RECEIPT:
            arriving.append(flow)
        elif flow.kind in LEAVING and is_nameless(flow):
            nameless[flow.pair].append(flow)
        elif flow.kind in LEAVING:
            leaving[representative.get(flow.lot, flow.lot), flow.pair].append(flow)
    for group in leaving.values():
        if len(group) > 1:
            group[:] = _once(group)
    moves: list[Move] = []
    for lot, receipt in _told_once(arriving, representative):
        dispatch = _taken(leaving.get((lot, receipt.pair)), receipt) or _taken(nameless.get(receipt.pair), receipt)
        moves.append(_received(lot, dispatch, receipt))
    left = (flow for waiting in (*leaving.values(), *nameless.values()) for flow in waiting)
    moves.extend(_sent(representative.get(flow.lot, flow.lot), flow) for flow in left)
    return moves


def is_nameless(flow: Flow) -> bool:
    """Say whether a receipt may still name the lot of this dispatch (rule 4)."""
    return bool(flow.flags & UNNAMED and flow.pair) and not flow.flags & DELIVERED


def _taken(waiting: list[Flow] | None, receipt: Flow) -> Flow | None:
    """Take the first dispatch that this receipt may answer out of those that wait."""
    if not waiting or not receipt.pair:
        return None
    found = next((each for each in waiting if _agree(each, receipt)), None)
    if found is not None:
        waiting.remove(found)
    return found


def _told_once(receipts: list[Flow], representative: Mapping[int, int]) -> Iterable[tuple[int, Flow]]:
    """Return (lot, receipt), transfers told twice left out (rule 5)."""
    groups: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    for each in receipts:
        groups[representative.get(each.lot, each.lot), each.pair].append(each)
    for (lot, _), group in groups.items():
        for each in _once(group) if len(group) > 1 else group:
            yield lot, each


def _once(group: list[Flow]) -> list[Flow]:
    """Leave out the later word of two logs on one transfer (rule 5); the order is kept."""
    first: dict[tuple[int, int, int], Flow] = {}
    for each in group:
        if each.pair and each.site and each.other:
            key = (each.kind, each.site, each.other)
            other = first.get(key)
            if other is None or (each.recorded, each.t, each.q) < (other.recorded, other.t, other.q):
                first[key] = each
    return [each for each in group if (word := first.get((each.kind, each.site, each.other))) is None or word.log == each.log]


def _agree(dispatch: Flow, receipt: Flow) -> bool:
    if not dispatch.other and not receipt.other and is_nameless(dispatch):
        return False
    return dispatch.other in (0, receipt.site) and receipt.other in (0, dispatch.site)


def without_source(flows: Iterable[Flow]) -> set[tuple[int, str]]:
    """Return (site, number) of receipts that name no source: a dispatch without lot may be the other side (rule 4)."""
    return {(flow.site, flow.pair) for flow in flows if flow.kind == FlowKind.RECEIPT and not flow.other and flow.pair}


def _received(lot: int, dispatch: Flow | None, receipt: Flow) -> Move:
    if dispatch is None:
        late = NEVER if receipt.flags & UNKNOWN_TIME else receipt.t + _LAST if receipt.flags & DAY else receipt.t
    else:
        late = dispatch.t
    recall = dispatch is not None and dispatch.kind == FlowKind.RETURN
    return Move(
        lot=lot,
        src=dispatch.site if dispatch is not None else receipt.other,
        dst=receipt.site,
        sent=receipt.q if dispatch is None else dispatch.q,
        received=receipt.q,
        t_out=late,
        t_in=receipt.t,
        evidence="receipt" if dispatch is None and not receipt.flags & DELIVERED else "both",
        unit=receipt.unit if dispatch is None else dispatch.unit,
        unit_in=receipt.unit,
        recall=recall,
        custody=recall or bool(receipt.flags & CUSTODY),
        unnamed=False,
        arrived=True,
        log=receipt.log,
        seq=receipt.seq,
        entries=((receipt.log, receipt.seq),) if dispatch is None else ((dispatch.log, dispatch.seq), (receipt.log, receipt.seq)),
    )


def _sent(lot: int, dispatch: Flow) -> Move:
    early = ALWAYS if dispatch.flags & UNKNOWN_TIME else dispatch.t - _LAST if dispatch.flags & DAY else dispatch.t
    arrived = bool(dispatch.flags & DELIVERED)
    recall = dispatch.kind == FlowKind.RETURN
    return Move(
        lot=lot,
        src=dispatch.site,
        dst=dispatch.other,
        sent=dispatch.q,
        received=dispatch.q if arrived else 0,
        t_out=dispatch.t,
        t_in=early,
        evidence="both" if arrived else "dispatch",
        unit=dispatch.unit,
        unit_in=dispatch.unit,
        recall=recall,
        custody=recall,
        unnamed=bool(dispatch.flags & UNNAMED),
        arrived=arrived,
        log=dispatch.log,
        seq=dispatch.seq,
        entries=((dispatch.log, dispatch.seq),),
    )
