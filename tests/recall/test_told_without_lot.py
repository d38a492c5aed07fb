"""Two logs tell one dispatch without lot: its goods count once, as those of one that names its lot (RECALL section 1, ADR 28)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace.events import Alias, Event, LeftClause, Sale
from foodtrace.graph.edges import micros
from foodtrace.operations.trace import trace
from foodtrace.recall.answer import Answer, recall
from foodtrace.storage.session import Session
from tests.recall.dispatched import LOT, NOW, certificate, got, hours, sent
from tests.recall.twologs import BUYER, OTHER, SELLER, books, both
from tests.recall.twologs import told as recorded


def loose(name: str, q: int, *, product: str = "芹菜", to: str = "X-1", doc: str = "D7", **more: Any) -> Event:
    """A dispatch from the farm that names no lot."""
    return msgspec.structs.replace(sent(name, q, to=to, doc=doc, **more), lot="", product=product)


def ask(session: Session, *, bounds: bool = True) -> Answer:
    return recall(session, LOT, now=micros(NOW), bounds=bounds)


@dataclasses.dataclass
class Told:
    """What an answer says of goods without lot."""

    lines: list[tuple[str, int, int, int]]
    bounds: list[tuple[str, int, int, int]]
    findings: list[tuple[str, str, str, int, int]]


def told(answer: Answer) -> Told:
    return Told(
        [(each.site, each.quantity, each.least, each.most) for each in answer.without_lot],
        [(each.site, h.quantity, h.least, h.most) for each in answer.bounds or () if each.without_lot for h in each.holdings],
        [
            (each.kind, each.reason, each.site, each.value, len(each.entries))
            for each in answer.untraced
            if each.kind not in {"silent_site", "log_behind"}
        ],
    )


@pytest.mark.parametrize("product", ["芹菜", " 芹菜 (本地)", ""])
def test_one_load_counts_once(tmp_path: Path, product: str) -> None:
    story = ((SELLER, loose("t", 60)), (BUYER, loose("u", 60, product=product)))
    found = [told(each) for each in both(tmp_path / "r", story, ask)]
    assert found == [Told([("X-1", 60, 0, 60)], [("X-1", 60, 0, 60)], [("lot_missing", "", "F-1", 60, 2)])] * 3
    for each in both(tmp_path / "b", story, books):
        assert [(line.kind, line.sent, line.received, len(line.entries)) for line in each.open] == [("lot_missing", 60, 60, 2)]
        assert (each.moves, each.without_lot) == (1, 1)


@pytest.mark.parametrize(("seller", "buyer"), [(60, 10), (10, 60)])
def test_unlike_quantities_are_a_finding_and_the_larger_counts(tmp_path: Path, seller: int, buyer: int) -> None:
    story = ((SELLER, loose("t", seller)), (BUYER, loose("u", buyer)))
    for each in both(tmp_path / "r", story, ask):
        found = told(each)
        assert found.lines == found.bounds == [("X-1", 60, 0, 60)]
        assert found.findings == [("lot_missing", "", "F-1", 60, 2), ("quantity_differs", "told_twice", "X-1", -50, 2)]
    for each in both(tmp_path / "b", story, books):
        differs = [line for line in each.open if line.kind == "quantity_differs"]
        assert [(line.reason, line.sent, line.received, line.difference) for line in differs] == [("told_twice", seller, buyer, -50)]


def test_one_event_that_two_logs_carry_counts_once(tmp_path: Path) -> None:
    story = ((SELLER, loose("t", 60)), (BUYER, loose("t", 60)))
    for each in both(tmp_path / "r", story, ask):
        assert told(each).lines == [("X-1", 60, 0, 60)]


def test_the_receipt_that_names_the_lot_answers_both_words(tmp_path: Path) -> None:
    story = (
        (SELLER, loose("t", 60, in_transit=True)),
        (OTHER, loose("u", 50, in_transit=True)),
        (BUYER, got("r", 60, doc="D7", source="")),
    )
    for each in both(tmp_path / "r", story, ask):
        found = told(each)
        assert found.lines == []
        assert found.findings == [("quantity_differs", "told_twice", "X-1", -10, 3)]
        assert [(row.site, row.link) for row in each.outlets] == [("X-1", "confirmed")]
    for each in both(tmp_path / "b", story, books):
        assert [line.kind for line in each.open] == ["quantity_differs"], "nothing is left without lot"

    def back(session: Session) -> list[tuple[str, str]]:
        said, _ = trace(session, LOT, now=micros(NOW), direction="back", at="X-1")
        site = {place.id: place.site for place in said.places}
        return [(site[arrow.source], site[arrow.to]) for arrow in said.arrows]

    assert both(tmp_path / "t", story, back) == [[("F-1", "X-1")]] * 3


def test_what_may_be_two_loads_counts_twice(tmp_path: Path) -> None:
    """Unlike goods, unlike receivers, no number in common, two lines of one voucher: nothing on record makes them one."""
    stories: dict[str, tuple[tuple[str, Event], ...]] = {
        "product": ((SELLER, loose("t", 60)), (BUYER, loose("u", 10, product="白菜"))),
        "receiver": ((SELLER, loose("t", 60)), (BUYER, loose("u", 60, to="Y-1"))),
        "number": ((SELLER, loose("t", 60)), (BUYER, loose("u", 60, doc="D8"))),
        "voucher": ((SELLER, loose("t", 60)), (SELLER, loose("u", 60))),
        "which": ((SELLER, loose("t", 60)), (SELLER, loose("v", 5, product="白菜")), (BUYER, loose("u", 60, product=""))),
    }
    lines: dict[str, list[tuple[str, int, int, int]]] = {}
    for name, story in stories.items():
        (tmp_path / name).mkdir()
        with recorded(tmp_path / name, story) as session:
            lines[name] = sorted(told(ask(session)).lines)
    assert lines == {
        "product": [("X-1", 60, 0, 60)],
        "receiver": [("X-1", 60, 0, 60), ("Y-1", 60, 0, 60)],
        "number": [("X-1", 60, 0, 60)] * 2,
        "voucher": [("X-1", 60, 0, 60)] * 2,
        "which": [("X-1", 60, 0, 60)] * 2,
    }


def test_lines_of_a_voucher_that_both_logs_have(tmp_path: Path) -> None:
    story = tuple((log, loose(f"{log[0]}{q}", q)) for log in (SELLER, BUYER) for q in (20, 40))
    for each in both(tmp_path, story, ask):
        found = told(each)
        assert [line[1] for line in found.lines] == [60] or sorted(line[1] for line in found.lines) == [20, 40]
        assert {kind for kind, *_ in found.findings} == {"lot_missing"}


def test_goods_that_came_without_lot_are_one_candidate(tmp_path: Path) -> None:
    """Y got one load without lot, which two logs tell, and sent on without lot: it can only have been that load, or the lot itself."""
    story = (
        (SELLER, loose("t", 60, to="X-1")),
        (BUYER, loose("u", 60, to="X-1")),
        (SELLER, sent("l", 40, to="X-1", hour=2)),
        (BUYER, msgspec.structs.replace(loose("w", 50, to="Y-1", doc="D9", hour=3), site="X-1")),
        (OTHER, msgspec.structs.replace(loose("v", 50, to="Y-1", doc="D9", hour=3), site="X-1")),
    )
    for each in both(tmp_path, story, ask):
        found = told(each)
        assert sorted(found.lines) == [("X-1", 60, 0, 60), ("Y-1", 50, 0, 50)]
        assert [(site, value) for kind, _, site, value, _ in found.findings if kind == "mixed_stall"] == [("X-1", 2)]


def test_a_window_takes_them_by_either_word(tmp_path: Path) -> None:
    story = ((SELLER, loose("t", 60, hour=2)), (BUYER, loose("u", 60, hour=100)))
    for n, window in enumerate(((1, 3), (99, 101))):

        def asked(session: Session, window: tuple[int, int] = window) -> set[str]:
            clause = LeftClause(site="F-1", start=hours(window[0]), end=hours(window[1]))
            return {row.site for row in recall(session, (), now=micros(NOW), scope=(clause,)).outlets}

        assert both(tmp_path / str(n), story, asked) == [{"X-1"}] * 3


def test_other_names_and_what_became_of_them_follow(tmp_path: Path) -> None:
    """The lot asked for by another name, and a sale of it, change nothing about the goods without lot."""
    story = (
        (SELLER, Alias(id="same", at=hours(0), site="F-1", lot=LOT, alias="F-1/K")),
        (SELLER, certificate("F-1/M", q=10)),
        (SELLER, loose("t", 60)),
        (BUYER, loose("u", 60)),
        (BUYER, Sale(id="sale", at=hours(5), site="X-1", lot=LOT, quantity=sent("n", 5).quantity)),
    )
    for each in both(tmp_path, story, ask):
        assert told(each).lines == [("X-1", 60, 0, 60)]
