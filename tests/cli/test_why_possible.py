"""Why a link is only possible, and what stands at a site without quantity: a reader learns it, and docs/recall.md shows it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from foodtrace.events import MarketEntry, Site, StockCount, TestRecorded
from tests.cli.inside import Inside, here
from tests.cli.typedtrade import CHAIN, LOT, NOW, START, begun, born, day, g, got, record, sent, type_in

__all__ = ["here"]
PAGE = (Path(__file__).parents[2] / "docs" / "recall.md").read_text(encoding="utf-8")
COUNTED = StockCount(id="-", at=day(1), site="W", lot=LOT, quantity=g(40))


def test_the_example_of_the_page_says_what_the_page_says(here: Inside) -> None:
    _, _, page = PAGE.partition("### Why a link is only possible")
    records = page.partition("```jsonl\n")[2].partition("```")[0]
    (here.folder / "page.jsonl").write_text(records, encoding="utf-8")
    type_in(here, "init", "--name", "county/one", t=START)
    type_in(here, "record", "page.jsonl", t=NOW)
    example = page.partition("```console\n")[2].partition("```")[0]
    commands = re.split(r"^\$ foodtrace ", example, flags=re.MULTILINE)[1:]
    assert len(commands) == 2
    for each in commands:
        typed, *lines = each.strip().split("\n")
        said = type_in(here, *shlex.split(typed), t=NOW)
        assert len(lines) == 2
        for line in lines:
            assert all(part in said for part in line.split(" .. ")), said


def findings(here: Inside, *words: str) -> set[tuple[str, str, str]]:
    found = json.loads(type_in(here, "recall", *(words or (LOT,)), "--json"))["untraced"]
    return {(each["kind"], each["reason"], each["site"]) for each in found if each["kind"] in ("lot_missing", "same_lot_no_path")}


@pytest.mark.parametrize(
    ("came", "reason"), [((COUNTED,), "counted"), ((sent(40, 1, source="P", to="W"),), ""), ((got(40, 1, at="W"),), "")]
)
def test_goods_without_lot_from_a_site_that_only_counted_the_lot(here: Inside, came: tuple[StockCount, ...], reason: str) -> None:
    record(begun(here), CHAIN[0], *came, sent(15, 2, lot="", product="芹菜"), ids="e")
    assert ("lot_missing", reason, "W") in findings(here)
    said = type_in(here, "recall", LOT)
    assert ("only counted or spoken of" in said) == bool(reason)
    assert "只盘点过" in here("--now", f"{day(NOW):%Y-%m-%d %H:%M}", "recall", LOT, lang="zh") or not reason


@pytest.mark.parametrize(("more", "found"), [
    ({"precision": "unknown"}, {("same_lot_no_path", "when", "X")}),
    ({}, set()),
])  # fmt: skip
def test_a_time_nobody_recorded_may_lie_in_the_window(here: Inside, more: dict[str, str], found: set[tuple[str, str, str]]) -> None:
    record(begun(here), *CHAIN, sent(20, 2.1, **more), ids="e")
    # On the fourth of March something else left, so that the window is not empty.
    record(here, born("K", 0), sent(9, 1, lot="OP-P/K", source="P", to="W"), sent(9, 3, lot="OP-P/K", to="Z"), ids="k")
    assert findings(here, "--left", "W", "--from", "2026-03-05", "--to", "2026-03-05") == found


def test_goods_from_nowhere_in_a_window_have_no_path(here: Inside) -> None:
    record(begun(here), *CHAIN, sent(20, 2.1), got(7, 2.3, at="Y"), ids="e")
    assert findings(here, "--left", "W", "--from", "2026-03-04", "--to", "2026-03-04") == {("same_lot_no_path", "", "Y")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_market_with_a_load_put_aside_is_named_where_the_outlets_are_counted(here: Inside, lang: str) -> None:
    market = Site(id="m", at=day(START), site="M", operator="OP-M", kind="market", name="北河农批")
    held = MarketEntry(id="h", at=day(2), site="M", decision="held", lot=LOT, product="芹菜", quantity=g(50), source="P")
    tested = TestRecorded(id="t", at=day(2), site="Y", lot=LOT, sample="1", item="rapid", verdict="positive")
    record(begun(here), market, *CHAIN, held, tested, ids="e")
    said = here("--now", f"{day(NOW):%Y-%m-%d %H:%M}", "recall", LOT, lang=lang).splitlines()
    counted = next(n for n, line in enumerate(said) if line.startswith(("outlets 1 ", "网点 1 ")))
    assert "北河农批" in said[counted + 1]
    assert ("possible" if lang == "en" else "可能") in said[counted + 1]
    assert "Y-name" not in said[counted + 1], "an outlet is counted above"
    row = next(each for each in here.json("--now", f"{day(NOW):%Y-%m-%d %H:%M}", "recall", LOT)["others"] if each["site"] == "M")
    assert (row["role"], row["link"], row["amounts"]) == ("intermediary", "possible", [])
