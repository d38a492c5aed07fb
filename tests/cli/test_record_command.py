"""``record FILE`` as a settlement clerk meets it: what is remembered, what a bad line says, what cannot be followed to one lot."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert '"written":"40 斤"' in stall("record", "二.csv", "--dry-run")


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
    assert rows["3"].startswith("quantity.value ten int")
    assert rows["4"].startswith("at not empty")
    assert rows["5"].startswith("no json JSON")
