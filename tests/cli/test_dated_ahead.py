"""A mistyped year hides no shop: what only records dated later than now name is said by name, and nothing reads as an all-clear."""

from __future__ import annotations

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
    here("record", "s.csv", "--as", "transfer", *_ANYWAY)
    return here


_SHOPS = ("惠民菜店", "福安超市", "顺发生鲜", "老街饺子馆")
_ANYWAY: tuple[str, ...] = ()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_recall_names_every_shop_of_records_dated_ahead(typo: Inside, lang: str) -> None:
    said = typo("recall", "C-1", lang=lang)
    unit = {"en": "kg", "zh": "kg"}[lang]
    assert all(f"{name} 5{n}.0 {unit}" in said for n, name in enumerate(_SHOPS)), said
    assert {"en": "name 4 sites that are not counted above", "zh": "指到 4 处"}[lang] in said
    assert {"en": "not traced: nothing", "zh": "查不到的: 无"}[lang] not in said
    found = typo.json("recall", "C-1")["untraced"]
    assert {each["site_name"] for each in found if each["kind"] == "time_contradiction"} == set(_SHOPS)


def test_a_case_that_notifies_nobody_names_who_it_leaves_out(typo: Inside) -> None:
    typo("case", "open", "C-1", "--class", "2", "--known", "2026-01-06T05:00", "--reason", "x")
    said = typo("case", "notify")
    assert all(name in said for name in _SHOPS), said
    status = typo("case", "status")
    assert all(name in status for name in _SHOPS), status
