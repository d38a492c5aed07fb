"""Proofs as text: whoever has proof, entry and key needs nothing else, and no changed byte passes."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.bundle import check_bundle
from foodtrace.tlog.entry import compose
from foodtrace.tlog.note import Cosigner, Verifier, format_checkpoint, parse_verifier, sign_note
from foodtrace.tlog.proof import check_proof, format_proof, parse_proof
from tests.tlog.alone import ALLOWED, CHECK

LOG = SigningKey("example.com/market/gate1", bytes(range(32)))
OTHER = SigningKey("example.com/other", bytes(range(1, 33)))
WITNESSES = [Cosigner(SigningKey(f"witness.example/w{i}", bytes([i]) * 32), 1_700_000_000 + i) for i in (1, 2)]
ENTRIES = [b'{"seq":%d}' % i for i in range(21)]
LEAVES = [merkle.leaf_hash(each) for each in ENTRIES]


def verifiers(*keys: SigningKey | Cosigner) -> list[Verifier]:
    return [parse_verifier(each.vkey) for each in keys]


def checkpoint(size: int, *signers: SigningKey | Cosigner, origin: str = LOG.name) -> bytes:
    return sign_note(format_checkpoint(origin, size, merkle.root(LEAVES[:size]), ["keys 0"]), signers or (LOG,))


def proof(index: int, size: int, *signers: SigningKey | Cosigner, extra: bytes | None = None) -> bytes:
    return format_proof(index, merkle.inclusion_proof(LEAVES[:size], index), checkpoint(size, *signers), extra)


def test_the_text_is_as_the_specification_shows_it() -> None:
    text = proof(0, 3, extra=b"lot 7").decode()
    hashes = [base64.b64encode(each).decode() for each in merkle.inclusion_proof(LEAVES[:3], 0)]
    assert text.split("\n")[:6] == ["c2sp.org/tlog-proof@v1", "extra bG90IDc=", "index 0", *hashes, ""]
    assert text.split("\n\n", 1)[1].encode() == checkpoint(3)


def test_the_answer_says_that_nothing_shows_the_key_in_force_and_that_the_bytes_are_no_entry() -> None:
    """A key that was replaced can sign a tree of its own: the answer must not look like that of a log's own proof."""
    got = check_proof(PROOF, ENTRIES[5], verifiers(LOG))
    assert (got.key_shown, got.in_form) == (False, False)


@pytest.mark.parametrize(("origin", "seq", "good"), [(LOG.name, 0, True), (LOG.name, 1, False), (OTHER.name, 0, False)])
def test_an_entry_in_form_says_the_log_and_the_place_it_is_proven_at(origin: str, seq: int, good: bool) -> None:
    entry = compose(b"{}", origin, bytes(32), seq, "2026-11-24T00:00:00Z")
    leaf = merkle.leaf_hash(entry)
    note = sign_note(format_checkpoint(LOG.name, 1, leaf, ["keys 0"]), (LOG,))
    got = check_proof(format_proof(0, (), note), entry, verifiers(LOG))
    assert (got.key_shown, got.in_form) == (False, good)


def test_every_entry_at_every_size_is_proven() -> None:
    for size in range(1, len(ENTRIES) + 1):
        for index in range(size):
            got = check_proof(proof(index, size), ENTRIES[index], verifiers(LOG))
            assert (got.origin, got.index, got.size, got.entry) == (LOG.name, index, size, ENTRIES[index])
            assert got.signers == (f"{LOG.name}+{LOG.key_id.hex()}",)


PROOF = proof(5, 21)


@given(st.integers(0, len(PROOF) * 8 - 1))
def test_any_flipped_bit_in_the_proof_is_refused(bit: int) -> None:
    changed = (int.from_bytes(PROOF, "big") ^ 1 << bit).to_bytes(len(PROOF), "big")
    with pytest.raises(ProofError):
        check_proof(changed, ENTRIES[5], verifiers(LOG))


def test_any_changed_byte_in_the_proof_is_refused() -> None:
    for at in range(len(PROOF)):
        for other in (0x00, 0x0A, 0x20, 0x41, 0xFF, PROOF[at] ^ 1):
            if other != PROOF[at]:
                with pytest.raises(ProofError):
                    check_proof(PROOF[:at] + bytes([other]) + PROOF[at + 1 :], ENTRIES[5], verifiers(LOG))


def test_any_byte_added_or_lost_is_refused() -> None:
    for at in range(len(PROOF)):
        for changed in (PROOF[:at] + PROOF[at + 1 :], PROOF[:at] + b"\n" + PROOF[at:], PROOF[:at]):
            if changed != PROOF:
                with pytest.raises(ProofError):
                    check_proof(changed, ENTRIES[5], verifiers(LOG))


@given(st.integers(0, len(ENTRIES[5]) * 8 - 1))
def test_any_flipped_bit_in_the_entry_is_refused(bit: int) -> None:
    changed = (int.from_bytes(ENTRIES[5], "big") ^ 1 << bit).to_bytes(len(ENTRIES[5]), "big")
    with pytest.raises(ProofError) as caught:
        check_proof(PROOF, changed, verifiers(LOG))
    assert caught.value.code == "proof.root_mismatch"


def test_another_entry_of_the_same_log_is_refused() -> None:
    for index in set(range(21)) - {5}:
        with pytest.raises(ProofError):
            check_proof(PROOF, ENTRIES[index], verifiers(LOG))


# --- who signed --------------------------------------------------------------------------------------------------


def test_only_the_logs_own_key_makes_a_proof() -> None:
    everybody = verifiers(LOG, OTHER, *WITNESSES)
    for signers, known in (
        ([OTHER], everybody),
        (WITNESSES, everybody),
        (WITNESSES, verifiers(*WITNESSES)),
        ([OTHER], verifiers(OTHER)),
    ):
        with pytest.raises(ProofError) as caught:
            check_proof(proof(5, 21, *signers), ENTRIES[5], known)
        assert caught.value.code == "checkpoint.not_by_log"


def test_a_key_of_another_name_counts_where_the_caller_names_the_log() -> None:
    got = check_proof(proof(5, 21, OTHER), ENTRIES[5], verifiers(OTHER), origin=LOG.name)
    assert got.signers == (f"{OTHER.name}+{OTHER.key_id.hex()}",)
    with pytest.raises(ProofError) as caught:
        check_proof(PROOF, ENTRIES[5], verifiers(LOG), origin="example.com/elsewhere")
    assert caught.value.code == "checkpoint.other_origin"


def test_witnesses_are_counted_by_their_keys() -> None:
    twice = Cosigner(SigningKey("witness.example/alias", bytes([1]) * 32), 1_700_000_009)
    text = proof(5, 21, LOG, WITNESSES[0], twice)
    known = verifiers(LOG, *WITNESSES, twice)
    assert check_proof(text, ENTRIES[5], known, witnesses=1).index == 5
    with pytest.raises(ProofError) as caught:
        check_proof(text, ENTRIES[5], known, witnesses=2)
    assert caught.value.message() == "only 1 known witness signed, 2 are asked for"
    assert check_proof(proof(5, 21, LOG, *WITNESSES), ENTRIES[5], known, witnesses=2).size == 21


def test_a_log_is_not_its_own_witness() -> None:
    itself = Cosigner(LOG, 1_700_000_000)
    with pytest.raises(ProofError) as caught:
        check_proof(proof(5, 21, LOG, itself), ENTRIES[5], verifiers(LOG, itself), witnesses=1)
    assert caught.value.code == "proof.witnesses"


# --- form --------------------------------------------------------------------------------------------------------


def test_extra_data_that_does_not_follow_from_the_log_is_handed_over_and_refused() -> None:
    text = proof(5, 21, extra=b"anything")
    assert parse_proof(text).extra == b"anything"
    with pytest.raises(ProofError) as caught:
        check_proof(text, ENTRIES[5], verifiers(LOG))
    assert caught.value.code == "proof.keys_form"
    parts = parse_proof(text)
    assert check_proof(format_proof(parts.index, parts.hashes, parts.checkpoint), ENTRIES[5], verifiers(LOG)).index == 5
    assert parse_proof(format_proof(0, [], b"note", b"")).extra is None, "an empty extra line is left out"


HEAD = b"c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "proof.text_form"),
        (HEAD + b"index 0\n", "proof.text_form"),
        (HEAD + b"index 0\n\n", "proof.text_form"),
        (HEAD.replace(b"v1", b"v2") + b"index 0\n\nnote", "proof.version"),
        (b"\xef\xbb\xbf" + HEAD + b"index 0\n\nnote", "proof.text_form"),
        (HEAD.replace(b"\n", b"\r\n") + b"index 0\n\nnote", "proof.version"),
        (HEAD + b"\nnote", "proof.index_line"),
        (HEAD + b"index 01\n\nnote", "proof.index_line"),
        (HEAD + b"index -1\n\nnote", "proof.index_line"),
        (HEAD + b"index  1\n\nnote", "proof.index_line"),
        (HEAD + b"index 9223372036854775808\n\nnote", "proof.index_line"),
        (HEAD + b"Index 1\n\nnote", "proof.index_line"),
        (HEAD + b"extra \nindex 1\n\nnote", "proof.extra_line"),
        (HEAD + b"extra YQ\nindex 1\n\nnote", "proof.extra_line"),
        (HEAD + b"extra YR==\nindex 1\n\nnote", "proof.extra_line"),
        (HEAD + b"extra YQ==\nextra YQ==\nindex 1\n\nnote", "proof.index_line"),
        (HEAD + b"index 1\nYQ==\n\nnote", "proof.hash_line"),
        (HEAD + b"index 1\n" + base64.b64encode(bytes(33)) + b"\n\nnote", "proof.hash_line"),
        (HEAD + b"index 1\n" + b"A" * 42 + b"B=\n\nnote", "proof.hash_line"),
        (HEAD + b"index 1\n" + (base64.b64encode(bytes(32)) + b"\n") * 65 + b"\nnote", "proof.length"),
        (bytes(2_000_001), "proof.too_long"),
    ],
)
def test_malformed(text: bytes, code: str) -> None:
    with pytest.raises(ProofError) as caught:
        parse_proof(text)
    assert caught.value.code == code


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=64),
    st.binary(min_size=1, max_size=200),
    st.none() | st.binary(min_size=1, max_size=50),
)
def test_proofs_print_and_parse(index: int, hashes: list[bytes], note: bytes, extra: bytes | None) -> None:
    got = parse_proof(format_proof(index, hashes, note, extra))
    assert (got.index, got.hashes, got.checkpoint, got.extra) == (index, tuple(hashes), note, extra)


PIECES = st.sampled_from([HEAD, b"index 0\n", b"extra YQ==\n", b"\n", base64.b64encode(bytes(32)) + b"\n", b"note", PROOF])


@given(st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=8).map(b"".join))
def test_fuzzed_proofs_parse_and_print_the_same_or_are_refused(data: bytes) -> None:
    try:
        got = parse_proof(data)
    except ProofError:
        pass
    else:
        assert format_proof(got.index, got.hashes, got.checkpoint, got.extra) == data
    if data != PROOF:
        with pytest.raises(ProofError):
            check_proof(data, ENTRIES[5], verifiers(LOG))


@pytest.mark.parametrize(
    ("index", "hashes", "note", "code"),
    [
        (-1, [], b"note", "proof.number"),
        (0, [b"short"], b"note", "proof.hash_length"),
        (0, [bytes(32)] * 65, b"note", "proof.length"),
        (0, [], b"", "proof.text_form"),
        (0, [], bytes(2_000_000), "proof.too_long"),
    ],
)
def test_parts_that_make_no_proof(index: int, hashes: list[bytes], note: bytes, code: str) -> None:
    with pytest.raises(ProofError) as caught:
        format_proof(index, hashes, note)
    assert caught.value.code == code


def test_a_callers_mistake_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="an entry is bytes"):
        check_proof(PROOF, "entry", verifiers(LOG))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a proof is bytes"):
        check_proof(PROOF.decode(), ENTRIES[5], verifiers(LOG))  # type: ignore[arg-type]


@pytest.mark.parametrize("witnesses", [float("nan"), -1, 0.0, True, "1", None])
def test_a_number_of_witnesses_that_is_none_lets_no_proof_pass(witnesses: object) -> None:
    with pytest.raises(TypeError, match="witnesses is a whole number, 0 or more"):
        check_proof(PROOF, ENTRIES[5], verifiers(LOG), witnesses=witnesses)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="witnesses is a whole number, 0 or more"):
        check_bundle(PROOF, ENTRIES[5], verifiers(LOG), witnesses=witnesses)  # type: ignore[arg-type]


# --- what it stands on -------------------------------------------------------------------------------------------


def test_checking_loads_no_database_and_no_other_part(tmp_path: Path) -> None:
    (tmp_path / "proof").write_bytes(PROOF)
    (tmp_path / "entry").write_bytes(ENTRIES[5])
    run = [sys.executable, "-c", CHECK, str(tmp_path / "proof"), str(tmp_path / "entry"), LOG.vkey]
    origin, index, *loaded = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert (origin, index) == (LOG.name, "5")
    assert set(loaded) <= ALLOWED
