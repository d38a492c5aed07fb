"""Key files: whoever else could read or write one is refused, none is written over or half written, and no error shows a secret."""

import base64
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, FoodtraceError, NotFound, Refused, Storage
from foodtrace.keys import SigningKey
from tests.keys.samples import SEED

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("passphrase", [None, "口令"])
def test_a_created_key_is_found_again(tmp_path: Path, passphrase: str | None) -> None:
    folder = tmp_path / "new" / "keys"
    key = keyfiles.create(folder, "example.com/市场", passphrase)
    path = folder / f"{key.key_id.hex()}.key"
    assert [each.name for each in folder.iterdir()] == [path.name], "nothing is left beside it"
    if os.name == "posix":
        assert (_mode(folder), _mode(path)) == (0o700, 0o600)
    again = keyfiles.load(folder, key.key_id, passphrase)
    assert (again.vkey, again.sign(b"x")) == (key.vkey, key.sign(b"x"))
    assert keyfiles.load(str(folder), key.key_id.hex(), passphrase).vkey == key.vkey
    (stored,) = keyfiles.list_keys(folder)
    assert (stored.verifier.vkey, stored.path, stored.encrypted) == (key.vkey, str(path), passphrase is not None)


@posix
def test_modes_hold_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key = keyfiles.create(tmp_path / "keys", "a")
    finally:
        os.umask(before)
    assert _mode(tmp_path / "keys") == 0o700
    assert _mode(tmp_path / "keys" / f"{key.key_id.hex()}.key") == 0o600


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    key = keyfiles.create(tmp_path / "keys", "a")
    path = tmp_path / "keys" / f"{key.key_id.hex()}.key"
    path.chmod(mode)
    with pytest.raises(Refused) as caught:
        keyfiles.list_keys(tmp_path / "keys")
    assert caught.value.code == "key.mode"
    with pytest.raises(Refused) as caught:
        keyfiles.load(tmp_path / "keys", key.key_id)
    assert caught.value.message().endswith(f".key (mode {mode:04o})")
    assert caught.value.hint() == "chmod 0600 that file; if somebody may have read it, rotate the key"


@posix
def test_a_directory_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(Refused) as caught:
        keyfiles.create(folder, "a")
    assert caught.value.code == "key.dir_mode"
    assert list(folder.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_key_in_a_directory_that_others_can_write_to_signs_nothing(tmp_path: Path, mode: int) -> None:
    key = keyfiles.create(tmp_path / "keys", "a")
    (tmp_path / "keys").chmod(mode)
    for use in (lambda: keyfiles.load(tmp_path / "keys", key.key_id), lambda: keyfiles.list_keys(tmp_path / "keys")):
        with pytest.raises(Refused) as caught:
            use()
        assert caught.value.code == "key.dir_mode"
    (tmp_path / "keys").chmod(0o755)
    assert keyfiles.load(tmp_path / "keys", key.key_id).public == key.public


@posix
def test_a_pipe_in_place_of_a_key_file_is_refused_and_nobody_waits(tmp_path: Path) -> None:
    keyfiles.create(tmp_path / "keys", "a")
    os.mkfifo(tmp_path / "keys" / "00000000.key", 0o600)
    with pytest.raises(BadData) as caught:
        keyfiles.list_keys(tmp_path / "keys")
    assert caught.value.code == "key.file"


def test_a_missing_key_names_those_that_are_there(tmp_path: Path) -> None:
    key = keyfiles.create(tmp_path, "a")
    with pytest.raises(NotFound) as caught:
        keyfiles.load(tmp_path, "00000000")
    assert (caught.value.code, caught.value.near) == ("key.missing", (key.key_id.hex(),))
    assert caught.value.message() == f"there is no key 00000000 in {tmp_path}"
    assert keyfiles.list_keys(tmp_path / "nowhere") == []


@pytest.mark.parametrize("keyid", ["", "../../etc", "ABCDEF01", "0000000", "000000000", b"\0", "０0000000"])
def test_what_is_no_key_id(tmp_path: Path, keyid: str | bytes) -> None:
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, keyid)
    assert caught.value.code == "key.id"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED, "first")
    path = tmp_path / f"{key.key_id.hex()}.key"
    before = path.read_bytes()
    with pytest.raises(Conflict) as caught:
        keyfiles.save(tmp_path, "a", SEED)
    assert (caught.value.code, path.read_bytes()) == ("key.exists", before)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    key = keyfiles.save(tmp_path, "a", SEED)
    assert keyfiles.load(tmp_path, key.key_id).vkey == key.vkey
    with pytest.raises(Conflict):
        keyfiles.save(tmp_path, "a", SEED)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_a_full_disk_leaves_no_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(Storage) as caught:
            keyfiles.create(tmp_path, "a")
    assert caught.value.message() == f"cannot read or write {tmp_path}: No space left on device"
    assert list(tmp_path.iterdir()) == []


def _swap(path: Path) -> bytes:
    other = SigningKey("a", bytes(32))
    return other.vkey.encode() + b"\n" + path.read_bytes().split(b"\n", 1)[1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_swap, "key.file_differs"),
        (lambda path: path.read_bytes().split(b"\n", 1)[1], "key.file"),
        (lambda path: path.read_bytes().split(b"\n", 1)[0] + b"\n", "key.file"),
        (lambda path: b"\xff" + path.read_bytes(), "key.file"),
        (lambda path: path.read_bytes() + b"x\n", "key.file"),
        (lambda path: path.read_bytes() + bytes(10_000), "key.file"),
        (lambda _: b"", "key.file"),
    ],
)
def test_a_damaged_key_file(tmp_path: Path, change: Callable[[Path], bytes], code: str) -> None:
    key = keyfiles.save(tmp_path, "a", SEED)
    path = tmp_path / f"{key.key_id.hex()}.key"
    path.write_bytes(change(path))
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, key.key_id)
    assert (caught.value.code, caught.value.value) == (code, str(path))


def test_a_renamed_key_file_is_not_the_key_asked_for(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED)
    (tmp_path / f"{key.key_id.hex()}.key").rename(tmp_path / "00000000.key")
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, "00000000")
    assert caught.value.code == "key.file_differs"


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED, "s3cret-passphrase")
    path = tmp_path / f"{key.key_id.hex()}.key"
    body = path.read_bytes()
    secrets = [SEED.hex(), "s3cret-passphrase", base64.b64encode(SEED).decode()[:20], body.split(b"\n")[2].decode()]
    seen = []
    for content, passphrase in ((body, "wrong"), (body, None), (body[:-40], "s3cret-passphrase"), (body + b"x", "s3cret-passphrase")):
        path.write_bytes(content)
        with pytest.raises(FoodtraceError) as caught:
            keyfiles.load(tmp_path, key.key_id, passphrase)
        seen += [str(caught.value), repr(caught.value), str(caught.value.as_dict()), str(vars(caught.value))]
    assert not [each for each in secrets if each in "".join(seen)]
