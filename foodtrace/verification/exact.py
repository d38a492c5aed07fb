"""The exact pass: walks every log alone, from its first entry, and names everything that does not hold.

Rules:

1. Every log is walked from its first entry (:mod:`foodtrace.tlog.verify`), and every row of the projection is compared with
   what a replay of the entries gives (:mod:`foodtrace.graph.check`).
2. All findings are collected. The rows of a log whose bytes do not hold prove nothing; the projection is compared only where they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foodtrace.events import AnyEvent
from foodtrace.graph.check import Replay, differences
from foodtrace.opening import LogState
from foodtrace.storage.session import Session
from foodtrace.tlog.brought import all_brought
from foodtrace.tlog.verify import Finding, LogReport, Progress, verify_log


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
        if findings:
            return reports, findings, 0
        names = {0: "", **{state.number: state.origin for state in states}}  # names belong to no log
        for table, log, side, row in differences(session, replay):
            expected = row if side == "expected" else ""
            if side == "twice":
                key, _, times = row.rpartition(" ")
                got = f"{table}: {key} ({times})"
                findings.append(Finding(code="projection.twice", log=names.get(log, str(log)), expected="1", got=got))
                continue
            findings.append(Finding(code="projection.differs", log=names.get(log, str(log)), expected=expected, got=f"{table}: {row}"))
        return reports, findings, replay.rows()
