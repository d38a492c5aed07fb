"""Picks the engine for a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from foodtrace.addresses import is_malformed, is_nearly, is_server, is_words
from foodtrace.errors import BadData
from foodtrace.storage.session import Store

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_store(url: str | Path | Engine, *, create: bool, schema: str | None = None) -> Store:
    """Return the store behind a URL (``sqlite:///FILE``, ``postgresql://...``), a file name or path, or a SQLAlchemy engine.

    :param create: may the database be made if it is not there (SQLite).
    :param schema: PostgreSQL schema that holds the tables; the connection's default when none.
    :raises BadData: ``storage.url``, ``storage.url_form``.
    """
    if isinstance(url, Path):
        url = str(url)
    if not isinstance(url, str):
        if not hasattr(url, "url"):
            raise TypeError(f"a database is a URL, a file's path or a SQLAlchemy engine, not {type(url).__name__}")
        text = url.url.render_as_string(hide_password=False)
        if url.dialect.name == "sqlite":
            return open_store(text, create=create)
        from foodtrace.storage.postgres import PostgresStore  # noqa: PLC0415 - psycopg is an extra

        return PostgresStore(text, schema=schema, engine=url)
    if url.startswith("sqlite:///"):
        url = url.removeprefix("sqlite:///")
    elif is_server(url):
        if is_malformed(url):
            raise BadData("storage.url_form", value=url, expected="%40 %3A %2F %3F")
        from foodtrace.storage.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore(url, schema=schema)
    elif is_words(url) or is_nearly(url):
        raise BadData("storage.url", value=url, expected="sqlite:///FILE, postgresql://HOST/NAME")
    elif "://" in url:
        raise BadData("storage.url", value=url.split("://")[0] + "://..", expected="sqlite:///FILE, postgresql://HOST/NAME")
    if not url or url == ":memory:":
        raise BadData("storage.url", value=url, expected="sqlite:///FILE, postgresql://HOST/NAME")
    from foodtrace.storage.sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(url, create=create)


def address_of(url: str | Path | Engine) -> str:
    """Return the URL that another process opens the same database with, password and all."""
    if isinstance(url, Path):
        return str(url)
    return url if isinstance(url, str) else url.url.render_as_string(hide_password=False)
