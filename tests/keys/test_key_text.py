"""The text of a private key: PKCS#8 as openssl reads and writes it, with and without a passphrase."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from foodtrace import _pkcs8, keys
from foodtrace.errors import BadData, FoodtraceError
from foodtrace.keys import SigningKey
from tests.keys.samples import KEY, SEED


@pytest.mark.parametrize("passphrase", [None, "correct horse", "正确的口令"])
def test_key_text_round_trip(passphrase: str | None) -> None:
    text = keys.encode_private(SEED, passphrase)
    assert keys.decode_private(text, passphrase) == SEED
    assert text.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" if passphrase else b"-----BEGIN PRIVATE KEY-----\n")
    assert keys.encode_private(SEED, "x") != keys.encode_private(SEED, "x"), "a fresh salt each time"


def test_a_passphrase_that_is_not_needed_is_not_looked_at() -> None:
    assert keys.decode_private(keys.encode_private(SEED), "unused") == SEED


@pytest.mark.parametrize(
    ("data", "passphrase", "code"),
    [
        (keys.encode_private(SEED, "right"), None, "key.passphrase_needed"),
        (keys.encode_private(SEED, "right"), "", "key.passphrase_needed"),
        (keys.encode_private(SEED, "right"), "wrong", "key.passphrase_wrong"),
        (keys.encode_private(SEED, "right"), "\ud800", "key.passphrase_form"),
        (keys.encode_private(SEED)[:-2], None, "key.file"),
        (b" " + keys.encode_private(SEED), None, "key.file"),
        (keys.encode_private(SEED).replace(b"MC4C", b"MC4D"), None, "key.file"),
        (b"", None, "key.file"),
        (b"-----BEGIN X PRIVATE KEY-----\n" + bytes(9000) + b"-----END X PRIVATE KEY-----\n", None, "key.file"),
    ],
)
def test_key_text_refused(data: bytes, passphrase: str | None, code: str) -> None:
    with pytest.raises(FoodtraceError) as caught:
        keys.decode_private(data, passphrase)
    assert caught.value.code == code
    assert caught.value.__cause__ is None


def test_another_kind_of_key_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, x25519

    for key in (ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()):
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        with pytest.raises(BadData) as caught:
            keys.decode_private(pem)
        assert caught.value.message() == "PEM is not a key file, expected Ed25519 PKCS#8 PEM"


def test_empty_passphrase_and_bad_seeds() -> None:
    with pytest.raises(BadData) as caught:
        keys.encode_private(SEED, "")
    assert caught.value.code == "key.passphrase_empty"
    for bad in (b"short", "x" * 32, None):
        with pytest.raises(TypeError, match=r"^seed must be 32 bytes$"):
            keys.encode_private(bad)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^seed must be 32 bytes$"):
            SigningKey("a", bad)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("passphrase", [None, "secret"])
def test_openssl_reads_our_keys_and_we_read_theirs(tmp_path: Path, passphrase: str | None) -> None:
    ours = tmp_path / "ours.pem"
    ours.write_bytes(keys.encode_private(SEED, passphrase))
    given_ = ["-passin", f"pass:{passphrase}"] if passphrase else []
    got = subprocess.run(["openssl", "pkey", "-in", ours, *given_, "-pubout", "-outform", "DER"], capture_output=True, check=True)  # noqa: S607
    assert got.stdout[-32:] == KEY.public
    sealed = ["-aes256", "-pass", f"pass:{passphrase}"] if passphrase else []
    theirs = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", *sealed], capture_output=True, check=True)  # noqa: S607
    assert len(keys.decode_private(theirs.stdout, passphrase)) == 32


def test_a_stolen_file_costs_many_rounds_a_guess() -> None:
    der = base64.b64decode(b"".join(keys.encode_private(SEED, "x").split(b"\n")[1:-2]))
    assert b"\x02\x03" + _pkcs8.ROUNDS.to_bytes(3, "big") in der
    assert _pkcs8.ROUNDS >= 600_000
