"""How much work SQLite's machine does for something: a count that the same work always gives, on any machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from foodtrace import Ledger

T = TypeVar("T")


def steps(ledger: Ledger, work: Callable[[], T]) -> tuple[int, T]:
    """Return how many hundreds of instructions SQLite runs meanwhile, and what the work came to."""
    ran = 0

    def tick() -> int:
        nonlocal ran
        ran += 1
        return 0

    with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
        connection.set_progress_handler(tick, 100)
    try:
        made = work()
    finally:
        with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
            connection.set_progress_handler(None, 0)
    return ran, made
