"""What the doctor sees of a ledger's tables: what is gone, altered, strange or beside them, each with what mends it.

Rules:

1. What is computed from the record ``rebuild`` makes anew; of what is sealed a backup is put back. The two are told apart.
2. A finding that an owner of the database can mend by statements has them (:mod:`foodtrace.storage.mending`).
3. One thing is named once: of a table that is gone, or in whose place something else stands, neither its guards nor its keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.graph.names import of_records
from foodtrace.opening import BACKUP, logs, origins
from foodtrace.storage.around import Altered, altered, missing_indexes
from foodtrace.storage.beside import beside
from foodtrace.storage.damage import damage
from foodtrace.storage.mending import guard_back, head_away, taken_off
from foodtrace.storage.session import Session
from foodtrace.storage.standins import tables_gone
from foodtrace.storage.strange import IN_PLACE, Strange, strange_code, strange_things, table_of
from foodtrace.storage.tables import PROJECTION
from foodtrace.tlog.verify import missing_triggers
from foodtrace.verification.misplaced import heads_of_no_log, name_beyond, sealed_of_no_log

State: TypeAlias = Literal["ok", "warn", "bad"]

_COMPUTED: Final = frozenset(table.name for table in PROJECTION)
"""Tables that ``rebuild`` makes anew."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the doctor looked at."""

    topic: Literal["ledger", "disk", "wal", "clock", "keys", "anchor", "locale", "zbar"]
    state: State
    code: str
    """Its texts are ``doctor.CODE`` and ``doctor.CODE.hint``."""
    facts: dict[str, str] = {}
    """What the texts name; ``sql``: the statements an owner of the database mends it with, where there are any."""


def tables(session: Session, bare: Session) -> Iterator[Check]:
    """Look at the tables, and at the logs in them. :param bare: the session without stand-ins for tables."""
    gone = tables_gone(session)
    for names, code in ((gone - _COMPUTED, "tables_gone"), (gone & _COMPUTED, "computed_gone")):
        if names:
            yield Check(topic="ledger", state="bad", code=code, facts={"names": ", ".join(sorted(names))})
    missing = [each for each in missing_triggers(bare) if table_of(each) not in gone]
    strange, changed = strange_things(bare), [each for each in altered(bare) if each.table not in gone]
    copied = session.row("SELECT value FROM setting WHERE key = ?", (BACKUP,))
    yield from _around(bare, missing, strange, changed)
    if copied is not None:
        yield Check(topic="ledger", state="warn", code="is_backup", facts={"time": str(copied[0])})
    states = logs(session)
    hidden = sorted(set(origins(session)) - {state.origin for state in states})
    if hidden:
        yield Check(topic="ledger", state="bad", code="heads_gone", facts={"names": ", ".join(hidden)})
    stray = list(_of_no_log(session, gone))
    yield from stray
    slow = [] if gone else missing_indexes(bare)
    if slow:
        yield Check(topic="ledger", state="warn", code="indexes_gone", facts={"names": ", ".join(slow)})
    if not gone and not missing and not strange and not hidden and not stray and not changed and copied is None:
        yield Check(
            topic="ledger", state="ok", code="ledger_fine", facts={"logs": str(len(states)), "entries": str(sum(s.size for s in states))}
        )


def files(session: Session) -> Iterator[Check]:
    """Look at the pages and indexes of the database."""
    found = damage(session)
    if found is None:
        yield Check(topic="ledger", state="warn", code="files_unseen")
    elif found:
        yield Check(topic="ledger", state="bad", code="files_damaged", facts={"count": str(len(found)), "first": found[0]})
    else:
        yield Check(topic="ledger", state="ok", code="files_fine")


def beside_tables(session: Session) -> Iterator[Check]:
    """Name what gives no right numbers, carries personal values away, or waits, each with what mends it."""
    codes: dict[str, tuple[State, str]] = {
        "numbers": ("bad", "numbers_wrong"),
        "published": ("warn", "personal_published"),
        "policy": ("warn", "policies_waiting"),
        "event": ("warn", "events_waiting"),
        "granted": ("bad", "granted_to_all"),
        "shown": ("warn", "personal_shown"),
    }
    for each in beside(session):
        state, code = codes[each.kind]
        facts = {"names": each.name, "got": each.got, **({"sql": each.mend} if each.mend else {})}
        yield Check(topic="ledger", state=state, code=code, facts=facts)


def _of_no_log(session: Session, gone: AbstractSet[str]) -> Iterator[Check]:
    """Name heads of no log, which keep the next log from being made, and sealed rows whose log is nowhere, as ``verify`` does."""
    if gone & {"log", "head"}:
        return  # which logs there are is not known
    for number, size in heads_of_no_log(session):
        yield _mended("heads_stray", str(number), head_away(session, number) if isinstance(number, int) else "", size=str(size))
    last = name_beyond(session)
    if last is not None:
        yield _mended("name_number", str(last), "" if of_records(session, [last]) else f"DELETE FROM name WHERE id = {last}")  # noqa: S608
    there = {number for (number,) in session.rows("SELECT id FROM log")}
    stray = {f"{table} (log {number})" for table, number in sealed_of_no_log(session) if number not in there}
    if stray:
        yield Check(topic="ledger", state="bad", code="rows_stray", facts={"names": ", ".join(sorted(stray))})


def _around(session: Session, missing: list[str], strange: list[Strange], changed: list[Altered]) -> Iterator[Check]:
    """Name what is strange, altered or gone, each with the statements that mend it: first what stands in the way of the rest."""
    codes = {"tlog.trigger_strange": "triggers_strange", "tlog.table_strange": "tables_strange", "tlog.setting_strange": "settings_strange"}
    covered = {each.table for each in strange if each.kind in IN_PLACE or each.kind == "apart"}
    for thing in strange:
        mend = taken_off(session, thing)
        code = codes[strange_code(thing.kind)]
        yield _mended(code if mend or code != "tables_strange" else "tables_replaced", thing.name, mend)
    if session.dialect == "sqlite":
        # A table is made anew from a backup; a statement would have to carry every row over.
        names = ", ".join(each.name for each in changed if _of(each) not in covered)
        if names:
            yield Check(topic="ledger", state="bad", code="tables_altered", facts={"names": names})
    else:
        for each in changed:
            # What stands in a table's place has neither keys nor columns of ours (it is named above).
            if each.column:
                facts = {"expected": each.expected, "got": each.got}
                code = "columns_altered" if each.got != "-" else "computed_gone" if each.table in _COMPUTED else "tables_gone"
                yield _mended(code, each.name, each.mend, **(facts if code == "columns_altered" else {}))
            elif each.name.split(" ")[0] not in covered:
                yield _mended("keys_gone", each.name, each.mend)
    for name in missing:
        if table_of(name) not in covered:
            yield _mended("triggers_gone", name, guard_back(session, name))


def _of(altered: Altered) -> str:
    """Return the table that a statement of SQLite is about: ``CREATE TABLE move (`` or ``CREATE INDEX move_entry ON move (``."""
    words = altered.expected.split()
    return words[4] if words[1] == "INDEX" else words[2]


def _mended(code: str, name: str, mend: str, **facts: str) -> Check:
    return Check(topic="ledger", state="bad", code=code, facts={"names": name, **facts, **({"sql": mend} if mend else {})})


__all__ = ["Check", "State", "beside_tables", "files", "tables"]
