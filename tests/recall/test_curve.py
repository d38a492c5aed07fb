"""The two completion curves: as happened and as known (RECALL section 8, law 16)."""

from __future__ import annotations

import msgspec

from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.recall.curve import case_at, curve
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.memory import MemoryFacts
from tests.recall.notation import OWN, SETTINGS, Build, at, clauses
from tests.recall.worlds import CANS

BUILD = Build(CANS, units={"L": "piece"})
LATE = 14
"""Day on which the last two returns were entered."""


def flows() -> list[Flow]:
    late = {FlowKind.RETURN}
    recalled = {flow.pair for flow in BUILD.flows if flow.kind in late}
    return [msgspec.structs.replace(flow, recorded=at(LATE)) if flow.pair in recalled and flow.pair else flow for flow in BUILD.flows]


def facts_at(t: int, recorded: int | None) -> MemoryFacts:
    template = BUILD.facts(20)
    seen = [flow for flow in flows() if recorded is None or flow.recorded <= recorded]
    return MemoryFacts(seen, lots=template._lots.values(), sites=template._sites.values(), now=t)


def case() -> Case:
    notices = [Step(kind="notice", site=BUILD.site(site), at=at(5), recorded=at(5)) for site in "WXYZ"]
    answers = [Step(kind="acknowledgement", site=BUILD.site("X"), at=at(5), recorded=at(9))]
    return Case(
        case="C",
        versions=(
            ScopeVersion(version=1, clauses=clauses("L"), at=at(5)),
            ScopeVersion(version=2, clauses=clauses("L"), at=at(11), reason="-"),
        ),
        level=1,
        reason="-",
        opened=at(5),
        known=at(4),
        published=at(6),
        closed=at(19),
        extended=((at(30), at(12)), (at(40), None)),
        operator=OWN,
        steps=(*notices, *answers),
    )


def test_late_entries_move_what_happened_and_never_what_was_known() -> None:
    days = [5, 6, 7, 8, 9, 10, 12, 15]
    made = curve(case(), [at(day) for day in days], facts_at, settings=SETTINGS)
    assert [point.rows[0].retrieved for point in made.as_happened] == [0, 15, 165, 335, 335, 585, 585, 585]
    assert [point.rows[0].retrieved for point in made.as_known] == [0, 15, 165, 165, 165, 165, 165, 585]
    assert [point.answered.numerator for point in made.as_happened] == [1] * 8
    assert [point.answered.numerator for point in made.as_known] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert made.as_happened[-1] == made.as_known[-1]


def test_a_case_is_cut_at_its_moment() -> None:
    early, late = case_at(case(), at(5.5)), case_at(case(), at(20))
    assert (early.published, early.closed, early.extended, len(early.versions), len(early.steps)) == (None, None, (), 1, 5)
    assert (late.published, late.closed, late.extended, len(late.versions)) == (at(6), at(19), ((at(30), at(12)),), 2)
    assert len(case_at(case(), at(4)).versions) == 1
    assert len(case_at(case(), at(20), recorded=at(8)).steps) == 4
