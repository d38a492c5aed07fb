"""One event that several logs tell counts once wherever records are added up: trace, first lines, reconcile, stock, certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foodtrace.events import CertificateIssued, MarketEntry, Output, Portion, Transformation
from foodtrace.graph.edges import micros
from foodtrace.operations.certificatestate import shown
from foodtrace.operations.goods import stock_of
from foodtrace.operations.outletdetails import births
from foodtrace.operations.trace import trace
from foodtrace.storage.session import Session
from tests.recall.dispatched import LOT, NOW, certificate, grams, hours, sent
from tests.recall.twologs import BUYER, SELLER, Story, books, both

MADE = "F-1/M"
AGAIN = Transformation(
    id="t",
    at=hours(0.5),
    site="F-1",
    kind="process",
    inputs=(Portion(LOT, grams(100)),),
    outputs=(Output(lot=MADE, quantity=grams(90), product="芹菜丁"),),
)
MOVED = sent("m", 50, lot=MADE)
# The first is in the seller's log from the start; one transfer that the two logs tell unlike: the sender's own word counts.
STORY: Story = (
    (BUYER, certificate()),
    *((log, each) for log in (SELLER, BUYER) for each in (AGAIN, MOVED)),
    (SELLER, sent("d", 1, lot=MADE, hour=2)),
    (BUYER, sent("d", 4, lot=MADE, hour=2)),
)
ASKED = micros(NOW)


def told_back(session: Session) -> tuple[object, ...]:
    made, back = trace(session, MADE, now=ASKED, direction="back")
    (arrow,) = back.arrows
    whole, _ = trace(session, LOT, now=ASKED)
    there, _ = trace(session, MADE, now=ASKED, direction="back", at="X-1")
    ahead, _ = trace(session, MADE, now=ASKED, direction="forward")
    places = {place.id: place.site for place in there.places}
    return (
        made.born,
        arrow.taken,
        arrow.amounts,
        whole.born,
        sorted((each.way, [q.value for q in each.quantity]) for each in whole.arrows),
        [q.value for each in there.arrows if places[each.to] == "X-1" for q in each.quantity],
        [q.value for each in ahead.arrows for q in each.quantity],
    )


def test_a_trace_counts_it_once_back_as_forward(tmp_path: Path) -> None:
    for found in both(tmp_path, STORY, told_back):
        born, taken, amounts, whole, ways, back, ahead = found
        assert (born, taken, amounts, whole) == ((grams(90),), ((0, 100),), ((0, 90),), (grams(100),))
        assert ways == [("made", [90]), ("move", [51])]
        assert back == ahead == [51], "the sender's log says 1, not the other's 4"


def test_the_first_line_of_a_recall_and_the_stock_a_command_sees(tmp_path: Path) -> None:
    for first, stock in both(tmp_path, STORY, lambda session: (births(session, LOT, ASKED), stock_of(session, MADE, ASKED))):
        assert [(each.site, each.quantity) for each in first] == [("name F-1", 100)]
        assert {each.site: each.quantity.value for each in stock} == {"F-1": 39, "X-1": 51}


def test_a_reconciliation_compares_it_once(tmp_path: Path) -> None:
    for found in both(tmp_path, STORY, books):
        kinds = {each.kind for each in found.open}
        assert kinds == {"same_id", "duplicate_conflict", "described_twice"}, "told twice, and called otherwise than made"
        assert [each.serial for each in found.not_entered] == ["0001"]
        assert found.moves == 2


@pytest.mark.parametrize("other", [SELLER, BUYER])
def test_a_certificate_is_spent_once(tmp_path: Path, other: str) -> None:
    said: dict[str, Any] = {"lot": LOT, "serial": "0001", "product": "芹菜", "quantity": grams(60)}
    entry = MarketEntry(id="in", at=hours(2), site="M-1", seller="F-1", decision="admitted", certified=True, source="F-1", **said)
    story = (("c/M-1", entry), (other, entry), ("c/M-1", certificate()))

    def spent(session: Session) -> tuple[object, ...]:
        issued = certificate()
        assert isinstance(issued, CertificateIssued)
        open_ = {each.kind for each in books(session).open}
        return open_, [q.value for q in shown(session, issued, NOW).used]

    for kinds, used in both(tmp_path, story, spent):
        assert kinds == {"same_id"}
        assert used == [60]
