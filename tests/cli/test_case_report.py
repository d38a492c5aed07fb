"""``case report`` on the command line: the files it writes, and that showing people's contacts is on record."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.cans import recall
from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


@pytest.fixture
def case(shop: Path) -> Path:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    recall(shop, lot)
    run(shop, "case", "notify")
    return shop


def test_one_file_named_after_the_case(case: Path) -> None:
    said = run(case, "case", "report", lang="zh")
    (page,) = case.glob("召回报告-*.html")
    assert f"报告 {page.name}: 网点 1, 查不到的" in said
    text = page.read_text(encoding="utf-8")
    assert "福安超市" in text
    assert "0451-555-0104" not in text
    assert "*********104" in text
    run(case, "case", "report", "--xlsx", "r.xlsx", "--out", "r.html")
    assert (case / "r.xlsx").read_bytes()[:2] == b"PK"
    assert "Recall report" in (case / "r.html").read_text(encoding="utf-8")
    assert "case.not_found" in run(case, "case", "report", "2031-0001", code=1)


def test_a_list_that_is_not_printed_says_so_on_paper_and_only_there(case: Path) -> None:
    """Folded, its title alone was printed on a page of its own; opened before printing, the list is there and the sentence is not."""
    run(case, "case", "report", "--out", "r.html")
    page = (case / "r.html").read_text(encoding="utf-8")
    assert "that is not on this paper: open the line above in the browser before printing" in page.split("</details>")[1][:200]
    style = page.split("<style>")[1].split("</style>")[0]
    assert ".paper,details[open]+.paper{display:none}" in style
    assert ".paper{display:block}details[open]+.paper{display:none}}" in style.split("@media print")[1]


def test_json_alone_writes_no_file(case: Path) -> None:
    found = json.loads(run(case, "case", "report", "--json"))
    assert found["contacts"] == "masked"
    assert not list(case.glob("*.html"))


def test_showing_contacts_is_put_on_record_before_they_are_shown(case: Path) -> None:
    said = run(case, "case", "report", "--contacts", "--by", "17", "--out", "r.html")
    assert "contacts in full; put on record: local/" in said
    assert "0451-555-0104" in (case / "r.html").read_text(encoding="utf-8")
    (last,) = sqlite3.connect(case / "foodtrace.db").execute("SELECT bytes FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    event = json.loads(last)["event"]
    assert (event["type"], event["by"], event["sites"]) == ("contacts_shown", "17", 3)
    assert b"0451" not in last
    assert "verified" in run(case, "verify")
    (case / "keys").rename(case / "away")
    assert "key.missing" in run(case, "case", "report", "--contacts", "--out", "s.html", code=1)
    assert not (case / "s.html").exists()
