"""Whom a notice and a recall's list say to call, where several logs describe a site: a stranger sends no notice elsewhere."""

from __future__ import annotations

import pytest

from foodtrace.events import Site
from foodtrace.graph.edges import micros
from foodtrace.operations import notices
from foodtrace.recall.answer import recall
from tests.recall.casework import World, chain

LOT = "OP-P/L"


@pytest.fixture
def world(empty: World) -> World:
    """L: P 100 kg -> W -> X 60, Y 30; hq keeps books for everybody, X and a stranger have logs of their own."""
    for log, operator in (("hq/a", ""), ("stranger/b", ""), ("x/c", "OP-X")):
        empty.ledger.init(log, operator=operator)
    empty.default = "hq/a"
    return chain(empty).at(3)


def called(world: World, log: str, phone: str, operator: str = "OP-X") -> None:
    event = Site(id=world.name(), at=world.now, site="X", operator=operator, kind="shop", name="X-name")
    world.ledger.record([event], log=log, personal={event.id: {"phone": phone}}, confirm_clock=True)


def phones(world: World) -> set[str]:
    """What the list, by both engines, and the notice say of X: one thing."""
    found = set()
    with world.read() as session:
        for plain in (True, False):
            answer = recall(session, LOT, now=micros(world.now), plain=plain)
            found |= {row.phone for row in answer.outlets if row.site == "X"}
    case = world.open(LOT)
    sent = world.do(notices.notify, case, log="hq/a")
    found |= {each.party.phone for each in sent.notices if each.party.site == "X"}
    with world.read() as session:
        again = notices.sent_before(session, micros(world.now), case)
        return found | {each.party.phone for each in again.notices if each.party.site == "X"}


@pytest.mark.parametrize("stranger", ["OP-X", "OP-S"])
def test_a_strangers_number_stands_beside_the_one_on_record_and_never_alone(world: World, stranger: str) -> None:
    called(world, "hq/a", "0451-1")
    called(world.at(4), "stranger/b", "0900-666", stranger)
    assert phones(world) == {"0451-1 / 0900-666"}


def test_the_sites_own_operator_says_whom_to_call(world: World) -> None:
    called(world, "hq/a", "0451-1")
    called(world.at(4), "x/c", "0451-7")
    called(world.at(5), "stranger/b", "0900-666")
    assert phones(world) == {"0451-7"}


def test_who_corrects_the_number_it_gave_has_one_word(world: World) -> None:
    called(world, "hq/a", "0451-1")
    called(world.at(4), "hq/a", "0451-2")
    assert phones(world) == {"0451-2"}


def test_the_same_number_from_two_is_said_once(world: World) -> None:
    called(world, "hq/a", "0451-1")
    called(world.at(4), "stranger/b", "0451-1")
    assert phones(world) == {"0451-1"}
