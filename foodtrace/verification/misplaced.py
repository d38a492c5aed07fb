"""What foodtrace never writes: values of another type, rows that belong to no log, settings that nobody knows.

Rules:

1. Every one is a finding of its own, with the log by its name and the entry where there is one, and hides no other: whoever looks goes on
   with what can be read, and where a log's head cannot be read, with what its entries say.
2. A row that belongs to no log stands in the way of the next log that gets its number, and hides a log of which only it is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foodtrace.errors import Integrity
from foodtrace.opening import BACKUP, LogState
from foodtrace.storage.session import Session, version_of
from foodtrace.storage.settingrows import LEFT
from foodtrace.storage.types import mistyped, raw
from foodtrace.tlog.brought import is_brought
from foodtrace.tlog.verify import Finding


def values(session: Session, states: Sequence[LogState], tables: Sequence[str] | None = None) -> list[Finding]:
    """Return a finding for each value of another type than its column, of some tables or of all (rule 1)."""
    names: Mapping[int | str | None, str] = {None: "", **{state.number: state.origin for state in states}}
    return [
        Finding(code="tlog.mistyped", log=names.get(log, str(log)), seq=seq, expected=wanted, got=f"{place}: {got}")
        for place, log, seq, wanted, got in mistyped(session, tables)
    ]


def states_as_they_are(session: Session) -> list[LogState]:
    """Return every log that has a head, whatever stands in it (rule 1)."""
    found = []
    for number, origin, size, time, key_id in session.rows(
        "SELECT l.id, l.origin, h.size, h.time, h.key_id FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.id"
    ):
        there = size if isinstance(size, int) else _entries(session, number)
        name = raw(origin).decode("utf-8", "replace")
        found.append(LogState(number, name, there, time if isinstance(time, int) else 0, raw(key_id)))
    return found


def _entries(session: Session, log: int) -> int:
    row = session.row("SELECT COUNT(*) FROM entry WHERE log = ?", (log,))
    return int(row[0]) if row is not None else 0


def rows_of_no_log(session: Session) -> list[Finding]:
    """Return a finding for sealed rows of logs that have no head: somebody hid a whole log; and for heads of no log (rule 2)."""
    found: list[Finding] = []
    numbers = "(SELECT h.log FROM head AS h JOIN log AS l ON l.id = h.log)"
    for table in ("entry", "checkpoint", "node", "log"):
        column = "id" if table == "log" else "log"
        rows = session.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN {numbers}")  # noqa: S608 - constants
        found += [Finding(code="tlog.no_head", log=str(row[0]), got=table) for row in rows]
    rows = session.rows("SELECT log, size FROM head WHERE log NOT IN (SELECT id FROM log) ORDER BY log")
    found += [Finding(code="tlog.head_of_no_log", log=str(log), got=f"head: log {log}, size {size}") for log, size in rows]
    return found


def settings(session: Session) -> list[Finding]:
    """Return a finding for a version that is none, and for each setting that foodtrace does not know."""
    found: list[Finding] = []
    try:
        version_of(session.row("SELECT value FROM setting WHERE key = 'version'"))
    except Integrity as error:
        found.append(Finding(code="tlog.other_setting", log="", expected=str(error.expected), got=f"version: {error.params['got']}"))
    for key, value in session.rows("SELECT key, value FROM setting ORDER BY key"):
        note = isinstance(key, str) and key.startswith(LEFT)
        if key not in ("version", BACKUP) and not note and not is_brought(key, value):
            found.append(Finding(code="tlog.other_setting", log="", got=f"setting: {key}"))
    return found


__all__ = ["rows_of_no_log", "settings", "states_as_they_are", "values"]
