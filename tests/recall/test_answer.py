"""What a person is told: goods without lot with their true bounds, and who did not answer, counted in working days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Event, Notice, RecallOpened, RecallPublished, Site, Transfer
from foodtrace.events.case import LotsClause
from foodtrace.graph.edges import micros
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.cases import load_case

CHINA = dt.timezone(dt.timedelta(hours=8))
AT = dt.datetime(2025, 9, 20, 4, tzinfo=CHINA)


def site(name: str, kind: str) -> Site:
    return Site(id=f"site-{name}", at=AT, site=name, operator=name, kind=kind, name=name)  # type: ignore[arg-type]


def born(lot: str, at: str, grams: int) -> CertificateIssued:
    return CertificateIssued(
        id=f"born-{lot}", at=AT, site=at, lot=f"P-1/{lot}", serial=lot, issuer="P-1", product="芹菜", quantity=Quantity(grams, "g")
    )


def moved(name: str, lot: str, source: str, to: str, grams: int, hours: int) -> Transfer:
    full = f"P-1/{lot}" if lot else ""
    when = AT + dt.timedelta(hours=hours)
    return Transfer(id=name, at=when, site=source, to=to, lot=full, product="芹菜", quantity=Quantity(grams, "g"))


def world_9() -> list[Event]:
    made: list[Event] = [site("P-1", "farm"), site("S-1", "stall"), site("X-1", "shop"), born("L", "P-1", 40), born("K", "P-1", 60)]
    return [*made, moved("a", "L", "P-1", "S-1", 40, 1), moved("b", "K", "P-1", "S-1", 60, 1), moved("c", "", "S-1", "X-1", 50, 2)]


def answer_at(ledger: Ledger, when: dt.datetime, case: str) -> Answer:
    with ledger.reading() as session:
        return recall(session, (), now=micros(when), case=load_case(session, case))


def test_goods_without_lot_stand_in_a_line_of_their_own_with_the_bounds_of_world_9(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.record(world_9())
        answer = ledger.recall("P-1/L")
    assert [(line.site, line.unit, line.quantity, line.least, line.most) for line in answer.without_lot] == [("X-1", "g", 50, 0, 40)]
    assert answer.figures[0].distributed == 40, "they are in no sum"
    assert {"lot_missing", "mixed_stall"} <= {each.kind for each in answer.untraced}


def opened(when: dt.datetime) -> list[Event]:
    return [
        RecallOpened(
            id="open", at=when, case="2025-0001", scope=(LotsClause(lots=("P-1/L",)),), level=1, reason="x", producer="P-1", known=when
        ),
        RecallPublished(id="pub", at=when, case="2025-0001"),
        Notice(id="n1", at=when, case="2025-0001", to="X-1", delivered=when),
    ]


@pytest.mark.parametrize(
    ("today", "late"),
    [
        # Notified on Sunday 28 September 2025, which was worked; 1-8 October was National Day and Mid-Autumn.
        (dt.datetime(2025, 9, 30, 23, tzinfo=CHINA), False),
        (dt.datetime(2025, 10, 9, 23, tzinfo=CHINA), False),
        (dt.datetime(2025, 10, 10, 1, tzinfo=CHINA), True),
    ],
)
def test_three_working_days_to_answer_are_not_three_days(tmp_path: Path, today: dt.datetime, late: bool) -> None:
    notified = dt.datetime(2025, 9, 28, 9, tzinfo=CHINA)
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.record([*world_9(), moved("d", "L", "S-1", "X-1", 5, 3), *opened(notified)])
        kinds = {each.kind for each in answer_at(ledger, today, "2025-0001").untraced}
    assert ("no_answer" in kinds) is late
    assert "calendar_missing" not in kinds


def test_a_year_without_table_is_said_and_nobody_is_called_late(tmp_path: Path) -> None:
    notified = dt.datetime(2031, 3, 3, 9, tzinfo=CHINA)
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.record([*world_9(), moved("d", "L", "S-1", "X-1", 5, 3), *opened(notified)])
        kinds = {each.kind for each in answer_at(ledger, notified + dt.timedelta(days=30), "2025-0001").untraced}
    assert "calendar_missing" in kinds
    assert "no_answer" not in kinds
