"""Full lots: lots of which every gram is of the scope, so that their bounds need no replay (RECALL section 4).

Rules:

1. A lot in the scope is full. So is a lot all of whose births are transformations that took in nothing but full lots.
2. Not so where more came out than went in, in one unit: nobody knows where the surplus is from. Nor with any other birth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from foodtrace.graph.flows import Flow, FlowKind


def made_full(
    flows: Iterable[Flow], entries: Mapping[tuple[int, int], list[Flow]], *, whole: frozenset[int], uncertain: frozenset[int]
) -> set[int]:
    """Return the lots made only from full lots.

    :param entries: (log, seq) -> flows of each transformation.
    :param whole: lots in the scope as wholes.
    :param uncertain: lots that may be; they are never full.
    """
    barred = {flow.lot for flow in flows if flow.kind == FlowKind.BORN} | uncertain | whole
    inputs: dict[int, set[int]] = defaultdict(set)
    children: dict[int, set[int]] = defaultdict(set)
    for each in entries.values():
        taken = {flow.lot for flow in each if flow.kind == FlowKind.CONSUMED}
        for lot in {flow.lot for flow in each if flow.kind == FlowKind.PRODUCED}:
            inputs[lot] |= taken
            for source in taken:
                children[source].add(lot)
            if not taken or _gains(each):
                barred.add(lot)
    found: set[int] = set()
    waiting = [lot for source in whole for lot in children[source]]
    while waiting:
        lot = waiting.pop()
        if lot not in found and lot not in barred and inputs[lot] <= whole | found:
            found.add(lot)
            waiting += children[lot]
    return found


def _gains(entry: Iterable[Flow]) -> bool:
    """Say whether more came out of a transformation than went in, in one unit: the surplus is of unknown origin."""
    flows = list(entry)
    taken = [flow for flow in flows if flow.kind == FlowKind.CONSUMED]
    made = [flow for flow in flows if flow.kind == FlowKind.PRODUCED]
    return len({flow.unit for flow in (*taken, *made)}) == 1 and sum(flow.q for flow in made) > sum(flow.q for flow in taken)
