"""Facts of RECALL section 7's table: booked whatever they say, and marked by when they happened, from whichever log they came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import pytest

from foodtrace.events import (
    BatchReleased,
    CertificateIssued,
    Destroyed,
    Event,
    FormulaBatch,
    MarketEntry,
    Notice,
    Output,
    Packing,
    Portion,
    Receipt,
    Returned,
    Sale,
    Sealing,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
)
from tests.recall.blocktrade import BATCH, CASE, FRESH, LOT, OTHER, pieces, trade
from tests.recall.casework import World, day, kg


@pytest.fixture
def world(empty: World) -> World:
    return trade(empty)


def fact(kind: str, name: str, at: dt.datetime) -> Event:
    """Return a fact about goods of the case, at a site that got its notice."""
    common: dict[str, Any] = {"id": name, "at": at}
    lot: dict[str, Any] = {**common, "site": "W", "lot": LOT, "quantity": kg(1)}
    made: dict[str, Callable[[], Event]] = {
        "sale": lambda: Sale(**common, site="X", lot=BATCH, quantity=pieces(1)),
        "dispatch": lambda: Transfer(**lot, to="Y", in_transit=True),
        "dispatch and arrival": lambda: Transfer(**lot, to="Q"),
        "entry": lambda: MarketEntry(**{**lot, "site": "M"}, seller="OP-P", product="芹菜", decision="admitted", serial=name),
        "use": lambda: Transformation(
            **common,
            site="W",
            kind="repack",
            inputs=(Portion(LOT, kg(1)),),
            outputs=(Output(lot=f"OP-W/{name}".upper(), quantity=kg(1)),),
        ),
        "use in a batch": lambda: FormulaBatch(
            **common, site="F", lot=f"06909999000012/{name}".upper(), product="x", quantity=pieces(1), inputs=(Portion(LOT, kg(1)),)
        ),
        "made of other goods": lambda: Transformation(
            **common, site="W", kind="rework", inputs=(Portion(OTHER, kg(1)),), outputs=(Output(lot=LOT, quantity=kg(1)),)
        ),
        "filled of other goods": lambda: FormulaBatch(
            **common, site="F", lot=BATCH, product="x", quantity=pieces(1), inputs=(Portion(OTHER, kg(1)),)
        ),
        "packing": lambda: Packing(**common, site="F", parent=name, lot=BATCH, quantity=pieces(1)),
        "unpacking": lambda: Packing(**common, site="F", parent=name, lot=BATCH, quantity=pieces(1), action="delete"),
        "release": lambda: BatchReleased(**common, site="F", lot=FRESH, certificate="CJ-9"),
        "certificate": lambda: CertificateIssued(**common, site="P", lot=LOT, serial=name, issuer="OP-P", product="芹菜", quantity=kg(1)),
        "receipt": lambda: Receipt(**{**lot, "site": "Z"}, source="W", doc=name),
        "receipt as sealed": lambda: Receipt(**{**lot, "site": "Z"}, source="W", doc=name, sealed=True, case=CASE),
        "seal": lambda: Sealing(**lot, case=CASE),
        "recall return": lambda: Returned(**lot, to="P", case=CASE),
        "count": lambda: StockCount(**{**lot, "quantity": kg(60)}),
        "test": lambda: TestRecorded(**common, site="W", lot=LOT, sample=name, item="x", verdict="negative"),
        "sample": lambda: Sale(**common, site="Y", lot=OTHER, quantity=kg(1)),
        "destruction": lambda: Destroyed(**lot, case=CASE, witness="7", place="x"),
    }
    return made[kind]()


MARKED: Final = ("before_known", "after_notice")
FACTS: Final[dict[str, tuple[set[str], set[str]]]] = {
    # kind of fact -> (marks from the opening on, marks from K(s) on)
    **dict.fromkeys(
        (
            "sale",
            "dispatch",
            "entry",
            "use",
            "use in a batch",
            "made of other goods",
            "filled of other goods",
            "packing",
            "release",
            "certificate",
        ),
        ({"before_known"}, {"after_notice"}),
    ),
    "dispatch and arrival": ({"before_known"}, {"after_notice"}),
    **dict.fromkeys(("receipt", "receipt as sealed"), (set[str](), {"after_notice"})),
    **dict.fromkeys(("seal", "recall return", "count", "test", "sample", "destruction", "unpacking"), (set[str](), set[str]())),
}
"""A receipt without a word of sealing stays free stock: nobody is credited with goods that he may be selling."""


@pytest.mark.parametrize("late", [False, True], ids=["own log", "a log merged later"])
def test_facts_are_booked_and_marked_by_when_they_happened(world: World, *, late: bool) -> None:
    """The case is opened on day 3, notices arrive on day 4; facts of the days 2.5, 3.5 and 4.5 arrive on day 6, from whichever log."""
    world.open(LOT)
    places = ("W", "F", "X", "Y", "Z", "M", "P", "Q")
    world.at(4).put(*(Notice(id=f"n{to}", at=world.now, case=CASE, to=to, lots=(LOT, BATCH, FRESH)) for to in places))
    log = "far/shop" if late else None
    if late:
        world.ledger.init("far/shop", operator="OP-X")
    world.at(6)
    for kind in FACTS:
        world.put(*(fact(kind, f"{kind.replace(' ', '-')}-{n}", day(number)) for n, number in enumerate((2.5, 3.5, 4.5))), log=log)
    with world.read() as session:
        names = {f"{origin}#{seq}": event for event, origin, seq in session.rows(_IDS)}
        answer = world.answer(CASE)
    marks: dict[str, set[str]] = {}
    for each in answer.untraced:
        if each.kind in MARKED:
            for entry in each.entries:
                marks.setdefault(names[entry], set()).add(each.kind)
    wanted = {
        f"{kind.replace(' ', '-')}-{n}": expected
        for kind, both in FACTS.items()
        for n, expected in enumerate((set[str](), *both))
        if expected
    }
    assert marks == wanted
    assert not world.refusals(), "facts are never refused"


_IDS = "SELECT e.id, l.origin, e.seq FROM entry AS e JOIN log AS l ON l.id = e.log"
