"""A backup whose keys or manifest changed is found before anything is put back; one of before says what it does not know of its keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.keeping import manifest
from foodtrace.keeping.backup import MANIFEST, Backup, backup, read_backup, restore
from foodtrace.keys import SigningKey
from tests.cli.shell import run
from tests.keeping.ownlog import ORIGIN, clock, fill

SECRET = "correct horse battery"  # noqa: S105 - a test's


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Give a backup of a ledger with the key in force, and one for later."""
    with Ledger.open(str(tmp_path / "x.db"), keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        keyfiles.create(ledger.keys, ORIGIN)
        backup(ledger, tmp_path / "b")
    return tmp_path / "b"


def as_of_before(folder: Path, **changes: object) -> None:
    """Write the manifest as programs of before wrote it: without hashes of keys, and of itself."""
    told = msgspec.structs.replace(read_backup(folder), key_files=None, sha256="", **changes)
    (folder / MANIFEST).write_bytes(manifest.text_of(told))


def in_force(folder: Path) -> Path:
    return folder / "keys" / f"{read_backup(folder).logs[0].key_id}.key"


def flips(data: bytes, step: int = 1) -> Iterator[bytes]:
    for bit in range(0, len(data) * 8, step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def refused(folder: Path, place: Path) -> str:
    """Put a backup back where nothing is; return why it was refused. Nothing was put anywhere."""
    place.mkdir()
    with pytest.raises(errors.FoodtraceError) as caught:
        restore(folder, place / "x.db", place / "keys")
    assert [*place.iterdir()] == []
    place.rmdir()
    return caught.value.code


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-40] = ord("A") if data[-40] != ord("A") else ord("B")
    path.write_bytes(data)


def test_the_manifest_names_the_keys_with_their_hashes_wherever_they_were_put(kept: Path, tmp_path: Path) -> None:
    made = read_backup(kept)
    assert made.key_files == {path.name: manifest.digest(path) for path in (kept / "keys").iterdir()}
    assert {f"{each}.key" for each in made.keys} == set(made.key_files or {})
    with Ledger.open(str(tmp_path / "x.db"), keys=tmp_path / "keys", clock=clock) as ledger:
        apart = backup(ledger, tmp_path / "c", keys_to=tmp_path / "stick")
        assert apart.key_files == made.key_files
        assert backup(ledger, tmp_path / "d", with_keys=False).key_files == {}
    shutil.copytree(tmp_path / "stick", tmp_path / "c" / "keys")  # on the day they are brought back to it
    done = restore(tmp_path / "c", tmp_path / "y.db", tmp_path / "keys2")
    assert (done.unknown, done.locked, done.missing) == ((), (), ())


@pytest.mark.parametrize("locked", [False, True])
def test_one_bit_of_any_key_is_found_before_anything_is_put_back(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    monkeypatch.setattr("foodtrace._pkcs8.ROUNDS", 70_000)
    with Ledger.open(str(tmp_path / "x.db"), keys=tmp_path / "keys", clock=clock) as ledger:
        keyfiles.create(ledger.keys, ORIGIN, SECRET)
        backup(ledger, tmp_path / "c")
    for path in (tmp_path / "c" / "keys").iterdir():
        whole = path.read_bytes()
        if (b"ENCRYPTED" in whole) != locked:
            continue
        for damaged in flips(whole, 97):
            path.write_bytes(damaged)
            assert refused(tmp_path / "c", tmp_path / "host") == "backup.key_changed"
        path.write_bytes(whole)
    restore(tmp_path / "c", tmp_path / "y.db", tmp_path / "keys2")


def test_a_plain_key_is_found_by_itself_where_its_hash_is_not_known(kept: Path, tmp_path: Path) -> None:
    as_of_before(kept)
    path = in_force(kept)
    whole = path.read_bytes()
    for damaged in flips(whole, 97):
        path.write_bytes(damaged)
        try:
            keyfiles.examine(path, damaged)
        except errors.BadData:
            assert refused(kept, tmp_path / "host") == "backup.key_changed"
        else:  # a line end that became another white space: the key is the same
            assert damaged.split() == whole.split()
    path.write_bytes(whole)
    done = restore(kept, tmp_path / "y.db", tmp_path / "keys2")
    assert done.unknown == tuple(sorted(done.keys))


def test_another_key_under_the_number_of_the_logs_own_is_refused_whatever_the_manifest_says(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four bytes of a hash are no proof: whoever tries long enough finds a key with the same number. The log names the whole key."""
    as_of_before(kept)
    monkeypatch.setattr("foodtrace.keeping.backedkeys.key_id", lambda _origin, _public: forged.key_id)
    (kept / "keys").rename(tmp_path / "aside")
    forged: SigningKey = keyfiles.create(kept / "keys", ORIGIN)
    assert refused(kept, tmp_path / "host") == "backup.key_changed"


def test_no_bit_of_the_manifest_changes_unnoticed(kept: Path) -> None:
    whole = (kept / MANIFEST).read_bytes()
    manifest.parse_manifest(whole)
    for damaged in flips(whole):
        with pytest.raises((errors.Integrity, errors.BadData)) as caught:
            manifest.parse_manifest(damaged)
        assert caught.value.code in ("backup.changed", "backup.form")


@pytest.mark.parametrize("what", ["size", "key_id", "origin", "checkpoint", "time"])
def test_what_a_manifest_of_before_says_of_the_ledger_is_compared_with_it(kept: Path, tmp_path: Path, what: str) -> None:
    made = read_backup(kept)
    as_of_before(kept)
    read_backup(kept)
    if what == "time":
        as_of_before(kept, time="2026-11-23T20:00:01Z")
    else:
        changed = msgspec.structs.replace(made.logs[0], **{what: 5 if what == "size" else "x"})
        as_of_before(kept, logs=(changed,))
    assert refused(kept, tmp_path / "host") == "backup.changed"


def test_a_damaged_key_is_not_copied_as_if_it_were_whole(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "keys" / in_force(kept).name
    damage(path)
    with Ledger.open(str(tmp_path / "x.db"), keys=tmp_path / "keys", clock=clock) as ledger:
        with pytest.raises(errors.BadData) as caught:
            backup(ledger, tmp_path / "c", keys_to=tmp_path / "stick")
        assert caught.value.code == "key.file_differs"
        assert not (tmp_path / "c").exists()
        assert not (tmp_path / "stick").exists()
        backup(ledger, tmp_path / "c", with_keys=False)


def test_another_file_among_the_keys_is_found_before_anything_is_put_back(kept: Path, tmp_path: Path) -> None:
    host = tmp_path / "host"
    (host / "keys").mkdir(parents=True, mode=0o700)
    last = max((kept / "keys").iterdir())
    (host / "keys" / last.name).write_bytes(b"another")
    with pytest.raises(errors.Conflict) as caught:
        restore(kept, host / "x.db", host / "keys")
    assert caught.value.code == "key.exists"
    assert [path.name for path in host.rglob("*")] == ["keys", last.name]


def test_a_key_that_was_brought_by_hand_is_looked_at_before_anything_is_put_back(kept: Path, tmp_path: Path) -> None:
    """It was found when the ledger lay there already and was to be marked."""
    shutil.move(kept / "keys", tmp_path / "host" / "keys")
    place = tmp_path / "host" / "keys" / f"{read_backup(kept).logs[0].key_id}.key"
    whole = place.read_bytes()
    damage(place)
    words = ("recover", "--from", "../b", "--reason", "moved", "--same-log")
    said = run(tmp_path / "host", *words, code=2)
    assert "key.file_differs" in said
    assert not (tmp_path / "host" / "foodtrace.db").exists()
    place.write_bytes(whole)
    assert "this host knows of nothing newer" in run(tmp_path / "host", "--now", "2026-11-24 05:00", *words)


def drop(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(("harm", "code"), [(damage, 3), (drop, 0)])
def test_on_the_command_line(tmp_path: Path, harm: Callable[[Path], None], code: int) -> None:
    run(tmp_path, "init", "--name", ORIGIN)
    run(tmp_path, "key", "create")
    run(tmp_path, "site", "add", "永发合作社:farm")
    run(tmp_path, "backup", "b")
    made = json.loads((tmp_path / "b" / MANIFEST).read_bytes())
    (spare,) = set(made["keys"]) - {made["logs"][0]["key_id"]}
    words = ("recover", "--from", "b", "--reason", "moved", "--same-log")
    at = ("--db", "y.db", "--keys", "keys2")
    harm(tmp_path / "b" / "keys" / f"{spare}.key")
    said = run(tmp_path, *at, *words, code=code)
    if code:
        assert f"backup.key_changed: the key file keys/{spare}.key in the backup was changed or is damaged" in said
        assert not (tmp_path / "keys2").exists()
        assert not (tmp_path / "y.db").exists()
    else:
        assert f"key files that the manifest names and that are not in the backup: {spare}" in said
        assert "this host knows of nothing newer" in said


def test_a_backup_of_before_is_put_back_and_it_is_said_what_is_not_known_of_its_keys(kept: Path, tmp_path: Path) -> None:
    as_of_before(kept)
    (tmp_path / "c").mkdir()
    shutil.copytree(kept, tmp_path / "c" / "b")
    names = ", ".join(sorted(read_backup(kept).keys))
    words = ("recover", "--from", "b", "--reason", "moved", "--same-log")
    now = ("--now", "2026-11-24 05:00")
    out = run(tmp_path / "c", *now, *words)
    assert f"the manifest has no SHA-256 of these key files: {names}; they agree with themselves and with the log" in out
    assert "private halves" not in out
    assert "verified" in run(tmp_path / "c", *now, "verify", "--full")


def test_of_a_locked_key_of_before_it_is_said_that_nobody_looked_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace._pkcs8.ROUNDS", 70_000)
    with Ledger.open(str(tmp_path / "x.db"), keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        locked = keyfiles.create(ledger.keys, ORIGIN, SECRET).key_id.hex()
        backup(ledger, tmp_path / "b")
    as_of_before(tmp_path / "b")
    assert restore(tmp_path / "b", tmp_path / "y.db", tmp_path / "keys2").locked == (locked,)
    out = run(tmp_path, "--db", "z.db", "--now", "2026-11-24 05:00", "recover", "--from", "b", "--reason", "r", "--same-log")
    assert f"locked by a passphrase, so that their private halves were not looked at: {locked}" in out


def test_a_manifest_says_itself_what_programs_of_before_wrote() -> None:
    """As the program of before wrote it, to the byte: fields that it did not know are not there, not empty."""
    old = Backup(path="/b", time="2026-11-24T00:00:00Z", logs=(), keys=(), keys_path="", files={"ledger/foodtrace.db": "00"})
    text = b"""{
  "files": {
    "ledger/foodtrace.db": "00"
  },
  "keys": [],
  "keys_path": "",
  "logs": [],
  "path": "/b",
  "time": "2026-11-24T00:00:00Z"
}
"""
    assert manifest.text_of(old) == text
    assert manifest.parse_manifest(text) == old
