"""Every kind of finding as it is typed: records from a file, a recall of them that must say it, and the nearest that must not.

A kind is what a person reads in "could not be traced". The worlds are the smallest in which it must come; beside each stands the same
one but for a word, a number or a day, in which it would be a false alarm.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import msgspec
import pytest

from foodtrace.events import (
    Acknowledgement,
    CertificateIssued,
    ConsumerReturn,
    Event,
    Notice,
    Output,
    Portion,
    RecallOpened,
    Receipt,
    Sale,
    Sealing,
    Site,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.events.canonical import encode
from foodtrace.events.case import LotsClause
from foodtrace.quantity import Quantity
from foodtrace.recall.findings import KINDS
from foodtrace.texts import text
from tests.cli.inside import Inside, here
from tests.recall.casework import own_rules

__all__ = ["here"]
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
DAY0: Final = dt.datetime(2026, 3, 2, 9, tzinfo=CHINA)
LOT: Final = "OP-P/L"


def day(number: float) -> dt.datetime:
    return DAY0 + dt.timedelta(days=number)


def g(number: int) -> Quantity:
    return Quantity(number, "g")


def sent(q: int, t: float, *, source: str = "W", to: str = "X", lot: str = LOT, **more: Any) -> Event:
    return Transfer(id="-", at=day(t), site=source, to=to, lot=lot, quantity=g(q), **more)


def got(q: int, t: float, *, at: str = "X", lot: str = LOT, quantity: Quantity | None = None, **more: Any) -> Event:
    return Receipt(id="-", at=day(t), site=at, lot=lot, quantity=quantity or g(q), **more)


def born(lot: str, t: float, *, at: str = "P", q: int = 100, **more: Any) -> Event:
    serial = f"{lot}-{t}-{q}"
    fields: dict[str, Any] = {"serial": serial, "issuer": f"OP-{at}", "product": "芹菜", "quantity": g(q)}
    return CertificateIssued(id="-", at=day(t), site=at, lot=f"OP-{at}/{lot}", **(fields | more))


def sold(q: int, t: float, *, at: str = "W") -> Event:
    return Sale(id="-", at=day(t), site=at, lot=LOT, quantity=g(q))


def cut(made: int) -> Event:
    portion, out = (Portion(LOT, g(10)),), (Output(lot="OP-W/M", quantity=g(made)),)
    return Transformation(id="-", at=day(2), site="W", kind="repack", inputs=portion, outputs=out)


def opened(t: float = 3) -> Event:
    scope = (LotsClause(lots=(LOT,)),)
    return RecallOpened(id="-", at=day(t), case="2026-0001", scope=scope, level=2, reason="x", known=day(t), operator="OP-P")


def notice(t: float) -> Event:
    return Notice(id="-", at=day(t), case="2026-0001", to="X", delivered=day(t))


def answered(t: float) -> Event:
    return Acknowledgement(id="-", at=day(t), site="X", case="2026-0001")


def back(q: int, t: float) -> Event:
    return ConsumerReturn(id="-", at=day(t), site="W", lot=LOT, quantity=g(q))


def sealed(q: int) -> Event:
    return Sealing(id="-", at=day(4), site="X", lot=LOT, quantity=g(q), case="2026-0001")


CHAIN: Final = (born("L", 0), sent(100, 1, source="P", to="W"))
CASE: Final = (*CHAIN, sent(60, 2), opened())
ON_ROAD: Final = sent(20, 2, in_transit=True, transfer="T")

Records = tuple[Event, ...]
KINDS_TYPED: Final[dict[str, tuple[Records, Records]]] = {
    "not_received": ((*CHAIN, ON_ROAD), (*CHAIN, sent(20, 14, in_transit=True))),
    "not_sent": ((*CHAIN, got(20, 2, source="W")), (*CHAIN, sent(20, 2))),
    "source_missing": ((*CHAIN, got(20, 2)), (*CHAIN, got(20, 2, source="W"))),
    "destination_missing": ((*CHAIN, sent(20, 2, to="")), (*CHAIN, sent(20, 2))),
    "quantity_differs": ((*CHAIN, ON_ROAD, got(19, 3, source="W", transfer="T")), (*CHAIN, ON_ROAD, got(20, 3, source="W", transfer="T"))),
    "unit_differs": (
        (*CHAIN, ON_ROAD, got(0, 3, source="W", transfer="T", quantity=Quantity(20, "piece"))),
        (*CHAIN, ON_ROAD, got(20, 3, source="W", transfer="T")),
    ),
    "origin_missing": (CHAIN[1:], CHAIN),
    "several_origins": ((*CHAIN, born("L", 1, q=5)), (*CHAIN, born("K", 1, q=5))),
    "same_lot_no_path": ((*CHAIN, got(20, 2)), (*CHAIN, got(20, 2, source="W"))),
    "code_only": ((*CHAIN, got(5, 2, lot="WHO/L")), (*CHAIN, got(5, 2, lot="OP-Q/L"))),
    "lot_missing": ((*CHAIN, sent(5, 2, lot="", product="芹菜")), (*CHAIN, sent(5, -0.5, lot="", product="芹菜"))),
    "mixed_stall": (
        (*CHAIN, born("K", 0, at="Q"), sent(9, 1, source="Q", to="W", lot="OP-Q/K"), sent(5, 2, lot="", product="芹菜")),
        (*CHAIN, born("K", 0, at="Q"), sent(9, 1, source="Q", to="Z", lot="OP-Q/K"), sent(5, 2, lot="", product="芹菜")),
    ),
    "unexplained_stock": ((*CHAIN, sold(101, 2)), (*CHAIN, sold(100, 2))),
    "unaccounted": (
        (*CHAIN, StockCount(id="-", at=day(2), site="W", lot=LOT, quantity=g(99))),
        (*CHAIN, StockCount(id="-", at=day(2), site="W", lot=LOT, quantity=g(100))),
    ),
    "mass_gain": ((*CHAIN, cut(11)), (*CHAIN, cut(10))),
    "over_certified": ((*CHAIN, sent(1, 2, source="P")), (born("L", 0, q=101), *CHAIN[1:], sent(1, 2, source="P"))),
    "time_contradiction": ((*CHAIN, sold(1, -0.1, at="P")), (born("L", 0, q=101), *CHAIN[1:], sold(1, 0, at="P"))),
    "no_answer": ((*CASE, notice(12)), (*CASE, notice(12), answered(13))),
    "before_known": ((*CASE, sold(1, 3, at="X")), (*CASE, sold(1, 2.9, at="X"))),
    "after_notice": ((*CASE, notice(4), sold(1, 4, at="X")), (*CASE, notice(4), sold(1, 3.9, at="X"))),
    "restocked": ((*CASE, sealed(60), sold(1, 5, at="X")), (*CASE, sealed(59), sold(1, 5, at="X"))),
    "returns_exceed_sales": ((*CHAIN, sold(5, 2), back(6, 3)), (*CHAIN, sold(5, 2), back(5, 3))),
}
"""Kind -> (records that raise it on day 20, the nearest that do not)."""
START, NOW = -3, 20
"""Days on which the ledger is made, and on which everything is recorded and asked."""


def type_in(run: Inside, *words: str, t: float = NOW, log: str = "", code: int = 0) -> str:
    """Type a command on a day, by the clock of that day."""
    return run("--now", f"{day(t):%Y-%m-%d %H:%M}", *(("--log", log) if log else ()), *words, code=code)


def record(run: Inside, *events: Event, ids: str, t: float = NOW, log: str = "") -> None:
    """Record events from a file, as another program would hand them over; ``-`` as an id is one of their own."""
    lines = []
    for n, event in enumerate(events):
        fields = json.loads(encode(event))
        lines.append(json.dumps(fields | ({"id": f"{ids}-{n}"} if event.id == "-" else {})))
    (run.folder / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    type_in(run, "record", "events.jsonl", t=t, log=log)


def begun(run: Inside, start: float = START) -> Inside:
    """Make a ledger with the sites of the trade and a log that is not of this trade's plant."""
    type_in(run, "init", "--name", "county/one", t=start)
    sites: dict[str, Any] = {"P": "farm", "Q": "farm", "W": "warehouse", "X": "shop", "Y": "shop", "Z": "shop"}
    record(
        run,
        *(Site(id="-", at=day(start), site=s, operator=f"OP-{s}", kind=k, name=f"{s}-name") for s, k in sites.items()),
        ids="site",
        t=start,
    )
    return run


def kinds(run: Inside, *words: str, t: float = NOW) -> dict[str, list[str]]:
    """Return the kinds of finding that a recall says, with the entries of the first; each is put into words on the screen too."""
    found = json.loads(type_in(run, "recall", *(words or (LOT,)), "--json", t=t))["untraced"]
    said = type_in(run, "recall", *(words or (LOT,)), "--all", t=t)
    assert all(text(f"finding.{each['kind']}" + (f".{each['reason']}" if each["reason"] else ""), "en") in said for each in found), said
    return {each["kind"]: each["entries"] for each in reversed(found)}


@pytest.mark.parametrize("kind", KINDS_TYPED)
@pytest.mark.parametrize("raises", [True, False])
def test_a_kind_comes_where_it_must_and_not_beside_it(here: Inside, kind: str, raises: bool) -> None:
    record(begun(here), *KINDS_TYPED[kind][0 if raises else 1], ids="e")
    found = kinds(here)
    assert (kind in found) == raises, found
    assert not raises or all(entry.startswith("county/one#") for entry in found[kind])
    assert not raises or found[kind]


@pytest.mark.parametrize(("second", "raises"), [(6, True), (5, False)])
def test_one_event_id_with_two_contents_in_two_logs(here: Inside, second: int, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, *CHAIN, msgspec.structs.replace(sent(5, 2), id="same"), ids="e", log="one")
    record(here, msgspec.structs.replace(sent(second, 2), id="same"), ids="f", log="two")
    assert ("duplicate_conflict" in kinds(here)) == raises


@pytest.mark.parametrize("raises", [True, False])
def test_somebody_else_objects(here: Inside, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, *CHAIN, msgspec.structs.replace(sent(5, 2), id="theirs"), born("K", 1), ids="e", log="one")
    entry = "theirs" if raises else "e-3"
    type_in(here, "correct", entry, "--dispute", "--note", "we never got these", log="two")
    assert ("disputed" in kinds(here)) == raises


@pytest.mark.parametrize(("t", "raises"), [(2.9, True), (3.1, False)])
def test_a_log_that_was_not_heard_of_since_the_case_was_opened(here: Inside, t: float, raises: bool) -> None:
    begun(here)
    type_in(here, "init", "--name", "county/two", "--operator", "OX-0001", t=START)
    record(here, sent(1, 2, lot="OP-Q/K"), ids="f", t=t, log="two")
    record(here, *CASE, ids="e", log="one")
    assert ("log_behind" in kinds(here)) == raises


@pytest.mark.parametrize(("t", "raises"), [(12.9, True), (13.1, False)])
def test_a_site_with_stock_that_wrote_nothing_for_a_week(here: Inside, t: float, raises: bool) -> None:
    record(begun(here), *CHAIN, sold(99, 2), ids="e", t=t)
    assert ("silent_site" in kinds(here)) == raises


@pytest.mark.parametrize(("produced", "raises"), [(None, True), ("2026-03-01", False), ("2026-02-27", False)])
def test_a_rule_asks_for_what_nobody_recorded(here: Inside, produced: str | None, raises: bool) -> None:
    made = None if produced is None else dt.date.fromisoformat(produced)
    record(begun(here), born("L", 0, harvested=made), born("K", 0, at="P", harvested=dt.date(2026, 3, 1)), ids="e")
    found = kinds(here, "--producer", "OP-P", "--produced", "2026-03-01..2026-03-02")
    assert ("attribute_missing" in found) == raises


@pytest.mark.parametrize(("years", "raises"), [(5, True), (0, False)])
def test_working_days_of_a_year_without_a_table(here: Inside, years: int, raises: bool) -> None:
    later = 365 * years
    begun(here, START + later)
    moved = [msgspec.structs.replace(each, at=each.at + dt.timedelta(days=later)) for each in (*CHAIN, sent(60, 2))]
    record(here, *moved, opened(3 + later), notice(4 + later), ids="e", t=NOW + later)
    found = kinds(here, t=NOW + later)
    assert ("calendar_missing" in found, "no_answer" in found) == (raises, not raises)


@pytest.mark.parametrize(("made", "product", "raises"), [(899, "芹菜段", True), (900, "芹菜段", False), (899, "芹菜叶", False)])
def test_a_yield_that_the_rule_pack_of_a_city_calls_odd(here: Inside, made: int, product: str, raises: bool) -> None:
    own_rules(here.folder, '[yields]\n"芹菜段" = { least = 900, most = 950 }')
    out = (Output(lot="OP-W/M", quantity=g(made), product=product),)
    cutting = Transformation(id="-", at=day(2), site="W", kind="process", inputs=(Portion(LOT, g(1000)),), outputs=out)
    record(begun(here), born("L", 0, q=1000), sent(1000, 1, source="P", to="W"), cutting, ids="e")
    assert "yield_odd" not in kinds(here)
    here.set("FOODTRACE_RULES", "rules")
    assert ("yield_odd" in kinds(here)) == raises


def test_no_kind_is_left_out() -> None:
    elsewhere = {"silent_site", "duplicate_conflict", "disputed", "log_behind", "attribute_missing", "calendar_missing"}
    assert KINDS_TYPED.keys() | elsewhere | {"yield_odd"} == KINDS
