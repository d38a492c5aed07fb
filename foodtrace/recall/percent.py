"""How a rate is printed (rule 6 of :mod:`foodtrace.recall.metrics`). Pure."""

from __future__ import annotations


def percent(numerator: int, denominator: int) -> str:
    """Return one decimal, half up; 100.0 only if the two are equal, 0.0 only if the numerator is zero; empty for 0/0."""
    if denominator == 0:
        return ""
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    if numerator != denominator and tenths == 1000:  # noqa: PLR2004 - 100.0 means all
        tenths = 999 if numerator < denominator else 1001
    if numerator > 0 and tenths == 0:
        tenths = 1
    return f"{tenths // 10}.{tenths % 10}"
