"""Crash: at every file-system call of one append, an error or SIGKILL; the ledger must open, verify and have all acknowledged entries.

    python -m benchmarks.crash [--every 1]

Rules:

1. ``strace`` (Debian: apt install strace) lists the calls of one append, from the moment ``record`` is called to the closed database:
   locks, reads, writes, syncs, the anchor's file. Then the append runs once for each call and each of: the call fails with EIO,
   the call fails with ENOSPC (calls that write), the process is killed at it.
2. The append runs in a child that opens the ledger and waits; strace attaches to it, and only then the append begins: what is
   counted is the append, and nothing else can meet the fault.
3. After each: the ledger opens, verifies, has every entry acknowledged before and, if ``record`` returned, this one; then the same
   event is recorded again, which must give the entry that is there or a new one, and the ledger verifies again.
4. This is no part of the tests, which must pass on a machine without strace; kills at random moments are. SIGKILL does not drop what
   the system has not yet written: a power cut is not simulated here.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.fork import event
from foodtrace import Ledger
from foodtrace.errors import FoodtraceError

_LINE: Final = re.compile(r"^(\w+)\((.*)$")
_WRITES: Final = frozenset({"pwrite64", "write", "fdatasync", "fsync", "ftruncate", "openat", "mkdir", "unlink", "fallocate"})
_PTRACER: Final = 0x59616D61
"""PR_SET_PTRACER of prctl(2)."""


class Point(NamedTuple):
    """One call of the append: the n-th of its name, and what happens there."""

    call: str
    when: int
    fault: str


def child(folder: Path) -> None:
    """Open the ledger, say ``+``, wait for a line, append one event; ``!`` is said when ``record`` returned."""
    ctypes.CDLL(None).prctl(_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)  # where only ancestors may trace, let our sibling
    with Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys", create=False) as ledger:
        ledger.writer()
        os.write(1, b"+")
        os.read(0, 1)
        ledger.record([event("crash")])
        os.write(1, b"!")


def _run(folder: Path, *options: str) -> str:
    """Run the append under strace; return what it said."""
    program = [sys.executable, "-m", "benchmarks.crash", "--child", str(folder)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as work:
        assert work.stdout is not None
        said = work.stdout.read(1)
        with subprocess.Popen([_strace(), "-p", str(work.pid), *options], stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            attached = tracer.stderr.readline()
            assert "attached" in attached, attached
            rest, _ = work.communicate(b"\n", timeout=60)
    return (said + rest).decode()


def _strace() -> str:
    found = shutil.which("strace")
    if found is None:
        raise SystemExit("strace is missing (Debian: apt install strace)")
    return found


def points(base: Path, folder: Path) -> list[Point]:
    """List every file-system call of one append with the faults to try at it."""
    shutil.copytree(base, folder)
    trace = folder / "trace"
    assert _run(folder, "-o", str(trace), "-e", "trace=%file,%desc") == "+!", "the append runs undisturbed under strace"
    seen: Counter[str] = Counter()
    found: list[Point] = []
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        call, rest = match.groups()
        seen[call] += 1
        # The first is the read that waits, the one that says "!" is not the append's.
        if rest.startswith(('0, "', '1, "!"')):
            continue
        faults = ["signal=KILL", "error=EIO", *(["error=ENOSPC"] if call in _WRITES else [])]
        found += [Point(call, seen[call], fault) for fault in faults]
    return found


def survives(base: Path, folder: Path, point: Point) -> list[str]:
    """Run the append with one fault; return what does not hold afterwards."""
    shutil.copytree(base, folder)
    trace = folder / "trace"
    said = _run(folder, "-o", str(trace), "-e", f"trace={point.call}", "-e", f"inject={point.call}:{point.fault}:when={point.when}")
    seen = trace.read_text(encoding="utf-8", errors="replace")
    # A fault that never came would count as survived.
    wrong: list[str] = [] if "INJECTED" in seen or "killed by SIGKILL" in seen else ["the fault did not come"]
    try:
        with Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys", create=False) as ledger:
            if not ledger.verify().ok:
                wrong.append("does not verify")
            with ledger.reading() as session:
                there = {str(row[0]) for row in session.rows("SELECT id FROM entry")}
            if not {"first", "second"} <= there or ("!" in said and "crash" not in there):
                wrong.append("an acknowledged entry is lost")
            again = ledger.record([event("crash")])
            if again.new != (0 if "crash" in there else 1) or not ledger.verify().ok:
                wrong.append("cannot go on")
    except FoodtraceError as error:
        wrong.append(f"{error.code}: {error.message('en')}")
    shutil.rmtree(folder)
    return wrong


def base_of(folder: Path) -> Path:
    """Make the ledger every run starts from: two acknowledged batches."""
    base = folder / "base"
    base.mkdir()
    with Ledger.open(f"sqlite:///{base / 'x.db'}", keys=base / "keys") as ledger:
        ledger.record([event("first")])
        ledger.record([event("second")])
    return base


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--every", type=int, default=1, help="try only every n-th point")
    options.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.child is not None:
        child(args.child)
        return
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = base_of(folder)
        tried = points(base, folder / "listing")
        calls = Counter(point.call for point in tried if point.fault == "signal=KILL")
        print(f"{sum(calls.values())} file-system calls of one append: " + ", ".join(f"{n} {call}" for call, n in sorted(calls.items())))
        bad = 0
        chosen = tried[:: args.every]
        for number, point in enumerate(chosen):
            for wrong in survives(base, folder / str(number), point):
                bad += 1
                print(f"  BROKEN {point.call} number {point.when} {point.fault}: {wrong}", flush=True)
    kinds = Counter(point.fault for point in chosen)
    print(
        f"{len(chosen)} points tried (" + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) + f"), {bad} broken, "
        f"{time.perf_counter() - start:.0f} s"
    )
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
