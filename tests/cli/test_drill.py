"""``drill`` on the command line: the report it writes, and that the ledger is the same afterwards, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


def test_a_drill_leaves_the_ledger_as_it_was(shop: Path) -> None:
    assert "drill.no_lots" not in run(shop, "drill", "--seed", "2026 Q4/..", lang="zh")
    (report,) = shop.glob("演练-*.html")
    assert report.name == "演练-2026_Q4_...html"
    assert "没有动库存" in report.read_text(encoding="utf-8")
    before = hashlib.sha256((shop / "foodtrace.db").read_bytes()).hexdigest()
    said = run(shop, "drill", "--seed", "a", "--out", "d.html")
    assert f"L-0001/{lot_of(shop)}, drawn from 1 lot by seed a" in said
    assert re.search(r"^accounted for 100\.0 %  500\.0 / 500\.0 kg$", said, flags=re.MULTILINE), said
    assert hashlib.sha256((shop / "foodtrace.db").read_bytes()).hexdigest() == before


def test_without_a_seed_one_is_made_and_told(shop: Path) -> None:
    found = json.loads(run(shop, "drill", "--json"))
    assert re.fullmatch("[0-9a-f]{8}", found["seed"])
    assert not list(shop.glob("*.html"))
    again = json.loads(run(shop, "drill", "--json", "--seed", found["seed"]))
    assert again["lot"] == found["lot"]
    assert "lot.not_found" in run(shop, "drill", "--lot", "NOSUCH", code=1)


def test_a_lot_that_is_named_is_not_drawn(shop: Path) -> None:
    assert "drill.seed_and_lot" in run(shop, "drill", "--seed", "q4", "--lot", "L-1", code=2)
