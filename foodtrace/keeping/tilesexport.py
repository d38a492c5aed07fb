"""Exports a log as tiles into a folder that any static web server can serve (C2SP tlog-tiles).

Rules:

1. Incremental: what the copy's checkpoint covers is not read again; a full tile is written once.
2. Every file appears whole or not at all; the checkpoint comes last, so that a reader never sees one whose tiles are missing.
3. Partial tiles of sizes that were published stay until the full tile is there; then they go.
4. A copy that the log does not extend is left alone: it is evidence. What the log itself does not hold is not published, and no
   checkpoint that the keys in force at its size did not sign: it would take the place of a good one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from foodtrace.errors import Ambiguous, BadData, Conflict, Integrity, NotFound, ProofError
from foodtrace.keeping.keyrows import log_keys
from foodtrace.keeping.proving import note_at
from foodtrace.keys import format_vkey
from foodtrace.opening import LogState, logs
from foodtrace.storage.session import Session
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.files import changing, disk, publish
from foodtrace.tlog.frontier import StoredNodes
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.merkle import leaf_hash, root_from
from foodtrace.tlog.nodes import stored_nodes
from foodtrace.tlog.note import parse_checkpoint, parse_verifier
from foodtrace.tlog.said import TilesSaid
from foodtrace.tlog.tiles import CHECKPOINT, HEIGHT, WIDTH, Tile, bundle, key_path, tiles_at

__all__ = ["check_signed", "choose_log", "export_tiles", "head_of"]

_ENTRIES: Final = "SELECT seq, leaf, bytes FROM entry WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq"


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
    with changing(folder):
        node = stored_nodes(session, state.number)
        before = _before(node, folder / CHECKPOINT, state, size)
        full = full or not before  # of a copy without a checkpoint nobody knows which log's its files are
        start = 0 if full else before
        if root_from(node, size) != head_of(note).root:
            raise Integrity("prove.broken", value=state.origin, reason="root")
        check_signed(session, state, size, note)
        written = _leaves(session, state, folder, start, size)
        level = 1
        while size >> HEIGHT * level:
            written += _hashes(node, folder, level, start, size)
            level += 1
        written += _keys(session, state, folder, full=full)
        if before != size or full:
            publish(folder / CHECKPOINT, note)
            written += 1
        removed = _tidy(folder, start, size)
    newest = log_keys(session, state.number)[:1]
    vkey = "".join(format_vkey(state.origin, bytes.fromhex(event.public)) for _, event in newest)
    return TilesSaid(log=state.origin, folder=str(folder), size=size, before=before, written=written, removed=removed, vkey=vkey)


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


def _leaves(session: Session, state: LogState, folder: Path, start: int, size: int) -> int:
    """Write entry bundles and level-0 tiles of the entries [start, size); return the files written."""
    if start == size:
        return 0
    written = 0
    for tile in tiles_at(-1, size, start // WIDTH):
        first = tile.number * WIDTH
        rows = session.rows(_ENTRIES, (state.number, first, first + tile.width))
        entries, leaves = [bytes(row[2]) for row in rows], [bytes(row[1]) for row in rows]
        if [row[0] for row in rows] != list(range(first, first + tile.width)) or [leaf_hash(each) for each in entries] != leaves:
            raise Integrity("prove.broken", value=state.origin, reason=f"entries {first} .. {first + tile.width - 1}")
        publish(folder / tile.path, bundle(entries))
        publish(folder / Tile(0, tile.number, tile.width).path, b"".join(leaves))
        written += 2
    return written


def _hashes(node: StoredNodes, folder: Path, level: int, start: int, size: int) -> int:
    """Write the tiles of a level above the leaves that changed since ``start``; return the files written."""
    first, count = start >> HEIGHT * level, size >> HEIGHT * level
    if first == count:
        return 0
    written = 0
    for tile in tiles_at(level, size, first // WIDTH):
        at = tile.number * WIDTH
        publish(folder / tile.path, b"".join(node(HEIGHT * level, at + place) for place in range(tile.width)))
        written += 1
    return written


def _keys(session: Session, state: LogState, folder: Path, *, full: bool) -> int:
    """Write the checkpoints at whose end a key entry stands, those that are not there yet; return the files written."""
    written = 0
    for seq, _ in log_keys(session, state.number):
        row = session.row("SELECT note FROM checkpoint WHERE log = ? AND size = ?", (state.number, seq + 1))
        if row is None:
            raise Integrity("prove.broken", value=state.origin, reason=f"key entry {seq}")
        check_signed(session, state, seq + 1, bytes(row[0]))
        path = folder / key_path(seq + 1)
        if full or not path.exists():
            publish(path, bytes(row[0]))
            written += 1
    return written


def _tidy(folder: Path, start: int, size: int) -> int:
    """Remove the partial tiles that became full between two sizes (rule 3); return how many."""
    removed = 0
    for level in range(-1, (size.bit_length() + HEIGHT - 1) // HEIGHT):
        for tile in tiles_at(level, size, (start >> HEIGHT * max(level, 0)) // WIDTH):
            partial = folder / (tile.full_path + ".p")
            if tile.width == WIDTH and partial.is_dir():
                with disk(partial):
                    removed += sum(1 for _ in partial.iterdir())
                    shutil.rmtree(partial)
    return removed
