"""A recall case from opening to closing (RECALL sections 5-7).

Rules:

1. A class is never defaulted, nor when the risk was known: the clocks start there.
2. What is done is recorded with quantity and place; what an outlet did not say stays unknown.
3. Closing needs every outlet answered and nothing left in trade, or a named override; it lifts no block.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import (
    Acknowledgement,
    ContactsShown,
    Destroyed,
    Event,
    LotsClause,
    Notice,
    Portion,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallWidened,
    Returned,
    Sealing,
)
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.goods import Stock, check_enough, stock_of
from foodtrace.quantity import Quantity
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import case_ids, load_case, resolve_case
from foodtrace.recall.packs import choose
from foodtrace.storage.session import Session

_LEVELS = (1, 2, 3)


def open_case(
    session: Session, doing: Doing, lots: list[str], *, level: int, known: dt.datetime, reason: str, operator: str = "", advice: str = ""
) -> Outcome:
    """Open a case for whole lots; the answer is the event."""
    if level not in _LEVELS:
        raise BadData("case.level", value=level, expected="1, 2, 3")
    if known > doing.now:
        raise BadData("case.known_later", value=known.isoformat(), expected=doing.now.isoformat())
    full = tuple(resolve_lot(session, each) for each in lots)
    facts = SqlFacts(session, micros(doing.now))
    numbers = [number for number in (facts.lot(each) for each in full) if number is not None]
    producer = next((info.producer for info in facts.lots(numbers).values() if info.producer), "")
    year = doing.now.year
    taken = [int(each.rsplit("-", 1)[1]) for each in case_ids(session) if each.startswith(f"{year}-") and each.rsplit("-", 1)[1].isdigit()]
    event = RecallOpened(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=f"{year}-{max(taken, default=0) + 1:04d}",
        scope=(LotsClause(lots=full),),
        level=level,  # type: ignore[arg-type]  # checked above
        reason=reason,
        producer=producer,
        operator=operator or producer,
        known=known,
        advice=advice,
        rule_pack=choose(doing.now.date()).pack.id,
    )
    return Outcome(events=[event], answer=event)


def widen(session: Session, doing: Doing, case: str | None, lots: list[str], reason: str) -> Outcome:
    """Add lots to a case's scope: a new version."""
    full = resolve_case(session, case)
    state = load_case(session, full)
    event = RecallWidened(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=full,
        version=state.versions[-1].version + 1,
        scope=(LotsClause(lots=tuple(resolve_lot(session, each) for each in lots)),),
        reason=reason,
    )
    return Outcome(events=[event], answer=event)


def publish(session: Session, doing: Doing, case: str | None, channel: str) -> Outcome:
    """Publish the public notice: starts the completion clock."""
    event = RecallPublished(id=doing.event_id(), at=doing.now, by=doing.by, case=resolve_case(session, case), channel=channel)
    return Outcome(events=[event], answer=event)


def notify(session: Session, doing: Doing, case: str | None) -> Outcome:
    """Record a notice to every affected site that has none yet; the answer is (case, notices)."""
    full = resolve_case(session, case)
    state = load_case(session, full)
    answer = recall(session, (), now=micros(doing.now), case=state)
    facts = SqlFacts(session, micros(doing.now))
    done = {step.site for step in state.steps if step.kind == "notice"}
    events: list[Event] = []
    for row in (*answer.outlets, *answer.others):
        if facts.site(row.site) in done:
            continue
        events.append(
            Notice(
                id=doing.event_id(f"-{len(events) + 1}"),
                at=doing.now,
                by=doing.by,
                case=full,
                version=state.versions[-1].version,
                to=row.site,
                operator=row.operator,
                delivered=doing.now,
                lots=row.lots[:1000],
            )
        )
    return Outcome(events=events, answer=(full, events))


def acknowledge(session: Session, doing: Doing, case: str | None, site: str, on_hand: list[tuple[str, Quantity]]) -> Outcome:
    """Record a site's answer to its notice, with what it says it held when the notice arrived."""
    event = Acknowledgement(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=resolve_case(session, case),
        site=resolve_site(session, site),
        on_hand=tuple(Portion(resolve_lot(session, lot), quantity) for lot, quantity in on_hand),
    )
    return Outcome(events=[event], answer=event)


def dispose(
    session: Session,
    doing: Doing,
    what: str,
    case: str | None,
    site: str,
    lot: str | None,
    quantity: Quantity | None,
    *,
    to: str = "",
    witness: str = "",
    allow_short: bool = False,
) -> Outcome:
    """Seal, return or destroy goods of a case at a site; without a quantity, all that is there by the book.

    :param allow_short: more than the book says was really there, and is to be recorded as such.
    :raises Refused: ``site.insufficient``, ``case.nothing_there``.
    """
    full = resolve_case(session, case)
    place = resolve_site(session, site)
    lots = [resolve_lot(session, lot)] if lot else _held(session, doing, full, place)
    events: list[Event] = []
    for each in lots:
        book = next((s.quantity for s in stock_of(session, each, micros(doing.now)) if s.site == place), None)
        amount = quantity or book
        if amount is None:
            continue
        if quantity is not None and not allow_short:
            check_enough(Stock(place, book or Quantity(0, quantity.unit)), quantity)
        common: dict[str, Any] = {
            "id": doing.event_id(f"-{len(events) + 1}"),
            "at": doing.now,
            "by": doing.by,
            "site": place,
            "lot": each,
            "quantity": amount,
        }
        if what == "seal":
            events.append(Sealing(case=full, **common))
        elif what == "return":
            if not to:
                raise BadData("case.return_to", value=place)
            events.append(Returned(case=full, to=resolve_site(session, to), **common))
        else:
            events.append(Destroyed(case=full, witness=witness, **common))
    if not events:
        raise Refused("case.nothing_there", value=place, case=full)
    return Outcome(events=events, answer=events)


def close(session: Session, doing: Doing, case: str | None, override: str) -> Outcome:
    """Close a case whose conditions hold, or by a named override."""
    full = resolve_case(session, case)
    state = load_case(session, full)
    if state.closed is not None:
        raise Refused("case.closed", value=full)
    answer = recall(session, (), now=micros(doing.now), case=state)
    silent = [row.name for row in answer.outlets if row.acknowledged is None]
    trade = [row for row in (*answer.outlets, *answer.others) if row.role != "own"]
    left = [row.name for row in trade if any(amount.likely or amount.travelling for amount in row.amounts)]
    if (silent or left) and not override:
        raise Refused("case.not_done", value=full, silent=len(silent), left=len(left))
    event = RecallClosed(id=doing.event_id(), at=doing.now, by=doing.by, case=full, override=override)
    return Outcome(events=[event], answer=event)


def show_contacts(session: Session, doing: Doing, case: str | None) -> Outcome:
    """Put on record that the contacts of a case's sites are shown in full; the answer is how many sites have any."""
    full = resolve_case(session, case)
    answer = recall(session, (), now=micros(doing.now), case=load_case(session, full))
    count = sum(row.personal == "present" for row in (*answer.outlets, *answer.others))
    event = ContactsShown(id=doing.event_id(), at=doing.now, by=doing.by, case=full, what="case_report", sites=count)
    return Outcome(events=[event], answer=count)


def _held(session: Session, doing: Doing, case: str, site: str) -> list[str]:
    answer = recall(session, (), now=micros(doing.now), case=load_case(session, case))
    for row in (*answer.outlets, *answer.others):
        if row.site == site:
            return list(row.lots)
    raise NotFound("case.not_affected", value=site, case=case)
