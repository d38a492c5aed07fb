"""The completion kept up to date in an open process is the one computed from nothing, whatever is recorded in between.

Whoever runs a recall looks at these figures all day; one that drifted would close a case with goods still out there.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import uuid
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Acknowledgement,
    Alias,
    CertificateIssued,
    ConsumerReturn,
    Correction,
    Destroyed,
    EffectivenessCheck,
    Event,
    GoodsCleared,
    Held,
    LeftClause,
    Loss,
    Notice,
    Output,
    Portion,
    RecallOpened,
    RecallWidened,
    Receipt,
    Refusal,
    Returned,
    Sale,
    Sealing,
    Site,
    StockCount,
    ThroughClause,
    Transfer,
    Transformation,
)
from foodtrace.events.case import LotsClause
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall import running, runningsums
from foodtrace.recall.affected import find
from foodtrace.recall.cases import load_case
from foodtrace.recall.metrics import Completion, completion
from foodtrace.recall.packs import for_case

AT: Final = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
CASE: Final = "2026-0001"
LOT: Final = "P-1/L"
SITES: Final = {"P-1": "plant", "P-2": "plant", "W-1": "warehouse", "X-1": "shop", "Y-1": "shop", "Z-1": "shop"}
LOGS: Final = ("a/P-1", "b/W-1")


class World:
    """A lot in six places, and a case on it."""

    def __init__(self, folder: Path, url: str = "", *, window: bool = False) -> None:
        """:param window: the case is on what lay in the warehouse for a while, not on the whole lot."""
        self.now = AT
        self.number = 0
        schema = f"w{uuid.uuid4().hex}" if url else None
        self.ledger = Ledger.open(url or f"sqlite:///{folder}/x.db", schema=schema, keys=folder / "keys", clock=lambda: micros(self.now))
        for log in LOGS:
            self.ledger.init(log, operator=log[2:])
        own = {"P-1": "P-1", "P-2": "P-1"}
        self.put(*(Site(id=f"s-{s}", at=AT, site=s, operator=own.get(s, s), kind=k, name=s) for s, k in SITES.items()))  # type: ignore[arg-type]
        self.put(self.event(CertificateIssued, site="P-1", lot=LOT, serial="1", issuer="P-1", product="芹菜", quantity=grams(1000)))
        for src, dst, q in (("P-1", "W-1", 900), ("P-1", "P-2", 50), ("W-1", "X-1", 300), ("W-1", "Y-1", 200), ("W-1", "Z-1", 150)):
            self.later(1)
            self.put(self.event(Transfer, site=src, to=dst, lot=LOT, quantity=grams(q)))
        self.put(self.event(Sale, site="X-1", lot=LOT, quantity=grams(120)))
        self.later(30)
        span: dict[str, Any] = {"start": AT + dt.timedelta(hours=1), "end": AT + dt.timedelta(hours=4)}
        scope = ThroughClause(site="W-1", **span) if window else LotsClause(lots=(LOT,))
        case = {"case": CASE, "scope": (scope,), "level": 1, "reason": "x", "producer": "P-1", "known": self.now}
        self.put(self.event(RecallOpened, site="P-1", **case))
        for site in ("W-1", "X-1", "Y-1"):
            self.put(self.event(Notice, site="P-1", case=CASE, to=site, delivered=self.now))

    def later(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)

    def event(self, make: type[Event], **fields: Any) -> Event:
        self.number += 1
        base: dict[str, Any] = {"id": f"e{self.number}", "at": self.now}
        return make(**(base | fields))

    def put(self, *events: Event, log: str = LOGS[0]) -> None:
        self.ledger.record(list(events), log=log)

    def from_nothing(self) -> Completion:
        now = micros(self.now)
        with self.ledger.reading() as session:
            case = load_case(session, CASE, until=now)
            rules = for_case(case, session.rules).settings
            facts = SqlFacts(session, now)
            found = find(facts, case.versions[-1].clauses, settings=rules, own_operator=case.operator, case=CASE)
            return completion(facts, found, case, settings=rules)


def grams(number: int) -> Quantity:
    return Quantity(number, "g")


def ordinary(rng: random.Random, world: World) -> Event:
    """Return something that happens all day in a recall."""
    here, there = rng.sample(sorted(SITES), 2)
    at = world.now - dt.timedelta(hours=rng.choice([0, 0, 0, 1, 5, 40]))
    base: dict[str, Any] = {"site": here, "lot": LOT, "quantity": grams(rng.choice([0, 1, 5, 20, 60])), "at": at}
    kind: Any = rng.choice([Returned, Returned, Returned, Transfer, Receipt, Sale, ConsumerReturn, Sealing, Destroyed, StockCount, Loss])
    if kind is Returned:
        home = rng.choice(["P-1", "W-1", there])
        more = {"to": home if home != here else there, "case": CASE, "in_transit": rng.random() < 0.5, "transfer": f"R{rng.randint(1, 6)}"}
        return world.event(Returned, **base, **more)
    if kind is Transfer:
        return world.event(
            Transfer, **base, to=rng.choice([there, there, there, ""]), in_transit=rng.random() < 0.5, transfer=f"R{rng.randint(1, 6)}"
        )
    if kind is Receipt:
        return world.event(Receipt, **base, source=rng.choice([there, there, ""]), transfer=rng.choice(["", f"R{rng.randint(1, 6)}"]))
    if kind in (Sealing, Destroyed):
        base["case"] = CASE
    return world.event(kind, **base)


def unusual(rng: random.Random, world: World) -> Event:
    """Return something that is computed from nothing."""
    base: dict[str, Any] = {"at": world.now, "site": "X-1"}
    kinds = {
        "birth": lambda: world.event(
            CertificateIssued, site="P-1", lot=LOT, serial=f"{world.number}", issuer="P-1", product="芹菜", quantity=grams(7)
        ),
        "blend": lambda: world.event(
            Transformation, **base, kind="blend", inputs=(Portion(LOT, grams(3)),), outputs=(Output(lot="P-1/M", quantity=grams(3)),)
        ),
        "alias": lambda: world.event(Alias, **base, lot=LOT, alias="P-1/L0"),
        "new place": lambda: world.event(Transfer, **base, lot=LOT, quantity=grams(4), to="N-1"),
        "other lot": lambda: world.event(Transfer, **base, lot="P-1/K", quantity=grams(4), to="Y-1"),
        "same code": lambda: world.event(Transfer, **base, lot="Q-9/L", quantity=grams(4), to="Y-1"),
        "without lot": lambda: world.event(Transfer, **base, product="芹菜", quantity=grams(4), to="Y-1"),
        "notice": lambda: world.event(Notice, site="P-1", case=CASE, to="Z-1", delivered=world.now),
        "answer": lambda: world.event(Acknowledgement, **base, case=CASE, on_hand=(Held(LOT, grams(rng.randint(0, 90))),)),
        "check": lambda: world.event(EffectivenessCheck, **base, case=CASE, result="clean"),
        "future": lambda: world.event(Sale, site="X-1", lot=LOT, quantity=grams(2), at=world.now + dt.timedelta(hours=30)),
        "day": lambda: world.event(Sale, site="X-1", lot=LOT, quantity=grams(2), at=world.now, precision="day"),
        "refused": lambda: world.event(Refusal, **base, asked="sale", lot=LOT, reasons=("transfer.recalled",), case=CASE),
        "widened": lambda: world.event(RecallWidened, site="P-1", case=CASE, version=2, scope=(window(rng, world),), reason="x"),
        "narrowed": lambda: world.event(
            RecallWidened, site="P-1", case=CASE, version=2, scope=(window(rng, world),), narrows=True, reason="x", approved_by="7"
        ),
        "from nowhere": lambda: world.event(Receipt, **base, lot=LOT, quantity=grams(6)),
        "cleared": lambda: world.event(
            GoodsCleared, site=rng.choice(["", "Y-1"]), case=CASE, lots=rng.choice([(), (LOT,)]), basis="x", approved_by="7"
        ),
        "described": lambda: world.event(Site, site="Z-1", operator="P-1", kind="plant", name="own now"),
    }
    return rng.choice(list(kinds.values()))()


def window(rng: random.Random, world: World) -> LeftClause | ThroughClause:
    start = AT + dt.timedelta(hours=rng.choice([0, 2, 4, 30]))
    kind: Any = rng.choice([LeftClause, ThroughClause])
    made: LeftClause | ThroughClause = kind(site=rng.choice(sorted(SITES)), start=start, end=max(start, world.now))
    return made


def follow(seed: int, *, odd: float, url: str = "") -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        world = World(Path(name), url, window=rng.random() < 0.3)
        with world.ledger as ledger:
            for step in range(14):
                event = unusual(rng, world) if rng.random() < odd else ordinary(rng, world)
                world.put(event, log=rng.choice(LOGS))
                if rng.random() < 0.1:
                    world.put(event, log=rng.choice(LOGS))  # told again, perhaps by another log
                world.later(rng.choice([0, 0, 1, 20, 100]))
                assert ledger.completion(CASE) == world.from_nothing(), (seed, step, event)


@given(seed=st.integers(0, 2**32), odd=st.sampled_from([0.0, 0.0, 0.2]))
@settings(max_examples=20)
def test_the_running_completion_is_that_computed_from_nothing(seed: int, odd: float) -> None:
    follow(seed, odd=odd)


@pytest.mark.parametrize("odd", [0.0, 0.2])
def test_the_running_completion_is_that_computed_from_nothing_on_postgresql(odd: float, pg_url: str) -> None:
    for seed in range(2):
        follow(seed, odd=odd, url=pg_url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """Give nothing, which stands for a file, or the URL of an empty PostgreSQL database."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))


def test_a_return_is_folded_in(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, url)
    built: list[str] = []
    state = running._State

    def counted(*args: Any) -> Any:
        built.append("from nothing")
        return state(*args)

    monkeypatch.setattr(running, "_State", counted)
    monkeypatch.setattr(runningsums, "_MARK", 3)  # so that the warehouse's stock is kept at marks
    with world.ledger as ledger:
        ledger.completion(CASE)
        for n in range(9):
            world.later(1)
            world.put(world.event(Returned, site="X-1", to="W-1", lot=LOT, quantity=grams(n), case=CASE))
            world.put(world.event(Transfer, site="W-1", to="P-1", lot=LOT, quantity=grams(n)))
            world.put(world.event(Transfer, site="Q-1", to="Q-2", lot="Q-1/Q", quantity=grams(n)))  # none of its business
            assert ledger.completion(CASE) == world.from_nothing()
        assert built == ["from nothing"]
        world.later(24 * 8)
        assert ledger.completion(CASE) == world.from_nothing()


def test_a_correction_is_computed_from_nothing(tmp_path: Path, url: str) -> None:
    world = World(tmp_path, url)
    with world.ledger as ledger:
        before = ledger.completion(CASE)
        with ledger.reading() as session:
            seq, leaf = session.rows("SELECT seq, leaf FROM entry WHERE id = 'e4'")[0]
        world.put(world.event(Correction, site="W-1", seq=seq, leaf=bytes(leaf).hex(), reason="did_not_occur"))
        assert ledger.completion(CASE) == world.from_nothing() != before


@pytest.mark.parametrize("first", ["sent", "came"])
def test_goods_that_come_to_be_told_twice_are_computed_from_nothing(tmp_path: Path, first: str) -> None:
    world = World(tmp_path)
    with world.ledger as ledger:
        ledger.completion(CASE)
        base: dict[str, Any] = {"lot": LOT, "quantity": grams(30)}
        world.later(2)
        sent = world.event(Returned, site="X-1", to="P-1", case=CASE, in_transit=True, **base)
        world.later(1)
        came = world.event(Receipt, site="P-1", source="X-1", **base)
        done = ledger.completion(CASE)
        for event in (sent, came) if first == "sent" else (came, sent):
            world.put(event)
            done = ledger.completion(CASE)
            assert done == world.from_nothing()
        assert done.rows[0].rates["R1"].once == (30, 900), "60 by the letter"
        world.later(1)
        world.put(world.event(Sealing, site="Y-1", case=CASE, lot=LOT, quantity=grams(10)))
        assert ledger.completion(CASE) == world.from_nothing()


@pytest.mark.parametrize("first", ["sent", "came"])
def test_a_receipt_that_names_a_dispatch_by_another_number_is_computed_from_nothing(tmp_path: Path, first: str) -> None:
    """The plant sends on what had come back: one load, of which the shop names the event (ADR 39)."""
    world = World(tmp_path)
    with world.ledger as ledger:
        base: dict[str, Any] = {"lot": LOT, "quantity": grams(30)}
        before = ledger.completion(CASE).rows[0].distributed
        world.later(2)
        sent = world.event(Transfer, site="P-1", to="X-1", in_transit=True, doc="XS-7", **base)
        came = world.event(Receipt, site="X-1", source="P-1", transfer=sent.id, **base)
        for event in (sent, came) if first == "sent" else (came, sent):
            world.put(event)
            assert ledger.completion(CASE) == world.from_nothing()
        assert ledger.completion(CASE).rows[0].distributed == before + 30
