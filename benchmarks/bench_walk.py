"""Finding the affected holdings in process: foodtrace against other ways to walk the same graph.

    python -m benchmarks.bench_walk --worlds DIRECTORY [--sizes M,L] [--rounds 5]

Other ways find the same holdings. Most read copies of the world made for them: every holding (a lot at a site) a node, every move and
every transformation an edge; once with a whole number for a holding (given in the order in which holdings came to be), once with the
codes people use, lot and site in a column each, once with both joined into one text ("LOT@SITE"), a spelling that nobody's records
have and that spares the walk half of its comparisons. Each stands in a table clustered by where an edge begins, the kindest form there
is for such a walk; the codes stand in a table with an index as well, as one would make it without a second thought. One more walks
holdings over foodtrace's tables as they stand. networkx has its graph in memory already; reading it is not counted. All start from
every recorded holding of the lot and return which holdings they reach: no quantities, names, grades or findings. foodtrace's way is
:func:`foodtrace.recall.columns.affected`: closure over lots, then the holdings of those lots, lot and site of each in two columns (``closure``:
no other way looks for papers that name another lot). Beside
it stand the same holdings with what flowed there (one statement on the same tables, a Python row each), and the whole answer with
quantities, names, grades and findings. Goals are held against the clustered tables, the stricter reading of "a recursive CTE".
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_recall import WORLDS, World, worlds
from benchmarks.measure import table, verdict
from foodtrace.operations.recalling import recall_told
from foodtrace.reading import reading, wall_clock
from foodtrace.recall.columns import affected
from foodtrace.storage.session import Session

EDGES: Final = (
    "SELECT lot, site, lot, other FROM move WHERE kind = 3 AND other <> 0 AND ended = 0 "
    "UNION SELECT lot, other, lot, site FROM move WHERE kind = 4 AND other <> 0 AND ended = 0 "
    "UNION SELECT src, site, dst, site FROM lot_edge WHERE n > 0"
)
INTEGERS: Final = (
    "WITH RECURSIVE reached(h) AS (SELECT value FROM json_each(?) UNION SELECT e.dst FROM reached CROSS JOIN edge AS e WHERE e.src = reached.h) "
    "SELECT h FROM reached"
)
CODES: Final = (
    "WITH RECURSIVE reached(lot, site) AS (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?) "
    "UNION SELECT e.dst_lot, e.dst_site FROM reached AS r CROSS JOIN edge AS e WHERE e.src_lot = r.lot AND e.src_site = r.site) "
    "SELECT lot, site FROM reached"
)
STORED: Final = (
    "WITH RECURSIVE reached(lot, site) AS (SELECT h.lot, h.site FROM holding AS h WHERE h.lot = ? AND h.flows > 0 "
    "UNION SELECT m.lot, m.other FROM reached AS r CROSS JOIN move AS m WHERE m.lot = r.lot AND m.site = r.site AND m.kind = 3 "
    "AND m.other <> 0 AND m.ended = 0 "
    "UNION SELECT m.lot, m.site FROM reached AS r CROSS JOIN move AS m WHERE m.lot = r.lot AND m.other = r.site AND m.kind = 4 "
    "AND m.ended = 0 "
    "UNION SELECT e.dst, e.site FROM reached AS r CROSS JOIN lot_edge AS e WHERE e.src = r.lot AND e.site = r.site AND e.n > 0) "
    "SELECT lot, site FROM reached"
)
OURS: Final = (
    "WITH RECURSIVE lots(id) AS (SELECT ? UNION SELECT a.other FROM lots CROSS JOIN alias AS a WHERE a.lot = lots.id AND a.n > 0 "
    "UNION SELECT e.dst FROM lots CROSS JOIN lot_edge AS e WHERE e.src = lots.id AND e.n > 0) "
)


COLUMNS, HOLDINGS, WHOLE = "foodtrace, columns", "the same holdings with sums, row by row", "foodtrace's whole answer"


class Graph:
    """The holdings of a world as a graph, for those who walk it node by node."""

    def __init__(self, world: Path, folder: Path) -> None:
        self.numbers: dict[tuple[int, int], int] = {}
        self.source = sqlite3.connect(f"file:{world}?mode=ro", uri=True)
        for lot, site, there in self.source.execute("SELECT lot, site, other FROM move ORDER BY recorded, log, seq"):
            self._number(lot, site)  # in the order in which they came to be, as a key of its own would be given
            if there:
                self._number(lot, there)
        ends, codes = "src, dst", "src_lot, src_site, dst_lot, dst_site"
        self.integers = _table(folder / "integers.db", ends, "INTEGER", self._edges())
        self.joined = _table(folder / "joined.db", ends, "TEXT", (("@".join(each[:2]), "@".join(each[2:])) for each in self._named()))
        self.codes = _table(folder / "codes.db", codes, "TEXT", self._named())
        self.indexed = _table(folder / "indexed.db", codes, "TEXT", self._named(), index="src_lot, src_site")

    def _edges(self) -> Iterator[tuple[int, int]]:
        for lot, site, other, there in self.source.execute(EDGES):
            yield self._number(lot, site), self._number(other, there)

    def _number(self, lot: int, site: int) -> int:
        return self.numbers.setdefault((lot, site), len(self.numbers))

    def _named(self) -> Iterator[tuple[str, ...]]:
        names = dict(self.source.execute("SELECT id, text FROM name"))
        for edge in self.source.execute(EDGES):
            yield tuple(names[each] for each in edge)

    def seeds(self, lot: str) -> list[tuple[int, int]]:
        """Return the recorded holdings of a lot."""
        sql = "SELECT DISTINCT h.lot, h.site FROM holding AS h JOIN name AS n ON n.id = h.lot WHERE n.text = ? AND h.flows > 0"
        return self.source.execute(sql, (lot,)).fetchall()


def _table(path: Path, columns: str, kind: str, edges: Iterable[tuple[Any, ...]], *, index: str = "") -> sqlite3.Connection:
    """Make a table of edges, clustered by all its columns, or with an index on some."""
    made = sqlite3.connect(path)
    made.execute("PRAGMA synchronous=OFF")
    made.execute("PRAGMA cache_size=-500000")
    typed = ", ".join(f"{each} {kind}" for each in columns.split(", "))
    made.execute(f"CREATE TABLE edge ({typed}" + (")" if index else f", PRIMARY KEY ({columns})) WITHOUT ROWID"))
    marks = ", ".join("?" for _ in columns.split(", "))
    made.executemany(f"INSERT OR IGNORE INTO edge VALUES ({marks})", edges)
    if index:
        made.execute(f"CREATE INDEX edge_src ON edge ({index})")
    made.commit()
    return made


def ways(world: World, graph: Graph, session: Session, lot: str) -> dict[str, Callable[[], int]]:
    """Return every way to find what a recall of a lot reaches; each returns how many holdings it found."""
    names = dict(graph.source.execute("SELECT id, text FROM name"))
    pairs = graph.seeds(lot)
    numbered = json.dumps([graph.numbers[pair] for pair in pairs if pair in graph.numbers])
    coded = json.dumps([(names[one], names[two]) for one, two in pairs])
    joined = json.dumps([f"{names[one]}@{names[two]}" for one, two in pairs])
    (start,) = graph.source.execute("SELECT id FROM name WHERE text = ?", (lot,)).fetchone()
    holdings = (
        OURS
        + "SELECT h.lot, h.site, SUM(h.flows) FROM lots CROSS JOIN holding AS h WHERE h.lot = lots.id AND h.flows > 0 GROUP BY h.lot, h.site"
    )
    found: dict[str, Callable[[], int]] = {
        COLUMNS: lambda: len(affected(session, [lot], closure=True)),
        HOLDINGS: lambda: len(graph.source.execute(holdings, (start,)).fetchall()),
        WHOLE: lambda: _whole(world, lot),
        "recursive CTE, whole numbers": lambda: len(graph.integers.execute(INTEGERS, (numbered,)).fetchall()),
        "recursive CTE, text codes": lambda: len(graph.codes.execute(CODES, (coded,)).fetchall()),
        "recursive CTE, codes joined into one text": lambda: len(graph.joined.execute(INTEGERS, (joined,)).fetchall()),
        "recursive CTE, text codes, table and index": lambda: len(graph.indexed.execute(CODES, (coded,)).fetchall()),
        "recursive CTE, the tables as they stand": lambda: len(graph.source.execute(STORED, (start,)).fetchall()),
    }
    walked = _networkx(graph, pairs) if len(graph.numbers) < 3_000_000 else None
    if walked is not None:
        found["networkx, graph in memory"] = walked
    return found


def _whole(world: World, lot: str) -> int:
    with reading(str(world.path)) as session:
        told = recall_told(session, [lot], now=wall_clock())
    assert told is not None
    return sum(len(row["lots"]) for row in (*told["outlets"], *told["others"]))


def _networkx(graph: Graph, pairs: list[tuple[int, int]]) -> Callable[[], int] | None:
    try:
        import networkx as nx  # noqa: PLC0415 - a tool of the checks, not of foodtrace
    except ImportError:
        print("networkx is not installed", file=sys.stderr)
        return None
    made: Any = nx.DiGraph()
    made.add_edges_from(graph.integers.execute("SELECT src, dst FROM edge"))
    seeds = [graph.numbers[pair] for pair in pairs if pair in graph.numbers]

    def walk() -> int:
        made.add_edges_from((-1, seed) for seed in seeds)  # one root, so that it walks once
        try:
            return len(nx.descendants(made, -1))
        finally:
            made.remove_node(-1)

    return walk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--sizes", default="M")
    parser.add_argument("--target", default="86000")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    about = " ".join((__doc__ or "").split("\n\n")[2].split())
    print(f"### Finding the affected holdings in process\n\nProcessor milliseconds, medians of runs in turn. {about}\n")
    for world in worlds(options.worlds, options.sizes.split(",")).values():
        show(world, options.target, options.rounds)


GOALS: Final = (
    ("recursive CTE, whole numbers", 5.0),
    ("recursive CTE, text codes", 10.0),
    ("recursive CTE, codes joined into one text", 10.0),
    ("networkx, graph in memory", 1.0),
)


def show(world: World, target: str, rounds: int) -> None:
    """Print the table of one world and what it says of the goals."""
    with tempfile.TemporaryDirectory() as folder:
        graph = Graph(world.path, Path(folder))
        with reading(str(world.path)) as session:  # open for all of them alike
            got = timed(ways(world, graph, session, world.lots(target)[0]), rounds)
    ours = statistics.median(got[COLUMNS][1])
    rows = [
        [name, f"{count:,}", f"{statistics.median(each):,.0f}", f"{statistics.median(each) / ours:.2f}x"]
        for name, (count, each) in got.items()
    ]
    print(f"World {world.size}, {world.about['moves']:,} moves; {world.affected(target)} holdings affected.\n")
    print(table(["way", "holdings found", "ms", "against foodtrace, columns"], rows))
    print()
    for name, least in GOALS:
        if name in got:
            for mine in (COLUMNS, WHOLE):
                times = statistics.median(got[name][1]) / statistics.median(got[mine][1])
                print(f"- {mine}: {times:.2f} times as fast as {name}, goal {least:g}: {verdict(least, times)}")
    print(flush=True)


def timed(found: dict[str, Callable[[], int]], rounds: int) -> dict[str, tuple[int, list[float]]]:
    """Run every way once a round, in turn; return what it found and its processor milliseconds."""
    made: dict[str, tuple[int, list[float]]] = {}
    names = list(found)
    for number in range(rounds + 1):
        for turn in range(len(names)):
            name = names[(turn + number) % len(names)]
            began = time.process_time()
            count = found[name]()
            taken = (time.process_time() - began) * 1000
            made.setdefault(name, (count, []))[1].append(taken)
    return {name: (count, each[1:]) for name, (count, each) in ((name, made[name]) for name in names)}


if __name__ == "__main__":
    main()
