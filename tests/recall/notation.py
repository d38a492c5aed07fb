"""The tiny notation in which goods' ways are written down for tests, and what reads it.

One statement a line; ``@d`` is a day, ``@2/3`` a departure on day 2 and an arrival on day 3. Lots are words, sites one letter::

    L:P 100 @1                  birth of lot L at P
    P->W L100 @2/3              a move, both sides on record
    P->W L100 @2 sent           dispatch only            W->Y L30 @4 received 28     the receipt says 28
    P->W L100 @2 got            receipt only             ?->Z L15 @3 got             receipt that names no source
    S->X 50 @3 unnamed          dispatch without lot: pseudo-lot ?1, ?2 ... in order
    X=>W L20 @8/9               recall return
    P: L30 + K70 = M100 @2      transformation
    X sells L25 @5              also: counts, loses, uses, destroys, seals, takes (a consumer brings back)
    L0 ~ L                      alias
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.flows import DELIVERED, UNNAMED, Flow, FlowKind, LotInfo, SiteInfo
from foodtrace.recall.memory import MemoryFacts
from foodtrace.recall.settings import DAY_LONG, Settings

BASE: Final = 1_767_225_600_000_000
"""2026-01-01T00:00Z, day 0 of every world."""
T: Final = 20
NOTICE: Final = 10
OWN: Final = "FT-OWN"
UNITS: Final = {"g": 0, "ml": 1, "piece": 2}
SETTINGS: Final = Settings(clock_slack=0)
_SITES: Final = {**dict.fromkeys("PQI", "plant"), **dict.fromkeys("XYZCD", "shop")}
_VERBS: Final = {
    "sells": FlowKind.SOLD,
    "counts": FlowKind.COUNT,
    "loses": FlowKind.LOST,
    "uses": FlowKind.USED,
    "destroys": FlowKind.DESTROYED,
    "seals": FlowKind.SEALED,
    "takes": FlowKind.CONSUMER_RETURN,
}


def at(day: float) -> int:
    """Microseconds of a day of the worlds."""
    return BASE + int(day * DAY_LONG)


def lot_id(name: str) -> str:
    """Full lot id of a word of the notation."""
    return name if name.startswith("?") else f"{OWN}/{name}"


def clauses(scope: str) -> tuple[Clause, ...]:
    """``L K`` lots, ``left S 5 6``, ``through S 4 6``; several joined by ``;``."""
    out: list[Clause] = []
    for part in scope.split(";"):
        words = part.split()
        if words[0] in {"left", "through"}:
            start, end = _when(words[2]), _when(words[3])
            out.append((LeftClause if words[0] == "left" else ThroughClause)(site=words[1], start=start, end=end))
        else:
            out.append(LotsClause(lots=tuple(lot_id(word) for word in words)))
    return tuple(out)


def _when(day: str) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at(float(day)))


class Build:
    """Flows of a text in the notation."""

    def __init__(self, records: str, *, units: dict[str, str] | None = None) -> None:
        self.units = units or {}
        self.lots: dict[str, int] = {}
        self.sites: dict[str, int] = {}
        self.flows: list[Flow] = []
        self.seq = 0
        self.unnamed = 0
        for line in records.strip().splitlines():
            if line.split("#")[0].strip():
                self.line(line.split("#")[0].strip())

    def lot(self, name: str) -> int:
        return self.lots.setdefault(name, 100 + len(self.lots))

    def site(self, name: str) -> int:
        return 0 if name == "?" else self.sites.setdefault(name, 1 + len(self.sites))

    def add(self, kind: int, lot: str, site: str, q: int, t: int, *, other: int = 0, pair: str = "", flags: int = 0, item: int = 0) -> None:
        unit = UNITS[self.units.get(lot, "g")]
        self.flows.append(
            Flow(kind, self.lot(lot), self.site(site), other, unit, q, t, t if abs(t) < 2**61 else at(T), 1, self.seq, item, pair, flags)
        )

    def line(self, line: str) -> None:
        self.seq += 1
        if found := re.fullmatch(r"(\w+) ~ (\w+)", line):
            self.add(FlowKind.ALIAS, found[1], "?", 0, at(0), other=self.lot(found[2]))
        elif found := re.fullmatch(r"(\w+):([A-Z]) ([0-9]+)(?: @([0-9.]+))?", line):
            self.add(FlowKind.BORN, found[1], found[2], int(found[3]), at(float(found[4] or 1)))
        elif found := re.fullmatch(
            r"([A-Z?])([-=])>([A-Z?]) (\S*?)([0-9]+) @([0-9.]+)(?:/([0-9.]+))?(?: (sent|got|unnamed|received [0-9]+))?", line
        ):
            self.move(found)
        elif found := re.fullmatch(r"([A-Z]): (.+) = (.+) @([0-9.]+)", line):
            for n, part in enumerate(found[2].split(" + ")):
                lot, q = _portion(part)
                self.add(FlowKind.CONSUMED, lot, found[1], q, at(float(found[4])), item=n)
            for n, part in enumerate(found[3].split(" + "), 1000):
                lot, q = _portion(part)
                self.add(FlowKind.PRODUCED, lot, found[1], q, at(float(found[4])), item=n)
        elif (found := re.fullmatch(r"([A-Z]) (\w+) (\S+) @([0-9.]+)", line)) and found[2] in _VERBS:
            lot, q = _portion(found[3])
            self.add(_VERBS[found[2]], lot, found[1], q, at(float(found[4])))
        else:
            raise ValueError(line)

    def move(self, found: re.Match[str]) -> None:
        kind = FlowKind.RETURN if found[2] == "=" else FlowKind.DISPATCH
        source, target, q, how = found[1], found[3], int(found[5]), found[8] or ""
        out, into = at(float(found[6])), at(float(found[7] or found[6]))
        lot, pair = found[4], f"T{self.seq}"
        if how == "unnamed":
            self.unnamed += 1
            self.add(kind, f"?{self.unnamed}", source, q, out, other=self.site(target), pair=pair, flags=UNNAMED | DELIVERED)
            return
        if how != "got":
            self.add(kind, lot, source, q, out, other=self.site(target), pair=pair)
        if how != "sent":
            got = int(how.split()[1]) if how.startswith("received") else q
            self.add(FlowKind.RECEIPT, lot, target, got, into, other=self.site(source), pair=pair, item=1)

    def facts(self, now: float = T) -> MemoryFacts:
        lots = [LotInfo(lot=number, text=lot_id(name), product="goods", producer=OWN) for name, number in self.lots.items()]
        sites = [
            SiteInfo(
                site=n, text=name, kind=_SITES.get(name, "distributor"), operator=OWN if name in "PQI" else f"FT-{name}", last_entry=at(T)
            )
            for name, n in self.sites.items()
        ]
        return MemoryFacts(self.flows, lots=lots, sites=sites, now=at(now))


def _portion(text: str) -> tuple[str, int]:
    """Split ``L30``; a lot word may end in a digit when a ``*`` separates (``L0*925``)."""
    found = re.fullmatch(r"(\w+)\*([0-9]+)|([A-Z]+)([0-9]+)", text.strip())
    if found is None:
        raise ValueError(text)
    return (found[1], int(found[2])) if found[1] else (found[3], int(found[4]))
