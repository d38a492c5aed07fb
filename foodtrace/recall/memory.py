"""Facts in memory: what a recall needs, from lists of flows. For tests, and for whoever has no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from foodtrace.events import Clause, LotsClause, PredicateClause
from foodtrace.graph.fitting import named
from foodtrace.graph.flowkind import ahead
from foodtrace.graph.flows import DELIVERED, NEVER, UNNAMED, Act, Copies, Flow, FlowKind, LogInfo, LotInfo, SiteInfo
from foodtrace.graph.makers import maker
from foodtrace.graph.predicate import may_fit
from foodtrace.graph.suppliers import makers_sites, senders
from foodtrace.recall.silence import tells
from foodtrace.recall.unlikelots import transfer_of


class MemoryFacts:
    """An implementation of :class:`foodtrace.recall.facts.Facts` on lists.

    :param disputes: (log, seq) of entries that others object to.
    :param operators: authorities on record; the operators of the sites and lots given count without being named here.
    """

    def __init__(
        self,
        flows: Iterable[Flow],
        *,
        lots: Iterable[LotInfo] = (),
        sites: Iterable[SiteInfo] = (),
        now: int = NEVER,
        disputes: Iterable[tuple[int, int]] = (),
        operators: Iterable[str] = (),
        acts: Iterable[Act] = (),
        copies: Iterable[Copies] = (),
        logs: Iterable[LogInfo] = (),
        spoken: Iterable[tuple[tuple[int, int], int, tuple[int, int]]] = (),
    ) -> None:
        self._now = now
        told = list(flows)
        self._flows = [flow for flow in told if flow.happened(now)]
        self._ahead = [flow for flow in told if ahead(flow.kind, flow.t, flow.recorded, flow.flags, now)]
        self._lots = {info.lot: info for info in lots}
        self._sites = {info.site: info for info in sites}
        self._disputes = set(disputes)
        self._acts, self._copies, self._logs = list(acts), list(copies), list(logs)
        self._operators = {
            *operators,
            *(info.operator for info in self._sites.values()),
            *(each for info in self._lots.values() for each in info.all_makers),
        }
        self._spoken = [each for each in spoken if each[1] <= now]
        self._by_lot: dict[int, list[Flow]] = {}
        self._by_entry: dict[tuple[int, int], list[Flow]] = {}
        for flow in self._flows:
            if flow.kind != FlowKind.ALIAS:
                self._by_lot.setdefault(flow.lot, []).append(flow)
                self._by_entry.setdefault((flow.log, flow.seq), []).append(flow)

    @property
    def now(self) -> int:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._now

    def lot(self, text: str) -> int | None:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return next((info.lot for info in self._lots.values() if info.text == text), None)

    def site(self, text: str) -> int | None:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return next((info.site for info in self._sites.values() if info.text == text), None)

    def texts(self, ids: Collection[int]) -> Mapping[int, str]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        known: dict[int, str] = {0: ""}
        known.update((number, info.text) for number, info in self._lots.items())
        known.update((number, info.text) for number, info in self._sites.items())
        return {each: known.get(each, f"#{each}") for each in ids}

    def aliases(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(lots)
        pairs = [(flow.lot, flow.other) for flow in self._flows if flow.kind == FlowKind.ALIAS]
        return [pair for a, b in pairs for pair in ((a, b), (b, a)) if pair[0] in wanted]

    def _edges(self) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for flows in self._by_entry.values():
            sources = [flow.lot for flow in flows if flow.kind == FlowKind.CONSUMED]
            found |= {(source, flow.lot) for flow in flows if flow.kind == FlowKind.PRODUCED for source in sources if source != flow.lot}
        return found

    def children(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(lots)
        return [edge for edge in self._edges() if edge[0] in wanted]

    def parents(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(lots)
        return [edge for edge in self._edges() if edge[1] in wanted]

    def flows(self, lots: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [flow for lot in set(lots) for flow in self._by_lot.get(lot, ())]

    def under_one_number(self, flows: Sequence[Flow]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`: flows made by hand have one number."""
        return flows

    def entries(self, entries: Collection[tuple[int, int]]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [flow for entry in set(entries) for flow in self._by_entry.get(entry, ())]

    def unnamed(self, sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(sites)
        return [flow for flow in self._flows if flow.flags & UNNAMED and flow.site in wanted]

    def sent_to(self, receipts: Collection[tuple[int, str]]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(receipts)
        return [flow for flow in self._flows if flow.flags & (UNNAMED | DELIVERED) == UNNAMED and (flow.other, flow.pair) in wanted]

    def ahead(self, lots: Collection[int], sites: Collection[int]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [flow for flow in self._ahead if flow.lot in lots or (flow.flags & UNNAMED and flow.site in sites)]

    def stock_lots(self, sites: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(sites)
        found = {(flow.site, flow.lot) for flow in self._flows if flow.site in wanted and not flow.flags & UNNAMED}
        moving = (FlowKind.DISPATCH, FlowKind.RETURN, FlowKind.RECEIPT)
        found |= {(flow.other, flow.lot) for flow in self._flows if flow.kind in moving and flow.other in wanted}
        return sorted(found)

    def lots(self, lots: Collection[int]) -> Mapping[int, LotInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {lot: self._lots.get(lot, LotInfo(lot=lot, text=f"#{lot}")) for lot in lots}

    def sites(self, sites: Collection[int]) -> Mapping[int, SiteInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {site: self._sites.get(site, SiteInfo(site=site, text=f"#{site}")) for site in sites}

    def keepers(self, sites: Collection[int]) -> Collection[int]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return {flow.site for flow in self._flows if tells(flow.kind, flow.flags)} & set(sites)

    def same_code(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [(lot, other) for lot, other in self._alike(lots) if self._nobodys(other)]

    def somebodys(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [(lot, other) for lot, other in self._alike(lots) if self._nobodys(lot) and not self._nobodys(other)]

    def _alike(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Iterate over lots and others of the same code."""
        texts = self.texts({*lots, *self._by_lot})
        by_code: dict[str, list[int]] = {}
        for lot in self._by_lot:
            _, slash, code = texts[lot].partition("/")
            if slash:
                by_code.setdefault(code, []).append(lot)
        return [(lot, other) for lot in lots for other in by_code.get(texts[lot].partition("/")[2], ()) if other != lot]

    def _nobodys(self, lot: int) -> bool:
        authority = self.texts([lot])[lot].partition("/")[0]
        return authority not in self._operators and not (authority.isdigit() and len(authority) == 14)  # noqa: PLR2004 - GTIN-14

    def lots_like(self, clause: Clause) -> Iterable[tuple[int, bool]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        if isinstance(clause, LotsClause):
            numbers = [self.lot(text) for text in clause.lots]
            return [(number, True) for number in numbers if number is not None]
        if not isinstance(clause, PredicateClause):
            return []
        suppliers: dict[int, set[str]] = {}
        for source, made in self._edges():
            info = self._lots.get(source)
            if info is not None:
                suppliers.setdefault(made, set()).update({info.text.partition("/")[0], *info.all_makers} - {""})
            (names,) = named(self.aliases, [source])
            inputs = self.flows(names)
            on_the_way = senders(inputs, makers_sites(inputs, self.flows([made])))
            suppliers.setdefault(made, set()).update(self._sites[site].operator if site in self._sites else "" for site in on_the_way)
        found: list[tuple[int, bool]] = []
        for names in named(self.aliases, list(self._lots)):
            infos = [self._lots[name] for name in names if name in self._lots]
            own = {supplier for name in names for supplier in suppliers.get(name, ())}
            verdict = may_fit(clause, _joined(infos), infos if len(infos) > 1 else (), own, names=[info.text for info in infos])
            if verdict is not False:
                found += [(name, verdict is True) for name in names]
        return found

    def disputed(self, entries: Collection[tuple[int, int]]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return sorted(self._disputes & set(entries))

    def acts(self, lots: Collection[int]) -> Iterable[Act]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(lots)
        return [act for act in self._acts if act.lot in wanted and act.t <= self._now]

    def spoken(self, lots: Collection[int]) -> Iterable[tuple[tuple[int, int], int, tuple[int, int]]]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return [each for each in self._spoken if each[0][0] in lots]

    def other_papers(self, flows: Collection[Flow]) -> Sequence[Flow]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        keys = {key for flow in flows if (key := transfer_of(flow)) is not None}
        return [flow for flow in self._flows if transfer_of(flow) in keys] if keys else []

    def party(self, log: int) -> str:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return f"#{log}"

    def ranks(self) -> Mapping[int, int]:
        """See :class:`foodtrace.recall.facts.Facts`; here logs have numbers and no names."""
        return {}

    def ids(self, entries: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], str]:  # noqa: ARG002 - a protocol's method
        """See :class:`foodtrace.recall.facts.Facts`; flows alone have no event ids."""
        return {}

    def copies(self, entries: Collection[tuple[int, int]]) -> Sequence[Copies]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        wanted = set(entries)
        return [group for group in self._copies if len(wanted & set(group.entries)) > 1]

    def logs(self) -> Sequence[LogInfo]:
        """See :class:`foodtrace.recall.facts.Facts`."""
        return self._logs


def _joined(infos: Sequence[LotInfo]) -> LotInfo:
    """Return what is known of a lot under all of its names; where two say unlike things of it, the later one's word; of its makers all."""
    said = {name: value for info in infos for name, value in msgspec.structs.asdict(info).items() if value not in ("", None, False)}
    makers = sorted({each for info in infos for each in info.all_makers})
    made = {"makers": tuple(makers), "producer": maker(makers, [info.text for info in infos])}
    return LotInfo(**{**said, **made, "lot": infos[0].lot, "text": infos[0].text})
