"""Takes in another host's log from its copy in tiles: brings home what a gate wrote where there was no network.

Rules, in the order in which a copy is looked at (DESIGN section 5, many logs, and section 9: receivers verify before they accept):

1. A log whose key or anchor is here is this host's own: refused. What is lost of it comes back by ``recover``, with a mark.
2. What is here must be the beginning of what comes. A copy that has less, or as much, changes nothing. One that tells another history
   under a key of the log is a fork: refused, both checkpoints kept.
3. Everything new is verified before anything is written, as ``verify --tiles`` does it: entries, links, tree, key entries, signatures;
   also the checkpoint right after each key entry, so that a key is known only by the word of the one before it. What is here is not
   read again: the signed root covers both.
4. The first time somebody vouches for the log: by its verifier key, had from elsewhere. From then on its entries here do.
5. What was verified is what is written: the bytes are kept aside in a file of no name, not read from the copy again. All of it goes on
   record in one transaction, with tree, checkpoints, head and projection, through the code that appends and rebuilds. Which entries
   came so is said there too: the checkpoints of their batches are not in a copy (:mod:`foodtrace.tlog.brought`).
6. Nobody here can write the log, for its key is not here; personal values do not travel.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import IO, Final, NamedTuple

from foodtrace.errors import Busy, Conflict, Integrity, NotFound, ProofError, Refused
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.graph import projection
from foodtrace.graph.names import Names
from foodtrace.keeping.host import Host
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keyfiles import list_keys
from foodtrace.keys import ED25519, format_vkey, key_id
from foodtrace.opening import refuse_backup
from foodtrace.storage.session import Session
from foodtrace.tlog.anchor import anchor_path
from foodtrace.tlog.append import EntryRow, Head, advance, grow, lock_head, log_id, new_log
from foodtrace.tlog.brought import say_brought
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.entry import check_origin, parse
from foodtrace.tlog.evidence import keep
from foodtrace.tlog.nodes import root_at
from foodtrace.tlog.note import Verifier, parse_checkpoint, parse_verifier
from foodtrace.tlog.ranges import leaf_hash
from foodtrace.tlog.said import ImportSaid
from foodtrace.tlog.tileaudit import Followed, TilesAudit, examine, note_of
from foodtrace.tlog.tilesource import source_of
from foodtrace.tlog.tilestart import begin_at
from foodtrace.tlog.tilewalk import Begin
from foodtrace.tlog.verify import Progress

__all__ = ["import_log"]

_PIECE: Final = 2000
"""Entries that are held at a time."""
_ASIDE: Final = 8_000_000
"""Bytes kept in memory before they go to a file."""
_TAKEN: Final = "SELECT e.id FROM {texts} CROSS JOIN entry AS e WHERE e.log = ? AND e.id = f.value"


class _Here(NamedTuple):
    """What of the log is in this ledger."""

    number: int | None
    size: int
    root: bytes
    note: bytes
    """Newest checkpoint on record."""
    keys: tuple[Verifier, ...]
    """Keys that were ever in force, newest first."""
    begin: Begin | None
    """Where to begin to look at what is new."""


def import_log(host: Host, given: str, vkeys: Sequence[Verifier] = (), progress: Progress | None = None) -> ImportSaid:
    """Take in what a copy has of another host's log and this ledger has not.

    :param given: folder or address of the copy. :param vkeys: verifier keys had from elsewhere, of this and other logs.
    :raises NotFound: ``ledger.missing``. :raises Refused: ``import.own_log``, ``import.not_trusted``, ``import.other_key``.
    :raises Integrity: ``import.broken``, ``import.fork``. :raises ProofError: the checkpoint is none.
    :raises Storage: ``tiles.*``, ``storage.*``. :raises Busy: somebody else brought it meanwhile.
    """
    if host.store.version() is None:
        raise NotFound("ledger.missing", value=host.store.url, expected="foodtrace init")
    source = source_of(given)
    note = note_of(source)
    head = parse_head(note[: note.rfind(b"\n\n") + 1])
    origin = check_origin(head.origin)
    if anchor_path(host.keys, origin).exists() or any(each.verifier.name == origin for each in list_keys(host.keys)):
        raise Refused("import.own_log", value=origin, path=str(host.keys))
    with host.store.read() as session:
        here = _here(session, origin)
        if here is not None and head.size <= here.size:
            return _nothing_new(session, host, here, given, note, head)
    with closing(tempfile.SpooledTemporaryFile(max_size=_ASIDE)) as aside:
        start = 0 if here is None else here.size

        def take(seq: int, data: bytes) -> None:
            if seq >= start:
                aside.write(len(data).to_bytes(2, "big") + data)

        older = None if here is None else TreeHead(origin=origin, size=here.size, root=here.root)
        begin = None if here is None else here.begin
        found, followed = examine(source, note, head, older=older, progress=progress, each=take, begin=begin)
        if begin is not None and not found.ok:
            # Something is wrong. What, a copy that does not hold or another history, only the whole of it can tell.
            aside.seek(0)
            aside.truncate()
            found, followed = examine(source, note, head, older=older, progress=progress, each=take)
        _believe(host, here, found, followed, note, given, [each for each in vkeys if each.name == origin and each.algorithm == ED25519])
        _names_first(host, origin, start, aside)
        with host.store.write() as session:
            refuse_backup(session)
            _write(session, here, head, followed, note, aside)
        # Durable from here on: a crash costs nothing, and the same again changes nothing.
    return ImportSaid(source=given, outcome="imported", log=origin, before=start, size=head.size, copy=head.size, vkey=found.vkey)


def _here(session: Session, origin: str) -> _Here | None:
    """Return what of a log is here, none if not one entry is."""
    number = log_id(session, origin)
    row = None if number is None else session.row("SELECT size FROM head WHERE log = ?", (number,))
    if number is None:
        return None
    if row is None:
        raise Integrity("import.no_head", value=origin, expected="foodtrace verify --full")
    size = int(row[0])
    newest = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (number, size))
    if newest is None or size == 0:
        raise Integrity("import.no_head", value=origin, expected="foodtrace verify --full")
    story = log_keys(session, number)
    keys = tuple(parse_verifier(format_vkey(origin, bytes.fromhex(event.public))) for _, event in story)
    return _Here(number, size, root_at(session, number, size), bytes(newest[0]), keys, begin_at(session, number, size, story[::-1]))


def _nothing_new(session: Session, host: Host, here: _Here, given: str, note: bytes, head: TreeHead) -> ImportSaid:
    """Say that a copy has nothing that is not here, after making sure that it is of the same history (rule 2)."""
    parse_checkpoint(note, here.keys, origin=head.origin)
    if here.number is None or head.size == 0 or root_at(session, here.number, head.size) != head.root:
        raise _forked(host, here, note, head)
    outcome = "unchanged" if head.size == here.size else "older"
    vkey = here.keys[0].vkey
    return ImportSaid(source=given, outcome=outcome, log=head.origin, before=here.size, size=here.size, copy=head.size, vkey=vkey)  # type: ignore[arg-type]


def _forked(host: Host, here: _Here, note: bytes, head: TreeHead) -> Integrity:
    kept = keep(host.keys, head.origin, here=here.note, refused=note)
    return Integrity("import.fork", value=head.origin, expected=here.size, size=head.size, path=kept)


def _believe(
    host: Host, here: _Here | None, found: TilesAudit, followed: Followed, note: bytes, given: str, vkeys: Sequence[Verifier]
) -> None:
    """Refuse what does not hold (rules 2 and 3), and what nobody vouches for (rule 4)."""
    codes = {each.code for each in found.findings}
    if here is not None and codes == {"tiles.forked"}:
        try:
            parse_checkpoint(note, here.keys, origin=found.log)
        except ProofError:
            raise Refused("import.other_key", value=found.vkey, expected=here.keys[0].vkey, log=found.log) from None
        raise _forked(host, here, note, TreeHead(origin=found.log, size=found.size, root=b""))
    if not found.ok:
        first = found.findings[0]
        raise Integrity("import.broken", value=found.log, expected=given, count=len(found.findings), path=first.path, reason=first.code)
    if vkeys and not any(followed.keys.ever(each.public) for each in vkeys):
        raise Refused("import.other_key", value=found.vkey, expected=", ".join(each.vkey for each in vkeys), log=found.log)
    if here is None and not vkeys:
        raise Refused("import.not_trusted", value=found.vkey, expected=given, log=found.log)


def _pieces(aside: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield what was kept aside, some entries at a time."""
    aside.seek(0)

    def each() -> Iterator[bytes]:
        while length := aside.read(2):
            yield aside.read(int.from_bytes(length, "big"))

    entries = each()
    while piece := list(itertools.islice(entries, _PIECE)):
        yield piece


def _names_first(host: Host, origin: str, seq: int, aside: IO[bytes]) -> None:
    """On PostgreSQL make the names in short transactions of their own, before any lock is held (DESIGN section 6)."""
    if host.store.dialect != "postgresql":
        return
    gathering = Gathering()
    for piece in _pieces(aside):
        sealed = []
        for data in piece:
            event = gathering.take(decode_alone(bytes(parse(data).event)))
            if event is not None:
                sealed.append(projection.Sealed(seq, 0, event))
            seq += 1
        with host.store.write() as session:
            known = host.names.intern(session, projection.texts_in(origin, sealed))
        host.names.remember(known)


def _write(session: Session, here: _Here | None, head: TreeHead, followed: Followed, note: bytes, aside: IO[bytes]) -> None:
    """Put what was verified on record, inside an open write transaction (rule 5)."""
    origin = head.origin
    if (here is None or here.number is None) and log_id(session, origin) is not None:
        raise Busy("import.meanwhile", value=origin)
    number = new_log(session, origin) if here is None or here.number is None else here.number
    before = lock_head(session, number)
    if before.size != (0 if here is None else here.size):
        raise Busy("import.meanwhile", value=origin)
    frontier, seq, names, gathering = before.frontier.copy(), before.size, Names(), Gathering()
    for piece in _pieces(aside):
        leaves = [leaf_hash(data) for data in piece]
        rows: list[EntryRow] = []
        sealed: list[projection.Sealed] = []
        for place, data in enumerate(piece):
            entry = parse(data)
            event = decode_alone(bytes(entry.event))
            rows.append((number, seq + place, event.id, leaves[place], data))
            whole = gathering.take(event)
            if whole is not None:
                sealed.append(projection.Sealed(seq + place, entry.recorded, whole))
        _ids_new(session, number, origin, [row[2] for row in rows])
        grow(session, number, frontier, rows, leaves)
        names.remember(projection.apply(session, names, number, origin, sealed))
        seq += len(piece)
    if (seq, frontier.root()) != (head.size, head.root):
        raise Integrity("import.broken", value=origin, expected="-", count=1, path="-", reason="tlog.root_mismatch")
    keys = followed.keys
    current = b"" if keys.ended or keys.current is None else key_id(origin, keys.current)
    new = Head(seq, followed.prev, frontier, followed.time, keys.seq, current)
    notes = {size: kept for size, kept in followed.notes.items() if size > before.size} | {head.size: note}
    advance(session, number, origin, before, new, [(number, size, kept) for size, kept in sorted(notes.items())])
    say_brought(session, origin, before.size, new.size)


def _ids_new(session: Session, number: int, origin: str, ids: Sequence[str]) -> None:
    """Refuse an event id that stands twice in a log: no writer of ours seals one."""
    twice = _first_twice(ids)
    row = session.each(_TAKEN, ids, (number,))
    if twice is not None or row:
        raise Conflict("import.id_twice", value=twice if twice is not None else row[0][0], log=origin)


def _first_twice(ids: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            return each
        seen.add(each)
    return None
