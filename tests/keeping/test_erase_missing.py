"""A value that is missing or changed without an erasure on record is told from one that was erased; none can be missing from the start."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Correction, Event, Operator, Site
from foodtrace.operations import corrections, entries, history
from foodtrace.operations.common import Doing, local
from foodtrace.operations.entries import event_at
from tests.keeping.onfile import AT, NAME, NOW, PHONE, erase, ledger
from tests.ledger.rich import first

__all__ = ["ledger"]  # a fixture


def test_a_value_that_was_changed_is_told_from_one_that_was_erased(ledger: Ledger) -> None:
    with ledger.store.write() as session:
        session.run("UPDATE personal SET value = ? WHERE seq = 3 AND field = 'phone'", ("0451-555-6666",))
    with ledger.reading() as session:
        story = history.history(session, entries.find_entry(session, "3", ledger.writer().number))
    assert story.personal == {"contact": "present", "phone": "tampered"}
    (row,) = ledger.recall("261123-1").outlets
    assert (row.phone, row.contact, row.personal) == ("", "", "tampered"), "nobody is sent to a number that was put in"
    found = ledger.verify().findings
    assert [(each.code, each.seq, each.got) for each in found] == [("personal.tampered", 3, "phone")]


def test_a_value_that_was_taken_out_of_the_table_is_told_from_one_that_was_erased(ledger: Ledger) -> None:
    erase(ledger, "3", "contact")
    assert ledger.verify().ok
    with ledger.store.write() as session:
        session.run("DELETE FROM personal WHERE seq IN (2, 3)")
    for full in (False, True):
        found = ledger.verify(full=full)
        assert not found.ok
        assert [(each.code, each.seq, each.got) for each in found.findings] == [
            ("personal.vanished", 2, "phone"),
            ("personal.vanished", 3, "phone"),
        ]
    for site in ("F-1", "S-7"):
        assert not erase(ledger, site).before, "the way on is to say so on record"
        assert erase(ledger, site).before
    assert ledger.verify().ok


def of_every_kind() -> list[Event]:
    """Return events of kinds that neither describe a site nor an operator."""
    return [msgspec.structs.replace(event, id=f"k-{event.id}") for event in first() if not isinstance(event, (Site, Operator))]


def test_a_value_that_vanished_is_found_in_an_entry_of_any_kind(ledger: Ledger) -> None:
    events = of_every_kind()
    assert len({type(event) for event in events}) > 9
    receipt = ledger.record(events, personal={event.id: {"plate": f"黑A {event.id}"} for event in events})
    assert ledger.verify().ok
    with ledger.store.write() as session:
        session.run("DELETE FROM personal WHERE field = 'plate'")
    for full in (False, True):
        found = ledger.verify(full=full).findings
        assert [(each.code, each.seq, each.got) for each in found] == [("personal.vanished", seq, "plate") for seq in receipt.seqs]
    for seq in receipt.seqs[:-1]:
        assert not erase(ledger, str(seq)).before
    assert [each.seq for each in ledger.verify().findings] == [receipt.last]
    assert not erase(ledger, str(receipt.last)).before
    assert ledger.verify().ok


def test_the_value_of_a_correction_that_vanished_is_found(ledger: Ledger) -> None:
    own = ledger.writer().number
    receipt, _ = ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "s2", changes={"name": "福安二店"}))
    assert receipt is not None
    with ledger.store.write() as session:
        assert session.run("DELETE FROM personal WHERE seq = ?", (receipt.last,)) == 2
    found = ledger.verify().findings
    assert [(each.code, each.seq, each.got) for each in found] == [
        ("personal.vanished", receipt.last, "contact"),
        ("personal.vanished", receipt.last, "phone"),
    ]


def test_a_text_that_looks_like_a_commitment_is_none(ledger: Ledger) -> None:
    ledger.record([Site(id="odd", at=AT, site="O-1", operator="F-1", kind="shop", name='"commitments":{"phone":"' + "0" * 64 + '"}')])
    assert ledger.verify().ok


def test_values_of_a_log_of_another_host_may_never_have_been_here(ledger: Ledger, tmp_path: Path) -> None:
    """The same entries, seen by their own host, by another with a log of its own, and by one that has no log."""
    with ledger.store.write() as session:
        session.run("DELETE FROM personal")
    assert {each.code for each in ledger.verify().findings} == {"personal.vanished"}, "who wrote them knows that they were here"
    url, schema = ledger._address, ledger._schema
    with Ledger.open(url, keys=tmp_path / "other", clock=lambda: NOW, schema=schema) as other:
        assert other.verify().ok
        other.init("test.example/other", operator="S-7")
        site = Site(id="mine", at=AT, site="S-9", operator="S-7", kind="shop", name="福安九店")
        other.record([site], personal={"mine": {"phone": PHONE}}, log="test.example/other")
        assert other.verify().ok
        with other.store.write() as session:
            session.run("DELETE FROM personal")
        assert [(each.log, each.got) for each in other.verify().findings] == [("test.example/other", "phone")]
    with ledger.store.write() as session:
        session.insert("personal", "log, seq, field, salt, value", [(1, 3, "phone", bytes(32), PHONE)])
    with Ledger.open(url, keys=tmp_path / "third", clock=lambda: NOW, schema=schema) as third:
        found = {(each.code, each.log, each.seq) for each in third.verify().findings}
    assert ("personal.vanished", "test.example/own", 2) in found, "where some are here, those that are not were taken away"


@pytest.mark.parametrize("inner", [False, True])
def test_a_commitment_without_its_value_is_not_taken_on_record(ledger: Ledger, inner: bool) -> None:
    bare = {"phone": "0" * 64, "contact": "1" * 64}
    site = Site(id="bare", at=AT, site="B-1", operator="F-1", kind="shop", name="某店", commitments=bare)
    event: Event = site
    if inner:
        with ledger.reading() as session:
            (leaf,) = session.row("SELECT leaf FROM entry WHERE seq = 3") or (b"",)
        event = Correction(id="bare", at=AT, seq=3, leaf=bytes(leaf).hex(), reason="incorrect_data", replacement=site)
    size = ledger.logs()[0].size
    given: list[dict[str, dict[str, str]]] = [{}, {"bare": {"contact": NAME}}]
    for personal in given:
        with pytest.raises(errors.BadData) as caught:
            ledger.record([event], personal=personal)
        assert caught.value.code == "personal.no_value"
    assert ledger.logs()[0].size == size
    with ledger.reading() as session:
        old = event_at(session, ledger.writer().number, 3)
    assert ledger.record([old]).new == 0, "what is on record already may be sent again as it is"
