"""Rule packs: those that come along, local ones, and what a pack may not be."""

import datetime as dt
import unicodedata
from importlib import resources
from pathlib import Path

import pytest

from foodtrace.errors import BadData, NotFound, Storage
from foodtrace.gate import rules
from foodtrace.gate.checks import CHECKS
from foodtrace.gate.facts import GOODS
from foodtrace.texts import catalogue

SHIPPED = resources.files("foodtrace.gate").joinpath("rules", "cn-market-2023.toml").read_bytes()


def wrong(data: bytes) -> tuple[str, str]:
    """Return where and what is wrong with a pack."""
    with pytest.raises(BadData) as caught:
        rules.read(data, "mine.toml")
    assert caught.value.code == "rules.pack"
    assert caught.value.value == "mine.toml"
    return str(caught.value.params["where"]), str(caught.value.params["reason"])


def changed(old: str, new: str) -> bytes:
    assert old.encode() in SHIPPED
    return SHIPPED.replace(old.encode(), new.encode(), 1)


def test_the_shipped_packs_follow_each_other_without_gap_or_overlap() -> None:
    book = rules.load()
    assert [(p.id, p.effective_from, p.effective_to, p.verified) for p in book.packs] == [
        ("cn-market-2023", dt.date(2023, 12, 1), None, False),
        ("cn-market-2016", dt.date(2016, 3, 1), dt.date(2023, 11, 30), False),
    ]
    assert book.on(dt.date(2016, 2, 29)) is None
    for day, name in (
        (dt.date(2016, 3, 1), "cn-market-2016"),
        (dt.date(2023, 11, 30), "cn-market-2016"),
        (dt.date(2023, 12, 1), "cn-market-2023"),
    ):
        found = book.on(day)
        assert found is not None
        assert found.id == name


def test_the_old_pack_cites_no_article_that_nobody_read() -> None:
    old = rules.load().packs[1]
    assert {rule.article for rule in old.rules if "20号令" in rule.article} == {"20号令 (条款未查)"}
    assert [rule.id for rule in old.rules if rule.verified] == ["recalled"]


def test_the_shipped_packs_use_every_check_and_cover_all_goods() -> None:
    for pack in rules.load().packs:
        assert {rule.code for rule in pack.rules} == set(CHECKS)
        for code in ("gate.seller_file_missing", "gate.recalled", "gate.expired", "gate.over_certified", "gate.voucher_missing"):
            assert {goods for rule in pack.rules if rule.code == code for goods in rule.goods} == set(GOODS)


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("hold_hours = 12", 'hold_hours = "12"', "hold_hours", "Expected 'int', got 'str'"),
        ("hold_hours = 12", "hold_hours = 12.0", "hold_hours", "Expected 'int', got 'float'"),
        ("verified = false\nnote", "verified = 0\nnote", "verified", "Expected 'bool', got 'int'"),
        ("verified = false\nnote", "note", "-", "Object missing required field 'verified'"),
        ("hold_hours = 12", "hold_hours = 12\nholdhours = 13", "-", "Object contains unknown field 'holdhours'"),
        ('id = "cn-market-2023"', 'id = "CN Market"', "id", "Expected 'str' matching regex '^[a-z0-9][a-z0-9_-]{0,59}$(?!"),
        ('verdict = "refuse"', 'verdict = "admit"', "rules[0].verdict", "Invalid enum value 'admit'"),
        ('code = "gate.blacklisted"', 'code = "gate.blacklist"', "rules[4] blacklist", "there is no check gate.blacklist; there are "),
        ('id = "agreement"', 'id = "seller-file"', "rules[1] seller-file", "another rule has this id"),
        (
            'code = "gate.agreement_missing"',
            'code = "gate.seller_file_missing"',
            "rules[1] agreement",
            "another rule gives gate.seller_file_missing for produce",
        ),
        ('documents = ["customs"]', "", "rules[14] customs", "gate.customs_missing needs documents"),
        ('must = ["open_file"]', 'documents = ["customs"]', "rules[0] seller-file", "gate.seller_file_missing takes no documents"),
        ('must = ["open_file"]', 'must = ["open_fire"]', "rules[0] seller-file", "there is no duty open_fire in this pack"),
        ('id = "stop_sale"', 'id = "stop_trade"', "duties[1] stop_trade", "there are no words for it (gate.must.stop_trade)"),
        ('id = "stop_sale"', 'id = "seal_goods"', "duties[2] seal_goods", "another duty has this id"),
        ("effective_from = 2023-12-01", "effective_from = 2023-12-01\neffective_to = 2023-11-30", "effective_to", "2023-11-30 is before "),
        ('title_en = "Market entry', 'title_en = "Market\u2026 entry', "title_en", "character U+2026 does not print everywhere"),
        ('title_en = "Market entry', 'title_en = "\U0001f96c entry', "title_en", "character U+1F96C does not print everywhere"),
        (
            'article = "食品安全法实施条例第66条"\n',
            "",
            "rules[4] blacklist",
            "verified, but no article is cited",
        ),
        ("per_10000 = 500\n", "per_10000 = 10001\n", "sampling.per_10000", "Expected 'int' <= 10000"),
    ],
)
def test_a_wrong_pack_is_refused_with_the_place_and_the_reason(old: str, new: str, where: str, reason: str) -> None:
    place, what = wrong(changed(old, new))
    assert place == where
    assert what.startswith(reason)


def test_what_is_no_toml_at_all() -> None:
    assert wrong(b"\xff") == ("-", "not UTF-8")
    assert wrong(b"a = ")[1].startswith("not TOML: ")
    assert wrong(b"#" * (256 * 1024 + 1)) == ("-", "larger than 262144 bytes")
    assert wrong(b"a = " + b"[" * 50_000)[0] == "-"


def test_the_whole_message_of_a_wrong_pack() -> None:
    with pytest.raises(BadData) as caught:
        rules.read(changed('must = ["open_file"]', 'must = ["open_fire"]'), "mine.toml")
    assert str(caught.value) == (
        "rules.pack: rule pack mine.toml is wrong at rules[0] seller-file: there is no duty open_fire in this pack "
        "(mend it after the packs that come along; its JSON Schema says the form)"
    )
    assert caught.value.message("zh") == "规则包 mine.toml 不对, rules[0] seller-file: there is no duty open_fire in this pack"


def test_a_local_pack_goes_first_and_replaces_its_namesake(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(changed('id = "cn-market-2023"', 'id = "harbin-2026"').replace(b"2023-12-01\n", b"2026-01-01\n", 1))
    (tmp_path / "same.toml").write_bytes(changed("hold_hours = 12", "hold_hours = 6"))
    (tmp_path / "notes.txt").write_bytes(b"no pack")
    book = rules.load(tmp_path)
    assert [pack.id for pack in book.packs] == ["harbin-2026", "cn-market-2023", "cn-market-2016"]
    own, same = book.on(dt.date(2026, 11, 24)), book.on(dt.date(2025, 11, 24))
    assert own is not None
    assert same is not None
    assert (own.id, same.id, same.hold_hours) == ("harbin-2026", "cn-market-2023", 6)


def test_two_local_packs_that_start_on_one_day_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(SHIPPED)
    (tmp_path / "b.toml").write_bytes(changed('id = "cn-market-2023"', 'id = "other"'))
    with pytest.raises(BadData) as caught:
        rules.load(tmp_path)
    assert str(caught.value) == (
        "rules.overlap: rule packs other and cn-market-2023 start on the same day, 2023-12-01 (change effective_from of one of them)"
    )


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(SHIPPED)
    (tmp_path / "b.toml").write_bytes(SHIPPED.replace(b"2023-12-01\n", b"2026-01-01\n", 1))
    with pytest.raises(BadData, match=r"rules\.same_id"):
        rules.load(tmp_path)


def test_a_broken_local_pack_is_never_left_out_silently(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_bytes(b"id = 1")
    with pytest.raises(BadData) as caught:
        rules.load(tmp_path)
    assert caught.value.value == str(tmp_path / "broken.toml"), "which of the folders it stands in"


def test_no_such_folder_and_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"rules\.directory"):
        rules.load(tmp_path / "nowhere")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(Storage, match=r"rules\.unreadable"):
        rules.load(tmp_path)
    (tmp_path / "folder.toml").rmdir()
    for number in range(201):
        (tmp_path / f"{number}.toml").write_bytes(b"")
    with pytest.raises(BadData, match=r"rules\.too_many"):
        rules.load(tmp_path)


def test_the_schema_names_every_field_of_a_rule() -> None:
    told = rules.schema()["$defs"]["Rule"]
    assert set(told["required"]) == {"id", "code", "goods", "verdict"}
    assert told["additionalProperties"] is False


@pytest.mark.parametrize(
    ("record", "dates", "until"),
    [
        ("produce-incoming", {}, dt.date(2026, 2, 28)),  # 31 August and six months: there is no 31 February
        ("packaged-incoming", {"shelf_life_end": dt.date(2027, 5, 1)}, dt.date(2027, 11, 1)),
        ("packaged-incoming", {}, dt.date(2027, 8, 31)),
        ("seller-file", {}, None),
        ("seller-file", {"seller_left": dt.date(2026, 12, 15)}, dt.date(2027, 6, 15)),
    ],
)
def test_how_long_a_record_is_kept(record: str, dates: dict[str, dt.date], until: dt.date | None) -> None:
    kept = {each.id: each for each in rules.load().packs[0].records}[record]
    assert kept.keep_until(dt.date(2025, 8, 31), **dates) == until


def test_keeping_beyond_the_calendar_ends_with_it() -> None:
    kept = rules.load().packs[0].records[0]
    assert kept.keep_until(dt.date(9999, 12, 1)) == dt.date.max


def test_texts_of_the_gate_print_everywhere() -> None:
    for key, pair in catalogue().items():
        if key.startswith(("gate.", "rules.", "rapid.", "sampling.", "till.", "batch.")):
            for line in pair:
                line.encode("gbk")
                assert not [c for c in line if unicodedata.east_asian_width(c) == "A"], key
