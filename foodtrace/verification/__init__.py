"""Verifies a ledger, and rebuilds its projection.

Rules:

1. What is looked at is said: every answer tells what was checked in full, what was compared with the mark of an earlier run, and what
   that proves. Nothing looked at is never "verified".
2. The quick pass (:mod:`foodtrace.verification.quick`) only says whether all of it holds. If it does not, the exact pass
   (:mod:`foodtrace.verification.exact`) walks everything again alone and names each finding: log, seq, expected, got.
3. An incremental run hashes every old byte again and compares it with the mark (:mod:`foodtrace.verification.mark`), which lies outside
   the database; only the expensive part (form, links, keys, signatures, effects) is left out for what has not changed.
4. A ledger that this host's anchors or its mark contradict is looked at like any other; what they say is a finding beside the others
   (:mod:`foodtrace.verification.anchored`).
5. Rebuilding replays the same code that recording runs; it changes no sealed row.
"""

from foodtrace.tlog.vouched import mark_path
from foodtrace.verification.anchored import anchors_of, ledger_gone, remembered
from foodtrace.verification.answer import Assured, Finding, LogVerified, Verification
from foodtrace.verification.crew import Start
from foodtrace.verification.mark import LogMark, marked_at, put_aside, read_mark
from foodtrace.verification.misplaced import origins_as_they_are
from foodtrace.verification.run import Asked, rebuild_ledger, verify_ledger
from foodtrace.verification.since import Older, older

__all__ = [
    "Asked",
    "Assured",
    "Finding",
    "LogMark",
    "LogVerified",
    "Older",
    "Start",
    "Verification",
    "anchors_of",
    "ledger_gone",
    "mark_path",
    "marked_at",
    "older",
    "origins_as_they_are",
    "put_aside",
    "read_mark",
    "rebuild_ledger",
    "remembered",
    "verify_ledger",
]
