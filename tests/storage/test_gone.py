"""A table or a column that somebody took away: whoever records or asks is told what is gone, and what is advised mends it."""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger
from foodtrace.errors import Storage
from foodtrace.keeping.doctor import Surroundings, examine
from foodtrace.keeping.doctortables import Check
from foodtrace.storage.session import VERSION
from foodtrace.texts import text
from tests.ledger.rich import LOT, first

AROUND = Surroundings("utf-8", "en", passphrase=False)
GONE = {
    "DROP TABLE alias": ("alias", "alias"),
    "ALTER TABLE lot_fact DROP COLUMN gtin": ("gtin", "lot_fact"),
    "ALTER TABLE move DROP COLUMN ended": ("ended", "move"),
}


def look(url: str, keys: Path) -> list[Check]:
    """Return what the doctor does not find well of the ledger."""
    with Ledger.open(url, keys=keys, recovering=True, create=False) as ledger:
        path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        found = examine(lambda: ledger, path, keys, AROUND).checks
    return [each for each in found if each.topic == "ledger" and each.state != "ok" and each.code != "files_unseen"]


@pytest.mark.parametrize("harm", GONE)
def test_what_is_computed_is_named_and_made_anew_by_rebuild(url: str, tmp_path: Path, harm: str) -> None:
    named, table = GONE[harm]
    keys = tmp_path / "keys"
    with Ledger.open(url, keys=keys) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
        expected = ledger.recall(LOT)
        with ledger.store.write() as session:
            session.run(harm)
    with Ledger.open(url, keys=keys) as ledger:
        with pytest.raises(Storage) as caught:
            ledger.recall(LOT)
        assert caught.value.code == "storage.gone"
        assert named in caught.value.message("en")
        assert named in caught.value.message("zh")
        for lang in ("zh", "en"):
            hint = caught.value.hint(lang)
            assert hint.index("foodtrace doctor") < hint.index("foodtrace rebuild")
    (bad,) = look(url, keys)
    assert table in bad.facts["names"]
    assert "foodtrace rebuild" in text(f"doctor.{bad.code}.hint", "en", **bad.facts)
    with Ledger.open(url, keys=keys) as ledger:
        ledger.rebuild()
    assert look(url, keys) == []
    with Ledger.open(url, keys=keys) as ledger:
        assert ledger.verify(full=True).ok
        assert ledger.recall(LOT).outlets == expected.outlets


@pytest.mark.parametrize("harm", ["DROP TABLE node", "ALTER TABLE entry DROP COLUMN id"])
def test_of_what_is_sealed_a_backup_is_asked_for(pg_url: str, tmp_path: Path, harm: str) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        with ledger.store.write() as session:
            session.run(harm)
        with pytest.raises(Storage) as caught:
            ledger.record(first())
        assert caught.value.code == "storage.gone"
    gone = [each for each in look(pg_url, tmp_path / "keys") if each.code == "tables_gone"]
    assert [each.facts["names"] for each in gone] == [harm.split()[2] + (".id" if "COLUMN" in harm else "")]
    assert "recover --from" in text("doctor.tables_gone.hint", "en")


def test_a_table_that_was_made_anew_has_the_grants_of_the_one_it_replaces(pg_url: str, tmp_path: Path) -> None:
    role = f"r_{uuid.uuid4().hex}"
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        with psycopg.connect(pg_url, autocommit=True) as owner:
            owner.execute(f'CREATE ROLE "{role}"'.encode())
            owner.execute(f'GRANT SELECT, INSERT ON lot_fact TO "{role}"'.encode())
            owner.execute(b"ALTER TABLE lot_fact DROP COLUMN gtin")
        try:
            ledger.rebuild()
            with psycopg.connect(pg_url, autocommit=True) as owner:
                asked = "SELECT has_table_privilege(%s, 'lot_fact', 'INSERT'), has_table_privilege(%s, 'lot_fact', 'DELETE')"
                assert owner.execute(asked.encode(), (role, role)).fetchone() == (True, False)
        finally:
            with psycopg.connect(pg_url, autocommit=True) as owner:
                owner.execute(f'DROP OWNED BY "{role}"'.encode())
                owner.execute(f'DROP ROLE "{role}"'.encode())


def test_a_number_that_was_set_back_is_no_older_ledger(url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with Ledger.open(url, keys=keys) as ledger:
        ledger.init("city/one", operator="F-1")
        with ledger.store.write() as session:
            session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(VERSION - 1),))

    def opened() -> Ledger:
        return Ledger.open(url, keys=keys, recovering=True, create=False)

    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    (bad,) = [each for each in examine(opened, path, keys, AROUND).checks if each.topic == "ledger"]
    assert bad.code == "ledger_number"
    assert f"its tables are of format {VERSION}: somebody changed that number" in text("doctor.ledger_number", "en", **bad.facts)
    assert "有人改过这个数" in text("doctor.ledger_number", "zh", **bad.facts)


GRANTS = {
    "GRANT INSERT ON entry TO PUBLIC": ("granted_to_all", "bad", "table entry", "INSERT"),
    "GRANT INSERT, SELECT, TRIGGER ON head TO PUBLIC": ("granted_to_all", "bad", "table head", "INSERT, TRIGGER"),
    "GRANT UPDATE (value) ON personal TO PUBLIC": ("granted_to_all", "bad", "table personal", "UPDATE"),
    "GRANT SELECT (value) ON personal TO PUBLIC": ("personal_shown", "warn", "table personal", "SELECT"),
    "GRANT DELETE, TRUNCATE ON move TO PUBLIC": ("granted_to_all", "bad", "table move", "DELETE, TRUNCATE"),
}


@pytest.mark.parametrize("grant", GRANTS)
def test_what_everybody_may_write_is_named_with_what_takes_it_back(pg_url: str, tmp_path: Path, grant: str) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
    with psycopg.connect(pg_url, autocommit=True) as owner:
        owner.execute(b"GRANT SELECT ON entry TO PUBLIC")
        assert look(pg_url, tmp_path / "keys") == [], "to read what is recorded harms nobody"
        owner.execute(grant.encode())
        (bad,) = look(pg_url, tmp_path / "keys")
        assert (bad.code, bad.state, bad.facts["names"], bad.facts["got"]) == GRANTS[grant]
        for lang in ("zh", "en"):
            assert bad.facts["names"] in text(f"doctor.{bad.code}", lang, **bad.facts)
        owner.execute(bad.facts["sql"].encode())
    assert look(pg_url, tmp_path / "keys") == []
