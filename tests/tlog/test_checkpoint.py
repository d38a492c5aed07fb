"""Checkpoints: what they say and cannot say, and who counts as the log."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog.merkle import EMPTY_ROOT
from foodtrace.tlog.note import Cosigner, format_checkpoint, parse_checkpoint, sign_note
from tests.tlog.signed import GOOD, LOG, OTHER, ROOT, TEXT, WITNESS, verifiers

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
