"""What stands beside a ledger's tables on PostgreSQL is named by the doctor, and mended by what it advises; it changes no verify."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger
from foodtrace.errors import FoodtraceError, Storage
from foodtrace.events import Site, Transfer
from foodtrace.keeping.doctor import Surroundings, examine
from foodtrace.keeping.doctortables import Check
from foodtrace.texts import text
from tests.ledger.rich import AT, LOT, first, kg

pytestmark = pytest.mark.postgres
AROUND = Surroundings("utf-8", "en", passphrase=False)
BARE = "ALTER TABLE odd.name ALTER id DROP DEFAULT"
EVENT = (
    "CREATE FUNCTION odd.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
    "CREATE EVENT TRIGGER watch ON {when} EXECUTE FUNCTION odd.e()"
)


@pytest.fixture
def url(database: str, tmp_path: Path) -> Iterator[str]:
    """Give a database with a ledger in a schema that no session looks in by itself, and a table of others."""
    with Ledger.open(database, keys=tmp_path / "keys", schema="odd") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
    paste(database, "CREATE TABLE odd.theirs (a bigint)")
    yield database
    with psycopg.connect(database, autocommit=True) as owner:
        for each in ("EVENT TRIGGER IF EXISTS watch", "PUBLICATION IF EXISTS p", "SCHEMA odd CASCADE"):
            owner.execute(f"DROP {each}".encode())


def paste(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for each in statements:
            owner.execute(each.encode())


def look(url: str, keys: Path) -> list[Check]:
    """Return what the doctor does not find well of the ledger."""
    with Ledger.open(url, keys=keys, schema="odd", recovering=True, create=False) as ledger:
        found = examine(lambda: ledger, None, keys, AROUND, schema="odd").checks
    return [each for each in found if each.topic == "ledger" and each.state != "ok" and each.code != "files_unseen"]


def more(url: str, keys: Path) -> None:
    """Put a new site on record, which takes a new number."""
    with Ledger.open(url, keys=keys, schema="odd") as ledger:
        name = f"N-{uuid.uuid4().hex[:6].upper()}"
        sent = Transfer(id=f"{name}-t", at=AT, site="F-1", to=name, lot=LOT, quantity=kg(1))
        ledger.record([Site(id=name, at=AT, site=name, operator="N-1", kind="shop", name="新店"), sent])


WAITING = {
    "a publication of all tables": (
        "CREATE PUBLICATION p FOR ALL TABLES WITH (publish = 'insert, delete')",
        ("publication p", "personal_published"),
    ),
    "a publication of the table": (
        "CREATE PUBLICATION p FOR TABLE odd.entry, odd.personal WITH (publish = 'insert, delete')",
        ("publication p", "personal_published"),
    ),
    "a publication of the schema": (
        "CREATE PUBLICATION p FOR TABLES IN SCHEMA odd WITH (publish = 'insert, delete')",
        ("publication p", "personal_published"),
    ),
    "a publication of the schema and the table": (
        "CREATE PUBLICATION p FOR TABLES IN SCHEMA odd, TABLE odd.personal, odd.move WITH (publish = 'insert, delete')",
        ("publication p", "personal_published"),
    ),
    "a policy that waits": ('CREATE POLICY "my own" ON odd.move USING (false)', ("policy my own on move", "policies_waiting")),
    "an event trigger": (EVENT.format(when="ddl_command_end"), ("event trigger watch", "events_waiting")),
}


@pytest.mark.parametrize("name", WAITING)
def test_what_waits_or_carries_away_is_named_and_mended(url: str, tmp_path: Path, name: str) -> None:
    harm, wanted = WAITING[name]
    paste(url, harm)
    (told,) = look(url, tmp_path / "keys")
    assert ((told.facts["names"], told.code), told.state) == (wanted, "warn")
    for lang in ("zh", "en"):
        assert wanted[0] in text(f"doctor.{told.code}", lang, **told.facts)
    with Ledger.open(url, keys=tmp_path / "keys", schema="odd") as ledger:
        assert ledger.verify(full=True).ok, "it touches nothing that is recorded"
    paste(url, *[each for each in told.facts["sql"].split("; ") if each])
    assert look(url, tmp_path / "keys") == []
    if "publication" in name:
        with psycopg.connect(url) as owner:
            rows = owner.execute("SELECT tablename FROM pg_publication_tables WHERE pubname = 'p'").fetchall()
            kept = owner.execute("SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication").fetchall()
        assert kept == [(True, False, True, False)], "it publishes what it published"
        assert ("entry",) in rows
        assert ("personal",) not in rows
        assert (("theirs",) in rows) is (name != "a publication of the table"), "its other tables go on"


def test_a_publication_without_the_personal_values_and_a_trigger_that_is_off_are_nobodys_business(url: str, tmp_path: Path) -> None:
    paste(url, "CREATE PUBLICATION p FOR TABLE odd.entry", EVENT.format(when="sql_drop"), "ALTER EVENT TRIGGER watch DISABLE")
    assert look(url, tmp_path / "keys") == []


NUMBERS = {
    "started anew": ("ALTER SEQUENCE odd.name_id_seq RESTART WITH 1", "next 1, taken up to"),
    "round and round": ("ALTER SEQUENCE odd.name_id_seq CYCLE", "cycle"),
    "round and round soon": ("ALTER SEQUENCE odd.name_id_seq MAXVALUE 200 CYCLE", "maxvalue 200, cycle"),
    "in other steps": ("ALTER SEQUENCE odd.name_id_seq INCREMENT BY 5", "increment 5"),
    "backwards": ("ALTER SEQUENCE odd.name_id_seq INCREMENT BY -1", "increment -1, next"),
    "from below": ("ALTER SEQUENCE odd.name_id_seq MINVALUE -9 START WITH -9 RESTART WITH -9", "minvalue -9, next -9"),
    "larger": (
        "ALTER SEQUENCE odd.name_id_seq AS bigint MAXVALUE 9000000000; SELECT setval('odd.name_id_seq', 5000000000)",
        "maxvalue 9000000000",
    ),
    "many at once": ("ALTER SEQUENCE odd.name_id_seq CACHE 50", "cache 50"),
    "set back by a crash": ("ALTER SEQUENCE odd.name_id_seq SET UNLOGGED", "unlogged"),
    "of logs": ("ALTER SEQUENCE odd.log_id_seq RESTART WITH 1", "next 1, taken up to 1"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_go_wrong_are_named_and_put_right(url: str, tmp_path: Path, name: str) -> None:
    harm, wanted = NUMBERS[name]
    paste(url, *harm.split("; "))
    (told,) = look(url, tmp_path / "keys")
    which = "log_id_seq" if name == "of logs" else "name_id_seq"
    assert (told.facts["names"], told.code, told.state) == (f"sequence {which}", "numbers_wrong", "bad")
    assert told.facts["got"].startswith(wanted)
    paste(url, told.facts["sql"])
    assert look(url, tmp_path / "keys") == []
    more(url, tmp_path / "keys")
    with Ledger.open(url, keys=tmp_path / "keys", schema="odd") as ledger:
        ledger.init("city/two")
        assert ledger.verify(full=True).ok


def test_a_program_that_cannot_record_for_it_is_sent_to_the_doctor(url: str, tmp_path: Path) -> None:
    """It was told to look at disk and permissions, and the doctor said nothing."""
    paste(url, "ALTER SEQUENCE odd.name_id_seq RESTART WITH 1")
    with pytest.raises(Storage) as caught:
        more(url, tmp_path / "keys")
    assert "foodtrace doctor" in caught.value.hint("en")


@pytest.mark.parametrize(
    ("harm", "names"),
    [
        (BARE, ["default of id on name"]),
        ("DROP SEQUENCE odd.name_id_seq CASCADE", ["sequence name_id_seq", "default of id on name"]),
        (f"{BARE}; ALTER TABLE odd.name ALTER id ADD GENERATED BY DEFAULT AS IDENTITY", ["default of id on name"]),
    ],
)
def test_a_default_that_is_gone_is_put_back(url: str, tmp_path: Path, harm: str, names: list[str]) -> None:
    paste(url, *harm.split("; "))
    with pytest.raises(FoodtraceError):
        more(url, tmp_path / "keys")
    bad = look(url, tmp_path / "keys")
    assert [each.facts["names"] for each in bad] == names
    paste(url, *[each.facts["sql"] for each in bad])
    assert look(url, tmp_path / "keys") == []
    more(url, tmp_path / "keys")


def test_a_sequence_of_somebody_else_comes_back_to_the_tables_owner(url: str, tmp_path: Path) -> None:
    role = f"r_{uuid.uuid4().hex}"
    paste(url, f"CREATE ROLE {role}", "ALTER SEQUENCE odd.name_id_seq OWNED BY NONE", f"ALTER SEQUENCE odd.name_id_seq OWNER TO {role}")
    try:
        (told,) = look(url, tmp_path / "keys")
        assert told.facts["got"] == f"owner {role}, owned by no column of the table"
        paste(url, told.facts["sql"])
        assert look(url, tmp_path / "keys") == []
    finally:
        paste(url, "DROP SCHEMA odd CASCADE", f"DROP ROLE {role}", "CREATE SCHEMA odd")


def test_the_servers_settings_are_named_in_statements_that_can_be_pasted(url: str, tmp_path: Path) -> None:
    """The hint said NAME."""
    db = url.partition("?")[0].rpartition("/")[2]
    paste(url, f"ALTER DATABASE {db} SET default_transaction_read_only = on", f"ALTER DATABASE {db} SET synchronous_commit = off")
    try:
        with Ledger.open(url, keys=tmp_path / "keys", schema="odd", recovering=True, create=False) as ledger:
            told = {each.code: each.facts for each in examine(lambda: ledger, None, tmp_path / "keys", AROUND, schema="odd").checks}
        statements = told["server_unsafe"]["sql"]
        assert "ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET full_page_writes = on;" in statements, "as this test's server is set"
        assert f"ALTER DATABASE {db} SET synchronous_commit = on;" in statements
        paste(url, "SET default_transaction_read_only = off", *told["server_read_only"]["sql"].split("; "))
        with psycopg.connect(url) as owner:
            assert owner.execute("SHOW default_transaction_read_only").fetchall() == [("off",)]
    finally:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("SET default_transaction_read_only = off")
            owner.execute(f"ALTER DATABASE {db} RESET ALL".encode())
