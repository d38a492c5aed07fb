"""Who got goods gets a notice and answers it, also where nobody registered the place: every command of a case takes its id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]

DAY = "2026-11-26T"
LIST = "site,lot,on hand\n"


class Trade:
    """A farm's 90 kg: 20 to a shop, 5 each to Z-9 and Z-8, which nobody registered; a case, and notices at 12:05."""

    def __init__(self, here: Inside) -> None:
        self.here = here
        self("08:00", "init")
        self("08:00", "site", "add", "Farm:farm", "Shop:shop", "Coop:shop")
        code = self("08:05", "certificate", "issue", "leek", "90kg", "--basis", "1", "--out", "a.png").split("  lot ")[1].split()[0]
        self.lot = f"L-0001/{code}"
        self("09:00", "transfer", self.lot, "20kg", "--from", "Farm", "--to", "Shop")
        sent: dict[str, Any] = {"type": "transfer", "at": DAY + "09:10:00+08:00", "site": "L-0001", "lot": self.lot}
        sent["quantity"] = {"value": 5000, "unit": "g"}
        rows = [{**sent, "id": f"sent{n}", "to": f"Z-{n}"} for n in (8, 9)]
        rows += [{**sent, "type": "receipt", "id": "got9", "site": "Z-9", "source": "L-0001", "transfer": "sent9"}]
        (here.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self("09:20", "record", "rows.jsonl")
        self("12:00", "case", "open", self.lot, "--class", "2", "--known", DAY + "11:00", "--reason", "x")
        self.mails: Any = here.json("--now", DAY + "12:05", "case", "notify", "--out", "n")

    def __call__(self, time: str, *words: str, code: int = 0, lang: str = "en") -> str:
        return self.here("--now", DAY + time, *words, code=code, lang=lang)

    def code(self, site: str) -> str:
        (mail,) = [each for each in self.mails if each["site"] == site]
        return str(mail["receipt"])

    def file(self, text: str) -> str:
        (self.here.folder / "a.csv").write_text(text, encoding="utf-8")
        return "a.csv"


@pytest.fixture
def trade(here: Inside) -> Trade:
    return Trade(here)


def test_a_place_that_nobody_registered_answers_by_its_id_by_its_code_and_from_a_file(trade: Trade) -> None:
    assert "answer of Z-9 recorded" in trade("12:10", "case", "acknowledge", "z-9", "--on-hand", f"{trade.lot}=4kg")
    assert "answer of Z-8 recorded" in trade("12:11", "case", "acknowledge", "--code", trade.code("Z-8"), "--nothing-left")
    said = trade("12:12", "case", "acknowledge", "--file", trade.file(f"{LIST}Z-9,{trade.lot},3kg\n"))
    assert "1 row: new 1  known 0  faulty 0" in said
    text = f"receipt,site,lot,on hand\n{trade.code('Z-9')},Z-9,{trade.lot},2kg\n{trade.code('Z-8')},,{trade.lot},1kg\n"
    assert "2 rows: new 2  known 0  faulty 0" in trade("12:13", "case", "acknowledge", "--file", trade.file(text))
    text = f"receipt,site,lot,on hand\n{trade.code('Z-9')},Z-8,{trade.lot},2kg\n"
    wrong = trade("12:14", "case", "acknowledge", "--file", trade.file(text), code=1)
    assert "the receipt code is of Z-9, the row says Z-8" in wrong


def test_it_seals_gives_back_destroys_is_visited_and_cleared(trade: Trade) -> None:
    trade("12:20", "case", "seal", "Z-9", "--quantity", "4kg")
    trade("12:21", "case", "return", "Z-9", "--to", "Farm", "--quantity", "2kg")
    trade("12:22", "case", "destroy", "Z-9", "--quantity", "1kg", "--witness", "7", "--place", "pit")
    trade("12:23", "case", "check", "Z-9", "found", "--lot", trade.lot, "--quantity", "1kg")
    trade("12:24", "case", "clear", trade.lot, "--site", "Z-9", "--basis", "lab", "--approved-by", "1", "--custody")
    assert "register the place" in trade("12:25", "reconcile", "--site", "Z-9", code=1)
    assert "Z-9" in trade("12:25", "trace", trade.lot, "--back", "--at", "Z-9")
    assert trade("12:26", "recall", "--through", "Z-9", "--from", "11-26")


UNKNOWN = [
    ("acknowledge", "{}", "--nothing-left"),
    ("seal", "{}"),
    ("return", "{}", "--to", "Farm"),
    ("destroy", "{}", "--place", "pit", "--witness", "7"),
    ("check", "{}", "found", "--quantity", "1kg"),
    ("clear", "L", "--site", "{}", "--basis", "lab", "--approved-by", "1"),
]


@pytest.mark.parametrize("given", ["Nowhere", "Z-7", "L-0001/261126-1", "operator L-0001"])
def test_what_no_record_names_as_a_place_is_refused_everywhere_in_the_same_words(trade: Trade, given: str) -> None:
    words = f"no site {given}"
    for command in UNKNOWN:
        typed = [each.format(given).replace("L", trade.lot) if each == "L" else each.format(given) for each in command]
        assert f"error site.not_found: {words}\n" in trade("12:10", "case", *typed, code=1), command
    assert f"row 2  site  {given}  {words}\n" in trade(
        "12:10", "case", "acknowledge", "--file", trade.file(f"{LIST}{given},{trade.lot},3kg\n"), code=1
    )
    assert words in trade("12:10", "recall", "--left", given, "--from", "11-26", code=1)


def test_who_has_nothing_of_the_case_is_refused_everywhere_in_the_same_words(trade: Trade) -> None:
    words = "Coop is not affected by case 2026-0001"
    for command in (("acknowledge", "Coop", "--nothing-left"), ("seal", "Coop"), ("return", "Coop", "--to", "Farm")):
        assert words in trade("12:10", "case", *command, code=1)
    said = trade("12:10", "case", "acknowledge", "--file", trade.file("site,lot,on hand\nCoop,,\n"), code=1)
    assert words in said


def test_new_records_name_registered_places_only(trade: Trade) -> None:
    assert "no site Z-9" in trade("12:10", "transfer", trade.lot, "1kg", "--from", "Farm", "--to", "Z-9", code=1)
