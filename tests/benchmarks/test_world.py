"""The benchmark's world: a figure measured on it means something only if the world is what it says."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

from benchmarks.life import Life
from benchmarks.scale import LOGS, OF_RAW, SIZES
from benchmarks.world import reaches
from foodtrace import Ledger
from foodtrace.events import LotsClause
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import find
from tests.benchmarks.xs import LAST, world

__all__ = ["world"]


def test_one_seed_makes_one_world() -> None:
    first, again, other = (list(Life(SIZES["XS"], seed, LAST).batches()) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_what_is_said_of_reach_is_what_a_recall_finds(world: Path) -> None:
    life = Life(SIZES["XS"], 7, LAST)
    for _ in life.batches():
        pass
    said = dict(zip(life.lots, reaches(life), strict=True))
    with Ledger.open(f"sqlite:///{world}") as ledger, ledger.reading() as session:
        facts = SqlFacts(session, ledger.clock())
        found = {lot: len(find(facts, [LotsClause(lots=(lot,))]).holdings) for lot in life.lots}
    assert found == said


def test_it_is_a_real_ledger_that_verifies(world: Path) -> None:
    with Ledger.open(f"sqlite:///{world}") as ledger:
        assert ledger.verify().ok
        assert [each.origin for each in ledger.logs()] == sorted(LOGS)


def test_every_way_to_record_a_move_is_there(world: Path) -> None:
    made = json.loads(world.with_suffix(".json").read_text())
    moves, counts = made["moves"], made["counts"]
    assert made["events"] > moves >= SIZES["XS"].moves
    assert all(counts.values()), counts
    assert 0.06 < counts["two_logs"] / moves < 0.11
    assert 0.001 < counts["back"] / moves < 0.006


def test_the_picked_lots_are_in_the_ledger_and_reach_what_is_said(world: Path) -> None:
    made = json.loads(world.with_suffix(".json").read_text())
    assert made["picks"]["150"]
    with Ledger.open(f"sqlite:///{world}") as ledger:
        for pick in made["picks"]["150"]:
            answer = ledger.recall(pick["lot"])
            assert sum(len(row.lots) for row in (*answer.outlets, *answer.others)) == pick["affected"]


def test_goods_go_in_circles_and_are_blended_again(world: Path) -> None:
    connection = sqlite3.connect(world)
    back = connection.execute(
        "SELECT COUNT(*) FROM move AS a JOIN move AS b ON b.lot = a.lot AND b.site = a.other AND b.other = a.site "
        "WHERE a.kind = 3 AND b.kind = 3"
    ).fetchone()[0]
    edges = connection.execute("SELECT src, dst FROM lot_edge").fetchall()
    connection.close()
    assert back > 0
    sources = Counter(src for src, _ in edges)
    assert any(dst in sources for _, dst in edges)


def test_the_raw_lot_reaches_what_the_ingredients_made_from_it_reach() -> None:
    life = Life(SIZES["S"]._replace(moves=8_000), 7, LAST)
    for _ in life.batches():
        pass
    reach = dict(zip(life.lots, reaches(life), strict=True))
    salts = [life.lots[rank] for rank in OF_RAW]
    raw = life.lots[SIZES["S"].ingredients]
    assert max(reach[each] for each in salts) < reach[raw] < sum(reach[each] for each in salts) + 5
