"""``record FILE`` as a settlement clerk meets it: what is remembered, what a bad line says, what cannot be followed to one lot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from foodtrace.errors import Storage
from foodtrace.ledger import Ledger
from foodtrace_cli.commands import record
from foodtrace_cli.context import Context
from tests.cli.inside import Inside, here

__all__ = ["here"]

HEAD = "交易单号,交易时间,商户号,品名,批次,数量,买方\n"


@pytest.fixture
def stall(here: Inside) -> Inside:
    """A market that has one lot of celery, and a shop."""
    here("init")
    here("site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop")
    here("certificate", "issue", "芹菜", "500kg", "--basis", "1", "--code", "261127-1", "--out", "label.png")
    here("gate", "label.png")
    return here


def test_a_unit_that_was_told_is_remembered_with_the_columns(stall: Inside) -> None:
    day = [HEAD + f"JS-{n},2026-11-27 05:0{n},北河农批,芹菜,L-0001/261127-1,40,福安超市\n" for n in (1, 2)]
    for name, text in zip(("一.csv", "二.csv"), day, strict=True):
        Path(name).write_text(text, "utf-8")
    assert "quantity.unit_missing" in stall("record", "一.csv", code=2)
    stall("record", "一.csv", "--unit", "斤")
    said = stall("record", "二.csv")
    assert "unit_missing" not in said, "the next day asks no more"
    assert "columns: foodtrace.columns.toml [" in said
    assert "numbers without unit are 斤 (kept with the columns)" in said
    assert "(written 40 斤)" in stall("record", "二.csv", "--dry-run")


def test_rows_without_lot_or_buyer_are_counted_aloud(stall: Inside) -> None:
    Path("x.csv").write_text(
        HEAD.replace("数量", "数量(kg)")
        + "JS-1,2026-11-27 05:01,北河农批,芹菜,,40,福安超市\nJS-2,2026-11-27 05:02,北河农批,芹菜,L-0001/261127-1,10,\n",
        "utf-8",
    )
    said = stall("record", "x.csv", lang="zh")
    assert '另有 1 行没有批次 (50 %): 可以记, 将标 "可能"' in said
    assert "另有 1 行没有买方 (50 %)" in said


@pytest.mark.parametrize("text", [None, "", '["a"]\nkind = "transfer"\n["a".columns]\n["b"]\nkind = "sale"\n["b".columns]\n'])
def test_a_map_that_is_not_there_or_not_one_is_an_error(stall: Inside, text: str | None) -> None:
    Path("x.csv").write_text(HEAD, "utf-8")
    if text is not None:
        Path("map.toml").write_text(text, "utf-8")
    said = stall("record", "x.csv", "--map", "map.toml", code=1 if text is None else 2)
    assert ("record.no_file" if text is None else "record.map_one") in said


def test_a_bad_line_of_json_says_field_value_and_what_is_expected(stall: Inside) -> None:
    good = '{"type":"transfer","id":"J-1","at":"2026-11-27T06:00:00+08:00","site":"L-0002","to":"L-0003",'
    good += '"lot":"L-0001/261127-1","quantity":{"value":1000,"unit":"g"}}'
    lines = [
        good,
        good.replace("2026-11-27T06:00:00+08:00", "2026-11-27"),
        good.replace("1000", '"ten"'),
        good.replace("J-1", "J-4").replace('"at":"2026-11-27T06:00:00+08:00",', ""),
        "no json",
    ]
    Path("x.jsonl").write_text("\n".join(lines), "utf-8")
    said = stall("record", "x.jsonl", code=1).splitlines()
    rows: dict[str, str] = {}
    for line in said:
        rows.setdefault(line.split()[0], " ".join(line.split()[1:]))  # the last line says once more how many are bad
    assert rows["2"].startswith("at 2026-11-27 2026-11-23T05:12:00+08:00")
    assert rows["3"].startswith("quantity.value ten a whole number")
    assert rows["4"].startswith("at not empty")
    assert rows["5"].startswith("no json JSON")


FULL = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方\n"


def line(number: int | str, quantity: object = 10, unit: str = "kg", buyer: str = "福安超市") -> str:
    return f"JS-{number},2026-11-27 05:01,北河农批,芹菜,L-0001/261127-1,{quantity},{unit},{buyer}\n"


def entries(stall: Inside) -> int:
    return int(re.search(r'"size":\s*(\d+)', stall("verify", "--json"))[1])  # type: ignore[index]


def test_a_number_on_record_with_other_content_is_a_bad_row_before_anything_is_written(
    stall: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_BATCH", 3)
    Path("a.csv").write_text(FULL + line(1) + line(2), "utf-8")
    stall("record", "a.csv")
    before = entries(stall)
    Path("c.csv").write_text(FULL + "".join(line(n) for n in range(10, 20)) + line(1, 11) + line(2, 10, buyer="") + line(30), "utf-8")
    for words in ((), ("--dry-run",)):
        said = stall("record", "c.csv", *words, code=1)
        rows = {each.split()[0]: each for each in reversed(said.splitlines()) if each.strip()}
        assert rows["12"].split()[1:6] == ["数量", "11", "10.0", "kg", "(on"]
        assert rows["13"].split()[1:3] == ["买方", "L-0003"], "an empty cell, and what is on record"
        assert "2 bad rows" in said
        assert entries(stall) == before, "nothing was written"
    said = stall("record", "c.csv", "--skip-bad", code=1)
    assert "new 11  on record already 0  bad 2" in said
    assert entries(stall) == before + 11
    assert re.findall(r"JS-\d+,2026", Path("c.bad.csv").read_text("utf-8-sig")) == ["JS-1,2026", "JS-2,2026"]
    Path("c.bad.csv").write_text(FULL + line(1) + line(2), "utf-8")
    assert "new 0  on record already 2" in stall("record", "c.bad.csv"), "mended back, it is what is on record"


def test_a_number_on_record_in_other_words_names_both(stall: Inside) -> None:
    Path("a.csv").write_text(FULL + line(1, 120, "斤"), "utf-8")
    stall("record", "a.csv")
    Path("b.csv").write_text(FULL + line(1, 60, "公斤"), "utf-8")
    said = stall("record", "b.csv", "--skip-bad", code=1)
    assert "new 0  on record already 0  bad 1" in said
    assert "written was 120 斤, now -" in Path("b.bad.csv").read_text("utf-8-sig")


def test_a_json_line_that_the_log_would_refuse_is_a_bad_row(stall: Inside) -> None:
    good = '{"type":"transfer","id":"J-%d","at":"2026-11-27T06:00:00+08:00","site":"L-0002","to":"L-0003",'
    good += '"lot":"L-0001/261127-1","quantity":{"value":%d,"unit":"g"}}\n'
    wrong = '{"type":"correction","id":"C-1","at":"2026-11-27T06:00:00+08:00","seq":999,"leaf":"%s","reason":"did_not_occur"}\n'
    wrong %= "0" * 64
    Path("x.jsonl").write_text(good % (1, 1000), "utf-8")
    stall("record", "x.jsonl")
    Path("y.jsonl").write_text(good % (2, 1000) + good % (1, 2000) + wrong, "utf-8")
    said = stall("record", "y.jsonl", code=1)
    rows = {each.split()[0]: each for each in reversed(said.splitlines()) if each.strip()}
    assert rows["2"].split()[1:5] == ["quantity", "2.0", "kg", "1.0"]
    assert "correction.no_entry" not in said
    assert rows["3"].split()[1] == "999"
    assert "new 1" in stall("record", "y.jsonl", "--skip-bad", code=1)


def test_what_fails_between_two_pieces_says_how_many_rows_are_on_record(stall: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_BATCH", 3)
    Path("a.csv").write_text(FULL + "".join(line(n) for n in range(10)), "utf-8")
    real, calls = Ledger.record, []

    def failing(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise Storage("storage.full", value="x", reason="no space")
        return real(*args, **options)

    monkeypatch.setattr(Ledger, "record", failing)
    said = stall("record", "a.csv", code=3)
    assert "stopped half way: 6 rows recorded, 0 on record before; the other 4 are not" in said
    monkeypatch.setattr(Ledger, "record", real)
    assert "new 4  on record already 6" in stall("record", "a.csv")


def test_rows_left_out_are_counted_and_named(stall: Inside) -> None:
    Path("a.csv").write_text(FULL + line(1) + line(1) + line(2, 0) + "小计,,,,,20,,\n" * 4 + "合计,,,,,20,,\n", "utf-8")
    said = stall("record", "a.csv")
    assert "7 rows are left out:\n" in said
    assert "  row 3 repeats an earlier row, recorded once: JS-1\n" in said
    assert "  row 4 has quantity 0, not recorded: JS-2" in said
    assert "  row 5 is a total, not recorded: 小计 20\n" in said
    assert "  2 more\n" in said
    assert "new 1  on record already 0  bad 0  left out 7" in said
    Path("b.csv").write_text(FULL + line(2, 0) + "合计,,,,,20,,\n", "utf-8")
    for words in ((), ("--dry-run",)):
        said = stall("record", "b.csv", *words, code=1)
        assert "2 rows are left out" in said
        assert "record.no_row: b.csv has no row" in said


def test_a_file_of_bad_rows_is_not_written_over_and_that_is_said(stall: Inside) -> None:
    Path("a.csv").write_text(FULL + line(1) + line(2, "x"), "utf-8")
    Path("a.bad.csv").write_text("mended", "utf-8")
    said = stall("record", "a.csv", "--skip-bad", code=1)
    assert "bad rows -> a.bad-2.csv  (a.bad.csv is there and was left as it is)" in said
    assert Path("a.bad.csv").read_text("utf-8") == "mended"


def test_a_settlement_file_mapped_on_a_terminal_keeps_its_buyers(stall: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"JS-{n},2026-11-27 05:0{n},北河农批,芹菜,40,福安超市\n" for n in (1, 2))
    Path("a.csv").write_text("流水,何时,谁卖,什么,多少,给谁\n" + rows, "utf-8")
    monkeypatch.setattr(Context, "interactive", property(lambda _: True))
    # kind; then by what is left each time: time, quantity, no lot, seller, buyer, product, number; and the unit of the file, 斤
    answers = ["1", "2", "4", "", "2", "3", "2", "1", "2"]
    said = stall("record", "a.csv", "--dry-run", stdin="\n".join(answers) + "\n")
    assert "流水=id 何时=at 谁卖=site_name 什么=product 多少=quantity 给谁=buyer_name" in said
    monkeypatch.setattr(Context, "interactive", property(lambda _: False))
    said = stall("record", "a.csv")
    assert "columns: foodtrace.columns.toml [a]" in said, "what the dry run was told is not asked again"
    assert "no registered buyer" not in said
    assert "new 2" in said


def test_what_map_and_site_said_is_remembered_once_it_went_well(stall: Inside) -> None:
    Path("a.csv").write_text("何时,多少,什么\n2026-11-27 05:01,40,芹菜\n", "utf-8")
    columns = '"何时" = "at"\n"多少" = "quantity"\n"什么" = "product"\n'
    Path("m.toml").write_text('["m"]\nkind = "transfer"\nunit = "斤"\n["m".columns]\n' + columns, "utf-8")
    stall("record", "a.csv", "--map", "m.toml", code=2)
    assert not Path("foodtrace.columns.toml").exists()
    stall("record", "a.csv", "--map", "m.toml", "--site", "北河农批")
    said = stall("record", "a.csv")
    assert "new 0  on record already 1" in said
    assert "taken as of 北河农批 (kept with the columns)" in said


def test_a_lots_product_on_record_and_names_nobody_knows(stall: Inside) -> None:
    Path("a.csv").write_text(FULL + line(1).replace("芹菜", "西瓜"), "utf-8")
    said = stall("record", "a.csv", code=1)
    assert "lot L-0001/261127-1 is on record as 芹菜, not as 西瓜" in said or "芹菜 (on record)" in said
    event = '{"type":"transfer","id":"J-%d","at":"2026-11-27T06:00:00+08:00","site":"%s","to":"L-0003","lot":"%s",'
    event += '"quantity":{"value":1000,"unit":"g"}}\n'
    known = event % (1, "L-0002", "L-0001/261127-1")
    Path("x.jsonl").write_text(known + event % (2, "NOBODY", "L-0001/261127-1") + event % (3, "L-0002", "X-1/NEVER"), "utf-8")
    said = stall("record", "x.jsonl")
    assert "1 row names sites that are not registered (a recall has no name and no telephone for them): NOBODY" in said
    assert "1 row names lots that were never seen here (no origin is known, or they are mistyped): X-1/NEVER" in said
    Path("y.jsonl").write_text(known, "utf-8")
    said = stall("record", "y.jsonl", lang="zh")
    assert "没有登记" not in said
    assert "从没记过" not in said
