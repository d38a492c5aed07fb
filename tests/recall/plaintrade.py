"""Trade in whole lots and what is odd in it, drawn by a seed and put on record in two logs."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from pathlib import Path
from typing import Any, Final

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Alias,
    CertificateIssued,
    ConsumerReturn,
    Event,
    Loss,
    MarketEntry,
    Output,
    Portion,
    Receipt,
    Returned,
    Sale,
    Sealing,
    Site,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros

AT: Final = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW: Final = AT + dt.timedelta(days=12)
SITES: Final = {
    "F-1": "farm", "P-1": "plant", "P-2": "plant", "D-1": "distributor", "D-2": "distributor", "X-1": "shop", "Y-1": "restaurant",
    "Z-1": "shop", "U-1": "",
}  # fmt: skip
"""U-1 is on no record of its own: goods go there all the same."""
LOTS: Final = ("F-1/L", "F-1/K", "P-1/M", "P-1/N", "P-2/O")
LOGS: Final = ("a/F-1", "b/P-1")


class Clock:
    """A clock that stands where it is put."""

    now = micros(AT)

    def __call__(self) -> int:
        return self.now


def opened(folder: Path, clock: Clock, url: str = "") -> Ledger:
    """Open an empty ledger: a file in the folder, or a schema of its own at the URL of a PostgreSQL."""
    schema = f"w{uuid.uuid4().hex}" if url else None
    return Ledger.open(url or f"sqlite:///{folder}/x.db", schema=schema, keys=folder / "keys", clock=clock)


def begun(ledger: Ledger) -> None:
    for log in LOGS:
        ledger.init(log, operator=log[2:])
    sites = [
        Site(id=f"s-{s}", at=AT, site=s, operator="P-1" if s.startswith("P") else s, kind=k, name=f"name {s}")  # type: ignore[arg-type]
        for s, k in SITES.items()
        if k
    ]
    ledger.record(sites, log=LOGS[0], personal={"s-X-1": {"phone": "0451-555-0101"}})


def grams(rng: random.Random) -> Quantity:
    return Quantity(rng.choice([0, 1, 5, 10, 10, 20, 40, 100]), "g")


def plain(rng: random.Random, name: str, lots: tuple[str, ...] = LOTS) -> list[Event]:  # noqa: PLR0911 - one return a kind
    """Return a random record, or the two sides of one, as a good city would make it."""
    lot, other = rng.sample(lots, 2)
    here, there = rng.sample(sorted(SITES), 2)
    at = AT + dt.timedelta(hours=rng.choice([0, 1, 1, 2, 3, 5, 8, 13, 30, 60, 100, 400]))
    base: dict[str, Any] = {"id": name, "at": at, "site": here}
    q = grams(rng)
    kind = rng.choice(["birth", "gate", "scan", "scan", "scan", "scan", "two", "two", "sent", "got", "nowhere", "blend", "sell", "sell",
                       "count", "lose", "destroyed", "number", "nameless"])  # fmt: skip
    if kind == "birth":
        return [CertificateIssued(**base, lot=lot, serial=name, issuer=here, product=rng.choice(["芹菜", "菠菜"]), quantity=q)]
    if kind == "gate":
        source = rng.choice(["F-1", ""])
        return [MarketEntry(**base, decision="admitted", lot=lot, product="芹菜", quantity=q, source=source, certified=bool(source))]
    if kind == "nameless":
        product = rng.choice(["芹菜", "菠菜", "豆角", "豆角", "萝卜", ""])
        return [Transfer(**base, product=product, quantity=q, to=there, in_transit=rng.random() < 0.5, doc=f"D{rng.randint(1, 9)}")]
    if kind == "scan":
        return [Transfer(**base, lot=lot, quantity=q, to=there)]
    if kind == "two":
        arrives = at + dt.timedelta(hours=rng.choice([0, 1, -1, 30]))
        got = q if rng.random() < 0.7 else grams(rng)
        return [
            Transfer(**base, lot=lot, quantity=q, to=rng.choice([there, there, ""]), in_transit=True, transfer=name),
            Receipt(id=f"r{name}", at=arrives, site=there, lot=lot, quantity=got, source=rng.choice([here, here, ""]), transfer=name),
        ]
    if kind == "sent":
        return [Transfer(**base, lot=lot, quantity=q, to=there, in_transit=True)]
    if kind == "got":
        return [Receipt(**base, lot=lot, quantity=q, source=rng.choice([there, ""]))]
    if kind == "nowhere":
        return [Transfer(**base, lot=lot, quantity=q, to="")]
    if kind == "blend":
        made = tuple(Output(lot=each, quantity=grams(rng), product="馅") for each in {other, rng.choice(lots)} - {lot})
        loss = Quantity(1, "g") if rng.random() < 0.3 else None
        return [Transformation(**base, kind="blend", inputs=(Portion(lot, q),), outputs=made, loss=loss)]
    if kind == "count":
        return [StockCount(**base, lot=lot, quantity=q)]
    if kind == "number":
        base |= {"lot": lot, "quantity": q, "doc": f"D{rng.randint(1, 3)}"}
        scan = Transfer(**base, to=there, in_transit=rng.random() < 0.5)
        return [rng.choice([scan, Receipt(**base, source=there if rng.random() < 0.5 else "")])]
    if kind == "lose":
        return [Loss(**base, lot=lot, quantity=q, reason=rng.choice(["lost", "sample", "used"]))]
    return [Sale(**base, lot=lot, quantity=q)]


def papers(rng: random.Random, name: str, lots: tuple[str, ...] = LOTS) -> list[Event]:
    """Return the sender's and the receiver's papers of one transfer, which name one lot or two, seldom the same."""
    here, there = rng.sample(sorted(SITES), 2)
    hour = rng.choice([1, 2, 3, 8, 30, 60])
    base: dict[str, Any] = {"at": AT + dt.timedelta(hours=hour), "doc": f"P{rng.randint(1, 2)}{name[0]}"}
    sent = rng.sample(lots, rng.choice([1, 1, 1, 2]))
    came = rng.sample(lots, rng.choice([1, 1, 1, 2]))
    moves: list[Event] = [
        Transfer(**base, id=f"{name}s{n}", site=here, to=there, lot=lot, quantity=grams(rng), in_transit=rng.random() < 0.7)
        for n, lot in enumerate(sent)
    ]
    if rng.random() < 0.7:
        late = base | {"at": base["at"] + dt.timedelta(hours=rng.choice([0, 1, 30]))}
        return [
            *moves,
            *(Receipt(**late, id=f"{name}r{n}", site=there, source=here, lot=lot, quantity=grams(rng)) for n, lot in enumerate(came)),
        ]
    return [*moves, *(Transfer(**base, id=f"{name}r{n}", site=here, to=there, lot=lot, quantity=grams(rng)) for n, lot in enumerate(came))]


def odd(rng: random.Random, name: str) -> Event:
    """Return a record that is not plain."""
    return rng.choice(list(ODD.values()))(name, AT + dt.timedelta(hours=rng.choice([1, 2, 30])))


def born(name: str, lot: str) -> list[Event]:
    base: dict[str, Any] = {"at": AT, "site": "F-1", "lot": lot}
    certificate = CertificateIssued(**base, id=name, serial=name, issuer="F-1", product="芹菜", quantity=Quantity(1000, "g"))
    moves = [Transfer(**base, id=f"{name}{n}", to=to, quantity=Quantity(60, "g")) for n, to in enumerate(("P-1", "D-1"))]
    return [certificate, *moves]


ODD: Final[dict[str, Any]] = {
    "day": lambda name, at: Sale(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "g"), precision="day"),
    "unknown time": lambda name, at: Sale(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "g"), precision="unknown"),
    "another unit": lambda name, at: Sale(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "piece")),
    "sealed": lambda name, at: Sealing(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "g"), case="2026-0009"),
    "returned": lambda name, at: Returned(id=name, at=at, site="X-1", to="F-1", lot="F-1/L", quantity=Quantity(1, "g"), case="2026-0009"),
    "brought back": lambda name, at: ConsumerReturn(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "g")),
    "received sealed": lambda name, at: Receipt(id=name, at=at, site="X-1", lot="F-1/L", quantity=Quantity(1, "g"), sealed=True),
    "another name": lambda name, at: Alias(id=name, at=at, site="F-1", lot="F-1/L", alias="F-1/L0"),
    "the same code": lambda name, at: Transfer(id=name, at=at, site="X-1", to="Y-1", lot="Q-9/L", quantity=Quantity(1, "g")),
    "without lot": lambda name, at: Transfer(id=name, at=at, site="F-1", to="Y-1", product="芹菜", quantity=Quantity(1, "g")),
    "more than certified": lambda name, at: Transfer(id=name, at=at, site="F-1", to="Y-1", lot="F-1/L", quantity=Quantity(5000, "g")),
}
"""What is not plain, each about the lot ``F-1/L``."""
