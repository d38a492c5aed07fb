"""What others put on the tables of a log is named by ``verify``, and an index that is gone by ``doctor``; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.keeping.doctor import Surroundings, examine
from foodtrace.storage.around import missing_indexes
from foodtrace.storage.strange import TABLES, strange_things, trigger_names
from foodtrace.storage.tables import metadata
from tests.ledger.rich import first

AROUND = Surroundings("utf-8", "en", passphrase=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        opened.init("city/one", operator="F-1")
        opened.record(first())
        assert opened.verify().ok
        yield opened


def run(ledger: Ledger, *statements: str) -> None:
    with ledger.store.write() as session:
        for each in statements:
            session.run(each)


def named(ledger: Ledger, *, full: bool) -> list[tuple[str, str]]:
    return [(each.code, each.got) for each in ledger.verify(full=full).findings]


def doctor(ledger: Ledger, folder: Path) -> dict[str, tuple[str, str]]:
    """Return code -> (state, names of all findings of that code) of what the doctor says of the ledger."""
    found = examine(lambda: ledger, folder / "x.db" if ledger.store.dialect == "sqlite" else None, folder / "keys", AROUND)
    said = [each for each in found.checks if each.topic == "ledger"]
    return {each.code: (each.state, ", ".join(more.facts.get("names", "") for more in said if more.code == each.code)) for each in said}


def trigger(ledger: Ledger, table: str) -> None:
    """Put a trigger on a table that does nothing today."""
    if ledger.store.dialect == "sqlite":
        run(ledger, f"CREATE TRIGGER strange AFTER INSERT ON {table} BEGIN SELECT 1; END")
    else:
        body = "CREATE FUNCTION strange() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RETURN NULL; END $body$"
        run(ledger, body, f"CREATE TRIGGER strange AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION strange()")


@pytest.mark.parametrize("table", TABLES)
def test_a_trigger_of_others_on_any_table_is_named_by_every_run(ledger: Ledger, tmp_path: Path, table: str) -> None:
    trigger(ledger, table)
    wanted = f"trigger strange on {table}"
    for full in (False, True):
        assert named(ledger, full=full) == [("tlog.trigger_strange", wanted)]
    assert doctor(ledger, tmp_path)["triggers_strange"] == ("bad", wanted)


def test_one_that_copies_what_is_personal_from_where_nobody_looks_is_named(ledger: Ledger, tmp_path: Path) -> None:
    if ledger.store.dialect == "sqlite":
        shadow = "CREATE TABLE shadow (value TEXT)"
        run(ledger, shadow, "CREATE TRIGGER quiet AFTER INSERT ON site_fact BEGIN INSERT INTO shadow SELECT value FROM personal; END")
    else:
        run(ledger, "CREATE TABLE shadow (value TEXT)")
        run(ledger, "CREATE RULE quiet AS ON INSERT TO site_fact DO ALSO INSERT INTO shadow SELECT value FROM personal")
    wanted = ("trigger" if ledger.store.dialect == "sqlite" else "rule") + " quiet on site_fact"
    for full in (False, True):
        assert named(ledger, full=full) == [("tlog.trigger_strange", wanted)]
    assert doctor(ledger, tmp_path)["triggers_strange"] == ("bad", wanted)


def test_a_name_of_ours_on_another_table_is_strange(ledger: Ledger) -> None:
    if ledger.store.dialect == "sqlite":
        run(ledger, "DROP TRIGGER node_no_delete", "CREATE TRIGGER node_no_delete AFTER INSERT ON personal BEGIN SELECT 1; END")
        wanted = [("tlog.trigger_missing", "node_no_delete"), ("tlog.trigger_strange", "trigger node_no_delete on personal")]
    else:
        run(
            ledger,
            "CREATE FUNCTION strange() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RETURN NULL; END $body$",
            "CREATE TRIGGER node_no_change AFTER INSERT ON personal FOR EACH ROW EXECUTE FUNCTION strange()",
        )
        wanted = [("tlog.trigger_strange", "trigger node_no_change on personal")]
    assert named(ledger, full=True) == wanted


def test_our_own_under_another_definition_is_missing_and_not_strange(ledger: Ledger) -> None:
    if ledger.store.dialect == "sqlite":
        run(ledger, "DROP TRIGGER node_no_delete", "CREATE TRIGGER node_no_delete AFTER INSERT ON node BEGIN SELECT 1; END")
        assert named(ledger, full=True) == [("tlog.trigger_missing", "node_no_delete")]
    with ledger.reading() as session:
        assert strange_things(session) == []
        assert len(trigger_names(session.dialect)) == (15 if session.dialect == "sqlite" else 11)


def test_a_table_written_in_capitals_hides_no_trigger(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        run(ledger, "CREATE TRIGGER strange BEFORE INSERT ON ENTRY BEGIN SELECT RAISE(IGNORE); END")
        assert named(ledger, full=True) == [("tlog.trigger_strange", "trigger strange on entry")]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("CREATE RULE strange AS ON INSERT TO entry DO INSTEAD NOTHING", "rule strange on entry"),
        ("ALTER TABLE checkpoint ENABLE ROW LEVEL SECURITY", "row security on checkpoint"),
    ],
)
def test_on_postgresql_so_are_rules_and_row_security(pg_url: str, tmp_path: Path, statement: str, wanted: str) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        run(ledger, statement)
        assert named(ledger, full=True) == [("tlog.trigger_strange", wanted)]
        assert doctor(ledger, tmp_path)["triggers_strange"] == ("bad", wanted)


def test_an_index_that_is_gone_is_named_and_made_again(ledger: Ledger, tmp_path: Path) -> None:
    every = sorted(str(index.name) for table in metadata.sorted_tables for index in table.indexes)
    assert len(every) > 5
    with ledger.reading() as session:
        assert missing_indexes(session) == []
    assert "indexes_gone" not in doctor(ledger, tmp_path)
    for name in every:
        run(ledger, f"DROP INDEX {name}")
    found = doctor(ledger, tmp_path)
    assert found["indexes_gone"] == ("warn", ", ".join(every))
    assert "ledger_fine" in found, "answers are the same"
    assert ledger.verify(full=True).ok
    ledger.rebuild()
    assert "indexes_gone" not in doctor(ledger, tmp_path)


@pytest.mark.postgres
def test_a_primary_or_unique_key_that_is_gone_is_named(pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        assert "keys_gone" not in doctor(ledger, tmp_path)
        run(ledger, "ALTER TABLE entry DROP CONSTRAINT entry_id", "ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_pkey")
        found = doctor(ledger, tmp_path)
        assert found["keys_gone"] == ("bad", "checkpoint (log, size), entry (log, id)")
        assert "ledger_fine" not in found
        run(ledger, "ALTER TABLE entry ADD UNIQUE (log, id)", "ALTER TABLE checkpoint ADD PRIMARY KEY (log, size)")
        assert "keys_gone" not in doctor(ledger, tmp_path), "under whatever name"


@pytest.mark.postgres
def test_an_index_that_the_server_does_not_use_counts_as_gone(pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        name = min(str(index.name) for table in metadata.sorted_tables for index in table.indexes)
        run(ledger, f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('{name}')")
        assert doctor(ledger, tmp_path)["indexes_gone"] == ("warn", name)
