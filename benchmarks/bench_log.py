"""The log: what recording costs against bare sqlite3, what a proof costs, and the same work in other libraries.

    python -m benchmarks.bench_log [--only batch single proof others] [--batches 60] [--singles 400] [--entries 1000000]

Rules:

1. Everything runs in this process on one disk, turn and turn about (``benchmarks.measure.paired``); events are a market's
   (``benchmarks.market``), seeded.
2. The raw side writes the very rows, through the statements a ledger uses, into the same tables with the same indexes and triggers,
   under the same pragmas, in one transaction (``benchmarks.replay``); it builds, hashes, signs, encodes and looks up nothing.
3. ``record`` is the whole call: checks of every field, encoding, retries told apart, hashing, tree nodes, signature, projection,
   COMMIT with fsync, and the anchor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import bench_log_others, bench_log_pages, bench_log_proofs, bench_log_stages, replay
from benchmarks.market import batches, master
from benchmarks.measure import against, paired, table, verdict
from foodtrace import Ledger
from foodtrace.events import Event
from foodtrace.graph import projection

ORIGIN: Final = "beihe.example/market"
PARTS: Final = ("batch", "single", "proof", "others")


def say(text: str) -> None:
    """Say on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)


def ledger_in(folder: Path, name: str) -> Ledger:
    """Make a ledger with the market's sites on record."""
    ledger = Ledger.open(f"sqlite:///{folder / name}.db", keys=folder / f"{name}.keys")
    ledger.init(ORIGIN)
    ledger.record(master())
    return ledger


def _no_effects(_origin: str, events: Sequence[object]) -> list[None]:
    return [None] * len(events)


def _no_rows(*_: object) -> dict[str, int]:
    return {}


@contextmanager
def without_projection() -> Iterator[None]:
    """Record the log alone meanwhile."""
    known = vars(projection)  # no patching of objects: it would take longer than what is timed
    real = {name: known[name] for name in ("apply", "told")}
    known.update(apply=_no_rows, told=_no_effects)
    try:
        yield
    finally:
        known.update(real)


def written_by(folder: Path, name: str, made: Sequence[Sequence[Event]]) -> tuple[replay.Written, list[replay.Written]]:
    """Return the rows of a new ledger with its sites, and the rows of each batch recorded after them."""
    ledger = Ledger.open(f"sqlite:///{folder / name}.db", keys=folder / f"{name}.keys")
    ledger.store.create()
    first: replay.Written = []
    with replay.noting(ledger, first):
        ledger.init(ORIGIN)
        ledger.record(master())
    rows = replay.rows_of(ledger, made)
    ledger.close()
    return first, rows


def batch(folder: Path, size: int, rounds: int) -> str:
    """Record in batches, with projection and without, against the same rows raw."""
    say(f"batches of {size}, {rounds} rounds")
    made = batches(size, rounds + 1)
    first, rows = written_by(folder, "noted", made)
    entries = [[(sql, each) for sql, each in written if sql.startswith("INSERT INTO entry")] for written in rows]
    raw, alone = replay.empty(folder / "raw.db"), replay.empty(folder / "alone.db")
    replay.write(raw, first)
    replay.write(alone, [(sql, each) for sql, each in first if sql.startswith("INSERT INTO entry")])
    ours, log = ledger_in(folder, "ours"), ledger_in(folder, "log")

    def log_only(number: int) -> None:
        with without_projection():
            log.record(made[number])

    got = paired(
        [
            ("record", lambda number: ours.record(made[number])),
            ("rows", lambda number: replay.write(raw, rows[number])),
            ("log", log_only),
            ("entries", lambda number: replay.write(alone, entries[number])),
        ],
        rounds,
    )
    count = sum(len(each) for _, each in rows[-1])
    per = {name: f"{got.median(name) * 1e6 / size:.1f}" for name in got.names}
    assert ours.verify().ok, "what was measured must hold"
    return table(
        ["batches of " + f"{size:,}", "us an event", "events/s", "against", "ratio", "goal", ""],
        [
            [
                "record, with projection",
                per["record"],
                f"{size / got.median('record'):,.0f}",
                f"all its {count:,} rows raw: {per['rows']} us",
                against(got, "record", "rows"),
                "2x",
                verdict(got.ratio("record", "rows"), 2),
            ],
            [
                "log without projection",
                per["log"],
                f"{size / got.median('log'):,.0f}",
                f"the {size:,} entry rows raw: {per['entries']} us",
                against(got, "log", "entries"),
                "5x",
                verdict(got.ratio("log", "entries"), 5),
            ],
        ],
    )


def single(folder: Path, rounds: int) -> str:
    """Record one event per commit, with the anchor, against a raw one-row commit."""
    say(f"one event per commit, {rounds} rounds")
    made = batches(1, rounds + 10, seed=2)
    first, rows = written_by(folder, "noted1", made)
    entries = [[(sql, each) for sql, each in written if sql.startswith("INSERT INTO entry")] for written in rows]
    raw, alone = replay.empty(folder / "raw1.db"), replay.empty(folder / "alone1.db")
    replay.write(raw, first)
    replay.write(alone, [(sql, each) for sql, each in first if sql.startswith("INSERT INTO entry")])
    ours, log = ledger_in(folder, "ours1"), ledger_in(folder, "log1")

    def log_only(number: int) -> None:
        with without_projection():
            log.record(made[number])

    got = paired(
        [
            ("record", lambda number: ours.record(made[number])),
            ("log", log_only),
            ("one", lambda number: replay.write(alone, entries[number])),
            ("rows", lambda number: replay.write(raw, rows[number])),
        ],
        rounds,
        warm=10,
    )
    micro = {name: f"{got.median(name) * 1e6:.0f}" for name in got.names}
    one = f"a raw commit of the entry row: {micro['one']} us"
    staged, last = ledger_in(folder, "staged1"), replay.empty(folder / "last1.db")
    replay.write(last, [(sql, each) for sql, each in first if sql.startswith("INSERT INTO entry")])
    stages = bench_log_stages.section(staged, made, lambda number: replay.write(last, entries[number]), warm=10)
    paged, sheet = ledger_in(folder, "paged1"), replay.empty(folder / "sheet1.db")
    replay.write(sheet, [(sql, each) for sql, each in first if sql.startswith("INSERT INTO entry")])
    pages = bench_log_pages.section(
        folder / "paged1.db",
        lambda number: paged.record(made[number]),
        folder / "sheet1.db",
        lambda number: replay.write(sheet, entries[number]),
        rounds,
    )
    assert ours.verify().ok, "what was measured must hold"
    singles = table(
        ["one event per commit", "us", "against", "ratio", "goal", ""],
        [
            [
                "record, with projection",
                micro["record"],
                one,
                against(got, "record", "one"),
                "1.8x",
                verdict(got.ratio("record", "one"), 1.8),
            ],
            ["log without projection", micro["log"], one, against(got, "log", "one"), "", ""],
            [
                "record, with projection",
                micro["record"],
                f"a raw commit of all its rows: {micro['rows']} us",
                against(got, "record", "rows"),
                "",
                "",
            ],
        ],
    )
    bound = (
        f"What bounds it: all its rows written raw take {got.ratio('rows', 'one'):.2f}x, before anything is checked, hashed or signed.\n"
        f"The rest, {(got.median('record') - got.median('rows')) * 1e6:.0f} us, is the signature, the anchor's file and the library's "
        "own steps, by stage; pages follow."
    )
    return f"{singles}\n\n{bound}\n\n{stages}\n\n{pages}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--size", type=int, default=1_000, help="events in a batch")
    options.add_argument("--batches", type=int, default=60, help="rounds of batches")
    options.add_argument("--singles", type=int, default=400, help="rounds of one event per commit")
    options.add_argument("--entries", type=int, default=1_000_000, help="entries of the log that proofs are made from")
    options.add_argument("--proofs", type=int, default=1_000, help="proofs of each kind")
    options.add_argument("--others", type=int, default=20, help="rounds against other libraries")
    args = options.parse_args()
    parts: dict[str, Callable[[Path], str]] = {
        "batch": lambda folder: batch(folder, args.size, args.batches),
        "single": lambda folder: single(folder, args.singles),
        "proof": lambda folder: bench_log_proofs.section(folder, args.entries, args.proofs),
        "others": lambda folder: bench_log_others.section(folder, args.size, args.others),
    }
    for name in PARTS:
        if name in args.only:
            with tempfile.TemporaryDirectory() as folder:
                print(parts[name](Path(folder)) + "\n", flush=True)


if __name__ == "__main__":
    main()
