"""A signing key: its ids as others compute them, its signatures, and that its secret does not show."""

import base64
import copy
import hashlib
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from foodtrace import keys
from foodtrace.errors import BadData
from foodtrace.keys import SigningKey
from foodtrace.tlog.note import parse_verifier
from tests.keys.samples import KEY, SEED


def test_ids_are_as_specified() -> None:
    public = KEY.public
    assert KEY.key_id == hashlib.sha256(b"example.com/log\n\x01" + public).digest()[:4]
    assert KEY.vkey == f"example.com/log+{KEY.key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    assert keys.key_id("w", public, 4) == hashlib.sha256(b"w\n\x04" + public).digest()[:4]
    assert keys.kid("91110108551385082Q", public) == hashlib.sha256(b"foodtrace-kid\x0091110108551385082Q\x00" + public).digest()[:8]


def test_rfc8032_test_1() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = SigningKey("rfc8032", seed)
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = key.sign(b"")
    assert signature.hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8")
    assert keys.verify(key.public, b"", signature)


@pytest.mark.parametrize("change", ["data", "signature", "length", "key"])
def test_verify_refuses(change: str) -> None:
    data, signature, public = b"data", KEY.sign(b"data"), KEY.public
    assert keys.verify(public, data, signature)
    if change == "data":
        data = b"Data"
    elif change == "signature":
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    elif change == "length":
        signature += b"\0"
    else:
        public = keys.generate("other").public
    assert not keys.verify(public, data, signature)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u3000b", "a\x85b", "a\x00b", "\ud800", "长" * 86])
def test_names_no_signature_line_can_have(name: str) -> None:
    with pytest.raises(BadData) as caught:
        SigningKey(name, SEED)
    assert caught.value.code == "key.name"


@pytest.mark.parametrize("name", ["a", "example.com/市场/1号门", "长" * 85])
def test_names(name: str) -> None:
    assert parse_verifier(SigningKey(name, SEED).vkey).name == name


def test_a_signing_key_does_not_show_its_secret() -> None:
    assert repr(KEY) == f"SigningKey(example.com/log+{KEY.key_id.hex()})"
    assert SEED.hex() not in f"{KEY!r} {KEY} {vars(type(KEY))}"
    leaks: list[Callable[[SigningKey], Any]] = [pickle.dumps, copy.copy, copy.deepcopy]
    for leak in leaks:
        with pytest.raises(TypeError, match="not pickled or copied"):
            leak(KEY)
    with pytest.raises(AttributeError):
        KEY.name = "other"  # type: ignore[misc]


def test_generated_keys_differ() -> None:
    assert len({keys.generate("a").public for _ in range(20)}) == 20
