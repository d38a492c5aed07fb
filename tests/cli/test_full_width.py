"""With a Chinese input method on, digits, dashes and letters come full width: rules, days and numbers of papers are what they look like."""

from __future__ import annotations

import json

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]

DAY = "2026-11-26T"


@pytest.fixture
def farm(here: Inside) -> Inside:
    here("--now", DAY + "08:00", "init")
    here("--now", DAY + "08:01", "site", "add", "Farm:farm", "Shop:shop")
    here("--now", DAY + "08:02", "certificate", "issue", "leek", "90kg", "--basis", "1", "--code", "22000K8", "--out", "a.png")
    here("--now", DAY + "08:03", "transfer", "22000K8", "20kg", "--from", "Farm", "--to", "Shop", "--doc", "单-1", "--shipped")
    return here


@pytest.mark.parametrize("code", ["22000K8*", "２２０００Ｋ８＊", "22000K8？？｜２２０００ｋ［８－９］", "　22000k8＊"])
def test_a_pattern_of_codes(farm: Inside, code: str) -> None:
    assert "Shop" in farm("--now", DAY + "09:00", "recall", "--code", code)


@pytest.mark.parametrize("day", ["2026-11-26", "２０２６－１１－２６", "１１－２６", "１１月２６日", "２０２６／１１／２６"])
def test_the_days_of_a_window_and_of_production(farm: Inside, day: str) -> None:
    assert "Shop" in farm("--now", DAY + "09:00", "recall", "--left", "Farm", "--from", day, "--to", day)
    assert "Shop" in farm("--now", DAY + "09:00", "recall", "--produced", f"{day}．．{day}")


def test_times_elsewhere(farm: Inside) -> None:
    assert "Shop" in farm("--now", DAY + "09:00", "recall", "22000K8", "--at", "２０２６－１１－２６Ｔ０８：３０")
    farm("--now", DAY + "09:00", "reconcile", "--from", "２０２６－１１－２６")
    farm("--now", DAY + "09:00", "case", "open", "22000K8", "--class", "2", "--known", "２０２６／１１／２６ ０８：３０", "--reason", "x")
    farm("--now", DAY + "09:01", "site", "edit", "Shop", "--licence", "JY12301030001239", "--licence-until", "２０２７－０３－０１")


def test_the_number_of_a_paper_pairs_and_goes_on_record_in_plain_letters(farm: Inside) -> None:
    farm("--now", DAY + "09:00", "receive", "22000K8", "20kg", "--at", "Shop", "--from", "Farm", "--doc", " 单－１")
    assert "Everything adds up" in farm("--now", DAY + "09:01", "reconcile")
    (row,) = farm.json("--now", DAY + "09:02", "recall", "22000K8")["outlets"]
    assert (row["amounts"][0]["received"], row["amounts"][0]["travelling"]) == (20_000, 0), "one load, not two"


def test_the_number_of_a_transfer_may_be_typed_so_too(farm: Inside) -> None:
    sent = farm.json("--now", DAY + "08:30", "transfer", "22000K8", "5kg", "--from", "Farm", "--to", "Shop", "--shipped", "--id", "T-9")
    farm("--now", DAY + "09:00", "receive", "22000K8", "5kg", "--at", "Shop", "--transfer", "Ｔ－９")
    farm("--now", DAY + "09:00", "receive", "22000K8", "20kg", "--at", "Shop", "--doc", "单-1")
    assert sent["voucher"]
    assert "Everything adds up" in farm("--now", DAY + "09:01", "reconcile")


def test_what_another_program_sealed_in_full_width_pairs_as_it_is(farm: Inside) -> None:
    sent = {"type": "transfer", "id": "t9", "at": DAY + "08:30:00+08:00", "site": "L-0001", "to": "L-0002", "doc": "单－９"}
    goods = {"lot": "L-0001/22000K8", "quantity": {"value": 5000, "unit": "g"}, "in_transit": True}
    (farm.folder / "rows.jsonl").write_text(json.dumps({**sent, **goods}), encoding="utf-8")
    farm("--now", DAY + "08:31", "record", "rows.jsonl")
    farm("--now", DAY + "09:00", "receive", "22000K8", "5kg", "--at", "Shop", "--from", "Farm", "--doc", "单－９")
    farm("--now", DAY + "09:00", "receive", "22000K8", "20kg", "--at", "Shop", "--from", "Farm", "--doc", "单-1")
    assert "Everything adds up" in farm("--now", DAY + "09:01", "reconcile")
