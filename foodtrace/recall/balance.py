"""Mass balance of lots over every site that had them: what came in equals what is known to have become of it (RECALL section 4). Pure.

Rules:

1. Per lot and unit, over all its holdings::

       born + brought_back + over + surplus + from_nowhere + changed_in
         = consumed + sold + destroyed + lost + used + on_hand + unaccounted + travelling + to_nowhere + changed_out

   Moves between two holdings cancel out but for what is on the way (``travelling``), what arrived beyond what was sent (``surplus``), and
   what came from or went to no named site. ``changed`` is a move whose two sides use unlike units.
2. **Not accounted for** is what nobody can point at now: ``unaccounted``, goods travelling beyond ``transit_limit``, goods sent to no
   registered site, and stock on hand by the book at sites that record nothing (their stock is unknown, never zero).
3. Goods used into another lot of the same question are counted there only: the total leaves them out on both sides.
4. Dispatches without lot are in no lot's book; they stand apart, as in a recall.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

import msgspec

from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import Affected


class Balance(msgspec.Struct, kw_only=True):
    """Both sides for one lot and unit (or, added up, for one unit), in base units."""

    born: int = 0
    brought_back: int = 0
    over: int = 0
    surplus: int = 0
    from_nowhere: int = 0
    changed_in: int = 0
    consumed: int = 0
    consumed_into: int = 0
    """Of ``consumed``: what went into another lot of the same question."""
    sold: int = 0
    destroyed: int = 0
    lost: int = 0
    used: int = 0
    on_hand: int = 0
    on_hand_unknown: int = 0
    """Of ``on_hand``: at sites that record nothing."""
    unaccounted: int = 0
    travelling: int = 0
    overdue: int = 0
    """Of ``travelling``: for longer than ``transit_limit``."""
    to_nowhere: int = 0
    changed_out: int = 0

    @property
    def came(self) -> int:
        """Return the left side."""
        return self.born + self.brought_back + self.over + self.surplus + self.from_nowhere + self.changed_in

    @property
    def became(self) -> int:
        """Return the right side."""
        gone = self.consumed + self.sold + self.destroyed + self.lost + self.used
        return gone + self.on_hand + self.unaccounted + self.travelling + self.to_nowhere + self.changed_out

    @property
    def missing(self) -> int:
        """Return what is not accounted for (rule 2)."""
        return self.unaccounted + self.overdue + self.to_nowhere + self.on_hand_unknown

    def add(self, other: Balance) -> None:
        """Add another balance."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def balances(found: Affected, *, overdue_before: int, unknown: Collection[int] = ()) -> dict[tuple[int, int], Balance]:
    """Return (lot, unit) -> balance of every affected lot of a scope of whole lots.

    :param overdue_before: what left earlier than this and still travels is overdue, microseconds UTC.
    :param unknown: sites that record nothing.
    """
    pseudo = {move.lot for move in found.moves if move.unnamed}
    wanted = set(found.lots) - pseudo
    made: dict[tuple[int, int], Balance] = defaultdict(Balance)
    for (lot, site, unit), sums in found.sums.items():
        if lot not in wanted:
            continue
        row = made[lot, unit]
        for name in ("born", "brought_back", "over", "consumed", "sold", "destroyed", "lost", "used", "on_hand", "unaccounted"):
            setattr(row, name, getattr(row, name) + getattr(sums, name))
        if site in unknown:
            row.on_hand_unknown += sums.on_hand
    for move in found.moves:
        if move.lot not in wanted or move.unnamed:
            continue
        out, into = made[move.lot, move.unit], made[move.lot, move.unit_in]
        if not move.src:
            into.from_nowhere += move.received
        elif not move.dst:
            out.to_nowhere += move.sent
        elif move.unit != move.unit_in:
            out.changed_out += move.sent
            into.changed_in += move.received
        else:
            out.travelling += move.travelling
            out.overdue += move.travelling if move.t_out < overdue_before else 0
            into.surplus += max(move.received - move.sent, 0)
            into.changed_in += move.of_others
            out.changed_out += min(move.under_others, max(move.sent, move.received))
    _into(found, wanted, made)
    return {key: row for key, row in made.items() if row != Balance()}


def _into(found: Affected, wanted: set[int], made: dict[tuple[int, int], Balance]) -> None:
    """Add what went into another lot of the same question (rule 3)."""
    outputs: dict[tuple[int, int], set[int]] = defaultdict(set)
    for flow in found.flows:
        if flow.kind == FlowKind.PRODUCED and flow.lot in wanted:
            outputs[flow.log, flow.seq].add(flow.lot)
    for flow in found.flows:
        if flow.kind == FlowKind.CONSUMED and flow.lot in wanted and outputs.get((flow.log, flow.seq)):
            made[flow.lot, flow.unit].consumed_into += flow.q


def total(rows: Iterable[Balance]) -> Balance:
    """Return balances of one unit added up."""
    made = Balance()
    for row in rows:
        made.add(row)
    return made


def accounted(row: Balance) -> tuple[int, int]:
    """Return (accounted for, of how much); what went into another lot of the question is left out (rules 2 and 3)."""
    came = row.came - row.consumed_into
    return came - row.missing, came
