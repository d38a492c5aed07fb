"""A copy in tiles: laid out as the specification says, audited without our database, and no byte of it can be changed."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import proofbundle.checkpoint
import proofbundle.merkle
import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping import proving
from foodtrace.keeping.rotation import rotate
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from foodtrace.keyfiles import create
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.entry import ZERO, compose, parse, time_text
from foodtrace.tlog.note import Verifier, parse_verifier, sign_note
from foodtrace.tlog.said import TilesSaid
from foodtrace.tlog.tileaudit import TilesAudit, audit
from foodtrace.tlog.tilenodes import nodes_of
from foodtrace.tlog.tiles import Tile, bundle, hashes_of, split_bundle, tile_path, tiles_at
from foodtrace.tlog.tilesource import Folder, Web, source_of
from tests.cli.test_way import run
from tests.keeping.test_keys import NOW, ORIGIN
from tests.ledger.test_integrity import events, unsealed


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as opened:
        opened.init(ORIGIN, operator="L-1")
        yield opened


def export(ledger: Ledger, folder: Path, *, full: bool = False) -> TilesSaid:
    with ledger.reading() as session:
        return export_tiles(session, choose_log(session, None), folder, full=full)


def audited(ledger: Ledger, folder: Path, since: bytes | None = None) -> TilesAudit:
    return audit(Folder(folder), [key_of(ledger)], since=since)


def key_of(ledger: Ledger) -> Verifier:
    return parse_verifier(ledger.writer().key.vkey)


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


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
    from foodtrace.keeping import tilesexport
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

        monkeypatch.setattr(tilesexport, "publish", cut)
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


def test_any_one_changed_byte_of_any_file_is_found(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init(ORIGIN)
        ledger.record(events(3))
        export(ledger, tmp_path / "copy")
        key = key_of(ledger)
    source = files(tmp_path / "copy")
    tried = 0

    class Changed:
        def __init__(self, name: str, data: bytes) -> None:
            self.name, self.data = name, data

        def read(self, path: str, most: int) -> bytes | None:
            return self.data if path == self.name else source.get(path)

    for name, data in source.items():
        for at in range(len(data)):
            changed = Changed(name, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            try:
                got = audit(changed, [key])
            except errors.ProofError:
                pass
            else:
                assert not got.ok, (name, at)
            tried += 1
        for other in (data[:-1], data + b"\0", b""):
            try:
                assert not audit(Changed(name, other), [key]).ok
            except errors.ProofError:
                assert name == "checkpoint"
    assert tried == sum(map(len, source.values())) > 2000


def test_another_program_recomputes_the_same_root_from_the_copy(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(events(300))
    export(ledger, tmp_path / "copy")
    copy = files(tmp_path / "copy")
    said = proofbundle.checkpoint.verify_checkpoint(copy["checkpoint"].decode(), key_of(ledger).vkey)
    assert (said["ok"], said["origin"], said["tree_size"]) == (True, ORIGIN, 304)
    entries = split_bundle(copy["tile/entries/000"], 256) + split_bundle(copy["tile/entries/001.p/48"], 48)
    assert proofbundle.merkle.merkle_tree_hash(entries) == said["root"]
    assert b"".join(map(proofbundle.merkle.leaf_hash, entries)) == copy["tile/0/000"] + copy["tile/0/001.p/48"]
    assert copy["tile/1/000.p/1"] == proofbundle.merkle.merkle_tree_hash(entries[:256])
    node = nodes_of(Folder(tmp_path / "copy"), 304)
    for old in (1, 7, 255, 256, 257, 303, 304):
        proof = merkle.consistency_proof_from(node, old, 304)
        assert proof == proofbundle.merkle.consistency_proof(entries, old)
        root = proofbundle.merkle.merkle_tree_hash(entries[:old])
        assert proofbundle.merkle.verify_consistency(old, 304, proof, root, said["root"])
    with ledger.reading() as session:
        ((state, seq),) = proving.entries_of(session, "t200")
        assert proofbundle.merkle.verify_inclusion(entries[seq], seq, 304, merkle.inclusion_proof_from(node, seq, 304), said["root"])
        assert state.origin == ORIGIN


def test_only_a_key_in_force_makes_a_copy_hold(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(events(3))
    export(ledger, tmp_path / "copy")
    own = audit(Folder(tmp_path / "copy"))
    assert (own.ok, own.trusted, own.vkey) == (True, False, ledger.writer().key.vkey)
    with pytest.raises(errors.ProofError) as caught:
        audit(Folder(tmp_path / "copy"), [parse_verifier(SigningKey(ORIGIN, bytes(range(32))).vkey)])
    assert caught.value.code == "note.no_known_key"


def test_a_former_key_that_the_auditor_trusts_does_not_stand_in_for_the_key_in_force(ledger: Ledger, tmp_path: Path) -> None:
    former = ledger.writer().key
    rotate(ledger, create(ledger.keys, ORIGIN))
    ledger.record(events(3))
    export(ledger, tmp_path / "copy")
    path = tmp_path / "copy" / "checkpoint"
    text = path.read_bytes().partition(b"\n\n")[0] + b"\n"
    path.write_bytes(sign_note(text, [former]))
    found = audit(Folder(tmp_path / "copy"), [parse_verifier(former.vkey)])
    assert (found.ok, {each.code for each in found.findings}) == (False, {"tlog.checkpoint_signature"})
    path.write_bytes(sign_note(text, [former, ledger.writer().key]))
    assert audit(Folder(tmp_path / "copy"), [parse_verifier(former.vkey)]).ok


def forged(ledger: Ledger, folder: Path, place: int, **changed: object) -> TilesAudit:
    """Audit a copy of which the log's own key signed an entry that no honest log has: everything else of it fits."""
    export(ledger, folder)
    (listed,) = [each for each in folder.rglob("*") if each.is_file() and each.relative_to(folder).as_posix().startswith("tile/entries/")]
    width = int(listed.name)
    entries, prev = [], ZERO
    for number, data in enumerate(split_bundle(listed.read_bytes(), width)):
        entry = parse(data)
        said = {"origin": entry.log, "prev": prev, "seq": entry.seq, "time": time_text(entry.recorded)} | (
            changed if number == place else {}
        )
        entries.append(compose(bytes(entry.event), said["origin"], said["prev"], said["seq"], said["time"]))  # type: ignore[arg-type]
        prev = merkle.leaf_hash(entries[-1])
    listed.write_bytes(bundle(entries))
    leaves = [merkle.leaf_hash(each) for each in entries]
    (folder / tile_path(0, 0, width)).write_bytes(b"".join(leaves))
    key = ledger.writer().key
    (folder / "checkpoint").write_bytes(sign_note(format_checkpoint(ORIGIN, width, merkle.root(leaves)), [key]))
    return audited(ledger, folder)


FORGED: list[tuple[str, dict[str, object]]] = [
    ("tlog.broken_link", {"prev": bytes(32)}),
    ("tlog.other_seq", {"seq": 9}),
    ("tlog.time_backwards", {"time": "2001-01-01T00:00:00Z"}),
    ("tlog.other_log", {"origin": "foodtrace.example/else"}),
]


@pytest.mark.parametrize(("code", "changed"), FORGED)
def test_an_entry_no_honest_log_has_is_found_although_its_own_key_signed_it(
    ledger: Ledger, tmp_path: Path, code: str, changed: dict[str, object]
) -> None:
    ledger.record(events(5))
    sound = forged(ledger, tmp_path / "sound", 3)
    assert sound.ok, sound.findings
    got = forged(ledger, tmp_path / "copy", 3, **changed)
    assert not got.ok
    assert code in {each.code for each in got.findings}


def test_a_copy_shorter_than_a_checkpoint_somebody_holds_is_a_rollback(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(events(5))
    export(ledger, tmp_path / "early")
    ledger.record(events(9))
    export(ledger, tmp_path / "late")
    got = audited(ledger, tmp_path / "early", since=(tmp_path / "late" / "checkpoint").read_bytes())
    assert (got.ok, [each.code for each in got.findings]) == (False, ["tiles.rolled_back"])


# --- the network -------------------------------------------------------------------------------------------------


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    (tmp_path / "web").mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path / "web", f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_witness_whose_key_was_given_and_did_not_sign_is_a_finding(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "export", "tiles", "copy")
    key = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    said = json.loads(run(tmp_path, "witness", "copy", "--key", key, "--state", "w", "--name", "witness.example/w1", "--json"))
    for keys in (["--key", said["vkey"]], ["--key", key, "--key", said["vkey"]]):
        shown = run(tmp_path, "verify", "--tiles", "copy", *keys, code=3)
        assert f"tiles.not_cosigned: you gave the key of witness {said['vkey']}" in shown
    (tmp_path / "copy" / "checkpoint").write_text(said["checkpoint"], encoding="utf-8")
    assert "no --key of the log was given" in run(tmp_path, "verify", "--tiles", "copy", "--key", said["vkey"])
    assert "cosigned by 1 known" in run(tmp_path, "verify", "--tiles", "copy", "--key", key, "--key", said["vkey"])


def test_any_static_web_server_serves_a_copy(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = served
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market")
    said = json.loads(run(tmp_path, "export", "tiles", str(folder / "log"), "--json"))
    key = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    assert "no --key of the log was given" in run(tmp_path, "verify", "--tiles", f"{url}/log")
    answer = json.loads(run(tmp_path, "verify", "--tiles", f"{url}/log/", "--key", key, "--json"))
    assert (answer["ok"], answer["entries"], answer["trusted"]) == (True, said["size"], True)
    (tile,) = (folder / "log/tile/entries/000.p").iterdir()
    tile.write_bytes(tile.read_bytes().replace(b"farm", b"shop"))
    said_broken = run(tmp_path, "verify", "--tiles", f"{url}/log", "--key", key, code=3)
    assert "the copy does not hold" in said_broken
    assert "tlog.root_mismatch" in said_broken
    tile.unlink()
    assert "tiles.missing" in run(tmp_path, "verify", "--tiles", str(folder / "log"), "--key", key, code=3)
    assert "tiles.no_checkpoint" in run(tmp_path, "verify", "--tiles", f"{url}/nothing", code=3)
    other = SigningKey(answer["log"], bytes(range(32))).vkey
    assert "note.no_known_key" in run(tmp_path, "verify", "--tiles", f"{url}/log", "--key", other, code=3)


def test_a_server_cannot_make_us_read_without_end(served: tuple[Path, str]) -> None:
    folder, url = served
    (folder / "big").write_bytes(bytes(100_001))
    assert Web(url).read("big", 100_001) == bytes(100_001)
    with pytest.raises(errors.ProofError) as caught:
        Web(url).read("big", 100_000)
    assert caught.value.code == "tiles.too_long"
    assert Web(url).read("nothing", 10) is None
    with pytest.raises(errors.Storage) as slow:
        Web(url, patience=-1).read("big", 100_001)
    assert slow.value.message() == "big cannot be read: timed out"
    with pytest.raises(errors.Storage):
        Web("http://127.0.0.1:1", seconds=2).read("checkpoint", 10)
    for address in ("file:///etc/passwd", "ftp://example.com/x"):
        with pytest.raises(errors.BadData) as refused:
            source_of(address)
        assert refused.value.code == "tiles.address"


def test_a_copy_is_compared_with_a_checkpoint_as_the_log_prints_it(tmp_path: Path) -> None:
    run(tmp_path, "init")
    printed = run(tmp_path, "export", "checkpoint")
    (tmp_path / "old.note").write_text(printed, encoding="utf-8")
    run(tmp_path, "site", "add", "永发合作社:farm")
    run(tmp_path, "export", "tiles", "copy")
    assert json.loads(run(tmp_path, "verify", "--tiles", "copy", "--since", "old.note", "--json"))["since"] == 1
    key = parse_verifier(json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"])
    assert audit(Folder(tmp_path / "copy"), [key], since=printed.encode()).ok
    for cut in range(len(printed.encode())):
        with pytest.raises(errors.ProofError):
            audit(Folder(tmp_path / "copy"), [key], since=printed.encode()[:cut])


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 100,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx",
        b"hello, I am no web server\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: x\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"",
    ],
    ids=["short", "short_chunk", "no_chunk", "no_server", "long_header", "many_headers", "to_a_file", "to_nowhere", "nothing"],
)
def test_what_the_network_spoils_is_no_finding_about_the_log(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(errors.Storage) as caught:
            Web(f"http://127.0.0.1:{server.getsockname()[1]}", seconds=5).read("checkpoint", 1000)
        thread.join()
    assert caught.value.code == "tiles.unreadable"
