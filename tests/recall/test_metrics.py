"""Completion on the worked cases of RECALL section 5."""

from __future__ import annotations

import pytest

from foodtrace.recall.affected import find
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.metrics import Rate, completion
from tests.recall.notation import OWN, SETTINGS, Build, at, clauses
from tests.recall.worlds import CANS

DAYS = {
    5: (900, 700, 0, 0, "0.0", "0.0", "22.2"),
    6: (900, 715, 15, 15, "1.7", "2.1", "23.3"),
    7: (900, 715, 165, 15, "18.3", "23.1", "40.0"),
    8: (900, 715, 335, 0, "37.2", "46.9", "58.9"),
    9: (900, 715, 335, 185, "37.2", "46.9", "58.9"),
    10: (900, 715, 585, 435, "65.0", "81.8", "86.7"),
    12: (900, 715, 585, 435, "65.0", "81.8", "86.7"),
}


def _case(steps: tuple[Step, ...], opened: int) -> Case:
    return Case(
        case="C",
        versions=(ScopeVersion(version=1, clauses=clauses("L"), at=opened),),
        level=1,
        reason="-",
        opened=opened,
        known=opened,
        operator=OWN,
        steps=steps,
    )


@pytest.mark.parametrize("day", DAYS)
def test_cans_day_by_day(day: int) -> None:
    facts = Build(CANS, units={"L": "piece"}).facts(day)
    sites = {name: facts.site(name) for name in "WXYZ"}
    steps = [Step(kind="notice", site=site, at=at(5), recorded=at(5), delivered=at(5)) for site in sites.values() if site]
    steps += [Step(kind="acknowledgement", site=sites[name] or 0, at=at(5), recorded=at(5)) for name in "WXZ"]
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    done = completion(facts, found, _case(tuple(steps), at(5)), settings=SETTINGS)
    (row,) = done.rows
    rates = tuple(row.rates[name].percent for name in ("R1", "R2", "R3"))
    assert (row.distributed, row.should, row.retrieved, row.retrieved_strict, *rates) == DAYS[day]
    assert (done.notified.numerator, done.notified.denominator) == (3, 3)
    assert (done.answered.numerator, done.answered.denominator) == (2, 3)
    assert done.effective.percent == ""


def test_sanlu_counts_sealed_and_returned_and_says_strict_beside() -> None:
    records = """
        L:P 11086 @1
        P->W L2176 @2
        P->X L8910 @2
        W seals L2176 @6
        X=>P L8210 @7"""
    facts = Build(records).facts(20)
    steps = tuple(Step(kind="notice", site=facts.site(name) or 0, at=at(5), recorded=at(5)) for name in "WX")
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    (row,) = completion(facts, found, _case(steps, at(5)), settings=SETTINGS).rows
    assert (row.distributed, row.should, row.retrieved, row.retrieved_strict) == (11086, 11086, 10386, 8210)
    assert [row.rates[name].percent for name in ("R1", "R2", "R3")] == ["93.7", "93.7", "93.7"]
    assert row.strict["R1"].percent == "74.1"


def test_hohhot_all_sold_before_is_nothing_left_and_not_a_hundred() -> None:
    facts = Build("L:P 51000 @1\nP->X L51000 @2\nX sells L51000 @3").facts(20)
    steps = (Step(kind="notice", site=facts.site("X") or 0, at=at(5), recorded=at(5)),)
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    (row,) = completion(facts, found, _case(steps, at(5)), settings=SETTINGS).rows
    assert (row.distributed, row.should, row.retrieved) == (51000, 0, 0)
    assert [row.rates[name].percent for name in ("R1", "R2", "R3")] == ["0.0", "", "100.0"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(0, 0, ""), (0, 9, "0.0"), (1, 10**6, "0.1"), (10**6 - 1, 10**6, "99.9"), (5, 5, "100.0"), (1, 8, "12.5"), (1, 2000, "0.1")],
)
def test_a_hundred_means_all_and_zero_means_none(numerator: int, denominator: int, shown: str) -> None:
    assert Rate(numerator=numerator, denominator=denominator, unit="g").percent == shown
