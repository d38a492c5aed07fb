"""What a recall could not see, or saw twice: every finding with the entries behind it (RECALL section 3, "Findings").

Each rule is a function that yields findings; all of them are asked. A text for people stands under ``finding.KIND``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from foodtrace.graph.flows import BIRTHS, DAY, UNNAMED, Flow, FlowKind
from foodtrace.recall.affected import Affected
from foodtrace.recall.deadlines import Calendar, local_day, working_days_between
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.settings import DEFAULT, Settings


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that was missing, contradictory or too much."""

    kind: str
    """Kind of RECALL section 3."""
    lot: int = 0
    site: int = 0
    entries: tuple[tuple[int, int], ...] = ()
    """(log, seq) of the entries behind it."""
    value: int = 0
    """The quantity or difference it is about, in base units; 0 where none."""


class _Look(msgspec.Struct):
    facts: Facts
    found: Affected
    settings: Settings
    case: Case | None
    calendar: Calendar

    @property
    def now(self) -> int:
        return self.facts.now


NO_TABLES: Final = Calendar({})

Rule = Callable[[_Look], Iterator[Finding]]


def findings_of(
    facts: Facts, found: Affected, *, settings: Settings = DEFAULT, case: Case | None = None, calendar: Calendar = NO_TABLES
) -> list[Finding]:
    """Return every finding about an affected set, in a fixed order.

    :param calendar: which days are worked, for ``no_answer``; without a table for a year that finding is ``calendar_missing``.
    """
    look = _Look(facts, found, settings, case, calendar)
    return sorted({each for rule in RULES for each in rule(look)})


def _moves(look: _Look) -> Iterator[Finding]:
    """not_received, not_sent, source_missing, destination_missing, quantity_differs, unit_differs, time_contradiction."""
    for move in look.found.moves:
        here, there = (move.lot, move.src), (move.lot, move.dst)
        if here not in look.found.holdings and there not in look.found.holdings:
            continue
        about: dict[str, Any] = {"lot": move.lot, "site": move.dst or move.src, "entries": move.entries}
        if not move.dst or not _registered(look, move.dst):
            yield Finding(kind="destination_missing", value=move.sent, **about)
        if move.dst and not move.arrived and look.now - move.t_out > look.settings.transit_limit:
            yield Finding(kind="not_received", value=move.sent, **about)
        if move.evidence == "receipt":
            yield Finding(kind="not_sent" if move.src else "source_missing", value=move.received, **about)
        if move.unit != move.unit_in:
            yield Finding(kind="unit_differs", **about)
        elif move.arrived and move.evidence == "both" and move.sent != move.received:
            yield Finding(kind="quantity_differs", value=move.received - move.sent, **about)
        if move.arrived and len(move.entries) > 1 and move.t_in + 86_400_000_000 * _by_day(look, move.entries) < move.t_out:
            yield Finding(kind="time_contradiction", **about)


def _registered(look: _Look, site: int) -> bool:
    """Say whether any record describes this site; one that was only ever named is nobody's, and nobody can be called there."""
    info = look.found.sites.get(site)
    return info is None or bool(info.kind)


def _by_day(look: _Look, entries: tuple[tuple[int, int], ...]) -> int:
    """Return 1 if a time of these entries is known to the day only: then a contradiction needs more than a day."""
    wanted = set(entries)
    return int(any(flow.flags & DAY for flow in look.found.flows if (flow.log, flow.seq) in wanted))


def _origins(look: _Look) -> Iterator[Finding]:
    """origin_missing, several_origins."""
    births: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for flow in look.found.flows:
        if flow.kind in BIRTHS:
            births[flow.lot].add((flow.log, flow.seq))
    pseudo = _pseudo_lots(look)
    for lot in look.found.lots:
        if lot in pseudo:
            continue
        count = len(births.get(lot, ()))
        if count == 0:
            yield Finding(kind="origin_missing", lot=lot)
        elif count > 1:
            yield Finding(kind="several_origins", lot=lot, entries=tuple(sorted(births[lot])), value=count)


def _no_path(look: _Look) -> Iterator[Finding]:
    """same_lot_no_path: in the answer by presumption, or a seed no record connects."""
    for (lot, site), link in look.found.holdings.items():
        if link.presumed or (link.seed and link.link == "possible" and lot not in _pseudo_lots(look)):
            yield Finding(kind="same_lot_no_path", lot=lot, site=site)


def _unnamed(look: _Look) -> Iterator[Finding]:
    """lot_missing, mixed_stall: dispatches without lot from a site with an affected candidate."""
    for move in look.found.moves:
        if not move.unnamed or (move.lot, move.dst) not in look.found.holdings:
            continue
        yield Finding(kind="lot_missing", site=move.src, entries=move.entries)
        product = look.found.infos[move.lot].product if move.lot in look.found.infos else ""
        lots = {
            lot
            for site, lot in look.facts.stock_lots([move.src])
            if site == move.src and (info := look.facts.lots([lot])[lot]).product == product and not info.text.startswith("?")
        }
        if len(lots) > 1:
            yield Finding(kind="mixed_stall", site=move.src, entries=move.entries)


def _stock(look: _Look) -> Iterator[Finding]:
    """unexplained_stock, over_certified, unaccounted, returns_exceed_sales, silent_site."""
    for (lot, site, _), each in look.found.sums.items():
        if (lot, site) not in look.found.holdings:
            continue
        if each.over:
            yield Finding(kind="unexplained_stock", lot=lot, site=site, value=each.over)
            if each.born and each.dispatched + each.consumed > each.born + each.received:
                yield Finding(kind="over_certified", lot=lot, site=site, value=each.over)
        if each.unaccounted:
            yield Finding(kind="unaccounted", lot=lot, site=site, value=each.unaccounted)
        if each.brought_back > each.sold:
            yield Finding(kind="returns_exceed_sales", lot=lot, site=site, value=each.brought_back - each.sold)
        last = look.found.sites[site].last_entry if site in look.found.sites else None
        if each.on_hand and (last is None or look.now - last > look.settings.silent_after):
            yield Finding(kind="silent_site", lot=lot, site=site, value=each.on_hand)


def _transformations(look: _Look) -> Iterator[Finding]:
    """mass_gain, yield_odd, unit_differs of inputs."""
    entries: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    wanted = {(flow.log, flow.seq) for flow in look.found.flows if flow.kind == FlowKind.PRODUCED}
    for flow in look.facts.entries(wanted):
        entries[flow.log, flow.seq].append(flow)
    for entry, flows in entries.items():
        taken = [flow for flow in flows if flow.kind == FlowKind.CONSUMED]
        made = [flow for flow in flows if flow.kind == FlowKind.PRODUCED]
        if not taken or not made:
            continue
        units = {flow.unit for flow in taken}
        lot = min(flow.lot for flow in made)
        if len(units) > 1:
            yield Finding(kind="unit_differs", lot=lot, site=made[0].site, entries=(entry,))
            continue
        total_in, total_out = sum(flow.q for flow in taken), sum(flow.q for flow in made)
        if {flow.unit for flow in made} == units and total_out > total_in:
            yield Finding(kind="mass_gain", lot=lot, site=made[0].site, entries=(entry,), value=total_out - total_in)
        info = look.found.infos.get(lot)
        usual = None if info is None else look.settings.yields.get(info.gtin) or look.settings.yields.get(info.product)
        if usual is not None and total_in and not usual.least * total_in <= total_out * 1000 <= usual.most * total_in:
            yield Finding(kind="yield_odd", lot=lot, site=made[0].site, entries=(entry,))


def _slack(look: _Look) -> Iterator[Finding]:
    """time_contradiction: a step that only the allowed clock error lets in."""
    for here, there in look.found.steps_by_slack:
        yield Finding(kind="time_contradiction", lot=there[0], site=there[1] or here[1])


def _same_code(look: _Look) -> Iterator[Finding]:
    """code_only."""
    lots = [name for lot in look.found.lots for name in look.found.names[lot]]
    for _, other in look.facts.same_code(lots):
        yield Finding(kind="code_only", lot=other)


def _attributes(look: _Look) -> Iterator[Finding]:
    """attribute_missing: a predicate's attribute is unknown for a lot."""
    if look.case is None or not look.case.versions:
        return
    for clause in look.case.versions[-1].clauses:
        for lot, certain in look.facts.lots_like(clause):
            if not certain:
                yield Finding(kind="attribute_missing", lot=lot)


def _disputed(look: _Look) -> Iterator[Finding]:
    """Disputed."""
    lots = {(flow.log, flow.seq): flow.lot for flow in look.found.flows}
    for entry in look.facts.disputed(list(lots)):
        yield Finding(kind="disputed", lot=lots[entry], entries=(entry,))


def _case(look: _Look) -> Iterator[Finding]:
    """after_notice, before_known, no_answer: what happened in spite of the case (RECALL section 7)."""
    case = look.case
    if case is None:
        return
    notified: dict[int, int] = {}
    answered: set[int] = set()
    for step in case.steps:
        if step.kind == "notice" and step.direction == "downstream":
            arrived = step.at if step.delivered is None else step.delivered
            notified[step.site] = min(notified.get(step.site, arrived), arrived)
        elif step.kind == "acknowledgement":
            answered.add(step.site)
    blocked = {FlowKind.SOLD, FlowKind.DISPATCH, FlowKind.CONSUMED}
    for flow in look.found.flows:
        if flow.kind not in blocked or (flow.lot, flow.site) not in look.found.holdings or flow.flags & UNNAMED or flow.t < case.opened:
            continue
        known = notified.get(flow.site)
        kind = "after_notice" if known is not None and flow.t >= known else "before_known"
        yield Finding(kind=kind, lot=flow.lot, site=flow.site, entries=((flow.log, flow.seq),), value=flow.q)
    yield from _unanswered(look, {site: arrived for site, arrived in notified.items() if site not in answered})


def _unanswered(look: _Look, silent: Mapping[int, int]) -> Iterator[Finding]:
    """no_answer after ``answer_limit`` working days; calendar_missing where no table says which days those are."""
    today = local_day(look.now)
    for site, arrived in silent.items():
        days = working_days_between(look.calendar, local_day(arrived), today)
        if days is None:
            yield Finding(kind="calendar_missing", site=site)
        elif days > look.settings.answer_limit:
            yield Finding(kind="no_answer", site=site)


def _pseudo_lots(look: _Look) -> set[int]:
    return {flow.lot for flow in look.found.flows if flow.flags & UNNAMED}


RULES: Final[tuple[Rule, ...]] = (
    _moves,
    _origins,
    _no_path,
    _unnamed,
    _stock,
    _transformations,
    _slack,
    _same_code,
    _attributes,
    _disputed,
    _case,
)
"""Every rule, in the order of RECALL's table as far as possible."""
