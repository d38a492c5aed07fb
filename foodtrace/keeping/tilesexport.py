"""Exports a log as tiles into a folder that any static web server can serve (C2SP tlog-tiles).

Rules:

1. Incremental: what the copy's checkpoint covers is read again only where somebody changed it since, and then put back and named
   (:mod:`foodtrace.keeping.tilefiles`); a full tile is written once.
2. Every file appears whole or not at all; the checkpoint comes last, so that a reader never sees one whose tiles are missing.
3. Partial tiles of sizes that were published stay until the full tile is there; then they go.
4. A copy that the log does not extend is left alone: it is evidence. What the log itself does not hold is not published, and no
   checkpoint that the keys in force at its size did not sign: it would take the place of a good one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from foodtrace.errors import Ambiguous, BadData, Conflict, Integrity, NotFound, ProofError
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keeping.proving import note_at
from foodtrace.keeping.tilefiles import Copy, levels
from foodtrace.keys import format_vkey
from foodtrace.opening import LogState, logs
from foodtrace.storage.session import Session
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.files import changing, disk, publish
from foodtrace.tlog.frontier import StoredNodes
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.merkle import root_from
from foodtrace.tlog.nodes import stored_nodes
from foodtrace.tlog.note import parse_checkpoint, parse_verifier
from foodtrace.tlog.said import TilesSaid
from foodtrace.tlog.tiles import CHECKPOINT, HEIGHT, WIDTH, Tile, key_path, tiles_at

__all__ = ["check_signed", "choose_log", "export_tiles", "head_of"]


def choose_log(session: Session, wanted: str | None) -> LogState:
    """Return the log to export: the one asked for, or the only one. Raises ``Ambiguous``, ``NotFound`` (``log.missing``)."""
    states = logs(session)
    if wanted is not None:
        states = [each for each in states if each.origin == wanted or each.origin.rsplit("/", 1)[-1] == wanted]
    if len(states) > 1:
        raise Ambiguous("prove.which_log", value=wanted or "", candidates=[each.origin for each in states])
    if not states or not states[0].size:
        raise NotFound("log.missing", value=wanted or "-")
    return states[0]


def head_of(note: bytes) -> TreeHead:
    """Return what a checkpoint says, its signatures unchecked. Raises ``ProofError``."""
    return parse_head(note[: note.rfind(b"\n\n") + 1])


def export_tiles(session: Session, state: LogState, folder: Path, *, full: bool = False) -> TilesSaid:
    """Bring a folder up to the newest checkpoint of a log.

    :param full: write everything anew, also what is there already.
    :raises Conflict: ``tiles.other_log``. :raises Integrity: ``tiles.ahead``, ``tiles.not_extended``, ``prove.broken``.
    :raises Storage: ``files.io``.
    """
    size, note = note_at(session, state)
    node = stored_nodes(session, state.number)
    copy = Copy(session, state, node, folder)
    with changing(folder):
        before = _before(node, folder / CHECKPOINT, state, size)
        full = full or not before  # of a copy without a checkpoint nobody knows which log's its files are
        start = 0 if full else before
        if root_from(node, size) != head_of(note).root:
            raise Integrity("prove.broken", value=state.origin, reason="root")
        check_signed(session, state, size, note)
        if before:
            copy.mend(before, full=full)
        written = _leaves(copy, start, size)
        level = 1
        while size >> HEIGHT * level:
            written += _hashes(copy, level, start, size)
            level += 1
        written += _keys(session, state, copy, full=full)
        if before != size or full or not _signed(session, state, size, copy.read(CHECKPOINT) or b""):
            if before == size:
                copy.put(CHECKPOINT, note)
            else:
                publish(folder / CHECKPOINT, note)
            written += 1
        removed = _tidy(folder, start, size)
    newest = log_keys(session, state.number)[:1]
    vkey = "".join(format_vkey(state.origin, bytes.fromhex(event.public)) for _, event in newest)
    return TilesSaid(
        log=state.origin,
        folder=str(folder),
        size=size,
        before=before,
        written=written,
        removed=removed,
        mended=tuple(copy.mended),
        vkey=vkey,
    )


def check_signed(session: Session, state: LogState, size: int, note: bytes) -> None:
    """See that every key that had to sign a checkpoint on record did (rule 4). Raises ``Integrity`` (``prove.broken``)."""
    chain = KeyChain()
    for seq, event in log_keys(session, state.number)[::-1]:
        if seq < size:
            chain.take(seq, event)
    try:
        signers = chain.signers(size)
        heads = [parse_checkpoint(note, [parse_verifier(format_vkey(state.origin, each))], origin=state.origin) for each in signers]
    except BadData as error:
        raise Integrity("prove.broken", value=state.origin, reason=error.message("en")) from None
    if not heads or heads[0].size != size:
        raise Integrity("prove.broken", value=state.origin, reason="no key" if not heads else f"size {heads[0].size}")


def _before(node: StoredNodes, path: Path, state: LogState, size: int) -> int:
    """Return the size of the copy, after making sure that the log extends it (rule 4)."""
    if not path.exists():
        return 0
    with disk(path):
        note = path.read_bytes()
    try:
        old = head_of(note)
    except ProofError as error:
        raise Conflict("tiles.other_log", value=str(path), expected=state.origin, reason=error.message("en")) from None
    if old.origin != state.origin:
        raise Conflict("tiles.other_log", value=str(path), expected=state.origin, reason=old.origin)
    if old.size > size:
        raise Integrity("tiles.ahead", value=old.size, expected=size)
    if root_from(node, old.size) != old.root:
        raise Integrity("tiles.not_extended", value=old.size, expected=state.origin)
    return old.size


def _leaves(copy: Copy, start: int, size: int) -> int:
    """Write entry bundles and level-0 tiles of the entries [start, size); return the files written."""
    if start == size:
        return 0
    written = 0
    for tile in tiles_at(-1, size, start // WIDTH):
        entries, leaves = copy.pair(tile.number, tile.width)
        copy.put(tile.path, entries)
        copy.put(Tile(0, tile.number, tile.width).path, leaves)
        written += 2
    return written


def _hashes(copy: Copy, level: int, start: int, size: int) -> int:
    """Write the tiles of a level above the leaves that changed since ``start``; return the files written."""
    first, count = start >> HEIGHT * level, size >> HEIGHT * level
    if first == count:
        return 0
    written = 0
    for tile in tiles_at(level, size, first // WIDTH):
        copy.put(tile.path, copy.data(tile))
        written += 1
    return written


def _keys(session: Session, state: LogState, copy: Copy, *, full: bool) -> int:
    """Write the checkpoints at whose end a key entry stands, those that are not there as they are; return the files written."""
    written = 0
    for seq, _ in log_keys(session, state.number):
        row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, seq + 1))
        if row is None:
            raise Integrity("prove.broken", value=state.origin, reason=f"key entry {seq}")
        note, path = bytes(row[0]), key_path(seq + 1)
        check_signed(session, state, seq + 1, note)
        there = copy.read(path)
        if there is not None and there != note and _signed(session, state, seq + 1, there) and head_of(there).root != head_of(note).root:
            raise Integrity("tiles.not_extended", value=seq + 1, expected=state.origin)
        if full or there != note:
            copy.put(path, note)
            written += 1
    return written


def _signed(session: Session, state: LogState, size: int, note: bytes) -> bool:
    """Say whether the keys in force signed a checkpoint of this size that lies in a copy."""
    try:
        check_signed(session, state, size, note)
    except Integrity:
        return False
    return True


def _tidy(folder: Path, start: int, size: int) -> int:
    """Remove the partial tiles that became full between two sizes (rule 3); return how many."""
    removed = 0
    for level in levels(size):
        for tile in tiles_at(level, size, (start >> HEIGHT * max(level, 0)) // WIDTH):
            partial = folder / (tile.full_path + ".p")
            if tile.width == WIDTH and partial.is_dir():
                with disk(partial):
                    removed += sum(1 for _ in partial.iterdir())
                    shutil.rmtree(partial)
    return removed
