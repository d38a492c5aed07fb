"""The blast radius of a lot is what its recall reaches: a number that differs would send the wrong lots to the laboratory first."""

from __future__ import annotations

import datetime as dt
import json
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Ledger
from foodtrace.events import (
    Alias,
    CertificateIssued,
    Event,
    LotsClause,
    Output,
    Portion,
    RecallOpened,
    Receipt,
    Sale,
    Site,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.operations.blast import Blast, blast
from foodtrace.quantity import Quantity
from foodtrace.storage.sqlitesession import SqliteSession
from tests.cli.shell import run
from tests.recall.plaintrade import AT, LOGS, NOW, SITES, Clock, begun, odd, opened, papers, plain

DAY = 86_400_000_000
ALL = (micros(AT) - DAY, micros(NOW) + 40 * DAY)
LOTS = ("F-1/L", "F-1/K", "P-1/M", "P-1/N", "P-2/O", "P-2/Q", "F-1/R")


def measured(ledger: Ledger, start: int, end: int, now: int) -> Blast:
    with ledger.reading() as session:
        return blast(session, start=start, end=end, now=now)


def agree(ledger: Ledger, clock: Clock, now: int) -> int:
    """Compare every number of a blast with the recall of that lot; return how many there were."""
    clock.now = now
    found = measured(ledger, *ALL, now)
    for each in found.lots:
        answer = ledger.recall(each.lot)
        assert (len(answer.outlets), answer.unknown_kind, answer.lots_affected) == (each.outlets, each.unknown_kind, each.lots), each.lot
    ranks = [each.outlets + each.unknown_kind for each in found.lots]
    assert ranks == sorted(ranks, reverse=True)
    # No lot is left out, whatever the first thing is that anybody recorded of it.
    on_record = (
        "SELECT DISTINCT n.text FROM move AS m JOIN name AS n ON n.id = m.lot "
        "WHERE m.ended = 0 AND m.kind <> 15 AND m.t BETWEEN ? AND ? AND n.code IS NOT NULL"
    )
    with ledger.reading() as session:
        assert {row[0] for row in session.rows(on_record, (ALL[0], now))} <= {each.lot for each in found.lots}
    return len(found.lots)


def compare(seed: int, oddities: int, *, with_case: bool, url: str = "") -> int:
    """Make a random world and compare every number of its blasts with the recall; return how many there were."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        clock = Clock()
        with opened(Path(name), clock, url) as ledger:
            begun(ledger)
            clock.now = micros(NOW)
            events = [each for number in range(rng.randint(5, 45)) for each in plain(rng, f"e{number}", LOTS)]
            events += [odd(rng, f"o{number}") for number in range(oddities)]
            events += [each for number in range(rng.choice([0, 0, 1, 3])) for each in papers(rng, f"p{number}", LOTS)]
            if with_case:
                scope = (LotsClause(lots=(rng.choice(LOTS),)),)
                events.append(RecallOpened(id="case", at=NOW, case="2026-0001", scope=scope, level=2, reason="x", known=NOW))
            for event in events:
                ledger.record([event], log=rng.choice(LOGS))
            return sum(agree(ledger, clock, now) for now in (micros(NOW), micros(NOW) + 20 * DAY))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0, 0, 1, 3]), st.booleans())
def test_every_number_is_that_of_the_recall(seed: int, oddities: int, with_case: bool) -> None:
    compare(seed, oddities, with_case=with_case)


@pytest.mark.parametrize("precision", ["instant", "day"])
def test_a_lot_that_is_first_heard_of_when_it_is_sold_is_in_it(city: Ledger, precision: str) -> None:
    city.record([Sale(id="s", at=AT, site="X-1", lot="Y-9/ZZ", quantity=Quantity(5, "g"), precision=precision)], log=LOGS[0])  # type: ignore[arg-type]
    # A receipt of no known time says nothing of when; the sale after it does.
    got = Receipt(id="r", at=AT, site="Z-1", lot="Y-9/YY", quantity=Quantity(5, "g"), precision="unknown")
    city.record([got, Sale(id="t", at=AT, site="Z-1", lot="Y-9/YY", quantity=Quantity(1, "g"))], log=LOGS[0])
    found = measured(city, *ALL, micros(NOW))
    assert [(each.lot, each.outlets, each.born) for each in found.lots] == [("Y-9/YY", 1, False), ("Y-9/ZZ", 1, False)]
    assert found.without_origin == 2


@pytest.mark.parametrize("oddities", [0, 1])
def test_every_number_is_that_of_the_recall_on_postgresql(oddities: int, pg_url: str) -> None:
    assert sum(compare(seed, oddities, with_case=seed % 2 == 1, url=pg_url) for seed in range(3)) > 10


@pytest.fixture
def city(tmp_path: Path) -> Ledger:
    clock = Clock()
    ledger = opened(tmp_path, clock)
    begun(ledger)
    clock.now = micros(NOW)
    return ledger


def birth(lot: str, day: int) -> CertificateIssued:
    at = AT + dt.timedelta(days=day)
    return CertificateIssued(id=f"b{lot}", at=at, site="F-1", lot=lot, serial="1", issuer="F-1", product="芹菜", quantity=Quantity(10, "g"))


def move(number: int, lot: str, to: str, day: int, sender: str = "F-1") -> Transfer:
    return Transfer(id=f"m{number}", at=AT + dt.timedelta(days=day), site=sender, to=to, lot=lot, quantity=Quantity(1, "g"))


def _made(name: str, lot: str, output: str, day: int) -> Transformation:
    made = (Output(lot=output, quantity=Quantity(1, "g")),)
    at = AT + dt.timedelta(days=day)
    return Transformation(id=name, at=at, site="F-1", kind="process", inputs=(Portion(lot, Quantity(1, "g")),), outputs=made)


def names(found: Blast) -> list[tuple[str, int]]:
    return [(each.lot, each.outlets) for each in found.lots]


def test_only_lots_born_in_the_range_stand_there_the_worst_first(city: Ledger) -> None:
    shops = [site for site, kind in SITES.items() if kind == "shop"]
    city.record([birth("F-1/A", 1), birth("F-1/B", 2), birth("F-1/C", 2), *(move(n, "F-1/C", shop, 3) for n, shop in enumerate(shops))])
    city.record([move(90, "F-1/A", "X-1", 2), move(91, "F-1/B", "Y-1", 2)])
    start = micros(AT + dt.timedelta(days=2)) - DAY // 2
    found = measured(city, start, start + DAY - 1, micros(NOW))
    assert names(found) == [("F-1/C", len(shops)), ("F-1/B", 1)]
    assert found.without_origin == 0


def test_a_lot_recorded_late_still_stands_on_its_day(city: Ledger) -> None:
    city.record([birth("F-1/A", 9)])
    city.record([birth("F-1/B", 1)])
    start = micros(AT + dt.timedelta(days=1)) - DAY // 2
    assert names(measured(city, start, start + DAY - 1, micros(NOW))) == [("F-1/B", 0)]


def test_a_lot_nobody_recorded_as_born_is_no_hole_in_the_list(city: Ledger) -> None:
    city.record([move(1, "F-1/A", "X-1", 3)])
    start = micros(AT + dt.timedelta(days=3)) - DAY // 2
    found = measured(city, start, start + DAY - 1, micros(NOW))
    assert names(found) == [("F-1/A", 1)]
    assert (found.without_origin, found.lots[0].born) == (1, False)
    assert measured(city, start + DAY, start + 2 * DAY, micros(NOW)).lots == ()


ODDITIES: dict[str, list[Event]] = {
    "another name": [Alias(id="o", at=AT, site="F-1", lot="F-1/A", alias="F-1/A2"), move(50, "F-1/A2", "Y-1", 2)],
    "the same code": [move(50, "Q-9/A", "Y-1", 2)],
    "without lot": [Transfer(id="o", at=AT + dt.timedelta(days=3), site="F-1", to="Y-1", product="芹菜", quantity=Quantity(1, "g"))],
    "in a unit of its own": [
        Transfer(id="o", at=AT + dt.timedelta(days=3), site="F-1", to="Y-1", lot="F-1/A", quantity=Quantity(1, "piece"))
    ],
    "what a later lot is called": [_made("o", "F-1/A", "F-1/Z", 2), Alias(id="p", at=AT, site="F-1", lot="F-1/Z", alias="F-1/Z2"),
                                   move(50, "F-1/Z2", "Y-1", 3)],
}  # fmt: skip
"""What leads to one more outlet by a way that is not plain."""


@pytest.mark.parametrize("odd_way", ODDITIES)
def test_an_outlet_that_an_odd_way_leads_to_counts(city: Ledger, odd_way: str) -> None:
    city.record([birth("F-1/A", 1), move(1, "F-1/A", "X-1", 2)])
    before = dict(names(measured(city, *ALL, micros(NOW))))["F-1/A"]
    city.record(ODDITIES[odd_way])
    after = dict(names(measured(city, *ALL, micros(NOW))))["F-1/A"]
    assert (before, after) == (1, 2)
    assert len(city.recall("F-1/A").outlets) == 2


def test_what_is_made_next_week_leads_nowhere_yet(city: Ledger) -> None:
    city.record([birth("F-1/A", 1), move(1, "F-1/A", "X-1", 2), _made("o", "F-1/A", "F-1/Z", 30), move(2, "F-1/Z", "Y-1", 3)])
    found = dict(names(measured(city, *ALL, micros(NOW))))
    assert found["F-1/A"] == len(city.recall("F-1/A").outlets)


def test_the_sites_of_who_recalls_are_no_outlets_unless_they_are_shops_or_sold_to_consumers(city: Ledger) -> None:
    city.record([Site(id="s1", at=AT, site="W-1", operator="F-1", kind="warehouse", name="w")])
    city.record([Site(id="s2", at=AT, site="W-2", operator="F-1", kind="shop", name="w")])
    city.record([Site(id="s3", at=AT, site="W-3", operator="F-1", kind="warehouse", name="w")])
    sold = [Sale(id=f"sale{to}", at=AT + dt.timedelta(days=3), site=to, lot="F-1/A", quantity=Quantity(1, "g")) for to in ("W-1", "D-1")]
    city.record([birth("F-1/A", 1), *(move(n, "F-1/A", to, 2) for n, to in enumerate(("W-1", "W-2", "W-3", "D-1", "D-2"))), *sold])
    assert names(measured(city, *ALL, micros(NOW))) == [("F-1/A", 3)]  # W-2 is a shop, W-1 and D-1 sold to consumers
    assert len(city.recall("F-1/A").outlets) == 3


def test_what_many_lots_lead_to_is_read_once(city: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [f"F-1/I{number}" for number in range(40)]
    city.record([birth(lot, 1) for lot in inputs])
    blend = Transformation(
        id="x", at=AT + dt.timedelta(days=2), site="P-1", kind="blend",
        inputs=tuple(Portion(lot, Quantity(1, "g")) for lot in inputs), outputs=(Output(lot="P-1/BIG", quantity=Quantity(40, "g")),),
    )  # fmt: skip
    city.record([blend, *(move(n, "P-1/BIG", "X-1", 3, "P-1") for n in range(300))])
    seen: list[int] = []
    real = SqliteSession.each

    def counted(self: SqliteSession, sql: str, ids: object, params: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        rows = real(self, sql, ids, params)  # type: ignore[arg-type]
        seen.append(len(rows))
        return rows

    monkeypatch.setattr(SqliteSession, "each", counted)
    found = measured(city, micros(AT), micros(AT) + 2 * DAY, micros(NOW))
    assert {each.outlets for each in found.lots} == {1}
    assert len(found.lots) == 41
    assert sum(seen) < 2_000  # 300 moves for each of 40 lots would be 12,000


def test_on_the_command_line(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "福安超市:shop")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    lot = json.loads(run(tmp_path, "blast", "--json"))["lots"][0]["lot"]
    run(tmp_path, "transfer", lot, "20kg", "--from", "永发合作社", "--to", "福安超市")
    said = json.loads(run(tmp_path, "blast", "--json"))
    assert (said["lots"][0]["outlets"], said["lots"][0]["lots"], said["without_origin"]) == (1, 1, 0)
    shown = run(tmp_path, "blast")
    assert "1 lot; the recall of the worst reaches 1 outlet" in shown
    assert lot in shown
    assert "records that have not come are in no number: 1 log" in shown
    assert "0 lots" in run(tmp_path, "blast", "--to", "2020-01-01")
    assert "runs backwards" in run(tmp_path, "blast", "--from", "2026-02-01", "--to", "2026-01-01", code=2)
    assert "cli.time" in run(tmp_path, "blast", "--from", "yesterday", code=2)
