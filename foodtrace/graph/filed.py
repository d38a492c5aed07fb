"""Which entries may open or widen a recall case about some lots: rows only, so that a ledger without cases loads no event.

Rules:

1. A case is filed under the codes of the lots its scope names, or, where the scope is a rule, under one name for all of them.
2. Behind a lot stand those it was made from, every other name of each, and every lot of the same code where the issuer of one is
   on no record: a code under an unknown issuer may be anybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from foodtrace.graph.names import find, texts_of
from foodtrace.graph.subjects import BY_RULE, OPENED, WIDENED, recalled

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

MOST = 20_000
"""Lots that are looked at on the way back from one lot; more than any blend of blends has."""


def openings(session: Session, lots: Sequence[str]) -> list[bytes]:
    """Return the entries that opened or widened a case filed under these lots, by full id, or under a rule."""
    numbers = find(session, list(dict.fromkeys([BY_RULE, *(recalled(lot) for lot in lots)])))
    rows = session.each(
        "SELECT e.bytes FROM {ids} CROSS JOIN about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = f.value AND a.kind IN (?, ?) AND a.ended <= 0",
        list(numbers.values()),
        (OPENED, WIDENED),
    )
    return [bytes(row[0]) for row in rows]


def behind(session: Session, number: int) -> list[str]:
    """Return the ids of every lot these goods were made from, and of every other name of all of them (rule 2)."""
    seen = {number}
    rim = [number]
    known: dict[str, bool] = {}
    while rim and len(seen) < MOST:
        reached = _made_from(session, rim) | _other_names(session, rim)
        for text in texts_of(session, rim).values():
            authority, _, code = text.partition("/")
            if authority not in known:
                known[authority] = _known(session, authority)
            if not known[authority]:
                reached |= {row[0] for row in session.rows("SELECT id FROM name WHERE code = ?", (code,))}
        rim = [each for each in reached if each not in seen]
        seen |= reached
    return [text for text in texts_of(session, seen).values() if text]


def _made_from(session: Session, lots: Collection[int]) -> set[int]:
    rows = session.each("SELECT e.src FROM {ids} CROSS JOIN lot_edge AS e WHERE e.dst = f.value AND e.n > 0", lots)
    return {row[0] for row in rows}


def _other_names(session: Session, lots: Collection[int]) -> set[int]:
    rows = session.each("SELECT a.other FROM {ids} CROSS JOIN alias AS a WHERE a.lot = f.value AND a.n > 0", lots)
    return {row[0] for row in rows}


def _known(session: Session, authority: str) -> bool:
    gtin = authority.isdigit() and len(authority) == 14  # noqa: PLR2004 - a GTIN-14 is a known product
    return gtin or bool(find(session, [f"operator {authority}", f"sites {authority}", authority]))


__all__ = ["MOST", "behind", "openings"]
