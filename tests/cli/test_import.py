"""`foodtrace import`: two gates without network, their sticks, and one office that finds what neither could know; on both databases."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.labels import certificate
from tests.cli.shell import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text("utf-8")
STEPS = re.findall(r"^(gate2|office)\$ foodtrace (.*)$", PAGE, re.MULTILINE)


class Town:
    """A market whose gates had the same ledger in the evening and have heard of nobody since; and an office with a ledger of its own."""

    def __init__(self, folder: Path, office: str) -> None:
        self.folder = folder
        for name in ("gate1", "gate2", "office"):
            (folder / name).mkdir()
        evening = folder / "evening"
        evening.mkdir()
        run(evening, "init", "--name", "beihe.example/market")
        run(evening, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop", "--phone", "0451-555-0104")
        self.lot = certificate(evening, "西红柿", "500kg").split("/lot/")[1].rpartition("/")[0]
        self.url = {"gate1": "foodtrace.db", "gate2": "foodtrace.db", "office": office or "foodtrace.db"}
        for name in ("gate1", "gate2"):
            for file in ("foodtrace.db", "label.png"):
                shutil.copy(evening / file, folder / name / file)
            self(name, "init", "--name", f"beihe.example/{name}")
        self("office", "init", "--name", "beihe.example/office")
        run(evening, "export", "tiles", str(folder / "market"))

    def __call__(self, host: str, *words: str, code: int = 0) -> str:
        return run(self.folder / host, "--db", self.url[host], *words, code=code)

    def vkey(self, host: str) -> str:
        return re.search(r"verifier key: (\S+)", self(host, "--log", host, "export", "tiles", str(self.folder / f"stick-{host}")))[1]  # type: ignore[index]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Town:
    return Town(tmp_path, request.getfixturevalue("pg_url") if request.param == "postgres" else "")


def test_one_certificate_at_two_gates_is_found_at_home(town: Town) -> None:
    for gate, weight in (("gate1", "482kg"), ("gate2", "300kg")):
        assert "[ admit ]" in town(gate, "--log", gate, "gate", "label.png", "--weight", weight).lower()
        town(gate, "gate", "conflicts")
    keys = [town.vkey(gate) for gate in ("gate1", "gate2")]
    shown = re.search(r"key is (\S+)", town("office", "import", "../stick-gate1", code=1))
    assert shown is not None
    assert shown[1] == keys[0]
    town("office", "import", "../market", "../stick-gate1", "../stick-gate2", code=1)
    market = re.search(r"--vkey '(\S+)'", town("office", "import", "../market", code=1))
    assert market is not None
    said = town("office", "import", "../market", "../stick-gate1", "../stick-gate2", *(f"--vkey={each}" for each in (*keys, market[1])))
    assert said.count("taken in: ") == 3
    assert "282.0 kg over" in town("office", "gate", "conflicts", code=1)
    assert "over_certified" in town("office", "recall", town.lot, "--json")
    assert "log_behind" in town("office", "recall", town.lot, "--json"), "nobody has verified these logs here yet, and the answer says so"
    town("office", "verify")
    assert "log_behind" not in town("office", "recall", town.lot, "--json")
    assert town("office", "import", "../stick-gate2", "--json").count('"unchanged"') == 1


def test_the_page_says_what_is_so(tmp_path: Path) -> None:
    town = Town(tmp_path, "")
    shutil.rmtree(tmp_path / "office")
    (tmp_path / "office").mkdir()
    town("office", "init", "--name", "beihe.example/office")
    (tmp_path / "gate2" / "foodtrace.db").unlink()
    shutil.rmtree(tmp_path / "gate2" / "keys")
    town("gate2", "init", "--name", "beihe.example/gate2")
    town("gate2", "site", "add", "永发合作社:farm", "北河农批:market")
    town("gate2", "gate", certificate(tmp_path / "gate2", "西红柿", "500kg"), "--weight", "480kg")
    assert [host for host, _ in STEPS] == ["gate2", "office", "office", "office", "office"]
    vkey = ""
    for host, words in STEPS:
        given = [vkey if each == "VKEY" else str(tmp_path / each) if each == "stick" else each for each in shlex.split(words)]
        said = town(host, *given)
        vkey = vkey or re.search(r"verifier key: (\S+)", said)[1]  # type: ignore[index]


def test_one_bad_copy_keeps_no_other_out_and_is_told(tmp_path: Path) -> None:
    town = Town(tmp_path, "")
    key = town.vkey("gate1")
    said = town("office", "import", "../nothing", "../stick-gate1", "--vkey", key, code=3)
    assert "tiles.no_checkpoint" in said
    assert "taken in: beihe.example/gate1" in said
    bundle = next((tmp_path / "stick-gate1" / "tile" / "entries").rglob("*/*"))
    bundle.write_bytes(bundle.read_bytes().replace(b"gate1", b"gate7"))
    town("office", "verify")
    assert "import.own_log" in town("gate1", "import", "../stick-gate1", code=1)
    zh = run(tmp_path / "office", "import", "../stick-gate1", lang="zh")
    assert "没有变化" in zh


def test_goods_sent_offline_while_a_recall_was_open_are_on_record_and_flagged(town: Town) -> None:
    """The gate could not know: what comes home is not refused, and the recall says it moved after the opening."""
    key = town.vkey("gate1")
    market = re.search(r"--vkey '(\S+)'", town("office", "import", "../market", code=1))
    assert market is not None
    town("office", "import", "../market", "../stick-gate1", "--vkey", key, "--vkey", market[1])
    town("office", "case", "open", town.lot, "--class", "1", "--known", "2026-11-24 01:00", "--reason", "residue")
    assert "before_known" not in town("office", "recall", town.lot, "--json")
    town("gate1", "--log", "gate1", "transfer", town.lot, "30kg", "--from", "永发合作社", "--to", "福安超市")
    town.vkey("gate1")
    town("office", "import", "../stick-gate1")
    assert "before_known" in town("office", "recall", town.lot, "--json")
