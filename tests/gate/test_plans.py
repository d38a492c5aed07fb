"""No statement of a decision looks at a whole table: what a gate costs must not grow with the ledger."""

import datetime as dt
from pathlib import Path

from benchmarks.bench_gate import START, World, decisions, scans


def test_a_decision_scans_nothing_that_grows(tmp_path: Path) -> None:
    world = World(str(tmp_path / "gate.db"), tmp_path)
    world.master()
    world.fill(world.events + 3_000)
    world.now = START + dt.timedelta(days=85)
    texts = [world.truck(number) for number in range(30)]
    world.flush()
    decisions(world, texts)
    assert scans(world) == []
    world.ledger.close()
