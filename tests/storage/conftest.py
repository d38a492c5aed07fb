"""A PostgreSQL database that the tests of one file have to themselves: what they change is no schema's alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest


@pytest.fixture(scope="module")
def database(pg_server: Callable[[str], str]) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        yield pg_server(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
