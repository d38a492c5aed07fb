"""Findings about the records themselves: logs that are behind, two versions of an event, objections (RECALL section 3)."""

from __future__ import annotations

from collections.abc import Iterator

from foodtrace.recall.finding.look import Finding, Look


def behind(look: Look) -> Iterator[Finding]:
    """log_behind: not seen since opening, or not to be believed (:mod:`foodtrace.graph.heads`); each reason is a finding of its own.

    The entry it names is the last one that is here; of a log that is not here at all, the last one that was verified.
    """
    for each in look.facts.logs():
        entries = ((each.log, max((each.size if each.log >= 0 else each.verified) - 1, 0)),)
        if each.state:
            yield Finding(kind="log_behind", entries=entries, value=each.off_by, reason=each.state)
        if look.case is not None and each.newest < look.case.opened and each.log >= 0:
            yield Finding(kind="log_behind", entries=entries, reason="not_seen")


def conflicts(look: Look) -> Iterator[Finding]:
    """duplicate_conflict: one event id in two logs with unlike content."""
    for group in look.found.copies:
        if not group.alike:
            lot, site = look.goods(group.entries)
            yield Finding(kind="duplicate_conflict", lot=lot, site=site, entries=group.entries)


def disputed(look: Look) -> Iterator[Finding]:
    """Disputed: another party objects, or tried to correct without standing; or logs contradict each other on whose a site is, or what."""
    entries = {(flow.log, flow.seq) for flow in look.found.flows}
    for entry in look.facts.disputed(sorted(entries)):
        lot, site = look.goods([entry])
        yield Finding(kind="disputed", lot=lot, site=site, entries=(entry,))
    touched = {site for _, site in look.found.holdings}
    for site, info in look.found.sites.items():
        if site in touched and info.disputed(look.settings.outlet_kinds):
            entries_of = tuple(sorted(((log, seq) for _, _, log, seq in info.words), key=look.place))
            yield Finding(kind="disputed", site=site, entries=entries_of, reason="described")
