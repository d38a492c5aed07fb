"""Goods that are about to come to be, as recall cases see them: of new lots, and more of lots on record (RECALL section 7).

A rule is evaluated anew in each answer, so a lot is under recall from the moment its first paper says what it is. To be asked for after
that is too late: the label is printed, the batch is filled. Rules:

1. What an entry would say of its lots is read from what it would do to the records, so that what is asked here is what a recall finds then.
2. Who made a lot is whoever's the site is that it comes to be at; a farm's crop has no supplier; of what is made of other lots who made
   or sent them on are the suppliers, and of anything else they are not known (:mod:`foodtrace.graph.predicate`).
3. A lot that moved or was counted is no new one: the records say what stands against it, and what stands against it stands against making
   more of it. What goes back into the lot that it was is no more of it: it is asked for as what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from foodtrace.events import Event
from foodtrace.graph.edges import UNIT_NAMES, effects
from foodtrace.graph.fitting import named
from foodtrace.graph.flows import LotInfo
from foodtrace.graph.makers import maker
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.suppliers import senders
from foodtrace.graph.times import UNKNOWN_DAY
from foodtrace.quantity import Quantity


class NewGoods(NamedTuple):
    """Goods of a lot that comes to be."""

    info: LotInfo
    suppliers: Callable[[], Collection[str]]
    """Operators that supplied what goes into it, read when a rule asks; empty: none do, or nobody knows (:attr:`LotInfo.harvested`)."""
    quantity: Quantity | None = None
    heard: bool = False
    """The lot is on record: it would be more of it."""


def new_goods(facts: SqlFacts, event: Event) -> list[NewGoods]:
    """Return the lots of which an event that is not on record would make goods, as it says what they are."""
    made = effects(event, "", -1)
    sources = {src: None for src, _, _ in made.edges}
    texts = {text for each in made.lots for text in (each.site,) if text}
    numbers = facts.numbers({*texts, *sources})
    sites = facts.sites({numbers[text] for text in texts if text in numbers})
    whose = {info.text: info for info in sites.values()}
    inputs: dict[str, set[str]] = {}
    for src, dst, _ in made.edges:
        inputs.setdefault(dst, set()).add(src)
    return [
        NewGoods(
            LotInfo(
                lot=0,
                text=each.lot,
                product=each.product,
                gtin=each.gtin,
                producer=maker({whose[each.site].operator} - {""} if each.site in whose else set(), [each.lot]),
                harvested=each.site in whose and whose[each.site].kind == "farm",
                produced=None if each.produced == UNKNOWN_DAY else each.produced,
                expiry=None if each.expiry == UNKNOWN_DAY else each.expiry,
            ),
            partial(_suppliers, facts, inputs.get(each.lot, set()), {numbers[each.site]} if each.site in numbers else ()),
            next((Quantity(flow.q, UNIT_NAMES[flow.unit]) for flow in made.flows if flow.lot == each.lot), None),
            not unheard(facts, each.lot),
        )
        for each in made.lots
        if each.lot not in sources
    ]


def _suppliers(facts: SqlFacts, inputs: Collection[str], at: Collection[int]) -> frozenset[str]:
    """Return who supplied inputs that are used at a site (:mod:`foodtrace.graph.suppliers`)."""
    found = {text.partition("/")[0] for text in inputs}
    classes = named(facts.aliases, facts.numbers(inputs).values())
    every = [name for names in classes for name in names]
    found |= {operator for info in facts.lots(every).values() for operator in (info.text.partition("/")[0], *info.all_makers)}
    sent = {site for names in classes for site in senders(facts.flows(names), at)}
    return frozenset(found - {""}) | set(facts.operators(sent).values())


def unheard(facts: SqlFacts, lot: str) -> bool:
    """Say whether no record moves, makes or counts a lot (rule 3)."""
    number = facts.lot(lot)
    return number is None or not facts.flows([number])
