"""A ledger to copy in tiles, and what tests of copies do with it."""

from __future__ import annotations

from pathlib import Path

from foodtrace import Ledger
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from foodtrace.tlog.note import Verifier, parse_verifier
from foodtrace.tlog.said import TilesSaid
from foodtrace.tlog.tileaudit import TilesAudit, audit
from foodtrace.tlog.tilesource import Folder


def export(ledger: Ledger, folder: Path, *, full: bool = False) -> TilesSaid:
    with ledger.reading() as session:
        return export_tiles(session, choose_log(session, None), folder, full=full)


def audited(ledger: Ledger, folder: Path, since: bytes | None = None) -> TilesAudit:
    return audit(Folder(folder), [key_of(ledger)], since=since)


def key_of(ledger: Ledger) -> Verifier:
    return parse_verifier(ledger.writer().key.vkey)


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
