"""Personal values that went without an erasure are missed in the pass that reads the entries anyway, and by no second one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, personal
from foodtrace.events import Site
from foodtrace.oneshot import uncollected
from tests.ledger.rich import AT, first


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        opened.init("city/one", operator="F-1")
        opened.record(first())
        shop = Site(id="own", at=AT, site="S-9", operator="S-9", kind="shop", name="小店")
        opened.record([shop], personal={"own": {"phone": "0451-555-0104", "contact": "李"}})
        yield opened


def never(*_: object) -> Any:
    raise AssertionError("a second pass over all entries")


def take(ledger: Ledger, field: str) -> None:
    with ledger.store.write() as session:
        assert session.run("DELETE FROM personal WHERE field = ?", (field,)) == 1


def gone(ledger: Ledger, *, full: bool) -> list[str]:
    found = ledger.verify(full=full).findings
    return [each.got for each in found if each.code == "personal.vanished"]


def test_a_ledger_that_holds_is_read_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "_committing", never)
    for full in (True, False):
        assert ledger.verify(full=full).ok


@pytest.mark.parametrize("marked", [False, True])
def test_a_value_that_went_is_missed_by_every_run(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, marked: bool) -> None:
    if marked:
        assert ledger.verify().ok
    monkeypatch.setattr(personal, "_committing", never)
    take(ledger, "phone")
    for full in (False, True):
        assert gone(ledger, full=full) == ["phone"]


def test_it_is_missed_too_where_something_else_is_wrong(ledger: Ledger) -> None:
    take(ledger, "contact")
    with ledger.store.write() as session:
        session.run("UPDATE holding SET sent = sent + 1")
    assert gone(ledger, full=True) == ["contact"]
    assert {each.code for each in ledger.verify(full=True).findings} == {"personal.vanished", "projection.differs"}


def test_what_a_helper_no_longer_saw_is_looked_up_in_the_snapshot_of_the_run(ledger: Ledger) -> None:
    """A helper reads later: what was erased meanwhile is there for whoever asked, and its erasure is not."""
    with ledger.reading() as session:
        row = session.row("SELECT log, seq FROM personal WHERE field = 'phone'")
        assert row is not None
        assert personal.vanished(session, given=[(row[0], row[1], "phone"), (row[0], row[1], "fax")]) == [(row[0], row[1], "fax")]


def test_the_garbage_collector_is_left_as_it_was() -> None:
    for was in (True, False):
        (gc.enable if was else gc.disable)()
        try:
            with pytest.raises(ZeroDivisionError):
                _fails()
            assert gc.isenabled() is was
        finally:
            gc.enable()


@uncollected()
def _fails() -> None:
    assert not gc.isenabled()
    raise ZeroDivisionError
