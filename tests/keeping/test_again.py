"""A command that is repeated with the same id gives the first receipt again, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


def size(folder: Path, lot: str) -> int:
    return sum(each["size"] for each in json.loads(run(folder, "recall", lot, "--json"))["positions"])


def test_a_transformation_repeated(shop: Path) -> None:
    lot = lot_of(shop)
    words = ["transform", "--at", "北河农批", "--kind", "split", "--in", f"{lot}=400kg", "--out", "L-0002/A-1=400kg", "--id", "t-1"]
    first = run(shop, *words)
    before = size(shop, lot)
    assert run(shop, *words) == first, "though 400 kg are not there any more"
    assert size(shop, lot) == before
    words[words.index("L-0002/A-1=400kg")] = "L-0002/A-1=399kg"
    assert "record.id_conflict" in run(shop, *words, code=1)
    run(shop, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    words[words.index("L-0002/A-1=399kg")] = "L-0002/A-1=400kg"
    assert run(shop, *words) == first, "what was recorded before the recall is not refused now"


def test_a_correction_repeated(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市", "--id", "sold-1")
    words = ["correct", "sold-1", "--set", "quantity=100kg", "--note", "typed wrong", "--id", "c-1"]
    first = run(shop, *words)
    before = size(shop, lot)
    assert run(shop, *words) == first
    assert size(shop, lot) == before
    assert "record.id_conflict" in run(shop, "correct", "sold-1", "--set", "quantity=90kg", "--note", "typed wrong", "--id", "c-1", code=1)
    assert "record.id_conflict" in run(shop, "correct", "sold-1", "--did-not-occur", "--note", "typed wrong", "--id", "c-1", code=1)
    assert "record.id_conflict" in run(shop, "correct", "sold-1", "--set", "quantity=100kg", "--id", "c-1", code=1)
    run(shop, "correct", "sold-1", "--set", "quantity=90kg", "--id", "c-2")
    assert run(shop, *words) == first, "also when it was corrected again since"
    gone = ["correct", "sold-1", "--did-not-occur", "--id", "c-3"]
    said = run(shop, *gone)
    assert run(shop, *gone) == said
    assert "verified" in run(shop, "verify")


def test_a_correction_of_an_event_with_personal_values_repeated(shop: Path) -> None:
    words = ["correct", "福安超市", "--set", "county=南岗区", "--id", "c-9"]
    entry = next(each for each in range(1, 9) if "福安超市" in run(shop, "correct", str(each)))
    words[1] = str(entry)
    first = run(shop, *words)
    assert run(shop, *words) == first
    told = run(shop, "correct", str(entry))
    assert told.count("南岗区") >= 1
    assert "verified" in run(shop, "verify")
