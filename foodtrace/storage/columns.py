"""Many rows of a query at one go, column by column: for who looks at millions of them, as a verification does.

Rules:

1. From SQLite each column of all rows comes as one text of JSON, so that the driver hands over a few texts and not every value by itself,
   each of which costs it a lock. Whole numbers, real ones and texts stay told apart; what JSON cannot hold (bytes, an infinite number) is
   read row by row.
2. The order of rows is the engine's; whoever needs one looks.
3. All rows are held at once: the caller asks for a bounded stretch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import msgspec

from foodtrace.storage.session import Session

decode: Final = msgspec.json.Decoder().decode
"""Reads one column."""


def packed(session: Session, names: tuple[str, ...], source: str, params: Sequence[object] = ()) -> list[str] | None:
    """Return the columns of some rows, each as one text of JSON; none where they can't be had so (rule 1).

    :param names: of the columns. :param source: what follows FROM in the query.
    """
    if session.dialect != "sqlite":
        return None
    try:
        return list(session.row(_packed(names, source), params) or ())
    except sqlite3.OperationalError:
        return None


def columns(session: Session, names: tuple[str, ...], source: str, params: Sequence[object] = ()) -> list[list[Any]]:
    """Return the columns of some rows, each as long as there are rows; parameters as of :func:`packed`."""
    return unpacked(packed(session, names, source, params), session, names, source, params)


def unpacked(
    texts: list[str] | None, session: Session, names: tuple[str, ...], source: str, params: Sequence[object] = ()
) -> list[list[Any]]:
    """Return what :func:`columns` does, given what :func:`packed` returned."""
    if texts is not None:
        with suppress(ValueError):  # no JSON after all; if it can't be read at all, that is said below
            return [decode(each) for each in texts]
    rows = session.rows(f"SELECT {', '.join(names)} FROM {source}", params)  # noqa: S608 - the callers' constants
    return [list(each) for each in zip(*rows, strict=True)] or [[] for _ in names]


@lru_cache(maxsize=64)
def _packed(names: tuple[str, ...], source: str) -> str:
    return f"SELECT {', '.join(f'json_group_array({each})' for each in names)} FROM {source}"  # noqa: S608 - constants


__all__ = ["columns", "decode", "packed", "unpacked"]
