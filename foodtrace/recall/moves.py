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
5. Of several lines under one number those of one quantity go together first, unless the goods would arrive before they left. What is then
   left over on one side belongs to a line of the other that says more than its own: one receipt answers two lines of a voucher, two
   receipts one line. Such a line is split, the rest of it goes with its last part. Lines that two logs tell stay as they are (rule 6).
6. A transfer told by several logs (same lot, number, sender and receiver, all named) is one move, whoever wrote it down first
   (:mod:`foodtrace.recall.words`). Two in one log are two lines of one voucher. So is one without lot, whose lots are then two names of
   one (:mod:`foodtrace.recall.twins`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from foodtrace.graph.flows import ALWAYS, CUSTODY, DELIVERED, LEAVING, NEVER, UNNAMED, Flow, FlowKind
from foodtrace.recall.words import Words, once, span


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
    words: tuple[tuple[int, int], ...] = ()
    """(log, seq) of every entry that tells of it, where several logs tell one side (rule 6); those of ``entries`` among them."""
    early: int = NEVER
    """When it left at the earliest by any of them."""
    unlike: int = 0
    """By how much their quantities differ."""
    apart: int = 0
    """By how much their times differ at least, microseconds."""
    elsewhere: bool = False
    """By another log this transfer went to another site."""
    under: tuple[tuple[int, int], ...] = ()
    """(lot, q): so much of it stands under another lot there, by the receiver's paper (:mod:`foodtrace.recall.standsin`)."""
    instead: tuple[tuple[int, int], ...] = ()
    """(lot, q): so much of it left the sender under another lot, by the sender's paper."""

    @property
    def under_others(self) -> int:
        """What of it stands under other lots where it went."""
        return sum(q for _, q in self.under)

    @property
    def of_others(self) -> int:
        """What of it left the sender under other lots."""
        return sum(q for _, q in self.instead)

    @property
    def leaves(self) -> int:
        """When it left the sender's stock: no later than it arrived, where anybody knows when that was; at an unknown time last of all."""
        return min(self.t_out, self.t_in) if self.arrived and self.t_in > ALWAYS else self.t_out

    @property
    def left(self) -> int:
        """What left the sender under this lot."""
        return max(self.sent - self.of_others, 0) if self.instead else self.sent

    @property
    def came(self) -> int:
        """What arrived and stands under this lot."""
        return max(self.received - self.under_others, 0) if self.under else self.received

    @property
    def travelling(self) -> int:
        """What was sent and has not arrived (0 where the units differ: then nothing can be said)."""
        return max(self.sent - max(self.received, self.under_others), 0) if self.unit == self.unit_in else 0


def pair(flows: Iterable[Flow], representative: Mapping[int, int], ranks: Mapping[int, int]) -> list[Move]:
    """Return the moves among some flows, in a fixed order; lots are given by their alias class's representative.

    :param ranks: number of a log -> its place by origin, for ties; a log that is not in it goes by its number.
    """
    leaving: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    nameless: dict[str, list[Flow]] = defaultdict(list)
    arriving: list[Flow] = []
    for flow in sorted(flows, key=lambda each: _place(each, ranks)):
        if flow.kind == FlowKind.RECEIPT:
            arriving.append(flow)
        elif flow.kind in LEAVING and is_nameless(flow):
            nameless[flow.pair].append(flow)
        elif flow.kind in LEAVING:
            leaving[representative.get(flow.lot, flow.lot), flow.pair].append(flow)
    told: dict[Flow, Words] = {}
    for group in leaving.values():
        if len(group) > 1:
            group[:] = once(group, told)
    for group in nameless.values():
        if len(group) > 1:
            group[:] = _nameless_once(group, representative, told)
    moves: list[Move] = []
    came = list(_told_once(arriving, representative, told))
    for lot, dispatch, receipt in _matched(came, leaving, nameless, told):
        moves.append(_received(lot, dispatch, receipt))
        if told and (receipt in told or dispatch in told):
            moves[-1] = _as_told(moves[-1], dispatch, receipt, told)
    for waiting in (*leaving.values(), *nameless.values()):
        for flow in waiting:
            moves.append(_sent(representative.get(flow.lot, flow.lot), flow))
            if told and flow in told:
                moves[-1] = _as_told(moves[-1], flow, None, told)
    return moves


def _place(flow: Flow, ranks: Mapping[int, int]) -> tuple[Any, ...]:
    """Return what puts flows into order: what they say, before where they stand in their log."""
    return flow.t, ranks.get(flow.log, flow.log), flow.q, flow.flags, not flow.other, flow.unit, flow.kind, flow.seq, flow.item


def _nameless_once(group: Sequence[Flow], representative: Mapping[int, int], told: dict[Flow, Words]) -> list[Flow]:
    """Return the dispatches without lot of one number, those of one transfer made one, in their order (rule 6)."""
    lots: dict[int, list[Flow]] = defaultdict(list)
    for each in group:
        lots[representative.get(each.lot, each.lot)].append(each)
    kept = {each for same in lots.values() for each in (once(same, told) if len(same) > 1 else same)}
    return [each for each in group if each in kept]


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


def _matched(
    came: Sequence[tuple[int, Flow]],
    leaving: Mapping[tuple[int, str], list[Flow]],
    nameless: Mapping[str, list[Flow]],
    told: Mapping[Flow, Words],
) -> list[tuple[int, Flow | None, Flow]]:
    """Return (lot, dispatch, receipt) for every receipt, and take the dispatches out of those that wait (rules 1, 4, 5)."""
    count = Counter((lot, receipt.pair) for lot, receipt in came if receipt.pair)
    several = {key for key, times in count.items() if key in leaving and (times > 1 or len(leaving[key]) > 1)}
    alike: dict[Flow, Flow] = {}
    for lot, receipt in came if several else ():
        waiting = leaving[lot, receipt.pair] if (lot, receipt.pair) in several else []
        found = next((each for each in waiting if each.q == receipt.q and _fits(each, receipt)), None)
        if found is not None:
            waiting.remove(found)
            alike[receipt] = found
    found_all: list[tuple[int, Flow | None, Flow]] = []
    for lot, receipt in came:
        dispatch = alike.get(receipt) or _taken(leaving.get((lot, receipt.pair)), receipt) or _taken(nameless.get(receipt.pair), receipt)
        found_all.append((lot, dispatch, receipt))
    return _shared(found_all, several, leaving, told) if several else found_all


def _fits(dispatch: Flow, receipt: Flow) -> bool:
    """Say whether two lines can be of one load: neither party nor unit is against it, and it left before it arrived."""
    return dispatch.unit == receipt.unit and span(dispatch)[0] <= span(receipt)[1] and _agree(dispatch, receipt)


def _shared(
    found: list[tuple[int, Flow | None, Flow]],
    several: Collection[tuple[int, str]],
    leaving: Mapping[tuple[int, str], list[Flow]],
    told: Mapping[Flow, Words],
) -> list[tuple[int, Flow | None, Flow]]:
    """Split lines that say more than their own between the lines of the other side that are left over (rule 5)."""
    groups: dict[tuple[int, str], list[tuple[Flow | None, Flow]]] = defaultdict(list)
    rest = []
    for lot, dispatch, receipt in found:
        if (lot, receipt.pair) in several:
            groups[lot, receipt.pair].append((dispatch, receipt))
        else:
            rest.append((lot, dispatch, receipt))
    for key, pairs in groups.items():
        sides = {each for pair_ in pairs for each in pair_ if each is not None}
        if told and not told.keys().isdisjoint({*sides, *leaving[key]}):
            split: list[tuple[Flow | None, Flow]] = pairs
        else:
            split = _among_receipts(_among_dispatches(pairs, leaving[key]))
        rest += [(key[0], dispatch, receipt) for dispatch, receipt in split]
    return rest


def _among_dispatches(pairs: Sequence[tuple[Flow | None, Flow]], waiting: list[Flow]) -> list[tuple[Flow | None, Flow]]:
    """Split receipts that say more than their dispatch between it and dispatches that none answers; take these out of ``waiting``."""
    made: list[tuple[Flow | None, Flow]] = []
    for dispatch, receipt in pairs:
        parts = [] if dispatch is None else [dispatch]
        room = 0 if dispatch is None or dispatch.unit != receipt.unit or is_nameless(dispatch) else receipt.q - dispatch.q
        for each in list(waiting) if room > 0 else ():
            if room > 0 and _fits(each, receipt) and parts[0].kind == each.kind:
                waiting.remove(each)
                parts.append(each)
                room -= each.q
        last = receipt.q - sum(each.q for each in parts[:-1])
        made += [(each, _part(receipt, last if n == len(parts) else each.q)) for n, each in enumerate(parts, 1)] or [(dispatch, receipt)]
    return made


def _among_receipts(pairs: Sequence[tuple[Flow | None, Flow]]) -> list[tuple[Flow | None, Flow]]:
    """Split dispatches of which more was sent than their receipt says between it and receipts that nothing answers."""
    alone = [receipt for dispatch, receipt in pairs if dispatch is None]
    made: list[tuple[Flow | None, Flow]] = []
    for dispatch, receipt in pairs:
        if dispatch is None:
            continue
        parts = [receipt]
        room = dispatch.q - receipt.q if dispatch.unit == receipt.unit and not is_nameless(dispatch) else 0
        for each in list(alone) if room > 0 else ():
            if room > 0 and _fits(dispatch, each):
                alone.remove(each)
                parts.append(each)
                room -= each.q
        last = dispatch.q - sum(each.q for each in parts[:-1])
        made += [(_part(dispatch, last if n == len(parts) else each.q), each) for n, each in enumerate(parts, 1)]
    return made + [(None, receipt) for receipt in alone]


def _part(flow: Flow, q: int) -> Flow:
    return flow if q == flow.q else msgspec.structs.replace(flow, q=q)


def _told_once(receipts: list[Flow], representative: Mapping[int, int], told: dict[Flow, Words]) -> Iterable[tuple[int, Flow]]:
    """Return (lot, receipt), those of one transfer made one (rule 6)."""
    groups: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    for each in receipts:
        groups[representative.get(each.lot, each.lot), each.pair].append(each)
    for (lot, _), group in groups.items():
        for each in once(group, told) if len(group) > 1 else group:
            yield lot, each


def _as_told(move: Move, dispatch: Flow | None, receipt: Flow | None, told: Mapping[Flow, Words]) -> Move:
    """Return a move by the words of several logs on one of its sides, or on both (rule 6)."""
    out = told.get(dispatch) if dispatch is not None else None
    into = told.get(receipt) if receipt is not None else None
    changes: dict[str, Any] = {}
    if out is not None:
        changes |= {"sent": out.sent, "unit": out.unit, "t_out": out.late, "early": out.early, "elsewhere": out.elsewhere}
        if receipt is None:
            changes |= {"received": out.came, "unit_in": out.unit_in, "t_in": out.early, "arrived": out.arrived}
            changes["evidence"] = "both" if out.arrived else "dispatch"
    if into is not None:
        changes |= {"received": into.came, "unit_in": into.unit_in, "t_in": into.early, "custody": move.recall or into.custody}
        if dispatch is None:
            changes["evidence"] = "both" if into.both else "receipt"
            changes |= {"sent": into.sent, "unit": into.unit, "t_out": into.late, "early": into.early}
    sides = ((dispatch, out), (receipt, into))
    entries = (words.entries if words is not None else ((side.log, side.seq),) for side, words in sides if side is not None)
    both = [words for words in (out, into) if words is not None]
    return msgspec.structs.replace(
        move,
        **changes,
        words=tuple(dict.fromkeys(entry for each in entries for entry in each)),
        unlike=max(each.unlike for each in both),
        apart=max(each.apart for each in both),
    )


def _agree(dispatch: Flow, receipt: Flow) -> bool:
    if not dispatch.other and not receipt.other and is_nameless(dispatch):
        return False
    return dispatch.other in (0, receipt.site) and receipt.other in (0, dispatch.site)


def without_source(flows: Iterable[Flow]) -> set[tuple[int, str]]:
    """Return (site, number) of receipts that name no source: a dispatch without lot may be the other side (rule 4)."""
    return {(flow.site, flow.pair) for flow in flows if flow.kind == FlowKind.RECEIPT and not flow.other and flow.pair}


def _received(lot: int, dispatch: Flow | None, receipt: Flow) -> Move:
    late = span(receipt)[1] if dispatch is None else dispatch.t
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
    arrived = bool(dispatch.flags & DELIVERED)
    recall = dispatch.kind == FlowKind.RETURN
    return Move(
        lot=lot,
        src=dispatch.site,
        dst=dispatch.other,
        sent=dispatch.q,
        received=dispatch.q if arrived else 0,
        t_out=dispatch.t,
        t_in=span(dispatch)[0],
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
