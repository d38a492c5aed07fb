"""A world in the notation and what it is asked for: findings, with and without a case."""

from __future__ import annotations

from typing import Any

import msgspec

from foodtrace.events import PredicateClause
from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import find
from foodtrace.recall.deadlines import Calendar
from foodtrace.recall.facts import Case, Cleared, ScopeVersion, Step
from foodtrace.recall.findings import Finding, findings_of
from foodtrace.recall.memory import MemoryFacts
from foodtrace.recall.settings import Settings, YieldRange
from tests.recall.notation import NOTICE, OWN, SETTINGS, Build, at, clauses

YIELDS = msgspec.structs.replace(SETTINGS, yields={"goods": YieldRange(least=900, most=1000)})


class Told:
    """A world in the notation, ready to be asked."""

    def __init__(self, records: str, *, case: bool = False, scope: str = "L", settings: Settings = SETTINGS, now: float = 20) -> None:
        self.build = Build(records)
        # The notation puts both sides of a move into one entry; here each is an entry of its own, as on record.
        self.build.flows = [
            msgspec.structs.replace(flow, seq=flow.seq + 500) if flow.kind == FlowKind.RECEIPT else flow for flow in self.build.flows
        ]
        self.scope, self.settings, self.now = scope, settings, now
        self.sites = {number: name for name, number in self.build.sites.items()}
        self.lots = {number: name for name, number in self.build.lots.items()}
        self.with_case = case
        self.steps: list[Step] = []
        self.cleared: tuple[Cleared, ...] = ()
        self.more: dict[str, Any] = {}

    def change(self, kind: int, n: int = 0, **changes: Any) -> Told:
        """Change the n-th flow of a kind."""
        place = [i for i, flow in enumerate(self.build.flows) if flow.kind == kind][n]
        self.build.flows[place] = msgspec.structs.replace(self.build.flows[place], **changes)
        return self

    def notice(self, *sites: str, day: float = NOTICE, answered: bool = True) -> Told:
        if answered:
            self.steps += [Step(kind="acknowledgement", site=self.build.site(site), at=at(day), recorded=at(day)) for site in sites]
        self.steps += [
            Step(kind="notice", site=self.build.site(site), at=at(day), recorded=at(day), delivered=at(day), entry=(9, n))
            for n, site in enumerate(sites)
        ]
        return self

    def facts(self) -> MemoryFacts:
        plain = self.build.facts(self.now)
        lots = plain.lots(list(self.lots)).values()
        sites = self.more.pop("sites", None) or plain.sites(list(self.sites)).values()
        return MemoryFacts(self.build.flows, lots=self.more.pop("lots", lots), sites=sites, now=at(self.now), **self.more)

    def found(self, calendar: Calendar | None = None, clause: PredicateClause | None = None) -> list[Finding]:
        facts = self.facts()
        scope = (clause,) if clause else clauses(self.scope)
        case = None
        if self.with_case:
            versions = (ScopeVersion(version=1, clauses=tuple(scope), at=at(NOTICE)),)
            case = Case(
                case="W", versions=versions, level=1, reason="-", opened=at(NOTICE), known=at(NOTICE), operator=OWN,
                steps=tuple(self.steps), cleared=self.cleared,
            )  # fmt: skip
        found = find(facts, scope, settings=self.settings, own_operator=OWN, case="W" if case else "")
        return findings_of(facts, found, settings=self.settings, case=case, calendar=calendar or Calendar({}))

    def kinds(self, calendar: Calendar | None = None) -> dict[str, tuple[str, int, int]]:
        """Kind -> (where, value, number of entries)."""
        return {
            each.kind: (self.lots.get(each.lot, "") + self.sites.get(each.site, ""), each.value, len(each.entries))
            for each in self.found(calendar)
        }


CHAIN = "L:P 100\nP->W L100 @2/3\n"
CUSTODY = CHAIN + "W->X L60 @4\nX seals L60 @11\n"
