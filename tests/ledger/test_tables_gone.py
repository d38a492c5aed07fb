"""Somebody drops a table, or alters the version: that is named, and all else is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import altered, corrupt
from foodtrace import Ledger
from foodtrace.errors import Storage
from foodtrace.graph.check import TABLES as PROJECTION
from foodtrace.storage.session import VERSION, Session
from foodtrace.storage.strange import SEALED, TABLES
from foodtrace.verification import Asked, Finding, Verification, verify_ledger
from tests.cli.inside import Inside, here

__all__ = ["here"]

ENTRIES = 36


def said(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    return {(each.code, each.got) for each in findings}


def beside(session: Session, gone: str) -> list[tuple[str, str]]:
    """Alter something in tables that are not gone; return the codes and beginnings of what has to be found, whatever else is."""
    wanted = []
    if gone != "lot_fact":
        session.run("UPDATE lot_fact SET product = 'x' WHERE product <> ''")
        wanted.append(("projection.differs", "lot_fact:"))
    if gone != "node":
        session.run("UPDATE node SET hash = leaf FROM entry WHERE node.log = 1 AND entry.log = 1 AND entry.seq = 0")
        wanted.append(("tlog.node_mismatch", ""))
    if gone != "setting":
        session.run("INSERT INTO setting (key, value) VALUES ('strange', '1')")
        wanted.append(("tlog.other_setting", "setting: strange"))
    if gone == "name":
        wanted.remove(("projection.differs", "lot_fact:"))
    if gone == "entry":
        wanted = [("tlog.other_setting", "setting: strange")]
    return wanted


def unsealed(session: Session, gone: str = "") -> None:
    for table in set(SEALED) - {gone}:
        for kind in ("update", "delete", "insert") if session.dialect == "sqlite" else ("change", "truncate"):
            session.run(f"DROP TRIGGER {table}_no_{kind}" + (f" ON {table}" if session.dialect == "postgresql" else ""))


def test_whichever_table_is_gone_it_is_named_and_all_else_is_looked_at(url: str, tmp_path: Path) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        asked = Asked(keys=tmp_path / "keys")
        assert verify_ledger(session, None, asked).ok
        logs = [report.log for report in verify_ledger(session, None, asked).logs]
        for table in TABLES:
            with corrupt.undone(session):
                session.run(f"DROP TABLE {table}")
                answer = verify_ledger(session, None, asked)
                # A log that came in a copy may lack checkpoints; that it came so is a setting.
                excused = {each for each in answer.findings if table == "setting" and each.code == "tlog.no_checkpoint"}
                assert said(tuple(set(answer.findings) - excused)) == {("tlog.table_missing", table)}, table
                assert (answer.ok, answer.empty) == (False, False)
                if table == "entry":
                    assert answer.entries == 0
                    continue
                assert answer.entries == ENTRIES, table
                assert sorted(report.log for report in answer.logs) == logs, table
                assert (answer.projection_rows > 0) == (table != "name")
                unsealed(session, table)
                wanted = beside(session, table)
                found = said(verify_ledger(session, None, asked).findings)
                for code, begins in wanted:
                    assert any(each == code and got.startswith(begins) for each, got in found), (table, code, found)
                assert ("tlog.table_missing", table) in found


def test_the_rows_of_a_table_that_is_gone_are_not_counted_as_compared(url: str, tmp_path: Path) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        rows = verify_ledger(session).projection_rows
        for table in PROJECTION:
            with corrupt.undone(session):
                (there,) = session.row(f"SELECT COUNT(*) FROM {table}") or (0,)
                session.run(f"DROP TABLE {table}")
                assert verify_ledger(session).projection_rows == rows - there, table


@pytest.mark.parametrize(
    "gone", [("log", "head"), ("entry", "node"), ("checkpoint", "node"), ("name", "personal", "site_seen"), TABLES[1:]]
)
def test_several_at_once(url: str, tmp_path: Path, gone: tuple[str, ...]) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        for table in gone:
            session.run(f"DROP TABLE {table}")
        answer = verify_ledger(session, None, Asked(keys=tmp_path / "keys"))
        strange = {each for each in answer.findings if each.code == "tlog.table_strange"}  # few of ours are left: apart from the others
        assert {each.got for each in answer.findings if each.code == "tlog.table_missing"} == set(gone)
        assert {each.code for each in set(answer.findings) - strange} == {"tlog.table_missing"}
        assert (answer.ok, answer.empty) == (False, False)


@pytest.mark.parametrize("table", ["log", "head", "setting", "entry", "node", "checkpoint"])
def test_what_this_host_signed_and_saw_is_compared_as_far_as_it_can_be(url: str, tmp_path: Path, table: str) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger:
        assert ledger.verify(full=True).ok
        with ledger.store.write() as session:
            session.run(f"DROP TABLE {table}")
        for full in (True, False):
            answer: Verification = ledger.verify(full=full)
            assert {each.code for each in answer.findings} - {"tlog.no_checkpoint"} == {"tlog.table_missing"}, answer.findings
    with Ledger.open(url, keys=tmp_path / "keys", recovering=True, looking=True, create=False) as ledger:
        assert ("tlog.table_missing", table) in said(ledger.verify().findings)


def test_a_log_that_was_set_back_is_told_beside_the_table_that_hides_it(url: str, tmp_path: Path) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger:
        origin = ledger.logs()[0].origin
        with ledger.store.write() as session:
            unsealed(session)
            session.run("DELETE FROM entry WHERE log = 1 AND seq = (SELECT MAX(seq) FROM entry WHERE log = 1)")
            session.run("DROP TABLE head")
            session.run("DROP TABLE log")
    with Ledger.open(url, keys=tmp_path / "keys", recovering=True, looking=True) as ledger:
        found = ledger.verify(full=True).findings
    assert {("tlog.rolled_back", origin), ("tlog.truncated", origin)} <= {(each.code, each.log) for each in found}


VERSIONS = {
    "DELETE FROM setting WHERE key = 'version'": ("tlog.other_setting", "version: -"),
    "UPDATE setting SET value = 'x' WHERE key = 'version'": ("tlog.other_setting", "version: x"),
    "UPDATE setting SET value = '99' WHERE key = 'version'": ("tlog.newer_version", "version: 99"),
    "UPDATE setting SET value = '1' WHERE key = 'version'": ("tlog.older_version", "version: 1"),
    f"UPDATE setting SET value = '{VERSION - 1}' WHERE key = 'version'": ("tlog.older_version", f"version: {VERSION - 1}"),
    "DROP TABLE setting": ("tlog.table_missing", "setting"),
    "DROP TABLE site_seen": ("tlog.table_missing", "site_seen"),
    "DROP TABLE head": ("tlog.table_missing", "head"),
    "DROP TABLE log": ("tlog.table_missing", "log"),
}


@pytest.mark.parametrize("sql", VERSIONS)
def test_the_command_names_it_with_everything_else(url: str, here: Inside, sql: str) -> None:
    with altered.whole(url, here.folder / "keys") as ledger, ledger.store.write() as session:
        if "site_fact" not in sql:
            session.run("UPDATE site_fact SET county = 'x'")
        session.run(sql)
    answer = here.json("--db", url, "verify", code=3)
    found = {(each["code"], each["got"]) for each in answer["findings"]}
    assert VERSIONS[sql] in found
    assert any(code == "projection.differs" and got.startswith("site_fact: ") for code, got in found)
    assert answer["entries"] == ENTRIES
    assert VERSIONS[sql][0] in here("--db", url, "verify", code=3, lang="zh")


@pytest.mark.parametrize("sql", ["ALTER TABLE setting RENAME COLUMN key TO k", "ALTER TABLE setting DROP COLUMN value"])
def test_settings_that_lack_a_column_hide_nothing_else(url: str, here: Inside, sql: str) -> None:
    with altered.whole(url, here.folder / "keys") as ledger, ledger.store.write() as session:
        session.run("UPDATE site_fact SET county = 'x'")
        session.run(sql)
    for words in (["verify"], ["verify", "--full"]):
        found = [(each["code"], each["got"]) for each in here.json("--db", url, *words, code=3)["findings"]]
        assert ("tlog.other_setting", "version: -") in found
        assert any(code == "tlog.table_altered" and "setting" in got for code, got in found)
        assert any(code == "projection.differs" and got.startswith("site_fact: ") for code, got in found)
    assert "the ledger is damaged" in here("--db", url, "doctor", code=3)


@pytest.mark.parametrize("table", ["site_seen", "personal", "head", "log", "entry"])
def test_the_doctor_names_it_too(url: str, here: Inside, table: str) -> None:
    with altered.whole(url, here.folder / "keys") as ledger, ledger.store.write() as session:
        session.run(f"DROP TABLE {table}")
    found = {
        each["code"]: each["facts"].get("names") for each in here.json("--db", url, "doctor", code=3)["checks"] if each["topic"] == "ledger"
    }
    assert found["computed_gone" if table in PROJECTION else "tables_gone"] == table
    assert not found.keys() & {"tables_altered", "keys_gone", "triggers_gone", "ledger_fine", "indexes_gone"}


@pytest.mark.parametrize("version", ["1", str(VERSION - 1)])
def test_an_older_number_than_the_tables_are_of_is_found_and_rebuild_puts_it_right(url: str, tmp_path: Path, version: str) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger:
        assert ledger.verify(full=True).ok
        with ledger.store.write() as session:
            session.run("UPDATE setting SET value = ? WHERE key = 'version'", (version,))
        for full in (True, False):
            assert said(ledger.verify(full=full).findings) == {("tlog.older_version", f"version: {version}")}
    with Ledger.open(url, keys=tmp_path / "keys", recovering=True, looking=True) as ledger:
        assert said(ledger.verify().findings) == {("tlog.older_version", f"version: {version}")}
    with pytest.raises(Storage) as caught:
        Ledger.open(url, keys=tmp_path / "keys", recovering=True)
    assert caught.value.code == "ledger.number_older", "nothing is recorded or answered meanwhile"
    with Ledger.open(url, keys=tmp_path / "keys", older=True) as ledger:
        ledger.rebuild()
        assert ledger.verify(full=True).ok


def test_a_few_guards_are_enough_to_know_the_layout_by(url: str, tmp_path: Path) -> None:
    """One who alters the number and takes guards away is told both, as long as one is left."""
    with altered.whole(url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        unsealed(session)
        session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(VERSION - 1),))
        found = said(verify_ledger(session).findings)
    assert ("tlog.older_version", f"version: {VERSION - 1}") in found
    assert ("tlog.trigger_missing", "log_no_" + ("update" if url.startswith("sqlite") else "change")) in found


def test_a_newer_version_is_still_refused_by_all_else(url: str, tmp_path: Path) -> None:
    with altered.whole(url, tmp_path / "keys") as ledger:
        with ledger.store.write() as session:
            session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(VERSION + 1),))
        assert said(ledger.verify().findings) == {("tlog.newer_version", f"version: {VERSION + 1}")}
    with pytest.raises(Storage) as caught:
        Ledger.open(url, keys=tmp_path / "keys", recovering=True)
    assert caught.value.code == "ledger.newer"
