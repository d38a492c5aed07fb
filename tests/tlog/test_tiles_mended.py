"""What was damaged in a copy since the last export is put back and named by the next one, or refused; on both databases."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping.tilefiles import Copy
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.note import sign_note
from foodtrace.tlog.tiles import Tile
from tests.cli.shell import run, shop  # noqa: F401 - a fixture
from tests.keeping.gatelog import NOW, ORIGIN
from tests.ledger.deliveries import events
from tests.tlog.copies import audited, export, files


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    """Give a log of 300 entries whose copy has grown once: full tiles, partial ones of two sizes."""
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as opened:
        opened.init(ORIGIN, operator="L-1")
        opened.record(events(400)[:269])
        export(opened, tmp_path / "copy")
        opened.record(events(400)[269:299])
        export(opened, tmp_path / "copy")
        yield opened


NAMES = [
    *("keys/1", "tile/0/000", "tile/0/001.p/14", "tile/0/001.p/44", "tile/1/000.p/1"),
    *("tile/entries/000", "tile/entries/001.p/14", "tile/entries/001.p/44"),
]


def test_these_are_the_files(ledger: Ledger, tmp_path: Path) -> None:
    assert sorted(files(tmp_path / "copy")) == ["checkpoint", *NAMES]


@pytest.mark.parametrize("full", [False, True])
def test_each_damaged_file_is_put_back_and_named(ledger: Ledger, tmp_path: Path, *, full: bool) -> None:
    before = files(tmp_path / "copy")
    for name in NAMES:
        place = tmp_path / "copy" / name
        for spoilt in (bytes([before[name][0] ^ 1]) + before[name][1:], before[name][:-1], before[name] + b"x", b""):
            place.write_bytes(spoilt)
            os.utime(place, ns=(0, 0))  # as a program that keeps the time of change would leave it
            said = export(ledger, tmp_path / "copy", full=full)
            assert said.mended == (name,)
            assert files(tmp_path / "copy") == before
    assert export(ledger, tmp_path / "copy", full=full).mended == ()
    assert audited(ledger, tmp_path / "copy").ok


def test_what_is_missing_is_put_back(ledger: Ledger, tmp_path: Path) -> None:
    before = files(tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "tile")
    said = export(ledger, tmp_path / "copy")
    now = files(tmp_path / "copy")
    assert sorted(said.mended) == sorted(now.keys() - {"checkpoint", "keys/1"})
    assert before.keys() - now.keys() == {"tile/0/001.p/14", "tile/entries/001.p/14"}, "nobody needs those any more"
    assert audited(ledger, tmp_path / "copy").ok


def test_a_signature_of_the_checkpoint_that_does_not_hold_is_put_back(ledger: Ledger, tmp_path: Path) -> None:
    before = (tmp_path / "copy" / "checkpoint").read_bytes()
    (tmp_path / "copy" / "checkpoint").write_bytes(before[:-9] + (b"A" if before[-9:-8] != b"A" else b"B") + before[-8:])
    assert not audited_ok(ledger, tmp_path / "copy")
    assert export(ledger, tmp_path / "copy").mended == ("checkpoint",)
    assert (tmp_path / "copy" / "checkpoint").read_bytes() == before


def audited_ok(ledger: Ledger, folder: Path) -> bool:
    try:
        return audited(ledger, folder).ok
    except errors.ProofError:
        return False


def test_damage_is_put_back_by_the_export_that_brings_more(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "copy" / "tile/entries/000").write_bytes(b"spoilt")
    ledger.record(events(400)[299:320])
    said = export(ledger, tmp_path / "copy")
    assert (said.size, said.mended) == (321, ("tile/entries/000",))
    assert audited(ledger, tmp_path / "copy").ok


def test_a_checkpoint_of_another_history_in_the_place_of_a_key_entrys_is_evidence(ledger: Ledger, tmp_path: Path) -> None:
    place = tmp_path / "copy" / "keys/1"
    place.write_bytes(sign_note(format_checkpoint(ORIGIN, 1, bytes(32), ("keys 0",)), [ledger.writer().key]))
    evidence = place.read_bytes()
    with pytest.raises(errors.Integrity) as caught:
        export(ledger, tmp_path / "copy")
    assert caught.value.code == "tiles.not_extended"
    assert place.read_bytes() == evidence


def test_a_folder_in_a_files_place_is_named(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "copy" / "tile/0/000").unlink()
    (tmp_path / "copy" / "tile/0/000").mkdir()
    with pytest.raises(errors.Storage) as caught:
        export(ledger, tmp_path / "copy")
    assert caught.value.code == "files.io"
    assert str(caught.value.value).endswith("tile/0/000")


def test_what_nobody_touched_is_not_read_again(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time.sleep(0.03)  # the system's clock of changes goes in steps
    os.utime(tmp_path / "copy" / "checkpoint")
    read: list[Tile] = []
    honest = Copy.data

    def data(copy: Copy, tile: Tile) -> bytes:
        read.append(tile)
        return honest(copy, tile)

    monkeypatch.setattr(Copy, "data", data)
    assert export(ledger, tmp_path / "copy").mended == ()
    assert read == []
    (tmp_path / "copy" / "tile/0/000").write_bytes(b"spoilt")
    assert export(ledger, tmp_path / "copy").mended == ("tile/0/000",)
    assert read == [Tile(0, 0, 256)]


def test_it_is_said_on_the_screen(shop: Path) -> None:  # noqa: F811
    run(shop, "export", "tiles", "copy")
    (shop / "copy" / "keys/1").write_bytes(b"spoilt")
    assert "damaged or missing, written anew from the log: 1 (keys/1)" in run(shop, "export", "tiles", "copy")
    (shop / "copy" / "keys/1").unlink()
    assert json.loads(run(shop, "export", "tiles", "copy", "--json"))["written"] == 1
