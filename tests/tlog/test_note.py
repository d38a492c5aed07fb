"""Signed notes: foreign vectors, strictness, which signatures count, and any bytes give a note or an error of ours."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog import note
from foodtrace.tlog.note import Note, Verifier, open_note, parse_checkpoint, parse_verifier, sign_note
from tests.tlog.signed import GOOD, LINE, LOG, OTHER, TEXT, refused, verifiers

FILE = Path(__file__).resolve().parents[2] / "../shared/vectors/note/rfc6962_constants.json"


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


@pytest.mark.parametrize(("text", "code"), [(b"no line end", "note.text"), (b"a\tb\n", "note.control"), (b"\xff\n", "note.utf8")])
def test_texts_that_cannot_be_signed(text: bytes, code: str) -> None:
    with pytest.raises(ProofError) as caught:
        sign_note(text, [LOG])
    assert caught.value.code == code


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


def test_importing_loads_no_cryptography() -> None:
    code = "import sys, foodtrace.tlog.note; print('cryptography' in sys.modules, 'sqlalchemy' in sys.modules)"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert got.stdout == "False False\n"
