"""A value is called gone only when it is: out of the rows whatever stands around them, and out of the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Site
from tests.cli.shell import run
from tests.keeping.onfile import AT, NAME, NOW, PHONE, erase, filled, ledger

__all__ = ["ledger"]  # a fixture


def test_the_files_forget(tmp_path: Path) -> None:
    """Nothing of a name or number is in any byte of the database's files, whatever was written around it."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        filled(ledger)
        for start in range(0, 600, 50):
            sites = [
                Site(id=f"n{n}", at=AT, site=f"N-{n}", operator=f"N-{n}", kind="stall", name=f"摊位{n}") for n in range(start, start + 50)
            ]
            ledger.record(sites, personal={each.id: {"phone": f"0451-777-{each.id}", "contact": f"摊主{each.id}号"} for each in sites})
    for n in range(0, 600, 29):
        with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
            erase(ledger, f"N-{n}")
    run(tmp_path, "--db", "x.db", "--log", "own", "erase", "福安超市", "--yes")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        assert ledger.store.forget()
        raw = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("x.db*")) if path.is_file())
        assert ledger.verify().ok
    assert "摊主n1号".encode() in raw, "what was not erased is there, so the search finds something"
    gone = [PHONE, NAME, *(f"摊主n{n}号" for n in range(0, 600, 29))]
    assert [each for each in gone if each.encode() in raw] == []


def test_a_reader_that_holds_old_pages_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.storage.sqlite.BUSY_SECONDS", 0.2)
    url = f"sqlite:///{tmp_path}/x.db"
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as ledger, Ledger.open(url, keys=tmp_path / "keys") as other:
        filled(ledger)
        with other.reading() as session:
            session.row("SELECT 1 FROM personal")
            erase(ledger, "S-7")
            assert not ledger.store.forget()
        assert ledger.store.forget()
        assert (tmp_path / "x.db-wal").stat().st_size == 0


def test_nothing_is_called_gone_while_the_same_values_stand_elsewhere(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", PHONE, "--contact", NAME)
    run(tmp_path, "site", "add", "福安二店:shop", "--phone", PHONE)
    said = run(tmp_path, "erase", "福安超市", "--yes", code=1)
    (line,) = [each for each in said.splitlines() if each.startswith("NOT erased")]
    assert "1 entry still holds values of this person" in said
    assert "gone from the database files too. Backups" in said
    assert "what is named as erased above" in said
    command = line.rpartition(": foodtrace ")[2].split()
    said = run(tmp_path, *command, "--yes")
    assert "NOT erased" not in said
    assert "still hold" not in said
    assert PHONE.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("foodtrace.db*") if path.is_file())


KEEPS = {
    "sqlite": ["CREATE TRIGGER zz BEFORE DELETE ON personal BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER zz BEFORE DELETE ON personal FOR EACH ROW EXECUTE FUNCTION zz()",
    ],
}


COPIES = {
    "sqlite": [
        "CREATE TABLE elsewhere (value TEXT)",
        "CREATE TRIGGER zz AFTER DELETE ON personal BEGIN INSERT INTO elsewhere VALUES (old.value); END",
    ],
    "postgresql": [
        "CREATE TABLE elsewhere (value TEXT)",
        "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO elsewhere VALUES (OLD.value); RETURN OLD; END'",
        "CREATE TRIGGER zz AFTER DELETE ON personal FOR EACH ROW EXECUTE FUNCTION zz()",
    ],
}


@pytest.mark.parametrize("statements", [KEEPS, COPIES], ids=["keeps the row", "copies the row"])
def test_where_a_trigger_stands_nothing_is_called_erased(ledger: Ledger, statements: dict[str, list[str]]) -> None:
    with ledger.store.write() as session:
        for each in statements[session.dialect]:
            session.run(each)
    with pytest.raises(errors.Integrity) as told:
        erase(ledger, "福安超市")
    assert told.value.code == "storage.strange"
    assert "trigger zz on personal" in told.value.message("en")
    with ledger.store.write() as session:
        assert session.row("SELECT 1 FROM personal WHERE value = ?", (PHONE,)) is not None
        session.run("DROP TRIGGER zz ON personal" if session.dialect == "postgresql" else "DROP TRIGGER zz")
    assert erase(ledger, "福安超市").entries


def test_what_the_database_did_not_delete_is_not_called_erased(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps it there: the row is counted and looked for again, and the entry that says so does not come to be."""
    monkeypatch.setattr("foodtrace.storage.strange.strange_things", lambda _session: [])
    with ledger.store.write() as session:
        for each in KEEPS[session.dialect]:
            session.run(each)
    sizes = [each.size for each in ledger.logs()]
    with pytest.raises(errors.Storage) as told:
        erase(ledger, "福安超市")
    assert told.value.code == "storage.not_written"
    assert [each.size for each in ledger.logs()] == sizes


def test_a_guards_name_on_another_table_makes_no_guard(ledger: Ledger) -> None:
    if ledger.store.dialect == "sqlite":
        with ledger.store.write() as session:
            session.run("DROP TRIGGER node_no_delete")
            session.run("CREATE TRIGGER node_no_delete BEFORE DELETE ON personal BEGIN SELECT RAISE(IGNORE); END")
        with pytest.raises(errors.Integrity) as told:
            erase(ledger, "福安超市")
        assert "node_no_delete on personal" in told.value.message("en")
        assert "tlog.trigger_strange" in {each.code for each in ledger.verify().findings}
