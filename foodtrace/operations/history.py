"""The history of an entry: what was recorded, every entry about it in order, and what counts now.

Rules (DESIGN section 5, RECALL section 1): those of :mod:`foodtrace.operations.corrections`; and an erasure is part of it only where its
log may erase there (:mod:`foodtrace.sealed`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from foodtrace.events import AnyEvent, Correction, Dispute, Erasure, Event
from foodtrace.graph.casewords import word_at
from foodtrace.graph.flows import NEVER
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import local, said
from foodtrace.operations.entries import Target, target_at
from foodtrace.quantity import Quantity
from foodtrace.sealed import continued
from foodtrace.storage.session import Session


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a correction changed."""

    field: str
    before: str
    after: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An entry about an entry: a correction, a dispute, an erasure."""

    kind: Literal["correction", "dispute", "erasure"]
    log: str
    seq: int
    id: str
    recorded: dt.datetime
    by: str = ""
    reason: str = ""
    note: str = ""
    counts: bool = True
    """False for a dispute, for a correction by a log that is not entitled (rule 5), and for one that would lift a block (rule 9)."""
    changes: tuple[Change, ...] = ()


class CaseMark(msgspec.Struct, frozen=True, kw_only=True):
    """What a recall case makes of an entry about its goods (RECALL section 7)."""

    case: str
    marks: tuple[Literal["sealed", "booked", "before_known", "after_notice"], ...]
    """As in the steps of a case's status: ``sealed`` should have been booked as sealed and was not, ``booked`` was."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on record about an entry."""

    log: str
    seq: int
    recorded: dt.datetime
    state: Literal["stands", "replaced", "removed"]
    event: AnyEvent
    """What was recorded."""
    now: AnyEvent | None
    """What counts now; none if it did not occur."""
    personal: dict[str, str]
    """State of each personal field: present, erased or tampered."""
    steps: tuple[Step, ...] = ()
    marks: tuple[CaseMark, ...] = ()
    """What open and closed cases make of what counts now, where somebody asked (:func:`with_marks`)."""


def with_marks(session: Session, story: History, target: Target, now: int) -> History:
    """Return a history with what cases make of the entry. :param now: T, microseconds UTC."""
    from foodtrace.operations import casemarks  # noqa: PLC0415 - a case's records are read for it

    if story.now is None:
        return story
    # What a correction puts in place stands at the correction's place.
    places = {(target.log, target.seq), *((each.log, each.seq) for each in own_corrections(session, target))}
    found = casemarks.marks_of(session, story.now, places, now)
    return msgspec.structs.replace(story, marks=tuple(CaseMark(case=case, marks=marks) for case, marks in found))


def history(session: Session, target: Target) -> History:
    """Return what was recorded, every entry about it in order, and what counts now."""
    corrections = own_corrections(session, target)
    facts = SqlFacts(session, NEVER)
    steps = [_step(target, one, counts=True) for one in corrections]
    winner = corrections[-1] if corrections else None
    # Of an entry that its own log has corrected, the log that continues it corrects the last correction (ADR 30).
    foreign = facts.entitled(target.log, (winner or target).seq)
    for log, seq in [place for each in (target, *corrections) for place in _others(session, each)]:
        other = target_at(session, log, seq)
        if other is not None:
            steps.append(_step(target, other, counts=(log, seq) in foreign))
    for log, seq in foreign[-1:]:
        winner = target_at(session, log, seq)
    now = target.event if winner is None else replacement_of(winner)
    state: Literal["stands", "replaced", "removed"] = "stands" if winner is None else "removed" if now is None else "replaced"
    decides = word_at(facts, target.log, target.seq) if steps else None
    if decides is not None:
        # Of what decides whether a case blocks, corrections mend the words only (ADR 37).
        now = decides.event
        state = "removed" if now is None else "stands" if now == target.event else "replaced"
        idle = {(facts.origins()[log], seq) for log, seq in decides.without}
        steps = [msgspec.structs.replace(each, counts=each.counts and (each.log, each.seq) not in idle) for each in steps]
    erasures = _erasures(session, target)
    return History(
        log=target.origin,
        seq=target.seq,
        recorded=local(target.recorded),
        state=state,
        event=target.event,
        now=now,
        personal=personal_state(session, target),
        steps=tuple(sorted((*steps, *erasures), key=lambda step: (step.recorded, step.log, step.seq))),
    )


def own_corrections(session: Session, target: Target) -> list[Target]:
    """Return the corrections of an entry in its own log, in order."""
    subject = f"corrected {target.origin} {target.seq}"
    number = find(session, [subject]).get(subject)
    rows = session.rows("SELECT seq FROM about WHERE subject = ? AND log = ? ORDER BY seq", (number, target.log)) if number else []
    found = [target_at(session, target.log, row[0]) for row in rows]
    return [each for each in found if each is not None and isinstance(each.event, Correction) and each.event.seq == target.seq]


def _others(session: Session, target: Target) -> list[tuple[int, int]]:
    number = find(session, [target.origin]).get(target.origin)
    rows = session.rows(
        "SELECT log, seq FROM cross_correction WHERE target = ? AND target_seq = ? ORDER BY log, seq", (number or -1, target.seq)
    )
    return [(row[0], row[1]) for row in rows]


def _erasures(session: Session, target: Target) -> list[Step]:
    """Return the erasures of an entry's personal values, in its log and those that really continue it; they are found by their ids."""
    pattern = f"erase-{target.seq}-%"
    before = continued(session, None if session.vouched is None else session.vouched.wrote)
    logs = {target.origin, *(into for into, way in before.items() if target.origin in way)}
    numbers = [row[0] for origin in sorted(logs) for row in session.rows("SELECT id FROM log WHERE origin = ?", (origin,))]
    found = [
        target_at(session, log, row[0])
        for log in numbers
        for row in session.rows("SELECT seq FROM entry WHERE log = ? AND id LIKE ? ORDER BY seq", (log, pattern))
    ]
    return [
        Step(
            kind="erasure",
            log=each.origin,
            seq=each.seq,
            id=each.event.id,
            recorded=local(each.recorded),
            by=each.event.by,
            reason=", ".join(each.event.fields),
            note=each.event.reason,
        )
        for each in found
        if each is not None
        and isinstance(each.event, Erasure)
        and (each.event.log or each.origin, each.event.seq) == (target.origin, target.seq)
    ]


def _step(target: Target, one: Target, *, counts: bool) -> Step:
    event = one.event
    correction = isinstance(event, Correction)
    after = replacement_of(one)
    return Step(
        kind="correction" if correction else "dispute",
        log=one.origin,
        seq=one.seq,
        id=event.id,
        recorded=local(one.recorded),
        by=event.by,
        reason=event.reason if isinstance(event, (Correction, Dispute)) else "",
        note=event.note if isinstance(event, Correction) else "",
        counts=counts and correction,
        changes=() if after is None else differences(said(target.event), after),
    )


def replacement_of(one: Target) -> AnyEvent | None:
    """Return the event that a correction puts in place; none: the entry did not occur."""
    if not isinstance(one.event, Correction) or one.event.replacement is None:
        return None
    return said(one.event)


def personal_state(session: Session, target: Target) -> dict[str, str]:
    """Return how each personal field of an entry stands: present, erased, tampered or not_here (:mod:`foodtrace.personal`)."""
    from foodtrace.personal import Secret, not_here, state  # noqa: PLC0415 - most histories have none

    committed = said(target.event).commitments
    if not committed:
        return {}
    rows = session.rows("SELECT field, salt, value FROM personal WHERE log = ? AND seq = ?", (target.log, target.seq))
    kept = {field: Secret(field, bytes(salt), value) for field, salt, value in rows}
    if not kept and not_here(session, [target.log]):
        return dict.fromkeys(sorted(committed), "not_here")
    return {field: state(field, committed[field], kept.get(field)) for field in sorted(committed)}


def differences(before: Event, after: Event) -> tuple[Change, ...]:
    """Return the fields in which two events differ, as short texts; personal values are never among them."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    fields = sorted(field for field in {*old, *new} - {"commitments"} if old.get(field) != new.get(field))
    return tuple(Change(field=each, before=_short(getattr(before, each, "")), after=_short(getattr(after, each, ""))) for each in fields)


def _short(value: Any) -> str:
    if isinstance(value, (str, int, Quantity, dt.date)):
        return str(value)
    return msgspec.json.encode(value).decode()[:200]
