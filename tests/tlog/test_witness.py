"""A witness remembers, demands a proof, cosigns, and keeps what a liar has signed."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import proofbundle.checkpoint
import proofbundle.errors
import pytest

from foodtrace import errors, keyfiles
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.note import parse_checkpoint, parse_verifier, sign_note
from foodtrace.tlog.witness import Request, Witness, format_request, parse_request
from tests.cli.shell import lot_of, run, shop  # noqa: F401 - a fixture
from tests.tlog.padding import same_bits
from tests.tlog.watched import FORKED, KEY, LEAVES, LOG, OTHER, begun, note, request


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return begun(KEY, tmp_path, LOG, OTHER)


def test_it_cosigns_what_extends_the_last_one_and_remembers_each_log(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 8), (8, 8), (8, 40)):
        said = witness.add(request(old, size))
        assert (said.log, said.before, said.size) == (LOG.name, old, size)
        assert said.checkpoint.endswith(said.line)
        got = parse_checkpoint(said.checkpoint.encode(), [parse_verifier(LOG.vkey), parse_verifier(said.vkey)])
        assert [each.time for each in got.note.signatures] == [None, 1_700_000_000]
        foreign = proofbundle.checkpoint.verify_witnessed_checkpoint(said.checkpoint, LOG.vkey, [said.vkey], expected_origin=LOG.name)
        assert foreign["ok"]
        assert witness.last(LOG.name) == said.checkpoint.encode()
    assert witness.add(request(0, 2, key=OTHER)).before == 0, "each log has its own memory"


def test_after_any_one_byte_of_a_cosigned_checkpoint_is_changed_nobody_accepts_it(witness: Witness) -> None:
    said = witness.add(request(0, 3))
    good = said.checkpoint.encode()
    for at in range(len(good)):
        changed = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        try:
            ok = proofbundle.checkpoint.verify_witnessed_checkpoint(changed.decode(), LOG.vkey, [said.vkey])["ok"]
        except (ValueError, proofbundle.errors.BundleFormatError):
            ok = False
        with contextlib.suppress(errors.ProofError):
            ours = parse_checkpoint(changed, [parse_verifier(LOG.vkey), parse_verifier(said.vkey)])
            assert len(ours.signers) == 1, at  # the other line is an unknown key's now
        assert not ok or same_bits(good, changed), at


def test_a_key_the_witness_knows_does_not_speak_for_a_log_of_another_name(tmp_path: Path) -> None:
    only = Witness(KEY, tmp_path, [parse_verifier(OTHER.vkey)], lambda: 1_700_000_000_000_000)
    foreign = sign_note(format_checkpoint(LOG.name, 5, merkle.root(LEAVES[:5])), [OTHER])
    with pytest.raises(errors.ProofError) as caught:
        only.add(Request(0, (), foreign))
    assert caught.value.code == "checkpoint.not_by_log"
    assert only.last(LOG.name) is None
    assert not list(tmp_path.rglob("*.checkpoint"))


def test_a_fork_is_refused_and_both_checkpoints_are_kept(witness: Witness, tmp_path: Path) -> None:
    witness.add(request(0, 8))
    cosigned = witness.last(LOG.name)
    for bad, code in ((Request(8, (), note(8, FORKED)), "witness.fork"), (request(8, 20, FORKED), "witness.not_extended")):
        with pytest.raises(errors.Integrity) as caught:
            witness.add(bad)
        assert caught.value.code == code
        folder = Path(str(caught.value.params["path"]))
        assert folder.parent == tmp_path / "evidence"
        assert (folder / "cosigned.checkpoint").read_bytes() == cosigned
        assert (folder / "refused.checkpoint").read_bytes() == bad.checkpoint
        assert witness.last(LOG.name) == cosigned
    # The evidence speaks for itself: both are signed by the log.
    for each in (tmp_path / "evidence").glob("*/*"):
        assert parse_checkpoint(each.read_bytes(), [parse_verifier(LOG.vkey)]).by_log


def test_it_demands_a_proof_and_the_right_old_size(witness: Witness) -> None:
    witness.add(request(0, 8))
    for bad in (Request(8, (), note(20)), Request(8, request(8, 20).proof[:-1], note(20)), Request(8, request(7, 20).proof, note(20))):
        with pytest.raises(errors.Integrity) as broken:
            witness.add(bad)
        assert broken.value.code == "witness.not_extended"
    for bad in (request(0, 20), request(7, 20)):
        with pytest.raises(errors.Conflict) as caught:
            witness.add(bad)
        assert (caught.value.code, caught.value.value) == ("witness.old_size", 8)
    with pytest.raises(errors.ProofError) as unsigned:
        witness.add(request(0, 4, key=SigningKey("example.com/unknown", bytes(32))))
    assert unsigned.value.code == "note.no_known_key"
    impostor = SigningKey(LOG.name, bytes(range(9, 41)))
    with pytest.raises(errors.ProofError):
        witness.add(request(8, 20, key=impostor))
    mixed = sign_note(format_checkpoint(LOG.name, 9, merkle.root(LEAVES[:9])), [OTHER])
    with pytest.raises(errors.ProofError) as foreign:
        witness.add(Request(8, (), mixed))
    assert foreign.value.code == "checkpoint.not_by_log"
    with pytest.raises(errors.Refused) as empty:
        witness.add(Request(0, (), note(0, key=OTHER)))
    assert empty.value.code == "witness.empty"
    assert witness.add(request(8, 20)).size == 20


@pytest.mark.parametrize("leaves", [LEAVES, FORKED])
@pytest.mark.parametrize("old", [0, 3, 7, 8])
def test_a_log_that_went_back_is_told_apart_and_both_checkpoints_are_kept(
    witness: Witness, tmp_path: Path, old: int, leaves: list[bytes]
) -> None:
    witness.add(request(0, 8))
    cosigned = witness.last(LOG.name)
    bad = Request(old, (), note(7, leaves))
    with pytest.raises(errors.Integrity) as caught:
        witness.add(bad)
    assert caught.value.code == "witness.older"
    assert "has 7 entries, fewer than the 8 cosigned last: the log was put back, or has forked" in caught.value.message("en")
    folder = Path(str(caught.value.params["path"]))
    assert (folder / "cosigned.checkpoint").read_bytes() == cosigned
    assert (folder / "refused.checkpoint").read_bytes() == bad.checkpoint
    assert witness.last(LOG.name) == cosigned
    assert witness.add(request(8, 20)).before == 8


def test_lines_of_strangers_are_not_remembered(witness: Witness) -> None:
    """A hundred lines that nobody can check once filled the memory, and the witness never cosigned again."""
    junk = b"".join(b"\xe2\x80\x94 junk%d " % n + base64.b64encode(b"%04d" % n + bytes(64)) + b"\n" for n in range(99))
    for old, size in ((0, 8), (8, 20), (20, 40)):
        asked = request(old, size)
        said = witness.add(Request(asked.old, asked.proof, asked.checkpoint + junk))
        kept = witness.last(LOG.name)
        assert kept == asked.checkpoint + said.line.encode(), "the log's own line and this witness's"
        assert said.checkpoint.encode() == kept, "no room for a line more: the answer has what was checked"
    few = Request(40, (), note(40) + junk[: junk.index(b"\n") + 1])
    assert "junk0" in witness.add(few).checkpoint, "another witness's line goes along in the answer"
    assert b"junk0" not in (witness.last(LOG.name) or b"")


def test_a_damaged_memory_is_never_taken_for_none(witness: Witness, tmp_path: Path) -> None:
    witness.add(request(0, 8))
    (path,) = tmp_path.glob("*.checkpoint")
    good = path.read_bytes()
    other = begun(SigningKey("witness.example/w2", bytes(range(3, 35))), tmp_path / "w2", LOG)
    foreign = other.add(request(0, 3)).checkpoint.encode()
    for bad in (b"", good[:-30], good.replace(b"\n8\n", b"\n3\n"), foreign, note(3)):
        path.write_bytes(bad)
        with pytest.raises(errors.Integrity) as caught:
            witness.add(request(3, 20))
        assert caught.value.code == "witness.memory"
    path.write_bytes(good)
    assert witness.add(request(8, 20)).before == 8


def test_a_memory_that_a_hundred_lines_of_strangers_filled_is_read_again(witness: Witness, tmp_path: Path) -> None:
    """What a program of before wrote: one line more than a note may have. It never cosigned again."""
    said = witness.add(request(0, 8))
    (path,) = tmp_path.glob("*.checkpoint")
    junk = b""
    for name in (b"junk%d", LOG.name.encode() + b"%.0d", KEY.name.encode() + b"%.0d"):
        junk = b"".join(b"\xe2\x80\x94 " + name % n + b" " + base64.b64encode(b"%04d" % n + bytes(64)) + b"\n" for n in range(99))
        path.write_bytes(note(8) + junk + said.line.encode())
        last = witness.last(LOG.name)
        assert last is not None
        got = parse_checkpoint(last, [parse_verifier(LOG.vkey), parse_verifier(said.vkey)])
        assert (got.size, len(got.signers)) == (8, 2)
        with pytest.raises(errors.Integrity) as caught:
            witness.add(Request(8, (), note(8, FORKED)))
        assert caught.value.code == "witness.fork"
    assert witness.add(request(8, 20)).before == 8
    without = note(20) + junk
    path.write_bytes(without)
    with pytest.raises(errors.Integrity):
        witness.last(LOG.name)


def test_a_damaged_memory_is_restored_from_what_this_witness_cosigned_and_from_nothing_less(witness: Witness, tmp_path: Path) -> None:
    first = witness.add(request(0, 3)).checkpoint.encode()
    second = witness.add(request(3, 8)).checkpoint.encode()
    with pytest.raises(errors.Integrity):
        witness.add(Request(8, (), note(8, FORKED)))  # a fork was seen
    kept = {path: path.read_bytes() for path in tmp_path.rglob("evidence/*/*")}
    with pytest.raises(errors.Conflict) as whole:
        witness.restore(second)
    assert whole.value.code == "witness.remembers"
    third = witness.add(request(8, 20)).checkpoint.encode()
    (path,) = tmp_path.glob("*.checkpoint")
    path.write_bytes(third[:-30])  # its text can still be read

    def refused(given: bytes, kind: type[errors.FoodtraceError], code: str) -> None:
        with pytest.raises(kind) as caught:
            witness.restore(given)
        assert caught.value.code == code
        assert path.read_bytes() == third[:-30]

    refused(second, errors.Integrity, "witness.forgets")
    refused(note(20), errors.ProofError, "note.no_known_key")
    stranger = begun(SigningKey("witness.example/w2", bytes(range(3, 35))), tmp_path / "w2", LOG)
    refused(stranger.add(request(0, 20)).checkpoint.encode(), errors.ProofError, "note.no_known_key")
    assert witness.restore(third).size == 20
    assert witness.last(LOG.name) == third
    assert witness.add(request(20, 40)).before == 20
    for spoilt in (b"", bytes(300), None):  # nothing of it can be read, or it is gone: what evidence says is the least
        path.unlink() if spoilt is None else path.write_bytes(spoilt)
        with pytest.raises(errors.Integrity) as caught:
            witness.restore(first)
        assert caught.value.code == "witness.forgets"
        assert caught.value.expected in (8, 20)
        witness.restore(third)
        with pytest.raises(errors.Integrity):
            witness.add(Request(20, (), note(20, FORKED)))
        path.write_bytes(b"")
    assert all(each.read_bytes() == data for each, data in kept.items()), "evidence of the fork stays"
    assert any(each.read_bytes() == third[:-30] for each in tmp_path.rglob("damaged.checkpoint"))


def test_another_root_than_was_cosigned_is_not_restored(witness: Witness, tmp_path: Path) -> None:
    """The witness's key on both sides: somebody has it, or two witnesses share it."""
    witness.add(request(0, 8))
    with pytest.raises(errors.Integrity):
        witness.add(Request(8, (), note(8, FORKED)))
    twin = begun(KEY, tmp_path / "twin", LOG)
    other = twin.add(request(0, 8, FORKED)).checkpoint.encode()
    (path,) = tmp_path.glob("*.checkpoint")
    path.write_bytes(b"")
    with pytest.raises(errors.Integrity) as caught:
        witness.restore(other)
    assert caught.value.code == "witness.fork"


WATCH = """
import sys
from pathlib import Path
from foodtrace.tlog.note import parse_verifier
from foodtrace.tlog.witness import Witness
from tests.tlog.watched import KEY, LOG, request
watcher = Witness(KEY, Path(sys.argv[1]), [parse_verifier(LOG.vkey)], lambda: 0)
print("ready", flush=True)
last = watcher.last(LOG.name)
before = int(last.split(b"\\n")[1]) if last else 0
for size in range(before + 1, 41):
    print(watcher.add(request(before, size), first=not before).size, flush=True)
    before = size
"""


def test_killed_at_any_moment_it_has_what_it_gave_out(tmp_path: Path) -> None:
    """SIGKILL while it cosigns one checkpoint after the other; what it printed is what somebody may hold."""
    rng = random.Random(20261127)
    given = had = 0
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", WATCH, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        told = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        process.stdout.close()
        process.wait()
        given = max([given, *told])
        watcher = Witness(KEY, tmp_path, [parse_verifier(LOG.vkey)], lambda: 0)
        last = watcher.last(LOG.name)
        size = 0 if last is None else parse_checkpoint(last, [parse_verifier(LOG.vkey)]).size
        assert given <= size <= max([had, *told]) + 1, "what left it is remembered; one more may be, each time"
        had = size
        if size:
            with pytest.raises(errors.Integrity):
                watcher.add(Request(size, (), note(size, [merkle.leaf_hash(b"x %d" % n) for n in range(40)])))


def test_two_requests_at_once_never_cosign_two_branches(witness: Witness) -> None:
    witness.add(request(0, 5))
    done: list[bytes] = []

    def ask(leaves: list[bytes]) -> None:
        with contextlib.suppress(errors.Conflict, errors.Integrity):
            done.append(witness.add(request(5, 30, leaves)).checkpoint.encode())

    threads = [threading.Thread(target=ask, args=(leaves,)) for leaves in (LEAVES, FORKED) * 4]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(done) == 1
    assert witness.last(LOG.name) == done[0]


def test_requests_print_and_parse(witness: Witness) -> None:
    good = request(8, 20)
    text = format_request(8, good.proof, good.checkpoint)
    assert text.startswith(b"old 8\n")
    assert parse_request(text) == good
    assert parse_request(format_request(0, [], good.checkpoint)) == Request(0, (), good.checkpoint)
    for bad in (
        b"",
        b"old 8",
        b"old 08\n\nx",
        b"old -1\n\nx",
        b"Old 8\n\nx",
        b"old 8\nYQ==\n\nx",
        b"old 8\n\n",
        b"\xff\n\nx",
        bytes(2_000_000),
    ):
        with pytest.raises(errors.ProofError) as caught:
            parse_request(bad)
        assert caught.value.code == "witness.request"


def test_witness_on_the_command_line(shop: Path) -> None:  # noqa: F811
    key = json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    (shop / "q1").write_text(run(shop, "export", "checkpoint"), encoding="utf-8")
    options = ("--key", key, "--state", "w")
    assert "witness.name" in run(shop, "witness", "q1", *options, code=2)
    first = json.loads(run(shop, "witness", "q1", *options, "--name", "witness.example/w1", "--json"))
    assert first["before"] == 0
    run(shop, "transfer", lot_of(shop), "120kg", "--from", "北河农批", "--to", "福安超市")
    assert "the size cosigned last is" in run(shop, "witness", "-", *options, stdin=run(shop, "export", "checkpoint"), code=1)
    run(shop, "export", "tiles", "copy")
    said = json.loads(run(shop, "witness", "copy", *options, "--out", "cosigned", "--json"))
    assert (said["before"], said["size"]) == (first["size"], first["size"] + 1)
    made = json.loads(run(shop, "prove", lot_of(shop), "--checkpoint", "cosigned", "--json"))
    words = ["check-proof", made[0]["proof"], "--key", key, "--key", said["vkey"], "--witnesses"]
    assert "cosigned by a witness at" in run(shop, *words, "1")
    assert "only 1 known witness signed" in run(shop, *words, "2", code=3)


def test_restored_on_the_command_line(shop: Path) -> None:  # noqa: F811
    key = json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    run(shop, "export", "tiles", "copy")
    options = ("--key", key, "--state", "w")
    run(shop, "witness", "copy", *options, "--name", "witness.example/w1", "--out", "cosigned")
    assert "witness.remembers" in run(shop, "witness", "cosigned", *options, "--restore", code=1)
    (memory,) = (shop / "w").glob("*.checkpoint")
    memory.write_bytes(memory.read_bytes()[:-20])
    said = run(shop, "witness", "copy", *options, code=3)
    assert "--restore" in said
    assert "is restored to" in run(shop, "witness", "cosigned", *options, "--restore")
    run(shop, "witness", "copy", *options)
    assert "--restore" in run(shop, "witness", "copy", *options, "--restore", code=2)


def test_a_ledger_put_back_and_written_to_again_is_caught_by_its_witness(shop: Path) -> None:  # noqa: F811
    lot, key = lot_of(shop), json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    for each in shop.glob("foodtrace.db*"):
        if each.is_file():
            (shop / ("saved-" + each.name)).write_bytes(each.read_bytes())
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    run(shop, "export", "tiles", "copy")
    run(shop, "witness", "copy", "--key", key, "--state", "w", "--name", "witness.example/w1")
    for each in shop.glob("foodtrace.db*"):
        if each.is_file():
            each.unlink()
    for each in shop.glob("saved-*"):
        each.rename(shop / each.name.removeprefix("saved-"))
    for each in (shop / "keys").glob("*.anchor"):
        each.unlink()
    run(shop, "transfer", lot, "80kg", "--from", "北河农批", "--to", "福安超市")
    run(shop, "export", "tiles", "copy2")
    said = run(shop, "witness", "copy2", "--key", key, "--state", "w", code=3)
    assert "witness.fork" in said
    assert len(list((shop / "w/evidence").glob("*/*.checkpoint"))) == 2


def test_a_copy_signed_with_a_replaced_key_is_not_cosigned(shop: Path) -> None:  # noqa: F811
    (first,) = (shop / "keys").glob("*.key")
    run(shop, "key", "rotate")
    run(shop, "site", "add", "河西超市:shop")
    run(shop, "export", "tiles", "copy")
    old = keyfiles.load(shop / "keys", first.stem)
    whole = (shop / "copy" / "checkpoint").read_bytes()
    (shop / "copy" / "checkpoint").write_bytes(sign_note(whole.rpartition(b"\n\n")[0] + b"\n", [old]))
    given = ("witness", "copy", "--state", "w", "--name", "w.example/1")
    said = run(shop, *given, "--key", old.vkey, code=3)
    assert "witness.copy" in said
    assert "tlog.checkpoint_signature" in said
    assert not list((shop / "w").glob("*.checkpoint")), "nothing was cosigned, so nothing is remembered"
    (shop / "copy" / "checkpoint").write_bytes(whole)
    new = next(each.verifier.vkey for each in keyfiles.list_keys(shop / "keys") if each.verifier.key_id != old.key_id)
    run(shop, *given, "--key", new)
