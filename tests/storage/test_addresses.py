"""No password of a database URL is ever shown: not by a command, not in an error, not in what the driver says."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import Ledger, errors
from foodtrace.addresses import is_malformed, is_nearly, repeatable, without_passwords
from foodtrace.storage.schema import statements
from foodtrace.tlog.vouched import format_head, mark_path, read_seen
from tests.cli.inside import Inside, here

__all__ = ["here"]

SHOWN = [
    ("postgresql://owner:geheim@h:5432/p1", "postgresql://owner@h:5432/p1"),
    ("postgres://owner@h/p1?sslmode=require&password=geheim", "postgresql://owner@h/p1?sslmode=require"),
    ("postgresql+psycopg://owner:geheim@/p1?host=/tmp/pg&pass%77ord=geheim&user=owner", "postgresql://owner@/p1?host=/tmp/pg&user=owner"),
    ("postgresql://a:1,b:2/p1?sslpassword=geheim&geheim", "postgresql://a:1,b:2/p1"),
    ("postgresql://[::1]:5432/p1?PASSWORD=geheim", "postgresql://[::1]:5432/p1"),
    ("postgresql://owner:g%40heim@h/p1", "postgresql://owner@h/p1"),
    ("postgresql:///p1?host=/tmp/pg&password=geheim@x", "postgresql:///p1?host=/tmp/pg"),
]
NEARLY = [
    "postgresql:/u:s3cret@h",
    "postgresql:u:s3cret@h/p1",
    "postgres:/u:s3cret@h/p1?x=1",
    "postgresql+psycopg:/u:s3cret@h",
    "postgresql//u:s3cret@h/p1",
    "PostgreSQL:/u:s3cret@h",
]
MALFORMED = [
    "postgresql://owner:ge@heim@h/p1",
    "postgresql://owner:ge/heim@h/p1",
    "postgresql://owner:ge?heim@h/p1",
    "postgresql://owner:12?heim@h/p1",
    "postgresql://owner:geheim/p1",
    "postgresql://owner:888888/heim",
    "postgresql://owner:0123/heim",
    "postgresql://owner:65536/heim",
    "postgresql://owner:geheim@h:1/p1;password=geheim",
]


@pytest.mark.parametrize(("url", "shown"), SHOWN)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert not is_malformed(url)
    assert without_passwords(f"see {url} there") == f"see {shown} there"


@pytest.mark.parametrize("url", NEARLY)
def test_an_address_with_a_slash_left_out_is_no_files_name_and_shows_no_password(here: Inside, url: str) -> None:
    assert is_nearly(url)
    assert without_passwords(f"see {url} there") == "see postgresql:.. there"
    for words in (
        ["init"],
        ["verify"],
        ["doctor"],
        ["key", "list"],
        ["backup", "b.db"],
        ["recall", "1"],
        ["recover", "--from", "b", "--reason", "x"],
    ):
        for more in ([], ["--json"] if words[0] in ("verify", "doctor") else []):
            code, said = here.spoken("--db", url, *words, *more)
            assert code in (1, 2, 3), said
            assert "s3cret" not in said, words
    assert not list(here.folder.glob("postgres*")), "and no file is made of it"
    with pytest.raises(errors.BadData) as error:
        Ledger.open(url, keys=here.folder / "keys")
    assert error.value.code == "storage.url"
    assert "s3cret" not in str(error.value.as_dict())


@pytest.mark.parametrize("name", ["postgresql.db", "postgres", "/var/lib/postgresql/food.db", "sqlite:///postgresql/x.db"])
def test_a_files_name_with_the_word_in_it_is_one(name: str) -> None:
    assert not is_nearly(name)
    assert without_passwords(name) == name


@pytest.mark.parametrize("url", MALFORMED)
def test_a_password_that_was_not_encoded_is_refused_before_a_piece_of_it_is_a_host(here: Inside, url: str) -> None:
    assert without_passwords(url) == "postgresql://.."
    for words in (["init"], [], ["verify"], ["doctor"], ["site", "list"], ["recover", "--new-log", "--reason", "x"]):
        code = {"doctor": 3}.get(words[0] if words else "", 2)
        said = here("--db", url, *words, code=code)
        assert "to be encoded" in said
        assert "heim" not in said
        assert "888888" not in said


@pytest.mark.parametrize("words", ["host=/x dbname=p1 password=geheim", "dbname=p1 PASSWORD = 'ge\\'heim x'", "user=o password='geheim'"])
def test_words_of_libpq_are_no_file_and_their_password_is_not_shown(here: Inside, words: str) -> None:
    for command in (["init"], ["verify"], ["doctor"]):
        said = here("--db", words, *command, code={"doctor": 3}.get(command[0], 2))
        assert "is not known" in said
        assert "heim" not in said


@given(password=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=4))
def test_an_encoded_password_is_nowhere_in_what_is_shown(password: str) -> None:
    encoded = quote(password, safe="")
    for url in (f"postgresql://u:{encoded}@h1/d?sslmode=require", f"postgresql://h1/d?sslmode=require&password={encoded}"):
        assert without_passwords(url) == f"postgresql://{'u@' if '@' in url else ''}h1/d?sslmode=require"
        assert not is_malformed(url)
        assert not repeatable(f"fe_sendauth: {password}", url)
        assert not repeatable(f'invalid percent-encoded token: "{encoded}"', url)


def test_what_the_driver_says_with_the_password_in_it_is_not_repeated() -> None:
    url = "postgresql:///p1?host=/nowhere&password=ge%zzheim"
    with pytest.raises(errors.Storage) as caught, Ledger.open(url):
        pass
    assert "heim" not in str(caught.value)
    assert "OperationalError" in caught.value.message() or "ProgrammingError" in caught.value.message()


@pytest.mark.postgres
def test_no_command_shows_it(here: Inside, pg_url: str) -> None:
    url = pg_url + ("&" if "?" in pg_url else "?") + "password=geheim2"
    ways: list[tuple[list[str], int | None]] = [(["init"], 0), ([], 0), (["init"], 1), (["verify"], 0), (["doctor"], None)]
    for words, code in ways:
        said = here.spoken("--db", url, *words)
        assert "geheim" not in said[1], words
        assert code is None or said[0] == code, said
    gone = url.replace("?", "_gone?")
    for words in (["init"], [], ["verify"], ["doctor"], ["recover", "--same-log", "--reason", "x"], ["nothing", gone], [gone]):
        assert "geheim" not in here.spoken("--db", gone, *words)[1], words


@pytest.mark.postgres
def test_who_asks_makes_no_difference_to_what_was_verified(pg_url: str, tmp_path: Path) -> None:
    """The URL names the user now; the mark that ``verify`` left is the same, whoever looks and however they are let in."""
    named = pg_url.replace("postgresql://postgres:@", "postgresql://")
    assert named != pg_url
    with Ledger.open(pg_url, keys=tmp_path) as first, Ledger.open(named + "&user=postgres", keys=tmp_path) as second:
        assert (first.store.url, second.store.url) == (pg_url.replace(":@", "@"), named + "&user=postgres")
        assert first.mark == mark_path(tmp_path, named, None)


@pytest.mark.postgres
def test_a_mark_that_an_older_version_named_by_the_password_is_compared(pg_url: str, tmp_path: Path) -> None:
    """The first ``verify`` after an upgrade had nothing to compare with, and did not say so."""
    url = pg_url + "&password=geheim2"
    with Ledger.open(url, keys=tmp_path) as ledger:
        ledger.init("x.example/a")
        assert ledger.verify().ok
        now, seen = ledger.mark, read_seen(ledger.mark)
        former = url.replace("postgresql://postgres:@", "postgresql://")
        old = tmp_path / f"{hashlib.sha256(f'{former} '.encode()).hexdigest()[:16]}.verified"
        old.write_bytes(format_head({origin: each._replace(size=each.size + 3) for origin, each in seen.items()}))
        now.unlink()
    with Ledger.open(url, keys=tmp_path) as ledger:
        assert [each.code for each in ledger.verify(full=True).findings] == ["tlog.rolled_back"]
    assert not old.exists(), "and is named without it from now on"
    assert now.exists()


@pytest.mark.postgres
def test_a_ledger_in_a_database_without_encoding_says_so(here: Inside, pg_server: Callable[[str], str], tmp_path: Path) -> None:
    """An older version made them. It was called a value that foodtrace never writes, and its bytes were shown."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'".encode())
        with psycopg.connect(pg_server(name)) as own:
            for statement in statements("postgresql"):
                own.execute(statement.encode())
        for words in (["verify"], ["site", "list"], ["doctor"]):
            said = here("--db", pg_server(name), *words, code=3)
            assert "is not in UTF8" in said
            assert "ENCODING 'UTF8'" in said
            assert "never writes" not in said
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
