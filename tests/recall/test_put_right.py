"""An entry that its own log put right, and that another log objects to as it was: the objection stands in every answer."""

from __future__ import annotations

from pathlib import Path

from foodtrace.events import Correction, Dispute, Sale
from foodtrace.graph.edges import micros
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.subjects import CORRECTED
from foodtrace.quantity import Quantity
from foodtrace.recall.answer import recall
from tests.recall.plaintrade import AT, LOGS, NOW, Clock, begun, born, opened


def test_rows_and_the_engine_for_everything_tell_of_the_objection(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = micros(NOW)
    with opened(tmp_path, clock) as ledger:
        begun(ledger)
        ledger.record([*born("b", "F-1/L"), Sale(id="s", at=AT, site="P-1", lot="F-1/L", quantity=Quantity(5, "g"))], log=LOGS[0])
        with ledger.reading() as session:
            ((seq, leaf),) = session.rows("SELECT seq, leaf FROM entry WHERE id = 's'")
        right = Sale(id="s", at=AT, site="P-1", lot="F-1/L", quantity=Quantity(4, "g"))
        put = Correction(id="c", at=AT, site="P-1", seq=seq, leaf=bytes(leaf).hex(), reason="incorrect_data", replacement=right)
        ledger.record([put], log=LOGS[0])
        against = Dispute(id="d", at=AT, site="X-1", log=LOGS[0], seq=seq, leaf=bytes(leaf).hex(), reason="no such sale")
        ledger.record([against], log=LOGS[1])
        with ledger.reading() as session:
            quick, full = (recall(session, "F-1/L", now=micros(NOW), plain=plain) for plain in (True, False))
    assert quick == full
    assert [each.site for each in quick.untraced if each.kind == "disputed"] == ["P-1"]


def test_the_number_in_the_query_is_that_of_a_correction() -> None:
    assert CORRECTED.endswith(f"a.kind = {ABOUT[Correction]}")
