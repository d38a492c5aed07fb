"""All names of a lot, and what is said of it under any of them (RECALL section 8, law 15: renaming changes nothing but names)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from foodtrace.graph.copies import flows_once
from foodtrace.graph.fitting import named
from foodtrace.graph.flows import Flow
from foodtrace.graph.inorder import in_order
from foodtrace.graph.makers import maker
from foodtrace.recall.facts import Facts


def with_aliases(facts: Facts, lots: Collection[int]) -> set[int]:
    """Return lots with all of their names."""
    every, fresh = set(lots), set(lots)
    while fresh:
        fresh = {lot for both in facts.aliases(fresh) for lot in both} - every
        every |= fresh
    return every


def flows_of_lot(facts: Facts, lot: int) -> list[Flow]:
    """Return the flows of a lot under all of its names, as this one's, each event once (:mod:`foodtrace.graph.copies`)."""
    names = with_aliases(facts, [lot])
    flows = [flow if flow.lot == lot else msgspec.structs.replace(flow, lot=lot) for flow in facts.flows(names)]
    return flows_once(facts, facts.under_one_number(flows) if len(names) > 1 else flows)[0]


def maker_of(facts: Facts, asked: Sequence[int]) -> str:
    """Return who made the first of some lots that any record lets begin; "" if nobody is known to (:mod:`foodtrace.graph.makers`)."""
    classes = named(facts.aliases, asked)
    every = [name for names in classes for name in names]
    infos, texts = facts.lots(every), facts.texts(every)
    for names in classes:
        makers = {each for name in names for each in infos[name].all_makers}
        if makers:
            return maker(makers, [texts[name] for name in names])
    return ""


def product_of(facts: Facts, asked: Sequence[int]) -> str:
    """Return the product of the lots asked for, by their own names first, then by others in the order of these; "" if nobody says it."""
    found = next((info.product for info in facts.lots(asked).values() if info.product), "")
    if found:
        return found
    others = with_aliases(facts, asked) - set(asked)
    texts, infos = facts.texts(others), facts.lots(others)
    return next((infos[lot].product for lot in sorted(infos, key=lambda each: in_order(texts[each])) if infos[lot].product), "")


__all__ = ["flows_of_lot", "maker_of", "product_of", "with_aliases"]
