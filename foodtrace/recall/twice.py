"""Goods that may be on record twice: one record says that they left, another that they came, and no number ties the two (law 14). Pure.

RECALL section 1 puts a dispatch and a receipt together by their number and by nothing else. So a return shipped under one number and
received under another, or under none, is two moves, and R1 to R3 count both: its goods are back, and as many more are on the way. Which of
the two is true cannot be told from the records. The rates stay what the section makes of them; beside each stands what it would be if
these goods were one load, and the case does not close over them.

Rules:

1. A receipt without dispatch **may be** of a dispatch that it does not name, if it is of the same lot and unit, one of them names the
   other's site and no party of one contradicts the other's, it was not before the dispatch by more than clocks may be wrong, and the goods
   left a site of the trade: only there does the second count of them hide what may still lie there. What came into the trade twice is
   distributed twice, and makes every rate lower.
2. First come dispatches that no receipt answers, those that speak for both sides (``DELIVERED``) among them; then those that one answers:
   a receiver may have written one load down twice.
3. Quantities, not records, are held against each other, both in the order of time: a receipt of 90 may be three returns of 30.
4. Counted **once** (:func:`once`), the receipt is the word on what arrived of a dispatch that had none, and nothing beside one that had;
   what is left of either stays what it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from foodtrace.graph.flows import ALWAYS, NEVER
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import Books, HoldingSum
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import sums_with_said

InTrade: TypeAlias = Callable[[int, int], bool]
"""Of a lot and a site: whether that holding is of the trade."""
Place: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""


class Twice(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that a dispatch and a receipt may both speak of."""

    lot: int
    src: int
    """Where they left by the one record, and where they may still lie if these are two loads told once too often."""
    dst: int
    unit: int
    q: int
    """How much, in base units."""
    left: tuple[tuple[int, int], ...]
    """(log, seq) of what says that they left."""
    came: tuple[tuple[int, int], ...]
    """(log, seq) of what says that they came."""


def receives_alone(move: Move) -> bool:
    """Say whether a move is known by a receipt alone."""
    return move.evidence == "receipt" and not move.unnamed and move.received > 0


def sends(move: Move) -> bool:
    """Say whether a move is known by who sent it, from somewhere."""
    return move.evidence != "receipt" and bool(move.src) and not move.unnamed and move.sent > 0


def answered(move: Move) -> bool:
    """Say whether a receipt names this dispatch (rule 2)."""
    return len(move.entries) > 1


def may_be(receipt: Move, dispatch: Move, slack: int) -> bool:
    """Say whether a receipt alone may be of a dispatch (rule 1), whether or not that left a site of the trade."""
    if (receipt.lot, receipt.unit_in) != (dispatch.lot, dispatch.unit):
        return False
    if dispatch.dst not in (0, receipt.dst) or receipt.src not in (0, dispatch.src) or dispatch.src == receipt.dst:
        return False
    if not dispatch.dst and not receipt.src:
        return False  # they have nothing in common but the lot
    return dispatch.t_out >= NEVER or receipt.t_in <= ALWAYS or receipt.t_in + slack >= dispatch.t_out


def pairs(moves: Sequence[Move], in_trade: InTrade, slack: int) -> list[tuple[int, int, int]]:
    """Return (place of a dispatch, place of a receipt, quantity) of what may be told twice (rule 3); places are those in ``moves``."""
    came = [place for place, move in enumerate(moves) if receives_alone(move)]
    if not came:
        return []
    lots = {moves[place].lot for place in came}
    left = [place for place, move in enumerate(moves) if move.lot in lots and sends(move) and in_trade(move.lot, move.src)]
    left.sort(key=lambda place: (answered(moves[place]), moves[place].t_out, moves[place].sent))
    rest = {place: moves[place].received if answered(moves[place]) else moves[place].sent - moves[place].under_others for place in left}
    waiting: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    """(lot, sender or 0 for any, receiver or 0 where none is named) -> dispatches, the first one last."""
    for place in reversed(left):
        move = moves[place]
        waiting[move.lot, move.src, move.dst].append(place)
        if move.dst:
            waiting[move.lot, 0, move.dst].append(place)
    found: list[tuple[int, int, int]] = []
    for place in sorted(came, key=lambda place: (moves[place].t_in, moves[place].received)):
        receipt, want = moves[place], moves[place].received
        for other in _candidates(waiting, receipt, rest):
            if not want:
                break
            if rest[other] and may_be(receipt, moves[other], slack):
                part = min(want, rest[other])
                found.append((other, place, part))
                rest[other] -= part
                want -= part
    return found


def _candidates(waiting: Mapping[tuple[int, int, int], list[int]], receipt: Move, rest: Mapping[int, int]) -> Iterator[int]:
    """Iterate over the dispatches that name a receipt's sites, the first one first; those that are used up are forgotten."""
    for key in ((receipt.lot, receipt.src, receipt.dst), (receipt.lot, receipt.src, 0)):
        mine = waiting.get(key, [])
        while mine and not rest[mine[-1]]:
            mine.pop()
        yield from reversed(mine)


class Doubts:
    """Whether one more move may be told twice, with those that were there before (rule 1)."""

    def __init__(self, found: Affected, slack: int) -> None:
        self._in_trade = _trade(found)
        self._slack = slack
        self._came: dict[tuple[int, int], list[Move]] = defaultdict(list)
        self._left: dict[tuple[int, int], list[Move]] = defaultdict(list)
        for move in found.moves:
            self._keep(move)

    def _keep(self, move: Move) -> None:
        if receives_alone(move):
            self._came[move.lot, move.dst].append(move)
        elif sends(move) and self._in_trade(move.lot, move.src):
            self._left[move.lot, move.src].append(move)

    def add(self, move: Move) -> bool:
        """Take one more; say whether it may be told twice (where a side is not named: yes)."""
        if receives_alone(move):
            found = not move.src or any(may_be(move, each, self._slack) for each in self._left[move.lot, move.src])
        elif sends(move) and self._in_trade(move.lot, move.src):
            found = not move.dst or any(may_be(each, move, self._slack) for each in self._came[move.lot, move.dst])
        else:
            return False
        self._keep(move)
        return found


def twice(found: Affected, slack: int) -> list[Twice]:
    """Return what may be told twice of an affected set, a line for each dispatch and receipt.

    :param slack: by how much clocks may be wrong, microseconds.
    """
    moves = found.moves
    return [
        Twice(
            lot=moves[out].lot,
            src=moves[out].src,
            dst=moves[came].dst,
            unit=moves[out].unit,
            q=q,
            left=moves[out].entries,
            came=moves[came].entries,
        )
        for out, came, q in pairs(moves, _trade(found), slack)
    ]


def once(found: Affected, slack: int) -> Affected | None:
    """Return an affected set with what may be told twice counted once (rule 4); none where nothing may be."""
    together = pairs(found.moves, _trade(found), slack)
    if not together:
        return None
    moves = list(_once(found.moves, together))
    touched = {(found.moves[each].lot, site) for out, came, _ in together for each in (out, came) for site in _ends(found.moves[each])}
    mine = [move for move in moves if any((move.lot, site) in touched for site in _ends(move))]
    flows = [flow for flow in found.flows if (flow.lot, flow.site) in touched]
    sums = {**found.sums, **{key: each for key, each in Books(mine, flows).all().items() if key[:2] in touched}}
    return msgspec.structs.replace(found, moves=moves, sums=sums)


def hidden(facts: Facts, found: Affected, case: Case, settings: Settings) -> dict[Place, int]:
    """Return how much more lies at a site, or is missing there, if what may be told twice is one load: (lot, site, unit) -> base units."""
    single = once(found, settings.clock_slack)
    if single is None:
        return {}
    before, after = (sums_with_said(facts, each, case, settings=settings) for each in (found, single))
    nothing = HoldingSum()
    more = {key: _there(each) - _there(before.get(key, nothing)) for key, each in after.items()}
    return {key: q for key, q in more.items() if q > 0}


def _there(sums: HoldingSum) -> int:
    return sums.on_hand + sums.unaccounted


def _trade(found: Affected) -> InTrade:
    return lambda lot, site: (lot, site) in found.holdings and site not in found.own


def _ends(move: Move) -> tuple[int, ...]:
    return tuple(site for site in (move.src, move.dst) if site)


def _once(moves: Sequence[Move], together: Iterable[tuple[int, int, int]]) -> Iterable[Move]:
    """Iterate over the moves with what a dispatch and a receipt both say made one."""
    gone: dict[int, int] = defaultdict(int)
    both: dict[int, list[Move]] = defaultdict(list)
    for out, came, q in together:
        sent, got = moves[out], moves[came]
        gone[came] += q
        if answered(sent):
            continue
        gone[out] += q
        both[out].append(
            msgspec.structs.replace(
                sent,
                dst=got.dst,
                sent=q,
                received=q,
                t_in=got.t_in,
                unit_in=got.unit_in,
                evidence="both",
                arrived=True,
                under=(),
                instead=(),
                custody=sent.custody or got.custody,
                entries=(*sent.entries, *got.entries),
            )
        )
    for place, move in enumerate(moves):
        yield from both.get(place, ())
        rest = (move.received if move.evidence == "receipt" else move.sent) - gone.get(place, 0)
        if place not in gone:
            yield move
        elif rest:
            yield msgspec.structs.replace(move, sent=rest, received=rest if move.arrived else 0)
