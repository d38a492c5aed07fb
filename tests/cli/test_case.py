"""Recall cases on the command line, as the office types them: what is printed, what is written, what is refused."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foodtrace.operations.common import CHINA
from foodtrace.schemas import schema_of
from tests.cli.shell import lot_of, run

NOTICES = "notices-2026-0001"


@pytest.fixture
def trade(tmp_path: Path) -> tuple[Path, str]:
    """P 500 kg -> market; market -> stall 200, shop A 120; stall -> shop B 80."""
    run(tmp_path, "init")
    sites = ("永发合作社:farm", "北河农批:market", "李记蔬菜:warehouse", "福安超市:shop", "惠民菜店:shop")
    run(tmp_path, "site", "add", *sites, "--phone", "0451-555-0104")
    run(tmp_path, "certificate", "issue", "芹菜", "500kg", "--basis", "1", "--out", "label.png", "--origin", "北河县")
    run(tmp_path, "gate", "label.png")
    lot = lot_of(tmp_path)
    for quantity, source, to in (("200kg", "北河农批", "李记蔬菜"), ("120kg", "北河农批", "福安超市"), ("80kg", "李记蔬菜", "惠民菜店")):
        run(tmp_path, "transfer", lot, quantity, "--from", source, "--to", to)
    return tmp_path, lot


def opened(folder: Path, *words: str) -> str:
    return run(folder, "case", "open", *words, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")


def data_of(folder: Path, *words: str, code: int = 0) -> Any:
    """Return what a command prints as JSON; what it says to the person comes after it."""
    return json.JSONDecoder().raw_decode(run(folder, *words, code=code))[0]


def status(folder: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, "case", "status", "--json", *words))
    return found


def test_recall_takes_rules_and_windows_and_says_what_it_was_asked(trade: tuple[Path, str]) -> None:
    folder, lot = trade

    def names(*words: str) -> list[str]:
        return [row["name"] for row in json.loads(run(folder, "recall", *words, "--json"))["outlets"]]

    assert sorted(names("--product", "芹菜", "--producer", "永发合作社")) == ["惠民菜店", "福安超市"]
    wrong = run(folder, "recall", "--product", "芹", code=1)
    assert "case.rule_fits_nothing" in wrong
    assert "芹菜" in wrong, "what the product is called on record"
    assert "case.rule_fits_nothing" in run(folder, "recall", "--code", "9*|8*", code=1)
    assert sorted(names(lot)) == sorted(names("--code", lot[:3] + "*"))
    day = f"{dt.datetime.now(CHINA):%Y-%m-%d}"
    for site, year, rest in (("--left", "2000", ()), ("--left", "2099", (lot,)), ("--through", "2000", ("--json",))):
        said = run(folder, "recall", *rest, site, "李记蔬菜", "--from", f"{year}-01-01", "--to", f"{year}-01-02", code=1)
        assert "case.window_fits_nothing" in said
        assert f"the records of 李记蔬菜 run from {day} to {day}" in said
    assert "case.window_no_records" in run(folder, "recall", "--left", "惠民菜店", "--from", day, code=1)
    assert names("--left", "李记蔬菜", "--from", day) == ["惠民菜店"]
    assert "through 李记蔬菜 2000-01-01 00:00 - " in run(folder, "recall", "--through", "李记蔬菜", "--from", "2000-01-01", "--to", day)
    assert "case.window" in run(folder, "recall", "--left", "李记蔬菜", code=2)
    assert "LOT" in run(folder, "recall", code=2)
    assert names(lot, "--at", "2000-01-01T00:00") == []


def test_a_case_by_rule_says_its_scope_and_widens_by_version(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    assert "1 lot" in opened(folder, "--product", "芹菜", "--code", "2*")
    assert status(folder)["versions"][0]["clauses"] == ["product=芹菜 code=2*"]
    assert "case.scope_empty" in opened_badly(folder)
    cold_room = ("--site", "李记蔬菜", "--from", "2000-01-01", "--to", "2099-01-01")
    assert "version 2" in run(folder, "case", "widen", "2026-0001", *cold_room, "--reason", "cold room")
    assert "case.scope_same" in run(folder, "case", "widen", "2026-0001", *cold_room, "--reason", "again", code=1)
    run(folder, "case", "widen", "2026-0001", lot, "--reason", "lab")
    assert status(folder)["version"] == 3
    less = ("case", "narrow", "2026-0001", lot, "--reason", "lab")
    assert "case.approved_by" in run(folder, *less, code=2)
    assert "case clear" in run(folder, *less, "--approved-by", "7")
    assert [each["version"] for each in status(folder)["versions"]] == [1, 2, 3, 4]


def test_a_case_about_nothing_on_record_is_opened_only_where_that_is_meant(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    rest = ("--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    typed = {("--product", "芹"): "case.rule_fits_nothing", ("--left", "李记蔬菜", "--from", "2099-01-01"): "case.window_fits_nothing"}
    for words, why in typed.items():
        assert why in run(folder, "case", "open", *words, *rest, code=1)
    assert data_of(folder, "case", "list", "--all", "--json") == []
    opened(folder, lot)
    for words, why in typed.items():
        assert why in run(folder, "case", "widen", "2026-0001", *words, "--reason", "x", code=1)
        assert why in run(folder, "case", "narrow", "2026-0001", *words, "--reason", "x", "--approved-by", "7", code=1)
    assert "fits product=芹 (芹菜)" in opened(folder, "--product", "芹", "--nothing-yet"), "it stands, but may be a slip of the pen"
    assert "on record fits left L-0003 2099" in opened(folder, "--left", "李记蔬菜", "--from", "2099-01-01", "--nothing-yet")


def test_status_says_that_the_start_was_met_and_that_an_extension_without_publication_does_not_count(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    known = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat(timespec="minutes")
    run(folder, "case", "open", lot, "--class", "2", "--known", known, "--reason", "x")
    assert "started, met" in run(folder, "case", "status")
    run(folder, "case", "publish")
    run(folder, "case", "extend", "--until", "2099-12-31", "--approval", "A-7")
    assert "an extension to 2099-12-31 is not published" in run(folder, "case", "status")


def test_the_workbook_says_of_each_site_what_was_done_when_by_whom_and_with_what_evidence(trade: tuple[Path, str]) -> None:
    from openpyxl import load_workbook

    folder, lot = trade
    opened(folder, lot)
    (folder / "seal.jpg").write_bytes(b"photo")
    run(folder, "case", "seal", "福安超市", "--quantity", "120kg", "--evidence", "seal.jpg", "--by", "W7")
    run(folder, "case", "report", "--xlsx", "r.xlsx", "--out", "r.html")
    heads, *rows = load_workbook(folder / "r.xlsx")["Steps"].iter_rows(values_only=True)
    (row,) = [dict(zip(heads, each, strict=True)) for each in rows]
    assert (row["name"], row["by"], row["lot"]) == ("福安超市", "W7", f"L-0001/{lot}")
    assert row["quantity"]
    assert hashlib.sha256(b"photo").hexdigest() in row.values()


def opened_badly(folder: Path) -> str:
    return run(folder, "case", "open", "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x", code=2)


def test_notices_are_pages_and_a_list_and_answers_come_back_by_file_and_by_code(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    told = data_of(folder, "case", "notify", "--out", "n", "--json")
    jsonschema.validate(told, schema_of("case-notify"))
    assert {(each["name"], line["received"], line["unit"]) for each in told for line in each["lines"]} >= {
        ("福安超市", 120_000, "g"),
        ("惠民菜店", 80_000, "g"),
    }
    with (folder / "n" / "sending.csv").open(encoding="utf-8-sig") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"福安超市", "惠民菜店", "北河农批", "李记蔬菜", "永发合作社"}
    assert "0451-555-0104" not in (folder / "n" / "sending.csv").read_text(encoding="utf-8")
    page = (folder / "n" / rows["福安超市"]["file"]).read_text(encoding="utf-8")
    assert "惠民菜店" not in page, "nobody reads of his competitor's stock"
    assert rows["福安超市"]["receipt"] in page
    assert "http-equiv" not in page
    assert "<script" not in page
    answers = [["receipt", "lot", "on_hand", "unit"], [rows["福安超市"]["receipt"], lot, "100", "kg"], ["惠民菜店", lot, "lots", "kg"]]
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(answers)
    run(folder, "case", "acknowledge", "--file", "a.csv", code=1)
    assert status(folder)["rates"]["R5"]["numerator"] == 0, "one fault, nothing recorded"
    said = data_of(folder, "case", "acknowledge", "--file", "a.csv", "--skip-bad", "--json", code=1)
    jsonschema.validate(said, schema_of("case-answers"))
    assert (said["new"], [(each["row"], each["column"]) for each in said["faults"]]) == (1, [(3, "quantity"), (3, "code")])
    said = data_of(folder, "case", "acknowledge", "--code", rows["惠民菜店"]["receipt"].lower(), "--nothing-left", "--json")
    jsonschema.validate(said, schema_of("case-acknowledge"))
    assert status(folder)["rates"]["R5"]["numerator"] == 2
    found = {row["name"]: row["amounts"][0] for row in answer(folder)}
    assert (found["福安超市"]["at_notice"], found["惠民菜店"]["at_notice"]) == (100_000, 0)
    right = rows["惠民菜店"]["receipt"]
    wrong = right[:-1] + ("3" if right.endswith("2") else "2")
    assert "case.receipt_unknown" in run(folder, "case", "acknowledge", "--code", wrong, code=1)
    before = len(list((folder / "n").iterdir()))
    assert "nobody" in run(folder, "case", "notify", "--out", "n").lower()
    run(folder, "case", "notify", "--reprint", "--out", "n", "--contacts")
    assert "0451-555-0104" in (folder / "n" / "sending-2.csv").read_text(encoding="utf-8")
    assert len(list((folder / "n").iterdir())) == before + 2, "the pages are the same, the list is a new one"


@pytest.mark.parametrize("heading", ["remaining", "", "left over"])
def test_answers_under_a_heading_that_is_not_known_are_refused_not_lost(trade: tuple[Path, str], heading: str) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "notify", "--out", "n")
    (folder / "a.csv").write_text(f"site,lot,{heading},unit,time\n福安超市,{lot},55,g,\n", encoding="utf-8")
    said = run(folder, "case", "acknowledge", "--file", "a.csv", code=2)
    assert "list.column" in said
    assert heading in said
    assert status(folder)["rates"]["R5"]["numerator"] == 0


@pytest.mark.parametrize("heading", ["on hand", "On hand (g)", "On_Hand", "现存（g）", "库存(克)"])
def test_the_column_of_what_was_on_hand_goes_by_the_names_people_give_it(trade: tuple[Path, str], heading: str) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "notify", "--out", "n")
    unit = ("", "") if "g" in heading or "克" in heading else (",unit", ",g")
    (folder / "a.csv").write_text(f"site,lot,{heading}{unit[0]}\n福安超市,{lot},55{unit[1]}\n", encoding="utf-8")
    run(folder, "case", "acknowledge", "--file", "a.csv")
    assert {row["name"]: row["amounts"][0] for row in answer(folder)}["福安超市"]["at_notice"] == 55


def answer(folder: Path) -> list[dict[str, Any]]:
    run(folder, "case", "report", "--xlsx", "r.xlsx", "--out", "r.html")
    found = json.loads(run(folder, "case", "report", "--json"))
    rows: list[dict[str, Any]] = found["answer"]["outlets"]
    return rows


def test_goods_checks_and_closing_step_by_step(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "notify", "--out", "n")
    assert "case.quantity_needed" in run(folder, "case", "seal", "福安超市", "--evidence", "label.png", code=1)
    assert "-> foodtrace case seal L-0004 --quantity QUANTITY --case" in run(folder, "case", "close", code=1)
    assert "sealed" in run(folder, "case", "seal", "福安超市", "--quantity", "120kg", "--evidence", "label.png")
    assert "case.no_file" in run(folder, "case", "seal", "福安超市", "--evidence", "missing.jpg", code=1)
    said = run(folder, "case", "return", "福安超市", "--quantity", "1kg", "--to", "李记蔬菜")
    assert f"no lot given; the one lot of the case at 福安超市 is L-0001/{lot}" in said
    assert "Art. 63" in run(folder, "case", "destroy", "福安超市"), "unreported"
    run(folder, "case", "return", "惠民菜店", "--quantity", "80kg", "--to", "李记蔬菜")
    assert "transfer.recalled" in run(folder, "case", "restock", "李记蔬菜", lot, code=1)
    run(folder, "case", "sample", "--level", "A")
    assert "4 of 4" in run(folder, "case", "sample", "--verify")
    failed = run(folder, "case", "check", "福安超市", "found", "--lot", lot, "--quantity", "5kg")
    assert "case seal L-0004" in failed
    said = run(folder, "case", "close", code=1)
    assert "case.not_done" in said
    assert "福安超市 (L-0004)" in said
    assert "case.approved_by" in run(folder, "case", "close", "--override", "bankrupt", code=2)
    run(folder, "case", "close", "--override", "bankrupt", "--approved-by", "7")
    assert "transfer.recalled" in run(folder, "transfer", lot, "1kg", "--from", "北河农批", "--to", "福安超市", code=1)
    run(folder, "case", "clear", "2026-0001", lot, "--basis", "lab 7", "--approved-by", "7")
    run(folder, "transfer", lot, "1kg", "--from", "北河农批", "--to", "福安超市")
    kinds = {each["kind"] for each in status(folder)["remarks"]}
    assert {"unreported", "unwitnessed", "refused", "cleared"} <= kinds
    steps = {each["name"]: [step["kind"] for step in each["steps"]] for each in status(folder)["sites"]}
    assert steps["福安超市"] == ["notice", "sealing", "returned", "destroyed"]


def test_a_larger_sample_is_asked_for_until_it_is_drawn(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    assert "level C: 1 of 4 sites, 1 new" in run(folder, "case", "sample", "--level", "C")
    drawn = json.loads(run(folder, "case", "sample", "--json"))
    assert drawn["new"] == []
    (site,) = {task["site"] for task in status(folder)["today"] if task["what"] == "visit"}
    said = run(folder, "case", "check", site, "not-notified")
    assert "goes up to level B; the case does not close before it is drawn and visited: foodtrace case sample 2026-0001" in said
    run(folder, "case", "check", site, "clean")
    assert "a check failed: the sample goes up to level B, 1 more: foodtrace case sample 2026-0001" in run(folder, "case", "status")
    said = run(folder, "case", "close", code=1)
    assert "the larger sample that a failed check asks for is not drawn\n      -> foodtrace case sample 2026-0001" in said
    assert "()" not in said
    assert "level B: 2 of 4 sites, 1 new" in run(folder, "case", "sample")
    assert "larger sample" not in run(folder, "case", "close", code=1)
    assert "2 of 2 agree" in run(folder, "case", "sample", "--verify")


def test_what_broke_at_no_site_is_called_by_what_it_is(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "sample", "--level", "C")
    (site,) = {task["site"] for task in status(folder)["today"] if task["what"] == "visit"}
    run(folder, "case", "check", site, "clean")
    run(folder, "case", "close", "--override", "x", "--approved-by", "7")
    run(folder, "case", "check", site, "not-notified")
    said = run(folder, "case", "status")
    (line,) = [each for each in said.splitlines() if "case reopen" in each]
    assert "the larger sample that a failed check asks for is not drawn" in line
    assert "()" not in said


def test_status_of_an_earlier_moment_and_the_curve(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    assert "case.not_yet" in run(folder, "case", "status", "--at", "2000-01-01T00:00", code=1)
    time.sleep(1.1)  # the answer's own moment is printed to the second
    moment = str(status(folder)["at"])
    run(folder, "case", "notify", "--out", "n")
    then = status(folder, "--at", moment, "--as-known")
    assert (then["as_known"], then["rates"]["R4"]["numerator"]) == (True, 0)
    assert status(folder)["rates"]["R4"]["numerator"] == 2
    assert "as of" in run(folder, "case", "status", "--at", moment)
    assert status(folder, "--curve")["curve"]


def test_a_recalled_lot_gets_no_certificate_and_a_plan_file_is_read_strictly(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    plan = folder / "p.toml"
    assert "case.no_file" in run(folder, "case", "open", lot, *LEVEL, "--plan", "p.toml", code=1)
    plan.write_text('product="芹菜"\nbogus=1\n', encoding="utf-8")
    assert "bogus" in run(folder, "case", "open", lot, *LEVEL, "--plan", "p.toml", code=2)
    plan.write_text('product="芹菜"\nharm="中毒"\nphone="0451-9"\nquantity="500kg"\n', encoding="utf-8")
    run(folder, "case", "open", lot, *LEVEL, "--plan", "p.toml")
    said = run(folder, "certificate", "issue", "芹菜", "5kg", "--basis", "1", "--site", "永发合作社", "--code", lot, code=1)
    assert "transfer.recalled" in said
    run(folder, "case", "notify", "--out", "n")
    assert "中毒" in next((folder / "n").glob("*福安超市.html")).read_text(encoding="utf-8")
    taken = ("--plant", "李记蔬菜", "--product", "小北1段", "--in", f"{lot}=10kg")
    assert "transfer.recalled" in run(folder, "formula", "batch", "06909999000012/B1", "100", *taken, code=1)


LEVEL = ("--class", "3", "--known", "2026-01-01T00:00", "--reason", "x")


def test_every_case_has_its_line_and_closed_ones_only_when_asked_for(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    assert "no open cases" in run(folder, "case", "list")
    opened(folder, lot)
    opened(folder, "--product", "芹菜")
    run(folder, "case", "withdraw", "2026-0001", "--reason", "x", "--approved-by", "7")
    assert [each["case"] for each in json.loads(run(folder, "case", "list", "--json"))] == ["2026-0002"]
    assert status(folder)["case"] == "2026-0002", "the only one that is open need not be named"
    lines = run(folder, "case", "list", "--all").splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["2026-0002 芹菜 class 2", "2026-0001 芹菜 class 2"]
    assert "withdrawn" in lines[1]
    assert "answered 0/2" in lines[0]


def test_recall_of_a_lot_with_a_case_says_who_was_told_and_how_far_each_source_has_come(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "notify", "--out", "n")
    said = run(folder, "recall", lot)
    assert "case 2026-0001, scope version 1: its steps are counted here" in said
    assert "R4 notified            100.0 %  2 / 2 outlets" in said
    assert "records received: 1 log, the newest to " in said
    assert "no records of their own of what became of these goods (2, their stock is unknown): " in said
    shops = [row for row in json.loads(run(folder, "recall", lot, "--json"))["outlets"] if row["last_entry"] is None]
    first = shops[0]
    left = f"{lot}={first['amounts'][0]['likely']}g"
    run(folder, "case", "acknowledge", first["site"], "--on-hand", left)
    told = run(folder, "recall", lot)
    assert "no records of their own of what became of these goods (1, their stock is unknown): " in told, (
        "the list, the table and the total say the same"
    )
    assert f"by what others recorded (1): {first['name']}" in told
    assert told.count("?") < said.count("?")
    rows = list(csv.DictReader(run(folder, "recall", lot, "--csv", "-").splitlines()))
    assert all(row["notified"] != "?" and row["sealed_at"] == "?" for row in rows if row["kind"] == "shop")


def test_status_says_beside_its_rates_what_could_not_be_traced(trade: tuple[Path, str]) -> None:
    folder, lot = trade
    opened(folder, lot)
    run(folder, "case", "publish")
    run(folder, "case", "notify")
    assert "no dispatch" not in run(folder, "case", "status")
    run(folder, "case", "return", "福安超市", "--to", "北河农批", "--lot", lot, "--quantity", "60kg", "--shipped")
    run(folder, "receive", lot, "60kg", "--at", "北河农批", "--from", "福安超市", "--doc", "Z-9")
    told = run(folder, "case", "status")
    assert "not traced (3): " in told
    assert "received, and the sender has no dispatch 1" in told
    assert "not traced (3):" in run(folder, "case", "status", "2026-0001", "--outlets"), "the list that it names"
    assert "查不到的 3 项: " in run(folder, "case", "status", lang="zh")
