"""Goes on with a log that has ended, by hand, as only who has its key can: its copy in tiles, and proofs of what came after the end."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from proofbundle.merkle import consistency_proof, inclusion_proof, merkle_tree_hash

from foodtrace.events import AnyEvent, Key
from foodtrace.events.canonical import decode, encode
from foodtrace.keys import SigningKey
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.entry import compose, parse, time_text
from foodtrace.tlog.keyentries import KeyEntry, encode_keys
from foodtrace.tlog.note import sign_note
from foodtrace.tlog.proof import format_proof
from foodtrace.tlog.ranges import leaf_hash
from foodtrace.tlog.tiles import bundle, key_path, split_bundle, tile_path


class Forged(NamedTuple):
    """A log that was written on."""

    entries: list[bytes]
    turns: dict[int, bytes]
    """Checkpoints right after key entries, by size."""
    checkpoint: bytes
    origin: str


def forge(copy: Path, to: Path, events: list[AnyEvent], signers: dict[int, list[SigningKey]]) -> Forged:
    """Write a copy of a small log anew with more entries, whatever they are, signed as its owner can.

    :param signers: size -> who signs the checkpoint of that size; the last one is the copy's own.
    """
    (listed,) = (copy / "tile" / "entries" / "000.p").iterdir()
    entries = split_bundle(listed.read_bytes(), int(listed.name))
    turns = {int(each.name): each.read_bytes() for each in (copy / "keys").iterdir()}
    origin = parse(entries[0]).log
    key_seq = max(turns) - 1
    notes: dict[int, bytes] = {}
    for event in events:
        last = parse(entries[-1])
        entries.append(compose(encode(event), origin, leaf_hash(entries[-1]), len(entries), time_text(last.recorded + 1_000_000)))
        size = len(entries)
        if isinstance(event, Key) and event.use == "log":
            key_seq = size - 1
        if size in signers:
            notes[size] = sign_note(format_checkpoint(origin, size, merkle_tree_hash(entries), [f"keys {key_seq}"]), signers[size])
        if key_seq == size - 1:
            turns[size] = notes[size]
    shutil.copytree(copy, to)
    size = len(entries)
    (to / tile_path(-1, 0, size)).write_bytes(bundle(entries))
    (to / tile_path(0, 0, size)).write_bytes(b"".join(map(leaf_hash, entries)))
    for each, note in turns.items():
        (to / key_path(each)).write_bytes(note)
    (to / "checkpoint").write_bytes(notes[size])
    return Forged(entries, turns, notes[size], origin)


def proof_of(log: Forged, index: int) -> bytes:
    """Return the proof of an entry, with every key entry of the log."""
    keys = []
    for size, note in sorted(log.turns.items()):
        event = decode(bytes(parse(log.entries[size - 1]).event))
        keys.append(
            KeyEntry(
                index=size - 1,
                entry=log.entries[size - 1],
                hashes=tuple(inclusion_proof(log.entries, size - 1)),
                handover=note if isinstance(event, Key) and event.action == "rotate" else b"",
                consistency=tuple(consistency_proof(log.entries, size)) if isinstance(event, Key) and event.action == "rotate" else (),
            )
        )
    return format_proof(index, inclusion_proof(log.entries, index), log.checkpoint, encode_keys(keys))
