"""A copy in tiles: laid out as the specification says, grown without ever being less than it was."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.tlog.tileaudit import audit
from foodtrace.tlog.tiles import Tile, bundle, hashes_of, split_bundle, tile_path, tiles_at
from foodtrace.tlog.tilesource import Folder
from tests.keeping.gatelog import NOW, ORIGIN
from tests.ledger.deliveries import events
from tests.ledger.tampering import unsealed
from tests.tlog.copies import audited, export, files, key_of


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as opened:
        opened.init(ORIGIN, operator="L-1")
        yield opened


# --- layout ------------------------------------------------------------------------------------------------------


def test_paths_and_widths_are_as_the_specification_shows_them() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(-1, 5, 7) == "tile/entries/005.p/7"
    shown = {level: list(tiles_at(level, 70_000)) for level in range(4)}
    assert (len(shown[0]), shown[0][-1]) == (274, Tile(0, 273, 112))
    assert shown[1] == [Tile(1, 0, 256), Tile(1, 1, 17)]
    assert shown[2] == [Tile(2, 0, 1)]
    assert shown[3] == []
    assert list(tiles_at(0, 256)) == [Tile(0, 0, 256)]
    assert list(tiles_at(1, 256)) == [Tile(1, 0, 1)]
    assert list(tiles_at(0, 0)) == []


def test_bundles_and_tiles_are_read_strictly() -> None:
    entries = [b"", b"x", b"y" * 65_535]
    data = bundle(entries)
    assert split_bundle(data, 3) == entries
    assert split_bundle(data, 2, more=True) == entries[:2]
    for bad, width in ((data + b"\0", 3), (data[:-1], 3), (data, 2), (data, 4), (b"\0", 1), (b"", 1)):
        with pytest.raises(errors.ProofError) as caught:
            split_bundle(bad, width)
        assert caught.value.code == "tiles.bundle"
    for size in (0, 31, 33, 64, 8192):
        with pytest.raises(errors.ProofError):
            hashes_of(bytes(size), 1)


# --- export ------------------------------------------------------------------------------------------------------


def test_a_copy_grows_and_is_the_same_as_one_made_at_once(ledger: Ledger, tmp_path: Path) -> None:
    """255, 256, 257, 600 entries: partial tiles come, are kept while they are needed, and go."""
    done, more = 1, events(700)
    before = 0
    old = b""
    for size in (3, 255, 256, 257, 512, 600):
        ledger.record(more[done - 1 : size - 1])
        done = size
        said = export(ledger, tmp_path / "copy")
        assert (said.log, said.size, said.before) == (ORIGIN, size, before)
        got = audited(ledger, tmp_path / "copy", since=old or None)
        assert got.ok, got.findings
        assert (got.entries, got.trusted, got.since) == (size, True, before or None)
        assert export(ledger, tmp_path / "copy").written == 0
        old, before = (tmp_path / "copy" / "checkpoint").read_bytes(), size
    export(ledger, tmp_path / "fresh")
    grown, fresh = files(tmp_path / "copy"), files(tmp_path / "fresh")
    assert {name: grown[name] for name in fresh} == fresh
    assert sorted(grown.keys() - fresh.keys()) == ["tile/1/000.p/1"], "a published partial tile stays until the full one is there"
    assert sorted(fresh) == [
        "checkpoint",
        "keys/1",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ]
    for name in list(grown):
        (tmp_path / "copy" / name).write_bytes(b"spoilt")
    with pytest.raises(errors.Conflict) as caught:
        export(ledger, tmp_path / "copy", full=True)
    assert caught.value.code == "tiles.other_log"
    (tmp_path / "copy" / "checkpoint").unlink()
    export(ledger, tmp_path / "copy", full=True)
    assert audited(ledger, tmp_path / "copy").ok


def test_an_interrupted_export_leaves_a_copy_that_holds(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foodtrace.keeping import tilefiles, tilesexport
    from foodtrace.tlog.files import publish

    ledger.record(events(250))
    export(ledger, tmp_path / "copy")
    ledger.record([each for each in events(300) if each.id not in {e.id for e in events(250)}])
    for stop in range(20):
        count = iter(range(stop))

        def cut(path: Path, data: bytes, count: Iterator[int] = count) -> None:
            if next(count, None) is None:
                raise errors.Storage("files.io", value=str(path), reason="power cut")
            publish(path, data)

        for module in (tilefiles, tilesexport):
            monkeypatch.setattr(module, "publish", cut)
        try:
            export(ledger, tmp_path / "copy")
        except errors.Storage:
            got = audited(ledger, tmp_path / "copy")
            assert (got.ok, got.size) == (True, 254), got.findings
        else:
            break
    assert stop == 6
    assert audited(ledger, tmp_path / "copy").size == 304


def test_a_partial_tile_that_gave_way_to_the_full_one_is_no_finding(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(events(100))
    export(ledger, tmp_path / "copy")
    early = (tmp_path / "copy" / "checkpoint").read_bytes()
    ledger.record([each for each in events(300) if each.id not in {e.id for e in events(100)}])
    export(ledger, tmp_path / "copy")
    assert not (tmp_path / "copy" / "tile/0/000.p").exists()
    (tmp_path / "copy" / "checkpoint").write_bytes(early)  # a reader with the checkpoint of a moment ago
    got = audited(ledger, tmp_path / "copy")
    assert (got.ok, got.entries) == (True, 104), got.findings


def test_a_copy_that_the_log_does_not_extend_is_left_alone(tmp_path: Path) -> None:
    """The ledger goes back to yesterday's file and goes on otherwise: the copy knows."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init(ORIGIN)
        ledger.record(events()[:5])
    shutil.copy(tmp_path / "x.db", tmp_path / "old.db")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.record(events()[5:9])
        export(ledger, tmp_path / "copy")
        key = key_of(ledger)
    was = files(tmp_path / "copy")
    for each in (tmp_path / "keys").glob("*.anchor"):
        each.unlink()
    with Ledger.open(f"sqlite:///{tmp_path}/old.db", keys=tmp_path / "keys") as ledger:
        with pytest.raises(errors.Integrity) as caught:
            export(ledger, tmp_path / "copy")
        assert caught.value.message() == "the copy has 10 entries, the ledger only 6: the ledger was rolled back"
        ledger.record(events()[8:14])
        with pytest.raises(errors.Integrity) as caught:
            export(ledger, tmp_path / "copy")
        assert caught.value.code == "tiles.not_extended"
        export(ledger, tmp_path / "other")
    assert files(tmp_path / "copy") == was
    got = audit(Folder(tmp_path / "other"), [key], since=was["checkpoint"])
    assert [each.code for each in got.findings] == ["tiles.forked"]


def test_what_does_not_hold_is_not_published(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init(ORIGIN)
        ledger.record(events())
        owner: sqlite3.Connection = unsealed(tmp_path / "x.db")
        owner.execute("UPDATE entry SET bytes = CAST(replace(bytes, '1000', '9000') AS BLOB) WHERE seq = 6")
        owner.close()
        with pytest.raises(errors.Integrity) as caught:
            export(ledger, tmp_path / "copy")
        assert caught.value.code == "prove.broken"
        assert not (tmp_path / "copy" / "checkpoint").exists()


# --- audit -------------------------------------------------------------------------------------------------------
