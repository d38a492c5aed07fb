"""What a stretch of a log says row by row, as texts, whoever says it: its entries, or the rows that are stored of it.

Rules:

1. Five tables hold rows that each belong to one entry (:data:`TABLES`); they are compared row by row, in the order of the entries.
2. Texts here, never numbers of names: two databases may number names differently, and a name may have been renamed (DESIGN section 6).
3. ``ended`` is not told: a later correction changes it, and is accounted for by itself (:mod:`foodtrace.graph.entryrows`).
4. A digest does not depend on the pieces that a stretch was read in.
5. Rows stand column by column: what has to be done to each value of a column is then one call, and comparing two columns is another.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from foodtrace.storage.session import Row

TABLES: Final = ("move", "lot_fact", "site_fact", "about", "cross_correction")
"""Tables whose rows each belong to one entry."""
COLUMNS: Final = (
    ("seq", "item", "recorded", "kind", "lot", "site", "other", "unit", "q", "t", "pair", "flags"),
    ("seq", "item", "recorded", "lot", "site", "product", "gtin", "produced", "expiry", "content", "content_unit"),
    ("seq", "recorded", "site", "operator", "kind", "name", "county", "region", "parent"),
    ("seq", "kind", "subject"),
    ("seq", "target", "target_seq"),
)
"""Of each of them, what is told, in the order of :class:`foodtrace.graph.effects.FlowText` and ``LotText``."""

Columns: TypeAlias = list[list[Any]]
"""Columns of some rows; nothing at all where there are no rows."""

_SMALL, _MIDDLE = 16, 1 << 16
_encode: Final = msgspec.msgpack.Encoder().encode


class Told(NamedTuple):
    """What some entries say, by table, sorted by entry and item; the columns are :data:`COLUMNS`."""

    moves: Columns
    lots: Columns
    sites: Columns
    about: Columns
    """Sorted by subject too."""
    cross: Columns


def transposed(rows: Iterable[Row]) -> Columns:
    """Return the columns of some rows."""
    return [list(column) for column in zip(*rows, strict=True)]


class Digest:
    """Digest of what is told, under a secret key; equal digests mean equal rows, in the same order."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tables = [
            [blake2b(key=key, digest_size=16, person=table.encode(), salt=column.encode()) for column in columns]
            for table, columns in zip(TABLES, COLUMNS, strict=True)
        ]

    def add(self, told: Told) -> None:
        """Add what the next entries say."""
        tables: tuple[Columns, ...] = told
        for digests, columns in zip(self._tables, tables, strict=True):
            if not columns:
                continue
            # Without the head, which has the number of values (rule 4); each says for itself where it ends.
            head = 1 if len(columns[0]) < _SMALL else 3 if len(columns[0]) < _MIDDLE else 5
            for digest, column in zip(digests, columns, strict=True):
                digest.update(memoryview(_encode(column))[head:])

    def result(self) -> str:
        """Return the digest of everything so far, hex."""
        parts = b"".join(digest.digest() for digests in self._tables for digest in digests)
        return blake2b(parts, key=self._key, digest_size=16).hexdigest()


__all__ = ["COLUMNS", "TABLES", "Columns", "Digest", "Told", "transposed"]
