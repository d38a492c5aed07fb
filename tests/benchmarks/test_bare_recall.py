"""The script that recalls are measured against: it must answer the same, or the comparison says nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import msgspec
import pytest

from benchmarks.bare_recall import outlets
from benchmarks.life import Life
from benchmarks.scale import SIZES
from foodtrace import Ledger
from tests.benchmarks.xs import LAST, world

__all__ = ["world"]


@pytest.mark.parametrize("part", range(8))
def test_the_bare_script_prints_the_same_outlets(world: Path, part: int) -> None:
    life = Life(SIZES["XS"], 7, LAST)
    for _ in life.batches():
        pass
    connection = sqlite3.connect(world)
    with Ledger.open(f"sqlite:///{world}") as ledger:
        for lot in life.lots[part::8]:
            said = {row.site: msgspec.to_builtins(row) for row in ledger.recall(lot).outlets}
            bare = outlets(connection.execute, lot)
            assert {row["site"] for row in bare} == said.keys()
            for row in json.loads(json.dumps(bare)):
                mine = {**said[row["site"]], "lots": list(said[row["site"]]["lots"])}
                mine["amounts"] = [{name: each[name] for name in row["amounts"][0]} for each in mine["amounts"]]
                assert {name: mine[name] for name in row} == row
    connection.close()
