"""What was locked by a passphrase stays locked where another key takes over, and nothing is changed before the passphrase was right."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.keeping import recovery, rotation
from foodtrace_cli.context import Context
from tests.cli.inside import Inside, here

__all__ = ["here"]

SECRET = "correct horse battery"  # noqa: S105 - a test's
ORIGIN = "t.example/a"
RECOVER = ("--log", "a", "recover", "--new-log", "--reason", "换主机")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lock with fewer rounds: what is tested is which key is locked, not how slowly a passphrase is guessed."""
    monkeypatch.setattr("foodtrace._pkcs8.ROUNDS", 70_000)


@pytest.fixture
def locked(here: Inside) -> Inside:
    """Give a ledger with one site whose key is locked; nobody says the passphrase any more."""
    here.set("FOODTRACE_PASSPHRASE", SECRET)
    here("init", "--name", ORIGIN, "--passphrase")
    here("site", "add", "永发合作社:farm")
    here.set("FOODTRACE_PASSPHRASE", "")
    return here


def state(home: Inside) -> tuple[dict[str, bytes], list[tuple[str, int]]]:
    """Return the files of the key directory, and the size of each log."""
    with Ledger.open(str(home.folder / "foodtrace.db"), keys=home.folder / "keys", recovering=True) as ledger:
        return (
            {each.name: each.read_bytes() for each in sorted((home.folder / "keys").iterdir()) if each.suffix != ".verified"},
            [(each.origin, each.size) for each in ledger.logs()],
        )


def plain(home: Inside) -> list[str]:
    return [each.path for each in keyfiles.list_keys(home.folder / "keys") if not each.encrypted]


@pytest.mark.parametrize(("given", "code"), [("", "key.passphrase_needed"), ("wrong", "key.passphrase_wrong")])
def test_a_new_log_is_not_begun_before_the_passphrase_is_right(locked: Inside, given: str, code: str) -> None:
    before = state(locked)
    locked.set("FOODTRACE_PASSPHRASE", given)
    assert code in locked(*RECOVER, code=1)
    assert state(locked) == before
    locked.set("FOODTRACE_PASSPHRASE", SECRET)
    assert locked.json(*RECOVER)["old_key"] == "ended"
    assert plain(locked) == []
    locked("site", "add", "福安超市:shop")
    locked("verify", "--full")
    for words in ("", "wrong"):
        locked.set("FOODTRACE_PASSPHRASE", words)
        assert "key.passphrase" in locked("site", "add", "河西:shop", code=1)


@pytest.mark.parametrize("given", ["", "wrong"])
def test_where_entries_are_lost_the_new_key_takes_over_the_lock_too(locked: Inside, given: str) -> None:
    locked("backup", "bk", "--no-keys")
    locked.set("FOODTRACE_PASSPHRASE", SECRET)
    locked("site", "add", "福安超市:shop")
    for path in locked.folder.glob("foodtrace.db*"):
        path.unlink()
    locked.set("FOODTRACE_PASSPHRASE", given)
    words = ("recover", "--from", "bk", "--new-log", "--reason", "磁盘坏了")
    for _ in range(2):  # the backup lies there after the first try, and is put there again
        assert "key.passphrase" in locked(*words, code=1)
        assert [origin for origin, _ in state(locked)[1]] == [ORIGIN]
    locked.set("FOODTRACE_PASSPHRASE", SECRET)
    done = locked.json(*words)
    assert (done["old_key"], done["locked"]) == ("put_aside", True)
    assert plain(locked) == []


def test_a_lost_passphrase_is_a_lost_key_and_the_new_one_is_said_to_be_open(locked: Inside) -> None:
    assert "docs/keys.md" in locked(*RECOVER, code=1)
    (key,) = (locked.folder / "keys").glob("*.key")
    key.rename(locked.folder / key.name)
    said = locked(*RECOVER)
    assert "the new key's file is not locked by a passphrase: foodtrace key rotate --passphrase" in said
    (path,) = plain(locked)
    locked.set("FOODTRACE_PASSPHRASE", SECRET)
    locked("key", "rotate", "--passphrase")
    assert plain(locked) == [path], "the one that was replaced"


def test_recover_locks_the_new_key_where_it_is_asked_to(here: Inside) -> None:
    here("init", "--name", ORIGIN)
    assert "key.no_terminal" in here(*RECOVER, "--passphrase", code=2)
    assert [size for _, size in state(here)[1]] == [1]
    here.set("FOODTRACE_PASSPHRASE", SECRET)
    assert here.json(*RECOVER, "--passphrase")["locked"] is True
    assert len(plain(here)) == 1, "the old log's, which has ended"
    here("site", "add", "福安超市:shop")


def test_on_a_terminal_the_passphrase_is_asked_for_once(locked: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["wrong", SECRET]
    monkeypatch.setattr(click, "prompt", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr(Context, "interactive", property(lambda _: True))
    before = state(locked)
    assert "key.passphrase_wrong" in locked(*RECOVER, code=1)
    assert state(locked) == before
    locked(*RECOVER)
    assert (answers, plain(locked)) == ([], [])


def test_on_a_terminal_each_of_two_locks_is_asked_for(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, asked = ["one two three", "one two three", "four five six", "four five six", "one two three"], []

    def prompt(words: str, **_: object) -> str:
        asked.append(words)
        return answers[len(asked) - 1]

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(Context, "interactive", property(lambda _: True))
    here("init", "--name", ORIGIN, "--passphrase")
    new = here.json("key", "create", "--passphrase")["key_id"]  # the old one is opened for its name, then the new one's is asked for
    here("key", "rotate", "--to", new)
    assert asked == ["Passphrase", "Passphrase", "Passphrase", f"Passphrase ({new})", "Passphrase"]


def test_a_key_file_without_a_lock_does_not_take_the_place_of_a_locked_one(locked: Inside, tmp_path: Path) -> None:
    locked.set("FOODTRACE_PASSPHRASE", SECRET)
    new = locked.json("key", "create")["key_id"]
    before = state(locked)
    said = locked("key", "rotate", "--to", new, code=1)
    assert "key.lock_lost" in said
    assert "foodtrace key create --passphrase" in said
    with Ledger.open(str(locked.folder / "foodtrace.db"), keys=locked.folder / "keys", passphrase=SECRET) as ledger:
        with pytest.raises(errors.Refused) as caught:
            rotation.rotate_anew(ledger)
        assert caught.value.code == "key.lock_lost"
    assert state(locked) == before
    other = locked.json("key", "create", "--passphrase")["key_id"]
    assert locked.json("key", "rotate", "--to", other)["new"] == other


def test_a_recovery_that_broke_off_before_the_old_log_was_ended_ends_it_when_asked_again(
    here: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a power cut, or a program of before which asked for the passphrase only then, leaves it."""
    here("init", "--name", ORIGIN)

    def gone(*_: object, **__: object) -> None:
        raise errors.Storage("storage.full", value="x")

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "end_log", gone)
        here(*RECOVER, code=3)
    assert "recover.which" in here(*RECOVER[2:], code=2)
    done = here.json(*RECOVER)
    assert (done["log"], done["into"], done["old_key"], done["mark"]) == (ORIGIN, f"{ORIGIN}-r2", "ended", 1)
    assert state(here)[1] == [(ORIGIN, 2), (f"{ORIGIN}-r2", 2)]
    here("verify", "--full")
    assert "recover.continued" in here(*RECOVER, code=1)


def test_in_a_program_a_new_key_may_be_locked_otherwise(here: Inside) -> None:
    with Ledger.open(str(here.folder / "x.db"), keys=here.folder / "keys") as ledger:
        ledger.init(ORIGIN)
    with Ledger.open(str(here.folder / "x.db"), keys=here.folder / "keys", recovering=True) as ledger:
        done = recovery.recover(ledger, ORIGIN, new_log=True, reason="x", passphrase=SECRET)
    assert (done.locked, done.old_key) == (True, "ended")
    with Ledger.open(str(here.folder / "x.db"), keys=here.folder / "keys", passphrase=SECRET) as ledger:
        assert ledger.writer().origin == f"{ORIGIN}-r2"
