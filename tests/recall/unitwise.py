"""One lot in trade, unit by unit: each can has its own fate, and the records are those of a perfect bookkeeper.

Where records cannot tell which units moved, those move that RECALL section 5 says count as moved.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec

from foodtrace.recall.facts import Case, ScopeVersion, Step
from tests.recall.notation import OWN, UNITS, Build, at, clauses

OPENED: Final = 10
SHOPS: Final = "XYZ"
TRADE: Final = "WXYZ"


class Unit(msgspec.Struct, eq=False):
    """One can: where it is, and what has become of it."""

    place: str = "P"
    state: str = "here"
    """here, travelling, recalled (travelling home), sold, destroyed, lost, vanished."""
    custody: str = ""
    marked: bool = False
    """It bears a seal."""
    distributed: bool = False
    home_since: bool = False
    """At the own site, back since opening."""
    left: float = 0
    gone: float = 0
    """When it was sold, destroyed or lost."""


class Trade:
    """One lot in trade, unit by unit; ``lines`` are its records."""

    nobody = "?"
    """Whom goods may be sent to besides the sites: nobody on record, where they stay under way."""

    def __init__(self, rng: random.Random, until: int) -> None:
        self.rng = rng
        self.until = until
        self.units: list[Unit] = [Unit() for _ in range(rng.randint(5, 60))]
        self.lines = [f"L:P {len(self.units)} @0.5"]
        self.notice = {site: rng.choice([10, 10.5, 12, 14, None]) for site in TRADE}
        self.asked: set[str] = set()
        self.said: dict[str, int] = {}
        """What sites answered lay there when their notice arrived; now and then more than anybody had booked."""
        self.now = 1.0
        self.arrivals: list[tuple[float, str, list[Unit]]] = []
        while self.now < until:
            self.arrive()
            self.step()
            self.now = round(self.now + rng.choice([0.125, 0.25, 0.5]), 3)
        self.now = float(until)
        self.arrive()

    def at(self, place: str) -> list[Unit]:
        return [unit for unit in self.units if unit.place == place and unit.state == "here"]

    def some(self, place: str, order: str = "") -> list[Unit]:
        """Draw a number of units at a place: free ones first, or what is in custody first."""
        rank = {"back": 0, "sealed": 1, "": 2} if order == "custody" else {"": 0, "sealed": 1, "back": 2}
        here = sorted(self.at(place), key=lambda unit: (rank[unit.custody], unit.marked, not unit.home_since))
        return here[: self.rng.randint(1, len(here))] if here else []

    def arrive(self) -> None:
        for site, notice in self.notice.items():
            if notice is not None and notice <= self.now and site not in self.asked:
                self.asked.add(site)
                self.answer(site, notice)
        self.unload([each for each in self.arrivals if each[0] <= self.now])

    def answer(self, site: str, notice: float) -> None:
        """Let a site say what lies there as its notice arrives, more or less than booked; what comes at that moment comes after it."""
        self.unload([each for each in self.arrivals if each[0] < notice])
        if self.rng.random() < 0.5:
            more = self.rng.choice([-2, 0, 0, 1, 4])
            self.vanish(self.some(site)[: max(0, -more)])
            self.units += [Unit(place=site, distributed=True) for _ in range(more)]
            self.said[site] = len(self.at(site))

    def unload(self, arrivals: list[tuple[float, str, list[Unit]]]) -> None:
        for due, kind, units in arrivals:
            self.arrivals.remove((due, kind, units))
            for unit in units:
                unit.state = "here"
                unit.custody = "back" if kind == "=" and unit.place != "P" else ""
                if unit.place == "P":
                    unit.home_since = due >= OPENED
                    unit.distributed = unit.home_since

    def step(self) -> None:
        do = self.rng.choice(
            [self.send, self.send, self.send, self.sell, self.sell, self.bring, self.seal, self.home, self.destroy, self.lose, self.count]
        )
        do()

    def send(self) -> None:
        source = self.rng.choice("PPWWXYZ")
        target = self.rng.choice([site for site in "PWXYZ" + self.nobody if site != source])
        self.move(source, target, "-", self.some(source))

    def home(self) -> None:
        if self.now >= OPENED:
            source = self.rng.choice(TRADE)
            target = self.rng.choice([site for site in "PW" if site != source])
            self.move(source, target, "=", self.some(source, "custody"))

    def move(self, source: str, target: str, kind: str, units: list[Unit]) -> None:
        if not units:
            return
        due = round(self.now + self.rng.choice([0, 0.0625, 1, 3]), 4)
        lost = self.rng.random() < 0.1 or target == "?"
        for unit in units:
            unit.place, unit.state, unit.left = target, "recalled" if kind == "=" else "travelling", self.now
            unit.custody, unit.marked = "", False
            if source == "P":
                unit.distributed, unit.home_since = True, False
        if not lost:
            self.arrivals.append((due, kind, units))
        self.lines.append(f"{source}{kind}>{target} L{len(units)} @{self.now}/{due}{' sent' if lost else ''}")
        self.arrive()

    def sell(self) -> None:
        site = self.rng.choice("XYZXYZW")
        self.end(site, "sells", "sold", self.some(site))
        if self.rng.random() < 0.2:
            self.end("P", "sells", "sold", self.some("P"))

    def end(self, site: str, verb: str, state: str, units: list[Unit]) -> None:
        for unit in units:
            unit.state, unit.gone, unit.custody, unit.marked = state, self.now, "", False
            if site == "P":
                unit.distributed, unit.home_since = True, False
        if units:
            self.lines.append(f"{site} {verb} L{len(units)} @{self.now}")

    def bring(self) -> None:
        """A consumer brings back what was sold at this site, a before-notice sale first."""
        site = self.rng.choice(SHOPS + "P")
        sold = [unit for unit in self.units if unit.place == site and unit.state == "sold"]
        sold.sort(key=lambda unit: not self.early(unit))
        units = sold[: self.rng.randint(0, len(sold))]
        for unit in units:
            unit.state, unit.custody = "here", "" if site == "P" else "back"
            if site == "P":
                unit.home_since = unit.distributed = self.now >= OPENED
        if units:
            self.lines.append(f"{site} takes L{len(units)} @{self.now}")

    def seal(self) -> None:
        """Seal what lies free, then what is in custody without a seal; now and then more is found than the books know of."""
        site = self.rng.choice(TRADE)
        bare = sorted((unit for unit in self.at(site) if not unit.marked), key=lambda unit: unit.custody)
        units = bare[: self.rng.randint(0, len(bare))]
        if len(units) == len(bare) and self.rng.random() < 0.3:
            units = [*bare, *(Unit(place=site, distributed=True) for _ in range(self.rng.randint(1, 5)))]
            self.units += units[len(bare) :]
        for unit in units:
            unit.custody, unit.marked = unit.custody or "sealed", True
        if units:
            self.lines.append(f"{site} seals L{len(units)} @{self.now}")

    def destroy(self) -> None:
        site = self.rng.choice("PWXYZ")
        if site != "P":
            self.end(site, "destroys", "destroyed", self.some(site, "custody"))

    def lose(self) -> None:
        site = self.rng.choice(TRADE)
        self.end(site, self.rng.choice(["loses", "uses"]), "lost", self.some(site)[:3])

    def count(self) -> None:
        """Some vanish unseen, and a count finds it out.

        No record tells when they did. What a count misses is missing from what lay there as it was made, and what an answer said before was
        there then: so they vanish after all that comes, and all that is said, before the count.
        """
        site = self.rng.choice(TRADE)
        if self.now + 0.03125 > self.until:
            return
        self.now = round(self.now + 0.03125, 5)
        self.arrive()
        self.vanish(self.some(site)[: self.rng.randint(0, 2)])
        if any(unit.place == site for unit in self.units):
            self.lines.append(f"{site} counts L{len(self.at(site))} @{self.now}")

    def vanish(self, units: list[Unit]) -> None:
        for unit in units:
            unit.state, unit.custody, unit.marked = "vanished", "", False

    def early(self, unit: Unit) -> bool:
        notice = OPENED if unit.place == "P" else self.notice[unit.place]
        return notice is None or unit.gone < notice

    # The count, unit by unit.
    def figures(self) -> tuple[int, int, int, int]:
        out = [unit for unit in self.units if unit.distributed]
        spent = [
            unit
            for unit in out
            if (unit.state in ("sold", "lost") and self.early(unit)) or (unit.state == "destroyed" and unit.gone < OPENED)
        ]
        certain = [
            unit
            for unit in out
            if (unit.state == "here" and (unit.home_since or unit.custody == "back")) or (unit.state == "destroyed" and unit.gone >= OPENED)
        ]
        weak = [
            unit
            for unit in out
            if (unit.state == "here" and unit.custody == "sealed") or (unit.state == "recalled" and self.until - unit.left <= 7)
        ]
        return len(out), len(out) - len(spent), len(certain) + len(weak), len(certain)

    def case(self, build: Build) -> Case:
        steps = tuple(
            Step(kind="notice", site=build.site(site), at=at(when), recorded=at(when))
            for site, when in self.notice.items()
            if when is not None
        )
        steps += tuple(
            Step(
                kind="acknowledgement",
                site=build.site(site),
                at=at(when),
                recorded=at(when),
                on_hand=((build.lot("L"), UNITS["piece"], q),),
            )
            for site, q in self.said.items()
            if (when := self.notice[site]) is not None
        )
        version = ScopeVersion(version=1, clauses=clauses("L"), at=at(OPENED))
        return Case(case="C", versions=(version,), level=1, reason="-", opened=at(OPENED), known=at(OPENED), operator=OWN, steps=steps)
