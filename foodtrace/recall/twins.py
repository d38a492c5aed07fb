"""Which dispatches without lot are one transfer that several logs tell (RECALL section 1, ADR 28). Pure.

A dispatch without lot stands for a lot of its own, named by the entry that tells of it; so the words of two logs on one load stand for two.
Rules:

1. They are one lot under two names where number, sender and receiver are the same, all three given, the product is one
   (:mod:`foodtrace.graph.products`), and the logs are two. What counts of their words is then told by :mod:`foodtrace.recall.words`.
2. A word that names no product is of the one product that the other words name. Where they name several, nobody can say which is meant,
   and it stays by itself: what is counted twice is looked for, what is left out is not.
3. Lines of one log are lines of one voucher, never two words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from foodtrace.graph.flows import LEAVING, UNNAMED, Flow, LotInfo
from foodtrace.graph.products import fits_product


def twins(flows: Iterable[Flow], infos: Mapping[int, LotInfo]) -> set[tuple[int, int]]:
    """Return pairs of lots, as aliases are given, of dispatches without lot that several logs tell.

    :param infos: what is known of each of these lots; one that is missing is of no product.
    """
    together: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
    for flow in flows:
        if flow.flags & UNNAMED and flow.kind in LEAVING and flow.pair and flow.site and flow.other:
            together[flow.pair, flow.site, flow.other].append(flow)
    found: set[tuple[int, int]] = set()
    for lines in together.values():
        if len({line.log for line in lines}) > 1:
            for same in _products(lines, infos):
                if len({line.log for line in same}) > 1:
                    found |= {(same[0].lot, line.lot) for line in same[1:]}
    return found


def _products(lines: Iterable[Flow], infos: Mapping[int, LotInfo]) -> list[list[Flow]]:
    """Return the lines of each product; those that name none with the only one there is (rule 2)."""
    made: list[tuple[str, list[Flow]]] = []
    nameless: list[Flow] = []
    for line in lines:
        product = infos[line.lot].product if line.lot in infos else ""
        if not product:
            nameless.append(line)
            continue
        same = next((each for known, each in made if fits_product(product, known)), None)
        if same is None:
            made.append((product, [line]))
        else:
            same.append(line)
    if len(made) == 1:
        made[0][1].extend(nameless)
        return [made[0][1]]
    return [*(each for _, each in made), nameless]


__all__ = ["twins"]
