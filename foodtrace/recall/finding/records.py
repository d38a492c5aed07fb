"""Findings about the records themselves: logs that are behind, two versions of an event, objections (RECALL section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from foodtrace.graph.flows import LEAVING, Flow
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.finding.look import Finding, Look
from foodtrace.recall.records import representatives
from foodtrace.recall.unlikelots import Key, transfer_of, without_repeats
from foodtrace.recall.unlikelots import unlike_lots as told_of_lots


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


def unlike_lots(look: Look) -> Iterator[Finding]:
    """duplicate_conflict: the papers of one transfer name unlike lots, one of them of these goods."""
    holdings = look.found.holdings
    apart = {each.transfer for each in look.found.unlike}
    own: dict[Key, list[Flow]] = defaultdict(list)
    for flow in look.found.flows:
        key = transfer_of(flow)
        if key is not None and (key in apart or (flow.lot, flow.site) in holdings or (flow.lot, flow.other) in holdings):
            own[key].append(flow)
    mine = [flow for flows in own.values() for flow in flows]
    others = look.facts.other_papers(mine)
    if not others and not apart and len({flow.log for flow in mine}) < 2:  # noqa: PLR2004 - nobody else tells of them
        return
    known = {(flow.log, flow.seq, flow.item) for flow in mine}
    for flow in others:
        key = transfer_of(flow)
        if key in own and (flow.log, flow.seq, flow.item) not in known:
            own[key].append(flow)
    for key in own.keys() - apart:
        # Not every lot of the sender's paper was read: what it names beside these says nothing against the receiver's.
        own[key] = [flow for flow in own[key] if flow.kind in LEAVING]
    open_ = {key: flows for key, flows in own.items() if key in apart or len({flow.log for flow in flows}) > 1}
    sites = look.facts.sites({site for _, *ends in open_ for site in ends})

    def whose(ends: Collection[int]) -> set[str]:
        return {sites[site].operator for site in ends} - {""}

    for key in [key for key, flows in open_.items() if key not in apart and not _by_a_party(look, flows, whose(key[1:]))]:
        del open_[key]
    one = _one(look, {flow.lot for flows in open_.values() for flow in flows})
    for (_, _, receiver), told in open_.items():
        flows = without_repeats(look.facts, told, one)
        found, entries = told_of_lots(flows, one, look.facts.party, look.facts.ranks(), whose)
        for lot, first in found:
            if (lot, first.site) in holdings or (lot, receiver) in holdings:
                about: dict[str, Any] = {"value": first.q, "unit": first.unit, "entries": entries}
                yield Finding(kind="duplicate_conflict", lot=lot, site=receiver, reason="lots", **about)


def _by_a_party(look: Look, flows: Iterable[Flow], operators: Collection[str]) -> bool:
    """Say whether one of the logs that tell a transfer is its sender's or its receiver's: only then are others looked for."""
    return any(look.facts.party(log) in operators for log in {flow.log for flow in flows})


def _one(look: Look, lots: set[int]) -> dict[int, int]:
    """Return name of a lot -> the lot, of these goods and others."""
    own = dict(look.representative)
    others = with_aliases(look.facts, lots - own.keys())
    return {**representatives(others, look.facts.aliases(others), look.facts.texts(others)), **own} if others else own


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
