"""One story told by three logs, recorded in the order of each: a seller's, a buyer's and a third party's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foodtrace import Ledger
from foodtrace.events import Event
from foodtrace.graph.edges import micros
from foodtrace.operations.reconciling import Reconciliation, reconcile
from foodtrace.storage.session import Session
from tests.recall.dispatched import NOW, SITES, certificate

Story = Sequence[tuple[str, Event]]
"""(log, event)."""
SELLER, BUYER, OTHER = "b/F-1", "a/X-1", "c/M-1"


@contextmanager
def told(folder: Path, story: Story, first: str = SELLER) -> Iterator[Session]:
    """Record the seller's log first, or another; each log's clock runs on, so that what comes later was recorded later."""
    now = [micros(NOW)]

    def clock() -> int:
        now[0] += 1_000_000
        return now[0]

    with Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=clock) as ledger:
        logs = sorted({SELLER, BUYER, OTHER}, key=lambda log: (log != first, log))
        for log in logs:
            ledger.init(log, operator=log[2:])
        ledger.record([*SITES, certificate()], log=SELLER)
        for log in logs:
            for each in (event for where, event in story if where == log):
                ledger.record([each], log=log)
        with ledger.reading() as session:
            yield session


def both(folder: Path, story: Story, ask: Callable[[Session], Any]) -> list[Any]:
    """Ask once for each log that was first; in the same order of logs."""
    found = []
    for first in (SELLER, BUYER, OTHER):
        (folder / first[0]).mkdir(parents=True)
        with told(folder / first[0], story, first) as session:
            found.append(ask(session))
    return found


def books(session: Session) -> Reconciliation:
    return reconcile(session, now=micros(NOW + dt.timedelta(hours=1)))
