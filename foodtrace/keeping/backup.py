"""Backup: the ledger as one file, the newest checkpoint of each log, and the keys apart.

Rules (DESIGN section 5, rollback):

1. The copy is one moment of the ledger: writers go on meanwhile. Of a PostgreSQL ledger it is a SQLite file with the same rows.
2. It lies in a directory that appears whole or not at all; nothing is overwritten.
3. The copy says that it is one. It can be read and verified at once; nobody goes on writing in it before ``foodtrace recover``
   has left its mark, because what was signed after the backup may be in other hands.
4. Checkpoints are public: give them away. Keys are not: they lie in a directory of their own with mode 0700, better on another
   medium. Anchors are not copied: an old anchor would vouch for an old ledger.
5. A manifest names every file with its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, Integrity, NotFound, Storage
from foodtrace.keeping.host import Host
from foodtrace.opening import BACKUP
from foodtrace.tlog.entry import time_text

LEDGER: Final = "ledger/foodtrace.db"
MANIFEST: Final = "MANIFEST.json"


class BackedLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it is in a backup."""

    origin: str
    size: int
    key_id: str
    checkpoint: str
    """File with its newest checkpoint, in the backup."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup."""

    path: str
    time: str
    """When it was made, UTC."""
    logs: tuple[BackedLog, ...]
    keys: tuple[str, ...]
    """Key ids of the key files copied."""
    keys_path: str
    """Directory of the key files; empty: none were copied."""
    files: dict[str, str]
    """Every file with its SHA-256, without the keys."""


def backup(host: Host, directory: str | Path, *, keys_to: str | Path | None = None, with_keys: bool = True) -> Backup:
    """Write a backup into a new directory.

    :param keys_to: another directory for the keys (a stick for the safe); by default ``keys`` inside the backup.
    :raises Conflict: ``backup.exists``. :raises BadData: ``backup.keys_inside``. :raises NotFound: ``ledger.missing``.
    :raises Storage: ``backup.failed``; then nothing is left, no keys either.
    """
    target = Path(directory).expanduser()
    apart = None if keys_to is None else Path(keys_to).expanduser()
    for each in (target, apart):
        if each is not None and each.exists():
            raise Conflict("backup.exists", value=str(each))
    if apart is not None and apart.resolve().is_relative_to(target.resolve()):
        raise BadData("backup.keys_inside", value=str(apart), expected=str(target))
    if host.store.version() is None:
        raise NotFound("ledger.missing", value=host.store.url, expected="foodtrace init")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        aside.mkdir(mode=0o700, parents=True)
        made = _write(host, target, aside, apart, with_keys=with_keys)
        aside.rename(target)
    except BaseException as error:
        if apart is not None:  # it was not there before
            shutil.rmtree(apart, ignore_errors=True)
        if isinstance(error, (OSError, sqlite3.Error)):
            raise Storage("backup.failed", value=str(target), reason=str(error)) from None
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return made


def _write(host: Host, target: Path, aside: Path, apart: Path | None, *, with_keys: bool) -> Backup:
    copy = aside / LEDGER
    copy.parent.mkdir()
    host.store.snapshot(copy)
    now = time_text(host.clock())
    connection = sqlite3.connect(copy, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute(
            "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (BACKUP, now)
        )
        states = connection.execute(
            "SELECT l.origin, h.size, h.key_id, (SELECT note FROM checkpoint AS c WHERE c.log = l.id ORDER BY c.size DESC LIMIT 1) "
            "FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin"
        ).fetchall()
    finally:
        connection.close()
    backed = []
    for origin, size, key_id, note in states:
        name = f"checkpoints/{hashlib.sha256(origin.encode()).hexdigest()[:16]}.note"
        (aside / name).parent.mkdir(exist_ok=True)
        (aside / name).write_bytes(bytes(note or b""))
        backed.append(BackedLog(origin=origin, size=size, key_id=bytes(key_id).hex(), checkpoint=name))
    stored = keyfiles.list_keys(host.keys) if with_keys else []
    if stored:
        _copy_keys([Path(each.path) for each in stored], apart or aside / "keys")
    files = {
        str(path.relative_to(aside)): _digest(path) for path in sorted(aside.rglob("*")) if path.is_file() and path.parent.name != "keys"
    }
    made = Backup(
        path=str(target),
        time=now,
        logs=tuple(backed),
        keys=tuple(each.verifier.key_id.hex() for each in stored),
        keys_path=str(apart or target / "keys") if stored else "",
        files=files,
    )
    (aside / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(made, order="sorted"), indent=2) + b"\n")
    for path in aside.rglob("*"):
        if path.is_file():
            _sync(path)
    return made


def _copy_keys(paths: list[Path], folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True)
    for path in paths:
        put_key(path, folder)


def put_key(path: Path, folder: Path) -> None:
    """Copy a key file into a directory, readable by its owner alone from its first moment; an equal one may be there."""
    data = path.read_bytes()
    place = folder / path.name
    if place.exists():
        if place.read_bytes() != data:
            raise Conflict("key.exists", value=str(place))
        return
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_backup(directory: str | Path) -> Backup:
    """Return what is in a backup after comparing every file with the manifest.

    :raises NotFound: ``backup.missing``. :raises BadData: ``backup.form``. :raises Integrity: ``backup.changed``.
    """
    folder = Path(directory).expanduser()
    try:
        made = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Backup)
    except FileNotFoundError:
        raise NotFound("backup.missing", value=str(folder)) from None
    except (msgspec.MsgspecError, OSError) as error:
        raise BadData("backup.form", value=str(folder), reason=str(error).replace("`", "'")) from None
    if LEDGER not in made.files:  # what the manifest does not name would be put back unlooked at
        raise Integrity("backup.changed", value=LEDGER)
    for name, digest in made.files.items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise Integrity("backup.changed", value=name)
    return made


def restore(directory: str | Path, database: Path | str, keys: Path) -> Backup:
    """Put a backup where a ledger can be opened; ``recover`` has to follow. Keys are copied where they are in the backup.

    Once more is harmless as long as nobody recovered: what lies there is this very backup then.

    :param database: a file's path, or the URL of a PostgreSQL database without a ledger.
    :raises Conflict: ``backup.there``, if a ledger lies there. :raises BadData: as :func:`read_backup`.
    """
    made = read_backup(directory)
    folder = Path(directory).expanduser()
    if isinstance(database, str):
        from foodtrace.storage.postgres import PostgresStore  # noqa: PLC0415 - an extra

        _restore_keys(folder, keys)
        store = PostgresStore(database)
        try:
            store.fill(folder / LEDGER)
        finally:
            store.close()
        return made
    if database.exists():
        if not _lies_there(made, database):
            raise Conflict("backup.there", value=str(database))
        _restore_keys(folder, keys)
        return made
    for left in (database.with_name(database.name + end) for end in ("-wal", "-journal")):
        if left.exists() and left.stat().st_size:
            # SQLite would write what stands in it into the file that is put there.
            raise Conflict("backup.there", value=str(left))
    try:
        # Under another name first: half a ledger must never stand where a ledger is looked for.
        aside = database.with_name(f".{database.name}.{secrets.token_hex(4)}")
        shutil.copyfile(folder / LEDGER, aside)
        _sync(aside)
    except OSError as error:
        raise Storage("backup.failed", value=str(database), reason=str(error)) from None
    _restore_keys(folder, keys)
    try:
        aside.rename(database)
    except OSError as error:
        raise Storage("backup.failed", value=str(database), reason=str(error)) from None
    return made


def _lies_there(made: Backup, database: Path) -> bool:
    """Say whether a file is the ledger of this backup to the byte, with nothing written beside it."""
    wal = database.with_name(database.name + "-wal")
    try:
        return database.is_file() and _digest(database) == made.files.get(LEDGER) and not (wal.exists() and wal.stat().st_size)
    except OSError as error:
        raise Storage("backup.failed", value=str(database), reason=error.strerror or str(error)) from None


def _restore_keys(folder: Path, keys: Path) -> None:
    inside = folder / "keys"
    if not inside.is_dir():
        return
    try:
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in sorted(inside.glob("*.key")):
            put_key(path, keys)
    except OSError as error:
        raise Storage("backup.failed", value=str(keys), reason=str(error)) from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["BackedLog", "Backup", "backup", "put_key", "read_backup", "restore"]
