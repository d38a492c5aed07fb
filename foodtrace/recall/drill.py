"""A mock recall: a lot drawn by lot, found, balanced and timed. Reads only: no entry, no notice, no stock is touched.

Rules:

1. The lot is drawn from all lots that ever were at two sites, sorted by id, by SHA-256 of the seed: who knows seed and ledger can draw
   again, and nobody can pick. The number of candidates is part of the report.
2. The clock runs from the draw to the last figure. It times the machine, not the people: whoever drills people adds their time.
3. Percent accounted for is by the mass balance (:mod:`foodtrace.recall.balance`): of what came into being, how much somebody can point at.
4. Reachable is an outlet with a phone number on record: a list nobody can call is no recall.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import LotsClause
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.inorder import in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import find
from foodtrace.recall.amounts import PIECE
from foodtrace.recall.answer import Answer, RateAnswer, recall
from foodtrace.recall.balance import Balance, accounted, balances, total
from foodtrace.recall.breaks import shown_time
from foodtrace.recall.chain import Chain, forward, joined
from foodtrace.recall.chainback import backward
from foodtrace.recall.metrics import UNIT_NAMES, Rate
from foodtrace.recall.packs import for_day
from foodtrace.recall.report import masked
from foodtrace.storage.session import Session

Timer = Callable[[], int]
"""A clock that never goes back, microseconds."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of one lot in one unit, in base units; both sides are equal."""

    lot: str
    unit: str
    born: int
    brought_back: int
    unexplained: int
    """Over, surplus, from no named source, or from another unit."""
    used: int
    """Consumed, used up or sampled."""
    used_into: int
    """Of it, what went into another lot of the drill."""
    sold: int
    destroyed: int
    lost: int
    on_hand: int
    on_hand_unknown: int
    """Of it, at sites that record nothing."""
    travelling: int
    overdue: int
    unaccounted: int
    elsewhere: int
    """Sent to no registered site, or received in another unit."""


class Accounted(RateAnswer, frozen=True, kw_only=True):
    """How much somebody can point at, of what came into being, in one unit."""

    product: str = ""
    """For pieces: the product counted; pieces of unlike products are never added up."""
    unexplained: int = 0
    """Of what came into being, how much at most nobody can say the origin of; it stands on both sides. Beside what the balance has as
    unexplained it is what consumers brought back of a lot beyond what was sold of it."""


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill found; its JSON is ``schemas/drill.json``."""

    seed: str
    """Empty: the lot was named."""
    candidates: int
    """Lots it was drawn from; 0: the lot was named."""
    lot: str
    product: str
    at: str
    milliseconds: int
    """From the draw to the last figure."""
    affected_lots: int
    sites: int
    outlets: int
    reachable: int
    """Outlets with a phone number on record."""
    untraced: int
    accounted: tuple[Accounted, ...]
    """Per unit, for pieces per product: accounted for, of what came into being; the worst first."""
    balances: tuple[Weighed, ...]
    answer: Answer
    """The recall's answer, contacts masked."""


def draw(session: Session, seed: str) -> tuple[str, int]:
    """Return (lot, number of candidates) (rule 1). Raises ``NotFound`` (``drill.no_lots``)."""
    rows = session.rows(
        "SELECT n.text FROM (SELECT h.lot FROM holding AS h WHERE h.flows > 0 GROUP BY h.lot HAVING COUNT(DISTINCT h.site) > 1) AS x "
        "JOIN name AS n ON n.id = x.lot WHERE n.code IS NOT NULL"
    )
    lots = sorted(row[0] for row in rows)  # in Python: databases sort text each in their own way
    if not lots:
        raise NotFound("drill.no_lots", value=seed)
    number = int.from_bytes(hashlib.sha256(b"foodtrace/drill/v1\0" + seed.encode()).digest(), "big")
    return lots[number % len(lots)], len(lots)


def drill(session: Session, seed: str, *, now: int, timer: Timer, lot: str | None = None) -> tuple[Drill, Chain]:
    """Carry out a mock recall; return what it found and the chain, to draw.

    :param lot: drill this lot instead of drawing one. :param timer: clock for rule 2.
    :raises NotFound: ``drill.no_lots``, ``lot.not_found``. :raises Ambiguous: ``lot.ambiguous``.
    """
    begun = timer()
    chosen, candidates = draw(session, seed) if lot is None else (resolve_lot(session, lot), 0)
    rules = for_day(now, session.rules)
    settings = rules.settings
    answer = rules.named(recall(session, (chosen,), now=now, settings=settings))
    facts = SqlFacts(session, now)
    found = find(facts, (LotsClause(lots=(chosen,)),), settings=settings)
    silent = {facts.site(row.site) or 0 for row in (*answer.outlets, *answer.others) if any(each.on_hand is None for each in row.amounts)}
    weighed = balances(found, overdue_before=now - settings.transit_limit, unknown=silent)
    lines: dict[tuple[int, str], list[Balance]] = defaultdict(list)
    for (number, unit), row in weighed.items():
        lines[unit, found.product(number) if unit == PIECE else ""].append(row)
    rates = [_rate(unit, product, rows) for (unit, product), rows in sorted(lines.items())]
    asked = {facts.lot(chosen) or 0}
    chain = joined(backward(facts, asked, settings=settings), forward(facts, found, asked, settings=settings))
    made = Drill(
        seed=seed,
        candidates=candidates,
        lot=chosen,
        product=answer.product,
        at=shown_time(now) or "",
        milliseconds=(timer() - begun) // 1000,
        affected_lots=answer.lots_affected,
        sites=len(answer.outlets) + len(answer.others),
        outlets=len(answer.outlets),
        reachable=sum(bool(row.phone) for row in answer.outlets),
        untraced=len(answer.untraced),
        accounted=tuple(sorted(rates, key=lambda rate: (rate.numerator * 1000 // max(rate.denominator, 1), rate.unit, rate.product))),
        balances=tuple(
            _weighed(found.called.name(lot), unit, row)
            for (lot, unit), row in sorted(weighed.items(), key=lambda each: (in_order(found.called.name(each[0][0])), each[0][1]))
        ),
        answer=masked(answer),
    )
    return made, chain


def _rate(unit: int, product: str, rows: Sequence[Balance]) -> Accounted:
    row = total(rows)
    numerator, denominator = accounted(row)
    rate = Rate(numerator=numerator, denominator=denominator, unit=UNIT_NAMES[unit])
    return Accounted(
        numerator=numerator,
        denominator=denominator,
        unit=rate.unit,
        percent=rate.percent,
        product=product,
        unexplained=_unexplained(row) + sum(max(0, each.brought_back - each.sold) for each in rows),
    )


def _unexplained(row: Balance) -> int:
    return row.over + row.surplus + row.from_nowhere + row.changed_in


def _weighed(lot: str, unit: int, row: Balance) -> Weighed:
    return Weighed(
        lot=lot,
        unit=UNIT_NAMES[unit],
        born=row.born,
        brought_back=row.brought_back,
        unexplained=_unexplained(row),
        used=row.consumed + row.used,
        used_into=row.consumed_into,
        sold=row.sold,
        destroyed=row.destroyed,
        lost=row.lost,
        on_hand=row.on_hand,
        on_hand_unknown=row.on_hand_unknown,
        travelling=row.travelling,
        overdue=row.overdue,
        unaccounted=row.unaccounted,
        elsewhere=row.to_nowhere + row.changed_out,
    )
