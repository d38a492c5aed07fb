"""Keys that others trust, and signature lines (C2SP signed-note, tlog-cosignature). Pure.

Rules:

1. A verifier key has one spelling, its id is the one its parts give, and its public key is one that
   :mod:`foodtrace.keys` lets pass.
2. An Ed25519 key (algorithm 1) signs a note's text. A witness key (algorithm 4, cosignature/v1) signs a header, the time
   and the whole text, extensions included, and the text must be a checkpoint.
"""

from __future__ import annotations

from typing import Final

import msgspec

from foodtrace.errors import PRIVATE_MARK, BadData, ProofError
from foodtrace.keys import (
    COSIGNATURE_V1,
    ED25519,
    SIGNATURE_SIZE,
    check_name,
    check_public_key,
    format_vkey,
    key_id,
    verify,
)
from foodtrace.tlog._text import base64_bytes, base64_of
from foodtrace.tlog.checkpoint import parse_head
from foodtrace.tlog.ranges import MAX_SIZE

__all__ = ["DASH", "TIME_SIZE", "Signature", "Verifier", "cosigned", "parse_verifier"]

MAX_VKEY: Final = 4096
"""Longest verifier key read, in characters; ours have about 60 and the name."""
_PKCS8: Final = "MC4CAQAwBQYDK2Vw"
"""What the base64 of every Ed25519 private key begins with, without its frame."""
_HARMLESS: Final = 31
"""Characters of a text that can be no key of 32 bytes, in whatever spelling."""
TIME_SIZE: Final = 8
"""Bytes of the time that comes before a cosignature."""
DASH: Final = "\u2014 "
"""What a signature line starts with."""


def cosigned(text: bytes, time: int) -> bytes:
    """Return what a witness signs: two header lines and the whole text, extensions included (tlog-cosignature)."""
    return b"cosignature/v1\ntime %d\n" % time + text


class Verifier(msgspec.Struct, frozen=True):
    """A key somebody trusts. It cannot be made from a name or a public key that :mod:`foodtrace.keys` refuses."""

    name: str
    """Key name; of a log's key, the log's origin."""
    public: bytes
    """Ed25519 public key, 32 bytes."""
    algorithm: int = ED25519
    """1 Ed25519 over the text, 4 cosignature/v1 of a witness."""

    def __post_init__(self) -> None:
        """Refuse what must not be trusted."""
        check_name(self.name)
        if self.algorithm not in {ED25519, COSIGNATURE_V1}:
            raise BadData("key.algorithm", value=self.algorithm, expected="1, 4")
        check_public_key(self.public)

    @property
    def key_id(self) -> bytes:
        """Key id, 4 bytes."""
        return key_id(self.name, self.public, self.algorithm)

    @property
    def vkey(self) -> str:
        """Verifier key text."""
        return format_vkey(self.name, self.public, self.algorithm)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether these bytes, as they follow the key id, are this key's signature of a note's text."""
        if self.algorithm == ED25519:
            return verify(self.public, text, signature)
        time = int.from_bytes(signature[:TIME_SIZE], "big")
        if len(signature) != TIME_SIZE + SIGNATURE_SIZE or time > MAX_SIZE:
            return False
        try:
            parse_head(text)
        except ProofError:
            return False
        return verify(self.public, cosigned(text, time), signature[TIME_SIZE:])


class Signature(msgspec.Struct, frozen=True):
    """One signature line of a note."""

    name: str
    key_id: bytes
    """Key id, 4 bytes."""
    signature: bytes
    """What follows the key id; for a cosignature 8 bytes of time come first."""
    verifier: Verifier | None = None
    """The known key it was verified with; none if the key is unknown."""

    @property
    def key(self) -> str:
        """Name and key id as people compare them, ``name+c0ffee00``."""
        return f"{self.name}+{self.key_id.hex()}"

    @property
    def time(self) -> int | None:
        """When a known witness cosigned, in POSIX seconds; none for any other signature."""
        if self.verifier is None or self.verifier.algorithm != COSIGNATURE_V1:
            return None
        return int.from_bytes(self.signature[:TIME_SIZE], "big")

    @property
    def line(self) -> bytes:
        """The line in its one spelling, with LF."""
        return f"{DASH}{self.name} {base64_of(self.key_id + self.signature)}\n".encode()


def parse_verifier(text: str) -> Verifier:
    """Return the key of a verifier key text (signed-note, Verifier keys).

    :raises BadData: ``key.is_private`` for a private key, which is not repeated; ``key.vkey``, ``key.vkey_id``, ``key.*`` else.
    """
    if not isinstance(text, str):
        raise TypeError("a verifier key is a str")
    if PRIVATE_MARK in text or text.lstrip().startswith(_PKCS8):
        raise BadData("key.is_private", expected="NAME+KEYID+BASE64")
    name, _, rest = text[: MAX_VKEY + 1].partition("+")
    _, _, encoded = rest.partition("+")
    material = base64_bytes(encoded)
    if len(text) > MAX_VKEY or not material:
        raise BadData("key.vkey", value=_repeatable(text), expected="NAME+KEYID+BASE64")
    verifier = Verifier(name, material[1:], material[0])
    if verifier.vkey != text:
        raise BadData("key.vkey_id", value=text, expected=verifier.key_id.hex())
    return verifier


def _repeatable(text: str) -> str:
    """Return what an error may repeat of a text that is no verifier key: a name or a path, never what may be a secret."""
    name = text.split("+", 1)[0].split("\n", 1)[0]
    return name if len(name) <= _HARMLESS or "." in name else name[:8] + ".."
