"""Units of several lots, blended, split and sent about, each knowing whether it is of the scope; with the records of it."""

from __future__ import annotations

import random

CONTENT = 2
"""Grams in one piece of H."""


class Mixer:
    """Units of several lots, blended, split, shrunk, scaled, sent about and sold; each unit knows whether it is of the scope.

    H is in pieces, of :data:`CONTENT` grams each, which the records may say or not; blended with grams, that is what they become.
    """

    def __init__(self, rng: random.Random, scope: str) -> None:
        self.rng = rng
        self.scope = scope
        self.held: dict[tuple[str, str], list[bool]] = {}
        self.sold: dict[tuple[str, str], list[bool]] = {}
        self.units: dict[str, str] = {"H": "piece"}
        self.losses: list[tuple[int, str, str, int, float]] = []
        """(line, lot, site, q, time) of what a change of unit threw away: nobody could see that from the quantities."""
        self.lines: list[str] = []
        self.now = 1.0
        self.sealed: set[tuple[str, str]] = set()
        for lot in "LK":
            for site in rng.sample("PQS", rng.randint(1, 2)) if lot == "K" else ["P"]:
                q = rng.randint(1, 30)
                self.held[lot, site] = [scope == "L" and lot == "L"] * q
                self.lines.append(f"{lot}:{site} {q} @0.5")
        if rng.random() < 0.5:
            self.held["H", "P"] = [False] * 9
            self.lines.append("H:P 9 @0.5")
        for _ in range(rng.randint(3, 25)):
            self.now = round(self.now + 0.25, 2)
            self.window()
            rng.choice([self.send, self.send, self.sell, self.blend, self.blend, self.count, self.bring, self.seal])()
        if self.now < 3:
            self.now = 3
            self.window()

    def window(self) -> None:
        """The window of a partial scope, days 3 to 5 at S: what lies there when it opens is of the scope."""
        if self.scope.startswith("through") and self.now == 3:
            for (lot, site), units in self.held.items():
                self.held[lot, site] = [True] * len(units) if site == "S" else units

    def draw(self, units: list[bool], q: int) -> list[bool]:
        self.rng.shuffle(units)
        taken = units[:q]
        del units[:q]
        return taken

    def pick(self) -> tuple[tuple[str, str], list[bool]] | None:
        full = sorted(key for key, units in self.held.items() if units)
        key = self.rng.choice(full) if full else None
        return None if key is None else (key, self.draw(self.held[key], self.rng.randint(1, len(self.held[key]))))

    def put(self, lot: str, site: str, units: list[bool]) -> None:
        inside = self.scope.startswith("through") and site == "S" and 3 <= self.now <= 5
        self.held.setdefault((lot, site), []).extend([True] * len(units) if inside else units)

    def send(self) -> None:
        picked = self.pick()
        if picked is None:
            return
        (lot, source), units = picked
        target = self.rng.choice([site for site in "PQSXY" if site != source])
        if self.scope.startswith("left") and source == "S" and 3 <= self.now <= 5:
            units = [True] * len(units)
        got = len(units) - (1 if self.rng.random() < 0.15 else 0)
        self.lines.append(f"{source}->{target} {lot}{len(units)} @{self.now} received {got}")
        self.put(lot, target, self.draw(units, got))

    def sell(self) -> None:
        picked = self.pick()
        if picked:
            (lot, site), units = picked
            self.lines.append(f"{site} {'sells'} {lot}{len(units)} @{self.now}")
            self.sold.setdefault((lot, site), []).extend(units)

    def bring(self) -> None:
        sold = sorted(key for key, units in self.sold.items() if units and not (self.scope != "L" and key[1] == "S"))
        if sold:
            lot, site = self.rng.choice(sold)
            units = self.draw(self.sold[lot, site], self.rng.randint(1, len(self.sold[lot, site])))
            self.lines.append(f"{site} takes {lot}{len(units)} @{self.now}")
            self.put(lot, site, units)

    def count(self) -> None:
        full = sorted(key for key, units in self.held.items() if units)
        if full:
            lot, site = self.rng.choice(full)
            self.draw(self.held[lot, site], self.rng.randint(0, 2))
            self.lines.append(f"{site} counts {lot}{len(self.held[lot, site])} @{self.now}")

    def seal(self) -> None:
        """Seal all there is at a place and a little that the books do not know of: whose goods that is, nobody can say."""
        full = sorted(key for key, units in self.held.items() if units and key not in self.sealed)
        if full:
            lot, site = self.rng.choice(full)
            self.sealed.add((lot, site))
            whole, some = all(self.held[lot, site]), any(self.held[lot, site])
            self.put(lot, site, [whole or (some and self.rng.random() < 0.5) for _ in range(self.rng.randint(0, 3))])
            self.lines.append(f"{site} seals {lot}{len(self.held[lot, site])} @{self.now}")

    def blend(self) -> None:
        sites = sorted({site for (_, site), units in self.held.items() if units})
        if not sites:
            return
        site = self.rng.choice(sites)
        lots = sorted(lot for (lot, where), units in self.held.items() if where == site and units)
        used = self.rng.sample(lots, self.rng.randint(1, min(2, len(lots))))
        kinds = {self.units.get(lot, "g") for lot in used}
        parts = [(lot, self.draw(self.held[lot, site], self.rng.randint(1, len(self.held[lot, site])))) for lot in used]
        weigh = CONTENT if len(kinds) > 1 else 1
        mixed = [unit for lot, units in parts for unit in units for _ in range(weigh if self.units.get(lot) == "piece" else 1)]
        kinds = {"g"} if len(kinds) > 1 else kinds
        loss = self.rng.randint(0, len(mixed) - 1)
        mixed = self.draw(mixed, len(mixed) - loss)
        out = "ml" if kinds == {"g"} and weigh == 1 and self.rng.random() < 0.2 else kinds.pop()
        lots = [
            lot for lot in "LKMNOABEFGR" if self.units.get(lot, out) == out and (out == "g" or lot in self.units or lot not in self.seen())
        ]
        names = self.rng.sample([lot for lot in lots if lot not in "LK"], self.rng.randint(1, 2)) if len(lots) > 3 else []
        if not names:
            for lot, units in parts:
                self.put(lot, site, units[:0])
            self.lines.append(f"{site}: {' + '.join(f'{lot}{len(units)}' for lot, units in parts)} = {'K'}{0} @{self.now}")
            return
        if out == "ml" and "g" in kinds | {self.units.get(lot, "g") for lot, _ in parts}:
            mixed = [unit for unit in mixed for _ in range(3)]
            self.losses.append((len(self.lines) + 1, parts[0][0], site, loss, self.now))
        cut = len(mixed) if len(names) == 1 else self.rng.randint(0, len(mixed))
        made = [(names[0], mixed[:cut]), *([(names[1], mixed[cut:])] if len(names) > 1 else [])]
        self.rng.shuffle(mixed)
        for lot, units in made:
            self.units[lot] = out
            self.put(lot, site, units)
        left = " + ".join(f"{lot}{len(units)}" for lot, units in parts)
        self.lines.append(f"{site}: {left} = {' + '.join(f'{lot}{len(units)}' for lot, units in made)} @{self.now}")

    def seen(self) -> set[str]:
        return {lot for lot, _ in self.held}
