"""What an answer says of its sources: how far each log has come, and which are not to be believed (RECALL section 3, log_behind)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foodtrace.graph.heads import behind

if TYPE_CHECKING:
    from foodtrace.graph.heads import LogHead
    from foodtrace.storage.session import Session


def positions_told(heads: Sequence[LogHead]) -> list[dict[str, Any]]:
    """Return how far every log has come, as the JSON of :class:`foodtrace.recall.said.Position` has it, by origin."""
    return [
        {
            "log": each.origin,
            "size": each.size,
            "newest": said_time(each.time) if each.size else "",
            "trust": each.trust,
            "verified": each.verified,
            "verified_at": said_time(each.verified_at) if each.verified else None,
        }
        for each in sorted(heads, key=lambda each: each.origin)
    ]


def behind_told(heads: Sequence[LogHead], session: Session, *, opened: int | None = None) -> list[dict[str, Any]]:
    """Return a finding for every log not to be believed: what :func:`foodtrace.recall.finding.records.behind` finds.

    :param opened: when the case was opened; a log of which nothing was seen since then is a finding as well.
    """
    found = [(each, each.off_by, each.behind) for each in behind(heads, session)]
    if opened is not None:
        found += [(each, 0, "not_seen") for each in heads if each.log >= 0 and each.time < opened]
    return [
        {
            "kind": "log_behind",
            "lot": "",
            "site": "",
            "site_name": "",
            "value": off_by,
            "unit": "",
            "entries": (f"{each.origin}#{max((each.size if each.log >= 0 else each.verified) - 1, 0)}",),
            "reason": reason,
        }
        for each, off_by, reason in found
    ]


def said_time(microseconds: int) -> str:
    """Return a moment as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(microseconds // 1_000_000))
