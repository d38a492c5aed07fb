"""How big a benchmark's world is, what share of what happens in it, and its sites.

Every share stands here, so that a figure measured on such a world can be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from foodtrace.events import Event, Site

DAYS: Final = 60
FRESH_SHARE: Final = 0.65
"""Share of the moves that fresh lots make; processed lots make the rest."""
ONE_SCAN, TWO_LOGS, DISPATCH_ONLY = 0.90, 0.085, 0.01
"""How a move to a shop is on record; the rest has a receipt only."""
DIFFERS: Final = 0.05
"""Share of the moves in two logs where less arrives than left."""
COMES_BACK: Final = 0.003
SOLD, COUNTED = 0.20, 0.02
"""Share of holdings in shops with a consumer sale, with a count."""
REPACKED, BY_DISTRIBUTOR, TO_PROCESSOR, BLENDED_AGAIN, TWO_OUTPUTS = 0.03, 0.20, 0.12, 0.15, 0.20
FRESH_CUSTOMERS, PROCESSED_CUSTOMERS = 18, 52
"""Medians of how many shops a lot is sold to."""
ORDER: Final = 2_000_000
"""What a processor orders of an ingredient at a time, grams; it lasts for forty outputs."""
PRODUCTS: Final = ("芹菜", "西红柿", "黄瓜", "豆角", "菠菜", "土豆", "白菜", "茄子")
PROCESSED: Final = ("酸菜", "辣酱", "速冻水饺", "腌黄瓜", "混合沙拉")
INGREDIENTS: Final = ("精炼油", "食盐", "全脂奶粉", "淀粉")
RAW: Final = "原盐"
OF_RAW: Final = (1, 5, 9)
"""Ranks of the ingredient lots, by how much they are wanted, that were made from one raw lot; all of them are salt. By Zipf's law alone
the most wanted ingredient reaches 916,000 holdings at L and the next 389,000: what these three reach together, some 600,000, is the size
between them that a recall is to be measured at."""


class Size(NamedTuple):
    """How big a world is."""

    moves: int
    farms: int
    markets: int
    stalls: int
    """Stalls of all markets together."""
    processors: int
    plants: int
    distributors: int
    shops: int
    ingredients: int


SIZES: Final = {
    "XS": Size(5_000, 40, 2, 10, 4, 2, 6, 150, 6),
    "S": Size(100_000, 200, 3, 60, 12, 3, 20, 1_000, 20),
    "M": Size(1_000_000, 1_000, 8, 300, 30, 8, 80, 5_000, 60),
    "L": Size(10_000_000, 5_000, 20, 1_500, 100, 20, 300, 25_000, 200),
}
"""XS is for tests."""

LOGS: Final = (
    *("world.example/farms", "world.example/market-0", "world.example/market-1", "world.example/market-2", "world.example/market-3"),
    *("world.example/plants", "world.example/trade", "world.example/pos-0", "world.example/pos-1", "world.example/pos-2"),
)
FARMS, MARKET, PLANTS, TRADE, POS = 0, 1, 5, 6, 7


def sites(size: Size, start: dt.datetime) -> Iterator[tuple[list[Event], dict[str, dict[str, str]]]]:
    """Yield the description of every site, with the telephone that stays beside the log, in batches."""
    kinds: tuple[tuple[str, Any, str, int], ...] = (
        ("F", "farm", "农场", size.farms),
        ("M", "market", "市场", size.markets),
        ("T", "stall", "摊位", size.stalls),
        ("C", "processor", "加工", size.processors),
        ("K", "plant", "工厂", size.plants),
        ("D", "distributor", "配送", size.distributors),
        ("P", "shop", "店", size.shops),
    )
    events: list[Event] = []
    for letter, kind, word, count in kinds:
        for number in range(count):
            site, said = f"{letter}-{number:05d}", kind
            if kind == "shop":
                said = "restaurant" if number % 8 == 3 else "canteen" if number % 12 == 5 else "shop"
            parent = f"M-{number % size.markets:05d}" if kind == "stall" else ""
            name, county = f"{word}{number:05d}", f"区县{number % 60}"
            events.append(
                Site(id=f"s{site}", at=start, site=site, operator=f"O-{site}", kind=said, name=name, parent=parent, county=county)
            )
    for first in range(0, len(events), 10_000):
        part = events[first : first + 10_000]
        yield part, {each.id: {"phone": f"0451-555-{number:05d}"} for number, each in enumerate(part, first)}
