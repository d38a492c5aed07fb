"""What a case let go is gone through once for however many goods are asked about: it may have cleared thousands of lots."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest

from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.standing import Standing
from foodtrace.recall.blocking import blocker
from foodtrace.recall.clearing import still_counts
from foodtrace.recall.facts import Case, Cleared
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import DEFAULT
from foodtrace.storage.session import Session
from tests.recall.caselife import LOT
from tests.recall.casework import World

FREED = 40


class _Counted(tuple[Cleared, ...]):  # noqa: SLOT001 - counts on the class
    """What a case let go, and how often it was gone through."""

    read = 0

    def __iter__(self) -> Iterator[Cleared]:
        type(self).read += 1
        return super().__iter__()


def _blocker(session: Session, case: Case, now: int) -> Callable[[int, int], object]:
    stands = blocker(case)
    return lambda lot, site: stands(lot, site, now)


def _counts(session: Session, case: Case, now: int) -> Callable[[int, int], object]:
    return still_counts([(case, reach_of_case(SqlFacts(session, now), case, DEFAULT))], DEFAULT, now)


def _door(session: Session, case: Case, now: int) -> Callable[[int, int], object]:
    door = Standing(SqlFacts(session, now), case)
    return lambda lot, site: door.against(lot, site, now)


@pytest.mark.parametrize("asking", [_blocker, _counts, _door])
def test_many_questions_go_through_the_clearings_no_more_often_than_one(
    world: World, asking: Callable[[Session, Case, int], Callable[[int, int], object]]
) -> None:
    opened = world.case(world.open(LOT))
    now = micros(world.now)
    # Of lots on no record: what was let go is long, and none of it is what is asked about.
    case = msgspec.structs.replace(opened, cleared=_Counted(Cleared(10_000 + lot, 0, now) for lot in range(FREED)))
    with world.read() as session:
        facts = SqlFacts(session, now)
        lot, sites = facts.lot(LOT) or 0, [facts.site(each) or 0 for each in ("W", "X", "Y")]
        read = []
        for count in (1, 20):
            _Counted.read = 0
            ask = asking(session, case, now)
            for _ in range(count):
                assert all(ask(lot, site) for site in sites), "nothing of it was cleared"
            read.append(_Counted.read)
    assert read[1] == read[0], "twenty times the questions"


def test_a_lot_is_let_go_where_and_from_when_it_was_cleared(world: World) -> None:
    case = world.case(world.open(LOT))
    then = case.opened
    stands = blocker(msgspec.structs.replace(case, cleared=(Cleared(1, 0, then + 5), Cleared(2, 7, then), Cleared(2, 8, then + 5))))
    assert [stands(1, 7, then + 4), stands(1, 7, then + 5)] == [True, False]
    assert [stands(2, site, then) for site in (0, 7, 8, 9)] == [True, False, True, True]
    assert not stands(3, 7, then - 1), "before it was opened"
