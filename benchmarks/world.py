"""Makes a benchmark's world: a real ledger of 0.1, 1 or 10 million moves, and a list of lots worth recalling.

    python -m benchmarks.world {S,M,L} FILE [--seed 7] [--last DATE]

Every entry is real: sealed, hashed, signed and projected by ``Ledger.record``, in ten logs. The disk is not waited for while the
file is being built (``synchronous=OFF``), and the page cache is larger; nothing else differs from a ledger in use. The same seed
and last day (today, so that its sites are not silent) give the same events; keys, and so signatures, are fresh. Beside FILE stands FILE.json: the seed, the counts, how many holdings
the recall of a lot reaches, and lots that reach about 150, 10,000, 86,000 and 600,000.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from benchmarks.life import Batch, Life
from benchmarks.scale import DAYS, LOGS, SIZES
from foodtrace import Ledger
from foodtrace.graph.edges import micros
from foodtrace.operations.common import CHINA

TARGETS: Final = {150: 9, 10_000: 3, 86_000: 1, 600_000: 1}
"""Affected holdings wanted -> how many lots are picked that reach about so many."""
NEAR: Final = 0.4
"""A lot reaches about N holdings when it is nearer to it than this share of N."""
_CHUNK: Final = 50_000
_DAY: Final = 86_400_000_000


def build(path: Path, size: str, seed: int, last: dt.date, *, say: bool = False) -> dict[str, Any]:
    """Make a world's ledger; return (and write beside it) what is in it."""
    began = time.perf_counter()
    life = Life(SIZES[size], seed, last)
    first = micros(life.start)
    clock = [first]
    ledger = Ledger.open(f"sqlite:///{path}", keys=path.with_name(path.name + ".keys"), clock=lambda: clock[0])
    events = 0
    gc.disable()  # millions of small things that live for days of the world; there are no cycles among them
    with ledger:
        for log in LOGS:
            ledger.init(log)
        _hurry(ledger)
        for batch in life.batches():
            clock[0] = first + (batch.day + 1) * _DAY
            events += _record(ledger, batch)
            if say and batch.log == LOGS[-1]:
                rate = events / (time.perf_counter() - began)
                print(f"day {batch.day + 1:3} of {DAYS}: {life.moves:,} moves, {events:,} events, {rate:,.0f} a second", flush=True)
        _settle(ledger)
    gc.enable()
    reach = reaches(life)
    made = {
        "size": size,
        "seed": seed,
        "last": last.isoformat(),
        "moves": life.moves,
        "events": events,
        "lots": len(life.lots),
        "holdings": sum(life.places),
        "counts": life.count,
        "affected": _spread(reach),
        "picks": picks(life, reach, seed),
        "seconds": round(time.perf_counter() - began),
        "bytes": path.stat().st_size,
    }
    path.with_suffix(".json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    return made


def _record(ledger: Ledger, batch: Batch) -> int:
    for start in range(0, len(batch.events), _CHUNK):
        part = batch.events[start : start + _CHUNK]
        ledger.record(part, log=batch.log, personal=batch.personal)
    return len(batch.events)


def _hurry(ledger: Ledger) -> None:
    """Do not wait for the disk: a world that breaks while it is being built is built again."""
    with ledger.store.read() as session:
        pass  # the store has one connection from here on, and this thread keeps getting it
    with ledger.store._borrow() as connection:  # type: ignore[attr-defined]  # noqa: SLF001
        for pragma in ("synchronous=OFF", "cache_size=-1500000", "wal_autocheckpoint=100000"):
            connection.execute(f"PRAGMA {pragma}")
    del session


def _settle(ledger: Ledger) -> None:
    with ledger.store._borrow() as connection:  # type: ignore[attr-defined]  # noqa: SLF001
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA synchronous=FULL")


def reaches(life: Life) -> list[int]:
    """Return how many holdings the recall of each lot reaches: those of the lot and of all that was made from it."""
    found: list[int] = []
    for lot in range(len(life.lots)):
        if lot not in life.children:
            found.append(life.places[lot])
            continue
        seen, waiting = {lot}, [lot]
        while waiting:
            for child in life.children.get(waiting.pop(), ()):
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        found.append(sum(life.places[each] for each in seen))
    return found


def _spread(reach: list[int]) -> dict[str, Any]:
    ordered = sorted(reach)
    quantiles = {f"p{percent:g}": ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] for percent in (10, 50, 90, 99, 99.9)}
    above: dict[str, int] = defaultdict(int)
    for each in ordered:
        for bound in (1_000, 10_000, 100_000, 1_000_000):
            above[f"over_{bound}"] += each > bound
    return {**quantiles, "most": ordered[-1], **above}


def picks(life: Life, reach: list[int], seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return, per target, lots that reach about so many holdings; none where the world has none."""
    dice, chosen = random.Random(seed), {}
    for target, count in TARGETS.items():
        near = sorted((abs(each - target), lot) for lot, each in enumerate(reach) if abs(each - target) <= NEAR * target)
        nearest = near[: max(count, len(near) // 20)]
        some = sorted(dice.sample(nearest, min(count, len(nearest)))) if count > 1 else nearest[:1]
        chosen[str(target)] = [{"lot": life.lots[lot], "affected": reach[lot]} for _, lot in some]
    worst = max(range(len(reach)), key=reach.__getitem__)
    return {**chosen, "most": [{"lot": life.lots[worst], "affected": reach[worst]}]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=list(SIZES))
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--last", type=dt.date.fromisoformat, default=dt.datetime.now(CHINA).date())
    options = parser.parse_args()
    if options.file.exists():
        parser.error(f"{options.file} is there already")
    made = build(options.file, options.size, options.seed, options.last, say=True)
    print(json.dumps(made, indent=1))


if __name__ == "__main__":
    main()
