"""What goods are called, and where: the one place that says by which of a lot's names people are told of it (law 15). Pure.

A lot that goes by several names (a can's code, its case's) is counted under one of them; that is nobody's business. People look for
the code that their goods bear, so:

1. At a site a lot is called by every name that any record, or answer, gives it there, and by the names that were asked for.
2. Where there is room for one name: one recorded at that site, one that was asked for before others, then the smallest text. Of no
   site, or where no record names it: one that was asked for, then the smallest text.
3. A list of lots that is no site's has every name of every lot, or a shop's search for its own code would find nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.walk import Holding


class Called:
    """The names of some lots.

    :param representative: every name -> the one its lot is counted under. :param texts: name -> its text.
    :param flows: what records say of them, under the names that these give. :param said: (name, site) of what else names them at sites.
    :param asked: texts that were asked for.
    """

    def __init__(
        self,
        representative: Mapping[int, int],
        texts: Mapping[int, str],
        flows: Iterable[Flow] = (),
        said: Iterable[Holding] = (),
        asked: Collection[str] = (),
    ) -> None:
        self._texts = texts
        self._rep = representative
        self._names: dict[int, list[int]] = defaultdict(list)
        """Lot that goes by several names -> these."""
        for name, lot in representative.items():
            if name != lot and not texts[lot].startswith("?"):  # nobody reads on goods without lot what we call them
                self._names[lot].append(name)
        for lot, names in self._names.items():
            names.append(lot)
        self._asked = {name for names in self._names.values() for name in names if texts[name] in asked}
        self._here: dict[Holding, set[int]] = defaultdict(set)
        for name, site in self._recorded(flows, said) if self._names else ():
            counted = representative.get(name, 0)
            if site and counted in self._names:
                self._here[counted, site].add(name)

    @staticmethod
    def _recorded(flows: Iterable[Flow], said: Iterable[Holding]) -> Iterable[Holding]:
        yield from said
        for flow in flows:
            if flow.kind != FlowKind.ALIAS:  # who says that two names are one need not have the goods
                yield flow.lot, flow.site
                yield flow.lot, flow.other

    def names(self, lot: int, site: int = 0) -> tuple[str, ...]:
        """Return what a lot is called at a site (rule 1), or anywhere; sorted. :param lot: any of its names."""
        lot = self._rep.get(lot, lot)
        if lot not in self._names:
            return (self._texts[lot],) if lot in self._texts else ()
        here = self._here.get((lot, site), ())
        named = {*here, *self._asked.intersection(self._names[lot])} if here else self._names[lot]
        return tuple(sorted((self._texts[name] for name in named), key=in_order))

    def name(self, lot: int, site: int = 0) -> str:
        """Return the one name by which people are told of a lot (rule 2); "" if it is none of these. :param lot: any of its names."""
        lot = self._rep.get(lot, lot)
        if lot not in self._names:
            return self._texts.get(lot, "")
        return min((name not in self._asked, self._texts[name]) for name in self._here.get((lot, site)) or self._names[lot])[1]

    def others(self, lot: int, site: int = 0) -> tuple[str, ...]:
        """Return what else a lot is called there than :meth:`name` says."""
        first = self.name(lot, site)
        return tuple(text for text in self.names(lot, site) if text != first)

    def every(self, lots: Iterable[int]) -> tuple[str, ...]:
        """Return every name of some lots, sorted (rule 3)."""
        return tuple(sorted((text for lot in lots for text in self.names(lot)), key=in_order))

    def same(self, lots: Iterable[int]) -> tuple[tuple[str, ...], ...]:
        """Return which of their names are names of one lot: a group for each of them that goes by several, sorted."""
        return tuple(sorted(self.names(lot) for lot in lots if lot in self._names))


__all__ = ["Called"]
