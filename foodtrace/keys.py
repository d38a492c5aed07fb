"""Ed25519 keys: names, ids, verifier keys, the check of foreign public keys, signing. Pure: files are in keyfiles.

Rules:

1. A key name is what stands in a signature line: not empty, no white space, no plus, no control character, at most 255
   bytes (C2SP signed-note). A log's key is named as its origin.
2. A key id is SHA-256(name || 0A || algorithm || public key)[:4]; algorithm 01 is Ed25519, 04 a witness's
   cosignature/v1. A verifier key is ``name+hex(key id)+base64(algorithm || public key)``, in exactly one spelling.
3. The id of an issuer's key in a certificate is SHA-256("foodtrace-kid" 00 || issuer || 00 || public key)[:8]
   (DESIGN §7).
4. A public key is accepted if it is 32 bytes that encode a point of edwards25519 in the one canonical way (RFC 8032
   §5.1.3) and that point is none of the 8 of low order: under those, signatures can be made without a secret.
5. A private key never shows: not in ``repr``, not in an error, not in a pickle.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from hashlib import sha256
from typing import Final, NoReturn

from foodtrace import _pkcs8
from foodtrace.errors import BadData

__all__ = [
    "COSIGNATURE_V1",
    "ED25519",
    "SigningKey",
    "check_name",
    "check_public_key",
    "decode_private",
    "encode_private",
    "format_vkey",
    "generate",
    "key_id",
    "kid",
    "verify",
]

ED25519: Final = 1
COSIGNATURE_V1: Final = 4
KEY_ID_SIZE: Final = 4
PUBLIC_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
MAX_NAME: Final = 255
_NOT_IN_NAMES: Final = re.compile(r"[\s\x00-\x1f+]")

_P: Final = 2**255 - 19
_D: Final = 0x52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3
_Y8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_LOW_ORDER: Final = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})
"""The y of the 8 points whose order divides 8 (those with x = 0 count once, the others twice)."""

encode_private = _pkcs8.encode
decode_private = _pkcs8.decode


def check_name(name: str) -> str:
    """Return the key name. Raises ``BadData`` if it cannot stand in a signature line (rule 1)."""
    if not isinstance(name, str):
        raise TypeError("a key name is a str")
    bad = not name or _NOT_IN_NAMES.search(name) is not None
    if bad or len(name.encode(errors="replace")) > MAX_NAME or not _encodes(name):
        raise BadData("key.name", value=name, expected=MAX_NAME)
    return name


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_public_key(public: bytes) -> bytes:
    """Return the public key. Raises ``BadData`` if it must not be trusted whatever it signed (rule 4)."""
    if not isinstance(public, bytes):
        raise TypeError("a public key is bytes")
    if len(public) != PUBLIC_SIZE:
        raise BadData("key.length", value=len(public), expected=PUBLIC_SIZE)
    number = int.from_bytes(public, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= _P or (sign and y in {1, _P - 1}):  # there x is 0, which has no negative
        raise BadData("key.not_canonical", value=public.hex())
    if y in _LOW_ORDER:
        raise BadData("key.weak", value=public.hex())
    # RFC 8032 §5.1.3: x² = (y² - 1) / (d·y² + 1) must be a square; u/v is one exactly if u·v is.
    square = y * y % _P
    if pow((square - 1) * (_D * square + 1) % _P, (_P - 1) // 2, _P) != 1:
        raise BadData("key.off_curve", value=public.hex())
    return public


def key_id(name: str, public: bytes, algorithm: int = ED25519) -> bytes:
    """Return the 4-byte key id of a signature line (C2SP signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID_SIZE]


def format_vkey(name: str, public: bytes, algorithm: int = ED25519) -> str:
    """Return the verifier key text (C2SP signed-note); :func:`foodtrace.tlog.note.parse_verifier` reads it."""
    material = b64encode(bytes([algorithm]) + public).decode("ascii")
    return f"{name}+{key_id(name, public, algorithm).hex()}+{material}"


def kid(issuer: str, public: bytes) -> bytes:
    """Return the 8-byte id of a certificate issuer's key (rule 3)."""
    return sha256(b"foodtrace-kid\0" + issuer.encode() + b"\0" + public).digest()[:8]


def verify(public: bytes, data: bytes, signature: bytes) -> bool:
    """Say whether this is the key's Ed25519 signature of the data (RFC 8032). The key was checked before."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (slow to load, and not everybody verifies)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    if len(signature) != SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


class SigningKey:
    """A named Ed25519 private key. It signs; it does not show what it signs with.

    :param name: key name (rule 1); of a log's key, the log's origin.
    :param seed: 32 secret bytes, from :func:`decode_private` or a random source.
    """

    __slots__ = ("_key_id", "_name", "_private", "_public")

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 (slow to load)

        self._name = check_name(name)
        self._private = Ed25519PrivateKey.from_private_bytes(_pkcs8.check_seed(seed))
        self._public = self._private.public_key().public_bytes_raw()
        self._key_id = key_id(name, self._public)

    @property
    def name(self) -> str:
        """Key name as in signature lines."""
        return self._name

    @property
    def public(self) -> bytes:
        """Public key, 32 bytes (RFC 8032)."""
        return self._public

    @property
    def key_id(self) -> bytes:
        """Key id, 4 bytes, for plain note signatures (algorithm 01)."""
        return self._key_id

    @property
    def vkey(self) -> str:
        """Verifier key text, to be given to whoever checks."""
        return format_vkey(self._name, self._public)

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature of the data."""
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self._name}+{self._key_id.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled or copied")


def generate(name: str) -> SigningKey:
    """Return a new key that lives in memory only; :func:`foodtrace.keyfiles.create` makes one that stays."""
    return SigningKey(name, secrets.token_bytes(_pkcs8.SEED_SIZE))
