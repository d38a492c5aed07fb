"""Who has answered, and of what: an answer is to what was asked by then, and no word on what a wider scope brings (R5, ``no_answer``)."""

from __future__ import annotations

import pytest

from foodtrace.events import LotsClause
from foodtrace.operations import cases, notices
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.heard import Heard
from tests.recall.caselife import LOT, left, now
from tests.recall.casework import World, kg

X, L, K = 1, 10, 20
ONE, BOTH = (LotsClause(lots=("L",)),), (LotsClause(lots=("L",)), LotsClause(lots=("K",)))


def said(at: int, *lots: int) -> Step:
    return Step(kind="acknowledgement", site=X, at=at, recorded=at, on_hand=tuple((lot, 0, 1) for lot in lots))


def told(at: int, *lots: int, delivered: int | None = None) -> Step:
    return Step(kind="notice", site=X, at=at, recorded=at, lots=lots, delivered=delivered, entry=(1, at))


# name: (steps, when the scope grew to both, answered of all, since when a notice waits)
CASES: dict[str, tuple[tuple[Step, ...], int | None, bool, int | None]] = {
    "asked of both, answered": ((told(1, L, K), said(2)), None, True, None),
    "asked of both, answers of one by figure": ((told(1, L, K), said(2, L)), None, True, None),
    "asked of one, and the other came later": ((told(1, L), said(2)), None, False, None),
    "then asked of the other as well": ((told(1, L), said(2), told(3, K, delivered=4)), None, False, 4),
    "and answered that": ((told(1, L), said(2), told(3, K), said(5)), None, True, None),
    "a reminder of what was answered waits for nothing": ((told(1, L), said(2), told(3, L)), None, False, None),
    "asked of one, says what it has of the other": ((told(1, L), said(2, L, K)), None, True, None),
    "answered before the scope grew": ((told(1, L), said(2)), 3, False, None),
    "a notice of everything, answered before the scope grew": ((told(1), said(2)), 3, False, None),
    "a notice of everything, answered": ((told(1), said(2)), None, True, None),
    "asked of everything since it grew": ((told(1), said(2), told(4)), 3, False, 4),
    "and answered since": ((told(1), said(2), told(4), said(5)), 3, True, None),
    "called before any notice": ((said(1), told(2, L, K)), None, True, None),
    "called before the scope grew": ((said(1), told(4, L, K)), 3, False, 4),
    "never answered": ((told(1, L), told(2, K)), None, False, 1),
    "answers later than now": ((told(1, L, K), said(30)), None, False, 1),
}


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_to_what_was_asked_by_then(name: str) -> None:
    steps, grew, answered, waits = CASES[name]
    versions: tuple[ScopeVersion, ...] = (ScopeVersion(version=1, clauses=BOTH if grew is None else ONE, at=0),)
    versions += () if grew is None else (ScopeVersion(version=2, clauses=BOTH, at=grew),)
    case = Case(case="C", versions=versions, level=1, reason="-", opened=0, known=0, steps=steps)
    heard = Heard(case, 20, [(L, X), (K, X)], {})
    assert (X in heard.answered) is answered
    assert {site: t for site, (t, _) in heard.waiting().items()} == ({} if waits is None else {X: waits})


def test_another_name_of_a_lot_is_that_lot() -> None:
    case = Case(case="C", versions=(ScopeVersion(version=1, clauses=ONE, at=0),), level=1, reason="-", opened=0, known=0,
                steps=(told(1, L), said(2)))  # fmt: skip
    assert Heard(case, 20, [(11, X)], {11: (L, 11)}).answered == {X}


def test_what_a_wider_scope_brings_to_a_site_that_has_answered_is_asked_about_and_waited_for(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    world.do(notices.notify, case)
    for site in ("X", "Y"):
        world.do(notices.acknowledge, case, site, [], nothing=True)
    rate = world.answer(case).rates["R5"]
    assert (rate.numerator, rate.denominator) == (2, 2)
    world.at(3.5).do(cases.widen, case, ["OP-Q/K"], "one more")
    assert world.answer(case).rates["R5"].numerator == 1
    world.do(notices.notify, case)
    assert ("silent", "X", 0) in left(world, case)
    world.at(20)
    assert ("no_answer", "X") in [(each.kind, each.site) for each in world.answer(case).untraced]
    status = now(world, case)
    assert [task.site for task in status.late if task.what == "answer" and task.site in "XY"] == ["X"]
    assert [each.party.site for each in world.do(notices.notify, case, which="silent").notices if each.party.site in "XY"] == ["X"]
    world.do(notices.acknowledge, case, "X", [("OP-Q/K", kg(40))])
    assert world.answer(case).rates["R5"].numerator == 2
    assert "silent" not in [kind for kind, _, _ in left(world, case)]
