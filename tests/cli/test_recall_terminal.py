"""The whole command ``recall`` on a terminal and in a pipe: widths, pages, groups, and who is late."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from foodtrace_cli.output import cells
from tests.cli.shell import lot_of, run


@pytest.mark.parametrize(("width", "lang"), [(60, "en"), (80, "zh"), (80, "en"), (120, "zh"), (120, "en"), (200, "en")])
def test_no_line_of_the_whole_answer_is_wider_than_the_terminal(city: Path, width: int, lang: str) -> None:
    lot = lot_of(city)
    for words in (("--positions",), ("--by", "county", "--all", "--long")):
        said = on_terminal(city, "recall", lot, *words, width=width, lang=lang).splitlines()
        assert [each for each in said if cells(each) > width] == [], words
    assert max(map(cells, run(city, "recall", lot, lang=lang).splitlines())) > 140, "a pipe gets lines as they are"


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
    rows = run(city, "recall", lot, "--late", "--at", later).splitlines()
    silent = [each.split()[1] for each in rows if each[:1].isdigit() and each.split()[1].startswith("店")]
    assert "店03" not in silent
    assert len(silent) == 21


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
