"""Part of ``benchmarks.bench_log``: proofs from a large log, and what the tree nodes they are read from cost at append."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from benchmarks.market import events
from benchmarks.measure import paired, table, verdict
from foodtrace.events.canonical import encode
from foodtrace.keys import SigningKey
from foodtrace.storage.sqlite import SqliteStore
from foodtrace.tlog.append import append, lock_head, new_log
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.merkle import verify_consistency, verify_inclusion
from foodtrace.tlog.nodes import consistency_at, inclusion_at, root_at

BATCH: Final = 1_000
TIME: Final = 1_790_000_000_000_000


class _WithoutNodes(Frontier):
    """A frontier that hands out no nodes to store."""

    def copy(self) -> Self:
        return self.from_bytes(self.to_bytes())

    def extend(self, leaf_hashes: object) -> list[tuple[int, int, bytes]]:
        super().extend(leaf_hashes)  # type: ignore[arg-type]
        return []


class Log:
    """A log alone, filled through ``tlog.append`` with one event's bytes under many ids."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path, create=True)
        self.store.create()
        self.key = SigningKey("beihe.example/market", bytes(range(32)))
        with self.store.write() as session:
            self.number = new_log(session, self.key.name)
        self.data = [encode(event) for event, _ in zip(events(), range(BATCH), strict=False)]
        self.size = 0

    def add(self, frontier: type[Frontier] = Frontier) -> None:
        """Append one batch in one transaction."""
        items = [(f"E-{self.size + n:09d}", data) for n, data in enumerate(self.data)]
        with self.store.write() as session:
            head = lock_head(session, self.number)
            head = head._replace(frontier=frontier.from_bytes(head.frontier.to_bytes()))
            append(session, self.number, self.key.name, head, items, TIME, [self.key], key_seq=0, key_id=self.key.key_id)
        self.size += BATCH


def section(folder: Path, entries: int, proofs: int) -> str:
    """Return the table of proofs."""
    log = Log(folder / "proofs.db")
    while log.size < entries:
        log.add()
    draw = random.Random(5)
    one = _times(proofs, lambda: _inclusion(log, draw.randrange(log.size), log.size))
    sized = _times(proofs, lambda: _inclusion_at_any(log, draw))
    two = _times(proofs, lambda: _consistency(log, draw))
    nodes = _nodes(folder)
    rows = [
        [f"inclusion proof at size {log.size:,}", *_cells(one), "1 ms", verdict(one[len(one) // 2], 1)],
        ["inclusion proof at any size up to it", *_cells(sized), "1 ms", verdict(sized[len(sized) // 2], 1)],
        ["consistency proof between any two sizes", *_cells(two), "1 ms", verdict(two[len(two) // 2], 1)],
    ]
    return (
        table([f"{proofs:,} of each, log of {log.size:,} entries", "median ms", "95 % ms", "goal", ""], rows)
        + "\n\nEach proof is read in a transaction of its own and checked against the root afterwards (not timed). "
        + nodes
    )


def _cells(times: list[float]) -> list[str]:
    return [f"{statistics.median(times):.3f}", f"{times[len(times) * 95 // 100]:.3f}"]


def _times(count: int, one: Callable[[], float]) -> list[float]:
    return sorted(one() for _ in range(count))


def _inclusion(log: Log, index: int, size: int) -> float:
    start = time.perf_counter()
    with log.store.read() as session:
        proof = inclusion_at(session, log.number, index, size)
    taken = time.perf_counter() - start
    with log.store.read() as session:
        row = session.row("SELECT leaf FROM entry WHERE log = ? AND seq = ?", (log.number, index))
        assert row is not None
        verify_inclusion(index=index, size=size, leaf_hash=bytes(row[0]), proof=proof, root=root_at(session, log.number, size))
    return taken * 1000


def _inclusion_at_any(log: Log, draw: random.Random) -> float:
    size = draw.randrange(1, log.size + 1)
    return _inclusion(log, draw.randrange(size), size)


def _consistency(log: Log, draw: random.Random) -> float:
    size1, size2 = sorted(draw.randrange(1, log.size + 1) for _ in range(2))
    start = time.perf_counter()
    with log.store.read() as session:
        proof = consistency_at(session, log.number, size1, size2)
    taken = time.perf_counter() - start
    with log.store.read() as session:
        roots = {size: root_at(session, log.number, size) for size in (size1, size2)}
        verify_consistency(size1=size1, size2=size2, root1=roots[size1], root2=roots[size2], proof=proof)
    return taken * 1000


def _nodes(folder: Path, rounds: int = 100) -> str:
    """Return what storing nodes adds to an append: the same appends with and without, turn and turn about.

    The difference is far below the noise of fsync, so it is one of processor time; the seconds stand beside it.
    """
    stored, bare = Log(folder / "with.db"), Log(folder / "without.db")
    spent: dict[str, list[float]] = {"with": [], "without": []}

    def timed(name: str, log: Log, frontier: type[Frontier]) -> None:
        start = time.thread_time()
        log.add(frontier)
        spent[name].append(time.thread_time() - start)

    got = paired(
        [("with", lambda _: timed("with", stored, Frontier)), ("without", lambda _: timed("without", bare, _WithoutNodes))], rounds
    )
    gap = (statistics.median(spent["with"]) - statistics.median(spent["without"])) * 1e6 / BATCH
    return (
        f"The stored nodes cost {gap:.2f} us of processor time an event at append (goal 1 us: {verdict(gap, 1)}; medians of {rounds} batches "
        f"of {BATCH:,} each way, in turn; by the clock {got.median('with') * 1e6 / BATCH:.1f} us an event with them, "
        f"{got.median('without') * 1e6 / BATCH:.1f} us without)."
    )
