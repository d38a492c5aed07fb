"""Which lots a rule means, each under all of its names (RECALL sections 1 and 2).

Rules:

1. A lot is one whatever it is called (law 15). Its code is any of its names', its attributes are those said of any of them, and who
   supplied it is whoever supplied it under any. The latest word counts, whichever name it was said of; who made it, every word
   (:mod:`foodtrace.graph.makers`).
2. Every name of a lot that fits is returned, all with the same verdict.
3. Goods dispatched without lot are what their record says: of its product, or of one nobody named; all else about them is unknown, so that
   they may fit any rule on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from foodtrace.graph.flows import Flow, LotInfo
from foodtrace.graph.predicate import may_fit
from foodtrace.graph.suppliers import makers_sites, senders
from foodtrace.graph.words import lot_said

if TYPE_CHECKING:
    from foodtrace.events import PredicateClause
    from foodtrace.graph.reader import SqlFacts
    from foodtrace.graph.words import LotSaid

_MAKERS = 10
"""Where every operator at whose sites a lot began stands in what is said of it."""
Pairs: TypeAlias = Iterable[tuple[int, int]]


def fitting(rows: SqlFacts, clause: PredicateClause, lots: Collection[int]) -> list[tuple[int, bool]]:
    """Return (lot, certain) of those of these lots that a rule means, and of all their other names; certain: nobody contradicts it."""
    classes = named(rows.aliases, lots)
    every = [name for names in classes for name in names]
    suppliers = _suppliers(rows, every, clause.supplier) if clause.supplier else {}
    texts = rows.texts(every)
    words, born = rows.words_in_order(classes)
    found: list[tuple[int, bool]] = []
    for names in classes:
        said = words.get(names[0], ())
        each = [lot_info(names[0], lot_said(texts[names[0]], (word,), born)) for word in said] if len(said) > 1 else []
        verdict = may_fit(
            clause,
            lot_info(names[0], lot_said(texts[names[0]], said, born, [texts[name] for name in names])),
            each,
            {supplier for name in names for supplier in suppliers.get(name, ())},
            names=[texts[name] for name in names],
        )
        if verdict is not False:
            found += [(name, verdict is True) for name in names]
    return found


def named(aliases: Callable[[Collection[int]], Pairs], lots: Collection[int]) -> list[tuple[int, ...]]:
    """Return these lots, each with all of its names; the names of one lot in order.

    :param aliases: every pair of names of one lot that touches some lots.
    """
    others: dict[int, set[int]] = defaultdict(set)
    fresh = set(lots)
    seen: set[int] = set()
    while fresh:
        seen |= fresh
        pairs = list(aliases(fresh))
        for one, two in pairs:
            others[one].add(two)
            others[two].add(one)
        fresh = {name for pair in pairs for name in pair} - seen
    classes: list[tuple[int, ...]] = []
    for lot in dict.fromkeys(lots):
        if lot not in seen:
            continue  # it is in the class of a lot before it
        names, rim = {lot}, [lot]
        while rim:
            new = others.get(rim.pop(), set()) - names
            names |= new
            rim += new
        seen -= names
        classes.append(tuple(sorted(names)))
    return classes


def lot_info(lot: int, said: LotSaid) -> LotInfo:
    """Return what the records say of a lot as a struct."""
    text, product, gtin, producer, harvested, produced, expiry, content, unit, products, makers = said
    return LotInfo(
        lot=lot,
        text=text,
        product=product,
        gtin=gtin,
        producer=producer,
        harvested=harvested,
        produced=produced,
        expiry=expiry,
        content=content,
        content_unit=unit,
        products=products,
        makers=makers,
    )


def _suppliers(facts: SqlFacts, lots: Collection[int], wanted: str) -> Mapping[int, set[str]]:
    """Return the operators that supplied each lot, among them surely one asked for (:mod:`foodtrace.graph.suppliers`)."""
    pairs = list(facts.parents(lots))
    classes = named(facts.aliases, {src for src, _ in pairs})
    every = [name for names in classes for name in names]
    texts, said = facts.texts(every), facts.lots_said(every)
    whose: dict[int, set[str]] = {}
    for names in classes:
        found = {operator for name in names for operator in (texts[name].partition("/")[0], *said[name][_MAKERS])} - {""}
        whose |= dict.fromkeys(names, found)
    made: dict[int, set[str]] = defaultdict(set)
    for src, dst in pairs:
        made[dst] |= whose[src]
    may = facts.passed(every, wanted)
    sent = [names for names in classes if not may.isdisjoint(names)]
    for dst, found in delivered(facts, sent, pairs).items():
        made[dst] |= found
    return made


def delivered(facts: SqlFacts, classes: Collection[tuple[int, ...]], pairs: Pairs) -> Mapping[int, set[str]]:
    """Return the operators that sent inputs on to where each lot was made.

    :param classes: the inputs, each with all of its names; others are left out. :param pairs: (input, made).
    """
    one = {name: names for names in classes for name in names}
    made_of = [(src, dst) for src, dst in pairs if src in one]
    flows: dict[int, list[Flow]] = defaultdict(list)
    for flow in facts.flows({*one, *(dst for _, dst in made_of)}) if made_of else ():
        flows[flow.lot].append(flow)
    ways: dict[tuple[int, frozenset[int]], set[int]] = {}
    places: dict[int, set[int]] = defaultdict(set)
    for src, dst in made_of:
        inputs = [flow for name in one[src] for flow in flows[name]]
        way = (one[src][0], makers_sites(inputs, flows[dst]))
        if way not in ways:
            ways[way] = senders(inputs, way[1])
        places[dst] |= ways[way]
    whose = facts.operators({site for sites in places.values() for site in sites})
    return {dst: {whose[site] for site in sites} for dst, sites in places.items()}


__all__ = ["delivered", "fitting", "lot_info", "named"]
