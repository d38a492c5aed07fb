"""What somebody else made or changed: copies, backups and the owner's own hand in the database, seen through the commands."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from foodtrace import errors
from foodtrace.keeping.backup import MANIFEST, read_backup
from tests.cli.inside import Inside, here
from tests.ledger.tampering import unsealed

__all__ = ["here"]


@pytest.fixture
def home(here: Inside) -> Inside:
    here("init", "--name", "t.example/a")
    for name in ("永发合作社:farm", "福安超市:shop"):
        here("site", "add", name)
    here("export", "tiles", "copy")
    return here


def spoil(folder: Path, size: int) -> None:
    """Change one bit of the signature of a checkpoint, as who owns the database can."""
    owner = unsealed(folder / "foodtrace.db")
    (note,) = owner.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()
    at = len(note) - 20
    owner.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :], size))
    owner.commit()
    owner.close()
    for each in (folder / "keys").glob("*.anchor"):
        each.unlink()


def test_a_checkpoint_whose_signature_does_not_hold_takes_the_place_of_no_good_one(home: Inside) -> None:
    """It was published, and the copy that everybody had held was lost."""
    home("site", "add", "河西:shop")
    good = (home.folder / "copy" / "checkpoint").read_bytes()
    size = home.json("verify")["entries"]
    for each in (home.folder / "keys").glob("*.verified"):
        each.unlink()
    spoil(home.folder, size)
    for words in (("export", "tiles", "copy"), ("export", "tiles", "new"), ("export", "checkpoint")):
        assert "prove.broken" in home(*words, code=3), words
    assert (home.folder / "copy" / "checkpoint").read_bytes() == good
    assert not (home.folder / "new" / "checkpoint").exists()
    home("verify", "--tiles", "copy")


def test_a_handover_that_one_key_did_not_sign_is_not_published(home: Inside) -> None:
    home("key", "rotate")
    size = home.json("verify")["entries"]
    home("site", "add", "河西:shop")
    for each in (home.folder / "keys").glob("*.verified"):
        each.unlink()
    spoil(home.folder, size)
    assert "prove.broken" in home("export", "tiles", "new", code=3)


def test_files_of_another_log_without_its_checkpoint_do_not_stay_in_a_copy(home: Inside) -> None:
    home("export", "tiles", "copy")
    (home.folder / "copy" / "checkpoint").unlink()
    for each in (home.folder / "copy" / "keys").iterdir():
        each.write_bytes(b"of another log")
    home("export", "tiles", "copy")
    home("verify", "--tiles", "copy")


@pytest.mark.skipif(os.name != "posix", reason="pipes are files there")
@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"])
def test_a_pipe_among_the_files_of_a_copy_keeps_nobody_waiting(home: Inside, path: str) -> None:
    size = json.loads(home("export", "tiles", "copy", "--json"))["size"]
    place = home.folder / "copy" / path.replace("/3", f"/{size}")
    place.unlink()
    os.mkfifo(place)
    assert "not a regular file" in home("verify", "--tiles", "copy", code=3)
    place.unlink()
    place.symlink_to("/dev/zero")
    assert "not a regular file" in home("verify", "--tiles", "copy", code=3)


def test_a_witness_that_cosigned_more_than_there_is_shows_a_ledger_that_was_set_back(home: Inside) -> None:
    said = home("export", "checkpoint", "--old", "99", code=3)
    assert "has 5 entries; if a witness cosigned 99, this ledger was set back" in said


def test_a_backup_that_failed_leaves_no_keys_behind(home: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "backup.keys_inside" in home("backup", "b", "--keys-to", "b/safe", code=2)
    assert "backup.keys_inside" in home("backup", "b", "--keys-to", "b", code=2)

    def fail(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("foodtrace.keeping.backup._sync", fail)  # after the keys
        assert "backup.failed" in home("backup", "b", "--keys-to", "safe", code=3)
    assert not [each for each in home.folder.iterdir() if each.name in ("b", "safe") or each.name.startswith(".b")]
    home("backup", "b", "--keys-to", "safe")


def test_the_beginning_of_a_key_number_revokes_nothing(home: Inside) -> None:
    """An empty text was the beginning of the only one."""
    key = home.json("key", "create", "--name", "F-9")["vkey"]
    kid = home.json("key", "register", key, "--issuer", "F-9")["event"]["kid"]
    for given in ("", kid[:1], kid[:15]):
        assert "key.not_registered" in home("key", "revoke", given, "--reason", "r", code=1)
    home("key", "revoke", kid.upper(), "--reason", "r")


def test_a_backup_whose_manifest_does_not_name_the_ledger_is_none(home: Inside) -> None:
    home("backup", "b")
    path = home.folder / "b" / MANIFEST
    told = json.loads(path.read_bytes())
    told["files"] = {name: digest for name, digest in told["files"].items() if not name.endswith(".db")}
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(errors.Integrity) as caught:
        read_backup(home.folder / "b")
    assert caught.value.code == "backup.changed"
    shutil.rmtree(home.folder / "keys")
    assert "backup.changed" in home("--db", "new.db", "recover", "--from", "b", "--reason", "r", code=3)
    assert not (home.folder / "new.db").exists()


def test_what_sqlite_left_beside_a_ledger_that_was_moved_away_is_not_written_into_the_backup(home: Inside) -> None:
    home("backup", "b")
    wal = home.folder / "foodtrace.db-wal"
    (home.folder / "foodtrace.db").rename(home.folder / "old.db")
    wal.write_bytes(b"of the ledger that was moved away")
    said = home("recover", "--from", "b", "--reason", "r", code=1)
    assert "foodtrace.db-wal" in said
    assert not (home.folder / "foodtrace.db").exists()
    wal.unlink()
    home("recover", "--from", "b", "--reason", "r")
