"""Whoever holds a key can sign two logs, or bytes that nobody recorded: proofs in hand that show it are no yes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from foodtrace.keys import SigningKey
from foodtrace.tlog.conflicts import _path, facts_of
from foodtrace.tlog.keyentries import KeyEntry, encode_keys
from foodtrace.tlog.note import sign_note
from foodtrace.tlog.proof import Proof, format_proof, parse_proof
from foodtrace.tlog.prooftar import pack
from tests.cli.shell import run

LOG = "city/x"
KEY = SigningKey(LOG, b"1" * 32)
AT = "2026-11-28T01:00:00Z"
GOOD = {
    "at": AT, "id": "t1", "lot": "L-0001/261128-1", "quantity": {"unit": "g", "value": 1000}, "site": "L-0002", "to": "L-0003",
    "type": "transfer",
}  # fmt: skip


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def half(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = half(len(leaves))
    return sha(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def path(place: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if place < k:
        return [*path(place, leaves[:k]), root(leaves[k:])]
    return [*path(place - k, leaves[k:]), root(leaves[:k])]


class Forged:
    """A log that its own key's holder made by hand."""

    def __init__(self, folder: Path, *entries: Any) -> None:
        """:param entries: an event, with what the entry is to say beside it; or bytes."""
        self.folder = folder
        folder.mkdir()
        (folder / "x.vkey").write_text(KEY.vkey)
        self.entries: list[bytes] = []
        register = {"action": "register", "at": AT, "id": "k0", "public": KEY.public.hex(), "type": "key"}
        for each in (register, *entries):
            self.entries.append(each if isinstance(each, bytes) else self.entry(each))

    def entry(self, event: dict[str, Any]) -> bytes:
        seq = len(self.entries)
        said = {"log": LOG, "seq": seq, "time": f"2026-11-28T01:00:00.{100001 + seq}Z", **event.pop("says", {})}
        said |= {"event": event, "prev": sha(b"\0" + self.entries[-1]).hex() if seq else "0" * 64}
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def prove(self, place: int, *, keys: bool = True) -> tuple[bytes, bytes]:
        leaves = [sha(b"\0" + each) for each in self.entries]
        text = f"{LOG}\n{len(leaves)}\n{base64.b64encode(root(leaves)).decode()}\nkeys 0\n".encode()
        extra = encode_keys([KeyEntry(0, self.entries[0], tuple(path(0, leaves)))]) if keys else None
        return format_proof(place, path(place, leaves), sign_note(text, [KEY]), extra), self.entries[place]

    def write(self, place: int, *, keys: bool = True) -> str:
        for kind, data in zip(("tlog-proof", "entry"), self.prove(place, keys=keys), strict=True):
            (self.folder / f"{place}.{kind}").write_bytes(data)
        return f"{self.folder.name}/{place}.tlog-proof"


def transfer(name: str, **says: Any) -> dict[str, Any]:
    return {**GOOD, "id": name, **({"says": says} if says else {})}


def check(folder: Path, *files: str, code: int, more: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = json.loads(run(folder, "check-proof", *files, "--key", "a/x.vkey", "--json", *more, code=code))
    return said


def test_two_histories_in_hand_are_a_fork_and_neither_is_true(tmp_path: Path) -> None:
    one, other = Forged(tmp_path / "a", transfer("t1"), transfer("t2")), Forged(tmp_path / "b", transfer("t1"), transfer("changed"))
    files = one.write(2), other.write(2)
    for each in files:
        assert [said["ok"] for said in check(tmp_path, each, code=0)] == [True]
    said = check(tmp_path, *files, code=3)
    assert [(each["ok"], each["error"]["code"]) for each in said] == [(False, "proof.fork")] * 2
    assert all(file in each["error"]["message"]["en"] for each, file in zip(said, reversed(files), strict=True)), "each names the other"
    assert [each["error"]["code"] for each in check(tmp_path, one.write(1), other.write(2), code=3)] == ["proof.fork"] * 2, "whatever entry"
    packed = [
        (f"{n}.{kind}", log.prove(2)[place]) for n, log in (("p", one), ("q", other)) for place, kind in enumerate(("tlog-proof", "entry"))
    ]
    stream = io.BytesIO()
    stream.writelines(pack(packed))
    (tmp_path / "two.tar.gz").write_bytes(stream.getvalue())
    assert [each["error"]["code"] for each in check(tmp_path, "two.tar.gz", code=3)] == ["proof.fork"] * 2
    assert "true:" not in run(tmp_path, "check-proof", *files, "--key", "a/x.vkey", code=3)


def test_two_entries_at_one_place_are_a_fork_whatever_the_sizes(tmp_path: Path) -> None:
    one, longer = Forged(tmp_path / "a", transfer("t1")), Forged(tmp_path / "b", transfer("changed"), transfer("t2"))
    assert [each["error"]["code"] for each in check(tmp_path, one.write(1), longer.write(1), code=3)] == ["proof.two_entries"] * 2


def test_of_unlike_sizes_it_is_said_that_growth_is_not_shown(tmp_path: Path) -> None:
    one, longer = Forged(tmp_path / "a", transfer("t1")), Forged(tmp_path / "b", transfer("t1"), transfer("t2"))
    assert "unlike sizes (2, 3)" in run(tmp_path, "check-proof", one.write(1), longer.write(2), "--key", "a/x.vkey")
    assert "unlike sizes" not in run(tmp_path, "check-proof", longer.write(1), longer.write(2), "--key", "a/x.vkey")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (transfer("t1", seq=77), "proof.other_place"),
        (transfer("t1", log="city/other"), "proof.other_place"),
        (b"not an entry", "proof.no_entry"),
    ],
    ids=["number", "log", "bytes"],
)
def test_bytes_that_nobody_could_have_recorded_are_no_yes(tmp_path: Path, entry: Any, code: str) -> None:
    (said,) = check(tmp_path, Forged(tmp_path / "a", entry).write(1), code=3)
    assert (said["ok"], said["in_form"], said["error"]["code"]) == (False, False, code)


def test_another_programs_log_holds_and_it_is_said_what_that_means(tmp_path: Path) -> None:
    file = Forged(tmp_path / "a", b"not an entry").write(1, keys=False)
    (said,) = check(tmp_path, file, code=0, more=("--vouch",))
    assert (said["ok"], said["in_form"]) == (True, False)
    assert "no entry of foodtrace's" in run(tmp_path, "check-proof", file, "--key", "a/x.vkey", "--vouch")


@pytest.mark.parametrize("event", [{**GOOD, "quantity": {"unit": "g", "value": -5}}, {**GOOD, "type": "nonsense"}], ids=["rule", "kind"])
def test_an_event_that_nobody_knows_is_said_to_be_that(tmp_path: Path, event: dict[str, Any]) -> None:
    file = Forged(tmp_path / "a", dict(event)).write(1)
    assert "none that this program knows" in run(tmp_path, "check-proof", file, "--key", "a/x.vkey")


def test_an_entry_that_is_missing_hides_no_other_answer(tmp_path: Path) -> None:
    log = Forged(tmp_path / "a", transfer("t1"), transfer("t2"))
    files = log.write(1), log.write(2)
    (tmp_path / "a" / "1.entry").unlink()
    assert [each["verdict"] for each in check(tmp_path, *files, code=1)] == ["not_checked", "holds"]
    text = run(tmp_path, "check-proof", *files, "--key", "a/x.vkey", code=1)
    assert "not checked: a/1.tlog-proof" in text
    assert "true: transfer" in text


def test_a_fork_that_lies_in_what_an_entry_says_of_the_one_before_is_seen(tmp_path: Path) -> None:
    """Sizes and places are unlike; only the hash of the entry before tells."""
    one, other = Forged(tmp_path / "a", transfer("t1")), Forged(tmp_path / "b", transfer("changed"), transfer("t2"))
    said = check(tmp_path, one.write(1), other.write(2), code=3)
    assert [each["error"]["code"] for each in said] == ["proof.two_entries"] * 2
    assert all("entry 1 of city/x" in each["error"]["message"]["en"] for each in said)


def test_a_fork_that_lies_in_the_paths_of_two_proofs_is_seen(tmp_path: Path) -> None:
    """Of eight and sixteen entries, proofs of the seventh and of the last: the first eight stand in both as one hash."""
    names = [f"t{n}" for n in range(15)]
    one = Forged(tmp_path / "a", *(transfer(each) for each in names[:7]))
    other = Forged(tmp_path / "b", *(transfer(each if n != 1 else "changed") for n, each in enumerate(names)))
    said = check(tmp_path, one.write(6), other.write(15), code=3)
    assert [each["error"]["code"] for each in said] == ["proof.two_histories"] * 2
    assert all("entries 0 to 7 of city/x" in each["error"]["message"]["en"] for each in said)
    same = Forged(tmp_path / "c", *map(transfer, names))
    assert [each["ok"] for each in check(tmp_path, one.write(6), same.write(15), code=0)] == [True, True], "a log that only grew"


@pytest.mark.parametrize("size", range(1, 20))
def test_what_a_path_leads_over_is_what_stands_in_the_tree(size: int) -> None:
    """Each full subtree that a proof names has the hash of those leaves, and the leaf's own ones up to the root are among them."""
    leaves = [sha(bytes([each])) for each in range(size)]
    for place in range(size):
        found = dict(_path(place, size, leaves[place], path(place, leaves)))
        assert found[0, place] == leaves[place]
        for (level, at), value in found.items():
            assert value == root(leaves[at << level : at + 1 << level]), (size, place, level, at)
            assert at + 1 << level <= size
        full = size.bit_length() - 1
        assert size & size - 1 or found[full, 0] == root(leaves)


def test_files_that_are_no_proofs_are_told_from_proofs_that_do_not_hold(tmp_path: Path) -> None:
    import tarfile

    one = Forged(tmp_path / "a", transfer("t1"))
    one.write(1)
    assert "proof.is_entry" in run(tmp_path, "check-proof", "a/1.entry", "--key", "a/x.vkey", code=2)
    with tarfile.open(tmp_path / "theirs.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a", "proofs")
    told = run(tmp_path, "check-proof", "theirs.tar.gz", "--key", "a/x.vkey", code=2)
    assert "proof.pack_other" in told
    assert "does not hold" not in told


def test_many_whose_keys_were_not_shown_are_not_summed_up_as_true(tmp_path: Path) -> None:
    """Of more than 40 only a few are listed; the sum said "true" of all."""
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "农场:farm")
    (made,) = json.loads(run(tmp_path, "prove", "#1", "--json"))
    proof, entry = tmp_path / made["proof"], tmp_path / made["entry"]
    parts = parse_proof(proof.read_bytes())
    bare = format_proof(parts.index, parts.hashes, parts.checkpoint)
    names = []
    for number in range(45):
        names.append(f"p{number}.tlog-proof")
        (tmp_path / names[-1]).write_bytes(bare)
        (tmp_path / f"p{number}.entry").write_bytes(entry.read_bytes())
    said = run(tmp_path, "check-proof", *names, "--key", made["key"], code=1)
    assert "true:" not in said
    assert "the key was not shown to be in force: 45 " in said
    said = run(tmp_path, "check-proof", *names, made["proof"], "--key", made["key"], code=1)
    assert said.count("true:") == 1, "the one that shows it"
    said = run(tmp_path, "check-proof", *names, "--key", made["key"], "--vouch")
    assert "true: 45 " in said


def test_the_checkpoint_of_a_change_of_key_that_came_along_is_compared_too(tmp_path: Path) -> None:
    """Whoever holds the key may sign a handover over entries that nothing else in the proof leads over."""
    one = Forged(tmp_path / "a", transfer("t1"))
    handover = sign_note(f"{LOG}\n2\n{base64.b64encode(bytes(32)).decode()}\nkeys 1\n".encode(), [KEY])
    proof, entry = one.prove(1)
    parts = parse_proof(proof)
    keys = encode_keys([KeyEntry(0, one.entries[0], handover=handover)])
    assert facts_of(Proof(parts.index, parts.hashes, parts.checkpoint, None), entry)[-1, 2] != bytes(32)
    larger = Forged(tmp_path / "b", transfer("t1"), transfer("t2")).prove(2)
    later = parse_proof(larger[0])
    assert facts_of(Proof(later.index, later.hashes, later.checkpoint, keys), larger[1])[-1, 2] == bytes(32)
