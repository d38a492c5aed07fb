"""Transfers that the logs of several parties tell of unlike lots (RECALL section 3, duplicate_conflict). Pure.

Rules:

1. A transfer is its number, sender and receiver, all three given. What one party says of it, in whichever of its logs, is its word.
2. A lot that one party names under it and another does not is open: the receiver holds one lot or the other, and nothing on record says
   which. Names of one lot are one; lots that every party names are not open.
3. A dispatch without lot says nothing of which lot it was. It is no word against another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from foodtrace.graph.flows import LEAVING, UNNAMED, Flow
from foodtrace.recall.entries import Entry

Key: TypeAlias = tuple[str, int, int]
"""(number, sender, receiver)."""


def transfer_of(flow: Flow) -> Key | None:
    """Return the transfer that a flow tells of a lot, none where it tells of none (rules 1 and 3)."""
    told = flow.kind in LEAVING and flow.pair and flow.site and flow.other and not flow.flags & UNNAMED
    return (flow.pair, flow.site, flow.other) if told else None


def unlike_lots(
    flows: Sequence[Flow],
    one: Mapping[int, int],
    party: Callable[[int], str],
    ranks: Mapping[int, int],
) -> tuple[list[tuple[int, Flow]], tuple[Entry, ...]]:
    """Return (lot, first dispatch of it) of each lot that not every party names under one transfer, and the entries of all their words.

    :param one: name of a lot -> the lot. :param party: who writes a log. :param ranks: place of each log by its origin.
    """
    flows = sorted(flows, key=lambda flow: (flow.t, ranks.get(flow.log, flow.log), flow.seq, flow.item))
    entries = tuple(dict.fromkeys((flow.log, flow.seq) for flow in flows))
    parties: dict[str, set[int]] = {}
    first: dict[int, Flow] = {}
    for flow in flows:
        lot = one.get(flow.lot, flow.lot)
        parties.setdefault(party(flow.log), set()).add(lot)
        first.setdefault(lot, flow)
    if len(parties) < 2:  # noqa: PLR2004 - lines of one party
        return [], entries
    everybodys = set.intersection(*parties.values())
    return [(lot, flow) for lot, flow in first.items() if lot not in everybodys], entries


__all__ = ["Key", "transfer_of", "unlike_lots"]
