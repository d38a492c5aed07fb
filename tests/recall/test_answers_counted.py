"""What an outlet answers is a count at its notice: what is missing or too much by it is a finding everywhere, as after any count."""

from __future__ import annotations

from typing import Literal

import pytest

from foodtrace.events import Acknowledgement, Held
from foodtrace.graph.edges import micros
from foodtrace.operations import notices
from foodtrace.operations.reconciling import reconcile
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import load_case
from tests.recall.caselife import LOT, now
from tests.recall.caselife import left as still
from tests.recall.casework import World, day, kg

FOUND = [("unaccounted", "X", 50_000), ("unaccounted", "Y", 30_000)]


@pytest.fixture
def told(world: World) -> tuple[World, str]:
    """X (60 kg by the book) and Y (30 kg) have their notices."""
    case = world.open(LOT)
    world.do(notices.notify, case)
    return world.at(3), case


def stock(found: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    return sorted(each for each in found if each[0] in ("unaccounted", "unexplained_stock"))


def in_recall(world: World, case: str, *, plain: bool) -> list[tuple[str, str, int]]:
    with world.read() as session:
        state = load_case(session, case, until=micros(world.now))
        found = recall(session, (), now=micros(world.now), case=state, plain=plain).untraced
    return stock([(each.kind, each.site, each.value) for each in found])


def in_books(world: World) -> list[tuple[str, str, int]]:
    with world.read() as session:
        return stock([(each.kind, each.site, each.difference or 0) for each in reconcile(session, now=micros(world.now)).open])


def test_what_answers_leave_missing_is_unaccounted_in_recall_status_and_reconcile(told: tuple[World, str]) -> None:
    world, case = told
    assert in_books(world) == []
    world.do(notices.acknowledge, case, "X", [(LOT, kg(10))])
    event = world.do(notices.acknowledge, case, "Y", [], nothing=True)
    assert in_recall(world, case, plain=True) == in_recall(world, case, plain=False) == FOUND
    assert stock([(each.kind, each.site, each.value) for each in now(world, case).untraced]) == FOUND
    assert in_books(world) == FOUND
    with world.read() as session:
        row = session.row("SELECT seq FROM entry WHERE id = ?", (event.id,))
        assert row is not None
        for found in (world.answer(case).untraced, reconcile(session, now=micros(world.now)).open):
            (one,) = (each for each in found if (each.kind, each.site) == ("unaccounted", "Y"))
            assert any(each.endswith(f"#{row[0]}") for each in one.entries), "the answer is among the entries behind it"


def test_what_answers_find_too_much_is_unexplained_stock(told: tuple[World, str]) -> None:
    world, case = told
    world.do(notices.acknowledge, case, "Y", [(LOT, kg(100))])
    found = [("unexplained_stock", "Y", 70_000)]
    assert in_recall(world, case, plain=True) == in_recall(world, case, plain=False) == in_books(world) == found


def test_an_answer_that_is_the_book_is_no_finding_and_the_last_word_counts(told: tuple[World, str]) -> None:
    world, case = told
    world.do(notices.acknowledge, case, "X", [(LOT, kg(10))])
    world.at(4).do(notices.acknowledge, case, "X", [(LOT, kg(60))])
    assert in_recall(world, case, plain=True) == in_recall(world, case, plain=False) == in_books(world) == []


def test_an_answer_dated_later_than_the_moment_asked_for_changes_nothing_yet(told: tuple[World, str]) -> None:
    world, case = told
    held = (Held(LOT, kg(10)),)
    world.at(5).put(Acknowledgement(id="late", at=world.now, site="X", case=case, on_hand=held))
    world.at(4)
    assert in_recall(world, case, plain=True) == in_books(world) == []


@pytest.mark.parametrize(("precision", "left"), [("instant", 10_000), ("day", 0)])
def test_what_was_said_on_the_phone_before_the_notice_does_not_take_away_what_came_until_then(
    world: World, precision: Literal["instant", "day"], left: int
) -> None:
    """Nothing was left at X in the morning; then 10 kg came, and the notice. A day alone may mean its evening."""
    case = world.open(LOT)
    morning = day(4).replace(hour=0) if precision == "day" else day(4)
    world.at(4).put(Acknowledgement(id="call", at=morning, precision=precision, site="X", case=case, on_hand=(Held(LOT, kg(0)),)))
    world.at(4.1).move(LOT, "W", "X", 10).at(4.2).do(notices.notify, case)
    world.at(6)
    assert in_recall(world, case, plain=True) == in_recall(world, case, plain=False) == [("unaccounted", "X", 70_000 - left)]
    (amount,) = next(each for each in world.answer(case).outlets if each.site == "X").amounts
    assert (amount.on_hand, amount.at_notice) == (left, left)
    assert ([each for each in still(world, case) if each[1] == "X"] == [("free", "X", 10_000)]) is (left > 0), "closing waits for it"
