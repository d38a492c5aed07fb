"""Which goods of an affected set are still the matter of a case, and which it cleared (RECALL section 7, ADR 36). Pure.

Rules:

1. Of a case that cleared nothing everything is. Else what its clearings let go, as :mod:`foodtrace.recall.clearing` says, is its matter no
   more: nobody has to be told of it, to answer for it or to dispose of it. A clearing that lapsed lets nothing go.
2. A site whose goods were all cleared is out of the case's way, and is told as such. What was cleared changes no rate: who was neither
   notified nor has answered is not counted as if.
3. Withdrawing a case clears nothing.
"""

from __future__ import annotations

from typing import Final

from foodtrace.recall.affected import Affected
from foodtrace.recall.blocking import lifter
from foodtrace.recall.clearing import standing
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.settings import Settings

_NOWHERE: Final = -1
"""No site: only what was cleared wherever it lies is let go there."""


class Matter:
    """What of an affected set is the matter of its case, at the moment of the facts.

    :param found: the affected set of the case. O(affected) where something was cleared, else nothing.
    """

    def __init__(self, facts: Facts, found: Affected, case: Case | None, settings: Settings) -> None:
        self.parts: list[tuple[Case, Affected]] = [] if case is None else standing(facts, case, settings, found)
        """What the case stands against (:func:`foodtrace.recall.clearing.standing`)."""
        self.everything = case is None or not case.cleared
        """Nothing was cleared."""
        self._asked = [(lifter(each.cleared), hit) for each, hit in self.parts]
        self._now = facts.now
        self._found = found
        self._names = {name: lot for lot, names in found.names.items() for name in names}

    def __call__(self, lot: int, site: int, at: int | None = None) -> bool:
        """Say whether goods of the affected set are its matter. :param at: what lay there at this moment; by default now."""
        if self.everything:
            return True
        t = self._now if at is None else at
        return any((lot, site) in hit.holdings and not any(lifts(name, site, t) for name in hit.names[lot]) for lifts, hit in self._asked)

    def name(self, lot: int) -> int:
        """Return the name by which the affected set counts a lot."""
        return self._names.get(lot, lot)

    def cleared_by(self, lot: int, site: int, at: int) -> tuple[tuple[int, int], ...]:
        """Return the entries of the clearings that let goods of a lot go at a site at a moment, in the order of time."""
        mine = [each for case, _ in self.parts for each in case.cleared if self.name(each.lot) == lot and each.site in (0, site)]
        return tuple(dict.fromkeys(each.entry for each in sorted(mine, key=lambda each: each.since) if each.since <= at < each.until))

    def missing(self, lot: int, site: int) -> bool:
        """Say whether goods that went missing from a holding are its matter: of what was cleared at one site they were not examined."""
        if self.everything:
            return True
        return any(
            (lot, site) in hit.holdings and not any(lifts(name, _NOWHERE, self._now) for name in hit.names[lot])
            for lifts, hit in self._asked
        )

    @property
    def sites(self) -> frozenset[int]:
        """The sites with any goods that are its matter."""
        if self.everything:
            return frozenset(self._found.sites)
        return frozenset(site for lot, site in self._found.holdings if self(lot, site))

    @property
    def lots(self) -> frozenset[int]:
        """The lots of which any goods are its matter."""
        if self.everything:
            return frozenset(self._found.lots)
        return frozenset(lot for lot, site in self._found.holdings if self(lot, site))


__all__ = ["Matter"]
