"""The fifteen small worlds of RECALL.md as data, written in the notation of :mod:`tests.recall.notation`.

Expected values stand as the table prints them: ``LW 40 [40,40,40]``, ``?`` after a possible holding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from foodtrace.events import Clause
from foodtrace.recall.facts import Case, ScopeVersion, Step
from foodtrace.recall.memory import MemoryFacts
from tests.recall.notation import NOTICE, OWN, Build, T, at, clauses


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
