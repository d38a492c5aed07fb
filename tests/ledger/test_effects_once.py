"""What events do to the projection is worked out once for an append, before anything is locked, on both databases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import Correction, Sale, Transfer
from foodtrace.graph import edges, projection

AT = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
KG = Quantity(1000, "g")


def _counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    worked: list[str] = []
    real = edges.effects

    def counted(event: Any, origin: str, seq: int) -> Any:
        worked.append(event.id)
        return real(event, origin, seq)

    monkeypatch.setattr(projection, "effects", counted)
    return worked


def _transfer(number: int, lot: str) -> Transfer:
    return Transfer(id=f"t{number}", at=AT, site="T-1", to="P-1", lot=lot, product="tomato", quantity=KG)


def test_each_event_is_worked_out_once(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        worked = _counting(monkeypatch)
        ledger.record([_transfer(1, "O-1/L1"), Sale(id="s1", at=AT, site="P-1", lot="O-1/L1", quantity=KG)])
        assert worked == ["t1", "s1"]
        worked.clear()
        ledger.record([_transfer(1, "O-1/L1"), _transfer(2, "O-1/L2")])
        assert worked.count("t2") == 1
        worked.clear()
        with ledger.reading() as session:
            row = session.row("SELECT leaf FROM entry WHERE log = 1 AND seq = 1")
        assert row is not None
        leaf = bytes(row[0]).hex()
        ledger.record([Correction(id="c1", at=AT, reason="incorrect_data", seq=1, leaf=leaf, replacement=_transfer(1, "O-1/L3"))])
        assert worked == ["c1", "t1"], "the correction, and what it takes out"
        assert ledger.verify(full=True).ok


def test_goods_without_lot_are_named_by_their_place_and_by_no_other(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        ledger.record([_transfer(1, ""), _transfer(2, "O-1/L1"), _transfer(3, "")])
        with ledger.reading() as session:
            named = [text for (text,) in session.rows("SELECT text FROM name ORDER BY text") if text.startswith("?")]
        assert named == ["?test.example/own#1", "?test.example/own#3"], "each number of a name is one somebody bears"
        assert ledger.verify(full=True).ok
        assert ledger.rebuild() == 4
        assert ledger.verify(full=True).ok
