"""What stands against one lot is said from what it was made from, and is what the walk of the whole case says.

A lot let go that the whole walk holds is goods sold that somebody recalled; one held that it lets go stops a trade for nothing.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Quantity
from foodtrace.events import (
    Acknowledgement,
    Alias,
    Clause,
    Event,
    GoodsCleared,
    Held,
    LeftClause,
    LotsClause,
    Notice,
    Output,
    Portion,
    PredicateClause,
    RecallOpened,
    RecallWidened,
    RecallWithdrawn,
    Receipt,
    ThroughClause,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import stood
from foodtrace.operations.standing import Stand, standing_against
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import case_ids
from foodtrace.recall.reach import reach_of_case
from foodtrace.storage.session import Session
from tests.recall.plaintrade import AT, LOGS, LOTS, NOW, SITES, Clock, begun, born, grams, opened, papers, plain

NAMES: Final = (*LOTS, "F-1/L0", "Q-9/L", "Q-9/K", "P-2/O7")
RULES: Final[tuple[Clause, ...]] = (
    PredicateClause(product="芹菜"),
    PredicateClause(product="馅"),
    PredicateClause(product="菠菜", producer="F-1"),
    PredicateClause(supplier="F-1"),
    PredicateClause(code="[KL]*"),
    PredicateClause(code="N|O", product="馅"),
    PredicateClause(produced_from=dt.date(2026, 11, 1), produced_to=dt.date(2026, 11, 3)),
    LotsClause(lots=("F-1/L",)),
    LotsClause(lots=("Q-9/K", "P-1/M")),
)


def window(rng: random.Random) -> Clause:
    first = AT + dt.timedelta(hours=rng.choice([-2, 0, 2, 5, 9, 31]))
    end = first + dt.timedelta(hours=rng.choice([1, 4, 24, 80]))
    site = rng.choice([*sorted(SITES), "P-1"])
    return LeftClause(site=site, start=first, end=end) if rng.random() < 0.5 else ThroughClause(site=site, start=first, end=end)


def scope(rng: random.Random) -> tuple[Clause, ...]:
    meant = rng.sample(RULES, rng.choice([0, 1, 1, 2]))
    return (*meant, *(window(rng) for _ in range(rng.choice([0, 0, 1, 1, 2]) if meant else rng.choice([1, 1, 2]))))


def trade(rng: random.Random, name: str) -> list[Event]:
    """Return what is not in every trade: other names, codes of nobody, goods without lot and their receipts, relabellings."""
    base: dict[str, Any] = {"id": name, "at": AT + dt.timedelta(hours=rng.choice([1, 2, 3, 8, 30, 60])), "site": rng.choice(sorted(SITES))}
    lot, other = rng.sample(NAMES, 2)
    there = rng.choice(sorted(set(SITES) - {base["site"]}))
    kind = rng.choice(["alias", "alias", "code", "nameless", "named", "relabel", "relabel", "blend", "blend", "unnamed number"])
    if kind == "alias":
        return [Alias(**base, lot=lot, alias=other)]
    if kind == "code":
        return [Transfer(**base, lot=rng.choice(["Q-9/L", "Q-9/K"]), to=there, quantity=grams(rng))]
    if kind == "nameless":
        return [Transfer(**base, product=rng.choice(["芹菜", "馅", ""]), to=there, quantity=grams(rng))]
    if kind in ("named", "unnamed number"):
        base["doc"] = f"D{rng.randint(1, 3)}"
        to, source = (there, rng.choice([base["site"], ""])) if kind == "named" else ("", base["site"])
        sent = Transfer(**base, product=rng.choice(["芹菜", ""]), to=to, in_transit=True, quantity=grams(rng))
        return [sent, Receipt(**(base | {"id": f"r{name}", "site": there}), lot=lot, source=source, quantity=grams(rng))]
    made = Output(lot=other, quantity=grams(rng), product=rng.choice(["馅", "芹菜", "菠菜"]))
    how: dict[str, Any] = {"kind": "relabel", "case": case(rng), "approved_by": "9"} if kind == "relabel" else {"kind": "blend"}
    return [Transformation(**base, **how, inputs=(Portion(lot, grams(rng)),), outputs=(made,))]


def case(rng: random.Random) -> str:
    return f"2026-000{rng.randint(1, 3)}"


def said(rng: random.Random, name: str) -> Event:
    """Return something that is said in a case."""
    base: dict[str, Any] = {"id": name, "at": AT + dt.timedelta(hours=rng.choice([6, 8, 20, 40])), "site": "F-1", "case": case(rng)}
    kind = rng.choice(["cleared", "cleared", "wide", "narrow", "notice", "answer", "withdrawn"])
    if kind == "cleared":
        return GoodsCleared(
            **(base | {"site": rng.choice(["", "P-1", "X-1"])}),
            lots=tuple(rng.sample(LOTS, rng.choice([0, 1, 1]))),
            basis="test",
            approved_by=rng.choice("99 ").strip(),
        )
    if kind in ("wide", "narrow"):
        more: dict[str, Any] = {"narrows": True, "reason": "x", "approved_by": "9"} if kind == "narrow" else {}
        return RecallWidened(**base, version=rng.randint(2, 4), scope=scope(rng), **more)
    if kind == "notice":
        return Notice(**base, to="X-1")
    if kind == "answer":
        return Acknowledgement(**(base | {"site": rng.choice(sorted(SITES))}), on_hand=(Held(rng.choice(LOTS), Quantity(3, "g")),))
    return RecallWithdrawn(**base, reason="x", approved_by="9")


def put(ledger: Any, rng: random.Random) -> None:
    begun(ledger)
    for n, lot in enumerate(LOTS[: rng.choice([0, 1, 2])]):
        ledger.record(born(f"b{n}", lot), log=LOGS[0])
    events = [each for n in range(rng.randint(3, 14)) for each in plain(rng, f"e{n}")]
    events += [each for n in range(rng.randint(0, 5)) for each in trade(rng, f"t{n}")]
    events += [each for n in range(rng.choice([0, 0, 1, 2, 4])) for each in papers(rng, f"p{n}", NAMES)]
    for number in range(1, 4):
        base: dict[str, Any] = {"id": f"o{number}", "at": AT + dt.timedelta(hours=5), "site": "F-1", "case": f"2026-000{number}"}
        level: Any = rng.choice([1, 3])
        events.append(RecallOpened(**base, scope=scope(rng), level=level, reason="x", producer="F-1", operator="P-1", known=AT))
    events += [said(rng, f"s{n}") for n in range(rng.randint(0, 4))]
    of_cases = (RecallOpened, RecallWidened, RecallWithdrawn, GoodsCleared)
    for event in events:
        ledger.record([event], log=LOGS[0] if isinstance(event, of_cases) else rng.choice(LOGS))


def whole(session: Session, lot: str, now: int, site: str) -> dict[str, Stand]:
    """Return what stands against a lot by the walk of every case, whole."""
    facts = SqlFacts(session, now)
    number, where = facts.lot(lot), facts.site(site) or 0
    if number is None:
        return {}
    told = {each.case: one.against(number, where, now) for each, one in standing_against(session, facts, case_ids(session), now)}
    return {name: stand for name, stand in told.items() if stand is not None}


def compare(seed: int, *, url: str = "") -> int:
    """Make a random world with cases and compare for every lot at every site; return how much stood."""
    rng = random.Random(seed)
    clock = Clock()
    clock.now += 17 * 24 * 3_600_000_000
    stands = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, opened(Path(name), clock, url) as ledger:
        put(ledger, rng)
        with ledger.reading() as session:
            for lot in NAMES:
                for site in ("", *rng.sample(sorted(SITES), 3)):
                    now = micros(NOW)
                    quick = {each.case: Stand(each.link, each.block_possible, each.again) for each in stood(session, lot, now, site)}
                    slow = whole(session, lot, now, site)
                    assert quick == slow, (seed, lot, site)
                    stands += len(quick)
    return stands


@given(seed=st.integers(0, 2**32))
@settings(max_examples=4)
def test_what_stands_against_a_lot_is_what_the_whole_walk_says(seed: int) -> None:
    compare(seed)


def test_what_stands_against_a_lot_is_what_the_whole_walk_says_on_postgresql(pg_url: str) -> None:
    assert sum(compare(seed, url=pg_url) for seed in range(2))


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[Affected]:
    """Return what is walked from here on."""
    found: list[Affected] = []
    walk = reach_of_case

    def seen(*args: Any, **options: Any) -> Affected:
        found.append(walk(*args, **options))
        return found[-1]

    monkeypatch.setattr("foodtrace.operations.standing.reach_of_case", seen)
    return found


def by_rule(tmp_path: Path, clock: Clock, *more: Event, cases: int = 5, meant: Clause = PredicateClause(product="芹菜")) -> Any:  # noqa: B008
    """Return a ledger of forty lots that every case's scope means, and of what is given besides."""
    clock.now += 17 * 24 * 3_600_000_000
    ledger = opened(tmp_path, clock)
    begun(ledger)
    ledger.record([each for n in range(40) for each in born(f"b{n}-", f"F-1/L{n}")], log=LOGS[0])
    for n in range(cases):
        base: dict[str, Any] = {"id": f"o{n}", "at": AT + dt.timedelta(hours=5), "site": "F-1", "case": f"2026-000{n}"}
        ledger.record([RecallOpened(**base, scope=(meant,), level=3, reason="x", producer="F-1", operator="P-1", known=AT)], log=LOGS[0])
    for event in more:
        ledger.record([event], log=LOGS[0])
    return ledger


def test_a_check_under_rules_walks_what_the_lot_was_made_from_and_once_for_rules_that_mean_the_same(
    tmp_path: Path, walked: list[Affected]
) -> None:
    """A rule may mean thousands of lots, and a gate has a twentieth of a second for a truck."""
    with by_rule(tmp_path, Clock(), blend(1)) as ledger, ledger.reading() as session:
        found = stood(session, "P-1/M", micros(NOW), "P-1")
        assert [each.link for each in found] == ["confirmed"] * 5
        assert [len(each.lots) for each in walked] == [2], "the blend and its one input, of forty lots"
        assert len(stood(session, "F-1/L3", micros(NOW), "P-1")) == 5
        assert [len(each.lots) for each in walked] == [2, 1], "and of the input nothing that was made of it"


WINDOWS: Final = (
    LeftClause(site="F-1", start=AT, end=AT + dt.timedelta(hours=9)),
    ThroughClause(site="F-1", start=AT, end=AT + dt.timedelta(hours=9)),
)


@pytest.mark.parametrize("meant", WINDOWS, ids=["left", "through"])
def test_a_check_under_a_window_walks_what_the_lot_was_made_from_of_all_that_lay_there(
    tmp_path: Path, walked: list[Affected], meant: Clause
) -> None:
    """A window at a wholesale market means all that lay in it; every sale of the country is asked whether it is of that."""
    with by_rule(tmp_path, Clock(), blend(1), cases=2, meant=meant) as ledger, ledger.reading() as session:
        assert [each.link for each in stood(session, "P-1/M", micros(NOW), "P-1")] == ["confirmed"] * 2
        assert [len(each.infos) for each in walked] == [2], "the blend and its one input, of forty lots; once for two cases"
        assert stood(session, "F-1/L3", micros(NOW), "P-1")


@pytest.mark.parametrize("to", ["X-1", ""])
def test_what_left_the_site_of_a_window_without_lot_is_asked_of_the_whole_where_a_paper_of_its_number_names_a_lot(
    tmp_path: Path, walked: list[Affected], to: str
) -> None:
    base: dict[str, Any] = {"at": AT + dt.timedelta(hours=1), "doc": "D1", "quantity": Quantity(5, "g")}
    sent = Transfer(**base, id="sent", site="P-1", product="芹菜", to=to, in_transit=True)
    got = Receipt(**base, id="got", site="X-1", lot="F-1/L3")
    window = LeftClause(site="P-1", start=AT, end=AT + dt.timedelta(hours=9))
    with by_rule(tmp_path, Clock(), sent, got, cases=1, meant=window) as ledger, ledger.reading() as session:
        found = {each.case: Stand(each.link, each.block_possible, each.again) for each in stood(session, "F-1/L3", micros(NOW), "X-1")}
        assert any(move.unnamed for move in walked[-1].moves) or len(walked[-1].infos) > 1, "more than the lot was looked at"
        assert found == whole(session, "F-1/L3", micros(NOW), "X-1")


def test_goods_that_may_be_the_answer_to_a_dispatch_without_lot_are_asked_of_the_whole(tmp_path: Path, walked: list[Affected]) -> None:
    """Which receipt answers it hangs on every other receipt of that number."""
    base: dict[str, Any] = {"at": AT + dt.timedelta(hours=1), "doc": "D1", "quantity": Quantity(5, "g")}
    sent = Transfer(**base, id="sent", site="F-1", product="芹菜", to="X-1", in_transit=True)
    got = Receipt(**base, id="got", site="X-1", lot="F-1/L3", source="F-1")
    with by_rule(tmp_path, Clock(), sent, got, cases=1) as ledger, ledger.reading() as session:
        assert [each.link for each in stood(session, "F-1/L3", micros(NOW), "X-1")] == ["confirmed"]
        assert len(walked[-1].lots) >= 40


def blend(hours: float, **more: Any) -> Transformation:
    """L3 made into M at P-1."""
    how: dict[str, Any] = {"id": "m", "at": AT + dt.timedelta(hours=hours), "site": "P-1", "kind": "blend"} | more
    return Transformation(
        **how, inputs=(Portion("F-1/L3", Quantity(9, "g")),), outputs=(Output(lot="P-1/M", quantity=Quantity(9, "g"), product="馅"),)
    )


HELD: Final = Held("F-1/L3", Quantity(3, "g"))
OWN: Final[dict[str, tuple[tuple[Event, ...], str, str, list[str]]]] = {
    "used after it was cleared": (
        (
            GoodsCleared(
                id="c", at=AT + dt.timedelta(hours=6), site="P-1", case="2026-0000", lots=("F-1/L3",), basis="x", approved_by="9"
            ),
            blend(7),
        ),
        "P-1/M", "P-1", ["2026-0001"],
    ),
    "relabelled": ((blend(7, kind="relabel", case="2026-0000", approved_by="9"),), "P-1/M", "P-1", ["2026-0001"]),
    "found by an answer": (
        (Acknowledgement(id="a", at=AT + dt.timedelta(hours=8), site="Y-1", case="2026-0000", on_hand=(HELD,)),),
        "F-1/L3", "Y-1", ["2026-0001"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OWN)
def test_what_was_said_in_one_case_is_not_said_in_another_of_the_same_rule(tmp_path: Path, what: str) -> None:
    said, lot, site, sure = OWN[what]
    with by_rule(tmp_path, Clock(), *said, cases=2) as ledger, ledger.reading() as session:
        found = {each.case: Stand(each.link, each.block_possible, each.again) for each in stood(session, lot, micros(NOW), site)}
        assert [each for each, stand in found.items() if stand.link == "confirmed"] == sure
        assert found == whole(session, lot, micros(NOW), site)
