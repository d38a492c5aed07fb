"""The small trade most cases are told on, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recall.casework import World, chain


@pytest.fixture
def empty(url: str, tmp_path: Path) -> Iterator[World]:
    """Give a world in which nothing has happened yet, on each engine."""
    made = World(url, tmp_path / "keys")
    yield made
    made.ledger.close()


@pytest.fixture
def world(empty: World) -> World:
    """Give :func:`chain` on record, the clock a day after its last move."""
    return chain(empty).at(3)
