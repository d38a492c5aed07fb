"""Rule packs of one's own: what is read, what is refused, which of several computes, and what a case keeps to."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import msgspec
import pytest

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events.master import OUTLET_KINDS
from foodtrace.graph.edges import micros
from foodtrace.ledger import Ledger
from foodtrace.recall.packs import choose, for_day, for_opening, local, read_pack, shipped
from foodtrace.recall.plain.defaults import RULE_PACK
from foodtrace.recall.settings import DEFAULT, YieldRange
from tests.recall.casework import DAY0, World, own_rules

HEAD = 'id = "city-1"\ntitle = "t"\neffective_from = 2020-01-01\nsource = "s"\nverified = true\n'
LAW = "[law]\nstart_hours = [12, 24, 48]\ncomplete_days = [5, 10, 15]\n"
NOW = micros(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))


def test_a_pack_that_extends_says_only_what_differs() -> None:
    text = f'{HEAD}extends = "cn-recall-2015"\n[chosen]\nblock_possible = "refuse"\n[yields]\n"奶粉" = {{ least = 110, most = 140 }}\n'
    pack = read_pack(text)
    assert pack.settings == msgspec.structs.replace(DEFAULT, block_possible="refuse", yields={"奶粉": YieldRange(110, 140)})
    assert pack.name == f"city-1@{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def test_every_parameter_of_a_recall_can_be_set() -> None:
    chosen = (
        "clock_slack_hours = 1\ntransit_limit_days = 2\nsilent_after_days = 3\nanswer_limit = 4\nlot_presumption = 'path'\n"
        "outlet_kinds = ['shop']\npublication_is_notice = true\ncount_possible = false\nsealed_counts = false\n"
        "block_possible = 'allow'\nunblock_on_close = true\n"
    )
    made = read_pack(
        f"{HEAD}{LAW}count_publication_day = true\n[chosen]\n{chosen}[yields]\n'6901234567892' = {{least = 1, most = 2}}\n"
    ).settings
    assert made is not None
    same = [name for name in DEFAULT.__struct_fields__ if getattr(made, name) == getattr(DEFAULT, name)]
    assert not same
    assert dict(made.yields) == {"06901234567892": YieldRange(1, 2)}  # as lots have it


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD + LAW + "[chosen]\nblock_posible = 'hold'\n", "chosen"),
        (HEAD + LAW + "[chosen]\nblock_possible = 'never'\n", "chosen.block_possible"),
        (HEAD + LAW + "[chosen]\ntransit_limit_days = 1.5\n", "chosen.transit_limit_days"),
        (HEAD + LAW + "[chosen]\ntransit_limit_days = 0\n", "chosen.transit_limit_days"),
        (HEAD + LAW + "[chosen]\noutlet_kinds = ['shopp']\n", "chosen.outlet_kinds"),
        (HEAD + LAW + "[yields]\n'a' = {least = 3, most = 2}\n", "yields.a"),
        (HEAD + LAW + "[yields]\n'a' = {least = -1, most = 2}\n", "yields"),
        (HEAD + LAW + "[yields]\n'a' = {least = 1}\n", "yields"),
        (HEAD + LAW + "[yields]\n' a' = {least = 1, most = 2}\n", "yields. a"),
        (HEAD + LAW + "[yields]\n'6901234567890' = {least = 1, most = 2}\n", "yields.6901234567890"),
        (HEAD + LAW + "[yields]\n'6901234567892' = {least = 1, most = 2}\n'06901234567892' = {least = 1, most = 3}\n", "yields"),
        (HEAD + "[yields]\n'a' = {least = 1, most = 2}\n", "law"),
        (HEAD + "extends = 'cn-recall-2026'\n", "extends"),
        (HEAD + "extends = 7\n", "extends"),
        (HEAD + "extends = ''\n", "extends"),
        (HEAD + "extends = 'cn-recall-2015'\nlaw = 3\n", "law"),
        (HEAD + "effective_to = 2019-12-31\n" + LAW, "effective_to"),
        (HEAD.replace("city-1", "city@1") + LAW, "id"),
        (HEAD.replace('"t"', '"\u2014\u2014"') + LAW, "title"),
        (HEAD + LAW.replace("[5, 10, 15]", "[5, 10]"), "law.complete_days"),
        (HEAD + "[law", "-"),
        ("#" * 300_000, "-"),
    ],
)
def test_what_is_wrong_with_a_pack_is_said_with_its_place(text: str, where: str) -> None:
    with pytest.raises(BadData) as wrong:
        read_pack(text, "city.toml")
    assert wrong.value.code == "rules.pack"
    assert (wrong.value.value, str(wrong.value.params["where"]).partition("[")[0]) == ("city.toml", where)


def test_bytes_that_are_no_text_are_no_pack() -> None:
    with pytest.raises(BadData, match=r"rules\.pack"):
        read_pack(HEAD.encode().replace(b"t", b"\xff"))


def test_every_kind_of_outlet_can_be_named() -> None:
    assert read_pack(f"{HEAD}{LAW}[chosen]\noutlet_kinds = {sorted(OUTLET_KINDS)}\n").settings is not None


def test_without_packs_of_ones_own_a_recall_is_by_the_defaults() -> None:
    for moment in (0, NOW, micros(dt.datetime(2035, 1, 1, tzinfo=dt.UTC))):
        chosen = for_day(moment, None)
        assert (chosen.settings, chosen.pack.name, chosen.missing) == (DEFAULT, RULE_PACK, "")


def test_a_pack_of_ones_own_comes_before_a_newer_one_that_is_shipped(tmp_path: Path) -> None:
    rules = own_rules(tmp_path, effective_from="2010-01-01", effective_to="2026-02-01")
    assert for_day(micros(dt.datetime(2026, 1, 31, tzinfo=dt.UTC)), rules).pack.id == "city-2020"
    assert for_day(NOW, rules).pack.id == "cn-recall-2015"  # its time is over


def test_a_case_keeps_to_the_very_pack_it_was_opened_under(tmp_path: Path) -> None:
    rules = own_rules(tmp_path, id='"cn-recall-2015"', said='[chosen]\nblock_possible = "allow"')
    own = local(rules)[0]
    assert for_day(NOW, rules).pack == own
    assert for_opening("cn-recall-2015", NOW, rules).settings == DEFAULT
    assert for_opening(own.name, NOW, rules).settings.block_possible == "allow"
    assert for_opening("", NOW, rules).pack == own


@pytest.mark.parametrize("named", ["city-2020@0000000000000000", "elsewhere-1@0000000000000000", "cn-recall-2026"])
def test_a_pack_that_is_not_here_is_named_and_lets_nothing_pass(tmp_path: Path, named: str) -> None:
    rules = own_rules(tmp_path, '[chosen]\nblock_possible = "allow"\nunblock_on_close = true')
    chosen = for_opening(named, NOW, rules)
    assert (chosen.missing, chosen.pack.id) == (named, "city-2020")
    assert (chosen.settings.block_possible, chosen.settings.unblock_on_close) == ("hold", False)
    alone = for_opening(named, NOW, None)
    assert (alone.missing, alone.pack.id) == (named, "cn-recall-2015")


def test_packs_are_read_once(tmp_path: Path) -> None:
    rules = own_rules(tmp_path)
    first = local(rules)
    (rules / "recall" / "city.toml").write_text("nonsense", encoding="utf-8")
    assert local(rules) is first


def many(folder: Path) -> None:
    for number in range(201):
        (folder / f"p{number}.toml").write_text(HEAD + LAW, encoding="utf-8")


def twice(folder: Path) -> None:
    (folder / "b.toml").write_text(HEAD.replace("city-1", "city-2020") + LAW, encoding="utf-8")


def same_day(folder: Path) -> None:
    (folder / "b.toml").write_text(HEAD + LAW, encoding="utf-8")


def a_folder(folder: Path) -> None:
    (folder / "b.toml").mkdir()


@pytest.mark.parametrize(
    ("spoil", "code"), [(many, "rules.too_many"), (twice, "rules.same_id"), (same_day, "rules.overlap"), (a_folder, "rules.unreadable")]
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, spoil: object, code: str) -> None:
    rules = own_rules(tmp_path)
    spoil(rules / "recall")  # type: ignore[operator]
    with pytest.raises(FoodtraceError) as wrong:
        local(rules)
    assert wrong.value.code == code


@pytest.mark.parametrize(
    ("make", "code"),
    [
        ((), "rules.directory"),
        (("rules/",), "rules.misplaced"),
        (("rules/recal/",), "rules.misplaced"),
        (("rules/recall/", "rules/city.toml"), "rules.misplaced"),
    ],
)
def test_a_folder_from_which_nothing_would_be_read_opens_no_ledger(tmp_path: Path, make: tuple[str, ...], code: str) -> None:
    for each in make:
        place = tmp_path / each
        place.mkdir(parents=True) if each.endswith("/") else place.write_text(HEAD + LAW, encoding="utf-8")
    with pytest.raises(FoodtraceError) as wrong:
        Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", rules=tmp_path / "rules")
    assert wrong.value.code == code
    assert not (tmp_path / "x.db").exists()


def test_two_ledgers_of_one_program_have_each_its_own_rules(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    world = World(url, tmp_path / "keys", rules=own_rules(tmp_path))
    world.sites().born("L", "P", 100).move("OP-P/L", "P", "X", 50)
    own = world.ledger.recall("OP-P/L")
    assert own.rule_pack == local(tmp_path / "rules")[0].name
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: micros(DAY0) + 1) as plain:
        said = plain.recall("OP-P/L")
    assert (said.rule_pack, said.rule_pack_missing, said.outlets) == (RULE_PACK, "", own.outlets)
    world.ledger.close()


def test_the_shipped_packs_carry_no_hash() -> None:
    assert [each.name for each in shipped()] == ["cn-recall-2015", "cn-recall-2026"]
    assert choose(dt.date(2026, 3, 1)).pack.hash == ""
