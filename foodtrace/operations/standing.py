"""How one recall case stands against goods, said in one place for every door.

For transfers, the till and the gate :mod:`foodtrace.operations.blocking` asks; the stop list and a recall's list of cases ask too.

Rules:

1. In a lot scope every holding of an affected lot is blocked, made before or after; in a partial scope the holding decides: what a
   recall lists there is what is blocked there. Of a scope that is both, the clauses on whole lots speak for themselves as well: a
   window added to a case never takes a block from anything.
2. In a partial scope goods of an affected lot at a site with no record of them are held, and so are those listed because nobody
   knows their way, and those asked for without a site, whatever the case's rule pack gives to a possible link.
3. Narrowing lifts nothing: what only an earlier version reached is held as possible, whatever the pack gives to that.
4. Clearing lifts it, by any name of the lot, everywhere or at the site, for what was there to be examined, in the suspicion of that time
   (:mod:`foodtrace.recall.clearing`); so does withdrawing the case. Closing does not (:mod:`foodtrace.recall.blocking`, rule 6). In a
   partial scope a lot that was cleared wherever it is listed is held nowhere, until it is found in another place.
5. Where the papers of a transfer name unlike lots, a case on the one reaches the other where that transfer brought it, and no further (ADR
   35): of such a lot the holding decides in a lot scope too, as rule 2 says of a partial one.
6. Of one lot it is enough to look at what it was made from (:mod:`foodtrace.graph.among`): a rule may mean thousands of lots that are
   none of it, a window a market full of others. The whole is walked for goods without lot, and what unlike copies of a record leave open.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import Clause, LeftClause, ThroughClause
from foodtrace.graph.among import Among
from foodtrace.graph.flows import CLEARED, NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.blocking import Grade, Link, blocker, link_of
from foodtrace.recall.cases import load_cases
from foodtrace.recall.clearing import later_parts, windows, with_lapses
from foodtrace.recall.facts import Case, Cleared
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import places_said, reach_of_case
from foodtrace.recall.scope import without_way
from foodtrace.recall.settings import Possible, Settings
from foodtrace.storage.session import Session


class Stand(NamedTuple):
    """What stands against goods."""

    link: Link
    possible: Possible
    """What an ask for a link that is only possible gets."""
    again: bool = False
    """These goods were cleared there before, and more of them came, or lies in custody, there."""


class _Hit:
    """What one set of clauses reaches, looked up by the names of lots."""

    def __init__(self, case: Case, found: Affected, settings: Settings) -> None:
        self.case = case
        """The case, as far as its clearings count here."""
        self.found = found
        self.stands = blocker(case, settings)
        self.lot = {name: lot for lot, names in found.names.items() for name in names}
        self.lapsed = {(each.lot, each.site): each.until for each in case.cleared if each.until < NEVER}
        """(name of a lot, site) -> when the last of its clearings lapsed."""
        self.links: dict[int, dict[Holding, Grade]] = {}
        for holding, each in found.holdings.items():
            self.links.setdefault(holding[0], {})[holding] = each.link

    def on_record(self, lot: int, site: int) -> bool:
        """Tell whether any record is about a lot at a site."""
        return any((lot, site, unit) in self.found.sums for unit in range(3))


class Upstream:
    """What cases reach of the lots that goods were made from, each answer worked out once (rule 6)."""

    def __init__(self, facts: Among) -> None:
        self._facts = facts
        self._found: dict[Hashable, Affected] = {}
        self._fitting: dict[Clause, frozenset[tuple[int, bool]]] = {}
        self._alone: dict[frozenset[str], bool] = {}

    def _is_alone(self, sites: frozenset[str]) -> bool:
        """Tell whether nothing that went without lot may be one of these lots. :param sites: of windows."""
        if sites not in self._alone:
            self._alone[sites] = self._facts.alone(set(self._facts.numbers(sites).values()))
        return self._alone[sites]

    def reach(self, case: Case, settings: Settings, clauses: tuple[Clause, ...], *, whatever: bool) -> tuple[Case, Affected] | None:
        """Return what clauses reach of these lots, and the case as far as its clearings of them count; none where others have a say in it.

        :param whatever: let go or not.
        """
        if not self._is_alone(frozenset(each.site for each in windows(clauses))):
            return None
        lots = self._facts.lots_seen
        mine = msgspec.structs.replace(case, cleared=tuple(each for each in case.cleared if each.lot in lots))
        found = self._walked(mine, settings, clauses, ())
        if mine.cleared and not whatever:
            mine = with_lapses(self._facts, mine, settings, clauses, found)
            found = self._walked(mine, settings, clauses, mine.cleared)
        # Of unlike copies of one record the one that counts hangs on which lots are read.
        return (mine, found) if all(each.alike for each in found.copies) else None

    def _walked(self, case: Case, settings: Settings, clauses: tuple[Clause, ...], lifted: tuple[Cleared, ...]) -> Affected:
        said = frozenset(place for place in places_said(case, self._facts.now) if place[0] in self._facts.lots_seen)
        fitting = frozenset(each for clause in clauses for each in self._fits(clause))
        own = case.case if case.case in self._relabelled else ""
        key = (fitting, frozenset(windows(clauses)), own, said, lifted, settings.clock_slack, settings.lot_presumption)
        if key not in self._found:
            self._found[key] = reach_of_case(self._facts, case, settings, clauses, lifted=lifted)
        return self._found[key]

    def _fits(self, clause: Clause) -> frozenset[tuple[int, bool]]:
        if clause not in self._fitting:
            self._fitting[clause] = frozenset(self._facts.lots_like(clause))
        return self._fitting[clause]

    @cached_property
    def _relabelled(self) -> frozenset[str]:
        """The cases that let a relabelling of these lots go: what they reach is their own."""
        return frozenset(flow.pair for flow in self._facts.flows(self._facts.lots_seen) if flow.flags & CLEARED)


class Standing:
    """One case and what it reaches, walked no further than an answer needs. O(affected of the case).

    :param upstream: of what is asked about; then it costs what that was made from, wherever a scope means whole lots (rule 6).
    """

    def __init__(self, facts: SqlFacts, case: Case, upstream: Upstream | None = None) -> None:
        self._facts = facts
        self._upstream = upstream
        self._case = case
        self._settings = for_case(case, facts.session.rules).settings

    def _reach(self, clauses: Collection[Clause], *, case: Case | None = None, whatever: bool = False) -> _Hit:
        """Return what clauses reach of what was not let go. :param case: with other clearings. :param whatever: let go or not."""
        asked, meant = case or self._case, tuple(clauses)
        near = None if self._upstream is None else self._upstream.reach(asked, self._settings, meant, whatever=whatever)
        if near is not None:
            return _Hit(*near, self._settings)
        if not whatever:
            asked = with_lapses(self._facts, asked, self._settings, meant)
        lifted = () if whatever else asked.cleared
        return _Hit(asked, reach_of_case(self._facts, asked, self._settings, meant, lifted=lifted), self._settings)

    def _scopes(self) -> tuple[tuple[Clause, ...], list[tuple[Clause, ...]]]:
        """Return the scope in force, and those of earlier versions of which it leaves something out."""
        *earlier, last = self._case.versions
        return last.clauses, [each.clauses for each in earlier if not set(each.clauses) <= set(last.clauses)]

    def _meant(self, clauses: tuple[Clause, ...]) -> Iterator[_Hit]:
        """Iterate over what a scope reaches: all of it; its clauses on whole lots, where it has others (rule 1); what was added later."""
        yield self._reach(clauses)
        whole = [each for each in clauses if not isinstance(each, LeftClause | ThroughClause)]
        if whole and len(whole) < len(clauses):
            yield self._reach(whole)
        for case, added in later_parts(self._facts, self._case, clauses):
            yield self._reach(added, case=case)

    @cached_property
    def _now(self) -> tuple[_Hit, ...]:
        """What the scope in force reaches."""
        return tuple(self._meant(self._scopes()[0]))

    @cached_property
    def _before(self) -> tuple[_Hit, ...]:
        """What earlier versions reach of which the scope in force leaves something out (rule 3)."""
        return tuple(hit for clauses in self._scopes()[1] for hit in self._meant(clauses))

    def against(self, lot: int, site: int, now: int) -> Stand | None:
        """Return how the case stands against a lot at a site; none if it does not.

        :param lot: number of any of its names. :param site: 0: wherever it is. :param now: microseconds UTC.
        """
        again = site != 0 and any(self._lapsed(hit, lot, site, now) for hit in self._now)
        links = [link for hit in self._now if (link := self._link(hit, lot, site, now)) is not None]
        link = next((each for each in _GRAVEST_FIRST if each in links), None)
        given = self._settings.block_possible
        if link in ("confirmed", "unknown") or (link == "possible" and given != "allow"):
            return Stand(link, given, again)
        if link == "possible" and not site and any(_by_holding(hit, lot) for hit in self._now):
            return Stand(link, "hold")
        if link == "possible" and self._now[0].found.partial and _way_unknown(self._now[0], lot, site):
            return Stand(link, "hold")
        if any(self._link(hit, lot, site, now) is not None for hit in self._before):
            return Stand("possible", "hold")
        return None if link is None else Stand(link, given)

    def against_more(self, lot: int, site: int, now: int) -> Stand | None:
        """Return how the case stands against making more of a lot at a site; none if it does not.

        As against what lies there; and where a scope means the whole lot, what was cleared at the site alone lets no more of it be made:
        nobody has examined that, and it would take the clearing from the rest.
        """
        stand = self.against(lot, site, now)
        return stand if stand is not None or any(_by_holding(hit, lot) for hit in self._now) else self.against(lot, 0, now)

    def lots(self, now: int) -> Iterator[tuple[int, str, Stand]]:
        """Iterate over every name of every lot that the case stands against somewhere, with its product."""
        told: set[int] = set()
        for hit in (*self._now, *self._before):
            for lot, names in hit.found.names.items():
                for name in sorted(set(names) - told):
                    told.add(name)
                    stand = self.against(name, 0, now)
                    if stand is not None:
                        yield name, hit.found.infos[lot].product if lot in hit.found.infos else "", stand

    def reached(self) -> set[int]:
        """Return every name of every lot that the case reaches, or did before it was narrowed, cleared or not."""
        if not self._case.cleared:
            return {name for hit in (*self._now, *self._before) for name in hit.lot}
        last, before = self._scopes()
        return {name for clauses in (last, *before) for name in self._reach(clauses, whatever=True).lot}

    def _link(self, hit: _Hit, number: int, site: int, now: int) -> Link | None:
        """Return the link by which some clauses block goods, none if they do not or the goods were cleared (rules 1, 2, 4)."""
        lot = hit.lot.get(number)
        if lot is None or not self._held(hit, lot, site, now):
            return None
        links = hit.links[lot]
        if hit.found.partial and hit.case.cleared:
            links = {holding: link for holding, link in links.items() if self._held(hit, lot, holding[1], now)}
        partial = site != 0 and _by_holding(hit, lot)
        return link_of(links, lot, site, partial=partial, stock_unknown=partial and not hit.on_record(lot, site))

    def _lapsed(self, hit: _Hit, number: int, site: int, now: int) -> bool:
        names = hit.found.names.get(hit.lot.get(number, 0), ())
        return any(hit.lapsed.get((name, site), NEVER) <= now for name in names)

    def _held(self, hit: _Hit, lot: int, site: int, now: int) -> bool:
        return all(hit.stands(name, site, now) for name in hit.found.names[lot])


def _by_holding(hit: _Hit, number: int) -> bool:
    """Say whether of a lot the holding decides (rules 1 and 5)."""
    return hit.found.partial or hit.lot.get(number, number) in hit.found.beside


_GRAVEST_FIRST: Final[tuple[Link, ...]] = ("confirmed", "possible", "unknown")


def _way_unknown(hit: _Hit, number: int, site: int) -> bool:
    """Tell whether nobody knows how goods of a lot came to a site: from nowhere, from consumers beyond its sales, or from such a site."""
    lot = hit.lot.get(number)
    if lot is None:
        return False
    found = hit.found
    fresh = {where for (each, where), _, _ in without_way(found.moves, found.flows, found.sums) if each == lot}
    onward: dict[int, set[int]] = {}
    for move in found.moves:
        if move.lot == lot and move.src and move.dst:
            onward.setdefault(move.src, set()).add(move.dst)
    seen = set[int]()
    while fresh:
        seen |= fresh
        fresh = {there for here in fresh for there in onward.get(here, ())} - seen
    return site in seen


def standing_against(
    session: Session, facts: SqlFacts, cases: Iterable[str], now: int, upstream: Upstream | None = None
) -> Iterator[tuple[Case, Standing]]:
    """Iterate over the cases of some numbers that are open or closed, not yet to be opened nor withdrawn.

    :param upstream: of what will be asked about, nothing else is then.
    """
    for number in cases:
        try:
            opened = load_cases(session, number, until=now)
        except NotFound:
            continue  # opened later than now, or only spoken about
        for case in opened:
            if case.withdrawn is None:
                yield case, Standing(facts, case, upstream)
