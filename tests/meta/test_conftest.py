"""The fixtures give what they say."""

import os
from pathlib import Path

import psycopg


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


def test_keys_lie_in_the_test_directory(tmp_keys: Path) -> None:
    assert os.environ["FOODTRACE_KEYS"] == str(tmp_keys)
    assert list(tmp_keys.iterdir()) == []
    assert "FOODTRACE_LANG" not in os.environ
    assert os.environ["LANG"] == "C"
