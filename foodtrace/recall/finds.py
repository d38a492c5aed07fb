"""What visits found where goods had been cleared, or lay under seal: what is made of it, and what a person has to say (ADR 34, 36). Pure.

Rules:

1. A visit counts what lies free at that moment (RECALL section 4). Within what was cleared there the find is of the cleared goods: it is no
   word against the site (:func:`words_on`), and nothing is to be sealed. Of a lot cleared wherever it lies that is so of any quantity.
2. More than lay free of what was cleared at one site is a count of too much: the clearing lapses (:mod:`foodtrace.recall.lapsing`), for
   nobody can tell which are which.
3. More than lay free while others of them bear a seal is counted beside those: these are other goods, or the seal was not there. Nobody
   can tell; both records are named, so that somebody corrects one, until the goods that were found are sealed as well, or gone. So it
   is of found goods of which nobody said the lot, where any goods of the case bear a seal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from foodtrace.graph.edges import UNIT_NAMES, moment
from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case, Step, found_there
from foodtrace.recall.matter import Matter
from foodtrace.recall.quantities import Books, HoldingSum, Key
from foodtrace.recall.visited import of_no_lot

Kind: TypeAlias = Literal["cleared", "more", "sealed"]
Entry: TypeAlias = tuple[int, int]


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit found that somebody has to know more of; quantities in base units."""

    kind: Kind
    """``cleared``: goods that the case cleared, within what was cleared. ``more``: more than that, so that the clearing holds no more.
    ``sealed``: more than lay free while others bore a seal, perhaps the same goods."""
    site: str
    name: str
    lot: str
    """By the name that it has there; empty: nobody said."""
    at: str
    quantity: int
    """What was found."""
    unit: str
    free: int
    """What lay free of it by the book then."""
    custody: int
    """What was sealed, or kept apart as come back, by the book then."""
    doubt: int
    """Of ``more``: what is too much. Of ``sealed``: what may be told twice. Else 0."""
    entry: str
    """``ORIGIN#SEQ`` of the visit."""
    others: tuple[str, ...]
    """The same of what it goes with: the clearings, or what brought goods into custody there."""


class _Found(NamedTuple):
    step: Step
    kind: Kind
    key: Key
    free: int
    custody: int
    doubt: int
    others: tuple[Entry, ...]


def words_on(case: Case, matter: Matter, now: int) -> tuple[Step, ...]:
    """Return the steps of a case without the visits that found nothing but cleared goods: those are no word against a site (rule 1)."""
    return case.steps if matter.everything else tuple(step for step in case.steps if not _of_cleared(step, matter, now))


def _of_cleared(step: Step, matter: Matter, now: int) -> bool:
    return found_there(step, now) and bool(step.lots) and all(_cleared(matter, lot, step) for lot in step.lots)


def _cleared(matter: Matter, lot: int, step: Step) -> bool:
    """Say whether goods of a lot had been cleared at a site when it was visited, and are."""
    at = matter.name(lot), step.site
    return not matter(*at, step.at) and not matter(*at)


def finds(
    found: Affected,
    case: Case,
    matter: Matter,
    said: Mapping[Key, tuple[int, int]],
    now: int,
    texts: Callable[[Entry], str],
) -> tuple[Find, ...]:
    """Return what visits found that is to be told (rules 1 to 3), in the order of time.

    :param said: what sites answered as counts. :param texts: ``ORIGIN#SEQ`` of an entry.
    """
    told = [step for step in case.steps if found_there(step, now) and step.amount[1] >= 0]
    if not told:
        return ()
    unnamed = _unnamed(told, of_no_lot(case, now, found.flows))
    sites = {step.site for step in unnamed.values()}
    places = {(matter.name(lot), step.site) for step in told for lot in step.lots} | {each for each in found.holdings if each[1] in sites}
    books = Books(
        [move for move in found.moves if (move.lot, move.dst) in places or (move.lot, move.src) in places],
        [flow for flow in found.flows if (flow.lot, flow.site) in places],
        said={key: word for key, word in said.items() if key[:2] in places},
    )
    made = [each for step in told for each in _judged(step, found, matter, books)]
    made += [each for (_, unit, q), step in unnamed.items() for each in _again(step, unit, q, found, books)]
    return tuple(
        Find(
            kind=each.kind,
            site=found.sites[each.key[1]].text,
            name=found.sites[each.key[1]].name or found.sites[each.key[1]].text,
            lot=found.called.name(*each.key[:2]) if each.key[0] else "",
            at=f"{moment(each.step.at):%Y-%m-%dT%H:%M:%SZ}",
            quantity=each.step.amount[0],
            unit=UNIT_NAMES[each.key[2]],
            free=each.free,
            custody=each.custody,
            doubt=each.doubt,
            entry=texts(each.step.entry) if each.step.entry[0] else "",
            others=tuple(map(texts, each.others)),
        )
        for each in sorted(made, key=lambda each: (each.step.at, each.step.recorded, each.step.entry, each.key))
    )


def _judged(step: Step, found: Affected, matter: Matter, books: Books) -> Iterator[_Found]:
    quantity, unit = step.amount
    for lot in sorted({matter.name(each) for each in step.lots}):
        key = lot, step.site, unit
        if key[:2] not in found.holdings:
            continue
        then, now = books.sum(key, before=step.at), books.sum(key)
        free, custody = _free(then), then.sealed + then.back
        beyond = max(0, quantity - free)
        if _cleared(matter, lot, step):
            yield _Found(step, "cleared", key, free, custody, 0, matter.cleared_by(lot, step.site, step.at))
        elif beyond and matter(lot, step.site, step.at) and not matter(lot, step.site, step.at - 1) and matter(lot, step.site):
            yield _Found(step, "more", key, free, custody, beyond, matter.cleared_by(lot, step.site, step.at - 1))
        elif (doubt := min(beyond, custody, _free(now))) and matter(lot, step.site):
            yield _Found(step, "sealed", key, free, custody, doubt, _into_custody(found, key, step.at))


def _unnamed(told: Sequence[Step], left: Mapping[tuple[int, int], int]) -> dict[tuple[int, int, int], Step]:
    """Return the last visit behind found goods of which nobody said the lot: (site, unit, how much of them stands open) -> visit."""
    made: dict[tuple[int, int, int], Step] = {}
    for (site, unit), q in left.items():
        mine = [step for step in told if step.site == site and step.amount[1] == unit and not step.lots]
        made[site, unit, q] = max(mine, key=lambda step: (step.at, step.recorded))
    return made


def _again(step: Step, unit: int, q: int, found: Affected, books: Books) -> Iterator[_Found]:
    """Yield what may be told twice of found goods of no lot (rule 3)."""
    keys = sorted((lot, site, unit) for lot, site in found.holdings if site == step.site)
    then = {key: books.sum(key, before=step.at) for key in keys}
    custody = {key: each.sealed + each.back for key, each in then.items() if each.sealed + each.back}
    entries = tuple(dict.fromkeys(entry for key in custody for entry in _into_custody(found, key, step.at)))
    if doubt := min(q, sum(custody.values())):
        yield _Found(step, "sealed", (0, step.site, unit), 0, sum(custody.values()), doubt, entries)


def _free(sums: HoldingSum) -> int:
    return sums.on_hand - sums.sealed - sums.back


def _into_custody(found: Affected, key: Key, before: int) -> tuple[Entry, ...]:
    """Return the entries that put goods of a holding under seal by a moment; where none did, those by which they came in custody."""
    mine = [flow for flow in found.flows if (flow.lot, flow.site, flow.unit) == key and flow.t <= before]
    sealed = {(flow.t, (flow.log, flow.seq)) for flow in mine if flow.kind == FlowKind.SEALED}
    came = {(flow.t, (flow.log, flow.seq)) for flow in mine if flow.kind == FlowKind.CONSUMER_RETURN}
    came |= {
        (move.t_in, move.entries[-1])
        for move in found.moves
        if (move.lot, move.dst, move.unit_in) == key and move.arrived and (move.recall or move.custody) and move.t_in <= before
    }
    return tuple(dict.fromkeys(entry for _, entry in sorted(sealed or came)))


__all__ = ["Find", "finds", "words_on"]
