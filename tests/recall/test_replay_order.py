"""Replay of the events' logs in random order gives the same answers by text (RECALL section 8, law 1).

One world is told by several logs. Each log is cut into batches at random, the batches of all logs are interleaved at random, some
are sent twice, and everything is recorded into a fresh ledger, where names get other numbers. A party that pulls the logs in another
order, or loses and repeats a transmission, must not see another shop on its list. Keys and sealing times are those of the first
telling: they are part of what a log says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foodtrace.keyfiles
from foodtrace import Ledger, Quantity
from foodtrace.errors import NotFound
from foodtrace.events import (
    Alias,
    CertificateIssued,
    ConsumerReturn,
    Correction,
    Event,
    LeftClause,
    Loss,
    Notice,
    Output,
    Portion,
    RecallOpened,
    RecallWidened,
    Receipt,
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
from foodtrace.operations.reconciling import reconcile
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import load_case

AT: Final = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW: Final = AT + dt.timedelta(days=12)
LOGS: Final = {"a/F-1": "F-1", "b/P-1": "P-1", "c/X-1": "X-1"}
SITES: Final = {"F-1": "farm", "P-1": "plant", "D-1": "market", "X-1": "shop", "Y-1": "restaurant"}
LOTS: Final = ("F-1/L", "F-1/K", "P-1/M", "P-1/N", "F-1/L0")
CASE: Final = "2026-0001"

Told = list[tuple[int, Event]]
"""What one log says: when each event was sealed, and the event."""


@pytest.fixture(autouse=True)
def _same_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a log follows from its origin: the leaf hashes that corrections name are then the same in every telling."""

    def create(directory: str | Path, name: str, passphrase: str | None = None) -> Any:
        return foodtrace.keyfiles.save(directory, name, hashlib.sha256(name.encode()).digest(), passphrase)

    monkeypatch.setattr(foodtrace.keyfiles, "create", create)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = micros(AT)

    def __call__(self) -> int:
        return self.now


def opened(folder: Path, clock: Clock) -> Ledger:
    return Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=clock)


def hour(rng: random.Random) -> dt.datetime:
    # Few moments and many ties: where nothing but the order of arrival could tell two entries apart, it must not.
    return AT + dt.timedelta(hours=rng.choice([0, 1, 1, 2, 3, 5, 8, 13, 30, 60]))


def anything(rng: random.Random, name: str) -> Event:  # noqa: PLR0911 - one return for every kind of record
    """Return a random record of the world."""
    lot, other = rng.sample(LOTS, 2)
    here, there = rng.sample(sorted(SITES), 2)
    base: dict[str, Any] = {"id": name, "at": hour(rng), "site": here, "precision": rng.choice(["instant", "instant", "day", "unknown"])}
    q = Quantity(rng.randint(1, 50), "g")
    kind = rng.choice(["birth", "move", "move", "move", "dispatch", "receipt", "unnamed", "blend", "blend", "alias", "out", "count", "doc"])
    if kind == "birth":
        return CertificateIssued(**base, lot=lot, serial=name, issuer=here, product=rng.choice(["芹菜", "菠菜"]), quantity=q)
    if kind == "move":
        return Transfer(**base, lot=lot, product="芹菜", quantity=q, to=there)
    if kind in ("dispatch", "doc"):
        return Transfer(**base, lot=lot, quantity=q, to=there, in_transit=True, doc=f"D{rng.randint(1, 4)}")
    if kind == "receipt":
        return Receipt(**base, lot=lot, quantity=q, source=there, doc=f"D{rng.randint(1, 4)}")
    if kind == "unnamed":
        return Transfer(**base, product="芹菜", quantity=q, to=there)
    if kind == "blend":
        made = Output(lot=other, quantity=Quantity(rng.randint(1, 90), rng.choice(["g", "g", "ml"])), product=rng.choice(["芹菜", "馅"]))
        taken = tuple(Portion(each, q) for each in dict.fromkeys((lot, rng.choice(LOTS))))
        return Transformation(**base, kind=rng.choice(["blend", "repack", "renumber", "rework"]), inputs=taken, outputs=(made,))
    if kind == "alias":
        return Alias(**base, lot="F-1/L", alias="F-1/L0")
    if kind == "count":
        return StockCount(**base, lot=lot, quantity=q)
    out = rng.choice([Sale, Loss, ConsumerReturn])
    return out(**base, lot=lot, quantity=q)


def case_events(rng: random.Random) -> list[Event]:
    """A recall that is opened and widened, and what people did about it."""
    at = AT + dt.timedelta(days=3)
    later = at + dt.timedelta(hours=5)
    scope = (LotsClause(lots=("F-1/L",)),)
    made: list[Event] = [
        RecallOpened(id="open", at=at, site="F-1", case=CASE, scope=scope, level=1, reason="x", producer="F-1", known=at),
        RecallWidened(id="wide", at=later, site="F-1", case=CASE, version=2, scope=(LotsClause(lots=("P-1/N",)),), reason="y"),
    ]
    for place in rng.sample(sorted(SITES), 3):
        made.append(Notice(id=f"n-{place}", at=later, site="F-1", case=CASE, to=place, delivered=later))
        held: dict[str, Any] = {"site": place, "case": CASE, "lot": "F-1/L", "quantity": Quantity(rng.randint(1, 9), "g")}
        made.append(Sealing(id=f"seal-{place}", at=later + dt.timedelta(hours=2), **held))
        made.append(Returned(id=f"r-{place}", at=later + dt.timedelta(days=1), to="F-1" if place != "F-1" else "P-1", **held))
    return made


def tell(rng: random.Random, folder: Path) -> tuple[dict[str, Told], dict[str, str]]:
    """Record a random world for the first time: what each log says, and the answers."""
    clock = Clock()
    told: dict[str, Told] = {log: [] for log in LOGS}
    with opened(folder, clock) as ledger:
        for log, operator in LOGS.items():
            ledger.init(log, operator=operator)
        last = dict.fromkeys(LOGS, clock.now)

        def say(log: str, *events: Event) -> None:
            clock.now += rng.choice([0, 0, 1_000_000, 3_600_000_000])
            if clock.now == last[log]:
                clock.now += 1  # two logs may write in one moment, one log has a later one for each batch
            last[log] = clock.now
            ledger.record(list(events), log=log)
            told[log] += [(clock.now, event) for event in events]

        say("a/F-1", *(Site(id=f"s-{s}", at=AT, site=s, operator=s, kind=k, name=f"name {s}") for s, k in SITES.items()))  # type: ignore[arg-type]
        world = [anything(rng, f"e{n}") for n in range(rng.randint(8, 30))] + case_events(rng)
        for event in world:
            log = rng.choice(sorted(LOGS))
            say(log, event)
            if rng.random() < 0.15:
                twin = msgspec.structs.replace(event, by="7") if rng.random() < 0.5 else event
                say(rng.choice(sorted(LOGS.keys() - {log})), twin)
            if rng.random() < 0.15:
                said = correction(rng, ledger, told, f"x-{event.id}")
                say(rng.choice(sorted({*LOGS} - {said.log})), said)
        clock.now = micros(NOW)
        return told, answers(ledger)


def correction(rng: random.Random, ledger: Ledger, told: dict[str, Told], name: str) -> Correction:
    """Correct some entry of some log, with standing or without; named with its log, so that it may travel ahead of it."""
    log = rng.choice([each for each, said in told.items() if said])
    place = rng.randrange(len(told[log]))
    while isinstance(told[log][place][1], Correction):
        place -= 1
        if place < 0:
            log, place = "a/F-1", 0
    seq, event = place + 1, told[log][place][1]
    with ledger.reading() as session:
        row = session.row("SELECT e.leaf FROM entry e JOIN log l ON l.id = e.log WHERE l.origin = ? AND e.seq = ?", (log, seq))
    assert row is not None
    change = rng.random() < 0.5 and "quantity" in event.__struct_fields__
    new: Any = msgspec.structs.replace(event, quantity=Quantity(rng.randint(1, 50), "g")) if change else None
    return Correction(
        id=name, at=NOW, site=event.site, seq=seq, leaf=bytes(row[0]).hex(), log=log,
        reason="incorrect_data" if change else "did_not_occur", replacement=new,
    )  # fmt: skip


def batches(rng: random.Random, said: Told) -> Iterator[tuple[int, list[Event]]]:
    """Cut a log into its batches, each of which has a sealing time of its own; some are sent twice."""
    batch: list[Event] = []
    for place, (t, event) in enumerate(said):
        batch.append(event)
        if place + 1 == len(said) or said[place + 1][0] != t:
            yield t, batch
            if rng.random() < 0.2:
                yield t, batch
            batch = []


def replay(rng: random.Random, folder: Path, told: dict[str, Told]) -> dict[str, str]:
    """Record the same logs into a fresh ledger, interleaved at random, and return its answers."""
    clock = Clock()
    waiting = {log: list(batches(rng, said)) for log, said in told.items()}
    with opened(folder, clock) as ledger:
        for log in rng.sample(sorted(LOGS), len(LOGS)):
            clock.now = micros(AT)
            ledger.init(log, operator=LOGS[log])
        while any(waiting.values()):
            log = rng.choice([each for each, left in waiting.items() if left])
            for _ in range(min(len(waiting[log]), rng.choice([1, 1, 3, 20]))):
                clock.now, events = waiting[log].pop(0)
                ledger.record(events, log=log)
        clock.now = micros(NOW)
        return answers(ledger)


def answers(ledger: Ledger) -> dict[str, str]:
    """Return what people ask, as JSON text; positions are left out: they say when, not what."""
    window = (AT + dt.timedelta(hours=1), AT + dt.timedelta(hours=8))
    scopes: dict[str, Any] = {
        "left": (LeftClause(site="P-1", start=window[0], end=window[1]),),
        "through": (ThroughClause(site="D-1", start=window[0], end=window[1]),),
    }
    with ledger.reading() as session:
        now = micros(NOW)
        known = [lot for lot in LOTS if session.row("SELECT 1 FROM name WHERE text = ?", (lot,))]
        found: dict[str, Any] = {lot: recall(session, lot, now=now) for lot in known}
        found |= {name: recall(session, (), now=now, scope=scope) for name, scope in scopes.items()}
        found["several"] = recall(session, known, now=now)
        found["early"] = recall(session, "F-1/L", now=micros(AT + dt.timedelta(hours=5)))
        with suppress(NotFound):  # its opening was taken back
            case = load_case(session, CASE)
            found["case"] = recall(session, (), now=now, case=case)
            found["then"] = recall(session, (), now=now, case=case, recorded_until=micros(AT + dt.timedelta(hours=20)))
        made = {name: msgspec.json.encode(msgspec.structs.replace(each, positions=())).decode() for name, each in found.items()}
        made["books"] = msgspec.json.encode(reconcile(session, now=now)).decode()
        return made


@given(seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_replay_in_any_order_gives_the_same_answers(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folders = [Path(name) / str(n) for n in range(3)]
        for folder in folders:
            folder.mkdir(mode=0o700)
        told, first = tell(rng, folders[0])
        for folder in folders[1:]:
            assert replay(rng, folder, told) == first
