"""That no case is about some lots is said only where it is certain: else an answer would say "nobody was told" of outlets that were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    CertificateIssued,
    Clause,
    LeftClause,
    LotsClause,
    Operator,
    Output,
    Portion,
    PredicateClause,
    RecallOpened,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.rows import Rows
from foodtrace.operations.recalling import recall
from foodtrace.recall.plain import defaults
from foodtrace.recall.plain.cases import none_about
from foodtrace.recall.settings import DEFAULT

AT = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
SCOPES: dict[str, tuple[Clause, ...]] = {
    "the lot": (LotsClause(lots=("F-1/L",)),),
    "what went in": (LotsClause(lots=("F-1/K",)),),
    "what was made of it": (LotsClause(lots=("F-1/M",)),),
    "the same code of another issuer": (LotsClause(lots=("F-2/L",)),),
    "a rule": (PredicateClause(product="芹菜"),),
    "a window": (LeftClause(site="F-1", start=AT, end=AT + dt.timedelta(days=1)),),
}


def world(folder: Path, scope: tuple[Clause, ...] | None) -> Ledger:
    """K went into L, L into M; F-1 and F-2 are operators on record."""
    ledger = Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=lambda: micros(AT))
    ledger.init("a/F-1", operator="F-1")
    some = Quantity(5, "g")
    events = [Operator(id=f"op{n}", at=AT, operator=f"F-{n}", name="x") for n in (1, 2)]
    ledger.record(events)
    ledger.record([CertificateIssued(id="c", at=AT, site="F-1", lot="F-1/K", serial="1", issuer="F-1", product="芹菜", quantity=some)])
    for n, (src, dst) in enumerate((("K", "L"), ("L", "M"))):
        made = Output(lot=f"F-1/{dst}", quantity=some, product="馅")
        ledger.record([Transformation(id=f"t{n}", at=AT, site="F-1", kind="blend", inputs=(Portion(f"F-1/{src}", some),), outputs=(made,))])
    if scope is not None:
        case = {"case": "2026-0001", "level": 1, "reason": "x", "producer": "F-1", "known": AT}
        ledger.record([RecallOpened(id="o", at=AT, site="F-1", scope=scope, **case)])  # type: ignore[arg-type]
    return ledger


def certain(ledger: Ledger, lot: str = "F-1/L", *others: str) -> bool:
    with ledger.reading() as session:
        rows = Rows(session, micros(AT))
        numbers = rows.numbers([lot, *others])
        return none_about(rows, [numbers[lot]], list(numbers.values()))


@pytest.mark.parametrize("what", SCOPES)
def test_any_case_that_may_be_about_the_lot_is_seen(what: str, tmp_path: Path) -> None:
    with world(tmp_path, SCOPES[what]) as ledger:
        assert not certain(ledger, "F-1/L", "F-1/M")


def test_without_any_case_there_is_none(tmp_path: Path) -> None:
    with world(tmp_path, None) as ledger:
        assert certain(ledger, "F-1/L", "F-1/M")


def test_a_case_about_other_goods_is_not_about_these(tmp_path: Path) -> None:
    with world(tmp_path, (LotsClause(lots=("F-1/Z",)),)) as ledger:
        assert certain(ledger, "F-1/L", "F-1/M")
        with ledger.reading() as session:
            found = recall(session, "F-1/L", now=micros(AT))
            assert (found.case, found.cases) == ("", ())


def test_the_code_of_an_issuer_on_no_record_is_never_certain(tmp_path: Path) -> None:
    with world(tmp_path, (LotsClause(lots=("F-1/Z",)),)) as ledger:
        some = Quantity(5, "g")
        ledger.record([CertificateIssued(id="q", at=AT, site="F-1", lot="Q-7/Q", serial="2", issuer="F-1", product="芹菜", quantity=some)])
        assert not certain(ledger, "Q-7/Q")


def test_the_parameters_are_those_of_the_default_pack() -> None:
    assert (
        DEFAULT.outlet_kinds,
        DEFAULT.transit_limit,
        DEFAULT.silent_after,
        DEFAULT.clock_slack,
    ) == (defaults.OUTLET_KINDS, defaults.TRANSIT_LIMIT, defaults.SILENT_AFTER, defaults.CLOCK_SLACK)
