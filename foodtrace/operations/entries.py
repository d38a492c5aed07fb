"""Entries: the one that a person means, and the event of one by its place.

Rules:

1. A number is an entry of the own log, ``ORIGIN#NUMBER`` one of any log; else it is the whole id of an event (its beginning is nobody's,
   ADR 17), or the number a transfer is shown with, or that of a document (:mod:`foodtrace.operations.documents`).
2. An event in parts is one entry here, its last. Whoever names some of its lines is shown the event.
3. Where several entries answer, none is chosen: all are listed. A bare number may be that of an entry and that of a document, and an id
   that somebody chose the number of another's document, or that of another transfer: ``#NUMBER`` and ``ORIGIN#NUMBER`` are the entry.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import AnyEvent, Correction, VoucherLines
from foodtrace.operations import vouchers
from foodtrace.operations.common import said
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse
from foodtrace.tlog.whole import event_of, last_part

_MANY: Final = 20
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
"""Below 2^53."""
_TELLING: Final = 4
"""Characters from which on the beginning of an id says something."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An entry somebody means."""

    log: int
    origin: str
    seq: int
    leaf: str
    recorded: int
    event: AnyEvent
    lines: str = ""
    """What was typed, where that names some lines of the event and not the event (rule 2)."""


def find_entry(session: Session, given: str, own: int | None) -> Target:
    """Return the entry that a person means.

    :param given: ``12`` or ``#12`` of the own log, ``ORIGIN#12``, the id of an event, the number a transfer was shown with, or a
        document's number.
    :raises NotFound: ``entry.not_found`` with ``near``, ``voucher.*``.
    :raises Ambiguous: ``entry.ambiguous``, ``voucher.ambiguous``.
    """
    typed = given.strip()
    placed = _placed(session, typed, own)
    bare = "#" not in typed and _NUMBER.fullmatch(typed) is not None
    missing: NotFound | None = None
    named: list[tuple[int, int]] = []
    if placed is None or bare:
        try:
            named = _named(session, typed, own)
        except NotFound as error:  # it reads like a number of ours; somebody else's document may read so too
            missing = error
    places = [*(placed or ()), *named]
    told = [each for log, seq in places if (each := target_at(session, log, seq)) is not None]
    found = {(each.log, each.seq): each for each in told}  # lines lead to the event that they belong to
    if placed is None or bare:
        papers = _papers(session, typed, others=bool(found) and not bare)
        places += papers
        found |= papers
    if not found:
        raise missing or NotFound("entry.not_found", value=given, near=_near(session, typed))
    if len(found) > 1:
        raise _several(given, list(found.values()))
    ((place, target),) = found.items()
    return target if place in places else msgspec.structs.replace(target, lines=typed)


def _papers(session: Session, typed: str, *, others: bool) -> dict[tuple[int, int], Target]:
    """Return the entries of the document with a number, by place.

    :param others: what was typed is an id: what else it may mean (rule 3).
    """
    from foodtrace.operations.documents import MADE, numbered, of_number  # noqa: PLC0415 - not where a place is typed

    if others and MADE.fullmatch(typed):
        return {}
    found = {(each.log, each.seq): each for each in of_number(session, typed)}
    return found | ({(each.log, each.seq): each for each in numbered(session, typed)} if others else {})


def _several(given: str, found: list[Target]) -> Ambiguous:
    from foodtrace.operations.documents import lines  # noqa: PLC0415 - only where nothing is chosen

    return Ambiguous("entry.ambiguous", value=given, count=len(found), candidates=lines(found))


def _placed(session: Session, typed: str, own: int | None) -> list[tuple[int, int]] | None:
    """Return the place that ``12``, ``#12`` or ``ORIGIN#12`` means, as (log, seq); none where the text is none of these."""
    origin, mark, number = typed.rpartition("#")
    if _NUMBER.fullmatch(number) is None:
        return None
    if origin:
        row = session.row("SELECT id FROM log WHERE origin = ?", (origin,))
        return None if row is None else [(row[0], int(number))]
    if not mark and str(int(number)) != number:
        return []  # no entry is counted with zeros before its number; a voucher may be
    return [] if own is None else [(own, int(number))]


def _named(session: Session, typed: str, own: int | None) -> list[tuple[int, int]]:
    """Return the places of the events with an id, of the own log first, else of the transfer with that number."""
    found = session.rows("SELECT log, seq FROM entry WHERE log = ? AND id = ?", (own, typed))
    if not found and (numbered := vouchers.voucher(session, typed)) is not None:
        found = [(numbered.log, numbered.seq)]
    return [(row[0], row[1]) for row in found] or places_of_id(session, typed)


def places_of_id(session: Session, event_id: str) -> list[tuple[int, int]]:
    """Return (log, seq) of the events with an id, in whichever logs, the first :data:`_MANY`. One look a log."""
    sql = "SELECT e.log, e.seq FROM log AS l CROSS JOIN entry AS e WHERE e.log = l.id AND e.id = ? ORDER BY l.origin LIMIT ?"
    return [(row[0], row[1]) for row in session.rows(sql, (event_id, _MANY))]


def _near(session: Session, typed: str) -> list[str]:
    """Return some ids that begin with a text, to choose from: the beginning of an id is not an id (ADR 17)."""
    if not typed.isascii() or len(typed) < _TELLING:
        return []
    found: list[str] = []
    for log, _ in session.rows("SELECT id, origin FROM log ORDER BY origin"):
        rows = session.rows("SELECT id FROM entry WHERE log = ? AND id >= ? AND id < ? ORDER BY id LIMIT 5", (log, typed, typed + "\x7f"))
        found += [row[0] for row in rows]
    return found[:5]


def target_at(session: Session, log: int, seq: int) -> Target | None:
    """Return the entry at a place, none where there is none; of lines of an event in parts, its last entry (rule 2)."""
    row = session.row(
        "SELECT l.origin, e.leaf, e.bytes FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.log = ? AND e.seq = ?", (log, seq)
    )
    if row is None:
        return None
    entry = parse(bytes(row[2]))
    event = event_of(session, log, seq, row[2])
    if isinstance(event, VoucherLines):
        return target_at(session, log, last_part(event, seq)) if last_part(event, seq) > seq else None
    return Target(log=log, origin=row[0], seq=seq, leaf=bytes(row[1]).hex(), recorded=entry.recorded, event=event)


def original(session: Session, target: Target) -> Target:
    """Return the entry that a correction is about, whose history is the correction's; any other entry is itself."""
    event = target.event
    if not isinstance(event, Correction):
        return target
    row = (target.log,) if not event.log else session.row("SELECT id FROM log WHERE origin = ?", (event.log,))
    found = None if row is None else target_at(session, row[0], event.seq)
    if found is not None and event.log and isinstance(found.event, Correction) and not found.event.log:
        # The log that goes on names the last correction by the log it continues (ADR 30).
        found = target_at(session, found.log, found.event.seq)
    if found is None:
        raise NotFound("entry.not_found", value=f"{event.log or target.origin}#{event.seq}")
    return found


def event_at(session: Session, log: int, seq: int) -> AnyEvent:
    """Return the event of an entry; of a correction, what it puts in place. Raises ``NotFound`` (``entry.not_found``)."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    if row is None:
        raise NotFound("entry.not_found", value=seq)
    return said(event_of(session, log, seq, row[0]))
