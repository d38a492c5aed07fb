"""A finding is told with its text, the rule that detects it and the entries behind it, in each form of the answer."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import jsonschema
import pytest
from openpyxl import load_workbook

from foodtrace.recall.explained import rule_key
from foodtrace.recall.findings import RULES
from foodtrace.schemas import schema_of
from foodtrace.texts import Lang, has, text
from tests.cli.inside import Inside, here

__all__ = ["here"]

RULE = {"en": "a receipt names no source", "zh": "收货没有写来源"}


@pytest.fixture
def odd(here: Inside) -> Inside:
    """A shop received some of a lot, and nothing says from whom."""
    here("init")
    here("site", "add", "永发合作社:farm", "惠民菜店:shop")
    here("receive", "L-0001/C-1", "7kg", "--at", "惠民菜店")
    return here


def test_json_of_a_recall_and_a_reconciliation(odd: Inside) -> None:
    """The quick way of a plain recall, the engine's, and the books say the same of what they share."""
    quick = json.loads(odd("recall", "C-1", "--json"))
    full = json.loads(odd("recall", "C-1", "--bounds", "--json"))
    books = json.loads(odd("reconcile", "--json", code=1))
    assert quick["finding_kinds"] == full["finding_kinds"]
    for told, found, schema in ((quick, "untraced", "recall"), (books, "open", "reconcile")):
        jsonschema.validate(told, schema_of(schema))
        kinds = {(each["kind"], each["reason"]): each for each in told["finding_kinds"]}
        assert kinds.keys() == {(each["kind"], each["reason"]) for each in told[found]}
        missing = kinds["source_missing", ""]
        assert missing["rule"] == RULE
        assert missing["text"] == {lang: text("finding.source_missing", lang) for lang in ("zh", "en")}
        assert missing["hint"]["en"]
        assert all(each["entries"] for each in told[found] if each["kind"] == "source_missing")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_with_long_says_rule_and_entries(odd: Inside, lang: Lang) -> None:
    (entry,) = next(each["entries"] for each in json.loads(odd("recall", "C-1", "--json"))["untraced"] if each["kind"] == "source_missing")
    for asked, code in ((("recall", "C-1"), 0), (("reconcile",), 1)):
        said = odd(*asked, "--long", lang=lang, code=code)
        assert RULE[lang] in said.replace("\n", "")
        assert entry in said
        assert f"{text('cli.finding.rule', lang, rule=RULE[lang])}" not in odd(*asked, lang=lang, code=code)


def test_the_workbook_has_a_sheet_of_findings(odd: Inside) -> None:
    odd("recall", "C-1", "--xlsx", "r.xlsx")
    book = load_workbook(odd.folder / "r.xlsx")
    assert book.sheetnames == ["recall", "findings"]
    rows: list[list[Any]] = [[cell.value for cell in row] for row in book["findings"].iter_rows()]
    told = dict(zip(rows[0], next(row for row in rows if row[0] == "source_missing"), strict=True))
    assert (told["finding"], told["rule"], told["value"], told["unit"]) == ("a receipt names no source", RULE["en"], 7000, "g")
    assert told["entries"].startswith("local/")
    assert len(rows) == 1 + len(json.loads(odd("recall", "C-1", "--json"))["untraced"])


def test_every_kind_has_its_rule_in_words() -> None:
    kinds = {kind for found in RULES.values() for kind in found} | {"over_issued", "serial_twice", "described_twice", "same_id"}
    assert [kind for kind in sorted(kinds) if not has(rule_key(f"finding.{kind}"))] == []
    for kind, reason in product(kinds, ("told_twice", "lots", "when", "not_held", "counted", "described")):
        assert has(rule_key(f"finding.{kind}.{reason}"))
