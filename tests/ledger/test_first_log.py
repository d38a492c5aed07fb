"""A log that could not be made leaves nothing behind that looks like one; one that was made keeps its key whatever comes after."""

from __future__ import annotations

from pathlib import Path

import pytest

import foodtrace.verification.run as verification
from foodtrace import Ledger, errors, writing
from foodtrace.tlog.anchor import move_anchor
from tests.ledger.rich import first


def keys(folder: Path) -> list[Path]:
    return sorted((folder / "keys").glob("*.key"))


def refused(*_: object, **__: object) -> None:
    raise errors.Storage("files.io", value="x.db", reason="No space left on device")


@pytest.mark.parametrize("step", ["new_log", "append"])
def test_a_log_that_was_not_made_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("city/other")
        before = keys(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(writing, step, refused)
            with pytest.raises(errors.Storage):
                ledger.init("city/one")
        assert keys(tmp_path) == before
        assert ledger.init("city/one")[0].origin == "city/one"
        assert len(keys(tmp_path)) == 2


def test_a_log_that_was_made_keeps_its_key_though_what_follows_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        monkeypatch.setattr(writing, "move_anchor", refused)
        with pytest.raises(errors.Storage):
            ledger.init("city/one", operator="F-1")
    monkeypatch.setattr(writing, "move_anchor", move_anchor)
    assert len(keys(tmp_path)) == 1
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.record(first())
        assert ledger.verify(full=True).ok


def test_a_rebuild_tells_how_far_it_is_of_all_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_BATCH", 1)
    told: list[tuple[int, int]] = []
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        ledger.init("city/two")
        ledger.rebuild(progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
