"""Events as real users write them, seeded: a wholesale market's settlement, the certificates its goods come with, sales in shops.

Of a thousand events 80 are certificates of new lots, 720 are vouchers of the settlement system (a stall sells part of a lot to a shop)
and 200 are cans of infant formula sold at a till. Ids are document numbers in the order of time. Lots are sold for a few days, so
an event names one of the newest two thousand.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import deque
from collections.abc import Iterator
from typing import Final

from foodtrace.events import CertificateIssued, Event, Sale, Site, Transfer
from foodtrace.operations.common import CHINA
from foodtrace.quantity import Quantity

START: Final = dt.datetime(2026, 9, 1, 2, tzinfo=CHINA)
FARMS: Final = 500
STALLS: Final = 200
SHOPS: Final = 3_000
PRODUCTS: Final = ("西红柿", "黄瓜", "大白菜", "土豆", "青椒", "菠菜", "苹果", "鲜猪肉")
_KEPT: Final = 2_000


def master() -> list[Event]:
    """Return the sites: what is on record before anything is sold."""
    kinds = (("F", "farm", FARMS, "农场"), ("T", "stall", STALLS, "档口"), ("S", "shop", SHOPS, "店"))
    return [
        Site(id=f"site-{letter}-{n:05d}", at=START, site=f"{letter}-{n:05d}", operator=f"{letter}-{n:05d}", kind=kind, name=f"{name}{n}")  # type: ignore[arg-type]
        for letter, kind, count, name in kinds
        for n in range(count)
    ]


def events(seed: int = 1) -> Iterator[Event]:
    """Return the market's events without end."""
    draw = random.Random(seed)
    lots: deque[tuple[str, str]] = deque(maxlen=_KEPT)
    cans: deque[str] = deque(maxlen=_KEPT // 10)
    number = 0
    while True:
        number += 1
        at = START + dt.timedelta(seconds=number // 4)
        kind = draw.random()
        if kind < 0.08 or not cans:
            yield _certificate(draw, number, at, lots, cans)
        elif kind < 0.80:
            lot, product = draw.choice(lots)
            voucher = f"JS-{at:%Y%m%d}-{number:08d}"
            jin = draw.randrange(10, 400)
            yield Transfer(
                id=voucher,
                at=at,
                site=f"T-{draw.randrange(STALLS):05d}",
                by="POS-03",
                to=f"S-{draw.randrange(SHOPS):05d}",
                lot=lot,
                product=product,
                quantity=Quantity(jin * 500, "g"),
                doc=voucher,
                doc_type="结算单",
                written=f"{jin} 斤",
            )
        else:
            lot = draw.choice(cans)
            yield Sale(
                id=f"TILL-{number:08d}",
                at=at,
                site=f"S-{draw.randrange(SHOPS):05d}",
                by="T-1",
                lot=lot,
                quantity=Quantity(1, "piece"),
                serial=f"{number:012d}",
            )


def _certificate(draw: random.Random, number: int, at: dt.datetime, lots: deque[tuple[str, str]], cans: deque[str]) -> CertificateIssued:
    farm, product = f"F-{draw.randrange(FARMS):05d}", draw.choice(PRODUCTS)
    code = f"{at:%y%m%d}-{number}"
    lots.append((f"{farm}/{code}", product))
    if number % 10 == 1:
        cans.append(f"06901234567892/{code}")
    return CertificateIssued(
        id=f"CERT-{number:08d}",
        at=at,
        site=farm,
        by="D-01",
        lot=f"{farm}/{code}",
        serial=code,
        issuer=farm,
        product=product,
        quantity=Quantity(draw.randrange(1, 20) * 100_000, "g"),
        origin="河北省张家口市张北县",
        region="130722",
        harvested=at.date(),
        issued=at.date(),
        valid_until=at.date() + dt.timedelta(days=7),
        basis=("quality_control", "own_test"),
    )


def batches(size: int, count: int, seed: int = 1) -> list[list[Event]]:
    """Return so many batches of so many events each."""
    stream = events(seed)
    return [[next(stream) for _ in range(size)] for _ in range(count)]
