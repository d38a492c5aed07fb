"""The table a regulator telephones from: what each width shows, what gives way, and what never does."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.operations.outletdetails import NOTHING, Details
from foodtrace.recall.answer import Amount, OutletRow
from foodtrace_cli.commands.recall_table import columns, lay_out, line, totals
from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, wrapped
from tests.cli.test_way import lot_of, run

LANGS = ("zh", "en")
ZH = Context(db="", keys=None, log=None, lang="zh")
EN = Context(db="", keys=None, log=None, lang="en")
STAMP = "2026-11-24T02:12:00Z"
FULL = Details(
    operator_name="福安超市",
    credit_code="91230199FT0000013A",
    licence="JY12301030001239",
    licence_until="2027-03-01",
    first="2026-11-23",
    last="2026-11-24",
)


def amount(**changes: object) -> Amount:
    plain = Amount(
        unit="g", received=120_000, sold=46_000, on_hand=74_000, at_notice=80_000, likely=74_000, returned=10_000, destroyed=2_000,
        unaccounted=1_000, travelling=0, sealed=0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def outlet(name: str = "福安超市", **changes: object) -> OutletRow:
    plain = OutletRow(
        site="L-0003", name=name, operator="91230199FT0000013A", kind="shop", role="outlet", county="南岗区", contact="李某",
        phone="0451-555-0104", address="北河市虚构路711号", personal="present", lots=("L-0001/261123-1",), suppliers=("北河农批24号档",),
        link="confirmed", tier=2, amounts=(amount(),), notified=STAMP, acknowledged=STAMP, sealed=STAMP, returned=STAMP, destroyed=STAMP,
        last_entry=STAMP,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def laid(ctx: Context, rows: list[OutletRow], width: int | None, *, details: Details = FULL, long: bool = False) -> list[str]:
    lines = [line(ctx, row, each, details, number) for number, row in enumerate(rows, 1) for each in row.amounts or (None,)]
    return lay_out(ctx, [("", lines)], totals(ctx, rows), width, long=long)


ADDED = {80: (), 120: ("operator", "address", "returned", "destroyed", "unaccounted")}
ADDED[200] = (*ADDED[120], "credit_code", "licence", "county", "supplier", "lots", "dates", "stamps")


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_each_width_shows_what_it_promises_and_no_line_is_wider(ctx: Context, width: int) -> None:
    lines = laid(ctx, [outlet(), outlet("第三小学食堂", link="possible"), outlet("东门便民店")], width)
    assert max(map(cells, lines)) <= width
    promised = ["#", "outlet", "phone", "received", "sold", "on_hand", "link", *ADDED[width]]
    headings = lines[0]
    for name in promised:
        assert (name if name == "#" else ctx.t("cli.col." + name)) in headings, name
    for text in ("福安超市", "第三小学食堂", "东门便民店", "0451-555-0104", "74.0", ctx.t("cli.link.possible")):
        assert any(text in each for each in lines), text
    if width == 200:
        for text in ("91230199FT0000013A", "JY12301030001239", "南岗区", "11-23..24"):
            assert text in lines[1], text
        assert lines[1].count("11-24") == 5, "five times, one of each step"


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
def test_columns_stand_under_their_headings_though_chinese_is_two_cells_wide(ctx: Context) -> None:
    lines = [each for each in laid(ctx, [outlet("福"), outlet("abc惠民"), outlet("第三小学食堂")], 80) if each[:1] != " "]
    phone = cells(lines[0][: lines[0].index(ctx.t("cli.col.phone"))])
    for each in lines[1:4]:
        assert cells(each[: each.index("0451-")]) == phone
    ends = {cells(each[: each.index("74.0") + 4]) for each in lines[1:4]}
    assert len(ends) == 1, "numbers end in one column"


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
def test_outlet_phone_on_hand_and_link_never_give_way(ctx: Context, width: int) -> None:
    big = amount(received=123_456_789_012, sold=None, on_hand=None, likely=123_456_789_012)
    rows = [outlet("一家名字很长很长的婴幼儿配方乳粉专卖店第一分店", amounts=(big,), phone="+86 0451 5550 0104"), outlet("福安超市")]
    lines = laid(ctx, rows, width)
    assert max(map(cells, lines)) <= max(width, 60)
    assert "+86 0451 5550 0104" in lines[1]
    assert "123,456,789.012?" in lines[1], "a number is never cut, and what is unknown is marked"
    assert ctx.t("cli.link.confirmed") in lines[1]
    assert "一" in lines[1]


NEEDED = {
    "outlet": "一家名字很长很长的婴幼儿配方乳粉专卖店第一分店", "operator": "福安超市连锁管理有限责任公司", "address": "北河市虚构路711号",
    "contact": "欧阳某某", "lots": "261123-1", "received": "123,456.789", "sold": "46.001", "on_hand": "74.002", "returned": "10.003",
    "destroyed": "2.004", "unaccounted": "1.005", "link": None, "phone": "+86 0451 5550 0104",
}  # fmt: skip
"""What the issue demands of every row, whatever the width, as it stands in :func:`needed`."""


def needed(ctx: Context, width: int | None) -> tuple[list[str], list[str]]:
    """Lay an outlet out that has all of it; return its lines and those of the totals."""
    sums = amount(received=123_456_789, sold=46_001, on_hand=74_002, likely=74_002, returned=10_003, destroyed=2_004, unaccounted=1_005)
    said = {name: NEEDED[name] for name in ("address", "contact", "phone")}
    row = outlet(NEEDED["outlet"] or "", amounts=(sums,), **said)
    lines = laid(ctx, [row], width, details=msgspec.structs.replace(FULL, operator_name=NEEDED["operator"]))
    end = next(place for place, each in enumerate(lines) if ctx.t("cli.recall.total", count="1") in each)
    assert width is None or max(map(cells, lines)) <= width
    return lines[1:end], lines[end:]


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [60, 80, 120, 200, None])
def test_what_a_telephone_call_needs_is_there_at_every_width(ctx: Context, width: int | None) -> None:
    lines, ends = needed(ctx, width)
    whole = "".join(each.strip() for each in lines).replace(" ", "")
    for name, value in NEEDED.items():
        assert (value or ctx.t("cli.link.confirmed")).replace(" ", "") in whole, (name, lines)
    marks = ctx.t("cli.progress.marks").split()
    ways = ("".join(each + mark for each in marks[:2]) for mark in ("", "11-24", "11-2410:12"))
    assert any(each in whole for each in ways), "notified and acknowledged"
    for value in ("10.003", "2.004", "1.005"):
        assert value in " ".join(ends), "and of all of them together"


def test_what_is_missing_is_seen_to_be_missing_at_80_cells() -> None:
    lines = laid(EN, [outlet(contact="", address="", operator="", lots=())], 80, details=NOTHING)
    assert "operator -  contact -  address -  lots -" in lines[2]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab1,;福安超市.-"), min_size=1, max_size=30), max_size=12), st.integers(8, 60), st.integers(0, 3))
def test_a_broken_line_is_never_too_wide_and_loses_nothing_but_spaces(words: list[str], width: int, lead: int) -> None:
    line = " " * lead + " ".join(words)
    parts = wrapped(line, width)
    assert max(map(cells, parts)) <= width
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(each.startswith(" " * (lead + 2)) for each in parts[1:])
    assert wrapped(line, None) == [line]


def test_a_line_breaks_after_a_comma_rather_than_in_a_name() -> None:
    said = "  网点自己的记录: 3 家, 最新到 11-24 10:12; 最旧: 福安超市 11-20 08:00, 惠民菜店 11-21 09:00, 东门便民店 11-22 10:00"
    assert wrapped(said, 80) == [
        "  网点自己的记录: 3 家, 最新到 11-24 10:12; 最旧: 福安超市 11-20 08:00,",
        "    惠民菜店 11-21 09:00, 东门便民店 11-22 10:00",
    ]
    assert wrapped("一家名字很长很长的婴幼儿配方乳粉", 20) == ["一家名字很长很长的婴", "  幼儿配方乳粉"]
    assert wrapped("x" * 30, 20) == ["x" * 20, "  " + "x" * 10]


@pytest.mark.parametrize(("width", "lang"), [(60, "en"), (80, "zh"), (80, "en"), (120, "zh"), (120, "en"), (200, "en")])
def test_no_line_of_the_whole_answer_is_wider_than_the_terminal(city: Path, width: int, lang: str) -> None:
    lot = lot_of(city)
    for words in (("--positions",), ("--by", "county", "--all", "--long")):
        said = on_terminal(city, "recall", lot, *words, width=width, lang=lang).splitlines()
        assert [each for each in said if cells(each) > width] == [], words
    assert max(map(cells, run(city, "recall", lot, lang=lang).splitlines())) > 140, "a pipe gets lines as they are"


def test_a_pipe_gets_every_column_uncut() -> None:
    name = "一家名字很长很长的婴幼儿配方乳粉专卖店第一分店"
    lines = laid(ZH, [outlet(name, address="北河市虚构路" * 8)], None)
    assert name in lines[1]
    assert "北河市虚构路" * 8 in lines[1]
    assert "通11-24 10:12 回11-24 10:12" in lines[1]
    assert set(columns(200)) == set(columns(None)) > set(columns(120)) - {"progress"}


def test_the_second_line_says_what_the_width_left_out() -> None:
    lines = laid(ZH, [outlet()], 80, long=True)
    more = " ".join(each.strip() for each in lines[2:-1])
    for text in ("91230199FT0000013A", "JY12301030001239", "南岗区", "李某", "北河市虚构路711号", "261123-1", "11-23..24", "毁11-24 10:12"):
        assert text in more, text
    assert "福安超市" not in more.replace("经营者 福安超市", ""), "what stands in the first line is not said again"
    assert max(map(cells, lines)) <= 80


def test_unknown_is_never_added_to_known_nor_one_unit_to_another() -> None:
    unknown = amount(received=50_000, sold=None, on_hand=None, likely=50_000)
    cans = amount(unit="piece", received=12, sold=2, on_hand=10, likely=10, returned=0, destroyed=0, unaccounted=0)
    ends = totals(ZH, [outlet(), outlet(amounts=(unknown, cans), site="L-0004")])
    by_unit = {each["unit"]: each for each in ends}
    assert by_unit["kg"]["on_hand"] == "74.0+50.0?"
    assert by_unit["kg"]["sold"] == "46.0+?"
    assert by_unit["kg"]["received"] == "170.0"
    assert by_unit["件"]["on_hand"] == "10"
    assert "2" in by_unit["kg"]["outlet"]
    assert "1" in by_unit["件"]["outlet"]
    lines = laid(ZH, [outlet(amounts=(unknown, cans))], 80)
    assert ZH.t("cli.col.unit") in lines[0], "with two units every row says its own"


def test_an_outlet_without_any_quantity_is_listed_with_question_marks() -> None:
    lines = laid(EN, [outlet(amounts=(), phone="", personal="erased")], 80, details=NOTHING)
    assert lines[1].count("?") == 3
    assert "erased" in lines[1]


# -- the whole command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A farm's lot at 22 shops in two counties, each telephone known."""
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market")
    for county, first in (("南岗区", 0), ("道里区", 11)):
        names = [f"店{number:02d}:shop" for number in range(first, first + 11)]
        run(tmp_path, "site", "add", *names, "--county", county, "--phone", "0451-555-0104", "--contact", "=cmd|'/c calc'!A1")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    run(tmp_path, "gate", "label.png")
    lot = lot_of(tmp_path)
    rows = ["单号,时间,卖方,品名,批次,数量,单位,买方"]
    rows += [f"A{n},2026-01-02 05:12,北河农批,西红柿,{lot},{n + 1},kg,店{n:02d}" for n in range(22)]
    (tmp_path / "a.csv").write_text("\r\n".join(rows), encoding="utf-8")
    run(tmp_path, "record", "a.csv", "--as", "transfer")
    return tmp_path


def on_terminal(folder: Path, *words: str, width: int = 80, lang: str = "zh") -> str:
    """Run a command on a pseudo-terminal and return what it showed."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "FOODTRACE_KEYS": str(folder / "keys"),
        "FOODTRACE_LANG": lang,
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONIOENCODING": "utf-8",
        "HOME": str(folder),
        "COLUMNS": str(width),
        "TERM": "dumb",
        "PAGER": "cat",
    }
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "foodtrace_cli.main", *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave) as started:
        os.close(slave)
        data = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux says EIO when the other side is gone
                break
            if not piece:
                break
            data += piece
        started.wait(60)
    os.close(master)
    return data.decode().replace("\r\n", "\n")


def test_many_outlets_on_a_terminal_are_a_summary_ten_rows_totals_and_how_to_see_the_rest(city: Path) -> None:
    lot = lot_of(city)
    said = on_terminal(city, "recall", lot).splitlines()
    assert "永发合作社 -> 北河农批" in said[0]
    assert "网点 22" in said[1]
    rows = [each for each in said if "0451-" in each and each.lstrip()[:1].isdigit()]
    assert [each.split()[1] for each in rows] == [f"店{n:02d}" for n in range(21, 11, -1)], "likely remaining stock first"
    total = next(place for place, each in enumerate(said) if "合计 22" in each)
    assert said[total + 1].split() == ["退回", "0.0", "销毁", "0.0", "不明", "0.0"]
    assert "还有 12 家: --all 分页, --xlsx 文件" in said[total + 3]
    assert any(each.startswith("R1") for each in said[total:])
    assert any(each.startswith("算到") for each in said[total:])
    everything = on_terminal(city, "recall", lot, "--all")
    assert sum("0451-" in each and each.lstrip()[:1].isdigit() for each in everything.splitlines()) == 22
    assert max(map(cells, said)) <= 80


def test_a_pipe_gets_every_row(city: Path) -> None:
    said = run(city, "recall", lot_of(city), lang="zh")
    assert sum("0451-" in each and each.lstrip()[:1].isdigit() for each in said.splitlines()) == 22
    assert "--all" not in said


def test_by_county_groups_for_vans_the_most_at_stake_first(city: Path) -> None:
    said = run(city, "recall", lot_of(city), "--by", "county", lang="zh").splitlines()
    heads = [each for each in said if each.startswith("-- ")]
    assert [each.split(":")[0] for each in heads] == ["-- 道里区", "-- 南岗区"]
    assert "11 家, 可能现存" in heads[0]
    first = said.index(heads[0])
    assert said[first + 1].split()[1] == "店21"
    assert said[said.index(heads[1]) - 1].split()[1] == "店11"
    records = list(csv.DictReader(io.StringIO(run(city, "recall", lot_of(city), "--by", "county", "--csv", "-").split("contacts")[0])))
    assert [each["county"] for each in records[:22]] == ["道里区"] * 11 + ["南岗区"] * 11


def test_late_are_those_whom_nobody_told_and_those_who_keep_silent(city: Path) -> None:
    lot = lot_of(city)
    assert "recall.late_no_case" in run(city, "recall", lot, "--late", code=2)
    run(city, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    before = run(city, "recall", lot, "--late")
    assert "店03" in before
    assert "店21" in before
    run(city, "case", "notify")
    assert "No outlet is late." in run(city, "recall", lot, "--late")
    run(city, "case", "acknowledge", "店03", "--on-hand", f"{lot}=4kg")
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    silent = [each.split()[1] for each in run(city, "recall", lot, "--late", "--at", later).splitlines() if each[:1].isdigit()]
    assert "店03" not in silent
    assert len(silent) == 21


def test_files_mask_people_unless_asked_and_asking_is_on_record(city: Path) -> None:
    lot = lot_of(city)
    said = run(city, "recall", lot, "--csv", "a1.csv", "--xlsx", "a1.xlsx")
    assert "--contacts" in said
    data = (city / "a1.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    assert b"0451-555-0104" not in data
    assert b"calc" not in data
    before = json.loads(run(city, "recall", lot, "--json"))["positions"][0]["size"]
    run(city, "recall", lot, "--csv", "a2.csv", "--contacts", "--staff", "17")
    records = list(csv.DictReader(io.StringIO((city / "a2.csv").read_bytes().decode("utf-8-sig"))))
    assert records[0]["phone"] == "0451-555-0104"
    assert records[0]["contact"] == "'=cmd|'/c calc'!A1", "a stranger's formula is text"
    answer = json.loads(run(city, "recall", lot, "--json"))
    assert answer["positions"][0]["size"] == before + 1
    shown = json.loads(run(city, "correct", f"{answer['positions'][0]['log']}#{before}", "--json"))
    assert "contacts_shown" in json.dumps(shown)
    piped = run(city, "recall", lot, "--csv", "-")
    assert not piped.startswith("\ufeff")
    assert "0451-555-0104" not in piped


def test_headings_of_a_file_are_in_the_readers_language_and_mean_the_same(city: Path) -> None:
    lot = lot_of(city)
    english, chinese = (
        list(csv.reader(io.StringIO(run(city, "recall", lot, "--csv", "-", lang=lang).split("contacts are")[0].split("联系方式")[0])))
        for lang in ("en", "zh")
    )
    assert english[0][:3] == ["site", "name", "operator"]
    assert chinese[0][:3] == ["编号", "网点", "经营者"]
    assert len(set(chinese[0])) == len(chinese[0]) == len(english[0])
    assert not [each for each in chinese[0] if each.isascii()]
    assert [row[:18] for row in chinese[1:]] == [row[:18] for row in english[1:]], "what stands under them is the same"


def test_the_file_filled_in_comes_back_as_answers_in_either_language(city: Path) -> None:
    lot = lot_of(city)
    run(city, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    run(city, "case", "notify")
    for lang, site, on_hand in (("zh", "店20", "现存"), ("en", "店19", "on_hand")):
        run(city, "recall", lot, "--csv", "sheet.csv", lang=lang)
        rows = list(csv.reader(io.StringIO((city / "sheet.csv").read_bytes().decode("utf-8-sig"))))
        heads, row = rows[0], next(each for each in rows if each[1] == site)
        wanted = [heads.index(each) for each in (heads[1], heads[12], on_hand, heads[17])]
        filled = [[row[place] for place in wanted] for row in (heads, row)]
        filled[1][2] = "3000"
        (city / "filled.csv").write_text("\r\n".join(",".join(each) for each in filled), encoding="utf-8")
        said = json.loads(run(city, "case", "acknowledge", "--file", "filled.csv", "--json"))
        assert (said["new"], said["faults"]) == (1, []), said


def test_a_workbook_keeps_codes_as_text_and_quantities_as_numbers(city: Path) -> None:
    from openpyxl import load_workbook

    run(city, "site", "add", "全数字:shop", "--id", "912300000000000000", "--operator", "L-0001")
    lot = lot_of(city)
    run(city, "transfer", lot, "1kg", "--from", "北河农批", "--to", "912300000000000000")
    run(city, "recall", lot, "--xlsx", "a.xlsx")
    book = load_workbook(city / "a.xlsx")
    rows = list(book["recall"].iter_rows())
    headings = [cell.value for cell in rows[0]]
    row = next(each for each in rows if each[0].value == "912300000000000000")
    assert row[0].data_type == "s"
    assert row[0].number_format == "@"
    assert row[headings.index("received")].data_type == "n"
    assert row[headings.index("received")].value == 1000


def test_nothing_is_written_and_nothing_recorded_where_the_file_cannot_be(city: Path) -> None:
    lot = lot_of(city)
    assert "cli.io" in run(city, "recall", lot, "--csv", "no/such/folder/a.csv", code=3)
    assert not list(city.glob("**/*.part"))


def test_the_licence_and_who_answers_stand_in_the_wide_table(city: Path) -> None:
    run(
        city,
        "site",
        "add",
        "大店:shop",
        "--operator",
        "91230199FT0000013A",
        "--licence",
        "JY12301030001239",
        "--licence-until",
        "2027-03-01",
    )
    lot = lot_of(city)
    run(city, "transfer", lot, "60kg", "--from", "北河农批", "--to", "大店")
    said = run(city, "recall", lot)
    row = next(each for each in said.splitlines() if each.startswith("1 "))
    assert "91230199FT0000013A" in row
    assert "JY12301030001239" in row
    records = list(csv.DictReader(io.StringIO(run(city, "recall", lot, "--csv", "-"))))
    assert records[0]["licence_until"] == "2027-03-01"
