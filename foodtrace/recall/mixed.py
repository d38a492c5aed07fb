"""What lay together at a sender of goods without lot, added up as a replay goes on (rule 6 of :mod:`foodtrace.recall.bounds`). Pure.

Rules:

1. A stall sends thousands of loads of one product, each drawn from the same holdings. To add these up for every load would cost loads
   times holdings; so only what has changed since the load before is added, and taken off.
2. A holding counts from when it first had goods. Loads are asked about in the order of time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from typing import TypeAlias

from foodtrace.recall.parcels import NOTHING, Parcel, Pool

Key: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""
UNITS = range(3)


class Mixed:
    """The holdings that some loads without lot were drawn from.

    :param sources: (lot, site, unit) of the holdings. :param first: (lot, site) -> since when it had goods.
    :param affected: (lot, site) of affected holdings.
    """

    def __init__(self, sources: Collection[Key], first: Mapping[tuple[int, int], int], affected: Collection[tuple[int, int]]) -> None:
        self.unit = next((unit for _, _, unit in sources), 0)
        self._waiting = sorted(((first[key[:2]], key[:2]) for key in sources if key[:2] in first), reverse=True)
        self._suspect = sorted(t for t, place in self._waiting if place in affected)
        self._there: set[tuple[int, int]] = set()
        self._changed: set[Key] = set()
        self._last: dict[Key, Parcel] = {}
        self._sums = [0, 0, 0, 0]
        self._elsewhere = 0
        """How many of the holdings may have goods of the scope in another unit."""

    def change(self, key: Key) -> None:
        """Take note that what lies at one of the holdings is no longer what it was."""
        self._changed.add(key)

    def drawn(self, t: int, pools: Mapping[Key, Pool]) -> Parcel:
        """Return what lay there at a moment, in the unit of the loads."""
        while self._waiting and self._waiting[-1][0] <= t:
            place = self._waiting.pop()[1]
            self._there.add(place)
            self._changed.update((*place, unit) for unit in UNITS)
        for key in [key for key in self._changed if key[:2] in self._there]:
            self._changed.discard(key)
            pool = pools.get(key)
            new, old = NOTHING if pool is None else pool.reach, self._last.get(key, NOTHING)
            self._last[key] = new
            if key[2] == self.unit:
                self._sums = [total + one - other for total, one, other in zip(self._sums, new, old, strict=True)]
            else:
                self._elsewhere += (new.most > 0) - (old.most > 0)
        return Parcel(*self._sums)

    def any_most(self, t: int, slack: int) -> bool:
        """Say whether all of a load of a moment may be of the scope: affected goods lie there in another unit, or came soon after it."""
        after = bisect_right(self._suspect, t)
        return self._elsewhere > 0 or (after < len(self._suspect) and self._suspect[after] <= t + slack)


__all__ = ["Mixed"]
