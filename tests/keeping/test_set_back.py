"""A host that knows better writes nothing: a ledger that was set back without its anchor, a log that a recovery left, a log that ended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Recovered, Site
from foodtrace.graph.edges import moment
from foodtrace.operations.common import Outcome
from foodtrace.tlog.vouched import Seen, format_head, read_seen
from tests.cli.shell import run
from tests.keeping.ownlog import AT, ORIGIN, clock, fill, move
from tests.ledger.tampering import sealed_again, unsealed


def test_what_verify_saw_keeps_a_ledger_that_was_set_back_from_being_written(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        assert ledger.verify().ok
        seen, mark = read_seen(ledger.mark)[ORIGIN], ledger.mark
    for anchor in (tmp_path / "keys").glob("*.anchor"):
        anchor.unlink()
    for changed, code in (
        (seen._replace(size=seen.size + 2), "ledger.rolled_back"),
        (seen._replace(leaf=bytes(32)), "ledger.forked_log"),
    ):
        mark.write_bytes(format_head({ORIGIN: Seen(*changed)}))
        with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
            with pytest.raises(errors.Integrity) as caught:
                ledger.record([move("a")])
            assert caught.value.code == code
            with pytest.raises(errors.Integrity):
                ledger.refuse_set_back()
        assert not list((tmp_path / "keys").glob("*.anchor")), "no anchor is made that would vouch for it"
    mark.write_bytes(format_head({ORIGIN: seen}))
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        ledger.record([move("a")])


def test_every_command_that_hands_something_out_says_it_and_recover_is_the_way_on(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm")
    shutil.copy(tmp_path / "foodtrace.db", tmp_path / "old.db")
    run(tmp_path, "site", "add", "福安超市:shop")
    run(tmp_path, "verify")
    for path in [*tmp_path.glob("foodtrace.db*"), *(tmp_path / "keys").glob("*.anchor")]:
        path.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "foodtrace.db")
    for words in (("site", "add", "河西:shop"), ("prove", "#1"), ("export", "tiles", "t"), ("backup", "b")):
        assert "ledger.rolled_back" in run(tmp_path, *words, code=3), words
    assert not (tmp_path / "t").exists()
    assert "signed or verified 5" in run(tmp_path, "doctor", code=3)
    run(tmp_path, "recover", "--same-log", "--reason", "old copy")
    run(tmp_path, "site", "add", "河西:shop")
    run(tmp_path, "verify")


@pytest.fixture
def left(tmp_path: Path) -> tuple[Path, str]:
    """Give a folder with a log that a recovery left for want of its key, and the key found again."""
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "永发合作社:farm")
    (key,) = (tmp_path / "keys").glob("*.key")
    key.rename(tmp_path / key.name)
    run(tmp_path, "recover", "--new-log", "--reason", "lost")
    (tmp_path / key.name).rename(key)
    return tmp_path, key.stem


def verified(folder: Path, code: int = 0) -> Any:
    """Return the answer of verify; its progress follows on the other stream."""
    return json.JSONDecoder().raw_decode(run(folder, "verify", "--json", code=code))[0]


def sizes(folder: Path) -> dict[str, int]:
    return {each["log"]: each["entries"] for each in verified(folder)["logs"]}


def test_a_key_found_again_does_not_write_the_log_that_was_left(left: tuple[Path, str]) -> None:
    folder, key = left
    before = sizes(folder)
    run(folder, "site", "add", "福安超市:shop")
    after = sizes(folder)
    assert after["t.example/a"] == before["t.example/a"]
    assert after["t.example/a-r2"] > before["t.example/a-r2"]
    assert "log.sealed" in run(folder, "--log", "a", "site", "add", "河西:shop", code=1)
    run(folder, "--log", "a", "key", "revoke", key, "--end-log", "--reason", "found again")
    assert sizes(folder)["t.example/a"] == before["t.example/a"] + 1, "ending it is all that may follow, and no finding"
    assert "after a recovery" not in run(folder, "doctor")


def test_what_was_written_beyond_the_seal_is_found(left: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = left
    monkeypatch.setattr("foodtrace.writing.sealed_logs", lambda _session, _keys: {})  # a program of before
    with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys", log="t.example/a") as ledger:
        ledger.record([move("x")])
    found = verified(folder, 3)["findings"]
    assert [(each["code"], each["log"]) for each in found] == [("tlog.beyond_seal", "t.example/a")]
    assert "after a recovery had left it" in run(folder, "doctor", code=3)


def written_beyond(folder: Path, name: str) -> None:
    """Write in the log that was left, as a program of before did that had its key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foodtrace.writing.sealed_logs", lambda _session, _keys: {})
        with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys", log="t.example/a") as ledger:
            ledger.record([move(name)])


def keys_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["log"]: row for row in json.loads(run(folder, "key", "list", "--json")) if row["use"] == "log"}


def test_what_stands_beyond_a_seal_is_owned_by_the_log_that_goes_on_and_nobody_else(left: tuple[Path, str]) -> None:
    folder, _ = left
    old, new = "t.example/a", "t.example/a-r2"
    size = sizes(folder)[old]
    assert "recover.nothing_beyond" in run(folder, "recover", "--beyond", "--reason", "r", code=1)
    row = keys_of(folder)[old]
    assert (row["state"], row["last"], row["into"], row["beyond"]) == ("left", size - 1, new, 0)
    for turn in (1, 2):  # once more afterwards: it is a finding again, and has its own mark
        written_beyond(folder, f"x{turn}")
        assert [each["code"] for each in verified(folder, 3)["findings"]] == ["tlog.beyond_seal"]
        row = keys_of(folder)[old]
        assert (row["state"], row["last"], row["beyond"], row["known"]) == ("left", size - 2 + turn, 1, turn - 1)
        assert "1 entry was written in log t.example/a since, with the old key" in run(folder, "key", "list")
        assert "recover.reason" in run(folder, "recover", "--beyond", code=2)
        done = json.loads(run(folder, "recover", "--beyond", "--reason", "the gate wrote on", "--by", "07", "--json"))
        assert (done["log"], done["first"], done["last"], done["into"]) == (old, size - 1 + turn, size - 1 + turn, new)
        assert verified(folder)["ok"]
        assert "after a recovery had left it" not in run(folder, "doctor")
        row = keys_of(folder)[old]
        assert (row["last"], row["beyond"], row["known"]) == (size - 1 + turn, 0, turn)
        entry = json.loads(run(folder, "prove", f"{new}#{done['mark']}", "--json"))[0]
        told = json.loads((folder / entry["entry"]).read_bytes())["event"]
        assert (told["former"], told["lost_from"], told["reason"]) == (old, size + turn, "the gate wrote on")
        assert told["checkpoint"].startswith(f"{old}\n{size + turn}\n")
    assert "log.sealed" in run(folder, "--log", "a", "site", "add", "y:shop", code=1), "it is written no more for that"
    run(folder, "--log", "a", "key", "revoke", left[1], "--end-log", "--reason", "done")
    assert verified(folder)["ok"]
    row = keys_of(folder)[old]
    assert (row["state"], row["beyond"], row["last"]) == ("ended", 0, size + 2)


def test_the_mark_cannot_be_made_with_the_old_key_nor_by_another_log(left: tuple[Path, str]) -> None:
    from foodtrace.sealed import mark_id

    folder, _ = left
    written_beyond(folder, "x")
    claim = Recovered(id=mark_id("t.example/a", 1), at=AT, kind="new_log", lost_from=99, lost_to=99, former="t.example/a", reason="r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foodtrace.writing.sealed_logs", lambda _session, _keys: {})
        with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys", log="t.example/a") as ledger:
            ledger.act(lambda _session: Outcome(events=[claim]))
    run(folder, "init", "--name", "t.example/other")
    with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys", log="t.example/other") as ledger:
        ledger.act(lambda _session: Outcome(events=[claim]))
    assert [each["code"] for each in verified(folder, 3)["findings"]] == ["tlog.beyond_seal"]


def test_the_mark_answers_for_nothing_else(left: tuple[Path, str]) -> None:
    folder, _ = left
    written_beyond(folder, "x")
    owner = unsealed(folder / "foodtrace.db")
    owner.execute("UPDATE head SET time = time + 1 WHERE log = 1")
    sealed_again(owner)
    owner.close()
    assert "recover.broken" in run(folder, "recover", "--beyond", "--reason", "r", code=3)


def test_an_ended_log_says_that_it_has_ended_and_what_to_do(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "--phone", "1")
    (key,) = (tmp_path / "keys").glob("*.key")
    run(tmp_path, "key", "revoke", key.stem, "--end-log", "--reason", "closed")
    for words in (("site", "add", "x:shop"), ("key", "rotate"), ("erase", "永发合作社", "--yes")):
        said = run(tmp_path, *words, code=1)
        assert "log.ended" in said, words
        assert "recover --new-log" in said, words
    assert "nothing can be written" in run(tmp_path, "doctor", code=3)
    run(tmp_path, "recover", "--new-log", "--reason", "goes on")
    assert "nothing can be written" not in run(tmp_path, "doctor")


def test_after_the_way_out_of_a_clock_of_2099_the_doctor_is_content(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "--now", "2099-01-01 00:00", "--confirm-clock", "site", "add", "永发合作社:farm")
    assert "BAD" in run(tmp_path, "doctor", code=3)
    run(tmp_path, "recover", "--new-log", "--reason", "clock")
    run(tmp_path, "site", "add", "福安超市:shop")
    run(tmp_path, "doctor")


def test_a_key_directory_open_to_others_is_not_told_as_a_ledger_that_cannot_be_read(tmp_path: Path) -> None:
    run(tmp_path, "init")
    (tmp_path / "keys").chmod(0o777)
    said = run(tmp_path, "doctor", code=3)
    assert "has mode 0777" in said
    assert "cannot be read" not in said
    assert "anchors not compared" in said


def test_a_strangers_word_that_it_continues_a_log_stops_nobody(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as own:
        fill(own)
    with Ledger.open(url, keys=tmp_path / "stranger", clock=clock) as stranger:
        stranger.init("t.example/s", operator="F-1")
        claim = Recovered(id="mine", at=moment(clock()), kind="new_log", lost_from=1, lost_to=1, former=ORIGIN, reason="mine now")
        stranger.act(lambda _session: Outcome(events=[claim]))
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as own:
        assert own.record([move("t9")]).log == ORIGIN
        assert not [each for each in own.verify().findings if each.code == "tlog.beyond_seal"]


def test_a_name_this_host_wrote_a_log_under_makes_no_second_one(tmp_path: Path) -> None:
    """It was made, and every write after it was refused as rolled back."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
    with Ledger.open(f"sqlite:///{tmp_path}/y.db", keys=tmp_path / "keys", clock=clock) as other:
        with pytest.raises(errors.Conflict) as told:
            other.init(ORIGIN, operator="F-1")
        assert told.value.code == "log.anchored"
        assert len(list((tmp_path / "keys").glob("*.key"))) == 1
        other.init("t.example/other", operator="F-1")
        assert other.record([Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市")]).new == 1
