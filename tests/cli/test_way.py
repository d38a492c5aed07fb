"""The whole way on the command line, as a user types it; and README's library example."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.cans import BATCH, filled, recall
from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]

ROOT = Path(__file__).resolve().parents[2]


def test_from_nothing_to_a_recall_carried_out(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    answer = json.loads(run(shop, "recall", lot, "--json"))
    assert [row["name"] for row in answer["outlets"]] == ["福安超市"]
    assert answer["outlets"][0]["amounts"][0]["likely"] == 120_000
    assert answer["outlets"][0]["amounts"][0]["on_hand"] is None, "a shop that records nothing has unknown stock, not zero"
    assert "opened" in run(shop, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    assert "transfer.recalled" in run(shop, "transfer", lot, "1kg", "--from", "北河农批", "--to", "福安超市", code=1)
    run(shop, "case", "notify")
    run(shop, "case", "acknowledge", "福安超市", "--on-hand", f"{lot}=120kg")
    run(shop, "case", "return", "福安超市", "--lot", lot, "--quantity", "100kg", "--to", "北河农批")
    run(shop, "case", "destroy", "福安超市", "--lot", lot, "--quantity", "20kg")
    state = json.loads(run(shop, "case", "status", "--json"))
    assert state["rates"]["R5"]["numerator"] == 1
    assert state["figures"][0]["retrieved"] >= 20_000
    assert "case.not_done" in run(shop, "case", "close", code=1)
    run(shop, "case", "close", "--override", "drill", "--approved-by", "7")
    assert "verified" in run(shop, "verify")


def test_an_unknown_lot_is_no_and_names_near_ones(shop: Path) -> None:
    lot = lot_of(shop)
    said = run(shop, "recall", lot.replace("1", "I"), code=1)
    assert "lot.not_found" in said
    assert lot in said


def test_wrong_arguments_are_usage(shop: Path) -> None:
    assert "quantity.unit_missing" in run(shop, "transfer", lot_of(shop), "500", "--to", "福安超市", code=2)
    assert "basis" in run(shop, "certificate", "issue", "黄瓜", "5kg", code=2)
    assert "site.insufficient" in run(shop, "transfer", lot_of(shop), "900kg", "--from", "北河农批", "--to", "福安超市", code=1)
    run(shop, "recall", code=2)


def test_without_a_ledger_nothing_is_made_up(tmp_path: Path) -> None:
    assert "ledger.missing" in run(tmp_path, "recall", "X", code=1)
    assert "ledger.missing" in run(tmp_path, "verify", code=1)
    assert not (tmp_path / "foodtrace.db").exists()


def test_a_bad_row_stops_the_file_and_a_second_run_changes_nothing(shop: Path) -> None:
    lot = lot_of(shop)
    rows = ["单号,时间,卖方,品名,批次,数量,单位,买方", f"A1,2026-11-23 05:12,北河农批,西红柿,{lot},12,斤,福安超市"]
    (shop / "a.csv").write_bytes("\r\n".join([*rows, f"A2,2026-11-31 05:12,北河农批,西红柿,{lot},12,斤,福安超市"]).encode("gb18030"))
    said = run(shop, "record", "a.csv", "--as", "transfer", code=1)
    assert "2026-11-31" in said
    before = json.loads(run(shop, "recall", lot, "--json"))["positions"][0]["size"]
    (shop / "b.csv").write_bytes("\r\n".join(rows).encode("gb18030"))
    assert "new 1" in run(shop, "record", "b.csv", "--as", "transfer")
    assert "new 0" in run(shop, "record", "b.csv", "--as", "transfer")
    assert json.loads(run(shop, "recall", lot, "--json"))["positions"][0]["size"] == before + 1


def sell(folder: Path, *more: str, lot: str = BATCH, code: int = 0) -> str:
    return run(folder, "formula", "sell", lot, "--shop", "福安超市", *more, code=code)


def test_formula_unreleased_sold_and_recalled_cans_are_refused(shop: Path) -> None:
    tomato = filled(shop, delivered=True)
    assert "till.unreleased" in sell(shop, code=1)
    run(shop, "formula", "release", BATCH, "--certificate", "CJ-1")
    sell(shop, "--serial", "000184")
    assert "till.already_sold" in sell(shop, "--serial", "000184", code=1)
    assert "till.unknown_batch" in sell(shop, lot=tomato, code=1)
    recall(shop, tomato)
    said = sell(shop, code=1)
    assert "till.recalled" in said
    assert "tell the parent: take it back to the shop" in said, "the notice's own words"
    assert [each["code"] for each in json.loads(sell(shop, "--json", code=1))["reasons"]] == ["till.recalled"]


def test_a_batch_is_made_and_released_only_with_its_papers(shop: Path) -> None:
    run(shop, "site", "add", "小北乳业:plant")
    tomato = lot_of(shop)
    what = ["formula", "batch", BATCH, "100", "--plant", "小北乳业", "--product", "小北1段", "--in", f"{tomato}=1kg"]
    said = run(shop, *what, code=1)
    assert said.startswith("[ ")
    assert [word for word in said.split() if word.startswith("batch.")] == [
        "batch.registration_missing",
        "batch.licence_missing",
        "batch.expiry_missing",
    ]
    assert "batch.unknown" in run(shop, "formula", "release", tomato, "--certificate", "CJ-1", code=1), "tomatoes are no formula"
    assert "till.unknown_batch" in sell(shop, lot=tomato, code=1)
    what += ["--registration", "国食注字YP20269901"]
    assert "--approved-by" in run(shop, *what, code=1)
    run(shop, *what, "--approved-by", "7")
    assert "batch.repacked" in run(shop, *what[:2], BATCH + "X", *what[3:-3], f"{BATCH}=1pcs", *what[-2:], code=1)
    assert "batch.certificate_missing" in run(shop, "formula", "release", BATCH, "--certificate", " ", code=1)
    assert "batch.tested_when" in run(shop, "formula", "release", BATCH, "--certificate", "CJ-1", "--tested", "2099-01-01", code=1)
    run(shop, "formula", "release", BATCH, "--certificate", "CJ-1")
    assert "batch.released_before" in run(shop, "formula", "release", BATCH, "--certificate", "CJ-1")


def test_a_can_that_is_only_possibly_recalled_is_held(shop: Path) -> None:
    tomato = filled(shop, delivered=False)
    run(shop, "formula", "release", BATCH, "--certificate", "CJ-1")
    recall(shop, tomato)
    assert "till.recall_possible" in sell(shop, code=1)


def test_the_demo_makes_a_city_and_its_ledger_verifies(tmp_path: Path) -> None:
    """The whole month of ``make demo``: a shorter one once passed while the month failed."""
    said = run(tmp_path, "--db", "demo.db", "demo")
    assert "every signature holds" in said
    for line in re.findall(r"^  foodtrace (.*)$", said, flags=re.MULTILINE):
        run(tmp_path, *line.split())


def test_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOODTRACE_KEYS", str(tmp_path / "keys"))
    said = []
    for _ in range(2):  # who has run it once runs it again
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "福安超市 confirmed 12500 g" in done.stdout
        assert done.stdout.rstrip().endswith("True")
        said.append(done.stdout)
    assert said[0] == said[1]


def test_readme_transcript_is_what_a_terminal_shows(tmp_path: Path) -> None:
    """Every line after a command is a line of its output, in that order; ``..`` stands for anything."""
    (block,) = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    commands = [each.splitlines() for each in block.split("$ foodtrace ")[1:]]
    assert len(commands) > 8
    for typed, *shown in commands:
        said = iter(run(tmp_path, *shlex.split(typed), width=80).splitlines())
        for line in shown:
            pattern = re.compile(".*".join(map(re.escape, line.split(".."))))
            assert any(pattern.fullmatch(each) for each in said), f"{typed}: {line}"


def test_what_is_missing_is_called_by_its_name(shop: Path) -> None:
    assert "picture.not_found" in run(shop, "gate", "nothere.png", code=1)
    assert "no outlets" in run(shop, "recall", lot_of(shop)), "a lot that reached no outlet has no rate to retrieve"
    (shop / "keys").rename(shop / "away")
    said = run(shop, "site", "add", "a:shop", code=1)
    assert "key.missing" in said
    assert str(shop / "keys") in said


def test_a_lot_named_twice_is_one_lot(shop: Path) -> None:
    lot = lot_of(shop)
    assert json.loads(run(shop, "recall", lot, lot, "--json"))["lots"] == json.loads(run(shop, "recall", lot, "--json"))["lots"]


def test_a_reader_that_stops_early_is_no_error(shop: Path) -> None:
    program = f"{sys.executable} -m foodtrace_cli.main recall {lot_of(shop)} --json | head -1; echo ${{PIPESTATUS[0]}}"
    environment = {"PATH": "/usr/bin:/bin", "FOODTRACE_KEYS": str(shop / "keys")}
    for _ in range(3):
        done = subprocess.run(
            ["/bin/bash", "-c", program], cwd=shop, env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout.splitlines()[-1] == "0"
        assert done.stderr == ""


def test_errors_for_programs_name_what_else_there_is(shop: Path) -> None:
    lot = lot_of(shop)
    found = json.loads(run(shop, "recall", lot.replace("1", "I"), "--json", code=1))
    assert found["error"]["code"] == "lot.not_found"
    assert found["error"]["near"] == [f"L-0001/{lot}"]


def test_nine_digits_too_many_are_not_taken_for_goods_of_a_case(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    run(shop, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    for what, more in (("seal", ()), ("return", ("--to", "北河农批")), ("destroy", ())):
        said = run(shop, "case", what, "福安超市", "--lot", lot, "--quantity", "120000000000kg", *more, code=1)
        assert "case.holds_less" in said
    assert "quantity.zero" in run(shop, "case", "seal", "福安超市", "--lot", lot, "--quantity", "0kg", code=2)
    assert "quantity.unit_differs" in run(shop, "case", "seal", "福安超市", "--lot", lot, "--quantity", "3can", code=2)
    assert "sealed 121.0 kg" in run(shop, "case", "seal", "福安超市", "--lot", lot, "--quantity", "121kg", "--allow-short")


def test_a_case_says_its_deadlines_by_its_rule_pack(shop: Path) -> None:
    lot = lot_of(shop)
    said = run(shop, "case", "open", lot, "--class", "1", "--known", "2026-01-05T09:10", "--reason", "x")
    assert "to be started by 2026-01-06 09:10 (24 h after the risk was known), " in said
    assert "h late" in said
    assert "within 10 working days after publication" in said
    assert "cn-recall-2026 is not verified" in said
    run(shop, "case", "publish")
    # The command line's clock is the wall's: a year whose holidays nobody has published yet gives no date, and says so.
    said = run(shop, "case", "status")
    assert "(10 working days after publication), 10 working days left" in said or "no holiday table for" in said
