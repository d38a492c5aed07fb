"""Keys over the years: which one is in force where, and that nobody else's signature counts."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.events import Key
from foodtrace.keeping import issuerkeys, rotation
from foodtrace.keeping.keyrows import issuer_keys, own_keys
from foodtrace.keys import SigningKey, format_vkey, kid
from foodtrace.operations.common import Doing, local
from foodtrace.tlog.checkpoint import format_checkpoint, parse_head
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.note import open_note, parse_verifier, sign_note
from tests.cli.shell import run
from tests.keeping.gatelog import AT, NOW, ORIGIN, site
from tests.ledger.tampering import sealed_again, unsealed

WEAK = bytes(32)
"""y = 0: a point of order 4."""


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as opened:
        opened.init(ORIGIN, operator="L-1")
        yield opened


def next_key(ledger: Ledger) -> SigningKey:
    return keyfiles.create(ledger.keys, ORIGIN)


def notes(ledger: Ledger) -> dict[int, bytes]:
    with ledger.reading() as session:
        return {size: bytes(note) for size, note in session.rows("SELECT size, note FROM checkpoint ORDER BY size")}


def test_a_key_changes_by_an_entry_that_both_keys_sign(ledger: Ledger) -> None:
    old = ledger.writer().key
    ledger.record([site("s1")])
    new = next_key(ledger)
    done = rotation.rotate(ledger, new, reason="二年一换")
    ledger.record([site("s2")])
    assert (done.seq, done.old, done.new, done.vkey) == (2, old.key_id.hex(), new.key_id.hex(), new.vkey)
    checked = ledger.verify()
    assert checked.ok, checked.findings
    both = [parse_verifier(each.vkey) for each in (old, new)]
    signers = {size: {each.key_id for each in open_note(note, both).signatures} for size, note in notes(ledger).items()}
    assert signers == {1: {old.key_id}, 2: {old.key_id}, 3: {old.key_id, new.key_id}, 4: {new.key_id}}
    assert parse_head(open_note(notes(ledger)[4], both).text).key_entry == 2
    assert ledger.rebuild() == 4
    with ledger.reading() as session:
        rows = own_keys(session)
    assert [(row.key_id, row.state, row.seq, row.last, row.reason) for row in rows] == [
        (old.key_id.hex(), "replaced", 0, 2, ""),
        (new.key_id.hex(), "in_force", 2, None, "二年一换"),
    ]


def test_another_process_goes_on_with_the_new_key(ledger: Ledger) -> None:
    with Ledger.open(ledger.store.url if ledger.store.dialect == "sqlite" else ledger.store._address, keys=ledger.keys) as other:  # type: ignore[attr-defined]
        other.clock = ledger.clock
        assert other.writer().key.key_id == ledger.writer().key.key_id
        new = next_key(ledger)
        rotation.rotate(ledger, new)
        other.record([site("s1")])
        assert other.writer().key.key_id == new.key_id
    assert ledger.verify().ok


def test_where_the_new_key_is_not_nothing_is_written(ledger: Ledger, tmp_path: Path) -> None:
    ledger.writer()
    new = keyfiles.create(tmp_path / "elsewhere", ORIGIN)
    rotation.rotate(ledger, new)
    with pytest.raises(errors.NotFound) as caught:
        ledger.record([site("s1")])
    assert caught.value.code == "key.missing"
    assert ledger.logs()[0].size == 2


def test_a_replaced_key_never_comes_back(ledger: Ledger) -> None:
    first = ledger.writer().key
    rotation.rotate(ledger, next_key(ledger))
    with pytest.raises(errors.Conflict) as caught:
        rotation.rotate(ledger, first)
    assert caught.value.code == "key.used"
    with pytest.raises(errors.BadData) as named:
        rotation.rotate(ledger, keyfiles.create(ledger.keys, "other.example"))
    assert named.value.code == "key.other_name"
    assert ledger.logs()[0].size == 2


def test_a_revoked_key_ends_its_log(ledger: Ledger) -> None:
    ledger.record([site("s1")])
    assert rotation.end_log(ledger, reason="失窃").seq == 2
    for word in (None, ORIGIN):
        with pytest.raises((errors.NotFound, errors.Refused)) as caught:
            ledger.record([site("s2")], log=word)
        assert caught.value.code in ("log.ended", "key.missing")
    checked = ledger.verify()
    assert checked.ok, checked.findings
    assert [(ledger.verify(full=full).logs[0].ended) for full in (True, False)] == [True, True], "in full, and since the mark"
    with ledger.reading() as session:
        assert [row.state for row in own_keys(session)] == ["ended"]


@pytest.mark.parametrize("who", ["replaced", "not yet registered", "revoked"])
def test_a_checkpoint_by_a_key_that_is_not_in_force_does_not_verify(tmp_path: Path, who: str) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        old = ledger.writer().key
        ledger.record([site("s1")])
        if who == "revoked":
            rotation.end_log(ledger, reason="x")
            size, forger = 4, old
        else:
            new = next_key(ledger)
            rotation.rotate(ledger, new)
            ledger.record([site("s2")])
            size, forger = (4, old) if who == "replaced" else (2, new)
        assert ledger.verify().ok
        made = notes(ledger)
        text = made[size].partition(b"\n\n")[0] + b"\n" if size in made else format_checkpoint(ORIGIN, size, bytes(32), ("keys 2",))
    attacker = unsealed(tmp_path / "x.db")
    attacker.execute("DELETE FROM checkpoint WHERE size = ?", (size,))
    attacker.execute("INSERT INTO checkpoint (log, size, note) VALUES (1, ?, ?)", (size, sign_note(text, [forger])))
    sealed_again(attacker)
    attacker.close()
    keys = tmp_path / "others"  # an outsider, without the anchor
    keys.mkdir(mode=0o700)
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=keys, create=False) as ledger:
        found = {each.code for each in ledger.verify().findings}
    assert found & {"tlog.checkpoint_signature", "tlog.truncated", "tlog.no_key"}, found


def event(action: str, public: bytes, previous: int | None) -> Key:
    return Key(id="k", at=AT, action=action, public=public.hex(), previous=previous)  # type: ignore[arg-type]


def test_the_chain_of_keys_says_what_is_wrong() -> None:
    a, b = (SigningKey(ORIGIN, bytes([n]) * 32).public for n in (1, 2))
    chain = KeyChain()
    assert chain.signers(1) == ()
    assert chain.take(0, event("register", a, None)) == []
    assert chain.take(3, event("rotate", b, 0)) == []
    assert (chain.signers(4), chain.signers(5)) == ((b, a), (b,))
    assert chain.take(5, event("rotate", a, 3)) == ["tlog.key_reused"]
    assert KeyChain().take(0, event("rotate", a, None)) == ["tlog.key_chain"]
    assert KeyChain().take(0, event("register", WEAK, None)) == ["tlog.key_weak"]
    other = KeyChain()
    other.take(0, event("register", a, None))
    assert other.take(1, event("register", b, 0)) == ["tlog.key_chain"]
    ended = KeyChain()
    ended.take(0, event("register", a, None))
    assert ended.take(2, event("revoke", a, 0)) == []
    assert (ended.ended, ended.signers(3), ended.signers(4)) == (True, (a,), ())
    for action, key in (("rotate", b), ("revoke", a), ("register", b)):
        assert ended.take(4, event(action, key, 2)) == ["tlog.after_end"]
    assert (ended.seq, ended.current, ended.signers(5), ended.signers(3)) == (2, a, (), (a,)), "nothing follows the end"
    assert [ended.past_end(size) for size in (3, 4)] == [False, True]
    wrong = KeyChain()
    wrong.take(0, event("register", a, None))
    assert wrong.take(1, event("revoke", b, 0)) == ["tlog.key_chain"]


BAD = {
    "key.weak": WEAK.hex(),
    "key.not_canonical": ((1 << 255) - 19).to_bytes(32, "little").hex(),
    "key.off_curve": (2).to_bytes(32, "little").hex(),
}


@pytest.mark.parametrize("code", BAD)
def test_a_public_key_that_must_not_be_trusted_is_not_registered(ledger: Ledger, code: str) -> None:
    with pytest.raises(errors.BadData) as caught:
        issuerkeys.public_of(BAD[code])
    assert caught.value.code == code
    raw = bytes.fromhex(BAD[code])
    entry = Key(id="k", at=AT, action="register", use="issuer", public=raw.hex(), issuer="F-1", kid=kid("F-1", raw).hex())
    with pytest.raises(errors.BadData) as recorded:
        ledger.record([entry])
    assert recorded.value.code == code
    with pytest.raises(errors.BadData):
        issuerkeys.public_of(format_vkey("a", raw))


def test_an_issuers_key_is_registered_once_and_revoked_once(ledger: Ledger) -> None:
    key = SigningKey("F-1", bytes([7]) * 32)
    doing = Doing(now=local(NOW))
    _, event = ledger.act(lambda session: issuerkeys.register_issuer(session, doing, key.public, "F-1"))
    assert event.kid == kid("F-1", key.public).hex()
    with pytest.raises(errors.Conflict):
        ledger.act(lambda session: issuerkeys.register_issuer(session, doing, key.public, "F-1"))
    later = Doing(now=local(NOW + 1_000_000))
    with pytest.raises(errors.NotFound):
        ledger.act(lambda session: issuerkeys.revoke_issuer(session, later, event.kid[:6], "遗失"))
    ledger.act(lambda session: issuerkeys.revoke_issuer(session, later, event.kid, "遗失"))
    with pytest.raises(errors.Conflict) as caught:
        ledger.act(lambda session: issuerkeys.revoke_issuer(session, later, event.kid, "遗失"))
    assert caught.value.code == "key.revoked_before"
    with pytest.raises(errors.NotFound):
        ledger.act(lambda session: issuerkeys.revoke_issuer(session, later, "ffff", "遗失"))
    with ledger.reading() as session:
        assert [(row.key_id, row.state, row.reason) for row in issuer_keys(session)] == [(event.kid, "revoked", "遗失")]
    assert ledger.verify().ok


def test_a_kid_that_is_not_the_keys_is_refused(ledger: Ledger) -> None:
    key = SigningKey("F-1", bytes([7]) * 32)
    with pytest.raises(errors.BadData) as caught:
        ledger.record([Key(id="k", at=AT, action="register", use="issuer", public=key.public.hex(), issuer="F-1", kid="0" * 16)])
    assert caught.value.code == "key.kid"


@pytest.mark.parametrize("stolen", [False, True])
def test_certificates_move_to_the_new_key(tmp_path: Path, stolen: bool) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "old.png")
    said = json.loads(run(tmp_path, "key", "rotate", "--reason", "二年一换", "--json", *(["--stolen"] if stolen else [])))
    assert said["issuers"] == ["L-0001"]
    run(tmp_path, "certificate", "issue", "黄瓜", "300kg", "--basis", "1", "--out", "new.png")
    run(tmp_path, "gate", "new.png")
    found = json.loads(run(tmp_path, "gate", "old.png", "--json", code=1 if stolen else 0))
    reasons = [each["code"] for each in found["decision"]["reasons"]]
    assert (found["decision"]["message"]["en"] == "admit") is not stolen, found
    assert any("revoked" in each for each in reasons) is stolen, reasons
    run(tmp_path, "verify")
    rows = json.loads(run(tmp_path, "key", "list", "--json"))
    assert [(row["use"], row["state"]) for row in rows if row["use"] == "log"] == [("log", "replaced"), ("log", "in_force")]
    assert sorted(row["state"] for row in rows if row["use"] == "issuer") == sorted(["registered", "revoked" if stolen else "registered"])


def test_keys_on_the_command_line(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "test.example/x")
    said = json.loads(run(tmp_path, "key", "create", "--json"))
    path = Path(said["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    table = run(tmp_path, "key", "list")
    assert "in force" in table
    assert "not registered" in table
    first = next(row["key_id"] for row in json.loads(run(tmp_path, "key", "list", "--json")) if row["state"] == "in_force")
    assert "key.ends_log" in run(tmp_path, "key", "revoke", first, "--reason", "x", code=1)
    assert f"key {said['key_id']} in force from entry 1, {first} replaced" in run(tmp_path, "key", "rotate", "--to", said["key_id"])
    assert "第 2 条结束" in run(tmp_path, "key", "revoke", said["key_id"], "--reason", "关店", "--end-log", lang="zh")
    assert "log.ended" in run(tmp_path, "--log", "x", "site", "add", "福安超市:shop", code=1)
    assert "key.weak" in run(tmp_path, "key", "register", "00" * 32, "--issuer", "F-1", code=2)
    assert "key.no_terminal" in run(tmp_path, "init", "--name", "test.example/y", "--passphrase", code=2)
    said = run(tmp_path, "verify")
    assert "verified" in said
    assert "was ended by its last entry" in said
