"""Opens and verifies the rich ledger of a folder, and gives it more deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foodtrace import Ledger
from foodtrace.events import Transfer
from foodtrace.verification import Verification
from tests.ledger.rich import AT, LOT, kg


def opened(folder: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys")


def verify(folder: Path, **how: Any) -> Verification:
    with opened(folder) as ledger:
        return ledger.verify(**how)


def more(count: int, name: str = "more") -> list[Transfer]:
    return [Transfer(id=f"{name}{n}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(1)) for n in range(count)]


def never(*_: object, **__: object) -> Any:
    raise AssertionError("the quick pass said no to a ledger that holds: it would cost the exact pass every time")
