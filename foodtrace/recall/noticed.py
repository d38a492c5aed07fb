"""One notice that stands in several entries (ADR 38). Pure.

Rules:

1. The paper that one party gets is one notice, with one number and one receipt code. Its commitment ``receipt`` stands in one entry, its
   **head**. What the notice tells beyond that, further lots or what the party supplied, stands in entries of its own, without code.
2. They are of one moment and to one site. Where two notices were sent to it at once (both ways by an earlier version, each with a code of
   its own), an entry goes with the one of its own direction.
3. An entry without code that no head goes with is a notice by itself: another program recorded it, or its code was on no paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from foodtrace.events import Event, Notice

Entry: TypeAlias = tuple[int, int]
"""(log, seq)."""


def is_head(event: Event) -> bool:
    """Tell whether a record of a notice carries the receipt code."""
    return isinstance(event, Notice) and "receipt" in event.commitments


def heads(told: Iterable[tuple[int, Event, Entry]]) -> dict[Entry, Entry]:
    """Return (log, seq) of every entry of a notice -> that of its head, its own where there is none (rule 3).

    :param told: the records of a case (:func:`foodtrace.recall.cases.case_events`).
    """
    notices = [(event, entry) for _, event, entry in told if isinstance(event, Notice)]
    there: dict[tuple[str, object], list[tuple[Notice, Entry]]] = {}
    for event, entry in notices:
        if is_head(event):
            there.setdefault((event.to, event.at), []).append((event, entry))
    return {entry: entry if is_head(event) else _head(event, entry, there.get((event.to, event.at), ())) for event, entry in notices}


def _head(event: Notice, entry: Entry, among: Iterable[tuple[Notice, Entry]]) -> Entry:
    """Return the head that an entry goes with (rule 2)."""
    near = sorted((place[0] != entry[0], head.direction != event.direction, place) for head, place in among)
    return near[0][2] if near else entry


__all__ = ["Entry", "heads", "is_head"]
