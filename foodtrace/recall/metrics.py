"""How far a recall has come: R1-R6, each with numerator and denominator (RECALL section 5). Pure.

The steps, with the section's words; T is the moment of the facts:

1. **Trade** is the affected holdings except own sites, from τ on.
2. **D** = stock in trade at τ + inflow from outside the affected trade + over + consumer sales at own sites - ordinary returns to
   own sites before opening - use into affected lots.
3. **retrieved** = (back at own sites since opening - sent out again, not below 0; a surplus adds to D) + destroyed in trade since
   opening + custody in trade + recall returns travelling within ``transit_limit``; *strict* drops what is only sealed or travelling.
4. **B** = D - sold before N(s) - destroyed before opening - lost or used before N(s) + consumer returns (a return undoes a
   before-notice sale first; beyond the sales it is over).
5. R1 = retrieved/D, R2 = retrieved/B, R3 = (retrieved + sold - consumer returns + earlier destroyed + loss and use)/D,
   R4 notified and R5 answered of affected outlets, R6 clean of the drawn sample.

Pseudo-lots are no part of the sums: theirs is a line of its own. Nothing is clipped to look better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import msgspec

from foodtrace.graph.flows import ALWAYS, BIRTHS, NEVER, UNNAMED, FlowKind
from foodtrace.recall.affected import Affected, Holding
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.quantities import HoldingSum, holdings
from foodtrace.recall.settings import DEFAULT, Settings

UNIT_NAMES: Final = ("g", "ml", "piece")


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with its two numbers; an empty denominator is no rate."""

    numerator: int
    denominator: int
    unit: str
    """``g``, ``ml``, ``piece``; ``site`` for outlets."""

    @property
    def percent(self) -> str:
        """Return one decimal, half up; 100.0 only if the two are equal, 0.0 only if the numerator is zero; else empty."""
        if self.denominator == 0:
            return ""
        tenths = (2000 * self.numerator + self.denominator) // (2 * self.denominator)
        if self.numerator != self.denominator and tenths == 1000:  # noqa: PLR2004 - 100.0 means all
            tenths = 999 if self.numerator < self.denominator else 1001
        if self.numerator > 0 and tenths == 0:
            tenths = 1
        return f"{tenths // 10}.{tenths % 10}"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one unit."""

    unit: str
    distributed: int
    """D."""
    should: int
    """B, should be recalled."""
    retrieved: int
    retrieved_strict: int
    sold_before: int
    """Sold before the notice arrived, consumer returns not taken off."""
    sold: int
    brought_back: int
    destroyed_before: int
    lost_before: int
    rates: dict[str, Rate]


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """How far a recall has come."""

    rows: tuple[Figures, ...]
    """One per unit, the worst first; never added up."""
    confirmed_only: tuple[Figures, ...]
    pseudo_most: Mapping[str, int]
    """What dispatches without lot might hold besides, by unit: at most this much, at least 0."""
    notified: Rate
    answered: Rate
    effective: Rate


def completion(facts: Facts, found: Affected, case: Case | None, *, settings: Settings = DEFAULT) -> Completion:
    """Return the completion figures of a case (or of a lot without a case: nothing is retrieved then)."""
    opened = NEVER if case is None else case.opened
    notices = notice_times(case, settings)
    counted = {
        holding: link.since for holding, link in found.holdings.items() if settings.count_possible or link.link == "confirmed"
    }
    sure = {holding: link.since for holding, link in found.holdings.items() if link.link == "confirmed"}
    outlets = found.outlets
    answered = {step.site for step in case.steps if step.kind == "acknowledgement"} if case else set()
    drawn = {step.site for step in case.steps if step.kind == "check"} if case else set()
    clean = {step.site for step in case.steps if step.kind == "check" and step.result == "clean"} if case else set()
    bad = {step.site for step in case.steps if step.kind == "check" and step.result in ("found", "not_notified")} if case else set()
    return Completion(
        rows=_rows(facts, found, counted, opened, notices, settings),
        confirmed_only=_rows(facts, found, sure, opened, notices, settings),
        pseudo_most=_pseudo(found),
        notified=Rate(numerator=len(outlets & notices.keys()), denominator=len(outlets), unit="site"),
        answered=Rate(numerator=len(outlets & answered), denominator=len(outlets), unit="site"),
        effective=Rate(numerator=len(clean - bad), denominator=len(drawn), unit="site"),
    )


def notice_times(case: Case | None, settings: Settings = DEFAULT) -> dict[int, int]:
    """Return N(s) of every notified site: delivery of the notice, else its sending."""
    times: dict[int, int] = {}
    for step in case.steps if case else ():
        if step.kind == "notice" and step.direction == "downstream":
            arrived = step.at if step.delivered is None else step.delivered
            times[step.site] = min(times.get(step.site, arrived), arrived)
    if case is not None and case.published is not None and settings.publication_is_notice:
        times = {site: min(time, case.published) for site, time in times.items()}
    return times


def _pseudo(found: Affected) -> dict[str, int]:
    most: dict[str, int] = defaultdict(int)
    for move in found.moves:
        if move.unnamed and (move.lot, move.dst) in found.holdings:
            most[UNIT_NAMES[move.unit]] += move.sent
    return dict(most)


class _Count:
    """Running totals of one unit."""

    def __init__(self) -> None:
        self.d = self.back = self.again = self.destroyed_since = self.destroyed_before = 0
        self.custody = self.strict = self.returning = 0
        self.sold = self.sold_before = self.lost = self.lost_before = self.undone = self.undone_before = 0


def _rows(
    facts: Facts, found: Affected, counted: Mapping[Holding, int], opened: int, notices: Mapping[int, int], settings: Settings
) -> tuple[Figures, ...]:
    totals: dict[int, _Count] = defaultdict(_Count)
    pseudo = {move.lot for move in found.moves if move.unnamed}
    trade = {holding: since for holding, since in counted.items() if holding[1] not in found.own and holding[0] not in pseudo}
    _stock_at_tau(found, trade, totals)
    _moved(facts, found, trade, opened, totals, settings)
    sales = _flows(found, trade, counted, opened, notices, totals)
    _custody(found, trade, sales, totals)
    rows = [_figures(unit, totals[unit]) for unit in sorted(totals)]
    return tuple(sorted(rows, key=lambda row: (row.retrieved * 1_000_000 // row.should if row.should else 1_000_000, row.unit)))


def _stock_at_tau(found: Affected, trade: Mapping[Holding, int], totals: dict[int, _Count]) -> None:
    """Add what lay in trade when it became affected (step 2); only partial scopes start anywhere but at the beginning."""
    for holding, since in trade.items():
        units = [key[2] for key in found.sums if key[:2] == holding] if since != ALWAYS else []
        for unit in units:
            totals[unit].d += 0
        if not units:
            continue
        moves = [move for move in found.moves if move.lot == holding[0] and holding[1] in (move.src, move.dst)]
        flows = [flow for flow in found.flows if (flow.lot, flow.site) == holding]
        for key, each in holdings(moves, flows, before=since).items():
            if key[:2] == holding:
                totals[key[2]].d += each.on_hand
    for key, each in found.sums.items():
        if key[:2] in trade:
            totals[key[2]].d += each.over


def _moved(facts: Facts, found: Affected, trade: Mapping[Holding, int], opened: int, totals: dict[int, _Count], settings: Settings) -> None:
    """Moves into the trade, back to own sites, and out again (steps 2 and 3)."""
    for move in found.moves:
        if move.unnamed:
            continue
        here, there = (move.lot, move.src), (move.lot, move.dst)
        count = totals[move.unit] if here in trade or there in trade else None
        if count is None:
            continue
        inside = here in trade and move.t_out >= trade[here]
        if there in trade and not inside and (not move.arrived or move.t_in >= trade[there]):
            from_own = move.src in found.own and here in found.holdings
            if from_own and move.t_out >= opened:
                count.again += max(move.sent, move.received)
            else:
                count.d += max(move.sent, move.received)
        elif there in trade and inside and move.unit == move.unit_in:
            count.d += max(move.received - move.sent, 0)
        if inside and move.dst in found.own:
            if move.arrived and move.t_in >= opened:
                count.back += move.received
            elif move.arrived and not move.recall:
                count.d -= move.received
        if inside and move.recall and move.t_out >= opened and move.travelling and facts.now - move.t_out <= settings.transit_limit:
            count.returning += move.travelling


def _flows(
    found: Affected,
    trade: Mapping[Holding, int],
    counted: Mapping[Holding, int],
    opened: int,
    notices: Mapping[int, int],
    totals: dict[int, _Count],
) -> dict[tuple[int, int, int], list[int]]:
    """Births, sales, destruction, loss and use, and use into affected lots; return sales [before, after, back] by holding."""
    affected_lots = {lot for lot, _ in found.holdings}
    made: dict[tuple[int, int], set[int]] = defaultdict(set)
    for flow in found.flows:
        if flow.kind == FlowKind.PRODUCED:
            made[flow.log, flow.seq].add(flow.lot)
    sales: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for flow in found.flows:
        holding = (flow.lot, flow.site)
        own_sale = holding in counted and flow.site in found.own and flow.kind in (FlowKind.SOLD, FlowKind.CONSUMER_RETURN)
        if flow.flags & UNNAMED or not (own_sale or (holding in trade and flow.t >= trade[holding])):
            continue
        count = totals[flow.unit]
        notice = notices.get(flow.site, NEVER)
        if flow.kind in BIRTHS:
            count.d += flow.q
        elif flow.kind == FlowKind.SOLD:
            sales[flow.lot, flow.site, flow.unit][0 if flow.t < notice else 1] += flow.q
            count.d += flow.q if own_sale else 0
        elif flow.kind == FlowKind.CONSUMER_RETURN:
            sales[flow.lot, flow.site, flow.unit][2] += flow.q
        elif flow.kind == FlowKind.DESTROYED:
            if flow.t < opened:
                count.destroyed_before += flow.q
            else:
                count.destroyed_since += flow.q
        elif flow.kind in (FlowKind.LOST, FlowKind.USED):
            count.lost += flow.q
            count.lost_before += flow.q if flow.t < notice else 0
        elif flow.kind == FlowKind.CONSUMED and made[flow.log, flow.seq] & affected_lots:
            count.d -= flow.q
    return sales


def _custody(
    found: Affected, trade: Mapping[Holding, int], sales: Mapping[tuple[int, int, int], list[int]], totals: dict[int, _Count]
) -> None:
    """Custody in trade (step 3), and what consumer returns undo (step 4)."""
    for key, each in found.sums.items():
        if key[:2] in trade:
            totals[key[2]].custody += each.back + each.sealed
            totals[key[2]].strict += each.back
    for (_, _, unit), (before, after, back) in sales.items():
        count = totals[unit]
        count.sold += before + after
        count.sold_before += before
        count.undone += min(back, before + after)
        count.undone_before += min(back, before)
        # Returns beyond the sales are over: goods nobody on record distributed, now there (step 4).
        count.d += max(back - before - after, 0)


def _figures(unit: int, count: _Count) -> Figures:
    net = count.back - count.again
    d = count.d + max(-net, 0)
    certain = max(net, 0) + count.destroyed_since
    retrieved = certain + count.custody + count.returning
    strict = certain + count.strict
    should = d - count.sold_before - count.destroyed_before - count.lost_before + count.undone_before
    accounted = retrieved + count.sold - count.undone + count.destroyed_before + count.lost
    name = UNIT_NAMES[unit]
    return Figures(
        unit=name,
        distributed=d,
        should=should,
        retrieved=retrieved,
        retrieved_strict=strict,
        sold_before=count.sold_before,
        sold=count.sold,
        brought_back=count.undone,
        destroyed_before=count.destroyed_before,
        lost_before=count.lost_before,
        rates={
            "R1": Rate(numerator=retrieved, denominator=d, unit=name),
            "R2": Rate(numerator=retrieved, denominator=should, unit=name),
            "R3": Rate(numerator=accounted, denominator=d, unit=name),
        },
    )


__all__ = ["Completion", "Figures", "HoldingSum", "Rate", "completion", "notice_times"]
