"""One entry corrected twice, by its own log and by another log of the site's operator, neither knowing of the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.errors import BadData
from foodtrace.events import Correction
from tests.ledger.deliveries import AT, LOT, events, opened, transfer

LEAF = "SELECT e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = 'city/market' AND seq = ?"


def place(ledger: Ledger, seq: int) -> str:
    with ledger.reading() as session:
        row = session.row(LEAF, (seq,))
    assert row is not None
    return bytes(row[0]).hex()


def received(ledger: Ledger) -> list[int | None]:
    return [row.amounts[0].received for row in ledger.recall(LOT).outlets if row.amounts]


@pytest.mark.parametrize("own", [600, None], ids=["replaced", "did not occur"])
@pytest.mark.parametrize("first", ["city/market", "city/farm"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_only_the_own_logs_correction_counts_and_the_other_is_told(
    tmp_path: Path, first: str, own: int | None, engine: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if engine == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/market")
        ledger.init("city/farm", operator="F-1")
        seq = ledger.record(events(2), log="city/market").last
        leaf = place(ledger, seq)
        right = None if own is None else transfer("t1", own)
        reason = "did_not_occur" if own is None else "incorrect_data"
        told = {
            "city/market": Correction(id="k", at=AT, site="F-1", seq=seq, leaf=leaf, reason=reason, replacement=right),  # type: ignore[arg-type]
            "city/farm": Correction(
                id="k", at=AT, site="F-1", log="city/market", seq=seq, leaf=leaf, reason="incorrect_data", replacement=transfer("t1", 700)
            ),
        }
        for log in (first, next(each for each in told if each != first)):
            ledger.record([told[log]], log=log)
        assert received(ledger) == [1000 + (own or 0)], "never both, whichever came first"
        if own is not None:
            assert "disputed" in {each.kind for each in ledger.recall(LOT).untraced}
        assert ledger.verify().ok


def test_without_a_correction_of_its_own_log_the_operators_other_log_counts(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.init("city/market")
        ledger.init("city/farm", operator="F-1")
        seq = ledger.record(events(2), log="city/market").last
        leaf, right = place(ledger, seq), transfer("t1", 700)
        other = Correction(id="k", at=AT, site="F-1", log="city/market", seq=seq, leaf=leaf, reason="incorrect_data", replacement=right)
        ledger.record([other], log="city/farm")
        assert received(ledger) == [1700]


def test_a_correction_that_names_its_own_log_is_refused_and_not_taken_for_anothers_word(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.init("city/market")
        seq = ledger.record(events(2), log="city/market").last
        said = Correction(id="k", at=AT, site="F-1", log="city/market", seq=seq, leaf=place(ledger, seq), reason="did_not_occur")
        with pytest.raises(BadData) as told:
            ledger.record([said], log="city/market")
        assert told.value.code == "correction.own_log"
        assert received(ledger) == [2000], "nothing was recorded"
