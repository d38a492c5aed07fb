"""What every benchmark shares: paired timing, medians, Markdown tables, and the machine it ran on.

Rules:

1. What is compared runs in one process, turn and turn about, so that a slow minute of a shared machine hits both; a ratio is one of
   medians, and the middle half of the rounds' own ratios stands beside it.
2. A figure says what it is compared to, and its goal where it has one: ``reached`` or ``MISSED``, never softened.
"""

from __future__ import annotations

import gc
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Paired(NamedTuple):
    """Seconds of several ways to do the same work, round by round."""

    names: tuple[str, ...]
    rounds: tuple[tuple[float, ...], ...]
    """By round, the seconds of each way in the order of ``names``."""

    def median(self, name: str) -> float:
        """Return the median seconds of one way."""
        place = self.names.index(name)
        return statistics.median(each[place] for each in self.rounds)

    def ratio(self, name: str, base: str) -> float:
        """Return the ratio of the medians of two ways."""
        return self.median(name) / self.median(base)

    def spread(self, name: str, base: str) -> tuple[float, float]:
        """Return the quartiles of the rounds' own ratios."""
        over, under = self.names.index(name), self.names.index(base)
        ratios = sorted(each[over] / each[under] for each in self.rounds)
        return ratios[len(ratios) // 4], ratios[len(ratios) - 1 - len(ratios) // 4]


def paired(ways: Sequence[tuple[str, Callable[[int], object]]], rounds: int, *, warm: int = 1) -> Paired:
    """Time every way once a round, each round beginning with another one; the first ``warm`` rounds are not counted.

    A way gets the number of the round and does its whole work in it. The collector of cyclic garbage runs as it always does, but
    does not walk what the benchmark itself has prepared.
    """
    taken: list[tuple[float, ...]] = []
    gc.collect()
    gc.freeze()
    for number in range(rounds + warm):
        seconds = [0.0] * len(ways)
        for turn in range(len(ways)):
            place = (turn + number) % len(ways)
            start = time.perf_counter()
            ways[place][1](number)
            seconds[place] = time.perf_counter() - start
        if number >= warm:
            taken.append(tuple(seconds))
    gc.unfreeze()
    return Paired(tuple(name for name, _ in ways), tuple(taken))


def against(got: Paired, name: str, base: str) -> str:
    """Return a ratio as text: ``1.71x (1.65-1.80)``."""
    low, high = got.spread(name, base)
    return f"{got.ratio(name, base):.2f}x ({low:.2f}-{high:.2f})"


def verdict(value: float, goal: float) -> str:
    """Say whether a value is at most its goal."""
    return "reached" if value <= goal else "MISSED"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; columns after the first are set to the right where they are figures."""
    body = [[str(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(head), ["---"] * len(head), *body])


def machine() -> str:
    """Return one line on the machine: processor, cores, memory, system, Python, SQLite."""
    facts = _cpuinfo()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return (
        f"{facts or platform.processor() or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def load() -> str:
    """Return how busy the machine was in the last minute, for the reader to judge the figures by."""
    try:
        return f"load {os.getloadavg()[0]:.1f}"
    except OSError:
        return "load unknown"


def _cpuinfo() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
