"""Whether a log that was left once signed more than is here: then its key must sign nothing more.

Rules:

1. What was lost stands in the mark that the log which goes on began with: the numbers of the entries, or a checkpoint of as many entries
   that the ledger contradicts. Its words are sealed: that the anchor was put aside since does not matter.
2. Any signature beside those would be a second history, of our own making. Neither ``recover`` nor ``key revoke`` makes one.
3. Asked are the logs that are believed to continue it (:mod:`foodtrace.sealed`, rule 7).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from foodtrace.errors import FoodtraceError
from foodtrace.events import Recovered
from foodtrace.opening import logs
from foodtrace.operations.entries import event_at
from foodtrace.sealed import heirs
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import wrote
from foodtrace.tlog.checkpoint import parse_head
from foodtrace.tlog.nodes import root_at


class LostBeside(NamedTuple):
    """What a log that was left signed once and has not."""

    into: str
    """The log that says so."""
    first: int
    last: int
    """Sequence numbers; before ``first`` where the ledger has as many entries, and others."""


def lost_beside(session: Session, keys: Path, log: str) -> LostBeside | None:
    """Return what a left log has lost (rule 1); none where nothing is known to be, or the log was not left.

    :param keys: key directory. :param log: origin of the log that was left.
    """
    numbers = {state.origin: state.number for state in logs(session)}
    for seal in heirs(session, partial(wrote, keys)).get(log, ()):
        mark = event_at(session, numbers[seal.into], 1) if seal.into in numbers else None
        if not isinstance(mark, Recovered):
            continue
        if mark.lost_to > mark.lost_from or _contradicted(session, numbers.get(log), mark):
            return LostBeside(seal.into, mark.lost_from, mark.lost_to - 1)
    return None


def _contradicted(session: Session, number: int | None, mark: Recovered) -> bool:
    """Say whether the checkpoint that a mark names is of another history than the ledger has."""
    body, blank, _ = mark.checkpoint.encode().partition(b"\n\n")
    try:
        head = parse_head(body + b"\n")
    except FoodtraceError:
        return False
    if number is None or not blank or head.size > mark.lost_from:
        return False
    return root_at(session, number, head.size) != head.root
