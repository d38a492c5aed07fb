"""Whether any recall case on record may be about some lots (rules 1 and 2 of :mod:`foodtrace.operations.recalling`), looked at from above.

A recall answers with the case that stands on its lots and names every other case about them. Where it is certain that there is none,
nothing of a case has to be loaded; this says so only where it is certain.
"""

from __future__ import annotations

from collections.abc import Collection

from foodtrace.graph.papers import near
from foodtrace.graph.rows import Rows
from foodtrace.graph.subjects import BY_RULE, CASES, recalled

MOST = 2000
"""Lots looked at on the way back; beyond that nothing is certain."""
_GTIN = 14


def none_about(rows: Rows, asked: Collection[int], affected: Collection[int]) -> bool:
    """Say that no case is about these lots, what they were made from, or what was made of them.

    :param asked: lots asked for. :param affected: all lots of the answer.
    """
    if not rows.numbers([CASES]):
        return True
    seen = set(asked)
    rim = list(seen)
    while rim and len(seen) < MOST:
        reached = {src for src, _ in rows.parents(rim)} | {other for _, other in rows.aliases(rim)}
        rim = list(reached - seen)
        seen |= reached
    if len(seen) >= MOST:
        return False
    if near(rows.session, seen, logs=len(rows.ranks())):
        return False  # by papers they may be other lots, and cases about those are about them
    texts = rows.texts(seen.union(affected))
    # A code under an issuer on no record may be anybody's: it may have been made of what this does not see.
    if not all(_known(rows, authority) for authority in {texts[lot].partition("/")[0] for lot in seen}):
        return False
    return not rows.numbers([BY_RULE, *{recalled(texts[lot]) for lot in seen.union(affected)}])


def _known(rows: Rows, authority: str) -> bool:
    gtin = authority.isdigit() and len(authority) == _GTIN
    return gtin or bool(rows.numbers([f"operator {authority}", f"sites {authority}", authority]))
