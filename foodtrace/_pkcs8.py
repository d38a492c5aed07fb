"""The text of a private key file: PKCS#8 in PEM (RFC 8410, RFC 7468), with a passphrase PBES2 (RFC 8018). Pure.

Rules:

1. Any Ed25519 PKCS#8 PEM is read, also one that ``openssl genpkey`` wrote; nothing may stand around it.
2. Written with a passphrase is AES-256-CBC under PBKDF2-HMAC-SHA-256 with 600,000 rounds. The usual encoders stop at
   2,048, which a stolen file does not survive; the form is the same and ``openssl pkey`` reads it.
3. No error shows anything of the key or of the passphrase.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from hashlib import pbkdf2_hmac
from typing import Final

from foodtrace.errors import BadData, Refused

ROUNDS: Final = 600_000
"""PBKDF2 rounds (OWASP 2023 for HMAC-SHA-256); about a fifth of a second."""
MAX_TEXT: Final = 8192
"""Longest key text read, in bytes; ours has about 400."""
SEED_SIZE: Final = 32

_PLAIN: Final = bytes.fromhex("302e020100300506032b657004220420")  # OneAsymmetricKey v1, id-Ed25519, then the seed
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("300c06082a864886f70d02090500")
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")
_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_INTEGER: Final = 0x02
_SHORT: Final = 0x7F
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_encrypted(data: bytes) -> bool:
    """Say whether a key text needs a passphrase."""
    return data.startswith(_ENCRYPTED)


def check_seed(seed: object) -> bytes:
    """Return a seed. Anything else is a caller's bug: ``TypeError``, which does not show it."""
    if not isinstance(seed, bytes) or len(seed) != SEED_SIZE:
        raise TypeError("seed must be 32 bytes")
    return seed


def encode(seed: bytes, passphrase: str | None = None) -> bytes:
    """Return the PEM text of an Ed25519 seed (32 bytes). Raises ``BadData`` for an empty passphrase."""
    check_seed(seed)
    if passphrase is None:
        return _pem("PRIVATE KEY", _PLAIN + seed)
    if not passphrase:
        raise BadData("key.passphrase_empty")
    return _pem("ENCRYPTED PRIVATE KEY", _encrypt(_PLAIN + seed, passphrase))


def _encrypt(plain: bytes, passphrase: str) -> bytes:
    """Return EncryptedPrivateKeyInfo (RFC 5958 §3) with the parameters of RFC 8018 appendix A."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 (slow to load)

    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    key = pbkdf2_hmac("sha256", _secret(passphrase), salt, ROUNDS)
    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    kdf = _PBKDF2 + _der(_SEQUENCE, _der(_OCTETS, salt) + _der(_INTEGER, ROUNDS.to_bytes(3, "big")) + _HMAC_SHA256)
    scheme = _der(_SEQUENCE, kdf) + _der(_SEQUENCE, _AES256_CBC + _der(_OCTETS, iv))
    return _der(_SEQUENCE, _der(_SEQUENCE, _PBES2 + _der(_SEQUENCE, scheme)) + _der(_OCTETS, sealed))


def _secret(passphrase: str) -> bytes:
    try:
        return passphrase.encode()
    except UnicodeEncodeError:  # a lone surrogate, as a terminal with the wrong encoding gives
        raise BadData("key.passphrase_form") from None


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    # One byte of length up to 127, then 81 and one byte; nothing here reaches 256.
    return bytes([tag, size] if size <= _SHORT else [tag, 0x81, size]) + content


def _pem(label: str, der: bytes) -> bytes:
    text = b64encode(der).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def decode(data: bytes, passphrase: str | None = None) -> bytes:
    """Return the seed (32 bytes) of a key text. A passphrase that is not needed is not looked at.

    Raises ``BadData`` for anything but an Ed25519 key, ``Refused`` for a missing or wrong passphrase.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (slow to load)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    if len(data) > MAX_TEXT or not data.startswith(b"-----BEGIN ") or not data.endswith(b"PRIVATE KEY-----\n"):
        raise BadData("key.file", value="PEM", expected="Ed25519 PKCS#8 PEM")
    sealed = is_encrypted(data)
    if sealed and not passphrase:
        raise Refused("key.passphrase_needed")
    try:
        key = load_pem_private_key(data, _secret(passphrase) if sealed and passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The causes are dropped on purpose: nothing of the key's insides may reach a log.
        if sealed:
            raise Refused("key.passphrase_wrong") from None
        raise BadData("key.file", value="PEM", expected="Ed25519 PKCS#8 PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadData("key.file", value="PEM", expected="Ed25519 PKCS#8 PEM")
    return key.private_bytes_raw()
