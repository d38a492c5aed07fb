"""A lost key turns up after a recovery: it ends the old log for the one that goes on, or is put aside, and signs no second history."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from foodtrace import Ledger
from tests.cli.shell import run
from tests.keeping.ownlog import move

ROOT = Path(__file__).resolve().parents[2]

OLD, NEW = "t.example/a", "t.example/a-r2"
AGAIN = ("--log", OLD, "recover", "--new-log", "--reason", "turned up")


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """Give a ledger with a transfer, its entry 1, and the file of its key, which was moved away."""
    run(tmp_path, "init", "--name", OLD)
    with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys") as ledger:
        ledger.record([move("t1")])
    (key,) = (tmp_path / "keys").glob("*.key")
    return Path(shutil.move(key, tmp_path / key.name))


def states(folder: Path) -> dict[str, tuple[str, int | None]]:
    return {row["log"]: (row["state"], row["last"]) for row in json.loads(run(folder, "key", "list", "--json")) if row["log"]}


def test_what_recover_says_of_a_key_that_turns_up_is_done_as_it_is_typed(found: Path, tmp_path: Path) -> None:
    said = run(tmp_path, "recover", "--new-log", "--reason", "lost")
    assert "do not use it" not in said
    assert f"end the old log with it: foodtrace --log {OLD} recover --new-log --reason" in said
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert "foodtrace --log OLD recover --new-log --reason" in page, "the page says the same"
    assert "correction.left_log" in run(tmp_path, "correct", f"{OLD}#1", "--did-not-occur", code=1)
    found.rename(tmp_path / "keys" / found.name)
    assert "the old log has ended" in run(tmp_path, *AGAIN)
    assert states(tmp_path) == {OLD: ("ended", 2), NEW: ("in_force", None)}
    assert "verified" in run(tmp_path, "verify", "--full")
    run(tmp_path, "correct", f"{OLD}#1", "--did-not-occur")
    assert "recover.continued" in run(tmp_path, *AGAIN, code=1), "there is no third"


def lose_what_was_signed_last(found: Path, folder: Path) -> None:
    """Put the key back, sign entries, and put the ledger back to before them."""
    shutil.copy(folder / "foodtrace.db", folder / "old.db")
    shutil.copy(found, folder / "keys")
    run(folder, "site", "add", "河西:shop")
    for path in folder.glob("foodtrace.db*"):
        path.unlink()
    (folder / "old.db").rename(folder / "foodtrace.db")


def test_where_signed_entries_were_lost_too_it_signs_nothing_beside_them(found: Path, tmp_path: Path) -> None:
    lose_what_was_signed_last(found, tmp_path)
    (tmp_path / "keys" / found.name).unlink()
    said = run(tmp_path, "recover", "--new-log", "--reason", "disk")
    assert "if it turns up, do not use it" in said
    shutil.copy(found, tmp_path / "keys")
    done = json.loads(run(tmp_path, *AGAIN, "--json"))
    assert (done["old_key"], done["lost_from"], done["lost_to"]) == ("put_aside", 2, 4)
    assert [path.suffix for path in (tmp_path / "keys").glob(f"{found.stem}.*")] == [".key-retired"]
    assert states(tmp_path)[OLD] == ("left", 1), "nothing was signed"
    assert "verified" in run(tmp_path, "verify", "--full")


def test_where_signed_entries_were_lost_nothing_else_ends_the_old_log_either(found: Path, tmp_path: Path) -> None:
    """`key revoke --end-log` signed an entry beside those that are lost: a fork of our own making."""
    lose_what_was_signed_last(found, tmp_path)
    run(tmp_path, "recover", "--new-log", "--reason", "disk")
    shutil.copy(found, tmp_path / "keys")
    ending = ("--log", OLD, "key", "revoke", found.stem, "--end-log", "--reason", "left")
    said = run(tmp_path, *ending, code=1)
    assert "log.lost_beside" in said
    assert "2 to 3" in said, "which ones"
    assert f"foodtrace --log {OLD} recover --new-log" in said, "the way out"
    assert states(tmp_path)[OLD] == ("left", 1), "nothing was signed"
    run(tmp_path, *AGAIN)
    assert [path.suffix for path in (tmp_path / "keys").glob(f"{found.stem}.*")] == [".key-retired"]


def test_where_the_ledger_has_another_history_than_was_signed_neither(found: Path, tmp_path: Path) -> None:
    """As many entries, and others: nothing is missing by number, and what the key signs now contradicts as much."""
    shutil.copy(tmp_path / "foodtrace.db", tmp_path / "old.db")
    shutil.copy(found, tmp_path / "keys")
    shutil.copytree(tmp_path / "keys", tmp_path / "before")
    run(tmp_path, "site", "add", "河西:shop")
    for path in tmp_path.glob("foodtrace.db*"):
        path.unlink()
    (tmp_path / "old.db").rename(tmp_path / "foodtrace.db")
    run(tmp_path, "--keys", "before", "site", "add", "河东:shop")
    assert "ledger.forked_log" in run(tmp_path, "key", "list", code=3)
    run(tmp_path, "recover", "--new-log", "--reason", "a copy was written to")
    shutil.copy(found, tmp_path / "keys")
    assert "log.lost_beside" in run(tmp_path, "--log", OLD, "key", "revoke", found.stem, "--end-log", "--reason", "left", code=1)
    told = json.loads(run(tmp_path, *AGAIN, "--json"))
    assert told["old_key"] == "put_aside"


def test_where_nothing_was_lost_it_ends_as_before(found: Path, tmp_path: Path) -> None:
    run(tmp_path, "recover", "--new-log", "--reason", "lost")
    found.rename(tmp_path / "keys" / found.name)
    run(tmp_path, "--log", OLD, "key", "revoke", found.stem, "--end-log", "--reason", "left")
    assert states(tmp_path)[OLD] == ("ended", 2)
