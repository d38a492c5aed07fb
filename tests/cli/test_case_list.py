"""``case list``: what stands against a case that was closed, and when a curve is read."""

from __future__ import annotations

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]


class Closed:
    """A farm's 20 kg at a shop, sold before the case; all was destroyed or told of, and the case closed on 28 November."""

    def __init__(self, here: Inside) -> None:
        self.here = here
        self("26T08:00", "init")
        self("26T08:00", "site", "add", "Farm:farm", "Whole:distributor", "Shop:shop", "Coop:shop")
        said = self("26T08:05", "certificate", "issue", "tomato", "20kg", "--basis", "1", "--out", "a.png")
        self.lot = said.split("  lot ")[1].split()[0]
        self("26T09:00", "transfer", self.lot, "20kg", "--to", "Shop")
        self("26T12:00", "case", "open", self.lot, "--class", "2", "--known", "2026-11-26T11:00", "--reason", "x")
        self("26T12:05", "case", "notify", "--out", "n")
        self("26T12:10", "case", "acknowledge", "Shop", "--on-hand", f"{self.lot}=20kg")
        self("26T12:15", "case", "destroy", "Shop", "--place", "kiln", "--witness", "7")

    def __call__(self, time: str, *words: str, code: int = 0, lang: str = "en") -> str:
        return self.here("--now", "2026-11-" + time, *words, code=code, lang=lang)


@pytest.fixture
def closed(here: Inside) -> Closed:
    made = Closed(here)
    made("28T12:00", "case", "close")
    return made


def test_a_closed_case_that_nothing_stands_against_is_not_listed(closed: Closed) -> None:
    assert "no open cases; closed or withdrawn: 1" in closed("28T13:00", "case", "list")


def test_what_stands_against_a_closed_case_since_is_listed_with_how_much_it_is_and_the_worst(closed: Closed) -> None:
    """A late fact: the farm had sent 7 kg to a wholesaler, which sent 2 kg of it on to a shop that nobody told."""
    late = closed.here.folder / "late.csv"
    late.write_text(f"单号,时间,卖方,品名,批次,数量,单位,买方\nA1,2026-11-27 06:00,Farm,tomato,{closed.lot},7,kg,Whole\n", encoding="utf-8")
    closed("29T08:00", "record", "late.csv", "--as", "transfer")
    late.write_text(f"单号,时间,卖方,品名,批次,数量,单位,买方\nA2,2026-11-27 07:00,Whole,tomato,{closed.lot},2,kg,Coop\n", encoding="utf-8")
    closed("29T08:01", "record", "late.csv", "--as", "transfer")
    said = closed("29T09:00", "case", "list")
    assert "2026-0001: 4 that stand against closing it did not when it was closed" in said, "two sites untold, goods at both"
    assert "    the worst: Whole, goods left 5.0 kg\n" in said
    assert "    最重的: Whole 还有货 5.0 kg\n" in closed("29T09:00", "case", "list", lang="zh")
    (line,) = closed.here.json("--now", "2026-11-29T09:00", "case", "list")
    status = closed.here.json("--now", "2026-11-29T09:00", "case", "status")
    assert (line["state"], line["broken"]) == ("closed", 4)
    assert line["worst"] in status["broken"]
    assert "to do: not so when it was closed: 4 (" in closed("29T09:00", "case", "status"), "the status counts alike"
    closed("29T09:01", "case", "reopen", "--reason", "late facts")
    (line,) = closed.here.json("--now", "2026-11-29T09:02", "case", "list")
    assert (line["state"], line["broken"], line.get("worst")) == ("open", 0, None)


def test_a_destruction_that_was_undone_is_listed_and_a_withdrawn_case_is_not(closed: Closed) -> None:
    status = closed.here.json("--now", "2026-11-28T13:00", "case", "status")
    (entry,) = [step["entry"] for site in status["sites"] for step in site["steps"] if step["kind"] == "destroyed"]
    closed("28T14:00", "correct", entry, "--did-not-occur")
    assert "    the worst: Shop, goods left 20.0 kg\n" in closed("28T15:00", "case", "list")
    closed("28T16:00", "case", "withdraw", "--reason", "in error", "--approved-by", "7")
    assert "no open cases" in closed("28T17:00", "case", "list")


def test_no_moment_of_a_curve_is_told_twice(here: Inside) -> None:
    """From noon to noon every eighth part of the time is a midnight too."""
    made = Closed(here)
    for now in ("28T12:00", "29T00:00", "28T12:00:40"):
        said = made(now, "case", "status", "--curve").split("curve (as happened | as known then)\n")[1]
        times = [line.split("  ")[1] for line in said.splitlines() if "  |  " in line]
        assert len(times) >= 10
        assert len(set(times)) == len(times), now
        assert "2026-11-27T00:00" in times


def test_goods_that_a_shop_says_are_gone_are_told_when_a_case_is_closed_over_them(here: Inside) -> None:
    """It had 20 kg by the book and answers that nothing is left: closing does not wait for it, and nobody may miss it."""
    made = Closed(here)
    status = here.json("--now", "2026-11-26T12:16", "case", "status")
    assert status["unaccounted"] == []
    (entry,) = [step["entry"] for site in status["sites"] for step in site["steps"] if step["kind"] == "destroyed"]
    made("26T12:17", "correct", entry, "--did-not-occur")
    made("26T12:18", "case", "acknowledge", "Shop", "--nothing-left")
    line = "unaccounted for (on the books, and by the word of the site not there): Shop 20.0 kg; it counts as retrieved nowhere"
    assert line in made("26T12:19", "case", "status")
    said = made("26T12:20", "case", "close")
    assert "closed" in said
    assert line in said
    assert "有货去向不明 (账上有, 网点说没有): Shop 20.0 kg" in made("26T12:21", "case", "list", "--all", lang="zh")
    assert line in made("26T12:21", "case", "list"), "closed over them, so that it is no all-clear"
    (listed,) = here.json("--now", "2026-11-26T12:22", "case", "list")
    assert listed["state"] == "closed"
    assert [(each["name"], each["quantity"], each["unit"]) for each in listed["unaccounted"]] == [("Shop", 20_000, "g")]
    made("26T12:23", "case", "clear", "2026-0001", made.lot, "--site", "Shop", "--basis", "lab", "--approved-by", "9")
    assert line in made("26T12:24", "case", "list"), "what was missing there was not examined"
    made("26T12:25", "case", "clear", "2026-0001", made.lot, "--basis", "lab", "--approved-by", "9")
    assert "no open cases" in made("26T12:26", "case", "list")
    assert here.json("--now", "2026-11-26T12:27", "case", "status")["unaccounted"] == []
