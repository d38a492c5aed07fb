"""A case told, corrected, closed and reopened at a counter: one notice both ways, corrections named, refusals that say what to do."""

from __future__ import annotations

import csv
import json

import jsonschema

from foodtrace.schemas import schema_of
from tests.cli.inside import Inside, here

__all__ = ["here"]


class Dairy:
    """A farm whose 50 kg went into a plant's lot, of which it got 10 kg back to sell; a shop got 20 kg."""

    def __init__(self, here: Inside) -> None:
        self.here = here
        self("26T08:00", "init")
        self("26T08:00", "site", "add", "Farm:farm", "Plant:plant", "Coop:shop")
        said = self("26T08:05", "certificate", "issue", "milk", "50kg", "--basis", "1", "--out", "a.png")
        self.milk = said.split("  lot ")[1].split()[0]
        self("26T09:00", "transfer", self.milk, "50kg", "--from", "Farm", "--to", "Plant")
        ids = {each["name"]: each["site"] for each in here.json("site", "list")}
        full = f"{ids['Farm']}/{self.milk}"
        made = {"lot": f"{ids['Plant']}/CHEESE", "quantity": {"unit": "g", "value": 40_000}, "product": "cheese"}
        event = {"type": "transformation", "id": "t", "at": "2026-11-26T09:30:00+08:00", "site": ids["Plant"], "kind": "process"}
        line = json.dumps(event | {"inputs": [{"lot": full, "quantity": {"unit": "g", "value": 50_000}}], "outputs": [made]})
        (here.folder / "made.jsonl").write_text(line + "\n", encoding="utf-8")
        self("26T09:31", "record", "made.jsonl")
        for quantity, to in (("10kg", "Farm"), ("20kg", "Coop")):
            self("26T10:00", "transfer", "CHEESE", quantity, "--from", "Plant", "--to", to)
        self("26T12:00", "case", "open", "CHEESE", "--class", "2", "--known", "2026-11-26T11:00", "--reason", "x")

    def __call__(self, time: str, *words: str, code: int = 0, lang: str = "en") -> str:
        return self.here("--now", "2026-11-" + time, *words, code=code, lang=lang)


def test_the_farm_gets_one_file_and_what_was_corrected_away_stands_where_the_case_is_told(here: Inside) -> None:
    dairy = Dairy(here)
    assert "notices to 1 outlet + 1 other consignee (1 of them upstream as well) + 1 upstream -> n/ (3 files" in dairy(
        "26T12:10", "case", "notify", "--out", "n"
    )
    told = json.loads((dairy.here.folder / "n" / "sending.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema_of("case-notify"))
    (farm,) = [each for each in told if each["name"] == "Farm"]
    assert [(each["direction"], each["received"]) for each in farm["lines"]] == [("downstream", 10_000), ("upstream", 50_000)]
    rows = list(csv.DictReader((dairy.here.folder / "n" / "sending.csv").read_text(encoding="utf-8-sig").splitlines()))
    mine = [(each["number"], each["receipt"], each["direction"]) for each in rows if each["name"] == "Farm"]
    assert mine == [(str(farm["number"]), farm["receipt"], way) for way in ("downstream", "upstream")]
    assert "answer of Farm recorded" in dairy("26T12:20", "case", "acknowledge", "--code", farm["receipt"], "--nothing-left")
    assert "(其中 1 家也是上游)" in dairy("26T12:40", "case", "notify", "--all", "--out", "n", lang="zh")
    assert "case check Coop clean" in dairy("26T13:10", "case", "check", "Coop", "found", "--quantity", "0kg", code=2)
    dairy("26T13:11", "case", "check", "Coop", "found", "--quantity", "2kg")
    entry = dairy.here.json("--now", "2026-11-26T13:12", "case", "report", "--json")["entries"][-1]
    place = f"{entry['log']}#{entry['seq']}"
    dairy("26T13:13", "correct", place, "--did-not-occur", "--note", "another shop", "--by", "7")
    said = dairy("26T13:14", "case", "status")
    assert "  note: 1 correction of its own entries: " in said
    assert f"    {place} effectiveness check " in said
    assert "13:13, 7): another shop\n" in said
    assert "案件自己的记录有 1 次更正" in dairy("26T13:14", "case", "list", lang="zh")
    dairy("26T13:15", "case", "close", "--override", "x", "--approved-by", "7")
    dairy("26T13:16", "case", "reopen", "--reason", "more", "--approved-by", "9")
    dairy("26T13:17", "case", "clear", "2026-0001", "CHEESE", "--basis", "lab", "--approved-by", "9")
    said = dairy("26T13:18", "case", "status")
    assert "2026-11-26 13:16 reopened: more (9)\n" in said
    assert "/CHEESE): lab (approved by 9)\n" in said
