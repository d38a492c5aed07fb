"""Verifying a large log, against reading its rows and hashing them.

    python -m benchmarks.bench_verify [--entries 1000000] [--rounds 3]

Rules:

1. The base reads every entry row of the log by the driver's cursor and computes the SHA-256 of its bytes, and nothing else: in one
   process, from a file that the operating system has at hand. Everything runs turn and turn about (``benchmarks.measure.paired``).
   The goal is about this base. A second one reads the other rows as well that a verification reads: nodes, checkpoints, names and the
   projection, with all their columns: it stands there to say how much of the cost is reading.
2. A full verification reads the same rows, and the nodes, checkpoints and projection as well; it is given no mark. An incremental one
   finds the mark of a run over all entries but the last batch.
3. Signatures depend on how many batches there were, so they are timed by themselves.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.market import events, master
from benchmarks.measure import against, paired, table, verdict
from foodtrace import Ledger
from foodtrace.events import Event
from foodtrace.events.lean import Texts
from foodtrace.graph.check import TABLES
from foodtrace.graph.stored import Stored, last_name
from foodtrace.graph.weights import Weights
from foodtrace.opening import logs
from foodtrace.tlog.span import look
from foodtrace.verification import Verification
from foodtrace.verification.quick import Log
from foodtrace.verification.tasks import Hand, SignTask

ORIGIN: Final = "beihe.example/market"
GOAL: Final = 6.0
_BATCH: Final = 1000
BOUND: Final = (
    "What bounds it: decoding an entry and encoding it again, to see that its form is the only one; matching its texts with their patterns;",
    "deriving its effects; and reading the projection, of which every row of an entry is looked up by it. Two processes halve the sum where",
    "two cores are free. Processor time grows with what else runs on the machine, and more so here than for the base, which is mostly SHA-256.",
)


def say(text: str) -> None:
    """Say on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)


def build(folder: Path, entries: int) -> None:
    """Record a market's events in batches of a thousand."""
    with Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys") as ledger:
        ledger.init(ORIGIN)
        ledger.record(master())
        have = 1 + len(master())
        source = events()
        while have < entries:
            batch: list[Event] = [next(source) for _ in range(min(_BATCH, entries - have))]
            ledger.record(batch)
            have += len(batch)
            if have // 100_000 != (have - len(batch)) // 100_000:
                say(f"  {have:,} entries")


def hashed(path: Path) -> int:
    """Read and hash every entry: the base."""
    connection = sqlite3.connect(path)
    count = 0
    for _, _, leaf, data in connection.execute("SELECT seq, id, leaf, bytes FROM entry ORDER BY log, seq"):
        if sha256(b"\0" + data).digest() == leaf:
            count += 1
    connection.close()
    return count


def all_read(path: Path) -> int:
    """Read and hash every entry, and read every other row that a full verification reads."""
    count = hashed(path)
    connection = sqlite3.connect(path)
    for name in ("node", "checkpoint", "name", *TABLES):
        for _ in connection.execute(f"SELECT * FROM {name}"):
            count += 1
    connection.close()
    return count


def stages(path: Path) -> list[tuple[str, float]]:
    """Return what a full verification consists of, with processor seconds of each, in one process."""
    spent: list[tuple[str, float]] = []

    def timed(name: str, work: Callable[[], object], less: float = 0.0) -> float:
        start = time.process_time()
        work()
        spent.append((name, time.process_time() - start - less))
        return spent[-1][1]

    with Ledger.open(f"sqlite:///{path}", keys=path.parent / "keys") as ledger, ledger.reading() as session:
        (state,) = logs(session)
        log, weights = Log(session, state, None), Weights(bytes(32))
        names, texts, hand = last_name(session), Texts(), Hand(session, weights)
        holdings, tasks = hand.holdings(names), log.tasks(names)
        stored = Stored(session, weights, holdings, {log.number})
        seen = timed("entries: read, hashed, form, links, tree", lambda: [look(session, span, texts=texts) for span in log.spans])
        timed("rows of entries: derived, read, compared, sums added up", lambda: log.done.extend(map(hand.carry_out, tasks)), seen)
        timed("stored sums: read and added up", lambda: list(stored.steps()))
        timed("counts and ids", lambda: [*log.count(), log.joined()])
        timed("signatures", lambda: [hand.carry_out(task) for task in log.signed])
    return spent


def lines(folder: Path, entries: int, rounds: int) -> list[str]:
    """Measure a ledger that :func:`build` made; return Markdown."""
    path, keys = folder / "x.db", folder / "keys"

    def verify(*, full: bool, helpers: int) -> Verification:
        with Ledger.open(f"sqlite:///{path}", keys=keys) as ledger:
            found = ledger.verify(full=full, helpers=helpers)
        assert found.ok
        assert found.processes == 1 + helpers
        return found

    start = time.perf_counter()
    first = verify(full=True, helpers=1)
    say(f"  first verification: {time.perf_counter() - start:.1f} s")
    marks = [(each, each.read_bytes()) for each in keys.glob("*.verified")]
    with Ledger.open(f"sqlite:///{path}", keys=keys) as ledger:
        source = events(2)
        ledger.record([msgspec.structs.replace(next(source), id=f"late-{n:06d}") for n in range(_BATCH)])

    def incremental(_: int) -> None:
        for place, data in marks:
            place.write_bytes(data)
        assert verify(full=False, helpers=1).fresh == _BATCH

    ways = (
        ("read and hash", lambda _: hashed(path)),
        ("the same, and read all other rows", lambda _: all_read(path)),
        ("full, two processes", lambda _: verify(full=True, helpers=1)),
        ("full, one process", lambda _: verify(full=True, helpers=0)),
        ("incremental, two processes", incremental),
    )
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in ways}
    got = paired([(name, _counting(way, spent[name])) for name, way in ways], rounds)
    own_time, larger = {}, {}
    for name, each in spent.items():
        own_time[name] = statistics.median(sum(pair) for pair in each[1:])  # the first round only warms up
        larger[name] = statistics.median(max(pair) for pair in each[1:])
    each_signature, count = _signatures(path)
    base, total = "read and hash", entries + _BATCH
    rows = [
        (
            name,
            f"{got.median(name):.2f}",
            f"{got.median(name) / total * 1e6:.1f}",
            "1" if name == base else against(got, name, base),
            f"{own_time[name] / total * 1e6:.1f}",
            f"{larger[name] / total * 1e6:.1f}",
        )
        for name, _ in ways
    ]
    estimate = larger["full, two processes"] / own_time[base]
    ratio = got.ratio("full, two processes", base)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    helper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    parts = stages(path)
    return [
        f"A log of {total:,} entries in batches of {_BATCH:,} (`benchmarks.market`), {path.stat().st_size / 2**20:,.0f} MiB, SQLite; medians of",
        f"{rounds} rounds. Compared to reading the entry rows and hashing their bytes, in one process; that is what the goal is about. The second",
        "row also reads the nodes, checkpoints, names and rows of the projection, which a verification has to read too.",
        "",
        table(
            ("what", "seconds", "µs an entry", "to reading and hashing", "processor µs an entry, all processes", "of the busier process"),
            rows,
        ),
        "",
        "Seconds are by the clock and depend on what else runs; processor time does so less. The busier of the two processes used",
        f"{estimate:.1f} times the processor time of the base: an estimate of what two free cores would give, not a measured ratio.",
        "",
        "What a full verification consists of, one stage after the other in one process:",
        "",
        table(("stage", "processor µs an entry"), [(name, f"{seconds / total * 1e6:.1f}") for name, seconds in parts]),
        "",
        f"Full verification in two processes, at most {GOAL:.0f}x asked: {verdict(ratio, GOAL)}. It compares {first.projection_rows:,} rows of the",
        f"projection too. Signatures are in it: {count:,} of them, {each_signature * 1e6:.0f} µs each in one process, together",
        f"{count * each_signature:.2f} s; a log of single events has one for each event. Most memory: {own:,.0f} MiB in this process (the",
        f"benchmark with it), {helper:,.0f} MiB in the other.",
        "",
        *BOUND,
    ]


def _counting(way: Callable[[int], object], spent: list[tuple[float, float]]) -> Callable[[int], object]:
    """Return a way that also notes the processor seconds of this process and of those that ended within it."""

    def counted(number: int) -> object:
        before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        result = way(number)
        after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own, helper = (b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))
        spent.append((own, helper))
        return result

    return counted


def _signatures(path: Path) -> tuple[float, int]:
    """Return seconds for one checkpoint's signature with everything around it, and how many there are."""
    with Ledger.open(f"sqlite:///{path}", keys=path.parent / "keys") as ledger, ledger.reading() as session:
        (state,) = logs(session)
        log = Log(session, state, None)
        key = log.event(0)
        public = bytes.fromhex(getattr(key, "public", ""))
        task = SignTask(log=state.number, origin=state.origin, after=0, to=state.size, keys=(public,), key_entry=0)
        start = time.perf_counter()
        done = Hand(session, Weights(bytes(32))).carry_out(task)
        assert done.holds
        return (time.perf_counter() - start) / done.signatures, done.signatures


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        say(f"building {asked.entries:,} entries")
        build(Path(folder), asked.entries)
        print("\n".join(lines(Path(folder), asked.entries, asked.rounds)))


if __name__ == "__main__":
    main()
