"""Backup: the ledger as one file, the newest checkpoint of each log, and the keys apart.

Rules (DESIGN section 5, rollback):

1. The copy is one moment of the ledger: writers go on meanwhile. Of a PostgreSQL ledger it is a SQLite file with the same rows.
2. It lies in a directory that appears whole or not at all; nothing is overwritten.
3. The copy says that it is one. It can be read and verified at once; nobody goes on writing in it before ``foodtrace recover``
   has left its mark, because what was signed after the backup may be in other hands.
4. Checkpoints are public: give them away. Keys are not: they lie in a directory of their own with mode 0700, better on another
   medium. Anchors are not copied: an old anchor would vouch for an old ledger.
5. A manifest names every file with its SHA-256, and is itself told from one that was changed (:mod:`foodtrace.keeping.manifest`).
6. A key that is damaged already is not copied as if it were whole. And before anything is put back, the keys are looked at
   (:mod:`foodtrace.keeping.backedkeys`). So are the seeds of draws, which go along with them (:mod:`foodtrace.keeping.backedseeds`).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import BadData, Conflict, NotFound, Storage
from foodtrace.keeping.backedkeys import FOLDER, KeysSeen, look, refuse_other
from foodtrace.keeping.backedseeds import SeedsSeen, look_at_seeds, refuse_other_seeds, seeds_of
from foodtrace.keeping.host import Host
from foodtrace.keeping.manifest import LEDGER, MANIFEST, BackedLog, Backup, digest, read_manifest, sealed, text_of
from foodtrace.opening import BACKUP
from foodtrace.tlog.entry import time_text


class Restored(Backup, frozen=True, kw_only=True):
    """A backup that was put back, and what is to be said of its keys (rule 4 of :mod:`foodtrace.keeping.backedkeys`)."""

    unknown: tuple[str, ...] = ()
    """Key ids of the files whose hashes the manifest does not have."""
    locked: tuple[str, ...] = ()
    """Those among them that a passphrase locks."""
    missing: tuple[str, ...] = ()
    """Key ids that the manifest names and that are not there, although others are."""
    seeds_unknown: tuple[str, ...] = ()
    """File names of seeds whose hashes the manifest does not have."""
    seeds_missing: tuple[str, ...] = ()
    """File names of seeds that the manifest names and that are not there, although other secrets are."""


def backup(host: Host, directory: str | Path, *, keys_to: str | Path | None = None, with_keys: bool = True) -> Backup:
    """Write a backup into a new directory.

    :param keys_to: another directory for the keys (a stick for the safe); by default ``keys`` inside the backup.
    :raises Conflict: ``backup.exists``. :raises BadData: ``backup.keys_inside``, ``key.file``, ``key.file_differs``,
        ``backup.seed_damaged`` (rule 6).
    :raises NotFound: ``ledger.missing``.
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
    seeds = seeds_of(host.keys) if with_keys else []
    secret = _copy_keys([Path(each.path) for each in stored], seeds, apart or aside / FOLDER) if stored or seeds else {}
    seed_files = {path.name: secret.pop(path.name) for path in seeds}
    copied = [path for path in sorted(aside.rglob("*")) if path.is_file() and path.parent.name != FOLDER]
    told = Backup(
        path=str(target),
        time=now,
        logs=tuple(backed),
        keys=tuple(each.verifier.key_id.hex() for each in stored),
        keys_path=str(apart or target / FOLDER) if stored or seeds else "",
        files={str(path.relative_to(aside)): digest(path) for path in copied},
        key_files=secret,
        seed_files=seed_files or None,
    )
    made = sealed(told)
    (aside / MANIFEST).write_bytes(text_of(made))
    for path in aside.rglob("*"):
        if path.is_file():
            _sync(path)
    return made


def _copy_keys(paths: list[Path], seeds: list[Path], folder: Path) -> dict[str, str]:
    """Copy key files that are whole (rule 6), and seeds, into a new directory; return each copy's SHA-256."""
    for path in paths:
        keyfiles.examine(path, keyfiles.read(path))
    folder.mkdir(mode=0o700, parents=True)
    for path in (*paths, *seeds):
        keyfiles.put(path, folder)
    return {path.name: digest(folder / path.name) for path in (*paths, *seeds)}


def read_backup(directory: str | Path) -> Backup:
    """Return what is in a backup after comparing every file with the manifest, and looking at the keys that lie in it.

    :raises NotFound: ``backup.missing``. :raises BadData: ``backup.form``. :raises Integrity: ``backup.changed``, ``backup.key_changed``.
    """
    folder = Path(directory).expanduser()
    made = read_manifest(folder)
    _look(folder, made)
    return made


def _look(folder: Path, made: Backup) -> tuple[KeysSeen, SeedsSeen]:
    seen = look(folder, made)
    return seen, look_at_seeds(folder / FOLDER, made.seed_files, others=bool(seen.paths))


def restore(directory: str | Path, database: Path | str, keys: Path) -> Restored:
    """Put a backup where a ledger can be opened; ``recover`` has to follow. Keys are copied where they are in the backup.

    Nothing is put anywhere before all of it was looked at. Once more is harmless as long as nobody recovered: what lies there is this very
    backup then.

    :param database: a file's path, or the URL of a PostgreSQL database without a ledger.
    :raises Conflict: ``backup.there``, if a ledger lies there, ``key.exists``, if another key file of that name does.
    :raises BadData: ``key.file``, ``key.file_differs``, if a key of the backup lies there and is damaged.
    :raises Integrity: as :func:`read_backup`, and ``BadData``, ``NotFound``. :raises Storage: ``backup.failed``.
    """
    folder = Path(directory).expanduser()
    made = read_manifest(folder)
    seen, seeds = _look(folder, made)
    refuse_other(made, seen, keys)
    refuse_other_seeds(seeds, keys)
    secret = (*seen.paths, *seeds.paths)
    if isinstance(database, str):
        from foodtrace.storage.postgres import PostgresStore  # noqa: PLC0415 - an extra

        _restore_keys(secret, keys)
        store = PostgresStore(database)
        try:
            store.fill(folder / LEDGER)
        finally:
            store.close()
    else:
        _restore_file(folder, made, secret, database, keys)
    return Restored(
        **msgspec.structs.asdict(made),
        unknown=seen.unknown,
        locked=seen.locked,
        missing=seen.missing,
        seeds_unknown=seeds.unknown,
        seeds_missing=seeds.missing,
    )


def _restore_file(folder: Path, made: Backup, secret: Sequence[Path], database: Path, keys: Path) -> None:
    if database.exists():
        if not _lies_there(made, database):
            raise Conflict("backup.there", value=str(database))
        _restore_keys(secret, keys)
        return
    for left in (database.with_name(database.name + end) for end in ("-wal", "-journal")):
        if left.exists() and left.stat().st_size:
            # SQLite would write what stands in it into the file that is put there.
            raise Conflict("backup.there", value=str(left))
    # Under another name first: half a ledger must never stand where a ledger is looked for.
    aside = database.with_name(f".{database.name}.{secrets.token_hex(4)}")
    try:
        shutil.copyfile(folder / LEDGER, aside)
        _sync(aside)
        _restore_keys(secret, keys)
        aside.rename(database)
    except OSError as error:
        raise Storage("backup.failed", value=str(database), reason=str(error)) from None
    finally:
        aside.unlink(missing_ok=True)


def _lies_there(made: Backup, database: Path) -> bool:
    """Say whether a file is the ledger of this backup to the byte, with nothing written beside it."""
    wal = database.with_name(database.name + "-wal")
    try:
        return database.is_file() and digest(database) == made.files.get(LEDGER) and not (wal.exists() and wal.stat().st_size)
    except OSError as error:
        raise Storage("backup.failed", value=str(database), reason=error.strerror or str(error)) from None


def _restore_keys(secret: Sequence[Path], keys: Path) -> None:
    try:
        if secret:
            keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in secret:
            keyfiles.put(path, keys)
    except OSError as error:
        raise Storage("backup.failed", value=str(keys), reason=str(error)) from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["LEDGER", "MANIFEST", "BackedLog", "Backup", "Restored", "backup", "read_backup", "restore"]
