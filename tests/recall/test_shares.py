"""Bounds in the answer: not computed unless asked for, valid line by line, never added up where they must not be."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import Acknowledgement, CertificateIssued, Event, Notice, RecallOpened, Sale, Site, Transfer, Transformation
from foodtrace.events.base import Held, Output, Portion
from foodtrace.events.case import LotsClause
from foodtrace.graph.edges import micros
from foodtrace.recall.report import case_report
from foodtrace.recall.report_tables import Grid, Measured, grids
from foodtrace.recall.shares import SiteBounds
from foodtrace.schemas import schema_of

CHINA = dt.timezone(dt.timedelta(hours=8))
AT = dt.datetime(2026, 11, 2, 4, tzinfo=CHINA)
NOW = AT + dt.timedelta(days=3)


def hours(n: float) -> dt.datetime:
    return AT + dt.timedelta(hours=n)


def grams(n: int) -> Quantity:
    return Quantity(n, "g")


def story() -> list[Event]:
    """Two blends of L reach one shop, and a dispatch without lot another; X records its own sales, Y nothing."""

    def site(name: str, kind: str) -> Site:
        return Site(id=f"s-{name}", at=AT, site=name, operator=name, kind=kind, name=f"名 {name}")  # type: ignore[arg-type]

    def born(lot: str, q: int) -> CertificateIssued:
        full = f"P-1/{lot}"
        return CertificateIssued(id=f"c-{lot}", at=AT, site="P-1", lot=full, serial=lot, issuer="P-1", product="辣酱", quantity=grams(q))

    def blended(name: str, inputs: dict[str, int], made: int, at: float) -> Transformation:
        return Transformation(
            id=f"b-{name}",
            at=hours(at),
            site="P-1",
            kind="blend",
            inputs=tuple(Portion(f"P-1/{lot}", grams(q)) for lot, q in inputs.items()),
            outputs=(Output(lot=f"P-1/{name}", quantity=grams(made)),),
        )

    def moved(name: str, lot: str, to: str, q: int, at: float) -> Transfer:
        full = f"P-1/{lot}" if lot else ""
        return Transfer(id=name, at=hours(at), site="P-1", to=to, lot=full, product="辣酱", quantity=grams(q))

    return [
        site("P-1", "plant"),
        site("X-1", "shop"),
        site("Y-1", "shop"),
        born("L", 50),
        born("K", 150),
        blended("M", {"L": 30, "K": 70}, 100, 1),
        blended("N", {"L": 20, "K": 80}, 100, 2),
        moved("t1", "M", "X-1", 40, 3),
        moved("t2", "N", "X-1", 90, 4),
        moved("t3", "M", "Y-1", 60, 5),
        Sale(id="x", at=hours(6), site="X-1", lot="P-1/N", quantity=grams(10)),
    ]


def by_site(ledger: Ledger) -> dict[str, SiteBounds]:
    answer = ledger.recall("P-1/L", bounds=True)
    jsonschema.validate(json.loads(msgspec.json.encode(answer)), schema_of("recall"))
    assert answer.bounds is not None
    return {each.site: each for each in answer.bounds}


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: micros(NOW)) as opened:
        yield opened


def test_they_are_computed_only_when_asked_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.record(story())

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("foodtrace.recall.answer.measure", never)
    assert ledger.recall("P-1/L").bounds is None
    with pytest.raises(AssertionError):
        ledger.recall("P-1/L", bounds=True)


def test_least_share_and_most_stand_by_lot_and_only_shares_are_added_up(ledger: Ledger) -> None:
    ledger.record(story())
    shop = by_site(ledger)["X-1"]
    lines = {each.lot: (each.quantity, each.least, each.proportional, each.most) for each in shop.holdings}
    # N: 20 of 100; 90 went to X (at least 10 of it), 10 of those were sold, as it may be all of them from L.
    assert lines == {"P-1/M": (40, 0, 12, 30), "P-1/N": (80, 0, 16, 20)}
    assert (shop.quantity, shop.proportional, shop.unit, shop.role, shop.unknown) == (120, 28, "g", "outlet", False)
    assert not hasattr(shop, "least")
    assert not hasattr(shop, "most")


def test_a_site_that_records_nothing_says_that_its_quantities_are_what_may_be_there(ledger: Ledger) -> None:
    ledger.record(story())
    assert {site: each.unknown for site, each in by_site(ledger).items()} == {"P-1": False, "X-1": False, "Y-1": True}


def test_goods_without_lot_have_a_line_and_are_in_no_sum(ledger: Ledger) -> None:
    loose = Transfer(id="loose", at=hours(7), site="P-1", to="X-1", product="辣酱", quantity=grams(5))
    ledger.record([*story(), loose])
    named, without = [each for each in ledger.recall("P-1/L", bounds=True).bounds or () if each.site == "X-1"]
    (line,) = without.holdings
    assert (line.quantity, line.least, line.link) == (5, 0, "possible")
    assert 0 <= line.proportional <= line.most <= 5
    assert (named.quantity, named.proportional, named.without_lot) == (120, 28, False)
    assert (without.quantity, without.without_lot) == (5, True)


def test_what_an_outlet_said_at_its_notice_counts_and_the_report_shows_only_what_is_open(ledger: Ledger) -> None:
    opened = RecallOpened(
        id="open", at=hours(24), case="2026-0001", scope=(LotsClause(lots=("P-1/L",)),), level=1, reason="x", producer="P-1",
        operator="P-1", known=hours(23),
    )  # fmt: skip
    told = Notice(id="n", at=hours(25), case="2026-0001", to="X-1", delivered=hours(25))
    there = (Held("P-1/M", grams(15)), Held("P-1/N", grams(80)))
    said = Acknowledgement(id="a", at=hours(26), case="2026-0001", site="X-1", on_hand=there)
    ledger.record([*story(), opened, told, said])
    with ledger.reading() as session:
        report, _ = case_report(session, "2026-0001", now=micros(NOW))
    assert report.answer.bounds is not None
    shop = {each.lot: each for site in report.answer.bounds if site.site == "X-1" for each in site.holdings}["P-1/M"]
    # 15 of 40 are left; what is gone may have been 25 of the 30, or 10 of the others and the rest: all or nothing may be left.
    assert (shop.quantity, shop.least, shop.proportional, shop.most) == (15, 0, 5, 15)
    tables: dict[str, Grid] = {grid.name: grid for grid in grids(report, "en")}
    shown = [(row[0], row[1], row[4:]) for row in tables["bounds"].rows]
    assert ("名 X-1", "M", tuple(Measured(q, "g") for q in (15, 0, 5, 15))) in shown
    assert ("名 Y-1", "M", tuple(Measured(q, "g", unknown=True) for q in (60, 0, 18, 30))) in shown
    assert not [row for row in shown if row[1] == "L"], "what is affected as a whole needs no line"
