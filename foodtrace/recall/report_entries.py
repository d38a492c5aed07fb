"""The records a case report rests on, each as it can be proved, and the logs they stand in.

Rules:

1. Two lists: the records of the case itself, all of them in the order of time; and the records of its goods: every birth, move,
   sale, count and return of an affected holding, what corrected one, and what a finding names.
2. The second list is bounded (:data:`MOST_GOODS`); what would be cut off first are sales to consumers. How many are left out is said.
3. Logs and records are read in one transaction: every record is below the checkpoint of its log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from foodtrace.events import Event, Key
from foodtrace.events.canonical import decode, decode_alone
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import ALWAYS, FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.keys import format_vkey
from foodtrace.recall.affected import Affected
from foodtrace.recall.answer import Answer
from foodtrace.recall.cases import Told
from foodtrace.recall.deadlines import LOCAL
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes, sealed

MOST_GOODS: Final = 20_000
"""Records of goods that a report lists."""
_ENTRY: Final = "SELECT e.seq, e.leaf, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CaseEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One record the report rests on, as it can be proved."""

    log: str
    seq: int
    leaf: str
    """SHA-256 leaf hash of the entry, hex."""
    kind: str
    at: str
    recorded: str
    site: str


class LogProof(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it stood."""

    log: str
    size: int
    newest: str
    vkey: str
    """Verifier key (C2SP signed note)."""
    checkpoint: str
    """Newest signed checkpoint, as text."""


def entries_of_case(session: Session, told: Sequence[Told]) -> tuple[CaseEntry, ...]:
    """Return the records of a case, as they can be proved."""
    rows = _rows(session, [entry for _, _, entry in told])
    origins = _origins(session)
    return tuple(
        _entry(origins, entry, rows[entry][0], recorded, event) for recorded, event, entry in told if entry in rows
    )  # fmt: skip


def entries_of_goods(
    session: Session, facts: SqlFacts, found: Affected, answer: Answer, case: Iterable[CaseEntry], *, most: int | None = MOST_GOODS
) -> tuple[tuple[CaseEntry, ...], int]:
    """Return the records of the goods that are not the case's own (rule 1), by log and place, and how many are left out (rule 2)."""
    origins = _origins(session)
    known = {(each.log, each.seq) for each in case}
    sales: set[tuple[int, int]] = set()
    others: set[tuple[int, int]] = set()
    for flow in found.flows:
        if (flow.lot, flow.site) in found.holdings or (flow.lot, flow.other) in found.holdings:
            (sales if flow.kind == FlowKind.SOLD else others).add((flow.log, flow.seq))
    names = [name for lot in found.lots for name in found.names[lot]]
    others |= {entry for _, entry in facts.corrections(names, since=ALWAYS)}
    number = {origin: log for log, origin in origins.items()}
    for finding in answer.untraced:
        others |= {(number[log], int(seq)) for log, _, seq in (each.rpartition("#") for each in finding.entries) if log in number}
    wanted = [each for each in (*sorted(others), *sorted(sales - others)) if (origins[each[0]], each[1]) not in known]
    rows = _rows(session, wanted[:most])
    made = [
        _entry(origins, entry, leaf, sealed(data)[1], decode_alone(event_bytes(data))) for entry, (leaf, data) in rows.items()
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda each: (each.log, each.seq))), len(wanted) - len(made)


def in_order_of_proof(case: Sequence[CaseEntry], goods: Sequence[CaseEntry]) -> tuple[CaseEntry, ...]:
    """Return both lists as they are proven where not all can be: those of the case first, sales last."""
    return (*case, *sorted(goods, key=lambda each: each.kind == "sale"))  # stable: the order of the log otherwise


def log_proofs(session: Session) -> tuple[LogProof, ...]:
    """Return every log with its newest checkpoint, by name."""
    rows = session.rows("SELECT l.id, l.origin, h.size, h.time, h.key_seq FROM log AS l JOIN head AS h ON h.log = l.id ORDER BY l.origin")
    return tuple(_log(session, *row) for row in rows)


def _entry(origins: dict[int, str], entry: tuple[int, int], leaf: bytes, recorded: int, event: Event) -> CaseEntry:
    return CaseEntry(
        log=origins.get(entry[0], str(entry[0])),
        seq=entry[1],
        leaf=leaf.hex(),
        kind=str(type(event).__struct_config__.tag),
        at=local_time(micros(event.at)),
        recorded=local_time(recorded),
        site=event.site or getattr(event, "to", ""),
    )


def _rows(session: Session, entries: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    """Return leaf hash and bytes of entries, those that are there."""
    by_log: dict[int, list[int]] = {}
    for log, seq in entries:
        by_log.setdefault(log, []).append(seq)
    found: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    for log, seqs in by_log.items():
        rows = session.each(
            "SELECT e.seq, e.leaf, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?", seqs, (log,)
        )
        found |= {(log, seq): (bytes(leaf), bytes(data)) for seq, leaf, data in rows}
    return found


def _origins(session: Session) -> dict[int, str]:
    return dict(session.rows("SELECT id, origin FROM log"))


def _log(session: Session, number: int, origin: str, size: int, newest: int, key_seq: int) -> LogProof:
    note = session.row("SELECT note FROM checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1", (number,))
    key = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (number, key_seq))
    event = decode(event_bytes(bytes(key[0]))) if key is not None else None
    return LogProof(
        log=origin,
        size=size,
        newest=local_time(newest),
        vkey=format_vkey(origin, bytes.fromhex(event.public)) if isinstance(event, Key) else "",
        checkpoint=bytes(note[0]).decode(errors="replace") if note is not None else "",
    )


def local_time(moment: int) -> str:
    """Return a moment in local time with its offset."""
    return (_EPOCH + dt.timedelta(microseconds=moment)).astimezone(LOCAL).isoformat(timespec="seconds")


__all__ = ["MOST_GOODS", "CaseEntry", "LogProof", "entries_of_case", "entries_of_goods", "in_order_of_proof", "local_time", "log_proofs"]
