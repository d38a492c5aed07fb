"""In which order PostgreSQL sorts texts.

Rules:

1. Names, codes and ids are compared byte by byte, as SQLite and Python do: what begins with ``L-`` lies between two texts, ties between
   logs go by their origin, and both engines give rows in one order.
2. A database has the order of the language that it was made with (``zh_CN.UTF-8``, ``en_US.UTF-8``), and in that of a language ``L-0001``
   does not lie between ``L-`` and ``L-~``: the next local number would always be the first. There every column of texts gets the
   order "C" when it is made. In a database that sorts by bytes nothing has to be said, and either way is right.
"""

from __future__ import annotations

import re
from typing import Final

from foodtrace.storage.session import Session

BYTEWISE: Final = '"C"'
"""The order of bytes, as PostgreSQL quotes it."""
PROBE: Final = "SELECT 'B' < 'a' AND 'L-1' < 'L-' || chr(127) AND 'a b' < 'aa' AND 'a-b' < 'a.a'"
"""Whether the database sorts texts by bytes; no order of a language says so of all four."""
_TEXT: Final = re.compile(r"(?<= )TEXT\b")


def sorts_by_bytes(session: Session) -> bool:
    """Say whether a PostgreSQL database sorts texts by bytes unless told otherwise."""
    row = session.row(PROBE)
    return row is not None and bool(row[0])


def ordered(statement: str) -> str:
    """Return a statement that makes a table with every column of texts in the order of bytes; any other statement as it is."""
    return _TEXT.sub(f"TEXT COLLATE {BYTEWISE}", statement) if statement.startswith("CREATE TABLE ") else statement


__all__ = ["BYTEWISE", "ordered", "sorts_by_bytes"]
