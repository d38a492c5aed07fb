"""What is typed for a lot or a site is that lot or site, or nobody: the beginning of a name is never taken for the whole (ADR 17)."""

from __future__ import annotations

import json

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]

_HEAD = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方\n"


@pytest.fixture
def market(here: Inside) -> Inside:
    """A market whose only lot has the code 261124-10: some other lot's code is how it begins."""
    here("init")
    here("site", "add", "永发合作社:farm", "北河农批:market", "惠民菜店:shop")
    event = {"type": "transfer", "id": "T-1", "at": "2026-01-05T05:00:00+08:00", "site": "L-0002", "to": "L-0003"}
    lot = {"lot": "L-0001/261124-10", "product": "芹菜", "quantity": {"value": 500_000, "unit": "g"}}
    (here.folder / "t.jsonl").write_text(json.dumps(event | lot, ensure_ascii=False) + "\n", "utf-8")
    here("record", "t.jsonl")
    return here


@pytest.mark.parametrize(
    ("seller", "lot", "buyer", "column"),
    [
        ("北河农批", "261124-1", "惠民菜店", "批次"),
        ("北河", "261124-10", "惠民菜店", "商户号"),
        ("北河农批", "261124-10", "惠", "买方"),
    ],
)
def test_a_row_is_not_put_onto_the_lot_or_site_that_begins_like_it(market: Inside, seller: str, lot: str, buyer: str, column: str) -> None:
    (market.folder / "s.csv").write_text(_HEAD + f"S-1,2026-01-06 05:12,{seller},芹菜,{lot},12,kg,{buyer}\n", "utf-8")
    said = market("record", "s.csv", code=1)
    assert (column in said, "nothing" in said) == (True, True), said
    assert market.json("recall", "261124-10")["outlets"][0]["amounts"][0]["received"] == 500_000
    (market.folder / "s.csv").write_text(_HEAD + "S-1,2026-01-06 05:12,北河农批,芹菜,２６１１２４-10 ,12,kg, 惠民菜店\n", "utf-8")
    market("record", "s.csv")
    assert market.json("recall", "261124-10")["outlets"][0]["amounts"][0]["received"] == 512_000


@pytest.mark.parametrize("typed", ["2611", "261124-1", "L-0001/261124-1", "26", "61124-10", "261124-"])
def test_a_recall_of_the_beginning_of_a_lot_is_no_and_names_the_lots(market: Inside, typed: str) -> None:
    out, err = market.both("recall", typed, code=1)
    assert not out
    assert "lot.not_found" in err
    error = market.json("recall", typed, code=1)["error"]
    assert (error["code"], error["near"]) == ("lot.not_found", ["L-0001/261124-10"])
    assert "L-0001/261124-10" in err


@pytest.mark.parametrize("typed", ["261124-10", " ２６１１２４-１０ ", "l-0001/261124-10"])
def test_a_whole_code_or_id_is_found_in_any_width_and_case(market: Inside, typed: str) -> None:
    assert market.json("recall", typed)["lots"] == ["L-0001/261124-10"]


def test_writing_commands_take_no_beginning_of_a_name(market: Inside) -> None:
    assert "lot.not_found" in market("transfer", "261124-1", "1kg", "--to", "惠民菜店", code=1)
    said = market("transfer", "261124-10", "1kg", "--to", "惠", code=1)
    assert "site.not_found" in said
    assert "L-0003 惠民菜店" in said  # near
    assert "lot.not_found" in market("trace", "261124-1", code=1)
    assert "lot.not_found" in market("case", "open", "261124-1", "--class", "2", "--known", "2026-01-06T05:00", "--reason", "x", code=1)


def test_lots_that_begin_alike_are_near_ones_and_nothing_is_chosen(market: Inside) -> None:
    event = {"type": "transfer", "id": "T-2", "at": "2026-01-05T05:00:00+08:00", "site": "L-0002", "to": "L-0003"}
    lot = {"lot": "L-0001/261124-11", "product": "芹菜", "quantity": {"value": 500_000, "unit": "g"}}
    (market.folder / "t.jsonl").write_text(json.dumps(event | lot, ensure_ascii=False) + "\n", "utf-8")
    market("record", "t.jsonl")
    near = market.json("recall", "2611", code=1)["error"]["near"]
    assert near == ["L-0001/261124-10", "L-0001/261124-11"]
