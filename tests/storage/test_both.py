"""One behaviour, both databases: record, retry, correct, recall, verify, rebuild, sealed tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, Correction, Site, Transfer
from foodtrace.operations.common import Outcome

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LOT = "F-1/261123-1"


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        yield opened


def _events() -> list[Site | CertificateIssued | Transfer]:
    return [
        Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
        Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
        CertificateIssued(id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")),
        Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(12_500, "g")),
    ]


def test_the_whole_way(ledger: Ledger) -> None:
    first = ledger.record(_events(), personal={"s2": {"phone": "0451-555-0104"}})
    again = ledger.record(_events(), personal={"s2": {"phone": "0451-555-0104"}})
    assert (first.seqs, first.new, again.seqs, again.new) == ((1, 2, 3, 4), 4, (1, 2, 3, 4), 0)
    answer = ledger.recall("261123-1")
    assert [(row.name, row.phone, row.link, row.amounts[0].likely) for row in answer.outlets] == [
        ("福安超市", "0451-555-0104", "confirmed", 12_500)
    ]
    checked = ledger.verify()
    assert checked.ok, checked.findings
    assert checked.entries == 5
    assert ledger.rebuild() == 5
    assert ledger.recall("261123-1").outlets == answer.outlets
    assert ledger.verify().ok


def test_what_is_tried_is_refused_like_the_real_thing_and_leaves_nothing(ledger: Ledger) -> None:
    size = ledger.record(_events()).last + 1
    new = Transfer(id="t2", at=AT, site="F-1", to="S-7", lot="F-1/NEW-1", quantity=Quantity(1, "g"))
    assert ledger.act(lambda _: Outcome(events=[new], answer="yes"), dry_run=True) == (None, "yes")
    other = Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(99, "g"))
    with pytest.raises(errors.Conflict):
        ledger.act(lambda _: Outcome(events=[other]), dry_run=True)
    assert ledger.logs()[0].size == size
    assert ledger.verify(full=True).ok
    assert ledger.record([new]).new == 1
    assert ledger.verify(full=True).ok


def test_other_content_under_the_same_id_is_refused_and_nothing_recorded(ledger: Ledger) -> None:
    ledger.record(_events())
    other = Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(99, "g"))
    new = Transfer(id="t2", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1, "g"))
    with pytest.raises(errors.Conflict) as caught:
        ledger.record([new, other])
    assert caught.value.code == "record.id_conflict"
    assert ledger.logs()[0].size == 5
    with ledger.reading() as session:  # and it can be known beforehand, field by field
        seen = ledger.refusals(session, [new, other, *_events()])
    assert [(place, error.code, error.params["field"], error.params["now"]) for place, error in seen] == [
        (1, "record.id_conflict", "quantity", "99 g")
    ]


def test_a_correction_takes_a_shop_off_the_list_and_history_shows_both(ledger: Ledger) -> None:
    ledger.record(_events())
    with ledger.reading() as session:
        row = session.row("SELECT leaf FROM entry WHERE seq = 4")
    assert row is not None
    ledger.record([Correction(id="k1", at=AT, seq=4, leaf=bytes(row[0]).hex(), reason="did_not_occur")])
    assert ledger.recall("261123-1").outlets == ()
    with ledger.reading() as session:
        assert session.rows("SELECT ended FROM move WHERE seq = 4") == [(6,)]
    assert ledger.verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET bytes = bytes",
        "DELETE FROM entry",
        "UPDATE checkpoint SET note = note",
        "DELETE FROM node",
        "INSERT INTO checkpoint SELECT * FROM checkpoint",
    ],
)
def test_sealed_tables_refuse_change(ledger: Ledger, statement: str) -> None:
    ledger.record([*_events(), *(Transfer(id=f"n{n}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1, "g")) for n in range(20))])
    with pytest.raises(errors.Storage), ledger.store.write() as session:
        session.run(statement)
    assert ledger.verify().ok


def test_a_ledger_opens_by_its_path_and_by_nothing_that_names_no_database(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/path")
        assert ledger.verify().ok
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys", create=False) as ledger:
        assert ledger.verify().known == 1, "the same ledger, and the same mark"
    for wrong in (None, 7, b"x.db"):
        with pytest.raises(TypeError, match="a database is a URL, a file's path or a SQLAlchemy engine"):
            Ledger.open(wrong, keys=tmp_path / "keys")  # type: ignore[arg-type]


def test_reading_a_ledger_with_nothing_in_it_is_an_error_not_an_all_clear(ledger: Ledger) -> None:
    with pytest.raises(errors.NotFound) as caught:
        ledger.recall("261123-1")
    assert caught.value.code == "ledger.missing"


def _huge(name: str, count: int) -> list[Transfer]:
    most = Quantity(2**53 - 1, "g")
    return [Transfer(id=f"{name}{n}", at=AT, site="F-1", to="S-7", lot="F-1/HUGE", quantity=most) for n in range(count)]


def test_quantities_that_add_up_beyond_what_is_counted_are_refused_whole(ledger: Ledger) -> None:
    ledger.record(_events())
    with pytest.raises(errors.BadData) as caught:
        ledger.record(_huge("one-batch", 1100))
    assert caught.value.code == "quantity.sum"
    ledger.record(_huge("first", 500))  # and so over several batches, where each alone would do
    with pytest.raises(errors.BadData) as caught:
        ledger.record(_huge("second", 500))
    assert caught.value.code == "quantity.sum"
    assert ledger.logs()[0].size == 505
    assert ledger.verify().ok, "nothing half done"
    with ledger.reading() as session:
        assert all(isinstance(value, int) for row in session.rows("SELECT sent FROM holding") for value in row)


@pytest.mark.parametrize("doc", ["a\x00b", "a\nb", "a\x1b[2Jb", "a\x7fb"])
def test_a_document_number_with_control_characters_is_refused(ledger: Ledger, doc: str) -> None:
    ledger.record(_events())
    with pytest.raises(errors.BadData) as caught:
        ledger.record([Transfer(id="t9", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1, "g"), doc=doc)])
    assert caught.value.code == "event.form"


def test_a_site_nobody_registered_is_listed_and_said_to_be_unknown(ledger: Ledger) -> None:
    ledger.record([*_events(), Transfer(id="t2", at=AT, site="F-1", to="X-99", lot=LOT, quantity=Quantity(3_000, "g"))])
    answer = ledger.recall("261123-1")
    assert [row.site for row in answer.outlets] == ["S-7"]
    assert [(row.site, row.amounts[0].likely) for row in answer.others if row.site == "X-99"] == [("X-99", 3_000)]
    assert [(each.site, each.value) for each in answer.untraced if each.kind == "destination_missing"] == [("X-99", 3_000)]
