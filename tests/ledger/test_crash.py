"""Power goes, the disk fills up, the machine kills the process, in the middle of one append: nothing acknowledged is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks import crash


def test_a_fault_at_any_call_of_an_append_leaves_a_ledger_that_opens_verifies_and_goes_on(tmp_path: Path) -> None:
    """Every 13th point; ``python -m benchmarks.crash`` tries all of them."""
    assert shutil.which("strace"), "install strace (Debian: apt install strace)"
    base = crash.base_of(tmp_path)
    points = crash.points(base, tmp_path / "listing")
    assert len(points) > 150, "an append has locks, reads, writes, syncs and the anchor"
    assert {"pwrite64", "fdatasync", "fcntl", "flock", "openat"} <= {point.call for point in points}
    broken = {point: crash.survives(base, tmp_path / "run", point) for point in points[::13]}
    assert {point: wrong for point, wrong in broken.items() if wrong} == {}
