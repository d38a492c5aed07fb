"""The logs a host writes: made with their first key, chosen by the key that lies here, chosen again when another process changed it.

Rules (DESIGN section 5):

1. A log begins with the entry that registers its key, in the transaction that makes it; the anchor follows after COMMIT.
2. Which key is in force is looked up once and remembered; an append that finds another one looks again, once.
3. Nothing is written in a backup before ``foodtrace recover`` took its mark off.
4. What is remembered of a log's end (:mod:`foodtrace.tlog.lastseen`) outlives that: it is kept as long as the ledger is open.
5. Who is done settles the anchors: what they say is on the disk then (ADR 13).
"""

from __future__ import annotations

import logging
import secrets as tokens
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from foodtrace.errors import Conflict, FoodtraceError, NotFound, Refused
from foodtrace.events import Key
from foodtrace.events.canonical import checked
from foodtrace.graph import projection
from foodtrace.graph.edges import moment
from foodtrace.graph.names import Names
from foodtrace.keys import SigningKey
from foodtrace.opening import LogState, Writer, check_seen, choose, logs, refuse_backup
from foodtrace.sealed import Seal, sealed_logs
from foodtrace.storage.session import Store
from foodtrace.tlog.anchor import Anchor, anchor_path, move_anchor
from foodtrace.tlog.append import append, lock_head, new_log
from foodtrace.tlog.entry import check_origin
from foodtrace.tlog.lastread import Ends
from foodtrace.tlog.lastseen import LastSeen
from foodtrace.tlog.vouched import read_seen

_T = TypeVar("_T")

_logger = logging.getLogger("foodtrace")


class NewLog(NamedTuple):
    """A log just made: one entry, which registers its key."""

    origin: str
    time: int
    """``time`` of the entry, microseconds UTC."""
    key: SigningKey
    number: int


class Writers:
    """The logs of one database that this host writes. Threads may share it."""

    def __init__(
        self,
        store: Store,
        keys: Path,
        names: Names,
        clock: Callable[[], int],
        *,
        log: str | None,
        passphrase: str | Callable[[], str] | None,
        may_create: bool,
        recovering: bool,
        mark: Callable[[], Path],
    ) -> None:
        """See :meth:`foodtrace.ledger.Ledger.open`."""
        self._store = store
        self._keys = keys
        self._names = names
        self._clock = clock
        self._wanted = log
        self._passphrase = passphrase
        self._may_create = may_create
        self._recovering = recovering
        self._mark = mark
        self._seals: dict[str, Seal] = {}
        self._known: dict[str | None, Writer] = {}
        self._first_seen: dict[str, Writer] = {}
        self._lock = threading.Lock()

    def make(self, origin: str | None, operator: str, passphrase: str | None) -> NewLog:
        """Make a log; see :meth:`foodtrace.ledger.Ledger.init`.

        :raises Conflict: ``log.exists``, ``log.anchored``. :raises BadData: ``log.origin``.
        """
        from foodtrace.keyfiles import create  # noqa: PLC0415 - loads cryptography

        name = check_origin(origin or f"local/{tokens.token_hex(4)}")
        now = self._clock()  # before anything is made: a clock that is none leaves no half of a ledger
        self._store.create()
        with self._store.read() as session:
            if any(state.origin == name for state in logs(session)):
                raise Conflict("log.exists", value=name)
        anchor = anchor_path(self._keys, name)
        if anchor.exists():  # what is written under this name would be refused as rolled back from then on
            raise Conflict("log.anchored", value=name, path=str(anchor))
        key = create(self._keys, name, passphrase)
        with self._put_away(key, name):
            made = self._begin(key, name, operator, now)
        if self._recovering:  # its mark is written next: nobody is asked for a passphrase that was just given
            kept = Anchor(anchor)
            with self._lock:
                self._known[name] = self._compared(Writer(made.number, name, key, kept, LastSeen(name, kept)))
        return made

    @contextmanager
    def _put_away(self, key: SigningKey, origin: str) -> Iterator[None]:
        """Remove the file of a new key if its log was not made: nothing was ever signed with it. In doubt it stays."""
        try:
            yield
        except BaseException:
            with suppress(FoodtraceError, OSError), self._store.read() as session:
                # A server that was lost while it committed may do so yet, and its log would be without a key.
                from foodtrace.keyfiles import SUFFIX  # noqa: PLC0415 - loaded already

                if session.dialect == "sqlite" and all(state.origin != origin for state in logs(session)):
                    (self._keys / f"{key.key_id.hex()}{SUFFIX}").unlink(missing_ok=True)
            raise

    def _begin(self, key: SigningKey, name: str, operator: str, now: int) -> NewLog:
        """Make the log of a new key: entry 0, which registers it."""
        event = Key(id=f"key-{key.key_id.hex()}", at=moment(now), action="register", public=key.public.hex(), issuer=operator)
        data = checked(event)
        with self._store.write() as session:
            number = new_log(session, name)
            made = append(session, number, name, lock_head(session, number), [(event.id, data)], now, [key], key_seq=0, key_id=key.key_id)
            used = projection.apply(session, self._names, number, name, [projection.Sealed(0, now, event)])
        # Durable from here on; the anchor is a lower bound and may lag after a crash.
        self._names.remember(used)
        move_anchor(anchor_path(self._keys, name), made.head.size, made.checkpoint)
        _logger.info("log %s made, key %s", name, key.key_id.hex())
        return NewLog(name, now, key, number)

    def writer(self, log: str | None, *, ending: bool = False) -> Writer:
        """Return the log this host writes (and, on a ledger without any, make it). Raises ``NotFound`` (``key.missing``).

        :param ending: it is only to be ended: one that a recovery left will do.
        :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``: ``verify`` saw more of it on this host.
        """
        wanted = log or self._wanted
        with self._lock:
            if ending:
                states = self._states()
                self._seals = {}
                return self._compared(self._chosen(states, wanted))
            found = self._known.get(wanted)
            if found is None:
                found = self._known[wanted] = self._compared(self._chosen(self._states() or self._first(wanted), wanted))
            return found

    def _compared(self, found: Writer) -> Writer:
        """Compare the log that is to be written with the mark of ``verify``; give it what is remembered of its end (rule 4)."""
        seen = {} if self._recovering else read_seen(self._mark())
        if found.origin in seen:
            with self._store.read() as session:
                check_seen(session, [each for each in logs(session) if each.origin == found.origin], seen)
        if self._recovering:  # what the anchor says has been asked, and is answered for
            return found._replace(last=LastSeen(found.origin, None))
        before = self._first_seen.setdefault(found.origin, found)
        return found._replace(anchor=before.anchor, last=before.last)

    def _states(self) -> list[LogState]:
        if self._store.version() is None:
            return []
        with self._store.read() as session:
            if not self._recovering:
                refuse_backup(session)
                self._seals = sealed_logs(session, self._keys)
            return logs(session)

    def _first(self, wanted: str | None) -> list[LogState]:
        """Make the first log of a ledger that has none."""
        if not self._may_create:
            raise NotFound("ledger.missing", value=self._store.url, expected="foodtrace init")
        self.make(wanted if wanted and "/" in wanted else None, "", None if callable(self._passphrase) else self._passphrase)
        with self._store.read() as session:
            return logs(session)

    def _chosen(self, states: list[LogState], wanted: str | None) -> Writer:
        if not callable(self._passphrase):
            return choose(states, self._keys, wanted, self._passphrase, self._seals)
        try:
            return choose(states, self._keys, wanted, None, self._seals)
        except Refused as error:
            if error.code != "key.passphrase_needed":
                raise
        given = self._passphrase()
        found = choose(states, self._keys, wanted, given, self._seals)
        self._passphrase = given  # it opened the key: nobody is asked twice
        return found

    def passphrase_of(self, public: bytes) -> str | None:
        """Return the passphrase that opens the file of a public key here, asked for where nobody gave it; none for one without a lock.

        :return: none too where no file of it is here. :raises Refused: ``key.passphrase_needed``, ``key.passphrase_wrong``.
        """
        from foodtrace.keyfiles import list_keys, load  # noqa: PLC0415 - loads cryptography

        stored = next((each for each in list_keys(self._keys) if each.verifier.public == public), None)
        if stored is None or not stored.encrypted:
            return None
        with self._lock:
            given = self._passphrase() if callable(self._passphrase) else self._passphrase
            load(self._keys, stored.verifier.key_id, given)
            self._passphrase = given
        return given

    def ends(self) -> Ends:
        """Return the ends of the logs that this program wrote, as it saw them last."""
        return {origin: each.last.at for origin, each in tuple(self._first_seen.items())}

    def forget(self) -> None:
        """Look again which key is in force the next time, with the anchors on the disk. Raises ``Storage`` (``anchor.unwritable``)."""
        with self._lock:
            known = list(self._known.values())
            self._known.clear()
        for writer in known:
            writer.anchor.settle()

    def with_key(self, log: str | None, work: Callable[[Writer], _T]) -> _T:
        """Write with the key in force; once more if another process changed it since this one looked (rule 2)."""
        try:
            return work(self.writer(log))
        except Conflict as error:
            if error.code != "log.key_changed":
                raise
            self.forget()
        return work(self.writer(log))
