"""Signed notes, verifier keys, checkpoints and cosignatures: foreign vectors, strictness, who counts as the log."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData, FoodtraceError, ProofError
from foodtrace.keys import COSIGNATURE_V1, SigningKey
from foodtrace.tlog import note
from foodtrace.tlog.merkle import EMPTY_ROOT
from foodtrace.tlog.note import Cosigner, Note, Verifier, format_checkpoint, open_note, parse_checkpoint, parse_verifier, sign_note

FILE = Path(__file__).resolve().parents[2] / "../shared/vectors/note/rfc6962_constants.json"

LOG = SigningKey("example.com/log", bytes(range(32)))
OTHER = SigningKey("example.com/other", bytes(range(1, 33)))
WITNESS = Cosigner(SigningKey("witness.example/w1", bytes(range(2, 34))), 1_700_000_000)
ROOT = bytes(range(32))
TEXT = format_checkpoint("example.com/log", 42, ROOT, ["keys 7"])


def verifiers(*keys: SigningKey | Cosigner) -> list[Verifier]:
    return [parse_verifier(each.vkey) for each in keys]


def refused(data: bytes, *keys: SigningKey | Cosigner) -> str:
    with pytest.raises(ProofError) as caught:
        open_note(data, verifiers(*keys))
    return caught.value.code


# --- vectors nobody here wrote -----------------------------------------------------------------------------------


def _vectors() -> list[Any]:
    if not FILE.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="vectors/note is not beside the checkout"))]
    notes = json.loads(FILE.read_text())["signed_notes"]
    return [pytest.param(each, id=f"{i}-{each['src']}") for i, each in enumerate(notes)]


@pytest.mark.parametrize("case", _vectors())
def test_vector(case: dict[str, Any]) -> None:
    data, known = case["note"].encode(), [parse_verifier(case["vkey"])]
    if case["want_err"]:
        with pytest.raises(ProofError):
            open_note(data, known)
    else:
        opened = open_note(data, known)
        assert data.startswith(opened.text + b"\n")
        assert [each.verifier for each in opened.signatures] == known


@pytest.mark.parametrize("case", _vectors())
def test_vector_keys_print_as_they_came(case: dict[str, Any]) -> None:
    assert parse_verifier(case["vkey"]).vkey == case["vkey"]


# --- reading a note ----------------------------------------------------------------------------------------------


def test_a_note_has_its_text_and_who_signed() -> None:
    data = sign_note(b"two\n\nparagraphs\n", [LOG, OTHER])
    opened = open_note(data, verifiers(LOG))
    assert opened.text == b"two\n\nparagraphs\n"
    assert [each.key for each in opened.signatures] == [f"example.com/log+{LOG.key_id.hex()}"]
    assert [each.name for each in opened.unverified] == ["example.com/other"]
    assert opened.signatures[0].time is None
    assert data == opened.text + b"\n" + opened.signatures[0].line + opened.unverified[0].line


@given(st.integers(0, len(sign_note(TEXT, [LOG])) * 8 - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    data = sign_note(TEXT, [LOG])
    changed = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
    with pytest.raises(ProofError):
        open_note(changed, verifiers(LOG))


GOOD = sign_note(TEXT, [LOG])
LINE = note.signature_line(TEXT, LOG)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "note.form"),
        (TEXT, "note.form"),
        (TEXT + b"\n", "note.form"),
        (GOOD[:-1], "note.form"),
        (GOOD + b"\n", "note.form"),
        (GOOD + b"x", "note.form"),
        (GOOD + b"x\n", "note.signature_line"),
        (GOOD.replace(b"\n", b"\r\n"), "note.control"),
        (b"\x00" + GOOD, "note.control"),
        (b"\xff" + GOOD, "note.utf8"),
        (TEXT + b"\n" + LINE.replace("\u2014".encode(), b"-"), "note.signature_line"),
        (TEXT + b"\n" + LINE.replace(b"com/log", b"com+log"), "note.signature_line"),
        (TEXT + b"\n" + LINE.replace(b"com/log", "com\u3000log".encode()), "note.signature_line"),
        (TEXT + b"\n" + LINE.replace(b"example.com/log", b""), "note.signature_line"),
        (TEXT + b"\n" + LINE.replace(b"\n", b" \n"), "note.signature_line"),
        (TEXT + b"\n" + LINE.replace(b"=\n", b"\n"), "note.signature_line"),
        (TEXT + b"\n" + "\u2014 short AAAAAA==\n".encode(), "note.signature_line"),
        (TEXT + b"\n" + "\u2014 nothing \n".encode(), "note.signature_line"),
        (TEXT + b"\n" + LINE * 101, "note.too_many"),
        (bytes(1_000_001), "note.too_long"),
    ],
)
def test_malformed(data: bytes, code: str) -> None:
    assert refused(data, LOG) == code


def test_base64_has_one_spelling() -> None:
    """The last digit before ``=`` carries two unused bits: setting them must not give a second valid note."""
    digit = LINE[-3:-2]
    again = {b"A": b"B", b"Q": b"R", b"g": b"h", b"w": b"x"}
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = again.get(digit) or alphabet[alphabet.index(digit) + 1 :][:1]
    changed = TEXT + b"\n" + LINE[:-3] + twin + LINE[-2:]
    assert base64.b64decode(changed.split(b" ")[-1]) == base64.b64decode(LINE.split(b" ")[-1])
    assert refused(changed, LOG) == "note.signature_line"


def test_a_known_key_with_a_bad_signature_refuses_the_whole_note() -> None:
    data = sign_note(b"other text\n", [OTHER])
    bad = data[len(b"other text\n\n") :]
    for lines in (LINE + bad, bad + LINE):
        assert refused(TEXT + b"\n" + lines, LOG, OTHER) == "note.bad_signature"
        assert open_note(TEXT + b"\n" + lines, verifiers(LOG)).unverified[0].name == OTHER.name


def test_repeated_signatures_count_once_and_are_all_checked() -> None:
    unknown = note.signature_line(TEXT, OTHER)
    opened = open_note(TEXT + b"\n" + LINE * 2 + unknown * 3, verifiers(LOG))
    assert (len(opened.signatures), len(opened.unverified)) == (1, 1)
    bad = LINE[:40] + (b"A" if LINE[40:41] != b"A" else b"B") + LINE[41:]
    assert refused(TEXT + b"\n" + LINE + bad, LOG) == "note.bad_signature"


def test_sixteen_signers_and_large_unknown_signatures_are_read() -> None:
    signers = [SigningKey(f"example.com/{i}", bytes([i]) * 32) for i in range(16)]
    huge = note.Signature("pq.example", b"abcd", bytes(2420)).line
    opened = open_note(sign_note(TEXT, signers) + huge * 16, verifiers(*signers))
    assert len(opened.signatures) == 16


def test_nobody_known_is_told_who_signed_and_who_is_known() -> None:
    with pytest.raises(ProofError) as caught:
        open_note(GOOD, verifiers(OTHER))
    assert caught.value.message() == (
        f"no known key signed: signed by example.com/log+{LOG.key_id.hex()}, known are example.com/other+{OTHER.key_id.hex()}"
    )
    assert refused(GOOD) == "note.no_known_key"


def test_a_key_is_name_and_id_together() -> None:
    """The same public key under another name is another key, and a foreign line with our name is not ours."""
    twin = SigningKey("example.com/twin", bytes(range(32)))
    assert refused(GOOD, twin) == "note.no_known_key"
    foreign = note.Signature(LOG.name, b"\0\0\0\0", bytes(64)).line
    assert len(open_note(GOOD + foreign, verifiers(LOG)).unverified) == 1


class _Collision(Verifier, frozen=True):
    """A second key with the id of the log's; finding a real one takes an attacker minutes."""

    @property
    def key_id(self) -> bytes:
        return LOG.key_id


def test_two_known_keys_of_one_name_and_id() -> None:
    clash = [*verifiers(LOG), _Collision(LOG.name, OTHER.public)]
    with pytest.raises(ProofError) as caught:
        open_note(GOOD, clash)
    assert caught.value.code == "note.key_ambiguous"
    assert open_note(sign_note(TEXT, [OTHER]), [*clash, *verifiers(OTHER)]).signatures[0].name == OTHER.name
    assert open_note(GOOD, verifiers(LOG, LOG)).signatures, "the same key given twice is one key"


def test_a_callers_mistake_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a note is bytes"):
        open_note("text", [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made by parse_verifier"):
        open_note(GOOD, [LOG.vkey])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="at least one signer"):
        sign_note(TEXT, [])
    with pytest.raises(TypeError, match="a note's text is bytes"):
        sign_note("text\n", [LOG])  # type: ignore[arg-type]


# --- verifier keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        ("", "key.vkey"),
        ("example.com/log", "key.vkey"),
        (LOG.vkey + "=", "key.vkey"),
        (LOG.vkey[:-1], "key.vkey"),
        (LOG.vkey + "\n", "key.vkey"),
        ("x" * 5000, "key.vkey"),
        (LOG.vkey.replace("log+", "lob+"), "key.vkey_id"),
        (LOG.vkey.replace(LOG.key_id.hex(), LOG.key_id.hex().upper()), "key.vkey_id"),
        ("example.com/log++" + LOG.vkey.split("+", 2)[2], "key.vkey_id"),
        (" " + LOG.vkey, "key.name"),
        (LOG.vkey.removeprefix("example.com/log"), "key.name"),
        ("a+00000000+" + base64.b64encode(b"\x06" + bytes(1312)).decode(), "key.algorithm"),
        ("a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(), "key.length"),
        ("a+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode(), "key.weak"),
        ("a+00000000+" + base64.b64encode(b"\x01" + b"\xff" * 32).decode(), "key.not_canonical"),
        ("a+00000000+" + base64.b64encode(b"\x04" + bytes([2]) + bytes(31)).decode(), "key.off_curve"),
    ],
)
def test_verifier_key_refused(vkey: str, code: str) -> None:
    with pytest.raises(BadData) as caught:
        parse_verifier(vkey)
    assert caught.value.code == code


def test_verifier_keys_of_one_public_key_differ_by_algorithm() -> None:
    plain, cosign = parse_verifier(LOG.vkey), Verifier(LOG.name, LOG.public, COSIGNATURE_V1)
    assert plain.key_id != cosign.key_id
    assert parse_verifier(cosign.vkey) == cosign
    with pytest.raises(TypeError, match="a verifier key is a str"):
        parse_verifier(LOG.vkey.encode())  # type: ignore[arg-type]


# --- checkpoints -------------------------------------------------------------------------------------------------


def test_checkpoint() -> None:
    got = parse_checkpoint(sign_note(TEXT, [LOG, WITNESS]), verifiers(LOG, WITNESS))
    assert (got.origin, got.size, got.root, got.extensions) == ("example.com/log", 42, ROOT, ("keys 7",))
    assert (got.key_entry, got.by_log) == (7, True)
    assert got.signers == (f"example.com/log+{LOG.key_id.hex()}", f"witness.example/w1+{WITNESS.key_id.hex()}")
    assert [each.time for each in got.note.signatures] == [None, 1_700_000_000]
    assert format_checkpoint(got.origin, got.size, got.root, got.extensions) == got.note.text == TEXT


ROOT64 = base64.b64encode(ROOT)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"o\n1\n", "checkpoint.form"),
        (b"o\n1\n\n", "checkpoint.root"),
        (b"\n1\n" + ROOT64 + b"\n", "checkpoint.line"),
        (b"o\n01\n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n+1\n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n-1\n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n1 \n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n1_0\n" + ROOT64 + b"\n", "checkpoint.size"),
        ("o\n\uff11\n".encode() + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n9223372036854775808\n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n" + b"9" * 5000 + b"\n" + ROOT64 + b"\n", "checkpoint.size"),
        (b"o\n1\n" + base64.b64encode(bytes(31)) + b"\n", "checkpoint.root"),
        (b"o\n1\n" + ROOT64[:-1] + b"\n", "checkpoint.root"),
        (b"o\n1\n" + ROOT64 + b"=\n", "checkpoint.root"),
        (b"o\n0\n" + ROOT64 + b"\n", "checkpoint.empty_root"),
        (b"o\n1\n" + ROOT64 + b"\n\n", "checkpoint.line"),
        (b"o\n1\n" + ROOT64 + b"\n\nx\n", "checkpoint.line"),
        (b"o\n1\n" + ROOT64 + b"\n" + b"x\n" * 65, "checkpoint.extensions"),
    ],
)
def test_a_signed_text_that_is_no_checkpoint(text: bytes, code: str) -> None:
    with pytest.raises(ProofError) as caught:
        parse_checkpoint(sign_note(text, [LOG]), verifiers(LOG))
    assert caught.value.code == code


@given(
    st.text(st.characters(codec="utf-8", min_codepoint=0x20), min_size=1, max_size=20),
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(codec="utf-8", min_codepoint=0x20), min_size=1, max_size=9), max_size=3),
)
def test_checkpoints_print_and_parse(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    text = format_checkpoint(origin, size, root, extensions)
    got = parse_checkpoint(sign_note(text, [LOG]), verifiers(LOG), origin=origin)
    assert (got.origin, got.size, got.root, got.extensions) == (origin, size, root, tuple(extensions))


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions", "code"),
    [
        ("", 1, ROOT, [], "checkpoint.line"),
        ("a\nb", 1, ROOT, [], "checkpoint.line"),
        ("\ud800", 1, ROOT, [], "checkpoint.line"),
        ("a", -1, ROOT, [], "proof.number"),
        ("a", True, ROOT, [], "proof.number"),
        ("a", 1, b"", [], "proof.hash_length"),
        ("a", 0, ROOT, [], "checkpoint.empty_root"),
        ("a", 1, ROOT, [""], "checkpoint.line"),
    ],
)
def test_what_no_checkpoint_can_say(origin: str, size: int, root: bytes, extensions: list[str], code: str) -> None:
    with pytest.raises(ProofError) as caught:
        format_checkpoint(origin, size, root, extensions)
    assert caught.value.code == code


def test_the_empty_log_and_the_usual_extension() -> None:
    assert format_checkpoint("a", 0, EMPTY_ROOT) == b"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nkeys 0\n"


@pytest.mark.parametrize(("line", "entry"), [("keys 0", 0), ("keys 07", None), ("keys", None), ("keys -1", None), ("other", None)])
def test_key_entry(line: str, entry: int | None) -> None:
    assert parse_checkpoint(sign_note(format_checkpoint("a", 1, ROOT, [line]), [LOG]), verifiers(LOG)).key_entry == entry


# --- who counts as the log ---------------------------------------------------------------------------------------


def test_another_logs_key_or_a_witness_does_not_stand_in_for_the_log() -> None:
    cases: list[list[SigningKey | Cosigner]] = [[OTHER], [WITNESS], [OTHER, WITNESS]]
    for signers in cases:
        with pytest.raises(ProofError) as caught:
            parse_checkpoint(sign_note(TEXT, signers), verifiers(LOG, OTHER, WITNESS))
        assert caught.value.code == "checkpoint.not_by_log"


def test_a_known_key_may_attest_a_log_whose_key_nobody_gave() -> None:
    got = parse_checkpoint(sign_note(TEXT, [LOG, WITNESS]), verifiers(WITNESS))
    assert (got.by_log, got.signers) == (False, (f"witness.example/w1+{WITNESS.key_id.hex()}",))


def test_a_named_origin() -> None:
    """As sum.golang.org: the origin has spaces, so its key has another name, and the caller says what belongs together."""
    text = format_checkpoint("go.sum database tree", 3, ROOT, [])
    got = parse_checkpoint(sign_note(text, [OTHER]), verifiers(OTHER), origin="go.sum database tree")
    assert got.by_log
    with pytest.raises(ProofError) as caught:
        parse_checkpoint(GOOD, verifiers(LOG), origin="go.sum database tree")
    assert caught.value.message() == 'the checkpoint is of "example.com/log", expected "go.sum database tree"'
    with pytest.raises(ProofError) as caught:
        parse_checkpoint(sign_note(text, [WITNESS]), verifiers(WITNESS), origin="go.sum database tree")
    assert caught.value.code == "checkpoint.not_by_log"


# --- cosignatures ------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(("text", "code"), [(b"no line end", "note.text"), (b"a\tb\n", "note.control"), (b"\xff\n", "note.utf8")])
def test_texts_that_cannot_be_signed(text: bytes, code: str) -> None:
    with pytest.raises(ProofError) as caught:
        sign_note(text, [LOG])
    assert caught.value.code == code


# --- fuzz --------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from([b"\n", b"\n\n", b" ", b"+", b"=", "\u2014 ".encode(), b"example.com/log", b"0", TEXT, LINE, GOOD])


@given(st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=8).map(b"".join))
def test_fuzzed_notes_give_a_note_or_an_error_of_ours(data: bytes) -> None:
    try:
        opened: Note | None = open_note(data, verifiers(LOG))
    except ProofError:
        opened = None
    if opened is not None:
        assert opened.text == TEXT, "only what was signed comes out"
    try:
        parse_checkpoint(data, verifiers(LOG))
    except ProofError:
        assert opened is None


@given(st.one_of(st.text(max_size=90), st.text("+=/aA0 \n", max_size=60)))
def test_fuzzed_verifier_keys(text: str) -> None:
    try:
        assert parse_verifier(text).vkey == text
    except FoodtraceError as caught:
        assert caught.code.startswith("key.")  # noqa: PT017 (either outcome is right)


def test_importing_loads_no_cryptography() -> None:
    code = "import sys, foodtrace.tlog.note; print('cryptography' in sys.modules, 'sqlalchemy' in sys.modules)"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert got.stdout == "False False\n"
