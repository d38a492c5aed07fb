"""What came from no source or went to nobody has no arrow: a trace says it at the place, or half a way looks like all of it."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import msgspec
import pytest

from foodtrace.events import Sale, StockCount
from foodtrace.graph.edges import micros
from foodtrace.operations.trace import Direction, trace
from foodtrace.recall.picture import svg
from foodtrace.schemas import schema_of
from tests.recall.dispatched import LOT, NOW, got, grams, hours, sent
from tests.recall.twologs import SELLER, Story, told

STORY: Story = tuple(
    (SELLER, event)
    for event in (
        sent("a", 20, hour=1),
        sent("b", 2, to="Y-1", hour=1),
        got("c", 7, to="Y-1", source="", hour=2),
        sent("d", 3, to="", hour=3),
        sent("e", 5, source="M-1", to="Y-1", hour=4),
        StockCount(id="f", at=hours(5), site="X-1", lot=LOT, quantity=grams(15)),
    )
)


def unseen(folder: Path, story: Story, way: Direction, at: str = "") -> tuple[set[tuple[str, str, int]], str]:
    """Return (site, what, quantity) of what has no arrow, and the picture."""
    with told(folder, story) as session:
        found, chain = trace(session, LOT, now=micros(NOW), direction=way, at=at)
    jsonschema.validate(msgspec.json.decode(msgspec.json.encode(found)), schema_of("trace"))
    return {(place.site, each.what, q.value) for place in found.places for each in place.unseen for q in each.quantity}, svg(chain)


def test_forward_all_that_no_arrow_says(tmp_path: Path) -> None:
    found, picture = unseen(tmp_path, STORY, "forward")
    assert found == {
        ("Y-1", "from_nowhere", 7),
        ("F-1", "to_nowhere", 3),
        ("M-1", "over", 5),
        ("X-1", "unaccounted", 5),
    }
    for words in ("no source 0.007 kg", "to nobody 0.003 kg", "too much 0.005 kg", "missing 0.005 kg"):
        assert f"? {words}" in picture


def test_back_what_came_from_nowhere_and_nothing_of_what_went_on(tmp_path: Path) -> None:
    found, picture = unseen(tmp_path, STORY, "back", "Y-1")
    assert found == {("Y-1", "from_nowhere", 7), ("M-1", "over", 5)}
    assert "to nobody" not in picture


@pytest.mark.parametrize(("late", "seen"), [(40, False), (2, True)])
def test_back_what_came_too_late_to_be_in_it_is_no_part_of_the_way(tmp_path: Path, late: int, *, seen: bool) -> None:
    """M sent to Y at hour 4; what came to M from nowhere after that, even by a clock a day off, went elsewhere."""
    story: Story = (
        (SELLER, sent("a", 5, to="M-1", hour=1)),
        (SELLER, sent("b", 5, source="M-1", to="Y-1", hour=4)),
        (SELLER, got("c", 9, to="M-1", source="", hour=late)),
    )
    found, _ = unseen(tmp_path, story, "back", "Y-1")
    assert (("M-1", "from_nowhere", 9) in found) == seen


def test_a_way_that_is_whole_says_nothing_of_the_kind(tmp_path: Path) -> None:
    sale = Sale(id="s", at=hours(6), site="X-1", lot=LOT, quantity=grams(20))
    found, picture = unseen(tmp_path, ((SELLER, sent("a", 20)), (SELLER, sale)), "both")
    assert found == set()
    assert "?" not in picture.partition("?>")[2]
