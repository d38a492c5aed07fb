"""No password of a database URL is ever shown: not by a command, not in an error, not in what the driver says."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import Ledger, errors
from foodtrace.addresses import is_malformed, repeatable, without_passwords
from tests.cli.inside import Inside, here

__all__ = ["here"]

SHOWN = [
    ("postgresql://owner:geheim@h:5432/p1", "postgresql://h:5432/p1"),
    ("postgres://owner@h/p1?sslmode=require&password=geheim", "postgresql://h/p1?sslmode=require"),
    ("postgresql+psycopg://owner:geheim@/p1?host=/tmp/pg&pass%77ord=geheim&user=owner", "postgresql:///p1?host=/tmp/pg&user=owner"),
    ("postgresql://a:1,b:2/p1?sslpassword=geheim&geheim", "postgresql://a:1,b:2/p1"),
    ("postgresql://[::1]:5432/p1?PASSWORD=geheim", "postgresql://[::1]:5432/p1"),
    ("postgresql://owner:g%40heim@h/p1", "postgresql://h/p1"),
    ("postgresql:///p1?host=/tmp/pg&password=geheim@x", "postgresql:///p1?host=/tmp/pg"),
]
MALFORMED = [
    "postgresql://owner:ge@heim@h/p1",
    "postgresql://owner:ge/heim@h/p1",
    "postgresql://owner:ge?heim@h/p1",
    "postgresql://owner:12?heim@h/p1",
    "postgresql://owner:geheim/p1",
    "postgresql://owner:geheim@h:1/p1;password=geheim",
]


@pytest.mark.parametrize(("url", "shown"), SHOWN)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert not is_malformed(url)
    assert without_passwords(f"see {url} there") == f"see {shown} there"


@pytest.mark.parametrize("url", MALFORMED)
def test_a_password_that_was_not_encoded_is_refused_before_a_piece_of_it_is_a_host(here: Inside, url: str) -> None:
    assert without_passwords(url) == "postgresql://.."
    for words in (["init"], [], ["verify"], ["doctor"], ["site", "list"], ["recover", "--new-log", "--reason", "x"]):
        code = {"doctor": 3}.get(words[0] if words else "", 2)
        said = here("--db", url, *words, code=code)
        assert "to be encoded" in said
        assert "heim" not in said


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
        assert without_passwords(url) == "postgresql://h1/d?sslmode=require"
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
