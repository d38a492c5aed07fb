"""The records of some lots as if there were no others: what is asked about one lot costs what it was made from, not what a rule means.

Rules:

1. The lots are those that goods may have come from: of each of them all its names, all that it was made from, all that papers of its
   transfers name in its place and, where nobody knows its issuer, all lots of its code are among them. So whatever reaches one of them
   reaches it through these lots alone, and how surely.
2. Lots made from them that are not among them are out of sight, and so are goods without lot: no lot is made of what is not among them.
3. A receipt may name the lot of goods dispatched without one. Which receipt does is not for these lots alone to say:
   :meth:`Among.alone` tells whether any may.
4. What lay at a site, or left it, is what of these lots did. A window means each lot by its own records there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from foodtrace.events import Clause, LotsClause, PredicateClause
from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.graph.names import find
from foodtrace.graph.products import rule_fits
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session

_AT = "SELECT DISTINCT h.site, h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.site = ? AND h.flows > 0"
_NUMBERS = "SELECT DISTINCT m.pair FROM {ids} CROSS JOIN move AS m WHERE m.lot = f.value AND m.pair <> ''"
_SAID = "SELECT l.lot, l.product FROM {ids} CROSS JOIN lot_fact AS l WHERE l.lot = f.value AND l.ended <= 0"
_CODED = "SELECT n.id FROM {ids} CROSS JOIN name AS n WHERE n.id = f.value AND n.code IS NOT NULL"


class Among(SqlFacts):
    """The records of some lots (rules 1 and 2)."""

    def __init__(self, session: Session, now: int, lots: Collection[int]) -> None:
        """See :class:`foodtrace.graph.words.Words`. :param lots: numbers of lots, all that any of them came from among them."""
        super().__init__(session, now)
        self._among = frozenset(lots)

    @property
    def lots_seen(self) -> frozenset[int]:
        """The lots there are."""
        return self._among

    def children(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`; of the lots there are."""
        return [pair for pair in self.parents(self._among) if pair[0] in lots]

    def same_code(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`; of the lots there are."""
        return [pair for pair in super().same_code(lots) if pair[1] in self._among] if len(self._among) > 1 else []

    def stock_lots(self, sites: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.graph.rows.Rows`; of the lots there are, by each of them and not by all that lay there."""
        return [row for site in sites for row in self._s.each(_AT, sorted(self._among), (site,))]

    def unnamed(self, sites: Collection[int]) -> Sequence[Flow]:  # noqa: ARG002 - there are none (rule 2)
        """See :class:`foodtrace.recall.facts.Facts`; there are none."""
        return []

    def sent_to(self, receipts: Collection[tuple[int, str]]) -> Sequence[Flow]:  # noqa: ARG002 - there are none (rule 2)
        """See :class:`foodtrace.recall.facts.Facts`; there are none."""
        return []

    def other_papers(self, flows: Collection[Flow]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`; of the lots there are."""
        return [flow for flow in super().other_papers(flows) if flow.lot in self._among] if len(self._among) > 1 else []

    def lots_like(self, clause: Clause) -> Iterable[tuple[int, bool]]:
        """See :class:`foodtrace.recall.facts.Facts`; of the lots there are, each with the verdict it has among all."""
        if isinstance(clause, LotsClause):
            return [(number, True) for number in find(self._s, clause.lots).values() if number in self._among]
        return self.fitting(clause, self._fit_to_ask(clause)) if isinstance(clause, PredicateClause) else []

    def alone(self, windows: Collection[int] = ()) -> bool:
        """Tell whether no receipt of these lots may answer a dispatch without lot (rule 3).

        :param windows: sites from which any such dispatch is meant, wherever it went.
        """
        flows = super().flows(self._among)
        numbers = {flow.pair for flow in flows if flow.pair}
        nameless = self.pseudo_lots(windows) if windows and numbers else ()
        if nameless and not numbers.isdisjoint(number for (number,) in self._s.each(_NUMBERS, sorted(nameless))):
            return False
        receipts = [flow for flow in flows if flow.kind == FlowKind.RECEIPT and flow.pair]
        if not receipts:
            return True
        gone = [*super().unnamed({flow.other for flow in receipts} - {0}), *super().sent_to({(flow.site, flow.pair) for flow in receipts})]
        return not {flow.pair for flow in gone} & {flow.pair for flow in receipts}

    def _fit_to_ask(self, clause: PredicateClause) -> list[int]:
        """Return those of the lots that a rule is asked of, as it is of all lots: described as its product, or as nothing."""
        said = self._s.each(_SAID, sorted(self._among))
        named = {
            lot for lot, product in said if not clause.product or (product is not None and rule_fits(product, clause.product) is not False)
        }
        bare = self._among - {lot for lot, _ in said}
        names = [row[0] for row in self._s.each(_CODED, sorted(bare))] if bare else []
        return sorted(named.union(self._with_something(clause.product, names)))


__all__ = ["Among"]
