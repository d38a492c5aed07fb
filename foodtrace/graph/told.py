"""What a stretch of a log says row by row, as texts, whoever says it: its entries, or the rows that are stored of it.

Rules:

1. Five tables hold rows that each belong to one entry (:data:`TABLES`); they are compared row by row, in the order of the entries.
2. Texts here, never numbers of names: two databases may number names differently, and a name may have been renamed (DESIGN section 6).
3. ``ended`` is not told: a later correction changes it, and is accounted for by itself (:mod:`foodtrace.graph.entryrows`).
4. A digest does not depend on the pieces that a stretch was read in.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from foodtrace.graph.effects import FlowText, LotText

TABLES: Final = ("move", "lot_fact", "site_fact", "about", "cross_correction")
"""Tables whose rows each belong to one entry."""

SiteText: TypeAlias = tuple[str, str, str, str, str, str, str]
"""site, operator, kind, name, county, region, parent."""

_SMALL, _MIDDLE = 16, 1 << 16
_encode: Final = msgspec.msgpack.Encoder().encode


class Told(NamedTuple):
    """What some entries say, in their order, by table."""

    flows: list[tuple[int, int, Sequence[FlowText]]]
    """(seq, recorded, flows) of entries that have any."""
    lots: list[tuple[int, int, Sequence[LotText]]]
    sites: list[tuple[int, int, SiteText]]
    about: list[tuple[int, int, str]]
    """(seq, number of the kind, subject), sorted."""
    cross: list[tuple[int, str, int]]
    """(seq, origin and sequence number of what it corrects or disputes)."""


class Digest:
    """Digest of what is told, under a secret key; equal digests mean equal rows, in the same order."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tables = [blake2b(key=key, digest_size=16, person=table.encode()) for table in TABLES]

    def add(self, told: Told) -> None:
        """Add what the next entries say."""
        tables: tuple[Sequence[Any], ...] = told
        for digest, rows in zip(self._tables, tables, strict=True):
            if rows:
                data: Any = memoryview(_encode(rows))
                # Without the head, which has the number of rows (rule 4); each row says for itself where it ends.
                digest.update(data[1 if len(rows) < _SMALL else 3 if len(rows) < _MIDDLE else 5 :])

    def result(self) -> str:
        """Return the digest of everything so far, hex."""
        return blake2b(b"".join(each.digest() for each in self._tables), key=self._key, digest_size=16).hexdigest()


__all__ = ["TABLES", "Digest", "SiteText", "Told"]
