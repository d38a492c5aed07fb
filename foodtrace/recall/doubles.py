"""Finds events told twice, across logs (see :mod:`foodtrace.operations.reconciling`)."""

from __future__ import annotations

from foodtrace.events import VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.flows import ALWAYS, NEVER, FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.breaks import Asked, Break, Names
from foodtrace.recall.finding.look import Entry
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


class Doubles:
    """Looks through the records of all logs."""

    def __init__(self, session: Session, facts: SqlFacts, names: Names, asked: Asked) -> None:
        self.session = session
        self.facts = facts
        self.names = names
        self.asked = asked
        self.open: list[Break] = []

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

    def _lines(self, name: str) -> bool:
        """Say whether every entry of this id is lines of an event."""
        if "~" not in name:
            return False
        rows = self.session.rows("SELECT bytes FROM entry WHERE id = ?", (name,))
        return all(isinstance(decode_alone(event_bytes(bytes(row[0]))), VoucherLines) for row in rows)
