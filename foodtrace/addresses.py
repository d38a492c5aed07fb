"""The URL of a database as it may be shown: without any password. Pure.

A URL reaches people in the answer of ``init``, in errors of every kind and in what the driver says. Rules:

1. The password before the host is left out, the user's name stays; left out is every parameter but those that PostgreSQL knows and that
   hold no secret. Their names are read as PostgreSQL reads them, percent-encoded letters too.
2. A URL in which an ``@``, ``:``, ``/`` or ``?`` of a password was not percent-encoded is read by PostgreSQL at the wrong places, and
   pieces of the password come out as host, port or database. It is refused before the driver sees it, and shown as ``postgresql://..``.
   So is one whose host was forgotten (``user:password/database``) wherever the password can be no port: letters, or digits beyond 65535.
   Four or five digits that can be one are a port, and shown: nobody can tell.
3. The form "host=.. password=.." of libpq is no address here: it is refused, not taken for a file's name; its password is not shown.
4. What the driver says is not repeated if a secret of the URL stands in it, as it is or decoded.
5. A URL with a slash or the colon left out (``postgresql:/user:password@host``) is no file's name either: it is refused, and shown as
   ``postgresql:..``.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

__all__ = ["is_malformed", "is_nearly", "is_server", "is_words", "repeatable", "without_passwords"]

_SHOWN: Final = frozenset(
    [
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "options",
        "passfile",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "requiressl",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    ]
)
"""Parameters of libpq that hold no secret (PostgreSQL manual, section 34.1.2)."""
_LAST_PORT: Final = 65_535
_URL: Final = re.compile(r"(?:postgresql|postgres)(?:\+[a-z0-9]+)?://\S*")

_NEARLY: Final = re.compile(r"(?:postgresql|postgres)(?:\+[a-z0-9]+)?(?::(?!//)\S*[@/]\S*|//\S*)", re.IGNORECASE)
_WORDS: Final = re.compile(r"(?:^|\s)(?:host|hostaddr|port|dbname|user|password|service)\s*=", re.IGNORECASE)
_PASSWORD: Final = re.compile(r"((?:^|\s)(?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)


def is_server(url: str) -> bool:
    """Say whether this is the URL of a PostgreSQL database, not a file's path."""
    return _URL.match(url) is not None


def is_nearly(url: str) -> bool:
    """Say whether this is the URL of a PostgreSQL database with a slash or the colon left out (rule 5), and no file's name."""
    return _NEARLY.match(url) is not None


def is_words(url: str) -> bool:
    """Say whether this is libpq's form of words, "host=.. dbname=.." (rule 3)."""
    return "://" not in url and _WORDS.search(url) is not None


def is_malformed(url: str) -> bool:
    """Say whether a URL has a delimiter in its password that was not percent-encoded (rule 2)."""
    main, _, query = url.partition("://")[2].partition("?")
    authority, _, path = main.partition("/")
    user, at, hosts = authority.rpartition("@")
    ports = [port for each in hosts.split(",") for port in [re.sub(r"^\[[^\]]*\]", "", each).partition(":")[2]]]
    strange = any(port and not (port.isascii() and port.isdigit() and port[0] != "0" and int(port[:6]) <= _LAST_PORT) for port in ports)
    return "@" in user or "@" in path or ";" in main or strange or ("@" in query and not at and ":" in hosts)


def without_passwords(text: str) -> str:
    """Return a text with every URL of a PostgreSQL database in it as it may be shown (rules 1 to 3)."""
    nearly = _NEARLY.sub("postgresql:..", _URL.sub(lambda found: _shown(found.group()), text))
    return _PASSWORD.sub(r"\1..", nearly)


def repeatable(said: str, url: str) -> bool:
    """Say whether what the driver said of a URL may be repeated (rule 4)."""
    return not any(each and each in said for raw in _secrets(url) for each in (raw, unquote(raw)))


def _shown(url: str) -> str:
    if is_malformed(url):
        return "postgresql://.."
    main, _, query = url.partition("://")[2].partition("?")
    kept = [each for each in query.split("&") if _is_shown(each)]
    before, _, place = main.rpartition("@")
    user = before.partition(":")[0]
    return f"postgresql://{user}{'@' if user else ''}{place}" + (f"?{'&'.join(kept)}" if kept else "")


def _is_shown(parameter: str) -> bool:
    name, equals, _ = parameter.partition("=")
    return bool(equals) and unquote(name) in _SHOWN


def _secrets(url: str) -> list[str]:
    main, _, query = url.partition("://")[2].partition("?")
    password = main.rpartition("@")[0].partition(":")[2]
    dropped = [each for each in query.split("&") if each and not _is_shown(each)]
    return [password, *dropped, *(each.partition("=")[2] for each in dropped)]
