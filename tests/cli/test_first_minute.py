"""The first minute with a ledger of one's own, typed word for word; and what is said when something is wrong."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).strftime("%y%m%d")


@pytest.fixture
def market(here: Inside) -> tuple[Inside, str]:
    """A ledger after the first four commands, and the lot's code."""
    here("init")
    here("site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop", lang="zh")
    said = here("certificate", "issue", "西红柿", "500kg", "--basis", "1", lang="zh")
    code = said.split("批次 ")[1].split()[0]
    here("gate", f"合格证-{code}.png", lang="zh")
    return here, code


def test_six_commands_word_for_word(here: Inside) -> None:
    assert "这里还没有账本: foodtrace init, 或先看 foodtrace demo" in here(lang="zh")
    assert "请另存一份" in here("init", lang="zh")
    assert "log.have_one" in here("init", lang="zh", code=1), "typed twice, it makes no second log"
    assert "1 log, 1 entry" in here()
    said = here("site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop", lang="zh")
    assert [line.split()[:3] for line in said.splitlines()] == [
        ["永发合作社", "农场", "L-0001"],
        ["北河农批", "市场", "L-0002"],
        ["福安超市", "商店", "L-0003"],
    ]
    assert "已列入 北河农批 的卖方档案" in said
    said = here("certificate", "issue", "西红柿", "500kg", "--basis", "1", lang="zh")
    assert "西红柿 500.0 kg (1,000 斤)" in said
    (label,) = here.folder.glob("合格证-*.png")
    code = label.stem.removeprefix("合格证-")
    said = here("gate", label.name, lang="zh")
    assert said.startswith(f"[ 准入 ]  西红柿 500.0 kg (1,000 斤)  批次 {code}  卖方 永发合作社")
    said = here("transfer", code, "120kg", "--to", "福安超市", lang="zh")
    assert said.startswith(f"北河农批 -> 福安超市  西红柿 120.0 kg (240 斤)  批次 {code}  余 380.0 kg (760 斤)  凭证 ")
    said = here("recall", code, lang="zh")
    assert "网点 1 (确认 1, 可能 0)" in said
    assert "福安超市" in said
    assert "北河农批 -: 380.0 kg" in said
    head = here(lang="zh").splitlines()[0]
    assert "3 处  1 本日志" in head
    assert head.endswith("上次核验: 从未  今天: 准入 1 暂缓 0 拒入 0")
    here("verify", lang="zh")
    here("gate", label.name, "--market", "北河农批", "--weight", "600kg", lang="zh", code=1)
    head = here(lang="zh").splitlines()[0]
    assert f"上次核验: {dt.datetime.now():%Y-%m-%d}" in head, "a verify that held is remembered"  # noqa: DTZ005 - as the clock on the wall
    assert head.endswith("今天: 准入 1 暂缓 1 拒入 0")


def test_the_commitments_basis_is_never_a_default_and_without_a_terminal_never_a_hang(here: Inside) -> None:
    here("init")
    here("site", "add", "永发合作社:farm")
    assert "certificate.basis_missing" in here("certificate", "issue", "西红柿", "500kg", code=2)
    assert not list(here.folder.glob("*.png"))


WRONG = [
    ("site edit 福安超市 --operator 92230199FT0000056A", "uscc.check_digit", 2, ("L",), "对照执照再输一次", "check"),
    ("site edit 福安超市 --operator 92230199FT0000056", "uscc.length", 2, ("17", "18"), "Excel", "Excel"),
    ("transfer LOT 500 --to 福安超市", "quantity.unit_missing", 2, ('"500"',), "500kg 或 1000斤", "500kg"),
    ("transfer LOT 12.3456kg --to 福安超市", "quantity.not_integer", 2, ("12.3456",), "三位小数", "three decimals"),
    ("transfer 芹菜#7 1kg --to 福安超市", "lot.form", 2, ("芹菜#7",), "A-Z 0-9 . -", "A-Z 0-9 . -"),
    ("recall X99999", "lot.not_found", 1, ("X99999",), "没找到不等于没卖过", 'not found is not "not sold"'),
    ("transfer LOT 900kg --to 福安超市", "site.insufficient", 1, ("500.0", "900.0"), "先盘点; --allow-short 记为差异", "count first"),
]


@pytest.mark.parametrize(("typed", "code", "exit_code", "values", "zh", "en"), WRONG, ids=[each[1] for each in WRONG])
def test_what_is_wrong_is_said_with_value_expected_and_what_to_type(
    market: tuple[Inside, str], typed: str, code: str, exit_code: int, values: tuple[str, ...], zh: str, en: str
) -> None:
    here, lot = market
    words = typed.replace("LOT", lot).split()
    for lang, hint, head in (("zh", zh, "错误"), ("en", en, "error")):
        said = here(*words, code=exit_code, lang=lang)
        assert said.startswith(f"{head} {code}: "), said
        assert hint in said, said
        assert "None" not in said
        for value in values:
            assert value in said, (value, said)


def test_an_id_that_is_on_record_shows_both_values_and_a_lost_key_says_so(market: tuple[Inside, str]) -> None:
    here, lot = market
    here("transfer", lot, "120kg", "--to", "福安超市", "--id", "JS-7")
    said = here("transfer", lot, "130kg", "--to", "福安超市", "--from", "北河农批", "--id", "JS-7", code=1)
    assert "record.id_conflict" in said
    assert "120.0 kg" in said
    assert "130.0 kg" in said
    before = here.json("recall", lot)["positions"]
    assert "120.0 kg" in here("transfer", lot, "120kg", "--to", "福安超市", "--id", "JS-7"), "a retry is answered as the first time"
    assert here.json("recall", lot)["positions"] == before, "and nothing is recorded twice"
    assert "foodtrace correct JS-7" in said
    for key in (here.folder / "keys").glob("*.key"):
        key.unlink()
    assert "key.missing" in here("transfer", lot, "1kg", "--to", "福安超市", "--from", "北河农批", code=1)


def test_a_lot_under_recall_is_not_moved_and_the_way_back_is_named(market: tuple[Inside, str]) -> None:
    here, lot = market
    here("case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    said = here("transfer", lot, "1kg", "--to", "福安超市", code=1, lang="zh")
    assert "transfer.recalled" in said
    assert "case return" in said


def test_an_unknown_lot_never_reads_as_safe(market: tuple[Inside, str]) -> None:
    here, lot = market
    said = here("recall", lot[:-1] + "9", code=1, lang="zh")
    assert f"L-0001/{lot}" in said, "what is similar is named"
    assert "记录收到: 1 本日志" in said, "how far the records have come stands beside"
    error = json.loads(here.both("recall", "X99999", "--json", code=1)[0])["error"]
    assert set(error["message"]) == {"zh", "en"}


def test_two_lots_of_one_code_are_told_apart_by_who_made_them_and_what_they_are(market: tuple[Inside, str]) -> None:
    here, lot = market
    here("site", "add", "兴旺农场:farm")
    here("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "兴旺农场", "--code", lot)
    said = here("recall", lot, code=2, lang="zh")
    assert f"L-0001/{lot}  永发合作社  西红柿" in said
    assert f"L-0004/{lot}  兴旺农场  黄瓜" in said


def test_what_is_typed_wrong_is_said_in_the_language_asked_for(here: Inside) -> None:
    assert here("recall", code=2, lang="zh").splitlines() == ["错误 cli.usage_missing: 缺 LOT", "提示: foodtrace recall --help"]
    assert "没有选项 --nothing" in here("verify", "--nothing", code=2, lang="zh")
    assert "nonsense" in here("nonsense", code=2, lang="zh")
    assert "Usage: foodtrace recall" in here("recall", code=2)
    error = json.loads(here.both("transfer", "--json", code=2)[0])["error"]
    assert error["code"] == "cli.usage_missing"
    assert set(error["message"]) == {"zh", "en"}


def test_record_says_how_it_read_the_file_and_where_it_went(market: tuple[Inside, str], tmp_path: Path) -> None:
    here, lot = market
    rows = ["单号,时间,卖方,品名,批次,数量,单位,买方,单价"]
    rows += [f"A{n},２０２６-11-23　05:12,北河农批,西红柿,{lot},12,ｋｇ,福安超市,3.5" for n in range(3)]
    (tmp_path / "结算.csv").write_bytes("\r\n".join(rows).encode("gb18030"))
    said = here("record", "结算.csv", "--as", "transfer", "--dry-run", lang="zh")
    assert "结算.csv  GB18030  3 行" in said
    assert "单号=id" in said
    assert "不记: 单价" in said
    assert "A0 2026-11-23 05:12 北河农批 -> 福安超市  西红柿 12.0 kg" in said, "the first row as it was read; a full-width unit is the unit"
    said = here("record", "结算.csv", "--as", "transfer", lang="zh")
    assert "新 3" in said
    assert "第 12 - 14 条" in said or "条" in said
    assert "新 0  已有 3 (内容相同)  错 0" in here("record", "结算.csv", "--as", "transfer", lang="zh")
