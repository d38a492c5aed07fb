"""What is left to do in a case: who, how much, by which command; goods on the way that a shop speaks of; answers that contradict."""

from __future__ import annotations

import json
from typing import Any

import openpyxl
import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]

DAY = "2026-11-26T"


class Told:
    """A farm's 500 kg: 200 at a wholesaler, of which 50 and 40 are on the way to two shops; a case with notices at 12:05."""

    def __init__(self, here: Inside) -> None:
        self.here = here
        self("08:00", "init")
        self("08:00", "site", "add", "Farm:farm", "Whole:distributor", "Shop:shop", "Coop:shop")
        self.lot = self("08:05", "certificate", "issue", "tomato", "500kg", "--basis", "1", "--out", "a.png").split("  lot ")[1].split()[0]
        self("09:00", "transfer", self.lot, "200kg", "--from", "Farm", "--to", "Whole")
        self("10:00", "transfer", self.lot, "50kg", "--from", "Whole", "--to", "Shop", "--shipped")
        self("10:01", "transfer", self.lot, "40kg", "--from", "Whole", "--to", "Coop", "--shipped")
        self("12:00", "case", "open", self.lot, "--class", "2", "--known", DAY + "11:00", "--reason", "x")
        self("12:05", "case", "notify", "--out", "n")

    def __call__(self, time: str, *words: str, code: int = 0, lang: str = "en") -> str:
        return self.here("--now", DAY + time, *words, code=code, lang=lang)

    def closing(self, time: str) -> Any:
        return self.here.json("--now", DAY + time, "case", "status")["closing"]

    def figures(self, time: str) -> Any:
        return self.here.json("--now", DAY + time, "case", "status")["figures"][0]["rates"]["R1"]


@pytest.fixture
def told(here: Inside) -> Told:
    return Told(here)


def test_an_answer_that_means_goods_on_the_way_is_told_what_to_record_and_that_mends_every_figure(told: Told) -> None:
    said = told("12:10", "case", "acknowledge", "Shop", "--on-hand", f"{told.lot}=50kg")
    command = said.split("if it meant these, they came before its notice: ")[1].split("\n")[0]
    assert command.startswith(f"foodtrace receive L-0001/{told.lot} 50.0kg --at L-0003 --transfer ")
    assert command.endswith("--arrived 2026-11-26T12:04:59+08:00")
    assert "Shop answered more than its book had, and 50.0 kg are on the way to it" in told("12:11", "case", "status")
    assert told.figures("12:12")["denominator"] == 250_000, "by the letter of the records there are 50 kg more"
    more = "(50.0 kg of it beyond the records)"
    for name in ("R1", "R2", "R3"):
        for said in (told("12:12", "case", "status"), told("12:12", "case", "status", "--outlets")):
            (line,) = [each for each in said.splitlines() if each.strip().startswith(name) and "/" in each]
            assert line.endswith(more), "the line of the rate itself says so"
    assert f"R2 0.0 % {more}  answered" in told("12:12", "case", "list")
    assert "应召回率 0.0 % (分母中 50.0 kg 无来处)" in told("12:12", "case", "list", lang="zh")
    told("12:12", "case", "report", "--out", "r.html")
    page = (told.here.folder / "r.html").read_text(encoding="utf-8")
    assert page.count(f"0.0 / 250.0 kg {more}</div>") == 3
    told("12:13", *command.split()[1:])
    assert told.figures("12:14")["denominator"] == 200_000
    assert "beyond the records" not in told("12:14", "case", "status")
    status = told.here.json("--now", DAY + "12:15", "case", "status")
    assert not [each for each in status["untraced"] if each["kind"] == "unexplained_stock"]
    assert not [each for each in status["closing"] if each["kind"] == "travelling" and each["site"] == "L-0003"]


def test_goods_that_are_received_after_an_answer_that_may_mean_them_block_closing(told: Told) -> None:
    told("12:10", "case", "acknowledge", "Shop", "--on-hand", f"{told.lot}=50kg")
    loads = {each["site"]: each["goods"][0]["entry"] for each in told.closing("12:21") if each["goods"]}
    assert "received as sealed" in told("12:22", "receive", told.lot, "50kg", "--at", "Shop", "--transfer", loads["L-0003"])
    said = told("12:23", "case", "close", code=1)
    (line,) = (each for each in said.splitlines() if "Shop (L-0003)" in each)
    assert "; its answer, and what was received, sealed or destroyed, contradict each other 50.0 kg" in line
    told("12:24", "case", "acknowledge", "Shop", "--nothing-left")
    assert "contradict" not in told("12:25", "case", "close", code=1)


def test_goods_taken_in_where_an_answer_may_have_meant_them_are_said_to_be_told_twice(told: Told) -> None:
    loads = {each["site"]: each["goods"][0]["entry"] for each in told.closing("12:06") if each["goods"]}
    told("12:10", "case", "acknowledge", "Shop", "--on-hand", f"{told.lot}=50kg")
    said = told("12:22", "receive", told.lot, "50kg", "--at", "Shop", "--transfer", loads["L-0003"])
    assert (
        "note: Shop has answered case 2026-0001: 50.0 kg (100 斤) of this lot on hand when its notice arrived (2026-11-26 12:05). "
        "The 50.0 kg (100 斤) taken in now stand as sealed on top of that"
    ) in said
    command = said.split("or take this receipt back (foodtrace ")[1].split(")")[0]
    told("12:23", *command.split())
    assert told.figures("12:24")["denominator"] == 250_000, "the answer stands alone again"
    assert "注意: Shop 已回执案件 2026-0001" in told("12:25", "receive", told.lot, "50kg", "--at", "Shop", lang="zh")
    assert "note:" not in told("12:26", "receive", told.lot, "40kg", "--at", "Coop", "--transfer", loads["L-0004"]), "it answered nothing"


def test_what_an_answer_cannot_have_meant_is_taken_in_without_a_word(told: Told) -> None:
    """Nothing on hand; goods that had come before the notice; goods of another lot; and after the answer was mended."""
    loads = {each["site"]: each["goods"][0]["entry"] for each in told.closing("12:06") if each["goods"]}
    told("12:10", "case", "acknowledge", "Coop", "--nothing-left")
    assert "note:" not in told("12:11", "receive", told.lot, "40kg", "--at", "Coop", "--transfer", loads["L-0004"])
    told("12:12", "case", "acknowledge", "Shop", "--on-hand", f"{told.lot}=50kg")
    said = told("12:13", "receive", told.lot, "50kg", "--at", "Shop", "--transfer", loads["L-0003"], "--arrived", DAY + "12:01")
    assert "received as sealed" in said
    assert "note:" not in said, "it came before the notice: the answer counts it once"
    late = told("12:13", "receive", told.lot, "1kg", "--at", "Shop", "--arrived", DAY + "12:07")
    assert "note: Shop has answered" in late, "it came after the notice and before the answer, which speaks of the moment of the notice"
    other = told("12:14", "certificate", "issue", "tomato", "80kg", "--basis", "1", "--out", "b.png").split("  lot ")[1].split()[0]
    told("12:15", "case", "widen", "2026-0001", other, "--reason", "too")
    assert "note:" not in told("12:16", "receive", other, "1kg", "--at", "Shop")
    told("12:17", "case", "acknowledge", "Shop", "--nothing-left")
    assert "note:" not in told("12:18", "receive", told.lot, "1kg", "--at", "Shop")


def test_an_answer_of_a_lot_where_goods_came_without_lot_may_be_of_those_and_says_how_to_answer_once(told: Told) -> None:
    sent = {"type": "transfer", "id": "w", "at": DAY + "11:30:00+08:00", "site": "L-0002", "to": "L-0004", "product": "tomato"}
    (told.here.folder / "r.jsonl").write_text(json.dumps(sent | {"quantity": {"value": 50_000, "unit": "g"}}), encoding="utf-8")
    told("12:06", "record", "r.jsonl")
    told("12:07", "case", "notify", "--out", "m")
    answer = ("case", "acknowledge", "Coop", "--on-hand", f"{told.lot}=20kg")
    said = told("12:10", *answer)
    assert f"Coop answered 20.0 kg of L-0001/{told.lot} that no record brought there, and has 50.0 kg that came without lot" in said
    assert "told twice. If they are: foodtrace case acknowledge L-0004 --case 2026-0001 --on-hand" in told("12:11", "case", "status")
    (same,) = told.here.json("--now", DAY + "12:11", "case", "status")["maybe_same"]
    assert (same["site"], same["over"], same["quantity"]) == ("L-0004", 20_000, 50_000)
    words = said.split("If they are: foodtrace ")[1].split("\n")[0].replace("QUANTITY", "20kg").replace("'", "").split()
    assert "may be the same" not in told("12:13", *words)
    assert told.here.json("--now", DAY + "12:14", "case", "status")["maybe_same"] == []
    told("12:15", *answer)
    assert "可能是同一批货, 说了两遍" in told("12:16", "case", "seal", "Coop", lang="zh"), "all of both is sealed: it is said again"


def test_nothing_is_received_later_than_now(told: Told) -> None:
    assert "case.later_than_now" in told("12:10", "receive", told.lot, "1kg", "--at", "Shop", "--arrived", DAY + "12:11", code=2)


def test_sealed_by_the_book_and_answered_less_blocks_closing_until_the_answer_is_mended(told: Told) -> None:
    loads = {each["site"]: each["goods"][0]["entry"] for each in told.closing("12:06") if each["goods"]}
    said = told("12:10", "receive", told.lot, "40kg", "--at", "Coop", "--transfer", loads["L-0004"], "--arrived", DAY + "11:00")
    assert "sealed" not in said, "it came before the case was opened"
    told("12:11", "case", "seal", "Coop")
    said = told("12:12", "case", "acknowledge", "Coop", "--on-hand", f"{told.lot}=30kg")
    assert "Coop (L-0004)  its answer, and what was received, sealed or destroyed, contradict each other 10.0 kg" in said
    told("12:13", "case", "destroy", "Coop", "--place", "kiln", "--witness", "7")
    assert "Coop: its answer" in told("12:14", "case", "status")
    assert "contradict each other 1 (Coop)" in told("12:15", "case", "close", code=1)
    told("12:16", "case", "acknowledge", "Coop", "--on-hand", f"{told.lot}=40kg")
    assert "contradict" not in told("12:17", "case", "close", code=1)


def test_everybody_who_must_do_something_is_on_the_list_with_the_command(told: Told) -> None:
    """The wholesaler has 110 kg: it answers and seals like a shop."""
    said = told("12:10", "case", "status")
    for line in (
        "to do: Whole has not answered for 0 h",
        "to do: Shop has not answered for 0 h",
        "to do: Whole has 110.0 kg not sealed",
        "to do: 50.0 kg on the way to Shop: record what arrives",
        "to do: 40.0 kg on the way to Coop: record what arrives",
    ):
        assert line in said
    said = told("12:11", "case", "close", code=1)
    assert (
        "case 2026-0001 cannot close: no answer 2 (Shop, Coop); goods left 1 (Whole); travelling 2 (Shop, Coop); "
        "not disposed of by the recaller 1 (Farm)"
    ) in said
    assert "-> foodtrace case seal L-0002 --case 2026-0001" in said
    assert "案件 2026-0001 还不能结: 未回执 2 (Shop, Coop); 还有货 1 (Whole); 在途 2 (Shop, Coop); 召回方未处理 1 (Farm)" in told(
        "12:12", "case", "close", code=1, lang="zh"
    )


def test_the_list_counts_whom_notify_would_tell_suppliers_too(told: Told) -> None:
    told("12:10", "case", "open", told.lot, "--class", "1", "--known", DAY + "11:00", "--reason", "y")
    said = told("12:11", "case", "status", "2026-0002")
    assert "to do: notify 4 (Shop, Coop, Whole, Farm): foodtrace case notify 2026-0002 --new" in said
    assert "\n  not outlets, and not notified: Whole\n" in said
    assert "(4 files with receipt codes)" in told("12:12", "case", "notify", "2026-0002", "--out", "m")


def test_lots_are_named_where_there_are_two(told: Told) -> None:
    other = told("12:06", "certificate", "issue", "tomato", "80kg", "--basis", "1", "--out", "b.png").split("  lot ")[1].split()[0]
    told("12:07", "transfer", other, "20kg", "--from", "Farm", "--to", "Whole")
    told("12:08", "case", "widen", "2026-0001", other, "--reason", "too")
    both = f"(L-0001/{told.lot} 110.0 kg, L-0001/{other} 20.0 kg)"
    assert f"Whole has 130.0 kg {both} not sealed" in told("12:09", "case", "status")
    said = told("12:10", "case", "close", code=1)
    assert f"Whole (L-0002)  not notified; goods left 130.0 kg {both}\n      -> foodtrace case notify 2026-0001 --new\n" in said


def test_a_site_is_told_once_with_all_that_is_missing_there(told: Told) -> None:
    """Two shops without a notice have not answered one either."""
    told("12:10", "case", "open", told.lot, "--class", "1", "--known", DAY + "11:00", "--reason", "y")
    said = told("12:11", "case", "close", "2026-0002", code=1)
    assert "Shop (L-0003)  not notified; no answer; travelling 50.0 kg\n" in said
    assert [line.split(" (L-")[0].strip() for line in said.splitlines() if " (L-" in line] == ["Shop", "Coop", "Whole", "Farm"]
    mends = said.split("Shop (L-0003)")[1].split("Coop (L-0004)")[0].splitlines()[1:]
    assert [line.split()[1:4] for line in mends if "->" in line] == [
        ["foodtrace", "case", "notify"],
        ["foodtrace", "case", "acknowledge"],
        ["foodtrace", "receive", mends[2].split()[3]],
    ]
    assert (
        "case 2026-0002 cannot close: not notified, no answer 2 (Shop, Coop); not notified 1 (Whole); goods left 1 (Whole); "
        "travelling 2 (Shop, Coop); not disposed of by the recaller 1 (Farm)"
    ) in said
    assert "Shop (L-0003)  未通知; 未回执; 在途 50.0 kg" in told("12:12", "case", "close", "2026-0002", code=1, lang="zh")


def test_what_a_plan_says_of_the_method_holds_when_it_is_reported_and_carried_out(told: Told) -> None:
    plan = ("--plan", "2026-11-27T10:00", "--place", "kiln", "--method", "rendered_harmless", "--quantity", "20kg")
    told("12:10", "case", "destroy", "Whole", *plan)
    told("12:11", "case", "destroy", "Whole", "--report", "--doc", "R-1")
    told("12:12", "case", "destroy", "Whole", "--quantity", "20kg", "--witness", "9")
    status = told.here.json("--now", DAY + "12:13", "case", "status")
    done = [step for site in status["sites"] for step in site["steps"] if step["kind"] == "destroyed"]
    assert [(each["method"], each["place"], each["witness"]) for each in done] == [("rendered_harmless", "kiln", "9")]
    assert "witness 9  place kiln  rendered harmless" in told("12:14", "case", "status", "--steps")
    told("12:14", "case", "report", "--out", "r.html", "--xlsx", "r.xlsx")
    rows = list(openpyxl.load_workbook(told.here.folder / "r.xlsx")["Steps"].iter_rows(values_only=True))
    assert [str(row[3])[:16] for row in rows if "destroyed (rendered harmless)" in row] == ["2026-11-26 12:12"]
    assert "  见证人 9  地点 kiln  无害化处理" in told("12:15", "case", "status", "--steps", lang="zh")


def test_steps_are_told_to_the_second(told: Told) -> None:
    (told.here.folder / "a.csv").write_text(f"site,lot,on hand,time\nShop,{told.lot},0kg,2026-11-26T12:06:07\n", encoding="utf-8")
    told("12:10", "case", "acknowledge", "--file", "a.csv")
    assert "answered  2026-11-26T12:06:07  0.0 kg" in told("12:11", "case", "status", "--steps")


def test_a_plan_is_told_with_its_lot_wherever_it_is_told(told: Told) -> None:
    told("12:10", "case", "destroy", "Whole", "--plan", "2026-11-27T10:00", "--place", "kiln", "--quantity", "20kg")
    goods = f"20.0 kg of lot L-0001/{told.lot}"
    assert f"Whole: report the destruction of {goods} first (planned for 2026-11-27 10:00)" in told("12:11", "case", "status")
    assert f"Whole reported: 20.0 kg (40 斤) of lot L-0001/{told.lot}, planned for 2026-11-27 10:00" in told(
        "12:12", "case", "destroy", "Whole", "--report"
    )
    assert f"Whole: destroy {goods} (planned for 2026-11-27 10:00)" in told("12:13", "case", "status")
    late = told.here("--now", "2026-11-27T12:00", "case", "status")
    assert f"Whole was to destroy {goods} by 2026-11-27 10:00, " in late


def test_commands_of_one_minute_see_each_other(told: Told) -> None:
    """A second sealing of the same goods in the minute of the first was taken for 110 kg more."""
    told("12:10", "case", "seal", "Whole")
    assert "case.all_sealed" in told("12:10", "case", "seal", "Whole", code=1)
    assert "case.sealed_already" in told("12:10", "case", "seal", "Whole", "--quantity", "110kg", code=1)
    rates = told.figures("12:10")
    assert (rates["numerator"], rates["denominator"]) == (110_000, 200_000)
    assert "Whole" not in str([each["name"] for each in told.closing("12:10") if each["kind"] == "free"])


def test_what_was_made_in_a_minute_can_be_sent_on_in_it(told: Told) -> None:
    code = told("13:01", "certificate", "issue", "leek", "5kg", "--basis", "1", "--out", "c.png").split("  lot ")[1].split()[0]
    told("13:01", "transfer", code, "2kg", "--from", "Farm", "--to", "Shop")
    assert "left 1.0 kg" in told("13:01", "transfer", code, "2kg", "--from", "Farm", "--to", "Coop")
    assert "site.insufficient" in told("13:01", "transfer", code, "2kg", "--from", "Farm", "--to", "Coop", code=1)


def test_a_time_to_the_second_stands_where_it_was_put(told: Told) -> None:
    """Two seconds of a minute are two moments: what comes later in it is not seen by an earlier one."""
    told("12:20:30", "case", "seal", "Whole")
    assert told.figures("12:20:10")["numerator"] == 0
    assert told.figures("12:20:30")["numerator"] == 110_000


def test_what_is_left_at_a_site_without_books_is_told_as_unknown_until_it_says_so(told: Told) -> None:
    line = {"type": "transfer", "id": "d", "at": DAY + "11:30:00+08:00", "site": "L-0002", "to": "L-0004", "lot": f"L-0001/{told.lot}"}
    (told.here.folder / "r.jsonl").write_text(json.dumps(line | {"quantity": {"value": 9_000, "unit": "g"}}), encoding="utf-8")
    told("12:07", "record", "r.jsonl")
    said = told("12:08", "case", "close", code=1)
    assert "goods left ? (by the records at most 9.0 kg; it keeps no books, and has not said)" in said
    assert "goods left 101.0 kg\n" in said, "the wholesaler keeps books"
    free = {each["name"]: each["unknown"] for each in told.closing("12:08") if each["kind"] == "free"}
    assert free == {"Coop": True, "Whole": False}
    told("12:09", "case", "acknowledge", "Coop", "--on-hand", f"{told.lot}=4kg")
    assert "goods left 4.0 kg; travelling 40.0 kg\n" in told("12:10", "case", "close", code=1)
