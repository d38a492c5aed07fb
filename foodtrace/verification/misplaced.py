"""What foodtrace never writes: values of another type, rows that belong to no log, settings that nobody knows.

Rules:

1. Every one is a finding of its own, with the log by its name and the entry where there is one, and hides no other: whoever looks goes on
   with what can be read, and where a log's head cannot be read, with what its entries say, and where the table of heads or of logs is
   gone, with the logs that the entries name.
2. A row that belongs to no log stands in the way of the next log that gets its number, and hides a log of which only it is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foodtrace.errors import FoodtraceError, Integrity
from foodtrace.graph.stored import last_name
from foodtrace.opening import BACKUP, LogState, origins
from foodtrace.storage.session import VERSION, Session, version_of
from foodtrace.storage.settingrows import LEFT
from foodtrace.storage.standins import tables_gone
from foodtrace.storage.strange import tables_say
from foodtrace.storage.types import mistyped, raw
from foodtrace.tlog.brought import is_brought
from foodtrace.tlog.entry import parse
from foodtrace.tlog.verify import Finding


def values(session: Session, states: Sequence[LogState], tables: Sequence[str] | None = None) -> list[Finding]:
    """Return a finding for each value of another type than its column, of some tables or of all (rule 1); of many, how many more."""
    names: Mapping[int | str | None, str] = {None: "", **{state.number: state.origin for state in states}}
    found = []
    for each in mistyped(session, tables):
        if each.more:
            found.append(Finding(code="tlog.mistyped_more", log="", expected=each.expected, got=f"{each.place}: {each.more}"))
            continue
        log, got = names.get(each.log, str(each.log)), f"{each.place}: {each.got}"
        found.append(Finding(code="tlog.mistyped", log=log, seq=each.seq, expected=each.expected, got=got))
    return found


def states_as_they_are(session: Session) -> list[LogState]:
    """Return every log that has a head, whatever stands in it (rule 1)."""
    gone = tables_gone(session)
    sql = "SELECT l.id, l.origin, h.size, h.time, h.key_id FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.id"
    if "log" in gone:
        numbers = "SELECT log AS id FROM entry UNION SELECT log FROM head"
        sql = f"SELECT l.id, NULL, h.size, h.time, h.key_id FROM ({numbers}) AS l LEFT JOIN head AS h ON h.log = l.id ORDER BY l.id"  # noqa: S608
    elif "head" in gone:
        sql = sql.replace("JOIN", "LEFT JOIN")
    found = []
    for number, origin, size, time, key_id in session.rows(sql):
        there = size if isinstance(size, int) else _entries(session, number)
        name = _named_by_entries(session, number) if "log" in gone else raw(origin).decode("utf-8", "replace")
        found.append(LogState(number, name, there, time if isinstance(time, int) else 0, raw(key_id)))
    return found


def origins_as_they_are(session: Session) -> list[str]:
    """Return the origins of all logs, as the entries name them where the table of logs is gone."""
    return [state.origin for state in states_as_they_are(session)] if "log" in tables_gone(session) else origins(session)


def _named_by_entries(session: Session, log: object) -> str:
    """Return the origin that a log's first entry names, its number where that cannot be read."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? ORDER BY seq LIMIT 1", (log,))
    try:
        return str(log) if row is None else parse(raw(row[0])).log
    except FoodtraceError:
        return str(log)


def _entries(session: Session, log: int) -> int:
    row = session.row("SELECT COUNT(*) FROM entry WHERE log = ?", (log,))
    return int(row[0]) if row is not None else 0


def rows_of_no_log(session: Session) -> list[Finding]:
    """Return a finding for sealed rows of logs that have no head: somebody hid a whole log; and for heads of no log (rule 2)."""
    found: list[Finding] = []
    if tables_gone(session) & {"log", "head"}:
        return found  # which logs there are is not known
    found += [Finding(code="tlog.no_head", log=str(number), got=table) for table, number in sealed_of_no_log(session)]
    stray = heads_of_no_log(session)
    return found + [Finding(code="tlog.head_of_no_log", log=str(log), got=f"head: log {log}, size {size}") for log, size in stray]


def sealed_of_no_log(session: Session) -> list[tuple[str, object]]:
    """Return each sealed table, or ``log``, with the number of a log that has rows in it and no head."""
    found: list[tuple[str, object]] = []
    numbers = "(SELECT h.log FROM head AS h JOIN log AS l ON l.id = h.log)"
    gone = tables_gone(session)
    for table in ("entry", "checkpoint", "node", "log"):
        column = "id" if table == "log" else "log"
        if table not in gone:
            rows = session.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN {numbers}")  # noqa: S608 - constants
            found += [(table, row[0]) for row in rows]
    return found


def heads_of_no_log(session: Session) -> list[tuple[object, object]]:
    """Return the number and the size of each head that belongs to no log."""
    return [(log, size) for log, size in session.rows("SELECT log, size FROM head WHERE log NOT IN (SELECT id FROM log) ORDER BY log")]


def settings(session: Session) -> list[Finding]:
    """Return a finding for a version that is none, or not that of the tables, and for each setting that foodtrace does not know."""
    found: list[Finding] = []
    if "setting" in tables_gone(session):
        return found
    try:
        version = version_of(session.row("SELECT value FROM setting WHERE key = 'version'"))
        if version > VERSION:
            found.append(Finding(code="tlog.newer_version", log="", expected=str(VERSION), got=f"version: {version}"))
        elif version < tables_say(session):
            found.append(Finding(code="tlog.older_version", log="", expected=str(tables_say(session)), got=f"version: {version}"))
    except Integrity as error:
        found.append(Finding(code="tlog.other_setting", log="", expected=str(error.expected), got=f"version: {error.params['got']}"))
    sizes = _sizes(session)
    for key, value in session.rows("SELECT key, value FROM setting ORDER BY key"):
        note = isinstance(key, str) and key.startswith(LEFT)
        if key is None:
            continue  # the column is gone, which is named by itself
        if key not in ("version", BACKUP) and not note and not is_brought(key, value, sizes):
            found.append(Finding(code="tlog.other_setting", log="", got=f"setting: {key}"))
    return found


def name_beyond(session: Session) -> int | None:
    """Return the largest number of a name if foodtrace cannot have given it: no room may be left for the next one."""
    if not tables_gone(session).isdisjoint(("name",)):
        return None
    try:
        last_name(session)
    except ValueError as error:
        return int(error.args[0])
    return None


def numbers_of_names(session: Session) -> list[Finding]:
    """Return a finding where names have numbers that foodtrace never gives."""
    last = name_beyond(session)
    return [] if last is None else [Finding(code="tlog.name_number", log="", got=f"name: {last}")]


def _sizes(session: Session) -> dict[str, int] | None:
    """Return how many entries each log has, by its origin; none where a table that says so is gone."""
    if not tables_gone(session).isdisjoint(("log", "head")):
        return None
    rows = session.rows("SELECT l.origin, h.size FROM log AS l JOIN head AS h ON h.log = l.id")
    return {origin: size for origin, size in rows if isinstance(origin, str) and isinstance(size, int)}


__all__ = [
    "heads_of_no_log",
    "name_beyond",
    "numbers_of_names",
    "origins_as_they_are",
    "rows_of_no_log",
    "sealed_of_no_log",
    "settings",
    "states_as_they_are",
    "values",
]
