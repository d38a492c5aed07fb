"""The manifest of a backup: which files are in it, and whether it is itself as it was written.

Rules:

1. It names every file of the backup with its SHA-256, key files and seeds too, wherever they were put (``--keys-to``).
2. It has one spelling, and ``sha256`` is that of the same JSON without that line (on one line, no spaces), so that no bit of it changes
   unnoticed. That tells damage, not forgery: whoever can write it can write a new one. What stops forgery is the log itself
   (:mod:`foodtrace.keeping.backedkeys`, ``recover``).
3. Programs of before wrote neither the hashes of the key files nor that of the manifest. Such a manifest is compared with the ledger it
   names: the time, and each log with its size and key.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from foodtrace.errors import BadData, Integrity, NotFound
from foodtrace.opening import BACKUP
from foodtrace.storage.sqlite import translated

__all__ = ["LEDGER", "MANIFEST", "BackedLog", "Backup", "digest", "parse_manifest", "read_manifest", "read_only", "sealed", "text_of"]

LEDGER: Final = "ledger/foodtrace.db"
MANIFEST: Final = "MANIFEST.json"
_STATES: Final = "SELECT l.origin, h.size, h.key_id FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin"


class BackedLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it is in a backup."""

    origin: str
    size: int
    key_id: str
    checkpoint: str
    """File with its newest checkpoint, in the backup."""


class Backup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    key_files: dict[str, str] | None = None
    """Every key file copied with its SHA-256; null, or not there: a program of before made the backup, and they are not known."""
    seed_files: dict[str, str] | None = None
    """Every seed of draws copied beside the keys, with its SHA-256; null, or not there: there was none."""
    sha256: str = ""
    """SHA-256 of the manifest without this field; empty, or not there: a program of before made it."""


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(made: Backup) -> Backup:
    """Return a manifest with its own hash in it (rule 2)."""
    return msgspec.structs.replace(made, sha256=_own_hash(made))


def text_of(made: Backup) -> bytes:
    """Return the one spelling of a manifest."""
    return msgspec.json.format(msgspec.json.encode(made, order="sorted"), indent=2) + b"\n"


def parse_manifest(data: bytes) -> Backup:
    """Return what a manifest says, if no bit of it was changed (rule 2).

    :raises Integrity: ``backup.changed``. :raises BadData: ``backup.form``, with no ``value``: it is no manifest at all.
    """
    try:
        made = msgspec.json.decode(data, type=Backup)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadData("backup.form", value="", reason=str(error).replace("`", "'")) from None
    if LEDGER not in made.files:  # what the manifest does not name would be put back unlooked at
        raise Integrity("backup.changed", value=LEDGER)
    if text_of(made) != data or (made.sha256 and made.sha256 != _own_hash(made)):
        raise Integrity("backup.changed", value=MANIFEST)
    return made


def read_manifest(folder: Path) -> Backup:
    """Return what the manifest of a backup says after comparing it with itself, every file but the keys with it, and it with the ledger.

    :raises NotFound: ``backup.missing``. :raises BadData: ``backup.form``. :raises Integrity: ``backup.changed``.
    """
    try:
        made = parse_manifest((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise NotFound("backup.missing", value=str(folder)) from None
    except OSError as error:
        raise BadData("backup.form", value=str(folder), reason=error.strerror or str(error)) from None
    except BadData as error:
        error.value = str(folder)
        raise
    for name, wanted in made.files.items():
        path = folder / name
        if not path.is_file() or digest(path) != wanted:
            raise Integrity("backup.changed", value=name)
    if not made.sha256:
        _compare(made, folder / LEDGER)
    return made


def read_only(ledger: Path) -> sqlite3.Connection:
    """Open the ledger of a backup so that not a byte of it changes, or its manifest would no longer fit."""
    return sqlite3.connect(f"file:{quote(str(ledger.absolute()))}?mode=ro&immutable=1", uri=True)


def _own_hash(made: Backup) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(made, sha256=""), order="sorted")).hexdigest()


def _compare(made: Backup, ledger: Path) -> None:
    """Compare a manifest that has no hash of its own with the ledger it names (rule 3)."""
    with translated(ledger):
        connection = read_only(ledger)
        try:
            states = [(origin, size, bytes(key_id).hex()) for origin, size, key_id in connection.execute(_STATES)]
            times = connection.execute("SELECT value FROM setting WHERE key = ?", (BACKUP,)).fetchall()
        finally:
            connection.close()
    told = [(each.origin, each.size, each.key_id) for each in made.logs]
    if told != states or times != [(made.time,)] or any(each.checkpoint not in made.files for each in made.logs):
        raise Integrity("backup.changed", value=MANIFEST)
