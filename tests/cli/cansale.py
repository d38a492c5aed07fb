"""A plant's released batch of cans and the shop that sells them, typed within the test's own process."""

from __future__ import annotations

import pytest

from tests.cli.cans import BATCH
from tests.cli.inside import Inside

PAPERS = ("--registration", "国食注字YP20269901", "--licence", "SC12923019900064", "--content", "900g", "--expiry", "2028-09-11")


@pytest.fixture
def shop(here: Inside) -> Inside:
    """A plant with one batch of 1,200 cans that was released, and a shop."""
    here("init")
    here("site", "add", "永发合作社:farm", "小北乳业:plant", "安心母婴店:shop")
    here("receive", "L-0001/OIL1", "900kg", "--at", "小北乳业")
    fill(here, BATCH, "--serials", "000001..001200")
    here("formula", "release", BATCH, "--certificate", "JY260920", "--tested", today(), "--plant", "小北乳业")
    return here


def today() -> str:
    import datetime as dt

    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date().isoformat()


def fill(here: Inside, lot: str, *more: str, product: str = "小北1段", code: int = 0, plant: str = "小北乳业") -> str:
    papers = PAPERS if "--registration" not in more else PAPERS[2:]
    return here("formula", "batch", lot, "1200", "--plant", plant, "--product", product, "--in", "OIL1=1kg", *papers, *more, code=code)
