"""A recall from the shell against bare scripts that answer less, and in process against other ways to walk the same graph.

    python -m benchmarks.bench_recall --worlds DIRECTORY [--rounds 7] [--sizes S,M,L]

DIRECTORY holds S.db, M.db and L.db of ``python -m benchmarks.world``; what is not there is made first. What the bare script
does, and what it leaves out, stands in ``bare_recall.py``. All runs of a table are paired: turn and turn about, so that a slow minute
hits each. Beside the time on the wall stands the processor's, which other people's work disturbs less.
"""

from __future__ import annotations

import argparse
import compileall
import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.measure import table, verdict
from benchmarks.world import build
from foodtrace.operations.common import CHINA

HERE: Final = Path(__file__).parent
WORLDS: Final = Path(tempfile.gettempdir()) / "foodtrace-worlds"
"""Where worlds are kept between runs."""
TARGETS: Final = ("150", "10000", "86000", "600000", "most")
PROCESS_GOALS: Final = {"150": 3.0, "86000": 2.0, "600000": 2.0}
"""Affected holdings -> how many times the bare script a whole process may take."""
ALCHEMY_GOAL: Final = 0.4
GROWTH_GOAL: Final = 1.5


class World(NamedTuple):
    """A world's file and what its list says of it."""

    size: str
    path: Path
    about: dict[str, Any]

    def lots(self, target: str) -> list[str]:
        return [each["lot"] for each in self.about["picks"].get(target, ())]

    def affected(self, target: str) -> str:
        counts = sorted(each["affected"] for each in self.about["picks"][target])
        return f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,}-{counts[-1]:,}"


class Cost(NamedTuple):
    """What a child process took, milliseconds."""

    wall: float
    cpu: float


def worlds(folder: Path, sizes: Sequence[str]) -> dict[str, World]:
    """Return the worlds of a folder; one that is not there is made first, which takes 12 s, 2 min and half an hour for S, M and L."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for size in sizes:
        path = folder / f"{size}.db"
        if not path.with_suffix(".json").exists():
            print(f"making the world {size} in {folder}", file=sys.stderr)
            build(path, size, 7, dt.datetime.now(CHINA).date())
        found[size] = World(size, path, json.loads(path.with_suffix(".json").read_text("utf-8")))
    return found


def child(command: Sequence[str]) -> Cost:
    """Run a program to its end, its output thrown away."""
    began = time.perf_counter()
    out = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    pid = os.posix_spawn(command[0], list(command), os.environ, file_actions=[out])
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    if status:
        message = f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}"
        raise SystemExit(message)
    return Cost(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)


def interleave(ways: dict[str, Callable[[int], Cost]], rounds: int, warm: int) -> dict[str, list[Cost]]:
    """Run every way once a round, each round beginning with another; the first ``warm`` rounds are not counted."""
    taken: dict[str, list[Cost]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds + warm):
        for turn in range(len(names)):
            name = names[(turn + number) % len(names)]
            cost = ways[name](number)
            if number >= warm:
                taken[name].append(cost)
    return taken


def median(costs: Sequence[Cost], what: str = "wall") -> float:
    return statistics.median(getattr(each, what) for each in costs)


def ours(world: World, lot: str) -> list[str]:
    return [str(Path(sys.executable).with_name("foodtrace")), "--db", str(world.path), "recall", lot, "--json"]


def theirs(script: str, world: World, lot: str) -> list[str]:
    return [sys.executable, str(HERE / script), str(world.path), lot]


# -- whole processes -----------------------------------------------------------------------------------------------------------


def processes(found: dict[str, World], rounds: int) -> None:
    """Whole processes: foodtrace, the bare script, the same through SQLAlchemy."""
    print("### A recall from the shell, whole processes\n")
    print(
        "`foodtrace recall LOT --json` against `bare_recall.py` (plain `sqlite3`, same tables, same outlets, quantities, names and "
        "telephones; no findings, rates, grades, freshness or cases) and the same through SQLAlchemy. Warm files, output thrown "
        "away; milliseconds, medians; first the wall, then the processor.\n"
    )
    rows: list[list[object]] = []
    verdicts: list[str] = []
    for size, world in found.items():
        for target in TARGETS:
            lots = world.lots(target)
            if not lots:
                continue
            many = rounds * 3 if target == "150" else rounds if target in ("10000", "86000") else max(2, rounds // 2)
            got = interleave(_ways(world, lots), many, min(len(lots), many))
            bare, mine, alchemy = got["bare"], got["foodtrace"], got["SQLAlchemy"]
            wall, cpu = median(mine) / median(bare), median(mine, "cpu") / median(bare, "cpu")
            over = median(mine) / median(alchemy)
            rows.append([size, world.affected(target), *(_both(got[name]) for name in got), f"{wall:.2f}x / {cpu:.2f}x", f"{over:.2f}x"])
            if size == "L" and target in PROCESS_GOALS:
                goal = PROCESS_GOALS[target]
                verdicts.append(f"{world.affected(target)} affected at L: {wall:.2f}x bare, goal {goal:g}x: {verdict(wall, goal)}")
                if target == "150":
                    verdicts.append(f"the same against SQLAlchemy: {over:.2f}x, goal {ALCHEMY_GOAL}x: {verdict(over, ALCHEMY_GOAL)}")
    print(table(["world", "affected", "bare", "foodtrace", "SQLAlchemy", "foodtrace / bare", "foodtrace / SQLAlchemy"], rows))
    verdicts += _growth(found, rounds)
    print("\n" + "\n".join(f"- {line}" for line in verdicts) + "\n")


def _ways(world: World, lots: list[str]) -> dict[str, Callable[[int], Cost]]:
    return {
        "bare": lambda number: child(theirs("bare_recall.py", world, lots[number % len(lots)])),
        "foodtrace": lambda number: child(ours(world, lots[number % len(lots)])),
        "SQLAlchemy": lambda number: child(theirs("bare_alchemy.py", world, lots[number % len(lots)])),
    }


def _growth(found: dict[str, World], rounds: int) -> list[str]:
    """Compare the same small recall in the smallest and the largest world."""
    sizes = [size for size in found if found[size].lots("150")]
    if len(sizes) < 2:
        return []
    small, large = found[sizes[0]], found[sizes[-1]]
    ways = {world.size: _ways(world, world.lots("150"))["foodtrace"] for world in (small, large)}
    got = interleave(ways, rounds * 3, 9)
    ratio = median(got[large.size]) / median(got[small.size])
    cpu = median(got[large.size], "cpu") / median(got[small.size], "cpu")
    words = (
        f"{small.affected('150')} affected, from {small.size} ({small.about['moves']:,} moves) to {large.size} ({large.about['moves']:,})"
    )
    return [f"{words}: {ratio:.2f}x (processor {cpu:.2f}x), goal {GROWTH_GOAL}x: {verdict(ratio, GROWTH_GOAL)}"]


def _both(costs: list[Cost]) -> str:
    return f"{median(costs):,.0f} / {median(costs, 'cpu'):,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", default="S,M,L")
    options = parser.parse_args()
    # Compiled once and kept, as an installed program is; without this every process compiles what was changed since.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for folder in ("foodtrace", "cli"):
        compileall.compile_dir(HERE.parent / folder, quiet=1)
    found = worlds(options.worlds, options.sizes.split(","))
    told = [
        f"{size} {each.about['moves']:,} moves, {each.about['lots']:,} lots, {each.about['holdings']:,} holdings"
        for size, each in found.items()
    ]
    print(f"Worlds: {'; '.join(told)}.\n")
    processes(found, options.rounds)


if __name__ == "__main__":
    main()
