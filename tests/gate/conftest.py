"""Markets that many tests start from: one on each engine, and the one whose counter a clerk works at."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.desk import Market


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    """Give a market with a farm, its key and its seller file, on SQLite and on PostgreSQL."""
    url = str(tmp_path / "gate.db") if request.param == "sqlite" else request.getfixturevalue("pg_url")
    market = Market(url, tmp_path / "keys")
    yield market
    market.ledger.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Market]:
    """Give a market with a stallholder whose card, agreement and kinds of goods are on file."""
    market = Market(str(tmp_path / "gate.db"), tmp_path / "keys")
    market.site("李记蔬菜:stall", site_id="A-17")
    market.file("A-17", card="A-17", agreement_until=dt.date(2027, 6, 30), kinds=("芹菜", "豆角"))
    yield market
    market.ledger.close()


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a master seed under which some of the first sixty trucks are drawn."""
    monkeypatch.setattr("foodtrace.operations.sampling.secrets.token_hex", lambda _: "07" * 32)
