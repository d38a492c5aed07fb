"""Subjects of the table ``about`` by which a recall is found, and the stored numbers of the events that open or widen one.

Apart from the events themselves, so that whoever only asks whether there is any case loads none of them.
"""

from __future__ import annotations

BY_RULE = "recalled by rule"
"""Subject of every recall whose scope is not a list of lots."""
CASES = "cases"
"""Subject of every opening of a case."""
OPENED = 21
WIDENED = 22
"""Numbers of ``RecallOpened`` and ``RecallWidened`` in the table ``about`` (:mod:`foodtrace.graph.kinds`)."""


def recalled(lot: str) -> str:
    """Return the subject of every recall that names a lot, or one of the same code under another issuer."""
    return f"recalled {lot.rpartition('/')[2]}"


__all__ = ["BY_RULE", "CASES", "OPENED", "WIDENED", "recalled"]
