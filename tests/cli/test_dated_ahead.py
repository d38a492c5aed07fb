"""A mistyped year hides no shop: what only records dated later than now name is said by name, and nothing reads as an all-clear."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]


@pytest.fixture
def typo(here: Inside) -> Inside:
    """Four shops got a lot next century, say the records."""
    here("init")
    here("site", "add", "北河农批:market", "惠民菜店:shop", "福安超市:shop", "顺发生鲜:shop", "老街饺子馆:shop")
    rows = [f"J{n},2099-11-28 05:00,北河农批,芹菜,L-0001/C-1,5{n},kg,{name}" for n, name in enumerate(_SHOPS)]
    head = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方"
    (here.folder / "s.csv").write_text("\n".join([head, *rows, ""]), "utf-8")
    refused = here("record", "s.csv", "--as", "transfer", code=1)
    assert refused.count("2099-11-28 05:00") == len(_SHOPS), refused
    assert "is in the future" not in here("record", "s.csv", "--as", "transfer", "--confirm-future")
    return here


_SHOPS = ("惠民菜店", "福安超市", "顺发生鲜", "老街饺子馆")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_recall_names_every_shop_of_records_dated_ahead(typo: Inside, lang: str) -> None:
    said = typo("recall", "C-1", lang=lang)
    unit = {"en": "kg", "zh": "kg"}[lang]
    assert all(f"{name} 5{n}.0 {unit}" in said for n, name in enumerate(_SHOPS)), said
    assert {"en": "name 4 sites that are not counted above", "zh": "指到 4 处"}[lang] in said
    assert {"en": "not traced: nothing", "zh": "查不到的: 无"}[lang] not in said
    counted = said.splitlines()[1]
    assert counted.startswith({"en": "outlets 0 + 4 not counted (dated ahead)", "zh": "网点 0 + 未计 4 处 (日期在后)"}[lang]), (
        "no all-clear"
    )
    found = typo.json("recall", "C-1")["untraced"]
    assert {each["site_name"] for each in found if each["kind"] == "time_contradiction"} == set(_SHOPS)


def test_a_case_that_notifies_nobody_names_who_it_leaves_out(typo: Inside) -> None:
    said = typo("case", "open", "C-1", "--class", "2", "--known", "2026-01-06T05:00", "--reason", "x")
    assert all(name in said for name in _SHOPS), said
    said = typo("case", "notify")
    assert all(name in said for name in _SHOPS), said
    status = typo("case", "status")
    assert all(name in status for name in _SHOPS), status


def test_a_blast_names_them_beside_its_numbers(typo: Inside) -> None:
    """The lot went to one shop now, and to four in a mistyped year."""
    assert "dated later" not in typo("blast", "--from", "2001-01-01", "--to", "2001-01-02")
    typo("transfer", "C-1", "7kg", "--from", "北河农批", "--to", "惠民菜店", "--allow-short")
    found = typo.json("blast")
    assert [(each["lot"], each["outlets"]) for each in found["lots"]] == [("L-0001/C-1", 1)]
    assert found["ahead"] == sorted(_SHOPS)
    said = typo("blast")
    assert "name 4 sites that are in no number" in said
    assert all(name in said for name in _SHOPS)
    assert "指到 4 处, 不在数内" in typo("blast", lang="zh")


def test_json_lines_are_taken_as_they_say_and_counted(typo: Inside) -> None:
    event = '{"type":"transfer","id":"F-1","at":"2099-01-05T05:00:00Z","site":"L-0001","to":"L-0002","lot":"L-0001/C-2"'
    (typo.folder / "t.jsonl").write_text(event + ',"quantity":{"value":500,"unit":"g"}}\n', "utf-8")
    assert "1 is dated more than a day ahead" in typo("record", "t.jsonl")
    assert "time_contradiction" in {each["kind"] for each in typo.json("reconcile", code=1)["open"]}


def test_a_time_of_this_day_is_no_time_ahead(here: Inside) -> None:
    """A till's clock may be some hours fast; a day is the bound."""
    here("init")
    here("site", "add", "北河农批:market", "惠民菜店:shop")
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8 + 20)).strftime("%Y-%m-%d %H:%M")
    head = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方\n"
    (here.folder / "s.csv").write_text(f"{head}J1,{soon},北河农批,芹菜,L-0001/C-1,5,kg,惠民菜店\n", "utf-8")
    assert "new 1" in here("record", "s.csv", "--as", "transfer")
