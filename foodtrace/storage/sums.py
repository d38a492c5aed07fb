"""The sums of table ``holding``, in the order of its columns; apart from the tables, so that writing loads no SQLAlchemy."""

from typing import Final

SUMS: Final = (
    "born",
    "produced",
    "sent",
    "delivered",
    "dispatched_in",
    "received",
    "consumed",
    "sold",
    "brought_back",
    "destroyed",
    "lost",
    "used",
    "returned",
    "return_in",
    "sealed",
    "counts",
    "flows",
)
"""In base units, but for ``counts`` (stock counts) and ``flows`` (flows that touch the holding)."""

MOST: Final = 2**62
"""Largest sum, either way: a little beyond it lies the end of 64 bits, where SQLite would go on in floating point."""

RANGE: Final = "holding_range"
"""Name of the constraint that keeps the sums in range."""
