"""Following a lot back to what it was made from, and forward to what was made of it. Exact on cycles: each lot once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.flows import BIRTHS
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session


class TracedLot(msgspec.Struct, frozen=True):
    """A lot on the way."""

    lot: str
    product: str
    site: str
    """Name of the site it was born at, as far as the records say."""
    depth: int
    """Transformations between it and the lot asked for."""


class Trace(msgspec.Struct, frozen=True):
    """A lot with its ancestors and descendants, nearest first."""

    lot: str
    product: str
    site: str
    back: tuple[TracedLot, ...]
    forward: tuple[TracedLot, ...]


def trace(session: Session, lot: str, *, now: int) -> Trace:
    """Return what a lot was made from and what was made of it. Raises ``NotFound``, ``Ambiguous`` (``lot.*``)."""
    facts = SqlFacts(session, now)
    text = resolve_lot(session, lot)
    number = facts.lot(text)
    start = {number} if number is not None else set()
    start |= {other for _, other in facts.aliases(start)}
    back = _follow(start, lambda lots: [(dst, src) for src, dst in facts.parents(lots)], facts)
    forward = _follow(start, facts.children, facts)
    every = {*start, *back, *forward}
    infos, texts = facts.lots(every), facts.texts(every)
    born = {flow.lot: flow.site for flow in facts.flows(every) if flow.kind in BIRTHS}
    sites = facts.sites(set(born.values()))

    def shown(depths: dict[int, int]) -> tuple[TracedLot, ...]:
        made = [
            TracedLot(texts[each], infos[each].product, sites[born[each]].name if each in born else "", depth)
            for each, depth in depths.items()
        ]
        return tuple(sorted(made, key=lambda each: (each.depth, each.lot)))

    own = next((sites[born[each]].name for each in start if each in born), "")
    product = next((infos[each].product for each in start if infos[each].product), "")
    return Trace(text, product, own, shown(back), shown(forward))


def _follow(start: set[int], step: Callable[[set[int]], Iterable[tuple[int, int]]], facts: SqlFacts) -> dict[int, int]:
    found: dict[int, int] = {}
    level, depth, seen = set(start), 0, set(start)
    while level:
        depth += 1
        reached = {there for _, there in step(level)}
        reached |= {other for _, other in facts.aliases(reached)}
        level = reached - seen
        seen |= level
        found.update(dict.fromkeys(level, depth))
    return found
