"""Every door says the same of one lot at one site at one moment: ask, receipt, till, gate, scan, stop list, public page, and the list.

The gate, a scanned code, the stop list and the public page know a lot and no site: they agree among themselves, and none of them is
easier than the answer at any site.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import (
    Alias,
    Clause,
    ConsumerReturn,
    GoodsCleared,
    LeftClause,
    LotsClause,
    Output,
    Portion,
    PredicateClause,
    RecallClosed,
    RecallOpened,
    RecallWidened,
    RecallWithdrawn,
    ThroughClause,
    Transformation,
)
from foodtrace.formula import may_sell
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import goods, stoplist, till
from foodtrace.operations.blocking import blocks, refused, verdict_of
from foodtrace.operations.common import Doing
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.lineage import lineage
from foodtrace.operations.managing import reach_of
from foodtrace.operations.printed import stands_against
from foodtrace.operations.publicpages import against
from foodtrace.operations.stoplist import StopList
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import load_cases
from foodtrace.recall.facts import Case
from foodtrace.storage.session import Session
from tests.recall.casework import World, day, kg, own_rules

SITES: Final = "PQWFXYZ"
NAMES: Final = ("OP-P/L", "OP-P/L0", "OP-Q/K", "OP-W/M", "OP-NOBODY/L")
RANK: Final = {"allow": 0, "hold": 1, "refuse": 2}


def worst(verdicts: Iterator[str]) -> str:
    return max(verdicts, key=RANK.__getitem__, default="allow")


def at_site(world: World, session: Session, lot: str, site: str) -> dict[str, str]:
    """Return what each door that knows the site says."""
    doing = Doing(now=world.now, by="7")
    found = blocks(session, lot, micros(world.now), site)
    said = {"block": worst(verdict_of(each, "transfer") for each in found)}
    outcome = refused(session, doing, "transfer", [(lot, None)], site)
    codes = {code for event in outcome.events for code in getattr(event, "reasons", ())} if outcome is not None else set()
    confirmed = any(each.link == "confirmed" for each in found)
    said["ask"] = said["block"] if (bool(codes), "transfer.recalled" in codes) == (said["block"] != "allow", confirmed) else f"{codes}"
    asked = may_sell(till.facts_of(session, doing, lot, site, ""))
    said["till"] = worst(each.verdict for each in asked.reasons if "recall" in each.code)
    sealed = bool(goods.stands(session, doing, lot, site))
    said["receipt"] = said["block"] if sealed == bool(found) else f"sealed: {sealed}"
    return said


def anywhere(world: World, session: Session, lot: str, listed: StopList) -> dict[str, str]:
    """Return what each door that knows only the lot says."""
    closure = lineage(session, world.now, lot)
    found = blocks(session, lot, micros(world.now))
    said = {"block": worst(verdict_of(each, "transfer") for each in found)}
    at_gate = recalls(session, world.now, lot, closure, described(None, "", lot.partition("/")[0], lot))
    said["gate"] = worst("refuse" if each.link == "confirmed" else ASKED[each.asks or "?"] for each in at_gate)
    scanned = stands_against(session, world.now, lot)
    words = {"scan.recalled": "refuse", "scan.recall_possible": "held", "scan.recall_passes": "allow"}
    word = words[scanned.code] if scanned else "allow"
    said["scan"] = said["block"] if word == "held" and RANK[said["block"]] else word
    lines = [each for each in listed.about(lot) if each.lot == lot]
    said["stop list"] = worst("refuse" if each.link == "confirmed" else each.possible for each in lines)
    page = " ".join(against(session, lot, world.now))
    named = all(each.case in page for each in found) and (bool(found) == bool(page))
    said["public page"] = said["block"] if named else page
    return said


ASKED: Final = {"note": "allow", "hold": "hold", "refuse": "refuse"}


class Trade:
    """Random goods and one or two cases about them, on a ledger."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        world.sites().born("L", "P", 200).born("K", "Q", 200)
        world.put(Alias(id="alias", at=world.now, site="P", lot="OP-P/L", alias="OP-P/L0"))
        for number in range(rng.randint(4, 9)):
            world.at(1 + number / 4)
            self.fact(number)

    def fact(self, number: int) -> None:
        world, rng = self.world, self.rng
        lot, (here, there) = rng.choice(NAMES), rng.sample(SITES, 2)
        kind = rng.choice(["move", "move", "move", "got", "from nowhere", "back", "mix"])
        if kind == "move":
            world.move(lot, here, there, rng.randint(1, 9))
        elif kind == "got":
            world.got(lot, there, rng.randint(1, 9), here)
        elif kind == "from nowhere":
            world.got(lot, there, rng.randint(1, 9))
        elif kind == "back":
            world.put(ConsumerReturn(id=world.name(), at=world.now, site=there, lot=lot, quantity=kg(1)))
        else:
            taken = (Portion(rng.choice(NAMES[:3]), kg(2)),)
            made = (Output(lot="OP-W/M", quantity=kg(2)),)
            world.put(Transformation(id=world.name(), at=world.now, site=here, kind="repack", inputs=taken, outputs=made))

    def clause(self) -> Clause:
        rng = self.rng
        kind = rng.choice(["lots", "lots", "left", "through", "rule"])
        start = rng.choice([1, 1.5, 2])
        window: dict[str, Any] = {"site": rng.choice(SITES), "start": day(start), "end": day(start + rng.choice([0, 0.5, 2]))}
        if kind == "lots":
            return LotsClause(lots=tuple(rng.sample(NAMES, rng.randint(1, 2))))
        if kind == "rule":
            return PredicateClause(producer="OP-P", code=rng.choice(["L*", "K", "?"]))
        return LeftClause(**window) if kind == "left" else ThroughClause(**window)

    def case(self, number: str) -> None:
        world, rng = self.world, self.rng
        scope = tuple(self.clause() for _ in range(rng.randint(1, 2)))
        world.at(5).put(RecallOpened(id=number, at=world.now, case=number, scope=scope, level=2, reason="x", known=world.now))
        for turn in range(rng.randint(0, 3)):
            world.at(5.1 + turn / 10)
            base: dict[str, Any] = {"id": f"{number}-{turn}", "at": world.now, "case": number}
            then = rng.choice(["narrow", "narrow", "widen", "clear", "close", "withdraw"])
            answers = rng.choice(["7", "7", "7", ""])
            if then in ("narrow", "widen"):
                world.put(
                    RecallWidened(
                        **base, version=turn + 2, scope=(self.clause(),), narrows=then == "narrow", reason="x", approved_by=answers
                    )
                )
            elif then == "clear":
                lots = tuple(rng.sample(NAMES, rng.randint(0, 1)))
                world.put(GoodsCleared(**base, lots=lots, site=rng.choice(["", "", *SITES]), basis="x", approved_by=answers))
            elif then == "close":
                world.put(RecallClosed(**base))
            else:
                world.put(RecallWithdrawn(**base, reason="x", approved_by=answers))


def same_from_every_door(world: World, sites: Sequence[str], *, passes: bool) -> None:
    """See that all doors agree about every lot at some sites. :param passes: the cases' pack lets possible links pass."""
    now = micros(world.now)
    with world.read() as session:
        facts = SqlFacts(session, now)
        listed = stoplist.make(session, now, "o")
        opened = [case for number in ("C1", "C2") for case in load_cases(session, number, until=now) if case.withdrawn is None]
        reached = [reach_of(facts, case) for case in opened]
        places = {(name, where) for hit in reached for lot, where in hit.holdings for name in hit.names[lot]}
        confirmed = {
            (name, where)
            for hit in reached
            for (lot, where), each in hit.holdings.items()
            for name in hit.names[lot]
            if each.link == "confirmed"
        }
        for lot in NAMES:
            number = facts.lot(lot)
            if number is None:
                continue
            wherever = anywhere(world, session, lot, listed)
            assert set(wherever.values()) == {wherever["block"]}, (lot, wherever)
            for site in sites:
                here, holding = at_site(world, session, lot, site), (number, facts.site(site))
                assert set(here.values()) == {here["block"]}, (lot, site, here)
                assert RANK[here["block"]] <= RANK[wherever["block"]], (lot, site, here, wherever)
                if any(case.cleared for case in opened):
                    continue
                # What is listed is stopped; and what is stopped where a record of it is, by windows nobody ever narrowed, is listed.
                assert here["block"] == "refuse" or holding not in confirmed, (lot, site)
                assert here["block"] != "allow" or holding not in places or passes, (lot, site)
                if here["block"] != "allow" and all(map(only_windows, opened)) and on_record(reached, holding):
                    assert holding in places, (lot, site)


def only_windows(case: Case) -> bool:
    return len(case.versions) == 1 and all(isinstance(each, LeftClause | ThroughClause) for each in case.versions[0].clauses)


def on_record(reached: Sequence[Affected], holding: tuple[int, int | None]) -> bool:
    """Tell whether any record is about a holding, by any name of its lot."""
    return any(
        (lot, holding[1], unit) in hit.sums
        for hit in reached
        for lot, names in hit.names.items()
        if holding[0] in names
        for unit in range(3)
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["hold", "refuse", "allow"]))
def test_one_lot_at_one_site_has_one_verdict(seed: int, possible: str) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        rules = own_rules(Path(name), f'[chosen]\nblock_possible = "{possible}"')
        world = World(f"sqlite:///{name}/x.db", Path(name) / "keys", rules=rules)
        trade = Trade(world, rng)
        for number in ("C1", "C2"):
            trade.case(number)
        world.at(6)
        same_from_every_door(world, rng.sample(SITES, 3), passes=possible == "allow")
        world.ledger.close()
