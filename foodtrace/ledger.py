"""`Ledger`: what everybody opens.

Rules:

1. A ledger is a database with any number of logs; this host writes those whose key lies in its key directory.
2. ``record`` owns its transaction and never joins the caller's: a signed checkpoint must not be rolled back. The receipt comes
   after COMMIT; a retry with the same event ids is harmless.
3. Before anything is read or written, the database is compared with this host's anchors (DESIGN section 5, rollback).
4. A ledger may be shared between threads. It does not survive a fork: open another one in the child.
5. No global state, no prints; the logger ``foodtrace`` gets ids and counts only.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from foodtrace.errors import FoodtraceError, NotFound
from foodtrace.events import Event
from foodtrace.graph.names import Names
from foodtrace.opening import LogState, Writer, check_seen, chosen, logs, refuse_backup
from foodtrace.operations.common import Outcome
from foodtrace.quantity import Quantity
from foodtrace.reading import SCHEMA_VERSION, Snapshots, check, default_keys, is_there, open_or_lost, rule_folder, wall_clock
from foodtrace.recording import Receipt, done, lock, prepare, record, record_in, refusals
from foodtrace.sealed import sealed_logs
from foodtrace.storage.engine import address_of
from foodtrace.storage.session import Session, Store
from foodtrace.storage.standins import as_made
from foodtrace.tlog.append import Head
from foodtrace.tlog.clock import ClockRule, clock_rule, within
from foodtrace.tlog.vouched import mark_of, read_seen
from foodtrace.writing import Writers

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from foodtrace.certificate.keylist import KeyList
    from foodtrace.gate.pack import Rulebook
    from foodtrace.keys import SigningKey
    from foodtrace.operations.market import GateAnswer, Truck
    from foodtrace.recall.answer import Answer
    from foodtrace.recall.columns import Holdings
    from foodtrace.recall.metrics import Completion
    from foodtrace.recall.running import Completions
    from foodtrace.tlog.said import ImportSaid
    from foodtrace.tlog.verify import Progress
    from foodtrace.verification import Older, Verification

_logger = logging.getLogger("foodtrace")
_logger.addHandler(logging.NullHandler())


class LogInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A log of the ledger."""

    origin: str
    size: int
    """Entries."""
    time: int
    """``time`` of the last entry, microseconds since 1970 UTC; 0 for an empty log."""
    key_id: str
    """Key id of the key in force, hex."""


class _TakenBack(Exception):
    """Ends the transaction of a dry run; no error."""


class Ledger:
    """A food traceability ledger in one database. Make one with :meth:`open`; it is also a context manager."""

    def __init__(
        self,
        store: Store,
        *,
        log: str | None,
        keys: Path,
        clock: Callable[[], int],
        passphrase: str | Callable[[], str] | None,
        may_create: bool,
        rule: ClockRule,
        recovering: bool = False,
        rules: Path | None = None,
    ) -> None:
        """Use :meth:`open`."""
        self.store = store
        self.keys = keys
        self.clock = within(clock)
        self.clock_rule = rule
        self.names = Names()
        self._log = log
        self._writers = Writers(
            store,
            keys,
            self.names,
            self.clock,
            log=log,
            passphrase=passphrase,
            may_create=may_create,
            recovering=recovering,
            mark=lambda: self.mark,
        )
        self.rules = rules
        self._snapshots = Snapshots(store, keys, lambda: self.mark, rules, None if recovering else self._writers.ends)
        self._rules: Rulebook | None = None
        self._completions: Completions | None = None
        self._address = store.url
        self._schema: str | None = None

    # -- opening -----------------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        url: str | Path | Engine,
        *,
        log: str | None = None,
        keys: str | Path | None = None,
        clock: Callable[[], int] | None = None,
        schema: str | None = None,
        create: bool = True,
        passphrase: str | Callable[[], str] | None = None,
        recovering: bool = False,
        confirm_clock: bool = False,
        clock_ahead: dt.timedelta | None = None,
        older: bool = False,
        looking: bool = False,
        rules: str | Path | None = None,
    ) -> Self:
        """Open a ledger.

        :param url: ``sqlite:///FILE`` (or a file name or path), ``postgresql://...``, or a SQLAlchemy ``Engine``.
        :param log: origin (or its last part) of the log to write; by default the first one whose key lies here.
        :param keys: directory of signing keys and anchors; see :func:`default_keys`.
        :param clock: now, as microseconds since 1970 UTC, for tests and simulations.
        :param schema: PostgreSQL schema for the tables.
        :param create: make the database, and on the first ``record`` a log with a new key, if there is none. Reading from a
            ledger that has nothing raises all the same: an empty answer would look like "not sold anywhere".
        :param passphrase: of the signing key's file, if it has one; or what asks for it, called when a locked key is first needed.
        :param recovering: do not compare with this host's anchors; only for :mod:`foodtrace.keeping.recovery`, which does.
        :param confirm_clock: the clock is right: write although it is behind, or far ahead of, the last entry.
        :param clock_ahead: how far ahead of the last entry is far (25 days).
        :param older: take a ledger of an older version of foodtrace too, to :meth:`rebuild` it, back it up or recover it.
        :param looking: take one whose settings are gone or say what they never do, or that says it is newer than this program, or older
            than its tables are, to :meth:`verify` it.
        :param rules: folder of rule packs of one's own, in ``recall/*.toml`` and ``gate/*.toml``; each is read when it is first needed.
        :raises NotFound: ``ledger.missing``, ``rules.directory``. :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``,
            ``ledger.gone``, ``ledger.no_settings``.
        :raises Storage: ``ledger.newer``, ``ledger.older``, ``ledger.number_older``, ``storage.*``.
        :raises BadData: ``clock.ahead``, ``rules.misplaced``.
        """
        rule = clock_rule(clock_ahead, confirmed=confirm_clock)
        own = None if rules is None else rule_folder(rules)
        store = open_or_lost(url, keys, create=create, schema=schema, recovering=recovering)
        path = getattr(store, "path", None)
        folder = Path(keys).expanduser() if keys is not None else default_keys(path)
        ledger = cls(
            store,
            log=log,
            keys=folder,
            clock=clock or wall_clock,
            passphrase=passphrase,
            may_create=create,
            rule=rule,
            recovering=recovering,
            rules=own,
        )
        # The password stays here; it goes through a pipe to a process that helps to verify, and nowhere else.
        ledger._address, ledger._schema = address_of(url), schema
        try:
            check(store, folder, may_create=create, anchors=not recovering, older=older, looking=looking, schema=schema)
        except BaseException:
            store.close()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back, with the anchors on the disk. Raises ``Storage`` (``anchor.unwritable``); entries are durable anyway."""
        try:
            self._writers.forget()
        finally:
            self.store.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open one snapshot of a ledger that has something in it.

        :raises NotFound: ``ledger.missing``. :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``: this program saw more of it.
        """
        with self._snapshots.open() as (session, wrong):
            if wrong:
                raise wrong[0]
            yield session

    # -- logs and keys -----------------------------------------------------------------------------------------------------

    def logs(self) -> list[LogInfo]:
        """Return the logs of this ledger, by origin; empty where there is no ledger yet."""
        if self.store.version() is None:
            return []
        with self.store.read() as session:
            return [_info(state) for state in logs(session)]

    def init(self, origin: str | None = None, *, operator: str = "", passphrase: str | None = None) -> tuple[LogInfo, SigningKey]:
        """Make a log of this host: a new key, entry 0 that registers it, the first checkpoint.

        :param origin: identity of the log, ``NAME/operator/site``; by default ``local/`` and eight random hex digits.
        :param operator: operator who runs the log; entitles it to correct other logs' entries about its own sites.
        :raises Conflict: ``log.exists``, ``log.anchored``. :raises BadData: ``log.origin``.
        """
        made = self._writers.make(origin, operator, passphrase)
        return LogInfo(origin=made.origin, size=1, time=made.time, key_id=made.key.key_id.hex()), made.key

    def writer(self, log: str | None = None, *, ending: bool = False) -> Writer:
        """Return the log this host writes (and, on a ledger without any, make it).

        :param ending: it is only to be ended: one that a recovery left for another will do.
        :raises NotFound: ``key.missing``. :raises Refused: ``log.ended``, ``log.sealed``.
        :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``: ``verify`` saw more of it on this host.
        """
        return self._writers.writer(log, ending=ending)

    def passphrase_of(self, public: bytes) -> str | None:
        """Return the passphrase that opens this host's file of a public key, for the file of the key that takes over from it.

        :return: none where the file has no lock, or is not here. :raises Refused: ``key.passphrase_needed``, ``key.passphrase_wrong``.
        """
        return self._writers.passphrase_of(public)

    def refuse_set_back(self) -> None:
        """Compare every log with what ``verify`` saw of it on this host, before a copy or a proof goes out.

        :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``.
        """
        seen = read_seen(self.mark)
        if seen and self.store.version() is not None:
            with self.store.read() as session:
                check_seen(session, logs(session), seen)

    def forget_writers(self) -> None:
        """Look again which key is in force the next time something is written."""
        self._writers.forget()

    # -- recording ---------------------------------------------------------------------------------------------------------

    def record(
        self,
        events: Sequence[Event],
        *,
        personal: Mapping[str, Mapping[str, str]] | None = None,
        log: str | None = None,
        confirm_clock: bool = False,
    ) -> Receipt:
        """Put a batch of events on record: all of them or none, durable when this returns.

        :param events: at least one; ids are unique in the log, and a repeated id with the same content is a retry.
        :param personal: personal values by event id and field (``contact``, ``phone``, ``address`` ...); kept beside the log.
        :param log: origin of the log to write, if not the ledger's own.
        :param confirm_clock: append although the clock is behind, or far ahead of, the last entry; as :meth:`open` has it for all.
        :raises BadData: an event breaks its form. :raises Conflict: ``record.id_conflict``.
        :raises Refused: ``log.clock_behind``, ``log.clock_ahead``, ``log.clock_unset``. :raises Busy: another writer holds the database.
        :raises NotFound: ``key.missing``. :raises Storage: disk or database failed; nothing was recorded.
        """
        prepared = prepare(events, personal)
        rule = self.clock_rule._replace(confirmed=True) if confirm_clock else self.clock_rule
        receipt = self._writers.with_key(log, lambda writer: record(self.store, self.names, writer, prepared, self.clock, rule))
        _logger.info("recorded %d events in %s, %d new", len(prepared.events), receipt.log, receipt.new)
        return receipt

    def refusals(self, session: Session, events: Sequence[Event], *, log: str | None = None) -> list[tuple[int, FoodtraceError]]:
        """Return (place, why) of the events that :meth:`record` would refuse for what is on record; writes nothing, needs no passphrase.

        :param session: of :meth:`reading`. :param log: origin of the log to write, if not the ledger's own.
        :raises NotFound: ``key.missing``, ``log.missing``: it cannot be said which log they would go to.
        """
        return refusals(session, chosen(logs(session), self.keys, log or self._log, sealed_logs(session, self.keys)), events)

    def act(self, decide: Callable[[Session], Outcome], *, log: str | None = None, dry_run: bool = False) -> tuple[Receipt | None, Any]:
        """Read facts, decide and record in one transaction, so that two lanes cannot spend the same thing.

        :param decide: gets the open session; returns the events to record (perhaps none) and an answer for the caller.
        :param dry_run: do all of it, so that what would be refused is refused, and take it back.
        :return: the receipt, none if nothing was recorded, and the answer.
        :raises FoodtraceError: whatever ``decide`` or recording raises; nothing is recorded then. And the outcome's ``refused``,
            after its events (the refusal) are durable.
        """
        return self._writers.with_key(log, lambda writer: self._act(writer, decide, dry_run=dry_run))

    def _act(self, writer: Writer, decide: Callable[[Session], Outcome], *, dry_run: bool) -> tuple[Receipt | None, Any]:
        made: tuple[Receipt, dict[str, int], Head] | None = None
        with suppress(_TakenBack), self.store.write() as session:
            # Before anything is read: on PostgreSQL a transaction alone keeps nobody from spending what was read here.
            head = lock(session, writer)
            session.rules = self.rules
            outcome = decide(session)
            if outcome.events:
                prepared = prepare(outcome.events, outcome.personal)
                made = record_in(session, self.names, writer, prepared, self.clock(), self.clock_rule, head)
            if dry_run:
                made = None
                raise _TakenBack
        # Durable from here on; the anchor is a lower bound and may lag after a crash.
        if made is not None:
            done(writer, self.names, *made)
        if outcome.refused is not None:
            raise outcome.refused
        return None if made is None else made[0], outcome.answer

    def gate(
        self,
        text: str,
        *,
        market: str | None = None,
        weight: Quantity | str | None = None,
        id: str = "",  # noqa: A002 - the word every event has
        by: str = "",
        gate: str = "",
        truck: Truck | None = None,
        rules: Rulebook | None = None,
        hosts: Collection[str] = (),
        keys: KeyList | None = None,
        log: str | None = None,
    ) -> GateAnswer:
        """Decide on a truck at a market's gate: facts, decision and entry in one transaction; hold and refuse are answers.

        :param text: the certificate's code as scanned. :param market: id or name; by default the only market.
        :param weight: what the scale says, with its unit; by default what is certified.
        :param id: id of the event: the same again gives the first answer again, another one is another truck. Without one the same
            code with the same weight within seconds is one scan (``duplicate`` in the answer).
        :param gate: number of the gate; by default the digits at the end of the log's origin, else 1.
        :param truck: whatever else is known (seller's card, product, papers): :class:`foodtrace.operations.market.Truck`.
        :param rules: rule packs; by default the ledger's (:meth:`rulebook`).
        :param hosts: pages of certificates that are trusted, ``HOST[/stem]`` each.
        :param keys: key list that the gate carries (:mod:`foodtrace.certificate.keylist`).
        :raises BadData: ``scan.*`` (no certificate to decide on), ``quantity.*``, ``gate.which_market``.
        :raises Conflict: ``record.id_conflict``: the id stands for another truck. :raises Busy: try again, same id.
        """
        from foodtrace.operations import desk  # noqa: PLC0415 - record and recall need none of it
        from foodtrace.operations.common import Doing, local  # noqa: PLC0415

        size = Quantity.parse(weight) if isinstance(weight, str) else weight
        writer = self.writer(log)
        number = desk.gate_of(writer.origin, gate)
        book = rules or self.rulebook()

        def decide(session: Session) -> Outcome:
            doing = Doing(now=local(self.clock()), by=by, id=id)
            asked = desk.Asked(text, size, truck, hosts, keys)
            return desk.decide(session, doing, book, asked, market=market, gate=number, seeds=self.keys, log=writer.number)

        _, answer = self.act(decide, log=log)
        found: GateAnswer = answer
        return found

    def rulebook(self) -> Rulebook:
        """Return the gate's rule packs, those of one's own before those that come with foodtrace; read once. Raises as ``load`` does."""
        if self._rules is None:
            from foodtrace.gate.rules import load  # noqa: PLC0415 - only the gate needs them

            folder = None if self.rules is None else self.rules / "gate"
            self._rules = load(folder if folder is not None and folder.is_dir() else None)
        return self._rules

    def import_log(self, copy: str | Path, *, vkeys: Sequence[str] = (), progress: Progress | None = None) -> ImportSaid:
        """Take in another host's log, or what is new of it, from its copy in tiles: all of it verified first, then all or nothing.

        :param copy: folder or ``http(s)://`` address, as ``foodtrace export tiles`` fills it.
        :param vkeys: verifier keys of logs, had from elsewhere; needed the first time a log comes, which then vouches for itself.
        :raises NotFound: ``ledger.missing``. :raises ProofError: there is no checkpoint of a key that is known, or none at all.
        :raises Refused: ``import.own_log``, ``import.not_trusted``, ``import.other_key``, ``ledger.is_backup``.
        :raises Integrity: ``import.broken``, ``import.fork``. :raises Conflict: ``import.id_twice``.
        :raises Storage: ``tiles.*``: the copy cannot be read. :raises Busy: another writer holds the database.
        """
        from foodtrace.keeping.homecoming import import_log  # noqa: PLC0415 - record and recall need none of it
        from foodtrace.tlog.note import parse_verifier  # noqa: PLC0415

        said = import_log(self, str(copy), [parse_verifier(each.strip()) for each in vkeys], progress)
        _logger.info("imported %s: %d of %d entries were here", said.log, said.before, said.copy)
        return said

    # -- reading -----------------------------------------------------------------------------------------------------------

    def recall(self, lot: str | Sequence[str], *, bounds: bool = False) -> Answer:
        """Find every outlet that holds a lot or anything made from it; see :func:`foodtrace.operations.recalling.recall`.

        :param bounds: also say how much at each site can stem from the lot: least, proportional, most (``Answer.bounds``).
        """
        from foodtrace.operations.recalling import recall  # noqa: PLC0415 - verify and record need none of it

        with self.reading() as session:
            return recall(session, lot, now=self.clock(), bounds=bounds)

    def holdings(self, lot: str | Sequence[str], *, codes: bool = False) -> Holdings:
        """Find where a lot, or anything made from it, is or was by all that is on record, as columns without a Python object for a place.

        :param codes: also look up the ids behind the numbers. :raises NotFound: ``lot.not_found``. :raises Ambiguous: ``lot.ambiguous``.
        """
        from foodtrace.recall.columns import places  # noqa: PLC0415 - record needs none of it

        with self.reading() as session:
            return places(session, [lot] if isinstance(lot, str) else lot, codes=codes)

    def completion(self, case: str) -> Completion:
        """Return how far a case has come, R1-R6; kept up to date between calls, so that one more return costs what it touches.

        :param case: full id of the case. :raises NotFound: ``case.not_found``.
        """
        from foodtrace.recall.running import Completions  # noqa: PLC0415 - record needs none of it

        kept = self._completions = self._completions or Completions()
        with self.reading() as session:
            return kept.completion(session, case, self.clock())

    def verify(
        self, *, progress: Progress | None = None, full: bool = False, files: bool = False, helpers: int = 1, older: Sequence[Older] = ()
    ) -> Verification:
        """Check every log against itself and the projection against the logs; collect all findings.

        Never says ok when it did not look: an empty ledger is not ok. Unless ``full``, what an earlier run of this host has verified is
        hashed again and compared with its mark, and only the rest is checked in full; the answer says which is which. What this host
        signed last of each log is compared as well: to verify a ledger that was set back, open it with ``recovering``.

        :param full: check everything from the first entry on, and trust no mark.
        :param files: let the database compare its pages and indexes too, which takes about a seventh more of a full verification.
        :param helpers: other processes that may be started for a large ledger; 0 for none.
        :param older: older checkpoints that the logs must extend (:func:`foodtrace.verification.older`).
        :raises NotFound: ``ledger.missing``, ``verify.since_log``. :raises Storage: the database cannot be read.
        """
        from foodtrace import verification  # noqa: PLC0415 - a third of what opening a ledger loads, and most never verify

        gone = None if is_there(self.store) else verification.ledger_gone(self.mark)
        if gone is not None:
            return gone
        with self._snapshots.open(as_made) as (session, wrong):
            known = verification.origins_as_they_are(as_made(session))
        asked = verification.Asked(
            full=full,
            files=files,
            mark=self.mark,
            now=self.clock(),
            start=verification.Start(address=self._address, schema=self._schema) if helpers > 0 else None,
            helpers=helpers,
            older=tuple(older),
            keys=self.keys,
            anchors=verification.anchors_of(self.keys, known),
            remembered=verification.remembered(wrong),
        )
        with self._snapshots.open(as_made) as (session, _):
            return verification.verify_ledger(session, progress, asked)

    def verified_at(self) -> dt.datetime | None:
        """Return when :meth:`verify` last found nothing wrong on this host, UTC; none where it never did. Looks at no entry."""
        from foodtrace.verification import marked_at  # noqa: PLC0415 - see :meth:`verify`

        return marked_at(self.mark)

    @property
    def mark(self) -> Path:
        """Return where ``verify`` leaves its mark, in the key directory."""
        return mark_of(self.keys, self.store, self._schema)

    def rebuild(self, *, progress: Progress | None = None) -> int:
        """Throw the projection away and make it anew from the logs; return the number of entries read.

        A ledger of an older version of foodtrace (:meth:`open` with ``older``) is one of this version then; sealed rows stay as they are.

        :raises NotFound: ``ledger.missing``. :raises Refused: ``ledger.is_backup``. :raises Busy: another writer holds the database.
        """
        from foodtrace.verification import rebuild_ledger  # noqa: PLC0415 - see :meth:`verify`

        if self.store.version() is None:
            raise NotFound("ledger.missing", value=self.store.url, expected="foodtrace init")
        with self.store.write() as session:
            refuse_backup(session)
            return rebuild_ledger(session, progress)


def _info(state: LogState) -> LogInfo:
    return LogInfo(origin=state.origin, size=state.size, time=state.time, key_id=state.key_id.hex())


__all__ = ["SCHEMA_VERSION", "Ledger", "LogInfo", "Receipt", "default_keys", "wall_clock"]
