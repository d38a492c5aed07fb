"""The fifteen small worlds of RECALL.md as data, and the tiny notation they are written in.

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

Expected values stand as the table prints them: ``LW 40 [40,40,40]``, ``?`` after a possible holding.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.flows import DELIVERED, UNNAMED, Flow, FlowKind, LotInfo, SiteInfo
from foodtrace.recall.facts import Case, ScopeVersion, Step
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
_LOT: Final = r"(?P<lot>[A-Z]+[0-9]?(?=[0-9 ]|$)|)"


def at(day: float) -> int:
    """Microseconds of a day of the worlds."""
    return BASE + int(day * DAY_LONG)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """One world and what the table expects of it."""

    name: str
    records: str
    now: str
    """Holdings ``LW 40 [40,40,40]``; without brackets the table gives no bounds: all three equal the quantity in a lot scope."""
    empty: str = ""
    """Empty plant holdings the table omits."""
    outlets: str
    findings: tuple[str, ...] = ()
    """``kind holding``, ``kind lot`` or ``kind site``."""
    figures: tuple[int, int, int]
    """D, B, sold before notice."""
    over: str = ""
    """``LX 5``: the column "over" of the identity."""
    unaccounted: str = ""
    travelling: str = ""
    scope: str = "L"
    """A lot, or ``left S 5 6``, or ``through S 4 6``."""
    units: dict[str, str] = {}

    @property
    def expected(self) -> dict[str, tuple[str, int, tuple[int, int, int] | None]]:
        """Holding -> (link, quantity now, bounds if the table gives them); the empty plant holdings included."""
        out: dict[str, tuple[str, int, tuple[int, int, int] | None]] = dict.fromkeys(self.empty.split(), ("confirmed", 0, (0, 0, 0)))
        for name, possible, q, bounds in re.findall(r"(\??[A-Z]+[0-9]?[A-Z]|\?[0-9]+[A-Z])(\??) ([0-9]+)(?: \[([0-9,]+)\])?", self.now):
            three = tuple(int(x) for x in bounds.split(",")) if bounds else None
            out[name] = ("possible" if possible else "confirmed", int(q), three)  # type: ignore[assignment]  # three numbers or none
        return out

    def clauses(self) -> tuple[Clause, ...]:
        return clauses(self.scope)

    def facts(self, now: float = T) -> MemoryFacts:
        return Build(self.records, units=self.units).facts(now)

    def case(self, facts: MemoryFacts, sites: Iterable[str]) -> Case:
        """The case: known, opened and published on day 10, notices to these sites delivered on day 10."""
        steps = tuple(
            Step(kind="notice", site=facts.site(name) or 0, at=at(NOTICE), recorded=at(NOTICE), delivered=at(NOTICE))
            for name in sorted(sites)
        )
        version = ScopeVersion(version=1, clauses=self.clauses(), at=at(NOTICE))
        return Case(
            case="W",
            versions=(version,),
            level=1,
            reason="-",
            opened=at(NOTICE),
            known=at(NOTICE),
            published=at(NOTICE),
            operator=OWN,
            steps=steps,
        )


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


WORLDS: Final = (
    World(
        name="1 chain",
        records="""
            L:P 100
            P->W L100 @2/3
            W->X L60 @4
            X sells L25 @5""",
        now="LW 40 [40,40,40], LX 35 [35,35,35]",
        empty="LP",
        outlets="X",
        figures=(100, 75, 25),
    ),
    World(
        name="2 blend",
        records="""
            L:P 30
            K:P 70
            P: L30 + K70 = M100 @2
            P->X M40 @3
            P->Y M60 @3""",
        now="MX 40 [0,12,30], MY 60 [0,18,30]",
        empty="LP MP",
        outlets="X Y",
        figures=(100, 100, 0),
    ),
    World(
        name="3 two origins",
        records="""
            L:P 50
            K:Q 50
            P: L50 = M50 @2
            Q: K50 = M50 @2
            P->X M50 @3
            Q->Y M50 @3""",
        now="MX 50 [50,50,50], MQ? 0 [0,0,0], MY? 50 [0,0,50]",
        empty="LP MP",
        outlets="X Y",
        findings=("several_origins M", "same_lot_no_path MQ", "same_lot_no_path MY"),
        figures=(100, 100, 0),
    ),
    World(
        name="4 left",
        scope="left S 5 6",
        records="""
            L:P 100
            P->S L100 @2
            S->A L30 @4
            A->C L10 @5
            S->B L30 @6
            C->D L4 @7
            B->C L5 @8
            C sells L6 @9""",
        now="LB 25 [25,25,25], LC 5 [0,2,5]",
        outlets="C",
        figures=(36, 30, 6),
    ),
    World(
        name="5 through",
        scope="through S 4 6",
        records="""
            L:P 90
            K:P 50
            P->S L90 @2
            S->X L40 @3
            P->S K50 @7
            S->Y L20 @8
            S->Z K50 @9""",
        now="LS 30 [30,30,30], LY 20 [20,20,20]",
        outlets="Y",
        figures=(50, 50, 0),
    ),
    World(
        name="6 return loop",
        scope="left X 5 5",
        records="""
            L:P 100
            P->W L100 @2
            W->X L60 @3
            X->W L20 @5
            W->Y L30 @6""",
        now="LW 30 [0,10,20], LY 30 [0,10,20]",
        outlets="Y",
        figures=(60, 60, 0),
    ),
    World(
        name="7 lost truck",
        records="""
            L:P 100
            P->W L100 @2
            W->X L20 @4 sent""",
        now="LW 80 [80,80,80], LX 0 [0,0,0]",
        empty="LP",
        outlets="X",
        findings=("not_received LX",),
        figures=(100, 100, 0),
        travelling="LX 20",
    ),
    World(
        name="8 no source",
        records="""
            L:P 100
            P->X L40 @2
            ?->Z L15 @3 got
            Z sells L5 @4""",
        now="LP 60, LX 40, LZ? 10 [10,10,10]",
        outlets="X Z",
        findings=("source_missing LZ", "same_lot_no_path LZ"),
        figures=(55, 50, 5),
    ),
    World(
        name="9 mixed stall",
        records="""
            L:P 40
            K:P 60
            P->S L40 @2
            P->S K60 @2
            S->X 50 @3 unnamed""",
        now="LS 40 [40,40,40], ?1X? 50 [0,20,40]",
        empty="LP",
        outlets="X",
        findings=("lot_missing S", "mixed_stall S"),
        figures=(40, 40, 0),
    ),
    World(
        name="10 alias, renumber",
        records="""
            L:I 1000
            L0 ~ L
            I: L0*925 = N925 @2
            I->X N925 @3""",
        now="LI 75, NX 925 [925,925,925]",
        empty="NI",
        outlets="X",
        figures=(925, 925, 0),
    ),
    World(
        name="11 rework loop",
        records="""
            L:P 100
            K:P 90
            P: L100 = M100 @2
            P: M10 + K90 = N100 @3
            P: N20 = M20 @4
            P->X M110 @5
            P->Y N80 @5""",
        now="MX 110 [90,92,100], NY 80 [0,8,10]",
        empty="LP MP NP",
        outlets="X Y",
        findings=("several_origins M",),
        figures=(190, 190, 0),
    ),
    World(
        name="12 milk",
        records="""
            L:P 100000
            K:P 900000
            P: L100000 + K900000 = M125000 @2
            P->X M50000 @3
            P->Y M75000 @3""",
        units={"L": "ml", "K": "ml"},
        now="MX 50000 [0,5000,12500], MY 75000 [0,7500,12500]",
        empty="LP MP",
        outlets="X Y",
        figures=(125_000, 125_000, 0),
    ),
    World(
        name="13 shrink",
        records="""
            L:P 100
            K:P 100
            P: L100 + K100 = M150 @2
            P->X M150 @3""",
        now="MX 150 [50,75,100]",
        empty="LP MP",
        outlets="X",
        figures=(150, 150, 0),
    ),
    World(
        name="14 oversold",
        records="""
            L:P 100
            P->X L10 @2
            X sells L15 @3
            P->Y L30 @4 received 28
            Y counts L20 @6""",
        now="LP 60, LX 0, LY 20",
        outlets="X Y",
        findings=("unexplained_stock LX", "quantity_differs LY", "unaccounted LY"),
        figures=(45, 30, 15),
        over="LX 5",
        unaccounted="LY 8",
    ),
    World(
        name="15 undone, before",
        records="""
            L:P 100
            P->X L10 @2
            P->Y L10 @3""",
        now="LP 80, LX 10, LY 10",
        outlets="X Y",
        figures=(20, 20, 0),
    ),
    World(
        name="15 undone, after",
        records="""
            L:P 100
            P->X L10 @2""",
        now="LP 90, LX 10",
        outlets="X",
        figures=(10, 10, 0),
    ),
)
"""The table of RECALL.md, top to bottom; world 15 stands twice, before and after the correction."""

CANS: Final = """
    L:P 1000
    P->W L900 @1
    W->X L300 @2
    W->Y L200 @2
    W->Z L150 @3/7
    X sells L120 @4
    Y sells L80 @4
    X sells L10 @6
    X takes L15 @6
    Z seals L150 @7
    X=>W L185 @8/9
    W=>P L435 @10
    P destroys L400 @12"""
"""The cans of RECALL section 5: opened and noticed on day 5, Y never answers. Read with ``units={"L": "piece"}``."""
