"""Reads a recall case from its events (RECALL sections 2, 5-7)."""

from __future__ import annotations

import fnmatch
from typing import Any

import msgspec

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import (
    Acknowledgement,
    Clause,
    DeadlineExtended,
    Destroyed,
    EffectivenessCheck,
    Event,
    GoodsCleared,
    Notice,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Returned,
    Sealing,
)
from foodtrace.events.canonical import decode
from foodtrace.graph.edges import UNITS, micros
from foodtrace.graph.names import find
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse


def case_events(session: Session, case: str) -> list[tuple[int, Event, tuple[int, int]]]:
    """Return (recorded, event, (log, seq)) of everything on record about a case, in the order of time."""
    return _about(session, f"case {case}")


def case_ids(session: Session) -> list[str]:
    """Return every case on record."""
    return sorted({str(getattr(event, "case", "")) for _, event, _ in _about(session, "cases")})


def resolve_case(session: Session, given: str | None) -> str:
    """Return a case's id from its id, its end, or nothing if there is only one.

    :raises NotFound: ``case.not_found``. :raises Ambiguous: ``case.ambiguous``.
    """
    known = case_ids(session)
    if given:
        text = given.strip().upper()
        found = [each for each in known if each == text] or [each for each in known if fnmatch.fnmatchcase(each, f"*{text}")]
    else:
        found = known
    if len(found) == 1:
        return found[0]
    if found:
        raise Ambiguous("case.ambiguous", value=given or "-", candidates=found)
    raise NotFound("case.not_found", value=given or "-", near=known[:5])


def load_case(session: Session, case: str, *, until: int | None = None) -> Case:
    """Return a case as its events up to a moment say. Raises ``NotFound`` (``case.not_found``)."""
    events = [each for each in case_events(session, case) if until is None or micros(each[1].at) <= until]
    opened = next((event for _, event, _ in events if isinstance(event, RecallOpened)), None)
    if opened is None:
        raise NotFound("case.not_found", value=case, near=case_ids(session)[:5])
    state: dict[str, Any] = {"published": None if opened.published is None else micros(opened.published), "closed": None, "withdrawn": None}
    versions = [ScopeVersion(version=1, clauses=opened.scope, at=micros(opened.at), reason=opened.reason)]
    extended: list[tuple[int, int | None]] = []
    cleared: list[tuple[int, int]] = []
    steps: list[Step] = []
    for recorded, event, entry in events:
        at = micros(event.at)
        if isinstance(event, RecallWidened):
            before: tuple[Clause, ...] = () if event.narrows else versions[-1].clauses
            versions.append(ScopeVersion(version=event.version, clauses=(*before, *event.scope), at=at, reason=event.reason))
        elif isinstance(event, RecallPublished):
            state["published"] = at if state["published"] is None else min(at, state["published"])
        elif isinstance(event, RecallClosed):
            state["closed"] = at
        elif isinstance(event, RecallReopened):
            state["closed"] = None
        elif isinstance(event, RecallWithdrawn):
            state["withdrawn"] = at
        elif isinstance(event, DeadlineExtended):
            extended.append((micros(event.until), None if event.published is None else micros(event.published)))
        elif isinstance(event, GoodsCleared):
            numbers = find(session, [*event.lots, event.site])
            cleared += [(numbers.get(lot, 0), numbers.get(event.site, 0)) for lot in event.lots] or [(0, numbers.get(event.site, 0))]
        else:
            step = _step(session, recorded, at, event)
            step = step and msgspec.structs.replace(step, entry=entry)
            if step is not None:
                steps.append(step)
    return Case(
        case=case,
        versions=tuple(versions),
        level=opened.level,
        reason=opened.reason,
        opened=micros(opened.at),
        known=micros(opened.known),
        producer=opened.producer,
        operator=opened.operator or opened.producer,
        extended=tuple(extended),
        cleared=tuple(cleared),
        steps=tuple(steps),
        rule_pack=opened.rule_pack,
        advice=opened.advice,
        **state,
    )


def _step(session: Session, recorded: int, at: int, event: Event) -> Step | None:
    if isinstance(event, Notice):
        numbers = find(session, [event.to, *event.lots])
        lots = tuple(numbers[lot] for lot in event.lots if lot in numbers)
        delivered = None if event.delivered is None else micros(event.delivered)
        site = numbers.get(event.to, 0)
        return Step(kind="notice", site=site, at=at, recorded=recorded, delivered=delivered, lots=lots, direction=event.direction)
    site = find(session, [event.site]).get(event.site, 0)
    if isinstance(event, Acknowledgement):
        numbers = find(session, [each.lot for each in event.on_hand])
        held = tuple((numbers[each.lot], UNITS[each.quantity.unit], each.quantity.value) for each in event.on_hand if each.lot in numbers)
        return Step(kind="acknowledgement", site=site, at=at, recorded=recorded, on_hand=held)
    if isinstance(event, EffectivenessCheck):
        return Step(kind="check", site=site, at=at, recorded=recorded, result=event.result)
    for kind, name in ((Sealing, "sealing"), (Returned, "returned"), (Destroyed, "destroyed")):
        if isinstance(event, kind):
            return Step(kind=name, site=site, at=at, recorded=recorded, lots=tuple(find(session, [event.lot]).values()))
    return None


def _about(session: Session, subject: str) -> list[tuple[int, Event, tuple[int, int]]]:
    number = find(session, [subject]).get(subject)
    if number is None:
        return []
    rows = session.rows(
        "SELECT e.bytes, e.log, e.seq FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = ? AND a.ended = 0",
        (number,),
    )
    found: list[tuple[int, Event, tuple[int, int]]] = []
    for data, log, seq in rows:
        entry = parse(bytes(data))
        event: Event = decode(bytes(entry.event))
        found.append((entry.recorded, getattr(event, "replacement", None) or event, (log, seq)))
    return sorted(found, key=lambda each: (each[1].at, each[0], each[1].id))
