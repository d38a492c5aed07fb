"""Logs that a recovery left behind: which ones, for which log, and what was put in them afterwards.

Rules (DESIGN section 5):

1. The entry after the first key of a log that ``foodtrace recover --new-log`` began names the log it continues and that log's size.
2. A log that is named so is not written any more; only the revocation that ends it may follow, once.
3. Whatever else lies beyond the size that was named was written by whoever has the old key.
4. Anybody's log may say that it continues another, and logs of other hosts come into a database. Of a log that this host has an
   anchor of, only a log that it has an anchor of as well is believed: a stranger stops nobody from writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.errors import FoodtraceError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from foodtrace.reading import LogState
    from foodtrace.storage.session import Session

_SECOND: Final = "SELECT l.origin, e.bytes FROM log AS l JOIN entry AS e ON e.log = l.id AND e.seq = 1 ORDER BY l.id"
_MARK: Final = b'"kind":"new_log"'


class Seal(NamedTuple):
    """What a recovery said of the log it left."""

    size: int
    """Entries of the old log then; those that were lost are not among them."""
    into: str
    """The log that continues it."""


def sealed_logs(session: Session, keys: Path | None) -> dict[str, Seal]:
    """Return the logs of a database that another log of it continues (rule 1), by origin. One key look-up a log.

    :param keys: key directory, for rule 4; none: whoever says so is believed.
    """
    found: dict[str, Seal] = {}
    for origin, data in session.rows(_SECOND):
        if not isinstance(data, (bytes, memoryview)) or _MARK not in bytes(data):
            continue
        seal = _seal(bytes(data), origin)
        if seal is not None and (keys is None or _believed(keys, *seal)):
            found.setdefault(*seal)
    return found


def _believed(keys: Path, former: str, seal: Seal) -> bool:
    """Say whether a log's word about another counts on this host (rule 4)."""
    from foodtrace.tlog.anchor import anchor_path  # noqa: PLC0415 - only where there was a recovery

    return anchor_path(keys, seal.into).exists() or not anchor_path(keys, former).exists()


def _seal(data: bytes, into: str) -> tuple[str, Seal] | None:
    from foodtrace.events import Recovered  # noqa: PLC0415 - only where there was a recovery
    from foodtrace.events.canonical import decode_alone  # noqa: PLC0415
    from foodtrace.tlog.entry import event_bytes  # noqa: PLC0415

    try:
        event = decode_alone(event_bytes(data))
    except FoodtraceError:
        return None  # verify names it
    if not isinstance(event, Recovered) or event.kind != "new_log" or event.former in ("", into):
        return None
    return event.former, Seal(event.lost_from, into)


def beyond_seal(states: Collection[LogState], seals: dict[str, Seal]) -> list[tuple[LogState, Seal]]:
    """Return the logs that were written after a recovery had left them (rules 2 and 3)."""
    found = []
    for state in states:
        seal = seals.get(state.origin)
        if seal is not None and state.size > seal.size + (0 if state.key_id else 1):
            found.append((state, seal))
    return found


__all__ = ["Seal", "beyond_seal", "sealed_logs"]
