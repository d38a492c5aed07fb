"""More certified by collectors than came in: the rules, as data."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.certificate.balance import Came, Collected, over_certified
from foodtrace.events import Portion
from foodtrace.quantity import Quantity

FARM = "L-0001/261123-1"
OTHER = "L-0001/261123-2"


def g(value: int) -> Quantity:
    return Quantity(value, "g")


def certificate(number: int, size: int, *portions: tuple[str, int], site: str = "L-0002") -> Collected:
    upstream = tuple(Portion(lot, g(value)) for lot, value in portions)
    return Collected(lot=f"L-0002/C-{number}", serial=str(number), site=site, quantity=g(size), upstream=upstream, entry=f"e{number}")


@pytest.mark.parametrize(
    ("came", "certificates", "expected"),
    [
        ({FARM: 500}, [(500, (FARM, 500))], []),
        ({FARM: 500}, [(300, (FARM, 300)), (200, (FARM, 200))], []),
        ({FARM: 500}, [(300, (FARM, 300)), (201, (FARM, 201))], [("over_upstream", FARM, 501, 1)]),
        ({FARM: 500}, [(600, (FARM, 500))], [("over_portions", "L-0002/C-0", 600, 100)]),
        ({FARM: 500}, [(700, (FARM, 600))], [("over_upstream", FARM, 600, 100), ("over_portions", "L-0002/C-0", 700, 100)]),
        ({FARM: 500, OTHER: 500}, [(1000, (FARM, 500), (OTHER, 500))], []),
        ({FARM: 500, OTHER: 500}, [(1000, (FARM, 400), (OTHER, 600))], [("over_upstream", OTHER, 600, 100)]),
        ({}, [(5, (FARM, 5))], [("upstream_unknown", FARM, 5, 5)]),
        ({FARM: 500}, [(490, (FARM, 500))], []),
    ],
)
def test_what_is_a_finding(came: dict[str, int], certificates: list[tuple], expected: list[tuple]) -> None:
    known = {(lot, "L-0002"): Came(booked=(g(value),)) for lot, value in came.items()}
    made = [certificate(number, each[0], *each[1:]) for number, each in enumerate(certificates)]
    found = over_certified(made, known)
    assert [(each.kind, each.lot, each.issued.value, each.over.value) for each in found] == expected


def test_what_the_books_say_outranks_what_the_papers_say() -> None:
    made = [certificate(1, 400, (FARM, 400))]
    papers = Came(certified=(g(500),))
    assert over_certified(made, {(FARM, "L-0002"): papers}) == []
    arrived_less = Came(booked=(g(300),), certified=(g(500),))
    (found,) = over_certified(made, {(FARM, "L-0002"): arrived_less})
    assert (found.came, found.over) == (g(300), g(100))
    assert found.message("en") == "L-0002 certified 400 g made of L-0001/261123-1 in 1 certificate, 300 g came in: 100 g too much"
    assert found.message("zh") == "L-0002 用 L-0001/261123-1 开出 400 g (1 张证), 只收进 300 g, 多 100 g"


def test_another_unit_is_not_compared_but_said() -> None:
    made = [certificate(1, 400, (FARM, 400))]
    (found,) = over_certified(made, {(FARM, "L-0002"): Came(booked=(Quantity(20, "piece"),))})
    assert (found.kind, found.came) == ("unit_differs", None)


def test_one_collectors_goods_are_not_another_ones() -> None:
    made = [certificate(1, 300, (FARM, 300)), certificate(2, 300, (FARM, 300), site="L-0009")]
    came = {(FARM, "L-0002"): Came(booked=(g(300),)), (FARM, "L-0009"): Came(booked=(g(300),))}
    assert over_certified(made, came) == []


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=4), st.integers(0, 150))
def test_the_order_of_certificates_does_not_matter(sizes: list[tuple[int, int]], came: int) -> None:
    made = [certificate(number, first + second, (FARM, first), (OTHER, second)) for number, (first, second) in enumerate(sizes)]
    known = {(FARM, "L-0002"): Came(booked=(g(came),) if came else ())}
    answers = [over_certified(order, known) for order in permutations(made)]
    assert all(each == answers[0] for each in answers)
    too_much = sum(first for first, _ in sizes) - came
    on_farm = [each.over.value for each in answers[0] if each.lot == FARM]
    assert on_farm == ([too_much] if too_much > 0 else [])
