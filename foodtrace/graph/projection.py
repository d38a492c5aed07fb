"""Keeps the projection in step with the log, in the transaction of the append.

Rules (DESIGN section 6):

1. Every row is a function of the bytes of the log it names; nothing is shared between writers but names.
2. ``holding`` has signed sums only. A correction of this log subtracts what its target added and marks the target's rows
   as ended; the latest correction of an entry wins, so an earlier one's replacement is taken out again.
3. A correction of another log's entry changes no sums: its replacement is stored as conditional rows, and the reader decides
   whether the corrector was entitled (the operator of the site, RECALL section 1).
4. Applying the entries of a log one by one or all at once gives the same rows.
5. What an event does is worked out once, before any lock is taken (:func:`told`): only goods without a lot are named by the place of their
   entry, which nobody knows before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from foodtrace.events import AnyEvent, Correction, Event
from foodtrace.graph.edges import Effects, effects
from foodtrace.graph.gathered import CONDITIONAL, OWN_SUM, SAID_BY_OTHERS, Gathered, Part, texts_of_effects
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import Names
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of

NOWHERE: Final = -1
"""Sequence number of an entry whose place is not known yet."""
_ABOUT: Final = "INSERT INTO about (subject, kind, log, seq, ended) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING"


class Sealed(NamedTuple):
    """An entry as the projection needs it."""

    seq: int
    recorded: int
    """``time`` of the entry, microseconds UTC."""
    event: AnyEvent
    """The event whole; of one in parts ``seq`` is that of its last (:mod:`foodtrace.events.parts`)."""
    made: Effects | None = None
    """What it does, if that is worked out already."""


def told(origin: str, events: Sequence[AnyEvent]) -> list[Effects | None]:
    """Return what each event does, before its place is known; none where that depends on the place (rule 5)."""
    made = [effects(event, origin, NOWHERE) for event in events]
    return [None if each.unnamed else each for each in made]


def texts_in(origin: str, entries: Iterable[Sealed]) -> set[str]:
    """Return every name the projection of these entries will need, to intern them before the lock is taken.

    :param entries: of those at :data:`NOWHERE`, all but what is named by their place.
    """
    needed = {""}
    for entry in entries:
        texts_of_effects(entry.made or effects(entry.event, origin, entry.seq), needed)
        if entry.event.site:
            needed.add(entry.event.site)
        if isinstance(entry.event, Correction):
            needed.add(corrected(entry.event.log or origin, entry.event.seq))
    needed.discard(f"?{origin}#{NOWHERE}")
    return needed


def apply(session: Session, names: Names, log: int, origin: str, entries: Sequence[Sealed]) -> dict[str, int]:
    """Add entries of one log, in order, to the projection; return the names used, to remember after the commit."""
    used: dict[str, int] = {}
    pending: list[Sealed] = []
    for entry in entries:
        # A correction reads rows of earlier entries, perhaps of this very batch: what is pending goes first.
        if isinstance(entry.event, Correction) and not entry.event.log:
            used.update(_write(session, names, log, origin, pending))
            pending = []
            used.update(_correct(session, names, log, origin, entry, entry.event))
        else:
            pending.append(entry)
    used.update(_write(session, names, log, origin, pending))
    return used


def _write(session: Session, names: Names, log: int, origin: str, entries: Sequence[Sealed]) -> dict[str, int]:
    if not entries:
        return {}
    parts = [
        Part(
            entry.seq,
            entry.recorded,
            entry.made or effects(entry.event, origin, entry.seq),
            kind_of(entry.event) if isinstance(entry.event, Correction) else type(entry.event),
            entry.event.site,
            1,
            _is_cross(entry.event),
        )
        for entry in entries
    ]
    return _put(session, names, log, parts, set())


def _correct(session: Session, names: Names, log: int, origin: str, entry: Sealed, correction: Correction) -> dict[str, int]:
    """Carry out a correction of an entry of the same log (rule 2)."""
    subject = corrected(origin, correction.seq)
    number = names.intern(session, {subject})
    earlier = session.row(
        "SELECT seq FROM about WHERE subject = ? AND kind = ? AND log = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
        (number[subject], ABOUT[Correction], log, entry.seq),
    )
    target = correction.seq if earlier is None else int(earlier[0])
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, target))
    parts: list[Part] = []
    if row is not None:
        event = event_of(session, log, target, row[0])
        gone = event.replacement if isinstance(event, Correction) else event
        if gone is not None:
            parts.append(Part(target, 0, effects(gone, origin, target), type(gone), "", -1, conditional=False))
        for table in ("move", "lot_fact", "site_fact", "about"):
            keep = " AND kind <> ?" if table == "about" else ""
            params = (entry.seq + 1, log, target, ABOUT[Correction]) if keep else (entry.seq + 1, log, target)
            session.run(f"UPDATE {table} SET ended = ? WHERE log = ? AND seq = ?{keep}", params)  # noqa: S608 - constants
    made = entry.made or effects(correction, origin, entry.seq)
    parts.append(Part(entry.seq, entry.recorded, made, kind_of(correction), correction.site, 1, conditional=False))
    used = _put(session, names, log, parts, {subject})
    session.run(_ABOUT, (used[subject], ABOUT[Correction], log, entry.seq, 0))
    return used


def _put(session: Session, names: Names, log: int, parts: Sequence[Part], more: set[str]) -> dict[str, int]:
    needed = {"", *more}
    for part in parts:
        texts_of_effects(part.made, needed)
        if part.site:
            needed.add(part.site)
    number = names.intern(session, needed)
    rows = Gathered(log, number)
    rows.gather(parts)
    rows.write(session)
    return number


def _is_cross(event: Event) -> bool:
    return isinstance(event, Correction) and bool(event.log)


def kind_of(correction: Correction) -> type[Event]:
    """Return the kind under which the rows of a correction stand."""
    return Correction if correction.replacement is None else type(correction.replacement)


def corrected(origin: str, seq: int) -> str:
    """Return the subject of every correction of an entry."""
    return f"corrected {origin} {seq}"


__all__ = ["CONDITIONAL", "NOWHERE", "OWN_SUM", "SAID_BY_OTHERS", "Sealed", "apply", "corrected", "kind_of", "texts_in", "told"]
