"""Random records of several operators: lots of two origins and two names, and transfers that several logs tell, each in its own way."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from foodtrace import Ledger
from foodtrace.events import Alias, CertificateIssued, Event, Output, Portion, Receipt, Sale, Site, StockCount, Transfer, Transformation
from foodtrace.graph.edges import micros
from tests.recall.dispatched import AT, NOW, grams, hours

Story = list[tuple[str, Event]]
"""(letter of a log, event)."""
SITES: Final = {"P": "plant", "Q": "plant", "W": "warehouse", "X": "shop", "Y": "shop"}
LOGS: Final = "PQXW"
LOTS: Final = ("OP-P/L", "OP-Q/K", "06909999000012/B1", "WHO/L", "OP-P/M")
ASKED: Final = micros(NOW + dt.timedelta(days=1))


def story(rng: random.Random) -> Story:
    """Return some records; about one in three is a transfer that two or three logs tell."""
    kinds = ("born", "born", "move", "move", "move", "got", "sale", "alias", "make", "count", "told", "told", "told")
    return [each for n in range(rng.randint(4, 11)) for each in _record(rng, n, rng.choice(kinds))]


def _record(rng: random.Random, n: int, kind: str) -> Story:
    lot, other = rng.sample(LOTS, 2)
    here, there = rng.sample(sorted(SITES), 2)
    q, doc, day = grams(rng.choice([5, 10, 10, 40])), rng.choice(["D1", "D2", ""]), rng.choice(["instant", "instant", "day"])
    base: dict[str, Any] = {"id": f"e{n}", "at": hours(rng.choice([0, 1, 2, 3, 30, 60])), "site": here}
    if kind == "told":
        return _told(rng, base, lot, there)
    made: dict[str, Event] = {
        "born": CertificateIssued(**base, lot=lot, serial=f"s{n}", issuer=f"OP-{here}", product="奶粉", quantity=q),
        "move": Transfer(**base, to=there, lot=lot, quantity=q, doc=doc, in_transit=rng.random() < 0.4, precision=day),  # type: ignore[arg-type]
        "got": Receipt(**base, source=rng.choice([there, ""]), lot=lot, quantity=q, doc=doc, precision=day),  # type: ignore[arg-type]
        "sale": Sale(**base, lot=lot, quantity=q),
        "count": StockCount(**base, lot=lot, quantity=q),
        "alias": Alias(**base, lot=lot, alias=other),
        "make": Transformation(**base, kind="blend", inputs=(Portion(lot, q),), outputs=(Output(lot=other, quantity=q),)),
    }
    return [(rng.choice(LOGS), made[kind])]


def _told(rng: random.Random, base: dict[str, Any], lot: str, there: str) -> Story:
    made: Story = []
    for log in rng.sample(LOGS, rng.choice([2, 2, 3])):
        mine = {**base, "id": f"{base['id']}-{log}", "lot": lot, "quantity": grams(rng.choice([10, 10, 5, 40])), "doc": f"T{base['id']}"}
        mine["at"] = rng.choice([base["at"], hours(rng.choice([1, 2, 50]))])
        if rng.random() < 0.7:
            to = there if rng.random() < 0.85 else next(each for each in SITES if each not in (base["site"], there))
            made.append((log, Transfer(**mine, to=to, in_transit=rng.random() < 0.4)))
        else:
            made.append((log, Receipt(**{**mine, "site": there}, source=base["site"])))
    return made


def recorded(folder: Path, logs: Sequence[str], order: Story) -> Ledger:
    """Begin the logs in this order, then record events in theirs, a minute one after the other."""
    now = [micros(NOW)]
    folder.mkdir(parents=True)
    ledger = Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=lambda: now[0])
    for log in logs:
        ledger.init(f"log/OP-{log}", operator=f"OP-{log}")
    for site, kind in SITES.items():
        place = Site(id=f"s-{site}", at=AT, site=site, operator=f"OP-{site}", kind=kind, name=f"name {site}")  # type: ignore[arg-type]
        ledger.record([place], log=f"log/OP-{site if site in logs else 'P'}")
    for log, event in order:
        now[0] += 60_000_000
        ledger.record([event], log=f"log/OP-{log}")
    return ledger
