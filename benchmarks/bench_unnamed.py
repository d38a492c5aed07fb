"""A recall in a market where nearly all goods are sold without lot.

    python -m benchmarks.bench_unnamed [--moves 100000] [--rounds 3]

Farms bring lots to wholesale stalls, each of which deals in a few products; the wholesale stalls sell to retail stalls without naming a
lot: of ten moves one has a lot. In fifty sales one goes from a retail stall to another. What a recall reaches is large by the nature of
the records: every stall that got such a product from whoever had the lot is possible, and what it sent on as well. What else
these stalls got and sold has to be looked at too: whether a load of an unknown product can have been these goods follows from what else
lay there. So the time is told for each record (holding, or load without lot) at the stalls of the answer, in markets of two sizes: it may
not grow with the market. The lots came at equal distances of time; the
first reaches most. Beside it stands a bare walk with ``sqlite3`` over the same tables, which finds the places and nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bench_recall import child
from benchmarks.measure import table, verdict
from foodtrace import Ledger, Quantity
from foodtrace.events import Event, MarketEntry, Site, Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations.common import CHINA

START: Final = dt.datetime(2025, 9, 1, 2, tzinfo=CHINA)
PRODUCTS: Final = tuple(f"菜{n:02}" for n in range(30))
RETAIL: Final = 1_960
WHOLESALE: Final = 40
DEALS: Final = 3
"""Products of a wholesale stall."""
GROWTH: Final = 1.5
"""How many times as much a record may cost in the market that is four times as large."""
_HALF: Final = 4
_CHUNK: Final = 20_000


class Market(NamedTuple):
    """A market on record."""

    path: Path
    moves: int
    lots: tuple[str, ...]
    """Lots asked about, from the middle of the days."""


def events(moves: int, seed: int) -> Iterator[Event]:
    """Iterate over what happens, in the order of time."""
    draw = random.Random(seed)
    deals = [draw.sample(range(len(PRODUCTS)), DEALS) for _ in range(WHOLESALE)]
    yield Site(id="s-market", at=START, site="MARKET", operator="MARKET", kind="market", name="批发市场")
    for n in range(WHOLESALE):
        yield Site(id=f"s-w{n}", at=START, site=f"W-{n:04}", operator=f"W-{n:04}", kind="stall", name=f"批发{n}", parent="MARKET")
    for n in range(RETAIL):
        yield Site(id=f"s-r{n}", at=START, site=f"R-{n:04}", operator=f"R-{n:04}", kind="retail_stall", name=f"零售{n}")
    for n in range(moves):
        at = START + dt.timedelta(seconds=n * 25)
        stall = draw.randrange(WHOLESALE)
        if n % 10 == 0:
            yield MarketEntry(
                id=f"e{n:07}",
                at=at,
                site="MARKET",
                stall=f"W-{stall:04}",
                decision="admitted",
                lot=f"F-{n % 500:03}/L{n:07}",
                product=PRODUCTS[draw.choice(deals[stall])],
                quantity=Quantity(500_000, "g"),
            )
            continue
        onward = n % 50 == 1
        yield Transfer(
            id=f"t{n:07}",
            at=at,
            site=f"R-{draw.randrange(RETAIL):04}" if onward else f"W-{stall:04}",
            to=f"R-{draw.randrange(RETAIL):04}",
            product=PRODUCTS[draw.randrange(len(PRODUCTS)) if onward else draw.choice(deals[stall])],
            quantity=Quantity(draw.randint(1, 60) * 500, "g"),
        )


def made(folder: Path, moves: int, lots: int, seed: int = 11) -> Market:
    """Put a market on record."""
    now = [micros(START + dt.timedelta(seconds=moves * 25 + 3_600))]
    path = folder / f"m{moves}.db"
    with Ledger.open(f"sqlite:///{path}", keys=folder / f"keys{moves}", clock=lambda: now[0]) as ledger:
        ledger.init("market.example/1", operator="MARKET")
        batch: list[Event] = []
        for event in events(moves, seed):
            batch.append(event)
            if len(batch) == _CHUNK:
                ledger.record(batch)
                batch = []
        ledger.record(batch)
    places = [moves * part // (lots + 1) // 10 * 10 for part in range(1, lots + 1)]
    return Market(path, moves, tuple(f"F-{n % 500:03}/L{n:07}" for n in places))


def in_process(market: Market, rounds: int) -> list[tuple[int, int, float]]:
    """Return (holdings, records at their stalls, processor milliseconds) of the recall of each lot, medians of rounds."""
    found: list[tuple[int, int, float]] = []
    now = micros(START + dt.timedelta(seconds=market.moves * 25 + 7_200))
    with Ledger.open(f"sqlite:///{market.path}", keys=market.path.parent / f"keys{market.moves}", clock=lambda: now) as ledger:
        for lot in market.lots:
            answer, taken = ledger.recall(lot), []
            for _ in range(rounds):
                began = time.process_time()
                answer = ledger.recall(lot)
                taken.append((time.process_time() - began) * 1000)
            rows = (*answer.outlets, *answer.others)
            found.append((sum(len(row.lots) for row in rows), records(market, {row.site for row in rows}), statistics.median(taken)))
    return found


def records(market: Market, sites: set[str]) -> int:
    """Return how many holdings and loads without lot some stalls have on record."""
    base = sqlite3.connect(f"file:{market.path}?mode=ro", uri=True)
    total = 0
    for site in sites:
        for what in ("holding", "unnamed"):
            sql = f"SELECT COUNT(*) FROM name AS n CROSS JOIN {what} AS h WHERE n.text = ? AND h.site = n.id"
            total += base.execute(sql, (site,)).fetchone()[0]
    base.close()
    return total


def bare(market: Market, lot: str) -> tuple[int, float]:
    """Return (places, processor milliseconds) of a bare walk over the tables, product by product."""
    base = sqlite3.connect(f"file:{market.path}?mode=ro", uri=True)
    began = time.process_time()
    (number,) = base.execute("SELECT id FROM name WHERE text = ?", (lot,)).fetchone()
    (product,) = base.execute("SELECT product FROM lot_fact WHERE lot = ?", (number,)).fetchone()
    since = {row[0]: row[1] for row in base.execute("SELECT site, min(t) FROM move WHERE lot = ? GROUP BY site", (number,))}
    fresh = list(since)
    places = len(since)
    while fresh:
        site = fresh.pop()
        for to, t in base.execute(
            "SELECT m.other, m.t FROM unnamed AS u CROSS JOIN lot_fact AS l CROSS JOIN move AS m "
            "WHERE u.site = ? AND u.n > 0 AND l.lot = u.lot AND l.product = ? AND m.lot = u.lot AND m.ended = 0",
            (site, product),
        ):
            if t >= since[site]:
                places += 1
                if t < since.get(to, t + 1):
                    since[to] = t
                    fresh.append(to)
    taken = (time.process_time() - began) * 1000
    base.close()
    return places, taken


def shell(market: Market, rounds: int) -> float:
    """Return the processor milliseconds of a whole process for the first lot, the median of rounds."""
    command = [str(Path(sys.executable).with_name("foodtrace")), "--db", str(market.path), "recall", market.lots[0], "--json"]
    return statistics.median(child(command).cpu for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=100_000)
    parser.add_argument("--lots", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("### A recall where goods go without lot\n")
    print(" ".join((__doc__ or "").split("\n\n")[2].split()) + "\n")
    rows, costs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for moves in (options.moves // _HALF, options.moves):
            market = made(Path(folder), moves, options.lots)
            got = in_process(market, options.rounds)
            bares = [bare(market, lot) for lot in market.lots]
            process = shell(market, options.rounds)
            each = statistics.median(taken / told for _, told, taken in got)
            costs.append(each)
            rows.append(
                [
                    f"{moves:,}",
                    f"{statistics.median(held for held, _, _ in got):,.0f}",
                    f"{statistics.median(told for _, told, _ in got):,.0f}",
                    f"{statistics.median(taken for _, _, taken in got):,.0f}",
                    f"{each * 1000:,.1f}",
                    f"{process:,.0f}",
                    f"{statistics.median(taken for _, taken in bares):,.1f}",
                ]
            )
    head = [
        "moves",
        "holdings of the answer",
        "records at their stalls",
        "ms in process",
        "us a record",
        "ms from the shell, the first lot",
        "ms of a bare walk",
    ]
    print("Processor time; medians over the lots asked about, each the median of its rounds.\n")
    print(table(head, rows))
    print(
        f"\n- a record costs {costs[1] / costs[0]:.2f} times as much in the larger market, goal {GROWTH:g}: {verdict(costs[1] / costs[0], GROWTH)}"
    )


if __name__ == "__main__":
    main()
