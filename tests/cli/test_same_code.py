"""Two lots of one answer that bear the same code: nowhere does "L" stand for both, and a code that only one bears stands alone."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from foodtrace.recall.shortcodes import short_codes
from tests.cli.shell import run

LANGS = ("zh", "en")
GROWN, MADE, ALONE = "L-0009/L", "L-0008/L", "L-0008/MIX"
BARE = re.compile(r"(?<![\w/])L(?![\w/.-])")
"""The code alone; litres stand nowhere here."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a market that made lots L and MIX of lot L, which somebody else numbered, and a shop that got some of each."""
    folder = tmp_path_factory.mktemp("samecode")
    run(folder, "init")
    run(folder, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop")
    for lot in (GROWN, "L-0009/B"):
        run(folder, "receive", lot, "70kg", "--at", "北河农批")
    used = ("--in", f"{GROWN}=30kg", "--in", "L-0009/B=70kg")
    run(folder, "transform", "--at", "北河农批", *used, "--out", f"{MADE}=60kg", "--out", f"{ALONE}=30kg", "--kind", "blend")
    for lot, much in ((GROWN, "10kg"), (MADE, "20kg"), (ALONE, "5kg")):
        run(folder, "transfer", lot, much, "--from", "北河农批", "--to", "福安超市")
    return folder


@pytest.fixture(scope="module")
def books(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the market with something open of each lot: goods from nowhere, unlike words, and two farms' certificates of one number."""
    folder = tmp_path_factory.mktemp("samebooks") / "market"
    shutil.copytree(world, folder)
    for lot in (GROWN, MADE, ALONE):
        run(folder, "receive", lot, "3kg", "--at", "福安超市")
    for lot, product in ((GROWN, "芹菜"), (GROWN, "白菜"), (MADE, "芹菜"), (MADE, "白菜"), (ALONE, "芹菜"), (ALONE, "白菜")):
        run(folder, "receive", "L-0009/C", "1kg", "--at", "北河农批")
        used = ("--in", "L-0009/C=1kg", "--out", f"{lot}=1kg", "--product", product)
        run(folder, "transform", "--at", "北河农批", *used, "--kind", "repack")
    run(folder, "receive", "L-0001/N", "4kg", "--at", "北河农批", "--from", "永发合作社")
    run(folder, "transform", "--at", "北河农批", "--in", "L-0001/N=4kg", "--out", "L-0002/N=4kg", "--kind", "renumber")
    run(folder, "transfer", "L-0002/N", "4kg", "--from", "北河农批", "--to", "福安超市")
    run(folder, "site", "add", "东风合作社:farm")
    for farm in ("永发合作社", "东风合作社"):
        run(folder, "certificate", "issue", "西红柿", "5kg", "--basis", "1", "--site", farm, "--code", "L", "--out", "label.png")
    run(folder, "certificate", "issue", "西红柿", "5kg", "--basis", "1", "--site", "永发合作社", "--code", "K", "--out", "label.png")
    return folder


@pytest.fixture(scope="module")
def recalled(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the market with a case of the grown lot, and of one that the shop renamed; the shop's goods of the first are sealed."""
    folder = tmp_path_factory.mktemp("samecase") / "market"
    shutil.copytree(world, folder)
    run(folder, "receive", "L-0002/P", "4kg", "--at", "福安超市")
    renamed = {"type": "alias", "id": "renamed", "at": "2026-11-24T01:00:00Z", "site": "L-0003", "lot": "L-0002/P", "alias": "L-0003/P"}
    run(folder, "record", "-", stdin=json.dumps(renamed))
    run(folder, "case", "open", GROWN, "L-0002/P", "--class", "1", "--known", "2026-11-24T09:10", "--reason", "农残")
    for lot in (GROWN, MADE, ALONE):
        run(folder, "case", "seal", "福安超市", "--lot", lot)
    return folder


def both_by_full_id(said: str) -> None:
    """Say that a text names both lots, each by its full id and never by its code alone."""
    assert GROWN in said
    assert MADE in said
    assert not BARE.search(said), [line for line in said.splitlines() if BARE.search(line)]


def read(page: Path) -> str:
    """Return what a page says to who reads it, a text a line; its pictures too."""
    text = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "\n", text))


def test_only_a_code_that_several_full_ids_bear_is_written_with_its_origin() -> None:
    code = short_codes(("OP/L", "WHO/L", "OP/L", "OP/K", "OP/K", "?log/L#1/L", ""))
    assert [code(each) for each in ("OP/L", "WHO/L", "OP/K", "?log/L#1/L", "")] == ["OP/L", "WHO/L", "K", "?log/L#1/L", ""]
    assert short_codes(["OP/L", "?log/A#1/L"])("OP/L") == "L", "no code is that of goods without lot"
    assert short_codes(["OP/L"])("WHO/L") == "WHO/L", "a lot that nobody counted does not take the code of one"


@pytest.mark.parametrize("lang", LANGS)
def test_rows_findings_and_bounds_of_a_recall(world: Path, lang: str) -> None:
    said = run(world, "recall", GROWN, "--bounds", "--all", "--long", lang=lang)
    both_by_full_id(said)
    (row,) = [line for line in said.splitlines() if line.startswith("1 ")]
    assert re.search(rf"(?<!/)MIX {MADE} {GROWN}|{MADE} (?<!/)MIX {GROWN}", row), "the code of MIX is nobody else's"
    shares = [line.split()[1] for line in said.splitlines() if line.split()[:1] == ["福安超市"]]
    assert MADE in shares
    assert "MIX" in shares
    begins = [line for line in said.splitlines() if line.startswith("  ") and f": {GROWN}" in line]
    assert begins, "where the grown lot began no record says"
    only = run(world, "recall", ALONE, "--all", "--long", lang=lang)
    assert MADE not in only


@pytest.mark.parametrize("lang", LANGS)
def test_the_way_and_what_has_none_of_a_trace_and_its_picture(books: Path, lang: str) -> None:
    said = run(books, "trace", GROWN, "--picture", "way.svg", lang=lang)
    both_by_full_id(said)
    way = said.splitlines()
    assert f"  北河农批 {GROWN} -> 福安超市 {GROWN}  10.0 kg" in way
    assert f"  北河农批 {MADE} -> 福安超市 {MADE}  20.0 kg" in way
    assert "  北河农批 MIX -> 福安超市 MIX  5.0 kg" in way
    assert [line.split()[:2] for line in way if line.startswith("  福安超市")] == [["福安超市", lot] for lot in (MADE, "MIX", GROWN)]
    drawn = read(books / "way.svg")
    both_by_full_id(drawn)
    assert re.search(r"(?<!/)MIX", drawn)
    alone = run(books, "trace", ALONE, "--forward", "--picture", "alone.svg", lang=lang)
    assert "  北河农批 MIX -> 福安超市 MIX  5.0 kg" in alone.splitlines()


@pytest.mark.parametrize("lang", LANGS)
def test_rows_words_entries_and_papers_of_a_reconciliation(books: Path, lang: str) -> None:
    said = run(books, "reconcile", "--long", "--all", code=1, lang=lang)
    both_by_full_id(said)
    rows = [line.split() for line in said.splitlines() if re.match(r"\d{4}-\d\d-\d\d ", line)]
    assert {(row[2], row[3]) for row in rows if "芹菜" in row or "白菜" in row} == {
        (lot, product) for lot in (GROWN, MADE, "MIX") for product in ("芹菜", "白菜")
    }
    assert {row[2] for row in rows if "福安超市" in row} == {GROWN, MADE, "MIX"}
    entries = [line.split()[0] for line in said.splitlines() if re.match(r"  \S+ 福安超市: ", line)]
    assert set(entries) == {GROWN, MADE, "MIX"}
    assert "L-0001/L 永发合作社 5.0 kg" in said, "a certificate numbered by its lot is named once"
    assert "L-0004/L 东风合作社 5.0 kg" in said
    assert " K 永发合作社 5.0 kg" in said
    narrow = run(books, "reconcile", "--all", code=1, lang=lang, width=60)
    assert not BARE.search(narrow)


@pytest.mark.parametrize("lang", LANGS)
def test_lists_bounds_findings_steps_and_picture_of_a_report(recalled: Path, lang: str) -> None:
    run(recalled, "case", "report", "--no-proofs", "--out", "r.html", "--xlsx", "r.xlsx", lang=lang)
    page = read(recalled / "r.html")
    both_by_full_id(page)
    lines = page.splitlines()
    assert f"L-0002/P {MADE} MIX {GROWN}" in lines, "the row of the shop"
    assert not re.search(r"(?<![\w/])P(?![\w/.-])", page), "the list has it in full, for it has two names of one code; the picture as well"
    steps = sorted(each for each in lines if re.fullmatch(r"\d+\.0 kg \S+", each))
    assert steps == [f"10.0 kg {GROWN}", f"20.0 kg {MADE}", "5.0 kg MIX"], "what was sealed"
    sheets = load_workbook(recalled / "r.xlsx", read_only=True)
    cells = [str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert {GROWN, MADE, "MIX"} <= set(cells), "findings and bounds"
    assert not [cell for cell in cells if BARE.search(cell)]


@pytest.mark.parametrize("lang", LANGS)
def test_a_drill_whose_lot_was_made_of_one_of_its_code(books: Path, lang: str) -> None:
    """What it was made of is in the picture and in no list: the lists do not write the code that the picture cannot."""
    assert "L-0001/N" not in run(books, "recall", "L-0002/N", "--all", "--long"), "both issuers are on record: it cannot be the same lot"
    run(books, "drill", "--lot", "L-0002/N", "--out", "drill.html", lang=lang)
    page = read(books / "drill.html")
    assert page.count("L-0001/N") == 2, "a box at the farm and one at the market"
    assert not re.search(r"(?<![\w/])N(?![\w/.-])", page)
    assert run(books, "trace", "L-0002/N", "--back", "--picture", "back.svg", lang=lang).count("L-0001/N") > 1
    assert not re.search(r"(?<![\w/])N(?![\w/.-])", read(books / "back.svg"))


def test_the_picture_of_a_drill_writes_a_lot_of_two_names_as_the_lists_do(recalled: Path) -> None:
    run(recalled, "drill", "--lot", "L-0002/P", "--out", "drill.html")
    page = read(recalled / "drill.html")
    assert "shop  L-0002/P" in page
    assert not re.search(r"(?<![\w/])P(?![\w/.-])", page)
