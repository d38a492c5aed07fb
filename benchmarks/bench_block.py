"""What it costs that every sale, transfer and entry is asked of every recall case.

    python -m benchmarks.bench_block [--worlds DIRECTORY] [--size M] [--goods 60]

A world (:mod:`benchmarks.world`) is copied, and cases are opened in the copy, of each kind none, one and fifty: on lots, by rules that
mean a product from a day on, on what left a site or lay at it in a window. Random goods, a lot at a place that has it, are then sent on, a
gram each, with all that sending them asks, signs and commits. Beside it stands the check alone, which every door asks (gate, till,
transfer, use, packing). Cases that stand against the goods refuse them; the refusal is an entry as well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.bench_recall import WORLDS, World, worlds
from benchmarks.measure import table
from benchmarks.scale import INGREDIENTS, LOGS, PROCESSED, PRODUCTS, TRADE
from foodtrace import Ledger, Quantity
from foodtrace.errors import Refused
from foodtrace.events import Clause, LeftClause, LotsClause, PredicateClause, RecallOpened, ThroughClause
from foodtrace.graph.edges import micros
from foodtrace.operations import goods
from foodtrace.operations.blocking import blocks
from foodtrace.operations.common import CHINA, Doing

MANY = 50


class Sample(NamedTuple):
    """What is asked about, and what cases are opened on."""

    goods: list[tuple[str, str]]
    """(lot, a site that has or had it)."""
    others: list[str]
    """Lots of other goods."""
    busy: str
    """The site with the most lots."""
    sites: list[str]


def sample(path: Path, count: int) -> Sample:
    """Draw goods and others at random, the same of every run."""
    draw = random.Random(5)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as world:
        lots = sorted(row[0] for row in world.execute("SELECT DISTINCT lot FROM lot_fact"))
        draw.shuffle(lots)
        found: list[tuple[str, str]] = []
        for lot in lots[:count]:
            there = world.execute(
                "SELECT n.text, s.text FROM holding AS h JOIN name AS n ON n.id = h.lot JOIN name AS s ON s.id = h.site "
                "WHERE h.lot = ? AND h.flows > 0 ORDER BY h.site",
                (lot,),
            ).fetchall()
            found.append(draw.choice(there))
        others = [world.execute("SELECT text FROM name WHERE id = ?", (lot,)).fetchone()[0] for lot in lots[count : count + MANY]]
        sites = [
            row[0]
            for row in world.execute(
                "SELECT n.text FROM (SELECT site, COUNT(*) AS lots FROM holding GROUP BY site ORDER BY lots DESC LIMIT 200) AS h "
                "JOIN name AS n ON n.id = h.site ORDER BY h.lots DESC"
            )
        ]
    return Sample(found, others, sites[0], draw.sample(sites, MANY))


def scopes(drawn: Sample, last: dt.date) -> Iterator[tuple[str, list[Clause]]]:
    """Iterate over (name, the scope of each case)."""

    def day(back: int) -> dt.datetime:
        return dt.datetime.combine(last - dt.timedelta(days=back), dt.time(0), tzinfo=CHINA)

    named = [*PRODUCTS, *PROCESSED, *INGREDIENTS]
    rules: list[Clause] = [
        PredicateClause(product=named[n % len(named)], produced_from=last - dt.timedelta(days=9 + n)) for n in range(MANY)
    ]
    left: list[Clause] = [LeftClause(site=drawn.busy, start=day(n + 1), end=day(n)) for n in range(MANY)]
    yield "no case", []
    yield "1 on a lot", [LotsClause(lots=(drawn.others[0],))]
    yield f"{MANY} on lots", [LotsClause(lots=(lot,)) for lot in drawn.others]
    yield "1 by a rule", rules[:1]
    yield f"{MANY} by rules", rules
    yield "1 on what left the busiest site", left[:1]
    yield f"{MANY} on what left it, a day each", left
    yield "1 on what lay at it", [ThroughClause(site=drawn.busy, start=day(2), end=day(1))]
    yield f"{MANY} on what lay at as many sites", [ThroughClause(site=site, start=day(2), end=day(1)) for site in drawn.sites]


def measured(world: World, meant: Sequence[Clause], drawn: Sample, folder: Path) -> tuple[list[float], list[float], int]:
    """Open cases in a copy of a world; return milliseconds of the processor of each check and of each transfer, and how many were refused."""
    path = folder / "world.db"
    shutil.copy(world.path, path)
    shutil.copytree(f"{world.path}.keys", f"{path}.keys", dirs_exist_ok=True)
    now = dt.datetime.fromisoformat(world.about["last"]).replace(hour=23, tzinfo=CHINA) + dt.timedelta(days=1)
    alone: list[float] = []
    whole: list[float] = []
    held = 0
    clock = [now]
    with Ledger.open(f"sqlite:///{path}", keys=f"{path}.keys", clock=lambda: micros(clock[0])) as ledger:
        opened = [
            RecallOpened(id=f"case{n}", at=now, site=drawn.busy, case=f"2026-{n + 1:04d}", scope=(each,), level=1, reason="x", known=now)
            for n, each in enumerate(meant)
        ]
        if opened:
            ledger.record(opened, log=LOGS[TRADE], confirm_clock=True)
        with ledger.reading() as session:
            for turn in range(2):  # the first loads what is loaded once
                for lot, site in drawn.goods[: None if turn else 3]:
                    begun = time.process_time()
                    blocks(session, lot, micros(now) + 1, site)
                    alone.append((time.process_time() - begun) * 1000)
        for number, (lot, site) in enumerate(drawn.goods):
            clock[0] += dt.timedelta(seconds=1)
            doing = Doing(now=clock[0], by="7", id=f"sent{number}", log=ledger.writer(LOGS[TRADE]).number)
            begun = time.process_time()
            try:
                ledger.act(
                    lambda session, lot=lot, site=site, doing=doing: goods.transfer(  # type: ignore[misc]
                        session, doing, lot, Quantity(1, "g"), drawn.busy, source=site, allow_short=True
                    ),
                    log=LOGS[TRADE],
                )
            except Refused:
                held += 1
            whole.append((time.process_time() - begun) * 1000)
    return alone[3:], whole[3:], held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--size", default="M")
    parser.add_argument("--goods", type=int, default=60)
    options = parser.parse_args()
    world = worlds(options.worlds, [options.size])[options.size]
    drawn = sample(world.path, options.goods)
    rows: list[list[str]] = []
    base = 0.0
    for name, meant in scopes(drawn, dt.date.fromisoformat(world.about["last"])):
        with tempfile.TemporaryDirectory() as folder:
            alone, whole, held = measured(world, meant, drawn, Path(folder))
        middle = statistics.median(whole)
        base = base or middle
        more = f"{middle - base:+,.2f}" if rows else ""
        rows.append(
            [name, f"{statistics.median(alone):,.2f}", f"{max(alone):,.1f}", f"{middle:,.2f}", more, f"{held} of {len(drawn.goods)}"]
        )
    print("### What open cases cost a transfer\n")
    print(
        f"World {world.size}, {world.about['moves']:,} moves, SQLite. Milliseconds of the processor; medians over {len(drawn.goods)} random"
    )
    print(
        "lots where they lie, and the worst of them. A check looks at what the lot was made from (and, by papers, may be), under every case that"
    )
    print(
        "names one of these lots, is a rule or is a window; what a case means besides is not walked. Two things are: goods without lot, and a lot"
    )
    print("that may be what a window's site sent on without naming a lot, are asked of the whole case.\n")
    print(table(["open cases", "the check", "worst", "a transfer", "more than with none", "refused"], rows) + "\n")


if __name__ == "__main__":
    main()
