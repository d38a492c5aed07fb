"""What the keeping of a ledger needs of it: :class:`foodtrace.ledger.Ledger` is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from foodtrace.graph.names import Names
from foodtrace.opening import Writer
from foodtrace.storage.session import Store
from foodtrace.tlog.clock import ClockRule


class Host(Protocol):
    """A ledger as its keeper sees it."""

    store: Store
    names: Names
    keys: Path
    clock: Callable[[], int]
    clock_rule: ClockRule

    @property
    def mark(self) -> Path:
        """Return where ``verify`` leaves its mark: of this database, and of this schema of it."""
        ...

    def writer(self, log: str | None = None, *, ending: bool = False) -> Writer:
        """Return the log this host writes."""
        ...

    def forget_writers(self) -> None:
        """Look again which key is in force the next time something is written."""
        ...
