"""Whom to call at a site: the personal fields of its description, as far as they are what its entry commits to.

Of several logs that describe it, that of the site's own operator counts, else each party's latest stand side by side (ADR 27): a stranger
sends nobody's notice elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from foodtrace.graph.flowkind import NEVER
from foodtrace.graph.words import ORIGINS
from foodtrace.personal import Secret, State, fits, not_here

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

Contact: TypeAlias = tuple[State, dict[str, str]]
"""How the fields stand, and those that are still there."""
_NOT_HERE: Final[Contact] = ("not_here", {})
CONTACTS: Final = (
    "SELECT s.site, s.log, s.seq, s.recorded, e.bytes, p.field, p.salt, p.value FROM site_fact AS s "
    "LEFT JOIN entry AS e ON e.log = s.log AND e.seq = s.seq LEFT JOIN personal AS p ON p.log = s.log AND p.seq = s.seq "
    "WHERE s.site {among} AND s.ended = 0"
)
"""What :func:`contacts` asks."""


def contacts(session: Session, sites: Collection[int], seen: Callable[[int, int], bool] | None = None) -> dict[int, Contact]:
    """Return the contact of every site that is described; a value that does not fit its entry is left out, all of them with it.

    :param seen: of a (log, seq), whether it was on record by the moment that is asked about; by default all that is on record now.
    """
    rows = session.each(CONTACTS, sites)
    if seen is not None:
        rows = [row for row in rows if seen(row[1], row[2])]
    said: dict[int, dict[tuple[int, int], tuple[bytes, list[Secret]]]] = {}
    times: dict[tuple[int, int], int] = {}
    for site, log, seq, recorded, data, field, salt, value in rows:
        mine = said.setdefault(site, {}).setdefault((log, seq), (b"" if data is None else bytes(data), []))[1]
        times[log, seq] = recorded
        if field is not None:
            mine.append(Secret(field, bytes(salt), value))
    told = {
        site: [(log, _word(*entries[log, seq])) for log, seq in _counting(session, site, entries, times)] for site, entries in said.items()
    }
    away = not_here(session, {log for words in told.values() for log, (state, _) in words if state == "erased"})
    return {
        site: _together([_NOT_HERE if word[0] == "erased" and log in away else word for log, word in words]) for site, words in told.items()
    }


def _counting(
    session: Session, site: int, entries: Collection[tuple[int, int]], times: Mapping[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """Return those of a site's descriptions that say whom to call there, oldest first. :param times: when each was recorded."""
    if len(entries) == 1:
        return list(entries)
    ranks = {log: place for place, (log, _) in enumerate(session.rows(ORIGINS))}
    entries = sorted(entries, key=lambda entry: (times[entry], ranks.get(entry[0], -1), entry[1]))
    if len({log for log, _ in entries}) == 1:
        return entries[-1:]
    from foodtrace.graph.reader import SqlFacts  # noqa: PLC0415 - most sites are described by one log

    calling = set(SqlFacts(session, NEVER).calling(site, entries))
    return [entry for entry in entries if entry in calling] or entries[-1:]


def _word(entry: bytes, mine: Sequence[Secret]) -> Contact:
    # Somebody will call this number: one that was changed beside the log is worse than none.
    sound = all(fits(entry, each) for each in mine)
    state: State = ("present" if sound else "tampered") if mine else "erased" if b'"commitments":{' in entry else "missing"
    return state, {each.field: each.value for each in mine} if sound else {}


def _together(words: Sequence[Contact]) -> Contact:
    """Return what several parties say, side by side: none of them has more of a say than another."""
    if len(words) == 1:
        return words[0]
    fields: dict[str, list[str]] = {}
    for _, each in words:
        for field, value in each.items():
            if value and value not in fields.setdefault(field, []):
                fields[field].append(value)
    order: tuple[State, ...] = ("tampered", "present", "not_here", "erased", "missing")
    states = {state for state, _ in words}
    state = next(each for each in order if each in states)
    return state, {field: " / ".join(values) for field, values in fields.items()}
