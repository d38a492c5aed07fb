"""What happens in the benchmark's world: farms, markets, processors, distributors and shops, day by day, from a seed.

Rules of the world (every share is a constant of :mod:`benchmarks.scale`):

1. A fresh lot is born at a farm with a certificate, enters a market and is sold from a stall to shops, one in five by way of a
   distributor. Customers follow Zipf's law, each market with its own ranking; the median lot comes to lie at about 27 places.
2. Processors take in fresh lots and ingredient lots and blend them; an output goes through two to four distributors to some
   fifty shops, and a share of the outputs is blended again by another processor. Stalls repack a few lots.
3. Ingredient lots (oil, salt, milk powder) are asked for by Zipf's law too: a few go into thousands of outputs. Three of
   them were made, by three plants, from one raw lot.
4. Most moves are one scan, both sides in one event. Some are a dispatch and a receipt in two logs, of these some differ in
   quantity; a few have one side only. Three in a thousand come back to where they came from.
5. A share of what lies in shops is sold or counted on record; most shops tell little, as shops do.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from benchmarks.scale import (
    BLENDED_AGAIN,
    BY_DISTRIBUTOR,
    COMES_BACK,
    COUNTED,
    DAYS,
    DIFFERS,
    DISPATCH_ONLY,
    FARMS,
    FRESH_CUSTOMERS,
    FRESH_SHARE,
    INGREDIENTS,
    LOGS,
    MARKET,
    OF_RAW,
    ONE_SCAN,
    ORDER,
    PLANTS,
    POS,
    PROCESSED,
    PROCESSED_CUSTOMERS,
    PRODUCTS,
    RAW,
    REPACKED,
    SOLD,
    TO_PROCESSOR,
    TRADE,
    TWO_LOGS,
    TWO_OUTPUTS,
    Size,
    sites,
)
from foodtrace import Quantity
from foodtrace.events import (
    CertificateIssued,
    Event,
    MarketEntry,
    Output,
    Portion,
    Receipt,
    Sale,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.operations.common import CHINA


class Batch(NamedTuple):
    """Events that one log records at the end of a day."""

    log: str
    day: int
    events: list[Event]
    personal: dict[str, dict[str, str]]


class Life:
    """A world in the making: iterate over :meth:`batches`; the tallies are complete when it ends."""

    def __init__(self, size: Size, seed: int, last: dt.date) -> None:
        """Begin a world of :data:`DAYS` days; what follows from the last of them is over before ``last`` begins."""
        self.size = size
        self.start = dt.datetime.combine(last - dt.timedelta(days=DAYS + 1), dt.time(), CHINA)
        self._moments: dict[int, dt.datetime] = {}
        self.random = random.Random(seed)
        self.lots: list[str] = []
        self.places: list[int] = []
        """How many sites each lot comes to lie at."""
        self.children: dict[int, list[int]] = {}
        """What was made from a lot."""
        self.moves = 0
        self.count: dict[str, int] = dict.fromkeys(("two_logs", "differs", "dispatch_only", "receipt_only", "back", "sold", "counted"), 0)
        self._number = 0
        self._waiting: dict[int, list[list[Event]]] = {}
        self._ranks = list(accumulate(1 / (rank + 6) for rank in range(size.shops)))
        self._shops = [f"P-{number:05d}" for number in range(size.shops)]
        self._larder: list[deque[tuple[int, int, int]]] = [deque(maxlen=60) for _ in range(size.processors)]
        """Per processor: lot, quantity, and the day from which it is there."""
        self._ordered: dict[tuple[int, int], int] = {}
        self._ingredients: list[tuple[int, int]] = []
        """Lot and the day it is delivered from, the most wanted first."""
        self._at_processors: dict[int, set[int]] = {}
        self._of_raw = 0
        """Moves of the raw lot: counted at the end, so that the rest of the world is what it would be without it."""

    # -- days --------------------------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[Batch]:
        """Yield everything in the order in which it is recorded."""
        yield from (Batch(LOGS[TRADE], -1, *part) for part in sites(self.size, self.start))
        self._begin_ingredients()
        day = 0
        while day < DAYS or self._waiting:
            if day < DAYS:
                goal = self.size.moves * (day + 1) // DAYS
                fresh = self.moves + int((goal - self.moves) * FRESH_SHARE)
                while self.moves < fresh:
                    self._fresh(day)
                while self.moves < goal:
                    self._process(day)
            for log, events in enumerate(self._waiting.pop(day, ())):
                if events:
                    yield Batch(LOGS[log], day, sorted(events, key=_when), {})
            day += 1
        for lot, processors in self._at_processors.items():
            self.places[lot] += len(processors)
        self.moves += self._of_raw

    def _put(self, day: int, log: int, event: Event) -> None:
        if day not in self._waiting:
            self._waiting[day] = [[] for _ in LOGS]
        self._waiting[day][log].append(event)

    def _at(self, day: int, minute: int) -> dt.datetime:
        """Return a minute of a day of the world."""
        place = day * 1440 + minute
        found = self._moments.get(place)
        if found is None:
            found = self._moments[place] = self.start + dt.timedelta(minutes=place)
        return found

    def _id(self) -> str:
        self._number += 1
        return f"{self._number:09x}"

    def _lot(self, authority: str, day: int) -> int:
        self.lots.append(f"{authority}/{day:02d}-{len(self.lots):07d}")
        self.places.append(1)
        return len(self.lots) - 1

    def _born(self, day: int, minute: int, lot: int, site: str, product: str, q: int, log: int) -> None:
        self._put(
            day, log,
            CertificateIssued(id=self._id(), at=self._at(day, minute), site=site, lot=self.lots[lot], serial="1", issuer=f"O-{site}",
                              product=product, quantity=Quantity(q, "g")),
        )  # fmt: skip

    # -- fresh goods -------------------------------------------------------------------------------------------------------

    def _fresh(self, day: int) -> None:
        """One lot from a farm to a stall, and from there to its customers."""
        dice = self.random
        farm = f"F-{dice.randrange(self.size.farms):05d}"
        number = dice.randrange(self.size.stalls)
        market, stall = number % self.size.markets, f"T-{number:05d}"
        log = MARKET + market % 4
        product, q, minute = dice.choice(PRODUCTS), dice.randrange(300, 900) * 1000, dice.randrange(30, 200)
        lot = self._lot(f"O-{farm}", day)
        self._born(day, minute, lot, farm, product, q, FARMS)
        self._put(
            day, log,
            MarketEntry(id=self._id(), at=self._at(day, minute + 60), site=f"M-{market:05d}", decision="admitted", lot=self.lots[lot],
                        product=product, quantity=Quantity(q, "g"), seller=f"O-{farm}", stall=stall, source=farm, serial="1",
                        certified=True),
        )  # fmt: skip
        self.moves += 1
        self.places[lot] += 1
        minute += 90
        customers = self._customers(market, FRESH_CUSTOMERS, 0.7)
        if dice.random() < TO_PROCESSOR:
            part = q // 4
            processor = dice.randrange(self.size.processors)
            self._scan(day, minute, lot, stall, f"C-{processor:05d}", part, log)
            self.places[lot] += 1
            self._larder[processor].append((lot, part, day))
            q -= part
        if dice.random() < REPACKED:
            half = q // 2
            packs = [self._lot(f"O-{stall}", day) for _ in range(2)]
            self._transform(day, minute, stall, [(lot, half)], packs, half, "repack", product, log)
            third = max(1, len(customers) // 3)
            for place, pack in enumerate(packs):
                self._sell(day, minute + 30, pack, stall, customers[third * place : third * (place + 1)], half // 2, log)
            q, customers = q - half, customers[third * 2 :]
        self._sell(day, minute + 30, lot, stall, customers, q, log)

    def _customers(self, market: int, median: int, spread: float) -> list[str]:
        """Draw distinct shops, each market with its own order of who buys most."""
        count = min(max(2, round(math.exp(self.random.gauss(math.log(median), spread)))), self.size.shops // 2)
        drawn = dict.fromkeys(self.random.choices(range(self.size.shops), cum_weights=self._ranks, k=count + count // 2))
        shift = market * 7919
        return [self._shops[(rank + shift) % self.size.shops] for rank in list(drawn)[:count]]

    def _sell(self, day: int, minute: int, lot: int, seller: str, customers: Sequence[str], q: int, log: int) -> None:
        """Sell a lot to shops, one in five times by way of a distributor."""
        if not customers:
            return
        dice = self.random
        if not seller.startswith("D-") and dice.random() < BY_DISTRIBUTOR:
            distributor = f"D-{dice.randrange(self.size.distributors):05d}"
            self._scan(day, minute, lot, seller, distributor, q, log)
            self.places[lot] += 1
            seller, log, minute = distributor, TRADE, minute + 45
        self.places[lot] += len(customers)
        each = q * 19 // 20 // len(customers)
        for shop in customers:
            self._to_shop(day, minute + dice.randrange(240), lot, seller, shop, max(1, each * dice.randrange(50, 101) // 100), log)

    # -- moves -------------------------------------------------------------------------------------------------------------

    def _scan(self, day: int, minute: int, lot: int, here: str, there: str, q: int, log: int) -> None:
        """Let one scanned voucher speak for both sides."""
        self.moves += 1
        self._put(
            day, log, Transfer(id=self._id(), at=self._at(day, minute), site=here, to=there, lot=self.lots[lot], quantity=Quantity(q, "g"))
        )

    def _to_shop(self, day: int, minute: int, lot: int, here: str, shop: str, q: int, log: int) -> None:
        """Let goods go to a shop, on record in one of four ways, and tell what becomes of them."""
        dice, pos = self.random, POS + int(shop[2:]) % 3
        roll = dice.random()
        arrived = q
        if roll < ONE_SCAN:
            self._scan(day, minute, lot, here, shop, q, log)
        else:
            self.moves += 1
            pair, text = self._id(), self.lots[lot]
            if roll < ONE_SCAN + TWO_LOGS + DISPATCH_ONLY:
                self._put(
                    day, log,
                    Transfer(id=pair, at=self._at(day, minute), site=here, to=shop, lot=text, quantity=Quantity(q, "g"), in_transit=True,
                             transfer=pair),
                )  # fmt: skip
            if ONE_SCAN + TWO_LOGS <= roll < ONE_SCAN + TWO_LOGS + DISPATCH_ONLY:
                self.count["dispatch_only"] += 1
                return
            if roll >= ONE_SCAN + TWO_LOGS:
                self.count["receipt_only"] += 1
            else:
                self.count["two_logs"] += 1
                if dice.random() < DIFFERS:
                    arrived = max(1, q * 9 // 10)
                    self.count["differs"] += 1
            self._put(
                day, pos,
                Receipt(id=self._id(), at=self._at(day, minute + 50), site=shop, source=here, lot=text, quantity=Quantity(arrived, "g"),
                        transfer=pair),
            )  # fmt: skip
        self._afterwards(day + 1, lot, here, shop, arrived, pos)

    def _afterwards(self, day: int, lot: int, here: str, shop: str, q: int, pos: int) -> None:
        dice = self.random
        if dice.random() < COMES_BACK:
            self.count["back"] += 1
            self._scan(day, 400, lot, shop, here, max(1, q // 3), pos)
            q -= max(1, q // 3)
        roll = dice.random()
        if roll < SOLD and q > 0:
            self.count["sold"] += 1
            sold = max(1, q * dice.randrange(30, 101) // 100)
            self._put(
                day,
                pos,
                Sale(
                    id=self._id(), at=self._at(day, dice.randrange(480, 1200)), site=shop, lot=self.lots[lot], quantity=Quantity(sold, "g")
                ),
            )
        elif roll < SOLD + COUNTED:
            self.count["counted"] += 1
            left = Quantity(q * dice.randrange(80, 101) // 100, "g")
            self._put(day, pos, StockCount(id=self._id(), at=self._at(day, 1300), site=shop, lot=self.lots[lot], quantity=left))

    # -- processing --------------------------------------------------------------------------------------------------------

    def _begin_ingredients(self) -> None:
        for rank in range(self.size.ingredients):
            plant = f"K-{rank % self.size.plants:05d}"
            lot = self._lot(f"O-{plant}", 0)
            if rank not in OF_RAW:
                self._born(0, 10, lot, plant, INGREDIENTS[rank % len(INGREDIENTS)], 10**12, PLANTS)
            # The most wanted ones are there all the time; the others come one after another.
            self._ingredients.append((lot, 0 if rank < 6 else self.random.randrange(DAYS // 2)))
            self._at_processors[lot] = set()
        self._begin_raw()

    def _begin_raw(self) -> None:
        """Let the first plant send one raw lot to the plants that make some of the ingredients from it."""
        made = [(self._ingredients[rank][0], f"K-{rank % self.size.plants:05d}") for rank in OF_RAW if rank < self.size.ingredients]
        home, raw = "K-00000", self._lot("O-K-00000", 0)
        self._born(0, 0, raw, home, RAW, 10**13, PLANTS)
        for plant in sorted({plant for _, plant in made} - {home}):
            self._scan(0, 2, raw, home, plant, 2 * 10**12, PLANTS)
            self.places[raw] += 1
        self._of_raw, self.moves = self.moves, 0
        for lot, plant in made:
            self._transform(0, 10, plant, [(raw, 10**12)], [lot], 10**12, "process", INGREDIENTS[1], PLANTS)

    def _process(self, day: int) -> None:
        """Make one or two lots from what a processor has, and send them out."""
        dice = self.random
        processor = dice.randrange(self.size.processors)
        site, larder = f"C-{processor:05d}", self._larder[processor]
        wanted = dice.randrange(5)
        inputs: list[tuple[int, int]] = []
        while larder and larder[0][2] <= day and len(inputs) < wanted:
            lot, part, _ = larder.popleft()
            inputs.append((lot, part))
        for rank in {self._wanted() for _ in range(dice.choice((1, 1, 1, 2)))}:
            lot, since = self._ingredients[rank]
            if since <= day:
                inputs.append((lot, self._take(day, processor, rank)))
        if not inputs:
            inputs.append((self._ingredients[0][0], self._take(day, processor, 0)))
        q = sum(each[1] for each in inputs)
        outputs = [self._lot(f"O-{site}", day) for _ in range(2 if dice.random() < TWO_OUTPUTS else 1)]
        self._transform(day, 480, site, inputs, outputs, q, "blend", dice.choice(PROCESSED), PLANTS)
        for out in outputs:
            self._send_out(day, out, site, q * 97 // 100 // len(outputs))

    def _wanted(self) -> int:
        """Draw the rank of an ingredient by Zipf's law."""
        return min(len(self._ingredients), int((len(self._ingredients) + 1) ** self.random.random())) - 1

    def _take(self, day: int, processor: int, rank: int) -> int:
        """Use 50 kg of an ingredient, ordering more where it runs out."""
        lot = self._ingredients[rank][0]
        left = self._ordered.get((processor, rank), 0)
        if not left:
            self._scan(day, 420, lot, f"K-{rank % self.size.plants:05d}", f"C-{processor:05d}", ORDER, PLANTS)
            self._at_processors[lot].add(processor)
            left = ORDER
        self._ordered[processor, rank] = left - 50_000
        return 50_000

    def _transform(
        self, day: int, minute: int, site: str, inputs: Sequence[tuple[int, int]], outputs: Sequence[int], q: int, kind: str, product: str,
        log: int,
    ) -> None:  # fmt: skip
        loss = q * 3 // 100 if kind == "blend" else 0
        each = (q - loss) // len(outputs)
        for lot, _ in inputs:
            self.children.setdefault(lot, []).extend(outputs)
        made = tuple(Output(lot=self.lots[out], quantity=Quantity(each, "g"), product=product) for out in outputs)
        taken = tuple(Portion(lot=self.lots[lot], quantity=Quantity(part, "g")) for lot, part in inputs)
        lost = Quantity(loss, "g") if loss else None
        self._put(
            day,
            log,
            Transformation(id=self._id(), at=self._at(day, minute), site=site, kind=kind, inputs=taken, outputs=made, loss=lost),  # type: ignore[arg-type]
        )

    def _send_out(self, day: int, lot: int, site: str, q: int) -> None:
        """Send an output to distributors and shops; a share of the outputs goes to another processor as well."""
        dice = self.random
        if dice.random() < BLENDED_AGAIN and self.size.processors > 1:
            other = (int(site[2:]) + dice.randrange(1, self.size.processors)) % self.size.processors
            part = q // 5
            self._scan(day, 600, lot, site, f"C-{other:05d}", part, PLANTS)
            self.places[lot] += 1
            self._larder[other].append((lot, part, day + 1))
            q -= part
        customers = self._customers(dice.randrange(self.size.markets), PROCESSED_CUSTOMERS, 0.6)
        count = dice.randrange(2, 5)
        for place, distributor in enumerate(dice.sample(range(self.size.distributors), count)):
            name = f"D-{distributor:05d}"
            self._scan(day, 660, lot, site, name, q // count, PLANTS)
            self.places[lot] += 1
            self._sell(day, 720, lot, name, customers[place::count], q // count, TRADE)


def _when(event: Event) -> dt.datetime:
    return event.at
