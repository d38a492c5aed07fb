"""What recover says is lost it knows from this host alone, and says so; what a log that is left says wrong, and who corrects it, too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger
from foodtrace.texts import Lang
from tests.cli.shell import run
from tests.keeping.ownlog import move

OLD, NEW = "t.example/a", "t.example/a-r2"
MOVED = f"{OLD}#5"
BACK = ("recover", "--from", "../bk", "--reason", "disk failed")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger with a farm and a shop, a backup of it, and one transfer that was signed since."""
    home = tmp_path / "home"
    home.mkdir()
    run(home, "init", "--name", OLD)
    run(home, "site", "add", "农场:farm", "店:shop")
    with Ledger.open(str(home / "foodtrace.db"), keys=home / "keys") as ledger:
        ledger.record([msgspec.structs.replace(move("t1"), site="A-0001")])
    run(home, "backup", "../bk")
    run(home, "site", "add", "市场:market")
    return home


@pytest.mark.parametrize(
    ("lang", "wrong", "right"),
    [("en", "is lost", "this host knows of nothing newer"), ("zh", "没有丢失", "本机不知道有更新的")],
)
def test_where_this_host_signed_nothing_it_is_not_said_that_nothing_is_lost(
    home: Path, tmp_path: Path, lang: Lang, wrong: str, right: str
) -> None:
    """Three entries were signed after the backup; a new machine cannot know."""
    other = tmp_path / "other"
    other.mkdir()
    said = run(other, *BACK, lang=lang)
    assert wrong not in said
    assert right in said
    assert "--since" in said, "and how to find out"
    assert home.exists()


def test_programs_are_told_what_it_was_compared_with(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    told, _ = json.JSONDecoder().raw_decode(run(other, *BACK, "--json"))
    assert told["compared"] == []
    again = json.loads(run(other, "recover", "--same-log", "--reason", "once more", "--json"))
    assert again["compared"] == ["anchor"], "since then this host has signed"
    run(other, "verify")
    again = json.loads(run(other, "recover", "--same-log", "--reason", "once more", "--json"))
    assert again["compared"] == ["anchor", "mark"]


def test_where_this_host_signed_last_it_says_up_to_where(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", OLD)
    run(tmp_path, "site", "add", "农场:farm")
    said = run(tmp_path, "recover", "--same-log", "--reason", "moved")
    assert "nothing is lost of what this host signed" in said


def lost(home: Path) -> None:
    """Put the backup back where the newer entries were signed."""
    for path in home.glob("foodtrace.db*"):
        path.unlink()
    assert "recover.choose" in run(home, *BACK, code=2)


def test_before_the_choice_and_after_it_is_said_who_corrects_the_old_entries(home: Path) -> None:
    for path in home.glob("foodtrace.db*"):
        path.unlink()
    said = run(home, *BACK, code=2)
    assert "corrected" in said.partition("--same-log goes on")[0], "with --new-log"
    said = run(home, "recover", "--new-log", "--reason", "disk failed")
    assert f"what {OLD} says wrong is corrected only by" in said


def test_a_shop_that_began_a_new_log_is_not_told_to_ask_itself(home: Path) -> None:
    """The other log is its own: nobody is there to be asked."""
    lost(home)
    run(home, "recover", "--new-log", "--reason", "disk failed")
    said = run(home, "correct", MOVED, "--did-not-occur", code=1)
    assert "correction.left_log" in said
    assert "ask them" not in said
    assert "foodtrace init --name NAME --operator A-0001" in said
    run(home, "init", "--name", "t.example/mine", "--operator", "A-0001")
    run(home, "--log", "t.example/mine", "correct", MOVED, "--did-not-occur")
    assert "verified" in run(home, "verify", "--full")


def test_where_the_key_alone_was_lost_it_is_told_that_the_key_mends_it(home: Path) -> None:
    (key,) = (home / "keys").glob("*.key")
    shutil.move(key, home / "found")
    run(home, "recover", "--new-log", "--reason", "key lost")
    said = run(home, "correct", MOVED, "--did-not-occur", code=1)
    assert f"foodtrace --log {OLD} recover --new-log" in said
    shutil.move(home / "found", key)
    run(home, "--log", OLD, "recover", "--new-log", "--reason", "found")
    run(home, "correct", MOVED, "--did-not-occur")
    said = run(home, "correct", f"{OLD}#2", "--did-not-occur", code=1)
    assert "correction.left_site" in said
    assert "foodtrace site edit A-0001" in said


def test_whoever_claims_to_continue_a_strangers_log_is_no_heir(home: Path, tmp_path: Path) -> None:
    """The other text is for who left a log of this host; another party's log stays another party's."""
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "--name", "t.example/b")
    vkey = json.loads(run(home, "export", "tiles", "../tiles", "--json"))["vkey"]
    run(other, "import", "../tiles", "--key", vkey)
    assert "correction.not_yours" in run(other, "correct", MOVED, "--did-not-occur", code=1)
