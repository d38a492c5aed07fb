"""docs/gate.md says what is so: its commands run, its keys are the counter's, and what it promises of tests and holds happens."""

import re
import shlex
from pathlib import Path

import pytest

from foodtrace.gate import pad
from tests.cli.labels import card_on, certificate
from tests.cli.shell import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text("utf-8")
SELLERS = "名称,信用代码,档口,商户卡,协议至,品类,来源,电话\n李记蔬菜,,12号档,A-17,2030-06-30,芹菜,永发村,13800000000\n"


def commands() -> list[str]:
    """Return the lines that the page tells its reader to type."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    return [line.removeprefix("$ foodtrace ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A ledger of this gate, and the files that the page speaks of."""
    run(tmp_path, "init", "--name", "beihe.example/gate1")
    (tmp_path / "sellers.csv").write_text(SELLERS, "utf-8")
    (tmp_path / "trucks.csv").write_text("卖方,日期,品名,数量,单位,车牌,预约号\n李记蔬菜,2030-01-02,芹菜,300,kg,北A00001,Y-1\n", "utf-8")
    return tmp_path


def test_every_command_of_the_page_runs(desk: Path) -> None:
    said = {}
    for line in commands():
        stdin = f"{card_on(next(desk.glob('*S-01*')))}\n" if line.endswith("--by -") else ""
        said[line] = run(desk, *shlex.split(line), stdin=stdin)
    assert len(said) >= 6
    for called in ("李记蔬菜", "A-17"):
        assert "12号档" in run(desk, "site", "file", called), "by the name on the list, and by the trader card"
    assert "1" in run(desk, "gate", "expect", "trucks.csv")
    assert "site.not_found" in run(desk, "site", "file", "王记蔬菜", code=1)
    assert "S-01" in said["gate staff list"]
    assert "S-07" in said["gate staff list"]
    assert "staff.card_needed" in run(desk, "gate", "staff", "add", "S-08", code=1), "later cards need a card"


def test_the_keys_of_the_page_are_the_counters() -> None:
    keys = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert [key for key in keys if key != "0" and pad.command(key) is None] == []
    assert {key for key in keys if key != "0"} == {"*", "+", "-", "/", "**", "."}
    for written, grams in {"482": 482_000, "600-118": 482_000, "600-24*5": 480_000, "24*20": 480_000}.items():
        assert f"`{written}`" in PAGE
        assert pad.weight(written, "kg").net.value == grams


def test_a_positive_stands_until_a_laboratory_speaks(desk: Path) -> None:
    run(desk, "site", "add", "永发合作社:farm", "北河农批:market")
    lot = certificate(desk, "芹菜", "500kg").split("/lot/")[1].rpartition("/")[0]
    rapid = ("test", lot, "--blank", "0.312", "--sample", "0.150")
    assert " ".join(rapid).replace(lot, "LOT") in PAGE
    assert "51.9" in run(desk, *rapid, code=1)
    run(desk, "test", lot, "--blank", "0.312", "--sample", "0.300", code=1)
    assert "rapid test positive" in run(desk, "gate", "label.png", code=1)
    run(desk, "test", lot, "--lab", "--verdict", "negative")
    assert "[ admit ]" in run(desk, "gate", "label.png", "--weight", "5kg").lower()


def test_holds_and_draws_as_the_page_says(desk: Path) -> None:
    run(desk, "site", "add", "永发合作社:farm", "北河农批:market")
    certificate(desk, "芹菜", "500kg")
    run(desk, "gate", "label.png", "--weight", "600kg", code=1)
    assert "gate.over_certified" in run(desk, "gate", "held")
    run(desk, "gate", "resolve", "1", "admit", "--by", "S-1", code=1)
    run(desk, "gate", "resolve", "1", "admit", "--by", "S-1", "--second", "S-2")
    assert "gate.over_certified" not in run(desk, "gate", "held")
    run(desk, "gate", "sampling", "commit")
    assert "sampling.too_early" in run(desk, "gate", "sampling", "open", "2099-01-01", code=1)
    assert "100.0 kg over" in run(desk, "gate", "conflicts", code=1), "what a second person let in is on record as what it is"
