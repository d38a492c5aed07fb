"""Audits a copy of a log in tiles, with nothing but the copy and a key.

What is checked, in the order of the entries:

1. The checkpoint is one of a key the auditor trusts; without one, of the key that the log's own key entries put in force. A witness
   whose key the auditor gave has cosigned it, or the older checkpoint that the copy extends.
2. Every entry bundle and every tile that the checkpoint's size requires is there, whole, and follows from the entries.
3. Every entry is canonical, of this log, in its place; it links to the one before; ``time`` does not run backwards.
4. The key entries form a chain, and the checkpoint's key is the one in force at its size. The copy has the checkpoint right after each
   key entry, and the old and the new key have signed it: whoever takes the log in needs all of them.
5. The root of the entries is the root that was signed; at the size of an older checkpoint, also the root of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from foodtrace.errors import BadData, FoodtraceError, Integrity, ProofError, Storage
from foodtrace.events import Key
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.keys import ED25519, format_vkey
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.entry import ZERO, parse
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.note import MAX_NOTE, Verifier, parse_checkpoint, parse_verifier
from foodtrace.tlog.ranges import HASH_SIZE, leaf_hash
from foodtrace.tlog.tiles import CHECKPOINT, MAX_BUNDLE, WIDTH, hashes_of, key_path, split_bundle, subtree, tiles_at
from foodtrace.tlog.tilesource import Source, read_tile

__all__ = ["Begin", "Followed", "TileFinding", "TilesAudit", "audit", "examine", "note_of"]

MAX_FINDINGS: Final = 1000


class TileFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not hold."""

    code: str
    """Stable code, ``tiles.*`` or ``tlog.*``; its text stands in the catalogue."""
    path: str = ""
    """File of the copy."""
    seq: int | None = None
    expected: str = ""
    got: str = ""


class TilesAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit of a copy found."""

    ok: bool
    """True only if at least one entry was checked and everything holds."""
    log: str
    size: int
    entries: int
    """Entries that were checked."""
    files: int
    """Files that were read."""
    vkey: str
    """The key that signed the checkpoint."""
    trusted: bool
    """Whether the auditor gave that key, or one that handed over to it in this checkpoint; else it is the log's own word."""
    given: str = ""
    """The key that the auditor gave, where it is not ``vkey``: it handed over to ``vkey``, and signed the checkpoint as well."""
    witnesses: int
    """Known witnesses that cosigned the checkpoint."""
    since: int | None = None
    """Size of the older checkpoint that the copy was compared with."""
    since_witnesses: int = 0
    """Known witnesses that cosigned that one: they have seen no other history up to its size."""
    findings: tuple[TileFinding, ...] = ()


class Followed(NamedTuple):
    """What following a copy to its end has shown besides the findings."""

    keys: KeyChain
    notes: dict[int, bytes]
    """Checkpoints right after key entries, by size; each signed by the keys that must have."""
    prev: bytes
    """Leaf hash of the last entry."""
    time: int
    """``time`` of the last entry, microseconds UTC."""


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


class _Walk:
    """State of an audit."""

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
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(TileFinding(code=code, path=path, seq=seq, expected=str(expected), got=str(got)))

    def bundles(self, progress: Callable[[int, int], None] | None) -> None:
        """Walk the entries with their bundles and level-0 tiles; end where a bundle cannot be read."""
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
            heads = [parse_checkpoint(note, [_verifier(self.head.origin, each)], origin=self.head.origin) for each in signers]
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
        if isinstance(event, Key) and event.use == "log":
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


def audit(
    source: Source,
    verifiers: Iterable[Verifier] = (),
    *,
    since: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TilesAudit:
    """Audit a copy from its first entry to its checkpoint.

    :param verifiers: keys of the log, and of witnesses, that the auditor got elsewhere. Without a log's key the log's own word for
        its key is taken.
    :param since: an older checkpoint of the same log that the copy has to extend, by a key that is known or by the one that was in force
        at its size, as the copy shows. A witness that cosigned it need not have cosigned the newest.
    :raises ProofError: a checkpoint is none of a trusted key. :raises Storage: ``tiles.no_checkpoint``, ``tiles.unreadable``.
    """
    known = tuple(verifiers)
    trusted = any(each.algorithm == ED25519 for each in known)
    note = note_of(source)
    head = _by_log(note, known) if trusted else parse_head(note[: note.rfind(b"\n\n") + 1])
    older, cosigned, unproven = None, frozenset[Verifier](), b""
    if since is not None:
        if since.startswith(b"old "):  # as `export checkpoint` prints it for a witness
            from foodtrace.tlog.witness import parse_request  # noqa: PLC0415 - hardly ever

            since = parse_request(since).checkpoint
        older = parse_head(since[: since.rfind(b"\n\n") + 1])
        if trusted and not _is_by_log(since, known):
            unproven = since
        cosigned = _cosigned(since, known)
        if older.origin != head.origin:
            raise ProofError("checkpoint.other_origin", value=older.origin, expected=head.origin)
    return examine(source, note, head, known, older=older, cosigned=cosigned, unproven=unproven, trusted=trusted, progress=progress)[0]


def _by_log(note: bytes, known: tuple[Verifier, ...]) -> TreeHead:
    """Return what a checkpoint says that a known key of the log itself has signed, not another log's alone. Raises ``ProofError``."""
    head = parse_checkpoint(note, known)
    if not head.by_log:
        raise ProofError("checkpoint.not_by_log", value=", ".join(head.signers), expected=head.origin)
    return head


def _is_by_log(note: bytes, known: tuple[Verifier, ...]) -> bool:
    """Say whether a known key of the log has signed a checkpoint. Raises ``ProofError`` for none, or a known key's bad signature."""
    try:
        _by_log(note, known)
    except ProofError as error:
        if error.code not in {"note.no_known_key", "checkpoint.not_by_log"}:
            raise
        return False
    return True


def _cosigned(note: bytes, known: tuple[Verifier, ...]) -> frozenset[Verifier]:
    """Return the known witnesses that cosigned a checkpoint. Raises ``ProofError`` for a cosignature that is not what it says."""
    witnesses = [each for each in known if each.algorithm != ED25519]
    try:
        signed = parse_checkpoint(note, witnesses).note.signatures
    except ProofError as error:
        if error.code != "note.no_known_key":
            raise
        return frozenset()
    return frozenset(each.verifier for each in signed if each.verifier is not None)


def note_of(source: Source) -> bytes:
    """Return the checkpoint of a copy, unchecked. Raises ``Storage`` (``tiles.no_checkpoint``, ``tiles.unreadable``)."""
    note = source.read(CHECKPOINT, MAX_NOTE)
    if note is None:
        raise Storage("tiles.no_checkpoint", value=CHECKPOINT)
    return note


def examine(
    source: Source,
    note: bytes,
    head: TreeHead,
    known: tuple[Verifier, ...] = (),
    *,
    older: TreeHead | None = None,
    cosigned: frozenset[Verifier] = frozenset(),
    unproven: bytes = b"",
    trusted: bool = False,
    progress: Callable[[int, int], None] | None = None,
    each: Callable[[int, bytes], None] | None = None,
    begin: Begin | None = None,
) -> tuple[TilesAudit, Followed]:
    """Audit a copy against one reading of its checkpoint.

    :param head: what ``note`` says. :param older: what an older checkpoint said, which the copy has to extend. :param cosigned: the
        known witnesses that cosigned that one. :param unproven: that one, if no known key of the log signed it: then the key has to
        have signed it that was in force at its size.
    :param each: called with (seq, bytes) of every entry, in order, before it is known whether the copy holds.
    :param begin: where to begin; used up by it.
    """
    walk = _Walk(source, head, older, each, begin)
    walk.files += 1
    if older is not None and older.size > head.size:
        walk.find("tiles.rolled_back", CHECKPOINT, None, older.size, head.size)
    walk.bundles(progress)
    walk.upper()
    vkey, signed = _end(walk, note, known, cosigned)
    if unproven and older is not None:
        _then(walk, unproven, older)
    size = walk.frontier.size
    if size == 0:
        walk.find("tlog.empty", CHECKPOINT)
    found = TilesAudit(
        ok=size > 0 and not walk.findings,
        log=head.origin,
        size=head.size,
        entries=size,
        files=walk.files,
        vkey=vkey,
        trusted=trusted,
        given=_given(vkey, signed) if trusted else "",
        witnesses=sum(each.algorithm != ED25519 for each in signed),
        since=None if older is None else older.size,
        since_witnesses=len(cosigned),
        findings=tuple(walk.findings),
    )
    return found, Followed(walk.keys, walk.notes, walk.prev, walk.time)


def _verifier(origin: str, public: bytes) -> Verifier:
    return parse_verifier(format_vkey(origin, public))


def _given(vkey: str, signed: frozenset[Verifier]) -> str:
    """Return the given key of the log that signed, where it is not the one in force."""
    own = [each.vkey for each in signed if each.algorithm == ED25519]
    return "" if vkey in own else "".join(sorted(own)[:1])


def _then(walk: _Walk, note: bytes, older: TreeHead) -> None:
    """Check an older checkpoint against the key that was in force at its size (step 5)."""
    own = [_verifier(walk.head.origin, public) for public in walk.then[:1]]
    try:
        parse_checkpoint(note, own, origin=walk.head.origin)
    except FoodtraceError as error:
        walk.find("tlog.since_signature", CHECKPOINT, older.size - 1, own[0].vkey if own else "-", error.message("en"))


def _end(walk: _Walk, note: bytes, known: tuple[Verifier, ...], earlier: frozenset[Verifier]) -> tuple[str, frozenset[Verifier]]:
    """Carry out steps 1, 4 and 5 at the end; return the key in force, which signed, and which known keys of log and witnesses did.

    :param earlier: the known witnesses that cosigned the older checkpoint.
    """
    head = walk.head
    if walk.frontier.size == head.size and walk.frontier.root() != head.root:
        walk.find("tlog.root_mismatch", CHECKPOINT, head.size - 1, head.root.hex(), walk.frontier.root().hex())
    if walk.frontier.size != head.size:
        return "", frozenset()
    signers = walk.keys.signers(head.size)
    if not signers or head.key_entry != walk.keys.seq:
        walk.find("tlog.no_key", CHECKPOINT, head.size - 1, walk.keys.seq, head.key_entry)
        return "", frozenset()
    try:
        own = _verifier(head.origin, signers[0])
        signed = parse_checkpoint(note, {own, *known}, origin=head.origin)
        for public in signers:  # the key in force signed, not only another that is trusted; at a key entry the one before it too
            parse_checkpoint(note, [_verifier(head.origin, public)], origin=head.origin)
    except FoodtraceError as error:
        walk.find("tlog.checkpoint_signature", CHECKPOINT, head.size - 1, "", error.message("en"))
        return "", frozenset()
    by = {each.verifier for each in signed.note.signatures}
    for each in sorted({each for each in known if each.algorithm != ED25519} - by - earlier, key=lambda each: each.vkey):
        walk.find("tiles.not_cosigned", CHECKPOINT, None, each.vkey, ", ".join(signed.signers))
    return own.vkey, frozenset(each for each in known if each in by)
