"""The files of ``recall``: what a spreadsheet gets, who is masked in it, and how it comes back filled in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.cli.shell import lot_of, run


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
