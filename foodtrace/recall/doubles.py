"""Finds events told twice, and transfers told of unlike lots, across logs (see :mod:`foodtrace.operations.reconciling`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from foodtrace.events import VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.flows import ALWAYS, LEAVING, NEVER, UNNAMED, Flow, FlowKind, ends_of
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.breaks import Search
from foodtrace.recall.finding.look import Entry
from foodtrace.recall.records import representatives
from foodtrace.recall.unlikelots import transfer_of, unlike_lots, without_repeats
from foodtrace.tlog.entry import event_bytes

_LEAVING: Final = ", ".join(str(int(kind)) for kind in sorted(LEAVING))
_SIDES: Final = (
    f"(SELECT pair, CASE WHEN kind IN ({_LEAVING}) THEN site ELSE other END AS sender, "  # noqa: S608 - constants
    f"CASE WHEN kind IN ({_LEAVING}) THEN other ELSE site END AS receiver, kind = {int(FlowKind.RECEIPT)} AS came, log, lot, seq "
    f"FROM move WHERE kind IN ({_LEAVING}, {int(FlowKind.RECEIPT)}) AND ended <= 0 AND pair <> '' AND other <> 0 AND flags & {UNNAMED} = 0)"
)
_UNLIKE_LOTS: Final = (
    "SELECT DISTINCT m.log, m.seq FROM (SELECT w.pair, w.sender, w.receiver FROM "  # noqa: S608 - constants
    f"(SELECT DISTINCT pair, sender, receiver, came, log, lot FROM {_SIDES} AS s) AS w GROUP BY w.pair, w.sender, w.receiver "
    "HAVING COUNT(DISTINCT w.lot) > 1 AND COUNT(DISTINCT 2 * w.log + CASE WHEN w.came THEN 1 ELSE 0 END) > 1 "
    "AND (COUNT(*) < COUNT(DISTINCT 2 * w.log + CASE WHEN w.came THEN 1 ELSE 0 END) * COUNT(DISTINCT w.lot) "
    "OR COUNT(DISTINCT CASE WHEN w.came THEN NULL ELSE w.log END) > 1)) AS g "
    f"JOIN {_SIDES} AS m ON m.pair = g.pair AND m.sender = g.sender AND m.receiver = g.receiver"
)
"""Entries of transfers that several papers tell: not all of them of the same lots, or dispatches of several logs, which may be copies.

One pass over everything, as a reconciliation is.
"""


class Doubles(Search):
    """Looks through the records of all logs."""

    def twice(self) -> None:
        """Find event ids that stand in several logs (rule 5)."""
        if len(self.names.origins) < 2:  # noqa: PLR2004 - within one log ids are unique
            return
        for (name,) in self.session.rows("SELECT id FROM entry GROUP BY id HAVING COUNT(*) > 1 ORDER BY id"):
            if self._lines(name):
                continue  # of an event in parts: the event itself is told
            found: list[Entry] = []
            for log in self.names.origins:
                row = self.session.row("SELECT seq FROM entry WHERE log = ? AND id = ?", (log, name))
                if row is not None:
                    found.append((log, int(row[0])))
            group = self.facts.ranked(name, found)
            flows = sorted(self.facts.entries(group.entries), key=lambda flow: (group.entries.index((flow.log, flow.seq)), flow.item))
            times = [flow.t for flow in flows]
            sites = {site for flow in flows for site in (flow.site, flow.other if flow.kind != FlowKind.ALIAS else 0)}
            if not self.asked.wants(sites, times):
                continue
            first = flows[0] if flows else None
            self.open.append(
                self.names.break_(
                    "same_id" if group.alike else "duplicate_conflict",
                    lot=first.lot if first else 0,
                    site=first.site if first else 0,
                    unit=first.unit if first else 0,
                    at=first.t if first and ALWAYS < first.t < NEVER else None,
                    document=name,
                    entries=group.entries,
                )
            )

    def unlike_lots(self) -> None:
        """Find transfers of which two parties' logs, or the sender's and the receiver's papers, name unlike lots (rule 5)."""
        told: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
        entries = [(int(log), int(seq)) for log, seq in self.session.rows(_UNLIKE_LOTS)]
        for flow in self.facts.entries(entries):
            key = transfer_of(flow)
            if key is not None:
                told[key].append(flow)
        names = with_aliases(self.facts, {flow.lot for flows in told.values() for flow in flows})
        one = representatives(names, self.facts.aliases(names), self.facts.texts(names)) if names else {}
        for flows in told.values():
            self._lots(flows, one)

    def _lots(self, flows: list[Flow], one: Mapping[int, int]) -> None:
        """Open each lot that a party does not name, of one transfer. :param one: name of a lot -> the lot."""
        flows = without_repeats(self.facts, flows, one)
        found, entries = unlike_lots(flows, one, self.facts.party, self.facts.ranks())
        if len(set(self.facts.ids(entries).values())) == 1:
            return  # copies of one event are told as such
        for lot, flow in found:
            ends = ends_of(flow)
            if ends is not None and self.asked.wants(ends, [each.t for each in flows]):
                self.open.append(
                    self.names.break_(
                        "duplicate_conflict",
                        lot=lot,
                        site=ends[1],
                        source=ends[0],
                        unit=flow.unit,
                        sent=None if flow.kind == FlowKind.RECEIPT else flow.q,
                        received=flow.q if flow.kind == FlowKind.RECEIPT else None,
                        at=flow.t if ALWAYS < flow.t < NEVER else None,
                        document=flow.pair,
                        entries=entries,
                        reason="lots",
                    )
                )

    def _lines(self, name: str) -> bool:
        """Say whether every entry of this id is lines of an event."""
        if "~" not in name:
            return False
        rows = self.session.rows("SELECT bytes FROM entry WHERE id = ?", (name,))
        return all(isinstance(decode_alone(event_bytes(bytes(row[0]))), VoucherLines) for row in rows)
