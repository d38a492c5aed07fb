"""What the doctor advises is pasted as it stands, and then the doctor is content: on both databases, for everything it names."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from foodtrace import Ledger
from foodtrace.errors import Integrity
from foodtrace.keeping.doctor import Surroundings, examine
from foodtrace.keeping.doctortables import Check
from foodtrace.storage.strange import trigger_names
from foodtrace.texts import text
from tests.ledger.rich import first

AROUND = Surroundings("utf-8", "en", passphrase=False)
FUNCTION = "CREATE FUNCTION f(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 0; END'"
HANDLER = "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
_REST = "size, prev, frontier, time, key_seq, key_id"
STRAY = f"INSERT INTO head (log, {_REST}) SELECT 77, {_REST} FROM head"

HARMS: dict[str, tuple[str, dict[str, str]]] = {
    "a trigger with a name of two words": (
        f'{HANDLER}; CREATE TRIGGER "my watch" AFTER INSERT ON about FOR EACH ROW EXECUTE FUNCTION g()',
        {"trigger my watch on about": "triggers_strange"},
    ),
    "a trigger that waits for COMMIT": (
        f"{HANDLER}; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON about DEFERRABLE FOR EACH ROW EXECUTE FUNCTION g()",
        {"constraint t on about": "triggers_strange", "trigger t on about": "triggers_strange"},
    ),
    "a rule": ("CREATE RULE r AS ON INSERT TO about DO ALSO DELETE FROM personal", {"rule r on about": "triggers_strange"}),
    "row security": ("ALTER TABLE move ENABLE ROW LEVEL SECURITY", {"row security on move": "triggers_strange"}),
    "a check": (f"{FUNCTION}; ALTER TABLE about ADD CHECK (f(log) = 0)", {"constraint about_log_check on about": "triggers_strange"}),
    "a foreign key": (
        (
            "CREATE TABLE other (log bigint PRIMARY KEY); INSERT INTO other SELECT id FROM log; "
            "ALTER TABLE personal ADD FOREIGN KEY (log) REFERENCES other ON DELETE CASCADE"
        ),
        {"constraint personal_log_fkey on personal": "triggers_strange"},
    ),
    "a default of ours": (
        f"{FUNCTION}; ALTER TABLE about ALTER COLUMN ended SET DEFAULT f(0)",
        {"default of ended on about": "triggers_strange"},
    ),
    "the numbers of names": ("ALTER TABLE name ALTER COLUMN id SET DEFAULT 7", {"default of id on name": "triggers_strange"}),
    "a new column": (
        f"{FUNCTION}; ALTER TABLE setting ADD COLUMN more bigint DEFAULT f(0)",
        {"default of more on setting": "triggers_strange"},
    ),
    "a domain": (
        f"{FUNCTION}; CREATE DOMAIN d AS text CHECK (f(0) = 0); ALTER TABLE personal ALTER COLUMN value TYPE d",
        {"type of value on personal": "triggers_strange"},
    ),
    "a column of another type": ("ALTER TABLE move ADD COLUMN extra jsonb", {"type of extra on move": "triggers_strange"}),
    "an index on what a function says": (
        f"{FUNCTION}; CREATE INDEX i ON about (f(log))",
        {"index i on about": "triggers_strange"},
    ),
    "an index that keeps rows out": ("CREATE UNIQUE INDEX u ON name (code) INCLUDE (text)", {"index u on name": "triggers_strange"}),
    "a key that keeps rows out": (
        "ALTER TABLE site_fact ADD UNIQUE (site, log, county, seq), ADD CONSTRAINT two UNIQUE (recorded, log, seq, operator)",
        {"index two on site_fact": "triggers_strange"},
    ),
    "a view in a table's place": (
        "ALTER TABLE move RENAME TO away; CREATE VIEW move AS SELECT * FROM away WHERE seq <> 6",
        {"view in place of move": "tables_strange"},
    ),
    "a view in the place of a sealed table": (
        "ALTER TABLE entry RENAME TO away; CREATE VIEW entry AS SELECT * FROM away",
        {"view in place of entry": "tables_strange"},
    ),
    "a table that inherits": ("CREATE TABLE child () INHERITS (personal)", {"table child inherits from personal": "tables_strange"}),
    "a table to inherit from": (
        "CREATE TABLE parent (log bigint NOT NULL); ALTER TABLE entry INHERIT parent",
        {"entry inherits from parent": "tables_strange"},
    ),
    "a table that a crash empties": ("ALTER TABLE entry SET UNLOGGED", {"unlogged table entry": "tables_strange"}),
    "guards switched off": (
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        {"entry_no_change": "triggers_gone", "entry_no_truncate": "triggers_gone"},
    ),
    "a guard under a condition": (
        (
            "DROP TRIGGER node_no_change ON node; CREATE TRIGGER node_no_change BEFORE UPDATE OR DELETE ON node "
            "FOR EACH ROW WHEN (OLD.idx < 0) EXECUTE FUNCTION foodtrace_sealed()"
        ),
        {"node_no_change": "triggers_gone"},
    ),
    "guards of logs and heads gone": (
        "DROP TRIGGER log_no_change ON log; ALTER TABLE head DISABLE TRIGGER head_no_update; DROP TRIGGER head_no_truncate ON head",
        dict.fromkeys(("log_no_change", "head_no_update", "head_no_truncate"), "triggers_gone"),
    ),
    "guards that do nothing": (
        "CREATE OR REPLACE FUNCTION foodtrace_sealed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        dict.fromkeys(trigger_names("postgresql"), "triggers_gone"),
    ),
    "a primary key gone": ("ALTER TABLE entry DROP CONSTRAINT entry_pkey", {"entry (log, seq)": "keys_gone"}),
    "a unique key gone": ("ALTER TABLE entry DROP CONSTRAINT entry_id", {"entry (log, id)": "keys_gone"}),
    "a unique key without a name of ours": ("ALTER TABLE name DROP CONSTRAINT name_text_key", {"name (text)": "keys_gone"}),
    "a key that is looked at only at COMMIT": (
        "ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_pkey, ADD PRIMARY KEY (log, size) DEFERRABLE INITIALLY DEFERRED",
        {"checkpoint (log, size)": "keys_gone"},
    ),
    "a check of sums that did not look": (
        "ALTER TABLE holding DROP CONSTRAINT holding_range; ALTER TABLE holding ADD CONSTRAINT holding_range CHECK (born < 9) NOT VALID",
        {"holding (holding_range)": "keys_gone"},
    ),
    "another collation": (
        'ALTER TABLE name ALTER COLUMN text TYPE text COLLATE "ucs_basic"',
        {"name.text": "columns_altered"},
    ),
    "a column that may be empty": ("ALTER TABLE move ALTER COLUMN q DROP NOT NULL", {"move.q": "columns_altered"}),
    "a head of no log": (
        STRAY,
        {"77": "heads_stray"},
    ),
    "a number kept shorter": ("ALTER TABLE move ALTER COLUMN q TYPE integer", {"move.q": "columns_altered"}),
}


@pytest.fixture
def url(database: str, tmp_path: Path) -> Iterator[str]:
    """Give a database with a ledger in a schema that no session looks in by itself: what is pasted has to name it."""
    with Ledger.open(database, keys=tmp_path / "keys", schema="odd") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
    yield database
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP SCHEMA odd CASCADE")


def found(url: str | Path, keys: Path, schema: str | None = "odd") -> list[Check]:
    """Return what the doctor says is wrong with the ledger."""
    opened: list[Ledger] = []

    def again() -> Ledger:
        opened.append(Ledger.open(url, keys=keys, schema=schema, recovering=True, create=False))
        return opened[0]

    try:
        path = url if isinstance(url, Path) else None
        return [each for each in examine(again, path, keys, AROUND, schema=schema).checks if each.topic == "ledger" and each.state == "bad"]
    finally:
        for each in opened:
            each.close()


def paste(url: str, *statements: str, path: str = "") -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        if path:
            owner.execute(f"SET search_path TO {path}".encode())
        for each in statements:
            owner.execute(each.encode())


@pytest.mark.postgres
@pytest.mark.parametrize("name", HARMS)
def test_what_is_advised_mends_what_is_named(url: str, tmp_path: Path, name: str) -> None:
    harm, wanted = HARMS[name]
    paste(url, harm, path="odd")
    bad = found(url, tmp_path / "keys")
    assert {each.facts["names"]: each.code for each in bad} == wanted
    for each in bad:
        assert text(f"doctor.{each.code}.hint", "en", **each.facts)
    assert "PRIMARY KEY" not in "".join(each.facts["sql"] for each in bad) or "keys_gone" in wanted.values()
    paste(url, *[each.facts["sql"] for each in bad])
    assert found(url, tmp_path / "keys") == []
    with Ledger.open(url, keys=tmp_path / "keys", schema="odd") as ledger:
        assert ledger.verify(full=True).ok


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("setting", "back", "value"),
    [
        ("ALTER DATABASE {db} SET session_replication_role = replica", "ALTER DATABASE {db} RESET", "of database {db}"),
        ("ALTER ROLE {role} SET session_replication_role = replica", "ALTER ROLE {role} RESET", "of role {role}"),
        (
            "ALTER ROLE {role} IN DATABASE {db} SET session_replication_role = local",
            "ALTER ROLE {role} IN DATABASE {db} RESET",
            "of role {role} in database {db}",
        ),
    ],
)
def test_a_setting_that_frees_others_from_the_guards_is_named(url: str, tmp_path: Path, setting: str, back: str, value: str) -> None:
    """Nothing had shown it: the session that looked was not one of theirs."""
    role, db = f"r_{uuid.uuid4().hex}", url.partition("?")[0].rpartition("/")[2]
    given = {"role": role, "db": db}
    paste(url, f"CREATE ROLE {role}")
    try:
        with Ledger.open(url, keys=tmp_path / "keys", schema="odd") as ledger, ledger.store.read():
            paste(url, setting.format(**given))
            word = "local" if "local" in setting else "replica"
            wanted = f"session_replication_role {word} {value.format(**given)}"
            assert ("tlog.setting_strange", wanted) in [(each.code, each.got) for each in ledger.verify().findings]
            (bad,) = [each for each in found(url, tmp_path / "keys") if each.facts["names"] == wanted]
            assert bad.code == "settings_strange"
            assert bad.facts["sql"].startswith(back.format(**given))
            if "ROLE" in setting:
                ledger.record(first()[:1])  # what they would do does nothing to what is written here
        mends = [each.facts["sql"] for each in found(url, tmp_path / "keys")]
        paste(url, *mends)
        assert found(url, tmp_path / "keys") == []
    finally:
        own = f"ALTER ROLE CURRENT_USER IN DATABASE {db} RESET ALL"
        paste(url, f"ALTER DATABASE {db} RESET ALL", own, f"DROP ROLE {role}")


@pytest.mark.postgres
def test_a_path_that_puts_others_before_the_servers_own_is_put_right(url: str, tmp_path: Path) -> None:
    db = url.partition("?")[0].rpartition("/")[2]
    paste(url, f"ALTER DATABASE {db} SET search_path = odd, pg_catalog")
    try:
        (bad,) = found(url, tmp_path / "keys", schema=None)
        assert (bad.code, bad.facts["names"]) == ("settings_strange", "schema odd before pg_catalog")
        paste(url, bad.facts["sql"])
        assert found(url, tmp_path / "keys", schema=None) == []
    finally:
        paste(url, f"ALTER DATABASE {db} RESET ALL", f"ALTER ROLE CURRENT_USER IN DATABASE {db} RESET ALL")


@pytest.mark.postgres
def test_a_table_found_first_is_put_aside_with_its_rows(url: str, tmp_path: Path) -> None:
    db = url.partition("?")[0].rpartition("/")[2]
    paste(url, "CREATE SCHEMA evil", "CREATE TABLE evil.personal (LIKE odd.personal)", f"ALTER DATABASE {db} SET search_path = evil, odd")
    try:
        bad = found(url, tmp_path / "keys", schema=None)
        assert [(each.code, each.facts["names"]) for each in bad] == [("tables_strange", "evil.personal apart from the other tables")]
        paste(url, bad[0].facts["sql"])
        assert found(url, tmp_path / "keys", schema=None) == []
    finally:
        paste(url, f"ALTER DATABASE {db} RESET ALL", "DROP SCHEMA evil CASCADE")


@pytest.mark.parametrize(
    ("harm", "wanted"),
    [
        ('CREATE TRIGGER "my watch" AFTER INSERT ON about BEGIN SELECT 1; END', {"trigger my watch on about": "triggers_strange"}),
        ("CREATE UNIQUE INDEX u ON name (code)", {"index u on name": "triggers_strange"}),
        (
            STRAY,
            {"77": "heads_stray"},
        ),
        ("DROP TRIGGER entry_no_update", {"entry_no_update": "triggers_gone"}),
        (
            "DROP TRIGGER log_no_insert; DROP TRIGGER head_no_update",
            {"log_no_insert": "triggers_gone", "head_no_update": "triggers_gone"},
        ),
        (
            "DROP TRIGGER node_no_insert; CREATE TRIGGER node_no_insert BEFORE INSERT ON node BEGIN SELECT 1; END",
            {"node_no_insert": "triggers_gone"},
        ),
        ("ALTER TABLE move RENAME TO away; CREATE VIEW move AS SELECT * FROM away", {"view in place of move": "tables_strange"}),
    ],
)
def test_on_sqlite_as_well(tmp_path: Path, harm: str, wanted: dict[str, str]) -> None:
    path, keys = tmp_path / "x.db", tmp_path / "keys"
    with Ledger.open(path, keys=keys) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
    connection = sqlite3.connect(path)
    connection.executescript(harm)
    bad = found(path, keys, None)
    assert {each.facts["names"]: each.code for each in bad} == wanted
    for each in bad:
        connection.executescript(each.facts["sql"])
    connection.close()
    assert found(path, keys, None) == []
    with Ledger.open(path, keys=keys) as ledger:
        assert ledger.verify(full=True).ok


@pytest.mark.postgres
def test_a_table_that_is_no_more_than_a_copy_in_parts_is_not_dropped(url: str, tmp_path: Path) -> None:
    """No statement brings such a one back with its rows: none is advised."""
    paste(url, "ALTER TABLE site_seen RENAME TO away; CREATE TABLE site_seen (LIKE away) PARTITION BY LIST (log)", path="odd")
    bad = found(url, tmp_path / "keys")
    assert [(each.code, each.facts) for each in bad] == [("tables_replaced", {"names": "partitioned table in place of site_seen"})]
    with Ledger.open(url, keys=tmp_path / "keys", schema="odd") as ledger, pytest.raises(Integrity) as caught:
        ledger.record(first()[:1])
    assert caught.value.code == "storage.strange"
