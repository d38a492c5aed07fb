"""The exact pass: walks every log alone, from its first entry, and names everything that does not hold.

Rules:

1. Every log is walked from its first entry (:mod:`foodtrace.tlog.verify`), and every row of the projection is compared with
   what a replay of the entries gives (:mod:`foodtrace.graph.check`).
2. All findings are collected. The rows of a log whose entries do not hold prove nothing: of such a log the projection is not compared, and
   of every other one it is, whatever else was found. Nor is a table that is gone, and nothing where the names of its rows are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from foodtrace.events import AnyEvent
from foodtrace.graph.check import Replay, differences
from foodtrace.opening import LogState
from foodtrace.storage.session import Session
from foodtrace.storage.standins import tables_gone
from foodtrace.tlog.brought import all_brought
from foodtrace.tlog.verify import Finding, LogReport, Progress, verify_log

_ENTRIES: Final = frozenset(
    {
        "tlog.gap",
        "tlog.leaf_mismatch",
        "tlog.entry_form",
        "tlog.parts",
        "tlog.other_log",
        "tlog.other_seq",
        "tlog.truncated",
        "tlog.broken_link",
    }
)
"""Findings about what the entries of a log say."""


def exact(
    session: Session, states: Sequence[LogState], roots: Mapping[str, Mapping[int, bytes]], progress: Progress | None
) -> tuple[list[LogReport], list[Finding], int]:
    """Return a report of each log, all findings, and how many rows of the projection were compared.

    :param roots: origin -> size -> root that is known from outside the database.
    """
    total = sum(state.size for state in states)
    before = 0
    reports: list[LogReport] = []
    findings: list[Finding] = []
    brought = all_brought(session)
    with Replay(session) as replay:

        def each(seq: int, recorded: int, event: AnyEvent) -> None:
            replay.take(seq, recorded, event)

        for state in states:
            replay.begin(state.number, state.origin)

            def step(done: int, _of: int, before: int = before) -> None:
                if progress is not None:
                    progress(before + done, total)

            report = verify_log(
                session,
                state.number,
                state.origin,
                progress=step,
                each=each,
                roots=roots.get(state.origin),
                brought=brought.get(state.origin, ()),
            )
            reports.append(report)
            findings += report.findings
            before += report.entries
        whole = [state for state, report in zip(states, reports, strict=True) if not _broken(report)]
        gone = tables_gone(session)
        if not whole or "name" in gone:
            return reports, findings, 0
        findings += [
            Finding(code="tlog.unexplained", log=state.origin, got=replay.failed[state.origin])
            for state in whole
            if state.origin in replay.failed
        ]
        replayed = {state.number for state in whole if state.origin not in replay.failed}
        others = {state.number for state in states} - replayed
        names = {0: "", **{state.number: state.origin for state in states}}  # names belong to no log
        for table, log, side, row in differences(session, replay, gone):
            if log in others:
                continue  # rule 2
            expected = row if side == "expected" else ""
            if side == "twice":
                key, _, times = row.rpartition(" ")
                got = f"{table}: {key} ({times})"
                findings.append(Finding(code="projection.twice", log=names.get(log, str(log)), expected="1", got=got))
                continue
            findings.append(Finding(code="projection.differs", log=names.get(log, str(log)), expected=expected, got=f"{table}: {row}"))
        return reports, findings, replay.rows(gone)


def _broken(report: LogReport) -> bool:
    """Say whether what the entries of a log say is not what was sealed (rule 2)."""
    return report.entries == 0 or any(each.code in _ENTRIES for each in report.findings)
