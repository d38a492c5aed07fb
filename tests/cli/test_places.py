"""``operator add`` and ``site edit``: what changes, what stays, what is never in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import run

CODE = "91230199FT0000013A"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run(tmp_path, "init")
    return tmp_path


def test_a_legal_person_by_its_code_and_a_sole_trader_by_a_local_id(folder: Path) -> None:
    said = run(folder, "operator", "add", "福安超市有限公司", "--code", CODE, "--licence", "JY12301030001239=2027-03-01")
    assert said.startswith(CODE)
    shown = json.loads(run(folder, "operator", "show", CODE, "--json"))["operator"]
    assert (shown["name"], shown["licences"]) == ("福安超市有限公司", [{"number": "JY12301030001239", "valid_until": "2027-03-01"}])
    local = json.loads(run(folder, "operator", "add", "张三", "--json"))["operator"]
    assert local == "L-0001"
    shown = json.loads(run(folder, "operator", "show", local, "--json"))["operator"]
    assert shown["kind"] == "household"
    assert "张三" not in json.dumps(shown, ensure_ascii=False), "the name of a sole trader is not in the log"
    data = b"".join(row for row in _entries(folder))
    assert "张三".encode() not in data
    assert "福安超市有限公司".encode() in data


def _entries(folder: Path) -> list[bytes]:
    import sqlite3

    with sqlite3.connect(folder / "foodtrace.db") as db:
        return [row[0] for row in db.execute("SELECT bytes FROM entry")]


def test_a_wrong_code_is_an_error_and_a_second_registration_too(folder: Path) -> None:
    assert "uscc.check_digit" in run(folder, "operator", "add", "x", "--code", CODE[:-1] + "B", code=2)
    assert "licence.check_digit" in run(folder, "operator", "add", "x", "--licence", "JY12301030001238", code=2)
    run(folder, "operator", "add", "甲", "--code", CODE)
    assert "operator.exists" in run(folder, "operator", "add", "甲", "--code", CODE, code=1)
    run(folder, "operator", "add", "乙", "--code", CODE, "--again", "--region", "230103")
    shown = json.loads(run(folder, "operator", "show", CODE, "--json"))["operator"]
    assert (shown["name"], shown["region"]) == ("乙", "230103")
    assert "operator.not_found" in run(folder, "operator", "add", "乙", "--code", "L-0777", "--again", code=1)


def test_an_edited_site_keeps_what_is_not_named(folder: Path) -> None:
    run(folder, "site", "add", "福安超市:shop", "--phone", "0451-555-0104", "--contact", "李某", "--county", "南岗区")
    said = run(folder, "site", "edit", "福安超市", "--operator", CODE, "--licence", "JY12301030001239", "--licence-until", "2027-03-01")
    assert "changed: operator, licence" in said
    (row,) = json.loads(run(folder, "site", "list", "--json"))
    assert (row["operator"], row["county"], row["kind"]) == (CODE, "南岗区", "shop")
    run(folder, "site", "add", "永发合作社:farm")
    run(folder, "receive", "L-0002/261123-1", "10kg", "--at", "福安超市")
    answer = json.loads(run(folder, "recall", "261123-1", "--json"))["outlets"][0]
    assert (answer["phone"], answer["contact"]) == ("0451-555-0104", "李某"), "contacts are carried over to the new description"
    run(folder, "site", "edit", "福安超市", "--phone", "0451-555-0199", "--contact", "")
    answer = json.loads(run(folder, "recall", "261123-1", "--json"))["outlets"][0]
    assert (answer["phone"], answer["contact"]) == ("0451-555-0199", "")
    assert "verified" in run(folder, "verify")


def test_nothing_to_change_and_half_a_licence_are_errors(folder: Path) -> None:
    run(folder, "site", "add", "福安超市:shop", "--county", "南岗区")
    before = len(_entries(folder))
    assert "site.nothing" in run(folder, "site", "edit", "福安超市", "--county", "南岗区", code=2)
    assert "site.licence_number" in run(folder, "site", "edit", "福安超市", "--licence-until", "2027-03-01", code=2)
    assert "site.not_found" in run(folder, "site", "edit", "无此店", "--county", "x", code=1)
    assert "site.kind" in run(folder, "site", "edit", "福安超市", "--kind", "palace", code=2)
    assert "cli.time" in run(folder, "site", "edit", "福安超市", "--licence", "JY12301030001239", "--licence-until", "soon", code=2)
    assert len(_entries(folder)) == before, "what failed left nothing"


def test_a_log_and_a_site_take_the_same_operators(tmp_path: Path) -> None:
    """Who runs a log is in its first entry for ever, and entitles it to correct: mistyped, to nothing."""
    assert "uscc." in run(tmp_path, "init", "--operator", "OP1", code=2)
    assert list(tmp_path.glob("*")) == [], "nothing was made"
    assert "uscc.check_digit" in run(tmp_path, "init", "--operator", CODE[:-1] + "B", code=2)
    run(tmp_path, "init", "--operator", "l-0001")
    assert "uscc." in run(tmp_path, "site", "add", "店:shop", "--operator", "OP1", code=2)
    (tmp_path / "op.jsonl").write_text(
        '{"type":"operator","id":"o1","at":"2026-11-24T08:00:00+08:00","operator":"OP1","kind":"enterprise","name":"甲"}\n',
        encoding="utf-8",
    )
    run(tmp_path, "record", "op.jsonl")
    run(tmp_path, "site", "add", "店:shop", "--operator", "op1")
    run(tmp_path, "init", "--name", "t.example/two", "--operator", "op1")
    run(tmp_path, "init", "--name", "t.example/three", "--operator", CODE.lower())
    issuers = [json.loads(each)["event"].get("issuer") for each in _entries(tmp_path) if b'"type":"key"' in each]
    assert sorted(issuers) == sorted(["L-0001", "OP1", CODE])
    (row,) = json.loads(run(tmp_path, "site", "list", "--json"))
    assert row["operator"] == "OP1"
