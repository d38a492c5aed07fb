"""Private keys on disk: create, load, list. The only place that reads or writes one.

Rules:

1. A key is one file ``KEYID.key`` (key id in hex) in the key directory: a line with its verifier key, which is public,
   then the PEM text of the private key.
2. The directory has mode 0700 and the file 0600 from its first moment. A key file that group or others can read is
   refused, and so is a directory that they can write to: when a key is made, and whenever one is read. What is no plain
   file is refused too, so that a pipe in its place keeps nobody waiting.
3. A file appears whole or not at all, is on the disk before :func:`create` returns, and is never overwritten.
4. What the private key says must agree with the line above it, or the file is refused.
5. A copy that lies in a backup is read whoever else can read it: a medium may know no modes. What it says is looked at as closely
   (:func:`examine`), and :func:`put` gives it its modes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from foodtrace import _pkcs8
from foodtrace.errors import BadData, Conflict, NotFound, Refused, Storage
from foodtrace.keys import KEY_ID_SIZE, SigningKey
from foodtrace.tlog.files import sync_folder
from foodtrace.tlog.note import Verifier, parse_verifier

__all__ = ["StoredKey", "create", "examine", "list_keys", "load", "put", "read", "save"]

SUFFIX: Final = ".key"
_POSIX: Final = os.name == "posix"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class StoredKey(msgspec.Struct, frozen=True):
    """What a key file says without its passphrase."""

    verifier: Verifier
    """Name, key id and public key."""
    path: str
    encrypted: bool
    """Whether a passphrase is needed to sign with it."""


def create(directory: str | Path, name: str, passphrase: str | None = None) -> SigningKey:
    """Make a new key, store it and return it. The directory is made if it is missing.

    Raises ``BadData`` for a name that no key can have, ``Refused`` for a directory others can write to, ``Storage``
    when the disk does not take it; then no key file is left.
    """
    return save(directory, name, secrets.token_bytes(_pkcs8.SEED_SIZE), passphrase)


def save(directory: str | Path, name: str, seed: bytes, passphrase: str | None = None) -> SigningKey:
    """Store a key whose seed came from elsewhere (a backup); else as :func:`create`. ``Conflict`` if it is there."""
    key = SigningKey(name, seed)
    text = key.vkey.encode() + b"\n" + _pkcs8.encode(seed, passphrase)
    folder = Path(directory)
    path = folder / (key.key_id.hex() + SUFFIX)
    with _storage(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_folder(folder)
        _publish(folder, path, text)
    return key


def _check_folder(folder: Path) -> None:
    """Refuse a directory that others can write to: whoever can, puts another key or another anchor in it."""
    if _POSIX and folder.stat().st_mode & _OTHERS_WRITE:
        raise Refused("key.dir_mode", value=str(folder), expected="0700")


def _publish(folder: Path, path: Path, text: bytes) -> None:
    """Write the file aside, sync it, and give it its name only then."""
    aside = folder / f".{path.name}.{secrets.token_hex(8)}"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _name(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    # A crash before this line may lose the new name, never leave half a file under it.
    try:
        sync_folder(folder)
    except OSError:  # whoever asked is told that there is no key: none is left
        path.unlink(missing_ok=True)
        raise


def _name(aside: Path, path: Path) -> None:
    """Give the finished file its name unless the name is taken."""
    try:
        os.link(aside, path)  # unlike rename, link never replaces what is there
    except FileExistsError:
        raise Conflict("key.exists", value=str(path)) from None
    except OSError as problem:
        if problem.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}:
            raise
        # File systems without hard links (FAT, some network drives): the key id is new, so nothing can race for it.
        if path.exists():
            raise Conflict("key.exists", value=str(path)) from None
        aside.rename(path)


def load(directory: str | Path, keyid: bytes | str, passphrase: str | None = None) -> SigningKey:
    """Return the stored key with this key id (4 bytes, or hex).

    Raises ``NotFound`` if there is none, ``Refused`` if others can read the file or the passphrase is missing or
    wrong, ``BadData`` if the file is no key file, ``Storage`` if it cannot be read.
    """
    shown = keyid.hex() if isinstance(keyid, bytes) else keyid
    if len(shown) != KEY_ID_SIZE * 2 or not set(shown) <= set("0123456789abcdef"):
        raise BadData("key.id", value=shown, expected=KEY_ID_SIZE * 2)
    path = Path(directory) / (shown + SUFFIX)
    verifier, pem = _read(path)
    return _opened(path, verifier, pem, passphrase)


def _opened(path: Path, verifier: Verifier, pem: bytes, passphrase: str | None) -> SigningKey:
    """Return the key of a file after comparing its private half with its public line and its name (rule 4)."""
    try:
        key = SigningKey(verifier.name, _pkcs8.decode(pem, passphrase))
    except (BadData, Refused) as problem:
        if problem.code == "key.file":
            problem.value = str(path)
        raise
    if key.public != verifier.public or key.key_id.hex() != path.stem:
        raise BadData("key.file_differs", value=str(path), expected=path.stem, got=key.key_id.hex())
    return key


def examine(path: Path, data: bytes) -> StoredKey:
    """Return what a key file says whose bytes these are, after looking at the private half too where no passphrase locks it (rule 4).

    Raises ``BadData`` if it is no key file, or does not agree with itself or its name.
    """
    verifier, pem = _parsed(path, data)
    encrypted = _pkcs8.is_encrypted(pem)
    if not encrypted:
        _opened(path, verifier, pem, None)
    elif verifier.key_id.hex() != path.stem:
        raise BadData("key.file_differs", value=str(path), expected=path.stem, got=verifier.key_id.hex())
    return StoredKey(verifier=verifier, path=str(path), encrypted=encrypted)


def put(path: Path, folder: Path) -> None:
    """Copy a key file into a directory that is there (rule 3); an equal one may lie there.

    Raises ``Conflict`` for another of that name, ``OSError`` for what the disk refuses.
    """
    data = path.read_bytes()
    place = folder / path.name
    if not place.exists():
        _publish(folder, place, data)
    elif place.read_bytes() != data:
        raise Conflict("key.exists", value=str(place))


def list_keys(directory: str | Path) -> list[StoredKey]:
    """Return every key of the directory, by key id, without opening the private parts. Empty if there is none."""
    with _storage(directory):
        paths = sorted(Path(directory).glob("[!.]*" + SUFFIX))
    found = []
    for path in paths:
        verifier, pem = _read(path)
        found.append(StoredKey(verifier=verifier, path=str(path), encrypted=_pkcs8.is_encrypted(pem)))
    return found


def read(path: Path) -> bytes:
    """Return the bytes of a key file, whoever else can read it (rule 5); of one that is too long only its beginning.

    Raises ``NotFound``, ``BadData`` if it is no plain file, ``Storage`` if it cannot be read.
    """
    return _bytes(path, private=False)


def _read(path: Path) -> tuple[Verifier, bytes]:
    """Return a key file's public line and its PEM text, after looking at who else can read it."""
    return _parsed(path, _bytes(path, private=True))


def _bytes(path: Path, *, private: bool) -> bytes:
    with _storage(path):
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            near = [each.stem for each in sorted(path.parent.glob("[!.]*" + SUFFIX))]
            raise NotFound("key.missing", value=path.stem, near=near, path=str(path.parent)) from None
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise BadData("key.file", value=str(path), expected="vkey, Ed25519 PKCS#8 PEM")
            if private:
                _check_folder(path.parent)
                if _POSIX and mode & _OTHERS:
                    raise Refused("key.mode", value=str(path), expected="0600", mode=f"{stat.S_IMODE(mode):04o}")
            return file.read(_pkcs8.MAX_TEXT + 1)


def _parsed(path: Path, data: bytes) -> tuple[Verifier, bytes]:
    line, _, pem = data.partition(b"\n")
    try:
        return parse_verifier(line.decode()), pem
    except (UnicodeDecodeError, BadData):
        raise BadData("key.file", value=str(path), expected="vkey, Ed25519 PKCS#8 PEM") from None


@contextlib.contextmanager
def _storage(path: str | Path) -> Iterator[None]:
    """Turn what the operating system says into an error of ours; its message names no secret."""
    try:
        yield
    except OSError as problem:
        raise Storage("key.io", value=str(path), expected=problem.strerror or type(problem).__name__) from None
