"""How far a recall has come: R1-R6, each with numerator and denominator (RECALL section 5). Pure.

1. What is added up is said in :mod:`foodtrace.recall.tally`; T is the moment of the facts.
2. R1 = retrieved/D, R2 = retrieved/B, R3 = (retrieved + sold - consumer returns + earlier destroyed + loss and use)/D,
   R4 notified and R5 answered of affected outlets, R6 clean of the drawn sample.
3. N(s) is when the notice arrived, else when it was sent. An own site knows from the opening on. Of goods that the case cleared the
   clearing stands for it: what is sold of them since stays in B, or a clearing would better R2 (ADR 36).
4. One row per unit, and for pieces per product. Rows are merged only if every lot in pieces declares its content; otherwise they
   are never added up, and the worst stands first.
5. Possible links count (``count_possible``); the confirmed ones alone stand beside. Pseudo-lots are no part of the sums: theirs
   are lines of their own, least to most.
6. Goods that two records may tell twice (:mod:`foodtrace.recall.twice`) count as the section says; a rate that would be less if they were
   one load says so beside it (:attr:`Rate.once`).
7. 100.0 is printed only if the two numbers are equal, 0.0 only if the numerator is zero; 0/0 is no rate. Nothing is clipped to
   look better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.flows import LotInfo
from foodtrace.recall.affected import Affected
from foodtrace.recall.bounds import Bounds
from foodtrace.recall.effectiveness import drawn_of, standing
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.heard import heard_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.percent import percent
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.sums import Count, notice_times, said_at_notice, sums_with_said, told_of_all
from foodtrace.recall.tally import Tally
from foodtrace.recall.twice import once as counted_once

UNIT_NAMES: Final = ("g", "ml", "piece")
_PIECE: Final = 2
_Row: TypeAlias = tuple[int, str]
"""(unit, product): the product only for pieces."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with its two numbers; an empty denominator is no rate."""

    numerator: int
    denominator: int
    unit: str
    """``g``, ``ml``, ``piece``; ``site`` for outlets."""

    once: tuple[int, int] | None = None
    """The two numbers if goods that may be told twice are counted once; none where that would make it no less."""

    @property
    def percent(self) -> str:
        """Return one decimal, half up; 100.0 only if the two are equal, 0.0 only if the numerator is zero; else empty."""
        return percent(self.numerator, self.denominator)

    @property
    def at_least(self) -> str:
        """Return the percentage of ``once``; empty where there is none, or nothing would be left to divide by."""
        return percent(*self.once) if self.once is not None else ""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one row."""

    unit: str
    product: str = ""
    """For pieces: the product counted."""
    distributed: int
    """D."""
    should: int
    """B, should be recalled."""
    retrieved: int
    retrieved_strict: int
    """Without what is only sealed or travelling."""
    sold_before: int
    """Sold before the notice arrived, consumer returns not taken off."""
    sold: int
    brought_back: int
    """Sales undone by consumer returns."""
    destroyed_before: int
    lost_before: int
    rates: dict[str, Rate]
    """R1-R3."""
    strict: dict[str, Rate] = {}
    """R1 and R2 without what is only sealed or travelling."""
    unexplained: int = 0
    """Of the retrieved: may be goods that no record says were ever distributed."""
    on_record: dict[str, Rate] = {}
    """R1-R3 without those: what is retrieved for certain of what is on record."""


class PseudoLine(msgspec.Struct, frozen=True, kw_only=True):
    """A holding of goods dispatched without lot: between ``least`` and ``most`` of it may be affected."""

    lot: int
    site: int
    unit: str
    quantity: int
    least: int
    most: int


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """How far a recall has come."""

    rows: tuple[Figures, ...]
    """One per unit (for pieces per product), the worst first; never added up."""
    confirmed_only: tuple[Figures, ...]
    notified: Rate
    answered: Rate
    effective: Rate


def completion(
    facts: Facts, found: Affected, case: Case | None, *, settings: Settings = DEFAULT, matter: Matter | None = None
) -> Completion:
    """Return the completion figures of a case (or of a lot without a case: nothing is retrieved then).

    :param matter: what is still the matter of the case, if it is at hand.
    """
    asked = matter or Matter(facts, found, case, settings)
    everything = {holding: link.since for holding, link in found.holdings.items()}
    sure = {holding: link.since for holding, link in found.holdings.items() if link.link == "confirmed"}
    single = counted_once(found, settings.clock_slack) if case is not None else None

    def counted(holdings: Mapping[tuple[int, int], int]) -> tuple[Figures, ...]:
        tallies = Count(facts, found, holdings, case, settings, asked).tallies()
        others = Count(facts, single, holdings, case, settings, asked).tallies() if single is not None else None
        return rows_of(found.infos, found.names, tallies, settings, once=others)

    confirmed = counted(sure)
    rows = counted(everything) if settings.count_possible and len(sure) < len(everything) else confirmed
    notified, answered, effective = sites_told(found, case, facts.now)
    return Completion(rows=rows, confirmed_only=confirmed, notified=notified, answered=answered, effective=effective)


def sites_told(found: Affected, case: Case | None, now: int) -> tuple[Rate, Rate, Rate]:
    """Return R4, R5 and R6: which outlets were notified and answered, and which of the drawn sample were clean."""
    return site_rates(case, now, told_of_all(found, case, now), heard_of(case, now, found).answered, found.outlets)


def site_rates(case: Case | None, now: int, notified: set[int], answered: set[int], outlets: Collection[int]) -> tuple[Rate, Rate, Rate]:
    """Return what :func:`sites_told` does. :param notified: sites told of all they have. :param answered: that have answered of all."""
    steps = case.steps if case else ()
    clean = {site for site, result in standing(steps, now).items() if result == "clean"}
    return _sites(notified, outlets), _sites(answered, outlets), _sites(clean, drawn_of(steps, now))


def pseudo_lines(found: Affected, measured: Mapping[tuple[int, int, int], Bounds]) -> tuple[PseudoLine, ...]:
    """Return the lines of goods dispatched without lot (rule 5), from the bounds of the affected set."""
    pseudo = {move.lot for move in found.moves if move.unnamed}
    return tuple(
        PseudoLine(lot=lot, site=site, unit=UNIT_NAMES[unit], quantity=each.quantity, least=each.least, most=each.most)
        for (lot, site, unit), each in sorted(measured.items())
        if lot in pseudo
    )


def _sites(some: set[int], of: Collection[int]) -> Rate:
    return Rate(numerator=len(some.intersection(of)), denominator=len(of), unit="site")


def rows_of(
    known: Mapping[int, LotInfo],
    names: Mapping[int, Sequence[int]],
    tallies: Mapping[tuple[int, int], Tally],
    settings: Settings,
    *,
    once: Mapping[tuple[int, int], Tally] | None = None,
) -> tuple[Figures, ...]:
    """Return the rows, the worst first (rule 4).

    :param known: what is known of every name of a lot. :param names: lot -> its names. :param tallies: by (lot, unit).
    :param once: the tallies if goods that may be told twice are counted once (rule 6).
    """
    best = _together(known, names, tallies)
    others = _together(known, names, once) if once is not None else {}
    made = [_figures(row, tally, settings, others.get(row)) for row, tally in sorted(best.items())]
    return tuple(sorted(made, key=lambda row: Fraction(row.retrieved, row.should) if row.should else Fraction(2)))


def _together(
    known: Mapping[int, LotInfo], names: Mapping[int, Sequence[int]], tallies: Mapping[tuple[int, int], Tally]
) -> dict[_Row, Tally]:
    """Return the tallies of each row (rule 4)."""
    rows: dict[_Row, Tally] = defaultdict(Tally)
    merged: dict[_Row, Tally] | None = defaultdict(Tally)
    for (lot, unit), tally in tallies.items():
        infos = [known[name] for name in names.get(lot, (lot,)) if name in known]
        product = min((info.product for info in infos if info.product), default="")  # by text: numbers follow the order of arrival
        content = next(((info.content, info.content_unit) for info in infos if info.content), None)
        rows[unit, product if unit == _PIECE else ""].add(tally)
        if merged is not None:
            if unit != _PIECE:
                merged[unit, ""].add(tally)
            elif content is None or content[0] is None:
                merged = None
            else:
                merged[content[1], ""].add(tally, content[0])
    return merged if merged is not None and len(merged) < len(rows) else rows


def _pairs(tally: Tally, settings: Settings) -> dict[str, tuple[int, int]]:
    """Return numerator and denominator of R1 to R3 (rule 2)."""
    retrieved = tally.retrieved if settings.sealed_counts else tally.strict
    d = tally.distributed
    return {"R1": (retrieved, d), "R2": (retrieved, tally.should), "R3": (tally.accounted(retrieved), d)}


def _lower(pair: tuple[int, int], other: tuple[int, int]) -> tuple[int, int] | None:
    """Return the other two numbers where their rate is less."""
    (top, bottom), (over, under) = pair, other
    return other if bottom and under and over * bottom < top * under else None


def _figures(row: _Row, tally: Tally, settings: Settings, once: Tally | None) -> Figures:
    unit = UNIT_NAMES[row[0]]
    retrieved = tally.retrieved if settings.sealed_counts else tally.strict
    d, b = tally.distributed, tally.should
    pairs = _pairs(tally, settings)
    others = {} if once is None else {name: _lower(pairs[name], other) for name, other in _pairs(once, settings).items()}
    strict = {"R1": (tally.strict, d), "R2": (tally.strict, b)}
    beyond = min(tally.unexplained, retrieved)
    return Figures(
        unit=unit,
        product=row[1],
        distributed=d,
        should=b,
        retrieved=retrieved,
        retrieved_strict=tally.strict,
        sold_before=tally.sold_before,
        sold=tally.sold,
        brought_back=tally.undone,
        destroyed_before=tally.destroyed_before,
        lost_before=tally.lost_before,
        rates={name: Rate(numerator=top, denominator=bottom, unit=unit, once=others.get(name)) for name, (top, bottom) in pairs.items()},
        strict={name: Rate(numerator=top, denominator=bottom, unit=unit) for name, (top, bottom) in strict.items()},
        unexplained=beyond,
        on_record={
            name: Rate(numerator=top - beyond, denominator=bottom - beyond, unit=unit) for name, (top, bottom) in pairs.items() if beyond
        },
    )


__all__ = [
    "UNIT_NAMES",
    "Completion",
    "Figures",
    "PseudoLine",
    "Rate",
    "completion",
    "notice_times",
    "pseudo_lines",
    "rows_of",
    "said_at_notice",
    "sites_told",
    "sums_with_said",
]
