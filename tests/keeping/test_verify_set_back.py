"""A ledger that was set back, forked or taken away is verified like any other: every finding, with what was expected and what is there."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foodtrace import Ledger
from foodtrace.errors import NotFound
from foodtrace.events import Transfer
from foodtrace.verification import Verification
from tests.cli.shell import run
from tests.ledger.rich import AT, LOT, first, kg


def late(name: str) -> Transfer:
    return Transfer(id=name, at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(1), doc=f"V-{name}")


def opened(folder: Path, *, forgiving: bool = False) -> Ledger:
    return Ledger.open(f"sqlite:///{folder / 'foodtrace.db'}", keys=folder / "keys", recovering=forgiving)


def put_back(folder: Path, old: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (folder / f"foodtrace.db{suffix}").unlink(missing_ok=True)
    shutil.copy(old, folder / "foodtrace.db")


def copied(folder: Path) -> Path:
    """Return a copy of the ledger of 11 entries, after which one more was recorded; ``verify`` ran before, or never."""
    with opened(folder) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
    old = Path(shutil.copy(folder / "foodtrace.db", folder / "old.db"))
    with opened(folder) as ledger:
        ledger.record([late("a")])
    return old


def verified(folder: Path, *, full: bool = False) -> Verification:
    with opened(folder, forgiving=True) as ledger:
        return ledger.verify(full=full)


def findings(found: Verification) -> set[tuple[str, str, int | None, str, str]]:
    assert not found.ok
    return {(each.code, each.log, each.seq, each.expected, each.got) for each in found.findings}


def answer(printed: str) -> Any:
    """Return what a command printed as JSON, without the progress that follows on stderr."""
    return json.JSONDecoder().raw_decode(printed)[0]


SIZE = len(first()) + 1
BACK = ("tlog.rolled_back", "city/one", SIZE - 1, str(SIZE + 1), str(SIZE))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("seen", [False, True])
def test_an_old_copy_is_a_finding_beside_all_others(tmp_path: Path, full: bool, seen: bool) -> None:
    old = copied(tmp_path)
    if seen:
        with opened(tmp_path) as ledger:
            assert ledger.verify().ok
    put_back(tmp_path, old)
    assert findings(verified(tmp_path, full=full)) == {BACK}
    with sqlite3.connect(tmp_path / "foodtrace.db") as damage:
        damage.execute("CREATE TRIGGER zz AFTER INSERT ON move BEGIN SELECT 1; END")
        damage.execute("DELETE FROM site_fact WHERE seq = 2")
    damage.close()
    found = findings(verified(tmp_path, full=full))
    assert BACK in found
    assert ("tlog.trigger_strange", "", None, "", "trigger zz on move") in found
    assert "projection.differs" in {code for code, *_ in found}
    assert verified(tmp_path, full=full).entries == SIZE, "what is there was looked at"


def test_another_history_is_a_finding_with_both_roots(tmp_path: Path) -> None:
    old = copied(tmp_path)
    with opened(tmp_path) as ledger, ledger.reading() as session:
        theirs = session.rows("SELECT note FROM checkpoint WHERE size = ?", (SIZE + 1,))[0][0].decode().splitlines()[2]
    put_back(tmp_path, old)
    shutil.copytree(tmp_path / "keys", tmp_path / "aside")
    for anchor in (tmp_path / "aside").glob("*.anchor"):
        anchor.unlink()
    with Ledger.open(f"sqlite:///{tmp_path / 'foodtrace.db'}", keys=tmp_path / "aside") as ledger:
        ledger.record([late("other")])
    ((code, log, seq, expected, got),) = findings(verified(tmp_path))
    assert (code, log, seq) == ("tlog.forked", "city/one", SIZE)
    assert bytes.fromhex(expected) == base64.b64decode(theirs)
    assert got not in (expected, "-")


def test_a_checkpoint_that_is_gone_is_no_second_history_and_its_trigger_is_named(tmp_path: Path) -> None:
    copied(tmp_path)
    with sqlite3.connect(tmp_path / "foodtrace.db") as damage:
        damage.execute("DROP TRIGGER checkpoint_no_delete")
        damage.execute("DELETE FROM checkpoint WHERE size = ?", (SIZE + 1,))
        damage.execute("CREATE TRIGGER zz BEFORE INSERT ON checkpoint BEGIN SELECT RAISE(IGNORE); END")
    damage.close()
    codes = {code: got for code, _, _, _, got in findings(verified(tmp_path))}
    assert codes["tlog.trigger_strange"] == "trigger zz on checkpoint"
    assert codes["tlog.trigger_missing"] == "checkpoint_no_delete"
    assert codes["tlog.other_checkpoint"] == "-"
    assert "tlog.forked" not in codes


def test_an_anchor_that_cannot_be_read_hides_nothing(tmp_path: Path) -> None:
    copied(tmp_path)
    (anchor,) = (tmp_path / "keys").glob("*.anchor")
    anchor.write_bytes(b"nothing" * 100)
    assert findings(verified(tmp_path)) == {("tlog.anchor_damaged", "city/one", None, "", str(anchor))}


def test_a_program_that_has_the_ledger_open_is_told_too(tmp_path: Path) -> None:
    copied(tmp_path)
    with opened(tmp_path) as ledger:
        assert ledger.verify().ok
        for path in (tmp_path / "keys").glob("*.verified"):
            path.unlink()
        with ledger.store.write() as session:
            for name in ("entry_no_delete", "checkpoint_no_delete", "head_no_update"):
                session.run(f"DROP TRIGGER {name}")
            session.run("DELETE FROM checkpoint WHERE size > ?", (SIZE,))
            session.run("DELETE FROM entry WHERE seq >= ?", (SIZE,))
            session.run("UPDATE head SET size = ?", (SIZE,))
        assert BACK in findings(ledger.verify())


def test_a_ledger_that_is_gone_is_named_from_what_verify_saw(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
        mark = ledger.mark
        assert ledger.verify().ok
    if url.startswith("sqlite"):
        for suffix in ("", "-wal", "-shm"):
            (tmp_path / f"x.db{suffix}").unlink(missing_ok=True)
    else:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with Ledger.open(url, keys=tmp_path / "keys", recovering=True) as ledger:
        assert findings(ledger.verify()) == {("tlog.log_gone", "city/one", SIZE - 1, f"{SIZE} ({mark})", "0")}
        mark.unlink()
        with pytest.raises(NotFound, match="no ledger"):
            ledger.verify()


def test_the_command_prints_the_answer_and_exits_with_3(tmp_path: Path) -> None:
    old = copied(tmp_path)
    put_back(tmp_path, old)
    told = answer(run(tmp_path, "verify", "--json", code=3))
    assert told["ok"] is False
    wanted = {"code": BACK[0], "log": BACK[1], "seq": BACK[2], "expected": BACK[3], "got": BACK[4]}
    assert [{key: each[key] for key in wanted} for each in told["findings"]] == [wanted]
    text = run(tmp_path, "verify", code=3)
    assert "NOT verified" in text
    assert "tlog.rolled_back" in text
    assert "ledger.rolled_back" in run(tmp_path, "site", "list", code=3), "everything else goes on refusing it"


@pytest.mark.parametrize("emptied", [False, True])
def test_the_command_says_that_the_ledger_is_gone(tmp_path: Path, emptied: bool) -> None:
    copied(tmp_path)
    run(tmp_path, "verify")
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"foodtrace.db{suffix}").unlink(missing_ok=True)
    if emptied:
        (tmp_path / "foodtrace.db").touch()
    told = answer(run(tmp_path, "verify", "--json", code=3))
    assert [(each["code"], each["log"], each["got"]) for each in told["findings"]] == [("tlog.log_gone", "city/one", "0")]
    for mark in (tmp_path / "keys").glob("*.verified"):
        mark.unlink()
    assert "ledger.missing" in run(tmp_path, "verify", "--json", code=1)
