"""What visits find where nothing is on record, of which lot nobody said, or after closing; goods that came without lot in notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.inside import Inside, here
from tests.cli.twoshops import CASE, issued

__all__ = ["here"]


@pytest.fixture
def lots(here: Inside) -> tuple[str, str]:
    """Two lots of one product at a wholesaler, which sent a shop 30 and 5 kg without saying of which; a case about both."""
    here("init")
    here("site", "add", "Farm:farm", "Whole:distributor", "Shop:shop", "Deli:shop")
    lots = issued(here, "tomato", "100kg"), issued(here, "tomato", "100kg")
    for lot in lots:
        here("transfer", lot, "50kg", "--from", "Farm", "--to", "Whole")
    now = here.json("recall", lots[0])["at"]
    sent = {"type": "transfer", "at": now, "site": "L-0002", "to": "L-0003", "product": "tomato"}
    lines = [json.dumps(sent | {"id": f"x{kg}", "quantity": {"value": kg * 1000, "unit": "g"}}) for kg in (30, 5)]
    (here.folder / "r.jsonl").write_text("\n".join(lines), encoding="utf-8")
    here("record", "r.jsonl")
    here("case", "open", *lots, *CASE)
    return lots


def test_goods_that_were_found_of_no_lot_ask_for_it_and_carry_their_quantity(here: Inside, lots: tuple[str, str]) -> None:
    said = here("case", "check", "Deli", "found", "--quantity", "5kg")
    both = ", ".join(f"L-0001/{lot}" for lot in lots)
    assert f"of which lot was not said ({both}), so it counts, but is in no site's figures" in said
    assert "foodtrace case check L-0004 found --case 2026-0001 --lot LOT --quantity 5.0kg" in said
    assert "case seal" not in said, "nothing could be sealed without a lot"
    (found,) = [each for each in here.json("case", "status")["untraced"] if each["kind"] == "same_lot_no_path"]
    assert (found["site_name"], found["value"], found["unit"]) == ("Deli", 5000, "g")
    said = here("case", "notify", "--out", "n")
    assert "Deli is known by a visit alone, which did not say of which lot the goods are: no notice." in said
    assert "Deli 只因查访时发现货才知道, 没说是哪一批" in here("case", "notify", "--out", "n", lang="zh")
    said = here("case", "status") + here("case", "close", code=1)
    assert "visit Deli again" in said
    assert "Deli (L-0004)  goods that a visit found, nobody said of which lot" in said
    here("case", "check", "Deli", "found", "--quantity", "5kg", "--lot", lots[1])
    assert "notices to 1 outlet" in here("case", "notify", "--out", "m")


def test_goods_that_came_without_lot_have_a_name_in_notices_and_figures(here: Inside, lots: tuple[str, str]) -> None:
    mails = here.json("case", "notify", "--out", "n")
    (shop,) = [each for each in mails if each["name"] == "Shop"]
    (line,) = shop["lines"]
    assert len(line["without_lot"]) == 2
    page = Path(here.folder, "n", shop["file"]).read_text(encoding="utf-8")
    status = here("case", "status")
    for name in line["without_lot"]:
        assert name in page
        assert f"besides, without lot, Shop ({name})" in status
    said = here("case", "seal", "Shop", "--quantity", "1kg", code=2)
    assert "2 lots of the case are at Shop" in said
    assert line["without_lot"][0] in said


def test_what_is_found_after_closing_stands_in_the_list_of_cases(here: Inside, lots: tuple[str, str]) -> None:
    here("case", "close", "--override", "x", "--approved-by", "7")
    assert here("case", "list").startswith("no open cases; closed or withdrawn: 1")
    here("case", "check", "Shop", "found", "--quantity", "2kg", "--lot", lots[0], "--case", "2026-0001")
    said = here("case", "list")
    assert f"2.0 kg tomato (L-0001/{lots[0]}) found at Shop after it" in said
    assert "foodtrace case reopen 2026-0001" in said
    (line,) = here.json("case", "list")
    assert [(each["name"], each["lot"], each["quantity"]) for each in line["found_since"]] == [("Shop", f"L-0001/{lots[0]}", 2000)]
    here("case", "reopen", "2026-0001", "--reason", "more")
    assert here.json("case", "list")[0]["found_since"] == []
