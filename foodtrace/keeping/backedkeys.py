"""The key files in a backup, looked at before anything is put back: a damaged key that takes its place among the keys is found too late.

Rules:

1. A key file whose SHA-256 the manifest names is that file to the byte.
2. Whatever that says, a key file agrees with itself: its name, its public line, and its private half where no passphrase locks it.
3. And with the log: where a key entry of the ledger in the backup has the number of a key, it names that public key.
4. A file of which no hash is known (a backup of before, a file that was put there by hand) is told by name, and so is one that is locked
   besides: whether its private half is whole shows only when it is opened. One that is named and not there is told as well.
5. What a key directory has already is not replaced: a file of the same name and other content is refused before anything is put back. A key
   of the backup that was put there by hand agrees with itself too (rule 2), or it is refused then as well.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import Conflict, FoodtraceError, Integrity
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keeping.manifest import LEDGER, Backup, read_only
from foodtrace.keys import key_id
from foodtrace.storage.sqlite import translated
from foodtrace.storage.sqlitesession import SqliteSession

__all__ = ["FOLDER", "KeysSeen", "look", "refuse_other"]

FOLDER: Final = "keys"
"""Directory of the key files in a backup, where they were not put elsewhere."""


class KeysSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the key files that lie in a backup (rule 4). All agree with themselves and the log."""

    paths: tuple[Path, ...] = ()
    """The key files."""
    unknown: tuple[str, ...] = ()
    """Key ids of those of which the manifest has no hash."""
    locked: tuple[str, ...] = ()
    """Those among them that a passphrase locks: their private halves were not looked at."""
    missing: tuple[str, ...] = ()
    """Key ids that the manifest names and that are not there, although others are."""


def look(folder: Path, made: Backup) -> KeysSeen:
    """Look at the key files that lie in a backup (rules 1 to 4); none where they were put elsewhere.

    :param made: its manifest. :raises Integrity: ``backup.key_changed``. :raises Storage: ``key.io``, ``storage.*``.
    """
    paths = sorted((folder / FOLDER).glob("[!.]*" + keyfiles.SUFFIX))
    if not paths:
        return KeysSeen()
    known = made.key_files or {}
    entered = _entered(folder / LEDGER)
    unknown, locked = [], []
    for path in paths:
        data = keyfiles.read(path)
        wanted = known.get(path.name)
        if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
            raise _changed(path)
        try:
            stored = keyfiles.examine(path, data)
        except FoodtraceError:
            raise _changed(path) from None
        if entered.get(stored.verifier.key_id, stored.verifier.public) != stored.verifier.public:
            raise _changed(path)
        if wanted is None:
            unknown.append(path.stem)
            locked += [path.stem] if stored.encrypted else []
    there = {path.stem for path in paths}
    missing = tuple(each for each in made.keys if each not in there)
    return KeysSeen(paths=tuple(paths), unknown=tuple(unknown), locked=tuple(locked), missing=missing)


def refuse_other(made: Backup, seen: KeysSeen, keys: Path) -> None:
    """Refuse what a key directory has in the place of a backup's keys, where it is another file or no whole key (rule 5).

    :raises Conflict: ``key.exists``. :raises BadData: ``key.file``, ``key.file_differs``. :raises Storage: ``key.io``.
    """
    for path in seen.paths:
        place = keys / path.name
        if place.exists() and keyfiles.read(place) != keyfiles.read(path):
            raise Conflict("key.exists", value=str(place))
    there = {path.stem for path in seen.paths}
    for place in (keys / f"{each}{keyfiles.SUFFIX}" for each in made.keys if each not in there):
        if place.exists():
            keyfiles.examine(place, keyfiles.read(place))


def _entered(ledger: Path) -> dict[bytes, bytes]:
    """Return the public key of every key that was ever in force for a log of a ledger, by key id."""
    with translated(ledger):
        connection = read_only(ledger)
        try:
            session = SqliteSession(connection)
            return {
                key_id(origin, public): public
                for number, origin in session.rows("SELECT id, origin FROM log")
                for public in (bytes.fromhex(event.public) for _, event in log_keys(session, number))
            }
        finally:
            connection.close()


def _changed(path: Path) -> Integrity:
    return Integrity("backup.key_changed", value=f"{FOLDER}/{path.name}")
