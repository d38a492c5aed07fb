"""Cosignatures of witnesses: they cover time and text, and nothing else passes for one."""

import base64

import pytest

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog import note
from foodtrace.tlog.note import Cosigner, parse_checkpoint, parse_verifier, sign_note
from tests.tlog.signed import GOOD, LOG, TEXT, WITNESS, refused, verifiers


def test_a_cosignature_covers_time_and_the_whole_text() -> None:
    """tlog-cosignature, «Ed25519 signed message», built here by hand; the key is checked through cryptography alone."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    line = note.signature_line(TEXT, WITNESS)
    raw = base64.b64decode(line.split(b" ")[-1])
    assert (raw[:4], raw[4:12]) == (WITNESS.key_id, (1_700_000_000).to_bytes(8, "big"))
    public = Ed25519PublicKey.from_public_bytes(parse_verifier(WITNESS.vkey).public)
    public.verify(raw[12:], b"cosignature/v1\ntime 1700000000\n" + TEXT)


def test_a_cosignature_with_another_time_or_text_is_refused() -> None:
    raw = bytearray(base64.b64decode(note.signature_line(TEXT, WITNESS).split(b" ")[-1]))
    raw[11] ^= 1
    bad = note.Signature(WITNESS.name, bytes(raw[:4]), bytes(raw[4:])).line
    assert refused(GOOD + bad, LOG, WITNESS) == "note.bad_signature"
    short = note.Signature(WITNESS.name, WITNESS.key_id, bytes(71)).line
    assert refused(GOOD + short, LOG, WITNESS) == "note.bad_signature"
    late = note.Signature(WITNESS.name, WITNESS.key_id, b"\xff" * 72).line
    assert refused(GOOD + late, LOG, WITNESS) == "note.bad_signature"


def test_a_plain_signature_of_a_witness_key_is_no_cosignature() -> None:
    plain = SigningKey(WITNESS.name, bytes(range(2, 34)))
    disguised = note.Signature(WITNESS.name, WITNESS.key_id, bytes(8) + plain.sign(TEXT)).line
    assert refused(GOOD + disguised, LOG, WITNESS) == "note.bad_signature"
    assert refused(sign_note(TEXT, [plain]), WITNESS) == "note.no_known_key"


def test_a_witness_signs_checkpoints_only() -> None:
    with pytest.raises(ProofError):
        sign_note(b"not a checkpoint\n", [WITNESS])
    text = b"not a checkpoint\n"
    signed = WITNESS._key.sign(b"cosignature/v1\ntime 0\n" + text)
    forged = note.Signature(WITNESS.name, WITNESS.key_id, bytes(8) + signed).line
    assert refused(text + b"\n" + forged, WITNESS) == "note.bad_signature"
    with pytest.raises(TypeError, match="POSIX seconds"):
        Cosigner(LOG, -1)


def test_adding_a_cosignature_keeps_the_note() -> None:
    first = note.add_signatures(GOOD, [WITNESS])
    assert first == GOOD + note.signature_line(TEXT, WITNESS)
    later = Cosigner(WITNESS._key, 1_700_000_060)
    second = note.add_signatures(first, [later])
    times = [each.time for each in parse_checkpoint(second, verifiers(LOG, WITNESS)).note.signatures]
    assert times == [None, 1_700_000_060], "a witness's newer line replaces its older one"
