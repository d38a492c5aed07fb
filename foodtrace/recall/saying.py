"""Makes what a recall answers (:mod:`foodtrace.recall.said`) of the engine's figures: texts for numbers, in an order that no number tells.

Rule: the numbers of names follow the order in which records arrived, which must not be seen (RECALL section 8); so what is handed out is in
the order of its texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from foodtrace.graph.edges import moment
from foodtrace.graph.flows import LEAVING, Flow
from foodtrace.graph.heads import LogHead, heads
from foodtrace.graph.inorder import in_order
from foodtrace.recall.called import Called
from foodtrace.recall.facts import Facts
from foodtrace.recall.finding.look import Finding
from foodtrace.recall.metrics import UNIT_NAMES, Figures, Rate
from foodtrace.recall.plain.sources import positions_told
from foodtrace.recall.said import FiguresAnswer, FindingAnswer, OutletRow, Position, RateAnswer, ToldTwice, Unsealed
from foodtrace.recall.twice import Twice
from foodtrace.storage.session import Session


def findings_said(
    session: Session, facts: Facts, found: Collection[Finding], names: Mapping[int, str], called: Called
) -> tuple[FindingAnswer, ...]:
    """Return findings with texts for numbers, in the order of their texts.

    :param names: site -> trading name. :param called: what lots are called there.
    """
    texts = facts.texts({each.lot for each in found} | {each.site for each in found} | {0})
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    if session.vouched is not None and any(log < 0 for each in found for log, _ in each.entries):
        origins |= session.vouched.gone(dict.fromkeys(origins.values()))
    made = [
        FindingAnswer(
            kind=each.kind,
            lot=(called.name(each.lot, each.site) or texts[each.lot]) if each.lot else "",
            site=texts[each.site] if each.site else "",
            site_name=names.get(each.site, ""),
            value=each.value,
            unit=UNIT_NAMES[each.unit] if each.unit >= 0 else "",
            entries=tuple([f"{origins.get(log, log)}#{seq}" for log, seq in each.entries]),
            reason=each.reason,  # type: ignore[arg-type]  # the words are the same
        )
        for each in found
    ]
    # By text: the numbers of names follow the order of arrival, which must not be seen (RECALL section 8).
    return tuple(
        sorted(
            made,
            key=lambda each: (each.kind, in_order(each.lot), each.site, each.unit, each.value, [*map(in_order, each.entries)], each.reason),
        )
    )


def twice_said(
    session: Session, facts: Facts, found: Collection[Twice], names: Mapping[int, str], flows: Iterable[Flow], called: Called
) -> tuple[ToldTwice, ...]:
    """Return what may be told twice with texts for numbers, in the order of their texts.

    :param names: site -> trading name. :param flows: those that the moves were made of, for the number of each sending.
    :param called: what lots are called there.
    """
    if not found:
        return ()
    wanted = {each.left[0] for each in found}
    numbers = {(flow.log, flow.seq): flow.pair for flow in flows if flow.kind in LEAVING and (flow.log, flow.seq) in wanted}
    texts = facts.texts({site for each in found for site in (each.src, each.dst)})
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    made = [
        ToldTwice(
            lot=called.name(each.lot, each.dst),
            source=texts[each.src],
            source_name=names.get(each.src, ""),
            site=texts[each.dst],
            site_name=names.get(each.dst, ""),
            unit=UNIT_NAMES[each.unit],
            quantity=each.q,
            number=numbers.get(each.left[0], ""),
            sent=tuple([f"{origins.get(log, log)}#{seq}" for log, seq in each.left]),
            received=tuple([f"{origins.get(log, log)}#{seq}" for log, seq in each.came]),
        )
        for each in found
    ]
    return tuple(sorted(made, key=_place_of_twice))


def _place_of_twice(each: ToldTwice) -> tuple[Any, ...]:
    return in_order(each.lot), each.source, each.site, [*map(in_order, each.sent)], [*map(in_order, each.received)]


def unsealed_said(
    facts: Facts, found: Mapping[tuple[int, int, int], int], names: Mapping[int, str], called: Called
) -> tuple[Unsealed, ...]:
    """Return free stock with texts for numbers, the most first.

    :param names: site -> trading name. :param called: what lots are called there.
    """
    texts = facts.texts({site for _, site, _ in found})
    made = [
        Unsealed(site=texts[site], name=names.get(site, ""), lot=called.name(lot, site), unit=UNIT_NAMES[unit], quantity=q)
        for (lot, site, unit), q in found.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.quantity, each.site, in_order(each.lot), each.unit)))


def positions(session: Session, known: Sequence[LogHead] | None = None) -> tuple[Position, ...]:
    """Return how far every log has come, and how far it is to be believed; also of logs that were verified here and went missing.

    :param known: how far they had come, where it is not about today.
    """
    return tuple([msgspec.convert(each, Position) for each in positions_told(heads(session) if known is None else known)])


def likely_first(row: OutletRow) -> tuple[int, str]:
    """Return the place of a row: likely remaining stock first, unknown counted as all of it."""
    there = [each.likely + (0 if each.received is None else each.travelling) for each in row.amounts]
    return (-max(there, default=0), row.site)


def rate_said(rate: Rate) -> RateAnswer:
    """Return a rate as it is handed out."""
    return RateAnswer(
        numerator=rate.numerator,
        denominator=rate.denominator,
        unit=rate.unit,
        percent=rate.percent,
        once=rate.once,
        at_least=rate.at_least,
    )


def figures_said(row: Figures) -> FiguresAnswer:
    """Return the figures of one row as they are handed out."""
    return FiguresAnswer(
        unit=row.unit,
        product=row.product,
        distributed=row.distributed,
        should_be_recalled=row.should,
        retrieved=row.retrieved,
        retrieved_strict=row.retrieved_strict,
        sold=row.sold,
        rates={name: rate_said(rate) for name, rate in row.rates.items()},
        unexplained=row.unexplained,
        on_record={name: rate_said(rate) for name, rate in row.on_record.items()},
    )


@lru_cache(maxsize=4096)
def said_time(microseconds: int | None) -> str | None:
    """Return a moment as text, none for none."""
    return None if microseconds is None else moment(microseconds).strftime("%Y-%m-%dT%H:%M:%SZ")
