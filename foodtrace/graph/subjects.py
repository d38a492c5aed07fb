"""Subjects of the table ``about`` by which a recall is found."""

from __future__ import annotations

from typing import Final

BY_RULE: Final = "recalled by rule"
"""Subject of every recall whose scope is not a list of lots."""
CASES: Final = "cases"
"""Subject of every opening of a case."""


def recalled(lot: str) -> str:
    """Return the subject of every recall that names a lot, or one of the same code under another issuer."""
    return f"recalled {lot.rpartition('/')[2]}"
