"""Opening a ledger to read it: what every reader checks first, without anything that writing needs.

Rules (DESIGN section 5):

1. Before anything is answered, every anchor of this host for a log of this database is compared with it: a database that is behind
   its anchor, or has another checkpoint at that size, is refused. Nothing is repaired silently.
2. A schema newer than this program is refused, and an older one by all but what brings it over (``rebuild``, ``recover``) and what copies
   it (``backup``); no ledger at all is an error, because an empty answer would look like "not sold
   anywhere".
3. What ``verify`` saw on this host is read before a snapshot is opened and handed on with it, so that an answer can say how far each
   source is to be believed (:mod:`foodtrace.tlog.vouched`).
4. A program that keeps a ledger open compares each snapshot with those before (:mod:`foodtrace.tlog.lastread`): it was opened long ago, and
   the database may have been set back since.
5. This module loads no keys, no events and no SQLAlchemy: import time is part of a command's time.
6. Where ``verify`` saw logs on this host and there is not even a table now, the ledger is gone, whoever asks, and not one that was never
   made: no other is made in its place unasked (``ledger.gone``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.errors import BadData, Integrity, NotFound, Storage
from foodtrace.storage.engine import open_store
from foodtrace.storage.session import VERSION
from foodtrace.storage.strange import tables_say
from foodtrace.tlog.anchor import anchor_path, read_anchor
from foodtrace.tlog.lastread import HEADS, LastRead
from foodtrace.tlog.vouched import Vouched, mark_of, mark_path, read_seen

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from foodtrace.storage.session import Session, Store
    from foodtrace.tlog.lastread import Ends

SCHEMA_VERSION: Final = VERSION
"""The schema this program works with."""
RULE_PARTS: Final = ("recall", "gate", "calendar")
"""Where in a folder of rule packs of one's own those of recalls and those of the gate stand, and tables of holidays."""


class LogState(NamedTuple):
    """A log of the database, as its head says."""

    number: int
    origin: str
    size: int
    time: int
    key_id: bytes


def default_keys(store_path: Path | None) -> Path:
    """Return the key directory: ``FOODTRACE_KEYS``, else ``FILE.keys`` beside the database if it is there, else the user's."""
    named = os.environ.get("FOODTRACE_KEYS")
    if named:
        return Path(named).expanduser()
    if store_path is not None:
        beside = store_path.with_name(store_path.name + ".keys")
        if beside.is_dir():
            return beside
    return Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "foodtrace" / "keys"


def rule_folder(given: str | Path) -> Path:
    """Return the folder of rule packs of one's own, absolute.

    :raises NotFound: ``rules.directory``. :raises BadData: ``rules.misplaced``: a pack that nobody would read.
    :raises Storage: ``rules.unreadable``.
    """
    folder = Path(given).expanduser().absolute()
    if not folder.is_dir():
        raise NotFound("rules.directory", value=str(folder))
    try:
        astray = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    except OSError as error:
        raise Storage("rules.unreadable", value=str(folder), reason=error.strerror or type(error).__name__) from None
    if astray or not any((folder / part).is_dir() for part in RULE_PARTS):
        raise BadData(
            "rules.misplaced",
            value=str(folder / astray[0]) if astray else str(folder),
            expected=", ".join(f"{part}/*.toml" for part in RULE_PARTS),
        )
    return folder


def wall_clock() -> int:
    """Return now as microseconds since 1970 UTC."""
    return time.time_ns() // 1000


@contextmanager
def reading(url: str, *, keys: str | Path | None = None) -> Iterator[Session]:
    """Open one snapshot of a ledger that is there, checked as :meth:`foodtrace.ledger.Ledger.open` checks it.

    :raises NotFound: ``ledger.missing``. :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``.
    :raises Storage: ``ledger.newer``, ``ledger.older``, ``ledger.number_older``, ``storage.*``.
    """
    try:
        store = open_store(url, create=False)
    except NotFound as error:
        raise _lost(error, keys, None) or error from None
    try:
        folder = Path(keys).expanduser() if keys is not None else default_keys(getattr(store, "path", None))
        check(store, folder, may_create=False)
        vouched = Vouched(folder, mark_of(folder, store, None))
        with store.read() as session:
            session.vouched = vouched
            yield session
    finally:
        store.close()


class Snapshots:
    """Opens snapshots of a database for a program that keeps it open, and compares each with those before (rule 4)."""

    def __init__(self, store: Store, keys: Path, mark: Callable[[], Path], rules: Path | None, ends: Callable[[], Ends] | None) -> None:
        """:param ends: gives the ends of the logs that the program wrote itself; none: nothing is compared (recovery does so itself)."""
        self._store, self._keys, self._mark, self._rules, self._ends = store, keys, mark, rules, ends
        self._last = LastRead()
        self._there = False

    @contextmanager
    def open(self, seen_as: Callable[[Session], Session] | None = None) -> Iterator[tuple[Session, list[Integrity]]]:
        """Open a snapshot of a ledger that has something in it; give it with what contradicts what the program saw before.

        :param seen_as: gives the session in which is looked at what the program saw before; by default that of the snapshot.
        :raises NotFound: ``ledger.missing``.
        """
        # A ledger that was there once is not looked for again: on PostgreSQL that is four journeys to the server and back.
        if not self._there and not (self._store.version() is not None if seen_as is None else is_there(self._store)):
            raise NotFound("ledger.missing", value=self._store.url, expected="foodtrace init")
        self._there = self._there or seen_as is None
        vouched = Vouched(self._keys, self._mark())
        seen = None if self._ends is None else self._last.before(self._ends())
        with self._store.read("" if seen is None or seen_as is not None else HEADS) as session:
            session.vouched, session.rules = vouched, self._rules
            yield session, [] if seen is None else self._last.look(session if seen_as is None else seen_as(session), seen)


def open_or_lost(url: str | Path | Engine, keys: str | Path | None, *, create: bool, schema: str | None, recovering: bool) -> Store:
    """Open a database; see :func:`foodtrace.storage.engine.open_store`.

    :raises Integrity: ``ledger.gone`` where there is no file, and there was a ledger in it (rule 6).
    """
    try:
        return open_store(url, create=create, schema=schema)
    except NotFound as error:
        raise (None if recovering else _lost(error, keys, schema)) or error from None


def _is_empty(path: Path | None) -> bool:
    """Say whether there is no file, or nothing in it; a server has none."""
    try:
        return path is not None and path.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError:
        return False  # whoever opens it says why


def _lost(error: NotFound, keys: str | Path | None, schema: str | None) -> Integrity | None:
    """Return the error about a file that is not there and in which ``verify`` saw logs; none if it never did (rule 6)."""
    path = Path(str(error.value))
    folder = Path(keys).expanduser() if keys is not None else default_keys(path)
    return _gone(str(path), mark_path(folder, f"sqlite:///{path}", schema)) if error.code == "ledger.missing" else None


def _gone(place: str, mark: Path) -> Integrity | None:
    seen = read_seen(mark)
    return Integrity("ledger.gone", value=place, expected=", ".join(sorted(seen)), path=str(mark)) if seen else None


def is_there(store: Store) -> bool:
    """Say whether there is a ledger, whatever its settings say: for who looks what is wrong with it."""
    try:
        return store.version() is not None
    except Integrity:
        return True


def check(
    store: Store,
    keys: Path,
    *,
    may_create: bool,
    anchors: bool = True,
    older: bool = False,
    looking: bool = False,
    schema: str | None = None,
) -> None:
    """Check a database before it is used (rules 1 and 2).

    :param may_create: no ledger is no error. :param anchors: compare with this host's anchors. :param older: so is an older schema.
    :param looking: settings that are gone, or say what they never do, or a newer schema, or an older one than the tables are of, are none
        either: somebody looks what is wrong.
    :param schema: PostgreSQL schema of the ledger. :raises Integrity: ``ledger.gone`` (rule 6).
    """
    try:
        version = None if _is_empty(getattr(store, "path", None)) else store.version()  # asking would make a file of nothing
    except Integrity:
        if looking:
            return
        raise
    if version is None:
        gone = _gone(store.url.removeprefix("sqlite:///"), mark_of(keys, store, schema)) if anchors else None
        if gone is not None:
            raise gone
        if not may_create:
            raise NotFound("ledger.missing", value=store.url, expected="foodtrace init")
        return
    if version > SCHEMA_VERSION:
        if looking:
            return
        raise Storage("ledger.newer", value=version, expected=SCHEMA_VERSION)
    if version < SCHEMA_VERSION and not older:
        altered = _says_less(store)
        if looking and altered:
            return
        raise Storage("ledger.number_older" if altered else "ledger.older", value=version, expected=SCHEMA_VERSION)
    if not anchors:
        return
    with store.read() as session:
        known = origins(session)
    found = read_anchors(keys, known)
    with store.read() as session:
        check_anchors(session, found)


def _says_less(store: Store) -> bool:
    """Say whether the tables are of this program's layout, whatever number stands in the settings: then somebody changed that."""
    with store.read() as session:
        return tables_say(session) == SCHEMA_VERSION


def logs(session: Session) -> list[LogState]:
    """Return every log of the database that has a head, by origin.

    :raises Integrity: ``storage.mistyped`` where a row of ``log`` or ``head`` has values that foodtrace never writes.
    """
    found = session.rows("SELECT l.id, l.origin, h.size, h.time, h.key_id FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin")
    for row in found:
        # SQLite stores any type in any column; whoever wrote this was not foodtrace.
        for value, wanted in zip(row, (int, str, int, int, bytes), strict=True):
            if not isinstance(value, (bytes, memoryview) if wanted is bytes else wanted):
                raise Integrity("storage.mistyped", value=f"head {row[0]}", expected=wanted.__name__, got=type(value).__name__)
    return [LogState(number, origin, size, time, bytes(key_id)) for number, origin, size, time, key_id in found]


def origins(session: Session) -> list[str]:
    """Return the origins of all logs, those whose head is gone as well."""
    return [str(row[0]) for row in session.rows("SELECT origin FROM log ORDER BY origin")]


def read_anchors(keys: Path, origins: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Return this host's anchors of some logs: origin -> (size, checkpoint). Raises ``Integrity`` (``anchor.damaged``)."""
    found = {origin: read_anchor(anchor_path(keys, origin)) for origin in origins}
    return {origin: anchored for origin, anchored in found.items() if anchored is not None}


def check_anchors(session: Session, anchors: Mapping[str, tuple[int, bytes]]) -> None:
    """Compare every log with this host's anchor of it. Raises ``Integrity`` (``ledger.rolled_back``, ``ledger.forked_log``).

    The anchors must have been read before ``session`` was opened: an anchor moves on after the commit it is about, so one that
    is read later may speak of a commit that this snapshot does not see yet.
    """
    states = logs(session)
    for hidden in sorted(anchors.keys() & set(origins(session)) - {state.origin for state in states}):
        raise Integrity("ledger.rolled_back", value=0, expected=anchors[hidden][0], log=hidden)
    for state in states:
        if state.origin not in anchors:
            continue
        size, checkpoint = anchors[state.origin]
        if size > state.size:
            raise Integrity("ledger.rolled_back", value=state.size, expected=size, log=state.origin)
        row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, size))
        if row is None or bytes(row[0]) != checkpoint:
            raise Integrity("ledger.forked_log", value=state.origin, expected=size)
