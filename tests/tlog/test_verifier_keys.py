"""Verifier keys in text: one spelling, one algorithm, and no key that must not be trusted."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.keys import COSIGNATURE_V1
from foodtrace.tlog.note import Verifier, parse_verifier
from tests.tlog.signed import LOG


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


@given(st.one_of(st.text(max_size=90), st.text("+=/aA0 \n", max_size=60)))
def test_fuzzed_verifier_keys(text: str) -> None:
    try:
        assert parse_verifier(text).vkey == text
    except FoodtraceError as caught:
        assert caught.code.startswith("key.")  # noqa: PT017 (either outcome is right)
