"""The small trade most cases are told on, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recall.casework import World, chain


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """`chain` on record, the clock a day after its last move."""
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    made = World(url, tmp_path / "keys")
    chain(made).at(3)
    yield made
    made.ledger.close()
