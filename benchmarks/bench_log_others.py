"""Part of ``benchmarks.bench_log``: the same work in pymerkle, signledger and witness-log (dependency group ``bench``).

The work: batches of events as canonical bytes, each batch durable and covered by a root (ours and witness-log: a signed checkpoint),
then inclusion and consistency proofs at the size reached. What a library does not do is said beside its figure:

- pymerkle keeps entry and hash in SQLite and computes roots and proofs from the leaves, with a cache; no signatures, no ids.
- signledger chains SHA-256 hashes in SQLite, one commit an entry, ``synchronous=NORMAL`` (a commit may be lost to a power cut); its
  trees are built in memory from all entries at once, so no proof is measured. Every entry gets metadata here: its SQLite backend cannot
  read back an entry without any, and then goes on unchained.
- witness-log is written in Rust and appends to a file; here it keeps payloads too and syncs once a batch. No retries told from new
  ones, no database.
"""

from __future__ import annotations

import importlib
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.market import batches
from benchmarks.measure import paired, table
from foodtrace import Ledger
from foodtrace.events import Event
from foodtrace.events.canonical import encode
from foodtrace.graph import projection
from foodtrace.tlog.nodes import consistency_at, inclusion_at


class Way(NamedTuple):
    """One library at work."""

    name: str
    durable: str
    add: Callable[[int], object]
    """Append the batch of a round."""
    inclusion: Callable[[int, int], object] | None = None
    """(index, size) -> proof."""
    consistency: Callable[[int, int], object] | None = None


def section(folder: Path, size: int, rounds: int) -> str:
    """Return the table of the same work in other libraries."""
    made = batches(size, rounds + 1, seed=3)
    data = [[encode(event) for event in batch] for batch in made]
    ways: list[Way] = [_ours(folder, made, whole=True), _ours(folder, made, whole=False)]
    missing: list[str] = []
    for name, make in (("pymerkle", _pymerkle), ("signledger", _signledger), ("witness_log", _witness_log)):
        try:
            module = importlib.import_module(name)
        except ImportError:
            missing.append(name)
            continue
        ways.append(make(module, folder, data))
    got = paired([(way.name, way.add) for way in ways], rounds)
    base = got.median(ways[1].name)
    total, draw = (rounds + 1) * size, random.Random(6)
    rows = [
        [
            way.name,
            f"{got.median(way.name) * 1e6 / size:.1f}",
            f"{got.median(way.name) / base:.2f}x",
            way.durable,
            _proof(way.inclusion, [(draw.randrange(total), total) for _ in range(200)]),
            _proof(way.consistency, [(draw.randrange(1, total), total) for _ in range(200)]),
        ]
        for way in ways
    ]
    head = [f"batches of {size:,}, {total:,} entries", "us an entry", "of our log", "durable", "inclusion ms", "consistency ms"]
    note = "".join(f"\n\n{name} is not installed and was not measured (`make bench` installs it)." for name in missing)
    return table(head, rows) + note


def _proof(prove: Callable[[int, int], object] | None, asked: Sequence[tuple[int, int]]) -> str:
    if prove is None:
        return "none"
    times: list[float] = []
    for one, two in asked:
        start = time.perf_counter()
        prove(one, two)
        times.append(time.perf_counter() - start)
    return f"{statistics.median(times) * 1000:.3f}"


def _ours(folder: Path, made: Sequence[Sequence[Event]], *, whole: bool) -> Way:
    name = "whole" if whole else "log"
    ledger = Ledger.open(f"sqlite:///{folder / name}.db", keys=folder / f"{name}.keys")
    ledger.init("beihe.example/market")

    def add(number: int) -> None:
        if whole:
            ledger.record(made[number])
            return
        with _log_alone():
            ledger.record(made[number])

    def inclusion(index: int, size: int) -> object:
        with ledger.store.read() as session:
            return inclusion_at(session, 1, index, size)

    def consistency(size1: int, size2: int) -> object:
        with ledger.store.read() as session:
            return consistency_at(session, 1, size1, size2)

    said = "foodtrace, with projection" if whole else "foodtrace, the log alone"
    return Way(said, "fsync a batch", add, inclusion, consistency)


@contextmanager
def _log_alone() -> Iterator[None]:
    real: Callable[..., Any] = projection.apply
    projection.apply = lambda *_: {}
    try:
        yield
    finally:
        projection.apply = real


def _pymerkle(module: Any, folder: Path, data: Sequence[Sequence[bytes]]) -> Way:
    tree = module.SqliteTree(str(folder / "pymerkle.db"))

    def add(number: int) -> None:
        tree.append_entries(data[number])
        tree.get_root()

    return Way(
        f"pymerkle {_version('pymerkle')}",
        "fsync a batch",
        add,
        lambda index, size: tree.prove_inclusion(index + 1, size),
        tree.prove_consistency,
    )


def _signledger(module: Any, folder: Path, data: Sequence[Sequence[bytes]]) -> Way:
    backend = importlib.import_module("signledger.backends.sqlite").SQLiteBackend(str(folder / "signledger.db"))
    ledger = module.Ledger(backend=backend, auto_verify=False)
    events = [[json.loads(each) for each in batch] for batch in data]

    def add(number: int) -> None:
        for event in events[number]:
            ledger.append(event, metadata={"source": "market"})

    return Way(f"signledger {_version('signledger')}", "a commit an entry, NORMAL", add)


def _witness_log(module: Any, folder: Path, data: Sequence[Sequence[bytes]]) -> Way:
    log = module.open(str(folder / "witness.jsonl"), store_payloads=True)

    def add(number: int) -> None:
        for event in data[number]:
            log.append_memory(event)
        log.sync()
        log.checkpoint()

    return Way(f"witness-log {_version('witness-log')}", "fsync a batch", add, lambda index, _: log.inclusion_proof(index))


def _version(name: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version(name)
