"""A small trade as it is typed: records handed over in a file, and commands by the clock of a day."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

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
    Transfer,
    Transformation,
)
from foodtrace.events.canonical import encode
from foodtrace.events.case import LotsClause
from foodtrace.quantity import Quantity
from foodtrace.texts import text
from tests.cli.inside import Inside

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
