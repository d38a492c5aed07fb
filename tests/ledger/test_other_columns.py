"""Somebody gives a column another type, or takes it away: it is named, and hides nothing of what else is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import altered, corrupt
from foodtrace import Ledger
from foodtrace.storage.session import Session
from foodtrace.verification import Verification, verify_ledger

BYTES = "encode({0}, 'hex')"
TYPES = [
    *(("move.q", "numeric", ""), ("move.q", "text", ""), ("holding.sent", "numeric", ""), ("holding.lot", "double precision", "")),
    *(("head.size", "numeric", ""), ("head.size", "text", ""), ("head.prev", "text", BYTES), ("log.id", "numeric", "")),
    *(("log.origin", "varchar(99)", ""), ("entry.seq", "text", ""), ("entry.id", "varchar(99)", ""), ("entry.bytes", "text", BYTES)),
    *(("checkpoint.size", "numeric", ""), ("node.level", "numeric", ""), ("name.id", "numeric", ""), ("setting.value", "varchar(99)", "")),
    *(("personal.value", "varchar(999)", ""), ("site_seen.recorded", "numeric", "")),
]


def unguarded(session: Session, table: str) -> None:
    """Take off a table what would keep its column from being changed."""
    guards = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = to_regclass(?)"
    if session.dialect == "sqlite":
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    for (name,) in session.rows(guards, (table,)):
        session.run(f"DROP TRIGGER {name}" + (f" ON {table}" if session.dialect == "postgresql" else ""))


def retyped(session: Session, place: str, kind: str, using: str) -> None:
    table, column = place.split(".")
    unguarded(session, table)
    default = f"ALTER COLUMN {column} DROP DEFAULT, "
    session.run(f"ALTER TABLE {table} {default}ALTER COLUMN {column} TYPE {kind} USING {(using or '{0}::' + kind).format(column)}")


def projection(answer: Verification) -> set[str]:
    return {each.got.partition(":")[0] for each in answer.findings if each.code == "projection.differs"}


def test_a_type_that_is_not_ours_is_named_and_all_else_is_looked_at(pg_url: str, tmp_path: Path) -> None:
    with altered.whole(pg_url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        (entries,) = session.row("SELECT SUM(size)::bigint FROM head") or (0,)
        for place, kind, using in TYPES:
            table, column = place.split(".")
            with corrupt.undone(session):
                retyped(session, place, kind, using)
                answer = verify_ledger(session)
                named = {each.got.partition(":")[0] for each in answer.findings}
                assert named & {f"type of {column} on {table}", place}, (place, named)
                assert answer.entries == entries, place
                if not using:
                    assert projection(answer) == set(), f"{place}: the values are those of before"
                if place == "entry.bytes":
                    continue  # what no entry says any more, no row can be compared with
                session.run("UPDATE lot_fact SET product = 'x' WHERE product <> ''")
                session.run("UPDATE site_fact SET county = 'x'")
                assert projection(verify_ledger(session)) >= {"lot_fact", "site_fact"}, place


def test_half_a_number_is_no_whole_one(pg_url: str, tmp_path: Path) -> None:
    with altered.whole(pg_url, tmp_path / "keys") as ledger:
        with ledger.store.write() as session:
            session.run("ALTER TABLE move ALTER COLUMN q TYPE numeric")
            session.run("UPDATE move SET q = q + 0.4 WHERE q = (SELECT MAX(q) FROM move)")
        for full in (True, False):
            answer = ledger.verify(full=full)
            assert projection(answer) == {"move"}
            assert ("tlog.trigger_strange", "type of q on move") in {(each.code, each.got) for each in answer.findings}


@pytest.mark.parametrize("place", ["head.size", "log.id"])
def test_what_a_program_saw_before_is_compared_all_the_same(pg_url: str, tmp_path: Path, place: str) -> None:
    with altered.whole(pg_url, tmp_path / "keys") as ledger:
        assert ledger.verify(full=True).ok
        with ledger.store.write() as session:
            retyped(session, place, "numeric", "")
        answer = ledger.verify()
        assert {each.code for each in answer.findings} <= {"tlog.trigger_strange", "tlog.trigger_missing", "tlog.table_altered"}
        assert answer.entries == 36


def without(session: Session, place: str) -> None:
    table, column = place.split(".")
    unguarded(session, table)
    session.run(f"ALTER TABLE {table} DROP COLUMN {column}")


COLUMNS = ["move.flags", "holding.sent", "head.time", "head.prev", "entry.leaf", "node.hash", "personal.salt", "name.text"]


@pytest.mark.parametrize("place", COLUMNS)
def test_a_column_that_is_gone_is_named_and_all_else_is_looked_at(url: str, tmp_path: Path, place: str) -> None:
    keys = tmp_path / "keys"
    altered.whole(url, keys).close()
    with Ledger.open(url, keys=keys, recovering=True) as ledger:
        with ledger.store.write() as session:
            (entries,) = session.row("SELECT SUM(size) FROM head") or (0,)
            if session.dialect == "sqlite" and place in ("holding.sent", "name.text"):
                made_anew(session, place)
            else:
                without(session, place)
        answer, table = ledger.verify(), place.partition(".")[0]
        assert any(table in each.got for each in answer.findings if each.code == "tlog.table_altered"), answer.findings[:5]
        assert answer.entries == int(entries)


def made_anew(session: Session, place: str) -> None:
    """SQLite drops no column that a key or a check names."""
    table, column = place.split(".")
    kept = ", ".join(name for _, name, *_ in session.rows(f"PRAGMA table_info({table})") if name != column)
    session.run(f"CREATE TABLE other AS SELECT {kept} FROM {table}")
    session.run(f"DROP TABLE {table}")
    session.run(f"ALTER TABLE other RENAME TO {table}")
