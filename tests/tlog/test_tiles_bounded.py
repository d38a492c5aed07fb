"""Whoever writes down a large number makes nobody read for ever: a copy is followed as far as its root vouches for it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from foodtrace import Ledger, errors
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle, tilewalk
from foodtrace.tlog.checkpoint import TreeHead, format_checkpoint
from foodtrace.tlog.note import parse_verifier, sign_note
from foodtrace.tlog.ranges import parents
from foodtrace.tlog.tileaudit import audit
from foodtrace.tlog.tiles import WIDTH, subtree, tile_path
from foodtrace.tlog.tilevouch import Vouching
from tests.keeping.gatelog import NOW, ORIGIN
from tests.ledger.deliveries import events
from tests.tlog.copies import export, files, key_of

HUGE = 1 << 62
KEY = SigningKey(ORIGIN, bytes(range(32)))


class Counted:
    """A copy that counts what is asked of it, and fails if that goes on and on."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self.asked: list[str] = []

    def read(self, path: str, most: int) -> bytes | None:
        self.asked.append(path)
        assert len(self.asked) < 5000, "read without end"
        return self._read(path)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("bounded")
    with Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=lambda: NOW + 86_400_000_000) as ledger:
        ledger.init(ORIGIN)
        ledger.record(events(1200))
        export(ledger, folder / "copy")
        return files(folder / "copy") | {"key": key_of(ledger).vkey.encode()}


def signed(size: int, root: bytes) -> bytes:
    return sign_note(format_checkpoint(ORIGIN, size, root), [KEY])


def endless(copy: dict[str, bytes], top: bytes) -> Counted:
    """Serve whatever is asked for: the checkpoint of a size nobody has, its edge, and bundles that are no bundles of it."""
    root = sha256(top).digest()
    hashes = [top[at : at + 32] for at in range(0, len(top), 32)]
    while len(hashes) > 1:
        hashes = parents(hashes)
        root = hashes[0]

    def read(path: str) -> bytes | None:
        if path == "checkpoint":
            return signed(HUGE, root)
        if path.startswith("tile/entries/"):
            return copy["tile/entries/000"]
        return top if path == "tile/7/000.p/64" else bytes(32 * WIDTH)

    return Counted(read)


def test_a_size_beyond_what_the_copy_has_is_refused_before_an_entry_is_read(copy: dict[str, bytes]) -> None:
    source = Counted(lambda path: signed(HUGE, bytes(32)) if path == "checkpoint" else copy.get(path))
    got = audit(source)
    codes = [each.code for each in got.findings]
    assert (got.ok, codes[-1], {*codes[:-1]}) == (False, "tiles.beyond", {"tiles.missing"}), "and which tiles it lacks"
    assert not [each for each in source.asked if "entries" in each]


def test_wrong_entries_without_end_end_with_the_findings(copy: dict[str, bytes]) -> None:
    source = endless(copy, b"".join(sha256(bytes([n])).digest() for n in range(64)))
    got = audit(source)
    assert (got.ok, len(got.findings)) == (False, tilewalk.MAX_FINDINGS)
    assert got.entries <= 1024


def test_entries_that_the_root_does_not_vouch_for_are_not_followed_without_end(
    copy: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tilewalk, "MAX_UNVOUCHED", 2 * WIDTH)
    made_up = endless(copy, b"".join(sha256(bytes([n])).digest() for n in range(64)))
    source = Counted(lambda path: copy.get(path) if path.startswith(("tile/entries/", "tile/0/", "keys/")) else made_up.read(path, 0))
    got = audit(source)
    assert [(each.code, each.got) for each in got.findings if each.code == "tiles.beyond"] == [("tiles.beyond", str(3 * WIDTH))]
    assert (got.ok, got.entries) == (False, 3 * WIDTH)


def test_a_copy_that_holds_is_followed_to_its_end_however_low_the_bound(copy: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tilewalk, "MAX_UNVOUCHED", 0)
    key = [parse_verifier(copy["key"].decode())]
    got = audit(Counted(copy.get), key)
    assert (got.ok, got.findings) == (True, ())
    above = next(each for each in copy if each.startswith("tile/1/"))
    damaged = copy | {above: bytes(len(copy[above]))}
    assert "tiles.beyond" in {each.code for each in audit(Counted(damaged.get), key).findings}


@pytest.mark.parametrize(("level", "at"), [(0, 0), (0, 179 * 32), (1, 0), (1, 3 * 32 + 31)])
def test_the_tile_that_is_damaged_at_the_end_of_a_large_copy_is_named(
    copy: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, level: int, at: int
) -> None:
    """It was said only that the tiles do not lead to the root."""
    monkeypatch.setattr(tilewalk, "MAX_UNVOUCHED", 0)
    path = next(each for each in copy if each.startswith(f"tile/{level}/") and ".p/" in each)
    data = bytearray(copy[path])
    data[at] ^= 1
    got = audit(Counted((copy | {path: bytes(data)}).get))
    seq = 1024 + at // 32 if level == 0 else at // 32 * 256
    assert [(each.code, each.path, each.seq) for each in got.findings] == [("tiles.hash", path, seq), ("tiles.beyond", "checkpoint", None)]
    for spoilt, code in ((copy[path][:-1], "tiles.tile"), (None, "tiles.missing")):
        rest = {name: data for name, data in (copy | {path: spoilt}).items() if data is not None}
        found = audit(Counted(rest.get)).findings
        assert [each.path for each in found] == [path, "checkpoint"]
        assert found[0].code == code


def test_what_was_found_before_a_file_could_not_be_read_is_kept(copy: dict[str, bytes]) -> None:
    """It had gone with the error, which said that it was no finding about the log."""
    damaged = copy | {"tile/0/001": bytes(len(copy["tile/0/001"]))}

    def read(path: str) -> bytes | None:
        if path == "tile/entries/003":
            raise errors.Storage("tiles.unreadable", value=path, reason="HTTP 500")
        return damaged.get(path)

    got = audit(Counted(read))
    assert (got.ok, got.looked, got.entries) == (False, False, 3 * WIDTH)
    assert {each.code for each in got.findings} == {"tiles.hash", "tiles.unreadable"}
    assert (got.findings[-1].code, got.findings[-1].path, got.findings[-1].got) == ("tiles.unreadable", "tile/entries/003", "HTTP 500")


def test_a_bundle_that_cannot_be_read_does_not_make_the_log_empty(copy: dict[str, bytes]) -> None:
    got = audit(Counted((copy | {"tile/entries/000": b"x"}).get))
    assert (got.entries, got.size) == (0, 1204)
    assert "tiles.bundle" in {each.code for each in got.findings}
    assert "tlog.empty" not in {each.code for each in got.findings}


def test_the_root_vouches_down_to_each_bundle_and_for_nothing_else() -> None:
    leaves = [sha256(n.to_bytes(4, "big")).digest() for n in range(259 * WIDTH + 5)]
    first = [subtree(leaves[at : at + WIDTH]) for at in range(0, 259 * WIDTH, WIDTH)]
    tiles = {
        tile_path(0, 259, 5): b"".join(leaves[-5:]),
        tile_path(1, 0): b"".join(first[:WIDTH]),
        tile_path(1, 1, 3): b"".join(first[WIDTH:]),
        tile_path(2, 0, 1): subtree(first[:WIDTH]),
    }
    head = TreeHead(origin=ORIGIN, size=len(leaves), root=merkle.root(leaves))
    vouching = Vouching(Counted(tiles.get), head)
    assert vouching.edge()
    assert [vouching.bundle(n) for n in range(259)] == first
    for name, data in tiles.items():
        for bad in (data[:-1] + bytes([data[-1] ^ 1]), data[:-1], None):
            spoilt = Vouching(Counted({**tiles, name: bad}.get), head)
            assert spoilt.edge() == (name == tile_path(1, 0))
            if spoilt.edge():
                assert [spoilt.bundle(n) for n in (0, 255, 256)] == [None, None, first[256]]
