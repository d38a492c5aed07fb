"""`prove` and `check-proof`: what an outsider with proof, entry and key can tell, and what nobody can forge or change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import proofbundle.checkpoint
import proofbundle.tlogproof
import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.keeping import proving, rotation
from foodtrace.keys import SigningKey
from foodtrace.tlog.bundle import check_bundle, decode_keys, encode_keys
from foodtrace.tlog.note import Cosigner, Verifier, add_signatures, parse_verifier, sign_note
from foodtrace.tlog.proof import check_proof, format_proof, parse_proof
from tests.cli.shell import lot_of, run, shop  # noqa: F401 - a fixture
from tests.keeping.gatelog import NOW, ORIGIN, site
from tests.ledger.deliveries import LOT, events
from tests.ledger.tampering import unsealed
from tests.tlog.alone import ALLOWED, CHECK
from tests.tlog.padding import same_bits


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as opened:
        opened.init(ORIGIN, operator="L-1")
        yield opened


def proof_of(ledger: Ledger, given: str, **options: object) -> proving.Proven:
    with ledger.reading() as session:
        ((state, seq),) = proving.entries_of(session, given)
        return proving.prove(session, state, seq, **options)  # type: ignore[arg-type]


def rotated(ledger: Ledger) -> tuple[SigningKey, SigningKey]:
    old = ledger.writer().key
    new = keyfiles.create(ledger.keys, ORIGIN)
    rotation.rotate(ledger, new)
    return old, new


def test_every_entry_about_a_lot_is_proven_at_every_signed_size(ledger: Ledger) -> None:
    for start in range(0, 17, 4):
        ledger.record(events()[start : start + 4])
    key = parse_verifier(ledger.writer().key.vkey)
    with ledger.reading() as session:
        found = proving.entries_of(session, LOT)
        assert [seq for _, seq in found] == list(range(3, 18)), "the certificate and 14 transfers, not the sites"
        for state, seq in found:
            for (size,) in session.rows("SELECT size FROM checkpoint WHERE size > ?", (seq,)):
                made = proving.prove(session, state, seq, size=size)
                got = check_proof(made.proof, made.entry, [key])
                assert (got.key_shown, got.in_form) == (True, True)
                assert (got.origin, got.index, got.size) == (ORIGIN, seq, size)
        with pytest.raises(errors.BadData) as caught:
            proving.prove(session, state, 17, size=5)
        assert caught.value.message() == "entry 17 is not covered by the checkpoint of 5 entries"
        with pytest.raises(errors.NotFound) as missing:
            proving.prove(session, state, 3, size=6)
        assert (missing.value.code, missing.value.near) == ("prove.no_checkpoint", ("9", "13", "17"))


def test_a_proof_says_what_it_is_about(ledger: Ledger) -> None:
    ledger.record(events())
    made = proof_of(ledger, "t3")
    about = made.about
    assert (about.log, about.seq, about.kind, about.event, about.site, about.lots) == (ORIGIN, 7, "transfer", "t3", "F-1", (LOT,))
    assert about.quantity == "1.0 kg"
    assert proof_of(ledger, f"{ORIGIN}#7").entry == proof_of(ledger, "#7").entry == made.entry


def test_an_outsider_sees_that_the_key_was_in_force(ledger: Ledger) -> None:
    first, second = rotated(ledger)
    third = rotated(ledger)[1]
    ledger.record([site("s1")])
    made = proof_of(ledger, "s1")
    for key in (first, second, third):  # whoever knows any key of the log follows it, hand to hand, to the present one
        got = check_bundle(made.proof, made.entry, [parse_verifier(key.vkey)])
        assert (got.trusted, got.key_shown, got.key_entry, got.by) == (True, True, 2, third.vkey)
    stranger = SigningKey(ORIGIN, bytes(range(32)))
    with pytest.raises(errors.ProofError) as caught:
        check_bundle(made.proof, made.entry, [parse_verifier(stranger.vkey)])
    assert caught.value.code == "proof.key_unknown"
    alone = check_bundle(made.proof, made.entry)
    assert (alone.trusted, alone.key_shown) == (False, True)


def test_key_entries_that_hide_change_or_invent_a_key_are_refused(ledger: Ledger) -> None:
    first, second = rotated(ledger)
    ledger.record([site("s1")])
    made = proof_of(ledger, "s1")
    parts = parse_proof(made.proof)
    keys = decode_keys(parts.extra)
    known = [parse_verifier(first.vkey)]

    def refused(changed: object, code: str, known: list[Verifier] = known) -> None:
        proof = format_proof(parts.index, parts.hashes, parts.checkpoint, encode_keys(changed))  # type: ignore[arg-type]
        with pytest.raises(errors.ProofError) as caught:
            check_bundle(proof, made.entry, known)
        assert caught.value.code == code

    swap = msgspec.structs.replace
    refused(keys[:1], "note.no_known_key")
    refused(keys[:1], "proof.keys_other", [*known, parse_verifier(second.vkey)])
    refused(keys[1:], "proof.keys_chain")
    refused([keys[0], swap(keys[1], entry=keys[0].entry)], "proof.keys_chain")
    refused([keys[0], swap(keys[1], entry=made.entry)], "proof.keys_chain")
    refused([keys[0], swap(keys[1], hashes=keys[1].hashes[:-1])], "proof.length")
    refused([keys[0], swap(keys[1], handover=parts.checkpoint)], "proof.handover_signer")
    refused([swap(keys[0], handover=keys[1].handover), keys[1]], "proof.handover")
    refused([keys[0], swap(keys[1], handover=b"")], "note.form")
    refused([keys[0], swap(keys[1], consistency=())], "proof.length")


def test_the_end_of_a_log_is_proven_too(ledger: Ledger) -> None:
    ledger.record([site("s1")])
    key = ledger.writer().key
    rotation.end_log(ledger, reason="关店")
    made = proof_of(ledger, "s1")
    got = check_bundle(made.proof, made.entry, [parse_verifier(key.vkey)])
    assert (got.trusted, got.key_entry, got.proven.size) == (True, 2, 3)


def test_a_database_that_does_not_hold_gives_no_proof(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init(ORIGIN)
        ledger.record(events())
        owner = unsealed(tmp_path / "x.db")
        owner.execute("UPDATE entry SET leaf = ? WHERE seq = 5", (bytes(32),))
        owner.close()
        with pytest.raises(errors.Integrity) as caught:
            proof_of(ledger, "t3")
    assert caught.value.code == "prove.broken"


# --- a verifier that nobody here wrote ---------------------------------------------------------------------------


def foreign(proof: bytes, entry: bytes, vkey: str, *witnesses: str) -> bool:
    """Ask proofbundle; what it cannot read it does not accept."""
    try:
        text = proof.decode()
    except UnicodeDecodeError:
        return False
    said = proofbundle.tlogproof.verify_tlog_proof(text, entry, vkey, witnesses, threshold=len(witnesses), expected_origin=ORIGIN)
    return bool(said["ok"])


def test_the_bits_under_padding_are_told_from_others() -> None:
    assert same_bits(b"x\na YWJjZA==\n", b"x\na YWJjZB==\n")
    assert not same_bits(b"x\na YWJjZA==\n", b"x\nb YWJjZA==\n")
    assert not same_bits(b"x\na YWJjZA==\n", b"x\na YWJiZA==\n")


def test_another_verifier_accepts_our_proofs(ledger: Ledger) -> None:
    first, second = rotated(ledger)
    ledger.record(events())
    with ledger.reading() as session:
        for state, seq in proving.entries_of(session, LOT):
            made = proving.prove(session, state, seq)
            assert foreign(made.proof, made.entry, second.vkey)
            assert not foreign(made.proof, made.entry, first.vkey)
        notes = [bytes(note).decode() for (note,) in session.rows("SELECT note FROM checkpoint WHERE size > 1 ORDER BY size")]
    for note in notes:
        assert proofbundle.checkpoint.verify_checkpoint(note, second.vkey)["ok"]
    assert proofbundle.checkpoint.verify_checkpoint(notes[0], first.vkey)["ok"], "a change of key is signed by both"


def test_another_verifier_accepts_our_cosignatures(ledger: Ledger) -> None:
    ledger.record(events())
    witness = Cosigner(SigningKey("witness.example/w1", bytes(range(32))), 1_700_000_000)
    with ledger.reading() as session:
        ((state, seq),) = proving.entries_of(session, "t3")
        note = add_signatures(proving.note_at(session, state)[1], [witness])
        made = proving.prove(session, state, seq, checkpoint=note)
    key = ledger.writer().key.vkey
    assert foreign(made.proof, made.entry, key, witness.vkey)
    got = check_bundle(made.proof, made.entry, [parse_verifier(key), parse_verifier(witness.vkey)], witnesses=1)
    assert [each.time for each in got.proven.checkpoint.note.signatures] == [None, 1_700_000_000]


def test_after_any_one_byte_is_changed_nobody_accepts_it(tmp_path: Path) -> None:
    """Every byte of the entry and of the bare proof in turn; and of the proof with its key entries, by our own check."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as ledger:
        ledger.init(ORIGIN, operator="L-1")
        ledger.record(events()[:6])
        made, vkey = proof_of(ledger, "t1"), ledger.writer().key.vkey
    parts = parse_proof(made.proof)
    bare = format_proof(parts.index, parts.hashes, parts.checkpoint)
    assert foreign(bare, made.entry, vkey)
    for at in range(len(bare)):
        changed = bare[:at] + bytes([bare[at] ^ 1]) + bare[at + 1 :]
        with pytest.raises(errors.ProofError):
            check_proof(changed, made.entry, [parse_verifier(vkey)])
        assert not foreign(changed, made.entry, vkey) or same_bits(bare, changed), at
    for at in range(len(made.entry)):
        changed = made.entry[:at] + bytes([made.entry[at] ^ 1]) + made.entry[at + 1 :]
        assert not foreign(bare, changed, vkey), at
    known = [parse_verifier(vkey)]
    for at in range(len(made.proof)):
        changed = made.proof[:at] + bytes([made.proof[at] ^ 1]) + made.proof[at + 1 :]
        with pytest.raises(errors.ProofError):
            check_bundle(changed, made.entry, known)
    assert check_bundle(bare, made.entry, known).key_shown is False, "without the line the proof still holds"


def test_after_any_byte_of_a_proof_with_its_key_entries_is_changed_the_library_refuses_it(tmp_path: Path) -> None:
    """One bit of every byte, with keys that changed hands, by whoever knows the last or the first of them, also right after the change."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW + 86_400_000_000) as ledger:
        ledger.init(ORIGIN, operator="L-1")
        first, second = rotated(ledger)
        both = proof_of(ledger, "#0")
        ledger.record([site("s1")])
        later = proof_of(ledger, "s1")
    for made, known in ((later, [second]), (both, [first]), (both, [second]), (both, [first, second])):
        keys = [parse_verifier(each.vkey) for each in known]
        assert parse_proof(made.proof).extra is not None
        assert check_proof(made.proof, made.entry, keys).entry == made.entry
        assert foreign(made.proof, made.entry, known[0].vkey)
        for at in range(0, len(made.proof), 1 if made is later else 5):
            changed = bytearray(made.proof)
            changed[at] ^= 1 << at % 7
            for check in (check_proof, check_bundle) if at % 10 == 0 else (check_proof,):
                with pytest.raises(errors.ProofError):
                    check(bytes(changed), made.entry, keys)


def test_the_library_loads_nothing_else_to_check_key_entries(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        made = proof_of(ledger, "#0")
    (tmp_path / "proof").write_bytes(made.proof)
    (tmp_path / "entry").write_bytes(made.entry)
    run = [sys.executable, "-c", CHECK, str(tmp_path / "proof"), str(tmp_path / "entry"), made.vkey]
    origin, index, *loaded = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert (origin, index) == (ORIGIN, "0")
    assert set(loaded) <= ALLOWED


# --- the command line --------------------------------------------------------------------------------------------


def test_from_the_counter_to_the_court(shop: Path) -> None:  # noqa: F811
    lot = lot_of(shop)
    made = json.loads(run(shop, "prove", lot, "--out", "proofs", "--json"))
    assert [each["about"]["kind"] for each in made] == ["certificate_issued", "market_entry"]
    assert made[1]["proof"] == "proofs/market-entry.tlog-proof"
    (shop / "foodtrace.db").unlink()  # whoever checks has no ledger
    said = run(shop, "check-proof", *(each["proof"] for each in made), "--key", made[0]["key"])
    about = made[1]["about"]
    assert f"true: market entry {about['lots'][0]} (event {about['event']}) is entry {about['seq']} of {about['log']}" in said
    assert "not that what it says is true" in said
    assert "属实: 进场" in run(shop, "check-proof", made[1]["proof"], "--key", made[0]["key"], lang="zh")
    answer = json.loads(run(shop, "check-proof", made[1]["proof"], "--key", made[0]["vkey"], "--json"))
    assert (answer[0]["ok"], answer[0]["key_shown"], answer[0]["about"]["lots"]) == (True, True, made[1]["about"]["lots"])


def test_a_proof_without_key_entries_says_what_it_does_not_show(shop: Path) -> None:  # noqa: F811
    (made,) = json.loads(run(shop, "prove", "#1", "--json"))
    whole = run(shop, "check-proof", made["proof"], "--key", made["key"])
    parts = parse_proof((shop / made["proof"]).read_bytes())
    (shop / made["proof"]).write_bytes(format_proof(parts.index, parts.hashes, parts.checkpoint))
    bare = run(shop, "check-proof", made["proof"], "--key", made["key"], code=1)
    assert "the signing key was in force" in whole
    assert "the key was not shown to be in force" in bare
    assert "true:" not in bare
    assert "This proves" not in bare
    (said,) = json.loads(run(shop, "check-proof", made["proof"], "--key", made["key"], "--json", code=1))
    assert (said["ok"], said["verdict"], said["key_shown"]) == (False, "key_not_shown", False)
    vouched = run(shop, "check-proof", made["proof"], "--key", made["key"], "--vouch")
    assert "your word" in vouched


@pytest.mark.parametrize("registered", [True, False])
def test_a_replaced_or_never_registered_key_gets_no_yes_by_leaving_the_key_entries_out(shop: Path, *, registered: bool) -> None:  # noqa: F811
    first = next((shop / "keys").glob("*.key"))
    origin = first.read_text().split("+", 1)[0]
    key = keyfiles.load(shop / "keys", first.stem) if registered else SigningKey(origin, bytes(range(32)))
    run(shop, "key", "rotate")
    run(shop, "site", "add", "河西超市:shop")
    (made,) = json.loads(run(shop, "prove", "#1", "--json"))
    path = shop / made["proof"]
    parts = parse_proof(path.read_bytes())
    text = parts.checkpoint.rpartition(b"\n\n")[0] + b"\n"
    path.write_bytes(format_proof(parts.index, parts.hashes, sign_note(text, [key])))
    for more in ([], ["--json"]):
        said = run(shop, "check-proof", made["proof"], "--key", key.vkey, *more, code=1)
        assert ("not shown to be in force" in said) or ("key_not_shown" in said)
        assert "true: " not in said
    path.write_bytes(format_proof(parts.index, parts.hashes, sign_note(text, [key]), parts.extra))
    run(shop, "check-proof", made["proof"], "--key", key.vkey, code=3)


def test_no_key_a_wrong_key_and_a_changed_entry(shop: Path) -> None:  # noqa: F811
    (made,) = json.loads(run(shop, "prove", "#1", "--json"))
    said = run(shop, "check-proof", made["proof"], code=2)
    assert "proof.no_key" in said
    assert made["vkey"] in said
    other = SigningKey(made["about"]["log"], bytes(range(32))).vkey
    assert "does not hold" in run(shop, "check-proof", made["proof"], "--key", other, code=3)
    entry = shop / made["entry"]
    entry.write_bytes(entry.read_bytes().replace(b'"seq":1', b'"seq":2'))
    answer = json.loads(run(shop, "check-proof", made["proof"], "--key", made["key"], "--json", code=3))
    assert (answer[0]["ok"], answer[0]["error"]["code"]) == (False, "proof.root_mismatch")
    entry.unlink()
    assert "proof.no_entry_file" in run(shop, "check-proof", made["proof"], "--key", made["key"], code=1)
    assert "prove.no_entry" in run(shop, "prove", "#999", code=1)


def test_checking_loads_no_database_driver(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        ledger.record([site("s1")])
        made = proof_of(ledger, "s1")
    (tmp_path / "p.tlog-proof").write_bytes(made.proof)
    (tmp_path / "p.entry").write_bytes(made.entry)
    program = (
        "import sys\nfrom foodtrace_cli.main import main\n"
        f"code = main(['check-proof', 'p.tlog-proof', '--key', {made.vkey!r}])\n"
        "names = ('sqlalchemy', 'sqlite3', 'psycopg', 'foodtrace.storage', 'foodtrace.ledger', 'foodtrace.graph', 'rich')\n"
        "print(code, sorted(set(names) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_checkpoint_as_the_log_prints_it_is_one_to_prove_under(shop: Path) -> None:  # noqa: F811
    (shop / "printed").write_text(run(shop, "export", "checkpoint"), encoding="utf-8")
    plain = json.loads(run(shop, "prove", "#0", "--json"))[0]
    shown = json.loads(run(shop, "prove", "#0", "--checkpoint", "printed", "--out", "again", "--json"))[0]
    assert (shop / shown["proof"]).read_bytes() == (shop / plain["proof"]).read_bytes()
    run(shop, "check-proof", shown["proof"], "--key", plain["vkey"])
    (shop / "printed").write_text("old x\n\n", encoding="utf-8")
    assert "witness.request" in run(shop, "prove", "#0", "--checkpoint", "printed", code=1)
