"""What was known then costs what is affected: a lot that many sites had is read once, not once a site."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace.events import Acknowledgement, Event, Sale, StockCount, TestRecorded
from foodtrace.graph.edges import micros
from foodtrace.graph.known import facts_by
from tests.recall.casework import World, day, kg
from tests.recall.steps import steps

LOT = "OP-P/L"


def _shops(folder: Path, count: int) -> World:
    """Return a trade of so many shops with one lot; each sold some on day 2, and wrote again on day 30, after many others."""
    world = World(f"sqlite:///{folder}/{count}.db", folder / f"keys{count}")
    world.sites(P="farm", **{f"S{n:03d}": "shop" for n in range(count)}).born("L", "P", 1000).at(1)
    for n in range(count):
        world.move(LOT, "P", f"S{n:03d}", 2)
    world.at(2).put(*(Sale(id=f"sale{n}", at=world.now, site=f"S{n:03d}", lot=LOT, quantity=kg(1)) for n in range(count)))
    world.at(3).put(*(Sale(id=f"other{n}", at=world.now, site="S000", lot="OP-P/K", quantity=kg(1)) for n in range(300)))
    world.at(30).put(*(Sale(id=f"late{n}", at=world.now, site=f"S{n:03d}", lot=LOT, quantity=kg(1)) for n in range(count)))
    return world


def _asked(world: World, count: int) -> int:
    """Return what it costs to ask of all shops what was known on day 10."""

    def work() -> None:
        with world.read() as session:
            facts = facts_by(session, micros(world.now), micros(day(10)))
            numbers = [*facts.numbers([f"S{n:03d}" for n in range(count)]).values()]
            last = {each.last_entry for each in facts.sites(numbers).values() if each.text != "S000"}
            assert last == {micros(day(2))}

    return steps(world.ledger, work)[0]


def test_when_shops_of_one_lot_wrote_last_is_read_once(tmp_path: Path) -> None:
    few, many = _shops(tmp_path, 10), _shops(tmp_path, 80)
    cost, more = _asked(few, 10), _asked(many, 80)
    few.ledger.close()
    many.ledger.close()
    assert more < 12 * cost, "eight times the shops; read for each of them it is sixty times as much"


@pytest.mark.parametrize(
    ("said", "keeps"),
    [
        (lambda at: StockCount(id="n", at=at, site="X", lot=LOT, quantity=kg(0)), True),
        (lambda at: Sale(id="n", at=at, site="X", lot=LOT, quantity=kg(1)), True),
        (lambda at: Sale(id="n", at=at, site="X", lot=LOT, quantity=kg(0)), False),
        (lambda at: TestRecorded(id="n", at=at, site="X", lot=LOT, sample="1", item="r", verdict="negative"), False),
    ],
)
def test_who_kept_books_then_is_told_by_records_of_its_own(world: World, said: object, keeps: bool) -> None:
    event: Event = said(world.now)  # type: ignore[operator]
    world.put(event)
    with world.read() as session:
        now = micros(world.now)
        then, before = facts_by(session, now, now), facts_by(session, now, micros(day(2.5)))
        number = then.site("X") or 0
        assert (then.keepers([number]) == {number}) is keeps
        assert before.keepers([number]) == set(), "what was recorded later is not seen"


def test_an_answer_makes_nobody_keep_books(world: World) -> None:
    case = world.open(LOT)
    world.put(Acknowledgement(id="a", at=world.now, site="X", case=case))
    with world.read() as session:
        facts = facts_by(session, micros(world.now), micros(world.now))
        assert facts.keepers([facts.site("X") or 0]) == set()


def _quiet(folder: Path, count: int) -> int:
    """Return what it costs to ask who kept books on day 10, of so many shops that had one lot and wrote of it on day 30 alone."""
    world = World(f"sqlite:///{folder}/q{count}.db", folder / f"quiet{count}")
    world.sites(P="farm", **{f"S{n:03d}": "shop" for n in range(count)}).born("L", "P", 1000).at(1)
    for n in range(count):
        world.move(LOT, "P", f"S{n:03d}", 2)
    world.at(30).put(*(Sale(id=f"late{n}", at=world.now, site=f"S{n:03d}", lot=LOT, quantity=kg(1)) for n in range(count)))

    def work() -> set[int]:
        with world.read() as session:
            facts = facts_by(session, micros(world.now), micros(day(10)))
            return facts.keepers([*facts.numbers([f"S{n:03d}" for n in range(count)]).values()])

    cost, kept = steps(world.ledger, work)
    world.ledger.close()
    assert kept == set()
    return cost


def test_who_of_many_shops_of_one_lot_kept_books_is_read_once(tmp_path: Path) -> None:
    few, many = _quiet(tmp_path, 10), _quiet(tmp_path, 80)
    assert many < 12 * few, "eight times the shops; read for each of them it is far more"


def test_who_kept_books_then_of_another_lot_than_the_first_it_wrote_of_since(world: World) -> None:
    world.born("K", "P", 10)  # its number comes after that of the lot
    world.at(4).put(Sale(id="k", at=world.now, site="X", lot="OP-P/K", quantity=kg(1)))
    then = micros(day(5))
    world.at(9).put(Sale(id="l", at=world.now, site="X", lot=LOT, quantity=kg(1)))
    with world.read() as session:
        facts = facts_by(session, then, then)
        number = facts.site("X") or 0
        assert facts.keepers([number]) == {number}
