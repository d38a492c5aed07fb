"""Law 15 to the end: a recall of a lot by another of its names has the same outlets, figures, product and recalling operator."""

from __future__ import annotations

import pytest

from foodtrace.events import Alias
from tests.recall.casework import World
from tests.recall.onename import under_one_name

CAN, CASE = "OP-P/CAN", "OP-P/CASE"


@pytest.fixture
def world(empty: World) -> World:
    """The plant P makes 100 kg, and 70 of them go out; the case they lie in has a number of its own, which says nothing else."""
    empty.sites().born("CAN", "P", 100)
    empty.put(Alias(id="a", at=empty.now, site="P", lot=CAN, alias=CASE))
    empty.at(1).move(CAN, "P", "X", 40)
    empty.at(2).move(CASE, "P", "Y", 30)
    return empty


def test_a_recall_by_either_name_is_the_same(world: World) -> None:
    one, other = world.ledger.recall(CAN), world.ledger.recall(CASE)
    assert (one.product, one.figures[0].distributed) == (other.product, other.figures[0].distributed)
    assert one.product
    assert one.figures[0].distributed == 70_000
    assert [each.product for each in one.products] == [each.product for each in other.products]
    assert under_one_name(one) == under_one_name(other)


def test_a_case_opened_by_either_name_names_who_recalls(world: World) -> None:
    case = world.at(3).open(CASE)
    assert world.case(case).operator == world.case(world.open(CAN)).operator != ""
    assert world.ledger.completion(case).rows[0].distributed == 70_000
