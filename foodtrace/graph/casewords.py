"""Reads what decides whether a recall case blocks its goods, each event with every correction of it (:mod:`foodtrace.graph.mended`).

Rules:

1. The corrections are those of the event's own log, in order, and then those of other logs that are entitled
   (:mod:`foodtrace.graph.standing`), in the order in which they count.
2. An event keeps the moment at which it was recorded: mending its words makes no other case of it, and no later one.
3. What stands as the correction of an entry of another kind counts if it blocks, from then on as an event of its own; if it lifts, it lifts
   nothing: whoever clears or withdraws says so in an entry.
4. A relabelling of a case lets nothing go once a correction made it, or made it more (:func:`lets_go`); its quantities go as corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.events import AnyEvent, Correction, Event, Transformation
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.mended import DECIDING, LIFTS, Deciding, answered_for, mended, no_more, of_a_case
from foodtrace.graph.names import find
from foodtrace.tlog.entry import parse
from foodtrace.tlog.whole import event_of

if TYPE_CHECKING:
    from foodtrace.graph.standing import Standing
    from foodtrace.storage.session import Session

KINDS: Final = tuple(ABOUT[kind] for kind in DECIDING)
"""Their numbers in the table ``about``."""
_CORRECTS: Final = (
    "SELECT a.seq FROM log AS l JOIN name AS n ON n.text = 'corrected ' || l.origin || ' ' || CAST(? AS TEXT) "
    "JOIN about AS a ON a.subject = n.id AND a.kind = ? AND a.log = l.id WHERE l.id = ? ORDER BY a.seq"
)


class Word(NamedTuple):
    """What one event comes to."""

    recorded: int
    event: Deciding | None
    """What counts; none: it lifted something, and was taken back."""
    entry: tuple[int, int]
    """(log, seq) of where it stands: its own place, or that of the last correction in its log that mended its words."""
    place: tuple[int, int]
    """(log, seq) of the event itself."""
    without: tuple[tuple[int, int], ...]
    """Those of the corrections that are without effect, in whole or in part."""


def words_about(facts: Standing, session: Session, subject: str, kinds: Sequence[int] = KINDS) -> list[Word]:
    """Return what the events about a subject come to, each once. O(of them and their corrections). :param kinds: some of :data:`KINDS`."""
    number = find(session, [subject]).get(subject)
    if number is None:
        return []
    marks = ",".join("?" * len(kinds))
    sql = (
        "SELECT a.log, a.seq, a.ended, e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "  # noqa: S608 - only marks
        f"WHERE a.subject = ? AND a.kind IN ({marks})"
    )
    words = [
        _word(facts, log, seq, data, untouched=ended == 0 and not facts.crossed)
        for log, seq, ended, data in session.rows(sql, (number, *kinds))
    ]
    return [word for word in words if word is not None]


def word_at(facts: Standing, log: int, seq: int) -> Word | None:
    """Return what an event at a place comes to; none: it is none of :data:`foodtrace.graph.mended.DECIDING`, or a correction."""
    found = _word(facts, log, seq, _bytes(facts.session, log, seq), untouched=False)
    return found if found is None or found.place == (log, seq) else None


def _word(facts: Standing, log: int, seq: int, data: bytes, *, untouched: bool) -> Word | None:
    session = facts.session
    recorded, event = parse(bytes(data)).recorded, event_of(session, log, seq, data)
    base_seq, later = seq, -1
    if isinstance(event, Correction):
        base = _base(facts, log, event)
        if base is None or isinstance(base, DECIDING) or not isinstance(event.replacement, DECIDING):
            return None  # read with the event that it corrects, or corrects what is not here
        if isinstance(event.replacement, LIFTS):
            return Word(recorded, None, (log, seq), (log, seq), ((log, seq),))
        if event.log:
            return Word(recorded, event.replacement, (log, seq), (log, seq), ())
        base_seq, later = event.seq, seq
        event = event.replacement
    if not isinstance(event, DECIDING):
        return None
    said: Deciding | None = event
    if untouched:
        return Word(recorded, said, (log, seq), (log, seq), ())
    rows = session.rows(_CORRECTS, (base_seq, ABOUT[Correction], log))
    own = [(log, row[0]) for row in rows if row[0] > later and facts.seen(log, row[0])]
    named = own[-1] if own else (log, max(base_seq, later))
    entry, without = (log, seq), []
    for place in (*own, *facts.entitled(*named)):
        correction = event_of(session, *place, _bytes(session, *place))
        before = said
        said, whole = mended(said, correction.replacement if isinstance(correction, Correction) else None)
        if not whole:
            without.append(place)
        if said is not None and said != before and place[0] == log and getattr(correction, "replacement", None) is not None:
            entry = place
    return Word(recorded, said, entry, (log, seq), tuple(without))


def relabelled_without(facts: Standing, case: str) -> set[tuple[int, int]]:
    """Return (log, seq) of the corrections that would have let goods go by a relabelling of a case (:func:`lifted_more`)."""
    number = find(facts.session, [f"case {case}"]).get(f"case {case}")
    rows = facts.session.rows("SELECT log, seq FROM about WHERE subject = ? AND kind = ?", (number or 0, ABOUT[Transformation]))
    bases = {place: said for place, said in (_first(facts, log, seq) for log, seq in rows) if said is not None}
    return {each for place, said in bases.items() for each in lifted_more(facts, *place, said)}


def lets_go(facts: Standing, log: int, seq: int) -> bool:
    """Say whether a relabelling of a case lets its output go, with every correction of it (:func:`foodtrace.graph.mended.no_more`).

    :param seq: where it stands: its own place, or that of the correction that counts.
    """
    place, event = _first(facts, log, seq)
    return of_a_case(event) and answered_for(event) and not lifted_more(facts, *place, event)


def _first(facts: Standing, log: int, seq: int) -> tuple[tuple[int, int], AnyEvent | None]:
    """Return the (log, seq) of what an entry is, or corrects, and its event; none if it is not here."""
    place: tuple[int, int] = (log, seq)
    event: AnyEvent | None = event_of(facts.session, log, seq, _bytes(facts.session, log, seq))
    numbers = {origin: number for number, origin in facts.origins().items()} if isinstance(event, Correction) else {}
    while isinstance(event, Correction):
        place = (numbers.get(event.log, 0) if event.log else place[0], event.seq)
        row = facts.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", place)
        event = None if row is None else event_of(facts.session, *place, row[0])
    return place, event


def lifted_more(facts: Standing, log: int, seq: int, said: Event | None) -> list[tuple[int, int]]:
    """Return (log, seq) of the corrections of an entry that would have made a relabelling of a case of it, or one that lets more go.

    :param said: what the entry itself says.
    """
    rows = facts.session.rows(_CORRECTS, (seq, ABOUT[Correction], log))
    own = [(log, row[0]) for row in rows if facts.seen(log, row[0])]
    found: list[tuple[int, int]] = []
    for place in (*own, *facts.entitled(*(own[-1] if own else (log, seq)))):
        correction = event_of(facts.session, *place, _bytes(facts.session, *place))
        word = correction.replacement if isinstance(correction, Correction) else None
        if not no_more(said, word):
            found.append(place)
        said = word if no_more(said, word) else None
    return found


def _base(facts: Standing, log: int, event: Correction) -> AnyEvent | None:
    """Return the entry that a correction is about, none if it is not here."""
    numbers = {origin: number for number, origin in facts.origins().items()} if event.log else {}
    place = numbers.get(event.log, 0) if event.log else log
    row = facts.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (place, event.seq))
    base = None if row is None else event_of(facts.session, place, event.seq, row[0])
    return _base(facts, place, base) if isinstance(base, Correction) else base


def _bytes(session: Session, log: int, seq: int) -> bytes:
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    assert row is not None  # noqa: S101 - a sealed entry that a row was made of
    return bytes(row[0])
