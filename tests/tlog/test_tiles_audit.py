"""The audit of a copy without our database: no byte of it can be changed, no key and no entry slipped in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import proofbundle.checkpoint
import proofbundle.merkle
import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping import proving
from foodtrace.keeping.rotation import rotate
from foodtrace.keyfiles import create
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.entry import ZERO, compose, parse, time_text
from foodtrace.tlog.note import parse_verifier, sign_note
from foodtrace.tlog.tileaudit import TilesAudit, audit
from foodtrace.tlog.tilenodes import nodes_of
from foodtrace.tlog.tiles import bundle, split_bundle, tile_path
from foodtrace.tlog.tilesource import Folder
from tests.cli.shell import run
from tests.keeping.gatelog import NOW, ORIGIN
from tests.ledger.deliveries import events
from tests.tlog.copies import audited, export, files, key_of


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as opened:
        opened.init(ORIGIN, operator="L-1")
        yield opened


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


def test_right_after_a_change_of_key_the_answer_names_the_new_key_and_the_one_given(tmp_path: Path) -> None:
    run(tmp_path, "init")
    old = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    run(tmp_path, "key", "rotate")
    new = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    run(tmp_path, "export", "tiles", "copy")
    assert old != new
    said = run(tmp_path, "verify", "--tiles", "copy", "--key", old)
    assert f"signed by {new}, the key that the key you gave, {old}, handed over to" in said
    assert f"signed by the key you gave: {new}" not in said
    assert f"由 {new} 签署: 你给的密钥 {old}" in run(tmp_path, "verify", "--tiles", "copy", "--key", old, lang="zh")
    for keys in (["--key", new], ["--key", old, "--key", new]):
        assert f"signed by the key you gave: {new}" in run(tmp_path, "verify", "--tiles", "copy", *keys)
    answer = json.loads(run(tmp_path, "verify", "--tiles", "copy", "--key", old, "--json"))
    assert (answer["trusted"], answer["vkey"], answer["given"]) == (True, new, old)


def test_another_logs_key_is_not_said_to_have_signed(ledger: Ledger, tmp_path: Path) -> None:
    export(ledger, tmp_path / "copy")
    other = SigningKey("foodtrace.example/else", bytes(range(32)))
    path = tmp_path / "copy" / "checkpoint"
    path.write_bytes(sign_note(path.read_bytes().partition(b"\n\n")[0] + b"\n", [other, ledger.writer().key]))
    with pytest.raises(errors.ProofError) as caught:
        audit(Folder(tmp_path / "copy"), [parse_verifier(other.vkey)])
    assert caught.value.code == "checkpoint.not_by_log"


def test_a_copy_that_extends_what_a_witness_cosigned_is_witnessed_up_to_there(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "export", "tiles", "copy")
    key = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    said = json.loads(run(tmp_path, "witness", "copy", "--key", key, "--state", "w", "--name", "witness.example/w1", "--json"))
    (tmp_path / "cosigned").write_text(said["checkpoint"], encoding="utf-8")
    (tmp_path / "bare").write_bytes((tmp_path / "copy" / "checkpoint").read_bytes())
    run(tmp_path, "site", "add", "永发合作社:farm")
    run(tmp_path, "export", "tiles", "copy")
    given = ["--key", key, "--key", said["vkey"]]
    for keys in (given, given[2:]):
        shown = run(tmp_path, "verify", "--tiles", "copy", "--since", "cosigned", *keys)
        assert "that older checkpoint is cosigned by 1 known witness: witnessed up to 1 entry" in shown
    assert "witnessed" in run(tmp_path, "verify", "--since", "cosigned", *given), "as the ledger itself says"
    assert "tiles.not_cosigned" in run(tmp_path, "verify", "--tiles", "copy", "--since", "bare", *given, code=3)
    other = json.loads(run(tmp_path, "witness", "copy", "--key", key, "--state", "v", "--name", "witness.example/v", "--json"))["vkey"]
    assert f"witness {other}" in run(tmp_path, "verify", "--tiles", "copy", "--since", "cosigned", *given, "--key", other, code=3)
    spoilt = (tmp_path / "cosigned").read_text(encoding="utf-8")
    (tmp_path / "cosigned").write_text(spoilt[:-10] + ("A" if spoilt[-10] != "A" else "B") + spoilt[-9:], encoding="utf-8")
    run(tmp_path, "verify", "--tiles", "copy", "--since", "cosigned", *given, code=3)


def test_a_copy_without_a_checkpoint_of_its_key_entries_does_not_hold(ledger: Ledger, tmp_path: Path) -> None:
    rotate(ledger, create(ledger.keys, ORIGIN))
    ledger.record(events(3))
    copy = tmp_path / "copy"
    export(ledger, copy)
    for path in sorted((copy / "keys").iterdir()):
        data = path.read_bytes()
        path.unlink()
        for keys in ([key_of(ledger)], []):
            found = audit(Folder(copy), keys)
            assert (found.ok, [(each.code, each.path) for each in found.findings]) == (False, [("tiles.missing", f"keys/{path.name}")])
        assert export(ledger, copy).written == 1
        assert path.read_bytes() == data
        assert audited(ledger, copy).ok


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


def test_an_older_checkpoint_is_by_the_key_of_then_though_only_the_present_one_is_given(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "永发合作社:farm")
    run(tmp_path, "export", "tiles", "before")
    (tmp_path / "before" / "checkpoint").rename(tmp_path / "old.note")
    run(tmp_path, "key", "rotate")
    run(tmp_path, "site", "add", "福安超市:shop")
    run(tmp_path, "export", "tiles", "copy")
    key = ["--key", json.loads(run(tmp_path, "prove", "#3", "--json"))[0]["vkey"]]
    assert json.loads(run(tmp_path, "verify", "--tiles", "copy", "--since", "old.note", *key, "--json"))["since"] == 3
    run(tmp_path, "verify", "--since", "old.note", *key)
    text = (tmp_path / "old.note").read_bytes().partition(b"\n\n")[0] + b"\n"
    (tmp_path / "forged.note").write_bytes(sign_note(text, [SigningKey("t.example/a", bytes(range(32)))]))
    for where in (["--tiles", "copy"], []):
        assert "tlog.since_signature" in run(tmp_path, "verify", *where, "--since", "forged.note", *key, code=3)
