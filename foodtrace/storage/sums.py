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
