"""No id in the log lets anybody try names, telephones or plates: ids are for ever, and a hash of few possibilities is no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foodtrace.ledger import Ledger
from tests.cli.shell import run

LIST = "名称,商户卡,品类,电话\n王五,A-9,芹菜,13900001111\n赵六,,苹果,13900002222\n"
TRUCKS = "卖方,品名,数量,单位,车牌,日期\n{}"
ROW = "福安超市,黄瓜,300,kg,{},2099-01-01\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "北河农批:market", "福安超市:shop")
    return tmp_path


def sealed(folder: Path) -> list[tuple[str, bytes]]:
    """Return id and bytes of every entry."""
    with Ledger.open(folder / "foodtrace.db", keys=folder / "keys") as ledger, ledger.reading() as session:
        return [(each, bytes(data)) for each, data in session.rows("SELECT id, bytes FROM entry ORDER BY seq")]


def imported(folder: Path, text: str, *words: str) -> tuple[int, int]:
    (folder / "s.csv").write_text(text, encoding="utf-8")
    found = json.loads(run(folder, "site", "file", "--import", "s.csv", "--json", *words))
    return found["written"], found["known"]


def expected(folder: Path, *plates: str) -> tuple[int, int]:
    (folder / "e.csv").write_text(TRUCKS.format("".join(ROW.format(each) for each in plates)), encoding="utf-8")
    found = json.loads(run(folder, "gate", "expect", "e.csv", "--json"))
    return found["new"], found["known"]


def test_what_is_sealed_of_a_list_is_the_same_for_other_people(tmp_path: Path) -> None:
    """Two markets whose lists differ in personal values alone seal alike ids, or ids that are random: nothing to try a guess against."""
    ids = []
    for name, text in (("one", LIST), ("two", LIST.replace("王五", "孙七").replace("13900001111", "13900003333"))):
        folder = tmp_path / name
        folder.mkdir()
        run(folder, "init")
        run(folder, "site", "add", "北河农批:market", "福安超市:shop")
        assert imported(folder, text) == (2, 0)
        ids.append([each for each, data in sealed(folder) if b"seller_file" in data or b'"operator"' in data])
    assert not any(each.startswith("file-") for each in ids[0] + ids[1])
    assert not set(ids[0]) & set(ids[1]), "and the rows that are the same in both lists have no id in common"


def test_an_id_of_an_announced_truck_is_the_same_whatever_its_plate(desk: Path) -> None:
    expected(desk, "黑A12345")
    before = [each for each, _ in sealed(desk) if each.startswith("expected-")]
    expected(desk, "黑A12345", "黑A54321")
    after = [each for each, _ in sealed(desk) if each.startswith("expected-")]
    assert (len(before), len(after)) == (1, 2)
    assert after[0][:-1] == after[1][:-1], "two plates of one content differ by their number alone"


def test_the_same_trucks_again_change_nothing_in_whatever_order(desk: Path) -> None:
    assert expected(desk, "黑A1", "黑A2", "") == (3, 0)
    assert expected(desk, "", "黑A2", "黑A1") == (0, 3)
    assert expected(desk, "黑A3", "黑A2", "黑A1", "", "") == (2, 3)
    seq = next(n for n, (each, _) in enumerate(sealed(desk)) if each.endswith("-2") and each.startswith("expected-"))
    run(desk, "erase", str(seq), "--yes")
    assert expected(desk, "黑A2", "黑A1") == (0, 2), "an erased plate counts as equal, and is not brought back"
    assert "verified" in run(desk, "verify")


def test_a_list_sent_again_writes_what_the_files_do_not_say(desk: Path) -> None:
    assert imported(desk, LIST) == (2, 0)
    assert imported(desk, LIST) == (0, 2)
    assert imported(desk, LIST.replace("13900001111", "13900004444")) == (1, 1)
    assert imported(desk, LIST.replace("芹菜", "韭菜")) == (1, 1), "a telephone that is corrected back counts too"
    assert len(json.loads(run(desk, "site", "file", "--json"))) == 2


def test_an_erased_telephone_is_not_brought_back_by_the_old_list(desk: Path) -> None:
    imported(desk, LIST)
    seq = next(n for n, (_, data) in enumerate(sealed(desk)) if b"seller_file" in data)
    run(desk, "erase", str(seq), "--yes")
    assert imported(desk, LIST) == (0, 2)
    assert "13900001111" not in run(desk, "site", "file", "A-9", "--contacts")


def test_somebody_else_of_the_same_name_is_registered_once(desk: Path) -> None:
    run(desk, "site", "file", "--new", "王五", "--kind", "individual", "--card", "A-1")
    assert imported(desk, LIST, "--another") == (2, 0)
    assert imported(desk, LIST, "--another") == (0, 2)
    card = next(each["seller"] for each in json.loads(run(desk, "site", "file", "--json")) if each["card"] == "A-9")
    run(desk, "site", "file", card, "--phone", "13900005555")
    assert imported(desk, LIST, "--another") == (0, 2), "what was edited since does not make a third one of it"
    assert len(json.loads(run(desk, "site", "file", "--json"))) == 3


def test_a_name_that_an_entry_leaves_out_is_not_in_its_id_either(desk: Path) -> None:
    """A staff member's name and a buyer's name beside a code: whoever has the log has all else of the row to try them with."""
    heads = "日期,品名,批号,数量,单位,买方编号,买方,经办人,卖方\n"
    ids = []
    for buyer, staff in (("王小明", "李大力"), ("赵小红", "孙大有")):
        (desk / "r.csv").write_text(f"{heads}2026-11-20,黄瓜,,30,kg,福安超市,{buyer},{staff},北河农批\n", encoding="utf-8")
        run(desk, "record", "r.csv")
        ids.append([each for each, _ in sealed(desk) if each.startswith("R2026")])
    assert len(ids[0]) == 1
    assert ids[1] == ids[0]
