"""The books of one lot from its rows. Pure.

Rules, those of :mod:`foodtrace.recall.moves` and :mod:`foodtrace.recall.quantities` where records are plain:

1. Rows are plain when every quantity is in one unit, every time an instant, and nothing is sealed, brought back by a consumer, returned
   under a recall, cleared, or without lot. Anything else is handed over.
2. A dispatch and a receipt of one number whose parties agree are one move; what one side alone says is a move too. Numbers that
   stand twice go through :func:`foodtrace.recall.moves.pair`.
3. What lies there is what came less what went; where it was counted, the events are replayed in time.
4. In the answer of a case goods may be in custody. Where they are (:attr:`LotBooks.custody`), what lies there is not told here:
   :mod:`foodtrace.recall.plain.casebooks` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from foodtrace.graph.flowkind import ALWAYS, CUSTODY, DELIVERED, SAMPLE, FlowKind
from foodtrace.recall.plain import HandOver
from foodtrace.recall.stock import Stock

if TYPE_CHECKING:
    from foodtrace.recall.moves import Move

Row: TypeAlias = tuple[Any, ...]
"""(kind, lot, site, other, unit, q, t, recorded, log, seq, item, pair, flags, ..): the fields of a flow."""
Entry: TypeAlias = tuple[int, int]

_BORN, _PRODUCED, _DISPATCH, _RECEIPT, _CONSUMED, _SOLD, _DESTROYED, _LOST, _USED, _COUNT, _DISCARDED = map(
    int,
    (
        FlowKind.BORN,
        FlowKind.PRODUCED,
        FlowKind.DISPATCH,
        FlowKind.RECEIPT,
        FlowKind.CONSUMED,
        FlowKind.SOLD,
        FlowKind.DESTROYED,
        FlowKind.LOST,
        FlowKind.USED,
        FlowKind.COUNT,
        FlowKind.DISCARDED,
    ),
)
_PLAIN: Final = frozenset(
    {
        (_DISPATCH, DELIVERED),
        (_RECEIPT, DELIVERED),
        (_USED, SAMPLE),
        *((kind, 0) for kind in (_BORN, _PRODUCED, _DISPATCH, _RECEIPT, _CONSUMED, _SOLD, _DESTROYED, _LOST, _USED, _COUNT, _DISCARDED)),
    }
)
"""(kind, flags) of plain rows (rule 1)."""
_RETURN, _SEALED, _BROUGHT = map(int, (FlowKind.RETURN, FlowKind.SEALED, FlowKind.CONSUMER_RETURN))
_OF_A_CASE: Final = _PLAIN | {(_RETURN, 0), (_RETURN, DELIVERED), (_RECEIPT, CUSTODY), (_SEALED, 0), (_BROUGHT, 0)}
"""Those and what a recall does to goods (rule 4)."""
_SIDES_OUT: Final = frozenset({_DISPATCH, _RETURN})
_OUT: Final = frozenset({_DISPATCH, _CONSUMED, _SOLD, _DESTROYED, _LOST, _USED})
_GOES: Final = ((_SOLD, "sold"), (_DESTROYED, "destroyed"), (_LOST, "lost"), (_USED, "used"))
"""Kind -> what it adds to."""
_GONE: Final = frozenset({_CONSUMED, _SOLD, _DESTROYED, _LOST, _USED})
_NOT_HERE: Final = frozenset({_DISPATCH, _RETURN, _RECEIPT, _DISCARDED, _SEALED, _BROUGHT})
"""Not among what happened at a site that is replayed here: sides of moves, no flows, and custody."""
_SAID_IN, _SAID_OUT, _SAID_COUNT = 1, 2, 4
"""Phases of one instant, as in :mod:`foodtrace.recall.quantities`."""

BOTH, DISPATCHED, RECEIVED = range(3)
"""What a move is known by."""


class Moved(NamedTuple):
    """Goods from one site to another; see :class:`foodtrace.recall.moves.Move`."""

    src: int
    dst: int
    sent: int
    received: int
    t_out: int
    t_in: int
    arrived: bool
    evidence: int
    """:data:`BOTH`, :data:`DISPATCHED` or :data:`RECEIVED`."""
    entries: tuple[Entry, ...]
    recall: bool = False
    """A recall return."""
    words: tuple[Entry, ...] = ()
    """Every entry that tells of it, where several logs tell one side (:mod:`foodtrace.recall.words`)."""

    @property
    def leaves(self) -> int:
        """When it left the sender's stock; see :class:`foodtrace.recall.moves.Move`."""
        return min(self.t_out, self.t_in) if self.arrived and self.t_in > ALWAYS else self.t_out


class Held:
    """What the records say of one holding, in base units of the lot's unit."""

    returned = return_in = brought_back = back = sealed = 0
    """Sent back and received back under a recall, brought back by consumers, and in custody: only a :class:`Recalled` has any."""

    __slots__ = (
        "born", "consumed", "destroyed", "dispatched", "lost", "on_hand", "over", "received", "sold", "travelling", "unaccounted", "used",
    )  # fmt: skip

    def __init__(self) -> None:
        self.born = self.received = self.dispatched = self.consumed = self.sold = self.destroyed = 0
        self.lost = self.used = self.on_hand = self.over = self.unaccounted = self.travelling = 0


class Recalled(Held):
    """A holding whose goods are, or were, in custody; see :class:`foodtrace.recall.quantities.HoldingSum`."""

    __slots__ = ("back", "brought_back", "return_in", "returned", "sealed")

    def __init__(self) -> None:
        super().__init__()
        self.back = self.brought_back = self.return_in = self.returned = self.sealed = 0


class LotBooks:
    """One lot: its moves and what lies where.

    :param ranks: place of every log by its origin, for numbers that stand twice. :param in_case: goods may be in custody (rule 4).
    """

    __slots__ = ("apart", "births", "clean", "consumed", "counted", "custody", "held", "lot", "moves", "odd", "renumbered", "rows", "unit")

    def __init__(self, lot: int, rows: Sequence[Row], ranks: Mapping[int, int], *, in_case: bool = False) -> None:
        self.lot = lot
        self.rows = rows
        kinds = {(row[0], row[12]) for row in rows}
        if not kinds <= (_OF_A_CASE if in_case else _PLAIN):
            raise HandOver("kind of record")
        if any(not row[2] for row in rows):
            raise HandOver("no site")
        units = {row[4] for row in rows if row[0] != _DISCARDED}
        if len(units) > 1:
            raise HandOver("units")
        self.unit: int = units.pop() if units else 0
        self.births = [row for row in rows if row[0] in (_BORN, _PRODUCED)]
        self.consumed = [row for row in rows if row[0] == _CONSUMED] if (_CONSUMED, 0) in kinds else []
        self.clean: list[Row] = []
        """Dispatches that speak for both sides and that no receipt answers."""
        self.odd: list[Moved] = []
        """Every other move."""
        self.apart = 0
        """By how much, microseconds, several logs differ on when goods of one transfer moved."""
        self.renumbered = False
        """A receipt may be of a dispatch that it names by another number (:mod:`foodtrace.graph.numbers`)."""
        self._pair(kinds, ranks)
        self.counted = {row[2] for row in rows if row[0] == _COUNT} if (_COUNT, 0) in kinds else set()
        self.custody: set[int] = self._custody() if not kinds <= _PLAIN else set()
        self.held = self._held(kinds)

    def several(self) -> list[Row]:
        """Return the rows of what several logs tell: one event may stand in both (:mod:`foodtrace.recall.records`, rule 5)."""
        told = {(row[0], row[2], row[8]) for row in self.rows}
        if len({row[8] for row in self.rows}) == 1 or len({each[:2] for each in told}) == len(told):
            return []
        first: set[tuple[int, int]] = set()
        twice: set[tuple[int, int]] = set()
        for kind, site, _ in told:
            (twice if (kind, site) in first else first).add((kind, site))
        return [row for row in self.rows if (row[0], row[2]) in twice]

    def goes(self) -> list[Row]:
        """Return the rows of what was used, sold, destroyed or lost."""
        return [row for row in self.rows if row[0] in _GONE]

    # -- moves -------------------------------------------------------------------------------------------------------------

    def _custody(self) -> set[int]:
        """Return the sites whose goods are, or were, in custody; recall returns leave and reach such sites."""
        found = {row[2] for row in self.rows if row[0] in (_SEALED, _BROUGHT) or (row[0] == _RECEIPT and row[12] & CUSTODY)}
        for move in self.all_moves():
            if move.recall:
                found |= {move.src, move.dst}
        return found - {0}

    def booked_sealed(self) -> Iterator[tuple[int, int]]:
        """Iterate over (site, time) of what came there and was booked as sealed."""
        sealed = {(row[8], row[9]) for row in self.rows if row[0] == _RECEIPT and row[12] & CUSTODY} if self.custody else set()
        for move in self.odd if sealed else ():
            if move.arrived and move.dst and not move.recall and not sealed.isdisjoint(move.entries):
                yield move.dst, move.t_in

    def _pair(self, kinds: set[tuple[int, int]], ranks: Mapping[int, int]) -> None:
        """Put dispatches and receipts together (rule 2)."""
        there_are = {kind for kind, _ in kinds}
        left = [row for row in self.rows if row[0] in _SIDES_OUT]
        came = [row for row in self.rows if row[0] == _RECEIPT] if _RECEIPT in there_are else []
        self.renumbered = bool(came) and _other_numbers(left, came)
        if len({row[11] for row in left}) < len(left) or len({row[11] for row in came if row[11]}) < sum(bool(row[11]) for row in came):
            left, came = self._twice(left, came, ranks)
        waiting = {row[11]: row for row in left} if came else {}
        answered: set[str] = set()
        for row in came:
            sent = waiting.get(row[11]) if row[11] else None
            if sent is not None and (sent[3] in (0, row[2])) and (row[3] in (0, sent[2])):
                answered.add(row[11])
                entries = ((sent[8], sent[9]), (row[8], row[9]))
                self.odd.append(Moved(sent[2], row[2], sent[5], row[5], sent[6], row[6], True, BOTH, entries, sent[0] == _RETURN))  # noqa: FBT003
            else:
                known = BOTH if row[12] & DELIVERED else RECEIVED
                self.odd.append(Moved(row[3], row[2], row[5], row[5], row[6], row[6], True, known, ((row[8], row[9]),)))  # noqa: FBT003
        if answered:
            left = [row for row in left if row[11] not in answered]
        if (_DISPATCH, 0) in kinds or (_RETURN, 0) in kinds:
            for row in left:
                if not row[12]:
                    alone = ((row[8], row[9]),)
                    self.odd.append(Moved(row[2], row[3], row[5], 0, row[6], row[6], False, DISPATCHED, alone, row[0] == _RETURN))  # noqa: FBT003
            left = [row for row in left if row[12]]
        self.clean = left

    def _twice(self, left: list[Row], came: list[Row], ranks: Mapping[int, int]) -> tuple[list[Row], list[Row]]:
        """Pair what shares a number with another row of its kind by the rules for everything; return the rest."""
        from foodtrace.graph.flows import Flow  # noqa: PLC0415 - most recalls need no structs
        from foodtrace.recall.moves import pair  # noqa: PLC0415

        seen: set[tuple[bool, str]] = set()
        numbers: set[str] = set()
        for row in (*left, *came):
            if (row[0] == _RECEIPT, row[11]) in seen:
                numbers.add(row[11])
            seen.add((row[0] == _RECEIPT, row[11]))
        if "" in numbers and any(row[11] == "" for row in left):
            raise HandOver("dispatches without number")
        numbers.discard("")
        flows = [Flow(*row[:13]) for row in (*left, *came) if row[11] in numbers]
        moves = pair(flows, {}, ranks)
        if any(move.unlike or move.elsewhere or (move.words and len(move.entries) > 1 and move.t_in < move.t_out) for move in moves):
            raise HandOver("one transfer told in unlike words")
        self.apart = max([move.apart for move in moves], default=0)
        self.odd += [_moved(move) for move in moves]
        return [row for row in left if row[11] not in numbers], [row for row in came if row[11] not in numbers]

    def all_moves(self) -> list[Moved]:
        """Return every move of the lot."""
        clean = [Moved(r[2], r[3], r[5], r[5], r[6], r[6], True, BOTH, ((r[8], r[9]),), r[0] == _RETURN) for r in self.clean]  # noqa: FBT003
        return clean + self.odd

    def steps(self) -> dict[int, list[tuple[int, int, int]]]:
        """Return where goods of the lot went from each site: (left, arrived, to)."""
        made: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for row in self.clean:
            made[row[2]].append((row[6], row[6], row[3]))
        for move in self.odd:
            if move.src and move.dst:
                made[move.src].append((move.t_out, move.t_in, move.dst))
        return made

    def connected(self) -> set[int]:
        """Return the sites with a birth or a move that names both ends."""
        found = {row[2] for row in self.clean} | {row[3] for row in self.clean} | {row[2] for row in self.births}
        for move in self.odd:
            if move.src and move.dst:
                found.add(move.src)
                found.add(move.dst)
        return found

    # -- quantities --------------------------------------------------------------------------------------------------------

    def _held(self, kinds: set[tuple[int, int]]) -> dict[int, Held]:
        made: dict[int, Held] = defaultdict(Held)
        for row in self.births:
            made[row[2]].born += row[5]
        for row in self.clean:
            q = row[5]
            made[row[2]].dispatched += q
            made[row[3]].received += q
        for move in self.odd:
            if move.src:
                made[move.src].dispatched += move.sent
            if move.dst:
                there = made[move.dst]
                there.received += move.received
                if move.received < move.sent:
                    there.travelling += move.sent - move.received
        for row in self.consumed:
            made[row[2]].consumed += row[5]
        there_are = {kind for kind, _ in kinds}
        for kind, name in _GOES:
            for row in self.rows if kind in there_are else ():
                if row[0] == kind:
                    _went(made[row[2]], name, row[5])
        counted = self.counted
        for site in counted | self.custody:
            made[site]  # the holding is there, whatever came to it
        for each in made.values():
            gone = each.dispatched + each.consumed + each.sold + each.destroyed + each.lost + each.used
            book = each.born + each.received - gone
            if book >= 0:
                each.on_hand = book
            else:
                each.over = -book
        for site, events in self._told(counted).items() if counted else ():
            made[site].on_hand, made[site].over, made[site].unaccounted = _replayed(events)
        return dict(made)

    def _told(self, sites: Collection[int]) -> dict[int, list[tuple[int, int, str, int]]]:
        """Return what happened at sites where goods were counted: (time, phase, term, quantity)."""
        told: dict[int, list[tuple[int, int, str, int]]] = {site: [] for site in sites}
        for row in self.rows:
            if row[2] in told and row[0] not in _NOT_HERE:
                phase = _SAID_COUNT if row[0] == _COUNT else _SAID_IN if row[0] in (_BORN, _PRODUCED) else _SAID_OUT
                told[row[2]].append((row[6], phase, "", row[5]))
        for move in self.all_moves():
            if move.src in told:
                leaves = move.leaves
                told[move.src].append((leaves, _SAID_OUT, "", move.sent))
            if move.arrived and move.dst in told:
                told[move.dst].append((move.t_in, _SAID_IN, "", move.received))
        return told

    # -- entries -----------------------------------------------------------------------------------------------------------

    def timed(self, sites: Collection[int]) -> dict[int, list[tuple[int, Entry]]]:
        """Return (time, entry) of everything on record about the lot at some sites."""
        made: dict[int, list[tuple[int, Entry]]] = {site: [] for site in sites}
        for row in self.rows:
            if row[2] in made and row[0] != _DISCARDED:
                made[row[2]].append((row[6], (row[8], row[9])))
        for row in self.clean:
            if row[3] in made:
                made[row[3]].append((row[6], (row[8], row[9])))
        for move in self.odd:
            for site, t in ((move.src, move.t_out), (move.dst, move.t_in)):
                if site in made:
                    made[site] += [(t, entry) for entry in move.words or move.entries]
        return made


def _other_numbers(left: Sequence[Row], came: Sequence[Row]) -> bool:
    """Say whether a receipt that may have no dispatch of its number is of parties that fit a dispatch that may have no receipt of its."""
    sent, got = {(row[11], row[2], row[3]) for row in left}, {(row[11], row[3], row[2]) for row in came}
    alone = [row for row in came if row[11] and (row[11], row[3], row[2]) not in sent]
    if not alone:
        return False
    ends = {each[1:] for each in sent - got}
    receivers = {dst for _, dst in ends}
    return any(not ends.isdisjoint(((row[3], row[2]), (row[3], 0))) if row[3] else not receivers.isdisjoint((row[2], 0)) for row in alone)


def _went(held: Held, name: str, q: int) -> None:
    setattr(held, name, getattr(held, name) + q)


def _moved(move: Move) -> Moved:
    known = {"both": BOTH, "dispatch": DISPATCHED, "receipt": RECEIVED}[move.evidence]
    more = (move.recall, move.words)
    return Moved(move.src, move.dst, move.sent, move.received, move.t_out, move.t_in, move.arrived, known, move.entries, *more)


def _replayed(events: Iterable[tuple[int, int, str, int]]) -> tuple[int, int, int]:
    """Return what lies there, over and unaccounted after events in time (rule 3)."""
    stock = Stock()
    for _, phase, term, q in sorted(events):
        if phase == _SAID_COUNT:
            stock.count(q)
        elif phase == _SAID_IN:
            stock.put(term, q)
        else:
            stock.take(q, custody_first=False)
    return max(stock.book, 0), stock.over + max(-stock.book, 0), stock.unaccounted


__all__ = ["BOTH", "DISPATCHED", "RECEIVED", "Held", "LotBooks", "Moved", "Recalled", "Row"]
