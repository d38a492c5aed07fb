"""`foodtrace gate` as a clerk, a supervisor and a tester use it: through a pipe, through a terminal, and one by one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foodtrace.schemas import schema_of
from tests.cli.cans import BATCH, filled
from tests.cli.labels import card_on, certificate
from tests.cli.shell import run
from tests.cli.terminal import ENV, at_terminal


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop")
    return tmp_path


def answer(folder: Path, *words: str, code: int = 0, schema: str = "gate") -> dict:
    """Run a command with --json; its answer must be what the schema says."""
    found = json.loads(run(folder, *words, "--json", code=code))
    Draft202012Validator(schema_of(schema)).validate(found)
    return found


def test_what_is_no_truck_is_said_as_such(desk: Path) -> None:
    (desk / "photos").mkdir()
    assert "gate.folder" in run(desk, "gate", "photos", code=2)
    assert "scan.not_a_code" in run(desk, "gate", "", code=2)
    assert "scan.not_a_code" in run(desk, "scan", "", code=1)


def test_another_platforms_code_that_was_looked_at_is_a_paper(desk: Path) -> None:
    words = ("https://hgz.example.cn/s/1", "--product", "黄瓜", "--weight", "100kg", "--seller", "永发合作社")
    assert "scan.foreign_certificate" in run(desk, "gate", *words, code=2)
    assert answer(desk, "gate", *words, "--shown", "foreign")["verdict"] == "admit"


def test_two_ids_are_two_trucks_and_a_line_scanned_twice_is_one(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    said = run(desk, "gate", "-", "--weight", "100kg", "--id", "T-1", stdin=f"{text}\n{text}\n")
    assert said.lower().count("[ admit ]") == 2
    assert answer(desk, "gate", text, "--weight", "100kg", "--id", "T-2")["duplicate"] is False
    used = json.loads(run(desk, "scan", text, "--json"))[0]["used"]
    assert [each["quantity"]["value"] for each in used] == [100_000, 100_000]


def test_the_loop_through_a_pipe(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    lines = ["S-07", text, "482", text, "60", "3", "-1", "0", "**"]
    said = run(desk, "gate", "--market", "北河农批", stdin="\n".join(lines) + "\n", lang="zh")
    assert "[ 准入 ]  0001  西红柿 482.0 kg (964 斤)" in said
    assert "不重复计" in said
    assert "\x1b" not in said, "no colour on a pipe"
    assert "\a" not in said, "no bell on a pipe"
    assert "交班 " in said
    assert list(desk.glob("交班-*.pdf")), "the shift's report"


def test_a_pipe_that_ends_in_the_middle_loses_nothing(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    said = run(desk, "gate", stdin=f"S-07\n{text}\n600")
    assert "interrupted: recorded as left for the supervisor" in said
    (held,) = answer_list(desk, "gate", "held")
    assert (held["product"], held["quantity"]["value"], held["reasons"]) == ("西红柿", 600_000, ["gate.over_certified"])
    assert "shift not ended" in said


def answer_list(folder: Path, *words: str, schema: str = "gate-held") -> list[dict]:
    found = json.loads(run(folder, *words, "--json"))
    Draft202012Validator(schema_of(schema)).validate(found)
    return list(found)


def test_bytes_that_are_no_text_and_endless_lines_do_no_harm(desk: Path) -> None:
    program = [sys.executable, "-m", "foodtrace_cli.main", "gate"]
    environment = {**ENV, "FOODTRACE_KEYS": str(desk / "keys"), "FOODTRACE_LANG": "en"}
    data = b"S-07\n\xff\xfe\x00\x80\n" + b"A" * 200_000 + b"\n\x1b[2J\x1b]0;x\x07\n**\n"
    done = subprocess.run(program, cwd=desk, env=environment, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stdout, "what a stranger sends never reaches the terminal as a command"
    assert b"shift " in done.stdout


def test_the_loop_on_a_terminal_colours_and_rings(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    for bell in ("on", "off"):
        said = typed(desk, ["S-07", text, "10", "**"], "--bell", bell)
        assert "\x1b[32m\x1b[1m[ ADMIT  ]" in said
        assert ("\a" in said) is (bell == "on")
        text = certificate(desk, "西红柿", "500kg")


def test_ctrl_c_at_the_choice_records_the_hold(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    said = typed(desk, ["S-07", text, "600", "\x03"], "--bell", "off")
    assert "interrupted: recorded as left for the supervisor" in said
    assert len(answer_list(desk, "gate", "held")) == 1


def test_a_closed_window_at_the_choice_records_the_hold(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    typed(desk, ["S-07", text, "600", "HANGUP"], "--bell", "off")
    assert len(answer_list(desk, "gate", "held")) == 1


def typed(folder: Path, lines: list[str], *words: str) -> str:
    """Type at the gate; return what was shown."""
    return at_terminal(folder, lines, "gate", *words)[0]


def test_one_shot_json_is_what_the_schema_says(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    first = answer(desk, "gate", text, "--weight", "600kg-118kg", "--by", "S-07", "--id", "T-1")
    assert (first["verdict"], first["quantity"], first["number"], first["remaining"]["value"]) == (
        "admit",
        {"unit": "g", "value": 482_000},
        1,
        18_000,
    )
    again = answer(desk, "gate", text, "--weight", "482kg", "--id", "T-1")
    assert (again["entry"], again["number"]) == ("T-1", 1)
    over = answer(desk, "gate", text, "--weight", "60kg", code=1)
    assert (over["verdict"], over["decision"]["reasons"][0]["code"]) == ("hold", "gate.over_certified")
    assert over["decision"]["reasons"][0]["message"]["zh"] == "超出合格证余量 42.0 kg (余 18.0 kg, 过磅 60.0 kg)"


def test_goods_without_a_code_one_by_one(desk: Path) -> None:
    run(desk, "gate", "--product", "豆角", "--seller", "永发合作社", code=1)
    found = answer(desk, "gate", "--product", "豆角", "--seller", "永发合作社", "--weight", "35kg", "--paper", "purchase=V-1", code=1)
    assert found["decision"]["reasons"][0]["code"] == "gate.quality_voucher_missing"
    lot = found["lot"].partition("/")[2]
    assert answer(desk, "test", lot, "--blank", "0.400", "--sample", "0.390", schema="test")["verdict"] == "negative"
    ended = answer(desk, "gate", "resolve", lot, "admit", "--by", "S-07", schema="gate-resolve")
    assert (ended["verdict"], ended["late"]) == ("admit", False), "the test answered the reason: no second person is needed"
    assert "nothing is held" in run(desk, "gate", "held")


def test_a_self_grower_in_one_go(desk: Path) -> None:
    words = ("gate", "--goods", "self_grown", "--product", "豆角", "--seller", "永发合作社", "--weight", "35kg")
    said = run(desk, *words, code=1)
    assert "gate.voucher_missing" in said
    assert "--identity, --phone and --address" in said, "what is asked for can be given"
    assert "--identity" in run(desk, *words, "--paper", "self_grown_record", code=2)
    assert "grower.identity_check" in run(desk, *words, "--identity", "230199199001011231", code=2)
    grown = ("--identity", "23019919900101107X", "--phone", "13812345678", "--address", "北河村")
    found = answer(desk, *words, *grown, code=1)
    assert [each["code"] for each in found["decision"]["reasons"]] == ["gate.quality_voucher_missing"]
    assert found["verdict"] == "hold"
    passport = ("--identity", "passport=E12345678", *grown[2:])
    assert answer(desk, *words, *passport, "--paper", "test_report=T-1")["verdict"] == "admit"
    assert answer(desk, *words, code=1)["verdict"] == "refuse", "one truck's record is not the seller's"
    run(desk, "site", "file", "永发合作社", *grown)
    assert answer(desk, *words, "--paper", "test_report=T-2")["verdict"] == "admit", "a complete seller file does"


def test_a_hold_is_ended_by_two_people(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    run(desk, "gate", text, "--weight", "600kg", "--by", "S-07", code=1)
    assert "gate.second_person" in run(desk, "gate", "resolve", "1", "admit", "--by", "S-01", code=1)
    assert "gate.second_person" in run(desk, "gate", "resolve", "1", "admit", "--by", "S-01", "--second", "S-07", code=1)
    assert "gate.second_person" in run(desk, "gate", "resolve", "1", "admit", "--by", "S-01", "--second", "S-01", code=1)
    assert "gate.resolve_more" in run(
        desk, "gate", "resolve", "1", "admit", "--by", "S-01", "--second", "S-02", "--quantity", "700kg", code=2
    )
    assert "[ admit ]  0001  西红柿 600.0 kg" in run(desk, "gate", "resolve", "1", "admit", "--by", "S-01", "--second", "S-02")
    assert "gate.not_held" in run(desk, "gate", "resolve", "1", "refuse", code=1)


def test_a_positive_stops_the_sale_and_a_laboratory_lifts_it(desk: Path) -> None:
    text = certificate(desk, "芹菜", "500kg")
    lot = answer(desk, "gate", text)["lot"].partition("/")[2]
    run(desk, "transfer", lot, "50kg", "--from", "北河农批", "--to", "福安超市")
    found = answer(desk, "test", lot, "--blank", "0.3000", "--sample", "0.1500", "--number", "K-1", code=1, schema="test")
    assert (found["verdict"], found["inhibition"], found["state"]) == ("positive", 50_000, "positive")
    assert {each["id"] for each in found["must"]} >= {"stop_sale", "report_regulator", "repeat_test", "lab_confirm", "offer_recheck"}
    assert {each["name"] for each in found["stopped"]} >= {"北河农批", "福安超市"}
    assert "transfer.test_positive" in run(desk, "transfer", lot, "5kg", "--from", "北河农批", "--to", "福安超市", code=1)
    said = run(desk, "test", lot, "--blank", "0.3000", "--sample", "0.2900", code=1)
    assert f"repeats {found['entry']}" in said
    assert "a rapid positive stands, sale is stopped; repeated 1 time" in said, "a repeat never lifts it"
    assert "the laboratory lifted the positive" in run(desk, "test", lot, "--lab", "--verdict", "negative", "--value", "0.01 mg/kg")
    run(desk, "transfer", lot, "5kg", "--from", "北河农批", "--to", "福安超市")
    assert "test.absorbance" in run(desk, "test", lot, "--blank", "0.30001", "--sample", "0.1", code=2)
    assert "test.verdict" in run(desk, "test", lot, code=2)


def test_a_positive_ingredient_stops_the_cans_made_from_it(desk: Path) -> None:
    answer(desk, "gate", certificate(desk, "西红柿", "500kg"))
    tomato = filled(desk, delivered=True)
    run(desk, "formula", "release", BATCH, "--certificate", "CJ-1")
    run(desk, "formula", "sell", BATCH, "--shop", "福安超市")
    run(desk, "test", tomato, "--lab", "--verdict", "positive", "--item", "毒死蜱", code=1)
    assert "transfer.test_positive" in run(desk, "formula", "sell", BATCH, "--shop", "福安超市", code=1)


def test_seller_files_so_that_the_first_night_refuses_nobody(desk: Path) -> None:
    rows = ("名称,信用代码,档口,商户卡,协议至,品类,电话", "李记蔬菜,,3排7号,A-17,2027-06-30,芹菜、豆角,13800000001")
    (desk / "s.csv").write_bytes("\n".join([*rows, "王家果品,,,A-18,2027-01-31,苹果,"]).encode("gb18030"))
    assert "files: 2 written, 0 on record already" in run(desk, "site", "file", "--import", "s.csv")
    assert "files: 0 written, 2 on record already" in run(desk, "site", "file", "--import", "s.csv")
    files = json.loads(run(desk, "site", "file", "--json"))
    assert sorted(each["card"] for each in files) == ["", "A-17", "A-18"], "the second run made nobody twice"
    found = answer(desk, "site", "file", "3排7号", schema="site-file")
    assert (found["card"], found["kinds"], found["personal"]) == ("A-17", ["芹菜", "豆角"], {"phone": "present"})
    assert "13800000001" in run(desk, "site", "file", "3排7号", "--contacts")
    assert "seller.card" in run(desk, "site", "file", "永发合作社", "--card", "A-18", code=2)
    run(desk, "site", "file", "3排7号", "--left", "2026-01-01")
    said = run(desk, "gate", "--product", "芹菜", "--seller", "A-17", "--weight", "5kg", "--paper", "purchase=1", code=1)
    assert "gate.seller_left" in said
    (desk / "bad.csv").write_text("名称,协议至\n张三,2027-13-40\n", encoding="utf-8")
    said = run(desk, "site", "file", "--import", "bad.csv", code=1)
    assert "bad.csv: 1 bad row, nothing was recorded" in said


def test_announced_trucks(desk: Path) -> None:
    (desk / "e.csv").write_text("卖方,品名,数量,单位,车牌\n永发合作社,黄瓜,300,kg,黑A12345\n谁也不是,黄瓜,1,kg,\n", encoding="utf-8")
    said = run(desk, "gate", "expect", "e.csv", code=1)
    assert "site.not_found" in said
    assert "nothing was recorded" in said
    (desk / "e.csv").write_text("卖方,品名,数量,单位,车牌\n福安超市,黄瓜,300,kg,黑A12345\n", encoding="utf-8")
    assert "announced: new 1, on record already 0" in run(desk, "gate", "expect", "e.csv")
    assert "announced: new 0, on record already 1" in run(desk, "gate", "expect", "e.csv")
    found = answer(desk, "gate", certificate(desk, "黄瓜", "5kg"))
    assert [note["code"] for note in found["decision"]["notes"]] == ["gate.not_announced"]
    log = b"".join(path.read_bytes() for path in desk.glob("foodtrace.db*") if path.is_file())
    assert "黑A12345".encode() in log, "the plate is kept beside the log"


def test_a_booking_list_of_sellers_alone_and_all_its_bad_rows_at_once(desk: Path) -> None:
    (desk / "e.csv").write_text("卖方\n福安超市\n", encoding="utf-8")
    assert "announced: new 1, on record already 0" in run(desk, "gate", "expect", "e.csv")
    (desk / "e.csv").write_text("卖方,品名,数量\n谁也不是,黄瓜,1kg\n福安超市,黄瓜,300\n福安超市,黄瓜,3kg\n", encoding="utf-8")
    found = json.loads(run(desk, "gate", "expect", "e.csv", "--json", code=1))["bad"]
    assert [(each["row"], each["error"]["code"]) for each in found] == [(2, "site.not_found"), (3, "quantity.unit_missing")]
    (desk / "e.csv").write_text("看不懂\n福安超市\n", encoding="utf-8")
    assert "record.no_headings" in run(desk, "gate", "expect", "e.csv", code=2)


def test_sampling_is_committed_to_ahead(desk: Path) -> None:
    assert "committed to the seeds of 7 days" in run(desk, "gate", "sampling", "commit")
    assert "committed to the seeds of 0 days" in run(desk, "gate", "sampling", "commit")
    assert (desk / "keys" / "sampling.seed").stat().st_mode & 0o777 == 0o600
    assert "sampling.too_early" in run(desk, "gate", "sampling", "open", "2099-01-01", code=1)
    found = answer(desk, "gate", "sampling", "check", "2020-01-01", code=1, schema="gate-sampling-check")
    assert [each["code"] for each in found["findings"]] == ["sampling.no_commitment", "sampling.not_opened"]


def test_a_sampling_seed_that_is_gone_is_not_replaced_without_a_word(desk: Path) -> None:
    run(desk, "gate", "sampling", "commit")
    (desk / "keys" / "sampling.seed").unlink()
    said = run(desk, "gate", "sampling", "commit", code=1)
    assert "sampling.seed_lost" in said
    assert "--new-seed" in said
    assert not (desk / "keys" / "sampling.seed").exists()
    said = run(desk, "gate", "sampling", "commit", "--days", "9", "--new-seed")
    assert "committed to the seeds of 2 days" in said
    assert "draw nothing and cannot be proven" in said
    assert "draw nothing" in run(desk, "gate", "sampling", "commit", "--days", "9"), "and that is said again"


def test_help_names_the_truck_and_what_is_around_the_gate(desk: Path) -> None:
    said = run(desk, "gate", "--help")
    for word in ("--market", "--bell", "held", "resolve", "expect", "sampling"):
        assert word in said
    assert "gate.no_code" in run(desk, "gate", "--json", code=2)


def test_staff_cards_from_the_first_to_an_override(desk: Path) -> None:
    text = certificate(desk, "西红柿", "500kg")
    run(desk, "gate", text, "--weight", "600kg", "--by", "S-07", code=1)
    assert "from now on this gate asks for a card" in run(desk, "gate", "staff", "add", "S-01")
    picture = desk / "staff-S-01.png"
    assert picture.stat().st_mode & 0o077 == 0, "a secret is in it"
    one = card_on(picture)
    assert "staff.card_needed" in run(desk, "gate", "staff", "add", "S-02", "--by", "S-01", code=1)
    run(desk, "gate", "staff", "add", "S-02", "--by", "-", "--out", "two.pdf", "--until", "2999-12-31", stdin=one + "\n")
    run(desk, "gate", "staff", "add", "S-02", "--by", one, "--out", "two.png")
    two = card_on(desk / "two.png")
    assert "staff.card_needed" in run(desk, "gate", "resolve", "1", "admit", "--by", "S-01", "--second", "S-02", code=1)
    assert "gate.second_person" in run(desk, "gate", "resolve", "1", "admit", "--by", one, "--second", one, code=1)
    listed = answer_list(desk, "gate", "staff", "list", schema="gate-staff")
    assert [(each["number"], each["state"], each["by"]) for each in listed] == [("S-01", "good", ""), ("S-02", "good", "S-01")]
    said = typed(desk, ["S-01", one, "**"])
    assert "S-01 is only a number" in said
    assert "S-01 on shift" in said
    assert one[-26:] not in said, "the terminal does not show what is scanned"
    said = typed(desk, [one, two], "resolve", "1", "admit")
    assert "your staff card>" in said
    assert "[ admit ]" in said.lower()
    assert one[-26:] not in said
    assert two[-26:] not in said
    run(desk, "gate", "staff", "withdraw", "S-02", "--by", one)
    assert "withdrawn" in run(desk, "gate", "staff", "list")
    run(desk, "verify")


def test_one_seller_has_one_file(desk: Path) -> None:
    run(desk, "site", "file", "--new", "李记蔬菜", "--card", "A-17", "--agreement", "2027-06-30")
    said = run(desk, "site", "file", "--new", "李记 蔬菜", "--card", "A-18", code=2)
    assert "seller.same_name" in said
    assert "A-17" in said, "by what is not personal"
    assert "--another" in said
    assert len(json.loads(run(desk, "site", "file", "--json"))) == 2, "the farm's and this one"
    run(desk, "site", "file", "--new", "李记蔬菜", "--card", "A-18", "--another")
    assert len(json.loads(run(desk, "site", "file", "--json"))) == 3
    run(desk, "site", "file", "91230199MA00000016", "--new", "永盛公司", "--kind", "enterprise")
    said = run(desk, "site", "file", "91230199MA00000016", "--new", "别名公司", "--kind", "enterprise", code=1)
    assert "seller.known" in said
    assert "永盛公司" in said
    assert "seller.same_name" in run(desk, "site", "file", "--new", "永发合作社", code=2), "also the name over a door"


def test_a_list_edits_the_file_of_a_name_and_asks_where_two_have_it(desk: Path) -> None:
    (desk / "s.csv").write_text("名称,商户卡,协议至\n李记蔬菜,A-17,2027-06-30\n", encoding="utf-8")
    run(desk, "site", "file", "--import", "s.csv")
    (desk / "s.csv").write_text("名称,商户卡,协议至\n李记蔬菜,A-20,2027-12-31\n", encoding="utf-8")
    assert "files: 1 written" in run(desk, "site", "file", "--import", "s.csv")
    files = [each for each in json.loads(run(desk, "site", "file", "--json")) if each["card"]]
    assert [(each["card"], each["agreement_until"]) for each in files] == [("A-20", "2027-12-31")], "one file, edited"
    (desk / "s.csv").write_text("名称,信用代码,商户卡\n李记蔬菜,91230199MA00000016,A-21\n", encoding="utf-8")
    said = run(desk, "site", "file", "--import", "s.csv", code=1)
    assert "seller.same_name" in said
    run(desk, "site", "file", "--import", "s.csv", "--another")
    assert "files: 0 written, 1 on record already" in run(desk, "site", "file", "--import", "s.csv")
    (desk / "s.csv").write_text("名称,商户卡\n王家果品,A-30\n王家果品,A-31\n", encoding="utf-8")
    said = run(desk, "site", "file", "--import", "s.csv", code=1)
    assert "seller.twice" in said
    assert "nothing was recorded" in said
