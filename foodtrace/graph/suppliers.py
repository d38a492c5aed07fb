"""Who supplied what a lot was made of (RECALL section 2): whoever made an input, and whoever it passed through on its way to the maker.

Rules:

1. An input is supplied by who made it, and by every operator at one of whose sites it was and who sent it on, so that it came to where
   it was used, directly or through other hands. A dealer that makes nothing is a supplier like any other.
2. Times do not matter: a lot is one, and what is said of its moves comes late.
3. Goods that came from a site whose operator nobody knows, or on a receipt that names no sender, may have come from anybody: the empty
   operator stands for that, and the lot that was made of them is possible (:mod:`foodtrace.graph.predicate`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from foodtrace.graph.flowkind import LEAVING, FlowKind
from foodtrace.graph.flows import Flow

NOBODY_KNOWS: Final = ""
"""Stands for an operator that nobody knows (rule 3)."""


def makers_sites(inputs: Iterable[Flow], outputs: Iterable[Flow]) -> frozenset[int]:
    """Return the sites at which a lot was made of another: where it came out and the other went in; else wherever it came out."""
    made = frozenset(flow.site for flow in outputs if flow.kind == FlowKind.PRODUCED)
    return made & {flow.site for flow in inputs if flow.kind == FlowKind.CONSUMED} or made


def senders(flows: Iterable[Flow], to: Collection[int]) -> set[int]:
    """Return the sites that sent goods of one lot to some sites, directly or through others; 0: a receipt on the way names none.

    :param flows: of the lot, under all of its names.
    """
    came: dict[int, set[int]] = defaultdict(set)
    nowhere: dict[str, set[int]] = defaultdict(set)
    told: set[tuple[str, int]] = set()
    unsaid: list[Flow] = []
    for flow in flows:
        if flow.kind in LEAVING and flow.other:
            came[flow.other].add(flow.site)
            told.add((flow.pair, flow.other))
        elif flow.kind in LEAVING:
            nowhere[flow.pair].add(flow.site)
        elif flow.kind == FlowKind.RECEIPT and flow.other:
            came[flow.site].add(flow.other)
        elif flow.kind == FlowKind.RECEIPT:
            unsaid.append(flow)
    for flow in unsaid:
        if not flow.pair or (flow.pair, flow.site) not in told:
            came[flow.site] |= (nowhere.get(flow.pair) if flow.pair else None) or {0}
    found: set[int] = set()
    rim = set(to)
    while rim:
        fresh = came.get(rim.pop(), set()) - found
        found |= fresh
        rim |= fresh
    return found


__all__ = ["NOBODY_KNOWS", "makers_sites", "senders"]
