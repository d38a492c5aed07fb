"""Records say unlike things of one lot: a rule takes it by any word, and ``reconcile`` names every word with its entry."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import Alias, Correction, Output, Portion, PredicateClause, Transformation
from foodtrace.graph.edges import micros
from foodtrace.recall.answer import recall
from foodtrace.recall.breaks import Break
from foodtrace.storage.session import Session
from tests.cli.inside import Inside, here
from tests.cli.typedtrade import CHAIN, LOT, begun, born, record, type_in
from tests.recall.dispatched import LOT as OTHER
from tests.recall.dispatched import NOW, grams, hours
from tests.recall.twologs import BUYER, SELLER, Story, books, told

__all__ = ["here"]
MADE, RED = "F-1/M", "F-1/R"


def packed(name: str, lot: str = MADE, at: float = 1, **said: Any) -> Transformation:
    """An output, by one record or another: the same lot is told of twice."""
    out = Output(lot=lot, quantity=grams(10), **said)
    return Transformation(id=name, at=hours(at), site="F-1", kind="repack", inputs=(Portion(OTHER, grams(10)),), outputs=(out,))


def day(number: int) -> dt.date:
    return dt.date(2026, 11, number)


def open_(session: Session) -> list[Break]:
    return [each for each in books(session).open if each.kind == "described_twice"]


ASKED: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str], tuple[PredicateClause, PredicateClause]]] = {
    "product": ({"product": "芹菜"}, {"product": "白菜"}, ("芹菜", "白菜"),
                (PredicateClause(product="芹菜"), PredicateClause(product="白菜"))),
    "expiry": ({"expiry": day(9)}, {"expiry": day(19)}, ("2026-11-09", "2026-11-19"),
               (PredicateClause(expiring_to=day(10)), PredicateClause(expiring_from=day(11)))),
    "produced": ({"produced": day(1)}, {"produced": day(2)}, ("2026-11-01", "2026-11-02"),
                 (PredicateClause(produced_to=day(1)), PredicateClause(produced_from=day(2)))),
    "content": ({"content": Quantity(900, "g")}, {"content": Quantity(400, "g")}, ("900 g", "400 g"),
                (PredicateClause(code="M"), PredicateClause(code="M"))),
}  # fmt: skip


@pytest.mark.parametrize("attribute", ASKED)
@pytest.mark.parametrize("second", [SELLER, BUYER])
def test_every_word_finds_the_lot_and_is_named(tmp_path: Path, attribute: str, second: str) -> None:
    one, two, words, rules = ASKED[attribute]
    with told(tmp_path, ((SELLER, packed("one", **one)), (second, packed("two", **two)))) as session:
        for rule in rules:
            found = recall(session, (), now=micros(NOW + dt.timedelta(hours=1)), scope=(rule,))
            assert MADE in found.affected_lots, rule
        (each,) = open_(session)
        assert (each.lot, each.reason, set(each.words)) == (MADE, attribute, set(words))
        ids = [f"{log}#{seq}" for log, seq in session.rows(
            "SELECT l.origin, e.seq FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.id IN ('one', 'two') ORDER BY e.id")]  # fmt: skip
        assert dict(zip(each.words, each.entries, strict=True)) == dict(zip(words, ids, strict=True))


def test_what_is_one_word_is_not_open(tmp_path: Path) -> None:
    same: Story = (
        (SELLER, packed("one", product="芹菜", expiry=day(9))),
        (BUYER, packed("two", product=" 芹菜 (本地)", expiry=day(9))),
        (BUYER, packed("three")),
    )
    with told(tmp_path, same) as session:
        assert open_(session) == []


def test_another_name_of_the_lot_says_it(tmp_path: Path) -> None:
    story: Story = (
        (SELLER, packed("one", product="芹菜")),
        (BUYER, packed("two", lot=RED, product="白菜")),
        (SELLER, Alias(id="same", at=hours(0), site="F-1", lot=MADE, alias=RED)),
    )
    with told(tmp_path, story) as session:
        assert [(each.lot, each.words) for each in open_(session)] == [(MADE, ("芹菜", "白菜"))]


def test_a_word_that_was_corrected_is_none(tmp_path: Path) -> None:
    with told(tmp_path, ((SELLER, packed("one", product="芹菜")), (SELLER, packed("two", product="白菜")))) as session:
        assert len(open_(session)) == 1
        row = session.row("SELECT e.seq, e.leaf FROM entry AS e WHERE e.id = 'two'")
        assert row is not None
    leaf = bytes(row[1]).hex()
    put = Correction(
        id="c", at=hours(2), site="F-1", seq=row[0], leaf=leaf, reason="incorrect_data", replacement=packed("p", product="芹菜")
    )
    later = micros(NOW) + 3_600_000_000
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: later) as ledger:
        ledger.record([put], log=SELLER)
        with ledger.reading() as session:
            assert open_(session) == []


def test_the_screen_shows_each_word_on_a_line_of_its_own(here: Inside) -> None:
    record(begun(here), *CHAIN, born("L", 1, product="白菜", q=5), ids="e")
    said = type_in(here, "reconcile", code=1)
    lines = [line for line in said.splitlines() if "芹菜" in line or "白菜" in line]
    assert len(lines) == 2
    assert all("county/one#" in line and LOT.partition("/")[2] in line for line in lines)
    type_in(here, "reconcile", "--csv", "open.csv", code=1)
    assert "described_twice,OP-P/L" in (here.folder / "open.csv").read_text(encoding="utf-8-sig")
