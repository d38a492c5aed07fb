"""Follows a copy of a log in tiles from entry to entry, and finds what does not hold on the way.

What is checked of every entry and file is said in :mod:`foodtrace.tlog.tileaudit`, whose steps 2 and 3, and 4 and 5 for the sizes that lie
before the end, are carried out here.

It ends where more cannot be learned: at ``MAX_FINDINGS``, or when the signed root does not vouch for more than ``MAX_UNVOUCHED`` of the
entries (:mod:`foodtrace.tlog.tilevouch`). Anybody can write down a size; a copy is read no further than it has been hashed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from foodtrace.errors import BadData, FoodtraceError, Integrity, ProofError
from foodtrace.events import Key
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.keys import format_vkey
from foodtrace.tlog.checkpoint import TreeHead
from foodtrace.tlog.entry import ZERO, parse
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import AFTER_END, KeyChain
from foodtrace.tlog.note import MAX_NOTE, Verifier, parse_checkpoint, parse_verifier
from foodtrace.tlog.ranges import HASH_SIZE, leaf_hash
from foodtrace.tlog.tiles import CHECKPOINT, MAX_BUNDLE, WIDTH, hashes_of, key_path, split_bundle, subtree, tiles_at
from foodtrace.tlog.tilesource import Source, read_tile
from foodtrace.tlog.tilevouch import Vouching

__all__ = ["Begin", "TileFinding", "Walk", "verifier_of"]

MAX_FINDINGS: Final = 1000
MAX_UNVOUCHED: Final = WIDTH * WIDTH
"""So many entries are followed although the copy's tiles do not lead to them from the signed root."""


class TileFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not hold."""

    code: str
    """Stable code, ``tiles.*`` or ``tlog.*``; its text stands in the catalogue."""
    path: str = ""
    """File of the copy."""
    seq: int | None = None
    expected: str = ""
    got: str = ""


class Begin(NamedTuple):
    """Where an audit begins, if not at the first entry: what the entries before, known from elsewhere, come to."""

    size: int
    """Entries before; whole bundles of them."""
    frontier: Frontier
    prev: bytes
    time: int
    keys: KeyChain
    tiles: list[list[bytes]]
    """By level from 1 on: the hashes of the tile that is not full yet."""
    gathering: Gathering


class Walk:
    """State of an audit: what the entries followed so far come to, and what does not hold."""

    def __init__(
        self,
        source: Source,
        head: TreeHead,
        since: TreeHead | None,
        each: Callable[[int, bytes], None] | None,
        begin: Begin | None,
    ) -> None:
        self.source, self.head, self.since = source, head, since
        self.each = each
        self.turns: dict[int, tuple[tuple[bytes, ...], int]] = {}
        """Sizes at whose end a key entry stands: the keys that must have signed there, and that entry."""
        self.notes: dict[int, bytes] = {}
        self.frontier, self.keys = Frontier(), KeyChain()
        self.then: tuple[bytes, ...] = ()
        """Keys that must have signed the older checkpoint, once the entries up to its size are here."""
        self.prev, self.time, self.files = ZERO, -1, 0
        self.tiles: list[list[bytes]] = [[]]
        """Hashes of full tiles: the place in the list is their level, less one."""
        self.findings: list[TileFinding] = []
        self.gathering = Gathering()
        self.start = 0
        if begin is not None:
            self.start, self.frontier, self.prev, self.time = begin.size, begin.frontier.copy(), begin.prev, begin.time
            self.keys, self.gathering = begin.keys, begin.gathering
            self.tiles = [[*each] for each in begin.tiles]

    def find(self, code: str, path: str = "", seq: int | None = None, expected: object = "", got: object = "") -> None:
        """Take note of one thing that does not hold; beyond ``MAX_FINDINGS`` more of them say nothing new."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(TileFinding(code=code, path=path, seq=seq, expected=str(expected), got=str(got)))

    def bundles(self, progress: Callable[[int, int], None] | None) -> None:
        """Walk the entries with their bundles and level-0 tiles; end where a bundle cannot be read, or where nothing is left to learn."""
        vouching = None
        if self.head.size - self.start > MAX_UNVOUCHED:
            vouching = Vouching(self.source, self.head)
            if not vouching.edge():
                for wrong in vouching.damaged():
                    self.find(*wrong)
                self._beyond(self.start)
                return
        unvouched = 0
        if progress is not None:
            progress(self.start, self.head.size)
        for each in tiles_at(-1, self.head.size, self.start // WIDTH):
            start = each.number * WIDTH
            entries = self._entries(each.number, each.width)
            if entries is None:
                return
            leaves = [leaf_hash(data) for data in entries]
            for place, data in enumerate(entries):
                self._entry(start + place, data, leaves[place], each.path)
                if self.each is not None:
                    self.each(start + place, data)
            self._grow(leaves)
            self._compare(0, each.number, leaves)
            if len(leaves) == WIDTH:
                self.tiles[0].append(subtree(leaves))
            if progress is not None:
                progress(start + each.width, self.head.size)
            if len(self.findings) >= MAX_FINDINGS:
                return
            if vouching is not None and each.width == WIDTH and vouching.bundle(each.number) != subtree(leaves):
                unvouched += WIDTH
                if unvouched > MAX_UNVOUCHED:
                    self._beyond(start + WIDTH)
                    return

    def _beyond(self, size: int) -> None:
        """Say that the copy is followed to this size and no further."""
        self.find("tiles.beyond", CHECKPOINT, None, self.head.size, size)

    def _entries(self, index: int, width: int) -> list[bytes] | None:
        tile = next(tiles_at(-1, index * WIDTH + width, index))
        data, more = self._read(tile.path, lambda: read_tile(self.source, tile, MAX_BUNDLE))
        if data is None:
            return None
        try:
            return split_bundle(data, width, more=more)
        except ProofError as error:
            self.find(error.code, tile.path, expected=error.expected, got=error.value)
            return None

    def _read(self, path: str, ask: Callable[[], tuple[bytes | None, bool]]) -> tuple[bytes | None, bool]:
        self.files += 1
        try:
            data, more = ask()
        except ProofError as error:
            self.find(error.code, path, expected=error.expected)
            return None, False
        if data is None:
            self.find("tiles.missing", path)
        return data, more

    def _grow(self, leaves: list[bytes]) -> None:
        """Take the leaves into the tree, stopping at key entries and at the older checkpoint's size on the way (steps 4 and 5)."""
        base, done = self.frontier.size, 0
        stops = set(self.turns) if self.since is None else {*self.turns, self.since.size}
        for size in sorted(each for each in stops if base < each <= base + len(leaves)):
            self.frontier.extend(leaves[done : size - base])
            done = size - base
            if self.since is not None and size == self.since.size and self.frontier.root() != self.since.root:
                self.find("tiles.forked", CHECKPOINT, size - 1, self.since.root.hex(), self.frontier.root().hex())
            if size in self.turns:
                self._turn(size, *self.turns.pop(size))
        self.frontier.extend(leaves[done:])

    def _turn(self, size: int, signers: tuple[bytes, ...], key_seq: int) -> None:
        """Check the checkpoint right after a key entry (step 4)."""
        path = key_path(size)
        note, _ = self._read(path, lambda: (self.source.read(path, MAX_NOTE), False))
        if note is None:
            return
        try:
            heads = [parse_checkpoint(note, [verifier_of(self.head.origin, each)], origin=self.head.origin) for each in signers]
        except FoodtraceError as error:
            self.find("tlog.checkpoint_signature", path, size - 1, "", error.message("en"))
            return
        if not heads or (heads[0].size, heads[0].root, heads[0].key_entry) != (size, self.frontier.root(), key_seq):
            self.find("tlog.root_mismatch", path, size - 1, self.frontier.root().hex(), heads[0].root.hex() if heads else "-")
            return
        self.notes[size] = note

    def _compare(self, level: int, index: int, wanted: list[bytes]) -> None:
        """Compare a tile with the hashes that follow from the entries (step 2)."""
        tile = next(tiles_at(level, (index * WIDTH + len(wanted)) << 8 * level, index))
        data, more = self._read(tile.path, lambda: read_tile(self.source, tile, WIDTH * HASH_SIZE))
        if data is None:
            return
        try:
            found = hashes_of(data, tile.width, more=more)
        except ProofError as error:
            self.find(error.code, tile.path, expected=error.expected, got=error.value)
            return
        for place, (want, got) in enumerate(zip(wanted, found, strict=True)):
            if want != got:
                self.find("tiles.hash", tile.path, (index * WIDTH + place) << 8 * level, want.hex(), got.hex())

    def upper(self) -> None:
        """Compare the tiles of the levels above the leaves."""
        level = 1
        while level <= len(self.tiles):
            hashes = self.tiles[level - 1]
            first = self.start >> 8 * (level + 1)
            if level == len(self.tiles) and len(hashes) >= WIDTH:
                self.tiles.append([])
            for start in range(0, len(hashes), WIDTH):
                part = hashes[start : start + WIDTH]
                self._compare(level, first + start // WIDTH, part)
                if len(part) == WIDTH:
                    self.tiles[level].append(subtree(part))
            level += 1

    def _entry(self, seq: int, data: bytes, leaf: bytes, path: str) -> None:
        """Check one entry in its place (steps 3 and 4)."""
        try:
            entry = parse(data)
            event = decode_alone(bytes(entry.event))
        except BadData as error:
            self.find("tlog.entry_form", path, seq, "canonical", error.message("en"))
            self.prev = leaf
            return
        if entry.log != self.head.origin:
            self.find("tlog.other_log", path, seq, self.head.origin, entry.log)
        if entry.seq != seq:
            self.find("tlog.other_seq", path, seq, seq, entry.seq)
        if entry.prev != self.prev.hex():
            self.find("tlog.broken_link", path, seq, self.prev.hex(), entry.prev)
        if entry.recorded < self.time:
            self.find("tlog.time_backwards", path, seq, self.time, entry.recorded)
        self._together(path, seq, lambda: self.gathering.take(event))
        if self.keys.past_end(seq + 1):
            self.find(AFTER_END, path, seq, self.keys.seq, seq)
        elif isinstance(event, Key) and event.use == "log":
            for code in self.keys.take(seq, event):
                self.find(code, path, seq, self.keys.seq, event.public)
            self.turns[seq + 1] = (self.keys.signers(seq + 1), self.keys.seq)
        if self.since is not None and seq + 1 == self.since.size:
            self.then = self.keys.signers(seq + 1)
        self.prev, self.time = leaf, max(self.time, entry.recorded)
        if seq + 1 == self.head.size:
            self._together(path, seq, self.gathering.end)

    def _together(self, path: str, seq: int, take: Callable[[], object]) -> None:
        """Check that the parts of an event in parts stand together, all of them (step 3)."""
        try:
            take()
        except Integrity as error:
            self.find("tlog.parts", path, seq, error.expected, f"{error.value}: {error.params['got']}")


def verifier_of(origin: str, public: bytes) -> Verifier:
    """Return what verifies signatures of a log by a key of it."""
    return parse_verifier(format_vkey(origin, public))
