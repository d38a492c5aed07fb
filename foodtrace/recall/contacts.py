"""Whom to call at a site: the personal fields of its newest description, as far as they are what its entry commits to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, TypeAlias

from foodtrace.personal import Secret, State, fits, not_here

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

Contact: TypeAlias = tuple[State, dict[str, str]]
"""How the fields stand, and those that are still there."""
CONTACTS: Final = (
    "SELECT s.site, s.log, s.seq, e.bytes, p.field, p.salt, p.value FROM {ids} CROSS JOIN site_fact AS s JOIN log AS g ON g.id = s.log "
    "LEFT JOIN entry AS e ON e.log = s.log AND e.seq = s.seq LEFT JOIN personal AS p ON p.log = s.log AND p.seq = s.seq "
    "WHERE s.site = f.value AND s.ended = 0 ORDER BY s.recorded, g.origin, s.seq"
)
"""What :func:`contacts` asks."""


def contacts(session: Session, sites: Collection[int], seen: Callable[[int, int], bool] | None = None) -> dict[int, Contact]:
    """Return the contact of every site that is described; a value that does not fit its entry is left out, all of them with it.

    :param seen: of a (log, seq), whether it was on record by the moment that is asked about; by default all that is on record now.
    """
    rows = session.each(CONTACTS, sites)
    if seen is not None:
        rows = [row for row in rows if seen(row[1], row[2])]
    newest: dict[int, tuple[int, int, bytes | None]] = {}
    kept: dict[int, list[Secret]] = {}
    for site, log, seq, data, field, salt, value in rows:
        if newest.get(site, (0, -1))[:2] != (log, seq):
            newest[site] = (log, seq, data)
            kept[site] = []
        if field is not None:
            kept[site].append(Secret(field, bytes(salt), value))
    found: dict[int, Contact] = {}
    unseen: dict[int, int] = {}
    for site, (log, _, data) in newest.items():
        entry = b"" if data is None else bytes(data)
        mine = kept[site]
        # Somebody will call this number: one that was changed beside the log is worse than none.
        sound = all(fits(entry, each) for each in mine)
        state: State = ("present" if sound else "tampered") if mine else "erased" if b'"commitments":{' in entry else "missing"
        if state == "erased":
            unseen[site] = log
        found[site] = (state, {each.field: each.value for each in mine} if sound else {})
    away = not_here(session, set(unseen.values()))
    found.update((site, ("not_here", {})) for site, log in unseen.items() if log in away)
    return found
