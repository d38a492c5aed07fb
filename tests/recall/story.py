"""A case opened on day 10 of a world, and what its sites say of it."""

from __future__ import annotations

from typing import Any

import msgspec

from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.memory import MemoryFacts
from foodtrace.recall.metrics import Completion, Figures, completion
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import Settings
from tests.recall.notation import OWN, SETTINGS, Build, at, clauses

OPENED = 10


class Story:
    """Records in the notation of the worlds, and what a case opened on day 10 says of them."""

    def __init__(
        self,
        records: str,
        *,
        now: float = 20,
        notices: dict[str, float] | None = None,
        scope: str = "L",
        units: dict[str, str] | None = None,
    ) -> None:
        self.build = Build(records, units=units)
        self.now = now
        self.scope = scope
        self.steps: list[Step] = []
        for site, when in ({"W": 10, "X": 10, "Y": 10, "Z": 10} if notices is None else notices).items():
            self.step("notice", site, when)

    def step(self, kind: str, site: str, when: float, **more: Any) -> None:
        self.steps.append(Step(kind=kind, site=self.build.site(site), at=at(when), recorded=at(when), **more))

    def facts(self, infos: dict[str, dict[str, Any]] | None = None) -> MemoryFacts:
        facts = self.build.facts(self.now)
        for name, more in (infos or {}).items():
            number = self.build.lots[name]
            facts._lots[number] = msgspec.structs.replace(facts._lots[number], **more)
        return facts

    def case(self) -> Case:
        version = ScopeVersion(version=1, clauses=clauses(self.scope), at=at(OPENED))
        return Case(
            case="C",
            versions=(version,),
            level=1,
            reason="-",
            opened=at(OPENED),
            known=at(9),
            published=at(11),
            operator=OWN,
            steps=tuple(self.steps),
        )

    def done(self, settings: Settings = SETTINGS, infos: dict[str, dict[str, Any]] | None = None) -> Completion:
        facts = self.facts(infos)
        case = self.case()
        return completion(facts, reach_of_case(facts, case, settings), case, settings=settings)

    def row(self, settings: Settings = SETTINGS) -> Figures:
        (row,) = self.done(settings).rows
        return row
