"""The day after: a backup that holds, a restore that is noticed, and a mark that stays."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import Recovered
from foodtrace.keeping import recovery
from foodtrace.keeping.backup import backup, read_backup, restore
from foodtrace.operations.entries import event_at
from foodtrace.tlog.note import parse_checkpoint, parse_verifier
from tests.cli.shell import run
from tests.keeping.ownlog import ORIGIN, clock, fill, move

KG_500 = Quantity(500_000, "g")


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        fill(opened)
        yield opened


def opened(tmp_path: Path, *, recovering: bool = False, keys: str = "keys") -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / keys, clock=clock, create=False, recovering=recovering)


def mark_of(ledger: Ledger, log: str, seq: int) -> Recovered:
    with ledger.reading() as session:
        row = session.row("SELECT id FROM log WHERE origin = ?", (log,))
        assert row is not None
        event = event_at(session, row[0], seq)
    assert isinstance(event, Recovered)
    return event


def test_a_backup_is_the_ledger_of_one_moment_with_checkpoints_and_keys_apart(ledger: Ledger, tmp_path: Path) -> None:
    made = backup(ledger, tmp_path / "b")
    ledger.record([move("later")])
    assert [(each.origin, each.size) for each in made.logs] == [(ORIGIN, 4)]
    assert read_backup(tmp_path / "b") == made
    key = ledger.writer().key
    note = (tmp_path / "b" / made.logs[0].checkpoint).read_bytes()
    assert parse_checkpoint(note, [parse_verifier(key.vkey)]).size == 4
    (copied,) = (tmp_path / "b" / "keys").iterdir()
    assert (copied.name, stat.S_IMODE(copied.stat().st_mode)) == (f"{key.key_id.hex()}.key", 0o600)
    with Ledger.open(str(tmp_path / "b" / "ledger" / "foodtrace.db"), keys=tmp_path / "nokeys", create=False) as copy:
        checked = copy.verify()
        assert checked.ok, checked.findings
        with copy.reading() as session:
            assert session.rows("SELECT seq, value FROM personal") == [(2, "0451-555-0104")]
    with pytest.raises(errors.Conflict):
        backup(ledger, tmp_path / "b")


def test_keys_go_where_they_are_asked_to(ledger: Ledger, tmp_path: Path) -> None:
    made = backup(ledger, tmp_path / "b", keys_to=tmp_path / "stick")
    assert not (tmp_path / "b" / "keys").exists()
    assert len(list((tmp_path / "stick").glob("*.key"))) == 1
    assert made.keys_path == str(tmp_path / "stick")
    assert backup(ledger, tmp_path / "c", with_keys=False).keys == ()


def test_a_backup_with_a_changed_file_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    backup(ledger, tmp_path / "b")
    path = tmp_path / "b" / "ledger" / "foodtrace.db"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(errors.Integrity) as caught:
        restore(tmp_path / "b", tmp_path / "y.db", tmp_path / "keys2")
    assert caught.value.code == "backup.changed"
    assert not (tmp_path / "y.db").exists()


def test_on_a_new_host_a_backup_is_read_but_not_written_before_recovery(ledger: Ledger, tmp_path: Path) -> None:
    backup(ledger, tmp_path / "b")
    host = tmp_path / "host"
    host.mkdir()
    restore(tmp_path / "b", host / "x.db", host / "keys")
    with opened(host) as copy:
        assert copy.verify().ok
        with pytest.raises(errors.Refused) as caught:
            copy.record([move("t1")])
        assert caught.value.code == "ledger.is_backup"
    with opened(host, recovering=True) as copy:
        done = recovery.recover(copy, None, new_log=None, reason="换了机器")
    assert (done.kind, done.lost_from, done.lost_to, done.mark, done.into) == ("restored", 4, 4, 4, ORIGIN)
    with opened(host) as copy:
        copy.record([move("t1")])
        assert copy.verify().ok
        assert mark_of(copy, ORIGIN, 4).reason == "换了机器"


def rolled_back(tmp_path: Path) -> None:
    """Put last night's copy in the place of a ledger that went on and signed."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        backup(ledger, tmp_path / "b", with_keys=False)
        ledger.record([move("a"), move("b")])
    for path in tmp_path.glob("x.db*"):
        path.unlink()
    restore(tmp_path / "b", tmp_path / "x.db", tmp_path / "keys")
    with pytest.raises(errors.Integrity) as caught:
        opened(tmp_path)
    assert caught.value.code == "ledger.rolled_back"


def test_signed_entries_that_are_lost_ask_for_a_choice(tmp_path: Path) -> None:
    rolled_back(tmp_path)
    with opened(tmp_path, recovering=True) as ledger:
        with pytest.raises(errors.BadData) as caught:
            recovery.recover(ledger, None, new_log=None, reason="磁盘坏了")
        assert caught.value.code == "recover.choose"
        with pytest.raises(errors.BadData):
            recovery.recover(ledger, None, new_log=True, reason=" ")
    with pytest.raises(errors.Integrity):
        opened(tmp_path)  # nothing was changed by asking


def test_a_new_log_names_the_old_one_which_is_never_written_again(tmp_path: Path) -> None:
    rolled_back(tmp_path)
    with opened(tmp_path, recovering=True) as ledger:
        done = recovery.recover(ledger, None, new_log=True, reason="磁盘坏了", by="07")
    assert (done.into, done.lost_from, done.lost_to, done.mark, done.old_key) == (f"{ORIGIN}-r2", 4, 6, 1, "put_aside")
    with opened(tmp_path) as ledger:
        assert ledger.record([move("again")]).log == f"{ORIGIN}-r2"
        with pytest.raises(errors.Refused) as left:  # though its key is put aside: the log that goes on is to be written
            ledger.record([move("x")], log=ORIGIN)
        assert (left.value.code, left.value.expected) == ("log.sealed", f"{ORIGIN}-r2")
        mark = mark_of(ledger, f"{ORIGIN}-r2", 1)
        assert (mark.kind, mark.former, mark.lost_from, mark.lost_to, mark.by) == ("new_log", ORIGIN, 4, 6, "07")
        assert mark.checkpoint.startswith(f"{ORIGIN}\n6\n"), "the newest checkpoint that was known"
        assert Path(done.evidence).read_text(encoding="utf-8") == mark.checkpoint
        checked = ledger.verify()
        assert checked.ok, checked.findings
        assert [row.amounts[0].likely for row in ledger.recall("261123-1").outlets] == [1000]


def test_the_same_log_goes_on_with_a_mark_and_the_other_history_is_kept(tmp_path: Path) -> None:
    rolled_back(tmp_path)
    with opened(tmp_path, recovering=True) as ledger:
        done = recovery.recover(ledger, None, new_log=False, reason="磁盘坏了")
    assert (done.into, done.lost_from, done.lost_to, done.mark) == (ORIGIN, 4, 6, 4)
    with opened(tmp_path) as ledger:
        ledger.record([move("c")])
        assert ledger.verify().ok
        assert mark_of(ledger, ORIGIN, 4).checkpoint == Path(done.evidence).read_text(encoding="utf-8")


def test_a_lost_key_leaves_a_new_log_with_a_mark(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
    for key in (tmp_path / "keys").glob("*.key"):
        key.unlink()
    with opened(tmp_path) as ledger, pytest.raises(errors.NotFound) as caught:
        ledger.record([move("t1")])
    assert caught.value.code == "key.missing"
    with opened(tmp_path, recovering=True) as ledger:
        with pytest.raises(errors.BadData) as choose:
            recovery.recover(ledger, None, new_log=None, reason="密钥文件丢失")
        assert choose.value.code == "recover.no_key"
        assert "--new-log" in choose.value.hint("en")
        assert "--same-log" not in choose.value.hint("en"), "it cannot work"
        done = recovery.recover(ledger, None, new_log=True, reason="密钥文件丢失")
    assert (done.old_key, done.lost_from, done.lost_to) == ("not_here", 4, 4)
    with opened(tmp_path) as ledger:
        assert ledger.record([move("t1")]).log == f"{ORIGIN}-r2"
        assert ledger.verify().ok


def test_where_nothing_is_lost_the_old_log_of_a_new_one_ends_by_an_entry(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
    with opened(tmp_path, recovering=True) as ledger:
        assert recovery.recover(ledger, None, new_log=True, name="test.example/next", reason="换主机").old_key == "ended"
    with opened(tmp_path) as ledger:
        assert {each.origin: (each.size, bool(each.key_id)) for each in ledger.logs()} == {
            ORIGIN: (5, False),
            "test.example/next": (2, True),
        }
        assert ledger.verify().ok


def test_a_log_that_is_whole_is_ended_for_a_new_one_only_where_it_is_named(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", ORIGIN)
    run(tmp_path, "site", "add", "永发合作社:farm")
    before = json.loads(run(tmp_path, "key", "list", "--json"))
    said = run(tmp_path, "recover", "--new-log", "--reason", "the till hung", code=2)
    assert "recover.whole" in said
    assert f"foodtrace --log {ORIGIN} recover --new-log" in said
    assert json.loads(run(tmp_path, "key", "list", "--json")) == before
    run(tmp_path, "site", "add", "福安超市:shop")
    assert "the old log has ended" in run(tmp_path, "--log", ORIGIN, "recover", "--new-log", "--reason", "another till")
    said = run(tmp_path, "recover", "--new-log", "--reason", "the till hung", code=2)
    assert f"--log {ORIGIN}-r2" in said, "the log that goes on is whole as well"
    assert "verified" in run(tmp_path, "verify", "--full")


def test_recovery_mends_no_tampering(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    connection.execute("UPDATE holding SET born = born - 1")
    connection.close()
    with opened(tmp_path, recovering=True) as ledger, pytest.raises(errors.Integrity) as caught:
        recovery.recover(ledger, None, new_log=True, reason="x")
    assert caught.value.code == "recover.broken"


def test_names_of_logs_that_follow() -> None:
    assert recovery.next_origin("a/b", set()) == "a/b-r2"
    assert recovery.next_origin("a/b-r2", {"a/b-r3"}) == "a/b-r4"


def test_on_the_command_line(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", ORIGIN)
    run(tmp_path, "site", "add", "永发合作社:farm")
    assert "备份" in run(tmp_path, "backup", "b", lang="zh")
    run(tmp_path, "site", "add", "福安超市:shop")
    for path in tmp_path.glob("foodtrace.db*"):
        path.unlink()
    assert "recover.reason" in run(tmp_path, "recover", "--from", "b", code=2)
    said = run(tmp_path, "recover", "--from", "b", "--reason", "磁盘坏了", code=2)
    assert "recover.choose" in said
    assert "ledger.rolled_back" in run(tmp_path, "site", "list", code=3)
    shown = run(tmp_path, "recover", "--new-log", "--reason", "磁盘坏了", lang="zh")
    assert f"另开日志 {ORIGIN}-r2" in shown
    assert "签过而不在这里" in shown
    run(tmp_path, "site", "add", "福安超市:shop")
    assert "verified" in run(tmp_path, "verify")
    assert json.loads(run(tmp_path, "key", "list", "--json"))
    shutil.rmtree(tmp_path / "b" / "checkpoints")
    assert "backup.changed" in run(tmp_path, "--db", "y.db", "recover", "--from", "b", "--reason", "x", code=3)


@pytest.mark.parametrize("new_log", [True, False])
@pytest.mark.parametrize("anchors", ["kept", "deleted"])
def test_after_recovery_verify_says_yes_although_a_newer_ledger_was_verified(tmp_path: Path, anchors: str, *, new_log: bool) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
    shutil.copy(tmp_path / "x.db", tmp_path / "old.db")
    with opened(tmp_path) as ledger:
        ledger.record([move("a"), move("b")])
        assert ledger.verify().ok  # and says so in the key directory
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"x.db{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", tmp_path / "x.db")
    if anchors == "deleted":
        for anchor in (tmp_path / "keys").glob("*.anchor"):
            anchor.unlink()
    with opened(tmp_path, recovering=True) as ledger:
        done = recovery.recover(ledger, None, new_log=new_log, reason="磁盘坏了")
    assert (done.lost_from, done.lost_to) == (4, 6), "what was verified here is known to be lost, anchor or not"
    with opened(tmp_path) as ledger:
        first = ledger.verify()
        assert (first.ok, first.full, first.mark) == (True, True, "made"), first.findings
        ledger.record([move("c"), move("d")])
        assert ledger.verify().ok
    kept = list((tmp_path / "keys").glob("*.verified-put-aside"))
    assert len(kept) == 1, "what was verified before is evidence"


def test_recover_asks_which_way_and_the_same_command_goes_on_with_the_answer(tmp_path: Path) -> None:
    """The first try put the backup back and then asked; the second is typed with the answer, not without ``--from``."""
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm")
    run(tmp_path, "backup", "b")
    run(tmp_path, "site", "add", "福安超市:shop")
    for path in tmp_path.glob("foodtrace.db*"):
        path.unlink()
    words = ("recover", "--from", "b", "--reason", "disk failed")
    for _ in range(2):
        assert "recover.choose" in run(tmp_path, *words, code=2)
    said = run(tmp_path, "doctor", code=3)
    assert "journal mode" not in said
    assert "no write-ahead log needed yet" in said
    assert "new log" in run(tmp_path, *words, "--new-log")
    assert "backup.there" in run(tmp_path, *words, "--new-log", code=1), "now it is a ledger"
    run(tmp_path, "site", "add", "福安超市:shop")
    assert "WAL: on" in run(tmp_path, "doctor")
    assert "verified" in run(tmp_path, "verify")


def test_a_changed_copy_of_the_backup_is_not_taken_for_it(ledger: Ledger, tmp_path: Path) -> None:
    backup(ledger, tmp_path / "b")
    host = tmp_path / "host"
    host.mkdir()
    restore(tmp_path / "b", host / "x.db", host / "keys")
    restore(tmp_path / "b", host / "x.db", host / "keys")
    (host / "x.db-wal").write_bytes(bytes(32))
    with pytest.raises(errors.Conflict):
        restore(tmp_path / "b", host / "x.db", host / "keys")
    (host / "x.db-wal").unlink()
    (host / "x.db").write_bytes(b"x")
    with pytest.raises(errors.Conflict) as caught:
        restore(tmp_path / "b", host / "x.db", host / "keys")
    assert caught.value.code == "backup.there"
