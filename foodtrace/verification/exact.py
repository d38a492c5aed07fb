"""The exact pass: walks every log alone, from its first entry, and names everything that does not hold.

Rules:

1. Every log is walked from its first entry (:mod:`foodtrace.tlog.verify`), and every row of the projection is compared with
   what a replay of the entries gives (:mod:`foodtrace.graph.check`).
2. All findings are collected. The rows of a log whose entries do not hold prove nothing: of such a log the projection is not compared, and
   of every other one it is, whatever else was found. Nor is a table that is gone, and nothing where the names of its rows are. The answer
   says of which log it was not, and because of what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from foodtrace.events import AnyEvent
from foodtrace.graph.check import Difference, Replay, differences
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


class Named(NamedTuple):
    """What the exact pass came to."""

    reports: Sequence[LogReport]
    """One of each log."""
    findings: Sequence[Finding]
    rows: int
    """Rows of the projection that were compared."""
    not_compared: Mapping[str, str]
    """Origin -> code of the finding because of which the log's rows were not (rule 2)."""


def exact(session: Session, states: Sequence[LogState], roots: Mapping[str, Mapping[int, bytes]], progress: Progress | None) -> Named:
    """Walk every log and compare every row.

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
        replay.flush()
        why = {report.log: code for report in reports if (code := _broken(report))}
        gone = tables_gone(session)
        if "name" in gone:
            return Named(reports, findings, 0, {state.origin: why.get(state.origin, "tlog.table_missing") for state in states})
        for origin, reason in replay.failed.items():
            if origin not in why:
                findings.append(Finding(code="tlog.unexplained", log=origin, got=reason))
                why[origin] = "tlog.unexplained"
        if all(state.origin in why for state in states):
            return Named(reports, findings, 0, why)
        others = {state.number for state in states if state.origin in why}
        names = {0: "", **{state.number: state.origin for state in states}}  # names belong to no log
        findings += [_finding(each, names) for each in differences(session, replay, others, gone)]
        return Named(reports, findings, replay.rows(gone), why)


def _finding(found: Difference, names: Mapping[int, str]) -> Finding:
    table, log = found.table, names.get(found.log, str(found.log))
    if found.more:
        return Finding(code="projection.more", log="", got=f"{table}: {found.more} ({found.side})")
    if found.side == "twice":
        key, _, times = found.row.rpartition(" ")
        return Finding(code="projection.twice", log=log, expected="1", got=f"{table}: {key} ({times})")
    return Finding(code="projection.differs", log=log, expected=found.row if found.side == "expected" else "", got=f"{table}: {found.row}")


def _broken(report: LogReport) -> str:
    """Return the code of the first finding that says that a log's entries are not what was sealed (rule 2), empty if they are."""
    return next((each.code for each in report.findings if each.code in _ENTRIES), "")
