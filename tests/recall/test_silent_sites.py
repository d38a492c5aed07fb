"""A site without any record of its own: what is sealed, sent back or destroyed there says nothing of the rest (RECALL section 3).

``silent_site`` is stock on hand and no entry; a sealing is written by whoever recalls, mostly. So until the site answers, counts or keeps
books, how much it sold and has is unknown, and unknown is never a figure.
"""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace.events import Sale, StockCount
from foodtrace.graph.edges import micros
from foodtrace.operations import checks, disposal, notices
from foodtrace.quantity import Quantity
from foodtrace.recall.answer import recall
from tests.recall.caselife import LOT, now, refuses
from tests.recall.casework import World, kg

X = 60
"""Kilograms that were sent to X, a shop without a record of its own."""


def dealt(world: World, case: str, what: str, quantity: int = 10, **more: Any) -> None:
    world.do(disposal.dispose, what, case, "X", LOT, kg(quantity), **({"to": "W"} if what == "return" else {}), **more)


def told(world: World, case: str) -> tuple[int | None, int | None, int, int, bool]:
    """Return (sold, on hand, of likely, known to be in custody, silent_site), in kilograms."""
    answer = world.answer(case)
    with world.read() as session:
        full = recall(session, (), now=micros(world.now), case=world.case(case), plain=False)
    assert (full.outlets, full.untraced) == (answer.outlets, answer.untraced), "the short way says the same"
    (row,) = [each for each in answer.outlets if each.site == "X"]
    (line,) = row.amounts
    silent = any(each.kind == "silent_site" and each.site == "X" for each in answer.untraced)
    sold, on_hand = (None if each is None else each // 1000 for each in (line.sold, line.on_hand))
    return sold, on_hand, line.likely // 1000, line.sealed // 1000, silent


@pytest.mark.parametrize(("what", "there", "sealed"), [("seal", X, 10), ("return", X - 10, 0), ("destroy", X - 10, 0)])
def test_a_part_that_was_dealt_with_is_no_word_on_the_rest(world: World, what: str, there: int, sealed: int) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    assert told(world, case) == (None, None, X, 0, True)
    dealt(world.at(3.1), case, what)
    assert told(world, case) == (None, None, there, sealed, True)
    assert [(each.quantity, each.unknown) for each in now(world, case).closing if each.kind == "free" and each.site == "X"] == [
        ((X - 10) * 1000, True)
    ]


@pytest.mark.parametrize("word", ["answer", "count", "sale"])
def test_its_own_word_ends_it(world: World, word: str) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    dealt(world.at(3.1), case, "seal")
    if word == "answer":
        world.at(3.2).do(notices.acknowledge, case, "X", [(LOT, kg(40))])
    elif word == "count":
        world.at(3.2).put(StockCount(id="n", at=world.now, site="X", lot=LOT, quantity=kg(40)))
    else:
        world.at(3.2).put(Sale(id="n", at=world.now, site="X", lot=LOT, quantity=kg(20)))
    assert told(world, case)[1:] == (40, 40, 10, False)
    dealt(world.at(3.3), case, "seal", quantity=30)
    dealt(world, case, "destroy", quantity=5)
    (gone,) = world.do(disposal.dispose, "destroy", case, "X", LOT, None)
    assert gone.quantity == kg(35), "what is known needs no quantity"


@pytest.mark.parametrize("what", ["seal", "return", "destroy"])
def test_what_nobody_knows_is_not_dealt_with_by_the_book(world: World, what: str) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    more = {"to": "W"} if what == "return" else {}
    for there, lot in ((kg(X), LOT), (kg(X), None), (kg(X - 10), LOT)):
        if there != kg(X):
            dealt(world, case, "seal")
        error = refuses(world, "case.quantity_needed", disposal.dispose, what, case, "X", lot, None, **more)
        assert f"--lot {LOT} --quantity QUANTITY" in error.hint("en")
        assert (error.expected, error.params["site"]) == (there, "X")
    dealt(world, case, what, quantity=X - 10)
    (row,) = [each for each in world.answer(case).outlets if each.site == "X"]
    if what == "seal":
        assert row.amounts[0].on_hand == X * 1000, "all of it bears a seal: nothing is unknown"
        assert len(world.do(disposal.dispose, "destroy", case, "X", LOT, None)) == 1


def test_what_is_to_be_done_says_that_nobody_knows_how_much(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(3.1).do(notices.acknowledge, case, "X", [])
    (task,) = [each for each in now(world, case).today if each.what == "seal" and each.site == "X"]
    assert (task.quantity, task.unknown) == (X * 1000, True)
    world.do(notices.acknowledge, case, "X", [(LOT, kg(50))])
    (task,) = [each for each in now(world, case).today if each.what == "seal" and each.site == "X"]
    assert (task.quantity, task.unknown) == (50_000, False)


def test_a_lot_kept_in_grams_is_dealt_with_in_grams(world: World) -> None:
    case, cans = world.open(LOT), Quantity(5, "piece")
    refuses(world, "quantity.unit_differs", checks.check, case, "X", "found", quantity=cans)
    refuses(world, "quantity.unit_differs", checks.check, case, "X", "found", quantity=cans, lot=LOT)
    for what in ("seal", "destroy"):
        refuses(world, "quantity.unit_differs", disposal.dispose, what, case, "X", LOT, cans, allow_short=True)
    assert {each.unit for each in world.answer(case).figures} == {"g"}
