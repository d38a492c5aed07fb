"""How much is too much: gains per unit, certificates overdrawn whenever they were written; goods without lot in a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.events import LeftClause, Output, Portion, ThroughClause, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.recall.answer import Answer, recall
from foodtrace.storage.session import Session
from tests.recall.dispatched import LOT, NOW, certificate, grams, hours, sent
from tests.recall.twologs import SELLER, Story, books, told

MADE, BOX = "F-1/M", "F-1/A-BOX"


def answered(session: Session, lot: str) -> Answer:
    """Answer; from rows and by the engine it is the same."""
    quick, slow = (recall(session, lot, now=micros(NOW), plain=plain) for plain in (True, False))
    assert quick == slow
    return quick


def kinds(session: Session, kind: str, *lots: str) -> list[tuple[str, int, str]]:
    """Return (lot, value, unit) of one kind, as recalls of some lots and a reconciliation say it alike."""
    found = [(each.lot, each.difference, each.unit) for each in books(session).open if each.kind == kind]
    for lot in lots:
        assert [(each.lot, each.value, each.unit) for each in answered(session, lot).untraced if each.kind == kind] == found
    return found


def made(*outputs: tuple[str, Quantity]) -> Transformation:
    return Transformation(
        id="t",
        at=hours(0.5),
        site="F-1",
        kind="process",
        inputs=(Portion(LOT, grams(10)),),
        outputs=tuple(Output(lot=lot, quantity=quantity, product=lot) for lot, quantity in outputs),
    )


@pytest.mark.parametrize(("out", "gained"), [(60, 50), (11, 1), (10, 0)])
def test_an_output_in_another_unit_hides_no_gain(tmp_path: Path, out: int, gained: int) -> None:
    with told(tmp_path, ((SELLER, made((BOX, Quantity(1, "piece")), (MADE, grams(out)))),)) as session:
        assert kinds(session, "mass_gain", LOT, MADE) == ([(MADE, gained, "g")] if gained else [])


def test_outputs_in_other_units_alone_are_no_gain(tmp_path: Path) -> None:
    with told(tmp_path, ((SELLER, made((BOX, Quantity(900, "piece")))),)) as session:
        assert kinds(session, "mass_gain", LOT, BOX) == []


@pytest.mark.parametrize(
    ("moves", "beyond"),
    [
        ((sent("a", 5, lot="F-1/K", hour=3), sent("b", 1, lot="F-1/K", hour=30)), 1),
        ((sent("a", 4, lot="F-1/K", hour=3), sent("b", 1, lot="F-1/K", hour=30)), 0),
        (
            (
                sent("a", 5, lot="F-1/K", hour=3),
                sent("r", 3, lot="F-1/K", source="X-1", to="F-1", hour=4),
                sent("b", 3, lot="F-1/K", hour=5),
            ),
            0,
        ),
        (
            (
                sent("a", 5, lot="F-1/K", hour=3),
                sent("b", 3, lot="F-1/K", hour=4),
                sent("r", 3, lot="F-1/K", source="X-1", to="F-1", hour=5),
            ),
            3,
        ),
    ],
)
def test_a_certificate_is_overdrawn_by_what_left_beyond_it(tmp_path: Path, moves: Any, beyond: int) -> None:
    """Whenever it was written: that goods left before it is a contradiction of times, and no more had left for it."""
    late = certificate("F-1/K", at=hours(20), q=5)
    with told(tmp_path, ((SELLER, late), *((SELLER, each) for each in moves))) as session:
        assert kinds(session, "over_certified", "F-1/K") == ([("F-1/K", beyond, "g")] if beyond else [])


@pytest.mark.parametrize("window", [(0, 2), (2, 30)])
def test_goods_without_lot_that_certainly_were_there_are_confirmed_whenever_they_came(tmp_path: Path, window: tuple[int, int]) -> None:
    """In the cold room: come within the window, or lying there as it opens. They are what the scope means, whichever lot they are of."""
    came = Transfer(id="n", at=hours(1), site="F-1", to="M-1", product="芹菜", quantity=grams(5))
    start, end = (hours(each) for each in window)
    with told(tmp_path, ((SELLER, came),)) as session:
        found = recall(session, (), now=micros(NOW), scope=(ThroughClause(site="M-1", start=start, end=end),))
        assert [(row.site, row.link) for row in (*found.outlets, *found.others)] == [("M-1", "confirmed")]


def test_goods_without_lot_that_left_in_the_window_are_what_is_meant(tmp_path: Path) -> None:
    gone: Story = ((SELLER, Transfer(id="n", at=hours(1), site="F-1", to="X-1", product="芹菜", quantity=grams(5))),)
    with told(tmp_path, gone) as session:
        left = recall(session, (), now=micros(NOW), scope=(LeftClause(site="F-1", start=hours(0), end=hours(2)),))
        assert [(row.site, row.link) for row in left.outlets] == [("X-1", "confirmed")]
        (whole,) = recall(session, LOT, now=micros(NOW)).outlets
        assert (whole.site, whole.link) == ("X-1", "possible"), "of that lot they only may be"
