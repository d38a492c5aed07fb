"""Entries: the one that a person means, and the event of one by its place.

Rules:

1. A number is an entry of the own log, ``ORIGIN#NUMBER`` one of any log; else it is the id of an event, or the number a transfer is
   shown with.
2. An event in parts is one entry here, its last. Whoever names some of its lines is shown the event.
3. Where several entries answer, none is chosen: all are listed.
"""

from __future__ import annotations

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

    :param given: ``12`` or ``#12`` of the own log, ``ORIGIN#12``, an event id or a beginning of one, the number a transfer was shown with.
    :raises NotFound: ``entry.not_found``, ``voucher.*``. :raises Ambiguous: ``entry.ambiguous``, ``voucher.ambiguous``.
    """
    text = given.strip()
    origin, mark, number = text.rpartition("#")
    beginning = False
    if (mark or text == number) and number.isdigit() and len(number) < 16:  # noqa: PLR2004 - below 2^53
        row = session.row("SELECT id FROM log WHERE origin = ?", (origin,)) if origin else (own,)
        found = [(row[0], int(number))] if row is not None and row[0] is not None else []
    else:
        sql = "SELECT log, seq FROM entry WHERE id = ? LIMIT ?"
        found = session.rows("SELECT log, seq FROM entry WHERE log = ? AND id = ?", (own, text))
        if not found and (numbered := vouchers.voucher(session, text)) is not None:
            found = [(numbered.log, numbered.seq)]
        found = found or session.rows(sql, (text, _MANY))
        if not found and len(text) >= 4:  # noqa: PLR2004 - shorter beginnings say nothing
            found = session.rows("SELECT log, seq FROM entry WHERE id LIKE ? LIMIT ?", (_plain(text) + "%", _MANY))
            beginning = True
    told = [each for log, seq in found if (each := target_at(session, log, seq)) is not None]
    targets = list({(each.log, each.seq): each for each in told}.values())  # lines lead to the event that they belong to
    if not targets:
        raise NotFound("entry.not_found", value=given)
    if len(targets) > 1:
        raise Ambiguous("entry.ambiguous", value=given, candidates=[f"{each.origin}#{each.seq} {each.event.id}" for each in targets])
    (target,) = targets
    whole = (target.log, target.seq) in [(log, seq) for log, seq in found] or (beginning and target.event.id.startswith(_plain(text)))
    return target if whole else msgspec.structs.replace(target, lines=text)


def _plain(text: str) -> str:
    return text.replace("%", "").replace("_", "")


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
    if found is None:
        raise NotFound("entry.not_found", value=f"{event.log or target.origin}#{event.seq}")
    return found


def event_at(session: Session, log: int, seq: int) -> AnyEvent:
    """Return the event of an entry; of a correction, what it puts in place. Raises ``NotFound`` (``entry.not_found``)."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    if row is None:
        raise NotFound("entry.not_found", value=seq)
    return said(event_of(session, log, seq, row[0]))
