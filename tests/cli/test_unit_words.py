"""Units are said in the reader's language wherever a person reads; JSON keeps codes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from foodtrace import Quantity, errors
from foodtrace.quantity import Amount
from foodtrace.texts import text
from tests.cli.shell import lot_of, run


@pytest.fixture
def eggs(tmp_path: Path) -> Path:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop", "--phone", "0451-555-0104")
    said = run(tmp_path, "certificate", "issue", "鸡蛋", "240个", "--basis", "1", "--out", "label.png", lang="zh")
    assert "240 件" in said
    return tmp_path


def test_pieces_are_said_in_chinese_to_who_reads_chinese(eggs: Path) -> None:
    said = [run(eggs, "gate", "label.png", lang="zh")]
    lot = lot_of(eggs)
    said.append(run(eggs, "transfer", lot, "12个", "--from", "北河农批", "--to", "福安超市", lang="zh"))
    assert "12 件" in said[-1]
    assert "228 件" in said[-1]
    short = run(eggs, "transfer", lot, "999个", "--from", "北河农批", "--to", "福安超市", code=1, lang="zh")
    assert "228 件" in short
    assert "999 件" in short
    said += [short, *(run(eggs, *words, lang="zh") for words in (("recall", lot), ("recall", lot, "--bounds"), ("trace", lot)))]
    said.append(run(eggs, "certificate", "show", "label.png", lang="zh"))
    said.append(run(eggs, "case", "open", lot, "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x", lang="zh"))
    said.append(run(eggs, "case", "notify", lang="zh"))
    for words in (("case", "status"), ("case", "seal", "福安超市", "--quantity", "12个"), ("reconcile",), ("drill", "--seed", "1")):
        said.append(run(eggs, *words, lang="zh"))
    notice = "".join(each.read_text(encoding="utf-8") for each in eggs.glob("**/*.html"))
    assert "12 件" in notice
    assert [each for each in (*said, notice) if "pcs" in each] == []
    assert "件" in said[3]


def test_english_and_programs_read_what_they_did(eggs: Path) -> None:
    run(eggs, "gate", "label.png")
    lot = lot_of(eggs)
    assert "12 pcs" in run(eggs, "transfer", lot, "12个", "--from", "北河农批", "--to", "福安超市")
    told = json.loads(run(eggs, "recall", lot, "--json", lang="zh"))
    assert told["outlets"][0]["amounts"][0]["unit"] == "piece"
    assert "件" not in json.dumps(told, ensure_ascii=False)


def test_a_text_and_an_error_say_a_quantity_in_their_language() -> None:
    assert Quantity(1200, "piece").in_words("zh") == "1,200 件"
    assert str(Quantity(1200, "piece")) == Quantity(1200, "piece").in_words("en") == "1,200 pcs"
    assert Quantity(1500, "g").in_words("zh") == "1.5 kg"
    wrong = errors.Refused("site.insufficient", value=Quantity(9, "piece"), site="S", expected=Quantity(2, "piece"))
    assert "2 件" in wrong.message("zh")
    assert "2 pcs" in wrong.message("en")
    assert (wrong.as_dict()["value"], wrong.as_dict()["expected"]) == ("9 pcs", "2 pcs")
    assert text("counter.net", "zh", gross=Quantity(3, "piece"), tare="-", net="-").count("件") == 1


def test_the_lines_of_a_list_say_pieces_in_the_readers_language(eggs: Path) -> None:
    run(eggs, "gate", "label.png")
    lot = lot_of(eggs)
    run(eggs, "site", "add", "平安超市:shop")
    run(eggs, "transfer", lot, "12个", "--from", "北河农批", "--to", "福安超市")
    told = run(eggs, "transfer", lot, "1个", "--to", "平安超市", code=2, lang="zh")
    assert ("  北河农批 (L-0002) 228 件" in told, "pcs" in told) == (True, False)
    assert "  北河农批 (L-0002) 228 pcs" in run(eggs, "transfer", lot, "1个", "--to", "平安超市", code=2)
    line = Amount("0001 鸡蛋 ", Quantity(9, "piece"))
    which = errors.Ambiguous("gate.held_which", value="x", candidates=[line, line])
    for error in (which, pickle.loads(pickle.dumps(which))):  # noqa: S301 - our own
        assert error.message("zh").endswith("0001 鸡蛋 9 件, 0001 鸡蛋 9 件")
        assert error.message("en").endswith("0001 鸡蛋 9 pcs, 0001 鸡蛋 9 pcs")
        assert error.as_dict("zh")["candidates"] == ["0001 鸡蛋 9 件"] * 2
        assert error.as_dict()["candidates"] == ["0001 鸡蛋 9 pcs"] * 2, "a program reads one text, whatever the language"
    assert len(errors.NotFound("gate.not_held", value="x", near=["y" * 500]).message("zh")) < 300, "a line stays a line"


def test_a_held_trucks_pieces_a_moved_trucks_and_a_pages(eggs: Path) -> None:
    run(eggs, "gate", "label.png", "--weight", "300个", code=1)
    told = run(eggs, "gate", "resolve", "7777", "admit", code=1, lang="zh")
    assert ("300 件" in told, "pcs" in told) == (True, False)
    run(eggs, "export", "public", "www")
    (page,) = Path(eggs, "www").glob("**/index.html")
    assert "<td>240 件  240 pcs</td>" in page.read_text("utf-8"), "the page is for readers of both languages"
