"""A log has one heir: whoever finds a lost key and ends the log for a log of their own is named, and excuses nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Erasure
from foodtrace.keeping import recovery
from tests.cli.shell import run
from tests.keeping.ownlog import AT, ORIGIN, clock
from tests.keeping.test_erase_left import R2, R3, leave, url

__all__ = ["url"]
EVIL = "evil/1"


def takeover(ledger_url: str, keys: Path, log: str = ORIGIN, **told: Any) -> None:
    """Go on in a log of a thief's, with a key that lies in ``keys``; the program is one that does not ask whether there is an heir."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foodtrace.keeping.recovery._continued", lambda _host, _log: "")
        with Ledger.open(ledger_url, keys=keys, recovering=True, **told) as thief:
            recovery.recover(thief, log, new_log=True, name=EVIL, reason="evil")


def found(ledger_url: str, keys: Path, *, full: bool = False) -> list[tuple[str, str, object, object]]:
    with Ledger.open(ledger_url, keys=keys, clock=clock) as ledger:
        return [(each.code, each.log, each.expected, each.got) for each in ledger.verify(full=full).findings]


@pytest.fixture
def stolen(url: str, tmp_path: Path) -> str:
    """Give a ledger that was left for want of its key, and a thief who found the key and made an heir of their own."""
    (key,) = (tmp_path / "keys").glob("*.key")
    (tmp_path / "thief").mkdir(mode=0o700)
    key.rename(tmp_path / "thief" / key.name)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, recovering=True) as ledger:
        assert recovery.recover(ledger, ORIGIN, new_log=True, reason="key lost").into == R2
    takeover(url, tmp_path / "thief", clock=clock)
    return url


@pytest.mark.parametrize("full", [False, True])
def test_a_second_heir_is_named_on_the_host_that_went_on(stolen: str, tmp_path: Path, full: bool) -> None:
    seen = found(stolen, tmp_path / "keys", full=full)
    assert ("tlog.two_heirs", ORIGIN, R2, EVIL) in seen
    assert "tlog.beyond_seal" in {each[0] for each in seen}, "an ending for somebody else is no ending"


def test_what_a_second_heir_erased_is_not_excused(stolen: str, tmp_path: Path) -> None:
    with Ledger.open(stolen, keys=tmp_path / "keys", clock=clock) as ledger, ledger.store.write() as session:
        session.run("DELETE FROM personal")
    with Ledger.open(stolen, keys=tmp_path / "thief", clock=clock, log=EVIL) as thief:
        thief.record([Erasure(id="erase-2-before-1-x", at=AT, seq=2, log=ORIGIN, fields=("phone",))])
    assert ("personal.vanished", ORIGIN) in {each[:2] for each in found(stolen, tmp_path / "keys", full=True)}
    for anchor in (tmp_path / "keys").glob("*.anchor"):
        anchor.unlink()
    # Without its anchors the host knows no more than an auditor, who wrote none of the three: whose heir is the right one they cannot tell,
    # and say so.
    for keys in ("keys", "auditor"):
        assert ("tlog.two_heirs", ORIGIN) in {each[:2] for each in found(stolen, tmp_path / keys)}, keys


def test_a_log_that_is_continued_gets_no_second_heir(url: str, tmp_path: Path) -> None:
    assert leave(url, tmp_path / "keys", lost_key=False) == R2
    for keys in ("keys", "other"):
        with Ledger.open(url, keys=tmp_path / keys, clock=clock, recovering=True) as ledger:
            with pytest.raises(errors.Refused) as told:
                recovery.recover(ledger, ORIGIN, new_log=True, reason="again")
            assert told.value.code == "recover.continued"
            assert f"continued by {R2}" in told.value.message("en")
            assert {each.origin for each in ledger.logs()} == {ORIGIN, R2}
    assert found(url, tmp_path / "keys") == []
    assert leave_again(url, tmp_path / "keys") == R3, "the heir itself is left as any log"


def leave_again(ledger_url: str, keys: Path) -> str:
    with Ledger.open(ledger_url, keys=keys, clock=clock, recovering=True) as ledger:
        return recovery.recover(ledger, R2, new_log=True, reason="moved").into


def test_a_recovery_that_broke_off_after_its_mark_is_carried_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be refused as continued already, and every other command as rolled back."""
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "福安超市:shop")
    shutil.copy(tmp_path / "foodtrace.db", tmp_path / "old.db")
    run(tmp_path, "site", "add", "河西:shop")
    for path in tmp_path.glob("foodtrace.db*"):
        path.unlink()
    (tmp_path / "old.db").rename(tmp_path / "foodtrace.db")

    def crash(_key: Path) -> None:
        raise errors.Storage("storage.failed", value="x", reason="power")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_put_aside", crash)
        with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys", recovering=True) as ledger, pytest.raises(errors.Storage):
            recovery.recover(ledger, "a", new_log=True, reason="disk")
    assert "put aside" in run(tmp_path, "--log", "a", "recover", "--new-log", "--reason", "disk")
    run(tmp_path, "site", "add", "河东:shop")
    assert "verified" in run(tmp_path, "verify", "--full")
    assert (keys_of(tmp_path, "t.example/a")["into"], keys_of(tmp_path, "t.example/a")["rivals"]) == ("t.example/a-r2", [])


def keys_of(folder: Path, log: str) -> dict[str, Any]:
    return next(row for row in json.loads(run(folder, "key", "list", "--json")) if row["log"] == log)


def test_the_way_out_as_the_owner_types_it(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "农场:farm", "--contact", "王五", "--phone", "0451-555-0104")
    (key,) = (tmp_path / "keys").glob("*.key")
    (tmp_path / "thief").mkdir(mode=0o700)
    key.rename(tmp_path / "thief" / key.name)
    run(tmp_path, "recover", "--new-log", "--reason", "key lost")
    evil = ("--keys", "thief", "--log")
    assert "recover.continued" in run(tmp_path, *evil, "a", "recover", "--new-log", "--reason", "e", "--name", EVIL, code=1)
    takeover(str(tmp_path / "foodtrace.db"), tmp_path / "thief", "t.example/a")
    run(tmp_path, *evil, EVIL, "erase", "农场", "--yes")
    assert "two logs say that they continue this one" in run(tmp_path, "verify", code=3)
    assert EVIL in run(tmp_path, "doctor", code=3)
    assert f"say as well: {EVIL}" in run(tmp_path, "key", "list")
    assert (keys_of(tmp_path, "t.example/a")["into"], keys_of(tmp_path, "t.example/a")["rivals"]) == ("t.example/a-r2", [EVIL])
    run(tmp_path, "erase", "农场", "--yes")
    run(tmp_path, "recover", "--beyond", "--reason", "police told")
    assert "verified" in run(tmp_path, "verify", "--full")
    assert EVIL not in run(tmp_path, "doctor")


def test_what_a_known_rival_erases_afterwards_is_named_by_the_doctor_as_by_verify(tmp_path: Path) -> None:
    """That two heirs are known excuses what was done until then, and nothing more (ADR 24)."""
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "农场:farm", "--contact", "王五", "--phone", "0451-555-0104")
    run(tmp_path, "site", "add", "超市:shop", "--phone", "0451-555-0105")
    (key,) = (tmp_path / "keys").glob("*.key")
    (tmp_path / "thief").mkdir(mode=0o700)
    key.rename(tmp_path / "thief" / key.name)
    run(tmp_path, "recover", "--new-log", "--reason", "key lost")
    takeover(str(tmp_path / "foodtrace.db"), tmp_path / "thief", "t.example/a")
    run(tmp_path, "recover", "--beyond", "--reason", "police told")
    assert "verified" in run(tmp_path, "verify", "--full")
    run(tmp_path, "doctor")
    run(tmp_path, "--keys", "thief", "--log", EVIL, "erase", "农场", "--yes")
    for full in ((), ("--full",)):
        assert "personal.vanished" in run(tmp_path, "verify", *full, code=3)
    said = json.loads(run(tmp_path, "doctor", "--json", code=3))
    (bad,) = [each for each in said["checks"] if each["state"] == "bad"]
    assert (bad["code"], bad["facts"]["count"]) == ("personal_gone", "2")
    assert "2 values of persons are gone" in run(tmp_path, "doctor", code=3)
    run(tmp_path, "erase", "农场", "--yes")
    assert "verified" in run(tmp_path, "verify", "--full")
    assert "personal_gone" not in run(tmp_path, "doctor", "--json")
    run(tmp_path, "erase", "超市", "--yes")
    assert "personal_gone" not in run(tmp_path, "doctor", "--json"), "ours counts"
