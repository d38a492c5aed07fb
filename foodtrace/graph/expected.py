"""What a log's entries call for in the projection: the rows that each says, and sums over what many entries add up to.

Rules:

1. Rows that belong to one entry are made as they are stored, to be compared one by one (:mod:`foodtrace.graph.entryrows`).
2. Rows that many entries add to (:data:`SUMMED`) are compared by a linear fingerprint: what an entry adds is a sum of terms, so
   spans of a log can be added up by different processes in any order, and not one of these rows is made.
3. A correction adds its own terms where it stands; what it takes out of its target is added afterwards by :meth:`Expected.take_out`,
   by whoever knows the correction before it.
4. This says what :mod:`foodtrace.graph.projection` writes. Where the two disagree, the exact comparison of :mod:`foodtrace.graph.check`
   decides, and a test fails.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple, TypeAlias

from foodtrace.events import AnyEvent, Correction, Event
from foodtrace.graph.edges import Effects, FlowText, effects
from foodtrace.graph.edges_goods import PLAIN
from foodtrace.graph.entryrows import CORRECTION
from foodtrace.graph.flows import DELIVERED, UNNAMED, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.projection import OWN_SUM, SAID_BY_OTHERS, corrected, kind_of
from foodtrace.graph.told import Columns, Told, transposed
from foodtrace.graph.weights import PRIME, Triple, Weights
from foodtrace.storage.session import Row
from foodtrace.storage.sums import SUMS

SUMMED: Final = ("holding", "lot_edge", "alias", "unnamed")
"""Tables with a fingerprint; ``site_seen`` keeps the newest of its values, which no sum can tell, and is compared itself."""
_FLOWS: Final = SUMS.index("flows")
_COUNTS: Final = SUMS.index("counts")
_OTHER: Final = {name: SUMS.index(name) for name in ("dispatched_in", "delivered", "return_in")}
_RECEIPT, _DISPATCH, _RETURN, _COUNT = (int(each) for each in (FlowKind.RECEIPT, FlowKind.DISPATCH, FlowKind.RETURN, FlowKind.COUNT))
_SHAPES: Final = 10_000
_TWO_SIDED: Final = frozenset((_RECEIPT, _DISPATCH, _RETURN))

Item: TypeAlias = tuple[int, int, Any, type[Event]]
"""(seq, recorded, event, kind) of an entry; the event is of that kind, or its twin (:mod:`foodtrace.events.lean`)."""


class Touched(NamedTuple):
    """A row that a correction took something out of; it stays, though all of it may be zero."""

    table: str
    names: tuple[str, ...]
    unit: int
    """Of a holding; else 0."""


class Holdings:
    """The weights of holdings, one place for both sides of the comparison: a value counts lot times site times column."""

    def __init__(self, weights: Weights, names: int) -> None:
        """Take the largest number that a name has."""
        self.lots: array[int] = weights.numbered("lot", names)
        self.sites: array[int] = weights.numbered("site", names)
        self.sites[0] = 0  # no site holds nothing, and no row may say that it does
        self.columns = [weights.columns(f"holding {unit}", len(SUMS)) for unit in range(3)]
        """By unit, the weight of each sum."""


class _Shapes(dict[tuple[int, int, int], tuple[int, int, int, int]]):
    """What flows of a kind, unit and flags add to holdings; there are few.

    To their own site's a constant and a factor of the quantity, and the same to the other site's.
    """

    def __init__(self, columns: Sequence[list[int]]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
        kind, unit, flags = shape
        column = self._columns[unit]
        own, factor, other, rate = 0, 0, 0, 0
        if not flags & UNNAMED:
            own = column[_FLOWS] + (column[_COUNTS] if kind == _COUNT else 0)
            factor = column[OWN_SUM[kind]] if kind in OWN_SUM else 0
        if kind in _TWO_SIDED:
            # The sender a receipt names held the lot too, even if it recorded nothing itself (RECALL section 1).
            other = column[_FLOWS]
            rate = 0 if kind == _RECEIPT else column[_OTHER[_arrives(kind, flags)]]
        if len(self) < _SHAPES:
            self[shape] = own, factor, other, rate
        return own, factor, other, rate


class Expected:
    """Adds up what the entries of one log call for."""

    def __init__(self, weights: Weights, holdings: Holdings, origin: str) -> None:
        self.sums: dict[str, int] = dict.fromkeys(SUMMED, 0)
        self.seen: dict[str, int] = {}
        """Site -> newest time an entry there was recorded."""
        self.corrections: list[tuple[int, int]] = []
        """(seq, target) of corrections of this log's own entries, in order."""
        self.conditional: set[int] = set()
        """Corrections of another log's entries that have rows: these count only if a reader finds the corrector entitled."""
        self._weights, self._holdings, self._origin = weights, holdings, origin
        self._shapes: Mapping[tuple[int, int, int], tuple[int, int, int, int]] = _Shapes(self._holdings.columns)

    def tell(self, items: Sequence[Item]) -> Told:
        """Return what entries say, and count what is no row of theirs."""
        origin, seen = self._origin, self.seen
        moves: list[Row] = []
        lots: list[Row] = []
        sites: list[Row] = []
        about: list[Row] = []
        cross: list[Row] = []
        for seq, recorded, event, kind in items:
            plain = PLAIN[kind](event) if kind in PLAIN else None
            if plain is not None:
                flow, subject = plain
                moves.append((seq, 0, recorded) + flow)  # noqa: RUF005
                if subject:
                    about.append((seq, ABOUT[kind], subject))
                if event.site:
                    seen[event.site] = recorded
                continue
            made = effects(event, origin, seq, kind)
            counts = True
            if kind is Correction:
                kind = kind_of(event)  # noqa: PLW2901 - under which its rows stand
                if event.log:
                    counts = False
                    if _has_rows(made, kind):
                        self.conditional.add(seq)
                else:
                    self.corrections.append((seq, event.seq))
                    about.append((seq, CORRECTION, corrected(origin, event.seq)))
            # Tuples are put together by +: this is the hottest loop of a verification.
            item = 0
            for flow in made.flows:
                moves.append((seq, item, recorded) + flow)  # noqa: RUF005
                item += 1  # noqa: SIM113 - enumerating costs more: nearly every entry has one flow
            if made.lots:
                lots += [(seq, item, recorded, *lot) for item, lot in enumerate(made.lots)]
            if made.about:
                number = ABOUT.get(kind, 0)
                about += [(seq, number, text) for text in (set(made.about) if len(made.about) > 1 else made.about)]
            if made.site is not None:
                at = made.site
                sites.append((seq, recorded, at.site, at.operator, at.kind, at.name, at.county, at.region, at.parent))
            if made.cross is not None:
                cross.append((seq, *made.cross))
            if counts and (made.edges or made.aliases or made.unnamed):
                self._count(made, 1)
            if event.site and kind not in SAID_BY_OTHERS:
                seen[event.site] = recorded  # time never runs backwards in a log
        about.sort()
        return Told(*map(transposed, (moves, lots, sites, about, cross)))

    def hold(self, moves: Columns) -> None:
        """Add what flows add to holdings, as :class:`foodtrace.graph.gathered.Gathered` does.

        :param moves: rows of flows, with numbers for names. :raises IndexError: a name has no number.
        """
        if not moves:
            return
        seqs, _, _, kinds, lots, sites, others, units, amounts, *_, flags, _ = moves
        shapes = map(self._shapes.__getitem__, zip(kinds, units, flags, strict=True))
        weigh: Iterable[tuple[int, int, int, int, tuple[int, int, int, int]]] = zip(lots, sites, others, amounts, shapes, strict=True)
        if not self.conditional.isdisjoint(seqs):
            weigh = compress(weigh, [seq not in self.conditional for seq in seqs])
        lot_, site_ = self._holdings.lots, self._holdings.sites
        self.sums["holding"] += sum(
            [
                lot_[lot] * (site_[site] * (own + q * factor) + (site_[other] * (there + q * rate) if there else 0))
                for lot, site, other, q, (own, factor, there, rate) in weigh
            ]
        )

    def take_out(self, target: int, event: AnyEvent, number: Mapping[str, int]) -> list[Touched]:
        """Take out what the entry ``target`` added; return the rows touched. :raises KeyError, IndexError: a name has no number."""
        made = effects(event, self._origin, target)
        held = 0
        for flow in made.flows:
            own, factor, there, rate = self._shapes[flow.kind, flow.unit, flow.flags]
            here = self._holdings.sites[number[flow.site]] * (own + flow.q * factor)
            held += self._holdings.lots[number[flow.lot]] * (here + self._holdings.sites[number[flow.other]] * (there + flow.q * rate))
        self.sums["holding"] -= held
        self._count(made, -1)
        return _touched(made)

    def result(self) -> dict[str, int]:
        """Return the fingerprint of each table so far."""
        return {table: value % PRIME for table, value in self.sums.items()}

    def _count(self, made: Effects, sign: int) -> None:
        """Add to the counted rows."""
        text = self._weights.text
        for table, keys in (("lot_edge", made.edges), ("alias", made.aliases), ("unnamed", made.unnamed)):
            self.sums[table] += sign * sum(counted(*(text(name) for name in key)) for key in keys)


def says_rows(origin: str, seq: int, event: AnyEvent) -> bool:
    """Say whether an entry has rows that a correction ends."""
    return _has_rows(effects(event, origin, seq), kind_of(event) if isinstance(event, Correction) else type(event))


def _has_rows(made: Effects, kind: type[Event]) -> bool:
    return bool(made.flows or made.lots or made.site is not None or (made.about and ABOUT.get(kind, 0) != CORRECTION))


def counted(*names: Triple) -> int:
    """Return the term of one counted row: each name in its own place."""
    first, second = names[0][0], names[1][1]
    return first * second * names[2][2] if len(names) > 2 else first * second  # noqa: PLR2004 - of lot_edge


def _arrives(kind: int, flags: int) -> str:
    if not flags & DELIVERED:
        return "dispatched_in"
    return "delivered" if kind == _DISPATCH else "return_in"


def _touched(made: Effects) -> list[Touched]:
    found = [Touched("lot_edge", key, 0) for key in made.edges]
    found += [Touched("alias", key, 0) for key in made.aliases]
    found += [Touched("unnamed", key, 0) for key in made.unnamed]
    for flow in made.flows:
        if flow.site and not flow.flags & UNNAMED:
            found.append(Touched("holding", (flow.lot, flow.site), flow.unit))
        if flow.other and flow.kind in _TWO_SIDED:
            found.append(Touched("holding", (flow.lot, flow.other), flow.unit))
    return list(dict.fromkeys(found))


__all__ = ["SUMMED", "Expected", "FlowText", "Holdings", "Item", "Touched", "counted", "says_rows"]
