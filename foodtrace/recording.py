"""Records a batch of events: retries told from new ones, sealed, projected, committed, anchored.

Rules (DESIGN section 5):

1. The scope of an event id is its log. Same id and same content gives the first receipt again; same id with other content
   is ``record.id_conflict``. A batch may mix old and new.
2. All of a batch or none of it. A receipt is returned only after COMMIT; the anchor moves after that.
3. Events are encoded and checked before the lock is taken.
4. An event too long for one entry is sealed as several, side by side (:mod:`foodtrace.events.parts`); receipts and the projection know
   the event by its last entry, which has its id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, Conflict, FoodtraceError
from foodtrace.events import AnyEvent, Correction, Event, Key, Returned, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import sealed_as
from foodtrace.graph import projection
from foodtrace.graph.effects import Effects
from foodtrace.graph.names import Names
from foodtrace.keys import check_public_key, kid
from foodtrace.opening import LogState, Writer
from foodtrace.personal import Secret, commit, seal
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session, Store
from foodtrace.tlog.append import Head, append, lock_head
from foodtrace.tlog.clock import ClockRule, sealing_time
from foodtrace.tlog.entry import event_bytes, parse
from foodtrace.tlog.whole import event_of, last_part

_BY_ID: Final = "SELECT e.id, e.seq, e.bytes FROM {texts} CROSS JOIN entry AS e WHERE e.log = ? AND e.id = f.value"
_THIS_ID: Final = "SELECT id, seq, bytes FROM entry WHERE log = ? AND id = ?"
MAX_BATCH: Final = 100_000
_SHOWN: Final = 200
"""Most characters of a value that an error repeats."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Proof for the caller that a batch is durable."""

    log: str
    """Origin of the log."""
    first: int
    """Smallest sequence number of the batch's entries, lines of its events among them."""
    last: int
    """Largest sequence number of the batch's entries."""
    seqs: tuple[int, ...]
    """Sequence number of each event, in the order given; of one in parts, of its last."""
    new: int
    """How many of them were new; the others were on record with the same content."""
    checkpoint: bytes
    """Signed checkpoint that covers all of them."""


class Prepared(msgspec.Struct):
    """Events ready to be sealed."""

    events: list[AnyEvent]
    data: list[bytes]
    lines: dict[int, list[tuple[str, bytes]]]
    """Place of an event in parts -> (id, bytes) of the entries before its last (rule 4); most batches have none."""
    secrets: dict[str, list[Secret]]
    personal: Mapping[str, Mapping[str, str]]
    made: list[Effects | None] = []
    """What each event does to the projection (:func:`foodtrace.graph.projection.told`); empty: not worked out yet."""


def prepare(events: Sequence[Event], personal: Mapping[str, Mapping[str, str]] | None = None) -> Prepared:
    """Check and encode a batch outside any lock (rule 3). Raises ``BadData``."""
    values = personal or {}
    if not events:
        raise BadData("record.empty", value=0, expected="1")
    if len(events) > MAX_BATCH:
        raise BadData("record.too_many", value=len(events), expected=MAX_BATCH)
    done: list[AnyEvent] = []
    data: list[bytes] = []
    lines: dict[int, list[tuple[str, bytes]]] = {}
    kept: dict[str, list[Secret]] = {}
    committed: dict[str, dict[str, str]] = {}
    for event in events:
        given: object = event
        if not isinstance(given, Event):
            message = f"record() takes events, not {type(given).__name__}"
            raise TypeError(message)
        if isinstance(event, Key):
            _check_key(event)
        if isinstance(event, Returned) and event.to == event.site:
            raise BadData("case.return_same_site", value=event.to, name=event.to)
        ready = event
        if event.id in values:
            # Once per id: an event that stands twice in a batch must not differ from itself by its salts.
            if event.id not in kept:
                committed[event.id], kept[event.id] = seal(values[event.id])
            ready = msgspec.structs.replace(event, commitments={**event.commitments, **committed[event.id]})
        made = sealed_as(ready)
        if len(made) > 1:
            lines[len(data)] = made[:-1]
        data.append(made[-1][1])
        done.append(ready)  # type: ignore[arg-type]  # sealed_as() made sure of it
    if values and (unknown := {*values} - {event.id for event in events}):
        raise BadData("personal.unknown_event", value=min(unknown))
    return Prepared(done, data, lines, kept, values)


def _check_key(event: Key) -> None:
    """Refuse a key entry of a log (its checkpoint needs two signatures), and a key that must not be trusted."""
    if event.use == "log":
        raise BadData("key.not_recorded", value=event.id)
    public = check_public_key(bytes.fromhex(event.public))
    if event.kid != kid(event.issuer, public).hex():
        raise BadData("key.kid", value=event.kid, expected=kid(event.issuer, public).hex(), issuer=event.issuer)


def record(store: Store, names: Names, writer: Writer, prepared: Prepared, clock: Callable[[], int], rule: ClockRule) -> Receipt:
    """Seal a prepared batch in a transaction of its own."""
    prepared.made = projection.told(writer.origin, prepared.events)
    if store.dialect == "postgresql":
        # 0. Names first, in a short transaction of their own: sorted inserts cannot deadlock, and no head is locked meanwhile.
        ahead = [projection.Sealed(projection.NOWHERE, 0, *each) for each in zip(prepared.events, prepared.made, strict=True)]
        needed = projection.texts_in(writer.origin, ahead)
        if not names.all_known(needed):
            with store.write() as session:
                known = names.intern(session, needed)
            names.remember(known)
    with store.write() as session:
        receipt, used, end = record_in(session, names, writer, prepared, clock(), rule)
    # The batch is durable. A crash here loses nothing: the anchor is a lower bound and moves with the next batch.
    done(writer, names, receipt, used, end)
    return receipt


def done(writer: Writer, names: Names, receipt: Receipt, used: dict[str, int], end: Head) -> None:
    """Remember what :func:`record_in` made, after COMMIT, and move the anchor on."""
    names.remember(used)
    writer.last.reached(end)
    if receipt.new:
        writer.anchor.move(end.size, receipt.checkpoint)


def lock(session: Session, writer: Writer) -> Head:
    """Lock the end of a log, and see that what was committed before is there (:mod:`foodtrace.tlog.lastseen`).

    :raises Integrity: ``ledger.rolled_back``, ``ledger.forked_log``: the database was set back since this program opened it.
    """
    head = lock_head(session, writer.number)
    writer.last.check(session, writer.number, head)
    return head


def record_in(
    session: Session, names: Names, writer: Writer, prepared: Prepared, clock: int, rule: ClockRule, head: Head | None = None
) -> tuple[Receipt, dict[str, int], Head]:
    """Seal a prepared batch inside an open write transaction; what is returned counts only after its COMMIT (:func:`done`).

    :param head: from :func:`lock`, if it is locked already.
    :return: the receipt, ids of names, and the end of the log.
    """
    # 1. Lock the head: from here nobody else writes this log.
    head = lock(session, writer) if head is None else head
    if head.key_id != writer.key.key_id:
        raise Conflict("log.key_changed" if head.key_id else "log.ended", value=writer.origin, expected=head.key_id.hex())
    # 2. Which of the events are on record already?
    old = _on_record(session, writer.number, prepared)
    fresh: dict[str, tuple[int, int]] = {}
    lines: set[str] = set()
    seqs: list[int] = []
    new: list[int] = []
    places: list[tuple[int, int]] = []
    """Of each new event, its sequence number and its place in the batch."""
    size = head.size
    for index, event in enumerate(prepared.events):
        if event.id in old:
            _same(session, writer.number, old[event.id], prepared, index)
            seqs.append(old[event.id][0])
        elif event.id in fresh:
            seq, before = fresh[event.id]
            if prepared.data[before] != prepared.data[index] or prepared.lines.get(before) != prepared.lines.get(index):
                raise _conflict(prepared.events[before], event)
            seqs.append(seq)
        else:
            if prepared.lines:
                size += len(prepared.lines.get(index, ()))
                _ids_free(prepared, index, (old, fresh), lines)
            fresh[event.id] = (size, index)
            seqs.append(size)
            new.append(index)
            places.append((size, index))
            size += 1
    if not new:
        return _receipt(writer, seqs, 0, _covering(session, writer.number, max(seqs)), prepared), {}, head
    _check_values(prepared, new)
    events = [prepared.events[index] for index in new]
    _check_corrections(session, writer.number, writer.origin, head.size, events)
    # 3. Seal, with personal values beside.
    recorded = sealing_time(head, clock, rule)
    items = [(prepared.events[index].id, prepared.data[index]) for index in new]
    if prepared.lines:
        items = [each for index, item in zip(new, items, strict=True) for each in (*prepared.lines.get(index, ()), item)]
    made = append(session, writer.number, writer.origin, head, items, recorded, [writer.key])
    effects = prepared.made or projection.told(writer.origin, prepared.events)
    if prepared.secrets:
        secrets = [
            (writer.number, seq, secret.field, secret.salt, secret.value)
            for seq, index in places
            for secret in prepared.secrets.get(prepared.events[index].id, ())
        ]
        session.insert("personal", "log, seq, field, salt, value", secrets)
    # 4. Projection, in the same transaction, of whole events.
    sealed = [projection.Sealed(seq, recorded, event, effects[index]) for (seq, index), event in zip(places, events, strict=True)]
    used = projection.apply(session, names, writer.number, writer.origin, sealed)
    return _receipt(writer, seqs, len(new), made.checkpoint, prepared), used, made.head


def _on_record(session: Session, log: int, prepared: Prepared) -> dict[str, tuple[int, bytes]]:
    if len(prepared.events) == 1 and not prepared.lines:
        row = session.row(_THIS_ID, (log, prepared.events[0].id))
        return {} if row is None else {row[0]: (row[1], bytes(row[2]))}
    wanted = [*(event.id for event in prepared.events), *(name for lines in prepared.lines.values() for name, _ in lines)]
    return {name: (seq, bytes(data)) for name, seq, data in session.each(_BY_ID, wanted, (log,))}


def _ids_free(prepared: Prepared, index: int, taken: Sequence[Collection[str]], lines: set[str]) -> None:
    """Refuse an id that another event's lines have, and lines whose id is on record; take those of this event's lines (rule 4)."""
    own, names = prepared.events[index].id, [name for name, _ in prepared.lines.get(index, ())]
    for name in (own, *names):
        if name in lines or (name != own and any(name in each for each in taken)):
            raise Conflict("record.id_of_lines", value=name, expected=own if name != own else name.rpartition("~")[0])
    lines.update(names)


def _same(session: Session, log: int, stored: tuple[int, bytes], prepared: Prepared, index: int) -> None:
    """Refuse an id whose content differs from what is on record (rule 1)."""
    differing = _differing(session, log, stored, prepared, index)
    if differing:
        raise differing[0]


def _differing(session: Session, log: int, stored: tuple[int, bytes], prepared: Prepared, index: int) -> list[Conflict]:
    """Return each field in which an event differs from what is on record under its id, none for a retry (rule 1)."""
    seq, data = stored
    event = prepared.events[index]
    if index not in prepared.lines and event_bytes(data) == prepared.data[index]:
        return []
    earlier = event_of(session, log, seq, data)
    if isinstance(earlier, VoucherLines) and not isinstance(event, VoucherLines):
        return [Conflict("record.id_of_lines", value=event.id, expected=earlier.doc)]
    given = prepared.personal.get(event.id, {})
    rows = session.rows("SELECT field, salt, value FROM personal WHERE log = ? AND seq = ?", (log, seq))
    kept = {field: bytes(salt) for field, salt, _ in rows}
    equal = all(
        field in earlier.commitments and (field not in kept or commit(kept[field], field, value) == earlier.commitments[field])
        for field, value in given.items()
    )
    if not equal or msgspec.structs.replace(event, commitments=earlier.commitments) != earlier:
        return _conflicts(earlier, event)
    return []


def _conflict(earlier: Event, event: Event) -> Conflict:
    return _conflicts(earlier, event)[0]


def _conflicts(earlier: Event, event: Event) -> list[Conflict]:
    old, new = msgspec.to_builtins(earlier), msgspec.to_builtins(event)
    # When and who come last: of two moments of typing nobody learns what is wrong.
    differs = sorted((f for f in {*old, *new} - {"commitments"} if old.get(f) != new.get(f)), key=lambda f: (f in ("at", "by"), f))
    if "type" in differs:
        differs = ["type"]  # two kinds of events have few fields in common
    if "quantity" in differs and "written" in differs:
        differs.remove("written")  # its words
    made = []
    for field in differs or ["personal"]:
        shown = ("..", "..") if not differs else (getattr(earlier, field, old.get(field)), getattr(event, field, new.get(field)))
        texts = ("-" if each in ("", None) else _written(each) for each in shown)
        before, now = (each if len(each) <= _SHOWN else f"{each[:_SHOWN]}.." for each in texts)
        made.append(Conflict("record.id_conflict", value=event.id, field=field, before=before, now=now))
    return made


def _written(value: object) -> str:
    """Return a field's value as a person can read it: what is put together of several as it stands in a file of events."""
    plain = isinstance(value, (str, int, Quantity, dt.date))
    return str(value) if plain else msgspec.json.encode(value).decode()


def refusals(session: Session, log: LogState, events: Sequence[Event]) -> list[tuple[int, FoodtraceError]]:
    """Return (place, why) of the events that :func:`record` would refuse for what is on record in a log; one may have several.

    Looks only, before anything is written: what another process records meanwhile is found by :func:`record` itself.
    """
    stored = {name: (seq, bytes(data)) for name, seq, data in session.each(_BY_ID, [event.id for event in events], (log.number,))}
    found: list[tuple[int, FoodtraceError]] = []
    for place, event in enumerate(events):
        if event.id not in stored and not event.commitments and not isinstance(event, (Correction, Key)):
            continue
        try:
            prepared = prepare([event])
            if event.id in stored:
                found += [(place, each) for each in _differing(session, log.number, stored[event.id], prepared, 0)]
            else:
                _check_values(prepared, [0])
                _check_corrections(session, log.number, log.origin, log.size, prepared.events)
        except FoodtraceError as error:
            found.append((place, error))
    return found


def _check_values(prepared: Prepared, new: Sequence[int]) -> None:
    """Refuse a commitment whose value was not given: nobody could ever show it, erase it or tell that it was taken away."""
    for index in new:
        event = prepared.events[index]
        inner = event.replacement.commitments if isinstance(event, Correction) and event.replacement is not None else {}
        if event.commitments or inner:
            bare = ({*event.commitments} - {*prepared.personal.get(event.id, ())}) | {*inner}
            if bare:
                raise BadData("personal.no_value", value=min(bare), expected=event.id)


def _check_corrections(session: Session, log: int, origin: str, size: int, events: Sequence[AnyEvent]) -> None:
    """Refuse a correction that names no entry of this log, or the wrong hash, or another correction.

    One that names its own log is refused too: a reader would take it for another log's word, a dispute without effect.
    """
    for event in events:
        if isinstance(event, Correction) and event.log == origin:
            raise BadData("correction.own_log", value=origin, seq=event.seq)
        if not isinstance(event, Correction) or event.log:
            continue
        row = session.row("SELECT leaf, bytes FROM entry WHERE log = ? AND seq = ?", (log, event.seq))
        if row is None or event.seq >= size:
            raise BadData("correction.no_entry", value=event.seq, expected=size - 1, log=origin)
        if bytes(row[0]).hex() != event.leaf:
            raise BadData("correction.wrong_leaf", value=event.leaf, expected=bytes(row[0]).hex(), seq=event.seq)
        target = decode_alone(bytes(parse(bytes(row[1])).event))
        if isinstance(target, VoucherLines):
            raise BadData("correction.of_lines", value=event.seq, expected=last_part(target, event.seq), doc=target.doc)
        if isinstance(target, Correction):
            raise BadData("correction.of_correction", value=event.seq)
        if isinstance(target, Key):
            raise BadData("correction.of_key", value=event.seq)


def _covering(session: Session, log: int, seq: int) -> bytes:
    row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size > ? ORDER BY size LIMIT 1", (log, seq))
    return b"" if row is None else bytes(row[0])


def _receipt(writer: Writer, seqs: list[int], new: int, checkpoint: bytes, prepared: Prepared) -> Receipt:
    first = min(seqs) if not prepared.lines else min(seq - len(prepared.lines.get(index, ())) for index, seq in enumerate(seqs))
    return Receipt(log=writer.origin, first=first, last=max(seqs), seqs=tuple(seqs), new=new, checkpoint=checkpoint)
