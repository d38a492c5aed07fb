"""Pieces of a verification that a process carries out by itself.

A task needs a session on the same database and the key of the fingerprint; what it says back is small. All of it is plain data, so that
another process can be asked (:mod:`foodtrace.verification.crew`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events.lean import Texts
from foodtrace.graph.entryrows import EntryRows, Known, compare, ended, read
from foodtrace.graph.expected import Expected, Holdings
from foodtrace.graph.told import TABLES, Digest
from foodtrace.graph.weights import PRIME, Weights
from foodtrace.oneshot import uncollected
from foodtrace.personal import MARK, commitments
from foodtrace.storage.session import Session
from foodtrace.tlog.note import parse_checkpoint
from foodtrace.tlog.span import Marked, Span, SpanSeen, look
from foodtrace.tlog.verify import verifier_of


class SpanTask(msgspec.Struct, frozen=True, tag="span"):
    """Look at a span of entries, and at the rows that the projection has of each."""

    span: Span
    names: int
    """Largest number of a name."""
    ends: tuple[int, ...] = ()
    """Of an old span, where the stretches end that have a digest each; the last is its own end."""


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
    differs: str = ""
    """Table whose rows are not what the entries say, if one is."""
    counts: dict[str, int] = {}
    """Table -> rows of the span's entries."""
    ended: dict[int, int] = {}
    """Entry -> ``ended`` of its rows, where that is not 0."""
    digests: list[str] = []
    """Digests of what the rows say: of the span, or of each stretch of it, then the span."""
    conditional: list[int] = []
    """Entries that correct another log's, if they have rows."""
    sums: dict[str, str] = {}
    """Fingerprint of the sums that the span calls for: table -> hex."""
    sites: dict[str, int] = {}
    """Site -> newest recorded time."""
    corrections: list[tuple[int, int]] = []
    gone: list[tuple[int, str]] = []
    """(seq, field) of what its entries commit to, of which there is no value: erased, another host's, or taken away."""
    notes: str = "0"
    """Fingerprint of the checkpoints in the span, hex."""
    signatures: int = 0


class Hand:
    """A process that carries tasks out, and remembers what it has learnt of texts and names."""

    def __init__(self, session: Session, weights: Weights) -> None:
        self._session, self._weights = session, weights
        self._texts, self._known = Texts(), Known()
        self._holdings: Holdings | None = None

    def holdings(self, names: int) -> Holdings:
        """Return the weights of holdings, for numbers of names up to one."""
        if self._holdings is None or len(self._holdings.lots) <= names:
            self._holdings = Holdings(self._weights, names)
        return self._holdings

    def carry_out(self, task: Task) -> Done:
        """Carry out one task."""
        with uncollected():
            return _sign(self._session, task) if isinstance(task, SignTask) else self._span(task)

    def _span(self, task: SpanTask) -> Done:
        notes = 0

        def note(size: int, data: bytes) -> None:
            nonlocal notes
            notes += self._weights.note(size, data)

        span = task.span
        rows: _Fresh | _Old
        if span.fresh:
            rows = _Fresh(self._session, span, self._known, Expected(self._weights, self.holdings(task.names), span.origin), self._weights)
        else:
            rows = _Old(self._session, span, self._known, task.ends, self._weights)
        gone: list[tuple[int, str]] = []

        def committing(start: int, end: int, entries: Sequence[tuple[int, bytes]]) -> None:
            there = self._session.rows("SELECT seq, field FROM personal WHERE log = ? AND seq >= ? AND seq < ?", (span.log, start, end))
            kept = {(seq, field) for seq, field in there}
            gone.extend((seq, field) for seq, data in entries for field in commitments(data) if (seq, field) not in kept)

        seen = look(self._session, span, texts=self._texts, each=rows.piece, note=note, marked=Marked(MARK, committing))
        if seen is None:
            return Done(holds=False)
        done = rows.done()
        done.seen, done.notes, done.gone = seen, f"{notes % PRIME:x}", gone
        return done


class _Rows(ABC):
    """The rows of a span, piece by piece."""

    def __init__(self, session: Session, span: Span, known: Known, weights: Weights) -> None:
        self._session, self._log, self._known, self._key = session, span.log, known, weights.key
        self._whole = Digest(weights.key)
        self._done = Done(holds=True, counts=dict.fromkeys(TABLES, 0), ended={})

    def piece(self, start: int, end: int, entries: Sequence[Any]) -> None:
        """Look at the rows of the entries from ``start`` to below ``end``."""
        try:
            self._piece(start, end, entries)
        except (TypeError, ValueError, OverflowError, LookupError, AttributeError, msgspec.MsgspecError):
            # Not what any entry says; the exact comparison will say what it is.
            self._done.differs = self._done.differs or "rows"

    @abstractmethod
    def _piece(self, start: int, end: int, entries: Sequence[Any], /) -> None: ...

    def _count(self, rows: EntryRows) -> EntryRows:
        """Count rows, and note which of them have ended."""
        self._done.ended.update(ended(rows))
        for table, columns in zip(TABLES, rows, strict=True):
            self._done.counts[table] += len(columns[0]) if columns else 0
        return rows


class _Fresh(_Rows):
    """Rows compared with what their entries call for."""

    def __init__(self, session: Session, span: Span, known: Known, expected: Expected, weights: Weights) -> None:
        super().__init__(session, span, known, weights)
        self._expected = expected

    def _piece(self, start: int, end: int, entries: Sequence[Any], /) -> None:
        expected, done = self._expected, self._done
        told = expected.tell(entries)
        rows, differs = compare(self._session, self._known, self._log, start, end, told)
        self._count(rows)
        done.differs = done.differs or differs
        expected.hold(rows.moves)
        self._whole.add(told)

    def done(self) -> Done:
        """Return what the rows are."""
        done, expected = self._done, self._expected
        done.digests = [self._whole.result()]
        done.conditional = sorted(expected.conditional)
        done.sums = {table: f"{value:x}" for table, value in expected.result().items()}
        done.sites, done.corrections = expected.seen, expected.corrections
        return done


class _Old(_Rows):
    """Rows whose digests are compared with those of a run before, stretch by stretch."""

    def __init__(self, session: Session, span: Span, known: Known, ends: Sequence[int], weights: Weights) -> None:
        super().__init__(session, span, known, weights)
        self._ends, self._part = list(ends), Digest(weights.key)

    def _piece(self, start: int, end: int, _: Sequence[Any], /) -> None:
        while start < end:
            to = min(end, self._ends[0])
            told = self._known.told(self._session, self._count(read(self._session, self._log, start, to)))
            self._part.add(told)
            self._whole.add(told)
            if to == self._ends[0]:
                self._done.digests.append(self._part.result())
                self._ends.pop(0)
                self._part = Digest(self._key)
            start = to

    def done(self) -> Done:
        """Return what the rows are."""
        self._done.digests.append(self._whole.result())
        return self._done


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


__all__ = ["Done", "Hand", "SignTask", "SpanTask", "Task"]
