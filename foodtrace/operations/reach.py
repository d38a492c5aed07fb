"""Whose personal values a log may erase, and who may erase the others.

Rules: those of :mod:`foodtrace.operations.erasing` (3 and 6) and of :mod:`foodtrace.sealed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from foodtrace.events.base import Seq
from foodtrace.keyfiles import list_keys
from foodtrace.opening import logs
from foodtrace.sealed import continued, foreign_logs, sealed_logs
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import wrote


class ErasedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with some of its personal fields: what became of them says where it stands."""

    log: str
    seq: Seq
    fields: tuple[str, ...]
    via: str = ""
    """Of a value that is still here: the log that may erase it, if this host writes that; empty: this host writes none."""


class Reach(NamedTuple):
    """Which logs a log erases in, seen from one host."""

    origins: Mapping[int, str]
    """Every log of the database, by number."""
    erases: Mapping[int, int]
    """Numbers of the logs whose values the log erases -> how many recoveries ago it was left; 0: the log itself."""
    away: frozenset[int]
    """Logs of other hosts, none of whose values are here."""
    via: Mapping[int, str]
    """Number of a log -> the log of this host that erases its values; without an entry no log of this host does."""
    wrote: Callable[[str], bool] | None
    """Says of an origin whether this host wrote that log; none: every log is this host's."""

    def entry(self, log: int, seq: int, names: tuple[str, ...]) -> ErasedEntry:
        """Return an entry whose values stay, with who may erase them."""
        return ErasedEntry(log=self.origins[log], seq=seq, fields=names, via=self.via.get(log, ""))


def reach_of(session: Session, own: int, origin: str, keys: Path | None) -> Reach:
    """Return what a log of this host may erase. :param own: its number. :param keys: key directory; none: every log is this host's."""
    states = logs(session)
    mine = None if keys is None else partial(wrote, keys)
    before = continued(session, mine)
    numbers = {state.origin: state.number for state in states}
    back = [former for former in before.get(origin, ()) if former in numbers]
    # A log that is written here, by key or by its own word, erases for itself and for those it continues.
    held = None if keys is None else {each.verifier.key_id for each in list_keys(keys)}
    sealed = sealed_logs(session, keys)
    via: dict[int, str] = {}
    for state in states:
        if state.key_id and (held is None or state.key_id in held) and state.origin not in sealed:
            for each in (state.origin, *before.get(state.origin, ())):
                if each in numbers:
                    via.setdefault(numbers[each], state.origin)
    erases = {own: 0} | {numbers[former]: place for place, former in enumerate(back, 1)}
    via.update(dict.fromkeys(erases, origin))
    here = {row[0] for row in session.rows("SELECT DISTINCT log FROM personal")}
    return Reach(
        origins={state.number: state.origin for state in states},
        erases=erases,
        away=frozenset(foreign_logs(session, keys, states) - here),
        via=via,
        wrote=mine,
    )
