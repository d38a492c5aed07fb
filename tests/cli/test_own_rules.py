"""A city's own rule packs, as they are given to commands: what they change, and how every answer says by which one it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foodtrace.recall.packs import local
from foodtrace.recall.settings import DEFAULT
from tests.cli.inside import Inside, here
from tests.cli.typedtrade import CHAIN, LOT, NOW, ON_ROAD, begun, born, got, record, sent, type_in
from tests.recall.casework import own_rules

__all__ = ["here"]
CASE = ("case", "open", LOT, "--class", "2", "--known", "2026-03-05T09:10", "--reason", "x", "--operator", "OP-P")
MAYBE = (*CHAIN, sent(60, 2), got(20, 2, at="Z"))
"""What lies at Z has no source: a possible link."""


def recall(run: Inside) -> Any:
    return json.loads(later(run, "recall", LOT, "--json"))


def name_of(run: Inside) -> str:
    return local(run.folder / "rules")[0].name


def later(run: Inside, *words: str, code: int = 0) -> str:
    """Type a command after the case was opened."""
    return type_in(run, *words, t=NOW + 0.1, code=code)


def with_rules(run: Inside, said: str = "", **fields: str) -> str:
    """Give a city's pack to every command from here on; return its name."""
    rules = own_rules(run.folder, said, **fields)
    run.set("FOODTRACE_RULES", str(rules))
    return name_of(run)


def test_a_parameter_of_the_city_is_used_and_the_answer_names_its_pack(here: Inside) -> None:
    record(begun(here), *CHAIN, ON_ROAD, ids="e")
    plain = recall(here)
    assert (plain["rule_pack"], "not_received" in {each["kind"] for each in plain["untraced"]}) == ("cn-recall-2015", True)
    name = with_rules(here, "[chosen]\ntransit_limit_days = 30")
    told = recall(here)
    assert (told["rule_pack"], told["rule_pack_missing"]) == (name, "")
    assert "not_received" not in {each["kind"] for each in told["untraced"]}
    assert f"by a rule pack of your own: {name}" in later(here, "recall", LOT)
    here.set("FOODTRACE_RULES", "")
    assert recall(here) == plain
    assert json.loads(later(here, "--rules", "rules", "recall", LOT, "--json")) == told


def test_what_depends_on_a_pack_names_it_and_the_blast_of_a_lot_is_the_recall_of_it_by_that_pack(here: Inside) -> None:
    record(begun(here), *CHAIN, ON_ROAD, ids="e")
    asked = (("trace", LOT), ("reconcile",), ("blast", "--from", "2026-03-01"))
    code = {"reconcile": 1}

    def packs() -> list[str]:
        return [json.loads(later(here, *words, "--json", code=code.get(words[0], 0)))["rule_pack"] for words in asked]

    def outlets() -> tuple[int, int]:
        told = json.loads(later(here, *asked[2], "--json"))
        return told["lots"][0]["outlets"], len(recall(here)["outlets"])

    assert packs() == ["cn-recall-2015"] * 3
    plain = outlets()
    name = with_rules(here, '[chosen]\noutlet_kinds = ["restaurant"]\ntransit_limit_days = 30')
    code.clear()
    assert packs() == [name] * 3
    for words in asked:
        assert f"by a rule pack of your own: {name}" in later(here, *words)
    assert (plain, outlets()) == ((1, 1), (0, 0)), "a shop is no outlet to this city"
    with_rules(here, '[chosen]\nlot_presumption = "path"')
    assert len(set(outlets())) == 1


@pytest.mark.parametrize(("possible", "sells"), [("hold", False), ("refuse", False), ("allow", True)])
def test_an_ask_for_a_possible_link_gets_what_the_city_says(here: Inside, possible: str, sells: bool) -> None:
    record(begun(here), *MAYBE, ids="e")
    name = with_rules(here, f'[chosen]\nblock_possible = "{possible}"')
    type_in(here, *CASE)
    status = json.loads(later(here, "case", "status", "--json"))
    assert (status["rule_pack"], status["rule_pack_missing"]) == (name, "")
    said = later(here, "transfer", LOT, "5g", "--from", "Z", "--to", "Y", code=0 if sells else 1)
    assert ("transfer.recall_possible" in said) != sells


def test_a_pack_that_is_gone_is_named_everywhere_and_lets_nothing_pass(here: Inside) -> None:
    record(begun(here), *MAYBE, ids="e")
    name = with_rules(here, '[chosen]\nblock_possible = "allow"')
    type_in(here, *CASE)
    here.set("FOODTRACE_RULES", "")
    told, status = recall(here), json.loads(later(here, "case", "status", "--json"))
    assert {(each["rule_pack"], each["rule_pack_missing"]) for each in (told, status)} == {("cn-recall-2015", name)}
    line = f"rule pack {name}, under which the case was opened, is not here"
    assert line in later(here, "recall", LOT)
    assert line in later(here, "case", "status")
    later(here, "case", "report", "--out", "report.html")
    assert line in (here.folder / "report.html").read_text(encoding="utf-8")
    refused = later(here, "transfer", LOT, "5g", "--from", "Z", "--to", "Y", code=1)
    assert f"transfer.rules_missing: {LOT} may be under recall 2026-0001, held: rule pack {name}" in refused
    # Another text under the same id is another pack.
    here.set("FOODTRACE_RULES", str(own_rules(here.folder / "new", "[chosen]\nanswer_limit = 4")))
    assert recall(here)["rule_pack_missing"] == name


def test_a_file_that_is_no_pack_is_named_with_the_place_in_it(here: Inside) -> None:
    record(begun(here), *CHAIN, ids="e")
    own_rules(here.folder, "[chosen]\nblock_possible = 'never'")
    here.set("FOODTRACE_RULES", "rules")
    for words in (("recall", LOT), ("recall", LOT, "--json"), CASE, ("reconcile",), ("trace", LOT), ("blast",), ("drill",)):
        said = type_in(here, *words, code=2)
        assert "rules.pack" in said
        assert str(Path("rules") / "recall" / "city.toml") in said
        assert "chosen.block_possible" in said
    assert "规则包" in here("recall", LOT, lang="zh", code=2)


def test_a_recall_of_the_product_with_a_usual_yield_is_the_engines_and_the_same(here: Inside) -> None:
    record(begun(here), *CHAIN, born("K", 0), sent(60, 2), ids="e")
    plain = recall(here)
    name = with_rules(here, '[yields]\n"芹菜" = { least = 1, most = 2 }')
    assert recall(here) == plain | {"rule_pack": name}


def test_the_pack_in_the_documentation_is_read_as_it_says(here: Inside) -> None:
    page = (Path(__file__).parents[2] / "docs" / "recall.md").read_text(encoding="utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    own_rules(here.folder)
    (here.folder / "rules" / "recall" / "city.toml").write_text(text, encoding="utf-8")
    here.set("FOODTRACE_RULES", "rules")
    record(begun(here), *CHAIN, ids="e")
    assert recall(here)["rule_pack"].startswith("city-2026@")
    (pack,) = local(here.folder / "rules")
    assert pack.settings is not None
    changed = {name for name in DEFAULT.__struct_fields__ if getattr(pack.settings, name) != getattr(DEFAULT, name)}
    assert changed == {"block_possible", "transit_limit", "yields"}


def test_a_gate_takes_the_packs_of_the_city(here: Inside) -> None:
    (here.folder / "rules" / "gate").mkdir(parents=True)
    (here.folder / "rules" / "gate" / "x.toml").write_text("id = 3", encoding="utf-8")
    record(begun(here), *CHAIN, ids="e")
    here.set("FOODTRACE_RULES", "rules")
    assert recall(here)["rule_pack"] == "cn-recall-2015"
    said = later(here, "test", LOT, "--lab", "--verdict", "negative", code=2)
    assert "rules.pack" in said
    assert str(Path("rules") / "gate" / "x.toml") in said


DOORS = (
    ("gate", "label.png", "--market", "M"),
    ("scan", "label.png"),
    ("formula", "check", "260322-1", "--shop", "X"),
    ("formula", "sell", "260322-1", "--shop", "X"),
    ("stoplist",),
    ("transfer", "260322-1", "5g", "--from", "P", "--to", "Y"),
    ("certificate", "issue", "芹菜", "1kg", "--basis", "1", "--site", "P", "--code", "260322-1"),
    ("export", "public", "pages"),
)


def test_no_door_decides_by_a_pack_that_is_not_there_or_no_pack_whether_a_case_stands_or_not(here: Inside) -> None:
    type_in(begun(here), "site", "add", "M:market", t=0)
    type_in(here, "certificate", "issue", "芹菜", "5kg", "--basis", "1", "--site", "P", "--out", "label.png")
    own_rules(here.folder, "[chosen]\nblock_possible = 'never'")
    (here.folder / "gate" / "gate").mkdir(parents=True)
    (here.folder / "gate" / "gate" / "x.toml").write_text("id = 3", encoding="utf-8")
    said = later(here, "--rules", "gate", *DOORS[0], code=2)
    assert f"rules.pack: rule pack {here.folder / 'gate' / 'gate' / 'x.toml'} is wrong at id" in said
    for case in ((), (*CASE[:2], "260322-1", *CASE[3:])):
        if case:
            later(here, *case)
        for words in DOORS:
            said = type_in(here, "--rules", "rules", *words, t=NOW + 0.2, code=2)
            assert f"rules.pack: rule pack {here.folder / 'rules' / 'recall' / 'city.toml'} is wrong at chosen.block_possible" in said, (
                words
            )
            assert "rules.directory" in type_in(here, "--rules", "nowhere", *words, t=NOW + 0.2, code=1)
