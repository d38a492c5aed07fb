"""An event on record in parts is corrected, shown, proven and reconciled as one event."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Correction, Event, Transformation
from foodtrace.operations import packing
from foodtrace.operations.common import Doing, local
from foodtrace.operations.corrections import correct
from foodtrace.operations.entries import find_entry
from foodtrace.operations.history import history
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of
from tests.ledger.parts import NOW, around, blend, lot, opened
from tests.ledger.rich import AT, kg


def _leaf(session: Session, seq: int) -> str:
    row = session.row("SELECT leaf FROM entry WHERE log = 1 AND seq = ?", (seq,))
    assert row is not None
    return bytes(row[0]).hex()


def test_one_correction_takes_the_whole_event_back(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        receipt = ledger.record([blend()])
        with ledger.reading() as session, pytest.raises(errors.NotFound):
            find_entry(session, "T-1~", 1)
        for given in ("T-1~2", "#3"):
            with ledger.reading() as session:
                before = find_entry(session, given, 1)
            assert (before.seq, before.event) == (receipt.last, blend())
            with pytest.raises(errors.Refused) as refused:
                ledger.act(lambda session, given=given: correct(session, Doing(now=local(NOW)), 1, given))  # type: ignore[misc]
            assert refused.value.code == "correction.some_lines"
            assert "foodtrace correct T-1;" in refused.value.hint("en")

        def decide(session: Session) -> Any:
            return correct(session, Doing(now=local(NOW)), 1, "T-1")

        ledger.act(decide)
        with ledger.reading() as session:
            assert session.rows("SELECT 1 FROM lot_edge WHERE n <> 0 LIMIT 1") == []
            assert session.rows("SELECT 1 FROM move WHERE ended = 0 LIMIT 1") == []
            story = history(session, find_entry(session, "T-1", 1))
        assert (story.state, story.event, story.now) == ("removed", blend(), None)
        assert ledger.verify(full=True).ok


def test_a_long_event_is_put_in_the_place_of_another_and_changed_again(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        ledger.record([blend(2000)])

        def put(replacement: Event | None = None, changes: dict[str, str] | None = None) -> None:
            made = Doing(now=local(NOW))
            ledger.act(lambda session: correct(session, made, 1, "T-1", replacement=replacement, changes=changes))  # type: ignore[arg-type]

        put(blend(3000))
        assert ledger.verify().ok
        put(changes={"inputs.2999.quantity": "7 kg"})
        with ledger.reading() as session:
            story = history(session, find_entry(session, "T-1", 1))
            rows = session.rows(
                "SELECT m.q FROM move AS m JOIN name AS n ON n.id = m.lot WHERE n.text = ? AND m.ended = 0", (lot("IN", 2999),)
            )
        assert isinstance(story.now, Transformation)
        assert len(story.now.inputs) == 3000
        assert story.now.parts == 0
        assert story.now.inputs[2999].quantity == kg(7)
        assert rows == [(7000,)]
        assert ledger.verify(full=True).ok


def test_lines_are_not_corrected_by_themselves(ledger: Ledger) -> None:
    receipt = ledger.record([blend()])
    with ledger.reading() as session:
        leaf = _leaf(session, receipt.first)
    with pytest.raises(errors.BadData) as raised:
        ledger.record([Correction(id="k", at=AT, seq=receipt.first, leaf=leaf, reason="did_not_occur")])
    assert raised.value.code == "correction.of_lines"
    assert str(receipt.last) in raised.value.hint()


def test_a_proof_of_the_event_is_a_proof_of_all_its_parts(ledger: Ledger) -> None:
    from foodtrace.keeping.proving import entries_of, prove

    receipt = ledger.record([*around(), blend()])
    with ledger.reading() as session:
        wanted = list(range(receipt.first + len(around()), receipt.last + 1))
        assert [seq for _, seq in entries_of(session, "T-1")] == wanted
        assert [seq for _, seq in entries_of(session, lot("IN", 5))] == wanted
        state, seq = entries_of(session, "T-1")[0]
        about = prove(session, state, seq).about
        assert prove(session, state, wanted[-1]).about.lots == (lot("IN", 2999), lot("OUT", 1))
    assert (about.kind, about.event, about.lots[:1]) == ("voucher_lines", "T-1", (lot("IN", 0),))
    assert (about.event_kind, about.part, about.parts) == ("transformation", 1, len(wanted))


def test_the_same_long_event_in_two_logs_is_one_finding(tmp_path: Path) -> None:
    from foodtrace.operations.reconciling import reconcile

    with opened(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) as ledger:
        ledger.init("city/two")
        for log, event in (("city/one", blend()), ("city/two", blend(3001))):
            ledger.record([event], log=log)
        with ledger.reading() as session:
            found = [each for each in reconcile(session, now=NOW).open if each.kind in ("same_id", "duplicate_conflict")]
        assert [(each.kind, each.document) for each in found] == [("duplicate_conflict", "T-1")]


def test_a_pallet_of_ten_thousand_cans_is_packed_unpacked_and_packed_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.record([*around(), blend(2, 1)])
    cans = [f"CAN-{number:06d}" for number in range(10_000)]
    read = [0]

    def counted(*given: Any) -> Any:
        read[0] += 1
        return event_of(*given)

    monkeypatch.setattr("foodtrace.operations.common.event_of", counted)

    def do(operation: Callable[..., Any], minute: int, *given: Any, **more: Any) -> Any:
        doing = Doing(now=local(NOW + minute * 60_000_000))
        return ledger.act(lambda session: operation(session, doing, *given, **more))[1]

    do(packing.pack, 1, "PALLET-1", "P-1", lot=lot("OUT", 0), children=cans)
    with pytest.raises(errors.Conflict) as raised:
        do(packing.pack, 2, "PALLET-2", "P-1", lot=lot("OUT", 0), children=cans[-2:])
    assert (raised.value.code, raised.value.params["parent"]) == ("pack.taken", "PALLET-1")
    assert len(do(packing.unpack, 3, "PALLET-1", "P-1").children) == 10_000
    do(packing.pack, 4, "PALLET-2", "P-1", lot=lot("OUT", 0), children=cans)
    with ledger.reading() as session:
        assert packing.contents(session, "PALLET-1") == ()
        assert [(each.cans, each.serials) for each in packing.contents(session, "PALLET-2")] == [(10_000, tuple(cans))]
    assert read[0] < 20  # and not once for each can
    assert ledger.verify().ok
