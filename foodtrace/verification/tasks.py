"""Pieces of a verification that a process carries out by itself.

A task needs a session on the same database and the key of the fingerprint; what it says back is small. All of it is plain data, so that
another process can be asked (:mod:`foodtrace.verification.crew`).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeAlias

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.graph.expected import Expected
from foodtrace.graph.weights import PRIME, Weights
from foodtrace.storage.session import Session
from foodtrace.tlog.note import parse_checkpoint
from foodtrace.tlog.span import Span, SpanSeen, look
from foodtrace.tlog.verify import verifier_of


class SpanTask(msgspec.Struct, frozen=True, tag="span"):
    """Look at a span of entries."""

    span: Span


class SignTask(msgspec.Struct, frozen=True, tag="sign"):
    """Verify the signatures of the checkpoints of some sizes, all by the same keys."""

    log: int
    origin: str
    after: int
    """Checkpoints of sizes above this one .."""
    to: int
    """.. and up to this one."""
    keys: tuple[bytes, ...]
    """Public keys that must each have signed."""
    key_entry: int
    """Sequence number of the key entry that the checkpoints have to name."""


Task: TypeAlias = SpanTask | SignTask


class Done(msgspec.Struct, kw_only=True):
    """What a task found."""

    holds: bool
    seen: SpanSeen | None = None
    sums: dict[str, str] = {}
    """Fingerprint of the projection that the span calls for: table -> hex."""
    sites: dict[str, int] = {}
    """Site -> newest recorded time."""
    corrections: list[tuple[int, int]] = []
    notes: str = "0"
    """Fingerprint of the checkpoints in the span, hex."""
    signatures: int = 0


def carry_out(session: Session, task: Task, weights: Weights) -> Done:
    """Carry out one task."""
    return _sign(session, task) if isinstance(task, SignTask) else _span(session, task.span, weights)


def _span(session: Session, span: Span, weights: Weights) -> Done:
    expected = Expected(weights, span.origin)
    notes = 0

    def note(size: int, data: bytes) -> None:
        nonlocal notes
        notes += weights.place(size) * int.from_bytes(blake2b(data, digest_size=16, key=weights.key).digest(), "little")

    seen = look(session, span, each=expected.take if span.fresh else None, note=note)
    if seen is None:
        return Done(holds=False)
    return Done(
        holds=True,
        seen=seen,
        sums={table: f"{value:x}" for table, value in expected.result().items()},
        sites=expected.seen,
        corrections=expected.corrections,
        notes=f"{notes % PRIME:x}",
    )


def _sign(session: Session, task: SignTask) -> Done:
    verifiers = [verifier_of(task.origin, public) for public in task.keys]
    rows = session.rows("SELECT size, note FROM checkpoint WHERE log = ? AND size > ? AND size <= ?", (task.log, task.after, task.to))
    try:
        for size, note in rows:
            for verifier in verifiers:
                head = parse_checkpoint(note, [verifier], origin=task.origin)
                if head.size != size or head.key_entry != task.key_entry:
                    return Done(holds=False)
    except (FoodtraceError, TypeError):
        return Done(holds=False)
    return Done(holds=bool(verifiers), signatures=len(rows))


__all__ = ["Done", "SignTask", "SpanTask", "Task", "carry_out"]
