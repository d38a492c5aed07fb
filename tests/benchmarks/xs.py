"""The smallest world of the benchmarks, built once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from benchmarks.world import build

LAST = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "XS.db"
    build(path, "XS", 7, LAST)
    return path
