"""What happened at some sites of one lot, in the engine's own terms, where sums alone do not say what lies there. Pure.

Rules:

1. Goods in custody, counts, and what an outlet said lay there are followed in time by :mod:`foodtrace.recall.quantities`. Here the
   rows about a few sites are made into its moves and flows; all other rows of the lot stay rows.
2. A move pairs by its number: with a row about one of the sites come all that bear its number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from foodtrace.graph.flows import LEAVING, Flow, FlowKind
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.quantities import Event, HoldingSum, closed, flowed, follow, moved
from foodtrace.recall.stock import Stock

Row: TypeAlias = tuple[Any, ...]

_SIDES: Final = frozenset(map(int, (*LEAVING, FlowKind.RECEIPT)))
_DISCARDED: Final = int(FlowKind.DISCARDED)
_SAID, _OUT = 0, 2
"""Phases of one moment, as in :mod:`foodtrace.recall.quantities`: what was said comes first, what leaves after what came."""


class Replay:
    """Moves and flows that touch some sites of one lot.

    :param rows: every row of the lot. :param ranks: place of every log by its origin.
    """

    def __init__(self, rows: Sequence[Row], sites: Collection[int], ranks: Mapping[int, int]) -> None:
        numbers = {row[11] for row in rows if row[0] in _SIDES and row[11] and (row[2] in sites or row[3] in sites)}
        sides: list[Flow] = []
        self.flows: list[Flow] = []
        for row in rows:
            if row[0] in _SIDES:
                if row[11] in numbers or row[2] in sites or row[3] in sites:
                    sides.append(Flow(*row[:13]))
            elif row[0] != _DISCARDED and row[2] in sites:
                self.flows.append(Flow(*row[:13]))
        self.moves: list[Move] = [move for move in pair(sides, {}, ranks) if move.src in sites or move.dst in sites]
        self._events: dict[int, list[Event]] = {site: [] for site in sites}
        for move in self.moves:
            for (_, site, _), event in moved(move):
                if event is not None and site in self._events:
                    self._events[site].append(event)
        for flow in self.flows:
            event = flowed(flow)
            if event is not None:
                self._events[flow.site].append(event)

    def sum(self, site: int, *, said: tuple[int, int] | None = None, arrived: int | None = None) -> HoldingSum:
        """Return the terms of one holding, travelling left out.

        :param said: (moment, quantity) of what the site said lay there. :param arrived: only what came by then, and left before.
        """
        events = [*self._events[site], *([] if said is None else [(said[0], _SAID, "", said[1])])]
        sums, stock = HoldingSum(), Stock()
        follow(sums, stock, sorted(events if arrived is None else [event for event in events if event[:2] < (arrived, _OUT)]))
        return closed(sums, stock)
