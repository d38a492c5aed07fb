"""Verifies a whole ledger, and rebuilds its projection.

Rules:

1. Every log is walked from its first entry (:mod:`foodtrace.tlog.verify`), and every row of the projection is compared with
   what a replay of the entries gives (:mod:`foodtrace.graph.check`).
2. All findings are collected. The answer is ok only if at least one entry was checked and nothing was found.
3. Rebuilding replays the same code that recording runs; it changes no sealed row.
"""

from __future__ import annotations

from typing import Final

import msgspec

from foodtrace.events.canonical import decode
from foodtrace.graph import projection
from foodtrace.graph.check import Replay, clear, differences
from foodtrace.graph.names import Names
from foodtrace.opening import logs
from foodtrace.personal import tampered
from foodtrace.storage.session import Session
from foodtrace.storage.types import mistyped
from foodtrace.tlog.entry import parse
from foodtrace.tlog.verify import Finding, LogReport, Progress, missing_triggers, verify_log

_BATCH: Final = 2000


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What ``verify`` found."""

    ok: bool
    """True only if at least one entry was checked and everything holds."""
    empty: bool
    """True if there was nothing to verify."""
    entries: int
    checkpoints: int
    projection_rows: int
    """Rows of the projection that were compared with what the entries say."""
    logs: tuple[LogReport, ...]
    findings: tuple[Finding, ...]


def verify_ledger(session: Session, progress: Progress | None = None) -> Verification:
    """Check every log and the projection of an open snapshot."""
    findings = [
        Finding(code="tlog.mistyped", log=str(key), expected=wanted, got=f"{place}: {got}") for place, key, wanted, got in mistyped(session)
    ]
    if findings:
        # What foodtrace never wrote can't be read as an entry either; everything else about such rows would be guessing.
        return Verification(ok=False, empty=False, entries=0, checkpoints=0, projection_rows=0, logs=(), findings=tuple(findings))
    replay = Replay()
    reports: list[LogReport] = []
    findings = [Finding(code="tlog.trigger_missing", log="", got=name) for name in missing_triggers(session)]
    states = logs(session)
    for state in states:
        replay.begin(state.number, state.origin)
        rows = session.stream("SELECT seq, id, leaf, bytes FROM entry WHERE log = ? ORDER BY seq", (state.number,))
        replay.copy_entries(rows)
        report = verify_log(session, state.number, state.origin, progress=progress, each=replay.take)
        reports.append(report)
        findings += report.findings
    findings += _orphans(session)
    findings += _personal(session, {state.number: state.origin for state in states})
    entries = sum(report.entries for report in reports)
    if not findings:
        # The rows of a log whose bytes do not hold prove nothing; they are compared only where the bytes do.
        names = {state.number: state.origin for state in states}
        findings += [
            Finding(
                code="projection.differs", log=names.get(log, str(log)), expected=row if side == "expected" else "", got=f"{table}: {row}"
            )
            for table, log, side, row in differences(session, replay)
        ]
    return Verification(
        ok=entries > 0 and not findings,
        empty=entries == 0 and all(each.code == "tlog.empty" for each in findings),
        entries=entries,
        checkpoints=sum(report.checkpoints for report in reports),
        projection_rows=replay.rows(),
        logs=tuple(reports),
        findings=tuple(findings),
    )


def rebuild_ledger(session: Session, progress: Progress | None = None) -> int:
    """Make the projection anew from the sealed bytes, inside an open write transaction; return the entries read."""
    names = Names()
    total = 0
    for state in logs(session):
        clear(session, state.number)
        pending: list[projection.Sealed] = []
        for seq, data in session.rows("SELECT seq, bytes FROM entry WHERE log = ? ORDER BY seq", (state.number,)):
            entry = parse(bytes(data))
            pending.append(projection.Sealed(int(seq), entry.recorded, decode(bytes(entry.event))))
            if len(pending) >= _BATCH:
                projection.apply(session, names, state.number, state.origin, pending)
                total += len(pending)
                pending = []
                if progress is not None:
                    progress(total, state.size)
        projection.apply(session, names, state.number, state.origin, pending)
        total += len(pending)
    return total


def _personal(session: Session, names: dict[int, str]) -> list[Finding]:
    """Find personal values that are not what their entry commits to."""
    return [
        Finding(code="personal.tampered", log=names.get(log, str(log)), seq=seq, expected="commitment", got=field)
        for log, seq, field in tampered(session)
    ]


def _orphans(session: Session) -> list[Finding]:
    """Find sealed rows of logs that have no head: somebody hid a whole log."""
    found: list[Finding] = []
    for table in ("entry", "checkpoint", "node", "log"):
        column = "id" if table == "log" else "log"
        rows = session.rows(
            f"SELECT DISTINCT t.{column} FROM {table} AS t WHERE NOT EXISTS "  # noqa: S608 - constants
            f"(SELECT 1 FROM head AS h JOIN log AS l ON l.id = h.log WHERE h.log = t.{column})"
        )
        found += [Finding(code="tlog.no_head", log=str(row[0]), got=table) for row in rows]
    return found
