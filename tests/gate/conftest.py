"""A market on each engine."""

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
