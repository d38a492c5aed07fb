"""What a lot was made from: its ancestors and its other names, a handful for any truck's goods."""

from __future__ import annotations

import datetime as dt
from typing import Final

from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session

MOST: Final = 2_000
"""Ancestors that are looked at; more than any truck's goods have."""


def lineage(session: Session, now: dt.datetime, lot: str) -> list[int]:
    """Return the numbers of a lot (first), of every lot it was made from, and of their other names; empty for an unknown lot."""
    facts = SqlFacts(session, micros(now))
    first = facts.lot(lot)
    if first is None:
        return []
    seen = {first: None}
    rim = [first]
    while rim and len(seen) < MOST:
        found = [src for src, _ in facts.parents(rim)] + [other for _, other in facts.aliases(rim)]
        rim = [each for each in dict.fromkeys(found) if each not in seen]
        seen.update(dict.fromkeys(rim))
    return list(seen)
