"""The fixtures give what they say."""

import os
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

LEFT = [
    "CREATE TABLE lot (name text); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE s",
    "CREATE SCHEMA own; CREATE TABLE own.lot (name text)",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 65', current_database()); END $$",
    "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$",
    "SELECT lo_create(0)",
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC; COMMENT ON SCHEMA public IS 'x'",
]
FOUND = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) + (SELECT count(*) FROM pg_proc WHERE proname = 'f'),
    (SELECT count(*) FROM pg_namespace WHERE nspname = 'own'), current_setting('work_mem'), (SELECT datacl FROM pg_database
    WHERE datname = current_database()), (SELECT count(*) FROM pg_largeobject_metadata), (SELECT nspacl::text || nspowner::regrole
    FROM pg_namespace WHERE nspname = 'public')"""


def test_each_test_has_an_empty_utf8_database(pg_url: str) -> None:
    assert pg_url.startswith("postgresql://")
    with psycopg.connect(pg_url) as connection:
        row = connection.execute(
            "SELECT count(*), current_setting('server_encoding') FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
        assert row == (0, "UTF8")
        connection.execute("CREATE TABLE lot (name text)")
        connection.execute("INSERT INTO lot VALUES ('芹菜')")


def test_what_the_test_before_wrote_is_gone(pg_url: str) -> None:
    with psycopg.connect(pg_url) as connection:
        assert connection.execute("SELECT to_regclass('lot')").fetchone() == (None,)


@pytest.mark.parametrize("left", [*LEFT, ""])
def test_whatever_a_test_leaves_the_next_one_finds_an_empty_database(pg_url: str, left: str) -> None:
    """Each case looks for what the one before has left."""
    with psycopg.connect(pg_url, autocommit=True) as connection:
        acl = "{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}pg_database_owner"
        assert connection.execute(FOUND).fetchone() == (0, 0, "4MB", None, 0, acl)
        if left:
            connection.execute(left.encode())


def test_keys_lie_in_the_test_directory(tmp_keys: Path) -> None:
    assert os.environ["FOODTRACE_KEYS"] == str(tmp_keys)
    assert list(tmp_keys.iterdir()) == []
    assert "FOODTRACE_LANG" not in os.environ
    assert os.environ["LANG"] == "C"


def test_property_tests_draw_the_same_examples_in_every_run_unless_that_is_asked_for(pytestconfig: pytest.Config) -> None:
    assert settings.default is not None
    assert settings.default.derandomize is not bool(pytestconfig.getoption("--fuzz"))
    assert settings.default.print_blob
