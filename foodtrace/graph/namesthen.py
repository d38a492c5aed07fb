"""Which names of a lot were on record by a moment: what later entries changed is taken back (RECALL section 8, the entries recorded by T).

Rules:

1. The table ``alias`` knows how often each log says a pair of names, and not when. What a log said of it since is read from its entries:
   other names, and corrections, of which each takes out what it corrects and puts in what replaces it
   (:mod:`foodtrace.graph.projection`).
2. Only a log that says some name of the lots asked for, and went on after the moment, is read: once, from the moment on. It costs what
   came since in that log, of which the database hands out those entries alone that can change a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, TypeAlias

from foodtrace.events import Correction, Event
from foodtrace.graph.edges import effects
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.projection import corrected
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of

Pair: TypeAlias = tuple[str, str]
"""Two names of one lot, by text."""

_BEARS: Final[Mapping[str, str]] = {"sqlite": "instr(e.bytes, ?) > 0", "postgresql": "position(?::bytea IN e.bytes) > 0"}
_SAYS: Final = (b'"type":"alias"', b'"type":"correction"')
"""What stands in the bytes of every entry that changes a name; the type of a replacement stands in those of its correction."""


def said_since(session: Session, log: int, origin: str, since: int) -> Counter[Pair]:
    """Return how much more often a log says each pair of names, both ways, by its entries from a number on; below 0: less often."""
    bears = _BEARS[session.dialect]
    rows = session.rows(
        f"SELECT e.seq, e.bytes FROM entry AS e WHERE e.log = ? AND e.seq >= ? AND ({bears} OR {bears}) ORDER BY e.seq",  # noqa: S608
        (log, since, *_SAYS),
    )
    changed: Counter[Pair] = Counter()
    for seq, data in rows:
        event = event_of(session, log, seq, data)
        if isinstance(event, Correction) and event.log:
            continue  # of another log's entry: it counts for no name
        changed.update(effects(event, origin, seq).aliases)
        if isinstance(event, Correction):
            changed.subtract(_taken_out(session, log, origin, seq, event.seq))
    return changed


def _taken_out(session: Session, log: int, origin: str, seq: int, target: int) -> list[Pair]:
    """Return the pairs that an entry said which a correction takes out: the one it names, or what replaced that before."""
    subject = corrected(origin, target)
    earlier = session.row(
        "SELECT a.seq FROM about AS a WHERE a.subject = ? AND a.kind = ? AND a.log = ? AND a.seq < ? ORDER BY a.seq DESC LIMIT 1",
        (find(session, [subject]).get(subject, 0), ABOUT[Correction], log, seq),
    )
    gone = target if earlier is None else int(earlier[0])
    row = session.row("SELECT e.bytes FROM entry AS e WHERE e.log = ? AND e.seq = ?", (log, gone))
    if row is None:
        return []
    event = event_of(session, log, gone, row[0])
    said = event.replacement if isinstance(event, Correction) else event
    return list(effects(said, origin, gone).aliases) if isinstance(said, Event) else []


__all__ = ["said_since"]
