"""As known: another name of a lot counts from when it was on record, until a correction on record takes it away (RECALL section 8)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from foodtrace.events import Alias, Correction
from foodtrace.graph.edges import micros
from foodtrace.graph.known import facts_by
from foodtrace.operations.outletdetails import births
from foodtrace.operations.recalling import recall
from tests.recall.casework import World

CAN, CASE, OTHER = "OP-P/L", "OP-P/CASE", "OP-P/PALLET"


@pytest.fixture
def world(empty: World) -> World:
    """Shop X got the lot under one name, Y under the other; nothing says yet that they are one."""
    empty.sites().born("L", "P", 100)
    empty.born("CASE", "P", 10)
    return empty.at(1).move(CAN, "P", "X", 50).move(CASE, "P", "Y", 10).at(2)


def alias(world: World, name: str, other: str = CASE) -> Alias:
    return Alias(id=name, at=world.now, site="P", lot=CAN, alias=other)


def undo(world: World, name: str, replacement: Alias | None = None) -> None:
    """Correct the entry of that id away, or into another."""
    with world.read() as session:
        ((seq, leaf),) = session.rows("SELECT e.seq, e.leaf FROM entry AS e WHERE e.id = ?", (name,))
    about: dict[str, Any] = {"seq": seq, "leaf": bytes(leaf).hex(), "replacement": replacement}
    about["reason"] = "did_not_occur" if replacement is None else "incorrect_data"
    world.put(Correction(id=f"c-{micros(world.now)}", at=world.now, site="P", **about))


def sites(world: World, now: float, known: float | None = None) -> list[str]:
    """Return the outlets of the lot; ``known``: as known on that day."""
    when = micros(world.at(now).now)
    until = None if known is None else micros(world.at(known).now)
    with world.read() as session:
        return sorted(row.site for row in recall(session, CAN, now=when, recorded_until=until).outlets)


def test_a_name_recorded_later_was_not_known(world: World) -> None:
    world.at(4).put(alias(world.at(4), "a"))
    assert sites(world, 5) == ["X", "Y"]
    assert sites(world, 3) == ["X", "Y"], "a name has no time: what happened by then is seen through it"
    assert sites(world, 5, known=5) == sites(world, 4, known=4) == ["X", "Y"]
    assert sites(world, 3, known=3) == ["X"]
    with world.read() as session:
        (began, _) = births(session, CAN, micros(world.at(3).now), micros(world.at(3).now))
    assert began.quantity == 100_000, "nor does the first line of the answer add up what nobody knew to be one"


def test_a_name_taken_away_later_was_known(world: World) -> None:
    world.put(alias(world, "a"))
    undo(world.at(4), "a")
    assert sites(world, 5) == ["X"]
    assert sites(world, 3, known=3) == ["X", "Y"]
    assert sites(world, 5, known=5) == ["X"]


def test_a_name_put_right_twice_later(world: World) -> None:
    """First it was another pair, then it was gone: each is known in its time."""
    world.put(alias(world, "a", OTHER))
    undo(world.at(4), "a", alias(world, "a"))
    undo(world.at(6), "a")
    assert [sites(world, each, known=each) for each in (3, 5, 7)] == [["X"], ["X", "Y"], ["X"]]


def test_said_twice_and_taken_away_once(world: World) -> None:
    world.put(alias(world, "a"))
    world.at(4).put(alias(world, "b"))
    undo(world.at(5), "a")
    assert [sites(world, each, known=each) for each in (1.5, 3, 4.5, 6)] == [["X"], ["X", "Y"], ["X", "Y"], ["X", "Y"]]


@pytest.mark.parametrize("seed", range(2))
def test_the_names_of_any_moment_are_those_that_were_read_then(empty: World, seed: int) -> None:
    """Random names and corrections: what is read of each moment afterwards is what was read at it."""
    rng = random.Random(seed)
    world = empty.sites().born("L", "P", 100)
    then: dict[int, list[tuple[int, int]]] = {}
    ids: list[str] = []

    def names(when: int, known: int | None) -> list[tuple[int, int]]:
        with world.read() as session:
            facts = facts_by(session, when, known)
            lots = [number for lot in (CAN, CASE, OTHER) if (number := facts.lot(lot)) is not None]
            return sorted(set(facts.aliases(lots)))

    for n in range(1, 9):
        world.at(n)
        if ids and rng.random() < 0.5:
            undo(world, rng.choice(ids), alias(world, f"r{n}", rng.choice([CASE, OTHER])) if rng.random() < 0.5 else None)
        else:
            world.put(alias(world, f"a{n}", rng.choice([CASE, OTHER])))
            ids.append(f"a{n}")
        then[n] = names(micros(world.now), None)
    for n, told in then.items():
        moment = micros(world.at(n).now)
        assert names(moment, moment) == told, (seed, n)
