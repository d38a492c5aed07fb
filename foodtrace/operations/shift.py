"""A shift at a gate: who is there, by number, and what the shift came to.

Rules:

1. A shift begins with a staff card (:mod:`foodtrace.operations.staff`) and ends with a hand-over; both are entries. Entries
   carry a staff number, never a name: a mobile number or the number of an identity card is refused too.
2. Whoever begins again without having ended (a power cut) goes on with the shift that is running.
3. What a shift came to is counted from the log itself, from the shift's first entry on.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from foodtrace.events import Correction, GateShift, MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.gate.rapid import standing
from foodtrace.graph.kinds import ABOUT
from foodtrace.operations.common import Doing, Outcome, about
from foodtrace.operations.held import Held, held
from foodtrace.operations.tests import tests_of
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A shift and what it came to so far."""

    start: str
    """Event id of its beginning."""
    began: dt.datetime
    admitted: int = 0
    grams: int = 0
    """Admitted goods by weight."""
    held: int = 0
    refused: int = 0
    undone: int = 0
    open: tuple[Held, ...] = ()
    """What is held at the market and not decided, whoever held it."""
    drawn: int = 0
    negative: int = 0
    positive: int = 0
    numbers: tuple[int, ...] = ()
    """Numbers of its trucks."""


def running(session: Session, market: str, gate: str, by: str) -> GateShift | None:
    """Return the shift that somebody began at a gate and did not end (rule 2)."""
    found = [each.event for each in about(session, f"shift {market} {gate}", GateShift)]
    last = max((each for each in found if isinstance(each, GateShift)), key=lambda each: each.at, default=None)
    return last if last is not None and last.action == "start" and last.by == by else None


def begin(session: Session, doing: Doing, market: str, gate: str, card: str = "") -> Outcome:
    """Begin a shift, or go on with the one that is running; the answer is the beginning.

    :param card: event id of the staff card that was shown; a shift that began without one is begun anew.
    """
    before = running(session, market, gate, doing.by)
    if before is not None and (before.card or not card):
        return Outcome(answer=before)
    event = GateShift(id=doing.event_id(), at=doing.now, by=doing.by, site=market, gate=gate, action="start", card=card)
    return Outcome(events=[event], answer=event)


def tally(session: Session, log: int, market: str, gate: str, start: str, now: dt.datetime) -> Shift:
    """Count a shift from the log (rule 3)."""
    row = session.row("SELECT seq, bytes FROM entry WHERE log = ? AND id = ?", (log, start))
    first, began = (row[0], decode_alone(event_bytes(bytes(row[1]))).at) if row else (0, now)
    gone = _undone(session, log, first)
    admitted: list[MarketEntry] = []
    count = {"held": 0, "refused": 0, "undone": 0}
    numbers: list[int] = []
    for seq, data in session.rows("SELECT seq, bytes FROM entry WHERE log = ? AND seq > ? ORDER BY seq", (log, first)):
        event = decode_alone(event_bytes(bytes(data)))
        if isinstance(event, Correction):
            count["undone"] += event.reason == "did_not_occur" and event.site == market
        if not isinstance(event, (MarketEntry, Refusal)) or event.site != market or event.gate != gate or seq in gone:
            continue
        numbers += [event.number] if event.number else []
        if isinstance(event, Refusal):
            count["refused"] += event.asked == "market_entry"
        elif event.decision == "held":
            count["held"] += 1
        else:
            admitted.append(event)
    drawn = [each for each in admitted if each.drawn]
    states = [standing(tests_of(session, [each.lot])).state for each in drawn]
    return Shift(
        start=start,
        began=began,
        admitted=len(admitted),
        grams=sum(each.quantity.value for each in admitted if each.quantity.unit == "g"),
        open=tuple(held(session, market, now)),
        drawn=len(drawn),
        negative=sum(state in ("negative", "lifted") for state in states),
        positive=sum(state in ("positive", "confirmed") for state in states),
        numbers=tuple(numbers),
        **count,
    )


def _undone(session: Session, log: int, first: int) -> set[int]:
    """Return the entries since ``first`` that a correction ended, by what the projection marked."""
    rows = session.rows(
        "SELECT seq FROM about WHERE log = ? AND seq > ? AND ended > 0 AND kind IN (?, ?)",
        (log, first, ABOUT[MarketEntry], ABOUT[Refusal]),
    )
    return {row[0] for row in rows}


def end(session: Session, doing: Doing, log: int, market: str, gate: str, start: str) -> Outcome:
    """End a shift; the answer is :class:`Shift`."""
    came = tally(session, log, market, gate, start, doing.now)
    event = GateShift(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=market,
        gate=gate,
        action="end",
        start=start,
        admitted=came.admitted,
        held=came.held,
        refused=came.refused,
        undone=came.undone,
    )
    return Outcome(events=[event], answer=came)
