"""An owner of a PostgreSQL database who has no key: what they set up is named, and what they change of sealed rows is found.

Each thing is done in a transaction that is taken back, so one database serves all.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from foodtrace import Ledger
from foodtrace.errors import FoodtraceError, Integrity
from foodtrace.storage.around import missing_keys
from foodtrace.storage.session import Session
from foodtrace.storage.strange import KEYS as KEYS_OF_OURS
from foodtrace.storage.strange import TABLES, refuse_strange, strange_things
from foodtrace.storage.tables import metadata
from foodtrace.tlog.append import lock_head
from foodtrace.tlog.verify import missing_triggers
from foodtrace.verification import verify_ledger
from tests.ledger.rich import first

pytestmark = pytest.mark.postgres

FUNCTION = "CREATE FUNCTION f(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 0; END'"
HANDLER = "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
AWAY = "ALTER TABLE {0} RENAME TO away"
VIEW = "CREATE VIEW {0} AS SELECT * FROM away"
OURS = "foodtrace_sealed()"
FREE = "SET LOCAL session_replication_role = replica"
"""No trigger fires any more in this transaction."""

SET_UP: dict[str, tuple[list[str], list[str]]] = {
    "a rule": (["CREATE RULE r AS ON INSERT TO about DO ALSO DELETE FROM personal"], ["rule r on about"]),
    "a trigger that waits for COMMIT": (
        [HANDLER, "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON about DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION g()"],
        ["constraint t on about", "trigger t on about"],
    ),
    "a trigger that is off for now": (
        [HANDLER, "CREATE TRIGGER t AFTER INSERT ON about FOR EACH ROW EXECUTE FUNCTION g()", "ALTER TABLE about DISABLE TRIGGER t"],
        ["trigger t on about"],
    ),
    "row security": (
        ["ALTER TABLE move ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON move USING (lot <> 1)"],
        ["row security on move"],
    ),
    "a check that calls a function": ([FUNCTION, "ALTER TABLE about ADD CHECK (f(log) = 0)"], ["constraint about_log_check on about"]),
    "a check that is not validated": (
        ["ALTER TABLE entry ADD CONSTRAINT c CHECK (seq < 2) NOT VALID"],
        ["constraint c on entry"],
    ),
    "a foreign key that takes rows away": (
        [
            "CREATE TABLE other (log bigint PRIMARY KEY)",
            "INSERT INTO other SELECT id FROM log",
            "ALTER TABLE personal ADD FOREIGN KEY (log) REFERENCES other ON DELETE CASCADE",
        ],
        ["constraint personal_log_fkey on personal"],
    ),
    "a default that calls a function": (
        [FUNCTION, "ALTER TABLE about ALTER COLUMN ended SET DEFAULT f(0)"],
        ["default of ended on about"],
    ),
    "a new column that calls a function": (
        [FUNCTION, "ALTER TABLE node ADD COLUMN more bigint DEFAULT f(0)"],
        ["default of more on node"],
    ),
    "a domain": (
        [FUNCTION, "CREATE DOMAIN d AS text CHECK (f(0) = 0)", "ALTER TABLE personal ALTER COLUMN value TYPE d"],
        ["type of value on personal"],
    ),
    "an index on what a function says": ([FUNCTION, "CREATE INDEX i ON about (f(log))"], ["index i on about"]),
    "an index where a function says so": ([FUNCTION, "CREATE INDEX i ON about (log) WHERE f(seq) = 0"], ["index i on about"]),
    "a view in a table's place": ([AWAY.format("move"), VIEW.format("move")], ["view in place of move"]),
    "a view with triggers in a table's place": (
        [
            AWAY.format("entry"),
            VIEW.format("entry"),
            HANDLER,
            "CREATE TRIGGER t INSTEAD OF INSERT ON entry FOR EACH ROW EXECUTE FUNCTION g()",
        ],
        ["trigger t on entry", "view in place of entry"],
    ),
    "a table that inherits": (["CREATE TABLE child () INHERITS (personal)"], ["table child inherits from personal"]),
    "a table to inherit from": (
        ["CREATE TABLE parent (log bigint NOT NULL)", "ALTER TABLE entry INHERIT parent"],
        ["entry inherits from parent"],
    ),
    "a table that a crash empties": (["ALTER TABLE entry SET UNLOGGED"], ["unlogged table entry"]),
    "a table of the same name, found first": (
        ["CREATE SCHEMA evil", "CREATE TABLE evil.personal (LIKE public.personal)", "SET LOCAL search_path TO evil, public"],
        ["evil.personal apart from the other tables"],
    ),
    "functions of the same name, found first": (
        ["CREATE SCHEMA evil", "SET LOCAL search_path TO evil, public, pg_catalog"],
        ["schema evil before pg_catalog"],
    ),
    "a session whose triggers do not fire": ([FREE], ["session_replication_role replica"]),
}

LATER = {"a default that calls a function", "an index on what a function says", "an index where a function says so"}
"""What a program that has the ledger open does not see before it opens it again."""

GUARDS: dict[str, tuple[list[str], list[str]]] = {
    "all switched off": (["ALTER TABLE entry DISABLE TRIGGER ALL"], ["entry_no_change", "entry_no_truncate"]),
    "for replicas only": (["ALTER TABLE node ENABLE REPLICA TRIGGER node_no_change"], ["node_no_change"]),
    "under a condition": (
        [
            "DROP TRIGGER entry_no_change ON entry",
            "CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON entry FOR EACH ROW WHEN (OLD.seq < 0) EXECUTE FUNCTION " + OURS,
        ],
        ["entry_no_change"],
    ),
    "for one column": (
        [
            "DROP TRIGGER entry_no_change ON entry",
            "CREATE TRIGGER entry_no_change BEFORE DELETE OR UPDATE OF seq ON entry FOR EACH ROW EXECUTE FUNCTION foodtrace_sealed()",
        ],
        ["entry_no_change"],
    ),
}

KEYS: dict[str, tuple[list[str], list[str]]] = {
    "a primary key gone": (["ALTER TABLE entry DROP CONSTRAINT entry_pkey"], ["entry (log, seq)"]),
    "one that is looked at only at COMMIT": (
        [
            "ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_pkey",
            "ALTER TABLE checkpoint ADD PRIMARY KEY (log, size) DEFERRABLE INITIALLY DEFERRED",
        ],
        ["checkpoint (log, size)"],
    ),
    "the check of sums gone": (["ALTER TABLE holding DROP CONSTRAINT holding_range"], ["holding (holding_range)"]),
    "the check of sums not validated": (
        [
            "ALTER TABLE holding DROP CONSTRAINT holding_range",
            "ALTER TABLE holding ADD CONSTRAINT holding_range CHECK (born < 9) NOT VALID",
        ],
        ["holding (holding_range)"],
    ),
}

CHANGES: dict[str, list[str]] = {
    "an entry's bytes": [FREE, "UPDATE entry SET bytes = bytes || '\\x20'::bytea WHERE seq = 1"],
    "the last entry": [FREE, "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)"],
    "a checkpoint": [FREE, "DELETE FROM checkpoint WHERE size = 1"],
    "nodes, guards off": ["ALTER TABLE node DISABLE TRIGGER ALL", "UPDATE node SET hash = '\\x00'::bytea"],
    "by a view that hides an entry": [AWAY.format("entry"), "CREATE VIEW entry AS SELECT * FROM away WHERE seq <> 2"],
    "by a view that alters one": [
        AWAY.format("entry"),
        "CREATE VIEW entry AS SELECT log, seq, id, leaf, CASE seq WHEN 2 THEN bytes || '\\x20'::bytea ELSE bytes END AS bytes FROM away",
    ],
    "by an heir that adds one": [
        "CREATE TABLE child () INHERITS (entry)",
        "INSERT INTO child SELECT log, seq + 100, 'forged', leaf, bytes FROM ONLY entry WHERE seq = 3",
    ],
    "by an heir with one twice": ["CREATE TABLE child () INHERITS (entry)", "INSERT INTO child SELECT * FROM ONLY entry WHERE seq = 2"],
    "by a table found first": [
        "CREATE SCHEMA evil",
        "CREATE TABLE evil.entry AS SELECT * FROM public.entry WHERE seq <> 3",
        "SET LOCAL search_path TO evil, public",
    ],
    "by row security, from who may only read": [
        "CREATE ROLE {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON entry USING (seq <> 2)",
        "SET LOCAL ROLE {role}",
    ],
    "a row twice without its key": [
        "ALTER TABLE entry DROP CONSTRAINT entry_pkey, DROP CONSTRAINT entry_id",
        "INSERT INTO entry SELECT * FROM entry WHERE seq = 2",
    ],
    "a checkpoint twice without its key": [
        "ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_pkey",
        "INSERT INTO checkpoint SELECT log, size, '\\x00'::bytea FROM checkpoint WHERE size = 1",
    ],
    "a value of a person": ["UPDATE personal SET value = 'other'"],
    "all values of persons": ["DELETE FROM personal"],
    "what is computed": ["UPDATE holding SET born = born + 1"],
    "by a view of what is computed": [AWAY.format("move"), "CREATE VIEW move AS SELECT * FROM away WHERE seq <> 6"],
}


STRANGE = {"tlog.trigger_strange", "tlog.table_strange", "tlog.setting_strange"}
AROUND = {*STRANGE, "tlog.trigger_missing", "tlog.table_altered"}
"""Findings that name what was set up, not what was changed."""


class _BackError(Exception):
    """Take back what was done."""


@pytest.fixture(scope="module")
def ledger(pg_server: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        with Ledger.open(pg_server(name), keys=tmp_path_factory.mktemp("owner") / "keys") as opened:
            opened.init("city/one", operator="F-1")
            opened.record(first(), personal={"s2": {"phone": "13900000000"}})
            assert opened.verify(full=True).ok
            yield opened
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def done(ledger: Ledger, statements: list[str]) -> Iterator[Session]:
    """Do something as the owner, give the session it is seen in, and take it back."""
    with suppress(_BackError), ledger.store.write() as session:
        for each in statements:
            session.run(each)
        yield session
        raise _BackError
    with ledger.store.read() as session:
        assert strange_things(session) == []


def test_every_table_of_the_schema_is_looked_at() -> None:
    assert sorted(TABLES) == sorted(table.name for table in metadata.sorted_tables)


def test_every_key_of_the_schema_is_known() -> None:
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    every = [(table.name, each) for table in metadata.tables.values() for each in table.constraints]
    made = [(name, each.columns.keys()) for name, each in every if isinstance(each, kinds)]
    assert sorted(KEYS_OF_OURS) == sorted(" ".join([name, *columns]) for name, columns in made)


@pytest.mark.parametrize("name", SET_UP)
def test_what_was_set_up_is_named_and_nothing_is_written_beside_it(ledger: Ledger, name: str) -> None:
    statements, wanted = SET_UP[name]
    with done(ledger, statements) as session:
        assert [each.name for each in strange_things(session)] == wanted
        found = verify_ledger(session)
        assert [each.got for each in found.findings if each.code in STRANGE] == wanted
        assert not found.ok
        with pytest.raises(Integrity) as caught:
            refuse_strange(session) if name in LATER else lock_head(session, 1)
        assert (caught.value.code, caught.value.value) == ("storage.strange", ", ".join(wanted))


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_does_not_guard_is_missing(ledger: Ledger, name: str) -> None:
    statements, wanted = GUARDS[name]
    with done(ledger, statements) as session:
        assert missing_triggers(session) == wanted


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_does_not_keep_is_gone(ledger: Ledger, name: str) -> None:
    statements, wanted = KEYS[name]
    with done(ledger, statements) as session:
        assert missing_keys(session) == wanted


@pytest.mark.parametrize("name", CHANGES)
def test_what_an_owner_changes_is_found_whatever_they_hid_it_with(ledger: Ledger, name: str) -> None:
    role = f"role_{uuid.uuid4().hex}"  # of the whole server, until it is taken back
    with done(ledger, [each.replace("{role}", role) for each in CHANGES[name]]) as session:
        try:
            codes = {each.code for each in verify_ledger(session).findings} - AROUND
        except FoodtraceError as error:
            codes = {error.code}
        assert codes, "besides what was set up"


def test_nothing_can_be_put_on_a_table_between_the_look_and_the_rows(ledger: Ledger, pg_server: Callable[[str], str]) -> None:
    """A trigger that came after the look and went before COMMIT had done its work, and nobody saw it."""
    url = ledger.store.url
    with ledger.store.write() as session, psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        owner.execute("SET lock_timeout = '20ms'")
        lock_head(session, 1)
        for table in set(TABLES) - {"setting"}:
            for each in (f"CREATE TRIGGER t AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION g()", f"ALTER TABLE {table} RENAME TO x"):
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    owner.execute(each.encode())
        owner.execute("DROP FUNCTION g()")
        with ledger.store.read() as reader:
            assert reader.rows("SELECT 1 FROM entry LIMIT 1"), "who reads waits for nobody"
