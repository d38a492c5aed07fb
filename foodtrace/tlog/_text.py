"""The two spellings that log formats are made of: decimal numbers and base64, each read in its one canonical form."""

from __future__ import annotations

from base64 import b64decode
from binascii import b2a_base64

from foodtrace.tlog.ranges import MAX_SIZE


def decimal(text: str) -> int | None:
    """Return an ASCII decimal of 0 .. 2^63-1 without sign or leading zeros, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_SIZE)):
        return None
    value = int(text)
    return value if str(value) == text and value <= MAX_SIZE else None


def base64_of(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 §4)."""
    return b2a_base64(data, newline=False).decode("ascii")


def base64_bytes(text: str) -> bytes | None:
    """Return what standard base64 stands for, or None; stray bits under the padding are refused (RFC 4648 §3.5)."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64_of(data) == text else None
