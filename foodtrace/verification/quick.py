"""The quick pass: says whether all of a ledger holds, with another process to help, in bounded memory. It names nothing.

What has to hold for a yes, besides what each span says of itself (:mod:`foodtrace.tlog.span`):

1. Each span begins at the edge where the one before ended, the first at nothing, and an old one ends at the edge of the mark. Where
   ``time`` changes between two, a checkpoint lies between them.
2. The head says what the last span says. There are exactly as many entries, nodes and checkpoints as the spans have; ids stand once.
3. The key entries form a chain; nothing follows the end of a log; each checkpoint is signed by the key in force at its size.
4. The rows that the projection has of each entry are what the entry says, and there are no others. Which of them have ended follows
   from the corrections.
5. The fingerprint of stored sums is that of what the entries call for, less what corrections took out; newest times of sites and emptied
   rows are compared themselves.
6. The old checkpoints have the fingerprint of the mark, and the rows of old entries have its digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from foodtrace import keys
from foodtrace.events import AnyEvent, Correction, Key
from foodtrace.graph.edges import effects
from foodtrace.graph.entryrows import ended, read
from foodtrace.graph.expected import SUMMED, Expected, Holdings, Touched, says_rows
from foodtrace.graph.gathered import CONDITIONAL, texts_of_effects
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.projection import corrected
from foodtrace.graph.stored import Stored, last_name, missing_rows
from foodtrace.graph.told import TABLES
from foodtrace.graph.weights import PRIME, Weights
from foodtrace.opening import LogState
from foodtrace.storage.session import Session
from foodtrace.tlog.brought import Brought, all_brought, excused
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.span import Span, edges, node_count
from foodtrace.tlog.whole import event_of
from foodtrace.verification.crew import Crew
from foodtrace.verification.mark import LogMark
from foodtrace.verification.tasks import Done, SignTask, SpanTask

SPAN: Final = 1 << 13
"""Entries of a span: the nodes of this level are stored, so every span but the first new one begins at a known edge."""
_SIGNED: Final = 512
"""Checkpoints of one task."""


class Passed(msgspec.Struct, kw_only=True):
    """What a log that holds has in it."""

    mark: LogMark
    fresh: int
    known: int
    signatures: int
    key: bytes
    """Public key that signed its newest checkpoint."""
    ended: bool
    """Whether its last entry ends it."""
    gone: list[tuple[int, str]]
    """(seq, field) of what its entries commit to, of which there was no value when they were looked at."""


class Projected(NamedTuple):
    """What the projection of a log that holds adds up to."""

    sums: dict[str, int]
    sites: dict[str, int]
    ended: dict[int, int]
    emptied: list[Touched]


class Log:
    """One log on its way through the quick pass."""

    def __init__(self, session: Session, state: LogState, mark: LogMark | None, brought: Brought = ()) -> None:
        self.session, self.state, self.mark, self.brought = session, state, mark, brought
        self.number, self.origin, self.size = state.number, state.origin, state.size
        self.base = 0 if mark is None else mark.size
        self.spans = self._spans()
        self.done: list[Done] = []
        self.chain = KeyChain()
        self.key_entries: list[int] = []
        self.signed: list[SignTask] = []
        self.there: dict[str, int] = {}
        self.twice = True
        self.bare = 0 if mark is None else mark.bare
        """Ends of batches without a checkpoint, of entries that came in a copy."""

    def _spans(self) -> list[Span]:
        found = edges(self.session, self.number, self.size, SPAN)
        starts = [(at, edge) for at, edge in found if at < self.base or self.mark is None or at > self.base]
        if self.mark is not None and self.base < self.size:
            starts.append((self.base, self.mark.edge))
        starts.sort()
        ends = [at for at, _ in starts[1:]] + [self.size]
        return [
            Span(log=self.number, origin=self.origin, start=at, end=end, edge=edge, fresh=at >= self.base, brought=self.brought)
            for (at, edge), end in zip(starts, ends, strict=True)
            if at < end
        ]

    def joined(self) -> str:
        """Return what of rules 1 and 2 does not hold, empty if all does."""
        edge, time = Frontier().to_bytes(), -1
        for span, done in zip(self.spans, self.done, strict=True):
            seen = done.seen
            if not done.holds or seen is None or span.edge != edge:
                return f"span {span.start}"
            if span.fresh:
                if seen.first_time < time or (seen.first_time > time >= 0 and not self._ended_batch(span.start)):
                    return f"time {span.start}"
                time = seen.last_time
                self.bare += seen.bare
            elif span.end == self.base and self.mark is not None:
                if seen.edge != self.mark.edge:
                    return f"mark {self.base}"
                time = self.mark.time
            edge = seen.edge
        last = self.done[-1].seen
        row = self.session.row("SELECT size, prev, frontier, time, key_seq, key_id FROM head WHERE log = ?", (self.number,))
        self.chain, self.key_entries, fault = self._keys()
        if fault or last is None or row is None:
            return fault or "head"
        current = b"" if self.chain.ended or self.chain.current is None else keys.key_id(self.origin, self.chain.current)
        if tuple(row) != (self.size, last.prev, edge, time, self.chain.seq, current):
            return "head"
        self.time, self.edge = time, edge
        return self._counts()

    def _ended_batch(self, size: int) -> bool:
        """Say whether the checkpoint is there of a batch that ended where two spans meet, or may be missing (rule 1)."""
        if self._signed(size):
            return True
        self.bare += 1
        return excused(self.brought, size)

    def _signed(self, size: int) -> bool:
        return self.session.row("SELECT 1 FROM checkpoint WHERE log = ? AND size = ?", (self.number, size)) is not None

    def count(self) -> Iterator[None]:
        """Count the log's rows, and look for ids that stand twice."""
        for table in ("entry", "checkpoint", "node"):
            row = self.session.row(f"SELECT COUNT(*) FROM {table} WHERE log = ?", (self.number,))  # noqa: S608 - constants
            self.there[table] = row[0] if row is not None else -1
            yield
        twice = "SELECT id FROM entry WHERE log = ? GROUP BY id HAVING COUNT(*) > 1 LIMIT 1"
        self.twice = self.session.row(twice, (self.number,)) is not None
        yield

    def _counts(self) -> str:
        sizes = sum(done.seen.sizes for done in self.done if done.seen is not None)
        wanted = {"entry": self.size, "checkpoint": sizes, "node": node_count(self.size)}
        if wanted != self.there:
            return "count"
        if not self._signed(self.size):
            return "uncovered"
        if self.twice:
            return "id"
        old = sum(int(done.notes, 16) for span, done in zip(self.spans, self.done, strict=True) if not span.fresh) % PRIME
        return "" if self.mark is None or f"{old:x}" == self.mark.notes else "checkpoint"

    def _keys(self) -> tuple[KeyChain, list[int], str]:
        """Follow the key entries (rule 3), and plan the signatures that are new."""
        chain = KeyChain()
        found = [] if self.mark is None else list(self.mark.keys)
        found += [seq for done in self.done if done.seen is not None for seq in done.seen.keys]
        for seq in found:
            event = self.event(seq)
            before = self._sign(chain, seq)
            if not isinstance(event, Key) or chain.take(seq, event) or not before:
                return chain, found, f"key {seq}"
            if not self._signed(seq + 1):
                return chain, found, f"key_batch {seq}"
            if seq + 1 > self.base:
                self._plan(seq, seq + 1, chain.signers(seq + 1), chain.seq)
        if chain.past_end(self.size):
            return chain, found, "after_end"
        return chain, found, "" if self._sign(chain, self.size) else "no_key"

    def _sign(self, chain: KeyChain, to: int) -> bool:
        """Plan the signatures between the latest key entry and a size; false if something there has no key."""
        after = max(self.base, chain.seq + 1 if chain.current is not None else 0)
        if after < to:
            signers = chain.signers(to) if chain.current is not None else ()
            if not signers:
                return chain.current is None and to == 0
            self._plan(after, to, signers, chain.seq)
        return True

    def _plan(self, after: int, to: int, signers: Sequence[bytes], key_entry: int) -> None:
        if not signers:
            return
        rows = self.session.rows(
            "SELECT size FROM checkpoint WHERE log = ? AND size > ? AND size <= ? ORDER BY size", (self.number, after, to)
        )
        sizes = [row[0] for row in rows]
        for start in range(0, len(sizes), _SIGNED):
            part = sizes[start : start + _SIGNED]
            self.signed.append(
                SignTask(log=self.number, origin=self.origin, after=part[0] - 1, to=part[-1], keys=tuple(signers), key_entry=key_entry)
            )

    def event(self, seq: int) -> AnyEvent | None:
        """Return the event of an entry that holds."""
        row = self.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (self.number, seq))
        return None if row is None else event_of(self.session, self.number, seq, row[0])

    def tasks(self, names: int) -> list[SpanTask]:
        """Return the tasks of the spans, given the largest number of a name."""
        ends = [] if self.mark is None else [end for end, _ in self.mark.rows]
        return [
            SpanTask(span=span, names=names, ends=() if span.fresh else tuple(end for end in ends if span.start < end <= span.end))
            for span in self.spans
        ]

    def rows(self, tasks: Sequence[SpanTask]) -> str:
        """Return what of rule 4 and of the old rows does not hold, but for what has ended; empty if all does."""
        known = {} if self.mark is None else dict(self.mark.rows)
        for task, done in zip(tasks, self.done, strict=True):
            if done.differs:
                return f"projection: {done.differs} {task.span.start}"
            if not task.span.fresh and (task.ends[-1:] != (task.span.end,) or done.digests[:-1] != [known[end] for end in task.ends]):
                return f"projection: rows since the mark {task.span.start}"
        return ""

    def projection(self, stored: Stored, weights: Weights, holdings: Holdings) -> Projected | str:
        """Return what the projection adds up to, or what of rules 4 and 5 does not hold."""
        expected = Expected(weights, holdings, self.origin)
        sites: dict[str, int] = {}
        touched: list[Touched] = []
        over: dict[int, int] = {}
        if self.mark is not None:
            expected.sums.update({table: int(value, 16) for table, value in self.mark.sums.items()})
            sites.update(self.mark.sites)
            touched += self.mark.touched
            over.update(self.mark.ended)
        for done in self.done:
            for table, value in done.sums.items():
                expected.sums[table] += int(value, 16)
            sites.update(done.sites)
            over.update(dict.fromkeys(done.conditional, CONDITIONAL))
        latest: dict[int, int] = {}
        for seq, target in [each for done in self.done for each in done.corrections]:
            taken = latest.get(target, self._earlier(target))
            event = self.event(taken) if taken < seq else None
            if event is not None:
                touched += self._take_out(expected, taken, event)
                if says_rows(self.origin, taken, event):
                    over[taken] = seq + 1
            latest[target] = seq
        sums, there = expected.result(), stored.result(self.number)
        if sums != there:
            return "projection: " + ", ".join(table for table in SUMMED if sums[table] != there[table])
        if sites != stored.seen[self.number]:
            return "projection: site_seen"
        if self._ended() != over:
            return "projection: ended"
        touched = list(dict.fromkeys(touched))
        emptied = self._emptied(touched, stored.zero[self.number])
        return "projection: emptied rows" if emptied is None else Projected(sums, sites, over, emptied)

    def _take_out(self, expected: Expected, taken: int, event: AnyEvent) -> list[Touched]:
        texts = {""}
        texts_of_effects(effects(event, self.origin, taken), texts)
        return expected.take_out(taken, event, {**find(self.session, texts), "": 0})

    def _ended(self) -> dict[int, int]:
        """Return which entries' rows have ended, and how, in this process's own snapshot: a helper's is later."""
        found = {seq: value for done in self.done for seq, value in done.ended.items()}
        for seq in [seq for seq, value in found.items() if value > self.size]:
            found[seq] = ended(read(self.session, self.number, seq, seq + 1)).get(seq, 0)
        return {seq: value for seq, value in found.items() if value}

    def _emptied(self, touched: list[Touched], zero: set[tuple[object, ...]]) -> list[Touched] | None:
        """Return the touched rows that are zero; none if a row is zero that was not touched, or one that was is not there."""
        numbers = find(self.session, {name for each in touched for name in each.names})

        def key(row: Touched) -> tuple[object, ...]:
            return (row.table, *(numbers.get(each) for each in row.names), row.unit) if row.table == "holding" else (row.table, *row.names)

        emptied = [each for each in touched if key(each) in zero]
        if len(emptied) != len(zero) or missing_rows(self.session, self.number, touched, numbers):
            return None
        return emptied

    def _earlier(self, target: int) -> int:
        """Return the last correction of an entry before the mark, else the entry itself; rule 4 checks the rows this reads."""
        if self.base == 0:
            return target
        row = self.session.row(
            "SELECT a.seq FROM about AS a JOIN name AS n ON n.id = a.subject WHERE n.text = ? AND a.kind = ? AND a.log = ? AND a.seq < ? "
            "ORDER BY a.seq DESC LIMIT 1",
            (corrected(self.origin, target), ABOUT[Correction], self.number, self.base),
        )
        return target if row is None else int(row[0])


def quick(
    crew: Crew,
    session: Session,
    states: Sequence[LogState],
    marks: dict[str, LogMark],
    weights: Weights,
    at: str,
    progress: Callable[[int, int], None] | None,
    beside: Iterator[None],
) -> tuple[dict[str, Passed], int] | str:
    """Carry out the quick pass; return what each log has in it and the projection's rows, or what does not hold.

    :param marks: of logs that are not checked in full. :param at: now, for the new marks. :param beside: what else this process has
        to look at.
    """
    brought = all_brought(session)
    every = [Log(session, state, marks.get(state.origin), brought.get(state.origin, ())) for state in states]
    if not every or any(not log.spans for log in every):
        return "empty"
    try:
        names = last_name(session)
    except ValueError:
        return "projection: name"
    holdings = crew.hand.holdings(names)
    stored = Stored(session, weights, holdings, {log.number for log in every})
    planned = [log.tasks(names) for log in every]
    tasks = [task for each in planned for task in each]
    total = sum(log.size for log in every)

    def step(count: int) -> None:
        if progress is not None:
            progress(min(total, total * count // len(tasks)), total)

    # What only this process can do comes first, while a helper is at its spans.
    alone = chain(stored.steps(), beside, *(log.count() for log in every))
    found = iter(crew.carry_out(tasks, alone, step))
    for log in every:
        log.done = [next(found) for _ in log.spans]
    for log in every:
        fault = log.joined()
        if fault:
            return f"{log.origin}: {fault}"
    signed = [(log, task) for log in every for task in log.signed]
    answers = crew.carry_out([task for _, task in signed])
    if not all(answer.holds for answer in answers):
        return "signature"
    counts: dict[str, int] = {}
    for (log, _), answer in zip(signed, answers, strict=True):
        counts[log.origin] = counts.get(log.origin, 0) + answer.signatures
    fault = _rows(every, planned, stored)
    if fault:
        return fault
    passed: dict[str, Passed] = {}
    for log in every:
        made = _passed(log, stored, weights, holdings, at, counts.get(log.origin, 0))
        if isinstance(made, str):
            return made
        passed[log.origin] = made
    return passed, stored.rows


def _rows(every: Sequence[Log], planned: Sequence[Sequence[SpanTask]], stored: Stored) -> str:
    """Return what of rule 4 does not hold, of all logs together."""
    if not stored.readable:
        return "projection: unreadable"
    for log, tasks in zip(every, planned, strict=True):
        fault = log.rows(tasks)
        if fault:
            return fault
    for table in TABLES:
        if stored.counts[table] != sum(done.counts[table] for log in every for done in log.done):
            return f"projection: {table}, rows that no entry has"
    return ""


def _passed(log: Log, stored: Stored, weights: Weights, holdings: Holdings, at: str, signatures: int) -> Passed | str:
    sizes = sum(done.seen.sizes for done in log.done if done.seen is not None)
    expected = sizes if log.mark is None else sizes - log.mark.sizes
    if signatures != expected:
        return f"{log.origin}: signatures {signatures} of {expected}"
    made = log.projection(stored, weights, holdings)
    if isinstance(made, str):
        return made
    mark = LogMark(
        size=log.size,
        edge=log.edge,
        time=log.time,
        at=at if log.mark is None else log.mark.at,
        sizes=sizes,
        notes=f"{sum(int(done.notes, 16) for done in log.done) % PRIME:x}",
        keys=log.key_entries,
        rows=[(span.end, done.digests[-1]) for span, done in zip(log.spans, log.done, strict=True)],
        ended=made.ended,
        sums={table: f"{value:x}" for table, value in made.sums.items()},
        sites=made.sites,
        touched=made.emptied,
        bare=log.bare,
    )
    fresh = sum(span.end - span.start for span in log.spans if span.fresh)
    gone = [each for done in log.done for each in done.gone]
    key, ended = log.chain.current or b"", log.chain.ended
    return Passed(mark=mark, fresh=fresh, known=log.base, signatures=signatures, key=key, ended=ended, gone=gone)


__all__ = ["SPAN", "Passed", "quick"]
