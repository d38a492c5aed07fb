"""Subjects of the table ``about`` by which a recall, and what is said of a lot, is found."""

from __future__ import annotations

from typing import Final

BY_RULE: Final = "recalled by rule"
"""Subject of every recall whose scope is not a list of lots."""
CASES: Final = "cases"
"""Subject of every opening of a case."""


_SPEAK: Final = (7, 8, 9, 16, 18)
"""Numbers in the table ``about`` (:mod:`foodtrace.graph.kinds`): a test, a gate entry, a refusal, a packing, a release."""
SPOKEN: Final = (
    "SELECT a.subject, a.log, a.seq, a.ended FROM {ids} CROSS JOIN about AS a "  # noqa: S608 - constants
    f"WHERE a.subject = f.value AND a.kind BETWEEN {min(_SPEAK)} AND {max(_SPEAK)} "
    f"AND a.kind IN ({', '.join(map(str, _SPEAK))}) AND a.ended <= 0"
)
"""(lot, log, seq, ended) of such entries of some lots; also of those that moved goods as well (an admitted truck, a sample)."""


CORRECTED: Final = (
    "SELECT n.text FROM {ids} CROSS JOIN about AS a JOIN name AS n ON n.id = a.subject WHERE a.seq = f.value AND a.log = ? AND a.kind = 34"
)
"""The subject of those of some entries of a log that correct one of their own log; it ends with that one's number."""


def recalled(lot: str) -> str:
    """Return the subject of every recall that names a lot, or one of the same code under another issuer."""
    return f"recalled {lot.rpartition('/')[2]}"
