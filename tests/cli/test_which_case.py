"""A case command without a case's number: the only open one, said so; else those that are open are listed, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.inside import Inside, here
from tests.cli.twoshops import CASE, issued, supplied

__all__ = ["here"]

APPROVED = ("--approved-by", "7")


def test_widen_without_a_number_takes_the_only_open_case_and_says_which(here: Inside) -> None:
    lot, other = supplied(here), issued(here, "豆角")
    here("case", "open", lot, *CASE)
    said = here("case", "widen", other)
    assert "no case was named: taken as 2026-0001" in said
    assert "2026-0001: scope version 2: 1 lot -> 2 lots" in said
    assert "lot.not_found" in here("case", "widen", "NOSUCH", code=1)
    assert "taken" not in here("case", "widen", "2026-0001", issued(here, "黄瓜"))
    assert "没有写案号: 作 2026-0001 的" in here("case", "narrow", lot, "--reason", "x", *APPROVED, lang="zh")
    assert f"2026-0001: cleared L-0001/{lot}" in here("case", "clear", lot, "--basis", "lab", *APPROVED)
    assert "taken as 2026-0001" in here("case", "withdraw", "--reason", "x", *APPROVED)


ASKED = (
    ("widen", "{other}"),
    ("narrow", "{lot}", "--reason", "x", *APPROVED),
    ("clear", "{lot}", "--basis", "x", *APPROVED),
    ("withdraw", "--reason", "x", *APPROVED),
    ("publish",),
    ("status",),
    ("notify",),
    ("seal", "福安超市"),
    ("acknowledge", "福安超市"),
    ("close",),
    ("sample", "--level", "A"),
    ("report",),
)


def test_with_several_open_cases_every_command_lists_them_and_does_nothing(here: Inside, two: dict[str, str]) -> None:
    for words in ASKED:
        said = here("case", *(each.format(**two) for each in words), code=2)
        assert "case.which: no case was named, and 2 are open" in said, words
        assert said.endswith("  2026-0001\n  2026-0002\n")
    assert "没有写案号, 进行中的有 2 件" in here("case", "widen", two["other"], code=2, lang="zh")


@pytest.fixture
def two(here: Inside) -> dict[str, str]:
    lot, other = supplied(here), issued(here, "豆角")
    here("case", "open", lot, *CASE)
    here("case", "open", other, *CASE)
    return {"lot": lot, "other": other}


def test_a_closed_case_is_not_taken_for_an_open_one(here: Inside, two: dict[str, str]) -> None:
    here("case", "close", "2026-0001", "--override", "x", *APPROVED)
    assert "taken as 2026-0002" in here("case", "widen", issued(here, "黄瓜"))
    here("case", "close", "2026-0002", "--override", "x", *APPROVED)
    said: Any = here.json("case", "status", code=2)
    assert (said["error"]["code"], said["error"]["candidates"]) == ("case.which_closed", ["2026-0001", "2026-0002"])


def test_a_mistyped_number_is_not_taken_for_a_lot_nor_a_lot_for_the_end_of_a_number(here: Inside, two: dict[str, str]) -> None:
    assert "case.not_found" in here("case", "widen", "2026-0009", two["other"], code=1)
    here("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--code", "0001", "--out", "x.png")
    said = here("case", "widen", "0001", two["other"], code=2)
    assert "case.case_or_lot" in said
    assert said.endswith("  2026-0001\n  L-0001/0001\n")
    assert "2026-0001: scope version 2" in here("case", "widen", "2026-0001", "0001")


def test_only_lots_of_the_case_are_cleared(here: Inside, two: dict[str, str]) -> None:
    for words in ((), (two["lot"], "--all")):
        assert "hint: foodtrace case clear CASE LOT" in here("case", "clear", "2026-0001", *words, "--basis", "lab", *APPROVED, code=2)
    assert "case.not_affected" in here("case", "clear", "2026-0001", two["other"], "--basis", "lab", *APPROVED, code=1)


def test_opening_beside_an_open_case_says_so_and_the_very_same_is_asked_about(here: Inside) -> None:
    lot = supplied(here)
    assert "is about these goods too" not in here("case", "open", lot, *CASE)
    said = here("case", "open", lot, *CASE, code=1)
    assert "case.open_already: case 2026-0001, class 2, of the same scope is open already (since 20" in said
    assert "foodtrace case status 2026-0001; if another is really meant: --again" in said
    said = here("case", "open", "--product", "芹菜", *CASE)
    assert "note: case 2026-0001 (class 2, open since 20" in said
    said = here("case", "open", lot, *CASE, "--again", lang="zh")
    assert [f"注意: 案件 2026-000{number} (二级, 20" in said for number in (1, 2, 3)] == [True, True, False]


def test_a_recall_by_a_rule_says_who_recalls_or_that_nobody_is_known(here: Inside) -> None:
    supplied(here)
    assert "who recalls: 永发合作社" in here("recall", "--product", "芹菜")
    assert "who recalls: 永发合作社" in here("case", "open", "--product", "芹菜", *CASE)
    here("case", "withdraw", "2026-0001", "--reason", "x", *APPROVED)  # under which no more of it could be certified
    here("site", "add", "兴旺合作社:farm")
    here("certificate", "issue", "芹菜", "5kg", "--basis", "1", "--site", "兴旺合作社", "--out", "y.png")
    assert "who recalls: unknown, the goods are of several producers" in here("recall", "--product", "芹菜")
    assert "召回人: 不明, 货不是一家生产的" in here("recall", "--product", "芹菜", lang="zh")
    assert here.json("recall", "--product", "芹菜")["operator"] == ""


def test_goods_that_one_case_lets_go_and_another_still_blocks_are_not_said_to_be_free(here: Inside) -> None:
    lot = supplied(here)
    here("case", "open", lot, *CASE)
    here("case", "open", lot, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "y")
    here("case", "close", "2026-0002", "--override", "x", *APPROVED)
    for words in (("2026-0001", lot), ("2026-0001", "--all"), ("2026-0001", lot, "--site", "福安超市")):
        said = here("case", "clear", *words, "--basis", "lab", *APPROVED)
        assert "But they may not be sold yet:" in said
        assert f"case 2026-0002 still blocks 1 lot: L-0001/{lot}; cleared there by foodtrace case clear 2026-0002" in said
    assert "transfer.recalled" in here("transfer", lot, "1kg", "--from", "永发合作社", "--to", "福安超市", code=1)
    said = here("case", "withdraw", "2026-0001", "--reason", "x", *APPROVED, lang="zh")
    assert f"案件 2026-0002 仍拦着 1 批: L-0001/{lot}" in said
    assert here("case", "clear", "2026-0002", lot, "--basis", "lab", *APPROVED).endswith("They may be sold again.\n")
    here("transfer", lot, "1kg", "--from", "永发合作社", "--to", "福安超市")


def test_a_receipt_is_of_the_case_it_names_and_of_no_other(here: Inside) -> None:
    lot, other = supplied(here), issued(here, "豆角")
    here("transfer", other, "5kg", "--from", "永发合作社", "--to", "福安超市")
    for each in (lot, other):
        here("case", "open", each, *CASE)
    sent = here.json("case", "notify", "2026-0002", "--out", "n")
    (receipt,) = [each["receipt"] for each in sent if each["name"] == "福安超市"]
    said = here("case", "acknowledge", "--case", "2026-0001", "--code", receipt, "--nothing-left", code=2)
    assert "case.other_case" in said
    assert "the receipt is of case 2026-0002, not 2026-0001" in said
    assert here.json("case", "status", "2026-0002")["rates"]["R5"]["numerator"] == 0, "nothing was recorded"
    assert "2026-0002: answer of 福安超市" in here("case", "acknowledge", "--case", "0002", "--code", receipt, "--nothing-left")


def test_rates_of_a_case_of_which_nothing_is_in_trade_are_told_as_nothing_left(here: Inside) -> None:
    supplied(here)
    here("case", "open", "--product", "黄油", "--nothing-yet", *CASE)
    lines = {line.split()[0]: line for line in here("case", "status").splitlines()[1:7]}
    for name in ("R1", "R2", "R3"):
        assert "none" in lines[name]
        assert "nothing left to retrieve" in lines[name]
