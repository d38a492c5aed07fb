"""What a command that writes answers with ``--json`` is what its schema says; no command prints JSON of which no schema is named."""

from __future__ import annotations

import datetime as dt
import re

import click
import pytest

from foodtrace.keys import SigningKey
from foodtrace.schemas import NAMES
from tests.cli.commands import english
from tests.cli.fitting import fits
from tests.cli.inside import Inside, here

__all__ = ["here"]

BATCH = "06909999000012/B260912A"
TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date().isoformat()
SITES = ("永发合作社:farm", "北河农批:market", "福安超市:shop", "小北乳业:plant")


@pytest.fixture
def town(here: Inside) -> Inside:
    """A farm with a certificate, a market, a shop and a plant."""
    here("init")
    here("site", "add", *SITES)
    here("certificate", "issue", "西红柿", "500kg", "--basis", "1", "--code", "261123-1", "--out", "label.png")
    return here


def test_certificates_and_their_labels(town: Inside) -> None:
    made = town.json("certificate", "issue", "芹菜", "90kg", "--basis", "1", "--code", "261123-2", "--out", "b.png")
    fits(made, "certificate-issue")
    assert (made["event"]["lot"], made["file"]) == ("L-0001/261123-2", "b.png")
    fits(town.json("certificate", "record", "白菜", "9kg", "--form", "origin-proof", "--site", "永发合作社"), "certificate-issue")
    labels = town.json("certificate", "label", "261123-1", "--copies", "30", "--sheet", "--out", "a.pdf")
    fits(labels, "certificate-label")
    assert labels == {"labels": 30, "sheets": 2, "file": "a.pdf"}
    fits(town.json("certificate", "void", "261123-2", "--reason", "x"), "certificate-void")


def test_a_transfer_with_and_without_a_number_of_its_own(town: Inside) -> None:
    words = ("transfer", "261123-1", "5kg", "--from", "永发合作社", "--to", "福安超市")
    first, named = town.json(*words, "--id", "T-1"), town.json(*words, "--doc", "D-7")
    for each in (first, named):
        fits(each, "transfer")
    assert named["voucher"] == "D-7"
    assert re.fullmatch(r"V-\d{6}-\d+", first["voucher"])
    assert town.json(*words, "--id", "T-1") == first, "a retry finds what is on record"


def test_operators_and_sites(town: Inside) -> None:
    fits(town.json("operator", "add", "惠民菜店", "--kind", "household"), "operator-add")
    edited = town.json("site", "edit", "福安超市", "--phone", "0451-555-0104", "--county", "南岗区")
    fits(edited, "site-edit")
    assert sorted(edited["changed"]) == ["county", "phone"]


def test_keys_made_registered_revoked_and_listed(town: Inside) -> None:
    made = town.json("key", "create", "--name", "farm.example")
    fits(made, "key-create")
    registered = town.json("key", "register", SigningKey("a", bytes(range(32))).vkey, "--issuer", "L-0003")
    fits(registered, "key-entry")
    fits(town.json("key", "revoke", registered["event"]["kid"], "--reason", "x"), "key-entry")
    written = town.json("key", "list", "--export", "keys.txt")
    fits(written, "key-list-export")
    assert (written["file"], written["revoked"]) == ("keys.txt", 1)


def test_lists_of_trucks_and_of_sellers(town: Inside) -> None:
    (town.folder / "e.csv").write_text("卖方,品名,数量\n福安超市,黄瓜,300kg\n", encoding="utf-8")
    (town.folder / "s.csv").write_text("名称,商户卡,协议至\n李记蔬菜,A-17,2027-06-30\n", encoding="utf-8")
    (town.folder / "bad.csv").write_text("卖方,品名,数量\n谁也不是,黄瓜,1kg\n", encoding="utf-8")
    told = town.json("gate", "expect", "e.csv")
    fits(told, "gate-expect")
    assert told == {"new": 1, "known": 0}
    bad = town.json("gate", "expect", "bad.csv", code=1)
    fits(bad, "bad-rows")
    assert [each["row"] for each in bad["bad"]] == [2]
    written = town.json("site", "file", "--import", "s.csv")
    fits(written, "site-file-import")
    assert written == {"written": 1, "known": 0}
    fits(town.json("site", "file"), "site-files")


def test_the_till_and_the_shelf(town: Inside) -> None:
    town("receive", "L-0001/OIL1", "900kg", "--at", "小北乳业")
    papers = ("--registration", "国食注字YP20269901", "--licence", "SC12923019900064")
    what = ("--product", "小北1段", "--in", "OIL1=1kg", "--content", "900g", "--expiry", "2099-09-11")
    town("formula", "batch", BATCH, "100", "--plant", "小北乳业", *what, *papers)
    town("formula", "receive", BATCH, "12", "--from", "小北乳业")
    fits(town.json("formula", "check", BATCH, code=1), "formula-check")
    refused = town.json("formula", "sell", BATCH, code=1)
    fits(refused, "formula-sell")
    assert refused["answer"] == "refuse"
    town("formula", "release", BATCH, "--certificate", "JY260920", "--tested", TODAY, "--plant", "小北乳业")
    sold = town.json("formula", "sell", BATCH)
    fits(sold, "formula-sell")
    assert sold["answer"] == "sell"
    differs = town.json("formula", "count", f"{BATCH}=10", code=1)
    fits(differs, "formula-count")
    assert not differs["recorded"]
    assert town.json("formula", "count", f"{BATCH}=11")["recorded"]


def test_every_command_that_prints_json_names_its_schemas_and_every_schema_is_named() -> None:
    """So that a program's author finds the form of an answer in the help of the command that gives it."""
    named: dict[str, list[str]] = {}
    for path, command in english():
        for option in command.params:
            if isinstance(option, click.Option) and "--json" in option.opts:
                words = re.findall(r"[a-z]+(?:-[a-z]+)*", (option.help or "").partition("foodtrace schema ")[2])
                named[" ".join(path)] = [each for each in words if each in NAMES]
    assert [path for path, schemas in named.items() if not schemas] == []
    assert {each for schemas in named.values() for each in schemas} == {*NAMES} - {"event", "error"}
