"""``recall --bounds`` on the command line: a blend says least, share and most, and whole lots say so in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema

from foodtrace.schemas import schema_of
from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


def blended(folder: Path) -> str:
    """Return the tomato lot; 30 kg of it and 70 kg of another make 100 kg of sauce, 40 kg of which went to the shop."""
    lot = lot_of(folder)
    run(folder, "receive", "L-0009/B", "70kg", "--at", "北河农批")
    made = ("--in", f"{lot}=30kg", "--in", "L-0009/B=70kg", "--out", "L-0009/M=100kg")
    run(folder, "transform", "--at", "北河农批", *made, "--kind", "blend")
    run(folder, "transfer", "L-0009/M", "40kg", "--from", "北河农批", "--to", "福安超市")
    return lot


def test_least_share_and_most_stand_by_outlet_and_lot(shop: Path) -> None:
    lot = blended(shop)
    assert json.loads(run(shop, "recall", lot, "--json"))["bounds"] is None
    found = json.loads(run(shop, "recall", lot, "--bounds", "--json"))
    jsonschema.validate(found, schema_of("recall"))
    (at_shop,) = [each for each in found["bounds"] if each["name"] == "福安超市"]
    (line,) = at_shop["holdings"]
    assert (line["quantity"], line["least"], line["proportional"], line["most"]) == (40_000, 0, 12_000, 30_000)
    said = run(shop, "recall", lot, "--bounds", lang="zh")
    assert "可能来自召回范围的数量" in said
    (row,) = [words for each in said.splitlines() if (words := each.split())[:2] == ["福安超市", "M"]]
    assert [each.rstrip("?") for each in row[2:7]] == ["kg", "40.0", "0.0", "12.0", "30.0"]


def test_a_spreadsheet_has_them_too(shop: Path) -> None:
    lot = blended(shop)
    run(shop, "recall", lot, "--bounds", "--csv", "r.csv", "--xlsx", "r.xlsx")
    rows = list(csv.DictReader((shop / "r.csv").read_text(encoding="utf-8-sig").splitlines()))
    (row,) = [each for each in rows if each["name"] == "福安超市"]
    assert (row["proportional"], row["bounds"]) == ("12000", "L-0009/M 0..30000")
    run(shop, "recall", lot, "--csv", "plain.csv")
    assert "bounds" not in (shop / "plain.csv").read_text(encoding="utf-8-sig").splitlines()[0]
