"""Compares a ledger that is to be verified with what this host signed and saw; every difference is a finding beside the others.

Rules:

1. Whatever else opens a ledger refuses one that is behind its anchors (:mod:`foodtrace.reading`). ``verify`` looks at it all the same and
   says what is there and what is not: whoever has to decide needs all of it.
2. Anchors are read before the snapshot is opened: one that is read later may speak of a commit that the snapshot does not see yet.
3. Fewer entries than an anchor has are ``tlog.rolled_back``. Another root at its size is ``tlog.forked``: two histories. The same root
   under another checkpoint than the one that was signed here, or none, is ``tlog.other_checkpoint``: no entry is missing or other.
4. An anchor that cannot be read is a finding too (``tlog.anchor_damaged``): nothing can be compared with it.
5. A ledger of which ``verify`` saw logs and that has not even tables now is not one that was never made (``tlog.log_gone``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from foodtrace.errors import FoodtraceError, Integrity
from foodtrace.reading import LogState
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import anchor_path, read_anchor
from foodtrace.tlog.checkpoint import parse_head
from foodtrace.tlog.nodes import root_at
from foodtrace.tlog.verify import Finding
from foodtrace.tlog.vouched import Seen, read_seen
from foodtrace.verification.answer import Verification

Anchors: TypeAlias = Mapping[str, "tuple[int, bytes] | Path"]
"""Origin -> (size, checkpoint), or the file that cannot be read; those without an anchor are not in it."""


def remembered(wrong: Iterable[Integrity]) -> tuple[Finding, ...]:
    """Return as findings what contradicts what a program saw of a ledger before (:meth:`foodtrace.tlog.lastread.LastRead.look`)."""
    found = []
    for each in wrong:
        if each.code == "ledger.rolled_back":
            size, log = int(str(each.value)), str(each.params["log"])
            found.append(Finding(code="tlog.rolled_back", log=log, seq=max(size - 1, 0), expected=str(each.expected), got=str(size)))
        else:
            found.append(Finding(code="tlog.forked", log=str(each.value), seq=int(str(each.expected)) - 1, expected=str(each.expected)))
    return tuple(found)


def anchors_of(keys: Path, origins: Iterable[str]) -> Anchors:
    """Return this host's anchors of some logs (rules 2 and 4). Raises ``Storage`` (``anchor.unreadable``)."""
    found: dict[str, tuple[int, bytes] | Path] = {}
    for origin in origins:
        path = anchor_path(keys, origin)
        try:
            anchored = read_anchor(path)
        except Integrity:
            found[origin] = path
        else:
            if anchored is not None:
                found[origin] = anchored
    return found


def against_anchors(session: Session, states: Sequence[LogState], anchors: Anchors) -> list[Finding]:
    """Return what of the logs contradicts this host's anchors of them (rule 3). A log that has no head is named by others."""
    found: list[Finding] = []
    for state in states:
        anchored = anchors.get(state.origin)
        if isinstance(anchored, Path):
            found.append(Finding(code="tlog.anchor_damaged", log=state.origin, got=str(anchored)))
        elif anchored is not None:
            found += _against(session, state, *anchored)
    return found


def _against(session: Session, state: LogState, size: int, checkpoint: bytes) -> list[Finding]:
    if size > state.size:
        return [Finding(code="tlog.rolled_back", log=state.origin, seq=state.size - 1, expected=str(size), got=str(state.size))]
    row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, size))
    if row is not None and row[0] == checkpoint:
        return []
    wanted, there = _root_signed(checkpoint), _root_here(session, state.number, size)
    if wanted != there:
        return [Finding(code="tlog.forked", log=state.origin, seq=size - 1, expected=wanted, got=there)]
    signed, found = _signature(checkpoint), _signature(row and row[0])
    return [Finding(code="tlog.other_checkpoint", log=state.origin, seq=size - 1, expected=signed, got=found)]


def _root_signed(checkpoint: bytes) -> str:
    try:
        return parse_head(checkpoint[: checkpoint.rfind(b"\n\n") + 1]).root.hex()
    except FoodtraceError:
        return "-"


def _root_here(session: Session, log: int, size: int) -> str:
    try:
        return root_at(session, log, size).hex()
    except FoodtraceError:
        return "-"  # an entry or a node is gone, which is found by itself


def _signature(checkpoint: object) -> str:
    """Return the last line of a checkpoint, by which two of the same root differ; - where there is none."""
    if not isinstance(checkpoint, (bytes, memoryview)):
        return "-"
    return (bytes(checkpoint).decode(errors="replace").splitlines() or ["-"])[-1].rpartition(" ")[2]


def logs_gone(path: Path, seen: Mapping[str, Seen], states: Sequence[LogState]) -> list[Finding]:
    """Name the logs that an earlier run saw in this database and that are not in it any more."""
    here = {state.origin for state in states}
    return [
        Finding(code="tlog.log_gone", log=origin, seq=each.size - 1, expected=f"{each.size} ({path})", got="0")
        for origin, each in sorted(seen.items())
        if origin not in here
    ]


def ledger_gone(mark: Path) -> Verification | None:
    """Return what is to be said where there is no ledger, none if ``verify`` never saw one there (rule 5)."""
    findings = logs_gone(mark, read_seen(mark), ())
    if not findings:
        return None
    return Verification(
        ok=False,
        empty=False,
        full=True,
        entries=0,
        fresh=0,
        known=0,
        checkpoints=0,
        signatures=0,
        projection_rows=0,
        processes=1,
        logs=(),
        findings=tuple(findings),
    )


__all__ = ["Anchors", "against_anchors", "anchors_of", "ledger_gone", "logs_gone"]
