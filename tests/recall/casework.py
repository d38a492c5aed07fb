"""A small trade on a real ledger, told in days: who sends what to whom, and a recall case on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Event, FormulaBatch, Portion, Receipt, Refusal, Sale, Site, StockCount, Transfer
from foodtrace.events.canonical import decode
from foodtrace.graph.edges import micros
from foodtrace.operations import cases
from foodtrace.operations.common import Doing, Outcome
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.cases import load_case
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

CHINA = dt.timezone(dt.timedelta(hours=8))
DAY0 = dt.datetime(2026, 3, 2, 9, tzinfo=CHINA)
"""A Monday; the weeks after it have no holiday until 4 April."""
SITES = {"P": "farm", "Q": "farm", "W": "warehouse", "F": "plant", "X": "shop", "Y": "shop", "Z": "shop"}


def day(number: float) -> dt.datetime:
    return DAY0 + dt.timedelta(days=number)


def kg(number: int) -> Quantity:
    return Quantity(number * 1000, "g")


def own_rules(folder: Path, said: str = "", **fields: str) -> Path:
    """Write a rule pack of one's own; return the folder to open a ledger with.

    :param said: tables, and fields given as TOML. :param fields: such as ``id="city"``, in place of the usual ones.
    """
    rules = folder / "rules"
    (rules / "recall").mkdir(parents=True, exist_ok=True)
    usual = {"id": '"city-2020"', "title": '"市里的规定"', "effective_from": "2020-01-01", "source": '"the city"', "verified": "true"}
    lines = [f"{name} = {value}" for name, value in ({"extends": '"cn-recall-2015"'} | usual | fields).items()]
    (rules / "recall" / "city.toml").write_text("\n".join([*lines, said]), encoding="utf-8")
    return rules


class World:
    """One ledger; its clock stands where the test puts it."""

    def __init__(self, url: str, keys: Path, *, log: str | None = None, rules: Path | None = None) -> None:
        self.now = DAY0
        self.ledger = Ledger.open(url, keys=keys, clock=lambda: micros(self.now), log=log, rules=rules)
        self.number = 0
        self.default: str | None = None
        """Log in which records stand that name none; none: the only one."""

    def name(self) -> str:
        self.number += 1
        return f"e{self.number}"

    def put(self, *events: Event, log: str | None = None) -> None:
        self.ledger.record(events, log=log or self.default, confirm_clock=True)

    def sites(self, **kinds: str) -> World:
        for name, kind in (kinds or SITES).items():
            self.put(Site(id=f"site-{name}", at=self.now, site=name, operator=f"OP-{name}", kind=kind, name=f"{name}-name"))  # type: ignore[arg-type]
        return self

    def born(self, lot: str, at: str, quantity: int, product: str = "芹菜", **more: Any) -> World:
        self.put(
            CertificateIssued(
                id=self.name(),
                at=self.now,
                site=at,
                lot=f"OP-{at}/{lot}",
                serial=lot,
                issuer=f"OP-{at}",
                product=product,
                quantity=kg(quantity),
                **more,
            )
        )
        return self

    def move(self, lot: str, source: str, to: str, quantity: int) -> World:
        self.put(Transfer(id=self.name(), at=self.now, site=source, to=to, lot=lot, quantity=kg(quantity)))
        return self

    def got(self, lot: str, at: str, quantity: int, source: str = "") -> World:
        self.put(Receipt(id=self.name(), at=self.now, site=at, lot=lot, quantity=kg(quantity), source=source))
        return self

    def keeping(self, *sites: str) -> World:
        """Let sites keep books, of other goods, so that they are believed to keep them of these: what the records say is there is known."""
        self.put(*(StockCount(id=self.name(), at=self.now, site=each, lot="OP-P/BOOKS", quantity=kg(1)) for each in sites))
        return self

    def sell(self, lot: str, at: str, quantity: int) -> World:
        self.put(Sale(id=self.name(), at=self.now, site=at, lot=lot, quantity=kg(quantity)))
        return self

    def batch(self, lot: str, at: str, cans: int, inputs: dict[str, int], **more: Any) -> World:
        taken = tuple(Portion(each, kg(quantity)) for each, quantity in inputs.items())
        self.put(
            FormulaBatch(
                id=self.name(), at=self.now, site=at, lot=lot, product="小北1段", quantity=Quantity(cans, "piece"), inputs=taken, **more
            )
        )
        return self

    def at(self, number: float) -> World:
        self.now = day(number)
        return self

    def do(self, operation: Callable[..., Outcome], *given: Any, by: str = "7", log: str | None = None, **more: Any) -> Any:
        """Carry an operation out in a transaction; return its answer."""
        doing = Doing(now=self.now, by=by)
        return self.ledger.act(lambda session: operation(session, doing, *given, **more), log=log)[1]

    def open(self, *lots: str, level: int = 2, **more: Any) -> str:
        more.setdefault("again", True)  # stories open the same case twice on purpose
        return str(self.do(cases.open_case, list(lots), level=level, known=self.now, reason="x", **more).case)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.ledger.reading() as session:
            yield session

    def case(self, case: str) -> Case:
        with self.read() as session:
            return load_case(session, case, until=micros(self.now))

    def answer(self, case: str) -> Answer:
        with self.read() as session:
            now, told = micros(self.now), load_case(session, case, until=micros(self.now))
            chosen = for_case(told, session.rules)
            return chosen.named(recall(session, (), now=now, case=told, settings=chosen.settings))

    def refusals(self) -> list[Refusal]:
        with self.read() as session:
            events = [decode(event_bytes(bytes(row[0]))) for row in session.rows("SELECT bytes FROM entry ORDER BY log, seq")]
        return [event for event in events if isinstance(event, Refusal)]


def chain(world: World) -> World:
    """L: P 100 kg -> W -> X 60, Y 30."""
    world.sites().born("L", "P", 100)
    world.at(1).move("OP-P/L", "P", "W", 100)
    return world.at(2).move("OP-P/L", "W", "X", 60).move("OP-P/L", "W", "Y", 30)
