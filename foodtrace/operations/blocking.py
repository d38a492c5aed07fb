"""Which recall cases stand against goods, and what an ask for them gets (RECALL section 7).

Rules:

1. Every ask (sale, dispatch, entry, use as input, packing, release, certificate, return to free stock) is answered here, by
   :mod:`foodtrace.recall.blocking`: confirmed is refused, possible is held, a receipt is accepted as sealed.
2. What was refused or held is an entry of its own, which moves no quantity, and commits before the caller is told.
3. In a lot scope every holding of an affected lot is blocked, made before or after; in a partial scope the holding decides, and
   goods nobody knows the way of are held.
4. Only cases whose scope names the lot, something it was made from, another of its names, or is a rule are read at all.
5. Closing a case lifts nothing, nor does narrowing its scope: what only an earlier version reached is held as possible. Clearing
   these goods, or withdrawing the case, lifts it.
6. A positive test of the lot stops the same asks until a laboratory has spoken (FSL Art. 112).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import NotFound, Refused
from foodtrace.events import Event, RecallOpened, RecallWidened, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.edges import BY_RULE, micros, recalled
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find as numbers_of
from foodtrace.graph.names import texts_of
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing, Outcome, new_id
from foodtrace.operations.tests import check_tests
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected, find
from foodtrace.recall.blocking import Doing as Ask
from foodtrace.recall.blocking import Link, Verdict, answer, link_of
from foodtrace.recall.blocking import blocks as stands
from foodtrace.recall.cases import case_ids, load_cases
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

Asked: TypeAlias = Literal["sale", "transfer", "market_entry", "use", "packing", "release", "certificate", "restock"]
"""What can be asked for, as a refusal records it."""

MOST: Final = 20_000
"""Lots that are looked at on the way back from one lot, more than most blends of blends have; beyond it every case is asked."""


class Block(msgspec.Struct, frozen=True):
    """A case that stands against a lot."""

    case: str
    link: str
    """``confirmed``, ``possible``; ``unknown``: a partial scope touches the lot, and nobody knows the way of these goods."""
    level: int
    advice: str = ""
    block_possible: Verdict = "hold"
    """What the case's rule pack gives to an ask for a possible link."""


def blocks(session: Session, lot: str, now: int, site: str = "") -> list[Block]:
    """Return every case that stands against a lot at a site (rules 3-5).

    :param lot: full id; one that no record names is blocked by nothing here (the gate asks by its papers).
    :param now: microseconds UTC.
    :param site: id of the site whose goods are asked for; empty: the lot wherever it is.
    """
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    if number is None:
        return []
    where = facts.site(site) or 0 if site else 0
    found: list[Block] = []
    for each in _about(session, facts, number):
        try:
            opened = load_cases(session, each, until=now)
        except NotFound:
            continue  # opened later than now
        for case in opened:
            if case.withdrawn is not None:
                continue
            settings = for_case(case).settings
            hit = find(facts, case.versions[-1].clauses, settings=settings, own_operator=case.operator, case=each)
            link = _link(hit, case, number, where, now)
            if link is not None:
                found.append(Block(each, link, case.level, case.advice, settings.block_possible))
            elif _left_out(facts, case, number, where, now):
                found.append(Block(each, "possible", case.level, case.advice, "hold"))
    return found


def _left_out(facts: SqlFacts, case: Case, number: int, where: int, now: int) -> bool:
    """Tell whether an earlier version of a case reached the goods that its last, a narrower one, leaves out (rule 5)."""
    last = case.versions[-1].clauses
    for version in case.versions[:-1]:
        if not set(version.clauses) <= set(last):
            hit = find(facts, version.clauses, settings=for_case(case).settings, own_operator=case.operator, case=case.case)
            if _link(hit, case, number, where, now) is not None:
                return True
    return False


def behind(session: Session, lot: str, now: int) -> list[str]:
    """Return the cases that may be about a lot: those that name it or what it was made from, and those whose scope is a rule."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    return [] if number is None else _about(session, facts, number)


def _about(session: Session, facts: SqlFacts, number: int) -> list[str]:
    """Return the cases that may be about a lot; all there are, where it was made from more lots than are looked at."""
    lots = _back(session, facts, number)
    return case_ids(session) if lots is None else candidates(session, lots)


def _link(hit: Affected, case: Case, number: int, where: int, now: int) -> Link | None:
    """Return the link by which a case blocks the goods, none if it does not or they were cleared (under any of their names)."""
    rep = next((lot for lot, names in hit.names.items() if number in names), None)
    if rep is None or not all(stands(case, name, where, now, for_case(case).settings) for name in hit.names[rep]):
        return None
    holdings = {holding: each.link for holding, each in hit.holdings.items() if holding[0] == rep}
    if not where:
        return link_of(holdings, rep, 0)
    return link_of(holdings, rep, where, partial=hit.partial, stock_unknown=hit.partial and _way_unknown(hit, rep, where))


def _way_unknown(hit: Affected, lot: int, site: int) -> bool:
    """Tell whether nobody knows how goods of a lot came to a site: no record, from nowhere, from a consumer, or from such a site."""
    if not any((lot, site, unit) in hit.sums for unit in range(3)):
        return True
    fresh = {move.dst for move in hit.moves if move.lot == lot and move.arrived and not move.src}
    fresh |= {where for (each, where, _), sums in hit.sums.items() if each == lot and sums.brought_back > sums.sold}
    onward: dict[int, set[int]] = {}
    for move in hit.moves:
        if move.lot == lot and move.src and move.dst:
            onward.setdefault(move.src, set()).add(move.dst)
    seen = set[int]()
    while fresh:
        seen |= fresh
        fresh = {there for here in fresh for there in onward.get(here, ())} - seen
    return site in seen


def candidates(session: Session, lots: Sequence[str]) -> list[str]:
    """Return the cases that name one of these lots or one of the same code, and those whose scope is a rule (rule 4)."""
    numbers = numbers_of(session, list(dict.fromkeys([BY_RULE, *(recalled(lot) for lot in lots)])))
    rows = session.each(
        "SELECT e.bytes FROM {ids} CROSS JOIN about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = f.value AND a.kind IN (?, ?) AND a.ended <= 0",
        list(numbers.values()),
        (ABOUT[RecallOpened], ABOUT[RecallWidened]),
    )
    events = [decode_alone(event_bytes(bytes(row[0]))) for row in rows]
    found = [getattr(event, "replacement", None) or event for event in events]
    return sorted({event.case for event in found if isinstance(event, (RecallOpened, RecallWidened))})


def _back(session: Session, facts: SqlFacts, number: int) -> list[str] | None:
    """Return the ids of every lot these goods were made from, and of every other name of all of them; none: more than :data:`MOST`."""
    seen = {number}
    rim = [number]
    known: dict[str, bool] = {}
    while rim and len(seen) < MOST:
        reached = {src for src, _ in facts.parents(rim)} | {other for _, other in facts.aliases(rim)}
        for text in texts_of(session, rim).values():
            authority, _, code = text.partition("/")
            if authority not in known:
                # A code under an issuer on no record may be anybody's: every lot of that code may be this one.
                known[authority] = known_issuer(session, authority)
            if not known[authority]:
                reached |= {row[0] for row in session.rows("SELECT id FROM name WHERE code = ?", (code,))}
        rim = [each for each in reached if each not in seen]
        seen |= reached
    return None if rim else [text for text in texts_of(session, seen).values() if text]


def known_issuer(session: Session, authority: str) -> bool:
    """Tell whether the issuer part of a lot id is on record, as an operator or its site; a GTIN is a known product."""
    gtin = authority.isdigit() and len(authority) == 14  # noqa: PLR2004 - a GTIN-14 is a known product
    return gtin or bool(numbers_of(session, [f"operator {authority}", f"sites {authority}", authority]))


def refused(
    session: Session,
    doing: Doing,
    asked: Asked,
    goods: Iterable[tuple[str, Quantity | None]],
    site: str = "",
    *,
    tests: bool = True,
) -> Outcome | None:
    """Answer an ask; none where nothing stands against it, else the refusals to record and the error to raise after (rule 2).

    :param goods: (full lot id, how much) of everything asked for; all reasons are recorded, the first is raised.
    :param tests: also ask whether a test of the lot was positive (rule 6).
    """
    events: list[Event] = []
    first: Refused | None = None
    now = micros(doing.now)
    for lot, quantity in goods:
        for error, case in _reasons(session, lot, now, asked, site, tests=tests):
            first = first or error
            events.append(
                Refusal(
                    id=new_id(doing.now),
                    at=doing.now,
                    by=doing.by,
                    site=site,
                    asked=asked,
                    lot=lot,
                    quantity=quantity,
                    reasons=(error.code,),
                    case=case,
                )
            )
    return None if first is None else Outcome(events=events, refused=first)


def _reasons(session: Session, lot: str, now: int, asked: Ask, site: str, *, tests: bool) -> list[tuple[Refused, str]]:
    found: list[tuple[Refused, str]] = []
    for block in sorted(blocks(session, lot, now, site), key=lambda each: (each.link != "confirmed", each.case)):
        verdict = verdict_of(block, asked)
        if verdict in ("refuse", "hold"):
            code = "transfer.recalled" if block.link == "confirmed" else "transfer.recall_possible"
            found.append((Refused(code, value=lot, case=block.case), block.case))
    if tests:
        try:
            check_tests(session, lot, now)
        except Refused as error:
            found.append((error, ""))
    return found


def verdict_of(block: Block, asked: Ask) -> Verdict:
    """Return what a block gives to an ask, by its case's rule pack."""
    link: Link = block.link  # type: ignore[assignment]  # made by link_of
    return answer(asked, link, msgspec.structs.replace(_PLAIN, block_possible=block.block_possible))


_PLAIN: Final = for_case(None).settings
