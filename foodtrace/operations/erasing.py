"""Erasing personal values for good (DESIGN section 5, personal data).

Rules:

1. An erasure is an entry that names the entry and the fields, never a value. In the same transaction value and salt are
   deleted from the side table; entry, hash and proofs stay, and so does the commitment, which says nothing without its salt.
2. A site or operator is erased with every entry that ever spoke of it: corrections, seller files, earlier descriptions, and what a
   gate recorded of it as a seller (:mod:`foodtrace.operations.persons`). Of a site whose operator has others, its own description alone.
3. A log erases its own values, and those of the logs that it continues after a recovery, however many there were: nobody may write
   in them any more (:mod:`foodtrace.sealed`). Values of any other log in the same database are named in the answer, with the log that
   may erase them, if this host writes it (``elsewhere``).
4. Nobody is told that a person is forgotten while another entry holds the same values: what is left is named (``left``), and named again
   whenever the same is asked for, although the values to compare with are gone (:mod:`foodtrace.operations.stillheld`).
5. What was never there is not erased, and what was erased before is not erased again: both are said. What somebody took out of the
   table without a word is erased on record, so that ``verify`` can say yes again.
6. The values of another host's log that came by import never were here: they lie with whoever writes it. Nothing is recorded of them
   here, and they are named until that host's own erasure has come over (``not_here``).
7. "Erased" is said of what was looked for afterwards and is not there. Where somebody put a trigger on a table of the ledger,
   which may keep the row or copy it elsewhere, nothing is written at all (:mod:`foodtrace.storage.strange`): what it copied before,
   nobody here can see.
8. A field that was never recorded of what is meant is said before anything is erased, with those that were: a misspelt one among others
   would otherwise leave its value here while the answer says "erased".
9. The same id is the same request: about the same entries, for the same reason and no other fields.
10. The words of the erasure do not say what it erases (:mod:`foodtrace.operations.erasurereason`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from foodtrace.errors import BadData, Conflict, FoodtraceError, NotFound
from foodtrace.events import Erasure, Event
from foodtrace.graph.directory import resolve_site
from foodtrace.graph.names import find, in_use
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.entries import find_entry
from foodtrace.operations.erasurereason import check_words
from foodtrace.operations.persons import entries_of, same_values
from foodtrace.operations.reach import ErasedEntry, Reach, reach_of
from foodtrace.operations.stillheld import held_before, note_held
from foodtrace.personal import FIELD, vanished
from foodtrace.storage.session import Session, not_written
from foodtrace.tlog.whole import event_of

_MOST_ID: Final = 80


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What ``foodtrace erase`` did."""

    what: str
    """Site, operator or entry, as it was found."""
    entries: tuple[ErasedEntry, ...]
    """Entries whose values were deleted now."""
    elsewhere: tuple[ErasedEntry, ...] = ()
    """Values that are still here because another log wrote them (rule 3)."""
    not_here: tuple[ErasedEntry, ...] = ()
    """Values that another host keeps, and has not erased as far as is known here (rule 6)."""
    left: tuple[ErasedEntry, ...] = ()
    """Values of the same person that are still here, in entries that were not asked about (rule 4)."""
    before: bool = False
    """There were such values, and they were erased before."""
    storage: Literal["forgotten", "not_yet", "vacuumed", "nothing"] = "nothing"
    """Whether the database file has forgotten them: ``not_yet`` while somebody else holds old pages open."""


def erase(
    session: Session,
    doing: Doing,
    own: int,
    origin: str,
    given: str,
    *,
    fields: Collection[str] = (),
    reason: str = "",
    keys: Path | None = None,
) -> Outcome:
    """Erase the personal values of a site, an operator or an entry. Answer: :class:`Erased`.

    :param own: number of the log that is written. :param origin: its origin.
    :param given: site id or name, operator id, or an entry as :func:`foodtrace.operations.entries.find_entry` takes it.
    :param fields: only these (``phone``, ``contact`` ...); all if none.
    :param keys: key directory, which tells this host's logs from others'; none: every log is this host's.
    :raises NotFound: ``erase.unknown``; ``erase.nothing`` where there never was such a value, ``erase.no_field`` or
        ``erase.no_field_left`` where there never was one of ``fields`` (rule 8).
    :raises BadData: ``personal.field``, ``erase.says_value``, ``erase.says_number`` (rule 10).
    :raises Storage: ``storage.not_written`` (rule 7).
    :raises Conflict: ``record.id_conflict`` (rule 9).
    """
    for each in fields:
        if not FIELD.fullmatch(each):
            raise BadData("personal.field", value=each, expected="a-z _")
    reach = reach_of(session, own, origin, keys)
    what, entries, operator = _entries(session, own, given)
    if fields:
        _recorded(session, entries, what, fields)
    _same_request(session, doing, own, origin, what, {(reach.origins[log], seq) for log, seq in entries}, fields, reason)
    kept = _kept(session, entries, fields)
    if kept:
        values_of = "SELECT field, value FROM personal WHERE log = ? AND seq = ?"
        held = [(name, str(value)) for place in kept for name, value in session.rows(values_of, place)]
        check_words(held, reason, doing.by, doing.id)
    away: dict[tuple[int, int], tuple[str, ...]] = {}
    for log, seq, name in vanished(session, entries, wrote=reach.wrote):
        if not fields or name in fields:
            to = away if log in reach.away else kept
            to[log, seq] = tuple(sorted({*to.get((log, seq), ()), name}))
    outcome = Outcome(events=[], answer=None)
    mine: list[ErasedEntry] = []
    elsewhere: list[ErasedEntry] = []
    values: list[tuple[str, str]] = []
    for (log, seq), names in sorted(kept.items()):
        if log not in reach.erases:
            elsewhere.append(reach.entry(log, seq, names))
            continue
        outcome.events.append(_event(doing, reach, log, seq, names, reason))
        values += _deleted(session, log, seq, names)
        mine.append(ErasedEntry(log=reach.origins[log], seq=seq, fields=names))
    before = not kept and not away and _committed(session, entries, fields)
    if not kept and not away and not before:
        raise NotFound("erase.nothing", value=what)
    more = _kept(session, entries_of(session, operator) - entries, fields) if operator else {}
    same = same_values(session, values)
    note_held(session, [place for place in kept if place[0] in reach.erases], same)
    for place, names in (*same.items(), *held_before(session, entries).items()):
        if place not in kept:
            more[place] = tuple(sorted({*more.get(place, ()), *names}))
    outcome.answer = Erased(
        what=what,
        entries=tuple(mine),
        elsewhere=tuple(elsewhere),
        not_here=tuple(reach.entry(log, seq, names) for (log, seq), names in sorted(away.items())),
        left=tuple(
            reach.entry(log, seq, names) for (log, seq), names in sorted(more.items()) if log in reach.erases or (log, seq) not in kept
        ),
        before=before,
    )
    return outcome


def _deleted(session: Session, log: int, seq: int, names: Collection[str]) -> list[tuple[str, str]]:
    """Delete values and salts, and look whether they are gone (rule 7). Return (field, value) of what was there."""
    values: list[tuple[str, str]] = []
    for name in names:
        place = (log, seq, name)
        found = session.rows("SELECT field, value FROM personal WHERE log = ? AND seq = ? AND field = ?", place)
        gone = session.run("DELETE FROM personal WHERE log = ? AND seq = ? AND field = ?", place)
        if gone != len(found) or session.row("SELECT 1 FROM personal WHERE log = ? AND seq = ? AND field = ?", place) is not None:
            raise not_written("personal", len(found), gone)
        values += found
    return values


def _same_request(
    session: Session,
    doing: Doing,
    own: int,
    origin: str,
    what: str,
    entries: Collection[tuple[str, int]],
    fields: Collection[str],
    reason: str,
) -> None:
    """Refuse an id that stands for another erasure already (rule 9). Erasures are few, and known by their ids."""
    if not doing.id:
        return
    like, pattern = ("GLOB", "erase-*") if session.dialect == "sqlite" else ("LIKE", "erase-%")
    for seq, data in session.rows(f"SELECT seq, bytes FROM entry WHERE log = ? AND id {like} ?", (own, pattern)):  # noqa: S608 - constants
        event = event_of(session, own, seq, data)
        if not isinstance(event, Erasure) or not _made_for(event, doing.id):
            continue
        place = (event.log or origin, event.seq)
        now = {"entry": what, "fields": ", ".join(sorted(fields)), "reason": reason}
        before = {"entry": f"{place[0]}#{place[1]}", "fields": ", ".join(event.fields), "reason": event.reason}
        field = (
            "entry"
            if place not in entries
            else "fields"
            if fields and not set(event.fields) <= set(fields)
            else "reason"
            if event.reason != reason
            else ""
        )
        if field:
            raise Conflict("record.id_conflict", value=doing.id, field=field, before=before[field], now=now[field])


def _made_for(event: Erasure, given: str) -> bool:
    """Say whether an erasure was recorded for a request of this id (:func:`_event` made its own of it)."""
    rest = re.sub(rf"^erase-{event.seq}-(before-[0-9]+-(?=.))?" if event.log else rf"^erase-{event.seq}-", "", event.id)
    whole = f"{given}-{event.seq}"
    return whole == rest or (len(event.id) == _MOST_ID and whole.startswith(rest))


def _event(doing: Doing, reach: Reach, log: int, seq: int, names: tuple[str, ...], reason: str) -> Event:
    back = reach.erases[log]
    made = doing.event_id(f"-{seq}")
    # The same number in two logs is two entries; how far back the other log lies never changes, and keeps their ids apart.
    name = f"erase-{seq}-before-{back}-{made}" if back else f"erase-{seq}-{made}"
    log_named = reach.origins[log] if back else ""
    return Erasure(id=name[:_MOST_ID], at=doing.now, by=doing.by, seq=seq, log=log_named, fields=names, reason=reason)


def _entries(session: Session, own: int, given: str) -> tuple[str, set[tuple[int, int]], str]:
    """Return what is meant, the entries about it (rule 2), and the operator that it is or belongs to."""
    text = given.strip().upper()
    is_site = session.row("SELECT 1 FROM name AS n JOIN site_fact AS s ON s.site = n.id WHERE n.text = ? LIMIT 1", (text,)) is not None
    if not is_site and in_use(session, [f"operator {text}", f"sites {text}"]):
        return text, entries_of(session, text), text
    try:
        site = resolve_site(session, given)
    except NotFound:
        site = ""
    operator = _operator(session, site or text)
    if site or operator:
        return site or operator, _about(session, site, operator), operator
    try:
        target = find_entry(session, given, own)
    except NotFound:
        sold = entries_of(session, text)  # who sold at a gate and is described nowhere
        if sold:
            return text, sold, text
        raise NotFound("erase.unknown", value=given) from None
    entries = {(target.log, target.seq)}
    number = find(session, [f"corrected {target.origin} {target.seq}"])
    entries |= {
        (row[0], row[1]) for each in number.values() for row in session.rows("SELECT log, seq FROM about WHERE subject = ?", (each,))
    }
    return f"{target.origin}#{target.seq}", entries, ""


def _operator(session: Session, text: str) -> str:
    """Return the operator of this id or this site, if there is one on record."""
    row = session.row(
        "SELECT s.operator FROM name AS n JOIN site_fact AS s ON s.site = n.id WHERE n.text = ? "
        "ORDER BY s.recorded DESC, s.seq DESC LIMIT 1",
        (text,),
    )
    if row is not None:
        return str(row[0])
    return text if in_use(session, [f"operator {text}"]) else ""


def _about(session: Session, site: str, operator: str) -> set[tuple[int, int]]:
    """Return every entry that speaks of an operator; of a site whose operator has others, those that describe it."""
    rows = session.rows("SELECT s.log, s.seq FROM name AS n JOIN site_fact AS s ON s.site = n.id WHERE n.text = ?", (site,))
    sites = session.rows("SELECT DISTINCT n.text FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.operator = ?", (operator,))
    found = {(row[0], row[1]) for row in rows}
    if operator and (not site or {row[0] for row in sites} <= {site}):
        found |= entries_of(session, operator)
    return found


def _kept(session: Session, entries: Collection[tuple[int, int]], fields: Collection[str]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return the fields that are still in the side table, by entry."""
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for log, seq in entries:
        rows = session.rows("SELECT field FROM personal WHERE log = ? AND seq = ? ORDER BY field", (log, seq))
        names = tuple(row[0] for row in rows if not fields or row[0] in fields)
        if names:
            found[log, seq] = names
    return found


def _recorded(session: Session, entries: Collection[tuple[int, int]], what: str, fields: Collection[str]) -> None:
    """Refuse a field of which none of the entries ever held a value, if they held any (rule 8)."""
    here = {name for names in _kept(session, entries, ()).values() for name in names}
    ever = here | {name for names in _commitments(session, entries) for name in names}
    never = sorted(set(fields) - ever)
    if never and ever:
        code, known = ("erase.no_field", here) if here else ("erase.no_field_left", ever)
        raise NotFound(code, value=what, fields=", ".join(never), known=", ".join(sorted(known)))


def _committed(session: Session, entries: Collection[tuple[int, int]], fields: Collection[str]) -> bool:
    """Say whether any of the entries ever committed to such a value."""
    return any(not fields or name in fields for names in _commitments(session, entries) for name in names)


def _commitments(session: Session, entries: Collection[tuple[int, int]]) -> Iterator[Collection[str]]:
    """Yield the fields that each of the entries committed to."""
    from foodtrace.operations.entries import event_at  # noqa: PLC0415 - only where fields are named, or nothing is left

    for log, seq in entries:
        with suppress(FoodtraceError):
            yield event_at(session, log, seq).commitments
