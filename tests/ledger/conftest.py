"""A ledger of the tests of events in parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger
from tests.ledger.parts import opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) as found:
        yield found
