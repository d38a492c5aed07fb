"""What whole commands on a case cost grows with its outlets, not with their square: a recall of the whole country has 100,000 of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from foodtrace.events import (
    Acknowledgement,
    EffectivenessCheck,
    Event,
    Held,
    LotsClause,
    Notice,
    RecallOpened,
    Returned,
    Sealing,
    Site,
    Transfer,
)
from foodtrace.graph.edges import micros
from foodtrace.operations import notices
from foodtrace.operations.caselist import overview
from foodtrace.operations.casestatus import Standing
from foodtrace.operations.common import Doing
from foodtrace.recall import cases as casefile
from foodtrace.storage.session import Session
from tests.recall.casework import World, day, kg

LOT, CASE = "OP-P/L", "2026-0001"
FEW = 16
COUNTS = (FEW, 2 * FEW, 4 * FEW)


def recalled(folder: Path, shops: int) -> World:
    """A lot in so many shops, all told; each seventh has not answered, each eighth sealed, gave back, or had a visit that found goods."""
    world = World(f"sqlite:///{folder}/{shops}.db", folder / f"keys{shops}")
    names = [f"S{n:03d}" for n in range(shops)]
    world.sites(P="farm").born("L", "P", 5000)
    world.put(*(Site(id=f"site{name}", at=world.now, site=name, operator=name, kind="shop", name=name) for name in names))
    world.put(*(Transfer(id=f"t{name}", at=world.now, site="P", to=name, lot=LOT, quantity=kg(10)) for name in names))
    opened = day(3)
    case = {"case": CASE, "scope": (LotsClause(lots=(LOT,)),), "level": 1, "reason": "x", "producer": "OP-P", "known": opened}
    made: list[Event] = [RecallOpened(id="c", at=opened, site="P", **case)]  # type: ignore[arg-type]
    for n, name in enumerate(names):
        made.append(Notice(id=f"n{n}", at=opened, site="P", case=CASE, to=name, delivered=opened))
        if n % 7:
            made.append(Acknowledgement(id=f"a{n}", at=day(4), site=name, case=CASE, on_hand=(Held(LOT, kg(8)),)))
        if n % 8 == 1:
            made.append(Sealing(id=f"s{n}", at=day(4.1), site=name, lot=LOT, quantity=kg(2), case=CASE))
        if n % 8 == 2:
            made.append(Returned(id=f"r{n}", at=day(4.2), site=name, to="P", lot=LOT, quantity=kg(3), case=CASE))
        if n % 8 == 3:
            made.append(
                EffectivenessCheck(id=f"v{n}", at=day(4.3), site=name, case=CASE, level="A", result="found", lot=LOT, quantity=kg(1))
            )
    world.at(4.5).put(*made)
    return world.at(6)


def calls(work: Callable[[], object]) -> int:
    """Return how many functions, Python's own and built-in ones, and steps of generators are called to do some work."""
    made = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


@pytest.fixture(scope="module")
def trades(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    folder = tmp_path_factory.mktemp("trades")
    made = [recalled(folder, count) for count in COUNTS]
    yield made
    for world in made:
        world.ledger.close()


def _status(session: Session, now: int) -> object:
    return Standing.of(session, CASE, now).status()


def _list(session: Session, now: int) -> object:
    return overview(session, now)


def _notify(session: Session, now: int) -> object:
    return notices.notify(session, Doing(now=day(6)), CASE, which="all")


WORK = {"status": _status, "list": _list, "notify": _notify}


@pytest.mark.parametrize("name", WORK)
def test_work_grows_with_the_outlets_and_not_with_their_square(trades: list[World], name: str) -> None:
    made: list[int] = []
    for world in trades:
        with world.read() as session:
            WORK[name](session, micros(world.now))  # what is loaded once is loaded
        with world.read() as session:
            made.append(calls(lambda: WORK[name](session, micros(day(6)))))
    few, more, most = made
    assert most - more < 2.1 * (more - few), f"{made}: twice as many outlets more"


@pytest.mark.parametrize("name", ["status", "list"])
def test_the_records_of_a_case_are_read_once(trades: list[World], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = casefile._about

    def counted(session: Session, subject: str, site: str = "") -> object:
        read.append(subject)
        return real(session, subject, site)

    monkeypatch.setattr(casefile, "_about", counted)
    with trades[0].read() as session:
        WORK[name](session, micros(trades[0].now))
    assert read.count(f"case {CASE}") == 1, "each time all its events are decoded"
