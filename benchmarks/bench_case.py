"""The completion of a case with many outlets, recomputed after one more return.

    python -m benchmarks.bench_case [--outlets 100000] [--rounds 20]

One lot goes from a plant to so many shops, a case is opened, every shop is notified. Then, round by round, one shop sends goods back
and the figures R1-R6 are asked for again of the open ledger. The first figures, which are computed from nothing, stand beside. The
last figures are compared with those of a ledger opened anew: they must be the same.

Then whole commands on the same ledger: nineteen outlets of twenty answer by a file, single things are recorded of single outlets, and the
case is asked about. Processor time and most memory of each process are told by the system.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import table, verdict
from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Event, LotsClause, Notice, RecallOpened, Returned, Site, Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations.common import CHINA

START = dt.datetime(2026, 9, 1, 8, tzinfo=CHINA)
LOT, CASE = "O-1/BIG", "2026-0001"
GOAL = 50.0


def filled(folder: Path, outlets: int) -> Ledger:
    """Return a ledger with one lot in so many shops, all of them notified."""
    now = [micros(START)]
    ledger = Ledger.open(f"sqlite:///{folder}/case.db", keys=folder / "keys", clock=lambda: now[0])
    ledger.init("plant.example/1", operator="O-1")
    events: list[Event] = [Site(id="p", at=START, site="K-1", operator="O-1", kind="plant", name="工厂")]
    events += [Site(id=f"s{n}", at=START, site=f"P-{n:06d}", operator=f"P-{n:06d}", kind="shop", name=f"店{n}") for n in range(outlets)]
    events.append(
        CertificateIssued(id="b", at=START, site="K-1", lot=LOT, serial="1", issuer="O-1", product="奶粉", quantity=Quantity(10**12, "g"))
    )
    day = START + dt.timedelta(days=1)
    events += [Transfer(id=f"t{n}", at=day, site="K-1", to=f"P-{n:06d}", lot=LOT, quantity=Quantity(10_000, "g")) for n in range(outlets)]
    opened = START + dt.timedelta(days=3)
    scope = (LotsClause(lots=(LOT,)),)
    events.append(RecallOpened(id="c", at=opened, site="K-1", case=CASE, scope=scope, level=1, reason="x", producer="O-1", known=opened))
    events += [Notice(id=f"n{n}", at=opened, site="K-1", case=CASE, to=f"P-{n:06d}", delivered=opened) for n in range(outlets)]
    for first in range(0, len(events), 50_000):
        now[0] = micros(START + dt.timedelta(days=4))
        ledger.record(events[first : first + 50_000])
    now[0] = micros(START + dt.timedelta(days=5))
    return ledger


COMMANDS = (
    ("acknowledge --file, 19 of 20 outlets", ("acknowledge", "--file", "answers.csv", "--case", CASE), 0),
    ("acknowledge, one outlet", ("acknowledge", "P-000040", "--on-hand", f"{LOT}=6kg"), 0),
    ("seal, at one outlet", ("seal", "P-000041", "--lot", LOT, "--quantity", "4kg"), 0),
    ("return, from one outlet", ("return", "P-000041", "--lot", LOT, "--quantity", "2kg", "--to", "K-1"), 0),
    ("destroy, at one outlet", ("destroy", "P-000041", "--lot", LOT, "--quantity", "1kg", "--place", "x", "--witness", "7"), 0),
    ("check found, at one outlet", ("check", "P-000042", "found", "--lot", LOT, "--quantity", "1kg"), 0),
    ("notify, nobody is due", ("notify", CASE), 0),
    ("notify --silent, 1 of 20 outlets", ("notify", CASE, "--silent", "--out", "notices"), 0),
    ("status (with what is due next)", ("status", CASE), 0),
    ("list", ("list",), 0),
    ("close (refused)", ("close", CASE), 1),
    ("report --no-proofs", ("report", CASE, "--no-proofs", "--out", "report.html"), 0),
)
"""Name, words, exit."""


_WATCH = """
import os, sys
out = os.open("out", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)])
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""A small process that runs a command: what a child needs most is never told as less than what its parent had when it was made."""


def commands(folder: Path, outlets: int) -> list[list[str]]:
    """Run whole commands one after the other; return name, processor seconds of the process, milliseconds an outlet, and peak MiB."""
    answers = [f"P-{n:06d},{LOT},6,kg" for n in range(outlets) if n % 20]
    (folder / "answers.csv").write_text("\n".join(["site,lot,on hand,unit", *answers, ""]), encoding="utf-8")
    rows: list[list[str]] = []
    for name, words, expected in COMMANDS:
        busy, peak = command(folder, words, expected)
        rows.append([name, f"{busy:,.2f}", f"{busy * 1000 / outlets:.3f}", f"{peak:,.0f}"])
    return rows


def command(folder: Path, words: Sequence[str], expected: int) -> tuple[float, float]:
    """Run one command; return the processor seconds and the most memory, MiB, of its process."""
    now = (START + dt.timedelta(days=5)).isoformat()
    line = [str(Path(sys.executable).parent / "foodtrace"), "--db", "case.db", "--keys", "keys", "--now", now, "case", *words]
    told = subprocess.run([sys.executable, "-SIc", _WATCH, *line], cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    code, busy, most = int(told[0]), float(told[1]), int(told[2])
    assert code == expected, (words, (folder / "out").read_bytes()[-2000:])
    return busy, most / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    at = START + dt.timedelta(days=4, hours=1)
    with tempfile.TemporaryDirectory() as folder:
        ledger = filled(Path(folder), options.outlets)
        began, cpu = time.perf_counter(), time.process_time()
        found = ledger.completion(CASE)
        first, worked = (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
        taken: list[float] = []
        busy: list[float] = []
        for number in range(options.rounds):
            back = Returned(id=f"r{number}", at=at, site=f"P-{number:06d}", to="K-1", lot=LOT, quantity=Quantity(4_000, "g"), case=CASE)
            ledger.record([back])
            began, cpu = time.perf_counter(), time.process_time()
            found = ledger.completion(CASE)
            taken.append((time.perf_counter() - began) * 1000)
            busy.append((time.process_time() - cpu) * 1000)
        ledger.close()
        with Ledger.open(
            f"sqlite:///{folder}/case.db", keys=Path(folder) / "keys", clock=lambda: micros(START + dt.timedelta(days=5))
        ) as anew:
            assert anew.completion(CASE) == found, "figures kept up to date are not those computed from nothing"
        whole = commands(Path(folder), options.outlets)
    print(f"### A case of {options.outlets:,} outlets, after one more return\n\nMilliseconds in process, from the call to the figures.\n")
    rows = [
        ["from nothing (once)", f"{first:,.0f}", "", f"{worked:,.0f}"],
        ["after one return", f"{statistics.median(taken):,.1f}", f"{max(taken):,.1f}", f"{statistics.median(busy):,.1f}"],
    ]
    print(table(["figures", "median", "most", "processor, median"], rows))
    middle = statistics.median(taken)
    print(f"\n- {middle:.1f} ms after one return, goal {GOAL:.0f} ms: {verdict(middle, GOAL)}\n")
    print(
        "### Whole commands on that case\n\nProcessor seconds and most memory of the process, once each, in this order. What is recorded of one"
    )
    print("outlet reads the lot's book and what is on record of the case there; all others go through every outlet once or a few times.\n")
    print(table(["case ..", "seconds", "ms an outlet", "MiB"], whole) + "\n")


if __name__ == "__main__":
    main()
