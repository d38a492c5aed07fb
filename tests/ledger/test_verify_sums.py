"""Stored sums are added up whole, in pieces of whatever size, and a holding altered in any of them does not go unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger
from foodtrace.graph import stored
from foodtrace.graph.expected import Holdings
from foodtrace.graph.stored import Stored, last_name
from foodtrace.graph.weights import Weights
from foodtrace.opening import logs
from foodtrace.storage.session import Session
from foodtrace.storage.sums import SUMS
from foodtrace.verification import run as running
from tests.ledger.rich import grow, unsealed
from tests.ledger.verified import never, opened, verify

KEY = Weights(bytes(32))


def added_up(session: Session) -> list[tuple[Any, ...]]:
    """Return what all logs' holdings add up to, and which are zero."""
    numbers = [state.number for state in logs(session)]
    found = Stored(session, KEY, Holdings(KEY, last_name(session)), numbers)
    assert len(list(found.steps())) > 0
    assert found.readable
    return [(number, found.result(number), found.zero[number]) for number in numbers]


def test_pieces_of_any_size_add_up_to_the_same(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        monkeypatch.setattr(running, "exact", never)
        with ledger.reading() as session:
            whole = added_up(session)
            for size in (1, 2, 3, 7):
                monkeypatch.setattr(stored, "PIECE", size)
                assert added_up(session) == whole, size
        assert any(zero for _, _, zero in whole)
        assert ledger.verify(full=True).ok


def test_a_holding_altered_in_any_piece_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as ledger:
        grow(ledger)
        with ledger.reading() as session:
            keys = session.rows("SELECT lot, site, unit, log FROM holding")
    monkeypatch.setattr(stored, "PIECE", 2)
    where = "lot = ? AND site = ? AND unit = ? AND log = ?"
    for number, key in enumerate(keys):
        column = ("flows", "sold", "consumed", "unit")[number % 4]
        unsealed(tmp_path / "x.db", (f"UPDATE holding SET {column} = {column} + 1 WHERE {where}", key))
        assert {each.code for each in verify(tmp_path).findings} == {"projection.differs"}, (key, column)
        back = (*key[:2], key[2] + (column == "unit"), key[3])
        unsealed(tmp_path / "x.db", (f"UPDATE holding SET {column} = {column} - 1 WHERE {where}", back))
    assert len(keys) > 8
    assert verify(tmp_path).ok


PLAIN = " AND ".join(f"{each} = 0" for each in SUMS if each not in ("flows", "sent", "delivered", "sold", "born"))
"""Rows of which one page says everything."""
OFTEN = ("lot", "site", "unit", "log", "flows", "sent", "delivered", "sold", "born")


@pytest.mark.parametrize(("column", "kind"), [*((each, kind) for each in OFTEN for kind in ("TEXT", "REAL")), ("lost", "TEXT")])
def test_a_sum_that_is_no_whole_number_is_no_sum_of_ours(tmp_path: Path, column: str, kind: str) -> None:
    with opened(tmp_path) as ledger:
        grow(ledger)
        with ledger.reading() as session:
            good = added_up(session)
    unsealed(
        tmp_path / "x.db",
        ("ALTER TABLE holding RENAME TO kept", ()),
        (f"CREATE TABLE holding (lot, site, unit, log, {', '.join(SUMS)})", ()),  # of no type: else it would be a number again
        ("INSERT INTO holding SELECT * FROM kept", ()),
        (f"UPDATE holding SET {column} = CAST({column} AS {kind}) WHERE rowid = (SELECT MIN(rowid) FROM holding WHERE {PLAIN})", ()),
    )
    with opened(tmp_path) as ledger, ledger.reading() as session:
        found = Stored(session, KEY, Holdings(KEY, last_name(session)), [number for number, *_ in good])
        list(found.steps())
        assert not found.readable
